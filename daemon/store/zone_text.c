/*
 * zone_text.c - a zone's file: dumped, and watched for edits
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <errno.h>
#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/base/err.h"
#include "daemon/base/log.h"
#include "daemon/store/zone_dir.h"
#include "daemon/store/zone_text.h"
#include "daemon/zone/digest.h"

static const char *
file_of(struct store_zone *z)
{
	const char *file;

	(void)pthread_mutex_lock(&z->lock);
	file = z->config.file;
	(void)pthread_mutex_unlock(&z->lock);
	return file;
}

void
zone_text_warn(struct store_zone *z, const struct reason *warning)
{
	(void)pthread_mutex_lock(&z->lock);
	if (warning == NULL)
		z->problem.text[0] = '\0';
	else
		z->problem = *warning;
	(void)pthread_mutex_unlock(&z->lock);
}

static bool
is_known(const struct zone_file_state *f,
    const uint8_t digest[ZONE_FILE_DIGEST_LEN])
{
	for (uint32_t i = 0; i < f->n_digests; i++)
		if (memcmp(f->digests[i], digest, ZONE_FILE_DIGEST_LEN) == 0)
			return true;
	return false;
}

/* After a crash in the middle of a dump: which of the two files it is. */
static void
settle_state(struct store_zone *z, const uint8_t digest[ZONE_FILE_DIGEST_LEN])
{
	struct zone_file_state *f = &z->file;

	if (f->n_digests < 2)
		return;
	(void)pthread_mutex_lock(&z->lock);
	if (memcmp(f->digests[1], digest, ZONE_FILE_DIGEST_LEN) != 0)
		f->is_stale = true; /* the old one */
	memcpy(f->digests[0], digest, ZONE_FILE_DIGEST_LEN);
	f->n_digests = 1;
	(void)pthread_mutex_unlock(&z->lock);
}

static void
set_stale(struct store_zone *z)
{
	(void)pthread_mutex_lock(&z->lock);
	z->file.is_stale = true;
	(void)pthread_mutex_unlock(&z->lock);
}

static int
found_edit(struct store_zone *z, const char *file, struct reason *reason)
{
	z->file_edited = true;
	reason_set(reason,
	    "%s was edited, and is not read: edit a zone's file between freeze "
	    "and thaw; kddnsctl thaw %s takes it if it lacks no update, "
	    "kddnsctl sync -force %s throws the edit away",
	    file, z->text, z->text);
	if (!atomic_load(&z->frozen))
		zone_text_warn(z, reason);
	return ERR_BUSY;
}

int
zone_text_check(struct store_zone *z, struct reason *reason)
{
	const char *file = file_of(z);
	uint8_t digest[ZONE_FILE_DIGEST_LEN];
	bool was_edited = z->file_edited;
	int ret;

	z->file_edited = false;
	ret = file == NULL ? ERR_NOTFOUND : zone_file_digest(file, digest);
	if (ret == 0 && !is_known(&z->file, digest))
		return found_edit(z, file, reason);
	if (ret == 0)
		settle_state(z, digest);
	if (ret != 0 && ret != ERR_NOTFOUND) {
		reason_set(reason, "cannot read %s: %s", file, err_text(ret));
		return ret;
	}
	if (ret == ERR_NOTFOUND && file != NULL)
		set_stale(z); /* gone: dump it again */
	if (was_edited)
		zone_text_warn(z, NULL);
	return 0;
}

int
zone_text_taken(struct store_zone *z, uint32_t serial,
    const uint8_t digest[ZONE_FILE_DIGEST_LEN], struct reason *reason)
{
	struct zone_file_state f = {.n_digests = 1,
	    .serial = serial,
	    .time_s = clock_wall_s()};

	memcpy(f.digests[0], digest, ZONE_FILE_DIGEST_LEN);
	return zone_dir_write_file_state(z, &f, reason);
}

static bool
is_of(const struct zone_file_state *f, uint32_t serial)
{
	return f->n_digests > 0 && !f->is_stale && f->serial == serial;
}

bool
zone_text_is_current(struct store_zone *z)
{
	const struct zone_version *v = store_zone_pin(z);
	uint32_t path_crc = zone_dir_path_crc(z);
	bool current;

	if (v == NULL)
		return false;
	(void)pthread_mutex_lock(&z->lock);
	current =
	    is_of(&z->file, version_serial(v)) && z->file.path_crc == path_crc;
	(void)pthread_mutex_unlock(&z->lock);
	zone_unpin(v);
	return current;
}

bool
zone_text_is_behind(struct store_zone *z)
{
	const struct zone_version *v = store_zone_pin(z);
	bool behind;

	if (v == NULL)
		return false;
	(void)pthread_mutex_lock(&z->lock);
	behind = z->config.file != NULL && !is_of(&z->file, version_serial(v));
	(void)pthread_mutex_unlock(&z->lock);
	zone_unpin(v);
	return behind;
}

static int
digest_line(void *arg, const char *line, size_t len)
{
	digest_update(arg, line, len);
	return 0;
}

/*
 * First what the file will be like, then the file: a crash between the two
 * must not make our own dump look like an edit.
 */
static int
dump_version(struct store_zone *z, const struct zone_version *v,
    const char *file, struct reason *reason)
{
	struct zone_file_state f = z->file;
	uint8_t digest[ZONE_FILE_DIGEST_LEN];
	struct digest d;
	int ret;

	digest_start(&d);
	ret = zone_file_write(v, digest_line, &d);
	if (ret != 0) {
		reason_set(reason, "cannot write %s: %s", file, err_text(ret));
		return ret;
	}
	digest_finish(&d, digest);
	if (f.n_digests == 0)
		memcpy(f.digests[0], digest, sizeof(digest));
	memcpy(f.digests[1], digest, sizeof(digest));
	f.n_digests = 2;
	f.is_stale = false;
	f.serial = version_serial(v);
	f.time_s = clock_wall_s();
	ret = zone_dir_write_file_state(z, &f, reason);
	if (ret == 0)
		ret = zone_file_dump(v, journal_storage(z->store->journal),
		    file, digest, reason);
	if (ret != 0)
		return ret;
	memcpy(f.digests[0], digest, sizeof(digest));
	f.n_digests = 1;
	return zone_dir_write_file_state(z, &f, reason);
}

/* The zone's warning follows. */
static int
write_file(struct store_zone *z, const char *file, struct reason *reason)
{
	const struct zone_version *v = store_zone_pin(z);
	int ret = dump_version(z, v, file, reason);

	if (ret == 0) {
		log_info("dump zone=%s serial=%u file=%s", z->text,
		    version_serial(v), file);
		z->file_edited = false;
		zone_text_warn(z, NULL);
	} else {
		zone_text_warn(z, reason);
		set_stale(
		    z); /* what was noted of it must not say it is there */
	}
	zone_unpin(v);
	return ret;
}

int
zone_text_dump(struct store_zone *z, struct reason *reason)
{
	const char *file = file_of(z);
	struct reason why = {""};
	int ret;

	if (file == NULL || store_zone_version(z) == NULL)
		return 0;
	ret = zone_text_check(z, &why);
	if (ret == ERR_BUSY && atomic_load(&z->frozen))
		return 0; /* in somebody's hands */
	if (ret != 0)
		*reason = why;
	if (ret != 0 || !zone_text_is_behind(z))
		return ret;
	return write_file(z, file, reason);
}

int
zone_text_overwrite(struct store_zone *z, struct reason *reason)
{
	const char *file = file_of(z);

	if (file == NULL || store_zone_version(z) == NULL)
		return 0;
	if (zone_text_check(z, reason) != ERR_BUSY)
		return zone_text_dump(z, reason);
	reason->text[0] = '\0';
	log_notice("edit thrown away zone=%s file=%s", z->text, file);
	return write_file(z, file, reason);
}
