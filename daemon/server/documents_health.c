/*
 * documents_health.c - keys, KDCs and tickets, as JSON
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <stdbool.h>

#include "daemon/gss/acceptor.h"
#include "daemon/gss/algorithm.h"
#include "daemon/server/core.h"
#include "daemon/server/documents.h"
#include "daemon/server/health.h"
#include "ktutils/report_json.h"

static json_t *
time_or_null(const struct report *r)
{
	return r == NULL ? json_null() : json_integer((json_int_t)r->made);
}

static json_t *
text_or_null(const char *text)
{
	return text == NULL ? json_null() : json_string(text);
}

/* "ok", "warning" or "error", as in verdicts. */
static const char *
level_text(enum report_severity severity)
{
	return severity == REPORT_INFO ? "ok" : report_severity_text(severity);
}

/* --- Keys --- */

static json_t *
key_json(const struct health_view *v, const char *principal, uint32_t kvno,
    int32_t enctype, bool is_in_use)
{
	struct health_key k = health_view_key(v, principal, kvno, enctype);
	bool is_known = k.spn != NULL && k.spn->has_kdc_key;

	return json_pack("{s:o, s:I, s:s, s:b, s:b, s:s, s:s, s:o, s:o, s:o, "
			 "s:o}",
	    "principal", document_text(principal), "kvno", (json_int_t)kvno,
	    "enctype", gss_enctype_text(enctype), "weak",
	    !gss_enctype_is_aes(enctype), "in_use", is_in_use, "level",
	    level_text(k.severity), "verdict", k.text, "kdc_kvno",
	    is_known ? json_integer(k.spn->kdc_kvno) : json_null(),
	    "kdc_enctype",
	    text_or_null(is_known ? k.spn->kdc_enctype_name : NULL), "written",
	    k.entry == NULL || k.entry->written == 0
		? json_null()
		: json_integer((json_int_t)k.entry->written),
	    "fingerprint",
	    text_or_null(k.entry == NULL ? NULL : k.entry->fingerprint));
}

/* True if the keys that accept have it. */
static bool
is_in_use(const struct acceptor_generation *g, const struct report_entry *e)
{
	for (size_t i = 0; g != NULL && i < acceptor_n_entries(g); i++) {
		const struct acceptor_entry *a = &acceptor_entries(g)[i];

		if (a->kvno == e->kvno && a->enctype == e->enctype &&
		    strcmp(acceptor_principal_text(g, a->principal),
			e->principal) == 0)
			return true;
	}
	return false;
}

/* Those that accept tickets, then what else the files have. */
static json_t *
keys_json(struct server *s, const struct health_view *v)
{
	struct acceptor_generation *g = acceptor_current(s->acceptor);
	const struct report *r = health_view_keys(v);
	json_t *list = json_array();

	for (size_t i = 0; g != NULL && i < acceptor_n_entries(g); i++) {
		const struct acceptor_entry *e = &acceptor_entries(g)[i];

		(void)json_array_append_new(list,
		    key_json(v, acceptor_principal_text(g, e->principal),
			e->kvno, e->enctype, true));
	}
	for (size_t i = 0; r != NULL && i < r->n_entries; i++)
		if (!is_in_use(g, &r->entries[i]))
			(void)json_array_append_new(list,
			    key_json(v, r->entries[i].principal,
				r->entries[i].kvno, r->entries[i].enctype,
				false));
	acceptor_generation_unref(g);
	return list;
}

/* --- Findings --- */

static void
append_finding(void *arg, const struct report_finding *f)
{
	(void)json_array_append_new(arg, report_json_finding(f));
}

static json_t *
findings_json(const struct health_view *v)
{
	json_t *list = json_array();

	health_view_each(v, append_finding, list);
	return list;
}

/* --- All of it --- */

typedef json_t *part(const struct report *r);

static json_t *
part_json(part *of, const struct report *r)
{
	return r == NULL ? json_array() : of(r);
}

static json_t *
offset_json(const struct report *r)
{
	return r == NULL || !r->has_offset ? json_null()
					   : json_integer(r->offset_s);
}

json_t *
document_health(struct server *s)
{
	json_t *document = document_keytab(s), *more;
	const struct report *keys;
	struct health_view v;

	health_get(s->health, &v);
	keys = health_view_keys(&v);
	more = json_pack("{s:s, s:o, s:o, s:b, s:o, s:o, s:o, s:o, s:o, s:o, "
			 "s:o}",
	    "verdict", report_verdict_text(health_view_verdict(&v)), "checked",
	    time_or_null(v.files), "asked", time_or_null(v.online), "current",
	    v.is_current, "findings", findings_json(&v), "keys",
	    keys_json(s, &v), "spns", part_json(report_json_spns, keys),
	    "logins", part_json(report_json_logins, v.online), "kdcs",
	    part_json(report_json_kdcs, v.online), "tickets",
	    part_json(report_json_tickets, v.files), "clock_offset_s",
	    offset_json(v.online));
	(void)json_object_update(document, more);
	json_decref(more);
	health_view_clear(&v);
	return document;
}

json_t *
document_tickets(struct server *s)
{
	struct health_view v;
	json_t *document;

	health_get(s->health, &v);
	document = json_pack("{s:o, s:o}", "checked", time_or_null(v.files),
	    "tickets", part_json(report_json_tickets, v.files));
	health_view_clear(&v);
	return document;
}
