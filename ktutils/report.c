/*
 * report.c - what is known of keytabs, their keys, KDCs and tickets
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ktutils/builder.h"

/* The report, and who has it. */
struct shared {
	struct report report; /* first: a pointer to one is to the other */
	atomic_uint refs;
};

/* --- Life --- */

static void
free_findings(struct report *r)
{
	for (size_t i = 0; i < r->n_findings; i++) {
		free(r->findings[i].subject);
		free(r->findings[i].text);
		free(r->findings[i].advice);
	}
	free(r->findings);
}

static void
free_keys(struct report *r)
{
	for (size_t i = 0; i < r->n_files; i++)
		free(r->files[i].path);
	free(r->files);
	for (size_t i = 0; i < r->n_entries; i++)
		free(r->entries[i].principal);
	free(r->entries);
	for (size_t i = 0; i < r->n_spns; i++) {
		free(r->spns[i].principal);
		free(r->spns[i].reason);
	}
	free(r->spns);
}

static void
free_online(struct report *r)
{
	for (size_t i = 0; i < r->n_logins; i++) {
		free(r->logins[i].principal);
		free(r->logins[i].reason);
	}
	free(r->logins);
	for (size_t i = 0; i < r->n_kdcs; i++) {
		free(r->kdcs[i].realm);
		free(r->kdcs[i].host);
		free(r->kdcs[i].address);
		free(r->kdcs[i].reason);
	}
	free(r->kdcs);
	for (size_t i = 0; i < r->n_tickets; i++) {
		free(r->tickets[i].ccache);
		free(r->tickets[i].client);
		free(r->tickets[i].server);
	}
	free(r->tickets);
}

struct report *
report_ref(struct report *r)
{
	(void)atomic_fetch_add(&((struct shared *)r)->refs, 1);
	return r;
}

void
report_unref(struct report *r)
{
	if (r == NULL || atomic_fetch_sub(&((struct shared *)r)->refs, 1) != 1)
		return;
	free_findings(r);
	free_keys(r);
	free_online(r);
	free(r);
}

/* --- Building --- */

void
builder_init(struct builder *b)
{
	struct shared *s = calloc(1, sizeof(*s));

	b->is_short = s == NULL;
	b->source = REPORT_OF_FILES;
	b->report = s == NULL ? NULL : &s->report;
	if (s != NULL)
		atomic_init(&s->refs, 1);
}

/* Room for one more item of that size at the end, all 0. */
static void *
grow(struct builder *b, void *items_pointer, size_t *n, size_t size)
{
	void **items = items_pointer;
	char *more;

	if (b->is_short)
		return NULL;
	more = reallocarray(*items, *n + 1, size);
	if (more == NULL) {
		b->is_short = true;
		return NULL;
	}
	*items = more;
	return memset(more + (*n)++ * size, 0, size);
}

struct report_file *
builder_file(struct builder *b)
{
	struct report_file *f = grow(b, &b->report->files, &b->report->n_files,
	    sizeof(*b->report->files));

	if (f != NULL)
		builder_set(b, &f->path, "%s", "");
	return f;
}

struct report_entry *
builder_entry(struct builder *b)
{
	struct report_entry *e = grow(b, &b->report->entries,
	    &b->report->n_entries, sizeof(*b->report->entries));

	if (e != NULL)
		builder_set(b, &e->principal, "%s", "");
	return e;
}

struct report_spn *
builder_spn(struct builder *b)
{
	struct report_spn *s = grow(b, &b->report->spns, &b->report->n_spns,
	    sizeof(*b->report->spns));

	if (s != NULL) {
		builder_set(b, &s->principal, "%s", "");
		builder_set(b, &s->reason, "%s", "");
	}
	return s;
}

struct report_login *
builder_login(struct builder *b)
{
	struct report_login *l = grow(b, &b->report->logins,
	    &b->report->n_logins, sizeof(*b->report->logins));

	if (l != NULL) {
		builder_set(b, &l->principal, "%s", "");
		builder_set(b, &l->reason, "%s", "");
	}
	return l;
}

struct report_kdc *
builder_kdc(struct builder *b)
{
	struct report_kdc *k = grow(b, &b->report->kdcs, &b->report->n_kdcs,
	    sizeof(*b->report->kdcs));

	if (k != NULL) {
		k->tcp_ms = k->udp_ms = -1;
		builder_set(b, &k->realm, "%s", "");
		builder_set(b, &k->host, "%s", "");
		builder_set(b, &k->address, "%s", "");
		builder_set(b, &k->reason, "%s", "");
	}
	return k;
}

struct report_ticket *
builder_ticket(struct builder *b)
{
	struct report_ticket *t = grow(b, &b->report->tickets,
	    &b->report->n_tickets, sizeof(*b->report->tickets));

	if (t != NULL) {
		builder_set(b, &t->ccache, "%s", "");
		builder_set(b, &t->client, "%s", "");
		builder_set(b, &t->server, "%s", "");
	}
	return t;
}

/* A printable copy; NULL: no memory. */
static char *
escape(const char *text)
{
	char *copy = malloc(4 * strlen(text) + 1), *at = copy;

	if (copy == NULL)
		return NULL;
	for (const char *p = text; *p != '\0'; p++) {
		unsigned char c = (unsigned char)*p;

		if (c >= ' ' && c < 0x7f)
			*at++ = *p;
		else
			at += sprintf(at, "\\x%02x", c);
	}
	*at = '\0';
	return copy;
}

__attribute__((format(printf, 3, 0))) static void
set_text(struct builder *b, char **text_out, const char *format, va_list args)
{
	char *raw, *text = NULL;

	if (vasprintf(&raw, format, args) != -1) {
		text = escape(raw);
		free(raw);
	}
	if (text == NULL)
		b->is_short = true;
	free(*text_out);
	*text_out = text;
}

void
builder_set(struct builder *b, char **text_out, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	set_text(b, text_out, format, args);
	va_end(args);
}

void
builder_find(struct builder *b, const char *id, enum report_severity severity,
    const char *subject, const char *format, ...)
{
	struct report_finding *f = grow(b, &b->report->findings,
	    &b->report->n_findings, sizeof(*b->report->findings));
	va_list args;

	if (f == NULL)
		return;
	f->id = id;
	f->source = b->source;
	f->severity = severity;
	builder_set(b, &f->subject, "%s", subject);
	builder_set(b, &f->advice, "%s", "");
	va_start(args, format);
	set_text(b, &f->text, format, args);
	va_end(args);
}

void
builder_advise(struct builder *b, const char *format, ...)
{
	struct report *r = b->report;
	va_list args;

	if (b->is_short)
		return;
	va_start(args, format);
	set_text(b, &r->findings[r->n_findings - 1].advice, format, args);
	va_end(args);
}

/* --- Deciding --- */

/* Errors first; those of one severity stay in order, for there are few. */
static void
sort_findings(struct report *r)
{
	for (size_t i = 1; i < r->n_findings; i++) {
		struct report_finding f = r->findings[i];
		size_t at = i;

		for (; at > 0 && r->findings[at - 1].severity < f.severity;
		     at--)
			r->findings[at] = r->findings[at - 1];
		r->findings[at] = f;
	}
}

static bool
is_proved(const struct report *r)
{
	for (size_t i = 0; i < r->n_entries; i++)
		if (r->entries[i].proof == REPORT_OPENS)
			return true;
	return false;
}

struct report *
builder_finish(struct builder *b, bool needs_proof)
{
	struct report *r = b->report;

	b->report = NULL;
	if (b->is_short) {
		report_unref(r);
		return NULL;
	}
	sort_findings(r);
	if (r->n_findings > 0 && r->findings[0].severity == REPORT_ERROR)
		r->verdict = REPORT_UNUSABLE;
	else if (needs_proof && !is_proved(r))
		r->verdict = REPORT_UNPROVEN;
	else
		r->verdict = REPORT_USABLE;
	return r;
}

/* --- Words --- */

const struct report_spn *
report_find_spn(const struct report *r, const char *principal)
{
	for (size_t i = 0; i < r->n_spns; i++)
		if (strcmp(r->spns[i].principal, principal) == 0)
			return &r->spns[i];
	return NULL;
}

const char *
report_severity_text(enum report_severity severity)
{
	switch (severity) {
	case REPORT_INFO:
		return "info";
	case REPORT_WARNING:
		return "warning";
	case REPORT_ERROR:
		return "error";
	}
	return "";
}

const char *
report_verdict_text(enum report_verdict verdict)
{
	switch (verdict) {
	case REPORT_USABLE:
		return "usable";
	case REPORT_UNPROVEN:
		return "unproven";
	case REPORT_UNUSABLE:
		return "unusable";
	}
	return "";
}

const char *
report_proof_text(enum report_proof proof)
{
	switch (proof) {
	case REPORT_NOT_TRIED:
		return "not-tried";
	case REPORT_OPENS:
		return "opens";
	case REPORT_DOES_NOT:
		return "does-not";
	}
	return "";
}

const char *
report_spn_text(enum report_spn_state state)
{
	switch (state) {
	case REPORT_SPN_MISSING:
		return "missing";
	case REPORT_SPN_PRESENT:
		return "present";
	case REPORT_SPN_PROVEN:
		return "proven";
	case REPORT_SPN_OTHER_KEY:
		return "other-key";
	case REPORT_SPN_REFUSED:
		return "refused";
	case REPORT_SPN_BROKEN:
		return "broken";
	}
	return "";
}

const char *
report_login_text(enum report_login_state state)
{
	switch (state) {
	case REPORT_LOGIN_NOT_TRIED:
		return "not-tried";
	case REPORT_LOGIN_OK:
		return "ok";
	case REPORT_LOGIN_UNKNOWN:
		return "unknown";
	case REPORT_LOGIN_WRONG_KEY:
		return "wrong-key";
	case REPORT_LOGIN_REFUSED:
		return "refused";
	case REPORT_LOGIN_NO_ANSWER:
		return "no-answer";
	}
	return "";
}
