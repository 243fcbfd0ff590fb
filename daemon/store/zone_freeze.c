/*
 * zone_freeze.c - a zone whose file may be edited
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include "daemon/store/zone_freeze.h"
#include "daemon/base/err.h"
#include "daemon/base/log.h"
#include "daemon/store/own_job.h"
#include "daemon/store/store.h"
#include "daemon/store/zone_dir.h"
#include "daemon/store/zone_edit.h"
#include "daemon/store/zone_text.h"

bool
store_zone_is_frozen(const struct store_zone *z, struct reason *why)
{
	if (!atomic_load(&z->frozen))
		return false;
	reason_set(why,
	    "the zone is frozen, so that its file can be edited: kddnsctl "
	    "thaw %s",
	    z->text);
	return true;
}

static int
check_usable(struct store_zone *z, struct reason *reason)
{
	if (store_zone_version(z) == NULL) {
		reason_set(reason, "%s: not loaded", z->text);
		return ERR_NOTFOUND;
	}
	return store_check_writable(z->store, reason);
}

/*
 * The file is what the zone is: written now, or edited since the zone changed
 * last.
 */
static int
settle_file(struct store_zone *z, struct reason *reason)
{
	int ret = zone_text_check(z, reason);

	if (ret == 0)
		return zone_text_dump(z, reason);
	if (ret != ERR_BUSY || zone_text_is_current(z))
		return ret == ERR_BUSY ? 0 : ret;
	reason_set(reason,
	    "%s was edited while the zone took updates that it lacks; reading "
	    "it would undo them: keep a copy of the edit, kddnsctl sync -force "
	    "%s, then freeze, edit, thaw",
	    z->config.file, z->text);
	zone_text_warn(z, reason);
	return ERR_BUSY;
}

static int
unfreeze(struct store_zone *z, struct reason *reason)
{
	int ret = zone_dir_note_frozen(z, false, reason);

	if (ret == 0)
		atomic_store(&z->frozen, false);
	return ret;
}

/*
 * A note that failed may be there all the same: taken for true by the next
 * start, it would have an old file undo the updates taken meanwhile.
 */
static int
note_frozen(struct store_zone *z, struct reason *reason)
{
	struct reason second = {""};
	int ret = zone_dir_note_frozen(z, true, reason);

	if (ret != 0 && unfreeze(z, &second) != 0)
		log_warning("zone stays frozen zone=%s problem=\"%s\"", z->text,
		    second.text);
	return ret;
}

/* The zone is not frozen, and can be. */
static int
freeze(struct store_zone *z, struct reason *reason)
{
	int ret;

	atomic_store(&z->frozen, true);
	ret = own_job_drain(z, reason);
	if (ret == 0)
		ret = settle_file(z, reason);
	if (ret != 0)
		atomic_store(&z->frozen, false);
	return ret != 0 ? ret : note_frozen(z, reason);
}

int
zone_freeze(struct store_zone *z, struct reason *reason)
{
	int ret = check_usable(z, reason);

	if (ret != 0)
		return ret;
	if (atomic_load(&z->frozen)) {
		reason_set(reason,
		    "%s is frozen already: somebody may be editing its file",
		    z->text);
		return ERR_EXISTS;
	}
	ret = freeze(z, reason);
	if (ret == 0)
		log_notice("zone frozen zone=%s file=%s", z->text,
		    z->config.file == NULL ? "" : z->config.file);
	return ret;
}

int
zone_thaw(struct store_zone *z, struct reason *reason)
{
	bool was_frozen = atomic_load(&z->frozen);
	struct reason second = {""};
	int ret = check_usable(z, reason);

	if (ret == 0)
		ret = zone_text_check(z, reason);
	if (ret == 0 && !was_frozen)
		return 0; /* nothing was edited */
	if (ret == ERR_BUSY) {
		ret = was_frozen ? 0 : freeze(z, reason);
		if (ret == 0)
			ret = zone_edit_take(z, reason);
		if (ret != 0 && !was_frozen && atomic_load(&z->frozen))
			(void)unfreeze(z, &second);
	}
	if (ret == 0)
		ret = unfreeze(z, reason);
	if (ret == 0)
		log_notice("zone thawed zone=%s", z->text);
	return ret;
}
