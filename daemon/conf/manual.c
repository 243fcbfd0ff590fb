/*
 * manual.c - the statements part of kddnsd.conf(5), from the table
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <string.h>

#include "daemon/conf/conf.h"
#include "daemon/conf/row.h"

/* Text in which mdoc(7) sees no macro and no escape. */
static void
put_text(FILE *out, const char *text)
{
	if (*text == '.' || *text == '\'')
		(void)fputs("\\&", out);
	for (; *text != '\0'; text++) {
		if (*text == '\\')
			(void)fputs("\\e", out);
		else if (*text == '"')
			(void)fputs("\\(dq", out);
		else if (*text == '-')
			(void)fputs("\\-", out);
		else
			(void)fputc(*text, out);
	}
}

static void
put_item(FILE *out, const struct row *row)
{
	const char *grammar = row->grammar;

	if (grammar == NULL && row->kind != NULL)
		grammar = row->kind->grammar;
	(void)fputs(".It Ic ", out);
	put_text(out, row->name);
	if (grammar != NULL) {
		(void)fputs(" No ", out);
		put_text(out, grammar);
	}
	(void)fputc('\n', out);
}

static void
put_facts(FILE *out, const struct row *row)
{
	if (row->standard != NULL) {
		(void)fputs("Default:\n.Ql ", out);
		put_text(out, row->standard);
		(void)fputs(" .\n", out);
	}
	if (row->kind != NULL && row->kind->bound != NULL) {
		(void)fputs("From ", out);
		row->kind->bound(out, row->min);
		(void)fputs(" to ", out);
		row->kind->bound(out, row->max);
		(void)fputs(".\n", out);
	}
	if ((row->flags & ROW_REQUIRED) != 0)
		(void)fputs("Must be given.\n", out);
	if ((row->flags & ROW_SEVERAL) != 0)
		(void)fputs("May be given several times.\n", out);
	if ((row->flags & ROW_OPTIONS) != 0)
		(void)fputs("In\n.Ic options\nit is for all zones that do not "
			    "have their own.\n",
		    out);
	if ((row->flags & ROW_LATER) != 0)
		(void)fputs("Not supported yet.\n", out);
	if (row->only != NULL) {
		(void)fputs("Only\n.Ql ", out);
		put_text(out, row->only);
		(void)fputs("\nworks so far.\n", out);
	}
}

static void
put_rows(FILE *out, const struct row *rows)
{
	(void)fputs(".Bl -tag -width Ds\n", out);
	for (const struct row *row = rows; row->name != NULL; row++) {
		put_item(out, row);
		put_text(out, row->help);
		(void)fputc('\n', out);
		put_facts(out, row);
		if (row->rows != NULL)
			put_rows(out, row->rows);
	}
	(void)fputs(".El\n", out);
}

void
conf_manual(FILE *out)
{
	for (const struct row *row = top_rows; row->name != NULL; row++) {
		(void)fputs(".Ss ", out);
		put_text(out, row->name);
		(void)fputc(' ', out);
		put_text(out, row->kind->grammar);
		(void)fputc('\n', out);
		put_text(out, row->help);
		(void)fputc('\n', out);
		put_facts(out, row);
		if (row->rows != NULL)
			put_rows(out, row->rows);
	}
}
