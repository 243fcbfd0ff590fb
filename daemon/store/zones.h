/*
 * zones.h - the list of zones, and finding one by name
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Threads: changing: under store.upkeep; finding: any.
 * Errors:  ERR_NOMEM.
 */
#ifndef STORE_ZONES_H
#define STORE_ZONES_H

#include "daemon/store/state.h"

/* A zone without data, out of service, at the end of the list. */
int zones_add(struct store *s, const struct name *apex,
    struct store_zone **zone_out);

/* The list as it is now, n_out zones long; any thread. */
struct store_zone *const *zones_list(const struct store *s, size_t *n_out);

/* In or out of service; NULL: never heard of.  Under store.upkeep. */
struct store_zone *zones_get(const struct store *s, const uint8_t *apex);

/* Takes over the configuration; strings are copied. */
int zones_configure(struct store_zone *z, const struct store_zone_config *c);

/* Publishes a table of the zones that are in service. */
int zones_publish(struct store *s);

void zones_clear(struct store *s);

/*
 * Data of a zone that nobody can find any more, but some may still read: it is
 * buried, and freed by the writer when they are gone.  The grave is dug first,
 * so that burying cannot fail; NULL: no memory.  data NULL: none after all.
 */
struct gone_zone *zones_dig(void);
void zones_bury(struct store *s, struct gone_zone *grave, struct zone *data);

/* The writer: frees what nobody reads any more. */
void zones_reclaim_gone(struct store *s);

#endif
