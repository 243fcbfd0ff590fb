/*
 * as_rep.h - the ticket in a KDC's answer to a login
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A KDC that demands no proof (MIT's, unless told to) answers anybody with a
 * ticket, and locks only its session key.  The ticket itself says which key of
 * the service it is of, and a key of ours opens it or does not: all that we
 * ask for.  libkrb5 hands out no ticket of an answer that it cannot open.
 *
 * Owns:    nothing.
 * Threads: any.
 * Errors:  false: it is no AS-REP.
 */
#ifndef KTUTILS_AS_REP_H
#define KTUTILS_AS_REP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* RFC 4120 section 5.4.2: the field "ticket", for krb5_decode_ticket(). */
bool as_rep_ticket(const uint8_t *octets, size_t len,
    const uint8_t **ticket_out, size_t *ticket_len_out);

#endif
