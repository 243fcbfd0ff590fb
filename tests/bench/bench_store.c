/*
 * bench_store.c - durable updates a second, without network
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 *	bench_store [DIRECTORY [NAMES [SECONDS [LOG]]]]
 *
 * A zone of NAMES names (100000); 1, 16, 64 and 1024 updates are kept
 * outstanding, each of which gives a random name another A.  Beside it what
 * the disk can do: one block written and synced after the other, in a file
 * that was filled before.  Then what a start takes: after a clean stop, and
 * after a kill -9 behind LOG MiB (256) of log; with the files in memory, and
 * without.
 */
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/base/arena.h"
#include "daemon/base/buf.h"
#include "daemon/base/clock.h"
#include "daemon/base/err.h"
#include "daemon/base/log.h"
#include "daemon/base/ring.h"
#include "daemon/base/storage.h"
#include "daemon/base/wake.h"
#include "daemon/journal/segment.h"
#include "daemon/store/store.h"

#define OUTSTANDING_MAX 1024
#define LATENCIES_MAX 1000000
#define RAW_SIZE ((uint64_t)64 << 20)
#define FIRST_BATCH 512 /* names an update while the zone is filled */

struct update {
	struct store_job job;
	uint32_t name; /* the first one */
	uint32_t n;    /* so many */
	uint32_t value;
	uint64_t sent_ns;
};

static struct ring *finished;
static struct wake finished_wake;
static struct store_zone *zone;
static uint64_t *latencies;
static unsigned seed = 1;

static void __attribute__((noreturn)) die(const char *what, const char *why)
{
	(void)fprintf(stderr, "bench_store: %s: %s\n", what, why);
	exit(1);
}

/* --- Updates --- */

static const uint8_t *
make_owner(struct arena *arena, uint32_t name)
{
	const struct name *apex = store_zone_apex(zone);
	uint8_t *owner = arena_alloc(arena, NAME_LEN_MAX);
	char label[16];
	int len = snprintf(label, sizeof(label), "pc%07u", name);

	if (owner == NULL)
		return NULL;
	owner[0] = (uint8_t)len;
	memcpy(owner + 1, label, (size_t)len);
	memcpy(owner + 1 + len, apex->octets, apex->len);
	return owner;
}

static enum rcode
judge(struct store_job *job, const struct zone_version *view,
    struct arena *arena, struct rrset_change **changes_out, size_t *n_out)
{
	const struct update *u = (const struct update *)job;
	struct rrset_change *c = arena_calloc(arena, u->n, sizeof(*c));

	(void)view;
	if (c == NULL)
		return RCODE_SERVFAIL;
	for (uint32_t i = 0; i < u->n; i++) {
		struct rdata_ref *rdata = arena_alloc(arena, sizeof(*rdata));
		uint8_t *octets = arena_alloc(arena, 4);

		c[i].owner = make_owner(arena, u->name + i);
		if (rdata == NULL || octets == NULL || c[i].owner == NULL)
			return RCODE_SERVFAIL;
		put_u32(octets, u->value);
		*rdata = (struct rdata_ref){octets, 4};
		c[i].type = TYPE_A;
		c[i].ttl = 1200;
		c[i].n = 1;
		c[i].rdatas = rdata;
	}
	*changes_out = c;
	*n_out = u->n;
	return RCODE_NOERROR;
}

static void
done(struct store_job *job)
{
	if (!ring_put(finished, job))
		die("ring", "full");
	wake_up(&finished_wake);
}

static void
send_update(struct store *s, struct update *u, uint32_t name, uint32_t n)
{
	u->job.zone = zone;
	u->job.judge = judge;
	u->job.done = done;
	u->job.signer = "PC0000001$@AD.EXAMPLE";
	u->name = name;
	u->n = n;
	u->value++;
	u->sent_ns = clock_mono_ns();
	if (!store_submit(s, &u->job))
		die("store_submit", "ring full");
	store_wake(s);
}

static struct update *
wait_for_one(void)
{
	struct update *u;

	while ((u = ring_take(finished)) == NULL) {
		wake_prepare(&finished_wake);
		if (ring_count(finished) == 0)
			wake_wait(&finished_wake, -1);
		wake_done(&finished_wake);
	}
	if (u->job.rcode != RCODE_NOERROR)
		die("update", u->job.reason.text);
	return u;
}

/* --- Measuring --- */

static int
by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static void
measure(struct store *s, struct update *updates, uint32_t n_names,
    unsigned n_outstanding, unsigned seconds)
{
	struct store_status before, after;
	uint64_t start = clock_mono_ns(), end = start + seconds * 1000000000ull;
	uint64_t now = start, n = 0, n_updates;
	unsigned in_flight = n_outstanding;

	store_status(s, &before);
	for (unsigned i = 0; i < n_outstanding; i++)
		send_update(s, &updates[i], (uint32_t)rand_r(&seed) % n_names,
		    1);
	while (in_flight > 0) {
		struct update *u = wait_for_one();

		now = clock_mono_ns();
		latencies[n++ % LATENCIES_MAX] = now - u->sent_ns;
		if (now < end)
			send_update(s, u, (uint32_t)rand_r(&seed) % n_names, 1);
		else
			in_flight--;
	}
	store_status(s, &after);
	n_updates = after.n_updates - before.n_updates;
	if (n < LATENCIES_MAX)
		qsort(latencies, n, sizeof(*latencies), by_value);
	else
		qsort(latencies, LATENCIES_MAX, sizeof(*latencies), by_value);
	n = n < LATENCIES_MAX ? n : LATENCIES_MAX;
	(void)printf("%5u outstanding: %8.0f updates/s, %7.0f groups/s, "
		     "p50 %6.0f us, p99 %6.0f us, max %6.0f us, "
		     "%6.0f octets of log each\n",
	    n_outstanding, (double)n_updates * 1e9 / (double)(now - start),
	    (double)(after.n_groups - before.n_groups) * 1e9 /
		(double)(now - start),
	    (double)latencies[n / 2] / 1e3,
	    (double)latencies[n * 99 / 100] / 1e3,
	    (double)latencies[n - 1] / 1e3,
	    (double)(after.group_octets - before.group_octets) /
		(double)n_updates);
}

static void
measure_disk(const char *dir, unsigned seconds)
{
	static uint8_t block[JOURNAL_BLOCK];
	const struct storage *st = &storage_system;
	char path[4096];
	uint64_t at = 0, n = 0, start, now;
	int fd;

	(void)snprintf(path, sizeof(path), "%s/raw", dir);
	fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd == -1 || storage_fill(st, fd, 0, RAW_SIZE) != 0)
		die(path, "cannot be filled");
	memset(block, 1, sizeof(block));
	start = now = clock_mono_ns();
	for (; now - start < seconds * 1000000000ull; n++) {
		if (storage_write(st, fd, block, sizeof(block), at) != 0 ||
		    storage_sync(st, fd) != 0)
			die(path, "cannot be written");
		at = (at + sizeof(block)) % RAW_SIZE;
		now = clock_mono_ns();
	}
	(void)printf("      raw disk:    %8.0f fdatasync/s, %.0f us each\n",
	    (double)n * 1e9 / (double)(now - start),
	    (double)(now - start) / 1e3 / (double)n);
	(void)close(fd);
	(void)unlink(path);
}

/* after_what: of the line that says how long it took. */
static struct store *
open_store(const char *dir, const char *after_what)
{
	struct store_config config = {.directory = dir};
	struct store_zone_config z = {.dump_interval_s = 3600};
	struct reason reason = {""};
	uint64_t start = clock_mono_ns();
	struct store_zone_status st;
	struct name ns;
	struct store *s;

	if (name_from_text("ad.example.", NULL, &z.apex) != 0 ||
	    name_from_text("ns1.ad.example.", NULL, &ns) != 0)
		die("names", "wrong");
	z.soa.given = true;
	z.soa.mname = z.soa.rname = ns;
	z.soa.ttl_s = z.soa.refresh_s = z.soa.retry_s = 3600;
	z.soa.expire_s = 604800;
	z.soa.minimum_s = 300;
	if (store_open(&config, &z, 1, &s, &reason) != 0)
		die(dir, reason.text);
	if (store_start(s) != 0)
		die(dir, "no threads");
	zone = store_find_apex(s, z.apex.octets);
	store_zone_status(zone, &st);
	(void)printf("      start:       %8.0f ms %s; %llu names from %s, "
		     "%u changesets of history\n",
	    (double)(clock_mono_ns() - start) / 1e6, after_what,
	    (unsigned long long)st.n_names, st.loaded_from, st.n_changesets);
	return s;
}

static void
fill(struct store *s, struct update *u, uint32_t n_names)
{
	for (uint32_t i = 0; i < n_names; i += FIRST_BATCH) {
		uint32_t n = n_names - i;

		send_update(s, u, i, n < FIRST_BATCH ? n : FIRST_BATCH);
		(void)wait_for_one();
	}
}

/* --- Starting --- */

static void
stop(struct store *s)
{
	store_stop(s);
	store_close(s);
}

static int
forget_file(const char *path, const struct stat *meta, int kind,
    struct FTW *where)
{
	int fd = kind == FTW_F ? open(path, O_RDONLY | O_CLOEXEC) : -1;

	(void)meta;
	(void)where;
	if (fd != -1) {
		(void)posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
		(void)close(fd);
	}
	return 0;
}

/* The next start reads from the disk, not from memory. */
static void
forget_files(const char *dir)
{
	sync();
	(void)nftw(dir, forget_file, 16, FTW_PHYS);
}

/* Writes groups of one update until the log has grown by so much. */
static void
write_log(struct store *s, struct update *u, uint32_t n_names, uint64_t octets)
{
	for (uint64_t n = octets / JOURNAL_BLOCK; n > 0; n--) {
		send_update(s, u, (uint32_t)rand_r(&seed) % n_names, 1);
		(void)wait_for_one();
	}
}

/* A process that writes so much log, and is killed. */
static void
live_and_die(const char *dir, struct update *u, uint32_t n_names,
    uint64_t octets)
{
	pid_t pid;
	int status;

	(void)fflush(stdout); /* or both would say it */
	pid = fork();
	if (pid == -1)
		die("fork", "failed");
	if (pid == 0) {
		struct store *s = open_store(dir, "in memory, after a stop");

		(void)fflush(stdout);
		write_log(s, u, n_names, octets);
		(void)raise(SIGKILL);
	}
	if (waitpid(pid, &status, 0) != pid || !WIFSIGNALED(status))
		die("child", "was not killed");
}

static void
measure_starts(const char *dir, struct update *u, uint32_t n_names,
    uint64_t octets)
{
	live_and_die(dir, u, n_names, octets);
	stop(open_store(dir, "in memory, after kill -9"));
	live_and_die(dir, u, n_names, octets);
	forget_files(dir);
	stop(open_store(dir, "from the disk, after kill -9"));
	forget_files(dir);
	stop(open_store(dir, "from the disk, after a stop"));
}

int
main(int argc, char **argv)
{
	static const unsigned outstanding[] = {1, 16, 64, OUTSTANDING_MAX};
	const char *dir = argc > 1 ? argv[1] : "bench_store.dir";
	uint32_t n_names = argc > 2 ? (uint32_t)atoi(argv[2]) : 100000;
	unsigned seconds = argc > 3 ? (unsigned)atoi(argv[3]) : 3;
	uint64_t log_mib = argc > 4 ? (uint64_t)atoi(argv[4]) : 256;
	struct update *updates = calloc(OUTSTANDING_MAX, sizeof(*updates));
	struct store *s;

	log_open("bench_store", LOG_TO_NOWHERE);
	finished = ring_create((size_t)2 * OUTSTANDING_MAX);
	latencies = calloc(LATENCIES_MAX, sizeof(*latencies));
	if (updates == NULL || finished == NULL || latencies == NULL ||
	    wake_init(&finished_wake) != 0)
		die("start", "no memory");
	(void)mkdir(dir, 0700);
	measure_disk(dir, 1);
	s = open_store(dir, "");
	fill(s, updates, n_names);
	for (size_t i = 0; i < sizeof(outstanding) / sizeof(*outstanding); i++)
		measure(s, updates, n_names, outstanding[i], seconds);
	stop(s);
	measure_starts(dir, updates, n_names, log_mib << 20);
	free(updates);
	free(latencies);
	ring_destroy(finished);
	wake_clear(&finished_wake);
	return 0;
}
