/*
 * generation.c - an immutable generation of keys
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The MEMORY keytabs are named after the generation's address: unique in the
 * process, where krb5 keeps one table of them, for as long as it lives.
 */
#include <ctype.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "daemon/base/clock.h"
#include "daemon/base/err.h"
#include "daemon/gss/clear.h"
#include "daemon/gss/generation.h"

#define ENTRIES_MAX 16384

void
generation_say(krb5_context krb5, struct reason *reason, const char *what,
    const char *which, krb5_error_code code)
{
	const char *message = krb5_get_error_message(krb5, code);

	reason_set(reason, "%s %s: %s", what, which, message);
	krb5_free_error_message(krb5, message);
}

/* --- Life --- */

static void
principal_clear(krb5_context krb5, struct acceptor_principal *p)
{
	if (p->keytab != NULL)
		(void)krb5_kt_close(krb5, p->keytab);
	krb5_free_unparsed_name(krb5, p->text);
	krb5_free_principal(krb5, p->principal);
}

static void
generation_free(struct acceptor_generation *g)
{
	for (size_t i = 0; i < g->n_principals; i++)
		principal_clear(g->krb5, &g->principals[i]);
	if (g->all != NULL)
		(void)krb5_kt_close(g->krb5, g->all);
	if (g->krb5 != NULL)
		krb5_free_context(g->krb5);
	for (size_t i = 0; i < g->n_sources; i++)
		free(g->sources[i]);
	free(g->sources);
	free(g->replay_cache);
	free(g->principals);
	free(g->buckets);
	free(g->entries);
	free(g->keys);
	free(g);
}

struct acceptor_generation *
acceptor_generation_ref(struct acceptor_generation *g)
{
	atomic_fetch_add_explicit(&g->n_refs, 1, memory_order_relaxed);
	return g;
}

void
acceptor_generation_unref(struct acceptor_generation *g)
{
	if (g == NULL)
		return;
	if (atomic_fetch_sub_explicit(&g->n_refs, 1, memory_order_acq_rel) == 1)
		generation_free(g);
}

/* A new MEMORY keytab, number i of the generation. */
static int
make_keytab(struct acceptor_generation *g, size_t i,
    char name[KEYTAB_NAME_SIZE], krb5_keytab *keytab_out)
{
	(void)snprintf(name, KEYTAB_NAME_SIZE, "MEMORY:kddns.%p.%zu", (void *)g,
	    i);
	return krb5_kt_resolve(g->krb5, name, keytab_out) == 0 ? 0 : ERR_CRYPTO;
}

static int
take_config(struct acceptor_generation *g, const struct acceptor_config *config)
{
	g->allows_weak = config->allow_weak;
	if (config->replay_cache != NULL) {
		g->replay_cache = strdup(config->replay_cache);
		if (g->replay_cache == NULL)
			return ERR_NOMEM;
	}
	g->sources = calloc(config->n_keytabs + 1, sizeof(*g->sources));
	if (g->sources == NULL)
		return ERR_NOMEM;
	for (; g->n_sources < config->n_keytabs; g->n_sources++) {
		g->sources[g->n_sources] =
		    strdup(config->keytabs[g->n_sources]);
		if (g->sources[g->n_sources] == NULL)
			return ERR_NOMEM;
	}
	return 0;
}

int
generation_create(const struct acceptor_config *config,
    struct acceptor_generation **generation_out, struct reason *reason)
{
	struct acceptor_generation *g;
	int ret;

	*generation_out = NULL;
	reason_set(reason, "no memory");
	g = calloc(1, sizeof(*g));
	if (g == NULL)
		return ERR_NOMEM;
	atomic_init(&g->n_refs, 1);
	g->loaded_s = clock_wall_s();
	if (krb5_init_context(&g->krb5) != 0) {
		g->krb5 = NULL;
		reason_set(reason, "krb5.conf cannot be used");
		ret = ERR_CRYPTO;
		goto done;
	}
	ret = take_config(g, config);
	if (ret == 0)
		ret = make_keytab(g, ENTRIES_MAX, g->all_name, &g->all);
	if (ret != 0)
		goto done;
	*generation_out = g;
	g = NULL;
done:
	acceptor_generation_unref(g);
	return ret;
}

/* --- Principals by name --- */

/* FNV-1a, of lower case and what ends a component. */
static uint32_t
hash_octets(uint32_t hash, const void *octets, size_t len)
{
	const uint8_t *o = octets;

	for (size_t i = 0; i < len; i++)
		hash = (hash ^ (uint32_t)tolower(o[i])) * 16777619u;
	return (hash ^ '/') * 16777619u;
}

#define HASH_START 2166136261u

static uint32_t
hash_principal(krb5_const_principal p)
{
	uint32_t h = hash_octets(HASH_START, p->realm.data, p->realm.length);

	for (int i = 0; i < p->length; i++)
		h = hash_octets(h, p->data[i].data, p->data[i].length);
	return h;
}

static uint32_t
hash_sname(const struct clear_ap_req *ap)
{
	uint32_t h = hash_octets(HASH_START, ap->realm.octets, ap->realm.len);

	for (unsigned i = 0; i < ap->n_components; i++)
		h = hash_octets(h, ap->components[i].octets,
		    ap->components[i].len);
	return h;
}

/* The first principal of a hash's bucket. */
static size_t
bucket_first(const struct acceptor_generation *g, uint32_t hash)
{
	return g->n_buckets == 0 ? GENERATION_NOWHERE
				 : g->buckets[hash & (g->n_buckets - 1)];
}

static void
put_in_bucket(struct acceptor_generation *g, size_t i)
{
	size_t *first = &g->buckets[g->principals[i].hash & (g->n_buckets - 1)];

	g->principals[i].next = *first;
	*first = i;
}

/* As many buckets as principals, at least; all in their buckets. */
static int
index_principals(struct acceptor_generation *g)
{
	size_t n = g->n_buckets == 0 ? 16 : 2 * g->n_buckets;
	size_t *more;

	if (g->n_principals <= g->n_buckets) {
		put_in_bucket(g, g->n_principals - 1);
		return 0;
	}
	more = reallocarray(g->buckets, n, sizeof(*more));
	if (more == NULL)
		return ERR_NOMEM;
	g->buckets = more;
	g->n_buckets = n;
	for (size_t i = 0; i < n; i++)
		more[i] = GENERATION_NOWHERE;
	for (size_t i = 0; i < g->n_principals; i++)
		put_in_bucket(g, i);
	return 0;
}

/* --- Filling --- */

/* Makes room for one more item behind n of them; NULL: no memory. */
static void *
grow(void *items, size_t n, size_t item_size)
{
	if (n > 0 && (n & (n - 1)) != 0)
		return items; /* room is a power of two */
	return reallocarray(items, n == 0 ? 1 : 2 * n, item_size);
}

static int
add_principal(struct acceptor_generation *g, krb5_const_principal principal)
{
	struct acceptor_principal *p, *more;
	int ret;

	more = grow(g->principals, g->n_principals, sizeof(*more));
	if (more == NULL)
		return ERR_NOMEM;
	g->principals = more;
	p = &g->principals[g->n_principals];
	memset(p, 0, sizeof(*p));
	if (krb5_copy_principal(g->krb5, principal, &p->principal) != 0)
		return ERR_NOMEM;
	if (krb5_unparse_name(g->krb5, principal, &p->text) != 0) {
		krb5_free_principal(g->krb5, p->principal);
		return ERR_NOMEM;
	}
	/* Else krb5 may look its host up in the DNS: it is as it stands. */
	p->principal->type = KRB5_NT_PRINCIPAL;
	p->hash = hash_principal(principal);
	p->first_entry = GENERATION_NOWHERE;
	g->n_principals++;
	ret = index_principals(g);
	if (ret != 0)
		return ret;
	return make_keytab(g, g->n_principals - 1, p->keytab_name, &p->keytab);
}

static int
digest_key(const krb5_keyblock *key, uint8_t digest[KEY_DIGEST_LEN])
{
	return EVP_Digest(key->contents, key->length, digest, NULL,
		   EVP_sha256(), NULL) == 1
	    ? 0
	    : ERR_CRYPTO;
}

/* Room for one more entry and its key, set to nothing. */
static int
grow_entries(struct acceptor_generation *g)
{
	struct acceptor_entry *entries;
	struct acceptor_key *keys;

	if (g->n_entries == ENTRIES_MAX)
		return ERR_RANGE;
	entries = grow(g->entries, g->n_entries, sizeof(*entries));
	if (entries == NULL)
		return ERR_NOMEM;
	g->entries = entries;
	keys = grow(g->keys, g->n_entries, sizeof(*keys));
	if (keys == NULL)
		return ERR_NOMEM;
	g->keys = keys;
	memset(&entries[g->n_entries], 0, sizeof(*entries));
	memset(&keys[g->n_entries], 0, sizeof(*keys));
	return 0;
}

int
generation_add(struct acceptor_generation *g, krb5_keytab_entry *key,
    unsigned source, uint64_t until_ms)
{
	krb5_error_code code;
	size_t i;
	int ret = 0;

	if (generation_entry(g, key->principal, key->vno, key->key.enctype) !=
	    GENERATION_NOWHERE)
		return 0;
	i = generation_principal(g, key->principal);
	if (i == GENERATION_NOWHERE) {
		i = g->n_principals;
		ret = add_principal(g, key->principal);
	}
	if (ret == 0)
		ret = grow_entries(g);
	if (ret == 0)
		ret = digest_key(&key->key, g->keys[g->n_entries].digest);
	if (ret != 0)
		return ret;
	g->keys[g->n_entries].source = source;
	g->keys[g->n_entries].until_ms = until_ms;
	g->keys[g->n_entries].next = g->principals[i].first_entry;
	g->principals[i].first_entry = g->n_entries;
	g->entries[g->n_entries].principal = (unsigned)i;
	g->entries[g->n_entries].kvno = key->vno;
	g->entries[g->n_entries].enctype = key->key.enctype;
	g->n_entries++;
	code = krb5_kt_add_entry(g->krb5, g->principals[i].keytab, key);
	if (code == 0)
		code = krb5_kt_add_entry(g->krb5, g->all, key);
	return code == 0 ? 0 : ERR_NOMEM;
}

/* --- Looking --- */

size_t
generation_principal(const struct acceptor_generation *g,
    krb5_const_principal principal)
{
	size_t i = bucket_first(g, hash_principal(principal));

	while (i != GENERATION_NOWHERE &&
	    !krb5_principal_compare(g->krb5, g->principals[i].principal,
		principal))
		i = g->principals[i].next;
	return i;
}

size_t
generation_entry(const struct acceptor_generation *g,
    krb5_const_principal principal, uint32_t kvno, int32_t enctype)
{
	size_t p = generation_principal(g, principal), i;

	if (p == GENERATION_NOWHERE)
		return p;
	GENERATION_FOREACH (i, g, p)
		if (g->entries[i].kvno == kvno &&
		    g->entries[i].enctype == enctype)
			return i;
	return GENERATION_NOWHERE;
}

size_t
generation_source(const struct acceptor_generation *g, const char *name)
{
	for (size_t i = 0; i < g->n_sources; i++)
		if (strcmp(g->sources[i], name) == 0)
			return i;
	return GENERATION_NOWHERE;
}

size_t
acceptor_n_principals(const struct acceptor_generation *g)
{
	return g->n_principals;
}

const char *
acceptor_principal_text(const struct acceptor_generation *g, size_t principal)
{
	return g->principals[principal].text;
}

bool
acceptor_has_principal(const struct acceptor_generation *g, const char *text)
{
	for (size_t p = 0; p < g->n_principals; p++)
		if (strcmp(g->principals[p].text, text) == 0)
			return true;
	return false;
}

size_t
acceptor_n_entries(const struct acceptor_generation *g)
{
	return g->n_entries;
}

const struct acceptor_entry *
acceptor_entries(const struct acceptor_generation *g)
{
	return g->entries;
}

size_t
acceptor_n_keytabs(const struct acceptor_generation *g)
{
	return g->n_sources;
}

const char *
acceptor_keytab_at(const struct acceptor_generation *g, size_t keytab)
{
	return g->sources[keytab];
}

uint64_t
acceptor_loaded_s(const struct acceptor_generation *g)
{
	return g->loaded_s;
}

bool
acceptor_allows_weak(const struct acceptor_generation *g)
{
	return g->allows_weak;
}

const char *
acceptor_keytab_name(const struct acceptor_generation *g, size_t principal)
{
	return principal < g->n_principals
	    ? g->principals[principal].keytab_name
	    : g->all_name;
}

/* --- Choosing --- */

static bool
octets_equal(const krb5_data *a, const struct clear_octets *b)
{
	return a->length == b->len &&
	    (b->len == 0 || memcmp(a->data, b->octets, b->len) == 0);
}

static bool
octets_equal_nocase(const krb5_data *a, const struct clear_octets *b)
{
	return a->length == b->len &&
	    (b->len == 0 ||
		strncasecmp(a->data, (const char *)b->octets, b->len) == 0);
}

static bool
is_sname(krb5_const_principal p, const struct clear_ap_req *ap,
    bool (*equal)(const krb5_data *, const struct clear_octets *))
{
	if ((unsigned)p->length != ap->n_components ||
	    !octets_equal(&p->realm, &ap->realm))
		return false;
	for (unsigned i = 0; i < ap->n_components; i++) {
		bool (*same)(const krb5_data *, const struct clear_octets *) =
		    i < 2 ? equal : octets_equal;

		if (!same(&p->data[i], &ap->components[i]))
			return false;
	}
	return true;
}

static size_t
find_sname(const struct acceptor_generation *g, const struct clear_ap_req *ap,
    bool (*equal)(const krb5_data *, const struct clear_octets *))
{
	size_t i = bucket_first(g, hash_sname(ap));

	while (i != GENERATION_NOWHERE &&
	    !is_sname(g->principals[i].principal, ap, equal))
		i = g->principals[i].next;
	return i;
}

size_t
acceptor_choose(const struct acceptor_generation *g,
    const struct clear_ap_req *ap)
{
	size_t i = find_sname(g, ap, octets_equal);

	if (i == GENERATION_NOWHERE)
		i = find_sname(g, ap, octets_equal_nocase);
	if (i != GENERATION_NOWHERE)
		return i;
	return g->n_entries <= ACCEPTOR_ALL_MAX ? ACCEPTOR_ALL : ACCEPTOR_NONE;
}

static bool
has_ended(const struct acceptor_key *k)
{
	return k->until_ms != 0 && clock_mono_ms() >= k->until_ms;
}

bool
generation_has_ended_keys(const struct acceptor_generation *g)
{
	for (size_t i = 0; i < g->n_entries; i++)
		if (has_ended(&g->keys[i]))
			return true;
	return false;
}

static bool
fits(const struct acceptor_generation *g, size_t i,
    const struct clear_ap_req *ap)
{
	const struct acceptor_entry *e = &g->entries[i];

	return e->enctype == ap->enctype &&
	    (!ap->has_kvno || e->kvno == ap->kvno) && !has_ended(&g->keys[i]);
}

bool
acceptor_has_key(const struct acceptor_generation *g, size_t principal,
    const struct clear_ap_req *ap)
{
	size_t i;

	if (principal == ACCEPTOR_ALL) {
		for (i = 0; i < g->n_entries; i++)
			if (fits(g, i, ap))
				return true;
		return false;
	}
	if (principal == ACCEPTOR_NONE)
		return false;
	GENERATION_FOREACH (i, g, principal)
		if (fits(g, i, ap))
			return true;
	return false;
}
