/*
 * cells.c - values of JSON as lines and tables for people
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <stdarg.h>
#include <string.h>
#include <time.h>

#include "daemon/control/cells.h"
#include "daemon/control/render.h"

#define LABEL_WIDTH 12 /* "secondaries:" */
#define COLUMNS_MAX 16

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

const char *
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

const char *
cell_time(const json_t *value, char cell[CELL_SIZE])
{
	time_t when = (time_t)json_integer_value(value);
	struct tm tm;

	if (!json_is_integer(value) || gmtime_r(&when, &tm) == NULL ||
	    strftime(cell, CELL_SIZE, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		(void)snprintf(cell, CELL_SIZE, "-");
	return cell;
}

const char *
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

const char *
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

void
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

void
put_value(FILE *out, const json_t *object, const char *key, const char *label)
{
	char cell[CELL_SIZE];

	put_line(out, label, "%s",
	    cell_text(json_object_get(object, key), cell));
}

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

void
put_table(FILE *out, const json_t *rows, const struct column *columns, size_t n)
{
	int widths[COLUMNS_MAX];
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
