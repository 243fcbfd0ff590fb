/*
 * helpers.c - asks the helpers of external rules
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include "daemon/server/helpers.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "daemon/base/clock.h"
#include "daemon/base/err.h"
#include "daemon/base/log.h"
#include "daemon/base/wake.h"

#define EVENTS_MAX 64
#define SAID_AGAIN_MS 60000
#define AGAIN_MS 10 /* how soon a helper whose backlog is full is tried again */

/* The thread's own, as is what inquiry.h says of a question. */
struct helper {
	SLIST_ENTRY(helper) link;
	char *socket;
	TAILQ_HEAD(, inquiry_question) waiting;
	size_t n_waiting;
	unsigned n_connections;
	uint64_t again_ms; /* not before */
	bool is_silent;    /* and the log says so */
	const char *said;  /* there, last: why; static text */
	uint64_t said_ms;
};

TAILQ_HEAD(inquiry_list, inquiry);

struct helpers {
	pthread_t thread;
	bool is_started;
	struct wake wake;
	int epoll_fd;
	struct helpers_counters counters;

	pthread_mutex_t lock; /* guards what follows */
	struct inquiry_list incoming;
	bool is_stopping;

	/* The thread's own. */
	SLIST_HEAD(, helper) all;
	struct inquiry_list active; /* by until_ms */
	struct inquiry_list finished;
};

static void
add_to(_Atomic uint64_t *counter, uint64_t n)
{
	(void)atomic_fetch_add_explicit(counter, n, memory_order_relaxed);
}

/* --- What a question comes to --- */

/*
 * A helper falls silent, or speaks again.  Whoever can make it slow shall not
 * fill the log: the same is not said again so soon.
 */
static void
note_silence(struct helper *helper, const char *why)
{
	uint64_t now_ms = clock_mono_ms();

	if (helper->is_silent ||
	    (why == helper->said && now_ms - helper->said_ms < SAID_AGAIN_MS))
		return;
	helper->is_silent = true;
	helper->said = why;
	helper->said_ms = now_ms;
	log_warning("helper silent socket=\"%s\" reason=\"%s\" next=\"see to "
		    "it: until then its rules grant nothing, and deny all\"",
	    helper->socket, why);
}

static void
note_answer(struct helper *helper)
{
	if (helper->is_silent)
		log_notice("helper answers again socket=\"%s\"",
		    helper->socket);
	helper->is_silent = false;
}

static void
count(struct helpers *h, enum policy_word word)
{
	switch (word) {
	case POLICY_WORD_YES:
		add_to(&h->counters.granted, 1);
		break;
	case POLICY_WORD_NO:
		add_to(&h->counters.refused, 1);
		break;
	case POLICY_WORD_NONE:
	case POLICY_WORD_COMING:
		add_to(&h->counters.silent, 1);
		break;
	}
}

/* Its connection, or its place in the queue. */
static void
leave_helper(struct inquiry_question *one)
{
	struct helper *helper = one->helper;

	if (one->fd == -1) {
		TAILQ_REMOVE(&helper->waiting, one, waiting);
		helper->n_waiting--;
		return;
	}
	(void)close(one->fd); /* which ends its epoll, too */
	one->fd = -1;
	free(one->octets);
	one->octets = NULL;
	helper->n_connections--;
}

/* Of an inquiry that is active.  The question has no further event. */
static void
settle(struct helpers *h, struct inquiry_question *one, enum policy_word word,
    const char *why)
{
	struct inquiry *q = one->inquiry;

	one->word = word;
	one->why = why;
	count(h, word);
	add_to(&h->counters.waiting, (uint64_t)-1);
	if (--q->n_open > 0)
		return;
	TAILQ_REMOVE(&h->active, q, entry);
	TAILQ_INSERT_TAIL(&h->finished, q, entry);
}

/* The helper cannot be asked, or does not answer. */
static void
end_silent(struct helpers *h, struct inquiry_question *one, const char *why)
{
	leave_helper(one);
	note_silence(one->helper, why);
	settle(h, one, POLICY_WORD_NONE, why);
}

/* It is there, whatever it says. */
static void
end_answered(struct helpers *h, struct inquiry_question *one,
    enum policy_word word, const char *why)
{
	leave_helper(one);
	note_answer(one->helper);
	settle(h, one, word, why);
}

/* --- Connections --- */

static const char *
why_not_connected(int error)
{
	switch (error) {
	case ENOENT:
	case ENOTDIR:
		return "the socket of its helper does not exist";
	case ECONNREFUSED:
		return "its helper does not listen";
	case EACCES:
	case EPERM:
		return "the daemon's user may not open the socket of its "
		       "helper";
	case EPROTOTYPE:
		return "the socket of its helper is none for streams";
	default:
		return "its helper cannot be reached";
	}
}

/* The errno of what fails, else 0. */
static int
connect_to(const char *path, int *fd_out)
{
	struct sockaddr_un sun = {.sun_family = AF_UNIX};
	int fd, error;

	*fd_out = -1;
	/* The rule was read so that it fits. */
	memcpy(sun.sun_path, path, strlen(path) + 1);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd == -1)
		return errno;
	if (connect(fd, (struct sockaddr *)&sun, sizeof(sun)) == 0) {
		*fd_out = fd;
		return 0;
	}
	error = errno;
	(void)close(fd);
	return error;
}

static bool
would_block(void)
{
	return errno == EAGAIN || errno == EINTR;
}

/* True: it may go on. */
static bool
send_more(struct inquiry_question *one)
{
	while (one->n_sent < one->len) {
		ssize_t n = send(one->fd, one->octets + one->n_sent,
		    one->len - one->n_sent, MSG_NOSIGNAL);

		if (n < 0)
			return would_block();
		one->n_sent += (size_t)n;
	}
	return true;
}

static int
watch(struct helpers *h, struct inquiry_question *one, int how)
{
	struct epoll_event event = {.data.ptr = one, .events = EPOLLIN};

	if (one->n_sent < one->len)
		event.events |= EPOLLOUT;
	return epoll_ctl(h->epoll_fd, how, one->fd, &event);
}

static bool
receive_more(struct inquiry_question *one)
{
	ssize_t n = recv(one->fd, one->answer + one->n_received,
	    HELPER_ANSWER_LEN - one->n_received, 0);

	if (n < 0)
		return would_block();
	one->n_received += (size_t)n;
	return n > 0;
}

/* Whatever the socket says: an early answer counts, too. */
static void
go_on(struct helpers *h, struct inquiry_question *one)
{
	bool was_sent = one->n_sent == one->len, sends = send_more(one);

	if (!receive_more(one)) {
		end_answered(h, one, POLICY_WORD_NONE,
		    "its helper hung up without an answer");
	} else if (one->n_received == HELPER_ANSWER_LEN) {
		enum policy_word word = helper_wire_answer(one->answer);

		end_answered(h, one, word,
		    word == POLICY_WORD_NONE
			? "its helper answers neither yes nor no"
			: NULL);
	} else if (!sends || (!was_sent && watch(h, one, EPOLL_CTL_MOD) != 0)) {
		end_silent(h, one, "its helper does not read its question");
	}
}

/* The octets of the question; what may be wrong is not the helper's fault. */
static const char *
write_question(struct inquiry_question *one)
{
	const struct helper_asker *asker = &one->inquiry->asker;
	size_t room = helper_wire_room(asker);
	struct writer w;

	one->octets = malloc(room);
	if (one->octets == NULL)
		return "there is no memory to ask its helper";
	writer_init(&w, one->octets, room);
	if (helper_wire_write(asker, one->owner, one->type, &w) != 0)
		return "the signer's name is none that its helper can be told";
	one->len = w.len;
	return NULL;
}

/* The question goes out of the queue, unless the helper's backlog is full. */
static void
start(struct helpers *h, struct inquiry_question *one)
{
	struct helper *helper = one->helper;
	const char *why;
	int fd, error;

	error = connect_to(helper->socket, &fd);
	if (error == EAGAIN) {
		helper->again_ms = clock_mono_ms() + AGAIN_MS;
		return;
	}
	if (error != 0) {
		end_silent(h, one, why_not_connected(error));
		return;
	}
	TAILQ_REMOVE(&helper->waiting, one, waiting);
	helper->n_waiting--;
	helper->n_connections++;
	one->fd = fd;
	why = write_question(one);
	if (why != NULL) {
		leave_helper(one);
		settle(h, one, POLICY_WORD_NONE, why);
	} else if (!send_more(one)) {
		go_on(h, one); /* it may have answered, and gone */
	} else if (watch(h, one, EPOLL_CTL_ADD) != 0) {
		end_silent(h, one, why_not_connected(errno));
	}
}

static bool
may_start(const struct helper *helper, uint64_t now_ms)
{
	return helper->n_waiting > 0 &&
	    helper->n_connections < HELPERS_CONNECTIONS_MAX &&
	    now_ms >= helper->again_ms;
}

static void
start_waiting(struct helpers *h)
{
	uint64_t now_ms = clock_mono_ms();
	struct helper *helper;

	SLIST_FOREACH(helper, &h->all, link)
	while (may_start(helper, now_ms))
		start(h, TAILQ_FIRST(&helper->waiting));
}

/* --- Inquiries --- */

/* NULL: no memory. */
static struct helper *
helper_at(struct helpers *h, const char *socket)
{
	struct helper *helper;

	SLIST_FOREACH(helper, &h->all, link)
	if (strcmp(helper->socket, socket) == 0)
		return helper;
	helper = calloc(1, sizeof(*helper));
	if (helper == NULL)
		return NULL;
	helper->socket = strdup(socket);
	if (helper->socket == NULL) {
		free(helper);
		return NULL;
	}
	TAILQ_INIT(&helper->waiting);
	SLIST_INSERT_HEAD(&h->all, helper, link);
	return helper;
}

static void
enqueue(struct helpers *h, struct inquiry_question *one)
{
	one->helper = helper_at(h, one->socket);
	if (one->helper == NULL) {
		settle(h, one, POLICY_WORD_NONE,
		    "there is no memory to ask its helper");
	} else if (one->helper->n_waiting >= HELPERS_WAITING_MAX) {
		settle(h, one, POLICY_WORD_NONE,
		    "too many questions wait for its helper");
	} else {
		TAILQ_INSERT_TAIL(&one->helper->waiting, one, waiting);
		one->helper->n_waiting++;
	}
}

/* Who asks again has less time left than others: mostly it is the last. */
static void
activate(struct helpers *h, struct inquiry *q)
{
	struct inquiry *before = TAILQ_LAST(&h->active, inquiry_list);

	while (before != NULL && before->until_ms > q->until_ms)
		before = TAILQ_PREV(before, inquiry_list, entry);
	if (before == NULL)
		TAILQ_INSERT_HEAD(&h->active, q, entry);
	else
		TAILQ_INSERT_AFTER(&h->active, before, q, entry);
}

/* For each question that is open; act settles it or puts it into a queue. */
static void
each_open(struct helpers *h, struct inquiry *q,
    void (*act)(struct helpers *h, struct inquiry_question *one))
{
	struct inquiry_question *one;

	STAILQ_FOREACH(one, &q->questions, link)
	if (one->word == POLICY_WORD_COMING)
		act(h, one);
}

/* False: it is time to stop. */
static bool
take_incoming(struct helpers *h)
{
	struct inquiry_list incoming = TAILQ_HEAD_INITIALIZER(incoming);
	struct inquiry *q;
	bool is_stopping;

	(void)pthread_mutex_lock(&h->lock);
	TAILQ_CONCAT(&incoming, &h->incoming, entry);
	is_stopping = h->is_stopping;
	(void)pthread_mutex_unlock(&h->lock);
	while ((q = TAILQ_FIRST(&incoming)) != NULL) {
		TAILQ_REMOVE(&incoming, q, entry);
		add_to(&h->counters.asked, q->n_open);
		add_to(&h->counters.waiting, q->n_open);
		activate(h, q);
		each_open(h, q, enqueue);
	}
	return !is_stopping;
}

static void
end_late(struct helpers *h, struct inquiry_question *one)
{
	end_silent(h, one, "its helper did not answer in time");
}

static void
end_at_stop(struct helpers *h, struct inquiry_question *one)
{
	leave_helper(one);
	settle(h, one, POLICY_WORD_NONE, "the daemon stops");
}

static void
end_overdue(struct helpers *h)
{
	uint64_t now_ms = clock_mono_ms();
	struct inquiry *q;

	while ((q = TAILQ_FIRST(&h->active)) != NULL && q->until_ms <= now_ms)
		each_open(h, q, end_late);
}

/* Nothing of an inquiry is touched after its done(). */
static void
hand_back(struct helpers *h)
{
	struct inquiry *q;

	while ((q = TAILQ_FIRST(&h->finished)) != NULL) {
		TAILQ_REMOVE(&h->finished, q, entry);
		q->done(q);
	}
}

/* --- The thread --- */

static bool
has_incoming(struct helpers *h)
{
	bool has;

	(void)pthread_mutex_lock(&h->lock);
	has = h->is_stopping || !TAILQ_EMPTY(&h->incoming);
	(void)pthread_mutex_unlock(&h->lock);
	return has;
}

/* Until a question is overdue, or a full backlog is tried again. */
static int
wait_ms(const struct helpers *h)
{
	const struct inquiry *q = TAILQ_FIRST(&h->active);
	const struct helper *helper;
	uint64_t now_ms = clock_mono_ms(), until_ms;

	if (q == NULL)
		return -1;
	until_ms = q->until_ms;
	SLIST_FOREACH(helper, &h->all, link)
	if (helper->n_waiting > 0 && helper->again_ms > now_ms &&
	    helper->again_ms < until_ms)
		until_ms = helper->again_ms;
	return until_ms <= now_ms ? 0 : (int)(until_ms - now_ms);
}

static void
wait_for_events(struct helpers *h)
{
	struct epoll_event events[EVENTS_MAX];
	int n;

	wake_prepare(&h->wake);
	n = epoll_wait(h->epoll_fd, events, EVENTS_MAX,
	    has_incoming(h) ? 0 : wait_ms(h));
	wake_done(&h->wake);
	for (int i = 0; i < n; i++)
		if (events[i].data.ptr != NULL)
			go_on(h, events[i].data.ptr);
}

static void *
run(void *arg)
{
	struct helpers *h = arg;
	struct inquiry *q;

	while (take_incoming(h)) {
		start_waiting(h);
		end_overdue(h);
		hand_back(h);
		wait_for_events(h);
	}
	while ((q = TAILQ_FIRST(&h->active)) != NULL)
		each_open(h, q, end_at_stop);
	hand_back(h);
	return NULL;
}

/* --- Life --- */

static int
open_epoll(struct helpers *h)
{
	struct epoll_event event = {.events = EPOLLIN};
	int ret = wake_init(&h->wake);

	if (ret != 0)
		return ret;
	h->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (h->epoll_fd == -1 ||
	    epoll_ctl(h->epoll_fd, EPOLL_CTL_ADD, h->wake.fd, &event) != 0)
		return err_from_errno(errno);
	return 0;
}

int
helpers_create(struct helpers **helpers_out)
{
	struct helpers *h = calloc(1, sizeof(*h));
	int ret;

	*helpers_out = NULL;
	if (h == NULL)
		return ERR_NOMEM;
	(void)pthread_mutex_init(&h->lock, NULL);
	TAILQ_INIT(&h->incoming);
	TAILQ_INIT(&h->active);
	TAILQ_INIT(&h->finished);
	h->epoll_fd = -1;
	ret = open_epoll(h);
	if (ret != 0)
		goto done;
	if (pthread_create(&h->thread, NULL, run, h) != 0) {
		ret = ERR_BUSY;
		goto done;
	}
	(void)pthread_setname_np(h->thread, "helpers");
	h->is_started = true;

	*helpers_out = h;
	h = NULL;
done:
	helpers_destroy(h);
	return ret;
}

void
helpers_stop(struct helpers *h)
{
	if (h == NULL || !h->is_started)
		return;
	(void)pthread_mutex_lock(&h->lock);
	h->is_stopping = true;
	(void)pthread_mutex_unlock(&h->lock);
	wake_up(&h->wake);
	(void)pthread_join(h->thread, NULL);
	h->is_started = false;
}

void
helpers_destroy(struct helpers *h)
{
	struct helper *helper;

	if (h == NULL)
		return;
	while ((helper = SLIST_FIRST(&h->all)) != NULL) {
		SLIST_REMOVE_HEAD(&h->all, link);
		free(helper->socket);
		free(helper);
	}
	if (h->epoll_fd != -1)
		(void)close(h->epoll_fd);
	wake_clear(&h->wake);
	(void)pthread_mutex_destroy(&h->lock);
	free(h);
}

const struct helpers_counters *
helpers_counters(const struct helpers *h)
{
	return &h->counters;
}

/* --- Askers --- */

void
helpers_ask(struct helpers *h, struct inquiry *q)
{
	if (q->until_ms == 0)
		q->until_ms = clock_mono_ms() + HELPERS_TIMEOUT_MS;
	(void)pthread_mutex_lock(&h->lock);
	TAILQ_INSERT_TAIL(&h->incoming, q, entry);
	(void)pthread_mutex_unlock(&h->lock);
	wake_up(&h->wake);
}

/* Somebody who waits. */
struct patient {
	struct inquiry *inquiry;
	pthread_mutex_t lock;
	pthread_cond_t is_over;
};

static void
wake_patient(struct inquiry *q)
{
	struct patient *p = q->done_arg;

	(void)pthread_mutex_lock(&p->lock);
	p->inquiry = NULL;
	(void)pthread_cond_signal(&p->is_over);
	(void)pthread_mutex_unlock(&p->lock);
}

void
helpers_ask_and_wait(struct helpers *h, struct inquiry *q)
{
	struct patient p = {.inquiry = q};

	(void)pthread_mutex_init(&p.lock, NULL);
	(void)pthread_cond_init(&p.is_over, NULL);
	q->done = wake_patient;
	q->done_arg = &p;
	helpers_ask(h, q);
	(void)pthread_mutex_lock(&p.lock);
	while (p.inquiry != NULL)
		(void)pthread_cond_wait(&p.is_over, &p.lock);
	(void)pthread_mutex_unlock(&p.lock);
	(void)pthread_cond_destroy(&p.is_over);
	(void)pthread_mutex_destroy(&p.lock);
}
