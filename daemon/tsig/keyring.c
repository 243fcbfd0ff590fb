/*
 * keyring.c - shared secrets of key {} statements
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The secret itself goes into a keyed HMAC context when the ring is made;
 * each MAC starts from a copy of it, and OpenSSL wipes it in the end.
 */
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "daemon/base/err.h"
#include "daemon/tsig/keyring.h"
#include "daemon/tsig/private.h"

#define MAC_LEN_MIN 10 /* RFC 8945 section 5.2.2.1 */

static const struct algorithm {
	const char *text;
	const char *digest; /* OpenSSL's name; NULL: of a context */
	size_t mac_len;
	size_t block_len; /* a longer secret is hashed (RFC 2104 section 2) */
	unsigned number;
	struct name name;
} algorithms[TSIG_ALGORITHMS] = {
    [TSIG_HMAC_MD5] = {"hmac-md5.sig-alg.reg.int", "MD5", 16, 64, 157,
	{26, "\010hmac-md5\007sig-alg\003reg\003int"}},
    [TSIG_HMAC_SHA1] = {"hmac-sha1", "SHA1", 20, 64, 161,
	{11, "\011hmac-sha1"}},
    [TSIG_HMAC_SHA224] = {"hmac-sha224", "SHA224", 28, 64, 162,
	{13, "\013hmac-sha224"}},
    [TSIG_HMAC_SHA256] = {"hmac-sha256", "SHA256", 32, 64, 163,
	{13, "\013hmac-sha256"}},
    [TSIG_HMAC_SHA384] = {"hmac-sha384", "SHA384", 48, 128, 164,
	{13, "\013hmac-sha384"}},
    [TSIG_HMAC_SHA512] = {"hmac-sha512", "SHA512", 64, 128, 165,
	{13, "\013hmac-sha512"}},
    [TSIG_GSS] = {"gss-tsig", NULL, 0, 0, 160, {10, "\010gss-tsig"}},
    [TSIG_GSS_MICROSOFT] = {"gss.microsoft.com", NULL, 0, 0, 160,
	{19, "\003gss\011microsoft\003com"}},
};

const struct name *
tsig_algorithm_name(enum tsig_algorithm algorithm)
{
	return &algorithms[algorithm].name;
}

bool
tsig_algorithm_from_name(const uint8_t *name,
    enum tsig_algorithm *algorithm_out)
{
	for (int i = 0; i < TSIG_ALGORITHMS; i++) {
		if (name_equal(name, algorithms[i].name.octets)) {
			*algorithm_out = (enum tsig_algorithm)i;
			return true;
		}
	}
	return false;
}

const char *
tsig_algorithm_text(enum tsig_algorithm algorithm)
{
	return algorithms[algorithm].text;
}

unsigned
tsig_algorithm_number(enum tsig_algorithm algorithm)
{
	return algorithms[algorithm].number;
}

size_t
tsig_algorithm_mac_len(enum tsig_algorithm algorithm)
{
	return algorithms[algorithm].mac_len;
}

struct shared_key {
	struct shared_key *chain;
	struct name name;
	enum tsig_algorithm algorithm;
	size_t mac_len;
	uint16_t tag;
	EVP_MAC_CTX *keyed; /* copied from, never changed */
};

struct keyring {
	atomic_uint n_refs;
	size_t n;
	struct shared_key *keys;
	uint64_t seed;
	size_t n_buckets; /* a power of two */
	struct shared_key **buckets;
};

static void
keyring_free(struct keyring *r)
{
	for (size_t i = 0; i < r->n; i++)
		EVP_MAC_CTX_free(r->keys[i].keyed);
	free(r->keys);
	free(r->buckets);
	free(r);
}

struct keyring *
keyring_ref(struct keyring *r)
{
	atomic_fetch_add_explicit(&r->n_refs, 1, memory_order_relaxed);
	return r;
}

void
keyring_unref(struct keyring *r)
{
	if (r == NULL)
		return;
	if (atomic_fetch_sub_explicit(&r->n_refs, 1, memory_order_acq_rel) == 1)
		keyring_free(r);
}

static int
check_secret(const struct keyring_secret *s, struct reason *reason)
{
	size_t whole = tsig_algorithm_mac_len(s->algorithm);
	size_t shortest = whole / 2 < MAC_LEN_MIN ? MAC_LEN_MIN : whole / 2;

	if (tsig_algorithm_is_gss(s->algorithm)) {
		reason_set(reason, "%s has no shared secret",
		    tsig_algorithm_text(s->algorithm));
		return ERR_UNSUPPORTED;
	}
	if (s->secret_len == 0) {
		reason_set(reason, "no secret");
		return ERR_RANGE;
	}
	if (s->mac_bits != 0 &&
	    (s->mac_bits % 8 != 0 || s->mac_bits / 8 < shortest ||
		s->mac_bits / 8 > whole)) {
		reason_set(reason,
		    "MACs of %u bits: %s takes %zu to %zu, in whole octets",
		    s->mac_bits, tsig_algorithm_text(s->algorithm),
		    shortest * 8, whole * 8);
		return ERR_RANGE;
	}
	return 0;
}

static EVP_MAC_CTX *
keyed_hmac(EVP_MAC *hmac, const struct keyring_secret *s)
{
	/* Parameters are not const in OpenSSL, but this one is only read. */
	OSSL_PARAM params[] = {
	    OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST,
		(char *)(uintptr_t)algorithms[s->algorithm].digest, 0),
	    OSSL_PARAM_construct_end(),
	};
	EVP_MAC_CTX *ctx = EVP_MAC_CTX_new(hmac);

	if (ctx == NULL)
		return NULL;
	if (EVP_MAC_init(ctx, s->secret, s->secret_len, params) == 1)
		return ctx;
	EVP_MAC_CTX_free(ctx);
	return NULL;
}

/* The sum of RFC 4034 appendix B, over octets from an even place on. */
static uint32_t
add_to_tag(uint32_t sum, const uint8_t *octets, size_t len)
{
	for (size_t i = 0; i < len; i++)
		sum += i % 2 == 0 ? (uint32_t)octets[i] << 8 : octets[i];
	return sum;
}

/* Flags and protocol of the KEY RR are those of a key of DNS for a host. */
static int
make_tag(const struct keyring_secret *s, uint16_t *tag_out)
{
	const struct algorithm *a = &algorithms[s->algorithm];
	const uint8_t fixed[] = {2, 0, 3, (uint8_t)a->number};
	uint8_t digest[EVP_MAX_MD_SIZE];
	const uint8_t *octets = s->secret;
	size_t len = s->secret_len;
	uint32_t sum;

	if (len > a->block_len) {
		if (EVP_Q_digest(NULL, a->digest, NULL, octets, len, digest,
			&len) != 1)
			return ERR_CRYPTO;
		octets = digest;
	}
	sum = add_to_tag(add_to_tag(0, fixed, sizeof(fixed)), octets, len);
	*tag_out = (uint16_t)(sum + (sum >> 16));
	explicit_bzero(digest, sizeof(digest));
	return 0;
}

static int
add_key(struct keyring *r, EVP_MAC *hmac, const struct keyring_secret *s,
    struct reason *reason)
{
	struct shared_key *k = &r->keys[r->n];
	struct shared_key **bucket;
	int ret;

	ret = check_secret(s, reason);
	if (ret != 0)
		return ret;
	if (keyring_find(r, s->name.octets) != NULL) {
		reason_set(reason, "there is another key of that name");
		return ERR_EXISTS;
	}
	k->keyed = keyed_hmac(hmac, s);
	if (k->keyed == NULL || make_tag(s, &k->tag) != 0) {
		EVP_MAC_CTX_free(k->keyed);
		reason_set(reason,
		    "OpenSSL does not do %s here (in FIPS mode?): give the "
		    "key another algorithm",
		    tsig_algorithm_text(s->algorithm));
		return ERR_CRYPTO;
	}
	k->name = s->name;
	k->algorithm = s->algorithm;
	k->mac_len = s->mac_bits == 0 ? tsig_algorithm_mac_len(s->algorithm)
				      : s->mac_bits / 8;
	bucket = &r->buckets[name_hash(s->name.octets, r->seed) &
	    (r->n_buckets - 1)];
	k->chain = *bucket;
	*bucket = k;
	r->n++;
	return 0;
}

static struct keyring *
keyring_alloc(size_t n)
{
	struct keyring *r = calloc(1, sizeof(*r));

	if (r == NULL)
		return NULL;
	atomic_init(&r->n_refs, 1);
	if (getrandom(&r->seed, sizeof(r->seed), 0) != sizeof(r->seed))
		r->seed = (uintptr_t)r;
	r->n_buckets = 16;
	while (r->n_buckets < n)
		r->n_buckets *= 2;
	r->keys = calloc(n + 1, sizeof(*r->keys));
	r->buckets = calloc(r->n_buckets, sizeof(struct shared_key *));
	if (r->keys == NULL || r->buckets == NULL) {
		keyring_free(r);
		return NULL;
	}
	return r;
}

int
keyring_create(const struct keyring_secret *secrets, size_t n,
    struct keyring **ring_out, struct reason *reason)
{
	struct keyring *r = keyring_alloc(n);
	char name[NAME_TEXT_SIZE];
	struct reason why = {""};
	EVP_MAC *hmac = NULL;
	int ret = 0;

	*ring_out = NULL;
	if (r == NULL) {
		reason_set(reason, "no memory");
		return ERR_NOMEM;
	}
	hmac = EVP_MAC_fetch(NULL, OSSL_MAC_NAME_HMAC, NULL);
	if (hmac == NULL) {
		reason_set(reason, "OpenSSL has no HMAC");
		ret = ERR_CRYPTO;
		goto done;
	}
	for (size_t i = 0; i < n; i++) {
		ret = add_key(r, hmac, &secrets[i], &why);
		if (ret == 0)
			continue;
		reason_set(reason, "key %s: %s",
		    name_to_log(secrets[i].name.octets, name), why.text);
		goto done;
	}
	*ring_out = r;
	r = NULL;
done:
	EVP_MAC_free(hmac);
	keyring_unref(r);
	return ret;
}

size_t
keyring_count(const struct keyring *r)
{
	return r->n;
}

const struct shared_key *
keyring_at(const struct keyring *r, size_t i)
{
	return &r->keys[i];
}

const struct shared_key *
keyring_find(const struct keyring *r, const uint8_t *name)
{
	const struct shared_key *k;

	if (r == NULL)
		return NULL;
	k = r->buckets[name_hash(name, r->seed) & (r->n_buckets - 1)];
	while (k != NULL && !name_equal(k->name.octets, name))
		k = k->chain;
	return k;
}

const struct name *
shared_key_name(const struct shared_key *k)
{
	return &k->name;
}

enum tsig_algorithm
shared_key_algorithm(const struct shared_key *k)
{
	return k->algorithm;
}

uint16_t
shared_key_tag(const struct shared_key *k)
{
	return k->tag;
}

size_t
shared_key_mac_len(const struct shared_key *k)
{
	return k->mac_len;
}

int
shared_key_mac(const struct shared_key *k, const struct context_piece *pieces,
    size_t n, uint8_t mac_out[HMAC_LEN_MAX])
{
	EVP_MAC_CTX *ctx = EVP_MAC_CTX_dup(k->keyed);
	size_t len;
	int ok = ctx != NULL;

	for (size_t i = 0; i < n && ok == 1; i++)
		ok = EVP_MAC_update(ctx, pieces[i].octets, pieces[i].len);
	if (ok == 1)
		ok = EVP_MAC_final(ctx, mac_out, &len, HMAC_LEN_MAX);
	EVP_MAC_CTX_free(ctx);
	return ok == 1 ? 0 : ERR_CRYPTO;
}
