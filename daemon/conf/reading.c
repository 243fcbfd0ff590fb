/*
 * reading.c - what the parts of one conf_read() share
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <stdarg.h>
#include <string.h>

#include "daemon/base/log.h"
#include "daemon/conf/reading.h"

void
reading_error(struct reading *rd, const struct conf_place *place,
    const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	conf_errors_add(rd->errors, false, place->order, place->file,
	    place->line, fmt, ap);
	va_end(ap);
}

void
reading_warning(struct reading *rd, const struct conf_place *place,
    const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	conf_errors_add(rd->errors, true, place->order, place->file,
	    place->line, fmt, ap);
	va_end(ap);
}

void *
reading_calloc(struct reading *rd, size_t n, size_t size)
{
	void *p = arena_calloc(&rd->conf->arena, n, size);

	if (p == NULL)
		rd->is_nomem = true;
	return p;
}

char *
reading_copy(struct reading *rd, const char *text)
{
	char *copy = arena_copy(&rd->conf->arena, text, strlen(text) + 1);

	if (copy == NULL)
		rd->is_nomem = true;
	return copy;
}

const char *
reading_path(struct reading *rd, const char *folder, const char *path)
{
	char *whole;

	if (path[0] == '/')
		return reading_copy(rd, path);
	whole = arena_printf(&rd->conf->arena, "%s/%s", folder, path);
	if (whole == NULL)
		rd->is_nomem = true;
	return whole;
}

void *
reading_append(struct reading *rd, struct arena *a, void *items_ptr, size_t *n,
    size_t size)
{
	char *items, *more;

	memcpy(&items, items_ptr, sizeof(items)); /* a pointer of any type */
	if ((*n & (*n + 1)) == 0) {               /* full at 0, 1, 3, 7, ... */
		more = arena_calloc(a, 2 * *n + 1, size);
		if (more == NULL) {
			rd->is_nomem = true;
			return NULL;
		}
		if (*n > 0)
			memcpy(more, items, *n * size);
		items = more;
		memcpy(items_ptr, &items, sizeof(items));
	}
	return items + (*n)++ * size;
}

void
reading_refer(struct reading *rd, struct conf_match *match, const char *key,
    const struct conf_place *place)
{
	struct reference *r = reading_append(rd, &rd->tree, &rd->references,
	    &rd->n_references, sizeof(*r));

	if (r != NULL)
		*r = (struct reference){match, key, *place};
}

char *
quoted(const char *text, char out[QUOTED_SIZE])
{
	return log_escape(text, strlen(text), out, QUOTED_SIZE);
}

char *
place_text(const struct conf_place *place, char out[QUOTED_SIZE])
{
	if (place->line == 0)
		(void)snprintf(out, QUOTED_SIZE, "%s", place->file);
	else
		(void)snprintf(out, QUOTED_SIZE, "%s:%u", place->file,
		    place->line);
	return out;
}
