/*
 * render.c - answers of the daemon as text for people
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <stdarg.h>
#include <stdbool.h>
#include <string.h>
#include <time.h>

#include "daemon/control/render.h"

#define CELL_SIZE 256
#define LABEL_WIDTH 12 /* "secondaries:" */

/* Text from the daemon is not to move the cursor of a terminal. */
static char
harmless(char c)
{
	return ((unsigned char)c < 32 && c != '\t') || c == 127 ? '?' : c;
}

void
render_text(FILE *out, const char *text)
{
	for (; *text != '\0'; text++)
		(void)fputc(harmless(*text), out);
}

/* Cells: one value as text. */

static const char *
cell_text(const json_t *value, char cell[CELL_SIZE])
{
	(void)snprintf(cell, CELL_SIZE, "-");
	if (json_is_string(value))
		(void)snprintf(cell, CELL_SIZE, "%s", json_string_value(value));
	else if (json_is_integer(value))
		(void)snprintf(cell, CELL_SIZE, "%lld",
		    (long long)json_integer_value(value));
	else if (json_is_boolean(value))
		(void)snprintf(cell, CELL_SIZE, "%s",
		    json_is_true(value) ? "yes" : "no");
	return cell;
}

/* Seconds since 1970. */
static const char *
cell_time(const json_t *value, char cell[CELL_SIZE])
{
	time_t when = (time_t)json_integer_value(value);
	struct tm tm;

	if (!json_is_integer(value) || gmtime_r(&when, &tm) == NULL ||
	    strftime(cell, CELL_SIZE, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		(void)snprintf(cell, CELL_SIZE, "-");
	return cell;
}

/* "3d 4h", "5m 6s". */
static const char *
cell_duration(const json_t *value, char cell[CELL_SIZE])
{
	long long s = (long long)json_integer_value(value);

	if (!json_is_integer(value) || s < 0)
		(void)snprintf(cell, CELL_SIZE, "-");
	else if (s < 3600)
		(void)snprintf(cell, CELL_SIZE, "%lldm %llds", s / 60, s % 60);
	else if (s < 86400)
		(void)snprintf(cell, CELL_SIZE, "%lldh %lldm", s / 3600,
		    s % 3600 / 60);
	else
		(void)snprintf(cell, CELL_SIZE, "%lldd %lldh", s / 86400,
		    s % 86400 / 3600);
	return cell;
}

/* "17 octets", "1.5 MiB". */
static const char *
cell_octets(const json_t *value, char cell[CELL_SIZE])
{
	static const char *const units[] = {"KiB", "MiB", "GiB", "TiB"};
	double n = (double)json_integer_value(value);
	size_t unit = 0;

	if (!json_is_integer(value)) {
		(void)snprintf(cell, CELL_SIZE, "-");
	} else if (n < 1024) {
		(void)snprintf(cell, CELL_SIZE, "%.0f octets", n);
	} else {
		for (n /= 1024; n >= 1024 && unit < 3; unit++)
			n /= 1024;
		(void)snprintf(cell, CELL_SIZE, "%.1f %s", n, units[unit]);
	}
	return cell;
}

/* "label:      text" */
static void __attribute__((format(printf, 3, 4)))
put_line(FILE *out, const char *label, const char *fmt, ...)
{
	char text[2 * CELL_SIZE + 256];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	(void)fprintf(out, "%s%s%*s ", label, label[0] == '\0' ? " " : ":",
	    LABEL_WIDTH - 1 - (int)strlen(label), "");
	render_text(out, text);
	(void)fputc('\n', out);
}

static void
put_value(FILE *out, const json_t *object, const char *key, const char *label)
{
	char cell[CELL_SIZE];

	put_line(out, label, "%s",
	    cell_text(json_object_get(object, key), cell));
}

/* Tables: an array of objects. */

struct column {
	const char *key;
	const char *title;
	bool is_number; /* to the right */
	const char *(*cell)(const json_t *value, char cell[CELL_SIZE]);
};

static int
column_width(const struct column *col, const json_t *rows)
{
	size_t width = strlen(col->title), i;
	char cell[CELL_SIZE];
	const json_t *row;

	json_array_foreach(rows, i, row)
	{
		size_t len =
		    strlen(col->cell(json_object_get(row, col->key), cell));

		width = len > width ? len : width;
	}
	return (int)width;
}

static void
put_cell(FILE *out, const char *text, int width, bool to_the_right)
{
	int len = (int)strlen(text), pad = width > len ? width - len : 0;

	(void)fprintf(out, "%*s", to_the_right ? pad : 0, "");
	render_text(out, text);
	(void)fprintf(out, "%*s", to_the_right ? 0 : pad, "");
}

/* The last of n columns is not padded. */
static void
put_table(FILE *out, const json_t *rows, const struct column *columns, size_t n)
{
	int widths[8];
	char cell[CELL_SIZE];
	const json_t *row;
	size_t i;

	for (size_t c = 0; c < n; c++)
		widths[c] = c + 1 < n || columns[c].is_number
		    ? column_width(&columns[c], rows)
		    : 0;
	for (size_t c = 0; c < n; c++) {
		(void)fputs(c == 0 ? "" : "  ", out);
		put_cell(out, columns[c].title, widths[c],
		    columns[c].is_number);
	}
	(void)fputc('\n', out);
	json_array_foreach(rows, i, row)
	{
		for (size_t c = 0; c < n; c++) {
			const json_t *v = json_object_get(row, columns[c].key);

			(void)fputs(c == 0 ? "" : "  ", out);
			put_cell(out, columns[c].cell(v, cell), widths[c],
			    columns[c].is_number);
		}
		(void)fputc('\n', out);
	}
}

static void
put_warnings(FILE *out, const json_t *result)
{
	const json_t *warning;
	size_t i;

	json_array_foreach(json_object_get(result, "warnings"), i, warning)
	{
		(void)fputs("warning: ", out);
		render_text(out,
		    json_is_string(warning) ? json_string_value(warning) : "-");
		(void)fputc('\n', out);
	}
}

/* The commands. */

static void
put_updates(FILE *out, const json_t *updates)
{
	char applied[CELL_SIZE], refused[CELL_SIZE], failed[CELL_SIZE];

	put_line(out, "updates", "%s applied, %s refused, %s failed",
	    cell_text(json_object_get(updates, "applied"), applied),
	    cell_text(json_object_get(updates, "refused"), refused),
	    cell_text(json_object_get(updates, "failed"), failed));
}

static void
put_store(FILE *out, const json_t *store)
{
	char lsn[CELL_SIZE], segments[CELL_SIZE], octets[CELL_SIZE];
	char reason[CELL_SIZE];

	if (json_is_true(json_object_get(store, "writable")))
		put_line(out, "store", "writable");
	else
		put_line(out, "store", "NOT WRITABLE: %s",
		    cell_text(json_object_get(store, "reason"), reason));
	put_line(out, "", "lsn %s, %s segments, %s",
	    cell_text(json_object_get(store, "lsn"), lsn),
	    cell_text(json_object_get(store, "segments"), segments),
	    cell_octets(json_object_get(store, "octets"), octets));
}

static void
put_keytab(FILE *out, const json_t *keytab)
{
	char cell[CELL_SIZE];

	if (json_is_true(json_object_get(keytab, "ok")))
		put_line(out, "keytab", "ok, %s entries",
		    cell_text(json_object_get(keytab, "entries"), cell));
	else
		put_line(out, "keytab", "NOT USABLE: %s",
		    cell_text(json_object_get(keytab, "reason"), cell));
}

void
render_status(FILE *out, const json_t *result)
{
	char when[CELL_SIZE], uptime[CELL_SIZE];

	put_value(out, result, "version", "version");
	put_value(out, result, "pid", "pid");
	put_line(out, "started", "%s (up %s)",
	    cell_time(json_object_get(result, "started"), when),
	    cell_duration(json_object_get(result, "uptime_s"), uptime));
	put_value(out, result, "workers", "workers");
	put_value(out, result, "zones", "zones");
	put_value(out, result, "contexts", "contexts");
	put_updates(out, json_object_get(result, "updates"));
	put_store(out, json_object_get(result, "store"));
	put_keytab(out, json_object_get(result, "keytab"));
	put_warnings(out, result);
}

void
render_zones(FILE *out, const json_t *result)
{
	static const struct column columns[] = {
	    {"zone", "ZONE", false, cell_text},
	    {"serial", "SERIAL", true, cell_text},
	    {"records", "RECORDS", true, cell_text},
	    {"names", "NAMES", true, cell_text},
	    {"status", "STATUS", false, cell_text},
	};

	put_table(out, json_object_get(result, "zones"), columns, 5);
	put_warnings(out, result);
}

static void
put_dump(FILE *out, const json_t *dump)
{
	char serial[CELL_SIZE], when[CELL_SIZE];

	if (!json_is_integer(json_object_get(dump, "time"))) {
		put_line(out, "dump", "none yet");
		return;
	}
	put_line(out, "dump", "serial %s at %s%s",
	    cell_text(json_object_get(dump, "serial"), serial),
	    cell_time(json_object_get(dump, "time"), when),
	    json_is_true(json_object_get(dump, "pending")) ? ", pending" : "");
}

static void
put_journal(FILE *out, const json_t *journal)
{
	char octets[CELL_SIZE], first[CELL_SIZE], n[CELL_SIZE];

	put_line(out, "journal", "%s, %s changesets from serial %s",
	    cell_octets(json_object_get(journal, "octets"), octets),
	    cell_text(json_object_get(journal, "changesets"), n),
	    cell_text(json_object_get(journal, "first_serial"), first));
}

static void
put_secondaries(FILE *out, const json_t *secondaries)
{
	static const struct column columns[] = {
	    {"address", "SECONDARY", false, cell_text},
	    {"last_notify", "LAST NOTIFY", false, cell_time},
	    {"serial_acked", "SERIAL", true, cell_text},
	    {"state", "STATE", false, cell_text},
	};

	if (json_array_size(secondaries) == 0)
		return;
	(void)fputc('\n', out);
	put_table(out, secondaries, columns, 4);
}

void
render_zonestatus(FILE *out, const json_t *result)
{
	char rules[CELL_SIZE];

	put_value(out, result, "zone", "zone");
	put_value(out, result, "serial", "serial");
	put_value(out, result, "records", "records");
	put_value(out, result, "names", "names");
	put_value(out, result, "file", "file");
	put_value(out, result, "loaded_from", "loaded from");
	put_dump(out, json_object_get(result, "dump"));
	put_journal(out, json_object_get(result, "journal"));
	put_value(out, result, "frozen", "frozen");
	put_line(out, "policy", "%s rules",
	    cell_text(json_object_get(json_object_get(result, "policy"),
			  "rules"),
		rules));
	put_warnings(out, result);
	put_secondaries(out, json_object_get(result, "secondaries"));
}

void
render_notify(FILE *out, const json_t *result)
{
	char zone[CELL_SIZE], serial[CELL_SIZE], n[CELL_SIZE];

	put_line(out, "notify", "%s serial %s to %s secondaries",
	    cell_text(json_object_get(result, "zone"), zone),
	    cell_text(json_object_get(result, "serial"), serial),
	    cell_text(json_object_get(result, "secondaries"), n));
}

void
render_nothing(FILE *out, const json_t *result)
{
	(void)out;
	(void)result;
}
