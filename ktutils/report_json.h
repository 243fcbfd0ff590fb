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

/* The entries alone, each an object: what "list" prints. */
json_t *report_json_entries(const struct report *r);

#endif
