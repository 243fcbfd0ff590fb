/*
 * context.c - one established security context: a key of GSS-TSIG
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <stdlib.h>
#include <string.h>

#include "daemon/base/buf.h"
#include "daemon/base/clock.h"
#include "daemon/base/err.h"
#include "daemon/gss/algorithm.h"
#include "daemon/gss/private.h"
#include "daemon/gss/status.h"

#define JOIN_ON_STACK 2048 /* octets: an update with a few RRs */

static uint64_t
expiry_of(const struct context_facts *facts, uint32_t lifetime_max_s,
    uint64_t now_ms)
{
	uint32_t lifetime_s = facts->lifetime_s;

	if (lifetime_s > lifetime_max_s)
		lifetime_s = lifetime_max_s;
	return now_ms + (uint64_t)lifetime_s * 1000;
}

void
context_session_clear(struct context_session *s)
{
	OM_uint32 minor;

	mic_key_clear(&s->key);
	(void)gss_delete_sec_context(&minor, &s->gss, GSS_C_NO_BUFFER);
	memset(s, 0, sizeof(*s));
}

static void
take_session(struct context *c, struct context_session *s)
{
	c->key = s->key;
	c->gss = s->gss;
	s->key.key = NULL;
	s->gss = GSS_C_NO_CONTEXT;
}

static int
take_token(struct context *c, const struct context_facts *facts)
{
	if (facts->token == NULL)
		return 0;
	c->token = malloc(facts->token_len);
	if (c->token == NULL)
		return ERR_NOMEM;
	memcpy(c->token, facts->token, facts->token_len);
	c->token_len = facts->token_len;
	return 0;
}

int
context_create(struct context_session *session,
    const struct context_facts *facts, uint32_t lifetime_max_s,
    struct context **context_out)
{
	uint64_t now_ms = clock_mono_ms();
	struct context *c;

	*context_out = NULL;
	if (expiry_of(facts, lifetime_max_s, now_ms) == now_ms)
		return ERR_TIMEOUT;
	c = calloc(1, sizeof(*c));
	if (c == NULL)
		return ERR_NOMEM;
	c->acceptor = strdup(facts->acceptor);
	if (c->acceptor == NULL || take_token(c, facts) != 0) {
		free(c->acceptor);
		free(c);
		return ERR_NOMEM;
	}
	take_session(c, session);
	atomic_init(&c->n_refs, 1);
	atomic_init(&c->used_ms, now_ms);
	(void)pthread_mutex_init(&c->lock, NULL);
	c->key_name = *facts->key_name;
	c->algorithm = gss_algorithm_find(facts->algorithm->octets);
	c->principal = principal_ref(facts->principal);
	c->client = *facts->client;
	c->enctype = facts->enctype;
	c->kvno = facts->kvno;
	c->spnego = facts->spnego;
	c->created_ms = now_ms;
	c->expiry_ms = expiry_of(facts, lifetime_max_s, now_ms);
	*context_out = c;
	return 0;
}

struct context *
context_ref(struct context *c)
{
	atomic_fetch_add_explicit(&c->n_refs, 1, memory_order_relaxed);
	return c;
}

void
context_unref(struct context *c)
{
	OM_uint32 minor;

	if (c == NULL)
		return;
	if (atomic_fetch_sub_explicit(&c->n_refs, 1, memory_order_acq_rel) != 1)
		return;
	mic_key_clear(&c->key);
	(void)gss_delete_sec_context(&minor, &c->gss, GSS_C_NO_BUFFER);
	(void)pthread_mutex_destroy(&c->lock);
	principal_unref(c->principal);
	free(c->token);
	free(c->acceptor);
	free(c);
}

const struct name *
context_key_name(const struct context *c)
{
	return &c->key_name;
}

const struct name *
context_algorithm(const struct context *c)
{
	return c->algorithm;
}

struct principal *
context_principal(const struct context *c)
{
	return c->principal;
}

const char *
context_acceptor(const struct context *c)
{
	return c->acceptor;
}

const struct addr *
context_client(const struct context *c)
{
	return &c->client;
}

int32_t
context_enctype(const struct context *c)
{
	return c->enctype;
}

uint32_t
context_kvno(const struct context *c)
{
	return c->kvno;
}

uint64_t
context_created_ms(const struct context *c)
{
	return c->created_ms;
}

uint64_t
context_used_ms(const struct context *c)
{
	return atomic_load_explicit(&c->used_ms, memory_order_relaxed);
}

bool
context_is_spnego(const struct context *c)
{
	return c->spnego;
}

const uint8_t *
context_token(const struct context *c, size_t *len_out)
{
	*len_out = c->token_len;
	return c->token;
}

bool
context_is_expired(const struct context *c)
{
	return clock_mono_ms() >= c->expiry_ms;
}

uint32_t
context_seconds_left(const struct context *c)
{
	uint64_t now_ms = clock_mono_ms();

	if (now_ms >= c->expiry_ms)
		return 0;
	return (uint32_t)((c->expiry_ms - now_ms + 999) / 1000);
}

size_t
context_mic_len(const struct context *c)
{
	return c->key.key != NULL ? mic_len(&c->key) : CONTEXT_MIC_MAX;
}

/* All pieces in one: GSS-API takes no more.  small has JOIN_ON_STACK octets. */
static void *
join(const struct context_piece *pieces, size_t n, uint8_t *small,
    gss_buffer_desc *joined_out)
{
	uint8_t *octets = small;
	size_t len = 0;

	for (size_t i = 0; i < n; i++)
		len += pieces[i].len;
	if (len > JOIN_ON_STACK)
		octets = malloc(len);
	if (octets == NULL)
		return NULL;
	joined_out->value = octets;
	joined_out->length = len;
	for (size_t i = 0; i < n; i++) {
		if (pieces[i].len > 0)
			memcpy(octets, pieces[i].octets, pieces[i].len);
		octets += pieces[i].len;
	}
	return joined_out->value;
}

static int
take_mic(const gss_buffer_desc *mic, uint8_t *mic_out, size_t *mic_len_out)
{
	if (mic->length > CONTEXT_MIC_MAX)
		return ERR_CRYPTO;
	memcpy(mic_out, mic->value, mic->length);
	*mic_len_out = mic->length;
	return 0;
}

/* The weak way: by GSS-API, which knows how. */
static int
sign_by_gss(struct context *c, const struct context_piece *pieces, size_t n,
    uint8_t *mic_out, size_t *mic_len_out, struct reason *reason)
{
	gss_buffer_desc message = GSS_C_EMPTY_BUFFER;
	gss_buffer_desc mic = GSS_C_EMPTY_BUFFER;
	uint8_t small[JOIN_ON_STACK];
	char text[GSS_STATUS_SIZE];
	OM_uint32 major, minor, ignored;
	int ret;

	if (join(pieces, n, small, &message) == NULL)
		return ERR_NOMEM;
	major = gss_get_mic(&minor, c->gss, GSS_C_QOP_DEFAULT, &message, &mic);
	if (GSS_ERROR(major)) {
		reason_set(reason, "no MIC could be made: %s",
		    gss_status_text(major, minor, text));
		ret = ERR_CRYPTO;
	} else {
		ret = take_mic(&mic, mic_out, mic_len_out);
	}
	(void)gss_release_buffer(&ignored, &mic);
	if (message.value != small)
		free(message.value);
	return ret;
}

static int
sign_by_key(struct context *c, const struct context_piece *pieces, size_t n,
    uint8_t *mic_out, size_t *mic_len_out, struct reason *reason)
{
	int ret = mic_make(&c->key, pieces, n, mic_out);

	if (ret == 0)
		*mic_len_out = mic_len(&c->key);
	else
		reason_set(reason, "no MIC could be made");
	return ret;
}

int
context_sign(struct context *c, const struct context_piece *pieces, size_t n,
    uint8_t mic_out[CONTEXT_MIC_MAX], size_t *mic_len_out,
    struct reason *reason)
{
	int ret;

	*mic_len_out = 0;
	(void)pthread_mutex_lock(&c->lock);
	ret = c->key.key != NULL
	    ? sign_by_key(c, pieces, n, mic_out, mic_len_out, reason)
	    : sign_by_gss(c, pieces, n, mic_out, mic_len_out, reason);
	(void)pthread_mutex_unlock(&c->lock);
	return ret;
}

/* RC4 hides its sequence numbers: there only GSS-API can tell. */
static enum context_verdict
verify_by_gss(struct context *c, const struct context_piece *pieces, size_t n,
    const uint8_t *mic, size_t len)
{
	gss_buffer_desc message = GSS_C_EMPTY_BUFFER;
	gss_buffer_desc token = {len, (void *)(uintptr_t)mic}; /* only read */
	uint8_t small[JOIN_ON_STACK];
	OM_uint32 major, minor;

	if (join(pieces, n, small, &message) == NULL)
		return CONTEXT_BAD_MIC;
	major = gss_verify_mic(&minor, c->gss, &message, &token, NULL);
	if (message.value != small)
		free(message.value);
	if (GSS_ERROR(major))
		return CONTEXT_BAD_MIC;
	if ((major & GSS_S_DUPLICATE_TOKEN) != 0)
		return CONTEXT_REPLAYED;
	return (major & (GSS_S_OLD_TOKEN | GSS_S_UNSEQ_TOKEN)) == 0
	    ? CONTEXT_VALID
	    : CONTEXT_TOO_OLD;
}

/*
 * An old MIC replayed on a new context from the same AP-REQ would verify
 * unless it was made with the acceptor's subkey, which is fresh each time.
 */
static enum context_verdict
verify_by_key(struct context *c, const struct context_piece *pieces, size_t n,
    const uint8_t *mic, size_t len)
{
	if (len < MIC_HEADER_LEN || get_u16(mic) != MIC_TOKEN_ID)
		return CONTEXT_BAD_MIC;
	if ((mic[MIC_FLAGS_AT] & MIC_FLAG_SUBKEY) == 0)
		return CONTEXT_NO_SUBKEY;
	if (!mic_verify(&c->key, pieces, n, mic, len))
		return CONTEXT_BAD_MIC;
	switch (window_take(&c->window, mic_sequence(mic))) {
	case WINDOW_SEEN:
		return CONTEXT_REPLAYED;
	case WINDOW_BEHIND:
		return CONTEXT_TOO_OLD;
	case WINDOW_NEW:
		break;
	}
	return CONTEXT_VALID;
}

static const char *
verdict_text(enum context_verdict v)
{
	switch (v) {
	case CONTEXT_VALID:
		return "valid MIC";
	case CONTEXT_BAD_MIC:
		return "MIC is not authentic";
	case CONTEXT_REPLAYED:
		return "MIC was used before";
	case CONTEXT_TOO_OLD:
		return "MIC's sequence number is too old";
	case CONTEXT_NO_SUBKEY:
		return "MIC was not made with the acceptor's subkey";
	case CONTEXT_EXPIRED:
		return "context has expired";
	}
	return "unknown verdict";
}

enum context_verdict
context_verify(struct context *c, const struct context_piece *pieces, size_t n,
    const uint8_t *mic, size_t len, struct reason *reason)
{
	enum context_verdict v = CONTEXT_EXPIRED;

	if (!context_is_expired(c)) {
		(void)pthread_mutex_lock(&c->lock);
		v = c->key.key != NULL ? verify_by_key(c, pieces, n, mic, len)
				       : verify_by_gss(c, pieces, n, mic, len);
		(void)pthread_mutex_unlock(&c->lock);
	}
	if (v != CONTEXT_VALID)
		reason_set(reason, "%s", verdict_text(v));
	return v;
}
