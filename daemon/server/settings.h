/*
 * settings.h - the configuration, compiled for the way of a packet
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Policies, address-match lists and keys of one configuration, immutable but
 * for what the directory adds to policies.  A reload makes another; a request
 * keeps the one it began with.
 *
 * Owns:    its conf and everything compiled from it.
 * Threads: immutable once bound; counted: any.
 * Errors:  negative enum err.
 */
#ifndef SERVER_SETTINGS_H
#define SERVER_SETTINGS_H

#include <stddef.h>

#include "daemon/base/reason.h"
#include "daemon/dns/name.h"
#include "daemon/query/edns.h"

struct acl;
struct conf;
struct conf_errors;
struct conf_zone;
struct keyring;
struct notify_zone_settings;
struct session_key;
struct settings;
struct store;
struct store_zone;
struct store_zone_config;
struct zone_book;

struct zone_settings {
	struct name apex;
	const struct conf_zone *conf;
	struct zone_book *book;
	struct acl *allow_update, *allow_query, *allow_transfer;
	struct store_zone *zone; /* set by settings_bind() */
};

/*
 * Reads the configuration file with its overrides (conf_read()) and compiles
 * it.  All mistakes become lines of errors.  The session key is one of the
 * keys if a zone has "update-policy local".
 * ERR_MALFORMED, ERR_NOMEM, and what conf_read() returns.
 */
int settings_read(const char *path, const char *const *overrides,
    size_t n_overrides, const struct session_key *session_key,
    struct conf_errors *errors, struct settings **settings_out);
struct settings *settings_ref(struct settings *s);
void settings_unref(struct settings *s); /* NULL is fine */

/* Finds the store's zones; once, before the settings are used. */
int settings_bind(struct settings *s, const struct store *store);

const struct conf *settings_conf(const struct settings *s);
struct keyring *settings_keyring(const struct settings *s);
/* Who may read the panel's metrics. */
const struct acl *settings_metrics(const struct settings *s);

const struct edns_settings *settings_edns(const struct settings *s);

/* Where the session key goes, if a zone has "update-policy local"; else NULL. */
const char *settings_session_keyfile(const struct settings *s);

/* The settings of a store's zone; NULL: zone is NULL, or not configured. */
const struct zone_settings *settings_zone(const struct settings *s,
    const struct store_zone *zone);

/* True if a zone has external rules. */
bool settings_asks_helpers(const struct settings *s);

size_t settings_n_zones(const struct settings *s);
const struct zone_settings *settings_zone_at(const struct settings *s,
    size_t i);

/* What the store wants to know of the zones: an array of settings_n_zones(). */
const struct store_zone_config *settings_store_zones(const struct settings *s);

/* What notify wants to know of one; free() the targets in it afterwards. */
int settings_notify(const struct settings *s, const struct zone_settings *z,
    struct notify_zone_settings *notify_out);

#endif
