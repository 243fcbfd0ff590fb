/*
 * audit.h - every decision is logged, and kept for who asks later
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * One line of the log and one record (decisions.h) from the same facts.  Lines
 * that anybody can cause are limited (log_limit.h), records never are.
 *
 * Threads: the request's worker.
 */
#ifndef SERVER_AUDIT_H
#define SERVER_AUDIT_H

#include "daemon/base/reason.h"
#include "daemon/server/core.h"
#include "daemon/server/log_limit.h"

/* The update's job is done: it changed something, or nothing. */
void audit_update_done(struct request *r);

/*
 * The update's answer is rcode; stage is where it ended, why one sentence.
 * The request's update_record tells the rules, if it came that far.
 */
void audit_update_refused(struct request *r, enum rcode rcode,
    const char *stage, const char *why);

/* A leg was worked on. */
void audit_leg(const struct request *r,
    const struct negotiation_result *result);

/* A TKEY was refused before it came to a leg. */
struct tkey_refusal {
	const char *code;  /* RCODE, or error of the TKEY */
	const char *cause; /* what its counter is called */
	const char *why;
	const char *next; /* the admin's next step */
};
void audit_tkey_refused(const struct request *r,
    const struct tkey_refusal *refusal);

/* The message's TSIG is not right. */
void audit_signature(const struct request *r, const struct reason *reason);

/* No transfer; it leaves no record. */
void audit_transfer_refused(const struct request *r, const char *why);

/* What came is no message that could be read. */
void audit_junk(const struct request *r, enum rcode rcode);

/* Lines of those kinds are few for each source; this one says how many more. */
void audit_held_back(const struct log_limit_held *held);

#endif
