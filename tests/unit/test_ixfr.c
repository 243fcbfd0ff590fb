/*
 * test_ixfr.c - the way from a client's serial to ours
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <stdlib.h>

#include "daemon/base/err.h"
#include "tests/unit/history_model.h"
#include "tests/unit/secondary.h"
#include "tests/unit/suites.h"
#include "tests/unit/zone_helper.h"
#include "tests/unit/zone_text.h"

extern CU_TestInfo ixfr_tests[];

#define APEX_TEXT                                                              \
	"$TTL 3600\n@ SOA ns1 hostmaster 7 3600 600 86400 300\n"               \
	"@ NS ns1\nns1 A 192.0.2.1\n"

static struct model *model;

static void
begin(void)
{
	model = malloc(sizeof(*model));
	CU_ASSERT_PTR_NOT_NULL_FATAL(model);
	model_init(model, "Example.", APEX_TEXT);
}

static void
end(void)
{
	model_clear(model);
	free(model);
}

/* Sends from serial; what comes in leads `replica` to the model's version. */
static enum ixfr_form
follow(struct zone **replica, size_t size)
{
	uint32_t serial = version_serial(zone_current(*replica));
	const struct zone_version *v = zone_current(model->zone);
	struct transfer_query q = query_of(model->zone, TYPE_IXFR);
	struct ixfr_history h = model_history(model, serial);
	enum ixfr_form form;
	struct received r;
	struct ixfr x;

	CU_ASSERT_EQUAL_FATAL(ixfr_start(&x, &q, v, serial, &h), 0);
	form = x.form;
	receive_ixfr(&r, &x, &q, size);
	CU_ASSERT(r.longest <= size);
	if (form == IXFR_ZONE) {
		zone_destroy(*replica);
		*replica = zone_of_axfr(&r, zone_apex(model->zone));
	} else {
		apply_ixfr(*replica, &r);
	}
	CU_ASSERT(versions_equal(v, zone_current(*replica)));
	CU_ASSERT(form != IXFR_CURRENT || r.n == 1);
	received_clear(&r);
	ixfr_stop(&x);
	return form;
}

static void
test_random_histories_lead_to_the_version(void)
{
	struct zone *replica;
	size_t sizes[] = {16384, 512, 160};

	for (unsigned round = 0; round < 30; round++) {
		begin();
		model->random = round + 1;
		replica = zone_from_text("Example.", APEX_TEXT);
		CU_ASSERT_PTR_NOT_NULL_FATAL(replica);
		for (unsigned i = 0; i < 10; i++) {
			for (unsigned n = 1 + round % 7; n > 0; n--)
				model_step(model);
			if (i % 3 == 0)
				model_step_metadata(model);
			CU_ASSERT_EQUAL(follow(&replica, sizes[i % 3]),
			    IXFR_DELTAS);
		}
		zone_destroy(replica);
		end();
	}
}

static void
test_the_same_or_a_later_serial_gets_the_soa_alone(void)
{
	struct zone *replica = zone_from_text("Example.", APEX_TEXT);
	struct transfer_query q;
	struct ixfr_history h;
	struct received r;
	struct ixfr x;

	begin();
	CU_ASSERT_EQUAL(follow(&replica, 512), IXFR_CURRENT);
	q = query_of(model->zone, TYPE_IXFR);
	h = model_history(model, 9);
	CU_ASSERT_EQUAL_FATAL(ixfr_start(&x, &q, zone_current(model->zone), 9,
				  &h),
	    0);
	CU_ASSERT_EQUAL(x.form, IXFR_CURRENT);
	receive_ixfr(&r, &x, &q, 512);
	CU_ASSERT_EQUAL(r.n, 1);
	CU_ASSERT_EQUAL(model->n_rewinds, 0);
	received_clear(&r);
	ixfr_stop(&x);
	/* RFC 1982: 7 comes after 0xfffffff0 */
	CU_ASSERT(!ixfr_is_current(zone_current(model->zone), 0xfffffff0));
	end();
	zone_destroy(replica);
}

static void
test_without_history_the_zone_is_sent(void)
{
	struct zone *replica = zone_from_text("Example.", APEX_TEXT);

	begin();
	for (unsigned i = 0; i < 5; i++)
		model_step(model);
	model->n_kept = 3;
	CU_ASSERT_EQUAL(follow(&replica, 512), IXFR_ZONE);
	zone_destroy(replica);
	end();
}

static void
test_a_gap_in_history_sends_the_zone(void)
{
	struct zone *replica = zone_from_text("Example.", APEX_TEXT);

	begin();
	for (unsigned i = 0; i < 5; i++)
		model_step(model);
	model->changesets[2].serial_from++;
	CU_ASSERT_EQUAL(follow(&replica, 512), IXFR_ZONE);
	zone_destroy(replica);
	replica = zone_from_text("Example.", APEX_TEXT);
	model->changesets[2].serial_from--;
	model->changesets[3].flags |= CHANGESET_ZONE_ADDED;
	CU_ASSERT_EQUAL(follow(&replica, 512), IXFR_ZONE);
	zone_destroy(replica);
	end();
}

static int
rewind_fails(void *arg)
{
	(void)arg;
	return ERR_IO;
}

static void
test_a_history_that_cannot_be_read_sends_the_zone(void)
{
	struct ixfr_history h = {NULL, rewind_fails, NULL};
	struct transfer_query q;
	struct ixfr x;

	begin();
	model_step(model);
	q = query_of(model->zone, TYPE_IXFR);
	CU_ASSERT_EQUAL(ixfr_start(&x, &q, zone_current(model->zone), 7, &h),
	    0);
	CU_ASSERT_EQUAL(x.form, IXFR_ZONE);
	ixfr_stop(&x);
	end();
}

static void
test_a_history_larger_than_the_zone_sends_the_zone(void)
{
	struct zone *replica = zone_from_text("Example.", APEX_TEXT);

	begin();
	for (unsigned i = 0; i < 400; i++)
		model_step_hosts(model, 20);
	CU_ASSERT_EQUAL(follow(&replica, 16384), IXFR_ZONE);
	zone_destroy(replica);
	end();
}

static void
test_a_history_that_changes_under_way_is_an_error(void)
{
	struct zone *replica = zone_from_text("Example.", APEX_TEXT);
	struct transfer_query q;
	struct ixfr_history h;
	uint8_t octets[512];
	bool is_last = false;
	struct ixfr x;
	size_t len;
	int ret = 0;

	begin();
	for (unsigned i = 0; i < 50; i++)
		model_step(model);
	q = query_of(model->zone, TYPE_IXFR);
	h = model_history(model, 7);
	CU_ASSERT_EQUAL_FATAL(ixfr_start(&x, &q, zone_current(model->zone), 7,
				  &h),
	    0);
	model->changesets[30].serial_from += 5;
	while (ret == 0 && !is_last)
		ret = ixfr_next(&x, octets, sizeof(octets), &len, &is_last);
	CU_ASSERT_EQUAL(ret, ERR_MISMATCH);
	ixfr_stop(&x);
	zone_destroy(replica);
	end();
}

static void
test_the_clients_serial_is_that_of_the_soa_in_authority(void)
{
	static const uint8_t soa[] = {1, 'n', 0, 1, 'h', 0, 0, 0, 1, 2, 0, 0, 0,
	    1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1};
	struct name apex = name_of("example."), other = name_of("test.");
	struct rr rr = {.owner = other.octets,
	    .type = TYPE_SOA,
	    .class = CLASS_IN,
	    .rdata_len = sizeof(soa),
	    .rdata = soa};
	struct message q = {.n_questions = 1, .question.name = apex};
	uint32_t serial;

	CU_ASSERT(!ixfr_client_serial(&q, &serial));
	q.rrs[SECTION_AUTHORITY] = &rr;
	q.n_rrs[SECTION_AUTHORITY] = 1;
	CU_ASSERT(!ixfr_client_serial(&q, &serial));
	rr.owner = apex.octets;
	CU_ASSERT(ixfr_client_serial(&q, &serial));
	CU_ASSERT_EQUAL(serial, 0x102);
	rr.rdata_len = 0;
	CU_ASSERT(!ixfr_client_serial(&q, &serial));
}

CU_TestInfo ixfr_tests[] = {
    {"random histories lead to the version",
	test_random_histories_lead_to_the_version},
    {"the same or a later serial gets the SOA alone",
	test_the_same_or_a_later_serial_gets_the_soa_alone},
    {"without history the zone is sent", test_without_history_the_zone_is_sent},
    {"a gap in history sends the zone", test_a_gap_in_history_sends_the_zone},
    {"a history that cannot be read sends the zone",
	test_a_history_that_cannot_be_read_sends_the_zone},
    {"a history larger than the zone sends the zone",
	test_a_history_larger_than_the_zone_sends_the_zone},
    {"a history that changes under way is an error",
	test_a_history_that_changes_under_way_is_an_error},
    {"the client's serial is that of the SOA in AUTHORITY",
	test_the_clients_serial_is_that_of_the_soa_in_authority},
    CU_TEST_INFO_NULL,
};
