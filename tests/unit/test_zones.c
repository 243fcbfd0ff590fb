/*
 * test_zones.c - zones found by name
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <string.h>

#include "tests/unit/store_fixture.h"

static struct store_zone *
find(struct fixture *f, const char *text)
{
	struct name n;

	CU_ASSERT_EQUAL_FATAL(name_from_text(text, NULL, &n), 0);
	return store_find(f->store, n.octets);
}

static void
test_the_closest_encloser_is_found(void)
{
	struct fixture f;
	struct reason reason;

	fixture_init(&f);
	fixture_must_open(&f);
	CU_ASSERT_PTR_EQUAL(find(&f, "ad.example."), f.zone);
	CU_ASSERT_PTR_EQUAL(find(&f, "AD.Example."), f.zone);
	CU_ASSERT_PTR_EQUAL(find(&f, "a.b.c.d.e.f.g.h.ad.example."), f.zone);
	CU_ASSERT_PTR_EQUAL(find(&f, "1.2.0.192.in-addr.arpa."),
	    store_zone_at(f.store, 0));
	CU_ASSERT_PTR_NULL(find(&f, "xad.example."));
	CU_ASSERT_PTR_NULL(find(&f, "example."));
	CU_ASSERT_PTR_NULL(find(&f, "."));
	CU_ASSERT_PTR_NULL(find(&f, "a.other.example."));
	CU_ASSERT_STRING_EQUAL(store_zone_text(f.zone), "ad.example");

	/* A zone below another, and one that goes. */
	CU_ASSERT_EQUAL(name_from_text("sub.ad.example.", NULL,
			    &f.zones[1].apex),
	    0);
	CU_ASSERT_EQUAL(store_reconfigure(f.store, f.zones, 2, STORE_FILES_LOOK,
			    &reason),
	    0);
	CU_ASSERT_PTR_NOT_EQUAL(find(&f, "x.sub.ad.example."), f.zone);
	CU_ASSERT_PTR_EQUAL(find(&f, "x.ad.example."), f.zone);
	CU_ASSERT_PTR_NULL(find(&f, "1.2.0.192.in-addr.arpa."));
	CU_ASSERT_PTR_NULL(store_zone_at(f.store, 2));
	fixture_clear(&f);
}

static void
test_a_zone_that_comes_back_has_its_data(void)
{
	struct fixture f;
	struct reason reason;
	struct store_zone *ptr;
	struct job j;

	fixture_init(&f);
	fixture_must_open(&f);
	ptr = store_find_apex(f.store, f.zones[1].apex.octets);
	CU_ASSERT_EQUAL(fixture_put(&f, ptr, "1", 7), RCODE_NOERROR);
	CU_ASSERT_EQUAL(store_reconfigure(f.store, f.zones, 1, STORE_FILES_LOOK,
			    &reason),
	    0);
	job_init(&j, ptr, "2", 8);
	job_submit(&f, &j);
	CU_ASSERT_EQUAL(job_wait(&j), RCODE_NOTAUTH);
	fixture_crash(&f);
	f.n_zones = 1;
	fixture_must_open(&f); /* its changes leave the log */
	CU_ASSERT_PTR_NULL(store_find_apex(f.store, f.zones[1].apex.octets));
	CU_ASSERT_EQUAL(store_reconfigure(f.store, f.zones, 2, STORE_FILES_LOOK,
			    &reason),
	    0);
	ptr = store_find_apex(f.store, f.zones[1].apex.octets);
	CU_ASSERT_PTR_NOT_NULL_FATAL(ptr);
	CU_ASSERT_EQUAL(fixture_get(ptr, "1"), 7);
	CU_ASSERT_EQUAL(fixture_put(&f, ptr, "2", 8), RCODE_NOERROR);
	fixture_crash(&f);
	f.n_zones = 2;
	fixture_must_open(&f);
	ptr = store_find_apex(f.store, f.zones[1].apex.octets);
	CU_ASSERT_EQUAL(fixture_get(ptr, "1"), 7);
	CU_ASSERT_EQUAL(fixture_get(ptr, "2"), 8);
	fixture_clear(&f);
}

CU_TestInfo zones_tests[] = {
    {"find", test_the_closest_encloser_is_found},
    {"out and in", test_a_zone_that_comes_back_has_its_data},
    CU_TEST_INFO_NULL,
};
