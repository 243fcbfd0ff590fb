/*
 * audit.c - every decision is logged, and kept for who asks later
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <string.h>

#include "daemon/base/log.h"
#include "daemon/dns/mnemonic.h"
#include "daemon/gss/algorithm.h"
#include "daemon/gss/context.h"
#include "daemon/policy/policy.h"
#include "daemon/server/audit.h"
#include "daemon/server/decisions.h"
#include "daemon/server/request.h"

/* Copies text, cut if it is long.  Not snprintf(): every update comes here. */
static void
put(char *field, size_t size, const char *text)
{
	size_t len = strlen(text);

	if (len >= size)
		len = size - 1;
	memcpy(field, text, len);
	field[len] = '\0';
}

#define PUT(field, text) put((field), sizeof(field), (text))

static void
put_name(char *field, size_t size, const uint8_t *name)
{
	char text[NAME_TEXT_SIZE];

	put(field, size, name_to_log(name, text));
}

static void
keep(const struct request *r, const struct decision *x)
{
	decisions_put(r->worker->server->decisions, r->worker->index, x);
}

static bool
may_log(const struct request *r, enum log_limit_kind kind)
{
	return log_wants(LOG_LEVEL_INFO) &&
	    log_limit_allows(r->worker->server->log_limit, kind,
		&r->from.remote);
}

/* Who has signed is known, and not everybody can be. */
static bool
may_log_request(const struct request *r, enum log_limit_kind kind)
{
	return r->tsig.is_verified ? log_wants(LOG_LEVEL_INFO)
				   : may_log(r, kind);
}

/* What every record has. */
static void
begin(const struct request *r, enum decision_kind kind,
    enum decision_result result, struct decision *x)
{
	*x = (struct decision){.kind = kind,
	    .result = result,
	    .from = r->from.remote,
	    .tcp = request_is_tcp(r)};
}

static void
begin_update(struct request *r, enum decision_result result, enum rcode rcode,
    struct decision *x)
{
	char code[MNEMONIC_SIZE];

	begin(r, DECISION_UPDATE, result, x);
	PUT(x->code, rcode_to_text(rcode, code));
	if (r->message.n_questions != 0)
		put_name(x->zone, sizeof(x->zone),
		    r->message.question.name.octets);
	if (r->tsig.signer.kind != SIGNER_NONE)
		put_name(x->key, sizeof(x->key),
		    r->tsig.signer.key_name.octets);
	(void)signer_to_text(&r->tsig.signer, x->signer, sizeof(x->signer));
	if (r->u.update.update != NULL)
		PUT(x->asked, update_describe(r->u.update.update, &r->arena));
}

/* The rules that decided, while the book they are in is there. */
static void
put_rules(const struct update_record *record, struct decision *x)
{
	if (record->rule != NULL)
		PUT(x->rule, policy_rule_to_text(record->rule));
	if (record->nearest != NULL)
		PUT(x->nearest, policy_rule_to_text(record->nearest));
}

void
audit_update_done(struct request *r)
{
	const struct store_job *job = &r->u.update.job;
	char addr[ADDR_TEXT_SIZE];
	struct decision x;

	begin_update(r, job->changed ? DECISION_DONE : DECISION_UNCHANGED,
	    RCODE_NOERROR, &x);
	PUT(x.cause, update_stage_to_text(UPDATE_STAGE_APPLIED));
	put_rules(&r->u.update.record, &x);
	keep(r, &x);
	if (job->changed && log_wants(LOG_LEVEL_INFO))
		log_info("update applied zone=%s serial=%u->%u signer=\"%s\" "
			 "from=%s changed=\"%s\"",
		    store_zone_text(job->zone), job->serial_from,
		    job->serial_to, job->signer,
		    addr_to_text_port(&r->from.remote, addr), x.asked);
}

void
audit_update_refused(struct request *r, enum rcode rcode, const char *stage,
    const char *why)
{
	char addr[ADDR_TEXT_SIZE], quoted[sizeof(struct reason)];
	char facts[sizeof(((struct decision *)NULL)->facts)];
	struct decision x;

	begin_update(r,
	    rcode == RCODE_REFUSED ? DECISION_REFUSED : DECISION_FAILED, rcode,
	    &x);
	PUT(x.cause, stage);
	PUT(x.reason.text, why);
	put_rules(&r->u.update.record, &x);
	requester_note(&r->requester, r->worker->server->grants, x.facts,
	    sizeof(x.facts));
	keep(r, &x);
	if (!may_log_request(r, LOG_LIMIT_UPDATE))
		return;
	log_info("update refused zone=%s rcode=%s signer=\"%s\" from=%s "
		 "asked=\"%s\" stage=%s reason=\"%s\"%s%s%s",
	    x.zone[0] == '\0' ? "-" : x.zone, x.code, x.signer,
	    addr_to_text_port(&r->from.remote, addr), x.asked, stage,
	    log_quote(why, quoted, sizeof(quoted)),
	    x.facts[0] == '\0' ? "" : " directory=\"",
	    log_quote(x.facts, facts, sizeof(facts)),
	    x.facts[0] == '\0' ? "" : "\"");
}

static void
warn_of_weak(const struct request *r, const struct decision *x,
    const struct context *context)
{
	char addr[ADDR_TEXT_SIZE];

	if (!log_limit_allows(r->worker->server->log_limit, LOG_LIMIT_WEAK,
		&r->from.remote))
		return;
	log_warning("tkey weak principal=\"%s\" from=%s enctype=%s "
		    "next=\"give the client and our account AES keys, then "
		    "set weak-enctypes refuse\"",
	    x->signer, addr_to_text_port(&r->from.remote, addr),
	    gss_enctype_text(context_enctype(context)));
}

static void
audit_established(const struct request *r, struct decision *x,
    const struct negotiation_result *result)
{
	struct principal *p = context_principal(result->context);
	struct signer signer = {.kind = SIGNER_PRINCIPAL, .principal = p};
	char addr[ADDR_TEXT_SIZE], quoted[sizeof(struct reason)];

	(void)signer_to_text(&signer, x->signer, sizeof(x->signer));
	x->reason = result->reason;
	keep(r, x);
	log_info("tkey established principal=\"%s\" kind=%s account=%s from=%s "
		 "key=\"%s\" lifetime=%u",
	    x->signer, principal_kind_text(p), principal_account_text(p),
	    addr_to_text_port(&r->from.remote, addr), x->key,
	    context_seconds_left(result->context));
	if (p->pac == PRINCIPAL_PAC_UNREADABLE)
		log_warning("pac unreadable principal=\"%s\" reason=\"%s\" "
			    "effect=\"no rule for groups grants it anything\"",
		    x->signer,
		    log_quote(x->reason.text, quoted, sizeof(quoted)));
	if (!gss_enctype_is_aes(context_enctype(result->context)))
		warn_of_weak(r, x, result->context);
}

static void
audit_leg_refused(const struct request *r, struct decision *x,
    const struct negotiation_result *result)
{
	char addr[ADDR_TEXT_SIZE], quoted[sizeof(struct reason)];
	char next[sizeof(struct reason)], code[MNEMONIC_SIZE];

	x->result = DECISION_FAILED;
	PUT(x->code, tsig_error_to_text((uint16_t)result->error, code));
	PUT(x->cause, negotiation_cause_text(result->cause));
	PUT(x->signer, result->initiator);
	x->reason = result->reason;
	x->next = result->next;
	keep(r, x);
	if (!may_log(r, LOG_LIMIT_TKEY))
		return;
	log_info("tkey refused principal=\"%s\" from=%s key=\"%s\" cause=%s "
		 "reason=\"%s\" next=\"%s\"",
	    x->signer[0] == '\0' ? "unknown" : x->signer,
	    addr_to_text_port(&r->from.remote, addr), x->key, x->cause,
	    log_quote(x->reason.text, quoted, sizeof(quoted)),
	    log_quote(x->next.text, next, sizeof(next)));
}

void
audit_leg(const struct request *r, const struct negotiation_result *result)
{
	const struct negotiation_leg *leg = &r->u.tkey.job.leg;
	char addr[ADDR_TEXT_SIZE];
	struct decision x;

	begin(r, DECISION_NEGOTIATION, DECISION_DONE, &x);
	PUT(x.code, "NOERROR");
	put_name(x.key, sizeof(x.key), leg->key_name.octets);
	switch (result->state) {
	case NEGOTIATION_COMPLETE:
		audit_established(r, &x, result);
		break;
	case NEGOTIATION_CONTINUE: /* nothing is decided yet */
		log_debug("tkey continues from=%s key=\"%s\"",
		    addr_to_text_port(&r->from.remote, addr), x.key);
		break;
	case NEGOTIATION_REFUSED:
		audit_leg_refused(r, &x, result);
		break;
	}
}

void
audit_tkey_refused(const struct request *r, const struct tkey_refusal *refusal)
{
	char addr[ADDR_TEXT_SIZE];
	struct decision x;

	begin(r, DECISION_NEGOTIATION, DECISION_FAILED, &x);
	PUT(x.code, refusal->code);
	PUT(x.cause, refusal->cause);
	/* A TKEY is of the name that the question asks for. */
	put_name(x.key, sizeof(x.key), r->message.question.name.octets);
	PUT(x.reason.text, refusal->why);
	PUT(x.next.text, refusal->next);
	keep(r, &x);
	if (may_log(r, LOG_LIMIT_TKEY))
		log_info("tkey refused principal=\"unknown\" from=%s "
			 "key=\"%s\" "
			 "cause=%s reason=\"%s\" next=\"%s\"",
		    addr_to_text_port(&r->from.remote, addr), x.key, x.cause,
		    refusal->why, refusal->next);
}

/* By what the answer's TSIG says. */
static const char *
signature_next(const struct tsig_state *tsig)
{
	if (tsig->is_replay)
		return "none if it is rare; else see who sends from that "
		       "address: somebody records messages";
	switch (tsig->error) {
	case TSIG_ERROR_BADKEY:
		return "none for a context: the client negotiates another; a "
		       "shared key needs its key statement here, with that "
		       "name and algorithm";
	case TSIG_ERROR_BADSIG:
		return "compare the key's secret on both sides; what lies "
		       "between must not change messages";
	case TSIG_ERROR_BADTIME:
		return "set both clocks by NTP";
	case TSIG_ERROR_BADTRUNC:
		return "let the sender truncate the MAC less";
	case TSIG_ERROR_NONE:
	case TSIG_ERROR_BADMODE:
	case TSIG_ERROR_BADNAME:
	case TSIG_ERROR_BADALG:
		break;
	}
	return "look at the sender's software";
}

void
audit_signature(const struct request *r, const struct reason *reason)
{
	char addr[ADDR_TEXT_SIZE], quoted[sizeof(struct reason)];
	char code[MNEMONIC_SIZE];
	struct decision x;

	begin(r, DECISION_SIGNATURE, DECISION_FAILED, &x);
	PUT(x.code,
	    r->tsig.error == TSIG_ERROR_NONE
		? rcode_to_text(r->tsig.rcode, code)
		: tsig_error_to_text((uint16_t)r->tsig.error, code));
	PUT(x.cause, "signature");
	put_name(x.key, sizeof(x.key), r->tsig.signer.key_name.octets);
	x.reason = *reason;
	PUT(x.next.text, signature_next(&r->tsig));
	keep(r, &x);
	if (!may_log(r, LOG_LIMIT_TSIG))
		return;
	log_info("tsig refused key=\"%s\" from=%s reason=\"%s\" next=\"%s\"",
	    x.key, addr_to_text_port(&r->from.remote, addr),
	    log_quote(reason->text, quoted, sizeof(quoted)), x.next.text);
}

void
audit_junk(const struct request *r, enum rcode rcode)
{
	char addr[ADDR_TEXT_SIZE], code[MNEMONIC_SIZE];

	if (may_log(r, LOG_LIMIT_JUNK))
		log_info("message refused from=%s octets=%zu rcode=%s "
			 "reason=\"it cannot be read\"",
		    addr_to_text_port(&r->from.remote, addr), r->message.len,
		    rcode_to_text(rcode, code));
}

void
audit_transfer_refused(const struct request *r, const char *why)
{
	char addr[ADDR_TEXT_SIZE], name[NAME_TEXT_SIZE], who[SIGNER_TEXT_SIZE];

	if (may_log_request(r, LOG_LIMIT_TRANSFER))
		log_info("transfer refused zone=%s type=%s from=%s "
			 "signer=\"%s\" reason=\"%s\"",
		    name_to_log(r->message.question.name.octets, name),
		    r->message.question.type == TYPE_AXFR ? "AXFR" : "IXFR",
		    addr_to_text_port(&r->from.remote, addr),
		    signer_to_text(&r->tsig.signer, who, sizeof(who)), why);
}

void
audit_held_back(const struct log_limit_held *held)
{
	static const char *const events[LOG_LIMIT_KINDS] = {
	    [LOG_LIMIT_TSIG] = "tsig refused",
	    [LOG_LIMIT_TKEY] = "tkey refused",
	    [LOG_LIMIT_JUNK] = "message refused",
	    [LOG_LIMIT_WEAK] = "tkey weak",
	    [LOG_LIMIT_UPDATE] = "update refused",
	    [LOG_LIMIT_TRANSFER] = "transfer refused",
	    [LOG_LIMIT_SIGN_IN] = "panel refused",
	};
	char addr[ADDR_TEXT_SIZE];

	log_info("%s from=%s%s suppressed=%llu window=%d", events[held->kind],
	    held->source.family == 0 ? "others"
				     : addr_to_text(&held->source, addr),
	    held->source.family == AF_INET6 ? "/64" : "",
	    (unsigned long long)held->n, LOG_LIMIT_WINDOW_MS / 1000);
}
