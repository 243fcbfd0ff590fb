/*
 * conf.h - the configuration file, read into one struct of plain values
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The language is named.conf's; table.c declares every statement once, and
 * the reader, the checker, the overrides, the dump and the manual page all
 * come from it.  Reading opens the configuration, the files it includes and
 * its secret-files, and nothing else.
 *
 * Domain names are texts as the file has them, without the final dot (the
 * root is "."), and known to be well-formed; compare them without case.
 * Paths are absolute.  A text that was not given is NULL, a list has n 0.
 *
 * Owns:    a struct conf owns all that it points to; it never changes.
 * Threads: any; conf_read() keeps no state between calls.
 * Errors:  negative enum err, and one line for each mistake in conf_errors.
 * Units:   in the field's name (_s: seconds) or comment; sizes in octets.
 */
#ifndef CONF_CONF_H
#define CONF_CONF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "daemon/base/addr.h"
#include "daemon/base/arena.h"
#include "daemon/base/log.h"

struct conf_errors; /* errors.h */

#define CONF_UNLIMITED UINT64_MAX /* a size without bound */

/* Where something was written, to be named in messages. */
struct conf_place {
	const char *file; /* an override's own text, if line is 0 */
	unsigned line;
	unsigned order; /* in all that was read, for sorting messages */
};

struct conf_texts {
	const char **items;
	size_t n;
};

/* Address-match lists: the first element that matches decides. */
enum conf_match_kind {
	CONF_MATCH_ANY,
	CONF_MATCH_NONE,
	CONF_MATCH_LOCALHOST, /* an address of this machine */
	CONF_MATCH_LOCALNETS, /* a network that this machine is on */
	CONF_MATCH_PREFIX,    /* prefix */
	CONF_MATCH_KEY,       /* text: name of a key that is in conf.keys */
	CONF_MATCH_PRINCIPAL, /* text: pattern, '*' stands for any octets */
	CONF_MATCH_ACL,       /* text: name of the acl, list: what it holds */
	CONF_MATCH_LIST,      /* list: a nested one */
};

struct conf_match {
	enum conf_match_kind kind;
	bool is_negated; /* '!': what matches here is refused */
	struct addr_prefix prefix;
	const char *text;
	const struct conf_match_list *list;
	struct conf_place place;
};

struct conf_match_list {
	struct conf_match *items;
	size_t n; /* 0: matches nothing */
};

/* Sockets to bind; "any" is the wildcard address, "none" is nothing. */
struct conf_listen {
	struct addr *items; /* port set */
	size_t n;
};

enum conf_server_id_kind {
	CONF_SERVER_ID_NONE,
	CONF_SERVER_ID_HOSTNAME,
	CONF_SERVER_ID_TEXT,
};

struct conf_server_id {
	enum conf_server_id_kind kind;
	const char *text; /* CONF_SERVER_ID_TEXT only */
};

/* BIND's rate-limit block; all rates in responses a second, 0: none. */
struct conf_rate_limit {
	uint32_t responses_per_second;
	uint32_t referrals_per_second;
	uint32_t nodata_per_second;
	uint32_t nxdomains_per_second;
	uint32_t errors_per_second;
	uint32_t all_per_second;
	uint32_t window_s;
	uint32_t
	    slip; /* every n-th dropped answer is sent truncated; 0: none */
	uint32_t ipv4_prefix_length;
	uint32_t ipv6_prefix_length;
	uint32_t max_table_size; /* entries */
	uint32_t min_table_size; /* entries */
	struct conf_match_list exempt_clients;
	bool log_only;
};

struct conf_options {
	const char *directory;           /* store and zone files */
	const char *run_directory;       /* sockets, session key */
	const char *user;                /* whom to become after binding */
	struct conf_listen listen_on;    /* IPv4 */
	struct conf_listen listen_on_v6; /* IPv6 */
	uint32_t workers;                /* threads; 0: one for each CPU */
	uint32_t tcp_clients;            /* connections, all workers together */
	uint32_t tcp_clients_per_address;
	uint32_t tcp_idle_timeout_s;
	uint32_t max_udp_size; /* octets of an answer */
	struct conf_server_id server_id;
	uint32_t transfers_out; /* at one time */
	uint32_t max_transfer_time_out_s;
	uint64_t journal_total_size; /* octets; CONF_UNLIMITED */
	struct conf_rate_limit rate_limit;
	bool sandbox;
	enum log_level log_level;
	const char *session_keyfile;
};

enum conf_replay_cache {
	CONF_REPLAY_MEMORY,
	CONF_REPLAY_FILE,
};

enum conf_weak_enctypes {
	CONF_WEAK_REFUSE,
	CONF_WEAK_ALLOW,
};

struct conf_kerberos {
	struct conf_texts keytabs;   /* "FILE:/path", at least one */
	struct conf_texts acceptors; /* principals; n 0: any DNS/ key */
	uint32_t max_contexts;
	uint32_t context_lifetime_s;
	uint32_t negotiation_timeout_s;
	uint32_t contexts_per_principal;
	uint32_t negotiations_per_address; /* half-open */
	enum conf_replay_cache replay_cache;
	enum conf_weak_enctypes weak_enctypes;
	uint32_t health_interval_s;
	uint32_t kdc_timeout_s;
};

enum conf_key_algorithm {
	CONF_KEY_HMAC_MD5,
	CONF_KEY_HMAC_SHA1,
	CONF_KEY_HMAC_SHA224,
	CONF_KEY_HMAC_SHA256,
	CONF_KEY_HMAC_SHA384,
	CONF_KEY_HMAC_SHA512,
};

struct conf_key_secret {
	uint8_t *octets; /* wiped by conf_destroy() */
	size_t len;
};

struct conf_key {
	const char *name;
	enum conf_key_algorithm algorithm;
	uint32_t mac_bits; /* truncated MACs, "hmac-sha256-128"; 0: whole */
	struct conf_key_secret secret;
	const char *secret_file; /* where secret was read from, or NULL */
	struct conf_place place;
};

struct conf_acl {
	const char *name;
	struct conf_match_list list;
	struct conf_place place;
};

/* What we do towards one peer; the longest prefix that holds it decides. */
struct conf_server {
	struct addr_prefix peer;
	/* Signs what we send there; name in conf.keys or NULL */
	const char *key;
	struct conf_place place;
};

enum conf_ldap_bind {
	CONF_LDAP_GSSAPI,
	CONF_LDAP_SIMPLE,
	CONF_LDAP_ANONYMOUS,
};

struct conf_ldap {
	bool is_given;
	struct conf_place place;
	struct conf_texts uris; /* in order */
	bool start_tls;
	const char *ca_file;
	enum conf_ldap_bind bind;
	const char *bind_dn;
	const char *bind_password_file;
	const char *bind_principal;
	const char *base;
	const char *policy_base;
	struct conf_texts realms;
	const char *principal_filter;
	struct conf_texts hostname_attributes;
	struct conf_texts hostname_suffixes;
	const char *group_attribute;
	uint32_t timeout_s;
	uint32_t cache_time_s;
	uint32_t negative_cache_time_s;
	uint32_t stale_time_s;
	uint32_t refresh_s; /* poll interval; 0: auto */
};

enum conf_sign_in {
	CONF_SIGN_IN_OFF,
	CONF_SIGN_IN_NEGOTIATE,
};

struct conf_web {
	bool is_given;
	struct conf_place place;
	struct conf_listen listen_on;
	enum conf_sign_in sign_in; /* off: listen_on is loopback only */
	struct conf_texts admins;  /* principals with their realms */
	const char *certificate;   /* with sign-in it is given, and so is key */
	const char *key;
	struct conf_match_list metrics;
};

struct conf_control {
	const char *socket;
	const char *group;
};

enum conf_zone_type {
	CONF_ZONE_PRIMARY,
};

/* What a zone is made from when its file does not exist. */
struct conf_soa {
	bool is_given;
	struct conf_place place;
	const char *mname;
	const char *rname; /* a domain name: hostmaster.example.test */
	struct conf_texts nameservers; /* at least one if is_given */
	uint32_t refresh_s;
	uint32_t retry_s;
	uint32_t expire_s;
	uint32_t minimum_s;
	uint32_t ttl_s; /* of the SOA and NS RRs */
};

enum conf_policy_source {
	CONF_POLICY_FILE,
	CONF_POLICY_LDAP,
};

struct conf_policy_sources {
	enum conf_policy_source items[2];
	size_t n;
};

/*
 * One update-policy rule: its words with one space between, without the ';'.
 * A word that was quoted still is, and in it \" stands for a quote; every
 * other backslash is itself.
 */
struct conf_rule {
	const char *text;
	struct conf_place place;
};

struct conf_rules {
	struct conf_rule *items; /* in order; first match decides */
	size_t n;
	bool is_local;           /* update-policy local; no items then */
	struct conf_place place; /* of the statement */
};

struct conf_bootstrap {
	bool is_given;
	struct conf_place place;
	struct conf_match_list address;
	const char *until; /* "2026-12-01T00:00:00Z" */
};

/* One secondary to notify. */
struct conf_target {
	struct addr addr; /* port set, 53 unless given */
	const char *key;  /* name in conf.keys, or NULL */
	struct conf_place place;
};

struct conf_targets {
	struct conf_target *items;
	size_t n;
};

enum conf_notify {
	CONF_NOTIFY_YES,      /* NS names and also-notify */
	CONF_NOTIFY_EXPLICIT, /* also-notify */
	CONF_NOTIFY_NO,
};

enum conf_serial_method {
	CONF_SERIAL_INCREMENT,
	CONF_SERIAL_UNIXTIME,
	CONF_SERIAL_DATE,
};

struct conf_zone {
	const char *name;
	enum conf_zone_type type;
	const char *file;
	struct conf_soa soa;
	struct conf_policy_sources policy_source;
	struct conf_rules update_policy;
	struct conf_match_list allow_update; /* where no rule matched */
	struct conf_bootstrap bootstrap;
	struct conf_match_list allow_query;
	struct conf_match_list allow_transfer;
	struct conf_targets also_notify;
	enum conf_notify notify;
	struct addr notify_source;    /* family 0: the kernel's choice */
	struct addr notify_source_v6; /* the same */
	enum conf_serial_method serial_update_method;
	uint64_t max_journal_size;     /* octets of history; CONF_UNLIMITED */
	uint32_t dump_interval_s;      /* 0: only when told to, and at stop */
	uint32_t max_records_per_name; /* 0: no limit */
	uint32_t max_records;          /* 0: no limit */
	struct conf_place place;
};

struct conf {
	struct conf_options options;
	struct conf_kerberos kerberos;
	struct conf_ldap ldap;
	struct conf_web web;
	struct conf_control control;
	struct conf_key *keys;
	size_t n_keys;
	struct conf_acl *acls;
	size_t n_acls;
	struct conf_server *servers;
	size_t n_servers;
	struct conf_zone *zones; /* in the order of the file */
	size_t n_zones;

	struct conf_zone zone_defaults; /* what a zone starts from */
	const char *path;               /* the file, absolute */
	struct arena arena;
};

/*
 * Reads the file path and applies the overrides, texts "PATH=VALUE" as -o
 * takes them ("options/workers=2", "zone/ad.example.test/notify=no"), each of
 * which takes the place of what the file has there.
 *
 * Every mistake becomes a line of errors (which is set up by the caller), in
 * the order of the file; warnings do too, but do not fail.
 *
 * ERR_MALFORMED  there are mistakes; *conf_out is set all the same, with what
 *                was understood (any text in it may be NULL), so that the
 *                caller can find what is wrong with rules and names besides
 * ERR_NOTFOUND, ERR_PERM, ERR_IO  the file cannot be read; errors says why
 * ERR_NOMEM
 */
int conf_read(const char *path, const char *const *overrides,
    size_t n_overrides, struct conf_errors *errors, struct conf **conf_out);

/*
 * The same from len octets of text; name stands for the file in messages.
 * No file is opened: include and secret-file are mistakes.
 */
int conf_read_text(const char *name, const char *text, size_t len,
    struct conf_errors *errors, struct conf **conf_out);

/* Wipes the secrets and frees; NULL is fine. */
void conf_destroy(struct conf *c);

/* The key of that name (any case, final dot or not), or NULL. */
const struct conf_key *conf_key_find(const struct conf *c, const char *name);

/*
 * Writes the configuration in effect, defaults included, in its own language.
 * Reading it gives an equal configuration, except that secrets written in the
 * file are shown as '?' (a secret-file is named).
 */
void conf_dump(const struct conf *c, FILE *out);

/* Writes the statements part of kddnsd.conf(5), in mdoc(7). */
void conf_manual(FILE *out);

#endif
