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
#include "daemon/base/cpus.h"
#include "daemon/base/epoch.h"
#include "daemon/base/err.h"
#include "daemon/base/log.h"
#include "daemon/conf/conf.h"
#include "daemon/gss/replays.h"
#include "daemon/net/clients.h"
#include "daemon/net/listen.h"
#include "daemon/server/audit.h"
#include "daemon/server/commands.h"
#include "daemon/server/decisions.h"
#include "daemon/server/grants.h"
#include "daemon/server/health.h"
#include "daemon/server/helpers.h"
#include "daemon/server/kerberos.h"
#include "daemon/server/log_limit.h"
#include "daemon/server/notifier.h"
#include "daemon/server/panel.h"
#include "daemon/server/parts.h"
#include "daemon/server/privilege.h"
#include "daemon/server/ready.h"
#include "daemon/server/session_key.h"
#include "daemon/server/settings.h"
#include "daemon/server/tally.h"
#include "daemon/server/workers.h"
#include "daemon/xfr/notify.h"

#define REPEATS_MAX 262144
#define REPEATS_OCTETS_MAX ((size_t)64 << 20)
#define REPLAYS_MAX 262144 /* updates by shared keys: 12 MB */
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

void
server_publish_listeners(struct server *s, struct net_listeners *l)
{
	struct net_listeners *old;

	(void)pthread_mutex_lock(&s->settings_lock);
	old = s->listeners;
	s->listeners = l;
	(void)pthread_mutex_unlock(&s->settings_lock);
	net_listeners_unref(old);
}

void
server_publish_settings(struct server *s, struct settings *settings)
{
	struct settings *old;

	(void)pthread_mutex_lock(&s->settings_lock);
	old = s->settings;
	s->settings = settings;
	(void)atomic_fetch_add(&s->settings_generation, 1);
	(void)pthread_mutex_unlock(&s->settings_lock);
	settings_unref(old);
}

void
server_set_log_level(const struct server *s, const struct settings *settings)
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

/* --- Zones --- */

/* Every zone of the store has its link before a packet can find it. */
int
server_link_zones(struct server *s)
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

void
server_notify_all(struct server *s)
{
	struct store_zone *z;

	for (size_t i = 0; (z = store_zone_at(s->store, i)) != NULL; i++)
		notify_published(server_zone_link(z)->notify);
}

/* --- Start --- */

unsigned
server_worker_count(const struct conf *conf)
{
	unsigned n = (unsigned)conf->options.workers;

	if (n == 0)
		n = cpus_usable();
	return n > EPOCH_READERS_MAX ? EPOCH_READERS_MAX : n;
}

/* All addresses to listen on, in memory of the caller's. */
struct addr *
server_listen_addresses(const struct conf *conf, size_t *n_out)
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
	struct addr *all = server_listen_addresses(conf, &n);
	int ret = ERR_NOMEM;

	if (all != NULL)
		ret = net_listeners_open(all, n, s->n_workers, &s->listeners,
		    reason);
	free(all);
	return ret;
}

/* DNS does not depend on it: what is wrong is said, and that is all. */
void
server_use_panel(struct server *s, const struct settings *settings,
    json_t *warnings)
{
	struct reason reason = {""}, line;
	char quoted[sizeof(reason.text)];

	if (panel_use(s->panel, settings, &reason))
		return;
	log_error("panel not served reason=\"%s\" next=\"mend that, or the "
		  "statement web, and reload\"",
	    log_quote(reason.text, quoted, sizeof(quoted)));
	reason_set(&line, "panel: %s", reason.text);
	if (warnings != NULL)
		(void)json_array_append_new(warnings, json_string(line.text));
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
	s->decisions = decisions_create(s->n_workers);
	s->log_limit = log_limit_create(audit_held_back);
	s->tally = tally_create(s->n_workers);
	s->grants = grants_create();
	s->clients = net_clients_create(conf->options.tcp_clients,
	    conf->options.tcp_clients_per_address);
	if (s->epoch == NULL || s->repeats == NULL || s->replays == NULL ||
	    s->decisions == NULL || s->log_limit == NULL || s->tally == NULL ||
	    s->grants == NULL || s->clients == NULL)
		return ERR_NOMEM;
	ret = notifier_create(s, &s->notifier);
	if (ret == 0)
		ret = health_create(s, &s->health);
	if (ret == 0)
		ret = open_store(s, settings, reason);
	if (ret == 0)
		ret = server_link_zones(s);
	if (ret == 0)
		ret = notifier_apply(s->notifier, settings);
	if (ret == 0)
		ret = settings_bind(settings, s->store);
	if (ret == 0)
		ret = helpers_create(&s->helpers);
	if (ret == 0)
		ret = workers_create(s);
	if (ret == 0)
		ret = transfers_create(&transfers, &s->transfers);
	return ret;
}

/* Why a file of ours cannot be given to that group; NULL: it can. */
static const char *
why_not_group(const char *group)
{
	const struct group *g = getgrnam(group);

	if (g == NULL)
		return "does not exist";
	if (geteuid() == 0 || getegid() == g->gr_gid ||
	    group_member(g->gr_gid) != 0)
		return NULL;
	return "is not one of the daemon's user";
}

static int
open_control(struct server *s, const struct conf *conf, struct reason *reason)
{
	const char *group = conf->control.group, *why;
	struct control_options options = {.path = conf->control.socket,
	    .commands = server_commands,
	    .arg = s};

	/* Without its group the socket is for root and ourselves. */
	why = group == NULL ? NULL : why_not_group(group);
	if (why == NULL)
		options.group = group;
	else
		log_warning("control group=%s %s: only root and the daemon's "
			    "user may use kddnsctl (statement control)",
		    group, why);
	return control_open(&options, &s->control, reason);
}

static int
write_session_key(struct server *s, const struct settings *settings,
    struct reason *reason)
{
	const char *path = settings_session_keyfile(settings);

	return path == NULL
	    ? 0
	    : session_key_write(s->options.session_key, path, reason);
}

int
server_start(const struct server_options *options, struct settings *settings,
    struct server **server_out, struct reason *reason)
{
	const struct conf *conf = settings_conf(settings);
	const struct privilege_folder folders[] = {{conf->options.directory,
						       NULL},
	    {conf->options.run_directory, conf->control.group}};
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
	s->n_workers = server_worker_count(conf);
	(void)pthread_mutex_init(&s->reload_lock, NULL);
	(void)pthread_mutex_init(&s->settings_lock, NULL);
	server_set_log_level(s, settings);
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
		ret = panel_open(s, conf, &s->panel);
	if (ret == 0)
		ret = privilege_drop(conf->options.user, folders, 2, reason);
	if (ret == 0)
		ret = create_rooms(s, settings, reason);
	if (ret == 0)
		ret = kerberos_start(s, settings);
	if (ret == 0)
		ret = grants_use(s->grants, settings, reason);
	if (ret == 0)
		ret = store_start(s->store);
	if (ret == 0)
		ret = workers_start(s);
	if (ret == 0)
		ret = open_control(s, conf, reason);
	if (ret == 0)
		ret = write_session_key(s, settings, reason);
	if (ret != 0)
		goto done;
	ret = health_start(s->health);
	if (ret != 0)
		goto done;
	server_use_panel(s, settings, NULL);
	server_notify_all(s);
	log_notice("started zones=%zu workers=%u", settings_n_zones(settings),
	    s->n_workers);
	ret = control_serve(s->control, reason);
	if (ret != 0)
		goto done;
	*server_out = s;
	s = NULL;
done:
	if (ret != 0 && reason->text[0] == '\0')
		reason_set(reason, "start: %s", err_text(ret));
	if (s != NULL)
		server_stop(s);
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
	struct pollfd fds[3] = {{.fd = s->stop_fd, .events = POLLIN},
	    [2] = {.fd = grants_fd(s->grants), .events = POLLIN}};
	sigset_t set;
	bool stop = false;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGHUP);
	(void)sigaddset(&set, SIGINT);
	(void)sigaddset(&set, SIGTERM);
	fds[1].fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	fds[1].events = POLLIN;
	while (!stop) {
		int n = poll(fds, 3, HOUSEKEEPING_MS);

		if (n > 0 && fds[0].revents != 0)
			stop = true;
		else if (n > 0 && fds[1].revents != 0)
			stop = handle_signal(s, fds[1].fd);
		grants_tick(s->grants);
		kerberos_expire(s);
		log_limit_expire(s->log_limit);
		panel_tick(s->panel);
	}
	(void)close(fds[1].fd);
}

/* --- Stop --- */

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
	const char *session_keyfile;

	control_stop(s->control); /* a reload in hand changes all below */
	session_keyfile = settings_session_keyfile(s->settings);
	/* Without the socket the file is that of the daemon who has it. */
	if (s->control != NULL && session_keyfile != NULL)
		session_key_remove(session_keyfile);
	panel_close(s->panel);
	control_close(s->control);
	health_stop(s->health);
	workers_stop(s);
	if (s->transfers != NULL)
		transfers_stop(s->transfers);
	kerberos_stop(s);
	if (s->store != NULL)
		store_stop(s->store);
	grants_stop(s->grants);
	helpers_stop(s->helpers);
	workers_destroy(s);
	helpers_destroy(s->helpers);
	grants_destroy(s->grants);
	transfers_destroy(s->transfers);
	store_close(s->store);
	free_links(s);
	notifier_destroy(s->notifier);
	kerberos_destroy(s);
	health_destroy(s->health);
	net_clients_destroy(s->clients);
	net_listeners_unref(s->listeners);
	repeats_destroy(s->repeats);
	replays_destroy(s->replays);
	decisions_destroy(s->decisions);
	log_limit_destroy(s->log_limit);
	tally_destroy(s->tally);
	epoch_destroy(s->epoch);
	settings_unref(s->settings);
	if (s->stop_fd != -1)
		(void)close(s->stop_fd);
	(void)pthread_mutex_destroy(&s->reload_lock);
	(void)pthread_mutex_destroy(&s->settings_lock);
	log_stop();
	free(s);
}
