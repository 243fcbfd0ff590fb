/*
 * bench_zone.c - what a zone of a million names costs
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * bench_zone [names]: octets a name, building, lookup, change, dump, snapshot.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/base/buf.h"
#include "daemon/base/clock.h"
#include "daemon/base/storage.h"
#include "daemon/dns/types.h"
#include "daemon/zone/snapshot.h"
#include "daemon/zone/version.h"
#include "daemon/zone/zone_file.h"

static uint64_t seed = 1;

static uint32_t
random_below(uint32_t n)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)((seed >> 32) * n >> 32);
}

static void
must(int ret, const char *what)
{
	if (ret == 0)
		return;
	(void)fprintf(stderr, "bench_zone: %s: %d\n", what, ret);
	exit(1);
}

/* h123456.ad.test. */
static struct name
owner_of(uint32_t i)
{
	struct name n = {17, "\7h000000\2ad\4test"};

	for (unsigned at = 7; at > 1; at--, i /= 10)
		n.octets[at] = (uint8_t)('0' + i % 10);
	return n;
}

static void
put_a(struct zone_txn *txn, uint32_t i, uint32_t address)
{
	struct name owner = owner_of(i);
	uint8_t octets[4];
	struct rdata_ref rdata = {octets, 4};

	put_u32(octets, address);
	must(zone_put(txn,
		 &(struct rrset_change){.owner = owner.octets,
		     .type = TYPE_A,
		     .ttl = 3600,
		     .n = 1,
		     .rdatas = &rdata}),
	    "put");
}

static void
put_apex(struct zone_txn *txn)
{
	const struct name apex = {9, "\2ad\4test"};
	uint8_t octets[22] = {0};
	struct rdata_ref rdata = {octets, 22};
	struct rrset_change change = {.owner = apex.octets,
	    .type = TYPE_SOA,
	    .ttl = 60,
	    .n = 1,
	    .rdatas = &rdata};

	must(zone_put(txn, &change), "put");
	change.type = TYPE_NS;
	rdata.len = 1;
	must(zone_put(txn, &change), "put");
}

static void
say(const char *what, uint64_t start_ns, uint32_t n)
{
	double ns = (double)(clock_mono_ns() - start_ns);

	(void)printf("%-34s %8.3f s %8.0f ns each\n", what, ns / 1e9, ns / n);
}

static size_t
resident_octets(void)
{
	unsigned long total = 0, resident = 0;
	FILE *f = fopen("/proc/self/statm", "r");

	if (f != NULL) {
		if (fscanf(f, "%lu %lu", &total, &resident) != 2)
			resident = 0;
		(void)fclose(f);
	}
	return resident * (size_t)sysconf(_SC_PAGESIZE);
}

static struct zone *
create(struct zone_txn **txn_out)
{
	const struct name apex = {9, "\2ad\4test"};
	struct zone *z;

	must(zone_create(&apex, NULL, &z), "create");
	must(zone_begin(z, txn_out), "begin");
	return z;
}

static void
publish(struct zone *z, struct zone_txn *txn)
{
	zone_publish(z, zone_seal(txn));
	zone_reclaim(z);
}

static void
bench_memory(const struct zone *z, size_t before, uint32_t n)
{
	struct zone_memory m;

	zone_memory(z, &m);
	(void)printf("%-34s %8.1f in use, %.1f taken, %.1f resident\n",
	    "octets a name", (double)m.octets_in_use / n,
	    (double)m.octets_taken / n,
	    (double)(resident_octets() - before) / n);
}

static void
bench_lookups(const struct zone_version *v, uint32_t n)
{
	const uint32_t rounds = 1000000;
	uint64_t start = clock_mono_ns();
	struct zone_found found;
	uint32_t n_found = 0;

	for (uint32_t i = 0; i < rounds; i++) {
		struct name owner = owner_of(random_below(n));

		n_found += zone_get(v, owner.octets) != NULL;
	}
	say("zone_get, random names", start, rounds);
	start = clock_mono_ns();
	for (uint32_t i = 0; i < rounds; i++) {
		struct name owner = owner_of(random_below(n));

		zone_find(v, owner.octets, &found);
		n_found += found.name != NULL;
	}
	say("zone_find, random names", start, rounds);
	start = clock_mono_ns();
	for (uint32_t i = 0; i < rounds; i++) {
		struct name owner = owner_of(random_below(n));

		owner.octets[4] = 'x';
		zone_find(v, owner.octets, &found);
		n_found += found.kind == ZONE_FOUND_NOTHING;
	}
	say("zone_find, names that are not there", start, rounds);
	if (n_found != 3 * rounds)
		must(-1, "a lookup was wrong");
}

#define WALKS_MAX 32

/* One step of a walk; what the next one reads is on its way then. */
static const struct node *
step(const struct node *n, const struct key *k)
{
	n = node_child(n, k);
	__builtin_prefetch(n->at);
	if (node_is_branch(n))
		__builtin_prefetch(node_child(n, k));
	return n;
}

/* What it would bring to look up a whole receive batch at once. */
static void
bench_walks_at_once(const struct zone_version *v, uint32_t n, unsigned n_walks)
{
	const uint32_t rounds = 960000;
	uint64_t start = clock_mono_ns();
	const struct node *at[WALKS_MAX];
	struct name owners[WALKS_MAX];
	struct key keys[WALKS_MAX];
	uint32_t n_found = 0;
	char what[64];

	for (uint32_t i = 0; i < rounds; i += n_walks) {
		bool walking = true;

		for (unsigned w = 0; w < n_walks; w++) {
			owners[w] = owner_of(random_below(n));
			key_make(&keys[w], owners[w].octets);
			at[w] = &v->root;
		}
		while (walking) {
			walking = false;
			for (unsigned w = 0; w < n_walks; w++) {
				if (!node_is_branch(at[w]))
					continue;
				at[w] = step(at[w], &keys[w]);
				walking = true;
			}
		}
		for (unsigned w = 0; w < n_walks; w++)
			n_found += name_equal(zone_name_owner(node_name(at[w])),
			    owners[w].octets);
	}
	(void)snprintf(what, sizeof(what), "random names, %u at once", n_walks);
	say(what, start, rounds);
	if (n_found != rounds)
		must(-1, "a walk was wrong");
}

static void
bench_changes(struct zone *z, uint32_t n, uint32_t group)
{
	const uint32_t rounds = 200000;
	uint64_t start = clock_mono_ns();
	struct zone_txn *txn;
	char what[64];

	for (uint32_t i = 0; i < rounds; i += group) {
		must(zone_begin(z, &txn), "begin");
		for (uint32_t k = 0; k < group; k++)
			put_a(txn, random_below(n), i + k);
		publish(z, txn);
	}
	(void)snprintf(what, sizeof(what), "changed name, groups of %u", group);
	say(what, start, rounds);
}

static int
count(void *arg, const char *line, size_t len)
{
	(void)line;
	*(size_t *)arg += len;
	return 0;
}

/* As we write it, which is in order. */
static void
bench_text(const struct zone_version *v, uint32_t n)
{
	const char *path = "bench_zone.zone";
	uint8_t digest[ZONE_FILE_DIGEST_LEN];
	struct reason reason = {""};
	struct zone_txn *txn;
	struct zone *z;
	uint64_t start = clock_mono_ns();

	must(zone_file_dump(v, &storage_system, path, digest, &reason),
	    reason.text);
	say("text written and synced", start, n);
	start = clock_mono_ns();
	must(zone_file_digest(path, digest), "digest");
	say("text digested", start, n);
	start = clock_mono_ns();
	z = create(&txn);
	must(zone_file_load(txn, path, &reason), reason.text);
	publish(z, txn);
	say("text read", start, n);
	zone_destroy(z);
	(void)unlink(path);
}

static void
bench_files(const struct zone_version *v, uint32_t n)
{
	const char *path = "bench_zone.snap";
	const struct snapshot_place place = {&storage_system, AT_FDCWD, path};
	struct snapshot_info info;
	struct reason reason = {""};
	struct zone_txn *txn;
	struct zone *z;
	size_t octets = 0;
	uint64_t start = clock_mono_ns();

	must(zone_file_write(v, count, &octets), "write");
	say("text, to nowhere", start, n);
	bench_text(v, n);
	start = clock_mono_ns();
	must(snapshot_write(v, 1, &place, &info, &reason), reason.text);
	say("snapshot written and synced", start, n);
	(void)printf("%-34s %8.1f\n", "octets a name in the snapshot",
	    (double)info.octets / n);
	start = clock_mono_ns();
	z = create(&txn);
	must(snapshot_read(txn, &place, &info, &reason), reason.text);
	publish(z, txn);
	say("snapshot read", start, n);
	zone_destroy(z);
	(void)unlink(path);
}

int
main(int argc, char **argv)
{
	uint32_t n = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 1000000;
	size_t before = resident_octets();
	struct zone_txn *txn;
	struct zone *z = create(&txn);
	uint64_t start = clock_mono_ns();

	put_apex(txn);
	for (uint32_t i = 0; i < n; i++)
		put_a(txn, i, i);
	publish(z, txn);
	say("sorted build", start, n);
	bench_memory(z, before, n);
	bench_lookups(zone_current(z), n);
	for (unsigned n_walks = 1; n_walks <= WALKS_MAX; n_walks *= 4)
		bench_walks_at_once(zone_current(z), n, n_walks);
	bench_changes(z, n, 1);
	bench_changes(z, n, 64);
	bench_changes(z, n, 1024);
	bench_memory(z, before, n);
	bench_files(zone_current(z), n);
	zone_destroy(z);
	return 0;
}
