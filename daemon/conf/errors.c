/*
 * errors.c - the mistakes found in a configuration, all of one run
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <stdlib.h>
#include <string.h>

#include "daemon/conf/errors.h"

void
conf_errors_init(struct conf_errors *e)
{
	memset(e, 0, sizeof(*e));
}

void
conf_errors_clear(struct conf_errors *e)
{
	for (size_t i = 0; i < e->n; i++)
		free(e->items[i].text);
	free(e->items);
	conf_errors_init(e);
}

/* Sets the text, on the heap; NULL: no memory. */
static void __attribute__((format(printf, 4, 0))) set_text(struct conf_error *e,
    const char *file, unsigned line, const char *fmt, va_list ap)
{
	size_t len;
	FILE *f;

	e->text = NULL;
	f = open_memstream(&e->text, &len);
	if (f == NULL)
		return;
	(void)fprintf(f, "%s:", file);
	if (line != 0)
		(void)fprintf(f, "%u:", line);
	(void)fputc(' ', f);
	(void)fflush(f);
	e->message_at = len;
	(void)vfprintf(f, fmt, ap);
	if (fclose(f) != 0) {
		free(e->text);
		e->text = NULL;
	}
}

/* Room for one more line; false: no memory. */
static bool
make_room(struct conf_errors *e)
{
	struct conf_error *more;

	if ((e->n & (e->n + 1)) != 0) /* full only at 0, 1, 3, 7, ... */
		return true;
	more = reallocarray(e->items, 2 * e->n + 1, sizeof(*more));
	if (more == NULL)
		return false;
	e->items = more;
	return true;
}

void
conf_errors_add(struct conf_errors *e, bool is_warning, unsigned order,
    const char *file, unsigned line, const char *fmt, va_list ap)
{
	struct conf_error one = {.is_warning = is_warning, .order = order};

	e->n_errors += !is_warning;
	if (e->n == CONF_ERRORS_MOST) {
		e->n_left_out++;
		return;
	}
	set_text(&one, file, line, fmt, ap);
	if (one.text == NULL || !make_room(e)) {
		free(one.text);
		e->is_nomem = true;
		return;
	}
	e->items[e->n++] = one;
}

void
conf_errors_sort(struct conf_errors *e)
{
	/* By insertion: few, mostly in order, and equal ones must stay so. */
	for (size_t i = 1; i < e->n; i++) {
		struct conf_error one = e->items[i];
		size_t at = i;

		for (; at > 0 && e->items[at - 1].order > one.order; at--)
			e->items[at] = e->items[at - 1];
		e->items[at] = one;
	}
}

const struct conf_error *
conf_errors_first(const struct conf_errors *e)
{
	for (size_t i = 0; i < e->n; i++)
		if (!e->items[i].is_warning)
			return &e->items[i];
	return NULL;
}

void
conf_errors_print(const struct conf_errors *e, FILE *out)
{
	for (size_t i = 0; i < e->n; i++) {
		const struct conf_error *one = &e->items[i];

		(void)fprintf(out, "%.*s%s%s\n", (int)one->message_at,
		    one->text, one->is_warning ? "warning: " : "",
		    one->text + one->message_at);
	}
	if (e->n_left_out > 0)
		(void)fprintf(out, "... and %zu more\n", e->n_left_out);
}
