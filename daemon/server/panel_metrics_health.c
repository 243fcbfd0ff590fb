/*
 * panel_metrics_health.c - keys, KDCs and tickets as metrics
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <stdlib.h>

#include "daemon/gss/acceptor.h"
#include "daemon/gss/algorithm.h"
#include "daemon/server/core.h"
#include "daemon/server/health.h"
#include "daemon/server/keytabs.h"
#include "daemon/server/panel_metrics.h"

#define MS_PER_S 1e3
#define TEXT_SIZE 1024

/* One sample for a principal and enctype: the newest. */
static bool
is_newest(const struct acceptor_generation *g, size_t i)
{
	const struct acceptor_entry *all = acceptor_entries(g);

	for (size_t j = 0; j < acceptor_n_entries(g); j++)
		if (all[j].principal == all[i].principal &&
		    all[j].enctype == all[i].enctype &&
		    (all[j].kvno > all[i].kvno ||
			(all[j].kvno == all[i].kvno && j < i)))
			return false;
	return true;
}

static void
put_kvnos(const struct acceptor_generation *g, struct metrics *m)
{
	char principal[TEXT_SIZE];

	begin(m, METRICS_GAUGE, "kddns_keytab_entry_kvno", NULL,
	    "The key version number of each key that accepts tickets.");
	for (size_t i = 0; g != NULL && i < acceptor_n_entries(g); i++) {
		const struct acceptor_entry *e = &acceptor_entries(g)[i];

		if (is_newest(g, i))
			metrics_count(m, e->kvno, "principal",
			    safe(acceptor_principal_text(g, e->principal),
				principal, sizeof(principal)),
			    "enctype", gss_enctype_text(e->enctype), NULL);
	}
}

/* --- Findings --- */

#define IDS_MAX 128 /* there are about fifty */

/* How many there are of each id and severity. */
struct tally_of_findings {
	struct {
		const char *id;
		enum report_severity severity;
		uint64_t n;
	} rows[IDS_MAX];
	size_t n;
};

static void
tally(void *arg, const struct report_finding *f)
{
	struct tally_of_findings *t = arg;
	size_t i = 0;

	while (i < t->n &&
	    (strcmp(t->rows[i].id, f->id) != 0 ||
		t->rows[i].severity != f->severity))
		i++;
	if (i == IDS_MAX)
		return;
	if (i == t->n) {
		t->rows[i].id = f->id;
		t->rows[i].severity = f->severity;
		t->n++;
	}
	t->rows[i].n++;
}

static void
put_findings(const struct health_view *v, bool is_unloaded, struct metrics *m)
{
	struct tally_of_findings t = {.n = 0};
	static const struct report_finding unloaded = {.id = "not-loaded",
	    .severity = REPORT_ERROR};
	uint64_t n = 0;

	health_view_each(v, tally, &t);
	/* A reason of its own if the checks have seen none. */
	if (is_unloaded && health_view_count(v, REPORT_ERROR) == 0)
		tally(&t, &unloaded);
	begin(m, METRICS_GAUGE, "kddns_keytab_findings", NULL,
	    "What checks of keytabs, KDCs and tickets have found.");
	for (size_t i = 0; i < t.n; i++) {
		metrics_count(m, t.rows[i].n, "id", t.rows[i].id, "severity",
		    report_severity_text(t.rows[i].severity), NULL);
		if (t.rows[i].severity != REPORT_INFO)
			n += t.rows[i].n;
	}
	begin(m, METRICS_GAUGE, "kddns_keytab_problems", NULL,
	    "Errors and warnings of kddns_keytab_findings; 0: all is well.");
	metrics_count(m, n, NULL);
}

/* --- KDCs --- */

static void
put_kdc_kvnos(const struct health_view *v, struct metrics *m)
{
	const struct report *r = health_view_keys(v);
	char principal[TEXT_SIZE];

	begin(m, METRICS_GAUGE, "kddns_keytab_kdc_kvno", NULL,
	    "The key version number that the KDC has of a service.");
	for (size_t i = 0; r != NULL && i < r->n_spns; i++)
		if (r->spns[i].has_kdc_key)
			metrics_count(m, r->spns[i].kdc_kvno, "principal",
			    safe(r->spns[i].principal, principal,
				sizeof(principal)),
			    NULL);
}

static bool
answers(const struct report_kdc *k)
{
	return k->tcp_ms != -1 || k->udp_ms != -1;
}

/* An address is asked once, but may stand in krb5.conf twice. */
static bool
is_first(const struct report *r, size_t i)
{
	for (size_t j = 0; j < i; j++)
		if (strcmp(r->kdcs[j].realm, r->kdcs[i].realm) == 0 &&
		    strcmp(r->kdcs[j].host, r->kdcs[i].host) == 0 &&
		    strcmp(r->kdcs[j].address, r->kdcs[i].address) == 0)
			return false;
	return true;
}

static void
put_latency(const struct report_kdc *k, const char *transport, int ms,
    struct metrics *m)
{
	if (ms != -1)
		metrics_number(m, ms / MS_PER_S, "realm", k->realm, "kdc",
		    k->host, "address", k->address, "transport", transport,
		    NULL);
}

static void
put_kdcs(const struct report *r, struct metrics *m)
{
	begin(m, METRICS_GAUGE, "kddns_kdc_up", NULL, "1: the KDC answers.");
	for (size_t i = 0; i < r->n_kdcs; i++)
		if (is_first(r, i))
			metrics_count(m, answers(&r->kdcs[i]), "realm",
			    r->kdcs[i].realm, "kdc", r->kdcs[i].host, "address",
			    r->kdcs[i].address, NULL);
	begin(m, METRICS_GAUGE, "kddns_kdc_latency_seconds", "seconds",
	    "How long the KDC took for its answer.");
	for (size_t i = 0; i < r->n_kdcs; i++) {
		if (!is_first(r, i))
			continue;
		put_latency(&r->kdcs[i], "tcp", r->kdcs[i].tcp_ms, m);
		put_latency(&r->kdcs[i], "udp", r->kdcs[i].udp_ms, m);
	}
}

/* The clock that is furthest from ours. */
static void
put_clock(const struct report *r, struct metrics *m)
{
	int32_t worst_s = 0;
	bool is_known = false;

	for (size_t i = 0; i < r->n_kdcs; i++) {
		if (!r->kdcs[i].has_offset)
			continue;
		is_known = true;
		if (abs(r->kdcs[i].offset_s) > abs(worst_s))
			worst_s = r->kdcs[i].offset_s;
	}
	begin(m, METRICS_GAUGE, "kddns_kdc_clock_offset_seconds", "seconds",
	    "The clock of the KDC that is furthest from ours, less "
	    "ours.");
	if (is_known)
		metrics_number(m, worst_s, NULL);
}

/* --- Tickets --- */

static bool
is_first_ticket(const struct report *r, size_t i)
{
	for (size_t j = 0; j < i; j++)
		if (strcmp(r->tickets[j].client, r->tickets[i].client) == 0 &&
		    strcmp(r->tickets[j].server, r->tickets[i].server) == 0)
			return false;
	return true;
}

static void
put_tickets(const struct report *r, struct metrics *m)
{
	begin(m, METRICS_GAUGE, "kddns_ticket_expiry_timestamp_seconds",
	    "seconds", "When a ticket ends that the daemon holds, since 1970.");
	for (size_t i = 0; i < r->n_tickets; i++)
		if (is_first_ticket(r, i))
			metrics_number(m, (double)r->tickets[i].ends, "client",
			    r->tickets[i].client, "server",
			    r->tickets[i].server, NULL);
}

static void
put_times(const struct health_view *v, struct metrics *m)
{
	begin(m, METRICS_GAUGE, "kddns_keytab_check_timestamp_seconds",
	    "seconds",
	    "When files, and KDCs, were looked at last, since 1970.");
	if (v->files != NULL)
		metrics_number(m, (double)v->files->made, "of", "files", NULL);
	if (v->online != NULL)
		metrics_number(m, (double)v->online->made, "of", "kdcs", NULL);
}

void
panel_metrics_health(struct server *s, struct metrics *m)
{
	struct acceptor_generation *g = acceptor_current(s->acceptor);
	static const struct report none = {.made = 0};
	const struct report *online;
	struct keytabs_status st;
	struct health_view v;

	keytabs_status(s->keytabs, &st);
	health_get(s->health, &v);
	put_kvnos(g, m);
	put_findings(&v, st.failed_s != 0 || g == NULL, m);
	put_kdc_kvnos(&v, m);
	online = v.online == NULL ? &none : v.online;
	put_kdcs(online, m);
	put_clock(online, m);
	put_tickets(v.files == NULL ? &none : v.files, m);
	put_times(&v, m);
	health_view_clear(&v);
	acceptor_generation_unref(g);
}
