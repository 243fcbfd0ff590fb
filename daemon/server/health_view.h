/*
 * health_view.h - what two checks say together of keytabs and KDCs
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Files are looked at often and at once, KDCs seldom and slowly.  So there are
 * two reports, and what the KDCs said of our keys counts as long as the files
 * still have the keys that they were asked about.
 *
 * Owns:    a view has a reference on each report.
 * Threads: any.
 */
#ifndef SERVER_HEALTH_VIEW_H
#define SERVER_HEALTH_VIEW_H

#include <stdbool.h>

#include "ktutils/report.h"

struct health_view {
	struct report *files;  /* NULL: they were not looked at yet */
	struct report *online; /* NULL: KDCs were not asked yet */
	bool is_current;       /* online is of the keys in files */
};

/* Takes both references; each may be NULL. */
void health_view_init(struct health_view *v, struct report *files,
    struct report *online);
void health_view_clear(struct health_view *v);

/* The same keys, and clients ask for the same of them. */
bool health_keys_are_same(const struct report *a, const struct report *b);

/* The report that knows most of the keys; NULL: there is none. */
const struct report *health_view_keys(const struct health_view *v);

/* Is given each finding that holds, the worst first. */
typedef void health_take(void *arg, const struct report_finding *f);
void health_view_each(const struct health_view *v, health_take *take,
    void *arg);

/* How many findings of that severity hold. */
size_t health_view_count(const struct health_view *v,
    enum report_severity severity);

/* REPORT_UNUSABLE: there is an error; REPORT_USABLE: proved by a ticket. */
enum report_verdict health_view_verdict(const struct health_view *v);

/* What a key is worth, in a few words. */
struct health_key {
	enum report_severity severity; /* REPORT_INFO: it is well */
	const char *text;
	const struct report_entry *entry; /* NULL: no file has it */
	const struct report_spn *spn;     /* NULL: it is of no service */
};

struct health_key health_view_key(const struct health_view *v,
    const char *principal, uint32_t kvno, int32_t enctype);

#endif
