/*
 * test_feed.c - what a directory says, and what is made of it
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <ldap.h>
#include <stdio.h>
#include <time.h>

#include "daemon/base/clock.h"
#include "daemon/identity/principal.h"
#include "daemon/server/facts_cache.h"
#include "daemon/server/feed.h"
#include "tests/unit/conf_text.h"
#include "tests/unit/fake_ldap.h"
#include "tests/unit/suites.h"

#define LINES(...) ((const char *const[]){__VA_ARGS__, NULL})
#define WAIT_MS 20000

static struct feed *feed;
static struct facts_cache *cache;
static struct principal *pc1;

static bool
ask(void *arg, struct principal *p, struct facts_ticket *t)
{
	(void)arg;
	return feed_ask_facts(feed, p, t);
}

static void
wake(void *arg)
{
	(void)arg;
}

static void
set_up(unsigned features, void (*answer)(const struct fake_search *s))
{
	const struct facts_cache_config cache_config = {.max = 16,
	    .times = {60, 60, 60, 2},
	    .ask = ask};
	struct feed_config config = {.wake = wake};
	struct reason reason;
	struct conf *conf;
	char text[300];

	fake_ldap_start(features, answer);
	(void)snprintf(text, sizeof(text),
	    ZONE "ldap { uri \"%s\"; start-tls no; bind anonymous; "
		 "base \"dc=test\"; realms { AD.TEST; }; "
		 "hostname-suffixes { ad.test; }; timeout 2; };",
	    fake_ldap_uri());
	conf = conf_of(text);
	cache = facts_cache_create(&cache_config);
	CU_ASSERT_PTR_NOT_NULL_FATAL(cache);
	config.cache = cache;
	CU_ASSERT_EQUAL_FATAL(feed_create(&config, conf, &feed, &reason), 0);
	conf_destroy(conf);
	CU_ASSERT_EQUAL_FATAL(principal_from_text("PC1$@AD.TEST", &pc1,
				  &reason),
	    0);
}

static void
tear_down(void)
{
	feed_destroy(feed);
	facts_cache_destroy(cache);
	principal_unref(pc1);
	fake_ldap_stop();
}

/* Until nothing is coming any more. */
static struct facts_view
look(void)
{
	const struct timespec nap = {.tv_nsec = 10000000};
	uint64_t until_ms = clock_mono_ms() + WAIT_MS;
	struct facts_view view;

	do {
		facts_cache_find(cache, pc1, NULL, &view);
		if (view.state == SIGNER_FACTS_COMING)
			(void)nanosleep(&nap, NULL);
	} while (
	    view.state == SIGNER_FACTS_COMING && clock_mono_ms() < until_ms);
	return view;
}

/* The directory begins its searches when it is up. */
static struct facts_view
look_when_up(void)
{
	struct directory_state s;

	do
		feed_state(feed, &s);
	while (!s.is_up);
	return look();
}

static void
say_none(const struct fake_search *s)
{
	fake_done(s, LDAP_SUCCESS);
}

static void
say_two(const struct fake_search *s)
{
	fake_entry(s, "cn=a,dc=test", LINES("sAMAccountName: PC1$"));
	fake_entry(s, "cn=b,dc=test", LINES("sAMAccountName: PC1$"));
	fake_done(s, LDAP_SUCCESS);
}

/* A client can have no PAC, and a name that the directory does not find. */
static void
test_who_is_not_one_object_may_be_in_any_group(void)
{
	void (*const answers[])(
	    const struct fake_search *s) = {say_none, say_two};

	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		struct facts_view view;

		set_up(0, answers[i]);
		view = look_when_up();
		CU_ASSERT_EQUAL_FATAL(view.state, SIGNER_FACTS_KNOWN);
		CU_ASSERT_EQUAL(signer_facts_n_hosts(view.facts), 0);
		CU_ASSERT(!signer_facts_has_all_hosts(view.facts));
		CU_ASSERT(!signer_facts_has_all_groups(view.facts));
		CU_ASSERT(!signer_facts_has_all_group_dns(view.facts));
		signer_facts_unref(view.facts);
		tear_down();
	}
}

/* An Active Directory with PC1$, which does not say who its controllers are. */
static void
say_no_controllers(const struct fake_search *s)
{
	if (fake_asks(s, "8192")) {
		fake_done(s, LDAP_UNWILLING_TO_PERFORM);
		return;
	}
	fake_entry(s, "cn=pc1,dc=test",
	    LINES("sAMAccountName: PC1$", "userAccountControl: 4096",
		"dNSHostName: pc1.ad.test"));
	fake_done(s, LDAP_SUCCESS);
}

static void
test_nothing_is_judged_without_the_controllers(void)
{
	struct facts_view view;
	char note[200];

	set_up(FAKE_AD, say_no_controllers);
	view = look_when_up();
	CU_ASSERT_EQUAL(view.state, SIGNER_FACTS_UNKNOWN);
	CU_ASSERT_PTR_NULL(view.facts);
	facts_cache_note(cache, pc1, note, sizeof(note));
	CU_ASSERT_STRING_EQUAL(note, "the domain controllers cannot be read");
	tear_down();
}

CU_TestInfo feed_tests[] = {
    {"who is not one object may be in any group",
	test_who_is_not_one_object_may_be_in_any_group},
    {"nothing is judged without the controllers",
	test_nothing_is_judged_without_the_controllers},
    CU_TEST_INFO_NULL,
};
