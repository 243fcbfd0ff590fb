/*
 * health_view.c - what two checks say together of keytabs and KDCs
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include "daemon/server/health_view.h"

#include <string.h>

/* --- Both together --- */

static bool
entry_is_same(const struct report_entry *a, const struct report_entry *b)
{
	return a->kvno == b->kvno && a->enctype == b->enctype &&
	    strcmp(a->principal, b->principal) == 0 &&
	    strcmp(a->fingerprint, b->fingerprint) == 0;
}

static bool
spn_is_same(const struct report_spn *a, const struct report_spn *b)
{
	return a->is_wanted == b->is_wanted &&
	    strcmp(a->principal, b->principal) == 0;
}

bool
health_keys_are_same(const struct report *a, const struct report *b)
{
	if (a->n_entries != b->n_entries || a->n_spns != b->n_spns)
		return false;
	for (size_t i = 0; i < a->n_entries; i++)
		if (!entry_is_same(&a->entries[i], &b->entries[i]))
			return false;
	for (size_t i = 0; i < a->n_spns; i++)
		if (!spn_is_same(&a->spns[i], &b->spns[i]))
			return false;
	return true;
}

void
health_view_init(struct health_view *v, struct report *files,
    struct report *online)
{
	v->files = files;
	v->online = online;
	v->is_current = files != NULL && online != NULL &&
	    health_keys_are_same(files, online);
}

void
health_view_clear(struct health_view *v)
{
	report_unref(v->files);
	report_unref(v->online);
	memset(v, 0, sizeof(*v));
}

const struct report *
health_view_keys(const struct health_view *v)
{
	return v->is_current ? v->online : v->files;
}

/* --- Findings --- */

/* An entry is missing, and the KDC's ticket has told more than that. */
static bool
is_outdone(const struct health_view *v, const struct report_finding *f)
{
	const struct report_spn *s;

	if (!v->is_current || strcmp(f->id, "spn-missing") != 0)
		return false;
	s = report_find_spn(v->online, f->subject);
	return s != NULL && s->state != REPORT_SPN_MISSING;
}

static bool
holds(const struct health_view *v, const struct report *r,
    const struct report_finding *f)
{
	switch (f->source) {
	case REPORT_OF_FILES:
		return r == v->files && !is_outdone(v, f);
	case REPORT_OF_KDCS:
		return true;
	case REPORT_OF_KEYS:
		return v->is_current;
	}
	return false;
}

static void
each_of(const struct health_view *v, const struct report *r,
    enum report_severity severity, health_take *take, void *arg)
{
	for (size_t i = 0; r != NULL && i < r->n_findings; i++)
		if (r->findings[i].severity == severity &&
		    holds(v, r, &r->findings[i]))
			take(arg, &r->findings[i]);
}

void
health_view_each(const struct health_view *v, health_take *take, void *arg)
{
	for (int severity = REPORT_ERROR; severity >= REPORT_INFO; severity--) {
		each_of(v, v->files, (enum report_severity)severity, take, arg);
		each_of(v, v->online, (enum report_severity)severity, take,
		    arg);
	}
}

struct count {
	enum report_severity severity;
	size_t n;
};

static void
count_one(void *arg, const struct report_finding *f)
{
	struct count *count = arg;

	count->n += f->severity == count->severity;
}

size_t
health_view_count(const struct health_view *v, enum report_severity severity)
{
	struct count count = {.severity = severity};

	health_view_each(v, count_one, &count);
	return count.n;
}

static bool
is_proved(const struct health_view *v)
{
	for (size_t i = 0; v->is_current && i < v->online->n_entries; i++)
		if (v->online->entries[i].proof == REPORT_OPENS)
			return true;
	return false;
}

enum report_verdict
health_view_verdict(const struct health_view *v)
{
	if (health_view_count(v, REPORT_ERROR) > 0)
		return REPORT_UNUSABLE;
	return is_proved(v) ? REPORT_USABLE : REPORT_UNPROVEN;
}

/* --- Keys --- */

static const struct report_entry *
find_entry(const struct report *r, const char *principal, uint32_t kvno,
    int32_t enctype)
{
	for (size_t i = 0; i < r->n_entries; i++) {
		const struct report_entry *e = &r->entries[i];

		if (e->kvno == kvno && e->enctype == enctype &&
		    strcmp(e->principal, principal) == 0)
			return e;
	}
	return NULL;
}

static void
say(struct health_key *k, enum report_severity severity, const char *text)
{
	k->severity = severity;
	k->text = text;
}

/* An error for a key that clients need, else a warning. */
static enum report_severity
loss_of(const struct report_entry *e)
{
	return e->is_wanted && e->is_newest ? REPORT_ERROR : REPORT_WARNING;
}

/* Its principal has a strong key, too, as new. */
static bool
has_stronger(const struct report *r, const struct report_entry *e)
{
	for (size_t i = 0; i < r->n_entries; i++)
		if (r->entries[i].is_newest && !r->entries[i].is_weak &&
		    strcmp(r->entries[i].principal, e->principal) == 0)
			return true;
	return false;
}

/* No ticket was opened by this key, nor was one expected to be. */
static void
judge_untried(const struct report *r, struct health_key *k)
{
	const struct report_entry *e = k->entry;
	const struct report_spn *s = k->spn;
	bool is_known = s != NULL && s->has_kdc_key;

	if (is_known && s->kdc_kvno > e->kvno && e->is_newest)
		say(k, loss_of(e), "stale: the KDC has a newer one");
	else if (!e->is_newest)
		say(k, REPORT_INFO, "old: for tickets of before");
	else if (is_known && s->kdc_kvno < e->kvno)
		say(k, s->state == REPORT_SPN_BROKEN ? loss_of(e) : REPORT_INFO,
		    "not in use at the KDC yet");
	else if (e->is_weak && has_stronger(r, e))
		say(k, REPORT_INFO, "weak, beside a strong one");
	else if (e->is_weak)
		say(k, REPORT_WARNING, "weak");
	else if (s != NULL && s->state == REPORT_SPN_REFUSED)
		say(k, loss_of(e), "the KDC gives no ticket for it");
	else if (is_known)
		say(k, REPORT_INFO, "beside the one that tickets have");
	else
		say(k, REPORT_INFO, "not proved by a ticket");
}

struct health_key
health_view_key(const struct health_view *v, const char *principal,
    uint32_t kvno, int32_t enctype)
{
	const struct report *r = health_view_keys(v);
	struct health_key k = {.text = "not looked at yet"};

	if (r == NULL)
		return k;
	k.spn = report_find_spn(r, principal);
	k.entry = find_entry(r, principal, kvno, enctype);
	if (k.entry == NULL)
		say(&k, REPORT_WARNING, "in memory only: no file has it");
	else if (!k.entry->is_permitted)
		say(&k, loss_of(k.entry), "krb5.conf does not permit it");
	else if (k.entry->proof == REPORT_DOES_NOT)
		say(&k, loss_of(k.entry), "not the KDC's key");
	else if (k.entry->proof == REPORT_OPENS && k.entry->is_weak)
		say(&k, REPORT_WARNING, "opens tickets, but is weak");
	else if (k.entry->proof == REPORT_OPENS)
		say(&k, REPORT_INFO, "opens tickets of today");
	else
		judge_untried(r, &k);
	return k;
}
