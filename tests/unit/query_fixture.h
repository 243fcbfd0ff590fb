/*
 * query_fixture.h - a question asked, the answer as text
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#ifndef TESTS_UNIT_QUERY_FIXTURE_H
#define TESTS_UNIT_QUERY_FIXTURE_H

#include "daemon/base/arena.h"
#include "daemon/query/answer.h"
#include "daemon/query/edns.h"
#include "daemon/zone/zone.h"

#define ASK_TEXT_SIZE 16384

/* One question and what it brought. */
struct ask {
	/* Set before ask(). */
	const struct zone *zone;
	enum answer_transport transport;
	size_t size;      /* of the answer; 0: answer_size() */
	struct edns edns; /* of the query */
	struct edns_settings settings;

	/* Results. */
	uint8_t question[512];
	size_t question_len;
	uint8_t octets[MESSAGE_LEN_MAX];
	size_t len;
	struct arena arena;
	struct message query;
	struct message answer;
	enum rcode read; /* of the answer: it must be readable */
};

void ask_init(struct ask *a, const struct zone *zone);
void ask_clear(struct ask *a);

/* Asks for QNAME and QTYPE as text ("www.example. A"). */
void ask(struct ask *a, const char *question);

/* The RRs of a section as "owner TYPE RDATA; ...", TTL and class left out. */
const char *ask_section(struct ask *a, enum section section);

#endif
