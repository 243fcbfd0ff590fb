/*
 * test_health_view.c - what two checks say together
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <string.h>

#include "daemon/server/health_view.h"
#include "tests/unit/suites.h"

#define DNS1 "DNS/ns1.ad.test@AD.TEST"
#define AES256 18
#define RC4 23

/* What a check of one key has found; never freed. */
struct made {
	struct report report;
	struct report_entry entry;
	struct report_spn spn;
	struct report_finding findings[4];
};

static void
make(struct made *m)
{
	memset(m, 0, sizeof(*m));
	m->entry.principal = m->spn.principal = (char *)(uintptr_t)DNS1;
	m->entry.kvno = m->spn.keytab_kvno = 3;
	m->entry.enctype = AES256;
	m->entry.is_permitted = m->entry.is_newest = true;
	m->entry.is_wanted = m->spn.is_wanted = true;
	(void)strcpy(m->entry.fingerprint, "0123456789abcdef");
	m->spn.state = REPORT_SPN_PRESENT;
	m->report.entries = &m->entry;
	m->report.n_entries = 1;
	m->report.spns = &m->spn;
	m->report.n_spns = 1;
	m->report.findings = m->findings;
}

static void
find(struct made *m, enum report_source source, const char *id,
    enum report_severity severity)
{
	struct report_finding *f = &m->findings[m->report.n_findings++];

	f->id = id;
	f->source = source;
	f->severity = severity;
	f->subject = (char *)(uintptr_t)DNS1;
}

/* The KDC has shown a ticket of this kvno. */
static void
show_ticket(struct made *m, uint32_t kvno, enum report_spn_state state)
{
	m->spn.has_kdc_key = true;
	m->spn.kdc_kvno = kvno;
	m->spn.kdc_enctype = AES256;
	m->spn.state = state;
}

/* The ids in their order, each before a space. */
static void
append_id(void *arg, const struct report_finding *f)
{
	(void)strcat(strcat(arg, f->id), " ");
}

static const char *
ids(struct made *files, struct made *online)
{
	static char text[256];
	struct health_view v;

	text[0] = '\0';
	health_view_init(&v, files == NULL ? NULL : &files->report,
	    online == NULL ? NULL : &online->report);
	health_view_each(&v, append_id, text);
	return text;
}

static void
test_what_was_said_of_other_keys_does_not_count(void)
{
	struct made files, online;

	make(&files);
	make(&online);
	find(&files, REPORT_OF_FILES, "kvno-old", REPORT_INFO);
	find(&files, REPORT_OF_FILES, "keytab-owner", REPORT_WARNING);
	find(&online, REPORT_OF_FILES, "keytab-mode", REPORT_ERROR);
	find(&online, REPORT_OF_KDCS, "kdc-silent", REPORT_WARNING);
	find(&online, REPORT_OF_KEYS, "kvno-stale", REPORT_ERROR);
	CU_ASSERT_STRING_EQUAL(ids(NULL, NULL), "");
	CU_ASSERT_STRING_EQUAL(ids(&files, NULL), "keytab-owner kvno-old ");
	/* The worst first; of the files what was seen last. */
	CU_ASSERT_STRING_EQUAL(ids(&files, &online),
	    "kvno-stale keytab-owner kdc-silent kvno-old ");
	files.entry.kvno = 4;
	CU_ASSERT_STRING_EQUAL(ids(&files, &online),
	    "keytab-owner kdc-silent kvno-old ");
	files.entry.kvno = 3;
	(void)strcpy(files.entry.fingerprint, "ffffffffffffffff");
	CU_ASSERT_STRING_EQUAL(ids(&files, &online),
	    "keytab-owner kdc-silent kvno-old ");
}

static void
test_keys_are_the_same_if_as_much_is_asked_of_them(void)
{
	struct made a, b;

	make(&a);
	make(&b);
	CU_ASSERT_TRUE(health_keys_are_same(&a.report, &b.report));
	b.spn.is_wanted = false;
	CU_ASSERT_FALSE(health_keys_are_same(&a.report, &b.report));
	b.spn.is_wanted = true;
	b.spn.principal = (char *)(uintptr_t) "DNS/ns2.ad.test@AD.TEST";
	CU_ASSERT_FALSE(health_keys_are_same(&a.report, &b.report));
	make(&b);
	b.report.n_entries = 0;
	CU_ASSERT_FALSE(health_keys_are_same(&a.report, &b.report));
	/* What a check has found of them makes no other keys of them. */
	make(&b);
	b.entry.proof = REPORT_OPENS;
	show_ticket(&b, 3, REPORT_SPN_PROVEN);
	CU_ASSERT_TRUE(health_keys_are_same(&a.report, &b.report));
}

static void
test_a_ticket_tells_more_than_a_missing_entry(void)
{
	struct made files, online;

	make(&files);
	make(&online);
	find(&files, REPORT_OF_FILES, "spn-missing", REPORT_ERROR);
	find(&online, REPORT_OF_KEYS, "spn-other-key", REPORT_WARNING);
	show_ticket(&online, 3, REPORT_SPN_OTHER_KEY);
	CU_ASSERT_STRING_EQUAL(ids(&files, &online), "spn-other-key ");
	online.spn.state = REPORT_SPN_MISSING;
	CU_ASSERT_STRING_EQUAL(ids(&files, &online),
	    "spn-missing spn-other-key ");
}

static enum report_verdict
verdict(struct made *files, struct made *online)
{
	struct health_view v;

	health_view_init(&v, &files->report,
	    online == NULL ? NULL : &online->report);
	return health_view_verdict(&v);
}

static void
test_a_keytab_is_usable_once_a_ticket_proves_it(void)
{
	struct made files, online;

	make(&files);
	make(&online);
	CU_ASSERT_EQUAL(verdict(&files, NULL), REPORT_UNPROVEN);
	CU_ASSERT_EQUAL(verdict(&files, &online), REPORT_UNPROVEN);
	online.entry.proof = REPORT_OPENS;
	CU_ASSERT_EQUAL(verdict(&files, &online), REPORT_USABLE);
	find(&files, REPORT_OF_FILES, "enctype-weak", REPORT_WARNING);
	CU_ASSERT_EQUAL(verdict(&files, &online), REPORT_USABLE);
	files.entry.kvno = 4;
	CU_ASSERT_EQUAL(verdict(&files, &online), REPORT_UNPROVEN);
	find(&online, REPORT_OF_KDCS, "kdc-silent", REPORT_ERROR);
	CU_ASSERT_EQUAL(verdict(&files, &online), REPORT_UNUSABLE);
}

/* What is said of the key of m. */
static struct health_key
judge(struct made *m)
{
	struct health_view v;

	health_view_init(&v, &m->report, &m->report);
	return health_view_key(&v, DNS1, m->entry.kvno, m->entry.enctype);
}

#define CHECK_KEY(m, level, words)                                             \
	do {                                                                   \
		struct health_key key_ = judge(m);                             \
		CU_ASSERT_EQUAL(key_.severity, level);                         \
		CU_ASSERT_STRING_EQUAL(key_.text, words);                      \
	} while (0)

static void
test_each_key_has_its_verdict(void)
{
	struct made m;

	make(&m);
	CHECK_KEY(&m, REPORT_INFO, "not proved by a ticket");
	m.entry.proof = REPORT_OPENS;
	CHECK_KEY(&m, REPORT_INFO, "opens tickets of today");
	m.entry.is_weak = true;
	CHECK_KEY(&m, REPORT_WARNING, "opens tickets, but is weak");
	m.entry.proof = REPORT_DOES_NOT;
	CHECK_KEY(&m, REPORT_ERROR, "not the KDC's key");
	m.entry.is_wanted = false;
	CHECK_KEY(&m, REPORT_WARNING, "not the KDC's key");
	m.entry.proof = REPORT_NOT_TRIED;
	CHECK_KEY(&m, REPORT_WARNING, "weak");

	make(&m);
	show_ticket(&m, 4, REPORT_SPN_BROKEN);
	CHECK_KEY(&m, REPORT_ERROR, "stale: the KDC has a newer one");
	m.entry.is_newest = false;
	CHECK_KEY(&m, REPORT_INFO, "old: for tickets of before");
	make(&m);
	show_ticket(&m, 2, REPORT_SPN_PROVEN);
	CHECK_KEY(&m, REPORT_INFO, "not in use at the KDC yet");
	show_ticket(&m, 2, REPORT_SPN_BROKEN);
	CHECK_KEY(&m, REPORT_ERROR, "not in use at the KDC yet");
	show_ticket(&m, 3, REPORT_SPN_PROVEN);
	CHECK_KEY(&m, REPORT_INFO, "beside the one that tickets have");
	m.spn.has_kdc_key = false;
	m.spn.state = REPORT_SPN_REFUSED;
	CHECK_KEY(&m, REPORT_ERROR, "the KDC gives no ticket for it");
	m.entry.is_permitted = false;
	CHECK_KEY(&m, REPORT_ERROR, "krb5.conf does not permit it");
}

static void
test_a_weak_key_beside_a_strong_one_is_no_trouble(void)
{
	struct report_entry both[2];
	struct made m;

	make(&m);
	m.entry.enctype = RC4;
	m.entry.is_weak = true;
	CHECK_KEY(&m, REPORT_WARNING, "weak");
	both[0] = both[1] = m.entry;
	both[1].enctype = AES256;
	both[1].is_weak = false;
	m.report.entries = both;
	m.report.n_entries = 2;
	CHECK_KEY(&m, REPORT_INFO, "weak, beside a strong one");
	both[1].is_newest = false;
	CHECK_KEY(&m, REPORT_WARNING, "weak");
}

static void
test_a_key_without_a_file_is_in_memory_only(void)
{
	struct health_view v;
	struct health_key k;
	struct made m;

	make(&m);
	health_view_init(&v, &m.report, NULL);
	k = health_view_key(&v, DNS1, 3, RC4);
	CU_ASSERT_EQUAL(k.severity, REPORT_WARNING);
	CU_ASSERT_STRING_EQUAL(k.text, "in memory only: no file has it");
	health_view_init(&v, NULL, NULL);
	k = health_view_key(&v, DNS1, 3, AES256);
	CU_ASSERT_EQUAL(k.severity, REPORT_INFO);
	CU_ASSERT_STRING_EQUAL(k.text, "not looked at yet");
}

CU_TestInfo health_view_tests[] = {
    {"other keys", test_what_was_said_of_other_keys_does_not_count},
    {"same keys", test_keys_are_the_same_if_as_much_is_asked_of_them},
    {"missing entry", test_a_ticket_tells_more_than_a_missing_entry},
    {"usable", test_a_keytab_is_usable_once_a_ticket_proves_it},
    {"each key", test_each_key_has_its_verdict},
    {"weak", test_a_weak_key_beside_a_strong_one_is_no_trouble},
    {"in memory", test_a_key_without_a_file_is_in_memory_only},
    CU_TEST_INFO_NULL,
};
