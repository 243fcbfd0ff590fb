/*
 * decisions.h - the last decisions on who may do what, for people to ask about
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Every TKEY, every UPDATE and every message whose signature is not right
 * leaves one record.  The last ones are kept in memory, each kind's refusals
 * apart, and those of unsigned updates: a flood of what goes well, of forged
 * signatures, or of what anybody can send never pushes out why somebody's
 * update was refused.
 *
 * Owns:    its rings; records are copied in and out.
 * Threads: any.  A writer waits only while a reader copies that writer's own
 *          ring.
 * Errors:  negative enum err.
 * Units:   milliseconds since 1970; numbers count from 1.
 */
#ifndef SERVER_DECISIONS_H
#define SERVER_DECISIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/base/addr.h"
#include "daemon/base/reason.h"

#define DECISIONS_KEPT 256 /* of each sort, by each writer */

enum decision_kind {
	DECISION_NEGOTIATION, /* a leg of TKEY that ended a negotiation */
	DECISION_UPDATE,
	DECISION_SIGNATURE, /* TSIG: what was asked is not even looked at */
};

enum decision_result {
	DECISION_DONE, /* applied, or a context established */
	DECISION_UNCHANGED,
	DECISION_REFUSED, /* by policy */
	DECISION_FAILED,  /* for another reason */
};

/* Texts are escaped, and cut if they are long; "" where there is nothing. */
struct decision {
	uint64_t number; /* this and the time decisions_put() gives */
	uint64_t time_ms;
	enum decision_kind kind;
	enum decision_result result;
	struct addr from;
	bool tcp;
	char code[16];  /* RCODE, or the error in TKEY or TSIG: "REFUSED" */
	char cause[24]; /* stage of an update, cause of a failed negotiation */
	char zone[128];
	char signer[160];  /* principal, or "key NAME", or "none" */
	char key[128];     /* key name of TKEY and TSIG; "": unsigned */
	char asked[256];   /* "add pc1.ad.example.test A; ..." */
	char rule[192];    /* that decided, with its source */
	char nearest[192]; /* of a refusal: would have granted */
	char facts[256];   /* what the directory says of the signer */
	struct reason reason;
	struct reason next; /* the admin's next step */

	/*
	 * An update that was sent unsigned before, as Windows does: of the two
	 * there is this record alone.  decisions_put() sees to it.
	 */
	bool after_unsigned;
};

/* "negotiation", "update", "signature"; never NULL. */
const char *decision_kind_text(enum decision_kind kind);

/* "done", "unchanged", "refused", "failed"; never NULL. */
const char *decision_result_text(enum decision_result result);

struct decisions;

/* Rings for n_writers threads; NULL: no memory. */
struct decisions *decisions_create(unsigned n_writers);
void decisions_destroy(struct decisions *d); /* NULL is fine */

/*
 * Keeps a copy of x as the newest.  If it is a signed update that came unsigned
 * from the same address in the last minute, and was refused, that record goes.
 */
void decisions_put(struct decisions *d, unsigned writer,
    const struct decision *x);

struct decisions_query {
	uint64_t after;   /* only numbers above this one */
	size_t max;       /* the newest so many */
	bool denied_only; /* REFUSED and FAILED */
};

/*
 * Copies of the newest that fit, oldest first, in an array for the caller to
 * free; *last_out is the number up to which all were looked at.  ERR_NOMEM.
 */
int decisions_read(struct decisions *d, const struct decisions_query *query,
    struct decision **list_out, size_t *n_out, uint64_t *last_out);

/* Waits until there is a number above after; false: it took too long. */
bool decisions_wait(struct decisions *d, uint64_t after, unsigned timeout_ms);

#endif
