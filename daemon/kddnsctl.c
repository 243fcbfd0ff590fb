/*
 * kddnsctl.c - the program that talks to the running daemon
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Joins control/, which has the command line, with what needs no daemon but
 * rooms that control/ may not import.
 */
#include <stdio.h>

#include "daemon/base/err.h"
#include "daemon/control/ctl.h"
#include "daemon/store/check.h"

static void
add_finding(void *arg, const struct check_finding *f)
{
	(void)json_array_append_new(arg,
	    json_pack("{s:s, s:s, s:s, s:s}", "weight",
		f->weight == CHECK_NOTE ? "note" : "damage", "where", f->where,
		"what", f->what, "meaning", f->meaning));
}

/* store-check DIR */
static int
check_store(char *const *args, int n_args, json_t **result_out,
    struct reason *reason)
{
	json_t *findings = json_array();
	struct store_check_result r;
	int ret = store_check(args[0], add_finding, findings, &r, reason);

	(void)n_args;
	*result_out = NULL;
	if (ret != 0) {
		json_decref(findings);
		return ret == ERR_MALFORMED || ret == ERR_UNSUPPORTED ? ERR_IO
								      : ret;
	}
	*result_out = json_pack("{s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:o}",
	    "directory", args[0], "segments", (json_int_t)r.log.n_segments,
	    "first_lsn", (json_int_t)r.log.first_lsn, "last_lsn",
	    (json_int_t)r.log.last_lsn, "changesets",
	    (json_int_t)r.log.n_changesets, "zones", (json_int_t)r.n_zones,
	    "notes", (json_int_t)r.n_notes, "damages", (json_int_t)r.n_damages,
	    "findings", findings);
	if (*result_out == NULL)
		return ERR_NOMEM;
	if (r.n_damages == 0)
		return 0;
	reason_set(reason, "%s is damaged", args[0]);
	return ERR_MISMATCH;
}

static const struct ctl_alone alone[] = {
    {"store-check", check_store},
    {NULL, NULL},
};

int
main(int argc, char **argv)
{
	return (int)ctl_run(argc, argv, alone, stdout, stderr);
}
