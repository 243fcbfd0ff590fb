/*
 * zone_dir.c - the files of one zone in the state directory
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "daemon/base/crc32c.h"
#include "daemon/base/err.h"
#include "daemon/base/log.h"
#include "daemon/base/storage.h"
#include "daemon/store/zone_dir.h"
#include "daemon/store/zones.h"
#include "daemon/zone/snapshot.h"

#define FROZEN_TEXT "kddns frozen 1\n" /* that it is there says all */

static const struct storage *
storage_of(const struct store *s)
{
	return journal_storage(s->journal);
}

/* The zone's directory, opened; -1 and errno. */
static int
open_dir(const struct store *s, uint32_t id)
{
	char name[ZONE_DIR_ID_SIZE];

	zone_dir_id_to_text(id, name);
	return storage_of(s)->open(storage_of(s)->arg,
	    journal_zones_dirfd(s->journal), name, O_RDONLY | O_DIRECTORY, 0);
}

static void
close_dir(const struct store *s, int fd)
{
	if (fd != -1)
		(void)storage_of(s)->close(storage_of(s)->arg, fd);
}

/* --- Names and ids --- */

/*
 * ERR_NOTFOUND: a crash while it was made.  An error is no such thing: the
 * zone would be filled anew, and what it has would be lost.
 */
static int
read_name(const struct store *s, uint32_t id, struct name *apex_out)
{
	int fd = open_dir(s, id), ret;

	ret = fd == -1 ? err_from_errno(errno)
		       : zone_name_file_load(storage_of(s), fd, apex_out);
	close_dir(s, fd);
	return ret;
}

static bool
has_snapshot(const struct store *s, uint32_t id)
{
	int fd = open_dir(s, id);
	struct snapshot_name name;
	bool has = fd != -1 && snapshot_name_newest(fd, &name) == 0;

	close_dir(s, fd);
	return has;
}

static int
found_dir(struct store *s, uint32_t id, struct reason *reason)
{
	struct store_zone *z;
	struct name apex;
	int ret;

	journal_mark_zone_id(s->journal, id);
	ret = read_name(s, id, &apex);
	if (ret == ERR_NOTFOUND)
		return 0; /* a crash while it was made; its id stays unused */
	if (ret == ERR_UNSUPPORTED)
		reason_set(reason,
		    "zones/%" PRIu32
		    "/name is not of format 1: start the kddnsd that wrote it",
		    id);
	else if (ret != 0)
		reason_set(reason, "zones/%" PRIu32 "/name: %s", id,
		    err_text(ret));
	if (ret != 0)
		return ret;
	z = zones_get(s, apex.octets);
	if (z == NULL)
		ret = zones_add(s, &apex, &z);
	if (ret != 0 || (z->id != 0 && !has_snapshot(s, id)))
		return ret; /* its making failed half way, and began anew */
	if (z->id != 0 && has_snapshot(s, z->id))
		z->other_id = id; /* somebody put it there: not loaded */
	else
		z->id = id;
	return 0;
}

int
zone_dir_find_all(struct store *s, struct reason *reason)
{
	int fd = dup(journal_zones_dirfd(s->journal)), ret = 0;
	DIR *dir = fd == -1 ? NULL : fdopendir(fd);
	struct dirent *e;

	if (dir == NULL) {
		ret = err_from_errno(errno);
		reason_set(reason, "cannot list the zones directory: %m");
		if (fd != -1)
			(void)close(fd);
		return ret;
	}
	rewinddir(dir);
	while (ret == 0 && (e = readdir(dir)) != NULL) {
		uint32_t id;

		if (zone_dir_id_from_text(e->d_name, &id))
			ret = found_dir(s, id, reason);
	}
	(void)closedir(dir);
	return ret;
}

int
zone_dir_create(struct store_zone *z, struct reason *reason)
{
	struct store *s = z->store;
	const struct storage *st = storage_of(s);
	char name[ZONE_DIR_ID_SIZE], text[ZONE_NAME_FILE_SIZE];
	uint32_t id = journal_take_zone_id(s->journal);
	size_t len = zone_name_file_write(&z->apex, text);
	int fd, ret;

	zone_dir_id_to_text(id, name);
	if (st->mkdir(st->arg, journal_zones_dirfd(s->journal), name, 0700) ==
	    -1) {
		ret = err_from_errno(errno);
		reason_set(reason, "cannot make zones/%s: %m", name);
		return ret;
	}
	fd = open_dir(s, id);
	ret = fd == -1 ? err_from_errno(errno)
		       : storage_replace(st, fd, "name", text, len);
	if (ret == 0 &&
	    st->fsync_dir(st->arg, journal_zones_dirfd(s->journal)) == -1)
		ret = err_from_errno(errno);
	if (ret != 0)
		reason_set(reason, "cannot write zones/%s/name: %m", name);
	else
		z->id = id;
	close_dir(s, fd);
	return ret;
}

static int
remove_durably(const struct storage *st, int dirfd, const char *name)
{
	if ((st->unlink(st->arg, dirfd, name) == -1 && errno != ENOENT) ||
	    st->fsync_dir(st->arg, dirfd) == -1)
		return err_from_errno(errno);
	return 0;
}

/* What is in it, and itself; what cannot be removed stays. */
static void
empty_dir(const struct store *s, int dirfd, uint32_t id)
{
	const struct storage *st = storage_of(s);
	int fd = dup(dirfd);
	DIR *dir = fd == -1 ? NULL : fdopendir(fd);
	char name[ZONE_DIR_ID_SIZE];
	struct dirent *e;

	if (dir == NULL) {
		if (fd != -1)
			(void)close(fd);
		return;
	}
	rewinddir(dir);
	while ((e = readdir(dir)) != NULL)
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
			(void)st->unlink(st->arg, dirfd, e->d_name);
	(void)closedir(dir);
	zone_dir_id_to_text(id, name);
	(void)unlinkat(journal_zones_dirfd(s->journal), name, AT_REMOVEDIR);
}

static int
remove_dir(const struct store *s, uint32_t id, struct reason *reason)
{
	int fd = open_dir(s, id), ret;

	/* A directory without a name is nobody's: that it goes decides. */
	ret = fd == -1 ? err_from_errno(errno)
		       : remove_durably(storage_of(s), fd, "name");
	if (ret == 0)
		empty_dir(s, fd, id);
	else
		reason_set(reason, "cannot remove zones/%" PRIu32 ": %m", id);
	close_dir(s, fd);
	return ret;
}

int
zone_dir_remove(struct store_zone *z, struct reason *reason)
{
	int ret = 0;

	if (z->other_id != 0)
		ret = remove_dir(z->store, z->other_id, reason);
	if (ret != 0)
		return ret;
	z->other_id = 0;
	return remove_dir(z->store, z->id, reason);
}

/* --- Snapshots --- */

/* All snapshots but the newest. */
static void
drop_older(const struct store *s, int dirfd)
{
	struct snapshot_name newest, name;
	int fd = dup(dirfd);
	DIR *dir = fd == -1 ? NULL : fdopendir(fd);
	struct dirent *e;

	if (dir == NULL || snapshot_name_newest(dirfd, &newest) != 0)
		goto done;
	rewinddir(dir);
	while ((e = readdir(dir)) != NULL)
		if (snapshot_name_read(e->d_name, &name) &&
		    strcmp(name.text, newest.text) != 0)
			(void)storage_of(s)->unlink(storage_of(s)->arg, dirfd,
			    name.text);
done:
	if (dir != NULL)
		(void)closedir(dir);
	else if (fd != -1)
		(void)close(fd);
}

static int
put_in_place(const struct store *s, int dirfd, const char *name,
    struct reason *reason)
{
	const struct storage *st = storage_of(s);
	int ret = 0;

	if (st->rename(st->arg, dirfd, "snap.tmp", name) == -1 ||
	    st->fsync_dir(st->arg, dirfd) == -1) {
		ret = err_from_errno(errno);
		reason_set(reason, "cannot rename the snapshot to %s: %m",
		    name);
	}
	return ret;
}

int
zone_dir_save(struct store_zone *z, const struct zone_version *v, uint64_t lsn,
    struct reason *reason)
{
	struct store *s = z->store;
	struct snapshot_name name;
	struct snapshot_info info;
	int fd = open_dir(s, z->id), ret;

	if (fd == -1) {
		ret = err_from_errno(errno);
		reason_set(reason, "cannot open zones/%" PRIu32 ": %m", z->id);
		return ret;
	}
	snapshot_name_make(&name, version_serial(v), lsn);
	ret = snapshot_write(v, lsn,
	    &(struct snapshot_place){storage_of(s), fd, "snap.tmp"}, &info,
	    reason);
	if (ret == 0)
		ret = put_in_place(s, fd, name.text, reason);
	if (ret == 0) {
		z->snapshot_lsn = lsn;
		z->snapshot_octets = info.octets;
		drop_older(s, fd);
	}
	close_dir(s, fd);
	return ret;
}

/* It was there a moment ago: that it is gone is ERR_IO. */
static int
read_snapshot(const struct store_zone *z, struct zone_txn *txn, int dirfd,
    const struct snapshot_name *name, struct snapshot_info *info_out,
    struct reason *reason)
{
	const struct snapshot_place place = {storage_of(z->store), dirfd,
	    name->text};
	struct reason why = {""};
	int ret = snapshot_read(txn, &place, info_out, &why);

	if (ret == 0 &&
	    (info_out->serial != name->serial || info_out->lsn != name->lsn)) {
		reason_set(&why, "%s was made as %" PRIu32 "-%" PRIu64 ".snap",
		    name->text, info_out->serial, info_out->lsn);
		ret = ERR_MISMATCH;
	}
	if (ret != 0)
		reason_set(reason, "zones/%" PRIu32 "/%s", z->id, why.text);
	return ret == ERR_NOTFOUND ? ERR_IO : ret;
}

int
zone_dir_load(struct store_zone *z, struct zone_txn *txn, struct reason *reason)
{
	struct snapshot_name name;
	struct snapshot_info info;
	int fd, ret;

	if (z->id == 0)
		return ERR_NOTFOUND;
	if (z->other_id != 0) {
		reason_set(reason,
		    "zones/%" PRIu32 " and zones/%" PRIu32
		    " are both of this zone: stop kddnsd and take the one away "
		    "that is not wanted",
		    z->id, z->other_id);
		return ERR_EXISTS;
	}
	fd = open_dir(z->store, z->id);
	if (fd == -1) {
		ret = err_from_errno(errno);
		reason_set(reason, "cannot open zones/%" PRIu32 ": %m", z->id);
		return ret == ERR_NOTFOUND ? ERR_IO : ret;
	}
	ret = snapshot_name_newest(fd, &name);
	if (ret == 0)
		ret = read_snapshot(z, txn, fd, &name, &info, reason);
	if (ret == 0) {
		z->snapshot_lsn = name.lsn;
		z->snapshot_octets = info.octets;
	}
	close_dir(z->store, fd);
	return ret;
}

/* --- What the zone file is like, and whether it may be edited --- */

void
zone_dir_read_notes(struct store_zone *z)
{
	struct zone_file_state f = {.n_digests = 0};
	int fd = open_dir(z->store, z->id);
	int ret = fd == -1 ? err_from_errno(errno)
			   : zone_file_state_load(storage_of(z->store), fd, &f);

	atomic_store(&z->frozen,
	    fd != -1 && faccessat(fd, "frozen", F_OK, 0) == 0);
	close_dir(z->store, fd);
	/* Unreadable is unknown: a file beside it then counts as edited. */
	if (ret != 0 && ret != ERR_NOTFOUND)
		log_warning("store zone=%s file=zones/%" PRIu32
			    "/dump problem=\"unreadable, ignored\"",
		    z->text, z->id);
	(void)pthread_mutex_lock(&z->lock);
	z->file = f;
	(void)pthread_mutex_unlock(&z->lock);
}

int
zone_dir_note_frozen(struct store_zone *z, bool frozen, struct reason *reason)
{
	const struct storage *st = storage_of(z->store);
	int fd = open_dir(z->store, z->id), ret;

	if (fd == -1)
		ret = err_from_errno(errno);
	else if (frozen)
		ret = storage_replace(st, fd, "frozen", FROZEN_TEXT,
		    strlen(FROZEN_TEXT));
	else
		ret = remove_durably(st, fd, "frozen");
	if (ret != 0)
		reason_set(reason, "cannot %s zones/%" PRIu32 "/frozen: %m",
		    frozen ? "make" : "remove", z->id);
	close_dir(z->store, fd);
	return ret;
}

uint32_t
zone_dir_path_crc(struct store_zone *z)
{
	uint32_t crc = 0;

	(void)pthread_mutex_lock(&z->lock);
	if (z->config.file != NULL)
		crc = crc32c(0, z->config.file, strlen(z->config.file));
	(void)pthread_mutex_unlock(&z->lock);
	return crc;
}

int
zone_dir_write_file_state(struct store_zone *z,
    const struct zone_file_state *state, struct reason *reason)
{
	uint8_t octets[ZONE_FILE_STATE_LEN];
	struct zone_file_state f = *state;
	int fd, ret;

	f.path_crc = zone_dir_path_crc(z);
	zone_file_state_write(&f, octets);
	fd = open_dir(z->store, z->id);
	ret = fd == -1 ? err_from_errno(errno)
		       : storage_replace(storage_of(z->store), fd, "dump",
			     octets, sizeof(octets));
	if (ret != 0)
		reason_set(reason, "cannot write zones/%" PRIu32 "/dump: %m",
		    z->id);
	close_dir(z->store, fd);
	if (ret != 0)
		return ret;
	(void)pthread_mutex_lock(&z->lock);
	z->file = f;
	(void)pthread_mutex_unlock(&z->lock);
	return 0;
}
