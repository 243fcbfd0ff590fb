/*
 * forward.h - what our zones say of a name that policy/ asks about
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Threads: any.
 */
#ifndef SERVER_FORWARD_H
#define SERVER_FORWARD_H

#include <stdbool.h>
#include <stdint.h>

#include "daemon/base/addr.h"

/* Both are as struct policy_zones wants them; server is a struct server. */

/*
 * True if the published version of the zone that the name is in has an A or
 * AAAA RR with that address at it.
 */
bool forward_has_address(void *server, const uint8_t *name,
    const struct addr *address);

/*
 * True if the name is a zone, or the MNAME or the target of an apex NS of the
 * zone that it is in, or is in none of ours but a zone delegated there; also if
 * the zone is not loaded.
 */
bool forward_is_reserved(void *server, const uint8_t *name);

#endif
