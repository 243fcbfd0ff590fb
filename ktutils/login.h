/*
 * login.h - tickets, with a key of a keytab
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * libkrb5 makes the requests and reads the replies, step by step; kdcs_send()
 * carries them.
 *
 * Owns:    a struct login its own krb5 context; else nothing.
 * Threads: that of the krb5 context.
 * Errors:  the krb5 code and a line in reason.
 */
#ifndef KTUTILS_LOGIN_H
#define KTUTILS_LOGIN_H

#include <krb5.h>
#include <stdbool.h>
#include <stdint.h>

#include "ktutils/keytab.h"

struct kdcs;

/* How KDCs are asked; lent. */
struct login_way {
	krb5_context krb5;
	const struct kdcs *kdcs;
	unsigned timeout_ms; /* of one message */
	int64_t deadline;
};

/* --- A request that proves nothing, for probing --- */

struct login;

/* NULL: no memory, or libkrb5 makes no request for that client. */
struct login *login_begin(krb5_const_principal client, krb5_keytab keytab);
const krb5_data *login_request(const struct login *l);
void login_end(struct login *l); /* NULL is fine */

/*
 * The KDC's clock less ours, from its reply to the request: it stands in an
 * error, and behind the client's key in a ticket.  False: it cannot be read.
 */
bool login_offset(struct login *l, const void *reply, size_t len,
    int32_t *offset_s_out);

/* --- Tickets --- */

/*
 * Gets a TGT with a key of the keytab into the ccache, which is emptied.
 * KRB5_KDC_UNREACH: nobody answered.
 */
krb5_error_code login_run(const struct login_way *way, krb5_principal client,
    krb5_keytab keytab, krb5_ccache ccache, char reason[KEYTAB_REASON_SIZE],
    krb5_timestamp *ends_out);

/*
 * Gets a service ticket without a login, from a KDC that demands no proof:
 * good for nothing but to see its key.  Freed with krb5_free_ticket().
 */
krb5_error_code login_bare_ticket(const struct login_way *way,
    krb5_principal client, krb5_keytab keytab, const char *service,
    krb5_ticket **ticket_out);

/*
 * Takes the TGT of the realm out of another ccache instead, and nothing else:
 * a service ticket that is there may be of yesterday's key.
 */
krb5_error_code login_borrow(krb5_context krb5, const char *from,
    const char *realm, krb5_ccache ccache);

/*
 * Gets a service ticket, to be freed with krb5_free_ticket(), with the TGT in
 * the ccache.  Referrals to other realms are not followed.
 */
krb5_error_code login_ticket(const struct login_way *way, krb5_ccache ccache,
    krb5_principal server, char reason[KEYTAB_REASON_SIZE],
    krb5_ticket **ticket_out);

/* libkrb5's words for the code. */
void login_explain(krb5_context krb5, krb5_error_code code,
    char reason[KEYTAB_REASON_SIZE]);

#endif
