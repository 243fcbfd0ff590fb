/*
 * mic.h - MICs of an AES context, made and verified with its bare key
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * GSS-API keeps 5.5 kB a context, most of it for what is over once it is
 * established.  A MIC needs one key and a sequence number (RFC 4121 section
 * 4.2.6.1): that is taken out, and the GSS-API context is deleted.  Only the
 * acceptor's subkey will do, which was fresh in this context.
 *
 * Owns:    its key, wiped when cleared.
 * Threads: one at a time: libk5crypto keeps derived keys with the key.
 * Errors:  negative enum err.
 */
#ifndef GSS_MIC_H
#define GSS_MIC_H

#include <gssapi/gssapi.h>
#include <krb5/krb5.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/gss/context.h"
#include "daemon/gss/replays.h"

struct mic_key {
	krb5_key key;        /* NULL: none */
	uint64_t next;       /* SND_SEQ of our next MIC */
	unsigned digest_len; /* octets of a checksum */
};

/*
 * Of the acceptor's subkey, which is taken whatever comes out, and the sequence
 * number of its first MIC.  ERR_UNSUPPORTED: not AES.
 */
int mic_key_make(struct mic_key *k, krb5_key subkey, uint64_t next);

/*
 * What tells an AP-REQ from any other: a digest of the subkey (or else the
 * ticket's key) and the sequence number that its initiator chose.  They come
 * out of the authenticator as krb5 has decrypted it; the octets around that may
 * be written in many ways.  ERR_CRYPTO.
 */
int mic_digest_ap_req(const void *key, size_t len, uint64_t sequence,
    uint8_t digest_out[REPLAY_DIGEST_LEN]);

/*
 * Both from an established AES context, which is gone then: *gss is
 * GSS_C_NO_CONTEXT whatever comes out.
 *
 * ERR_UNSUPPORTED  not AES, or no subkey of ours
 */
int mic_key_take(struct mic_key *k, gss_ctx_id_t *gss,
    uint8_t ap_req_out[REPLAY_DIGEST_LEN]);

/* Wipes and frees; one without a key is fine. */
void mic_key_clear(struct mic_key *k);

/* Octets of each MIC. */
size_t mic_len(const struct mic_key *k);

/* Makes a MIC over the pieces (at most MIC_PIECES_MAX).  ERR_CRYPTO. */
int mic_make(struct mic_key *k, const struct context_piece *pieces, size_t n,
    uint8_t mic_out[CONTEXT_MIC_MAX]);
#define MIC_PIECES_MAX 6

/* True if the initiator made this MIC over the pieces with our subkey. */
bool mic_verify(struct mic_key *k, const struct context_piece *pieces, size_t n,
    const uint8_t *mic, size_t len);

/* What stands in front of the checksum. */
#define MIC_HEADER_LEN 16
#define MIC_TOKEN_ID 0x0404
#define MIC_FLAGS_AT 2
#define MIC_FLAG_ACCEPTOR 0x01 /* the acceptor made it */
#define MIC_FLAG_SUBKEY 0x04   /* with the acceptor's subkey */
#define MIC_SEQUENCE_AT 8

/* SND_SEQ of a MIC of at least MIC_HEADER_LEN octets. */
uint64_t mic_sequence(const uint8_t *mic);

#endif
