/*
 * ticket.h - tickets, with a key of a keytab
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * libkrb5 makes the requests and reads the replies, step by step; kdcs_send()
 * carries them.
 *
 * Owns:    nothing.
 * Threads: that of the krb5 context.
 * Errors:  the krb5 code and a line in reason.
 */
#ifndef KTUTILS_TICKET_H
#define KTUTILS_TICKET_H

#include <krb5.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ktutils/keytab.h"

struct kdcs;

/* How KDCs are asked; lent. */
struct ticket_way {
	krb5_context krb5;
	const struct kdcs *kdcs;
	unsigned timeout_ms; /* of one message */
	int64_t deadline;
};

/*
 * Gets a TGT with a key of the keytab into the ccache, which is emptied.
 * KRB5_KDC_UNREACH: nobody answered.
 */
krb5_error_code ticket_login(const struct ticket_way *way,
    krb5_principal client, krb5_keytab keytab, krb5_ccache ccache,
    char reason[KEYTAB_REASON_SIZE], krb5_timestamp *ends_out);

/*
 * Gets a service ticket without a login, from a KDC that demands no proof:
 * good for nothing but to see its key.  Freed with krb5_free_ticket().
 */
krb5_error_code ticket_bare(const struct ticket_way *way, krb5_principal client,
    krb5_keytab keytab, const char *service, krb5_ticket **ticket_out);

/*
 * Takes the TGT of the realm out of another ccache instead, and nothing else:
 * a service ticket that is there may be of yesterday's key.
 */
krb5_error_code ticket_borrow(krb5_context krb5, const char *from,
    const char *realm, krb5_ccache ccache);

/*
 * Gets a service ticket, to be freed with krb5_free_ticket(), with the TGT in
 * the ccache.  Referrals to other realms are not followed.
 */
krb5_error_code ticket_get(const struct ticket_way *way, krb5_ccache ccache,
    krb5_principal server, char reason[KEYTAB_REASON_SIZE],
    krb5_ticket **ticket_out);

/* Octets as libkrb5 wants them, which only reads, though it says krb5_data. */
static inline krb5_data
ticket_lend(const void *octets, size_t len)
{
	krb5_data d = {
	    .magic = KV5M_DATA,
	    .length = (unsigned)len,
	    .data = (char *)(uintptr_t)octets,
	};

	return d;
}

/* libkrb5's words for the code. */
void ticket_explain(krb5_context krb5, krb5_error_code code,
    char reason[KEYTAB_REASON_SIZE]);

#endif
