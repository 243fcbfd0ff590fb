/*
 * generation.h - inside of a generation, for who makes them and their
 *                credentials
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A generation is filled by one thread, and never changed once it is in use.
 *
 * Owns:    its keytabs, by their names in krb5's process-wide table.
 * Threads: who fills it; then any.
 * Errors:  negative enum err.
 */
#ifndef GSS_GENERATION_H
#define GSS_GENERATION_H

#include <stdatomic.h>

#include "daemon/gss/acceptor.h"

#define KEYTAB_NAME_SIZE 64
#define KEY_DIGEST_LEN 32 /* SHA-256 */
#define GENERATION_NOWHERE SIZE_MAX

struct acceptor_principal {
	krb5_principal principal;
	uint32_t hash;      /* without case */
	size_t next;        /* principal of its bucket, or GENERATION_NOWHERE */
	size_t first_entry; /* its newest, or GENERATION_NOWHERE */
	char *text;
	char keytab_name[KEYTAB_NAME_SIZE];
	krb5_keytab keytab;
};

/* What nobody else needs to know of an entry. */
struct acceptor_key {
	uint8_t digest[KEY_DIGEST_LEN]; /* of the key's octets */
	unsigned source;                /* which keytab it came from */
	size_t next;       /* entry of its principal, or GENERATION_NOWHERE */
	uint64_t until_ms; /* of clock_mono_ms(); 0: no end */
};

struct acceptor_generation {
	atomic_uint n_refs;
	krb5_context
	    krb5; /* of the loading, and at last of the freeing thread */
	struct acceptor_principal *principals;
	size_t n_principals;
	size_t *buckets;  /* of principals, by hash */
	size_t n_buckets; /* a power of two, or 0 */
	struct acceptor_entry *entries;
	struct acceptor_key *keys; /* beside the entries */
	size_t n_entries;
	char all_name[KEYTAB_NAME_SIZE];
	krb5_keytab all;

	char **sources; /* the keytabs' names */
	size_t n_sources;
	uint64_t loaded_s;  /* wall clock */
	char *replay_cache; /* file; NULL: none */
	bool allows_weak;
};

/*
 * An empty one, with a config's keytab names and what it says of replays and
 * weak enctypes; one reference.  ERR_NOMEM, ERR_CRYPTO.
 */
int generation_create(const struct acceptor_config *config,
    struct acceptor_generation **generation_out, struct reason *reason);

/*
 * Adds a key of keytab number source, unless it is there.  ERR_RANGE: there
 * are too many.
 */
int generation_add(struct acceptor_generation *g, krb5_keytab_entry *key,
    unsigned source, uint64_t until_ms);

/* The place of a principal or of an entry; GENERATION_NOWHERE. */
size_t generation_principal(const struct acceptor_generation *g,
    krb5_const_principal principal);
size_t generation_entry(const struct acceptor_generation *g,
    krb5_const_principal principal, uint32_t kvno, int32_t enctype);

/* True if the time of one of its keys is over. */
bool generation_has_ended_keys(const struct acceptor_generation *g);

/* For each entry i (a size_t) of principal p. */
#define GENERATION_FOREACH(i, g, p)                                            \
	for ((i) = (g)->principals[p].first_entry; (i) != GENERATION_NOWHERE;  \
	     (i) = (g)->keys[i].next)

/* The place of a keytab's name among the sources. */
size_t generation_source(const struct acceptor_generation *g, const char *name);

/* "what which: what krb5 says". */
void generation_say(krb5_context krb5, struct reason *reason, const char *what,
    const char *which, krb5_error_code code);

/* Acquires every credential once.  ERR_CRYPTO: one cannot be had. */
int generation_try(const struct acceptor_generation *g, struct reason *reason);

#endif
