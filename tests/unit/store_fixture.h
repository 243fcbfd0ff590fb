/*
 * store_fixture.h - a store with small segments, and jobs to give it
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Threads: the test's; counters may be read after the jobs are done.
 */
#ifndef TESTS_UNIT_STORE_FIXTURE_H
#define TESTS_UNIT_STORE_FIXTURE_H

#include <pthread.h>

#include "daemon/journal/segment.h"
#include "daemon/store/state.h"
#include "tests/unit/storage_shim.h"
#include "tests/unit/suites.h"

#define FIXTURE_SEGMENT (16 * (size_t)JOURNAL_BLOCK)
#define FIXTURE_ZONES 3

/* The log thread's syncs wait while the gate is shut. */
struct gate {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool shut;
	unsigned n_waiting;
};

struct fixture {
	char dir[64]; /* state/ and zone files lie in it */
	char state[96];
	char files[FIXTURE_ZONES][128];
	struct shim shim;
	struct gate gate;
	struct store_config config;
	struct store_zone_config zones[FIXTURE_ZONES]; /* ad, ptr, other */
	size_t n_zones;
	struct name ns;
	struct store *store;
	struct store_zone *zone; /* the first one */
	_Atomic unsigned n_published, n_failed;
	char failure[512];
};

/* Two zones made from soa{}, without files. */
void fixture_init(struct fixture *f);
void fixture_clear(struct fixture *f);

/* Opens the store, no thread yet; the error code. */
int fixture_load(struct fixture *f, struct reason *reason);

/* Opens and starts the store; the error code. */
int fixture_open(struct fixture *f, struct reason *reason);
void fixture_must_open(struct fixture *f);

/* Orderly. */
void fixture_stop(struct fixture *f);

/* As after kill -9: the threads end without a word on the disk. */
void fixture_crash(struct fixture *f);

/* A zone file: SOA with serial 100, NS, ns1, pc1 with the A 0.0.0.7. */
extern const char fixture_zone_text[];

/* Zone i is filled from its file (text NULL: as it is there), not soa{}. */
void fixture_use_file(struct fixture *f, size_t i, const char *text);

struct store_zone_status fixture_status(struct store_zone *z);

void file_write(const char *path, const char *text);
void file_append(const char *path, const char *text);
bool file_has(const char *path, const char *what);

void gate_shut(struct gate *g);
void gate_open(struct gate *g);
/* Until it waits at the gate. */
void gate_wait(struct gate *g);

/* An update: the A RRset of a name becomes value (0: goes away). */
struct job {
	struct store_job job;
	uint8_t owner[NAME_LEN_MAX];
	uint32_t value;
	unsigned n_more;    /* A RRs beside the first */
	enum rcode verdict; /* of judge(); not NOERROR: nothing is changed */
	bool no_op;
	uint32_t raise_soa; /* the client's own SOA, by so much; 0: not */
	bool is_slow;       /* it is judged when another job is queued */
	uint8_t octets[4];
	pthread_mutex_t lock;
	pthread_cond_t wake;
	bool done;
};

/* "pc1" becomes pc1.<apex of z>. */
void job_init(struct job *j, struct store_zone *z, const char *label,
    uint32_t value);
/* Once more with another value. */
void job_again(struct job *j, uint32_t value);
void job_submit(struct fixture *f, struct job *j);
bool job_is_done(struct job *j);
enum rcode job_wait(struct job *j);
void job_clear(struct job *j);

/* One update, start to end. */
enum rcode fixture_put(struct fixture *f, struct store_zone *z,
    const char *label, uint32_t value);

/* The A of the name in the published version; 0: none. */
uint32_t fixture_get(struct store_zone *z, const char *label);

uint32_t fixture_serial(struct store_zone *z);

/*
 * All changesets there are must lead to what is served: what is wrong about
 * them, or NULL.
 */
const char *fixture_history_fault(struct store_zone *z);

#endif
