/*
 * reload.c - a new configuration while we serve (SIGHUP, kddnsctl reload)
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/err.h"
#include "daemon/base/log.h"
#include "daemon/conf/conf.h"
#include "daemon/conf/errors.h"
#include "daemon/net/clients.h"
#include "daemon/net/listen.h"
#include "daemon/server/grants.h"
#include "daemon/server/health.h"
#include "daemon/server/kerberos.h"
#include "daemon/server/keytabs.h"
#include "daemon/server/notifier.h"
#include "daemon/server/parts.h"
#include "daemon/server/ready.h"
#include "daemon/server/session_key.h"
#include "daemon/server/settings.h"

/* Says it in the log and to who asked; warnings NULL: nobody did. */
static void __attribute__((format(printf, 2, 3)))
warn(json_t *warnings, const char *fmt, ...)
{
	struct reason what;
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(what.text, sizeof(what.text), fmt, ap);
	va_end(ap);
	log_warning("reload %s", what.text);
	if (warnings != NULL)
		(void)json_array_append_new(warnings, json_string(what.text));
}

/* What only a restart can change: said, and otherwise ignored. */
static void
warn_of_restart(const struct server *s, const struct conf *old,
    const struct conf *new, json_t *warnings)
{
	if (server_worker_count(new) != s->n_workers)
		warn(warnings, "option=workers needs a restart");
	if (strcmp(old->options.user, new->options.user) != 0)
		warn(warnings, "option=user needs a restart");
	if (strcmp(old->control.socket, new->control.socket) != 0)
		warn(warnings, "option=control/socket needs a restart");
}

/* What is in the log by now, for who asked. */
static void
collect_warnings(struct server *s, json_t *warnings)
{
	struct store_zone_status st;
	struct keytabs_status keytabs;
	struct store_zone *z;
	struct reason why;

	for (size_t i = 0; (z = store_zone_at(s->store, i)) != NULL; i++) {
		store_zone_status(z, &st);
		if (st.reason.text[0] == '\0')
			continue;
		reason_set(&why, "%s: %s", store_zone_text(z), st.reason.text);
		(void)json_array_append_new(warnings, json_string(why.text));
	}
	keytabs_status(s->keytabs, &keytabs);
	if (keytabs.reason.text[0] != '\0')
		(void)json_array_append_new(warnings,
		    json_string(keytabs.reason.text));
}

/* The sockets of the new configuration; NULL: the old ones stay. */
static int
open_sockets_again(struct server *s, const struct conf *conf,
    struct net_listeners **l_out, json_t *warnings, struct reason *reason)
{
	size_t n;
	struct addr *all = server_listen_addresses(conf, &n);
	int ret = ERR_NOMEM;

	*l_out = NULL;
	if (all != NULL)
		ret = net_listeners_reopen(s->listeners, all, n, l_out, reason);
	free(all);
	if (ret != ERR_PERM)
		return ret;
	warn(warnings, "%s: needs a restart", reason->text);
	reason->text[0] = '\0';
	return 0;
}

static void
use_sockets(struct server *s, struct net_listeners *l)
{
	for (unsigned i = 0; i < s->n_workers; i++)
		net_worker_listen(s->workers[i].net, l);
	server_publish_listeners(s, l);
}

static void
apply_limits(struct server *s, const struct settings *settings)
{
	const struct conf *conf = settings_conf(settings);
	struct transfers_settings transfers = {.n_threads = TRANSFER_THREADS,
	    .max_transfers = conf->options.transfers_out,
	    .max_time_ms = conf->options.max_transfer_time_out_s * 1000ull};

	kerberos_set_limits(s, settings);
	transfers_set(s->transfers, &transfers);
	net_clients_set_limits(s->clients, conf->options.tcp_clients,
	    conf->options.tcp_clients_per_address);
}

static void
say_errors(const struct conf_errors *errors, int ret, json_t *warnings,
    struct reason *reason)
{
	const struct conf_error *first = conf_errors_first(errors);

	for (size_t i = 0; i < errors->n; i++)
		warn(warnings, "configuration %s", errors->items[i].text);
	if (ret != 0)
		reason_set(reason, "%s%s",
		    first != NULL ? first->text : err_text(ret),
		    errors->n_errors > 1 ? " (more in the log)" : "");
}

/*
 * Where the store is cannot change: what is below directory, the zones' files,
 * stays where it is with it.
 */
static int
read_with_old_directory(struct server *s, struct conf_errors *errors,
    struct settings **settings_out)
{
	const struct conf *old = settings_conf(s->settings);
	size_t n = s->options.n_overrides;
	const char **overrides = calloc(n + 1, sizeof(*overrides));
	char *directory;
	int ret = ERR_NOMEM;

	if (overrides != NULL &&
	    asprintf(&directory, "options/directory=\"%s\"",
		old->options.directory) != -1) {
		for (size_t i = 0; i < n; i++)
			overrides[i] = s->options.overrides[i];
		overrides[n] = directory;
		ret = settings_read(s->options.conf_path, overrides, n + 1,
		    s->options.session_key, errors, settings_out);
		free(directory);
	}
	free(overrides);
	return ret;
}

/* Reads the file; its mistakes go to the log, the first one to reason. */
static int
read_again(struct server *s, struct settings **settings_out, json_t *warnings,
    struct reason *reason)
{
	const struct conf *old = settings_conf(s->settings);
	struct conf_errors errors;
	int ret;

	conf_errors_init(&errors);
	ret = settings_read(s->options.conf_path, s->options.overrides,
	    s->options.n_overrides, s->options.session_key, &errors,
	    settings_out);
	if (ret == 0 &&
	    strcmp(settings_conf(*settings_out)->options.directory,
		old->options.directory) != 0) {
		warn(warnings, "option=directory needs a restart");
		settings_unref(*settings_out);
		conf_errors_clear(&errors); /* they are the same again */
		ret = read_with_old_directory(s, &errors, settings_out);
	}
	say_errors(&errors, ret, warnings, reason);
	conf_errors_clear(&errors);
	return ret;
}

/* The file of the session key: made, moved, or removed. */
static void
move_session_key(struct server *s, const struct settings *old,
    const struct settings *new, json_t *warnings)
{
	const char *from = settings_session_keyfile(old);
	const char *to = settings_session_keyfile(new);
	struct reason reason;

	if (from != NULL && (to == NULL || strcmp(from, to) != 0))
		session_key_remove(from);
	if (to != NULL &&
	    session_key_write(s->options.session_key, to, &reason) != 0)
		warn(warnings, "%s", reason.text);
}

/*
 * What can fail comes first; what others see, last.  A store that has new
 * zones while their settings are not published answers from the old ones.
 */
static int
reload(struct server *s, struct settings *settings, enum store_files files,
    json_t *warnings, struct reason *reason)
{
	const struct conf *conf = settings_conf(settings);
	struct net_listeners *listeners = NULL; /* owned until in use */
	int ret;

	ret = open_sockets_again(s, conf, &listeners, warnings, reason);
	if (ret == 0)
		ret =
		    store_reconfigure(s->store, settings_store_zones(settings),
			settings_n_zones(settings), files, reason);
	if (ret == 0)
		ret = server_link_zones(s);
	if (ret == 0)
		ret = settings_bind(settings, s->store);
	if (ret == 0)
		ret = notifier_apply(s->notifier, settings);
	if (ret != 0) {
		net_listeners_unref(listeners);
		return ret;
	}
	warn_of_restart(s, settings_conf(s->settings), conf, warnings);
	apply_limits(s, settings);
	move_session_key(s, s->settings, settings, warnings);
	kerberos_use_keytabs(s, settings);
	if (grants_use(s->grants, settings, reason) != 0) {
		warn(warnings, "%s",
		    reason->text[0] == '\0' ? "no memory for policies"
					    : reason->text);
		reason->text[0] = '\0';
	}
	server_set_log_level(s, settings);
	server_publish_settings(s, settings_ref(settings));
	if (listeners != NULL)
		use_sockets(s, listeners);
	health_look(s->health);
	server_use_panel(s, settings, warnings);
	server_notify_all(s);
	return 0;
}

int
server_reload_files(struct server *s, enum store_files files, json_t *warnings,
    struct reason *reason)
{
	struct settings *settings = NULL;
	char quoted[sizeof(reason->text)];
	int ret;

	(void)pthread_mutex_lock(&s->reload_lock);
	ready_state("RELOADING=1");
	ret = read_again(s, &settings, warnings, reason);
	if (ret == 0)
		ret = reload(s, settings, files, warnings, reason);
	if (ret == 0 && warnings != NULL)
		collect_warnings(s, warnings);
	if (ret == 0)
		log_notice("reloaded zones=%zu", settings_n_zones(settings));
	else
		log_error("reload failed reason=\"%s\" next=\"the old "
			  "configuration stays in use\"",
		    log_quote(reason->text, quoted, sizeof(quoted)));
	settings_unref(settings);
	ready_state("READY=1");
	(void)pthread_mutex_unlock(&s->reload_lock);
	return ret;
}

int
server_reload(struct server *s, struct reason *reason)
{
	return server_reload_files(s, STORE_FILES_LOOK, NULL, reason);
}
