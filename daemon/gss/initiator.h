/*
 * initiator.h - who the initiator of a context is
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Owns:    nothing.
 * Threads: any; a name is for one at a time.
 * Errors:  negative enum err.
 */
#ifndef GSS_INITIATOR_H
#define GSS_INITIATOR_H

#include <gssapi/gssapi.h>
#include <krb5/krb5.h>
#include <stddef.h>

#include "daemon/base/reason.h"

struct principal;

#define PAC_LOGON_INFO 1 /* type of a buffer (MS-PAC 2.4) */

/* Text of a GSS-API name, ended, in a new allocation; NULL: it has none. */
char *initiator_text(gss_name_t name);

/*
 * The principal of this name, with what the logon information of its PAC says
 * (MS-PAC 2.5; NULL: it has none).  If that cannot be read the principal is
 * there nevertheless, as one of whose groups nothing is known
 * (PRINCIPAL_PAC_UNREADABLE), and the reason says why; else the reason stays
 * as it is.
 *
 * ERR_MALFORMED  the name cannot be read
 * ERR_PERM       it is anonymous
 * ERR_NOMEM
 */
int initiator_make(const char *text, const void *logon_info, size_t len,
    struct principal **principal_out, struct reason *reason);

/* What makes a PAC one to be believed. */
struct initiator_proof {
	krb5_context krb5;
	krb5_keytab keytab;      /* one of its keys has signed it */
	uint32_t kvno;           /* of that; 0: any */
	krb5_timestamp authtime; /* of the ticket */
};

/*
 * The same of the name that gss_accept_sec_context() gave; a PAC that is not
 * proven is none.
 */
int initiator_read(gss_name_t name, const struct initiator_proof *proof,
    struct principal **principal_out, struct reason *reason);

#endif
