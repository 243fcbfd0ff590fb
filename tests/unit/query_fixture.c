/*
 * query_fixture.c - a question asked, the answer as text
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <stdio.h>
#include <string.h>

#include "daemon/dns/mnemonic.h"
#include "daemon/dns/rdata.h"
#include "tests/unit/query_fixture.h"
#include "tests/unit/suites.h"

void
ask_init(struct ask *a, const struct zone *zone)
{
	memset(a, 0, sizeof(*a));
	a->zone = zone;
	a->settings.max_udp_size = 1232;
	arena_init(&a->arena, 0);
}

void
ask_clear(struct ask *a)
{
	arena_clear(&a->arena);
}

static void
write_query(struct ask *a, const char *question)
{
	char qname[NAME_TEXT_SIZE], qtype[MNEMONIC_SIZE];
	struct message_writer w;
	struct name name;
	uint16_t type;

	CU_ASSERT_EQUAL_FATAL(sscanf(question, "%1024s %15s", qname, qtype), 2);
	CU_ASSERT_EQUAL_FATAL(name_from_text(qname, NULL, &name), 0);
	CU_ASSERT_FATAL(type_from_text(qtype, &type));
	message_write_start(&w, a->question, sizeof(a->question), 0x1234,
	    FLAG_RD);
	(void)message_write_question(&w, name.octets, type, CLASS_IN);
	if (a->edns.present) {
		w.dnssec_ok = a->edns.dnssec_ok;
		(void)message_write_edns(&w, a->edns.udp_size, RCODE_NOERROR,
		    a->edns.options, a->edns.options_len);
	}
	a->question_len = message_write_end(&w);
	if (a->edns.version != 0) /* root, type, class, extended RCODE */
		a->question[a->question_len - 11 - a->edns.options_len + 6] =
		    a->edns.version;
}

static void
write_answer(struct ask *a)
{
	const struct zone_version *v = zone_current(a->zone);
	const struct message *q = &a->query;
	size_t size = a->size;
	struct message_writer w;
	struct edns_reply e;
	enum rcode rcode;

	if (size == 0)
		size = answer_size(q, a->transport, a->settings.max_udp_size);
	edns_reply_init(&e, q, &a->settings, v);
	answer_start(&w, a->octets, size, q);
	message_write_reserve(&w, edns_reply_room(&e));
	rcode = question_check(q);
	if (rcode == RCODE_NOERROR)
		rcode = answer(&w, q, v, zone_apex(a->zone), a->transport);
	edns_reply_write(&e, &w, rcode);
	a->len = message_write_end(&w);
	CU_ASSERT(a->len <= size);
}

void
ask(struct ask *a, const char *question)
{
	arena_reset(&a->arena);
	write_query(a, question);
	CU_ASSERT_EQUAL_FATAL(message_read(a->question, a->question_len,
				  &a->arena, &a->query),
	    RCODE_NOERROR);
	write_answer(a);
	a->read = message_read(a->octets, a->len, &a->arena, &a->answer);
	CU_ASSERT_EQUAL(a->read, RCODE_NOERROR);
}

static void
append_rr(const struct rr *rr, char *text, size_t size)
{
	static char rdata[ASK_TEXT_SIZE];
	char owner[NAME_TEXT_SIZE], type[MNEMONIC_SIZE];
	size_t len = strlen(text);

	CU_ASSERT_EQUAL(rdata_to_text(rr->type, rr->rdata, rr->rdata_len, rdata,
			    sizeof(rdata)),
	    0);
	(void)snprintf(text + len, size - len, "%s%s %s %s",
	    len == 0 ? "" : "; ", name_to_text(rr->owner, owner),
	    type_to_text(rr->type, type), rdata);
}

const char *
ask_section(struct ask *a, enum section section)
{
	static char text[SECTIONS][ASK_TEXT_SIZE];

	text[section][0] = '\0';
	for (unsigned i = 0; i < a->answer.n_rrs[section]; i++)
		append_rr(&a->answer.rrs[section][i], text[section],
		    ASK_TEXT_SIZE);
	return text[section];
}
