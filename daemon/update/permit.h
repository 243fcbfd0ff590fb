/*
 * permit.h - may the requester make these changes
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * update_permit() (update.h) is here too; this is the rest of it, which the
 * writer does.
 *
 * Threads: the writer.
 * Errors:  an RCODE.
 */
#ifndef UPDATE_PERMIT_H
#define UPDATE_PERMIT_H

#include "daemon/update/update.h"

struct overlay;

/*
 * The permissions that update_permit() left open, asked of what is there:
 * every type at a name that shall go away, every target that *-self-rhs rules
 * look at.  The overlay must not have been changed yet.  REFUSED, SERVFAIL.
 * Sets u->waits.
 */
enum rcode permit_content(struct update *u, struct overlay *o,
    struct update_record *record);

#endif
