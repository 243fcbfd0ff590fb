/*
 * ap_req.h - what an AP-REQ says to who has the key of its ticket
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * For the log, after krb5 has refused it: whose it is, and what is wrong with
 * its times.  krb5 itself hands out nothing of an AP-REQ that it refuses.
 *
 * Owns:    nothing.
 * Threads: one at a time for a krb5_context.
 * Errors:  none: what cannot be read is "" or 0.
 * Units:   seconds since 1970.
 */
#ifndef GSS_AP_REQ_H
#define GSS_AP_REQ_H

#include <krb5/krb5.h>
#include <stdbool.h>
#include <stdint.h>

#include "daemon/gss/clear.h"

#define AP_REQ_NAME_SIZE 256

struct ap_req_inside {
	bool is_open; /* a key fits the ticket: the rest is there */
	char initiator[AP_REQ_NAME_SIZE]; /* the KDC's word for it; escaped */
	int64_t start_s, end_s;           /* of the ticket */
	int64_t clock_s;         /* the initiator's, when it made this */
	int32_t session_enctype; /* of the ticket's session key */
};

/* Decrypts the ticket with a key of the keytab, and what it opens. */
void ap_req_open(krb5_context krb5, const char *keytab_name,
    const struct clear_ap_req *ap, struct ap_req_inside *inside_out);

#endif
