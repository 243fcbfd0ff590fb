/*
 * test_dn.c - distinguished names that can be compared as texts
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <stdlib.h>

#include "daemon/server/dn.h"
#include "tests/unit/suites.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))

static void
test_spellings_of_one_dn_are_one_text(void)
{
	static const char *const pairs[][2] = {
	    {"CN=Admins,DC=ad,DC=test", "cn=admins,dc=ad,dc=test"},
	    {"cn = Domain  Admins , dc=ad;dc = test",
		"cn=domain admins,dc=ad,dc=test"},
	    {"cn=a\\,b,dc=x", "cn=a\\2cb,dc=x"},
	    {"cn=a\\2Cb,dc=x", "cn=a\\2cb,dc=x"},
	    {"cn=a\\41,dc=x", "cn=aa,dc=x"},
	    {"cn=\\ a\\ ,dc=x", "cn=a,dc=x"},
	    {"cn=J\xc3\xbcrgen,dc=x", "cn=j\xc3\xbcrgen,dc=x"},
	    {"cn=J\\C3\\BCrgen,dc=x", "cn=j\xc3\xbcrgen,dc=x"},
	    {"ou=x+CN=y,dc=z", "ou=x+cn=y,dc=z"},
	    {"2.5.4.3=x", "2.5.4.3=x"},
	    {"cn=a\\=b\\\\", "cn=a\\3db\\5c"},
	};

	for (size_t i = 0; i < N(pairs); i++) {
		char *dn = dn_normalize(pairs[i][0]);

		CU_ASSERT_PTR_NOT_NULL_FATAL(dn);
		CU_ASSERT_STRING_EQUAL(dn, pairs[i][1]);
		free(dn);
	}
}

static void
test_what_is_no_dn_has_no_text(void)
{
	static const char *const texts[] = {"", "admins", "cn=", "=x", "cn=a,",
	    "cn=a,,dc=x", "cn=a\\", "cn=\\00", "cn=a,dc", "cn=  ,dc=x"};

	for (size_t i = 0; i < N(texts); i++)
		CU_ASSERT_PTR_NULL(dn_normalize(texts[i]));
}

CU_TestInfo dn_tests[] = {
    {"spellings of one DN are one text", test_spellings_of_one_dn_are_one_text},
    {"what is no DN has no text", test_what_is_no_dn_has_no_text},
    CU_TEST_INFO_NULL,
};
