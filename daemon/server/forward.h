/*
 * forward.h - does a name have an address in our zones
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

/*
 * True if the published version of the zone that the name is in has an A or
 * AAAA RR with that address at it.  server: struct server, as policy.h wants it.
 */
bool forward_has_address(void *server, const uint8_t *name,
    const struct addr *address);

#endif
