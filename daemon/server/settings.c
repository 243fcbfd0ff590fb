/*
 * settings.c - the configuration, compiled for the way of a packet
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/base/err.h"
#include "daemon/conf/conf.h"
#include "daemon/conf/errors.h"
#include "daemon/policy/acl.h"
#include "daemon/policy/policy.h"
#include "daemon/policy/rule.h"
#include "daemon/server/complaints.h"
#include "daemon/server/grants.h"
#include "daemon/server/match_lists.h"
#include "daemon/server/session_key.h"
#include "daemon/server/settings.h"
#include "daemon/server/zone_book.h"
#include "daemon/store/store.h"
#include "daemon/tsig/keyring.h"
#include "daemon/xfr/notify.h"

struct settings {
	_Atomic unsigned refs;
	struct conf *conf;
	struct keyring *ring;
	struct acl *metrics;
	struct edns_settings edns;
	uint8_t server_id[255];
	struct zone_settings *zones;
	struct store_zone_config *store_zones;
	size_t n_zones;
	/* Open addressing by the store_zone's address; a power of two. */
	const struct zone_settings **by_zone;
	size_t mask;
	struct local_addresses local;
	struct arena arena; /* of what store_zones points to */
};

struct settings *
settings_ref(struct settings *s)
{
	(void)atomic_fetch_add_explicit(&s->refs, 1, memory_order_relaxed);
	return s;
}

void
settings_unref(struct settings *s)
{
	if (s == NULL ||
	    atomic_fetch_sub_explicit(&s->refs, 1, memory_order_acq_rel) != 1)
		return;
	for (size_t i = 0; s->zones != NULL && i < s->n_zones; i++) {
		zone_book_destroy(s->zones[i].book);
		acl_destroy(s->zones[i].allow_update);
		acl_destroy(s->zones[i].allow_query);
		acl_destroy(s->zones[i].allow_transfer);
	}
	free(s->zones);
	free(s->store_zones);
	free(s->by_zone);
	keyring_unref(s->ring);
	acl_destroy(s->metrics);
	conf_destroy(s->conf);
	arena_clear(&s->arena);
	free(s);
}

/* --- Policies --- */

struct rule_complaints {
	struct complaints *c;
	const struct conf_zone *zone;
};

/* source is the place of one of the rules: find it again. */
static const struct conf_place *
place_of_rule(const struct conf_zone *zone, const char *source)
{
	const struct conf_rules *rules = &zone->update_policy;
	char text[ZONE_BOOK_PLACE_SIZE];

	for (size_t i = 0; i < rules->n; i++) {
		const struct conf_place *place = &rules->items[i].place;

		if (strcmp(zone_book_place(place, text), source) == 0)
			return place;
	}
	return &zone->place;
}

static void
complain_of_rule(void *arg, const char *source, const char *what)
{
	const struct rule_complaints *rc = arg;

	complaints_add(rc->c, place_of_rule(rc->zone, source), "%s", what);
}

static void
warn_of_rule(void *arg, const char *source, const char *what)
{
	const struct rule_complaints *rc = arg;

	complaints_warn(rc->c, place_of_rule(rc->zone, source),
	    "update-policy: %s", what);
}

/* What looks like a principal to its author is taken for a key. */
static void
warn_of_unknown_keys(const struct settings *s, const struct policy_book *book,
    const struct rule_complaints *rc)
{
	for (size_t i = 0; s->ring != NULL && i < policy_book_n_rules(book);
	     i++) {
		const struct policy_rule *r = policy_book_rule_at(book, i);

		if (r->identity != RULE_KEY ||
		    (r->who != RULE_IDENTITY && r->who != RULE_LOCAL) ||
		    keyring_find(s->ring, r->identity_name.octets) != NULL)
			continue;
		complaints_warn(rc->c, place_of_rule(rc->zone, r->source),
		    "update-policy: there is no key {} for \"%s\"; a principal "
		    "is written with its realm, as PC1$@AD.EXAMPLE.TEST",
		    policy_rule_to_text(r));
	}
}

/* Without a word of the directory yet: where it has its place, nothing goes. */
static int
compile_book(const struct settings *s, const struct conf_zone *zone,
    struct zone_settings *z, struct complaints *c)
{
	const struct zone_book_directory nothing_yet = {
	    .has_directory = s->conf->ldap.is_given};
	struct rule_complaints rc = {c, zone};
	struct zone_book_source source = {.conf = zone,
	    .apex = &z->apex,
	    .directory = &nothing_yet,
	    .complain = complain_of_rule,
	    .complain_arg = &rc};
	struct policy_book *book;
	int ret = zone_book_compile(&source, &book);

	if (ret == ERR_MALFORMED)
		return 0; /* complained of */
	if (ret != 0)
		return ret;
	policy_book_lint(book, warn_of_rule, &rc);
	warn_of_unknown_keys(s, book, &rc);
	z->book = zone_book_create(book);
	if (z->book != NULL)
		return 0;
	policy_book_unref(book);
	return ERR_NOMEM;
}

/* --- Keys --- */

const char *
settings_session_keyfile(const struct settings *s)
{
	for (size_t i = 0; i < s->conf->n_zones; i++)
		if (s->conf->zones[i].update_policy.is_local)
			return s->conf->options.session_keyfile;
	return NULL;
}

static int
compile_keys(struct settings *s, const struct session_key *session_key,
    struct complaints *c)
{
	static const enum tsig_algorithm algorithms[] = {
	    [CONF_KEY_HMAC_MD5] = TSIG_HMAC_MD5,
	    [CONF_KEY_HMAC_SHA1] = TSIG_HMAC_SHA1,
	    [CONF_KEY_HMAC_SHA224] = TSIG_HMAC_SHA224,
	    [CONF_KEY_HMAC_SHA256] = TSIG_HMAC_SHA256,
	    [CONF_KEY_HMAC_SHA384] = TSIG_HMAC_SHA384,
	    [CONF_KEY_HMAC_SHA512] = TSIG_HMAC_SHA512,
	};
	const struct conf *conf = s->conf;
	struct keyring_secret *secrets;
	struct reason reason = {""};
	size_t n = conf->n_keys;
	int ret = 0;

	secrets = calloc(n + 1, sizeof(secrets[0]));
	if (secrets == NULL)
		return ERR_NOMEM;
	for (size_t i = 0; i < conf->n_keys; i++) {
		const struct conf_key *k = &conf->keys[i];

		(void)name_from_text(k->name, NULL, &secrets[i].name);
		secrets[i].algorithm = algorithms[k->algorithm];
		secrets[i].mac_bits = k->mac_bits;
		secrets[i].secret = k->secret.octets;
		secrets[i].secret_len = k->secret.len;
	}
	if (settings_session_keyfile(s) != NULL) {
		(void)name_from_text(SESSION_KEY_NAME, NULL, &secrets[n].name);
		secrets[n].algorithm = TSIG_HMAC_SHA256;
		secrets[n].secret = session_key->secret;
		secrets[n].secret_len = SESSION_KEY_LEN;
		n++;
	}
	if (!c->any)
		ret = keyring_create(secrets, n, &s->ring, &reason);
	if (ret != 0 && ret != ERR_NOMEM) {
		complaints_add(c, &conf->keys[0].place, "%s", reason.text);
		ret = 0;
	}
	free(secrets);
	return ret;
}

/* --- Zones --- */

static const enum serial_method serial_methods[] = {
    [CONF_SERIAL_INCREMENT] = SERIAL_INCREMENT,
    [CONF_SERIAL_UNIXTIME] = SERIAL_UNIXTIME,
    [CONF_SERIAL_DATE] = SERIAL_DATE,
};

static int
fill_soa(struct settings *s, const struct conf_zone *conf,
    struct store_zone_config *z)
{
	const struct conf_soa *soa = &conf->soa;
	size_t n = soa->nameservers.n;
	struct name *names = arena_calloc(&s->arena, n + 1, sizeof(names[0]));

	if (names == NULL)
		return ERR_NOMEM;
	if (soa->mname == NULL || soa->rname == NULL)
		return 0; /* conf/ has complained of it */
	(void)name_from_text(soa->mname, NULL, &z->soa.mname);
	(void)name_from_text(soa->rname, NULL, &z->soa.rname);
	for (size_t i = 0; i < n; i++)
		(void)name_from_text(soa->nameservers.items[i], NULL,
		    &names[i]);
	z->soa.given = true;
	z->soa.nameservers = names;
	z->soa.n_nameservers = n;
	z->soa.refresh_s = soa->refresh_s;
	z->soa.retry_s = soa->retry_s;
	z->soa.expire_s = soa->expire_s;
	z->soa.minimum_s = soa->minimum_s;
	z->soa.ttl_s = soa->ttl_s;
	return 0;
}

static int
compile_zone(struct settings *s, size_t i, struct complaints *c)
{
	const struct conf_zone *conf = &s->conf->zones[i];
	struct zone_settings *z = &s->zones[i];
	struct store_zone_config *store = &s->store_zones[i];
	int ret;

	z->conf = conf;
	if (conf->name == NULL ||
	    name_from_text(conf->name, NULL, &z->apex) != 0)
		return 0; /* conf/ has complained of it */
	store->apex = z->apex;
	store->file = conf->file;
	store->serial_method = serial_methods[conf->serial_update_method];
	store->dump_interval_s = conf->dump_interval_s;
	store->max_journal_size = conf->max_journal_size == CONF_UNLIMITED
	    ? 0
	    : conf->max_journal_size;
	store->max_records_per_name = conf->max_records_per_name;
	store->max_records = conf->max_records;
	ret = conf->soa.is_given ? fill_soa(s, conf, store) : 0;
	if (ret == 0)
		ret = compile_book(s, conf, z, c);
	if (ret == 0)
		ret = match_list_compile(&conf->allow_update, &conf->place,
		    &s->local, c, &z->allow_update);
	if (ret == 0)
		ret = match_list_compile(&conf->allow_query, &conf->place,
		    &s->local, c, &z->allow_query);
	if (ret == 0)
		ret = match_list_compile(&conf->allow_transfer, &conf->place,
		    &s->local, c, &z->allow_transfer);
	return ret;
}

static void
check_directory(const struct conf *conf, struct complaints *c)
{
	struct reason reason;

	if (conf->ldap.is_given && grants_check(conf, &reason) != 0)
		complaints_add(c, &conf->ldap.place, "ldap: %s", reason.text);
}

static void
set_server_id(struct settings *s)
{
	const struct conf_server_id *id = &s->conf->options.server_id;
	char text[256] = "";

	if (id->kind == CONF_SERVER_ID_HOSTNAME)
		(void)gethostname(text, sizeof(text) - 1);
	else if (id->kind == CONF_SERVER_ID_TEXT)
		(void)snprintf(text, sizeof(text), "%s", id->text);
	s->edns.max_udp_size = (uint16_t)s->conf->options.max_udp_size;
	if (text[0] == '\0')
		return;
	s->edns.server_id_len = (uint16_t)strnlen(text, sizeof(s->server_id));
	memcpy(s->server_id, text, s->edns.server_id_len);
	s->edns.server_id = s->server_id;
}

int
settings_read(const char *path, const char *const *overrides,
    size_t n_overrides, const struct session_key *session_key,
    struct conf_errors *errors, struct settings **settings_out)
{
	struct complaints c = {.errors = errors};
	const struct conf *conf;
	struct settings *s; /* owned until handed out */
	int ret;

	*settings_out = NULL;
	s = calloc(1, sizeof(*s));
	if (s == NULL)
		return ERR_NOMEM;
	atomic_init(&s->refs, 1);
	arena_init(&s->arena, 0);
	ret = conf_read(path, overrides, n_overrides, errors, &s->conf);
	c.any = ret == ERR_MALFORMED; /* what else is wrong is wanted, too */
	if (s->conf == NULL)
		goto done;
	conf = s->conf;
	ret = ERR_NOMEM;
	s->n_zones = conf->n_zones;
	s->zones = calloc(conf->n_zones + 1, sizeof(s->zones[0]));
	s->store_zones = calloc(conf->n_zones + 1, sizeof(s->store_zones[0]));
	if (s->zones == NULL || s->store_zones == NULL)
		goto done;

	set_server_id(s);
	local_addresses_find(&s->local);
	if (!c.any)
		check_directory(conf, &c);
	ret = compile_keys(s, session_key, &c);
	if (ret == 0)
		ret = match_list_compile(&conf->web.metrics, &conf->web.place,
		    &s->local, &c, &s->metrics);
	for (size_t i = 0; ret == 0 && i < conf->n_zones; i++)
		ret = compile_zone(s, i, &c);
	match_lists_warn(conf, &c);
	conf_errors_sort(errors);
	if (ret == 0 && c.any)
		ret = ERR_MALFORMED;
	if (ret != 0)
		goto done;

	*settings_out = s;
	s = NULL;
done:
	settings_unref(s);
	return ret;
}

/* --- What the way of a packet asks --- */

static size_t
zone_hash(const struct store_zone *zone)
{
	return (size_t)((uintptr_t)zone * 0x9e3779b97f4a7c15u >> 20);
}

int
settings_bind(struct settings *s, const struct store *store)
{
	size_t size = 16;

	while (size < 2 * s->n_zones)
		size *= 2;
	s->by_zone = calloc(size, sizeof(s->by_zone[0]));
	if (s->by_zone == NULL)
		return ERR_NOMEM;
	s->mask = size - 1;
	for (size_t i = 0; i < s->n_zones; i++) {
		struct zone_settings *z = &s->zones[i];
		size_t at;

		z->zone = store_find_apex(store, z->apex.octets);
		if (z->zone == NULL)
			continue;
		at = zone_hash(z->zone) & s->mask;
		while (s->by_zone[at] != NULL)
			at = (at + 1) & s->mask;
		s->by_zone[at] = z;
	}
	return 0;
}

const struct zone_settings *
settings_zone(const struct settings *s, const struct store_zone *zone)
{
	size_t at = zone_hash(zone) & s->mask;

	if (zone == NULL)
		return NULL;
	for (; s->by_zone[at] != NULL; at = (at + 1) & s->mask)
		if (s->by_zone[at]->zone == zone)
			return s->by_zone[at];
	return NULL;
}

const struct conf *
settings_conf(const struct settings *s)
{
	return s->conf;
}

struct keyring *
settings_keyring(const struct settings *s)
{
	return s->ring;
}

const struct acl *
settings_metrics(const struct settings *s)
{
	return s->metrics;
}

const struct edns_settings *
settings_edns(const struct settings *s)
{
	return &s->edns;
}

bool
settings_asks_helpers(const struct settings *s)
{
	bool asks = false;

	for (size_t i = 0; i < s->n_zones && !asks; i++) {
		struct policy_book *b = zone_book_ref(s->zones[i].book);

		asks = policy_book_asks_helpers(b);
		policy_book_unref(b);
	}
	return asks;
}

size_t
settings_n_zones(const struct settings *s)
{
	return s->n_zones;
}

const struct zone_settings *
settings_zone_at(const struct settings *s, size_t i)
{
	return &s->zones[i];
}

const struct store_zone_config *
settings_store_zones(const struct settings *s)
{
	return s->store_zones;
}

/* The key that server {} names for this peer: the longest prefix decides. */
static const char *
server_key(const struct conf *conf, const struct addr *peer)
{
	const char *key = NULL;
	int longest = -1;

	for (size_t i = 0; i < conf->n_servers; i++) {
		const struct conf_server *server = &conf->servers[i];

		if (addr_in_prefix(peer, &server->peer) &&
		    (int)server->peer.length > longest) {
			longest = server->peer.length;
			key = server->key;
		}
	}
	return key;
}

int
settings_notify(const struct settings *s, const struct zone_settings *z,
    struct notify_zone_settings *notify_out)
{
	static const enum notify_mode modes[] = {
	    [CONF_NOTIFY_YES] = NOTIFY_YES,
	    [CONF_NOTIFY_EXPLICIT] = NOTIFY_EXPLICIT,
	    [CONF_NOTIFY_NO] = NOTIFY_NO,
	};
	const struct conf_targets *also = &z->conf->also_notify;
	struct notify_target *targets;

	memset(notify_out, 0, sizeof(*notify_out));
	targets = calloc(also->n + 1, sizeof(targets[0]));
	if (targets == NULL)
		return ERR_NOMEM;
	for (size_t i = 0; i < also->n; i++) {
		const char *key = also->items[i].key;

		targets[i].addr = also->items[i].addr;
		if (key == NULL)
			key = server_key(s->conf, &targets[i].addr);
		if (key != NULL)
			(void)name_from_text(key, NULL, &targets[i].key);
	}
	notify_out->mode = modes[z->conf->notify];
	notify_out->also = targets;
	notify_out->n_also = also->n;
	notify_out->source = z->conf->notify_source;
	notify_out->source_v6 = z->conf->notify_source_v6;
	notify_out->ns_port = 53;
	return 0;
}
