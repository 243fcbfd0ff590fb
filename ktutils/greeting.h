/*
 * greeting.h - a request that every KDC must answer, and that proves nothing
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The first message of a login: a KDC asks for proof, or sends a ticket that
 * only the client's key opens.  Both tell its time.
 *
 * Owns:    a struct greeting its own krb5 context.
 * Threads: one for the same greeting.
 * Errors:  NULL or false.
 */
#ifndef KTUTILS_GREETING_H
#define KTUTILS_GREETING_H

#include <krb5.h>
#include <stdbool.h>
#include <stdint.h>

struct greeting;

/* NULL: no memory, or libkrb5 makes no request for that client. */
struct greeting *greeting_begin(krb5_const_principal client,
    krb5_keytab keytab);
const krb5_data *greeting_request(const struct greeting *g);
void greeting_end(struct greeting *g); /* NULL is fine */

/*
 * The KDC's clock less ours, from its reply to the request: it stands in an
 * error, and behind the client's key in a ticket.  False: it cannot be read.
 */
bool greeting_offset(struct greeting *g, const void *reply, size_t len,
    int32_t *offset_s_out);

#endif
