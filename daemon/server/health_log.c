/*
 * health_log.c - what checks have found, in the log
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include "daemon/server/health_log.h"

#include <stdbool.h>
#include <string.h>

#include "daemon/base/log.h"

static bool
has_finding(const struct report *r, const struct report_finding *f)
{
	for (size_t i = 0; r != NULL && i < r->n_findings; i++)
		if (strcmp(r->findings[i].id, f->id) == 0 &&
		    strcmp(r->findings[i].subject, f->subject) == 0)
			return true;
	return false;
}

static void
log_finding(const struct report_finding *f)
{
	char subject[1024], text[2048], next[1024];

	(void)log_quote(f->subject, subject, sizeof(subject));
	(void)log_quote(f->text, text, sizeof(text));
	(void)log_quote(f->advice, next, sizeof(next));
	if (f->severity == REPORT_ERROR)
		log_error("health finding=%s subject=\"%s\" reason=\"%s\" "
			  "next=\"%s\"",
		    f->id, subject, text, next);
	else
		log_warning("health finding=%s subject=\"%s\" reason=\"%s\" "
			    "next=\"%s\"",
		    f->id, subject, text, next);
}

static bool
is_told_of(const struct report_finding *f, enum report_source source)
{
	return f->severity != REPORT_INFO && f->source == source;
}

/* Of a file that cannot be read nothing is known to be solved. */
static bool
is_all_read(const struct report *r)
{
	for (size_t i = 0; i < r->n_files; i++)
		if (!r->files[i].is_read)
			return false;
	return true;
}

static void
log_new(const struct report *before, const struct report *now,
    enum report_source source)
{
	for (size_t i = 0; i < now->n_findings; i++)
		if (is_told_of(&now->findings[i], source) &&
		    !has_finding(before, &now->findings[i]))
			log_finding(&now->findings[i]);
}

static void
log_solved(const struct report *before, const struct report *now,
    enum report_source source)
{
	char subject[1024];

	for (size_t i = 0; i < before->n_findings; i++)
		if (is_told_of(&before->findings[i], source) &&
		    !has_finding(now, &before->findings[i]))
			log_notice("health solved=%s subject=\"%s\"",
			    before->findings[i].id,
			    log_quote(before->findings[i].subject, subject,
				sizeof(subject)));
}

void
health_log(const struct report *before, const struct report *now,
    enum report_source source)
{
	log_new(before, now, source);
	if (before != NULL && is_all_read(now))
		log_solved(before, now, source);
}
