/*
 * history_model.c - a zone with a random history, kept in memory
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/err.h"
#include "daemon/dns/rdata.h"
#include "daemon/store/store.h"
#include "tests/unit/history_model.h"
#include "tests/unit/suites.h"
#include "tests/unit/zone_helper.h"
#include "tests/unit/zone_text.h"

#define HOSTS 40
#define RRS_PER_HOST 5

void
model_init(struct model *m, const char *apex, const char *text)
{
	memset(m, 0, sizeof(*m));
	arena_init(&m->arena, 0);
	m->random = 1;
	m->zone = zone_from_text(apex, text);
	CU_ASSERT_PTR_NOT_NULL_FATAL(m->zone);
}

void
model_clear(struct model *m)
{
	zone_destroy(m->zone);
	arena_clear(&m->arena);
}

static struct name
host_name(const struct model *m, unsigned i)
{
	char text[32];
	struct name name;

	(void)snprintf(text, sizeof(text), i % 2 == 0 ? "host%u" : "HOST%u", i);
	CU_ASSERT_EQUAL_FATAL(name_from_text(text, zone_apex(m->zone), &name),
	    0);
	return name;
}

static void
put_host(struct model *m, struct zone_txn *txn, const struct name *name)
{
	uint8_t octets[RRS_PER_HOST][4];
	struct rdata_ref refs[RRS_PER_HOST];
	struct rrset_change change = {
	    .owner = name->octets,
	    .type = TYPE_A,
	    .ttl = random_next(&m->random) % 8 == 0 ? 600 : 300,
	    .rdatas = refs,
	};
	uint16_t n = (uint16_t)(random_next(&m->random) % (RRS_PER_HOST + 1));

	for (uint16_t i = 0; i < n; i++) {
		put_u32(octets[i],
		    0x0a000000 + i * 256u + random_next(&m->random) % 4);
		refs[i] = (struct rdata_ref){octets[i], 4};
	}
	change.n = n;
	CU_ASSERT_EQUAL_FATAL(zone_put(txn, &change), 0);
}

/* Another MINIMUM and TTL, and the serial. */
static void
put_other_soa(struct model *m, struct zone_txn *txn, uint32_t serial)
{
	const struct rrset *soa = version_soa(zone_view(txn));
	struct rdata_ref rdata;
	uint8_t octets[600];
	struct rrset_change change = {
	    .owner = zone_apex(m->zone)->octets,
	    .type = TYPE_SOA,
	    .ttl = 100 + random_next(&m->random) % 100,
	    .n = 1,
	    .rdatas = &rdata,
	};
	size_t at = 0;

	CU_ASSERT_FATAL(rrset_next(soa, &at, &rdata));
	memcpy(octets, rdata.octets, rdata.len);
	rdata.octets = octets;
	put_u32(octets + rdata.len - 4, 300 + random_next(&m->random) % 1000);
	soa_set_serial(octets, rdata.len, serial);
	CU_ASSERT_EQUAL_FATAL(zone_put(txn, &change), 0);
}

static const struct rrset *
rrset_of(const struct zone_version *v, const struct name *name, uint16_t type)
{
	const struct zone_name *n = zone_get(v, name->octets);

	return n == NULL ? NULL : zone_name_rrset(n, type);
}

static void
add_difference(struct changeset_builder *b, const struct name *name,
    uint16_t type, const struct zone_version *before,
    const struct zone_version *after)
{
	CU_ASSERT_EQUAL_FATAL(changeset_add_difference(b, name->octets,
				  rrset_of(before, name, type),
				  rrset_of(after, name, type), 0),
	    0);
}

void
model_step_hosts(struct model *m, unsigned n)
{
	const struct zone_version *before = zone_current(m->zone), *after;
	struct changeset *cs = &m->changesets[m->n];
	uint32_t serial = version_serial(before);
	unsigned first = random_next(&m->random) % HOSTS;
	struct changeset_builder b;
	struct zone_txn *txn;
	struct name name;

	CU_ASSERT_FATAL(m->n < MODEL_CHANGESETS_MAX);
	zone_pin(before);
	CU_ASSERT_EQUAL_FATAL(zone_begin(m->zone, &txn), 0);
	for (unsigned i = 0; i < n; i++) {
		name = host_name(m, first + i);
		put_host(m, txn, &name);
	}
	if (random_next(&m->random) % 4 == 0)
		put_other_soa(m, txn, serial + 1);
	else
		CU_ASSERT_EQUAL_FATAL(zone_put_serial(txn, serial + 1), 0);
	after = zone_seal(txn);
	zone_publish(m->zone, after);

	changeset_start(&b, &m->arena, cs);
	cs->serial_from = serial;
	cs->serial_to = serial + 1;
	add_difference(&b, zone_apex(m->zone), TYPE_SOA, before, after);
	if (cs->n_added > 0)
		cs->flags |= CHANGESET_SOA_FULL;
	for (unsigned i = 0; i < n; i++) {
		name = host_name(m, first + i);
		add_difference(&b, &name, TYPE_A, before, after);
	}
	zone_unpin(before);
	m->n++;
	m->n_kept++;
}

void
model_step(struct model *m)
{
	model_step_hosts(m, 1 + random_next(&m->random) % 4);
}

void
model_step_metadata(struct model *m)
{
	uint32_t serial = version_serial(zone_current(m->zone));

	m->changesets[m->n] = (struct changeset){
	    .serial_from = serial,
	    .serial_to = serial,
	    .flags = CHANGESET_METADATA,
	};
	m->n++;
	m->n_kept++;
}

/* The index of the first changeset from serial, or n. */
static uint32_t
find_serial(const struct model *m, uint32_t serial)
{
	for (uint32_t i = m->n - m->n_kept; i < m->n; i++)
		if (m->changesets[i].serial_from == serial)
			return i;
	return m->n;
}

static int
model_rewind(void *arg)
{
	struct model *m = arg;

	m->next = m->start;
	m->n_rewinds++;
	return m->next < m->n ? 0 : ERR_NOTFOUND;
}

static int
model_next(void *arg, struct arena *a, struct changeset *cs_out)
{
	struct model *m = arg;

	(void)a;
	if (m->next == m->n)
		return ERR_NOTFOUND;
	*cs_out = m->changesets[m->next++];
	return 0;
}

struct ixfr_history
model_history(struct model *m, uint32_t serial)
{
	m->start = find_serial(m, serial);
	return (struct ixfr_history){m, model_rewind, model_next};
}

/* --- The store's history, for transfers --- */

struct store_history {
	struct model *model;
	uint32_t next;
};

int
store_history_open(struct store_zone *z, uint32_t serial,
    const struct zone_version *v, struct store_history **history_out)
{
	struct model *m = (struct model *)(void *)z;
	struct store_history *h;

	(void)v;
	*history_out = NULL;
	if (find_serial(m, serial) == m->n)
		return ERR_NOTFOUND;
	h = calloc(1, sizeof(*h));
	if (h == NULL)
		return ERR_NOMEM;
	h->model = m;
	h->next = find_serial(m, serial);
	*history_out = h;
	return 0;
}

int
store_history_next(struct store_history *h, struct arena *a,
    struct changeset *cs_out)
{
	(void)a;
	if (h->next == h->model->n)
		return ERR_NOTFOUND;
	*cs_out = h->model->changesets[h->next++];
	return 0;
}

void
store_history_close(struct store_history *h)
{
	free(h);
}
