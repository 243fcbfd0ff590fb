/*
 * log_check.c - a log looked at without touching it
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "daemon/base/err.h"
#include "daemon/base/storage.h"
#include "daemon/journal/anchor.h"
#include "daemon/journal/log_check.h"
#include "daemon/journal/recover.h"
#include "daemon/journal/segment_index.h"
#include "daemon/journal/segment_reader.h"
#include "daemon/journal/segment_walk.h"

#define FILE_NAME_SIZE 32

#define READ_ONLY                                                              \
	"kddnsd serves what comes before it, read-only, and touches nothing"
#define DROPPED                                                                \
	"snapshots have all of it: kddnsd begins behind it; secondaries that " \
	"lag get AXFR"
#define WHOLE_LOG "kddnsd does not start with it"

struct log {
	const struct log_check *check;
	struct log_check_result *result;
	struct reason *reason;
	int fd; /* of log/ */
	struct recover_promise promise;
	struct segment_numbers numbers;
	struct recover_segment *images; /* one a number */
	int *fds;
	uint8_t (*heads)[JOURNAL_BLOCK];
	struct segment_room room; /* the segment loaded last */
	struct recover_result recovered;
};

/* --- Saying --- */

void
check_say(const struct check_listener *to, enum check_weight weight,
    const char *where, const char *meaning, const char *fmt, ...)
{
	struct reason what;
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(what.text, sizeof(what.text), fmt, ap);
	va_end(ap);
	to->found(to->arg,
	    &(struct check_finding){weight, where, what.text, meaning});
}

/* A sentence of recovery: "log/00000001.log offset 4096: what". */
static void
found_sentence(const struct log *l, const struct reason *sentence,
    const char *meaning)
{
	struct reason where = *sentence;
	char *colon = strstr(where.text, ": ");

	if (colon != NULL)
		*colon = '\0';
	check_say(&l->check->to, CHECK_DAMAGE,
	    colon == NULL ? "log" : where.text, meaning, "%s",
	    colon == NULL ? sentence->text : colon + 2);
}

static void
segment_place_text(struct reason *where, uint32_t number, size_t offset)
{
	reason_set(where, "log/%08" PRIu32 ".log offset %zu", number, offset);
}

/* --- The control file --- */

static int
read_control(struct log *l)
{
	const struct storage *st = l->check->storage;
	uint8_t octets[ANCHORS_LEN];
	struct anchor anchor;
	int fd = st->open(st->arg, l->check->dirfd, "control", O_RDONLY, 0);
	ssize_t n;
	int ret;

	if (fd == -1 && errno == ENOENT) {
		check_say(&l->check->to, CHECK_NOTE, "control",
		    "recovery does without: a log that was cut at its end "
		    "cannot be told from a whole one",
		    "it is not there");
		return 0;
	}
	n = fd == -1 ? -1 : st->pread(st->arg, fd, octets, sizeof(octets), 0);
	if (fd != -1)
		(void)st->close(st->arg, fd);
	if (n == -1) {
		reason_set(l->reason, "cannot read the control file: %m");
		return ERR_IO;
	}
	ret = anchors_read(octets, (size_t)n, &anchor);
	if (ret == ERR_UNSUPPORTED)
		check_say(&l->check->to, CHECK_DAMAGE, "control", WHOLE_LOG,
		    "it is of format %" PRIu32 ", this reads format %d",
		    anchor.format, JOURNAL_FORMAT);
	else if (ret != 0)
		check_say(&l->check->to, CHECK_NOTE, "control",
		    "recovery does without", "neither of its slots is whole");
	if (ret != 0)
		return 0;
	recover_promise_set(&l->promise, &anchor);
	return 0;
}

/* --- The segments --- */

/* Those before the first one that control names are leftovers. */
static int
sort_in(void *arg, const char *name)
{
	struct log *l = arg;
	uint32_t number;

	if (segment_name_read(name, ".log", &number) &&
	    number >= l->promise.first_segment)
		return segment_numbers_add(&l->numbers, number);
	return 0;
}

static int
list_segments(struct log *l)
{
	int ret = storage_list(l->check->storage, l->fd, sort_in, l);

	if (ret != 0)
		reason_set(l->reason, "cannot list the log: %s", err_text(ret));
	segment_numbers_sort(&l->numbers);
	return ret;
}

static int
open_segment(struct log *l, size_t i)
{
	const struct storage *st = l->check->storage;
	char name[FILE_NAME_SIZE];
	struct stat meta;

	(void)snprintf(name, sizeof(name), "%08" PRIu32 ".log",
	    l->numbers.at[i]);
	l->fds[i] = st->open(st->arg, l->fd, name, O_RDONLY, 0);
	if (l->fds[i] == -1 || fstat(l->fds[i], &meta) == -1) {
		reason_set(l->reason, "cannot read log/%s: %m", name);
		return err_from_errno(errno);
	}
	l->images[i] = (struct recover_segment){.number = l->numbers.at[i],
	    .len = (size_t)meta.st_size};
	if (storage_read(st, l->fds[i], l->heads[i], JOURNAL_BLOCK, 0) == 0)
		l->images[i].head = l->heads[i];
	return 0;
}

static int
open_segments(struct log *l)
{
	int ret = 0;

	l->images = calloc(l->numbers.n + 1, sizeof(*l->images));
	l->heads = calloc(l->numbers.n + 1, sizeof(*l->heads));
	l->fds = calloc(l->numbers.n + 1, sizeof(*l->fds));
	if (l->images == NULL || l->heads == NULL || l->fds == NULL)
		return ERR_NOMEM;
	for (size_t i = 0; i < l->numbers.n; i++)
		l->fds[i] = -1;
	for (size_t i = 0; ret == 0 && i < l->numbers.n; i++)
		ret = open_segment(l, i);
	return ret;
}

/* For recover_log(). */
static int
load(void *arg, struct recover_segment *image)
{
	struct log *l = arg;
	int ret = segment_read_all(l->check->storage, l->fds[image - l->images],
	    image->len, &l->room, &image->unreadable);

	image->octets = l->room.octets;
	return ret;
}

/* --- What counts --- */

struct indexing {
	const struct log *log;
	struct segment_index index; /* as it should be */
};

static int
take(void *arg, const struct journal_location *where,
    const struct record_head *head, const uint8_t *octets)
{
	struct indexing *x = arg;
	const struct log_check *c = x->log->check;
	int ret = segment_index_add(&x->index,
	    &(struct segment_index_entry){.where = *where,
		.zone_id = head->zone_id,
		.serial_from = head->serial_from,
		.serial_to = head->serial_to,
		.flags = head->flags});

	x->log->result->n_changesets++;
	return ret != 0 ? ret : c->take(c->arg, where, head, octets);
}

/* As a start would: of this segment, from its first group to its last. */
static bool
fits(const struct segment_index *x, const struct segment_index *made)
{
	return memcmp(x->uuid, made->uuid, sizeof(x->uuid)) == 0 &&
	    x->number == made->number && x->first_lsn == made->first_lsn &&
	    x->last_lsn == made->last_lsn;
}

/* A sound one that says something else would be believed. */
static void
check_index(const struct log *l, const struct segment_index *made)
{
	size_t len, made_len = segment_index_len(made);
	uint8_t *octets, *expected = malloc(made_len);
	struct segment_index read = {.n = 0};
	char where[FILE_NAME_SIZE + 4];
	int ret;

	(void)snprintf(where, sizeof(where), "log/%08" PRIu32 ".index",
	    made->number);
	ret = storage_read_file(l->check->storage, l->fd,
	    where + strlen("log/"), &octets, &len);
	if (expected == NULL || ret == ERR_NOTFOUND || ret == ERR_NOMEM)
		goto done;
	segment_index_write(made, expected);
	if (segment_index_read(octets, len, &read) != 0)
		check_say(&l->check->to, CHECK_NOTE, where,
		    "kddnsd does without and reads the segment",
		    "the index is damaged");
	else if (!fits(&read, made))
		check_say(&l->check->to, CHECK_NOTE, where,
		    "kddnsd does without and reads the segment",
		    "the index is of another segment");
	else if (len != made_len || memcmp(octets, expected, len) != 0)
		check_say(&l->check->to, CHECK_DAMAGE, where,
		    "IXFR may fail; remove it while no kddnsd runs: it is made "
		    "anew",
		    "the index does not say what is in the segment");
done:
	segment_index_clear(&read);
	free(octets);
	free(expected);
}

static int
walk_segment(struct log *l, size_t i)
{
	const struct recover_segment *image = &l->images[i];
	const struct segment_place place = {.storage = l->check->storage,
	    .fd = l->fds[i],
	    .number = image->number,
	    .first_lsn = image->first_lsn,
	    .end = image->end,
	    .uuid = l->recovered.uuid};
	struct indexing x = {.log = l,
	    .index = {.number = image->number,
		.first_lsn = image->first_lsn,
		.last_lsn = i + 1 < l->numbers.n ? image[1].first_lsn - 1 : 0,
		.end = (uint32_t)image->end}};
	struct reason why = {""};
	int ret;

	memcpy(x.index.uuid, l->recovered.uuid, JOURNAL_UUID_LEN);
	ret = segment_walk(&place, take, &x, &why);
	if (ret == ERR_MALFORMED) {
		found_sentence(l, &why, READ_ONLY);
		l->result->is_damaged = true;
		ret = 0;
	} else if (ret == 0 && i + 1 < l->numbers.n && image[1].counts) {
		check_index(l, &x.index);
	}
	if (ret != 0 && why.text[0] != '\0')
		*l->reason = why;
	segment_index_clear(&x.index);
	return ret;
}

/* --- What lies behind damage --- */

struct behind {
	uint64_t first_lsn, last_lsn, n;
	uint32_t segment; /* of the first */
	size_t offset;
};

static void
count_whole(const struct log *l, const struct recover_segment *image,
    struct behind *b)
{
	size_t at = image->counts ? image->end : JOURNAL_BLOCK;
	struct group_head g;

	while (at + JOURNAL_BLOCK <= image->len) {
		if (group_head_read(image->octets + at, image->len - at,
			l->recovered.uuid, &g) != 0 ||
		    g.lsn <= l->recovered.last_lsn) {
			at += JOURNAL_BLOCK;
			continue;
		}
		if (b->n++ == 0) {
			b->first_lsn = g.lsn;
			b->segment = image->number;
			b->offset = at;
		}
		b->last_lsn = g.lsn;
		at += group_size(g.len);
	}
}

static int
look_behind(struct log *l)
{
	struct behind b = {.n = 0};
	struct reason where;
	int ret = 0;

	for (size_t i = 0; ret == 0 && i < l->numbers.n; i++) {
		if (l->images[i].counts && i + 1 < l->numbers.n &&
		    l->images[i + 1].counts)
			continue;
		ret = load(l, &l->images[i]);
		if (ret == 0)
			count_whole(l, &l->images[i], &b);
	}
	if (ret != 0 || b.n == 0)
		return ret;
	segment_place_text(&where, b.segment, b.offset);
	check_say(&l->check->to, CHECK_DAMAGE, where.text,
	    "kddnsd does not use them: what they changed is there only if the "
	    "damage before them is mended",
	    "%" PRIu64 " groups behind the damage are whole, %" PRIu64
	    " to %" PRIu64,
	    b.n, b.first_lsn, b.last_lsn);
	return 0;
}

/* --- The whole --- */

static int
judge(struct log *l)
{
	struct log_check_result *r = l->result;
	int ret;

	l->promise.zones_are_whole = l->check->zones_are_whole;
	l->promise.snapshots_lsn = l->check->snapshots_lsn;
	ret = recover_log(l->images, l->numbers.n, &l->promise, load, l,
	    &l->recovered);

	if (ret == ERR_UNSUPPORTED) {
		found_sentence(l, &l->recovered.reason, WHOLE_LOG);
		r->is_damaged = true;
		return 0;
	}
	if (ret != 0)
		return ret;
	r->is_damaged = l->recovered.damaged;
	r->last_lsn = l->recovered.last_lsn;
	for (size_t i = 0; i < l->numbers.n && r->first_lsn == 0; i++)
		if (l->images[i].counts &&
		    r->last_lsn >= l->images[i].first_lsn)
			r->first_lsn = l->images[i].first_lsn;
	if (l->recovered.dropped.text[0] != '\0')
		found_sentence(l, &l->recovered.dropped, DROPPED);
	if (l->recovered.damaged)
		found_sentence(l, &l->recovered.reason, READ_ONLY);
	for (size_t i = 0; ret == 0 && i < l->numbers.n; i++)
		if (l->images[i].counts)
			ret = walk_segment(l, i);
	if (ret == 0 && l->recovered.damaged)
		ret = look_behind(l);
	return ret;
}

static void
close_log(struct log *l)
{
	const struct storage *st = l->check->storage;

	for (size_t i = 0; i < l->numbers.n && l->fds != NULL; i++)
		if (l->fds[i] != -1)
			(void)st->close(st->arg, l->fds[i]);
	if (l->fd != -1)
		(void)st->close(st->arg, l->fd);
	free(l->numbers.at);
	free(l->images);
	free(l->heads);
	free(l->fds);
	free(l->room.octets);
}

int
log_check(const struct log_check *check, struct log_check_result *result_out,
    struct reason *reason)
{
	const struct storage *st = check->storage;
	struct log l = {.check = check,
	    .result = result_out,
	    .reason = reason,
	    .fd = -1};
	int ret;

	memset(result_out, 0, sizeof(*result_out));
	ret = read_control(&l);
	if (ret != 0)
		goto done;
	l.fd =
	    st->open(st->arg, check->dirfd, "log", O_RDONLY | O_DIRECTORY, 0);
	if (l.fd == -1 && errno != ENOENT) {
		ret = err_from_errno(errno);
		reason_set(reason, "cannot open log: %m");
		goto done;
	}
	if (l.fd != -1)
		ret = list_segments(&l);
	if (ret == 0)
		ret = open_segments(&l);
	if (ret == 0)
		ret = judge(&l);
	result_out->n_segments = (uint32_t)l.numbers.n;
done:
	if (ret == ERR_NOMEM)
		reason_set(reason, "%s", err_text(ret));
	close_log(&l);
	return ret;
}
