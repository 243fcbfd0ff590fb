/*
 * fuzz_query.c - any message as a question: the answer can be read
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the server does with a QUERY, over UDP and over TCP, against a zone
 * that has one of everything.
 */
#include "daemon/base/arena.h"
#include "daemon/query/answer.h"
#include "daemon/query/chaos.h"
#include "daemon/query/edns.h"
#include "daemon/zone/zone.h"
#include "tests/fuzz/fuzz.h"
#include "tests/unit/zone_text.h"

static const char zone_text[] =
    "$TTL 3600\n"
    "@ SOA ns1 hostmaster 7 3600 600 86400 300\n"
    "@ NS ns1\n@ NS ns2\n@ MX 10 mail\n@ TXT \"apex\"\n"
    "ns1 A 192.0.2.1\nns2 AAAA 2001:db8::2\nmail A 192.0.2.25\n"
    "a CNAME b\nb CNAME c\nc A 192.0.2.3\nloop CNAME loop2\n"
    "loop2 CNAME loop\nout CNAME www.test.\nlost CNAME none\n"
    "*.w A 192.0.2.4\n*.w MX 1 mail\na.b.ent TXT \"x\"\na.*.e A 192.0.2.5\n"
    "sub NS ns.sub\nsub NS ns.other\nns.sub A 192.0.2.6\n"
    "other NS ns.other\nns.other A 192.0.2.7\n"
    "old DNAME new\nx.new A 192.0.2.8\nround DNAME y.round\n"
    "_ldap._tcp SRV 0 100 389 ns1\n";

static void
check(const struct message *q, const struct zone *z,
    enum answer_transport transport)
{
	static const struct edns_settings settings = {1232,
	    (const uint8_t *)"fuzz", 4};
	static uint8_t octets[MESSAGE_LEN_MAX];
	const struct zone_version *v = zone_current(z);
	size_t size = answer_size(q, transport, settings.max_udp_size);
	struct message_writer w;
	struct message m;
	struct edns_reply e;
	struct arena a;
	enum rcode rcode;

	edns_reply_init(&e, q, &settings, v);
	answer_start(&w, octets, size, q);
	message_write_reserve(&w, edns_reply_room(&e));
	rcode = question_check(q);
	if (chaos_is_asked(q) && rcode != RCODE_BADVERS)
		rcode = chaos_answer(&w, q, settings.server_id,
		    settings.server_id_len);
	else if (rcode == RCODE_NOERROR &&
	    name_is_below(q->question.name.octets, zone_apex(z)->octets))
		rcode = answer(&w, q, v, zone_apex(z), transport);
	else if (rcode == RCODE_NOERROR)
		rcode = RCODE_REFUSED;
	edns_reply_write(&e, &w, rcode);

	arena_init(&a, 0);
	MUST(message_read(octets, message_write_end(&w), &a, &m) ==
	    RCODE_NOERROR);
	MUST(m.edns.present == q->edns.present);
	arena_clear(&a);
}

int
LLVMFuzzerTestOneInput(const uint8_t *octets, size_t len)
{
	static struct zone *z;
	struct message q;
	struct arena a;

	if (z == NULL)
		z = zone_from_text("example.", zone_text);
	MUST(z != NULL);
	arena_init(&a, 0);
	if (message_is_request(octets, len) &&
	    message_read(octets, len, &a, &q) == RCODE_NOERROR &&
	    message_opcode(&q) == OPCODE_QUERY) {
		check(&q, z, ANSWER_UDP);
		check(&q, z, ANSWER_TCP);
	}
	arena_clear(&a);
	return 0;
}
