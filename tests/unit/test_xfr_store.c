/*
 * test_xfr_store.c - transfers out of a real store
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A program of its own: test_xfr has a history of its own making.
 */
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "daemon/dns/rdata.h"
#include "daemon/store/store.h"
#include "daemon/xfr/transfers.h"
#include "tests/unit/secondary.h"
#include "tests/unit/suites.h"
#include "tests/unit/zone_helper.h"

#define HOSTS 40
#define CHANGES_MAX 4
#define RRS_PER_HOST 5
#define N_UPDATES 400

struct fixture {
	char directory[64];
	char file[96];
	struct store *store;
	struct store_zone *zone;
	struct transfers *transfers;
	uint64_t random;
};

static void
write_zone_file(const char *path)
{
	FILE *f = fopen(path, "w");

	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	(void)fputs("$TTL 3600\n"
		    "@ SOA ns1 hostmaster 7 3600 600 86400 300\n"
		    "@ NS ns1\nns1 A 192.0.2.1\n",
	    f);
	CU_ASSERT_EQUAL(fclose(f), 0);
}

static void
begin(struct fixture *f)
{
	struct transfers_settings settings = {.n_threads = 2,
	    .max_transfers = 10};
	struct store_config config = {.directory = f->directory,
	    .journal_total_size = UINT64_MAX};
	struct store_zone_config zone = {.apex = name_of("Example."),
	    .file = f->file};
	struct reason reason;

	memset(f, 0, sizeof(*f));
	(void)snprintf(f->directory, sizeof(f->directory),
	    "/tmp/kddns-test-xfr-XXXXXX");
	CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(f->directory));
	(void)snprintf(f->file, sizeof(f->file), "%s/example.zone",
	    f->directory);
	write_zone_file(f->file);
	f->random = 1;
	CU_ASSERT_EQUAL_FATAL(store_open(&config, &zone, 1, &f->store, &reason),
	    0);
	f->zone = store_zone_at(f->store, 0);
	CU_ASSERT_PTR_NOT_NULL_FATAL(f->zone);
	CU_ASSERT_EQUAL_FATAL(store_start(f->store), 0);
	CU_ASSERT_EQUAL_FATAL(transfers_create(&settings, &f->transfers), 0);
}

static void
end(struct fixture *f)
{
	char command[128];

	transfers_stop(f->transfers);
	transfers_destroy(f->transfers);
	store_stop(f->store);
	store_close(f->store);
	(void)snprintf(command, sizeof(command), "rm -r %s", f->directory);
	CU_ASSERT_EQUAL(system(command), 0);
}

/* --- Random updates --- */

struct update {
	struct store_job job; /* first: callbacks find the update by it */
	struct fixture *fixture;
	sem_t done;
};

static void
make_host_change(struct fixture *f, struct arena *a, unsigned host,
    struct rrset_change *change)
{
	uint16_t n = (uint16_t)(random_next(&f->random) % (RRS_PER_HOST + 1));
	struct rdata_ref *refs = arena_calloc(a, RRS_PER_HOST, sizeof(*refs));
	struct name name;
	uint8_t address[4];
	char text[32];

	(void)snprintf(text, sizeof(text), "Host%u.example.", host);
	name = name_of(text);
	*change = (struct rrset_change){
	    .owner = arena_copy(a, name.octets, name.len),
	    .type = TYPE_A,
	    .ttl = random_next(&f->random) % 8 == 0 ? 600 : 300,
	    .n = n,
	    .rdatas = refs,
	};
	for (uint16_t i = 0; i < n; i++) {
		put_u32(address,
		    0x0a000000 + i * 256u + random_next(&f->random) % 4);
		refs[i] = (struct rdata_ref){arena_copy(a, address, 4), 4};
	}
}

/* Another MINIMUM and TTL, and a later serial. */
static void
make_soa_change(struct fixture *f, const struct zone_version *view,
    struct arena *a, struct rrset_change *change)
{
	const struct rrset *soa = version_soa(view);
	struct rdata_ref *rdata = arena_calloc(a, 1, sizeof(*rdata));
	uint8_t *octets;
	size_t at = 0;

	CU_ASSERT_FATAL(rrset_next(soa, &at, rdata));
	octets = arena_copy(a, rdata->octets, rdata->len);
	soa_set_serial(octets, rdata->len, version_serial(view) + 10);
	put_u32(octets + rdata->len - 4, 300 + random_next(&f->random) % 1000);
	rdata->octets = octets;
	*change = (struct rrset_change){
	    .owner = store_zone_apex(f->zone)->octets,
	    .type = TYPE_SOA,
	    .ttl = 100 + random_next(&f->random) % 100,
	    .n = 1,
	    .rdatas = rdata,
	};
}

static enum rcode
judge(struct store_job *job, const struct zone_version *view,
    struct arena *arena, struct rrset_change **changes_out, size_t *n_out)
{
	struct fixture *f = ((struct update *)(void *)job)->fixture;
	struct rrset_change *changes =
	    arena_calloc(arena, CHANGES_MAX + 1, sizeof(*changes));
	unsigned first = random_next(&f->random) % HOSTS;
	size_t n = 0;

	while (n < 1 + first % CHANGES_MAX) {
		make_host_change(f, arena, first + (unsigned)n, &changes[n]);
		n++;
	}
	if (random_next(&f->random) % 4 == 0)
		make_soa_change(f, view, arena, &changes[n++]);
	*changes_out = changes;
	*n_out = n;
	return RCODE_NOERROR;
}

static void
done(struct store_job *job)
{
	(void)sem_post(&((struct update *)(void *)job)->done);
}

static void
wait_for(sem_t *sem)
{
	struct timespec until;

	(void)clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += 120;
	CU_ASSERT_EQUAL_FATAL(sem_timedwait(sem, &until), 0);
}

/* n updates at once: they may become one group, and one serial. */
static void
update(struct fixture *f, unsigned n)
{
	struct update *updates = calloc(n, sizeof(*updates));

	CU_ASSERT_PTR_NOT_NULL_FATAL(updates);
	for (unsigned i = 0; i < n; i++) {
		updates[i].fixture = f;
		updates[i].job = (struct store_job){.zone = f->zone,
		    .judge = judge,
		    .done = done,
		    .signer = "test"};
		(void)sem_init(&updates[i].done, 0, 0);
		CU_ASSERT_FATAL(store_submit(f->store, &updates[i].job));
		store_wake(f->store);
	}
	for (unsigned i = 0; i < n; i++) {
		wait_for(&updates[i].done);
		CU_ASSERT_EQUAL(updates[i].job.rcode, RCODE_NOERROR);
	}
	free(updates);
}

/* --- A secondary that follows --- */

struct client {
	struct transfer transfer;
	sem_t posted;
};

static bool
ready(struct transfer *t)
{
	(void)sem_post(&((struct client *)(void *)t)->posted);
	return true;
}

static void
receive(struct client *c, struct received *r)
{
	struct transfer_message *m;

	for (;;) {
		switch (transfer_take(&c->transfer, &m)) {
		case TRANSFER_MESSAGE:
			received_add(r, &c->transfer.query, m->octets, m->len);
			transfer_give(&c->transfer, m);
			break;
		case TRANSFER_WAIT:
			wait_for(&c->posted);
			transfer_posted(&c->transfer);
			break;
		case TRANSFER_ENDED:
			return;
		}
	}
}

/* A transfer of the version pinned now; replica NULL: of the whole zone. */
static enum ixfr_form
follow(struct fixture *f, struct zone **replica)
{
	const struct zone_version *v = store_zone_pin(f->zone);
	const struct name *apex = store_zone_apex(f->zone);
	struct received r;
	struct client c;

	CU_ASSERT_PTR_NOT_NULL_FATAL(v);
	zone_pin(v); /* the transfer takes the other one */
	memset(&c, 0, sizeof(c));
	(void)sem_init(&c.posted, 0, 0);
	c.transfer.kind = *replica == NULL ? TRANSFER_AXFR : TRANSFER_IXFR;
	c.transfer.query = (struct transfer_query){.id = 7,
	    .question = {*apex, *replica == NULL ? TYPE_AXFR : TYPE_IXFR,
		CLASS_IN}};
	if (*replica != NULL)
		c.transfer.client_serial =
		    version_serial(zone_current(*replica));
	c.transfer.zone = f->zone;
	c.transfer.version = v;
	c.transfer.ready = ready;
	received_init(&r);
	CU_ASSERT_EQUAL_FATAL(transfers_start(f->transfers, &c.transfer), 0);
	receive(&c, &r);
	CU_ASSERT_EQUAL(c.transfer.error, 0);
	if (c.transfer.form == IXFR_ZONE) {
		zone_destroy(*replica);
		*replica = zone_of_axfr(&r, apex);
	} else {
		apply_ixfr(*replica, &r);
	}
	CU_ASSERT(versions_equal(v, zone_current(*replica)));
	zone_unpin(v);
	received_clear(&r);
	return c.transfer.form;
}

static void
test_a_secondary_follows_random_updates_by_ixfr(void)
{
	struct zone *replica = NULL;
	struct fixture f;

	begin(&f);
	CU_ASSERT_EQUAL(follow(&f, &replica), IXFR_ZONE);
	for (unsigned i = 0; i < N_UPDATES;) {
		unsigned n = 1 + i % 7;

		update(&f, n);
		i += n;
		if (i % 3 == 0)
			CU_ASSERT_EQUAL(follow(&f, &replica), IXFR_DELTAS);
	}
	(void)follow(&f, &replica);
	CU_ASSERT_EQUAL(follow(&f, &replica), IXFR_CURRENT);
	zone_destroy(replica);
	end(&f);
}

static void
test_an_old_secondary_catches_up_in_one_transfer(void)
{
	struct zone *replica = NULL;
	struct fixture f;

	begin(&f);
	(void)follow(&f, &replica);
	for (unsigned i = 0; i < N_UPDATES; i++)
		update(&f, 1);
	CU_ASSERT_EQUAL(follow(&f, &replica), IXFR_DELTAS);
	zone_destroy(replica);
	end(&f);
}

static CU_TestInfo xfr_store_tests[] = {
    {"a secondary follows random updates by IXFR",
	test_a_secondary_follows_random_updates_by_ixfr},
    {"an old secondary catches up in one transfer",
	test_an_old_secondary_catches_up_in_one_transfer},
    CU_TEST_INFO_NULL,
};

int
main(int argc, char **argv)
{
	CU_SuiteInfo suites[] = {
	    {"xfr_store", NULL, NULL, NULL, NULL, xfr_store_tests},
	    CU_SUITE_INFO_NULL,
	};

	return suites_run("xfr_store", suites, argc, argv);
}
