/*
 * policy.h - who may change what: update-policy rules and their verdict
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A policy book is a zone's rules in order, compiled and immutable.  Deciding
 * is a pure function; it names the rule that decided and, where nothing was
 * granted, the nearest rule that would have granted.
 *
 * The rules are BIND 9.18's (INTERFACE.md section 2), with one thing kept
 * apart that BIND mixes in a text: the realm and the components of a
 * principal.  So a name with '@' stands for a principal and never for a key,
 * one without '@' for a key and never for a principal; "*" is any signer,
 * "*.X" any key below X and any principal whose realm is below X.  The
 * machine of ms-self is one label, and no name of self rules is a wildcard.
 * A principal given whole is compared without case, as BIND compares names;
 * the realm of krb5- and ms- rules, and "host", with it.
 *
 * Owns:    the book owns its rules and texts.
 * Threads: immutable once made: any thread.
 * Errors:  negative enum err; each mistake of a rule is told to a callback.
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

/* A rule as it is written, and where, for people: "kddnsd.conf:41" or a DN. */
struct policy_rule_text {
	const char *text; /* "grant AD.EXAMPLE.TEST ms-self . A AAAA" */
	const char *source;
};

/*
 * Compiles n rules (0: a book where nothing matches) for the zone apex.
 * Texts are copied.  complain is called once for each rule that is wrong.
 *
 * ERR_MALFORMED  at least one is wrong
 * ERR_NOMEM
 */
int policy_book_create(const struct name *apex,
    const struct policy_rule_text *rules, size_t n,
    void (*complain)(void *arg, const char *source, const char *what),
    void *arg, struct policy_book **book_out);
void policy_book_destroy(struct policy_book *b); /* NULL is fine */

size_t policy_book_n_rules(const struct policy_book *b);
const struct policy_rule *policy_book_rule_at(const struct policy_book *b,
    size_t i);

/* "grant AD.EXAMPLE.TEST ms-self . A AAAA (kddnsd.conf:41)"; the rule's own. */
const char *policy_rule_to_text(const struct policy_rule *r);

enum policy_verdict {
	POLICY_DENY,
	POLICY_GRANT,
	POLICY_NO_MATCH, /* no rule says anything */
	/*
	 * It depends on what is in the zone.  Of a PTR or SRV without RDATA:
	 * ask again for each RR there.  Of TYPE_ANY: ask again for each type
	 * (and each RR of PTR and SRV) there.
	 */
	POLICY_LATER,
};

/* One change that somebody asks for. */
struct policy_question {
	const struct signer *signer;
	const struct addr *address;
	bool tcp;
	const uint8_t *owner; /* name */
	uint16_t type;        /* TYPE_ANY: deletion of all RRsets of owner */
	const uint8_t *rdata; /* NULL: none (deletion of an RRset) */
	uint16_t rdata_len;
};

struct policy_decision {
	enum policy_verdict verdict;
	const struct policy_rule *rule; /* that decided; NULL: none did */
	uint32_t max_rrs; /* GRANT by TYPE(n): at most n RRs of it; 0: any */

	/* DENY and NO_MATCH only */
	const struct policy_rule *nearest; /* would have granted; NULL: none */
	const char *because; /* but for this; static text or NULL */
	const char *advice;  /* what an administrator can do; static text */
};

/* First match decides.  b NULL: POLICY_NO_MATCH. */
void policy_decide(const struct policy_book *b, const struct policy_question *q,
    struct policy_decision *decision_out);

/*
 * The decision in words: which rule, or the nearest one and what it lacks, and
 * what the administrator can do next.  One line for log and panel; names of
 * the question are escaped.
 */
void policy_explain(const struct policy_question *q,
    const struct policy_decision *d, struct reason *reason_out);

#endif
