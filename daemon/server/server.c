/*
 * server.c - the daemon: rooms joined, started, reloaded and stopped
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <errno.h>
#include <grp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "daemon/base/clock.h"
#include "daemon/base/epoch.h"
#include "daemon/base/err.h"
#include "daemon/base/log.h"
#include "daemon/conf/conf.h"
#include "daemon/conf/errors.h"
#include "daemon/gss/acceptor.h"
#include "daemon/gss/contexts.h"
#include "daemon/gss/replays.h"
#include "daemon/net/clients.h"
#include "daemon/net/listen.h"
#include "daemon/server/commands.h"
#include "daemon/server/core.h"
#include "daemon/server/dispatch.h"
#include "daemon/server/notifier.h"
#include "daemon/server/privilege.h"
#include "daemon/server/ready.h"
#include "daemon/server/settings.h"
#include "daemon/tsig/keyring.h"
#include "daemon/xfr/notify.h"

#define REPEATS_MAX 262144
#define REPEATS_OCTETS_MAX ((size_t)64 << 20)
#define REPLAYS_MAX 262144 /* updates by shared keys: 12 MB */
#define NEGOTIATORS_QUEUE 8192
#define TRANSFER_THREADS 2
#define HOUSEKEEPING_MS 1000

/* --- Settings in use --- */

struct settings *
server_settings(struct server *s)
{
	struct settings *settings;

	(void)pthread_mutex_lock(&s->settings_lock);
	settings = settings_ref(s->settings);
	(void)pthread_mutex_unlock(&s->settings_lock);
	return settings;
}

struct net_listeners *
server_listeners(struct server *s)
{
	struct net_listeners *l;

	(void)pthread_mutex_lock(&s->settings_lock);
	l = net_listeners_ref(s->listeners);
	(void)pthread_mutex_unlock(&s->settings_lock);
	return l;
}

static void
publish_listeners(struct server *s, struct net_listeners *l)
{
	struct net_listeners *old;

	(void)pthread_mutex_lock(&s->settings_lock);
	old = s->listeners;
	s->listeners = l;
	(void)pthread_mutex_unlock(&s->settings_lock);
	net_listeners_unref(old);
}

static void
publish_settings(struct server *s, struct settings *settings)
{
	struct settings *old;

	(void)pthread_mutex_lock(&s->settings_lock);
	old = s->settings;
	s->settings = settings;
	(void)atomic_fetch_add(&s->settings_generation, 1);
	(void)pthread_mutex_unlock(&s->settings_lock);
	settings_unref(old);
}

static void
set_log_level(const struct server *s, const struct settings *settings)
{
	enum log_level level = settings_conf(settings)->options.log_level;

	if (s->options.verbose == 1 && level < LOG_LEVEL_INFO)
		level = LOG_LEVEL_INFO;
	if (s->options.verbose > 1)
		level = LOG_LEVEL_DEBUG;
	log_set_level(level);
}

/* --- What the rooms below call up --- */

struct zone_link *
server_zone_link(struct store_zone *z)
{
	return store_zone_user(z);
}

/* Writer: a zone has a new serial. */
static void
zone_published(void *arg, struct store_zone *z, uint32_t serial_from,
    uint32_t serial_to)
{
	struct zone_link *link = store_zone_user(z);

	(void)arg;
	(void)serial_from;
	(void)serial_to;
	if (link != NULL)
		notify_published(link->notify);
}

static void
store_failed(void *arg, const char *reason)
{
	(void)arg;
	log_error("store read-only reason=\"%s\" next=\"updates get SERVFAIL, "
		  "answers go on; mend the disk and restart\"",
	    reason);
}

/* Negotiators: may a context take this key name? */
static bool
key_name_is_taken(void *arg, const struct name *key_name)
{
	struct settings *settings = server_settings(arg);
	bool is_taken =
	    keyring_find(settings_keyring(settings), key_name->octets) != NULL;

	settings_unref(settings);
	return is_taken;
}

/* --- Workers: what net/ calls --- */

static void
on_message(void *arg, struct net_worker *net, const struct net_origin *from,
    const uint8_t *octets, size_t len)
{
	(void)net;
	dispatch_message(arg, from, octets, len);
}

static void
on_posted(void *arg, struct net_worker *net, void *item)
{
	(void)net;
	dispatch_posted(arg, item);
}

static void
on_batch_begin(void *arg, struct net_worker *net)
{
	struct worker *w = arg;
	struct server *s = w->server;
	uint64_t generation =
	    atomic_load_explicit(&s->settings_generation, memory_order_acquire);

	if (generation != w->settings_generation) {
		settings_unref(w->settings);
		w->settings = server_settings(s);
		w->settings_generation = generation;
		net_worker_set_timeouts(net,
		    1000ull *
			settings_conf(w->settings)->options.tcp_idle_timeout_s,
		    0);
	}
	epoch_enter(s->epoch, w->index);
}

static void
on_batch_end(void *arg, struct net_worker *net)
{
	struct worker *w = arg;

	(void)net;
	epoch_leave(w->server->epoch, w->index);
}

static void
on_timer(void *arg, struct net_worker *net, uint64_t now_ms)
{
	struct worker *w = arg;

	(void)net;
	if (w->index == NOTIFIER_WORKER)
		notifier_tick(w->server->notifier, w, now_ms);
}

static void
on_closed(void *arg, struct net_worker *net,
    const struct net_origin *connection)
{
	(void)net;
	transfers_closed(arg, connection);
}

static void
on_drained(void *arg, struct net_worker *net,
    const struct net_origin *connection)
{
	(void)net;
	transfers_drained(arg, connection);
}

static void
on_reply(void *arg, struct net_worker *net, const struct addr *from,
    const uint8_t *octets, size_t len)
{
	struct worker *w = arg;

	(void)net;
	notifier_reply(w->server->notifier, w, from, octets, len);
}

static void *
run_worker(void *arg)
{
	struct worker *w = arg;
	int ret = net_worker_run(w->net);

	if (ret != 0) { /* its sockets would swallow what comes */
		log_error("worker ended index=%u reason=\"%s\"", w->index,
		    err_text(ret));
		server_ask_to_stop(w->server);
	}
	return NULL;
}

static int
create_worker(struct server *s, unsigned index)
{
	const struct conf *conf = settings_conf(s->settings);
	struct worker *w = &s->workers[index];
	struct net_handler handler = {.arg = w,
	    .message = on_message,
	    .posted = on_posted,
	    .batch_begin = on_batch_begin,
	    .batch_end = on_batch_end,
	    .timer = on_timer,
	    .closed = on_closed,
	    .drained = on_drained,
	    .reply = on_reply};
	struct net_worker_options options = {.index = index,
	    .listeners = s->listeners,
	    .clients = s->clients,
	    .handler = &handler,
	    .tcp_idle_ms = conf->options.tcp_idle_timeout_s * 1000u,
	    .n_posts = (size_t)2 * REQUESTS_KEPT_MAX};

	w->server = s;
	w->index = index;
	w->settings = settings_ref(s->settings);
	w->settings_generation = atomic_load(&s->settings_generation);
	LIST_INIT(&w->spares);
	LIST_INIT(&w->transfers);
	w->digest = repeat_digest_create();
	if (w->digest == NULL)
		return ERR_NOMEM;
	return net_worker_create(&options, &w->net);
}

static int
start_workers(struct server *s)
{
	for (unsigned i = 0; i < s->n_workers; i++) {
		struct worker *w = &s->workers[i];
		int error = pthread_create(&w->thread, NULL, run_worker, w);

		if (error != 0)
			return err_from_errno(error);
		w->is_started = true;
	}
	return 0;
}

/* --- Kerberos --- */

/* A keytab that cannot be used is said, and the old one stays. */
static void
load_keytabs(struct server *s, const struct settings *settings)
{
	const struct conf_kerberos *k = &settings_conf(settings)->kerberos;
	struct acceptor_config config = {.keytabs = k->keytabs.items,
	    .n_keytabs = k->keytabs.n,
	    .principals = k->acceptors.items,
	    .n_principals = k->acceptors.n};
	struct acceptor_generation *g = NULL;
	struct reason reason = {""};

	if (acceptor_load(&config, &g, &reason) == 0) {
		acceptor_set(s->acceptor, g, k->context_lifetime_s);
		log_notice("keytab loaded principals=%zu entries=%zu",
		    acceptor_n_principals(g), acceptor_n_entries(g));
	} else {
		log_warning("keytab unusable reason=\"%s\"", reason.text);
	}
	acceptor_generation_unref(g);
	(void)pthread_mutex_lock(&s->settings_lock);
	s->keytab_reason = reason;
	(void)pthread_mutex_unlock(&s->settings_lock);
}

static struct contexts_config
contexts_config(const struct conf *conf)
{
	return (
	    struct contexts_config){.max_contexts = conf->kerberos.max_contexts,
	    .contexts_per_principal = conf->kerberos.contexts_per_principal,
	    .context_lifetime_s = conf->kerberos.context_lifetime_s};
}

static struct negotiations_config
negotiations_config(struct server *s, const struct conf *conf)
{
	return (
	    struct negotiations_config){.timeout_s = conf->kerberos
							 .negotiation_timeout_s,
	    .per_address = conf->kerberos.negotiations_per_address,
	    .allow_weak = conf->kerberos.weak_enctypes == CONF_WEAK_ALLOW,
	    .name_is_taken = key_name_is_taken,
	    .name_is_taken_arg = s};
}

static int
start_kerberos(struct server *s, const struct settings *settings)
{
	const struct conf *conf = settings_conf(settings);
	struct contexts_config contexts = contexts_config(conf);
	struct negotiations_config negotiations = negotiations_config(s, conf);
	int ret;

	s->acceptor = acceptor_create();
	if (s->acceptor == NULL)
		return ERR_NOMEM;
	load_keytabs(s, settings);
	ret = contexts_create(&contexts, &s->contexts);
	if (ret == 0)
		ret = negotiations_create(&negotiations, s->acceptor,
		    s->contexts, &s->negotiations);
	if (ret == 0)
		ret = negotiators_create(s->negotiations, 0, NEGOTIATORS_QUEUE,
		    &s->negotiators);
	return ret;
}

/* --- Zones --- */

/* Every zone of the store has its link before a packet can find it. */
static int
link_zones(struct server *s)
{
	struct store_zone *z;

	for (size_t i = 0; (z = store_zone_at(s->store, i)) != NULL; i++) {
		struct zone_link *link = store_zone_user(z);

		if (link != NULL)
			continue;
		link = calloc(1, sizeof(*link));
		if (link == NULL)
			return ERR_NOMEM;
		link->notify = notifier_zone(s->notifier, store_zone_apex(z));
		if (link->notify == NULL) {
			free(link);
			return ERR_NOMEM;
		}
		SLIST_INSERT_HEAD(&s->links, link, entry);
		store_zone_set_user(z, link);
	}
	return 0;
}

static int
open_store(struct server *s, const struct settings *settings,
    struct reason *reason)
{
	const struct conf *conf = settings_conf(settings);
	struct store_config config = {.directory = conf->options.directory,
	    .journal_total_size = conf->options.journal_total_size,
	    .epoch = s->epoch,
	    .published = zone_published,
	    .failed = store_failed,
	    .arg = s};

	return store_open(&config, settings_store_zones(settings),
	    settings_n_zones(settings), &s->store, reason);
}

static void
notify_all(struct server *s)
{
	struct store_zone *z;

	for (size_t i = 0; (z = store_zone_at(s->store, i)) != NULL; i++)
		notify_published(server_zone_link(z)->notify);
}

/* --- Start --- */

static unsigned
worker_count(const struct conf *conf)
{
	long n = conf->options.workers;

	if (n == 0)
		n = sysconf(_SC_NPROCESSORS_ONLN);
	if (n < 1)
		n = 1;
	return n > EPOCH_READERS_MAX ? EPOCH_READERS_MAX : (unsigned)n;
}

/* All addresses to listen on, in memory of the caller's. */
static struct addr *
listen_addresses(const struct conf *conf, size_t *n_out)
{
	const struct conf_options *o = &conf->options;
	size_t n4 = o->listen_on.n, n6 = o->listen_on_v6.n;
	struct addr *all = calloc(n4 + n6 + 1, sizeof(all[0]));

	*n_out = n4 + n6;
	if (all == NULL)
		return NULL;
	if (n4 > 0)
		memcpy(all, o->listen_on.items, n4 * sizeof(all[0]));
	if (n6 > 0)
		memcpy(all + n4, o->listen_on_v6.items, n6 * sizeof(all[0]));
	return all;
}

static int
bind_sockets(struct server *s, const struct conf *conf, struct reason *reason)
{
	size_t n;
	struct addr *all = listen_addresses(conf, &n);
	int ret = ERR_NOMEM;

	if (all != NULL)
		ret = net_listeners_open(all, n, s->n_workers, &s->listeners,
		    reason);
	free(all);
	return ret;
}

/* Everything that holds no thread yet; in the order of its needs. */
static int
create_rooms(struct server *s, struct settings *settings, struct reason *reason)
{
	const struct conf *conf = settings_conf(settings);
	struct transfers_settings transfers = {.n_threads = TRANSFER_THREADS,
	    .max_transfers = conf->options.transfers_out,
	    .max_time_ms = conf->options.max_transfer_time_out_s * 1000ull};
	int ret;

	s->epoch = epoch_create(s->n_workers);
	s->repeats = repeats_create(REPEATS_MAX, REPEATS_OCTETS_MAX);
	s->replays = replays_create(REPLAYS_MAX);
	s->clients = net_clients_create(conf->options.tcp_clients,
	    conf->options.tcp_clients_per_address);
	s->workers = calloc(s->n_workers, sizeof(s->workers[0]));
	if (s->epoch == NULL || s->repeats == NULL || s->replays == NULL ||
	    s->clients == NULL || s->workers == NULL)
		return ERR_NOMEM;
	ret = notifier_create(s, &s->notifier);
	if (ret == 0)
		ret = open_store(s, settings, reason);
	if (ret == 0)
		ret = link_zones(s);
	if (ret == 0)
		ret = notifier_apply(s->notifier, settings);
	if (ret == 0)
		ret = settings_bind(settings, s->store);
	for (unsigned i = 0; ret == 0 && i < s->n_workers; i++)
		ret = create_worker(s, i);
	if (ret == 0)
		ret = transfers_create(&transfers, &s->transfers);
	return ret;
}

static int
open_control(struct server *s, const struct conf *conf, struct reason *reason)
{
	const char *group = conf->control.group;
	struct control_options options = {.path = conf->control.socket,
	    .commands = server_commands,
	    .arg = s};

	/* Without its group the socket is for root and ourselves. */
	if (group != NULL && getgrnam(group) != NULL)
		options.group = group;
	else if (group != NULL)
		log_warning("control group=%s does not exist: only root and "
			    "the daemon's user may use kddnsctl",
		    group);
	return control_open(&options, &s->control, reason);
}

int
server_start(const struct server_options *options, struct settings *settings,
    struct server **server_out, struct reason *reason)
{
	const struct conf *conf = settings_conf(settings);
	const char *folders[] = {conf->options.directory,
	    conf->options.run_directory};
	struct server *s; /* owned until handed out */
	int ret = ERR_NOMEM;

	*server_out = NULL;
	s = calloc(1, sizeof(*s));
	if (s == NULL) {
		settings_unref(settings);
		return ERR_NOMEM;
	}
	s->options = *options;
	s->settings = settings;
	s->started_wall_s = clock_wall_s();
	s->started_mono_ms = clock_mono_ms();
	s->n_workers = worker_count(conf);
	(void)pthread_mutex_init(&s->reload_lock, NULL);
	(void)pthread_mutex_init(&s->settings_lock, NULL);
	set_log_level(s, settings);
	ret = log_start();
	if (ret != 0)
		goto done;
	s->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (s->stop_fd == -1) {
		ret = err_from_errno(errno);
		goto done;
	}

	ret = bind_sockets(s, conf, reason);
	if (ret == 0)
		ret = privilege_drop(conf->options.user, folders, 2, reason);
	if (ret == 0)
		ret = create_rooms(s, settings, reason);
	if (ret == 0)
		ret = start_kerberos(s, settings);
	if (ret == 0)
		ret = store_start(s->store);
	if (ret == 0)
		ret = start_workers(s);
	if (ret == 0)
		ret = open_control(s, conf, reason);
	if (ret != 0)
		goto done;
	notify_all(s);
	log_notice("started zones=%zu workers=%u", settings_n_zones(settings),
	    s->n_workers);
	*server_out = s;
	s = NULL;
done:
	if (ret != 0 && reason->text[0] == '\0')
		reason_set(reason, "start: %s", err_text(ret));
	if (s != NULL)
		server_stop(s);
	return ret;
}

/* --- Reload --- */

/* What only a restart can change: said, and otherwise ignored. */
static void
warn_of_restart(const struct server *s, const struct conf *old,
    const struct conf *new)
{
	if (worker_count(new) != s->n_workers)
		log_warning("reload option=workers needs a restart");
	if (strcmp(old->options.directory, new->options.directory) != 0)
		log_warning("reload option=directory needs a restart");
	if (strcmp(old->options.user, new->options.user) != 0)
		log_warning("reload option=user needs a restart");
	if (strcmp(old->control.socket, new->control.socket) != 0)
		log_warning("reload option=control/socket needs a restart");
}

/* The sockets of the new configuration; NULL: the old ones stay. */
static int
open_sockets_again(struct server *s, const struct conf *conf,
    struct net_listeners **l_out, struct reason *reason)
{
	size_t n;
	struct addr *all = listen_addresses(conf, &n);
	int ret = ERR_NOMEM;

	*l_out = NULL;
	if (all != NULL)
		ret = net_listeners_reopen(s->listeners, all, n, l_out, reason);
	free(all);
	if (ret != ERR_PERM)
		return ret;
	log_warning("reload %s: needs a restart", reason->text);
	reason->text[0] = '\0';
	return 0;
}

static void
use_sockets(struct server *s, struct net_listeners *l)
{
	for (unsigned i = 0; i < s->n_workers; i++)
		net_worker_listen(s->workers[i].net, l);
	publish_listeners(s, l);
}

static void
apply_limits(struct server *s, const struct conf *conf)
{
	struct contexts_config contexts = contexts_config(conf);
	struct negotiations_config negotiations = negotiations_config(s, conf);
	struct transfers_settings transfers = {.n_threads = TRANSFER_THREADS,
	    .max_transfers = conf->options.transfers_out,
	    .max_time_ms = conf->options.max_transfer_time_out_s * 1000ull};

	contexts_configure(s->contexts, &contexts);
	negotiations_configure(s->negotiations, &negotiations);
	transfers_set(s->transfers, &transfers);
	net_clients_set_limits(s->clients, conf->options.tcp_clients,
	    conf->options.tcp_clients_per_address);
}

/* Reads the file; its mistakes go to the log, the first one to reason. */
static int
read_again(struct server *s, struct settings **settings_out,
    struct reason *reason)
{
	struct conf_errors errors;
	int ret;

	conf_errors_init(&errors);
	ret = settings_read(s->options.conf_path, s->options.overrides,
	    s->options.n_overrides, &errors, settings_out);
	for (size_t i = 0; i < errors.n; i++)
		log_warning("configuration %s", errors.items[i].text);
	if (ret != 0)
		reason_set(reason, "%s%s",
		    errors.n > 0 ? errors.items[0].text : err_text(ret),
		    errors.n_errors > 1 ? " (more in the log)" : "");
	conf_errors_clear(&errors);
	return ret;
}

/*
 * What can fail comes first; what others see, last.  A store that has new
 * zones while their settings are not published answers from the old ones.
 */
static int
reload(struct server *s, struct settings *settings, struct reason *reason)
{
	const struct conf *conf = settings_conf(settings);
	struct net_listeners *listeners = NULL; /* owned until in use */
	int ret;

	ret = open_sockets_again(s, conf, &listeners, reason);
	if (ret == 0)
		ret =
		    store_reconfigure(s->store, settings_store_zones(settings),
			settings_n_zones(settings), reason);
	if (ret == 0)
		ret = link_zones(s);
	if (ret == 0)
		ret = settings_bind(settings, s->store);
	if (ret == 0)
		ret = notifier_apply(s->notifier, settings);
	if (ret != 0) {
		net_listeners_unref(listeners);
		return ret;
	}
	warn_of_restart(s, settings_conf(s->settings), conf);
	apply_limits(s, conf);
	load_keytabs(s, settings);
	set_log_level(s, settings);
	publish_settings(s, settings_ref(settings));
	if (listeners != NULL)
		use_sockets(s, listeners);
	notify_all(s);
	return 0;
}

int
server_reload(struct server *s, struct reason *reason)
{
	struct settings *settings = NULL;
	int ret;

	(void)pthread_mutex_lock(&s->reload_lock);
	ready_state("RELOADING=1");
	ret = read_again(s, &settings, reason);
	if (ret == 0)
		ret = reload(s, settings, reason);
	if (ret == 0)
		log_notice("reloaded zones=%zu", settings_n_zones(settings));
	else
		log_error("reload failed reason=\"%s\" next=\"the old "
			  "configuration stays in use\"",
		    reason->text);
	settings_unref(settings);
	ready_state("READY=1");
	(void)pthread_mutex_unlock(&s->reload_lock);
	return ret;
}

/* --- Life of the main thread --- */

void
server_ask_to_stop(struct server *s)
{
	uint64_t one = 1;

	(void)!write(s->stop_fd, &one, sizeof(one));
}

/* True: it is one to stop for. */
static bool
handle_signal(struct server *s, int fd)
{
	struct signalfd_siginfo info;
	struct reason reason = {""};

	if (read(fd, &info, sizeof(info)) != (ssize_t)sizeof(info))
		return false;
	if (info.ssi_signo != SIGHUP)
		return true;
	(void)server_reload(s, &reason);
	return false;
}

void
server_run(struct server *s)
{
	struct pollfd fds[2] = {{.fd = s->stop_fd, .events = POLLIN}};
	sigset_t set;
	bool stop = false;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGHUP);
	(void)sigaddset(&set, SIGINT);
	(void)sigaddset(&set, SIGTERM);
	fds[1].fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	fds[1].events = POLLIN;
	while (!stop) {
		int n = poll(fds, 2, HOUSEKEEPING_MS);

		if (n > 0 && fds[0].revents != 0)
			stop = true;
		else if (n > 0 && fds[1].revents != 0)
			stop = handle_signal(s, fds[1].fd);
		(void)contexts_expire(s->contexts);
		negotiations_expire(s->negotiations);
	}
	(void)close(fds[1].fd);
}

/* --- Stop --- */

static void
stop_workers(struct server *s)
{
	for (unsigned i = 0; s->workers != NULL && i < s->n_workers; i++)
		if (s->workers[i].is_started)
			net_worker_stop(s->workers[i].net);
	for (unsigned i = 0; s->workers != NULL && i < s->n_workers; i++)
		if (s->workers[i].is_started)
			(void)pthread_join(s->workers[i].thread, NULL);
}

/* After all threads have ended: what came back too late. */
static void
abandon_requests(struct worker *w)
{
	struct request *r;

	while ((r = net_worker_leftover(w->net)) != NULL) {
		if (r->kind == REQUEST_TRANSFER)
			transfer_posted(&r->u.transfer); /* in the list, too */
		else
			dispatch_abandon(r);
	}
	while ((r = LIST_FIRST(&w->transfers)) != NULL) {
		transfer_cancel(&r->u.transfer);
		pump_transfer(r);
	}
}

static void
destroy_worker(struct worker *w)
{
	struct request *r;

	if (w->net != NULL)
		abandon_requests(w);
	while ((r = LIST_FIRST(&w->spares)) != NULL) {
		LIST_REMOVE(r, link);
		arena_clear(&r->arena);
		free(r);
	}
	net_worker_destroy(w->net);
	repeat_digest_destroy(w->digest);
	settings_unref(w->settings);
}

/* After the store is closed: nobody looks for them any more. */
static void
free_links(struct server *s)
{
	struct zone_link *link;

	while ((link = SLIST_FIRST(&s->links)) != NULL) {
		SLIST_REMOVE_HEAD(&s->links, entry);
		free(link);
	}
}

void
server_stop(struct server *s)
{
	control_close(s->control);
	stop_workers(s);
	if (s->transfers != NULL)
		transfers_stop(s->transfers);
	negotiators_destroy(s->negotiators);
	if (s->store != NULL)
		store_stop(s->store);
	for (unsigned i = 0; s->workers != NULL && i < s->n_workers; i++)
		destroy_worker(&s->workers[i]);
	transfers_destroy(s->transfers);
	store_close(s->store);
	free_links(s);
	notifier_destroy(s->notifier);
	negotiations_destroy(s->negotiations);
	contexts_destroy(s->contexts);
	acceptor_destroy(s->acceptor);
	net_clients_destroy(s->clients);
	net_listeners_unref(s->listeners);
	repeats_destroy(s->repeats);
	replays_destroy(s->replays);
	epoch_destroy(s->epoch);
	free(s->workers);
	settings_unref(s->settings);
	if (s->stop_fd != -1)
		(void)close(s->stop_fd);
	(void)pthread_mutex_destroy(&s->reload_lock);
	(void)pthread_mutex_destroy(&s->settings_lock);
	log_notice("stopped");
	log_stop();
	free(s);
}
