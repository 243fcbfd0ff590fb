/*
 * builder.h - a report in the making
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Remembers that memory ran out: fill in everything, then ask once.  Texts are
 * made printable: what is not ASCII becomes \xNN.
 *
 * Owns:    the report, until builder_finish() hands it out.
 * Threads: one.
 * Errors:  builder_finish() says.
 */
#ifndef KTUTILS_BUILDER_H
#define KTUTILS_BUILDER_H

#include "ktutils/report.h"

struct builder {
	struct report *report;
	enum report_source source; /* of the findings that come */
	bool is_short;             /* of memory */
};

void builder_init(struct builder *b);

/* Sorts the findings and decides.  NULL: no memory, and nothing is left. */
struct report *builder_finish(struct builder *b, bool needs_proof);

/* A new one, all 0, with texts ""; NULL: no memory. */
struct report_file *builder_file(struct builder *b);
struct report_entry *builder_entry(struct builder *b);
struct report_spn *builder_spn(struct builder *b);
struct report_login *builder_login(struct builder *b);
struct report_kdc *builder_kdc(struct builder *b);
struct report_ticket *builder_ticket(struct builder *b);

/* Sets a text of the report; what it was before is freed. */
void builder_set(struct builder *b, char **text_out, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* A finding, and what to do about the one found last. */
void builder_find(struct builder *b, const char *id,
    enum report_severity severity, const char *subject, const char *format, ...)
    __attribute__((format(printf, 5, 6)));
void builder_advise(struct builder *b, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
