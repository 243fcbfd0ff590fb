/*
 * test_report.c - offline checks and their reports
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ktutils/check.h"
#include "ktutils/report_json.h"
#include "tests/unit/made_keytab.h"
#include "tests/unit/suites.h"

static struct report *
check(const struct made_entry *entries, const char *spn, unsigned mode)
{
	char reason[KEYTAB_REASON_SIZE];
	struct check_request request = {.spns = {&spn, spn == NULL ? 0 : 1}};
	const char *path;
	struct report *r;
	struct made m;

	made_begin(&m);
	for (; entries->principal != NULL; entries++)
		made_add(&m, entries);
	path = made_file("checked", &m, mode);
	request.keytabs.items = &path;
	request.keytabs.n = 1;
	CU_ASSERT_EQUAL_FATAL(check_run(&request, reason, &r), 0);
	return r;
}

/* "error", "warning", "info", or "" if there is no such finding. */
static const char *
severity(const struct report *r, const char *id)
{
	for (size_t i = 0; i < r->n_findings; i++)
		if (strcmp(r->findings[i].id, id) == 0)
			return report_severity_text(r->findings[i].severity);
	return "";
}

static const char *
found(const struct made_entry *entries, const char *spn, const char *id)
{
	struct report *r = check(entries, spn, 0600);
	const char *text = severity(r, id);

	report_unref(r);
	return text;
}

static const struct made_entry good[] = {{"DNS/ns1.ad.test", 3, MADE_AES256,
					     1700000000, 7},
    MADE_END};

static void
test_a_good_keytab_is_usable(void)
{
	struct report *r = check(good, "ns1.ad.test", 0600);

	CU_ASSERT_EQUAL(r->verdict, REPORT_USABLE);
	CU_ASSERT_EQUAL(r->n_entries, 1);
	CU_ASSERT_TRUE(r->entries[0].is_wanted);
	CU_ASSERT_TRUE(r->entries[0].is_newest);
	CU_ASSERT_FALSE(r->entries[0].is_weak);
	CU_ASSERT_EQUAL(r->n_spns, 1);
	CU_ASSERT_EQUAL(r->spns[0].state, REPORT_SPN_PRESENT);
	report_unref(r);
}

static void
test_names_of_services_may_be_short(void)
{
	CU_ASSERT_STRING_EQUAL(found(good, "NS1.ad.test.", "spn-missing"), "");
	CU_ASSERT_STRING_EQUAL(found(good, "DNS/ns1.ad.test", "spn-missing"),
	    "");
	CU_ASSERT_STRING_EQUAL(found(good, "DNS/ns1.ad.test@AD.TEST",
				   "spn-missing"),
	    "");
	CU_ASSERT_STRING_EQUAL(found(good, NULL, "spn-missing"), "");
	CU_ASSERT_STRING_EQUAL(found(good, "ns2.ad.test", "spn-missing"),
	    "error");
	CU_ASSERT_STRING_EQUAL(found(good, "DNS/ns1.ad.test@OTHER.TEST",
				   "spn-missing"),
	    "error");
}

static void
test_a_keytab_without_dns_says_so(void)
{
	static const struct made_entry host[] = {{"host/ns1.ad.test", 3,
						     MADE_AES256, 0, 7},
	    MADE_END};
	static const struct made_entry none[] = {MADE_END};
	static const struct made_entry upper[] = {{"DNS/NS1.ad.test", 3,
						      MADE_AES256, 0, 7},
	    MADE_END};

	CU_ASSERT_STRING_EQUAL(found(host, NULL, "spn-none"), "error");
	CU_ASSERT_STRING_EQUAL(found(none, NULL, "keytab-empty"), "error");
	CU_ASSERT_STRING_EQUAL(found(upper, "ns1.ad.test", "spn-spelling"),
	    "warning");
	CU_ASSERT_STRING_EQUAL(found(upper, "ns1.ad.test", "spn-missing"), "");
}

static void
test_enctypes_are_judged_together(void)
{
	static const struct made_entry weak[] = {{"DNS/ns1.ad.test", 3,
						     MADE_RC4, 0, 7},
	    MADE_END};
	static const struct made_entry both[] = {{"DNS/ns1.ad.test", 3,
						     MADE_RC4, 0, 7},
	    {"DNS/ns1.ad.test", 3, MADE_AES256, 0, 7}, MADE_END};
	static const struct made_entry unknown[] = {{"DNS/ns1.ad.test", 3, 4711,
							0, 7},
	    MADE_END};

	CU_ASSERT_STRING_EQUAL(found(weak, NULL, "enctype-weak"), "warning");
	CU_ASSERT_STRING_EQUAL(found(both, NULL, "enctype-weak"), "");
	CU_ASSERT_STRING_EQUAL(found(both, NULL, "enctype-weak-extra"), "info");
	CU_ASSERT_STRING_EQUAL(found(unknown, NULL, "enctype-unpermitted"),
	    "error");
}

static void
test_doubles_and_old_keys_are_found(void)
{
	const time_t now = time(NULL);
	const struct made_entry entries[] = {{"DNS/ns1.ad.test", 2, MADE_AES256,
						 now - 90 * 86400, 1},
	    {"DNS/ns1.ad.test", 3, MADE_AES256, now - 30 * 86400, 2},
	    {"DNS/ns1.ad.test", 3, MADE_AES256, now - 30 * 86400, 2}, MADE_END};
	const struct made_entry contrary[] = {{"DNS/ns1.ad.test", 3,
						  MADE_AES256, now, 2},
	    {"DNS/ns1.ad.test", 3, MADE_AES256, now, 3}, MADE_END};

	CU_ASSERT_STRING_EQUAL(found(entries, NULL, "kvno-old"), "info");
	CU_ASSERT_STRING_EQUAL(found(entries, NULL, "entry-double"), "info");
	CU_ASSERT_STRING_EQUAL(found(contrary, NULL, "entry-contradicts"),
	    "error");
}

static void
test_who_else_may_read_is_seen(void)
{
	static const struct {
		unsigned mode;
		const char *severity;
	} modes[] = {{0600, ""}, {0400, ""}, {0640, ""}, {0660, "warning"},
	    {0604, "error"}, {0602, "error"}};

	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		struct report *r = check(good, NULL, modes[i].mode);

		CU_ASSERT_STRING_EQUAL(severity(r, "keytab-mode"),
		    modes[i].severity);
		report_unref(r);
	}
	CU_ASSERT_EQUAL(chmod(made_folder(), 0777), 0);
	CU_ASSERT_STRING_EQUAL(found(good, NULL, "folder-mode"), "error");
	CU_ASSERT_EQUAL(chmod(made_folder(), 01777), 0);
	CU_ASSERT_STRING_EQUAL(found(good, NULL, "folder-mode"), "");
	CU_ASSERT_EQUAL(chmod(made_folder(), 0700), 0);
}

static void
test_text_of_a_file_is_printable(void)
{
	static const struct made_entry odd[] = {{"DNS/\x1b[31m\xff", 3,
						    MADE_AES256, 0, 7},
	    MADE_END};
	struct report *r = check(odd, NULL, 0600);
	json_t *json = report_json(r);

	CU_ASSERT_STRING_EQUAL(r->entries[0].principal,
	    "DNS/\\x1b[31m\\xff@AD.TEST");
	CU_ASSERT_PTR_NOT_NULL(json);
	json_decref(json);
	report_unref(r);
}

static void
test_json_has_all_and_no_key(void)
{
	struct report *r = check(good, "ns2.ad.test", 0600);
	json_t *json = report_json(r);
	char *text = json_dumps(json, JSON_COMPACT);

	CU_ASSERT_STRING_EQUAL(json_string_value(
				   json_object_get(json, "verdict")),
	    "unusable");
	CU_ASSERT_EQUAL(json_array_size(json_object_get(json, "entries")), 1);
	CU_ASSERT_EQUAL(json_array_size(json_object_get(json, "spns")), 2);
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "\"id\":\"spn-missing\""));
	CU_ASSERT_PTR_NULL(strstr(text, "0707070707"));
	free(text);
	json_decref(json);
	report_unref(r);
}

static void
test_a_report_lives_until_the_last_has_let_go(void)
{
	struct report *r = check(good, NULL, 0600);

	CU_ASSERT_PTR_EQUAL(report_ref(r), r);
	report_unref(r);
	CU_ASSERT_EQUAL(r->n_entries, 1);
	report_unref(r);
	report_unref(NULL);
}

CU_TestInfo report_tests[] = {
    {"good", test_a_good_keytab_is_usable},
    {"short names", test_names_of_services_may_be_short},
    {"without DNS/", test_a_keytab_without_dns_says_so},
    {"enctypes", test_enctypes_are_judged_together},
    {"doubles and old", test_doubles_and_old_keys_are_found},
    {"who else may read", test_who_else_may_read_is_seen},
    {"printable", test_text_of_a_file_is_printable},
    {"json", test_json_has_all_and_no_key},
    {"references", test_a_report_lives_until_the_last_has_let_go},
    CU_TEST_INFO_NULL,
};
