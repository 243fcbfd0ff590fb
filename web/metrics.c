/*
 * metrics.c - the text in which metrics are read by machines
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "web/metrics.h"

struct metrics {
	enum metrics_format format;
	FILE *out;
	char *text;
	size_t len;
	struct metrics_family family; /* the one that was begun */
};

struct metrics *
metrics_create(enum metrics_format format)
{
	struct metrics *m = calloc(1, sizeof(*m));

	if (m == NULL)
		return NULL;
	m->format = format;
	m->out = open_memstream(&m->text, &m->len);
	if (m->out != NULL)
		return m;
	free(m);
	return NULL;
}

const char *
metrics_content_type(enum metrics_format format)
{
	return format == METRICS_OPENMETRICS
	    ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
	    : "text/plain; version=0.0.4; charset=utf-8";
}

/* --- Texts --- */

/* Octets of the UTF-8 character at s; 0: there is none (RFC 3629). */
static size_t
character_len(const unsigned char *s)
{
	static const struct {
		unsigned char first, last, low, high;
		size_t len;
	} rows[] = {
	    {0x01, 0x7f, 0, 0, 1},
	    {0xc2, 0xdf, 0x80, 0xbf, 2},
	    {0xe0, 0xe0, 0xa0, 0xbf, 3},
	    {0xe1, 0xec, 0x80, 0xbf, 3},
	    {0xed, 0xed, 0x80, 0x9f, 3}, /* no surrogates */
	    {0xee, 0xef, 0x80, 0xbf, 3},
	    {0xf0, 0xf0, 0x90, 0xbf, 4},
	    {0xf1, 0xf3, 0x80, 0xbf, 4},
	    {0xf4, 0xf4, 0x80, 0x8f, 4},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (s[0] < rows[i].first || s[0] > rows[i].last)
			continue;
		if (rows[i].len > 1 &&
		    (s[1] < rows[i].low || s[1] > rows[i].high))
			return 0;
		for (size_t j = 2; j < rows[i].len; j++)
			if (s[j] < 0x80 || s[j] > 0xbf)
				return 0;
		return rows[i].len;
	}
	return 0;
}

/* With a backslash before quote and itself; a help text of old has no quote. */
static void
put_escaped(FILE *out, const char *text, char quote)
{
	const unsigned char *s = (const unsigned char *)text;
	size_t len;

	for (; *s != '\0'; s += len) {
		len = character_len(s);
		if (len == 0) {
			(void)fputs("\xef\xbf\xbd", out); /* U+FFFD */
			len = 1;
		} else if (*s == '\\') {
			(void)fputs("\\\\", out);
		} else if (*s == quote) {
			(void)fprintf(out, "\\%c", quote);
		} else if (*s == '\n') {
			(void)fputs("\\n", out);
		} else {
			(void)fwrite(s, 1, len, out);
		}
	}
}

/* A float as both formats read it: always with a point or an exponent. */
static void
put_float(FILE *out, double value)
{
	char text[32];

	(void)snprintf(text, sizeof(text), "%.15g", value);
	(void)fputs(text, out);
	if (strpbrk(text, ".en") == NULL)
		(void)fputs(".0", out);
}

/* --- Families --- */

static const char *
type_text(enum metrics_format format, enum metrics_type type)
{
	switch (type) {
	case METRICS_COUNTER:
		return "counter";
	case METRICS_GAUGE:
		return "gauge";
	case METRICS_HISTOGRAM:
		return "histogram";
	case METRICS_INFO:
		break;
	}
	return format == METRICS_OPENMETRICS ? "info" : "gauge";
}

/* What a sample's name has that its family's name has not. */
static const char *
suffix_of(enum metrics_type type)
{
	switch (type) {
	case METRICS_COUNTER:
		return "_total";
	case METRICS_INFO:
		return "_info";
	case METRICS_GAUGE:
	case METRICS_HISTOGRAM:
		break;
	}
	return "";
}

static bool
ends_in_unit(const struct metrics_family *f)
{
	size_t len = strlen(f->name), unit_len = strlen(f->unit);

	return len > unit_len + 1 && f->name[len - unit_len - 1] == '_' &&
	    strcmp(f->name + len - unit_len, f->unit) == 0;
}

void
metrics_begin(struct metrics *m, const struct metrics_family *family)
{
	const char *suffix =
	    m->format == METRICS_OPENMETRICS ? "" : suffix_of(family->type);

	assert(family->unit == NULL || ends_in_unit(family));
	m->family = *family;
	(void)fprintf(m->out, "# TYPE %s%s %s\n", family->name, suffix,
	    type_text(m->format, family->type));
	if (family->unit != NULL && m->format == METRICS_OPENMETRICS)
		(void)fprintf(m->out, "# UNIT %s %s\n", family->name,
		    family->unit);
	(void)fprintf(m->out, "# HELP %s%s ", family->name, suffix);
	put_escaped(m->out, family->help,
	    m->format == METRICS_OPENMETRICS ? '"' : '\\');
	(void)fputc('\n', m->out);
}

/* --- Samples --- */

/* NAME{LABELS}, and a space; le NULL: no bound. */
static void
put_name(struct metrics *m, const char *suffix, const double *le, bool is_last,
    va_list labels)
{
	const char *between = "{", *name;

	(void)fprintf(m->out, "%s%s", m->family.name, suffix);
	while ((name = va_arg(labels, const char *)) != NULL) {
		(void)fprintf(m->out, "%s%s=\"", between, name);
		put_escaped(m->out, va_arg(labels, const char *), '"');
		(void)fputc('"', m->out);
		between = ",";
	}
	if (le != NULL || is_last) {
		(void)fprintf(m->out, "%sle=\"", between);
		if (is_last)
			(void)fputs("+Inf", m->out);
		else
			put_float(m->out, *le);
		(void)fputc('"', m->out);
		between = ",";
	}
	(void)fputs(between[0] == ',' ? "} " : " ", m->out);
}

void
metrics_count(struct metrics *m, uint64_t value, ...)
{
	va_list labels;

	va_start(labels, value);
	put_name(m, suffix_of(m->family.type), NULL, false, labels);
	va_end(labels);
	(void)fprintf(m->out, "%" PRIu64 "\n", value);
}

void
metrics_number(struct metrics *m, double value, ...)
{
	va_list labels;

	va_start(labels, value);
	put_name(m, suffix_of(m->family.type), NULL, false, labels);
	va_end(labels);
	put_float(m->out, value);
	(void)fputc('\n', m->out);
}

void
metrics_spread(struct metrics *m, const struct metrics_histogram *h, ...)
{
	uint64_t count = 0;
	va_list labels;

	for (size_t i = 0; i <= h->n; i++) {
		count += h->counts[i];
		va_start(labels, h);
		put_name(m, "_bucket", i < h->n ? &h->bounds[i] : NULL,
		    i == h->n, labels);
		va_end(labels);
		(void)fprintf(m->out, "%" PRIu64 "\n", count);
	}
	va_start(labels, h);
	put_name(m, "_count", NULL, false, labels);
	va_end(labels);
	(void)fprintf(m->out, "%" PRIu64 "\n", count);
	va_start(labels, h);
	put_name(m, "_sum", NULL, false, labels);
	va_end(labels);
	put_float(m->out, h->sum);
	(void)fputc('\n', m->out);
}

char *
metrics_end(struct metrics *m, size_t *len_out)
{
	char *text = NULL;
	bool is_whole;

	if (m->format == METRICS_OPENMETRICS)
		(void)fputs("# EOF\n", m->out);
	is_whole = ferror(m->out) == 0;
	is_whole = fclose(m->out) == 0 && is_whole;
	*len_out = m->len;
	if (is_whole)
		text = m->text;
	else
		free(m->text);
	free(m);
	return text;
}
