/*
 * verify.c - TSIGs of requests, and of answers to our own (RFC 8945 section 5)
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <assert.h>
#include <openssl/crypto.h>
#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/base/err.h"
#include "daemon/dns/mnemonic.h"
#include "daemon/gss/contexts.h"
#include "daemon/tsig/private.h"
#include "daemon/tsig/verify.h"

#define MAC_LEN_MIN 10 /* RFC 8945 section 5.2.2.1 */

static bool
fail(struct tsig_state *s, enum tsig_error error)
{
	s->rcode = RCODE_NOTAUTH;
	s->error = error;
	return false;
}

/* The TSIG's own form; what it says is echoed later. */
static bool
read_tsig(struct tsig_state *s, const struct message *m,
    struct tsig_rr *tsig_out)
{
	if (tsig_rr_read(&m->tsig, tsig_out) != 0 ||
	    tsig_out->other_len > OTHER_LEN_MAX) {
		s->rcode = RCODE_FORMERR;
		return false;
	}
	s->signer.key_name = tsig_out->key_name;
	s->algorithm_name = tsig_out->algorithm;
	s->original_id = tsig_out->original_id;
	s->time_signed = tsig_out->time_signed;
	return true;
}

static bool
no_context(struct tsig_state *s, const char *why, struct reason *reason)
{
	reason_set(reason, "%s: the client must negotiate again", why);
	return fail(s, TSIG_ERROR_BADKEY);
}

/* gss-tsig or gss.microsoft.com: as the context's TKEY said. */
static bool
find_context(struct tsig_state *s, struct contexts *contexts,
    const struct tsig_rr *tsig, struct reason *reason)
{
	struct context *c = NULL;
	int ret = ERR_NOTFOUND;

	if (contexts != NULL)
		ret = contexts_find(contexts, tsig->key_name.octets, &c);
	if (ret == ERR_TIMEOUT)
		return no_context(s, "context has expired", reason);
	if (ret != 0)
		return no_context(s, "no context of this key name", reason);
	if (!name_equal(context_algorithm(c)->octets, tsig->algorithm.octets)) {
		context_unref(c);
		return no_context(s, "context is for another algorithm",
		    reason);
	}
	s->context = c;
	return true;
}

/* Section 5.2.1: the key, by its name, and of this algorithm. */
static bool
find_key(struct tsig_state *s, struct keyring *ring, struct contexts *contexts,
    const struct tsig_rr *tsig, struct reason *reason)
{
	const struct shared_key *key =
	    keyring_find(ring, tsig->key_name.octets);

	if (!tsig_algorithm_from_name(tsig->algorithm.octets, &s->algorithm)) {
		reason_set(reason, "unknown algorithm");
		return fail(s, TSIG_ERROR_BADKEY);
	}
	if (key == NULL && tsig_algorithm_is_gss(s->algorithm))
		return find_context(s, contexts, tsig, reason);
	if (key == NULL) {
		reason_set(reason, "no key {} of this name");
		return fail(s, TSIG_ERROR_BADKEY);
	}
	if (shared_key_algorithm(key) != s->algorithm) {
		reason_set(reason, "the key is for %s, not %s",
		    tsig_algorithm_text(shared_key_algorithm(key)),
		    tsig_algorithm_text(s->algorithm));
		return fail(s, TSIG_ERROR_BADKEY);
	}
	s->ring = keyring_ref(ring);
	s->key = key;
	return true;
}

/* Section 5.2.2.1. */
static bool
mac_len_is_legal(const struct tsig_state *s, size_t mac_len)
{
	size_t whole = tsig_algorithm_mac_len(s->algorithm);

	if (s->key == NULL)
		return true; /* a MIC has the length that it has */
	return mac_len <= whole && mac_len >= MAC_LEN_MIN &&
	    mac_len >= (whole + 1) / 2;
}

static bool
check_shared(struct tsig_state *s, const struct covered *c,
    const struct tsig_rr *tsig, struct reason *reason)
{
	uint8_t mac[HMAC_LEN_MAX] = {0};

	if (shared_key_mac(s->key, c->pieces, c->n, mac) == 0 &&
	    CRYPTO_memcmp(mac, tsig->mac, tsig->mac_len) == 0) {
		memcpy(s->replay_digest, mac, sizeof(s->replay_digest));
		return true;
	}
	reason_set(reason, "wrong MAC: the secrets differ");
	return fail(s, TSIG_ERROR_BADSIG);
}

static bool
check_context(struct tsig_state *s, const struct covered *c,
    const struct tsig_rr *tsig, struct reason *reason)
{
	switch (context_verify(s->context, c->pieces, c->n, tsig->mac,
	    tsig->mac_len, reason)) {
	case CONTEXT_VALID:
		return true;
	case CONTEXT_EXPIRED:
		return fail(s, TSIG_ERROR_BADKEY);
	case CONTEXT_REPLAYED:
	case CONTEXT_TOO_OLD:
		s->is_replay = true;
		break;
	case CONTEXT_BAD_MIC:
	case CONTEXT_NO_SUBKEY:
		break;
	}
	return fail(s, TSIG_ERROR_BADSIG);
}

/* Section 5.2.2: the MAC; if it is right, the answer's covers it. */
static bool
check_mac(struct tsig_state *s, const struct message *m,
    const struct tsig_rr *tsig, struct reason *reason)
{
	uint8_t header[MESSAGE_HEADER_LEN];
	struct covered c;
	bool ok;

	if (!mac_len_is_legal(s, tsig->mac_len)) {
		reason_set(reason, "a MAC of %u octets is not allowed",
		    (unsigned)tsig->mac_len);
		s->rcode = RCODE_FORMERR;
		return false;
	}
	if (tsig->mac_len > TSIG_MAC_MAX) {
		reason_set(reason, "MIC too long");
		return fail(s, TSIG_ERROR_BADSIG);
	}
	covered_header(m, tsig, header);
	covered_init(&c, s, header, m->octets, m->tsig_offset, tsig,
	    COVERED_ALL);
	ok = s->key != NULL ? check_shared(s, &c, tsig, reason)
			    : check_context(s, &c, tsig, reason);
	if (!ok)
		return false;
	memcpy(s->mac, tsig->mac, tsig->mac_len);
	s->mac_len = tsig->mac_len;
	return true;
}

/*
 * Within the peer's fudge, but for a shared key never more than ours: beyond
 * it nobody remembers a MAC.  (A context knows its MICs by sequence number;
 * Samba asks for an hour.)
 */
static bool
time_is_near(const struct tsig_state *s, const struct tsig_rr *tsig,
    uint64_t now)
{
	uint64_t apart = now > tsig->time_signed ? now - tsig->time_signed
						 : tsig->time_signed - now;

	return apart <= tsig->fudge &&
	    (s->context != NULL || apart <= TSIG_FUDGE_S);
}

/* Section 5.2.3. */
static bool
check_time(struct tsig_state *s, const struct tsig_rr *tsig,
    struct reason *reason)
{
	uint64_t now = clock_wall_s();

	if (time_is_near(s, tsig, now))
		return true;
	reason_set(reason,
	    "signed at %llu, our clock says %llu, fudge %u: set both clocks "
	    "by NTP",
	    (unsigned long long)tsig->time_signed, (unsigned long long)now,
	    (unsigned)tsig->fudge);
	return fail(s, TSIG_ERROR_BADTIME);
}

/* Section 5.2.4: legal, but shorter than this key wants. */
static bool
check_truncation(struct tsig_state *s, const struct tsig_rr *tsig,
    struct reason *reason)
{
	if (s->key == NULL || tsig->mac_len >= shared_key_mac_len(s->key))
		return true;
	reason_set(reason, "MAC of %u octets, the key wants %zu",
	    (unsigned)tsig->mac_len, shared_key_mac_len(s->key));
	return fail(s, TSIG_ERROR_BADTRUNC);
}

void
tsig_verify(struct keyring *ring, struct contexts *contexts,
    const struct message *m, struct tsig_state *s, struct reason *reason)
{
	struct tsig_rr tsig;

	tsig_state_init(s);
	reason_set(reason, "%s", "");
	if (!m->has_tsig)
		return;
	s->is_signed = true;
	if (!read_tsig(s, m, &tsig)) {
		reason_set(reason, "malformed TSIG");
		return;
	}
	if (!find_key(s, ring, contexts, &tsig, reason) ||
	    !check_mac(s, m, &tsig, reason) || !check_time(s, &tsig, reason) ||
	    !check_truncation(s, &tsig, reason))
		return;
	s->is_verified = true;
	s->signer.kind = s->key != NULL ? SIGNER_KEY : SIGNER_PRINCIPAL;
	if (s->context != NULL) {
		s->signer.principal = context_principal(s->context);
		contexts_used(contexts, s->context);
	}
}

/* Is it of this conversation, and no refusal that nobody could sign? */
static int
check_answer_form(const struct tsig_state *s, const struct tsig_rr *tsig,
    struct reason *reason)
{
	char error[MNEMONIC_SIZE];

	if (!name_equal(tsig->key_name.octets, s->signer.key_name.octets) ||
	    !name_equal(tsig->algorithm.octets, s->algorithm_name.octets)) {
		reason_set(reason, "answer is signed with another key");
		return ERR_MALFORMED;
	}
	if (tsig->error != TSIG_ERROR_NONE && tsig->mac_len == 0) {
		reason_set(reason, "peer says %s",
		    tsig_error_to_text(tsig->error, error));
		return ERR_PERM;
	}
	if (tsig->mac_len < shared_key_mac_len(s->key) ||
	    !mac_len_is_legal(s, tsig->mac_len)) {
		reason_set(reason, "answer's MAC has %u octets",
		    (unsigned)tsig->mac_len);
		return ERR_MALFORMED;
	}
	return 0;
}

static int
check_answer_mac(struct tsig_state *s, const struct message *m,
    const struct tsig_rr *tsig, struct reason *reason)
{
	uint8_t header[MESSAGE_HEADER_LEN], mac[HMAC_LEN_MAX];
	struct covered c;
	int ret;

	covered_header(m, tsig, header);
	covered_init(&c, s, header, m->octets, m->tsig_offset, tsig,
	    s->n_messages == 0 ? COVERED_ALL : COVERED_TIMERS);
	ret = shared_key_mac(s->key, c.pieces, c.n, mac);
	if (ret != 0)
		return ret;
	if (CRYPTO_memcmp(mac, tsig->mac, tsig->mac_len) != 0) {
		reason_set(reason, "answer's MAC is wrong");
		return ERR_MISMATCH;
	}
	memcpy(s->mac, tsig->mac, tsig->mac_len);
	s->mac_len = tsig->mac_len;
	s->n_messages++;
	return 0;
}

int
tsig_verify_answer(struct tsig_state *s, const struct message *m,
    struct reason *reason)
{
	char error[MNEMONIC_SIZE];
	struct tsig_rr tsig;
	int ret;

	assert(s->key != NULL);
	if (!m->has_tsig || tsig_rr_read(&m->tsig, &tsig) != 0 ||
	    tsig.other_len > OTHER_LEN_MAX) {
		reason_set(reason, "answer is not signed");
		return ERR_MALFORMED;
	}
	ret = check_answer_form(s, &tsig, reason);
	if (ret == 0)
		ret = check_answer_mac(s, m, &tsig, reason);
	if (ret != 0)
		return ret;
	if (tsig.error != TSIG_ERROR_NONE) {
		reason_set(reason, "peer says %s",
		    tsig_error_to_text(tsig.error, error));
		return ERR_PERM;
	}
	if (!time_is_near(s, &tsig, clock_wall_s())) {
		reason_set(reason, "answer's time is outside the fudge");
		return ERR_TIMEOUT;
	}
	s->time_signed = tsig.time_signed;
	return 0;
}
