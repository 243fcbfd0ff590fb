/*
 * explain.h - what would be decided, and why, if somebody asked
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The question is put into an UPDATE message and goes the way of a real one:
 * read, permitted, judged against the zone as it is now; it only never comes
 * to the store.
 *
 * Threads: any that may wait; the impatient: any but a worker.
 * Errors:  negative enum err and a reason: the question is wrong.
 */
#ifndef SERVER_EXPLAIN_H
#define SERVER_EXPLAIN_H

#include <stdbool.h>
#include <stddef.h>

#include "daemon/base/addr.h"
#include "daemon/base/reason.h"
#include "daemon/dns/types.h"

struct server;

struct explain_question {
	/* "PC1$@REALM", "key NAME" or "none" */
	const char *who;
	struct addr address;
	bool tcp;
	const char *zone; /* NULL: the closest that encloses the owner */
	bool is_deletion;
	const char *owner; /* absolute, with a final dot or not */
	const char *type;  /* "A"; ANY in a deletion: the whole name */
	/* As in a zone file, names absolute; NULL: none, in a deletion. */
	const char *rdata;
	/* Does not wait for the directory, and asks no helpers. */
	bool is_impatient;
};

struct explanation {
	enum rcode rcode;
	char zone[256];
	const char *stage; /* of update_stage_to_text() */
	char rule[256];    /* that decided, with its source; "": none did */
	char nearest[256]; /* would have granted; "": none */
	struct reason reason;
	/* What the directory says of it, or why nothing; "": not asked. */
	char facts[512];
	bool changes; /* NOERROR, and the zone would be another */
	/*
	 * True for a principal that has a context now: what its PAC says is
	 * known.  Else there is only its name.
	 */
	bool has_context;
	bool facts_are_coming; /* to the impatient: ask again */
};

/*
 * ERR_NOTFOUND   no such zone, or none that encloses the owner; or it is not
 *                loaded
 * ERR_MALFORMED  name, type, RDATA or principal
 * ERR_NOMEM
 */
int explain(struct server *s, const struct explain_question *question,
    struct explanation *explanation_out, struct reason *reason);

#endif
