/*
 * check.c - a state directory looked at without touching it
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "daemon/base/arena.h"
#include "daemon/base/err.h"
#include "daemon/base/storage.h"
#include "daemon/store/check.h"
#include "daemon/store/zone_dir_files.h"
#include "daemon/zone/changeset.h"
#include "daemon/zone/snapshot.h"

#define NOT_LOADED "kddnsd does not load the zone; the others serve"
#define LEFTOVER "kddnsd does not look at it; it may be removed"

/* One directory below zones/, or an id that only the log knows. */
struct checked_zone {
	uint32_t id;
	bool has_dir, has_name, has_snapshot;
	bool is_empty_twin; /* of a zone that another directory is of */
	bool is_broken;     /* said already */
	bool is_removed;    /* the log says that it was purged */
	struct name apex;
	char text[NAME_TEXT_SIZE];
	struct zone *zone;
	struct zone_txn *txn; /* the snapshot, and what the log adds */
	uint64_t snapshot_lsn;
	uint64_t last_lsn; /* of its changes in the log */
};

struct check {
	struct check_listener caller;
	struct check_listener to; /* counts, and tells the caller */
	struct store_check_result *result;
	struct reason *reason;
	int dirfd, lock_fd, zones_fd; /* zones_fd -1: there is none */
	struct checked_zone *zones;   /* by id */
	size_t n, room;
	struct arena arena; /* of one changeset */
};

/* --- Saying --- */

static void
count_finding(void *arg, const struct check_finding *f)
{
	struct check *c = arg;

	switch (f->weight) {
	case CHECK_NOTE:
		c->result->n_notes++;
		break;
	case CHECK_DAMAGE:
		c->result->n_damages++;
		break;
	}
	c->caller.found(c->caller.arg, f);
}

/* --- The lock --- */

static void
say_holder(int fd, const char *directory, struct reason *reason)
{
	char holder[JOURNAL_HOLDER_SIZE];

	journal_lock_holder(fd, holder);
	reason_set(reason,
	    "%s is in use by process %s: stop it, or check a backup", directory,
	    holder);
}

/* So that no kddnsd starts meanwhile; a backup may have no lock. */
static int
take_lock(struct check *c, const char *directory)
{
	int ret;

	c->lock_fd = openat(c->dirfd, "lock", O_RDONLY | O_CLOEXEC);
	if (c->lock_fd == -1 && errno == ENOENT)
		return 0;
	if (c->lock_fd != -1 && flock(c->lock_fd, LOCK_SH | LOCK_NB) == 0)
		return 0;
	ret = err_from_errno(errno);
	if (ret == ERR_BUSY && c->lock_fd != -1)
		say_holder(c->lock_fd, directory, c->reason);
	else
		reason_set(c->reason, "cannot lock %s/lock: %m", directory);
	return ret;
}

static int
open_directory(struct check *c, const char *directory)
{
	int ret;

	c->dirfd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (c->dirfd == -1) {
		ret = err_from_errno(errno);
		reason_set(c->reason, "cannot open %s: %m", directory);
		return ret;
	}
	ret = take_lock(c, directory);
	if (ret != 0)
		return ret;
	c->zones_fd =
	    openat(c->dirfd, "zones", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (c->zones_fd == -1 && errno != ENOENT) {
		ret = err_from_errno(errno);
		reason_set(c->reason, "cannot open %s/zones: %m", directory);
		return ret;
	}
	if (c->zones_fd == -1 && faccessat(c->dirfd, "log", F_OK, 0) != 0) {
		reason_set(c->reason,
		    "%s has neither log nor zones: it is no "
		    "state directory of kddnsd",
		    directory);
		return ERR_NOTFOUND;
	}
	return 0;
}

/* --- The directories of zones --- */

static size_t
place_of(const struct check *c, uint32_t id)
{
	size_t low = 0, high = c->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (c->zones[mid].id < id)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/* The zone of that id, made if need be; NULL: no memory. */
static struct checked_zone *
zone_of(struct check *c, uint32_t id)
{
	size_t at = place_of(c, id), room = c->room == 0 ? 16 : 2 * c->room;
	struct checked_zone *more;

	if (at < c->n && c->zones[at].id == id)
		return &c->zones[at];
	if (c->n == c->room) {
		more = realloc(c->zones, room * sizeof(*more));
		if (more == NULL)
			return NULL;
		c->zones = more;
		c->room = room;
	}
	memmove(&c->zones[at + 1], &c->zones[at],
	    (c->n - at) * sizeof(c->zones[0]));
	c->n++;
	memset(&c->zones[at], 0, sizeof(c->zones[at]));
	c->zones[at].id = id;
	return &c->zones[at];
}

static void
zone_file(const struct checked_zone *z, const char *file, struct reason *where)
{
	reason_set(where, "zones/%" PRIu32 "%s%s", z->id,
	    file[0] == '\0' ? "" : "/", file);
}

static void
check_name(struct check *c, struct checked_zone *z, int fd)
{
	struct reason where;
	int ret = zone_name_file_load(&storage_system, fd, &z->apex);

	zone_file(z, "name", &where);
	if (ret == ERR_NOTFOUND) {
		zone_file(z, "", &where);
		check_say(&c->to, CHECK_NOTE, where.text, LEFTOVER,
		    "it is nobody's: what a crash, or zone-purge, left");
	} else if (ret == ERR_UNSUPPORTED) {
		check_say(&c->to, CHECK_DAMAGE, where.text,
		    "kddnsd does not start with it", "it is not of format 1");
	} else if (ret != 0) {
		check_say(&c->to, CHECK_DAMAGE, where.text,
		    "kddnsd does not start with it", "%s", err_text(ret));
	} else {
		z->has_name = true;
		(void)name_to_log(z->apex.octets, z->text);
	}
}

/* What a message of snapshot_read() says behind the path. */
static const char *
behind_path(const struct reason *why, const char *path)
{
	size_t len = strlen(path);

	return strncmp(why->text, path, len) == 0 &&
		strncmp(why->text + len, ": ", 2) == 0
	    ? why->text + len + 2
	    : why->text;
}

static int
read_snapshot(struct check *c, struct checked_zone *z, int fd,
    const struct snapshot_name *name)
{
	const struct snapshot_place place = {&storage_system, fd, name->text};
	struct snapshot_info info;
	struct reason where, why = {""};
	int ret = zone_create(&z->apex, NULL, &z->zone);

	if (ret == 0)
		ret = zone_begin(z->zone, &z->txn);
	if (ret != 0)
		return ret;
	zone_file(z, name->text, &where);
	z->has_snapshot = true;
	z->snapshot_lsn = name->lsn;
	ret = snapshot_read(z->txn, &place, &info, &why);
	if (ret == ERR_NOMEM)
		return ret;
	if (ret != 0)
		check_say(&c->to, CHECK_DAMAGE, where.text, NOT_LOADED, "%s",
		    behind_path(&why, name->text));
	else if (info.serial != name->serial || info.lsn != name->lsn)
		check_say(&c->to, CHECK_DAMAGE, where.text, NOT_LOADED,
		    "it was made as %" PRIu32 "-%" PRIu64 ".snap", info.serial,
		    info.lsn);
	else
		return 0;
	z->is_broken = true;
	return 0;
}

static void
check_notes(struct check *c, struct checked_zone *z, int fd)
{
	struct zone_file_state state;
	struct reason where;
	int ret = zone_file_state_load(&storage_system, fd, &state);

	if (ret == 0 || ret == ERR_NOTFOUND)
		return;
	zone_file(z, "dump", &where);
	check_say(&c->to, CHECK_NOTE, where.text,
	    "the zone file counts as edited until somebody decides", "%s",
	    err_text(ret));
}

static int
check_zone(struct check *c, uint32_t id)
{
	struct checked_zone *z = zone_of(c, id);
	char text[ZONE_DIR_ID_SIZE];
	struct snapshot_name name;
	int fd, ret = 0;

	if (z == NULL)
		return ERR_NOMEM;
	zone_dir_id_to_text(id, text);
	fd = openat(c->zones_fd, text, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd == -1) {
		ret = err_from_errno(errno);
		reason_set(c->reason, "cannot open zones/%s: %m", text);
		return ret;
	}
	z->has_dir = true;
	check_name(c, z, fd);
	if (z->has_name) {
		c->result->n_zones++;
		ret = snapshot_name_newest(&storage_system, fd, &name);
		if (ret == 0)
			ret = read_snapshot(c, z, fd, &name);
		else if (ret == ERR_NOTFOUND)
			ret = 0;
		check_notes(c, z, fd);
	}
	(void)close(fd);
	return ret;
}

static int
check_if_zone(void *arg, const char *name)
{
	uint32_t id;

	return zone_dir_id_from_text(name, &id) ? check_zone(arg, id) : 0;
}

static int
check_zones(struct check *c)
{
	int ret;

	if (c->zones_fd == -1)
		return 0;
	ret = storage_list(&storage_system, c->zones_fd, check_if_zone, c);
	if (ret != 0 && c->reason->text[0] == '\0')
		reason_set(c->reason, "cannot list zones: %s", err_text(ret));
	return ret;
}

/* Two directories of one zone; the empty one of two is no harm. */
static void
check_twins(struct check *c)
{
	struct reason where;

	for (size_t i = 0; i < c->n; i++)
		for (size_t k = i + 1; k < c->n; k++) {
			struct checked_zone *a = &c->zones[i],
					    *b = &c->zones[k],
					    *other = a->has_snapshot ? b : a;

			if (!a->has_name || !b->has_name ||
			    !name_equal(a->apex.octets, b->apex.octets))
				continue;
			zone_file(other, "", &where);
			other->is_empty_twin = !other->has_snapshot;
			if (other->has_snapshot)
				check_say(&c->to, CHECK_DAMAGE, where.text,
				    NOT_LOADED,
				    "zones/%" PRIu32 " is also of %s", a->id,
				    a->text);
			else
				check_say(&c->to, CHECK_NOTE, where.text,
				    LEFTOVER,
				    "it is of %s, as another, and empty",
				    a->text);
		}
}

/* --- What the log adds --- */

static int
apply(struct check *c, struct checked_zone *z,
    const struct journal_location *where, const struct record_head *head,
    const uint8_t *octets)
{
	struct reason place;
	struct changeset cs;
	int ret;

	arena_reset(&c->arena);
	ret = record_read(octets, head->len, &c->arena, &cs);
	if (ret == 0 && where->lsn > z->snapshot_lsn && z->txn != NULL &&
	    !z->is_broken)
		ret = changeset_apply(z->txn, &cs);
	if (ret == 0 || ret == ERR_NOMEM)
		return ret;
	reason_set(&place, "log/%08" PRIu32 ".log offset %" PRIu32,
	    where->segment, where->offset);
	check_say(&c->to, CHECK_DAMAGE, place.text,
	    where->lsn > z->snapshot_lsn
		? NOT_LOADED
		: "IXFR from before it, and journal, fail there",
	    "changeset %" PRIu32 " -> %" PRIu32 " of %s: %s", head->serial_from,
	    head->serial_to, z->has_name ? z->text : "an unknown zone",
	    err_text(ret));
	z->is_broken = true;
	return 0;
}

static int
take(void *arg, const struct journal_location *where,
    const struct record_head *head, const uint8_t *octets)
{
	struct check *c = arg;
	struct checked_zone *z = zone_of(c, head->zone_id);

	if (z == NULL)
		return ERR_NOMEM;
	if ((head->flags & CHANGESET_ZONE_REMOVED) != 0)
		z->is_removed = true;
	if ((head->flags & (CHANGESET_CHECKPOINT | CHANGESET_METADATA)) != 0)
		return 0;
	z->last_lsn = where->lsn;
	return z->is_broken ? 0 : apply(c, z, where, head, octets);
}

/* What the log has of a zone, and the zone has not. */
static void
compare_with_log(struct check *c, const struct checked_zone *z)
{
	struct reason where;

	zone_file(z, "", &where);
	if (!z->has_name && !z->is_removed && z->last_lsn > 0)
		check_say(&c->to, CHECK_DAMAGE, where.text,
		    "whose zone it was is not known; kddnsd ignores its "
		    "changes",
		    "%s is missing: the log has changes up to group %" PRIu64,
		    z->has_dir ? "its name" : "it", z->last_lsn);
	if (z->has_name && !z->has_snapshot && !z->is_empty_twin)
		check_say(&c->to, CHECK_DAMAGE, where.text, NOT_LOADED,
		    "the snapshot of %s is missing: the log has changes up to "
		    "group %" PRIu64,
		    z->text, z->last_lsn);
}

/* As a start: snapshots later than a log that is not empty do not belong. */
static void
compare_with_end(struct check *c, const struct checked_zone *z)
{
	const struct log_check_result *log = &c->result->log;
	struct reason where;

	if (!z->has_snapshot || log->first_lsn == 0 ||
	    z->snapshot_lsn <= log->last_lsn)
		return;
	zone_file(z, "", &where);
	check_say(&c->to, CHECK_DAMAGE, where.text,
	    "log and snapshots do not belong together: kddnsd serves "
	    "read-only",
	    "the snapshot of %s was made after group %" PRIu64
	    ", but the log ends with group %" PRIu64,
	    z->text, z->snapshot_lsn, log->last_lsn);
}

/* As a start: what snapshots have need not be in the log. */
static void
count_saved(const struct check *c, struct log_check *log)
{
	log->zones_are_whole = false;
	log->snapshots_lsn = UINT64_MAX;
	for (size_t i = 0; i < c->n; i++) {
		const struct checked_zone *z = &c->zones[i];

		if (!z->has_name || z->is_empty_twin)
			continue;
		if (!z->has_snapshot || z->is_broken) {
			log->zones_are_whole = false;
			return;
		}
		log->zones_are_whole = true;
		if (z->snapshot_lsn < log->snapshots_lsn)
			log->snapshots_lsn = z->snapshot_lsn;
	}
}

/* --- The whole --- */

static void
close_check(struct check *c)
{
	for (size_t i = 0; i < c->n; i++) {
		if (c->zones[i].txn != NULL)
			zone_abort(c->zones[i].txn);
		zone_destroy(c->zones[i].zone);
	}
	free(c->zones);
	arena_clear(&c->arena);
	if (c->zones_fd != -1)
		(void)close(c->zones_fd);
	if (c->lock_fd != -1)
		(void)close(c->lock_fd);
	if (c->dirfd != -1)
		(void)close(c->dirfd);
}

int
store_check(const char *directory, check_found found, void *arg,
    struct store_check_result *result_out, struct reason *reason)
{
	struct check c = {.caller = {found, arg},
	    .to = {count_finding, &c},
	    .result = result_out,
	    .reason = reason,
	    .dirfd = -1,
	    .lock_fd = -1,
	    .zones_fd = -1};
	struct log_check log = {.storage = &storage_system,
	    .to = c.to,
	    .take = take,
	    .arg = &c};
	int ret;

	memset(result_out, 0, sizeof(*result_out));
	arena_init(&c.arena, 0);
	ret = open_directory(&c, directory);
	if (ret == 0)
		ret = check_zones(&c);
	if (ret == 0)
		check_twins(&c);
	log.dirfd = c.dirfd;
	count_saved(&c, &log);
	if (ret == 0)
		ret = log_check(&log, &result_out->log, reason);
	for (size_t i = 0; ret == 0 && i < c.n; i++) {
		compare_with_log(&c, &c.zones[i]);
		compare_with_end(&c, &c.zones[i]);
	}
	if (ret == ERR_NOMEM)
		reason_set(reason, "%s", err_text(ret));
	close_check(&c);
	return ret;
}
