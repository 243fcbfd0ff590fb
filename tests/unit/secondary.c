/*
 * secondary.c - what a secondary makes of a transfer
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <stdlib.h>
#include <string.h>

#include "daemon/dns/rdata.h"
#include "daemon/zone/changeset.h"
#include "tests/unit/secondary.h"
#include "tests/unit/suites.h"
#include "tests/unit/zone_text.h"

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
