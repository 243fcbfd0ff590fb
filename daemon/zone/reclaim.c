/*
 * reclaim.c - pins, and when old objects and versions are freed
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * An object born in generation b and retired in d is shown by the versions b
 * to d-1.  Once the readers have left those behind it is freed, unless a
 * pinned version is among them: then it is kept for the newest such one and
 * judged again when that one goes.
 */
#include <assert.h>
#include <stdlib.h>

#include "daemon/zone/version.h"

/* Pins are the one thing of a version that readers change. */
static _Atomic uint32_t *
pins_of(const struct zone_version *v)
{
	return (_Atomic uint32_t *)((uintptr_t)v +
	    offsetof(struct zone_version, pins));
}

void
zone_pin(const struct zone_version *v)
{
	(void)atomic_fetch_add_explicit(pins_of(v), 1, memory_order_relaxed);
}

void
zone_unpin(const struct zone_version *v)
{
	uint32_t before =
	    atomic_fetch_sub_explicit(pins_of(v), 1, memory_order_release);

	assert(before > 0);
	(void)before;
}

static bool
is_pinned(const struct zone_version *v)
{
	return atomic_load_explicit(&v->pins, memory_order_acquire) > 0;
}

bool
zone_is_pinned(const struct zone *z)
{
	const struct zone_version *v = z->oldest;

	while (v != NULL && !is_pinned(v))
		v = v->newer;
	return v != NULL;
}

void
version_drop(struct zone *z, struct zone_version *v)
{
	assert(v->retired.n == 0 && v->kept.n == 0);
	if (v->older != NULL)
		v->older->newer = v->newer;
	else
		z->oldest = v->newer;
	if (v->newer != NULL)
		v->newer->older = v->older;
	else
		z->newest = v->older;
	free(v);
}

/* Frees what no pinned version older than v shows; keeps the rest for it. */
static int
judge(struct zone *z, struct garbage *g, struct zone_version *v)
{
	struct zone_version *pinned = v->older;

	while (pinned != NULL && !is_pinned(pinned))
		pinned = pinned->older;
	if (pinned == NULL)
		return garbage_judge(g, &z->slab, 0, NULL);
	return garbage_judge(g, &z->slab, pinned->generation, &pinned->kept);
}

static void
mark(struct zone *z, const struct zone_version *current)
{
	z->marked = current->generation;
	if (z->epoch != NULL)
		epoch_mark(z->epoch, &z->mark);
}

static bool
mark_passed(const struct zone *z)
{
	return z->epoch == NULL || epoch_passed(z->epoch, &z->mark);
}

/* Judges what the versions after z->settled, up to z->marked, retired. */
static void
settle(struct zone *z, struct zone_version *current)
{
	struct zone_version *v = current;

	while (v->older != NULL && v->older->generation > z->settled)
		v = v->older;
	for (; v != NULL && v->generation <= z->marked; v = v->newer) {
		if (judge(z, &v->retired, v) != 0)
			return; /* no memory: the next time goes on here */
		z->settled = v->generation;
	}
}

/* Frees the versions that neither reader nor pin can see. */
static void
drop_unseen(struct zone *z, const struct zone_version *current)
{
	struct zone_version *v, *newer;

	for (v = z->oldest; v != current; v = newer) {
		newer = v->newer;
		if (newer->generation > z->settled)
			return;
		if (!is_pinned(v) && judge(z, &v->kept, v) == 0)
			version_drop(z, v);
	}
}

void
zone_reclaim(struct zone *z)
{
	struct zone_version *current =
	    atomic_load_explicit(&z->current, memory_order_relaxed);

	if (current == NULL)
		return;
	if (z->marked > z->settled && mark_passed(z))
		settle(z, current);
	if (z->marked == z->settled && current->generation > z->settled) {
		mark(z, current);
		if (mark_passed(z))
			settle(z, current);
	}
	drop_unseen(z, current);
}
