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

/* --- What secondaries do --- */

struct transfer_query
query_of(const struct zone *z, uint16_t qtype)
{
	return (struct transfer_query){
	    .id = 77,
	    .question = {*zone_apex(z), qtype, CLASS_IN},
	};
}

void
received_init(struct received *r)
{
	memset(r, 0, sizeof(*r));
	arena_init(&r->arena, 0);
}

void
received_clear(struct received *r)
{
	arena_clear(&r->arena);
	free(r->rrs);
}

void
received_add(struct received *r, const struct transfer_query *q,
    const uint8_t *octets, size_t len)
{
	const uint8_t *copy = arena_copy(&r->arena, octets, len);
	struct message m;
	size_t n;

	CU_ASSERT_PTR_NOT_NULL_FATAL(copy);
	CU_ASSERT_EQUAL_FATAL(message_read(copy, len, &r->arena, &m),
	    RCODE_NOERROR);
	CU_ASSERT_EQUAL(m.id, q->id);
	CU_ASSERT_EQUAL(m.flags, FLAG_QR | FLAG_AA);
	CU_ASSERT_EQUAL(m.n_questions, r->n_messages == 0 ? 1 : 0);
	if (m.n_questions == 1)
		CU_ASSERT_EQUAL(m.question.type, q->question.type);
	CU_ASSERT_EQUAL(m.edns.present, r->n_messages == 0 && q->edns.present);
	CU_ASSERT_EQUAL(m.n_rrs[SECTION_AUTHORITY], 0);
	n = m.n_rrs[SECTION_ANSWER];
	CU_ASSERT(n > 0);
	if (r->n + n > r->room) {
		r->room = 2 * (r->n + n);
		r->rrs = reallocarray(r->rrs, r->room, sizeof(*r->rrs));
		CU_ASSERT_PTR_NOT_NULL_FATAL(r->rrs);
	}
	memcpy(r->rrs + r->n, m.rrs[SECTION_ANSWER], n * sizeof(*r->rrs));
	r->n += n;
	r->n_messages++;
	if (len > r->longest)
		r->longest = len;
}

static bool
rr_equal(const struct rr *a, const struct rr *b)
{
	return a->type == b->type && a->ttl == b->ttl &&
	    a->rdata_len == b->rdata_len &&
	    memcmp(a->rdata, b->rdata, a->rdata_len) == 0 &&
	    name_equal(a->owner, b->owner);
}

struct zone *
zone_of_axfr(const struct received *r, const struct name *apex)
{
	struct zone_txn *txn;
	struct zone *z;

	CU_ASSERT_FATAL(r->n >= 2);
	CU_ASSERT_EQUAL(r->rrs[0].type, TYPE_SOA);
	CU_ASSERT(rr_equal(&r->rrs[0], &r->rrs[r->n - 1]));
	CU_ASSERT_EQUAL_FATAL(zone_create(apex, NULL, &z), 0);
	CU_ASSERT_EQUAL_FATAL(zone_begin(z, &txn), 0);
	for (size_t i = 0; i + 1 < r->n; i++) {
		CU_ASSERT(i == 0 || r->rrs[i].type != TYPE_SOA);
		CU_ASSERT_EQUAL_FATAL(zone_add_rr(txn, &r->rrs[i]), 0);
	}
	zone_publish(z, zone_seal(txn));
	return z;
}

/* RRs from *at, which is a SOA, up to the next one, as a changeset's list. */
static struct changeset_rr *
take_list(const struct received *r, size_t *at, uint32_t *n_out)
{
	struct changeset_rr *list = calloc(r->n, sizeof(*list));
	uint32_t n = 0;

	CU_ASSERT_PTR_NOT_NULL_FATAL(list);
	CU_ASSERT_EQUAL_FATAL(r->rrs[*at].type, TYPE_SOA);
	do
		list[n++].rr = r->rrs[(*at)++];
	while (*at < r->n && r->rrs[*at].type != TYPE_SOA);
	*n_out = n;
	return list;
}

static uint32_t
serial_of(const struct rr *soa)
{
	return soa_serial(soa->rdata, soa->rdata_len);
}

void
apply_ixfr(struct zone *z, const struct received *r)
{
	struct changeset cs = {.flags = CHANGESET_SOA_FULL};
	struct zone_txn *txn;
	size_t at = 1;

	CU_ASSERT_FATAL(r->n >= 1);
	CU_ASSERT(rr_equal(&r->rrs[0], &r->rrs[r->n - 1]));
	while (at + 1 < r->n) {
		cs.deleted = take_list(r, &at, &cs.n_deleted);
		CU_ASSERT_FATAL(at < r->n);
		cs.added = take_list(r, &at, &cs.n_added);
		cs.serial_from = serial_of(&cs.deleted[0].rr);
		cs.serial_to = serial_of(&cs.added[0].rr);
		CU_ASSERT_EQUAL_FATAL(zone_begin(z, &txn), 0);
		CU_ASSERT_EQUAL_FATAL(changeset_apply(txn, &cs), 0);
		zone_publish(z, zone_seal(txn));
		free(cs.deleted);
		free(cs.added);
	}
}

void
receive_axfr(struct received *r, const struct transfer_query *q,
    const struct zone_version *v, size_t size)
{
	uint8_t *octets = malloc(size);
	struct axfr x;
	bool is_last = false;
	size_t len;

	CU_ASSERT_PTR_NOT_NULL_FATAL(octets);
	received_init(r);
	axfr_start(&x, q, v);
	while (!is_last) {
		CU_ASSERT_EQUAL_FATAL(axfr_next(&x, octets, size, &len,
					  &is_last),
		    0);
		received_add(r, q, octets, len);
	}
	CU_ASSERT_EQUAL(x.n_rrs, r->n);
	CU_ASSERT_EQUAL(x.n_messages, r->n_messages);
	free(octets);
}

void
receive_ixfr(struct received *r, struct ixfr *x, const struct transfer_query *q,
    size_t size)
{
	uint8_t *octets = malloc(size);
	bool is_last = false;
	size_t len;

	CU_ASSERT_PTR_NOT_NULL_FATAL(octets);
	received_init(r);
	while (!is_last) {
		CU_ASSERT_EQUAL_FATAL(ixfr_next(x, octets, size, &len,
					  &is_last),
		    0);
		received_add(r, q, octets, len);
	}
	CU_ASSERT_EQUAL(x->n_rrs, r->n);
	free(octets);
}
