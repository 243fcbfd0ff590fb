/*
 * metrics.h - the text in which metrics are read by machines
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * OpenMetrics 1.0, or the text format that Prometheus had before it (0.0.4),
 * which differs in the names of counters and lacks units and the end.
 *
 * A family is begun once, and all its samples follow at once, before the next
 * is begun: the formats demand it.  Label values may hold any octets; what is
 * not UTF-8 becomes U+FFFD.
 *
 * Owns:    its text.
 * Threads: one at a time.
 * Errors:  a want of memory is remembered: metrics_end() gives NULL.
 * Units:   those of the families: seconds, bytes.
 */
#ifndef WEB_METRICS_H
#define WEB_METRICS_H

#include <stddef.h>
#include <stdint.h>

struct metrics;

enum metrics_format {
	METRICS_OPENMETRICS,
	METRICS_TEXT,
};

enum metrics_type {
	METRICS_COUNTER,
	METRICS_GAUGE,
	METRICS_HISTOGRAM,
	METRICS_INFO,
};

struct metrics_family {
	enum metrics_type type;
	const char *name; /* without _total or _info; ends in its unit */
	const char *unit; /* "seconds", or NULL */
	const char *help; /* a sentence */
};

struct metrics *metrics_create(enum metrics_format format); /* or NULL */

/* Begins a family. */
void metrics_begin(struct metrics *m, const struct metrics_family *family);

/*
 * A sample of the family that was begun.  Labels are pairs of texts, name and
 * value, ended by NULL.  An info has the value 1.
 */
void metrics_count(struct metrics *m, uint64_t value, ...)
    __attribute__((sentinel));
void metrics_number(struct metrics *m, double value, ...)
    __attribute__((sentinel));

/*
 * A histogram: counts[i] of what was at most bounds[i] and more than the bound
 * before, counts[n] of what was more than the last; and the sum of all.
 */
struct metrics_histogram {
	const double *bounds;
	const uint64_t *counts; /* n + 1 */
	size_t n;
	double sum;
};
void metrics_spread(struct metrics *m, const struct metrics_histogram *h, ...)
    __attribute__((sentinel));

/* The whole text, for the caller to free; frees m.  NULL: no memory. */
char *metrics_end(struct metrics *m, size_t *len_out);

/* As the Content-Type of HTTP. */
const char *metrics_content_type(enum metrics_format format);

#endif
