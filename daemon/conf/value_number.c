/*
 * value_number.c - numbers, sizes and durations
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "daemon/conf/reading.h"
#include "daemon/conf/row.h"
#include "daemon/conf/tree.h"

/* Digits at *text, which moves past them; false: none, or over 2^53. */
static bool
digits(const char **text, uint64_t *number_out)
{
	uint64_t n = 0;
	const char *at = *text;

	while (*at >= '0' && *at <= '9') {
		n = n * 10 + (uint64_t)(*at++ - '0');
		if (n > UINT64_C(1) << 53)
			return false;
	}
	if (at == *text)
		return false;
	*text = at;
	*number_out = n;
	return true;
}

static bool
is_within(struct reading *rd, const struct row *row, const struct item *item,
    uint64_t n)
{
	char *text = NULL;
	size_t len;
	FILE *f;

	if (n >= row->min && n <= row->max)
		return true;
	f = open_memstream(&text, &len);
	if (f == NULL) {
		rd->is_nomem = true;
		return false;
	}
	row->kind->bound(f, row->min);
	(void)fputs(" and ", f);
	row->kind->bound(f, row->max);
	if (fclose(f) == 0)
		reading_error(rd, &item->place, "%s: %s is not between %s",
		    row->name, item->text, text);
	free(text);
	return false;
}

static void
number_read(struct reading *rd, const struct row *row,
    const struct statement *s, void *value)
{
	const struct item *item = value_item(rd, row, s);
	const char *at;
	uint64_t n;

	if (item == NULL)
		return;
	at = item->text;
	if (!digits(&at, &n) || *at != '\0')
		value_error(rd, row, item, "a number");
	else if (is_within(rd, row, item, n))
		*(uint32_t *)value = (uint32_t)n;
}

static void
number_write(struct writing *w, const struct row *row, const void *value)
{
	write_start(w, row->name);
	(void)fprintf(w->f, " %" PRIu32 ";\n", *(const uint32_t *)value);
}

static void
number_bound(FILE *f, uint64_t bound)
{
	(void)fprintf(f, "%" PRIu64, bound);
}

const struct kind kind_number = {"number", sizeof(uint32_t), number_read,
    number_write, number_bound};

bool
size_from_text(const char *text, uint64_t *octets_out)
{
	static const char letters[] = "kKmMgG";
	uint64_t n;
	const char *letter;

	if (!digits(&text, &n))
		return false;
	if (*text != '\0') {
		letter = strchr(letters, *text);
		if (letter == NULL || text[1] != '\0' || n > UINT32_MAX)
			return false;
		n <<= 10 * ((letter - letters) / 2 + 1);
	}
	*octets_out = n;
	return true;
}

static void
size_bound(FILE *f, uint64_t bound)
{
	static const char letters[] = "kmg";
	int i = -1;

	if (bound == CONF_UNLIMITED) {
		(void)fputs("unlimited", f);
		return;
	}
	while (i < 2 && bound != 0 && bound % 1024 == 0) {
		bound /= 1024;
		i++;
	}
	(void)fprintf(f, "%" PRIu64, bound);
	if (i >= 0)
		(void)fputc(letters[i], f);
}

static void
size_read(struct reading *rd, const struct row *row, const struct statement *s,
    void *value)
{
	const struct item *item = value_item(rd, row, s);
	uint64_t n;

	if (item == NULL)
		return;
	if (strcasecmp(item->text, "unlimited") == 0)
		*(uint64_t *)value = CONF_UNLIMITED;
	else if (strcasecmp(item->text, "default") == 0 &&
	    size_from_text(row->standard, &n))
		*(uint64_t *)value = n;
	else if (!size_from_text(item->text, &n))
		value_error(rd, row, item, "a size (like 512m)");
	else if (is_within(rd, row, item, n))
		*(uint64_t *)value = n;
}

static void
size_write(struct writing *w, const struct row *row, const void *value)
{
	write_start(w, row->name);
	(void)fputc(' ', w->f);
	size_bound(w->f, *(const uint64_t *)value);
	(void)fputs(";\n", w->f);
}

const struct kind kind_size = {"(size | default | unlimited)", sizeof(uint64_t),
    size_read, size_write, size_bound};

/* Adds "n X" groups whose letters come in the order of units. */
static bool
add_groups(const char **text, const char *units, const uint64_t *seconds,
    uint64_t *sum)
{
	uint64_t n;

	while (**text >= '0' && **text <= '9') {
		const char *unit;

		if (!digits(text, &n))
			return false;
		unit = strchr(units, toupper((unsigned char)**text));
		if (unit == NULL || *unit == '\0')
			return false;
		(*text)++;
		seconds += unit - units + 1;
		units = unit + 1;
		if (n > UINT32_MAX)
			return false;
		*sum += n * seconds[-1];
	}
	return true;
}

bool
duration_from_text(const char *text, uint64_t unit, uint64_t *seconds_out)
{
	static const uint64_t plain[] = {604800, 86400, 3600, 60, 1};
	/* As BIND counts them: a year has 365 days, a month 31. */
	static const uint64_t date[] = {31536000, 2678400, 604800, 86400};
	static const uint64_t clock[] = {3600, 60, 1};
	uint64_t sum = 0;
	const char *at = text;

	if (*at == 'P' || *at == 'p') {
		at++;
		if (!add_groups(&at, "YMWD", date, &sum))
			return false;
		if (*at == 'T' || *at == 't') {
			at++;
			if (*at == '\0' || !add_groups(&at, "HMS", clock, &sum))
				return false;
		}
		if (*at != '\0' || at == text + 1)
			return false;
	} else if (digits(&at, &sum) && *at == '\0') {
		sum *= unit;
	} else {
		at = text;
		sum = 0;
		if (*at == '\0' || !add_groups(&at, "WDHMS", plain, &sum) ||
		    *at != '\0')
			return false;
	}
	*seconds_out = sum;
	return true;
}

static void
duration_read(struct reading *rd, const struct row *row,
    const struct statement *s, uint64_t unit, uint32_t *value)
{
	const struct item *item = value_item(rd, row, s);
	uint64_t n;

	if (item == NULL)
		return;
	if (!duration_from_text(item->text, unit, &n))
		value_error(rd, row, item, "a duration (like 1h30m)");
	else if (is_within(rd, row, item, n))
		*value = (uint32_t)n;
}

static void
seconds_read(struct reading *rd, const struct row *row,
    const struct statement *s, void *value)
{
	duration_read(rd, row, s, 1, value);
}

static void
minutes_read(struct reading *rd, const struct row *row,
    const struct statement *s, void *value)
{
	duration_read(rd, row, s, 60, value);
}

static void
duration_bound(FILE *f, uint64_t bound)
{
	static const struct {
		uint64_t seconds;
		char letter;
	} units[] = {{604800, 'w'}, {86400, 'd'}, {3600, 'h'}, {60, 'm'}};

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (bound >= units[i].seconds) {
			(void)fprintf(f, "%" PRIu64 "%c",
			    bound / units[i].seconds, units[i].letter);
			bound %= units[i].seconds;
			if (bound == 0)
				return;
		}
	(void)fprintf(f, "%" PRIu64 "s", bound);
}

static void
duration_write(struct writing *w, const struct row *row, const void *value)
{
	write_start(w, row->name);
	(void)fputc(' ', w->f);
	duration_bound(w->f, *(const uint32_t *)value);
	(void)fputs(";\n", w->f);
}

const struct kind kind_seconds = {"duration", sizeof(uint32_t), seconds_read,
    duration_write, duration_bound};
const struct kind kind_minutes = {"(minutes | duration)", sizeof(uint32_t),
    minutes_read, duration_write, duration_bound};

static void
refresh_read(struct reading *rd, const struct row *row,
    const struct statement *s, void *value)
{
	const struct item *item = value_item(rd, row, s);

	if (item != NULL && strcasecmp(item->text, "auto") == 0)
		*(uint32_t *)value = 0;
	else if (item != NULL)
		seconds_read(rd, row, s, value);
}

static void
refresh_write(struct writing *w, const struct row *row, const void *value)
{
	if (*(const uint32_t *)value != 0) {
		duration_write(w, row, value);
		return;
	}
	write_start(w, row->name);
	(void)fputs(" auto;\n", w->f);
}

const struct kind kind_refresh = {"(auto | duration)", sizeof(uint32_t),
    refresh_read, refresh_write, duration_bound};
