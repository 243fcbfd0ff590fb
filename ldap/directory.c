/*
 * directory.c - the thread of a directory, and how others reach it
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "ldap/ask.h"
#include "ldap/connection.h"
#include "ldap/controllers.h"
#include "ldap/dial.h"
#include "ldap/directory.h"
#include "ldap/entry.h"
#include "ldap/follow.h"
#include "ldap/servers.h"
#include "ldap/settings.h"

#define WAITING_MAX 20000 /* questions */
#define PROBE_MS 5000     /* is the server still there? */
#define PROBE_USN_MS 1000 /* and what is new there? */
#define WRITE_LOOK_MS 50  /* libldap does not say if it has more to send */
#define SLEEP_MAX_MS 60000

struct directory {
	pthread_t thread;
	int stop_fd; /* readable for good once it is to end */
	int wake_fd; /* somebody has asked for something */

	pthread_mutex_t lock;
	struct asks asked;            /* guarded, until the thread takes them */
	bool is_stopping;             /* guarded */
	bool is_hurried;              /* guarded */
	struct directory_state state; /* guarded; what others see */

	/* The rest is the thread's. */
	struct settings *settings;
	const struct directory_config *config;
	struct login *login; /* NULL: not by GSSAPI */
	struct servers servers;
	struct connection *connection; /* NULL: none */
	struct searches searches;
	struct ask_place place;
	struct asks asks;
	struct follow follow;
	struct controllers controllers;

	bool is_probing;
	int64_t probe_at_ms;
	bool is_lost; /* line says why */
	char line[LINE_SIZE];

	struct errand *way_back; /* to an earlier server; NULL: not tried */
	size_t way_back_to;

	struct directory_state now; /* becomes state */
	uint64_t n_queries;
};

static void
set_error(struct directory *d, const char *text)
{
	line_set(d->now.error, "%s", text);
	d->now.error_at = time(NULL);
}

static bool
is_stopping(struct directory *d)
{
	bool is_stopping;

	(void)pthread_mutex_lock(&d->lock);
	is_stopping = d->is_stopping;
	(void)pthread_mutex_unlock(&d->lock);
	return is_stopping;
}

static void
take_asked(struct directory *d)
{
	struct ask *a;
	uint64_t one;

	(void)eventfd_read(d->wake_fd, &one);
	(void)pthread_mutex_lock(&d->lock);
	a = d->asked.first;
	asks_init(&d->asked);
	(void)pthread_mutex_unlock(&d->lock);
	while (a != NULL) {
		struct ask *next = a->next;

		d->n_queries++;
		asks_add(&d->asks, a);
		a = next;
	}
}

static void
tell_state(struct directory *d)
{
	const struct directory_callbacks *tell = &d->config->callbacks;
	struct directory_state *now = &d->now, before;

	now->follow = d->follow.how;
	now->grants_are_loaded = d->follow.is_loaded;
	now->grants_are_live = d->follow.is_live;
	now->grants_live_at = d->follow.confirmed_at;
	now->n_grants = d->follow.set.n;
	now->controllers_are_loaded = d->controllers.is_loaded;
	now->controllers_have_failed = d->controllers.error[0] != '\0';
	now->controllers_at = d->controllers.at;
	now->n_queries = d->n_queries;
	now->n_failures = d->asks.n_failures;
	now->n_waiting = d->asks.n;
	now->latency_ms = d->searches.latency_ms;
	memcpy(now->durations, d->searches.durations, sizeof(now->durations));
	now->durations_sum_ms = d->searches.durations_sum_ms;
	(void)pthread_mutex_lock(&d->lock);
	before = d->state;
	d->state = *now;
	(void)pthread_mutex_unlock(&d->lock);
	if (tell->state != NULL &&
	    (before.is_up != now->is_up ||
		before.grants_are_live != now->grants_are_live ||
		before.controllers_have_failed !=
		    now->controllers_have_failed ||
		strcmp(before.error, now->error) != 0))
		tell->state(tell->arg, now);
}

/* Runs while a connection is being opened, too. */
static int64_t
tick(void *arg)
{
	struct directory *d = arg;

	take_asked(d);
	if (d->servers.is_away)
		asks_fail_all(&d->asks, d->now.error);
	asks_expire(&d->asks, connection_clock_ms(), d->now.error);
	tell_state(d);
	return asks_wake_ms(&d->asks);
}

static void
drop_connection(struct directory *d)
{
	searches_clear(&d->searches);
	asks_begin_again(&d->asks);
	follow_end(&d->follow);
	controllers_end(&d->controllers);
	connection_close(d->connection);
	d->connection = NULL;
	d->is_probing = d->is_lost = false;
	d->now.is_up = false;
	d->now.since = time(NULL);
}

static void
is_up(struct directory *d, struct connection *c, int64_t now_ms)
{
	servers_came_up(&d->servers, now_ms);
	d->connection = c;
	searches_init(&d->searches, c->ld);
	d->searches.ignores_references = c->is_active_directory;
	d->place = (struct ask_place){.config = d->config,
	    .attributes = d->settings->principal_attributes,
	    .host_attributes = d->settings->host_attributes,
	    .group_attributes = d->settings->group_attributes,
	    .searches = &d->searches,
	    .is_active_directory = c->is_active_directory};
	follow_begin(&d->follow, c, &d->searches, now_ms);
	controllers_begin(&d->controllers, c, &d->searches, now_ms);
	d->probe_at_ms = now_ms;
	d->now.is_up = true;
	d->now.is_active_directory = c->is_active_directory;
	d->now.is_protected = c->is_protected;
	d->now.since = d->now.last_success = time(NULL);
}

static void
deliver(struct directory *d)
{
	const struct directory_callbacks *tell = &d->config->callbacks;
	const struct grants *g = follow_take(&d->follow, connection_clock_ms());

	if (g != NULL && tell->grants != NULL)
		tell->grants(tell->arg, g);
	grants_unref(g);
	if (!d->controllers.is_new)
		return;
	d->controllers.is_new = false;
	if (tell->controllers != NULL)
		tell->controllers(tell->arg,
		    (const char *const *)d->controllers.names.items,
		    d->controllers.names.n);
}

/* fd: connected already; -1: not. */
static void
connect_to_next(struct directory *d, int fd)
{
	const char *uri = d->config->uris.items[d->servers.next];
	struct connection_plan plan = {
	    .config = d->config,
	    .uri = uri,
	    .fd = fd,
	    .login = d->login,
	    .stop_fd = d->stop_fd,
	    .tick = tick,
	    .arg = d,
	    .wake_fd = d->wake_fd,
	};
	char line[LINE_SIZE], text[2 * LINE_SIZE];
	struct connection *c;

	(void)snprintf(d->now.uri, sizeof(d->now.uri), "%s", uri);
	c = connection_open(&plan, line);
	if (c != NULL) {
		is_up(d, c, connection_clock_ms());
		return;
	}
	if (!is_stopping(d)) {
		(void)snprintf(text, sizeof(text), "%s: %s", uri, line);
		set_error(d, text);
	}
	servers_failed(&d->servers, connection_clock_ms());
}

static void
on_probe(void *arg, LDAP *ld, LDAPMessage *root)
{
	struct directory *d = arg;
	uint64_t usn;

	if (entry_uint(ld, root, "highestCommittedUSN", &usn))
		follow_usn(&d->follow, usn);
}

static void
on_probe_end(void *arg, int code, LDAP *ld, LDAPMessage *result)
{
	struct directory *d = arg;

	(void)result;
	d->is_probing = false;
	if (code == LDAP_TIMEOUT)
		line_set(d->line, "the server does not answer");
	else if (code != LDAP_SUCCESS)
		line_set_ldap(d->line, "rootDSE", ld, code);
	d->is_lost = code != LDAP_SUCCESS;
	if (d->is_lost)
		return;
	d->now.last_success = time(NULL);
	follow_is_alive(&d->follow);
}

static void
probe(struct directory *d, int64_t now_ms)
{
	static const char *const attributes[] = {"highestCommittedUSN", NULL};

	if (d->is_probing ||
	    (now_ms < d->probe_at_ms && !d->searches.has_timed_out))
		return;
	d->searches.has_timed_out = false;
	d->probe_at_ms = now_ms +
	    (d->follow.how == DIRECTORY_FOLLOW_USN ? PROBE_USN_MS : PROBE_MS);
	d->is_probing = searches_add(&d->searches,
	    &(struct search_request){
		.base = strdup(""),
		.scope = LDAP_SCOPE_BASE,
		.filter = strdup("(objectClass=*)"),
		.attributes = attributes,
		.patience_ms = (int64_t)d->config->timeout_s * 1000,
		.message = on_probe,
		.done = on_probe_end,
		.arg = d,
	    });
}

/* One look at an earlier server; it is left to an errand. */
static void
look_back(struct directory *d, size_t to, int64_t now_ms)
{
	char *host = NULL, line[LINE_SIZE];
	bool is_tls;
	int port;

	d->way_back_to = to;
	if (to < d->servers.current &&
	    connection_read_uri(d->config->uris.items[to], &host, &port,
		&is_tls, line))
		d->way_back =
		    dial_start(host, port, (int)d->config->timeout_s * 1000);
	free(host);
	if (d->way_back == NULL)
		servers_no_way_back(&d->servers, now_ms);
}

static void
end_look_back(struct directory *d)
{
	errand_release(d->way_back);
	d->way_back = NULL;
}

static void
go_back(struct directory *d, int64_t now_ms)
{
	char line[LINE_SIZE];
	int fd;

	if (d->way_back == NULL) {
		if (d->servers.current > 0 && now_ms >= d->servers.back_at_ms)
			look_back(d, 0, now_ms);
		return;
	}
	if (!errand_is_done(d->way_back))
		return;
	fd = dial_take(d->way_back, line);
	end_look_back(d);
	if (fd == -1) {
		look_back(d, d->way_back_to + 1, now_ms);
		return;
	}
	servers_go_back(&d->servers, d->way_back_to, now_ms);
	drop_connection(d);
	deliver(d);
	connect_to_next(d, fd);
}

static void
lose(struct directory *d, const char *why)
{
	char text[2 * LINE_SIZE];

	(void)snprintf(text, sizeof(text), "%s: %s", d->now.uri, why);
	set_error(d, text);
	end_look_back(d);
	drop_connection(d);
	servers_lost(&d->servers, connection_clock_ms());
}

/* What went wrong without the connection being lost. */
static void
note_errors(struct directory *d)
{
	const char *error =
	    d->follow.error[0] != '\0' ? d->follow.error : d->controllers.error;

	if (error[0] != '\0' && strcmp(error, d->now.error) != 0)
		set_error(d, error);
}

/* True if there is more to do at once. */
static bool
serve(struct directory *d)
{
	int64_t now_ms = connection_clock_ms();
	bool is_more = false;

	probe(d, now_ms);
	asks_go_on(&d->asks, &d->place, now_ms);
	follow_go_on(&d->follow, now_ms);
	controllers_go_on(&d->controllers, now_ms);
	if (!searches_go_on(&d->searches, now_ms, &is_more, d->line))
		d->is_lost = true;
	asks_go_on(&d->asks, &d->place, now_ms);
	note_errors(d);
	if (d->login != NULL)
		login_renew(d->login);
	if (d->is_lost)
		lose(d, d->line);
	else
		go_back(d, now_ms);
	return is_more;
}

static void
hurry(struct directory *d)
{
	int64_t now_ms = connection_clock_ms();
	bool is_hurried;

	(void)pthread_mutex_lock(&d->lock);
	is_hurried = d->is_hurried;
	d->is_hurried = false;
	(void)pthread_mutex_unlock(&d->lock);
	if (!is_hurried)
		return;
	servers_hurry(&d->servers, now_ms);
	follow_hurry(&d->follow, now_ms);
	d->controllers.next_ms = d->probe_at_ms = now_ms;
}

static int64_t
earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static int64_t
wake_ms(const struct directory *d, int64_t now_ms)
{
	int64_t at_ms = earlier(now_ms + SLEEP_MAX_MS, asks_wake_ms(&d->asks));

	if (d->connection == NULL)
		return earlier(at_ms, d->servers.try_at_ms);
	at_ms = earlier(at_ms, d->probe_at_ms);
	at_ms = earlier(at_ms, searches_wake_ms(&d->searches));
	at_ms = earlier(at_ms, follow_wake_ms(&d->follow));
	at_ms = earlier(at_ms, controllers_wake_ms(&d->controllers));
	if (d->servers.current > 0 && d->way_back == NULL)
		at_ms = earlier(at_ms, d->servers.back_at_ms);
	if (d->asks.n > 0)
		at_ms = earlier(at_ms, now_ms + WRITE_LOOK_MS);
	return at_ms;
}

static void
sleep_until_something(struct directory *d)
{
	int64_t now_ms = connection_clock_ms();
	int64_t at_ms = wake_ms(d, now_ms);
	struct pollfd p[4] = {
	    {.fd = d->wake_fd, .events = POLLIN},
	    {.fd = d->stop_fd, .events = POLLIN},
	    {.fd = d->connection == NULL ? -1 : d->connection->fd,
		.events = POLLIN},
	    {.fd = d->way_back == NULL ? -1 : errand_fd(d->way_back),
		.events = POLLIN},
	};

	(void)poll(p, 4, at_ms <= now_ms ? 0 : (int)(at_ms - now_ms));
}

static void
end(struct directory *d)
{
	take_asked(d);
	end_look_back(d);
	drop_connection(d);
	asks_fail_all(&d->asks, "the directory is being closed");
	login_destroy(d->login);
	d->login = NULL;
}

static void *
run(void *arg)
{
	struct directory *d = arg;
	bool is_more = false;

	while (!is_stopping(d)) {
		hurry(d);
		(void)tick(d);
		if (d->connection != NULL)
			is_more = serve(d);
		else if (connection_clock_ms() >= d->servers.try_at_ms)
			connect_to_next(d, -1);
		tell_state(d);
		deliver(d);
		if (!is_more)
			sleep_until_something(d);
		is_more = false;
	}
	end(d);
	return NULL;
}

/* Signals are for the threads of the program. */
static bool
start_thread(struct directory *d)
{
	sigset_t all, before;
	int error;

	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	error = pthread_create(&d->thread, NULL, run, d);
	if (error == 0)
		(void)pthread_setname_np(d->thread, "directory");
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	return error == 0;
}

/* The thread has ended, or was never started. */
static void
free_directory(struct directory *d)
{
	login_destroy(d->login);
	follow_clear(&d->follow);
	controllers_clear(&d->controllers);
	settings_destroy(d->settings);
	(void)pthread_mutex_destroy(&d->lock);
	if (d->stop_fd != -1)
		(void)close(d->stop_fd);
	if (d->wake_fd != -1)
		(void)close(d->wake_fd);
	free(d);
}

static bool
set_up(struct directory *d, const struct directory_config *config,
    char reason[DIRECTORY_REASON_SIZE])
{
	(void)pthread_mutex_init(&d->lock, NULL);
	d->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	d->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	asks_init(&d->asked);
	asks_init(&d->asks);
	searches_init(&d->searches, NULL);
	d->settings = settings_create(config, reason);
	if (d->settings == NULL)
		return false;
	d->config = &d->settings->config;
	follow_init(&d->follow, d->config);
	controllers_init(&d->controllers, d->config);
	servers_init(&d->servers, d->config->uris.n, connection_clock_ms());
	line_set(reason, "no memory, or no descriptors");
	if (d->config->bind != DIRECTORY_BIND_GSSAPI)
		return d->stop_fd != -1 && d->wake_fd != -1;
	d->login = login_create(d->config->keytabs.items, d->config->keytabs.n,
	    d->config->bind_principal);
	if (d->login != NULL)
		(void)strcpy(d->now.ccache, login_ccache(d->login));
	return d->login != NULL && d->stop_fd != -1 && d->wake_fd != -1;
}

int
directory_check(const struct directory_config *config,
    char reason[DIRECTORY_REASON_SIZE])
{
	reason[0] = '\0';
	return settings_check(config, reason) ? 0 : -1;
}

int
directory_create(const struct directory_config *config,
    char reason[DIRECTORY_REASON_SIZE], struct directory **directory_out)
{
	struct directory *d = calloc(1, sizeof(*d));

	*directory_out = NULL;
	if (d == NULL) {
		line_set(reason, "out of memory");
		return -1;
	}
	if (!set_up(d, config, reason)) {
		free_directory(d);
		return -1;
	}
	if (!start_thread(d)) {
		line_set(reason, "no thread");
		free_directory(d);
		return -1;
	}
	reason[0] = '\0';
	*directory_out = d;
	return 0;
}

void
directory_destroy(struct directory *d)
{
	if (d == NULL)
		return;
	(void)pthread_mutex_lock(&d->lock);
	d->is_stopping = true;
	(void)pthread_mutex_unlock(&d->lock);
	(void)eventfd_write(d->stop_fd, 1);
	(void)pthread_join(d->thread, NULL);
	free_directory(d);
}

/* Takes a. */
static int
ask(struct directory *d, struct ask *a)
{
	bool is_taken;

	a->deadline_ms =
	    connection_clock_ms() + (int64_t)d->config->timeout_s * 1000;
	(void)pthread_mutex_lock(&d->lock);
	is_taken =
	    !d->is_stopping && d->asked.n + d->state.n_waiting < WAITING_MAX;
	if (is_taken)
		asks_add(&d->asked, a);
	(void)pthread_mutex_unlock(&d->lock);
	if (!is_taken) {
		ask_destroy(a);
		return -1;
	}
	(void)eventfd_write(d->wake_fd, 1);
	return 0;
}

/* True unless there is a text and no memory for it. */
static bool
copy(const char *text, char **copy_out)
{
	*copy_out = text == NULL ? NULL : strdup(text);
	return text == NULL || *copy_out != NULL;
}

int
directory_ask_facts(struct directory *d,
    const struct directory_principal *principal, directory_facts_done *done,
    void *arg)
{
	struct ask *a = ask_create();

	if (a == NULL)
		return -1;
	a->facts_done = done;
	a->arg = arg;
	if (principal->sid_len > sizeof(a->sid) ||
	    !copy(principal->name, &a->name) ||
	    !copy(principal->first, &a->first) ||
	    !copy(principal->host, &a->host) ||
	    !copy(principal->account, &a->account)) {
		ask_destroy(a);
		return -1;
	}
	if (principal->sid_len != 0)
		memcpy(a->sid, principal->sid, principal->sid_len);
	a->sid_len = principal->sid_len;
	return ask(d, a);
}

int
directory_ask_group(struct directory *d, const char *name,
    directory_group_done *done, void *arg)
{
	struct ask *a = ask_create();

	if (a == NULL)
		return -1;
	a->group_done = done;
	a->arg = arg;
	if (!copy(name, &a->name)) {
		ask_destroy(a);
		return -1;
	}
	return ask(d, a);
}

void
directory_state(struct directory *d, struct directory_state *state_out)
{
	(void)pthread_mutex_lock(&d->lock);
	*state_out = d->state;
	(void)pthread_mutex_unlock(&d->lock);
}

void
directory_hurry(struct directory *d)
{
	(void)pthread_mutex_lock(&d->lock);
	d->is_hurried = true;
	(void)pthread_mutex_unlock(&d->lock);
	(void)eventfd_write(d->wake_fd, 1);
}
