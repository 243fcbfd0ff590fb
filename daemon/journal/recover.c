/*
 * recover.c - which groups of a log count
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "daemon/base/err.h"
#include "daemon/journal/anchor.h"
#include "daemon/journal/recover.h"
#include "daemon/journal/segment_index.h"

struct recovery {
	struct recover_segment *segments;
	size_t n;
	recover_load load;
	void *arg;
	struct recover_result *result;
	uint64_t saved_lsn; /* groups up to this one need not be there */
	size_t first;       /* the log begins with this segment */
	uint64_t next_lsn;  /* the one that must come next */
};

void
recover_promise_set(struct recover_promise *promise,
    const struct anchor *anchor)
{
	promise->given = true;
	memcpy(promise->uuid, anchor->uuid, sizeof(promise->uuid));
	promise->first_segment = anchor->first_segment;
	promise->durable_lsn = anchor->durable_lsn;
	promise->saved_lsn = anchor->saved_lsn;
}

/* A zone without a sound snapshot may have its only data in the log. */
static uint64_t
saved_lsn(const struct recover_promise *promise)
{
	if (!promise->zones_are_whole)
		return 0;
	return promise->saved_lsn > promise->snapshots_lsn
	    ? promise->saved_lsn
	    : promise->snapshots_lsn;
}

static void __attribute__((format(printf, 4, 5))) damage(struct recovery *r,
    uint32_t segment, size_t offset, const char *fmt, ...)
{
	char what[256];
	va_list ap;

	if (r->result->damaged)
		return; /* the first finding is the cause */
	va_start(ap, fmt);
	(void)vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	r->result->damaged = true;
	reason_set(&r->result->reason, "log/%08" PRIu32 ".log offset %zu: %s",
	    segment, offset, what);
}

static int
read_head(struct recovery *r, const struct recover_segment *s,
    struct segment_head *head_out)
{
	int ret = s->head == NULL ? ERR_MALFORMED
				  : segment_head_read(s->head, head_out);

	if (ret == ERR_UNSUPPORTED)
		reason_set(&r->result->reason,
		    "log/%08" PRIu32 ".log is of format %" PRIu32
		    ", this kddnsd reads format %d: start the kddnsd that"
		    " wrote it",
		    s->number, head_out->format, JOURNAL_FORMAT);
	return ret;
}

/*
 * A newer format anywhere ends it before anything is judged: what looks like
 * damage to us may be sense to the one that wrote it.
 */
static int
check_formats(struct recovery *r)
{
	struct segment_head head;

	for (size_t i = 0; i < r->n; i++)
		if (read_head(r, &r->segments[i], &head) == ERR_UNSUPPORTED)
			return ERR_UNSUPPORTED;
	return 0;
}

/* The group that must come next, at the end of s, could not be read. */
static bool
is_unreadable(const struct recovery *r, const struct recover_segment *s)
{
	size_t size = JOURNAL_BLOCK;
	struct group_head g;

	if (s->unreadable == 0)
		return false;
	if (s->end + GROUP_HEAD_LEN <= s->len &&
	    group_head_peek(s->octets + s->end, r->result->uuid, &g) == 0 &&
	    g.lsn == r->next_lsn)
		size = group_size(g.len);
	return s->unreadable >= s->end && s->unreadable - s->end < size;
}

static void
say_unreadable(struct recovery *r, const struct recover_segment *s)
{
	damage(r, s->number, s->unreadable,
	    "cannot be read: %s; group %" PRIu64 " lies there",
	    err_text(ERR_IO), r->next_lsn);
}

/* The group before the next segment's first one is not there. */
static void
say_missing(struct recovery *r, const struct recover_segment *s,
    const struct segment_head *next)
{
	if (is_unreadable(r, s))
		say_unreadable(r, s);
	damage(r, s->number, s->end,
	    "group %" PRIu64 " is damaged or missing; the next segment begins"
	    " with %" PRIu64,
	    r->next_lsn, next->first_lsn);
}

/* The segment's head belongs here: after the segment before it. */
static bool
enter_segment(struct recovery *r, size_t i)
{
	struct recover_segment *s = &r->segments[i];
	struct segment_head head;

	if (read_head(r, s, &head) != 0) {
		damage(r, s->number, 0, "the segment's header is damaged");
		return false;
	}
	if (head.number != s->number) {
		damage(r, s->number, 0, "this is segment %" PRIu32,
		    head.number);
		return false;
	}
	if (memcmp(head.uuid, r->result->uuid, sizeof(head.uuid)) != 0) {
		damage(r, s->number, 0, "the segment of another store");
		return false;
	}
	if (i == r->first)
		r->next_lsn = head.first_lsn;
	else if (s->number != s[-1].number + 1) {
		damage(r, s[-1].number + 1, 0, "the segment is missing");
		return false;
	}
	if (head.first_lsn != r->next_lsn) {
		say_missing(r, &s[-1], &head);
		return false;
	}
	if (head.next_zone_id > r->result->next_zone_id)
		r->result->next_zone_id = head.next_zone_id;
	s->counts = true;
	s->first_lsn = head.first_lsn;
	s->end = JOURNAL_BLOCK;
	return true;
}

/* Refused before anything is done to it. */
static int
newer_group(struct recovery *r, const struct recover_segment *s, size_t at,
    const struct group_head *g)
{
	reason_set(&r->result->reason,
	    "log/%08" PRIu32 ".log offset %zu: group %" PRIu64
	    " is of format %d, this kddnsd reads format %d: start the kddnsd"
	    " that wrote it",
	    s->number, at, g->lsn, g->format, JOURNAL_FORMAT);
	return ERR_UNSUPPORTED;
}

static int
walk_groups(struct recovery *r, struct recover_segment *s)
{
	struct group_head g;
	int ret;

	for (;;) {
		ret = group_head_read(s->octets + s->end, s->len - s->end,
		    r->result->uuid, &g);
		if (ret == ERR_UNSUPPORTED && g.lsn >= r->next_lsn)
			return newer_group(r, s, s->end, &g);
		if (ret != 0 || g.lsn != r->next_lsn)
			return 0;
		s->end += group_size(g.len);
		r->next_lsn++;
	}
}

/* The groups of a segment that was entered. */
static int
take_groups(struct recovery *r, struct recover_segment *s)
{
	int ret;

	if (s->index != NULL) {
		s->end = s->index->end;
		r->next_lsn = s->index->last_lsn + 1;
		return 0;
	}
	ret = r->load(r->arg, s);
	return ret != 0 ? ret : walk_groups(r, s);
}

/* Groups behind the end that are not left over from the file's older life. */
static int
look_behind(struct recovery *r, const struct recover_segment *s)
{
	struct group_head g;

	if (is_unreadable(r, s))
		say_unreadable(r, s);
	for (size_t at = s->end; at + JOURNAL_BLOCK <= s->len;
	     at += JOURNAL_BLOCK) {
		int ret = group_head_read(s->octets + at, s->len - at,
		    r->result->uuid, &g);

		if (ret == ERR_UNSUPPORTED && g.lsn >= r->next_lsn)
			return newer_group(r, s, at, &g);
		if (ret != 0 || g.lsn < r->next_lsn)
			continue;
		damage(r, s->number, s->end,
		    "group %" PRIu64 " is damaged: group %" PRIu64
		    " at offset %zu behind it is whole",
		    r->next_lsn, g.lsn, at);
		break;
	}
	return 0;
}

/* What was damage costs only what snapshots have. */
static void
drop_before(struct recovery *r, size_t first)
{
	struct recover_result *result = r->result;

	for (size_t i = 0; i < first; i++)
		r->segments[i].counts = false;
	r->first = first;
	result->damaged = false;
	result->dropped = result->reason;
	result->reason.text[0] = '\0';
}

/*
 * The segment, of those from i on, that the log may begin with: all before it
 * is saved.  r->n: none.
 */
static size_t
find_beginning(const struct recovery *r, size_t i)
{
	struct segment_head head;

	for (; i < r->n; i++) {
		const struct recover_segment *s = &r->segments[i];

		if (s->head == NULL || segment_head_read(s->head, &head) != 0)
			continue;
		if (head.number != s->number ||
		    memcmp(head.uuid, r->result->uuid, sizeof(head.uuid)) !=
			0 ||
		    head.first_lsn < r->next_lsn ||
		    head.first_lsn - 1 > r->saved_lsn)
			break; /* whatever it is, it is for people to judge */
		return i;
	}
	return r->n;
}

static void
check_promise(struct recovery *r, const struct recover_promise *promise)
{
	const struct recover_segment *s = r->segments;
	uint64_t last = r->next_lsn - 1;

	if (!promise->given)
		return;
	if (r->n > 0 && r->first == 0 && s[0].number > promise->first_segment) {
		bool was_sound = !r->result->damaged;

		damage(r, promise->first_segment, 0, "the segment is missing");
		if (was_sound && s[0].first_lsn - 1 <= r->saved_lsn)
			drop_before(r, 0);
	}
	if (last < promise->durable_lsn)
		damage(r, r->n > 0 ? s[r->n - 1].number : 1,
		    r->n > 0 ? s[r->n - 1].end : 0,
		    "the log ends with group %" PRIu64 ", but group %" PRIu64
		    " was written and synced",
		    last, promise->durable_lsn);
}

static void
find_uuid(struct recovery *r, const struct recover_promise *promise)
{
	struct segment_head head;

	if (promise->given) {
		memcpy(r->result->uuid, promise->uuid, JOURNAL_UUID_LEN);
		return;
	}
	for (size_t i = 0; i < r->n; i++)
		if (read_head(r, &r->segments[i], &head) == 0) {
			memcpy(r->result->uuid, head.uuid, JOURNAL_UUID_LEN);
			return;
		}
}

int
recover_log(struct recover_segment *segments, size_t n,
    const struct recover_promise *promise, recover_load load, void *arg,
    struct recover_result *result_out)
{
	struct recovery r = {segments, n, load, arg, result_out,
	    .saved_lsn = saved_lsn(promise), .next_lsn = 1};
	size_t i;
	int ret;

	memset(result_out, 0, sizeof(*result_out));
	ret = check_formats(&r);
	if (ret != 0)
		return ret;
	find_uuid(&r, promise);
	for (i = 0; i < n; i++) {
		assert(i == 0 || segments[i].number > segments[i - 1].number);
		segments[i].counts = false;
		segments[i].first_lsn = 0;
		segments[i].end = 0;
	}
	for (i = 0; ret == 0 && i < n;) {
		if (enter_segment(&r, i)) {
			ret = take_groups(&r, &segments[i++]);
			continue;
		}
		i = find_beginning(&r, i);
		if (i < n)
			drop_before(&r, i);
	}
	if (ret == 0 && n > 0 && segments[n - 1].counts)
		ret = look_behind(&r, &segments[n - 1]);
	if (ret != 0)
		return ret;
	check_promise(&r, promise);
	result_out->last_lsn = r.next_lsn - 1;
	return 0;
}
