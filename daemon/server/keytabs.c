/*
 * keytabs.c - the keytab files: loaded, tried out, and followed as they change
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A change is loaded at once, since a client may come with a ticket for the
 * new key at any moment, and once more a little later: who writes a keytab in
 * place writes it in pieces, and two of them may carry the same time.
 */
#include "daemon/server/keytabs.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "daemon/base/clock.h"
#include "daemon/base/err.h"
#include "daemon/base/log.h"
#include "daemon/base/watch.h"
#include "daemon/conf/conf.h"
#include "daemon/gss/acceptor.h"
#include "daemon/server/settings.h"

#define LOOK_MS 60000    /* between looks without a reason */
#define SETTLE_MS 500    /* from a change to loading it once more */
#define PAUSE_MS 50      /* between looks, however much happens */
#define RETRY_MS 500     /* after the first failure; then twice as long */
#define LOOK_WAIT_MS 200 /* for who loads already, before a refusal */
#define REPLAY_CACHE "rcache2"

struct keytabs {
	struct acceptor *acceptor;
	int stop_fd; /* eventfd: readable once asked to stop, or to look */
	pthread_t thread;
	bool is_started;

	pthread_mutex_t lock; /* guards all below, and changes of keys */
	bool is_stopping;
	struct settings *settings; /* a reference; NULL at first */
	struct watch *watch;
	uint64_t due_ms;   /* when to load, changed or not; 0: never */
	uint64_t retry_ms; /* how long to wait after the next failure */

	pthread_mutex_t status_lock; /* guards status; no disk is waited for */
	struct keytabs_status status;
};

/* --- Loading; the lock is held --- */

static struct acceptor_config
config_of(const struct conf *conf, char replay_cache[PATH_MAX])
{
	const struct conf_kerberos *c = &conf->kerberos;
	struct acceptor_config config = {
	    .keytabs = c->keytabs.items,
	    .n_keytabs = c->keytabs.n,
	    .principals = c->acceptors.items,
	    .n_principals = c->acceptors.n,
	    .allow_weak = c->weak_enctypes == CONF_WEAK_ALLOW,
	};

	(void)snprintf(replay_cache, PATH_MAX, "%s/%s",
	    conf->options.run_directory, REPLAY_CACHE);
	/* A weak session's MICs could be replayed with its AP-REQ. */
	if (c->replay_cache == CONF_REPLAY_FILE || config.allow_weak)
		config.replay_cache = replay_cache;
	return config;
}

static void
log_loaded(const struct acceptor_generation *old,
    const struct acceptor_generation *new, bool had_failed)
{
	struct reason changes = {""};
	bool has_changed = old != NULL && acceptor_changes(old, new, &changes);

	if (old != NULL && !has_changed && !had_failed) {
		log_debug("keytab loaded, nothing has changed");
		return;
	}
	log_notice("keytab loaded principals=%zu entries=%zu changes=\"%s\"",
	    acceptor_n_principals(new), acceptor_n_entries(new), changes.text);
}

static void
set_status(struct keytabs *k, const struct keytabs_status *status)
{
	(void)pthread_mutex_lock(&k->status_lock);
	k->status = *status;
	(void)pthread_mutex_unlock(&k->status_lock);
}

static void
failed(struct keytabs *k, const struct reason *reason)
{
	struct keytabs_status status = {.reason = *reason,
	    .failed_s = k->status.failed_s};
	char quoted[sizeof(reason->text)];

	if (strcmp(reason->text, k->status.reason.text) != 0)
		log_warning("keytab unusable reason=\"%s\" next=\"the keys "
			    "loaded before, if any, stay in use; it is tried "
			    "again\"",
		    log_quote(reason->text, quoted, sizeof(quoted)));
	if (status.failed_s == 0)
		status.failed_s = clock_wall_s();
	set_status(k, &status);
	k->due_ms = clock_mono_ms() + k->retry_ms;
	k->retry_ms = k->retry_ms * 2 > LOOK_MS ? LOOK_MS : k->retry_ms * 2;
}

static void
succeeded(struct keytabs *k)
{
	const struct keytabs_status status = {.failed_s = 0};

	set_status(k, &status);
	k->due_ms = 0;
	k->retry_ms = RETRY_MS;
}

/* Loads the files; true if what they hold is in use now. */
static bool
load(struct keytabs *k)
{
	const struct conf *conf = settings_conf(k->settings);
	char replay_cache[PATH_MAX];
	struct acceptor_config config = config_of(conf, replay_cache);
	struct acceptor_generation *old = acceptor_current(k->acceptor);
	struct acceptor_generation *new;
	struct reason reason = {""};
	int ret;

	ret = acceptor_load(&config, &new, &reason);
	if (ret == 0)
		ret = acceptor_set(k->acceptor, new,
		    conf->kerberos.context_lifetime_s, &reason);
	if (ret == 0) {
		log_loaded(old, new, k->status.failed_s != 0);
		succeeded(k);
	} else {
		failed(k, &reason);
	}
	acceptor_generation_unref(old);
	acceptor_generation_unref(new);
	return ret == 0;
}

static void
load_changes(struct keytabs *k)
{
	bool is_due = k->due_ms != 0 && clock_mono_ms() >= k->due_ms;
	bool has_changed = watch_changed(k->watch);

	if (has_changed)
		k->retry_ms = RETRY_MS;
	if ((has_changed || is_due) && load(k) && has_changed)
		k->due_ms = clock_mono_ms() + SETTLE_MS;
}

static void
watch_keytabs(struct keytabs *k)
{
	const struct conf_texts *names =
	    &settings_conf(k->settings)->kerberos.keytabs;
	const char **paths = calloc(names->n + 1, sizeof(*paths));
	size_t n = 0;

	for (size_t i = 0; paths != NULL && i < names->n; i++) {
		paths[n] = acceptor_keytab_path(names->items[i]);
		n += paths[n] != NULL;
	}
	if (paths == NULL || watch_files(k->watch, paths, n) != 0)
		log_warning("keytab not followed reason=\"no memory\" "
			    "next=\"kddnsctl reload after a change\"");
	free(paths);
}

/* --- The thread --- */

static int
wait_ms(struct keytabs *k)
{
	uint64_t now_ms = clock_mono_ms(), due_ms;

	(void)pthread_mutex_lock(&k->lock);
	due_ms = k->due_ms;
	(void)pthread_mutex_unlock(&k->lock);
	if (due_ms == 0 || due_ms > now_ms + LOOK_MS)
		return LOOK_MS;
	return due_ms <= now_ms ? 0 : (int)(due_ms - now_ms);
}

/* Waits until there is something to do. */
static void
wait_for_change(struct keytabs *k)
{
	struct pollfd fds[2] = {{.fd = k->stop_fd, .events = POLLIN},
	    {.fd = watch_fd(k->watch), .events = POLLIN}};
	uint64_t n;

	/* A folder where much happens costs us a look now and then. */
	if (poll(fds, 1, PAUSE_MS) == 0)
		(void)poll(fds, 2, wait_ms(k));
	(void)!read(k->stop_fd, &n, sizeof(n));
}

static void *
run(void *arg)
{
	struct keytabs *k = arg;
	bool is_stopping;

	do {
		wait_for_change(k);
		(void)pthread_mutex_lock(&k->lock);
		is_stopping = k->is_stopping;
		if (!is_stopping && k->settings != NULL) {
			load_changes(k);
			acceptor_expire(k->acceptor);
		}
		(void)pthread_mutex_unlock(&k->lock);
	} while (!is_stopping);
	return NULL;
}

static void
wake(struct keytabs *k)
{
	uint64_t one = 1;

	(void)!write(k->stop_fd, &one, sizeof(one));
}

/* --- What others call --- */

int
keytabs_create(struct acceptor *acceptor, struct keytabs **keytabs_out)
{
	struct keytabs *k;
	int ret = ERR_NOMEM;

	*keytabs_out = NULL;
	k = calloc(1, sizeof(*k));
	if (k == NULL)
		return ERR_NOMEM;
	(void)pthread_mutex_init(&k->lock, NULL);
	(void)pthread_mutex_init(&k->status_lock, NULL);
	k->acceptor = acceptor;
	k->retry_ms = RETRY_MS;
	k->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	k->watch = watch_create();
	if (k->stop_fd == -1 || k->watch == NULL)
		goto done;
	if (watch_fd(k->watch) == -1)
		log_warning("keytab changes are noticed late reason=\"no "
			    "inotify\" next=\"see fs.inotify.max_user_"
			    "instances, or kddnsctl reload\"");
	ret = ERR_BUSY;
	if (pthread_create(&k->thread, NULL, run, k) != 0)
		goto done;
	k->is_started = true;
	ret = 0;
	*keytabs_out = k;
	k = NULL;
done:
	keytabs_destroy(k);
	return ret;
}

void
keytabs_stop(struct keytabs *k)
{
	if (!k->is_started)
		return;
	(void)pthread_mutex_lock(&k->lock);
	k->is_stopping = true;
	(void)pthread_mutex_unlock(&k->lock);
	wake(k);
	(void)pthread_join(k->thread, NULL);
	k->is_started = false;
}

void
keytabs_destroy(struct keytabs *k)
{
	if (k == NULL)
		return;
	keytabs_stop(k);
	watch_destroy(k->watch);
	settings_unref(k->settings);
	if (k->stop_fd != -1)
		(void)close(k->stop_fd);
	(void)pthread_mutex_destroy(&k->lock);
	(void)pthread_mutex_destroy(&k->status_lock);
	free(k);
}

void
keytabs_use(struct keytabs *k, struct settings *settings)
{
	char replay_cache[PATH_MAX];
	struct acceptor_config config =
	    config_of(settings_conf(settings), replay_cache);
	const struct keytabs_status unknown = {.failed_s = 0};
	struct settings *old;

	(void)pthread_mutex_lock(&k->lock);
	old = k->settings;
	k->settings = settings_ref(settings);
	watch_keytabs(k);
	set_status(k, &unknown); /* a failure is said again */
	k->retry_ms = RETRY_MS;
	if (!load(k))
		acceptor_restrict(k->acceptor, &config);
	(void)pthread_mutex_unlock(&k->lock);
	settings_unref(old);
	wake(k);
}

void
keytabs_look(struct keytabs *k)
{
	struct timespec until;

	(void)clock_gettime(CLOCK_REALTIME, &until);
	until.tv_nsec += LOOK_WAIT_MS * 1000000;
	until.tv_sec += until.tv_nsec / 1000000000;
	until.tv_nsec %= 1000000000;
	if (pthread_mutex_timedlock(&k->lock, &until) != 0)
		return; /* a disk that does not answer holds up one of us */
	if (k->settings != NULL && watch_is_due(k->watch)) {
		load_changes(k);
		wake(k); /* it is to be loaded once more */
	}
	(void)pthread_mutex_unlock(&k->lock);
}

void
keytabs_status(struct keytabs *k, struct keytabs_status *status_out)
{
	(void)pthread_mutex_lock(&k->status_lock);
	*status_out = k->status;
	(void)pthread_mutex_unlock(&k->status_lock);
}
