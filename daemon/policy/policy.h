/*
 * policy.h - who may change what: update-policy rules and their verdict
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A policy book is a zone's rules in order, compiled and immutable.  Deciding
 * is a pure function; it names the rule that decided and, on refusal, the
 * nearest one that would have granted.
 *
 * Owns:    the book owns its rules and texts.
 * Threads: immutable once made: any thread.
 * Errors:  negative enum err and a reason that the caller puts FILE:LINE before.
 */
#ifndef POLICY_POLICY_H
#define POLICY_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/base/addr.h"
#include "daemon/base/reason.h"
#include "daemon/dns/name.h"
#include "daemon/identity/principal.h"

struct policy_book;
struct policy_rule;

/* Where a rule comes from, for people: "kddnsd.conf:41" or a DN. */
struct policy_rule_text {
	const char *text; /* "grant AD.EXAMPLE.TEST ms-self . A AAAA" */
	const char *source;
};

/*
 * Compiles n rules for the zone apex.  All mistakes are reported, one
 * call of complain for each (source and reason); ERR_MALFORMED then.
 */
int policy_book_create(const struct name *apex,
    const struct policy_rule_text *rules, size_t n,
    void (*complain)(void *arg, const char *source, const char *what),
    void *arg, struct policy_book **book_out);
void policy_book_destroy(struct policy_book *b); /* NULL is fine */

size_t policy_book_n_rules(const struct policy_book *b);
/* "grant AD.EXAMPLE.TEST ms-self . A AAAA (kddnsd.conf:41)" */
const char *policy_rule_to_text(const struct policy_rule *r);

enum policy_verdict {
	POLICY_DENY,
	POLICY_GRANT,
	/*
	 * A rule that needs what only the writer knows may decide: ask again
	 * there with rdata known (…-self-rhs deletions, ANY).
	 */
	POLICY_NO_MATCH,
};

/* One change that somebody asks for. */
struct policy_question {
	const struct signer *signer;
	const struct addr *address;
	bool tcp;
	const uint8_t *owner; /* name */
	uint16_t type;
	const uint8_t *rdata; /* NULL: none (deletion of an RRset) */
	uint16_t rdata_len;
};

struct policy_decision {
	enum policy_verdict verdict;
	const struct policy_rule *rule;    /* that matched; NULL: none did */
	const struct policy_rule *nearest; /* refused: would have granted, but for… */
	const char *because;               /* static text: what nearest lacked */
	uint32_t max_rrs; /* grant with TYPE(n): at most n RRs of the type; 0: any */
};

/* First match decides. */
void policy_decide(const struct policy_book *b,
    const struct policy_question *q, struct policy_decision *decision_out);

/*
 * True if the rule that matches this owner and type looks at RDATA
 * (*-self-rhs): then deletions of RRsets must be asked for every RR there.
 */
bool policy_rule_needs_rdata(const struct policy_rule *r);

#endif
