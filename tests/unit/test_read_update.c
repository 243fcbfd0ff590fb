/*
 * test_read_update.c - the form of UPDATE messages (RFC 2136 3.1, 3.4.1)
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <stdio.h>
#include <string.h>

#include "daemon/base/buf.h"
#include "tests/unit/suites.h"
#include "tests/unit/update_helper.h"

#define N(array) (sizeof(array) / sizeof((array)[0]))

static enum rcode
read_message(const struct message *m, struct arena *a)
{
	struct update_record record;
	struct update *u;
	enum rcode rcode = update_read(m, a, &u, &record);

	CU_ASSERT_EQUAL(record.rcode, rcode);
	CU_ASSERT_EQUAL(record.stage, UPDATE_STAGE_FORM);
	CU_ASSERT_EQUAL(rcode == RCODE_NOERROR, u != NULL);
	CU_ASSERT_EQUAL(rcode == RCODE_NOERROR, record.reason.text[0] == '\0');
	return rcode;
}

static void
test_the_zone_section_is_one_soa_of_class_in(void)
{
	struct message m;
	struct arena a;

	arena_init(&a, 0);
	update_message("add x.ad.test 60 A 10.0.0.1", &a, &m);
	CU_ASSERT_EQUAL(read_message(&m, &a), RCODE_NOERROR);
	m.n_questions = 0;
	CU_ASSERT_EQUAL(read_message(&m, &a), RCODE_FORMERR);
	m.n_questions = 2;
	CU_ASSERT_EQUAL(read_message(&m, &a), RCODE_FORMERR);
	m.n_questions = 1;
	m.question.type = TYPE_A;
	CU_ASSERT_EQUAL(read_message(&m, &a), RCODE_FORMERR);
	m.question.type = TYPE_SOA;
	m.question.class = CLASS_CH;
	CU_ASSERT_EQUAL(read_message(&m, &a), RCODE_NOTAUTH);
	arena_clear(&a);
}

static void
test_each_rr_has_the_form_of_its_kind(void)
{
	static const struct {
		const char *commands;
		enum rcode rcode;
	} cases[] = {
	    /* prerequisites: section 0; class, TTL, type */
	    {"rr 0 x.ad.test 255 0 255", RCODE_NOERROR},
	    {"rr 0 x.ad.test 255 1 255", RCODE_FORMERR},
	    {"rr 0 x.ad.test 255 0 1 0a000001", RCODE_FORMERR},
	    {"rr 0 x.ad.test 254 0 255", RCODE_NOERROR},
	    {"rr 0 x.ad.test 254 1 1", RCODE_FORMERR},
	    {"rr 0 x.ad.test 254 0 1 0a000001", RCODE_FORMERR},
	    {"rr 0 x.ad.test 1 0 1 0a000001", RCODE_NOERROR},
	    {"rr 0 x.ad.test 1 1 1 0a000001", RCODE_FORMERR},
	    {"rr 0 x.ad.test 1 0 255 00", RCODE_FORMERR},
	    {"rr 0 x.ad.test 1 0 252 00", RCODE_FORMERR},
	    {"rr 0 x.ad.test 255 0 252", RCODE_FORMERR},
	    {"rr 0 x.ad.test 255 0 0", RCODE_FORMERR},
	    {"rr 0 x.ad.test 3 0 1 0a000001", RCODE_FORMERR},
	    {"rr 0 x.other.test 255 0 1", RCODE_NOTZONE},
	    {"rr 0 xad.test 255 0 1", RCODE_NOTZONE},
	    {"rr 0 test 255 0 1", RCODE_NOTZONE},
	    /* the update section */
	    {"rr 1 x.ad.test 1 60 1 0a000001", RCODE_NOERROR},
	    {"rr 1 x.ad.test 1 60 255 0a000001", RCODE_FORMERR},
	    {"rr 1 x.ad.test 1 60 251 00", RCODE_FORMERR},
	    {"rr 1 x.ad.test 1 60 253 00", RCODE_FORMERR},
	    {"rr 1 x.ad.test 1 60 249 00", RCODE_FORMERR},
	    {"rr 1 x.ad.test 1 60 0 00", RCODE_FORMERR},
	    {"rr 1 x.ad.test 255 0 255", RCODE_NOERROR},
	    {"rr 1 x.ad.test 255 0 1", RCODE_NOERROR},
	    {"rr 1 x.ad.test 255 1 1", RCODE_FORMERR},
	    {"rr 1 x.ad.test 255 0 1 0a000001", RCODE_FORMERR},
	    {"rr 1 x.ad.test 255 0 254", RCODE_FORMERR},
	    {"rr 1 x.ad.test 255 0 252", RCODE_FORMERR},
	    {"rr 1 x.ad.test 254 0 1 0a000001", RCODE_NOERROR},
	    {"rr 1 x.ad.test 254 1 1 0a000001", RCODE_FORMERR},
	    {"rr 1 x.ad.test 254 0 255 00", RCODE_FORMERR},
	    {"rr 1 x.ad.test 254 0 1", RCODE_FORMERR},
	    {"rr 1 x.ad.test 3 0 1 0a000001", RCODE_FORMERR},
	    {"rr 1 x.other.test 1 60 1 0a000001", RCODE_NOTZONE},
	    {"rr 1 test 255 0 255", RCODE_NOTZONE},
	    /* the first mistake answers */
	    {"rr 1 test 255 0 255; rr 1 x.ad.test 255 1 1", RCODE_NOTZONE},
	    {"rr 1 x.ad.test 255 1 1; rr 1 test 255 0 255", RCODE_FORMERR},
	    {"rr 1 test 255 0 255; rr 0 x.ad.test 255 1 1", RCODE_FORMERR},
	};
	struct message m;
	struct arena a;

	arena_init(&a, 0);
	for (size_t i = 0; i < N(cases); i++) {
		uint8_t octets[512];
		/* Prerequisites come first in the message. */
		bool is_reversed = strstr(cases[i].commands, "; rr 0") != NULL;
		size_t len = update_compose("ad.test",
		    is_reversed ? "rr 0 x.ad.test 255 1 1; rr 1 test 255 0 255"
				: cases[i].commands,
		    octets, sizeof(octets));
		enum rcode rcode = message_read(octets, len, &a, &m);

		if (rcode == RCODE_NOERROR)
			rcode = read_message(&m, &a);
		if (rcode != cases[i].rcode) {
			(void)fprintf(stderr, "%s: RCODE %d\n",
			    cases[i].commands, (int)rcode);
			CU_FAIL("another RCODE");
		}
		arena_reset(&a);
	}
	arena_clear(&a);
}

static void
test_what_an_update_asks_is_told_in_words(void)
{
	struct update_record record;
	struct message m;
	struct update *u;
	struct arena a;

	arena_init(&a, 0);
	update_message("nxrrset pc1.ad.test CNAME; delete pc1.ad.test;"
		       "add pc1.ad.test 60 A 10.0.0.1;"
		       "delete a\\010b.ad.test TXT x;",
	    &a, &m);
	CU_ASSERT_EQUAL_FATAL(update_read(&m, &a, &u, &record), RCODE_NOERROR);
	CU_ASSERT(update_has_changes(u));
	CU_ASSERT_STRING_EQUAL(update_describe(u, &a),
	    "delete pc1.ad.test ANY; add pc1.ad.test A; "
	    "delete a\\010b.ad.test TXT");
	update_message("delete a.ad.test; delete b.ad.test; delete c.ad.test;"
		       "delete d.ad.test; delete e.ad.test; delete f.ad.test;"
		       "delete g.ad.test; delete h.ad.test A",
	    &a, &m);
	CU_ASSERT_EQUAL_FATAL(update_read(&m, &a, &u, &record), RCODE_NOERROR);
	CU_ASSERT_PTR_NOT_NULL(
	    strstr(update_describe(u, &a), "f.ad.test ANY; and 2 more"));
	arena_clear(&a);
}

static void
test_no_memory_is_servfail(void)
{
	struct update_record record;
	struct message m;
	struct update *u;
	struct arena a, none;

	arena_init(&a, 0);
	arena_init(&none, 1);
	update_message("add x.ad.test 60 A 10.0.0.1", &a, &m);
	CU_ASSERT_EQUAL(update_read(&m, &none, &u, &record), RCODE_SERVFAIL);
	CU_ASSERT_PTR_NULL(u);
	arena_clear(&a);
	arena_clear(&none);
}

CU_TestInfo read_update_tests[] = {
    {"the zone section is one SOA of class IN",
	test_the_zone_section_is_one_soa_of_class_in},
    {"each RR has the form of its kind", test_each_rr_has_the_form_of_its_kind},
    {"what an update asks is told in words",
	test_what_an_update_asks_is_told_in_words},
    {"no memory is SERVFAIL", test_no_memory_is_servfail},
    CU_TEST_INFO_NULL,
};
