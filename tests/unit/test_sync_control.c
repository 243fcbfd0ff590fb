/*
 * test_sync_control.c - controls and messages of RFC 4533
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <string.h>

#include "ldap/sync_control.h"
#include "tests/unit/suites.h"

#define UUID "0123456789abcdef"
#define VALUE(octets) ((struct berval){sizeof(octets) - 1, (char[]){octets}})

static void
test_a_request_asks_for_refresh_and_persist(void)
{
	LDAPControl *c = sync_request_create();

	CU_ASSERT_PTR_NOT_NULL_FATAL(c);
	CU_ASSERT_STRING_EQUAL(c->ldctl_oid, LDAP_CONTROL_SYNC);
	CU_ASSERT(c->ldctl_iscritical);
	CU_ASSERT_EQUAL_FATAL(c->ldctl_value.bv_len, 5);
	CU_ASSERT_EQUAL(memcmp(c->ldctl_value.bv_val, "\x30\x03\x0a\x01\x03",
			    5),
	    0);
	ldap_control_free(c);
}

static void
test_states_are_read(void)
{
	struct berval add = VALUE("\x30\x15\x0a\x01\x01\x04\x10" UUID);
	struct berval odd = VALUE("\x30\x15\x0a\x01\x07\x04\x10" UUID);
	struct berval brief = VALUE("\x30\x08\x0a\x01\x01\x04\x03"
				    "abc");
	struct berval nothing = {0, NULL};
	unsigned char uuid[SYNC_UUID_LEN];
	enum sync_state state;

	CU_ASSERT_FATAL(sync_state_read(&add, &state, uuid));
	CU_ASSERT_EQUAL(state, SYNC_STATE_ADD);
	CU_ASSERT_EQUAL(memcmp(uuid, UUID, SYNC_UUID_LEN), 0);
	CU_ASSERT(!sync_state_read(&odd, &state, uuid));
	CU_ASSERT(!sync_state_read(&brief, &state, uuid));
	CU_ASSERT(!sync_state_read(&nothing, &state, uuid));
	nothing.bv_val = (char[]){""};
	CU_ASSERT(!sync_state_read(&nothing, &state, uuid));
	add.bv_len--;
	CU_ASSERT(!sync_state_read(&add, &state, uuid));
}

static void
test_the_end_of_a_refresh_is_read(void)
{
	struct berval done = VALUE("\xa1\x00");
	struct berval cookie = VALUE("\xa2\x03\x04\x01x");
	struct berval more = VALUE("\xa2\x06\x04\x01x\x01\x01\x00");
	struct sync_info info;

	CU_ASSERT_FATAL(sync_info_read(&done, &info));
	CU_ASSERT(info.kind == SYNC_INFO_REFRESH && info.is_done);
	CU_ASSERT_FATAL(sync_info_read(&cookie, &info));
	CU_ASSERT(info.kind == SYNC_INFO_REFRESH && info.is_done);
	CU_ASSERT_FATAL(sync_info_read(&more, &info));
	CU_ASSERT(info.kind == SYNC_INFO_REFRESH && !info.is_done);
}

static void
test_sets_of_entries_are_read(void)
{
	struct berval gone = VALUE("\xa3\x17\x01\x01\xff\x31\x12\x04\x10" UUID);
	struct berval present = VALUE("\xa3\x14\x31\x12\x04\x10" UUID);
	struct berval junk = VALUE("\xa7\x00");
	struct sync_info info;

	CU_ASSERT_FATAL(sync_info_read(&gone, &info));
	CU_ASSERT_EQUAL(info.kind, SYNC_INFO_DELETED);
	CU_ASSERT_EQUAL(info.uuids[0].bv_len, SYNC_UUID_LEN);
	CU_ASSERT_EQUAL(memcmp(info.uuids[0].bv_val, UUID, SYNC_UUID_LEN), 0);
	CU_ASSERT_PTR_NULL(info.uuids[1].bv_val);
	ber_bvarray_free(info.uuids);
	CU_ASSERT_FATAL(sync_info_read(&present, &info));
	CU_ASSERT_EQUAL(info.kind, SYNC_INFO_PRESENT);
	ber_bvarray_free(info.uuids);
	CU_ASSERT(!sync_info_read(&junk, &info));
}

CU_TestInfo sync_control_tests[] = {
    {"a request asks for refresh and persist",
	test_a_request_asks_for_refresh_and_persist},
    {"states are read", test_states_are_read},
    {"the end of a refresh is read", test_the_end_of_a_refresh_is_read},
    {"sets of entries are read", test_sets_of_entries_are_read},
    CU_TEST_INFO_NULL,
};
