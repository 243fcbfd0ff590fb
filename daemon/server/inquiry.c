/*
 * inquiry.c - what helpers are asked for one update, and what they say
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include "daemon/server/inquiry.h"

#include <string.h>

#include "daemon/base/arena.h"

struct inquiry *
inquiry_create(const struct helper_asker *asker, struct arena *arena)
{
	struct inquiry *q = arena_calloc(arena, 1, sizeof(*q));

	if (q == NULL)
		return NULL;
	q->asker = *asker;
	q->arena = arena;
	STAILQ_INIT(&q->questions);
	return q;
}

static size_t
bucket_of(const uint8_t *owner, uint16_t type)
{
	return name_hash(owner, type) % INQUIRY_BUCKETS;
}

static struct inquiry_question *
find(const struct inquiry *q, const char *socket, const uint8_t *owner,
    uint16_t type)
{
	struct inquiry_question *one;

	SLIST_FOREACH(one, &q->buckets[bucket_of(owner, type)], chain)
	if (one->type == type && name_equal(one->owner, owner) &&
	    strcmp(one->socket, socket) == 0)
		return one;
	return NULL;
}

/* NULL: no memory. */
static struct inquiry_question *
add(struct inquiry *q, const char *socket, const uint8_t *owner, uint16_t type)
{
	struct inquiry_question *one = arena_calloc(q->arena, 1, sizeof(*one));

	if (one == NULL)
		return NULL;
	one->owner = arena_copy(q->arena, owner, name_len(owner));
	if (one->owner == NULL)
		return NULL;
	one->socket = socket;
	one->type = type;
	one->word = POLICY_WORD_COMING;
	one->inquiry = q;
	one->fd = -1;
	SLIST_INSERT_HEAD(&q->buckets[bucket_of(owner, type)], one, chain);
	STAILQ_INSERT_TAIL(&q->questions, one, link);
	q->n_questions++;
	q->n_open++;
	return one;
}

enum policy_word
inquiry_ask(void *arg, const char *socket, const uint8_t *owner, uint16_t type,
    const char **why_out)
{
	struct inquiry *q = arg;
	struct inquiry_question *one = find(q, socket, owner, type);

	*why_out = "the update needs too many answers of its helper";
	if (one == NULL && q->n_questions < INQUIRY_QUESTIONS_MAX)
		one = add(q, socket, owner, type);
	if (one == NULL)
		return POLICY_WORD_NONE;
	*why_out = one->why;
	return one->word;
}

void
inquiry_give_up(struct inquiry *q, const char *why)
{
	struct inquiry_question *one;

	STAILQ_FOREACH(one, &q->questions, link)
	{
		if (one->word != POLICY_WORD_COMING)
			continue;
		one->word = POLICY_WORD_NONE;
		one->why = why;
		q->n_open--;
	}
}
