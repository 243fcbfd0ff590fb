/*
 * report_json.h - a report as a JSON document
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The keys are those that kddns-keytab(1) lists; new ones may come.
 *
 * Owns:    nothing.
 * Threads: any.
 * Errors:  NULL: no memory.
 */
#ifndef KTUTILS_REPORT_JSON_H
#define KTUTILS_REPORT_JSON_H

#include <jansson.h>

#include "ktutils/report.h"

/* A new reference. */
json_t *report_json(const struct report *r);

/* Parts of it, each an array of objects. */
json_t *report_json_files(const struct report *r);
json_t *report_json_entries(const struct report *r); /* what "list" prints */
json_t *report_json_spns(const struct report *r);
json_t *report_json_logins(const struct report *r);
json_t *report_json_kdcs(const struct report *r);
json_t *report_json_tickets(const struct report *r);

/* One of its findings. */
json_t *report_json_finding(const struct report_finding *f);

#endif
