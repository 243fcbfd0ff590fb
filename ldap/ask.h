/*
 * ask.h - questions about principals and groups, from asked to answered
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A question goes through several searches.  If the connection is lost it
 * begins again on the next one, as long as its deadline has not passed.
 *
 * Owns:    questions, from asks_add() until they are answered.
 * Threads: ask_create() any; the rest the directory's.
 * Errors:  NULL or false: no memory.
 * Units:   _ms milliseconds of connection_clock_ms().
 */
#ifndef LDAP_ASK_H
#define LDAP_ASK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ldap/directory.h"
#include "ldap/line.h"
#include "ldap/searches.h"

/* Where questions are answered at the moment. */
struct ask_place {
	const struct directory_config *config;
	const char *const *attributes; /* of a principal's object */
	const char *const *host_attributes;
	const char *const *group_attributes;
	struct searches *searches;
	bool is_active_directory;
};

struct ask {
	struct ask *next;
	const struct ask_place *place; /* NULL: not begun */
	int64_t deadline_ms;

	/* What is asked: about a principal, or about the group called name. */
	directory_facts_done *facts_done;
	directory_group_done *group_done;
	void *arg;
	char *name, *first, *host, *account;
	uint8_t sid[FACTS_SID_MAX];
	size_t sid_len;

	/* What is known so far. */
	unsigned n_open;    /* searches under way */
	unsigned n_objects; /* that fit */
	struct facts *facts;
	bool is_out_of_memory;
	bool disagrees; /* its SID says it is another one */
	size_t
	    n_walked; /* of facts->group_dns: whose own groups are asked for */
	struct facts_sid group_sid;

	bool is_answered;
	enum facts_answer answer;
	char line[LINE_SIZE];
};

struct asks {
	struct ask *first;
	struct ask **end;
	size_t n;
	uint64_t n_failures;
};

struct ask *ask_create(void);
void ask_destroy(struct ask *a); /* calls nobody; NULL is fine */

void asks_init(struct asks *s);
void asks_add(struct asks *s, struct ask *a);

/* Begins those that have not, and calls back for those that are answered. */
void asks_go_on(struct asks *s, const struct ask_place *place, int64_t now_ms);

/* Calls back for those whose time is over. */
void asks_expire(struct asks *s, int64_t now_ms, const char *why);

/* The connection, and all searches on it, are gone. */
void asks_begin_again(struct asks *s);

void asks_fail_all(struct asks *s, const char *why);

int64_t asks_wake_ms(const struct asks *s);

/* For the searches of a question: it is answered, in the next round. */
void ask_answer(struct ask *a, enum facts_answer answer, const char *format,
    ...) __attribute__((format(printf, 3, 4)));

/* Adds a search of the question's; if it cannot the answer is FACTS_FAILED. */
void ask_search(struct ask *a, const struct search_request *request);

#endif
