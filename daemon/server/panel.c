/*
 * panel.c - the panel: what the daemon tells in a browser and to machines
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/err.h"
#include "daemon/base/log.h"
#include "daemon/conf/conf.h"
#include "daemon/policy/acl.h"
#include "daemon/server/core.h"
#include "daemon/server/history.h"
#include "daemon/server/log_limit.h"
#include "daemon/server/panel.h"
#include "daemon/server/panel_documents.h"
#include "daemon/server/settings.h"
#include "daemon/server/verdicts.h"
#include "ktutils/keytab_file.h"
#include "web/web.h"

#define REPLAY_CACHE "panel.rcache" /* below run-directory */

struct panel {
	struct server *server;
	struct history *history;
	struct web *web;          /* NULL: no address is bound */
	struct conf_listen bound; /* the addresses that it is bound to */
	struct panel_source source;

	pthread_mutex_t lock; /* guards told */
	json_t *told;         /* what panel_json() tells; NULL: nothing yet */
};

/* --- What web/ calls --- */

static bool
may_read_metrics(void *arg, const struct sockaddr *from)
{
	struct panel_source *source = arg;
	struct settings *settings = server_settings(source->server);
	static const struct signer nobody = {.kind = SIGNER_NONE};
	struct addr addr;
	bool may = addr_from_sockaddr(from, &addr) == 0 &&
	    acl_allows(settings_metrics(settings), &addr, &nobody);

	settings_unref(settings);
	return may;
}

static void
write_metrics(void *arg, struct metrics *m)
{
	struct panel_source *source = arg;

	panel_metrics(source->server, m);
}

static json_t *
ailments(void *arg)
{
	struct panel_source *source = arg;

	return verdicts_ailments(source->server);
}

/* No entry before it is of the same principal. */
static bool
is_first(const struct keytab *k, const struct keytab_entry *e)
{
	for (const struct keytab_entry *o = k->entries; o != e; o++)
		if (strcmp(o->principal, e->principal) == 0)
			return false;
	return true;
}

static void
take_keys(const char *keytab, web_take_key *take, void *take_arg)
{
	char reason[KEYTAB_REASON_SIZE];
	struct keytab *k = NULL;
	struct stat st;

	(void)keytab_file_read(keytab_file_path(keytab), reason, &k, &st);
	for (size_t i = 0; k != NULL && i < k->n; i++) {
		const struct keytab_entry *e = &k->entries[i];

		if (strncmp(e->principal, "HTTP/", 5) == 0 && is_first(k, e))
			take(take_arg, keytab, e->principal);
	}
	keytab_destroy(k);
}

/* As the configuration has keytabs now, and the files keys. */
static void
find_keys(void *arg, web_take_key *take, void *take_arg)
{
	struct panel_source *source = arg;
	struct settings *settings = server_settings(source->server);
	const struct conf_texts *keytabs =
	    &settings_conf(settings)->kerberos.keytabs;

	for (size_t i = 0; i < keytabs->n; i++)
		if (keytab_file_path(keytabs->items[i]) != NULL)
			take_keys(keytabs->items[i], take, take_arg);
	settings_unref(settings);
}

static void
on_sign_in(void *arg, const struct web_sign_in *how)
{
	struct panel_source *source = arg;
	char principal[SIGNER_TEXT_SIZE] = "", reason[WEB_REASON_SIZE] = "";
	char text[ADDR_TEXT_SIZE];
	struct addr from;

	if (addr_from_sockaddr(how->from, &from) != 0)
		return;
	if (how->principal != NULL)
		(void)log_escape(how->principal, strlen(how->principal),
		    principal, sizeof(principal));
	if (how->reason == NULL) {
		log_notice("panel sign-in principal=\"%s\" from=%s", principal,
		    addr_to_text(&from, text));
		return;
	}
	if (!log_limit_allows(source->server->log_limit, LOG_LIMIT_SIGN_IN,
		&from))
		return;
	log_warning("panel refused principal=\"%s\" from=%s reason=\"%s\" "
		    "next=\"%s\"",
	    principal, addr_to_text(&from, text),
	    log_quote(how->reason, reason, sizeof(reason)),
	    how->principal != NULL
		? "if they may see the panel, add them to web { admins }"
		: "the keytab needs a key for HTTP/ and the host name in the "
		  "address of the panel; kddns-keytab check tells more");
}

/* --- Addresses --- */

static bool
same_addresses(const struct conf_listen *a, const struct conf_listen *b)
{
	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (!addr_equal(&a->items[i], &b->items[i]) ||
		    a->items[i].port != b->items[i].port)
			return false;
	return true;
}

static int
copy_addresses(struct conf_listen *to, const struct conf_listen *from)
{
	to->n = 0;
	to->items = calloc(from->n + 1, sizeof(to->items[0]));
	if (to->items == NULL)
		return ERR_NOMEM;
	memcpy(to->items, from->items, from->n * sizeof(to->items[0]));
	to->n = from->n;
	return 0;
}

static int
bind_addresses(const struct conf_listen *listen, struct web **web_out,
    struct reason *reason)
{
	struct sockaddr_storage *all = calloc(listen->n + 1, sizeof(all[0]));
	char why[WEB_REASON_SIZE];
	int ret = ERR_NOMEM;

	*web_out = NULL;
	if (all == NULL)
		return ERR_NOMEM;
	for (size_t i = 0; i < listen->n; i++)
		(void)addr_to_sockaddr(&listen->items[i], &all[i]);
	if (web_open(all, listen->n, web_out, why) == 0)
		ret = 0;
	else
		reason_set(reason, "%s", why);
	free(all);
	return ret == 0 ? 0 : ERR_BUSY;
}

/*
 * A server that is bound to these addresses, in the place of the old one.  If
 * they cannot be bound there is none: what the old one served may not be what
 * the new settings want to be seen where it listens.
 */
static int
bind_again(struct panel *p, const struct conf_listen *listen,
    struct reason *reason)
{
	int ret;

	if (p->web != NULL && same_addresses(&p->bound, listen))
		return 0;
	web_close(p->web);
	p->web = NULL;
	free(p->bound.items);
	ret = copy_addresses(&p->bound, listen);
	return ret != 0 ? ret : bind_addresses(listen, &p->web, reason);
}

/* --- Life --- */

int
panel_open(struct server *s, const struct conf *conf, struct panel **panel_out)
{
	struct panel *p = calloc(1, sizeof(*p));
	struct reason reason = {""};

	*panel_out = p;
	if (p == NULL)
		return ERR_NOMEM;
	(void)pthread_mutex_init(&p->lock, NULL);
	p->server = s;
	p->history = history_create();
	p->source.server = s;
	p->source.history = p->history;
	if (p->history == NULL)
		return ERR_NOMEM;
	/* What fails here is said when it is to be used. */
	if (conf->web.is_given)
		(void)bind_again(p, &conf->web.listen_on, &reason);
	return 0;
}

static bool
serve(struct panel *p, const struct conf *conf, struct reason *reason)
{
	const struct conf_web *web = &conf->web;
	const struct web_site site = {.arg = &p->source,
	    .documents = panel_documents,
	    .metrics = write_metrics,
	    .ailments = ailments,
	    .may_read_metrics = may_read_metrics,
	    .keys = find_keys,
	    .sign_in = on_sign_in};
	char cache[4096], why[WEB_REASON_SIZE];
	const struct web_negotiate negotiate = {.certificate = web->certificate,
	    .key = web->key,
	    .replay_cache = cache,
	    .admins = web->admins.items,
	    .n_admins = web->admins.n};

	(void)snprintf(cache, sizeof(cache), "%s/" REPLAY_CACHE,
	    conf->options.run_directory);
	if (web_start(p->web, &site,
		web->sign_in == CONF_SIGN_IN_NEGOTIATE ? &negotiate : NULL,
		why) == 0)
		return true;
	reason_set(reason, "%s", why);
	return false;
}

/* Where it is, by the addresses of the configuration. */
static json_t *
urls_json(const struct conf_web *web)
{
	bool is_https = web->sign_in == CONF_SIGN_IN_NEGOTIATE;
	json_t *list = json_array();
	char text[ADDR_TEXT_SIZE];

	for (size_t i = 0; i < web->listen_on.n; i++) {
		const struct addr *a = &web->listen_on.items[i];
		bool is_ipv6;

		(void)addr_to_text(a, text);
		is_ipv6 = strchr(text, ':') != NULL;
		(void)json_array_append_new(list,
		    json_sprintf("%s://%s%s%s:%u/", is_https ? "https" : "http",
			is_ipv6 ? "[" : "", text, is_ipv6 ? "]" : "", a->port));
	}
	return list;
}

static void
tell(struct panel *p, const struct conf_web *web, bool is_served,
    const struct reason *reason)
{
	json_t *now = NULL, *before;

	if (web->is_given)
		now = json_pack("{s:b, s:o, s:s, s:s}", "served", is_served,
		    "urls", urls_json(web), "sign_in",
		    web->sign_in == CONF_SIGN_IN_NEGOTIATE ? "negotiate"
							   : "off",
		    "reason", is_served ? "" : reason->text);
	(void)pthread_mutex_lock(&p->lock);
	before = p->told;
	p->told = now;
	(void)pthread_mutex_unlock(&p->lock);
	json_decref(before);
}

bool
panel_use(struct panel *p, const struct settings *settings,
    struct reason *reason)
{
	const struct conf *conf = settings_conf(settings);
	bool is_served = true;

	if (conf->web.is_given) {
		is_served = bind_again(p, &conf->web.listen_on, reason) == 0 &&
		    serve(p, conf, reason);
	} else {
		web_close(p->web);
		p->web = NULL;
	}
	tell(p, &conf->web, is_served, reason);
	return is_served;
}

json_t *
panel_json(struct panel *p)
{
	json_t *copy;

	(void)pthread_mutex_lock(&p->lock);
	copy = p->told == NULL ? json_null() : json_deep_copy(p->told);
	(void)pthread_mutex_unlock(&p->lock);
	return copy;
}

void
panel_tick(struct panel *p)
{
	history_tick(p->history, p->server);
}

void
panel_close(struct panel *p)
{
	if (p == NULL)
		return;
	web_close(p->web);
	free(p->bound.items);
	history_destroy(p->history);
	json_decref(p->told);
	(void)pthread_mutex_destroy(&p->lock);
	free(p);
}
