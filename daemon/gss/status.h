/*
 * status.h - what GSS-API and krb5 say about a failure
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * GSS-API keeps its texts per thread and forgets them at the next call: ask
 * first, then release things.
 *
 * Threads: any.
 */
#ifndef GSS_STATUS_H
#define GSS_STATUS_H

#include <gssapi/gssapi.h>
#include <stddef.h>

#define GSS_STATUS_SIZE 256

/* "major text: minor text (0xd0000, 2529639093)", escaped; returns text. */
char *gss_status_text(OM_uint32 major, OM_uint32 minor,
    char text[GSS_STATUS_SIZE]);

#endif
