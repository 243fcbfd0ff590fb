/*
 * bench_gss.c - what contexts and their MICs cost, without network
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 *	bench_gss [CONTEXTS [THREADS]]
 *
 * In a realm of its own (tests/unit/with_realm.sh), for krb5 and SPNEGO: the
 * raw limit, which is gss_accept_sec_context() and the initiator's name in a
 * loop, and our legs with all that they add, CONTEXTS (20000) of them, with
 * one thread and with THREADS (the CPUs).  Then the memory of those contexts,
 * and what it takes to verify the TSIG of an update and to sign its answer.
 */
#include <gssapi/gssapi_ext.h>
#include <gssapi/gssapi_krb5.h>
#include <malloc.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "daemon/base/clock.h"
#include "daemon/dns/message_write.h"
#include "daemon/gss/acceptor.h"
#include "daemon/gss/algorithm.h"
#include "daemon/gss/contexts.h"
#include "daemon/gss/negotiate.h"
#include "daemon/gss/status.h"
#include "daemon/tsig/sign.h"
#include "daemon/tsig/verify.h"
#include "tests/bench/exchange.h"
#include "tests/bench/tickets.h"
#include "tests/unit/realm.h"

#define CONTEXTS 20000
#define THREADS_MAX 64
#define MICS 20000

static void __attribute__((noreturn)) die(const char *what, const char *why)
{
	(void)fprintf(stderr, "bench_gss: %s: %s\n", what, why);
	exit(1);
}

static double
cpu_s(void)
{
	struct rusage u;

	(void)getrusage(RUSAGE_SELF, &u);
	return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
	    (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

/* Resident memory in octets. */
static double
resident(void)
{
	FILE *f = fopen("/proc/self/statm", "r");
	long pages = 0;

	if (f == NULL || fscanf(f, "%*d %ld", &pages) != 1)
		die("/proc/self/statm", "cannot be read");
	(void)fclose(f);
	return (double)pages * (double)sysconf(_SC_PAGESIZE);
}

/* A clock for a row of the table: all threads of the process. */
struct watch {
	uint64_t start_ns;
	double start_cpu_s;
};

static struct watch
watch_start(void)
{
	return (struct watch){clock_mono_ns(), cpu_s()};
}

static void
watch_stop(const struct watch *w, const char *what, unsigned threads, size_t n)
{
	double s = (double)(clock_mono_ns() - w->start_ns) / 1e9;

	(void)printf("%-34s %7u %12.0f %10.1f\n", what, threads, (double)n / s,
	    (cpu_s() - w->start_cpu_s) * 1e6 / (double)n);
	(void)fflush(stdout);
}

/* --- Accepting --- */

struct bench {
	struct acceptor *acceptor;
	struct acceptor_generation *generation;
	struct contexts *contexts;
	struct negotiations *negotiations;
	bool spnego;
	struct ticket *tickets;
	size_t n;
};

static void
bench_init(struct bench *b, bool spnego, struct ticket *tickets, size_t n)
{
	char path[REALM_PATH_SIZE];
	const char *keytabs[1] = {realm_path("FILE:", "dns.keytab", path)};
	struct acceptor_config acceptor = {.keytabs = keytabs, .n_keytabs = 1};
	struct contexts_config contexts = {(uint32_t)n + 1, (uint32_t)n + 1,
	    3600};
	struct negotiations_config negotiations = {.timeout_s = 10,
	    .per_address = 4};
	struct reason reason;

	*b = (struct bench){.spnego = spnego, .tickets = tickets, .n = n};
	b->acceptor = acceptor_create();
	if (b->acceptor == NULL ||
	    acceptor_load(&acceptor, &b->generation, &reason) != 0 ||
	    acceptor_set(b->acceptor, b->generation, 3600, &reason) != 0)
		die("keytab", reason.text);
	if (contexts_create(&contexts, &b->contexts) != 0 ||
	    negotiations_create(&negotiations, b->acceptor, b->contexts,
		&b->negotiations) != 0)
		die("contexts", "cannot be made");
}

static void
bench_clear(struct bench *b)
{
	negotiations_destroy(b->negotiations);
	contexts_destroy(b->contexts);
	acceptor_generation_unref(b->generation);
	acceptor_destroy(b->acceptor);
}

struct part {
	pthread_t thread;
	struct bench *bench;
	size_t first, n;
};

static void
accept_one(gss_cred_id_t cred, gss_buffer_t in)
{
	gss_buffer_desc out = GSS_C_EMPTY_BUFFER, text = GSS_C_EMPTY_BUFFER;
	gss_ctx_id_t gss = GSS_C_NO_CONTEXT;
	gss_name_t name = GSS_C_NO_NAME;
	char why[GSS_STATUS_SIZE];
	OM_uint32 major, minor;

	major = gss_accept_sec_context(&minor, &gss, cred, in,
	    GSS_C_NO_CHANNEL_BINDINGS, &name, NULL, &out, NULL, NULL, NULL);
	if (major != GSS_S_COMPLETE)
		die("accept", gss_status_text(major, minor, why));
	(void)gss_display_name(&minor, name, &text, NULL);
	(void)gss_release_buffer(&minor, &text);
	(void)gss_release_buffer(&minor, &out);
	(void)gss_release_name(&minor, &name);
	(void)gss_delete_sec_context(&minor, &gss, GSS_C_NO_BUFFER);
}

static void *
accept_part(void *arg)
{
	struct part *p = arg;
	struct acceptor_creds *creds = acceptor_creds_create();
	struct reason reason;
	gss_cred_id_t cred;

	if (creds == NULL ||
	    acceptor_cred(creds, p->bench->generation, 0, &cred, &reason) != 0)
		die("credential", "cannot be had");
	for (size_t i = p->first; i < p->first + p->n; i++)
		accept_one(cred, &p->bench->tickets[i].token);
	acceptor_creds_destroy(creds);
	return NULL;
}

static struct negotiation_leg
leg_of(const struct bench *b, size_t i)
{
	struct negotiation_leg leg = {.token = b->tickets[i].token.value,
	    .token_len = b->tickets[i].token.length};
	char text[32];

	(void)addr_from_text("192.0.2.1", &leg.client);
	(void)snprintf(text, sizeof(text), "%zu.sig-bench", i);
	(void)name_from_text(text, NULL, &leg.key_name);
	leg.algorithm = gss_algorithm_tsig;
	return leg;
}

static void *
negotiate_part(void *arg)
{
	struct part *p = arg;
	struct negotiation_result result;
	struct negotiator *negotiator;

	if (negotiator_create(p->bench->negotiations, &negotiator) != 0)
		die("negotiator", "cannot be made");
	for (size_t i = p->first; i < p->first + p->n; i++) {
		struct negotiation_leg leg = leg_of(p->bench, i);

		negotiate_leg(negotiator, &leg, &result);
		if (result.state != NEGOTIATION_COMPLETE)
			die("leg", result.reason.text);
		negotiation_result_clear(&result);
	}
	negotiator_destroy(negotiator);
	return NULL;
}

static void
in_parts(struct bench *b, void *(*work)(void *), unsigned threads)
{
	struct part parts[THREADS_MAX];

	for (unsigned i = 0; i < threads; i++) {
		parts[i] =
		    (struct part){.bench = b, .first = b->n * i / threads};
		parts[i].n = b->n * (i + 1) / threads - parts[i].first;
		if (pthread_create(&parts[i].thread, NULL, work, &parts[i]) !=
		    0)
			die("thread", "cannot be started");
	}
	for (unsigned i = 0; i < threads; i++)
		(void)pthread_join(parts[i].thread, NULL);
}

static void
measure_mechanism(bool spnego, size_t n, unsigned threads)
{
	struct tickets_wanted wanted = {.n = n,
	    .spnego = spnego,
	    .n_threads = threads};
	struct ticket *tickets = tickets_make(&wanted);
	struct bench b;
	struct watch w;
	double before;

	for (unsigned t = 1; t <= threads; t += t < threads ? threads - t : 1) {
		bench_init(&b, spnego, tickets, n);
		w = watch_start();
		in_parts(&b, accept_part, t);
		watch_stop(&w,
		    spnego ? "SPNEGO, accept alone" : "krb5, accept alone", t,
		    n);
		(void)malloc_trim(0);
		before = resident();
		w = watch_start();
		in_parts(&b, negotiate_part, t);
		watch_stop(&w, spnego ? "SPNEGO, our leg" : "krb5, our leg", t,
		    n);
		(void)printf("%-34s %7u %12s %10.0f\n",
		    "  octets resident a context", t, "",
		    (resident() - before) / (double)n);
		bench_clear(&b);
	}
	tickets_free(tickets, n);
}

/* --- Verifying and signing --- */

/* Both sides of one context. */
struct pair {
	struct bench bench;
	struct ticket *ticket;
	struct context *context;
	struct negotiation_leg leg;
};

static void
pair_init(struct pair *p)
{
	struct tickets_wanted wanted = {.n = 1,
	    .keep_every = 1,
	    .n_threads = 1};
	struct negotiation_result result;
	struct negotiator *negotiator;

	p->ticket = tickets_make(&wanted);
	bench_init(&p->bench, false, p->ticket, 1);
	if (negotiator_create(p->bench.negotiations, &negotiator) != 0)
		die("negotiator", "cannot be made");
	p->leg = leg_of(&p->bench, 0);
	negotiate_leg(negotiator, &p->leg, &result);
	if (result.state != NEGOTIATION_COMPLETE ||
	    !ticket_finish(p->ticket, false, result.token, result.token_len))
		die("leg", result.reason.text);
	p->context = context_ref(result.context);
	negotiation_result_clear(&result);
	negotiator_destroy(negotiator);
}

static void
pair_clear(struct pair *p)
{
	context_unref(p->context);
	bench_clear(&p->bench);
	tickets_free(p->ticket, 1);
}

struct signed_update {
	uint8_t octets[EXCHANGE_SIZE];
	size_t len;
};

static void
answer(const struct pair *p, struct arena *arena, const struct signed_update *u)
{
	uint8_t out[EXCHANGE_SIZE];
	struct message_writer w;
	struct tsig_state state;
	struct reason reason;
	struct message m;
	size_t len;

	arena_reset(arena);
	if (message_read(u->octets, u->len, arena, &m) != RCODE_NOERROR)
		die("update", "malformed");
	tsig_verify(NULL, p->bench.contexts, &m, &state, &reason);
	if (!state.is_verified)
		die("verify", reason.text);
	message_write_start(&w, out, sizeof(out), m.id, m.flags | FLAG_QR);
	len = message_write_end(&w);
	if (tsig_sign(&state, out, &len, sizeof(out)) != 0)
		die("sign", "failed");
	tsig_state_clear(&state);
}

/* The same without a TSIG: what is not its cost. */
static void
answer_unsigned(struct arena *arena, const struct signed_update *u)
{
	uint8_t out[EXCHANGE_SIZE];
	struct message_writer w;
	struct message m;

	arena_reset(arena);
	if (message_read(u->octets, u->len, arena, &m) != RCODE_NOERROR)
		die("update", "malformed");
	message_write_start(&w, out, sizeof(out), m.id, m.flags | FLAG_QR);
	(void)message_write_end(&w);
}

static void
measure_mics(void)
{
	struct signed_update *updates = calloc(MICS, sizeof(*updates));
	struct exchange_mac mac;
	struct arena arena;
	struct watch w;
	struct name zone;
	struct pair p;

	if (updates == NULL)
		die("updates", "no memory");
	pair_init(&p);
	(void)name_from_text("ad.test", NULL, &zone);
	arena_init(&arena, 1 << 20);
	for (size_t i = 0; i < MICS; i++)
		updates[i].len =
		    exchange_update(updates[i].octets, &zone, (uint32_t)i);
	w = watch_start();
	for (size_t i = 0; i < MICS; i++)
		answer_unsigned(&arena, &updates[i]);
	watch_stop(&w, "update read, answer written", 1, MICS);
	for (size_t i = 0; i < MICS; i++)
		updates[i].len = exchange_sign(p.ticket->gss, &p.leg.key_name,
		    updates[i].octets, updates[i].len, &mac);
	w = watch_start();
	for (size_t i = 0; i < MICS; i++)
		answer(&p, &arena, &updates[i]);
	watch_stop(&w, "the same, verified and signed", 1, MICS);
	arena_clear(&arena);
	pair_clear(&p);
	free(updates);
}

int
main(int argc, char **argv)
{
	size_t n = argc > 1 ? strtoul(argv[1], NULL, 10) : CONTEXTS;
	long cpus = argc > 2 ? strtol(argv[2], NULL, 10)
			     : sysconf(_SC_NPROCESSORS_ONLN);

	if (n == 0 || cpus < 1)
		die("usage", "bench_gss [CONTEXTS [THREADS]]");
	if (cpus > THREADS_MAX)
		cpus = THREADS_MAX;
	realm_enter(argv);
	(void)unsetenv("SPN");
	(void)printf("%-34s %7s %12s %10s\n", "what", "threads", "per second",
	    "us of CPU");
	measure_mechanism(false, n, (unsigned)cpus);
	measure_mechanism(true, n, (unsigned)cpus);
	measure_mics();
	return 0;
}
