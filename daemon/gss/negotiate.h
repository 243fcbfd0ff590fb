/*
 * negotiate.h - one leg of a TKEY negotiation (RFC 3645 section 4.1)
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A token goes in; out come the acceptor's token, and either a context that
 * is established, checked and in the table, or half a context that waits for
 * the next leg, or a refusal with its cause, why in one line, and what to do.
 *
 * Half-open negotiations are kept by (address without port, key name).  An
 * AP-REQ that has made a context makes no second one.
 *
 * Owns:    half-open contexts; refers to the acceptor and the context table.
 * Threads: struct negotiations: any; struct negotiator: one thread each.
 * Errors:  negative enum err from the makers; a leg's outcome is its result.
 * Units:   octets, seconds.
 */
#ifndef GSS_NEGOTIATE_H
#define GSS_NEGOTIATE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/base/addr.h"
#include "daemon/base/reason.h"
#include "daemon/dns/name.h"
#include "daemon/dns/types.h"

struct acceptor;
struct context;
struct contexts;

#define NEGOTIATION_LEGS_MAX 4

/* Why a leg was refused: what the counters are by. */
enum negotiation_cause {
	NEGOTIATION_FINE,        /* complete, or goes on */
	NEGOTIATION_EMPTY,       /* no token */
	NEGOTIATION_MALFORMED,   /* not a token */
	NEGOTIATION_MECHANISM,   /* NTLM, NEGOEX, IAKERB only */
	NEGOTIATION_KEY_NAME,    /* the key name is in use: BADNAME */
	NEGOTIATION_ALGORITHM,   /* neither gss-tsig name: BADALG */
	NEGOTIATION_NO_KEYS,     /* no keytab is loaded */
	NEGOTIATION_NAME,        /* the ticket is for another service */
	NEGOTIATION_KVNO,        /* keytab or ticket is stale */
	NEGOTIATION_ENCTYPE,     /* no key of that enctype; or it is refused */
	NEGOTIATION_KEY,         /* same kvno, different key */
	NEGOTIATION_SKEW,        /* clocks differ */
	NEGOTIATION_TICKET_TIME, /* the ticket expired, or is not valid yet */
	NEGOTIATION_REPLAY,      /* this AP-REQ was here before */
	NEGOTIATION_TRUST,       /* the path between the realms */
	NEGOTIATION_FLAGS,       /* no mutual authentication or integrity */
	NEGOTIATION_LEGS,      /* too many legs, or a leg without a beginning */
	NEGOTIATION_PRINCIPAL, /* the initiator's name cannot be read */
	NEGOTIATION_UNEXPLAINED, /* so many in a second that nobody looks */
	NEGOTIATION_INTERNAL,    /* no memory, library failure */
	NEGOTIATION_CAUSES,
};

/* "wrong-key", ...: what a metric's label says; never NULL. */
const char *negotiation_cause_text(enum negotiation_cause cause);

/*
 * True if this key name belongs to a configured shared key.  Called on any
 * negotiator thread.
 */
typedef bool (
    *negotiation_name_is_taken)(void *arg, const struct name *key_name);

/*
 * A ticket has a key that the acceptor lacks: are there newer keytabs?  Called
 * on any negotiator thread, not too often for one client; waits until they
 * are in use.
 */
typedef void (*negotiation_look_at_keytabs)(void *arg);

struct negotiations_config {
	uint32_t timeout_s;   /* of half-open ones */
	uint32_t per_address; /* half-open ones (addr_budget()); the oldest
				 makes room */
	uint32_t max;         /* half-open ones overall; 0: 4096 */
	bool keeps_tokens;    /* contexts shall have context_token() */
	negotiation_name_is_taken name_is_taken;     /* NULL: never */
	negotiation_look_at_keytabs look_at_keytabs; /* NULL: no use */
	void *arg;                                   /* of both */
};

struct negotiations_counters {
	_Atomic uint64_t complete;
	_Atomic uint64_t alone; /* of them: without GSS-API (one_leg.c) */
	_Atomic uint64_t continued;
	_Atomic uint64_t refused[NEGOTIATION_CAUSES];
	_Atomic uint64_t half_open; /* now */
	_Atomic uint64_t timed_out;
	_Atomic uint64_t evicted; /* made room */
	_Atomic uint64_t weak;    /* complete, with a weak session enctype */
	_Atomic uint64_t pac_unreadable; /* the principal is less than it is */
};

/* What all negotiator threads share. */
struct negotiations;

/* acceptor and contexts outlive it.  ERR_NOMEM, ERR_CRYPTO. */
int negotiations_create(const struct negotiations_config *config,
    struct acceptor *acceptor, struct contexts *contexts,
    struct negotiations **negotiations_out);
void negotiations_destroy(struct negotiations *n); /* NULL is fine */

/* Values from now on. */
void negotiations_configure(struct negotiations *n,
    const struct negotiations_config *config);

/* Gives up what has waited too long; to be called now and then. */
void negotiations_expire(struct negotiations *n);

const struct negotiations_counters *negotiations_counters(
    const struct negotiations *n);

/* What one thread needs: credentials and a krb5 context of its own. */
struct negotiator;

/* ERR_NOMEM, ERR_CRYPTO. */
int negotiator_create(struct negotiations *n,
    struct negotiator **negotiator_out);
void negotiator_destroy(struct negotiator *n); /* NULL is fine */

/* A leg's input; all is lent for the call. */
struct negotiation_leg {
	struct addr client;
	struct name key_name;  /* as sent */
	struct name algorithm; /* as sent: gss-tsig or gss.microsoft.com */
	const uint8_t *token;
	size_t token_len;
};

enum negotiation_state {
	NEGOTIATION_COMPLETE, /* context is established: sign the answer with it
			       */
	NEGOTIATION_CONTINUE, /* TKEY error 0 with the token, unsigned */
	NEGOTIATION_REFUSED,  /* TKEY error, with the token if there is one */
};

struct negotiation_result {
	enum negotiation_state state;
	enum negotiation_cause cause;
	enum tsig_error error;   /* for the TKEY RR; 0 unless refused */
	struct context *context; /* owned reference; COMPLETE only */
	uint8_t *token;          /* owned; may be NULL */
	size_t token_len;
	struct reason reason; /* refused: why; complete: why no PAC was read */
	struct reason next;   /* refused: the admin's next step */
	char sname[256]; /* the ticket's service, escaped; the client's claim */
	char initiator[256]; /* refused: who, escaped; "": it is not known */
};

/* Carries out one leg. */
void negotiate_leg(struct negotiator *n, const struct negotiation_leg *leg,
    struct negotiation_result *result_out);

/* Frees what the result owns. */
void negotiation_result_clear(struct negotiation_result *result);

#endif
