/*
 * documents.c - what the daemon tells of itself, as JSON
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config.h"
#include "daemon/base/clock.h"
#include "daemon/base/log.h"
#include "daemon/conf/conf.h"
#include "daemon/dns/mnemonic.h"
#include "daemon/gss/acceptor.h"
#include "daemon/gss/contexts.h"
#include "daemon/net/worker.h"
#include "daemon/policy/policy.h"
#include "daemon/server/core.h"
#include "daemon/server/decisions.h"
#include "daemon/server/documents.h"
#include "daemon/server/explain.h"
#include "daemon/server/grants.h"
#include "daemon/server/health.h"
#include "daemon/server/keytabs.h"
#include "daemon/server/panel.h"
#include "daemon/server/settings.h"
#include "daemon/server/zone_book.h"
#include "daemon/xfr/notify.h"

#define SECONDARIES_MAX 256

/* A counter of all workers together. */
#define SUM(server, counter)                                                   \
	({                                                                     \
		uint64_t sum_ = 0;                                             \
		for (unsigned i_ = 0; i_ < (server)->n_workers; i_++)          \
			sum_ += atomic_load_explicit(&(server)                 \
							  ->workers[i_]        \
							  .counters.counter,   \
			    memory_order_relaxed);                             \
		(json_int_t) sum_;                                             \
	})

json_t *
document_text(const char *text)
{
	char escaped[1024];
	json_t *json = json_string(text);

	return json != NULL ? json
			    : json_string(log_escape(text, strlen(text),
				  escaped, sizeof(escaped)));
}

static json_t *
number(uint64_t n)
{
	return json_integer((json_int_t)n);
}

/* What an acceptor's keys were loaded from, and when; g NULL: none. */
static json_t *
generation_json(const struct acceptor_generation *g)
{
	json_t *files = json_array();

	for (size_t i = 0; g != NULL && i < acceptor_n_keytabs(g); i++)
		(void)json_array_append_new(files,
		    json_string(acceptor_keytab_at(g, i)));
	return json_pack("{s:I, s:I, s:o, s:o}", "entries",
	    (json_int_t)(g == NULL ? 0 : acceptor_n_entries(g)), "principals",
	    (json_int_t)(g == NULL ? 0 : acceptor_n_principals(g)), "loaded",
	    g == NULL ? json_null() : number(acceptor_loaded_s(g)), "files",
	    files);
}

json_t *
document_keytab(struct server *s)
{
	struct acceptor_generation *g = acceptor_current(s->acceptor);
	json_t *status = generation_json(g);
	struct keytabs_status st;
	struct health_view v;

	keytabs_status(s->keytabs, &st);
	(void)json_object_set_new(status, "ok",
	    json_boolean(g != NULL && st.failed_s == 0));
	(void)json_object_set_new(status, "reason",
	    json_string(st.reason.text));
	(void)json_object_set_new(status, "failed",
	    st.failed_s == 0 ? json_null() : number(st.failed_s));
	health_get(s->health, &v);
	(void)json_object_set_new(status, "problems",
	    number(health_view_count(&v, REPORT_ERROR) +
		health_view_count(&v, REPORT_WARNING)));
	health_view_clear(&v);
	acceptor_generation_unref(g);
	return status;
}

static json_t *
store_status_json(struct server *s)
{
	struct store_status st;

	store_status(s->store, &st);
	return json_pack("{s:b, s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I,"
			 " s:I, s:I}",
	    "writable", st.writable, "reason", st.reason.text, "lsn",
	    (json_int_t)st.lsn, "segments", (json_int_t)st.n_segments, "octets",
	    (json_int_t)st.log_octets, "groups", (json_int_t)st.n_groups,
	    "group_octets", (json_int_t)st.group_octets, "changes",
	    (json_int_t)st.n_changes, "queued", (json_int_t)st.queued,
	    "ring_full", (json_int_t)st.n_ring_full, "over_share",
	    (json_int_t)st.n_over_share, "too_old", (json_int_t)st.n_too_old);
}

static size_t
count_zones(const struct server *s)
{
	size_t n = 0;

	while (store_zone_at(s->store, n) != NULL)
		n++;
	return n;
}

json_t *
document_status(struct server *s)
{
	uint64_t now_ms = clock_mono_ms();

	return json_pack("{s:s, s:i, s:I, s:I, s:I, s:I, s:I, s:{s:I, "
			 "s:I, s:I, s:I}, "
			 "s:I, s:{s:I, s:I}, s:I, s:I, s:o, s:o, s:o, s:o}",
	    "version", PACKAGE_VERSION, "pid", (int)getpid(), "uptime_s",
	    (json_int_t)((now_ms - s->started_mono_ms) / 1000), "started",
	    (json_int_t)s->started_wall_s, "workers", (json_int_t)s->n_workers,
	    "zones", (json_int_t)count_zones(s), "contexts",
	    (json_int_t)atomic_load(&contexts_counters(s->contexts)->count),
	    "updates", "applied", SUM(s, updates[UPDATE_APPLIED]), "unchanged",
	    SUM(s, updates[UPDATE_UNCHANGED]), "refused",
	    SUM(s, updates[UPDATE_REFUSED]), "failed",
	    SUM(s, updates[UPDATE_FAILED]), "queries", SUM(s, queries), "tkey",
	    "complete", SUM(s, tkeys_complete), "refused",
	    SUM(s, tkeys_refused), "repeats", SUM(s, repeats), "dropped",
	    SUM(s, dropped), "store", store_status_json(s), "keytab",
	    document_keytab(s), "directory", grants_status_json(s->grants),
	    "panel", panel_json(s->panel));
}

json_t *
document_zone_row(struct store_zone *z, const char *done)
{
	struct store_zone_status st;
	const char *status = done;

	store_zone_status(z, &st);
	if (!st.loaded)
		status = "not loaded";
	else if (st.reason.text[0] != '\0')
		status = "warning";
	else if (done == NULL)
		status = st.frozen ? "frozen" : "ok";
	return json_pack("{s:s, s:I, s:I, s:I, s:s}", "zone",
	    store_zone_text(z), "serial", (json_int_t)st.serial, "records",
	    (json_int_t)st.n_records, "names", (json_int_t)st.n_names, "status",
	    status);
}

/* Milliseconds of the monotonic clock as seconds of the wall clock, or null. */
static json_t *
wall_time(uint64_t mono_ms)
{
	uint64_t ago_s = (clock_mono_ms() - mono_ms) / 1000;

	return mono_ms == 0 ? json_null() : number(clock_wall_s() - ago_s);
}

json_t *
document_secondaries(struct store_zone *z)
{
	struct zone_link *link = server_zone_link(z);
	struct notify_status *st = calloc(SECONDARIES_MAX, sizeof(st[0]));
	json_t *rows = json_array();
	char addr[ADDR_TEXT_SIZE];
	size_t n;

	if (st == NULL || link == NULL) {
		free(st);
		return rows;
	}
	n = notify_zone_status(link->notify, st, SECONDARIES_MAX);
	for (size_t i = 0; i < n && i < SECONDARIES_MAX; i++)
		(void)json_array_append_new(rows,
		    json_pack("{s:s, s:s, s:o, s:I, s:o, s:i}", "address",
			addr_to_text_port(&st[i].addr, addr), "state",
			notify_state_text(st[i].state), "last_notify",
			wall_time(st[i].sent_ms), "serial_sent",
			(json_int_t)st[i].serial_sent, "serial_acked",
			st[i].has_answered ? number(st[i].serial_answered)
					   : json_null(),
			"tries", (int)st[i].tries));
	free(st);
	return rows;
}

json_t *
document_rules(struct server *s, const struct store_zone *z)
{
	struct settings *settings = server_settings(s);
	const struct zone_settings *zs = settings_zone(settings, z);
	struct policy_book *book = zs == NULL ? NULL : zone_book_ref(zs->book);
	json_t *list = json_array();

	for (size_t i = 0; book != NULL && i < policy_book_n_rules(book); i++)
		(void)json_array_append_new(list,
		    json_string(
			policy_rule_to_text(policy_book_rule_at(book, i))));
	policy_book_unref(book);
	settings_unref(settings);
	return list;
}

static json_t *
dump_json(const struct store_zone_status *st)
{
	json_t *time =
	    st->dumped_time_s == 0 ? json_null() : number(st->dumped_time_s);

	return json_pack("{s:I, s:o, s:b}", "serial",
	    (json_int_t)st->dumped_serial, "time", time, "pending",
	    (int)st->dump_pending);
}

static json_t *
journal_json(const struct store_zone_status *st)
{
	return json_pack("{s:I, s:I, s:I}", "octets",
	    (json_int_t)st->journal_octets, "first_serial",
	    (json_int_t)st->journal_first_serial, "changesets",
	    (json_int_t)st->n_changesets);
}

static json_t *
transfers_json(struct zone_link *link)
{
	return json_pack("{s:I, s:I, s:I}", "axfr",
	    (json_int_t)atomic_load(&link->axfrs), "ixfr",
	    (json_int_t)atomic_load(&link->ixfrs), "failed",
	    (json_int_t)atomic_load(&link->transfers_failed));
}

/* Where rules come from, in order. */
static json_t *
sources_json(struct server *s, const struct store_zone *z)
{
	static const char *const words[] = {
	    [CONF_POLICY_FILE] = "file",
	    [CONF_POLICY_LDAP] = "ldap",
	};
	struct settings *settings = server_settings(s);
	const struct zone_settings *zs = settings_zone(settings, z);
	json_t *list = json_array();

	for (size_t i = 0; zs != NULL && i < zs->conf->policy_source.n; i++)
		(void)json_array_append_new(list,
		    json_string(words[zs->conf->policy_source.items[i]]));
	settings_unref(settings);
	return list;
}

static json_t *
policy_json(struct server *s, const struct store_zone *z)
{
	json_t *texts = document_rules(s, z);

	return json_pack("{s:o, s:I, s:o}", "sources", sources_json(s, z),
	    "rules", (json_int_t)json_array_size(texts), "texts", texts);
}

static void
add_warning(void *arg, const char *line)
{
	(void)json_array_append_new(arg, json_string(line));
}

static json_t *
warnings_json(struct server *s, const struct store_zone *z,
    const struct store_zone_status *st)
{
	struct settings *settings = server_settings(s);
	const struct zone_settings *zs = settings_zone(settings, z);
	json_t *warnings = json_array();

	if (st->reason.text[0] != '\0')
		add_warning(warnings, st->reason.text);
	if (zs != NULL)
		zone_book_each_warning(zs->book, add_warning, warnings);
	settings_unref(settings);
	return warnings;
}

json_t *
document_zone(struct server *s, struct store_zone *z)
{
	struct zone_link *link = server_zone_link(z);
	struct store_zone_status st;

	store_zone_status(z, &st);
	return json_pack("{s:s, s:b, s:I, s:I, s:I, s:s?, s:s, s:b, "
			 "s:o, s:o, s:o, s:o, s:o, s:o}",
	    "zone", store_zone_text(z), "loaded", (int)st.loaded, "serial",
	    (json_int_t)st.serial, "records", (json_int_t)st.n_records, "names",
	    (json_int_t)st.n_names, "file", st.file, "loaded_from",
	    st.loaded_from, "frozen", (int)st.frozen, "dump", dump_json(&st),
	    "journal", journal_json(&st), "policy", policy_json(s, z),
	    "transfers", transfers_json(link), "secondaries",
	    document_secondaries(z), "warnings", warnings_json(s, z, &st));
}

json_t *
document_decision(const struct decision *x)
{
	char addr[ADDR_TEXT_SIZE];

	return json_pack("{s:I, s:I, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, "
			 "s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:b}",
	    "number", (json_int_t)x->number, "time",
	    (json_int_t)(x->time_ms / 1000), "kind",
	    decision_kind_text(x->kind), "result",
	    decision_result_text(x->result), "code", x->code, "cause", x->cause,
	    "from", addr_to_text_port(&x->from, addr), "transport",
	    x->tcp ? "tcp" : "udp", "signer", x->signer, "key", x->key, "zone",
	    x->zone, "asked", x->asked, "rule", x->rule, "nearest", x->nearest,
	    "reason", x->reason.text, "facts", x->facts, "next", x->next.text,
	    "after_unsigned", (int)x->after_unsigned);
}

json_t *
document_explanation(const struct explanation *x)
{
	char code[MNEMONIC_SIZE];

	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:b, s:b, "
			 "s:b}",
	    "decision", x->rcode == RCODE_NOERROR ? "grant" : "refuse", "code",
	    rcode_to_text(x->rcode, code), "zone", x->zone, "stage", x->stage,
	    "rule", x->rule, "nearest", x->nearest, "reason", x->reason.text,
	    "facts", x->facts, "changes", (int)x->changes, "has_context",
	    (int)x->has_context, "facts_coming", (int)x->facts_are_coming);
}
