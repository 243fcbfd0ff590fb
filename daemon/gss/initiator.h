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
#include <stddef.h>

#include "daemon/base/reason.h"

struct principal;

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

/* The same of the name that gss_accept_sec_context() gave. */
int initiator_read(gss_name_t name, struct principal **principal_out,
    struct reason *reason);

#endif
