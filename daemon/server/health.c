/*
 * health.c - keytabs and KDCs, looked at before clients come to grief
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include "daemon/server/health.h"

#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "daemon/base/clock.h"
#include "daemon/base/err.h"
#include "daemon/base/watch.h"
#include "daemon/conf/conf.h"
#include "daemon/gss/acceptor.h"
#include "daemon/server/core.h"
#include "daemon/server/health_log.h"
#include "daemon/server/health_request.h"
#include "daemon/server/settings.h"
#include "ktutils/check.h"

#define LOOK_MS 2000  /* between looks at the files without a reason */
#define LOOK_SHARE 50 /* the least that is between looks, in their durations, */
#define LOOK_MAX_MS 30000 /* but for this */
#define PAUSE_MS 100      /* between looks, however much happens */
#define ASK_AGAIN_MS 1000 /* to ask KDCs about other keys */
#define ASK_SOON_MS 3000  /* to ask them while somebody looks */
#define LOGIN_AGAIN_MS (3600 * 1000ull)
#define ASK_DEADLINE_MS 10000 /* for all of them; more if one may take more */

struct health {
	struct server *server;
	int stop_fd;  /* eventfd: readable once the threads are to end */
	int files_fd; /* eventfd: readable when the files are to be looked at */
	int kdcs_fd;  /* the same of KDCs */
	pthread_t files_thread, kdcs_thread;
	bool has_files_thread, has_kdcs_thread;

	struct watch *watch;   /* the files' thread's */
	uint64_t watched;      /* the settings' generation and 1; 0: nothing */
	uint64_t asked_ms;     /* the other's: when KDCs were asked; 0: never */
	struct report *logins; /* the last that has any; NULL: none */
	uint64_t tried_ms;     /* when all of them were made to */

	pthread_mutex_t lock; /* guards what follows */
	bool is_stopping;
	bool is_hurried;
	struct report *files, *online; /* NULL at first */
};

static void
wake(int fd)
{
	uint64_t one = 1;

	(void)!write(fd, &one, sizeof(one));
}

static bool
is_stopping(struct health *h)
{
	bool is;

	(void)pthread_mutex_lock(&h->lock);
	is = h->is_stopping;
	(void)pthread_mutex_unlock(&h->lock);
	return is;
}

/* --- Checks --- */

/* Takes the report; the one that it takes the place of, or NULL. */
static struct report *
publish(struct health *h, struct report **place, struct report *r)
{
	struct report *old;

	(void)pthread_mutex_lock(&h->lock);
	old = *place;
	*place = r;
	(void)pthread_mutex_unlock(&h->lock);
	return old;
}

/* There is something to ask KDCs about; before may be NULL. */
static bool
has_other_keys(const struct report *before, const struct report *now)
{
	return before == NULL || !health_keys_are_same(before, now);
}

static void
check_files(struct health *h, struct settings *settings)
{
	struct report *r = NULL, *old;
	char reason[KEYTAB_REASON_SIZE];
	struct health_request request;

	if (health_request_make(&request, h->server, settings) == 0 &&
	    check_run(&request.check, reason, &r) == 0) {
		old = publish(h, &h->files, report_ref(r));
		health_log(old, r, REPORT_OF_FILES);
		if (has_other_keys(old, r))
			wake(h->kdcs_fd);
		report_unref(old);
	}
	report_unref(r);
	health_request_clear(&request);
}

/* What failed to log in does not try again; false: everything does. */
static bool
keep_wrong_keys(const struct health *h, const struct report *files,
    struct health_request *request)
{
	return h->logins != NULL && files != NULL &&
	    health_keys_are_same(h->logins, files) &&
	    clock_mono_ms() < h->tried_ms + LOGIN_AGAIN_MS &&
	    health_request_keep_wrong_keys(request, h->logins);
}

/* Remembers how logins ended; a silent KDC has made none, and solves nothing. */
static void
keep_logins(struct health *h, struct report *r, uint64_t tried_ms)
{
	if (r->n_logins == 0)
		return;
	health_log(h->logins, r, REPORT_OF_KEYS);
	report_unref(h->logins);
	h->logins = report_ref(r);
	h->tried_ms = tried_ms;
}

static void
check_kdcs(struct health *h, struct settings *settings)
{
	const struct conf_kerberos *conf = &settings_conf(settings)->kerberos;
	unsigned timeout_ms = conf->kdc_timeout_s * 1000;
	uint64_t tried_ms = h->tried_ms;
	struct report *r = NULL, *old;
	char reason[KEYTAB_REASON_SIZE];
	struct health_request request;
	struct health_view last;

	health_get(h, &last);
	if (health_request_make(&request, h->server, settings) == 0) {
		if (!keep_wrong_keys(h, last.files, &request))
			tried_ms = clock_mono_ms();
		request.check.is_online = true;
		request.check.timeout_ms = timeout_ms;
		request.check.deadline_ms = 4 * timeout_ms > ASK_DEADLINE_MS
		    ? 4 * timeout_ms
		    : ASK_DEADLINE_MS;
		request.check.stop_fd = h->stop_fd;
		(void)check_run(&request.check, reason, &r);
	}
	if (r != NULL && !is_stopping(h)) {
		old = publish(h, &h->online, report_ref(r));
		health_log(old, r, REPORT_OF_KDCS);
		keep_logins(h, r, tried_ms);
		report_unref(old);
	}
	report_unref(r);
	health_request_clear(&request);
	health_view_clear(&last);
}

/* --- The files' thread --- */

/* generation: of these settings, or an older one. */
static void
watch_keytabs(struct health *h, const struct settings *settings,
    uint64_t generation)
{
	const struct conf_texts *names =
	    &settings_conf(settings)->kerberos.keytabs;
	const char **paths;
	size_t n = 0;

	if (h->watched == generation + 1)
		return;
	paths = calloc(names->n + 1, sizeof(*paths));
	for (size_t i = 0; paths != NULL && i < names->n; i++) {
		paths[n] = acceptor_keytab_path(names->items[i]);
		n += paths[n] != NULL;
	}
	/* Without memory for it there is still a look every LOOK_MS. */
	if (paths != NULL && watch_files(h->watch, paths, n) == 0)
		h->watched = generation + 1;
	free(paths);
}

static void
wait_for_change(struct health *h, int wait_ms)
{
	struct pollfd fds[3] = {{.fd = h->stop_fd, .events = POLLIN},
	    {.fd = h->files_fd, .events = POLLIN},
	    {.fd = watch_fd(h->watch), .events = POLLIN}};
	uint64_t n;

	if (poll(fds, 1, PAUSE_MS) == 0)
		(void)poll(fds, 3, wait_ms);
	(void)!read(h->files_fd, &n, sizeof(n));
}

/* Large keytabs take their time, and are not to take all of a CPU's. */
static int
pause_after(uint64_t took_ms)
{
	uint64_t pause_ms = took_ms * LOOK_SHARE;

	if (pause_ms > LOOK_MAX_MS)
		return LOOK_MAX_MS;
	return pause_ms > LOOK_MS ? (int)pause_ms : LOOK_MS;
}

static void *
look_at_files(void *arg)
{
	struct health *h = arg;

	while (!is_stopping(h)) {
		uint64_t generation =
		    atomic_load(&h->server->settings_generation);
		struct settings *settings = server_settings(h->server);
		uint64_t began_ms = clock_mono_ms();

		watch_keytabs(h, settings, generation);
		(void)watch_changed(h->watch); /* so that it tells of more */
		check_files(h, settings);
		settings_unref(settings);
		wait_for_change(h, pause_after(clock_mono_ms() - began_ms));
	}
	return NULL;
}

/* --- The KDCs' thread --- */

/* How long there is time until KDCs are to be asked; -1: until it is woken. */
static int
time_to_ask(struct health *h, const struct conf_kerberos *conf)
{
	uint64_t now_ms = clock_mono_ms(), after_ms;
	bool has_files, is_other;

	after_ms = conf->health_interval_s * 1000ull;
	(void)pthread_mutex_lock(&h->lock);
	has_files = h->files != NULL;
	is_other = has_files && has_other_keys(h->online, h->files);
	if (h->is_hurried && after_ms > ASK_SOON_MS)
		after_ms = ASK_SOON_MS;
	(void)pthread_mutex_unlock(&h->lock);
	if (is_other)
		after_ms = ASK_AGAIN_MS;
	if (!has_files)
		return -1;
	if (h->asked_ms == 0 || h->asked_ms + after_ms <= now_ms)
		return 0;
	return (int)(h->asked_ms + after_ms - now_ms);
}

/* Whoever hurries us from now on may want to know of later changes. */
static void
begin_to_ask(struct health *h)
{
	h->asked_ms = clock_mono_ms();
	(void)pthread_mutex_lock(&h->lock);
	h->is_hurried = false;
	(void)pthread_mutex_unlock(&h->lock);
}

static void *
look_at_kdcs(void *arg)
{
	struct health *h = arg;
	struct pollfd fds[2] = {{.fd = h->stop_fd, .events = POLLIN},
	    {.fd = h->kdcs_fd, .events = POLLIN}};

	while (!is_stopping(h)) {
		struct settings *settings = server_settings(h->server);
		int left_ms =
		    time_to_ask(h, &settings_conf(settings)->kerberos);
		uint64_t n;

		if (left_ms == 0) {
			begin_to_ask(h);
			check_kdcs(h, settings);
		}
		settings_unref(settings);
		if (left_ms != 0)
			(void)poll(fds, 2, left_ms);
		(void)!read(h->kdcs_fd, &n, sizeof(n));
	}
	return NULL;
}

/* --- What others call --- */

int
health_create(struct server *s, struct health **health_out)
{
	struct health *h = calloc(1, sizeof(*h));
	int ret = ERR_NOMEM;

	*health_out = NULL;
	if (h == NULL)
		return ERR_NOMEM;
	h->server = s;
	(void)pthread_mutex_init(&h->lock, NULL);
	h->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	h->files_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	h->kdcs_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	h->watch = watch_create();
	if (h->stop_fd == -1 || h->files_fd == -1 || h->kdcs_fd == -1 ||
	    h->watch == NULL)
		goto done;
	ret = 0;
	*health_out = h;
	h = NULL;
done:
	health_destroy(h);
	return ret;
}

int
health_start(struct health *h)
{
	h->has_files_thread =
	    pthread_create(&h->files_thread, NULL, look_at_files, h) == 0;
	h->has_kdcs_thread =
	    pthread_create(&h->kdcs_thread, NULL, look_at_kdcs, h) == 0;
	return h->has_files_thread && h->has_kdcs_thread ? 0 : ERR_BUSY;
}

void
health_stop(struct health *h)
{
	if (h == NULL)
		return;
	(void)pthread_mutex_lock(&h->lock);
	h->is_stopping = true;
	(void)pthread_mutex_unlock(&h->lock);
	wake(h->stop_fd);
	if (h->has_files_thread)
		(void)pthread_join(h->files_thread, NULL);
	if (h->has_kdcs_thread)
		(void)pthread_join(h->kdcs_thread, NULL);
	h->has_files_thread = h->has_kdcs_thread = false;
}

static void
close_one(int fd)
{
	if (fd != -1)
		(void)close(fd);
}

void
health_destroy(struct health *h)
{
	if (h == NULL)
		return;
	health_stop(h);
	watch_destroy(h->watch);
	report_unref(h->files);
	report_unref(h->online);
	report_unref(h->logins);
	close_one(h->stop_fd);
	close_one(h->files_fd);
	close_one(h->kdcs_fd);
	(void)pthread_mutex_destroy(&h->lock);
	free(h);
}

void
health_look(struct health *h)
{
	wake(h->files_fd);
	wake(h->kdcs_fd);
}

void
health_hurry(struct health *h)
{
	bool was_hurried;

	(void)pthread_mutex_lock(&h->lock);
	was_hurried = h->is_hurried;
	h->is_hurried = true;
	(void)pthread_mutex_unlock(&h->lock);
	if (!was_hurried)
		wake(h->kdcs_fd);
}

void
health_get(struct health *h, struct health_view *view_out)
{
	struct report *files, *online;

	(void)pthread_mutex_lock(&h->lock);
	files = h->files == NULL ? NULL : report_ref(h->files);
	online = h->online == NULL ? NULL : report_ref(h->online);
	(void)pthread_mutex_unlock(&h->lock);
	health_view_init(view_out, files, online);
}
