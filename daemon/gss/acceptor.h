/*
 * acceptor.h - the acceptor's keys, loaded in immutable generations
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A generation is what the keytab files held when they were loaded: the keys
 * that may accept, in one MEMORY keytab per principal and one with all of
 * them, and what the configuration said of replays and weak enctypes.  The
 * files are not looked at again; a change is a new generation, tried out
 * before it is swapped in.
 *
 * Keys that a new generation lacks retire: they accept for a while longer, for
 * tickets of a kvno that is no longer in the files.  They are a generation of
 * their own, with the policy of the current one.  A principal that has no key
 * any more, or may not accept any more, has no retired key either.
 *
 * Credentials are made from a generation by each thread for itself, because a
 * shared one makes accepts wait for each other.
 *
 * Owns:    a generation owns its keytabs (names in krb5's process-wide table).
 * Threads: generations are immutable, counted: any; struct acceptor: any;
 *          struct acceptor_creds: one.
 * Errors:  negative enum err and a reason.
 */
#ifndef GSS_ACCEPTOR_H
#define GSS_ACCEPTOR_H

#include <gssapi/gssapi.h>
#include <krb5/krb5.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/base/reason.h"

struct acceptor_generation;

struct acceptor_config {
	const char *const *keytabs; /* "FILE:/etc/krb5.keytab" */
	size_t n_keytabs;
	const char *const
	    *principals; /* n 0: any whose first component is DNS */
	size_t n_principals;
	const char *replay_cache; /* a file for krb5's own; NULL: none */
	bool allow_weak;          /* sessions of RC4 and 3DES */
};

/*
 * Reads the keytabs and tries them out: every credential can be acquired, the
 * replay cache can be written.  The generation has one reference.
 *
 * ERR_PERM, ERR_NOTFOUND  a file cannot be read; the reason names the path
 *                         component and our uid
 * ERR_PERM                also: the replay cache cannot be written
 * ERR_MALFORMED           not a whole keytab, or a principal that is none
 * ERR_NOTFOUND            also: no key that may accept is in them
 * ERR_CRYPTO              GSS-API makes no credential of a key
 */
int acceptor_load(const struct acceptor_config *config,
    struct acceptor_generation **generation_out, struct reason *reason);

struct acceptor_generation *acceptor_generation_ref(
    struct acceptor_generation *g);
void acceptor_generation_unref(
    struct acceptor_generation *g); /* NULL is fine */

/* A key entry, for reasons and panels.  No key octets. */
struct acceptor_entry {
	unsigned principal; /* index */
	uint32_t kvno;
	int32_t enctype;
};

size_t acceptor_n_principals(const struct acceptor_generation *g);
const char *acceptor_principal_text(const struct acceptor_generation *g,
    size_t principal);
bool acceptor_has_principal(const struct acceptor_generation *g,
    const char *text);
size_t acceptor_n_entries(const struct acceptor_generation *g);
const struct acceptor_entry *acceptor_entries(
    const struct acceptor_generation *g);

/* The keytabs that it was loaded from, as configured, and when (wall clock). */
size_t acceptor_n_keytabs(const struct acceptor_generation *g);
const char *acceptor_keytab_at(const struct acceptor_generation *g,
    size_t keytab);
uint64_t acceptor_loaded_s(const struct acceptor_generation *g);

/* The file that a keytab's name stands for; NULL: none. */
const char *acceptor_keytab_path(const char *name);

bool acceptor_allows_weak(const struct acceptor_generation *g);

/*
 * Says which kvnos of which principals were added, removed or have other
 * keys.  False: all keys are the same.
 */
bool acceptor_changes(const struct acceptor_generation *old,
    const struct acceptor_generation *new, struct reason *changes);

/* Which keytab of a generation: the index of a principal, or one of these. */
#define ACCEPTOR_ALL SIZE_MAX        /* every entry that may accept */
#define ACCEPTOR_NONE (SIZE_MAX - 1) /* no key fits */
#define ACCEPTOR_ALL_MAX 64 /* entries; with more, ALL would be a burden */

struct clear_ap_req;

/*
 * The principal for a ticket: same name and realm, else the same but for the
 * case of its first two components, else ALL if there are few, else NONE.
 */
size_t acceptor_choose(const struct acceptor_generation *g,
    const struct clear_ap_req *ap);

/* True if the principal has a key of the ticket's kvno and enctype. */
bool acceptor_has_key(const struct acceptor_generation *g, size_t principal,
    const struct clear_ap_req *ap);

/* The MEMORY keytab's name; that of all entries for ALL and NONE. */
const char *acceptor_keytab_name(const struct acceptor_generation *g,
    size_t principal);

/* Which keys are in use; none at first. */
struct acceptor;

struct acceptor *acceptor_create(void);    /* NULL: no memory */
void acceptor_destroy(struct acceptor *a); /* NULL is fine */

/*
 * From now on g is in use (takes a reference of its own).  Keys that it lacks
 * accept for retired_s seconds more.  One thread at a time.
 * ERR_NOMEM, ERR_CRYPTO: nothing has changed.
 */
int acceptor_set(struct acceptor *a, struct acceptor_generation *g,
    uint32_t retired_s, struct reason *reason);

/*
 * The config's keytabs cannot be loaded: what it no longer allows goes at
 * once (principals, keytabs, weak enctypes), the rest stays in use.  One
 * thread at a time.
 */
void acceptor_restrict(struct acceptor *a,
    const struct acceptor_config *config);

/*
 * Retired keys whose time is over go; to be called now and then.  Where a
 * ticket's name is none of ours its key is found by trying all, those too.
 * One thread at a time.
 */
void acceptor_expire(struct acceptor *a);

/* References for the caller; NULL: there is none. */
struct acceptor_generation *acceptor_current(struct acceptor *a);
struct acceptor_generation *acceptor_retired(struct acceptor *a);

/* One thread's credentials, made when first needed. */
struct acceptor_creds;

struct acceptor_creds *acceptor_creds_create(void);        /* NULL: no memory */
void acceptor_creds_destroy(struct acceptor_creds *creds); /* NULL is fine */

/*
 * The credential for a principal (or ACCEPTOR_ALL) of g; it stays the
 * cache's, and valid until the next call.  ERR_CRYPTO, ERR_NOMEM.
 */
int acceptor_cred(struct acceptor_creds *creds, struct acceptor_generation *g,
    size_t principal, gss_cred_id_t *cred_out, struct reason *reason);

#endif
