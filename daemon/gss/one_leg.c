/*
 * one_leg.c - the leg that most clients need only, by libkrb5 alone
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * gss_accept_sec_context() and what one asks of its names make five krb5
 * contexts for each negotiation, and each looks for its files: more than the
 * cryptography costs.  The leg of nearly every client needs little of GSS-API:
 * an AP-REQ for one of our principals is read, the flags of its checksum say
 * what the initiator wants (RFC 4121 section 4.1.1), and an AP-REP with a fresh
 * subkey is the answer.
 *
 * All that is decided here is success.  What is not plain, or fails, has left
 * no trace, and is GSS-API's to accept or to refuse: it knows of delegation,
 * weak sessions, other mechanisms and further legs, and of why not.
 *
 * The octets that krb5_rd_req() decrypts are the only ones that say who it is;
 * what clear.c has read of the token around them chooses the key, no more.
 */
#include <errno.h>
#include <gssapi/gssapi_ext.h>
#include <krb5/krb5.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/buf.h"
#include "daemon/base/clock.h"
#include "daemon/gss/algorithm.h"
#include "daemon/gss/generation.h"
#include "daemon/gss/initiator.h"
#include "daemon/gss/leg.h"

/*
 * The checksum of an authenticator that holds flags (RFC 4121 section 4.1.1),
 * neither with delegation nor with extensions.
 */
#define CHECKSUM_TYPE 0x8003
#define CHECKSUM_LEN 24
#define BINDINGS_LEN 16
#define FLAGS_AT 20

/*
 * When a ticket has no more left GSS-API adds the clock skew of krb5.conf, which
 * libkrb5 does not tell: a client whose clock is behind still uses it.
 */
#define LAST_SECONDS 300

/* DER of what goes around an AP-REP (RFC 4121 4.1, RFC 4178 4.2.2). */
#define TAG_OCTETS 0x04
#define TAG_OID 0x06
#define TAG_SEQUENCE 0x30
#define TAG_GSS 0x60
#define CONTEXT(n) (0xa0 + (n))
#define TOKEN_AP_REP 0x0200

/* An AP-REQ, and what came out of it. */
struct exchange {
	krb5_context krb5;
	krb5_auth_context auth;
	krb5_ticket *ticket;
	krb5_authenticator *authenticator;
	krb5_data ap_rep;
};

static void
exchange_clear(struct exchange *x)
{
	krb5_free_data_contents(x->krb5, &x->ap_rep);
	krb5_free_authenticator(x->krb5, x->authenticator);
	krb5_free_ticket(x->krb5, x->ticket);
	(void)krb5_auth_con_free(x->krb5, x->auth);
}

static bool
needs_one_leg(const struct clear_token *t)
{
	const unsigned krb5 = CLEAR_MECH_KRB5 | CLEAR_MECH_MS_KRB5;

	if (!t->is_plain || !t->has_ap_req ||
	    t->ap_req_mechanism != CLEAR_MECH_KRB5)
		return false;
	/* Whose first choice is taken needs no MIC of the list. */
	return t->kind == CLEAR_KRB5 ||
	    (t->kind == CLEAR_SPNEGO_INIT && (t->first & krb5) != 0);
}

/* Whether the key is one principal's, and no replay cache is to be asked. */
static bool
is_keyed(const struct work *w)
{
	const struct acceptor_generation *g = w->generation;

	return w->principal < g->n_principals && w->used == w->principal &&
	    !g->allows_weak && g->replay_cache == NULL;
}

/* Verifies the ticket and its authenticator, the times of both included. */
static bool
read_ap_req(struct exchange *x, const struct work *w)
{
	const struct acceptor_principal *p =
	    &w->generation->principals[w->used];
	const struct clear_octets *whole = &w->token.ap_req.whole;
	krb5_data octets = {.magic = KV5M_DATA,
	    .length = (unsigned)whole->len,
	    .data = (char *)(uintptr_t)whole->octets}; /* only read */

	return krb5_auth_con_init(x->krb5, &x->auth) == 0 &&
	    krb5_auth_con_setflags(x->krb5, x->auth,
		KRB5_AUTH_CONTEXT_DO_SEQUENCE) == 0 &&
	    krb5_rd_req(x->krb5, &x->auth, &octets, p->principal, p->keytab,
		NULL, &x->ticket) == 0 &&
	    krb5_auth_con_getauthenticator(x->krb5, x->auth,
		&x->authenticator) == 0;
}

static uint32_t
get_le32(const uint8_t *p)
{
	return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 |
	    (uint32_t)p[3] << 24;
}

/*
 * Whether the initiator wants what we do, and nothing that we do not: what
 * comes behind the flags may say that the AP-REQ is for another mechanism.
 */
static bool
has_plain_flags(const struct exchange *x)
{
	const uint32_t needed = GSS_C_MUTUAL_FLAG | GSS_C_INTEG_FLAG;
	const uint32_t others =
	    GSS_C_DELEG_FLAG | GSS_C_DCE_STYLE | GSS_C_ANON_FLAG;
	const krb5_checksum *sum = x->authenticator->checksum;
	uint32_t flags;

	if (sum == NULL || sum->checksum_type != CHECKSUM_TYPE ||
	    sum->length != CHECKSUM_LEN ||
	    get_le32(sum->contents) != BINDINGS_LEN)
		return false;
	flags = get_le32(sum->contents + FLAGS_AT);
	return (flags & needed) == needed && (flags & others) == 0;
}

static bool
is_strong(krb5_key key)
{
	return gss_enctype_is_aes(krb5_k_key_enctype(NULL, key));
}

/*
 * Tells the AP-REQ from any other (mic.h), and sees that its keys are strong:
 * the session's, and the subkey if the initiator chose one.
 */
static bool
digest_request(struct exchange *x, struct work *w)
{
	krb5_key session = NULL, subkey = NULL;
	krb5_keyblock *block = NULL;
	krb5_int32 sequence;
	bool ok;

	ok = krb5_auth_con_getkey_k(x->krb5, x->auth, &session) == 0 &&
	    krb5_auth_con_getrecvsubkey_k(x->krb5, x->auth, &subkey) == 0 &&
	    krb5_auth_con_getremoteseqnumber(x->krb5, x->auth, &sequence) ==
		0 &&
	    session != NULL && is_strong(session) &&
	    (subkey == NULL || is_strong(subkey)) &&
	    krb5_k_key_keyblock(x->krb5, subkey == NULL ? session : subkey,
		&block) == 0 &&
	    mic_digest_ap_req(block->contents, block->length,
		(uint32_t)sequence, w->session.ap_req) == 0;
	krb5_free_keyblock(x->krb5, block);
	krb5_k_free_key(x->krb5, subkey);
	krb5_k_free_key(x->krb5, session);
	return ok;
}

/* Makes the AP-REP, and with it the subkey that MICs are made with. */
static bool
make_ap_rep(struct exchange *x, struct work *w)
{
	krb5_key subkey = NULL;
	krb5_int32 sequence;

	if (krb5_auth_con_setflags(x->krb5, x->auth,
		KRB5_AUTH_CONTEXT_DO_SEQUENCE | KRB5_AUTH_CONTEXT_USE_SUBKEY) !=
		0 ||
	    krb5_mk_rep(x->krb5, x->auth, &x->ap_rep) != 0 ||
	    krb5_auth_con_getlocalseqnumber(x->krb5, x->auth, &sequence) != 0 ||
	    krb5_auth_con_getsendsubkey_k(x->krb5, x->auth, &subkey) != 0 ||
	    subkey == NULL)
		return false;
	w->enctype = krb5_k_key_enctype(x->krb5, subkey);
	return mic_key_make(&w->session.key, subkey, (uint32_t)sequence) == 0;
}

/* --- Who it is --- */

/* The ticket's PAC; false: it is not plain.  *pac_out NULL: there is none. */
static bool
find_pac(const struct exchange *x, krb5_pac *pac_out)
{
	krb5_authdata **found = NULL;
	bool ok;

	*pac_out = NULL;
	if (krb5_find_authdata(x->krb5,
		x->ticket->enc_part2->authorization_data, NULL,
		KRB5_AUTHDATA_WIN2K_PAC, &found) != 0)
		return false;
	if (found == NULL || found[0] == NULL)
		ok = true;
	else
		ok = found[1] == NULL &&
		    krb5_pac_parse(x->krb5, found[0]->contents,
			found[0]->length, pac_out) == 0;
	krb5_free_authdata(x->krb5, found);
	return ok;
}

/* Whether the PAC is signed with the key of its ticket, and the client's. */
static bool
is_signed(const struct exchange *x, const struct work *w, krb5_pac pac)
{
	const struct acceptor_principal *p =
	    &w->generation->principals[w->used];
	const krb5_enc_tkt_part *part = x->ticket->enc_part2;
	krb5_keytab_entry entry;
	bool ok;

	if (krb5_kt_get_entry(x->krb5, p->keytab, p->principal,
		x->ticket->enc_part.kvno, x->ticket->enc_part.enctype,
		&entry) != 0)
		return false;
	ok = krb5_pac_verify(x->krb5, pac, part->times.authtime, part->client,
		 &entry.key, NULL) == 0;
	(void)krb5_free_keytab_entry_contents(x->krb5, &entry);
	return ok;
}

/*
 * The logon information of the ticket's PAC, to be freed; without octets there
 * is none.  False: there is one that we should not believe.
 */
static bool
get_logon_info(const struct exchange *x, const struct work *w,
    krb5_data *info_out)
{
	krb5_error_code code = ENOENT;
	krb5_pac pac;
	bool ok;

	*info_out = (krb5_data){.magic = KV5M_DATA};
	if (!find_pac(x, &pac))
		return false;
	if (pac != NULL)
		code =
		    krb5_pac_get_buffer(x->krb5, pac, PAC_LOGON_INFO, info_out);
	ok = code == ENOENT || (code == 0 && is_signed(x, w, pac));
	krb5_pac_free(x->krb5, pac);
	return ok;
}

static bool
read_client(const struct exchange *x, struct work *w)
{
	char *text = NULL;
	krb5_data info;
	int ret = -1;

	if (!get_logon_info(x, w, &info)) {
		krb5_free_data_contents(x->krb5, &info);
		return false;
	}
	if (krb5_unparse_name(x->krb5, x->ticket->enc_part2->client, &text) ==
	    0)
		ret = initiator_make(text, info.data, info.length, &w->who,
		    &w->result->reason);
	krb5_free_unparsed_name(x->krb5, text);
	krb5_free_data_contents(x->krb5, &info);
	return ret == 0;
}

/* Seconds until the ticket ends; krb5 counts them without sign. */
static bool
has_time_left(const struct exchange *x, struct work *w)
{
	uint64_t now_s = clock_wall_s();
	uint32_t end_s = (uint32_t)x->ticket->enc_part2->times.endtime;

	w->lifetime_s = end_s > now_s ? (uint32_t)(end_s - now_s) : 0;
	return w->lifetime_s > LAST_SECONDS;
}

/* --- The answer --- */

static size_t
header_len(size_t len)
{
	return len < 0x80 ? 2 : len < 0x100 ? 3 : 4;
}

static size_t
element_len(size_t len)
{
	return header_len(len) + len;
}

static void
put_header(struct writer *w, uint8_t tag, size_t len)
{
	writer_u8(w, tag);
	if (len >= 0x100) {
		writer_u8(w, 0x82);
		writer_u16(w, (uint16_t)len);
		return;
	}
	if (len >= 0x80)
		writer_u8(w, 0x81);
	writer_u8(w, (uint8_t)len);
}

static void
put_oid(struct writer *w, const gss_OID_desc *oid)
{
	put_header(w, TAG_OID, oid->length);
	writer_octets(w, oid->elements, oid->length);
}

static size_t
krb5_len(const krb5_data *ap_rep)
{
	return element_len(gss_mechanism_krb5.length) + sizeof(uint16_t) +
	    ap_rep->length;
}

static void
put_krb5(struct writer *w, const krb5_data *ap_rep)
{
	put_header(w, TAG_GSS, krb5_len(ap_rep));
	put_oid(w, &gss_mechanism_krb5);
	writer_u16(w, TOKEN_AP_REP);
	writer_octets(w, ap_rep->data, ap_rep->length);
}

/* negState accept-completed: [0] ENUMERATED 0. */
static const uint8_t accept_completed[] = {CONTEXT(0), 3, 0x0a, 1, 0};

/* NegTokenResp: negState, supportedMech, responseToken. */
static size_t
spnego_len(const gss_OID_desc *chosen, size_t token_len)
{
	return sizeof(accept_completed) +
	    element_len(element_len(chosen->length)) +
	    element_len(element_len(token_len));
}

static void
put_spnego(struct writer *w, const gss_OID_desc *chosen,
    const krb5_data *ap_rep)
{
	size_t token_len = element_len(krb5_len(ap_rep));
	size_t len = spnego_len(chosen, token_len);

	put_header(w, CONTEXT(1), element_len(len));
	put_header(w, TAG_SEQUENCE, len);
	writer_octets(w, accept_completed, sizeof(accept_completed));
	put_header(w, CONTEXT(1), element_len(chosen->length));
	put_oid(w, chosen);
	put_header(w, CONTEXT(2), element_len(token_len));
	put_header(w, TAG_OCTETS, token_len);
	put_krb5(w, ap_rep);
}

#define AROUND_MAX 64 /* octets that go around an AP-REP */

static bool
make_token(const struct exchange *x, struct work *w)
{
	size_t room = x->ap_rep.length + AROUND_MAX;
	struct writer token;

	w->result->token = malloc(room);
	if (w->result->token == NULL)
		return false;
	writer_init(&token, w->result->token, room);
	if (w->token.kind == CLEAR_KRB5)
		put_krb5(&token, &x->ap_rep);
	else
		put_spnego(&token,
		    w->token.first == CLEAR_MECH_KRB5 ? &gss_mechanism_krb5
						      : &gss_mechanism_ms_krb5,
		    &x->ap_rep);
	w->result->token_len = token.len;
	return !writer_full(&token);
}

/* --- All of it --- */

/* As if the leg had not been looked at. */
static void
forget(struct work *w)
{
	free(w->result->token);
	w->result->token = NULL;
	w->result->token_len = 0;
	w->result->reason.text[0] = '\0';
	principal_unref(w->who);
	w->who = NULL;
	free(w->acceptor);
	w->acceptor = NULL;
	context_session_clear(&w->session);
}

bool
leg_accept_alone(struct work *w)
{
	struct exchange x = {.krb5 = w->negotiator->krb5};
	bool ok;

	if (!needs_one_leg(&w->token) || !is_keyed(w))
		return false;
	ok = read_ap_req(&x, w) && has_plain_flags(&x) &&
	    has_time_left(&x, w) && digest_request(&x, w) &&
	    read_client(&x, w) && make_ap_rep(&x, w) && make_token(&x, w);
	w->acceptor = strdup(acceptor_principal_text(w->generation, w->used));
	exchange_clear(&x);
	if (!ok)
		forget(w);
	return ok;
}
