/*
 * render_keys.c - answers about keys, principals and counters, for people
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <stdint.h>
#include <string.h>

#include "daemon/control/cells.h"
#include "daemon/control/render.h"
#include "daemon/control/render_keys.h"

#define PATH_SIZE 256

/* The elements of an array, as many as have room. */
static const char *
cell_list(const json_t *value, char cell[CELL_SIZE])
{
	static const char more[] = " ...";
	const json_t *element;
	char one[CELL_SIZE];
	size_t i, len = 0;

	(void)snprintf(cell, CELL_SIZE, "-");
	json_array_foreach(value, i, element)
	{
		size_t one_len = strlen(cell_text(element, one));

		if (len + 1 + one_len + sizeof(more) > CELL_SIZE) {
			memcpy(cell + len, more, sizeof(more));
			break;
		}
		if (len > 0)
			cell[len++] = ' ';
		memcpy(cell + len, one, one_len + 1);
		len += one_len;
	}
	return cell;
}

static const char *
cell_count(const json_t *value, char cell[CELL_SIZE])
{
	(void)snprintf(cell, CELL_SIZE, "%zu", json_array_size(value));
	return cell;
}

static void
put_keys(FILE *out, const json_t *keys)
{
	static const struct column columns[] = {
	    {"key", "KEY", false, cell_text},
	    {"mac_len", "MAC", true, cell_text},
	    {"algorithm", "ALGORITHM", false, cell_text},
	};

	if (json_array_size(keys) == 0)
		return;
	put_table(out, keys, columns, 3);
	(void)fputc('\n', out);
}

void
render_tsig_list(FILE *out, const json_t *result)
{
	static const struct column columns[] = {
	    {"key", "CONTEXT", false, cell_text},
	    {"principal", "PRINCIPAL", false, cell_text},
	    {"client", "CLIENT", false, cell_text},
	    {"algorithm", "ALGORITHM", false, cell_text},
	    {"enctype", "ENCTYPE", false, cell_text},
	    {"mechanism", "MECHANISM", false, cell_text},
	    {"kvno", "KVNO", true, cell_text},
	    {"created", "CREATED", false, cell_time},
	    {"expires_in_s", "EXPIRES IN", true, cell_duration},
	    {"idle_s", "IDLE", true, cell_duration},
	};

	put_keys(out, json_object_get(result, "keys"));
	put_table(out, json_object_get(result, "contexts"), columns, 10);
}

void
render_tsig_delete(FILE *out, const json_t *result)
{
	put_value(out, result, "key", "deleted");
	put_value(out, result, "principal", "principal");
}

void
render_principals(FILE *out, const json_t *result)
{
	static const struct column columns[] = {
	    {"principal", "PRINCIPAL", false, cell_text},
	    {"kind", "KIND", false, cell_text},
	    {"contexts", "CONTEXTS", true, cell_text},
	    {"pac", "PAC", false, cell_text},
	    {"sids", "SIDS", true, cell_count},
	    {"addresses", "ADDRESSES", false, cell_list},
	};

	put_table(out, json_object_get(result, "principals"), columns, 6);
}

/* "contexts.evicted.full 3": a line for each number, by its path. */
static void
put_numbers(FILE *out, const json_t *object, const char *path)
{
	char below[PATH_SIZE], cell[CELL_SIZE];
	const char *key;
	json_t *value;

	/* Iteration is not const in jansson, but changes nothing. */
	json_object_foreach((json_t *)(uintptr_t)object, key, value)
	{
		(void)snprintf(below, sizeof(below), "%s%s%s", path,
		    path[0] == '\0' ? "" : ".", key);
		if (json_is_object(value)) {
			put_numbers(out, value, below);
			continue;
		}
		render_text(out, below);
		(void)fputc(' ', out);
		render_text(out, cell_text(value, cell));
		(void)fputc('\n', out);
	}
}

void
render_stats(FILE *out, const json_t *result)
{
	put_numbers(out, result, "");
}
