/*
 * kddnsctl.c - the program that talks to the running daemon
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <stdio.h>

#include "daemon/control/ctl.h"

int
main(int argc, char **argv)
{
	return (int)ctl_run(argc, argv, stdout, stderr);
}
