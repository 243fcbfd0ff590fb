/*
 * zone_purge.c - a zone that is not configured any more goes for good
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <string.h>

#include "daemon/base/err.h"
#include "daemon/base/log.h"
#include "daemon/store/commit.h"
#include "daemon/store/own_job.h"
#include "daemon/store/zone_dir.h"
#include "daemon/store/zone_purge.h"
#include "daemon/store/zones.h"

static int
check(const struct store_zone *z, struct reason *reason)
{
	if (atomic_load(&z->in_service)) {
		reason_set(reason,
		    "%s is configured: take it out of the configuration and "
		    "reload, then purge it",
		    z->text);
		return ERR_BUSY;
	}
	if (z->id == 0) {
		reason_set(reason, "%s: no such zone in the store", z->text);
		return ERR_NOTFOUND;
	}
	return store_check_writable(z->store, reason);
}

/* As one that was never loaded; its data, if any, becomes the caller's. */
static struct zone *
forget(struct store_zone *z)
{
	struct zone *data;

	(void)pthread_mutex_lock(&z->lock);
	data = atomic_exchange(&z->zone, NULL);
	z->id = 0;
	z->is_named = false;
	history_forget(&z->history);
	history_saved(&z->history, UINT64_MAX);
	memset(&z->file, 0, sizeof(z->file));
	z->problem.text[0] = '\0';
	z->loaded_from = "";
	(void)pthread_mutex_unlock(&z->lock);
	atomic_store(&z->frozen, false);
	z->snapshot_lsn = 0;
	z->snapshot_octets = 0;
	z->saved_octets = z->history.octets_ever;
	z->file_edited = false;
	z->newest = NULL; /* drained: the writer knows nothing of it */
	return data;
}

int
zone_purge(struct store_zone *z, struct reason *reason)
{
	struct gone_zone *grave;
	uint32_t id = z->id;
	int ret = check(z, reason);

	if (ret == 0 && store_zone_version(z) != NULL)
		ret = own_job_drain(z, reason);
	if (ret != 0)
		return ret;
	grave = zones_dig();
	if (grave == NULL)
		return ERR_NOMEM;
	ret = zone_dir_remove(z, reason);
	if (ret != 0) {
		zones_bury(z->store, grave, NULL);
		return ret;
	}
	commit_mark(z->store, z, CHANGESET_ZONE_REMOVED | CHANGESET_METADATA,
	    0);
	zones_bury(z->store, grave, forget(z));
	log_notice("zone purged zone=%s id=%u", z->text, id);
	return 0;
}
