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
 * Owns:    the book owns its rules and texts; shared by reference count.
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
#include "daemon/identity/signer_facts.h"

struct policy_book;
struct policy_rule;

/* What the helper of an external rule says of a change. */
enum policy_word {
	POLICY_WORD_NO,
	POLICY_WORD_YES,
	POLICY_WORD_COMING, /* it is worth waiting */
	POLICY_WORD_NONE,   /* there is no answer to be had */
};

/* Where a rule comes from. */
enum policy_origin {
	POLICY_FROM_FILE,
	/*
	 * What is wrong there costs the rule alone; but where it is not surely
	 * a grant, everything is refused from its place on.
	 */
	POLICY_FROM_DIRECTORY,
	/* No rule, but why there is none: everything is refused from here on. */
	POLICY_BLOCK,
};

/* A rule as it is written, and where, for people: "kddnsd.conf:41" or a DN. */
struct policy_rule_text {
	const char *text; /* "grant AD.EXAMPLE.TEST ms-self . A AAAA" */
	const char *source;
	enum policy_origin origin;
};

/* What a group's name stands for. */
struct policy_group {
	bool has_sid;
	struct sid sid;
	const char *dn; /* normalized as signer_facts.h wants it; NULL: none */
};

/* What a book is made from; all is copied. */
struct policy_book_source {
	const struct name *apex;
	const struct policy_rule_text *rules; /* n 0: nothing will match */
	size_t n;

	/* There is a directory, to tell of host names and groups. */
	bool has_directory;
	/* False: it does not know that group; NULL: it knows none. */
	bool (*find_group)(void *arg, const char *text,
	    struct policy_group *group_out);

	/* Called for each mistake. */
	void (*complain)(void *arg, const char *source, const char *what);
	void *arg;
};

/*
 * Compiles the rules.  The book has one reference.
 *
 * ERR_MALFORMED  at least one that is not from a directory is wrong
 * ERR_NOMEM
 */
int policy_book_create(const struct policy_book_source *source,
    struct policy_book **book_out);
struct policy_book *policy_book_ref(struct policy_book *b);
void policy_book_unref(struct policy_book *b); /* NULL is fine */

size_t policy_book_n_rules(const struct policy_book *b);
const struct policy_rule *policy_book_rule_at(const struct policy_book *b,
    size_t i);

/*
 * Calls warn for each rule that surely does not do what it seems to: that no
 * question comes to, or whose realm is in the wrong case.  Quadratic in the
 * rules of the book: for when it is read, and not for thousands.
 */
void policy_book_lint(const struct policy_book *b,
    void (*warn)(void *arg, const char *source, const char *what), void *arg);

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
	/* It depends on facts, or on a helper's word: ask again when they came */
	POLICY_WAIT,
};

/* What our zones, all of them, say of a name. */
struct policy_zones {
	/* It has that address. */
	bool (*has_address)(void *arg, const uint8_t *name,
	    const struct addr *address);
	/* It is a zone, or the zone's that it is in: MNAME or name server. */
	bool (*is_reserved)(void *arg, const uint8_t *name);
	void *arg;
};

/* The helpers of external rules. */
struct policy_helpers {
	/*
	 * What the one that listens at socket says of the signer, the address,
	 * and this owner and type; *why_out: of POLICY_WORD_NONE, static text.
	 */
	enum policy_word (*ask)(void *arg, const char *socket,
	    const uint8_t *owner, uint16_t type, const char **why_out);
	void *arg;
};

/* Who asks, and who knows more of it. */
struct policy_requester {
	const struct signer *signer;
	const struct addr *address;
	bool tcp;

	const struct policy_zones *zones;     /* NULL: there are none */
	const struct policy_helpers *helpers; /* NULL: nobody can be asked */

	/* What the directory holds for the signer; facts only if KNOWN. */
	enum signer_facts_state facts_state;
	const struct signer_facts *facts;
};

/* One change that somebody asks for. */
struct policy_question {
	struct policy_requester by;
	const uint8_t *owner; /* name */
	uint16_t type;        /* TYPE_ANY: deletion of all RRsets of owner */
	const uint8_t *rdata; /* NULL: none (deletion of an RRset) */
	uint16_t rdata_len;
	bool is_addition;
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

/* True if what the directory holds for signers can matter. */
bool policy_book_needs_facts(const struct policy_book *b);

/* True if it has external rules. */
bool policy_book_asks_helpers(const struct policy_book *b);

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
