/*
 * test_helpers.c - asking the helpers of external rules
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "daemon/base/addr.h"
#include "daemon/base/arena.h"
#include "daemon/base/clock.h"
#include "daemon/dns/types.h"
#include "daemon/server/helpers.h"
#include "tests/unit/suites.h"

/* A folder, a thread that asks, an update that wants to know. */
struct lab {
	char dir[32], socket[64];
	int listener;
	struct helpers *helpers;
	struct arena arena;
	struct signer signer;
	struct addr address;
	struct inquiry *inquiry;
};

static struct inquiry *
inquiry(struct lab *lab)
{
	struct helper_asker asker = {.signer = &lab->signer,
	    .address = &lab->address};
	struct inquiry *q = inquiry_create(&asker, &lab->arena);

	CU_ASSERT_PTR_NOT_NULL_FATAL(q);
	return q;
}

static void
lab_open(struct lab *lab)
{
	struct sockaddr_un sun = {.sun_family = AF_UNIX};

	memset(lab, 0, sizeof(*lab));
	(void)snprintf(lab->dir, sizeof(lab->dir), "/tmp/helpers.XXXXXX");
	CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(lab->dir));
	(void)snprintf(lab->socket, sizeof(lab->socket), "%s/s", lab->dir);
	(void)snprintf(sun.sun_path, sizeof(sun.sun_path), "%s", lab->socket);
	lab->listener = socket(AF_UNIX, SOCK_STREAM, 0);
	CU_ASSERT_EQUAL_FATAL(bind(lab->listener, (struct sockaddr *)&sun,
				  sizeof(sun)),
	    0);
	CU_ASSERT_EQUAL_FATAL(listen(lab->listener, 1), 0);
	CU_ASSERT_EQUAL_FATAL(helpers_create(&lab->helpers), 0);
	CU_ASSERT_EQUAL(addr_from_text("192.0.2.7", &lab->address), 0);
	arena_init(&lab->arena, 0);
	lab->inquiry = inquiry(lab);
}

static void
lab_close(struct lab *lab)
{
	helpers_stop(lab->helpers);
	helpers_destroy(lab->helpers);
	arena_clear(&lab->arena);
	(void)close(lab->listener);
	(void)unlink(lab->socket);
	(void)rmdir(lab->dir);
}

static enum policy_word
look(struct inquiry *q, const char *socket, const char *owner,
    const char **why_out)
{
	struct name n;

	CU_ASSERT_EQUAL_FATAL(name_from_text(owner, NULL, &n), 0);
	return inquiry_ask(q, socket, n.octets, TYPE_A, why_out);
}

/* --- A helper --- */

/* Takes n connections, and says as many octets of answer to each. */
struct part {
	int listener;
	unsigned n;
	const char *answer;
	size_t len;
};

static size_t
read_question(int fd, uint8_t *octets, size_t size)
{
	size_t len = 0, whole = 8;

	while (len < whole) {
		ssize_t n = read(fd, octets + len, whole - len);

		if (n <= 0)
			return len;
		len += (size_t)n;
		if (len == 8)
			whole = get_u32(octets + 4);
		if (whole > size)
			return 0;
	}
	return len;
}

static void *
play(void *arg)
{
	uint8_t octets[8192];
	struct part *p = arg;

	for (unsigned i = 0; i < p->n; i++) {
		int fd = accept(p->listener, NULL, NULL);

		(void)read_question(fd, octets, sizeof(octets));
		for (size_t at = 0; at < p->len; at++)
			(void)send(fd, p->answer + at, 1, MSG_NOSIGNAL);
		(void)close(fd);
	}
	return NULL;
}

/* One question to a helper that answers so. */
static enum policy_word
ask_once(const char *answer, size_t len, const char **why_out)
{
	struct part part = {.n = 1, .answer = answer, .len = len};
	enum policy_word word;
	pthread_t thread;
	struct lab lab;

	lab_open(&lab);
	part.listener = lab.listener;
	CU_ASSERT_EQUAL_FATAL(pthread_create(&thread, NULL, play, &part), 0);
	CU_ASSERT_EQUAL(look(lab.inquiry, lab.socket, "a", why_out),
	    POLICY_WORD_COMING);
	CU_ASSERT(inquiry_is_open(lab.inquiry));
	helpers_ask_and_wait(lab.helpers, lab.inquiry);
	CU_ASSERT(!inquiry_is_open(lab.inquiry));
	word = look(lab.inquiry, lab.socket, "a", why_out);
	(void)pthread_join(thread, NULL);
	CU_ASSERT_EQUAL(helpers_counters(lab.helpers)->asked, 1);
	CU_ASSERT_EQUAL(helpers_counters(lab.helpers)->waiting, 0);
	CU_ASSERT_EQUAL(helpers_counters(lab.helpers)->granted,
	    word == POLICY_WORD_YES);
	CU_ASSERT_EQUAL(helpers_counters(lab.helpers)->refused,
	    word == POLICY_WORD_NO);
	CU_ASSERT_EQUAL(helpers_counters(lab.helpers)->silent,
	    word == POLICY_WORD_NONE);
	lab_close(&lab);
	return word;
}

static void
test_what_a_helper_says_counts_if_it_is_yes_or_no(void)
{
	static const struct {
		const char *answer;
		size_t len;
		enum policy_word word;
		const char *why;
	} cases[] = {
	    {"\0\0\0\1", 4, POLICY_WORD_YES, NULL},
	    {"\0\0\0", 4, POLICY_WORD_NO, NULL},
	    {"\0\0\0\1\0\0\0", 8, POLICY_WORD_YES, NULL},
	    {"\0\0\0\2", 4, POLICY_WORD_NONE, "neither yes nor no"},
	    {"\1\0\0", 4, POLICY_WORD_NONE, "neither yes nor no"},
	    {"yes\n", 4, POLICY_WORD_NONE, "neither yes nor no"},
	    {"\0\0\0", 3, POLICY_WORD_NONE, "hung up without an answer"},
	    {"", 0, POLICY_WORD_NONE, "hung up without an answer"},
	};
	const char *why;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		CU_ASSERT_EQUAL(ask_once(cases[i].answer, cases[i].len, &why),
		    cases[i].word);
		if (cases[i].why != NULL)
			CU_ASSERT_PTR_NOT_NULL(strstr(why, cases[i].why));
	}
}

static void
expect_why(struct lab *lab, const char *socket, const char *text)
{
	struct inquiry *q = inquiry(lab);
	const char *why;

	CU_ASSERT_EQUAL(look(q, socket, "a", &why), POLICY_WORD_COMING);
	helpers_ask_and_wait(lab->helpers, q);
	CU_ASSERT_EQUAL(look(q, socket, "a", &why), POLICY_WORD_NONE);
	CU_ASSERT_PTR_NOT_NULL(strstr(why, text));
}

static void
test_why_a_helper_cannot_be_reached_is_told(void)
{
	struct lab lab;
	char path[64];

	lab_open(&lab);
	(void)close(lab.listener);
	expect_why(&lab, lab.socket, "its helper does not listen");
	(void)unlink(lab.socket);
	expect_why(&lab, lab.socket, "does not exist");
	(void)snprintf(path, sizeof(path), "%s/s/s", lab.dir);
	expect_why(&lab, path, "does not exist");
	expect_why(&lab, lab.dir, "its helper does not listen");
	lab.listener = -1;
	lab_close(&lab);
}

/* Nobody accepts; the backlog takes two of these. */
static void
test_a_helper_that_hangs_costs_its_own_askers_time(void)
{
	struct part part = {.n = 1, .answer = "\0\0\0\1", .len = 4};
	char owner[16];
	const char *why;
	struct lab lab, other;
	pthread_t thread;
	uint64_t before_ms = clock_mono_ms();
	unsigned n_silent = 0;

	lab_open(&lab);
	lab_open(&other);
	part.listener = other.listener;
	for (int i = 0; i < 40; i++) {
		(void)snprintf(owner, sizeof(owner), "a%d", i);
		(void)look(lab.inquiry, lab.socket, owner, &why);
	}
	CU_ASSERT_EQUAL(lab.inquiry->n_open, 40);
	/* Of the same thread, another helper answers meanwhile. */
	CU_ASSERT_EQUAL_FATAL(pthread_create(&thread, NULL, play, &part), 0);
	(void)look(lab.inquiry, other.socket, "b", &why);
	CU_ASSERT_EQUAL(lab.inquiry->n_open, 41);
	helpers_ask_and_wait(lab.helpers, lab.inquiry);
	CU_ASSERT(clock_mono_ms() - before_ms >= HELPERS_TIMEOUT_MS);
	CU_ASSERT_EQUAL(look(lab.inquiry, other.socket, "b", &why),
	    POLICY_WORD_YES);
	for (int i = 0; i < 40; i++) {
		(void)snprintf(owner, sizeof(owner), "a%d", i);
		if (look(lab.inquiry, lab.socket, owner, &why) ==
			POLICY_WORD_NONE &&
		    strstr(why, "did not answer in time") != NULL)
			n_silent++;
	}
	CU_ASSERT_EQUAL(n_silent, 40);
	/* Its time is over: what is asked now has no answer. */
	CU_ASSERT_EQUAL(look(lab.inquiry, lab.socket, "late", &why),
	    POLICY_WORD_COMING);
	helpers_ask_and_wait(lab.helpers, lab.inquiry);
	CU_ASSERT_EQUAL(look(lab.inquiry, lab.socket, "late", &why),
	    POLICY_WORD_NONE);
	(void)pthread_join(thread, NULL);
	lab_close(&other);
	lab_close(&lab);
}

/* More than connections and a backlog take; each has its answer. */
static void
test_questions_wait_for_their_turn(void)
{
	struct part part = {.n = 200, .answer = "\0\0\0\1", .len = 4};
	unsigned n_yes = 0;
	char owner[16];
	const char *why;
	pthread_t thread;
	struct lab lab;

	lab_open(&lab);
	part.listener = lab.listener;
	CU_ASSERT_EQUAL_FATAL(pthread_create(&thread, NULL, play, &part), 0);
	for (int i = 0; i < 200; i++) {
		(void)snprintf(owner, sizeof(owner), "a%d", i);
		(void)look(lab.inquiry, lab.socket, owner, &why);
	}
	lab.inquiry->until_ms = clock_mono_ms() + 60000;
	helpers_ask_and_wait(lab.helpers, lab.inquiry);
	for (int i = 0; i < 200; i++) {
		(void)snprintf(owner, sizeof(owner), "a%d", i);
		n_yes += look(lab.inquiry, lab.socket, owner, &why) ==
		    POLICY_WORD_YES;
	}
	CU_ASSERT_EQUAL(n_yes, 200);
	(void)pthread_join(thread, NULL);
	lab_close(&lab);
}

static void
count_done(struct inquiry *q)
{
	++*(unsigned *)q->done_arg;
}

static void
test_a_stop_gives_up_what_is_open(void)
{
	unsigned n_done = 0;
	struct inquiry *later;
	const char *why;
	struct lab lab;

	lab_open(&lab);
	later = inquiry(&lab);
	lab.inquiry->done = later->done = count_done;
	lab.inquiry->done_arg = later->done_arg = &n_done;
	(void)look(lab.inquiry, lab.socket, "a", &why);
	(void)look(later, lab.socket, "b", &why);
	helpers_ask(lab.helpers, lab.inquiry);
	helpers_ask(lab.helpers, later);
	helpers_stop(lab.helpers);
	CU_ASSERT_EQUAL(n_done, 2);
	CU_ASSERT_EQUAL(look(later, lab.socket, "b", &why), POLICY_WORD_NONE);
	lab_close(&lab);
}

static void
test_a_question_is_asked_once(void)
{
	struct part part = {.n = 1, .answer = "\0\0\0\1", .len = 4};
	const char *why;
	pthread_t thread;
	struct lab lab;
	struct name n;

	lab_open(&lab);
	part.listener = lab.listener;
	CU_ASSERT_EQUAL_FATAL(pthread_create(&thread, NULL, play, &part), 0);
	(void)look(lab.inquiry, lab.socket, "pc1.test", &why);
	(void)look(lab.inquiry, lab.socket, "PC1.test", &why);
	CU_ASSERT_EQUAL(lab.inquiry->n_open, 1);
	helpers_ask_and_wait(lab.helpers, lab.inquiry);
	(void)pthread_join(thread, NULL);
	CU_ASSERT_EQUAL(look(lab.inquiry, lab.socket, "pc1.TEST", &why),
	    POLICY_WORD_YES);
	/* Another type, another name, another helper: another question. */
	CU_ASSERT_EQUAL_FATAL(name_from_text("pc1.test", NULL, &n), 0);
	CU_ASSERT_EQUAL(inquiry_ask(lab.inquiry, lab.socket, n.octets, TYPE_TXT,
			    &why),
	    POLICY_WORD_COMING);
	CU_ASSERT_EQUAL(look(lab.inquiry, lab.socket, "pc2.test", &why),
	    POLICY_WORD_COMING);
	CU_ASSERT_EQUAL(look(lab.inquiry, "/other", "pc1.test", &why),
	    POLICY_WORD_COMING);
	inquiry_give_up(lab.inquiry, "no more");
	CU_ASSERT(!inquiry_is_open(lab.inquiry));
	CU_ASSERT_EQUAL(look(lab.inquiry, "/other", "pc1.test", &why),
	    POLICY_WORD_NONE);
	CU_ASSERT_STRING_EQUAL(why, "no more");
	CU_ASSERT_EQUAL(look(lab.inquiry, lab.socket, "pc1.test", &why),
	    POLICY_WORD_YES);
	lab_close(&lab);
}

static void
test_an_update_has_so_many_questions(void)
{
	unsigned n_none = 0;
	char owner[16];
	const char *why;
	struct lab lab;

	lab_open(&lab);
	for (int i = 0; i < INQUIRY_QUESTIONS_MAX + 3; i++) {
		(void)snprintf(owner, sizeof(owner), "a%d", i);
		n_none += look(lab.inquiry, lab.socket, owner, &why) ==
		    POLICY_WORD_NONE;
	}
	CU_ASSERT_EQUAL(n_none, 3);
	CU_ASSERT_PTR_NOT_NULL(strstr(why, "too many answers"));
	CU_ASSERT_EQUAL(lab.inquiry->n_open, INQUIRY_QUESTIONS_MAX);
	lab_close(&lab);
}

CU_TestInfo helpers_tests[] = {
    {"what a helper says counts if it is yes or no",
	test_what_a_helper_says_counts_if_it_is_yes_or_no},
    {"why a helper cannot be reached is told",
	test_why_a_helper_cannot_be_reached_is_told},
    {"a helper that hangs costs its own askers time",
	test_a_helper_that_hangs_costs_its_own_askers_time},
    {"questions wait for their turn", test_questions_wait_for_their_turn},
    {"a stop gives up what is open", test_a_stop_gives_up_what_is_open},
    {"a question is asked once", test_a_question_is_asked_once},
    {"an update has so many questions", test_an_update_has_so_many_questions},
    CU_TEST_INFO_NULL,
};
