/*
 * inquiry.h - what helpers are asked for one update, and what they say
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The policy looks here for a helper's word (inquiry_ask).  What it does not
 * find becomes a question, each (socket, owner, type) one; helpers_ask() then
 * asks all that are open at once, and the policy is to look again.
 *
 * Owns:    nothing: questions lie in the arena.
 * Threads: whoever has the update: worker or writer; between helpers_ask() and
 *          done() the helpers' thread.
 */
#ifndef SERVER_INQUIRY_H
#define SERVER_INQUIRY_H

#include <sys/queue.h>

#include "daemon/server/helper_wire.h"

struct arena;
struct helper;

#define INQUIRY_QUESTIONS_MAX 1024 /* of one update */
#define INQUIRY_BUCKETS 64

struct inquiry_question {
	const char *socket; /* the rule's */
	const uint8_t *owner;
	uint16_t type;
	enum policy_word word; /* COMING: it is open */
	const char *why;       /* NONE: static text */
	SLIST_ENTRY(inquiry_question) chain;
	STAILQ_ENTRY(inquiry_question) link;

	/* Of helpers.c. */
	struct inquiry *inquiry;
	struct helper *helper;
	TAILQ_ENTRY(inquiry_question) waiting;
	int fd; /* -1: it waits for its turn */
	uint8_t *octets;
	size_t len, n_sent, n_received;
	uint8_t answer[HELPER_ANSWER_LEN];
};

struct inquiry {
	struct arena *arena;
	struct helper_asker asker;
	SLIST_HEAD(, inquiry_question) buckets[INQUIRY_BUCKETS];
	STAILQ_HEAD(, inquiry_question) questions;
	size_t n_questions;
	size_t n_open;

	/* Called once for each helpers_ask(), by its thread: none is open. */
	void (*done)(struct inquiry *q);
	void *done_arg;
	uint64_t until_ms; /* for all of its questions; 0: none was asked */
	TAILQ_ENTRY(inquiry) entry; /* of helpers.c */
};

/* In the arena, which is lent for its whole life, as is the asker.  NULL: no
 * memory. */
struct inquiry *inquiry_create(const struct helper_asker *asker,
    struct arena *arena);

/* For struct policy_question: arg is the inquiry. */
enum policy_word inquiry_ask(void *arg, const char *socket,
    const uint8_t *owner, uint16_t type, const char **why_out);

/* True if there is something to ask.  q NULL: there is not. */
static inline bool
inquiry_is_open(const struct inquiry *q)
{
	return q != NULL && q->n_open > 0;
}

/* To what is open there will be no answer; why is static text. */
void inquiry_give_up(struct inquiry *q, const char *why);

#endif
