/*
 * zone_dir.c - the files of one zone in the state directory
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
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

static int
has_snapshot(const struct store *s, uint32_t id, bool *has_out)
{
	int fd = open_dir(s, id), ret;
	struct snapshot_name name;

	ret = fd == -1 ? err_from_errno(errno)
		       : snapshot_name_newest(storage_of(s), fd, &name);
	close_dir(s, fd);
	*has_out = ret == 0;
	return ret == ERR_NOTFOUND ? 0 : ret;
}

/*
 * Gives the zone its directory.  Of two the one without a snapshot is left
 * alone; if both have one somebody put it there, and none is loaded.
 */
static int
give_dir(struct store_zone *z, uint32_t id)
{
	bool has_one = false, has_other = false;
	int ret = 0;

	if (z->id != 0)
		ret = has_snapshot(z->store, z->id, &has_one);
	if (ret == 0 && z->id != 0)
		ret = has_snapshot(z->store, id, &has_other);
	if (ret != 0)
		return ret;
	if (has_one && has_other)
		z->other_id = id;
	else if (z->id == 0 || has_other)
		z->id = id;
	z->is_named = true;
	return 0;
}

struct finding {
	struct store *store;
	struct reason *reason;
};

static int
found_dir(struct finding *f, uint32_t id)
{
	struct store *s = f->store;
	struct reason *reason = f->reason;
	struct store_zone *z;
	struct name apex;
	int ret;

	journal_mark_zone_id(s->journal, id);
	ret = read_name(s, id, &apex);
	if (ret == ERR_NOTFOUND)
		return 0; /* it was never complete, or was purged */
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
	return ret != 0 ? ret : give_dir(z, id);
}

static int
found(void *arg, const char *name)
{
	uint32_t id;

	return zone_dir_id_from_text(name, &id) ? found_dir(arg, id) : 0;
}

int
zone_dir_find_all(struct store *s, struct reason *reason)
{
	struct finding f = {s, reason};
	int ret = storage_list(storage_of(s), journal_zones_dirfd(s->journal),
	    found, &f);

	if (ret != 0 && reason->text[0] == '\0')
		reason_set(reason, "cannot list the zones directory: %s",
		    err_text(ret));
	return ret;
}

static void
set_id(struct store_zone *z, uint32_t id)
{
	(void)pthread_mutex_lock(&z->lock);
	z->id = id;
	(void)pthread_mutex_unlock(&z->lock);
}

int
zone_dir_create(struct store_zone *z, struct reason *reason)
{
	struct store *s = z->store;
	const struct storage *st = storage_of(s);
	uint32_t id = journal_take_zone_id(s->journal);
	char name[ZONE_DIR_ID_SIZE];
	int ret;

	zone_dir_id_to_text(id, name);
	if (st->mkdir(st->arg, journal_zones_dirfd(s->journal), name, 0700) ==
	    -1) {
		ret = err_from_errno(errno);
		reason_set(reason, "cannot make zones/%s: %m", name);
		return ret;
	}
	set_id(z, id);
	return 0;
}

int
zone_dir_name(struct store_zone *z, struct reason *reason)
{
	struct store *s = z->store;
	const struct storage *st = storage_of(s);
	char text[ZONE_NAME_FILE_SIZE];
	size_t len = zone_name_file_write(&z->apex, text);
	int fd = open_dir(s, z->id), ret;

	ret = fd == -1 ? err_from_errno(errno)
		       : storage_replace(st, fd, "name", text, len);
	if (ret == 0 &&
	    st->fsync_dir(st->arg, journal_zones_dirfd(s->journal)) == -1)
		ret = err_from_errno(errno);
	if (ret != 0)
		reason_set(reason, "cannot write zones/%" PRIu32 "/name: %m",
		    z->id);
	else
		z->is_named = true;
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

struct emptying {
	const struct storage *storage;
	int dirfd;
};

static int
remove_file(void *arg, const char *name)
{
	const struct emptying *e = arg;

	(void)e->storage->unlink(e->storage->arg, e->dirfd, name);
	return 0;
}

/* What is in it, and itself; what cannot be removed stays. */
static void
empty_dir(const struct store *s, int dirfd, uint32_t id)
{
	struct emptying e = {storage_of(s), dirfd};
	char name[ZONE_DIR_ID_SIZE];

	(void)storage_list(e.storage, dirfd, remove_file, &e);
	zone_dir_id_to_text(id, name);
	(void)e.storage->rmdir(e.storage->arg, journal_zones_dirfd(s->journal),
	    name);
}

/*
 * A directory without a name is nobody's: that it goes decides.  If that is
 * not on the disk for certain a crash may bring it back: to a zone that is not
 * configured, or beside the directory of the new one.  Neither takes away what
 * is acknowledged from now on, as going on in it would.
 */
static int
remove_dir(const struct store *s, uint32_t id, struct reason *reason)
{
	const struct storage *st = storage_of(s);
	int fd = open_dir(s, id), ret = 0;

	if (fd == -1 ||
	    (st->unlink(st->arg, fd, "name") == -1 && errno != ENOENT)) {
		ret = err_from_errno(errno);
		reason_set(reason, "cannot remove zones/%" PRIu32 ": %m", id);
	} else if (st->fsync_dir(st->arg, fd) == -1) {
		log_warning("purged, but a power failure may bring it back"
			    " file=zones/%" PRIu32 " problem=\"%m\"",
		    id);
	}
	if (ret == 0)
		empty_dir(s, fd, id);
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

struct dropping {
	const struct storage *storage;
	int dirfd;
	const struct snapshot_name *newest;
};

static int
drop_if_older(void *arg, const char *text)
{
	const struct dropping *d = arg;
	struct snapshot_name name;

	if (snapshot_name_read(text, &name) &&
	    strcmp(name.text, d->newest->text) != 0)
		(void)d->storage->unlink(d->storage->arg, d->dirfd, text);
	return 0;
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
	struct dropping d = {storage_of(s), fd, &name};

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
		(void)storage_list(d.storage, fd, drop_if_older, &d);
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

	if (z->id == 0 || !z->is_named)
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
	ret = snapshot_name_newest(storage_of(z->store), fd, &name);
	if (ret == 0) {
		ret = read_snapshot(z, txn, fd, &name, &info, reason);
	} else {
		reason_set(reason, "zones/%" PRIu32 ": %s", z->id,
		    ret == ERR_NOTFOUND ? "its snapshot is missing"
					: err_text(ret));
		ret = ERR_IO;
	}
	if (ret == 0) {
		z->snapshot_lsn = name.lsn;
		z->snapshot_octets = info.octets;
	}
	close_dir(z->store, fd);
	return ret;
}

/* --- What the zone file is like, and whether it may be edited --- */

static int
read_frozen(int dirfd, bool *frozen_out)
{
	*frozen_out = faccessat(dirfd, "frozen", F_OK, 0) == 0;
	return *frozen_out || errno == ENOENT ? 0 : err_from_errno(errno);
}

int
zone_dir_read_notes(struct store_zone *z, struct reason *reason)
{
	struct zone_file_state f = {.n_digests = 0};
	int fd = open_dir(z->store, z->id), ret, unread = 0;
	bool frozen = false;

	ret = fd == -1 ? err_from_errno(errno) : read_frozen(fd, &frozen);
	if (ret == 0)
		unread = zone_file_state_load(storage_of(z->store), fd, &f);
	close_dir(z->store, fd);
	if (ret != 0) {
		reason_set(reason, "zones/%" PRIu32 "/frozen: %s", z->id,
		    err_text(ret));
		return ret == ERR_NOTFOUND ? ERR_IO : ret;
	}
	/* Unreadable is unknown: a file beside it then counts as edited. */
	if (unread != 0 && unread != ERR_NOTFOUND)
		log_warning("store zone=%s file=zones/%" PRIu32
			    "/dump problem=\"unreadable, ignored\"",
		    z->text, z->id);
	atomic_store(&z->frozen, frozen);
	(void)pthread_mutex_lock(&z->lock);
	z->file = f;
	(void)pthread_mutex_unlock(&z->lock);
	return 0;
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
