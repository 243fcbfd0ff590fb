/*
 * handle_tkey.c - TKEY: a ticket becomes a key (RFC 2930, RFC 3645)
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <stddef.h>
#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/dns/tkey_rr.h"
#include "daemon/gss/context.h"
#include "daemon/gss/contexts.h"
#include "daemon/server/audit.h"
#include "daemon/server/dispatch.h"
#include "daemon/server/grants.h"

/* TKEY RDATA without token and other data: algorithm and fixed fields. */
#define TKEY_FIXED_LEN (NAME_LEN_MAX + 16)

/* Writes the TKEY RR of the answer; TC when it does not fit. */
static void
write_tkey(struct request *r, struct message_writer *w,
    const struct tkey_rr *tkey)
{
	struct rr rr = {.owner = r->message.question.name.octets,
	    .type = TYPE_TKEY,
	    .class = CLASS_ANY};
	size_t room = TKEY_FIXED_LEN + tkey->key_len + tkey->other_len;
	uint8_t *rdata = arena_alloc(&r->arena, room);
	struct writer rdata_writer;

	if (rdata == NULL) {
		message_write_truncate(w);
		return;
	}
	writer_init(&rdata_writer, rdata, room);
	tkey_rr_write(tkey, &rdata_writer);
	rr.rdata = rdata;
	rr.rdata_len = (uint16_t)rdata_writer.len;
	if (message_write_rr(w, SECTION_ANSWER, &rr) != 0)
		message_write_truncate(w);
}

/* An answer with no token: RCODE 0, the error in the RR. */
static enum outcome
answer_error(struct request *r, struct message_writer *w,
    const struct tkey_rr *asked, enum tsig_error error, enum rcode *rcode_out)
{
	struct tkey_rr tkey = *asked;

	tkey.error = (uint16_t)error;
	tkey.key_len = 0;
	tkey.other_len = 0;
	request_answer_start(r, w, NULL);
	write_tkey(r, w, &tkey);
	*rcode_out = RCODE_NOERROR;
	return REPLY;
}

static enum outcome
refuse(struct request *r, struct message_writer *w, const struct tkey_rr *asked,
    enum tsig_error error, enum rcode *rcode_out)
{
	COUNT(r->worker->counters.tkeys_refused);
	return answer_error(r, w, asked, error, rcode_out);
}

/* An answer that is only an RCODE. */
static enum outcome
refuse_rcode(struct request *r, struct message_writer *w, enum rcode rcode,
    enum rcode *rcode_out)
{
	COUNT(r->worker->counters.tkeys_refused);
	request_answer_start(r, w, NULL);
	*rcode_out = rcode;
	return REPLY;
}

/* Mode 5 (RFC 2930 section 4.2): who signed with the key may end it. */
static enum outcome
delete_key(struct request *r, struct message_writer *w,
    const struct tkey_rr *asked, enum rcode *rcode_out)
{
	struct context *c = r->tsig.context;

	if (!r->tsig.is_verified || c == NULL ||
	    !name_equal(context_key_name(c)->octets, asked->key_name.octets) ||
	    !contexts_remove(r->worker->server->contexts, c)) {
		COUNT(r->worker->counters.tkeys_bad_delete);
		audit_tkey_refused(r,
		    &(struct tkey_refusal){"BADNAME", "delete",
			"a context is ended by who signs with it",
			"none: it ends by itself; kddnsctl tsig-delete ends "
			"it now"});
		return refuse(r, w, asked, TSIG_ERROR_BADNAME, rcode_out);
	}
	COUNT(r->worker->counters.tkeys_deleted);
	return answer_error(r, w, asked, TSIG_ERROR_NONE, rcode_out);
}

/* On a negotiator: the leg is done, its worker shall go on. */
static void
leg_done(struct negotiation_job *job)
{
	struct request *r = (struct request *)((char *)job -
	    offsetof(struct request, u.tkey.job));

	/* Never full: it has room for all requests that may be kept. */
	(void)net_post(r->worker->net, r);
}

/* Hands the leg to a negotiator; false: they have too much to do. */
static bool
negotiate(struct request *r, const struct tkey_rr *tkey)
{
	struct negotiation_job *job = &r->u.tkey.job;

	memset(job, 0, sizeof(*job));
	r->kind = REQUEST_TKEY;
	job->leg.client = r->from.remote;
	job->leg.key_name = tkey->key_name;
	job->leg.algorithm = tkey->algorithm;
	job->leg.token = tkey->key;
	job->leg.token_len = tkey->key_len;
	job->done = leg_done;
	return negotiators_submit(r->worker->server->negotiators, job);
}

/* TC: who comes by TCP has not forged his address. */
static enum outcome
ask_for_tcp(struct request *r, struct message_writer *w, enum rcode *rcode_out)
{
	COUNT(r->worker->counters.tkeys_busy);
	request_forget(r); /* by TCP it may be the same, octet for octet */
	request_answer_start(r, w, NULL);
	message_write_truncate(w);
	*rcode_out = RCODE_NOERROR;
	return REPLY;
}

enum outcome
handle_tkey(struct request *r, struct message_writer *w, enum rcode *rcode_out)
{
	const struct rr *rr = tkey_rr_find(&r->message);
	struct tkey_rr tkey;

	if (rr == NULL || tkey_rr_read(rr, &tkey) != 0) {
		COUNT(r->worker->counters.tkeys_malformed);
		audit_tkey_refused(r,
		    &(struct tkey_refusal){"FORMERR", "malformed-tkey",
			"no TKEY of the name in the question can be read",
			"look at the client's software"});
		return refuse_rcode(r, w, RCODE_FORMERR, rcode_out);
	}
	if (tkey.mode == TKEY_MODE_DELETE)
		return delete_key(r, w, &tkey, rcode_out);
	if (tkey.mode != TKEY_MODE_GSSAPI) {
		COUNT(r->worker->counters.tkeys_bad_mode);
		audit_tkey_refused(r,
		    &(struct tkey_refusal){"BADMODE", "mode",
			"modes are GSS-API (3) and key deletion (5)",
			"let the client use GSS-TSIG, or a shared key"});
		return refuse(r, w, &tkey, TSIG_ERROR_BADMODE, rcode_out);
	}

	if (!request_is_tcp(r) &&
	    negotiators_are_pressed(r->worker->server->negotiators))
		return ask_for_tcp(r, w, rcode_out);

	/* The token is needed after this call: read it again, in our copy. */
	if (request_keep(r) == 0) {
		(void)tkey_rr_read(tkey_rr_find(&r->message), &tkey);
		if (negotiate(r, &tkey))
			return PARKED;
	}
	COUNT(r->worker->counters.tkeys_busy);
	audit_tkey_refused(r,
	    &(struct tkey_refusal){"SERVFAIL", "busy",
		"the negotiators have too much to do",
		"none if it is rare: the client tries again; else see with "
		"kddnsctl stats who asks so often, or give us more CPUs"});
	if (!request_is_tcp(r))
		return DROP; /* it will try again */
	return refuse_rcode(r, w, RCODE_SERVFAIL, rcode_out);
}

void
finish_tkey(struct request *r)
{
	struct negotiation_job *job = &r->u.tkey.job;
	struct negotiation_result *result = &job->result;
	struct tkey_rr tkey = {.key_name = job->leg.key_name,
	    .algorithm = job->leg.algorithm,
	    .mode = TKEY_MODE_GSSAPI,
	    .error = (uint16_t)result->error,
	    .key = result->token,
	    .key_len = (uint16_t)result->token_len};
	struct message_writer w;

	audit_leg(r, result);
	tkey.inception = (uint32_t)clock_wall_s();
	tkey.expiration = tkey.inception;
	if (result->state == NEGOTIATION_COMPLETE) {
		tkey.expiration += context_seconds_left(result->context);
		tsig_state_clear(&r->tsig);
		tsig_state_for_tkey(&r->tsig, result->context,
		    &job->leg.key_name, &job->leg.algorithm);
		COUNT(r->worker->counters.tkeys_complete);
		grants_expect(r->worker->server->grants, r->settings,
		    context_principal(result->context));
	} else if (result->state == NEGOTIATION_REFUSED) {
		COUNT(r->worker->counters.tkeys_refused);
	}
	request_answer_start(r, &w, NULL);
	write_tkey(r, &w, &tkey);
	request_count_duration(r, DURATION_NEGOTIATION);
	request_answer_send(r, &w, RCODE_NOERROR);
	negotiation_result_clear(result);
	request_put(r);
}
