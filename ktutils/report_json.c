/*
 * report_json.c - a report as a JSON document
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include "ktutils/report_json.h"

static json_t *
time_or_null(time_t t)
{
	return t == 0 ? json_null() : json_integer(t);
}

static json_t *
ms_or_null(int ms)
{
	return ms == -1 ? json_null() : json_integer(ms);
}

static json_t *
offset_or_null(bool has_offset, int32_t offset_s)
{
	return has_offset ? json_integer(offset_s) : json_null();
}

json_t *
report_json_finding(const struct report_finding *f)
{
	return json_pack("{s:s,s:s,s:s,s:s,s:s}", "id", f->id, "severity",
	    report_severity_text(f->severity), "subject", f->subject, "text",
	    f->text, "advice", f->advice);
}

static json_t *
file(const struct report_file *f)
{
	char mode[8];

	(void)snprintf(mode, sizeof(mode), "%04o", (unsigned)f->mode & 07777);
	return json_pack("{s:s,s:b,s:I,s:I,s:s,s:o,s:I}", "path", f->path,
	    "read", f->is_read, "uid", (json_int_t)f->uid, "gid",
	    (json_int_t)f->gid, "mode", mode, "changed",
	    time_or_null(f->changed), "entries", (json_int_t)f->n_entries);
}

static json_t *
entry(const struct report *r, const struct report_entry *e)
{
	return json_pack("{s:s,s:s,s:I,s:s,s:i,s:o,s:s,s:b,s:b,s:b,s:b,s:s}",
	    "file", r->files[e->file].path, "principal", e->principal, "kvno",
	    (json_int_t)e->kvno, "enctype", e->enctype_name, "enctype_number",
	    (int)e->enctype, "written", time_or_null(e->written), "fingerprint",
	    e->fingerprint, "weak", e->is_weak, "permitted", e->is_permitted,
	    "newest", e->is_newest, "wanted", e->is_wanted, "proof",
	    report_proof_text(e->proof));
}

static json_t *
spn(const struct report_spn *s)
{
	return json_pack("{s:s,s:b,s:s,s:o,s:o,s:o,s:s}", "principal",
	    s->principal, "wanted", s->is_wanted, "state",
	    report_spn_text(s->state), "keytab_kvno",
	    s->keytab_kvno == 0 ? json_null() : json_integer(s->keytab_kvno),
	    "kdc_kvno",
	    s->has_kdc_key ? json_integer(s->kdc_kvno) : json_null(),
	    "kdc_enctype",
	    s->has_kdc_key ? json_string(s->kdc_enctype_name) : json_null(),
	    "reason", s->reason);
}

static json_t *
login(const struct report_login *l)
{
	return json_pack("{s:s,s:s,s:o,s:s}", "principal", l->principal,
	    "state", report_login_text(l->state), "ticket_ends",
	    time_or_null(l->ticket_ends), "reason", l->reason);
}

static json_t *
kdc(const struct report_kdc *k)
{
	return json_pack("{s:s,s:s,s:s,s:b,s:o,s:o,s:o,s:s}", "realm", k->realm,
	    "host", k->host, "address", k->address, "asked", k->is_asked,
	    "tcp_ms", ms_or_null(k->tcp_ms), "udp_ms", ms_or_null(k->udp_ms),
	    "clock_offset_s", offset_or_null(k->has_offset, k->offset_s),
	    "reason", k->reason);
}

static json_t *
ticket(const struct report_ticket *t)
{
	return json_pack("{s:s,s:s,s:s,s:s,s:o,s:o,s:o}", "ccache", t->ccache,
	    "client", t->client, "server", t->server, "enctype",
	    t->enctype_name, "starts", time_or_null(t->starts), "ends",
	    time_or_null(t->ends), "renew_until", time_or_null(t->renew_until));
}

/* Frees the array and returns NULL if one of its members is none. */
static json_t *
push(json_t *array, json_t *member)
{
	if (json_array_append_new(array, member) == 0)
		return array;
	json_decref(array);
	return NULL;
}

json_t *
report_json_entries(const struct report *r)
{
	json_t *array = json_array();

	for (size_t i = 0; i < r->n_entries; i++)
		array = push(array, entry(r, &r->entries[i]));
	return array;
}

json_t *
report_json_files(const struct report *r)
{
	json_t *array = json_array();

	for (size_t i = 0; i < r->n_files; i++)
		array = push(array, file(&r->files[i]));
	return array;
}

json_t *
report_json_spns(const struct report *r)
{
	json_t *array = json_array();

	for (size_t i = 0; i < r->n_spns; i++)
		array = push(array, spn(&r->spns[i]));
	return array;
}

json_t *
report_json_logins(const struct report *r)
{
	json_t *array = json_array();

	for (size_t i = 0; i < r->n_logins; i++)
		array = push(array, login(&r->logins[i]));
	return array;
}

json_t *
report_json_kdcs(const struct report *r)
{
	json_t *array = json_array();

	for (size_t i = 0; i < r->n_kdcs; i++)
		array = push(array, kdc(&r->kdcs[i]));
	return array;
}

json_t *
report_json_tickets(const struct report *r)
{
	json_t *array = json_array();

	for (size_t i = 0; i < r->n_tickets; i++)
		array = push(array, ticket(&r->tickets[i]));
	return array;
}

json_t *
report_json(const struct report *r)
{
	json_t *findings = json_array();

	for (size_t i = 0; i < r->n_findings; i++)
		findings = push(findings, report_json_finding(&r->findings[i]));
	/* A member that is NULL makes it fail, and frees the others. */
	return json_pack("{s:s,s:I,s:I,s:b,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o}",
	    "verdict", report_verdict_text(r->verdict), "made",
	    (json_int_t)r->made, "took_ms", (json_int_t)r->took_ms, "online",
	    r->is_online, "clock_offset_s",
	    offset_or_null(r->has_offset, r->offset_s), "findings", findings,
	    "files", report_json_files(r), "entries", report_json_entries(r),
	    "spns", report_json_spns(r), "logins", report_json_logins(r),
	    "kdcs", report_json_kdcs(r), "tickets", report_json_tickets(r));
}
