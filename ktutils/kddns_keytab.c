/*
 * kddns_keytab.c - the program kddns-keytab
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include "ktutils/command.h"

int
main(int argc, char **argv)
{
	return command_run(argc, argv, stdout, stderr);
}
