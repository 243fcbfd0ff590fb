/*
 * mic.c - MICs of an AES context, made and verified with its bare key
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The functions of libk5crypto have a krb5_context as their first argument and
 * do not look at it: here it is NULL.
 */
#include <assert.h>
#include <gssapi/gssapi_krb5.h>
#include <openssl/evp.h>
#include <string.h>

#include "daemon/base/buf.h"
#include "daemon/base/err.h"
#include "daemon/gss/algorithm.h"
#include "daemon/gss/mic.h"

#define PROTOCOL_RFC4121 1

/* Key usage numbers of MICs (RFC 4121 section 2). */
#define USAGE_ACCEPTOR_SIGN 23
#define USAGE_INITIATOR_SIGN 25

int
mic_key_make(struct mic_key *k, krb5_key subkey, uint64_t next)
{
	krb5_enctype enctype = krb5_k_key_enctype(NULL, subkey);

	k->key = subkey;
	k->next = next;
	if (gss_enctype_is_aes(enctype) &&
	    krb5_c_crypto_length(NULL, enctype, KRB5_CRYPTO_TYPE_CHECKSUM,
		&k->digest_len) == 0)
		return 0;
	mic_key_clear(k);
	return ERR_UNSUPPORTED;
}

/* The key of a context as MIT exports it. */
static int
key_from(struct mic_key *k, const gss_krb5_lucid_context_v1_t *lucid)
{
	krb5_key key;
	const gss_krb5_lucid_key_t *subkey = &lucid->cfx_kd.acceptor_subkey;
	krb5_keyblock block = {.enctype = (krb5_enctype)subkey->type,
	    .length = subkey->length,
	    .contents = subkey->data};

	if (lucid->protocol != PROTOCOL_RFC4121 ||
	    lucid->cfx_kd.have_acceptor_subkey == 0)
		return ERR_UNSUPPORTED;
	if (krb5_k_create_key(NULL, &block, &key) != 0)
		return ERR_NOMEM;
	return mic_key_make(k, key, lucid->send_seq);
}

int
mic_digest_ap_req(const void *key, size_t len, uint64_t sequence,
    uint8_t digest_out[REPLAY_DIGEST_LEN])
{
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	bool ok = md != NULL &&
	    EVP_DigestInit_ex(md, EVP_sha256(), NULL) == 1 &&
	    EVP_DigestUpdate(md, key, len) == 1 &&
	    EVP_DigestUpdate(md, &sequence, sizeof(sequence)) == 1 &&
	    EVP_DigestFinal_ex(md, digest_out, NULL) == 1;

	EVP_MD_CTX_free(md);
	return ok ? 0 : ERR_CRYPTO;
}

/* With a subkey of ours, the other key is the initiator's (or its ticket's). */
static int
digest_from(const gss_krb5_lucid_context_v1_t *lucid,
    uint8_t digest[REPLAY_DIGEST_LEN])
{
	const gss_krb5_lucid_key_t *key = &lucid->cfx_kd.ctx_key;

	return mic_digest_ap_req(key->data, key->length, lucid->recv_seq,
	    digest);
}

int
mic_key_take(struct mic_key *k, gss_ctx_id_t *gss,
    uint8_t ap_req_out[REPLAY_DIGEST_LEN])
{
	void *lucid = NULL;
	OM_uint32 major, minor;
	int ret = ERR_UNSUPPORTED;

	memset(k, 0, sizeof(*k));
	major = gss_krb5_export_lucid_sec_context(&minor, gss, 1, &lucid);
	if (!GSS_ERROR(major)) {
		ret = key_from(k, lucid);
		if (ret == 0)
			ret = digest_from(lucid, ap_req_out);
		(void)gss_krb5_free_lucid_sec_context(&minor, lucid);
	}
	(void)gss_delete_sec_context(&minor, gss, GSS_C_NO_BUFFER);
	if (ret != 0)
		mic_key_clear(k);
	return ret;
}

void
mic_key_clear(struct mic_key *k)
{
	krb5_k_free_key(NULL, k->key);
	k->key = NULL;
}

size_t
mic_len(const struct mic_key *k)
{
	return MIC_HEADER_LEN + k->digest_len;
}

/* What a checksum covers: the pieces, then the header; at last its place. */
static size_t
cover(krb5_crypto_iov *iov, const struct context_piece *pieces, size_t n,
    uint8_t *mic, unsigned digest_len)
{
	size_t n_iov = 0;

	assert(n <= MIC_PIECES_MAX);
	for (size_t i = 0; i < n; i++) {
		if (pieces[i].len == 0)
			continue;
		iov[n_iov].flags = KRB5_CRYPTO_TYPE_SIGN_ONLY;
		iov[n_iov].data.length = (unsigned)pieces[i].len;
		iov[n_iov++].data.data =
		    (char *)(uintptr_t)pieces[i].octets; /* only read */
	}
	iov[n_iov].flags = KRB5_CRYPTO_TYPE_SIGN_ONLY;
	iov[n_iov].data.length = MIC_HEADER_LEN;
	iov[n_iov++].data.data = (char *)mic;
	iov[n_iov].flags = KRB5_CRYPTO_TYPE_CHECKSUM;
	iov[n_iov].data.length = digest_len;
	iov[n_iov++].data.data = (char *)mic + MIC_HEADER_LEN;
	return n_iov;
}

uint64_t
mic_sequence(const uint8_t *mic)
{
	return (uint64_t)get_u32(mic + MIC_SEQUENCE_AT) << 32 |
	    get_u32(mic + MIC_SEQUENCE_AT + 4);
}

static void
write_header(uint8_t *mic, uint64_t sequence)
{
	struct writer w;

	writer_init(&w, mic, MIC_HEADER_LEN);
	writer_u16(&w, MIC_TOKEN_ID);
	writer_u8(&w, MIC_FLAG_ACCEPTOR | MIC_FLAG_SUBKEY);
	memset(mic + MIC_FLAGS_AT + 1, 0xff,
	    MIC_SEQUENCE_AT - MIC_FLAGS_AT - 1);
	writer_init(&w, mic + MIC_SEQUENCE_AT, sizeof(sequence));
	writer_u64(&w, sequence);
}

int
mic_make(struct mic_key *k, const struct context_piece *pieces, size_t n,
    uint8_t mic_out[CONTEXT_MIC_MAX])
{
	krb5_crypto_iov iov[MIC_PIECES_MAX + 2];
	size_t n_iov = cover(iov, pieces, n, mic_out, k->digest_len);

	write_header(mic_out, k->next);
	if (krb5_k_make_checksum_iov(NULL, 0, k->key, USAGE_ACCEPTOR_SIGN, iov,
		n_iov) != 0)
		return ERR_CRYPTO;
	k->next++;
	return 0;
}

static bool
is_from_initiator(const uint8_t *mic)
{
	static const uint8_t filler[MIC_SEQUENCE_AT - MIC_FLAGS_AT - 1] = {0xff,
	    0xff, 0xff, 0xff, 0xff};

	return get_u16(mic) == MIC_TOKEN_ID &&
	    (mic[MIC_FLAGS_AT] & MIC_FLAG_ACCEPTOR) == 0 &&
	    (mic[MIC_FLAGS_AT] & MIC_FLAG_SUBKEY) != 0 &&
	    memcmp(mic + MIC_FLAGS_AT + 1, filler, sizeof(filler)) == 0;
}

bool
mic_verify(struct mic_key *k, const struct context_piece *pieces, size_t n,
    const uint8_t *mic, size_t len)
{
	krb5_crypto_iov iov[MIC_PIECES_MAX + 2];
	krb5_boolean is_valid = FALSE;
	size_t n_iov;

	if (len != mic_len(k) || !is_from_initiator(mic))
		return false;
	n_iov = cover(iov, pieces, n, (uint8_t *)(uintptr_t)mic, k->digest_len);
	return krb5_k_verify_checksum_iov(NULL, 0, k->key, USAGE_INITIATOR_SIGN,
		   iov, n_iov, &is_valid) == 0 &&
	    is_valid;
}
