/*
 * panel_metrics.c - what the daemon counts, as metrics
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <dirent.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

#include "config.h"
#include "daemon/dns/mnemonic.h"
#include "daemon/gss/contexts.h"
#include "daemon/gss/negotiate.h"
#include "daemon/server/core.h"
#include "daemon/server/grants.h"
#include "daemon/server/helpers.h"
#include "daemon/server/panel.h"
#include "daemon/server/panel_metrics.h"
#include "daemon/server/tally.h"
#include "ldap/directory.h"

#define US_PER_S 1e6
#define MS_PER_S 1e3

static uint64_t
read_counter(const _Atomic uint64_t *counter)
{
	return atomic_load_explicit(counter, memory_order_relaxed);
}

/* A counter of all workers together. */
#define SUM(server, counter)                                                   \
	({                                                                     \
		uint64_t sum_ = 0;                                             \
		for (unsigned i_ = 0; i_ < (server)->n_workers; i_++)          \
			sum_ += read_counter(                                  \
			    &(server)->workers[i_].counters.counter);          \
		sum_;                                                          \
	})

/* --- DNS --- */

static const char *
opcode_label(unsigned opcode, char text[MNEMONIC_SIZE])
{
	switch (opcode) {
	case OPCODE_QUERY:
	case OPCODE_NOTIFY:
	case OPCODE_UPDATE:
		return opcode_to_text(opcode, text);
	default:
		return NULL;
	}
}

/* Opcodes that nobody has a use for are one. */
static void
put_requests_of(struct server *s, struct metrics *m, bool tcp, bool ipv6)
{
	const char *transport = tcp ? "tcp" : "udp";
	const char *family = ipv6 ? "ipv6" : "ipv4";
	char text[MNEMONIC_SIZE];
	uint64_t others = 0;

	for (unsigned i = 0; i < OPCODES; i++) {
		uint64_t n = SUM(s, requests[i][tcp][ipv6]);
		const char *opcode = opcode_label(i, text);

		if (opcode == NULL)
			others += n;
		else
			metrics_count(m, n, "opcode", opcode, "transport",
			    transport, "family", family, NULL);
	}
	metrics_count(m, others, "opcode", "other", "transport", transport,
	    "family", family, NULL);
}

static void
put_requests(struct server *s, struct metrics *m)
{
	begin(m, METRICS_COUNTER, "kddns_dns_requests", NULL,
	    "DNS requests received.");
	for (int tcp = 0; tcp < 2; tcp++)
		for (int ipv6 = 0; ipv6 < 2; ipv6++)
			put_requests_of(s, m, tcp, ipv6);
}

static void
put_responses(struct server *s, struct metrics *m)
{
	char text[MNEMONIC_SIZE];

	begin(m, METRICS_COUNTER, "kddns_dns_responses", NULL,
	    "DNS responses sent, by their RCODE.");
	for (unsigned i = 0; i < RCODES; i++) {
		uint64_t n = SUM(s, responses[i]);

		if (n > 0 || i <= RCODE_NOTZONE)
			metrics_count(m, n, "rcode",
			    rcode_to_text((enum rcode)i, text), NULL);
	}
}

static void
put_spread(struct metrics *m, const struct histogram_bounds *bounds,
    const struct histogram *parts, size_t stride, size_t n, double unit,
    const char *label, const char *value)
{
	double limits[HISTOGRAM_BOUNDS_MAX];
	uint64_t counts[HISTOGRAM_BOUNDS_MAX + 1] = {0}, sum = 0;
	const char *part = (const char *)parts;

	for (size_t i = 0; i < n; i++, part += stride) {
		const struct histogram *h = (const void *)part;

		for (size_t j = 0; j <= bounds->n; j++)
			counts[j] += read_counter(&h->counts[j]);
		sum += read_counter(&h->sum);
	}
	for (size_t j = 0; j < bounds->n; j++)
		limits[j] = (double)bounds->at[j] / unit;
	metrics_spread(m,
	    &(struct metrics_histogram){limits, counts, bounds->n,
		(double)sum / unit},
	    label, value, NULL);
}

static void
put_durations(struct server *s, struct metrics *m)
{
	static const char *const kinds[DURATIONS] = {
	    [DURATION_QUERY] = "query",
	    [DURATION_UPDATE] = "update",
	    [DURATION_NEGOTIATION] = "negotiation",
	};

	begin(m, METRICS_HISTOGRAM, "kddns_dns_request_duration_seconds",
	    "seconds",
	    "From the receipt of a request to its answer; queries by their "
	    "batch.");
	for (int i = 0; i < DURATIONS; i++)
		put_spread(m, &duration_us,
		    &s->workers[0].counters.durations[i], sizeof(s->workers[0]),
		    s->n_workers, US_PER_S, "kind", kinds[i]);
}

/* --- Updates --- */

static void
put_updates(struct server *s, struct metrics *m)
{
	static const char *const results[UPDATE_RESULTS] = {
	    [UPDATE_APPLIED] = "applied",
	    [UPDATE_UNCHANGED] = "unchanged",
	    [UPDATE_REFUSED] = "refused",
	    [UPDATE_FAILED] = "failed",
	};
	struct store_zone *z;

	begin(m, METRICS_COUNTER, "kddns_updates", NULL,
	    "Updates, by zone (\"\": none of ours) and how they ended.");
	for (int r = 0; r < UPDATE_RESULTS; r++)
		metrics_count(m, read_counter(&s->updates_elsewhere[r]), "zone",
		    "", "result", results[r], NULL);
	for (size_t i = 0; (z = store_zone_at(s->store, i)) != NULL; i++) {
		struct zone_link *link = server_zone_link(z);

		for (int r = 0; link != NULL && r < UPDATE_RESULTS; r++)
			metrics_count(m, read_counter(&link->updates[r]),
			    "zone", store_zone_text(z), "result", results[r],
			    NULL);
	}
}

static void
put_commits(struct server *s, struct metrics *m)
{
	const struct store_spread *spread = store_spread(s->store);

	begin(m, METRICS_HISTOGRAM, "kddns_update_commit_duration_seconds",
	    "seconds", "To write a group of updates to disk and sync it.");
	put_spread(m, &store_commit_us, &spread->commit_us, 0, 1, US_PER_S,
	    NULL, NULL);
	begin(m, METRICS_HISTOGRAM, "kddns_update_batch_size", NULL,
	    "Updates that became durable by one sync.");
	put_spread(m, &store_batch, &spread->batch, 0, 1, 1, NULL, NULL);
}

static void
put_decision(void *arg, const struct tally_row *row)
{
	char rule[512];

	metrics_count(arg, row->n, "zone", row->zone, "decision",
	    row->is_grant ? "grant" : "refuse", "rule",
	    safe(row->rule, rule, sizeof(rule)), NULL);
}

static void
put_decisions(struct server *s, struct metrics *m)
{
	begin(m, METRICS_COUNTER, "kddns_policy_decisions", NULL,
	    "Decisions on updates, by the rule that made them (none: no rule "
	    "matched).");
	(void)tally_walk(s->tally, put_decision, m);
}

/* --- Who is asking --- */

static void
put_negotiations(struct server *s, struct metrics *m)
{
	const struct negotiations_counters *c =
	    negotiations_counters(s->negotiations);

	begin(m, METRICS_COUNTER, "kddns_tkey_negotiations", NULL,
	    "Negotiations of security contexts, by how they ended.");
	metrics_count(m, read_counter(&c->complete), "result", "complete",
	    NULL);
	metrics_count(m, read_counter(&c->timed_out), "result", "timed-out",
	    NULL);
	metrics_count(m, SUM(s, tkeys_busy), "result", "busy", NULL);
	for (int i = NEGOTIATION_FINE + 1; i < NEGOTIATION_CAUSES; i++)
		metrics_count(m, read_counter(&c->refused[i]), "result",
		    negotiation_cause_text((enum negotiation_cause)i), NULL);
}

static void
put_signatures(struct server *s, struct metrics *m)
{
	begin(m, METRICS_COUNTER, "kddns_tsig_refused", NULL,
	    "Messages whose TSIG was not right, by the error.");
	metrics_count(m, SUM(s, tsigs_formerr), "error", "FORMERR", NULL);
	metrics_count(m, SUM(s, tsigs_badkey), "error", "BADKEY", NULL);
	metrics_count(m, SUM(s, tsigs_badsig), "error", "BADSIG", NULL);
	metrics_count(m, SUM(s, tsigs_badtime), "error", "BADTIME", NULL);
	metrics_count(m, SUM(s, tsigs_badtrunc), "error", "BADTRUNC", NULL);
	metrics_count(m, SUM(s, tsigs_replayed), "error", "replayed", NULL);
}

static void
put_contexts(struct server *s, struct metrics *m)
{
	begin(m, METRICS_GAUGE, "kddns_gss_contexts", NULL,
	    "Security contexts that are established.");
	metrics_count(m, read_counter(&contexts_counters(s->contexts)->count),
	    NULL);
}

/* --- The directory --- */

static void
put_directory_durations(const struct directory_state *st, struct metrics *m)
{
	double bounds[DIRECTORY_DURATIONS];

	for (size_t i = 0; i < DIRECTORY_DURATIONS; i++)
		bounds[i] = directory_duration_bounds_ms[i] / MS_PER_S;
	begin(m, METRICS_HISTOGRAM, "kddns_ldap_request_duration_seconds",
	    "seconds", "Searches of the directory that were answered.");
	metrics_spread(m,
	    &(struct metrics_histogram){bounds, st->durations,
		DIRECTORY_DURATIONS, (double)st->durations_sum_ms / MS_PER_S},
	    NULL);
}

static void
put_directory(struct server *s, struct metrics *m)
{
	struct directory_state st;

	if (!grants_directory(s->grants, &st))
		return;
	begin(m, METRICS_GAUGE, "kddns_ldap_up", NULL,
	    "1: the directory answers.");
	metrics_count(m, st.is_up, NULL);
	begin(m, METRICS_GAUGE, "kddns_ldap_rules_live", NULL,
	    "1: the directory's rules are followed as they change.");
	metrics_count(m, st.grants_are_live, NULL);
	begin(m, METRICS_COUNTER, "kddns_ldap_requests", NULL,
	    "Questions about principals and groups to the directory.");
	metrics_count(m, st.n_queries - st.n_failures - st.n_waiting, "result",
	    "answered", NULL);
	metrics_count(m, st.n_failures, "result", "failed", NULL);
	put_directory_durations(&st, m);
}

static void
put_helpers(struct server *s, struct metrics *m)
{
	const struct helpers_counters *c = helpers_counters(s->helpers);

	begin(m, METRICS_COUNTER, "kddns_helper_questions", NULL,
	    "Questions to the helpers of external rules.");
	metrics_count(m, read_counter(&c->granted), "result", "granted", NULL);
	metrics_count(m, read_counter(&c->refused), "result", "refused", NULL);
	metrics_count(m, read_counter(&c->silent), "result", "silent", NULL);
}

/* --- Zones --- */

struct zone_gauge {
	const char *name, *unit, *help;
	uint64_t (*value)(const struct store_zone_status *st);
};

static uint64_t
serial_of(const struct store_zone_status *st)
{
	return st->serial;
}

static uint64_t
records_of(const struct store_zone_status *st)
{
	return st->n_records;
}

static uint64_t
journal_of(const struct store_zone_status *st)
{
	return st->journal_octets;
}

static uint64_t
loaded_of(const struct store_zone_status *st)
{
	return st->loaded;
}

static uint64_t
frozen_of(const struct store_zone_status *st)
{
	return st->frozen;
}

static void
put_zones(struct server *s, struct metrics *m)
{
	static const struct zone_gauge gauges[] = {
	    {"kddns_zone_serial", NULL, "The serial of the zone.", serial_of},
	    {"kddns_zone_records", NULL, "RRs in the zone.", records_of},
	    {"kddns_journal_bytes", "bytes",
		"What the zone's history takes on disk.", journal_of},
	    {"kddns_zone_loaded", NULL, "1: the zone is served.", loaded_of},
	    {"kddns_zone_frozen", NULL, "1: updates of the zone are refused.",
		frozen_of},
	};
	struct store_zone_status st;
	struct store_zone *z;

	for (size_t g = 0; g < sizeof(gauges) / sizeof(gauges[0]); g++) {
		begin(m, METRICS_GAUGE, gauges[g].name, gauges[g].unit,
		    gauges[g].help);
		for (size_t i = 0; (z = store_zone_at(s->store, i)) != NULL;
		     i++) {
			store_zone_status(z, &st);
			metrics_count(m, gauges[g].value(&st), "zone",
			    store_zone_text(z), NULL);
		}
	}
}

static void
put_store(struct server *s, struct metrics *m)
{
	struct store_status st;

	store_status(s->store, &st);
	begin(m, METRICS_GAUGE, "kddns_store_writable", NULL,
	    "1: updates can be written.");
	metrics_count(m, st.writable, NULL);
	begin(m, METRICS_GAUGE, "kddns_store_log_bytes", "bytes",
	    "What the log of all zones takes on disk.");
	metrics_count(m, st.log_octets, NULL);
	begin(m, METRICS_GAUGE, "kddns_store_queued", NULL,
	    "Updates that wait for the writer.");
	metrics_count(m, st.queued, NULL);
}

static void
put_transfers(struct server *s, struct metrics *m)
{
	uint64_t axfr = 0, ixfr = 0, failed = 0, ixfr_failed = 0;
	struct store_zone *z;

	for (size_t i = 0; (z = store_zone_at(s->store, i)) != NULL; i++) {
		struct zone_link *link = server_zone_link(z);

		if (link == NULL)
			continue;
		axfr += read_counter(&link->axfrs);
		ixfr += read_counter(&link->ixfrs);
		ixfr_failed += read_counter(&link->ixfrs_failed);
		failed += read_counter(&link->transfers_failed);
	}
	begin(m, METRICS_COUNTER, "kddns_xfr", NULL,
	    "Transfers of zones to secondaries.");
	metrics_count(m, axfr, "type", "axfr", "result", "done", NULL);
	metrics_count(m, failed - ixfr_failed, "type", "axfr", "result",
	    "failed", NULL);
	metrics_count(m, ixfr, "type", "ixfr", "result", "done", NULL);
	metrics_count(m, ixfr_failed, "type", "ixfr", "result", "failed", NULL);
	begin(m, METRICS_COUNTER, "kddns_notify", NULL,
	    "NOTIFY messages sent, and what secondaries answered.");
	metrics_count(m, SUM(s, notifies_sent), "result", "sent", NULL);
	metrics_count(m, SUM(s, notifies_answered), "result", "answered", NULL);
	metrics_count(m, SUM(s, notifies_refused), "result", "refused", NULL);
}

/* --- The process: the names that Prometheus' own clients use --- */

static unsigned
count_descriptors(void)
{
	DIR *dir = opendir("/proc/self/fd");
	unsigned n = 0;

	if (dir == NULL)
		return 0;
	while (readdir(dir) != NULL)
		n++;
	(void)closedir(dir);
	return n > 3 ? n - 3 : 0; /* ".", "..", and the one just closed */
}

static void
put_memory(struct metrics *m)
{
	unsigned long long total = 0, resident = 0;
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
	FILE *f = fopen("/proc/self/statm", "re");

	if (f == NULL)
		return;
	if (fscanf(f, "%llu %llu", &total, &resident) == 2) {
		begin(m, METRICS_GAUGE, "process_virtual_memory_bytes", "bytes",
		    "Virtual memory.");
		metrics_count(m, total * page, NULL);
		begin(m, METRICS_GAUGE, "process_resident_memory_bytes",
		    "bytes", "Resident memory.");
		metrics_count(m, resident * page, NULL);
	}
	(void)fclose(f);
}

static double
seconds(const struct timeval *t)
{
	return (double)t->tv_sec + (double)t->tv_usec / US_PER_S;
}

static void
put_process(struct server *s, struct metrics *m)
{
	struct rusage usage;
	struct rlimit limit;

	if (getrusage(RUSAGE_SELF, &usage) == 0) {
		begin(m, METRICS_COUNTER, "process_cpu_seconds", "seconds",
		    "CPU time of the process.");
		metrics_number(m,
		    seconds(&usage.ru_utime) + seconds(&usage.ru_stime), NULL);
	}
	put_memory(m);
	begin(m, METRICS_GAUGE, "process_open_fds", NULL,
	    "File descriptors that are open.");
	metrics_count(m, count_descriptors(), NULL);
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		begin(m, METRICS_GAUGE, "process_max_fds", NULL,
		    "File descriptors that may be open.");
		metrics_count(m, limit.rlim_cur, NULL);
	}
	begin(m, METRICS_GAUGE, "process_start_time_seconds", "seconds",
	    "When the process started, since 1970.");
	metrics_count(m, s->started_wall_s, NULL);
}

void
panel_metrics(void *arg, struct metrics *m)
{
	struct server *s = arg;

	begin(m, METRICS_INFO, "kddns_build", NULL, "Which kddnsd this is.");
	metrics_count(m, 1, "version", PACKAGE_VERSION, NULL);
	put_requests(s, m);
	put_responses(s, m);
	put_durations(s, m);
	put_updates(s, m);
	put_commits(s, m);
	put_decisions(s, m);
	put_negotiations(s, m);
	put_signatures(s, m);
	put_contexts(s, m);
	panel_metrics_health(s, m);
	put_directory(s, m);
	put_helpers(s, m);
	put_zones(s, m);
	put_store(s, m);
	put_transfers(s, m);
	put_process(s, m);
}
