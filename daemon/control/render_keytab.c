/*
 * render_keytab.c - keys, KDCs and tickets, for people
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <string.h>

#include "daemon/control/cells.h"
#include "daemon/control/render.h"
#include "daemon/control/render_keytab.h"

static void
put_files(FILE *out, const json_t *result)
{
	const json_t *file;
	char cell[CELL_SIZE];
	size_t i;

	json_array_foreach(json_object_get(result, "files"), i, file)
	    put_line(out, i == 0 ? "keytab" : "", "%s", cell_text(file, cell));
	if (!json_is_true(json_object_get(result, "ok")))
		put_line(out, "", "NOT USABLE: %s",
		    cell_text(json_object_get(result, "reason"), cell));
	put_line(out, "files seen", "%s",
	    cell_time(json_object_get(result, "checked"), cell));
	put_line(out, "KDCs asked", "%s%s",
	    cell_time(json_object_get(result, "asked"), cell),
	    json_is_true(json_object_get(result, "current")) ||
		    json_is_null(json_object_get(result, "asked"))
		? ""
		: ", of other keys");
}

static void
put_part(FILE *out, const json_t *rows, const struct column *columns, size_t n)
{
	if (json_array_size(rows) == 0)
		return;
	(void)fputc('\n', out);
	put_table(out, rows, columns, n);
}

static void
put_keys(FILE *out, const json_t *result)
{
	static const struct column columns[] = {
	    {"principal", "PRINCIPAL", false, cell_text},
	    {"kvno", "KVNO", true, cell_text},
	    {"kdc_kvno", "KDC", true, cell_text},
	    {"enctype", "ENCTYPE", false, cell_text},
	    {"in_use", "ACCEPTS", false, cell_text},
	    {"verdict", "VERDICT", false, cell_text},
	};

	put_part(out, json_object_get(result, "keys"), columns, 6);
}

/* "" if all is well. */
static const char *
cell_reason(const json_t *value, char cell[CELL_SIZE])
{
	return json_string_length(value) == 0 ? "-" : cell_text(value, cell);
}

static void
put_kdcs(FILE *out, const json_t *result)
{
	static const struct column columns[] = {
	    {"host", "KDC", false, cell_text},
	    {"realm", "REALM", false, cell_text},
	    {"tcp_ms", "TCP MS", true, cell_text},
	    {"udp_ms", "UDP MS", true, cell_text},
	    {"clock_offset_s", "CLOCK S", true, cell_text},
	    {"reason", "REASON", false, cell_reason},
	};

	put_part(out, json_object_get(result, "kdcs"), columns, 6);
}

static void
put_tickets(FILE *out, const json_t *result)
{
	static const struct column columns[] = {
	    {"client", "TICKET OF", false, cell_text},
	    {"server", "FOR", false, cell_text},
	    {"ends", "ENDS", false, cell_time},
	};

	put_part(out, json_object_get(result, "tickets"), columns, 3);
}

static void
put_text(FILE *out, const char *before, const json_t *finding, const char *key)
{
	const char *text = json_string_value(json_object_get(finding, key));

	(void)fputs(before, out);
	render_text(out, text == NULL ? "-" : text);
}

/* As kddns-keytab writes them. */
static void
put_findings(FILE *out, const json_t *findings)
{
	const json_t *f;
	size_t i;

	if (json_array_size(findings) > 0)
		(void)fputc('\n', out);
	json_array_foreach(findings, i, f)
	{
		put_text(out, "", f, "severity");
		put_text(out, " [", f, "id");
		put_text(out, "] ", f, "subject");
		put_text(out, "\n    ", f, "text");
		put_text(out, "\n    -> ", f, "advice");
		(void)fputc('\n', out);
	}
}

void
render_keytab(FILE *out, const json_t *result)
{
	put_value(out, result, "verdict", "verdict");
	put_files(out, result);
	put_keys(out, result);
	put_kdcs(out, result);
	put_tickets(out, result);
	put_findings(out, json_object_get(result, "findings"));
}
