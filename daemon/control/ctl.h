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

#include <jansson.h>
#include <stdio.h>

#include "daemon/base/reason.h"

#define CTL_SOCKET "/run/kddns/control.sock"

enum ctl_exit {
	CTL_DONE = 0,
	CTL_FAILED = 1,
	CTL_USAGE = 2,
};

/*
 * A command that needs no daemon.  What run makes is the result, of which
 * "warnings" go to stderr; one beside an error is shown, too.
 * ERR_MALFORMED, ERR_UNSUPPORTED: the usage was wrong.
 */
struct ctl_alone {
	const char *name;
	int (*run)(char *const *args, int n_args, json_t **result_out,
	    struct reason *reason);
};

/*
 * Carries out a command line: the answer goes to out, "kddnsctl: what: why"
 * to err.  alone, ended by a NULL name, has what other rooms do.
 */
enum ctl_exit ctl_run(int argc, char **argv, const struct ctl_alone *alone,
    FILE *out, FILE *err);

#endif
