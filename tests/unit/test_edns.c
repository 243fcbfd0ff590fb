/*
 * test_edns.c - the OPT RR of an answer, and class CH
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <stdlib.h>
#include <string.h>

#include "daemon/base/err.h"
#include "daemon/query/chaos.h"
#include "tests/unit/query_fixture.h"
#include "tests/unit/suites.h"
#include "tests/unit/zone_text.h"

extern CU_TestInfo edns_tests[];

static struct ask *asking;
static struct zone *zone;

static void
begin(void)
{
	zone = zone_from_text("example.",
	    "$TTL 60\n@ SOA ns h 1 2 3 86400 300\n@ NS ns\nns A 192.0.2.1\n");
	asking = malloc(sizeof(*asking));
	CU_ASSERT_PTR_NOT_NULL_FATAL(zone);
	CU_ASSERT_PTR_NOT_NULL_FATAL(asking);
	ask_init(asking, zone);
}

static void
end(void)
{
	ask_clear(asking);
	free(asking);
	zone_destroy(zone);
}

static void
test_opt_answers_opt_and_nothing_else(void)
{
	begin();
	ask(asking, "ns.example. A");
	CU_ASSERT(!asking->answer.edns.present);
	asking->edns = (struct edns){.present = true, .udp_size = 4096};
	ask(asking, "ns.example. A");
	CU_ASSERT(asking->answer.edns.present);
	CU_ASSERT_EQUAL(asking->answer.edns.udp_size, 1232);
	CU_ASSERT_EQUAL(asking->answer.edns.options_len, 0);
	CU_ASSERT(!asking->answer.edns.dnssec_ok);
	end();
}

static void
test_do_is_copied(void)
{
	begin();
	asking->edns =
	    (struct edns){.present = true, .udp_size = 512, .dnssec_ok = true};
	ask(asking, "ns.example. A");
	CU_ASSERT(asking->answer.edns.dnssec_ok);
	end();
}

static void
test_a_later_version_is_badvers(void)
{
	size_t opt;

	begin();
	asking->edns =
	    (struct edns){.present = true, .udp_size = 512, .version = 1};
	ask(asking, "ns.example. A");
	CU_ASSERT_EQUAL(asking->answer.flags & FLAG_RCODE_MASK, 0);
	CU_ASSERT_EQUAL(asking->answer.n_rrs[SECTION_ANSWER], 0);
	CU_ASSERT(asking->answer.edns.present);
	CU_ASSERT_EQUAL(asking->answer.edns.version, 0);
	opt = asking->len - 11;
	CU_ASSERT_EQUAL(asking->octets[opt + 5], RCODE_BADVERS >> 4);
	end();
}

static void
test_nsid_is_given_when_asked_for_and_set(void)
{
	static const uint8_t nsid[] = {0, EDNS_OPTION_NSID, 0, 0};
	const uint8_t *option;
	uint16_t len;

	begin();
	asking->edns = (struct edns){.present = true,
	    .udp_size = 512,
	    .options = nsid,
	    .options_len = sizeof(nsid)};
	ask(asking, "ns.example. A");
	CU_ASSERT_EQUAL(asking->answer.edns.options_len, 0);
	asking->settings.server_id = (const uint8_t *)"ns1";
	asking->settings.server_id_len = 3;
	ask(asking, "ns.example. A");
	option = edns_option(&asking->answer.edns, EDNS_OPTION_NSID, &len);
	CU_ASSERT_PTR_NOT_NULL_FATAL(option);
	CU_ASSERT_EQUAL(len, 3);
	CU_ASSERT_EQUAL(memcmp(option, "ns1", 3), 0);
	end();
}

static void
test_expire_is_that_of_the_soa(void)
{
	static const uint8_t expire[] = {0, EDNS_OPTION_EXPIRE, 0, 0};
	const uint8_t *option;
	uint16_t len;

	begin();
	asking->edns = (struct edns){.present = true,
	    .udp_size = 512,
	    .options = expire,
	    .options_len = sizeof(expire)};
	ask(asking, "example. SOA");
	option = edns_option(&asking->answer.edns, EDNS_OPTION_EXPIRE, &len);
	CU_ASSERT_PTR_NOT_NULL_FATAL(option);
	CU_ASSERT_EQUAL_FATAL(len, 4);
	CU_ASSERT_EQUAL(get_u32(option), 86400);
	ask(asking, "ns.example. A");
	CU_ASSERT_EQUAL(asking->answer.edns.options_len, 0);
	end();
}

static void
test_options_stay_within_their_room(void)
{
	static const uint8_t text[300];
	struct edns_reply e = {.present = true};

	CU_ASSERT_EQUAL(edns_reply_add(&e, EDNS_OPTION_EDE, text, 300), 0);
	CU_ASSERT_EQUAL(edns_reply_add(&e, EDNS_OPTION_EDE, text, 300), 0);
	CU_ASSERT_EQUAL(edns_reply_add(&e, EDNS_OPTION_EDE, text, 300),
	    ERR_NOSPACE);
	CU_ASSERT_EQUAL(edns_reply_room(&e), EDNS_ROOM(2 * 304));
	e.present = false;
	CU_ASSERT_EQUAL(edns_reply_room(&e), 0);
}

static enum rcode
ask_chaos(const char *qname, const char *server_id, struct message *answer_out)
{
	struct message q = {.n_questions = 1,
	    .question.class = CLASS_CH,
	    .question_end = 20};
	struct message_writer w;
	enum rcode rcode;
	size_t len;

	CU_ASSERT_EQUAL(name_from_text(qname, NULL, &q.question.name), 0);
	q.question.type = TYPE_TXT;
	CU_ASSERT(chaos_is_asked(&q));
	answer_start(&w, asking->octets, 512, &q);
	rcode = chaos_answer(&w, &q, (const uint8_t *)server_id,
	    server_id == NULL ? 0 : strlen(server_id));
	len = message_write_end(&w);
	CU_ASSERT_EQUAL(message_read(asking->octets, len, &asking->arena,
			    answer_out),
	    RCODE_NOERROR);
	CU_ASSERT_EQUAL(answer_out->flags & FLAG_RCODE_MASK, rcode);
	return rcode;
}

static void
test_the_server_says_its_id_if_it_has_one(void)
{
	struct message m;

	begin();
	CU_ASSERT_EQUAL(ask_chaos("iD.server.", "ns1", &m), RCODE_NOERROR);
	CU_ASSERT_EQUAL_FATAL(m.n_rrs[SECTION_ANSWER], 1);
	CU_ASSERT_EQUAL(m.rrs[SECTION_ANSWER][0].class, CLASS_CH);
	CU_ASSERT_EQUAL(m.rrs[SECTION_ANSWER][0].rdata_len, 4);
	CU_ASSERT_EQUAL(memcmp(m.rrs[SECTION_ANSWER][0].rdata, "\3ns1", 4), 0);
	CU_ASSERT_EQUAL(ask_chaos("hostname.bind.", "ns1", &m), RCODE_NOERROR);
	CU_ASSERT_EQUAL(ask_chaos("id.server.", NULL, &m), RCODE_REFUSED);
	CU_ASSERT_EQUAL(ask_chaos("version.bind.", "ns1", &m), RCODE_REFUSED);
	CU_ASSERT_EQUAL(m.n_rrs[SECTION_ANSWER], 0);
	end();
}

CU_TestInfo edns_tests[] = {
    {"OPT answers OPT and nothing else", test_opt_answers_opt_and_nothing_else},
    {"DO is copied", test_do_is_copied},
    {"a later version is BADVERS", test_a_later_version_is_badvers},
    {"NSID is given when asked for and set",
	test_nsid_is_given_when_asked_for_and_set},
    {"EXPIRE is that of the SOA", test_expire_is_that_of_the_soa},
    {"options stay within their room", test_options_stay_within_their_room},
    {"the server says its id if it has one",
	test_the_server_says_its_id_if_it_has_one},
    CU_TEST_INFO_NULL,
};
