/*
 * ctl.h - what the program kddnsctl does
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Threads: one.
 */
#ifndef CONTROL_CTL_H
#define CONTROL_CTL_H

#include <stdio.h>

#define CTL_SOCKET "/run/kddns/control.sock"

enum ctl_exit {
	CTL_DONE = 0,
	CTL_FAILED = 1,
	CTL_USAGE = 2,
};

/*
 * Carries out a command line: the answer goes to out, "kddnsctl: what: why"
 * to err.
 */
enum ctl_exit ctl_run(int argc, char **argv, FILE *out, FILE *err);

#endif
