/*
 * zone_helper.c - what the tests of the zone room share
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <string.h>

#include "daemon/base/buf.h"
#include "tests/unit/suites.h"
#include "tests/unit/zone_helper.h"

struct name
name_of(const char *text)
{
	struct name name;

	CU_ASSERT_EQUAL_FATAL(name_from_text(text, NULL, &name), 0);
	return name;
}

struct zone *
zone_of_test(struct epoch *e)
{
	struct name apex = name_of("ad.test.");
	struct zone *z;

	CU_ASSERT_EQUAL_FATAL(zone_create(&apex, e, &z), 0);
	return z;
}

void
put_rdata(struct zone_txn *txn, const char *owner, uint16_t type,
    const void *rdata, size_t len)
{
	struct name name = name_of(owner);
	struct rdata_ref ref = {rdata, (uint16_t)len};
	struct rrset_change change = {
	    .owner = name.octets,
	    .type = type,
	    .ttl = 3600,
	    .n = 1,
	    .rdatas = &ref,
	};

	CU_ASSERT_EQUAL_FATAL(zone_put(txn, &change), 0);
}

void
put_a(struct zone_txn *txn, const char *owner, unsigned n)
{
	struct name name = name_of(owner);
	uint8_t octets[256][4];
	struct rdata_ref refs[256];
	struct rrset_change change = {
	    .owner = name.octets,
	    .type = TYPE_A,
	    .ttl = 3600,
	    .n = (uint16_t)n,
	    .rdatas = refs,
	};

	CU_ASSERT_FATAL(n <= 256);
	for (unsigned i = 0; i < n; i++) {
		put_u32(octets[i], 0x0a000001 + i);
		refs[i] = (struct rdata_ref){octets[i], 4};
	}
	CU_ASSERT_EQUAL_FATAL(zone_put(txn, &change), 0);
}

void
put_target(struct zone_txn *txn, const char *owner, uint16_t type,
    const char *target)
{
	struct name name = name_of(target);

	put_rdata(txn, owner, type, name.octets, name.len);
}

void
put_apex(struct zone_txn *txn, uint32_t serial)
{
	uint8_t rdata[2 + 20] = {0};

	put_u32(rdata + 2, serial);
	put_rdata(txn, "ad.test.", TYPE_SOA, rdata, sizeof(rdata));
	put_target(txn, "ad.test.", TYPE_NS, "ns1.ad.test.");
}

const struct zone_version *
publish(struct zone *z, struct zone_txn *txn)
{
	const struct zone_version *v = zone_seal(txn);

	zone_publish(z, v);
	return v;
}

size_t
octets_in_use(const struct zone *z)
{
	struct zone_memory m;

	zone_memory(z, &m);
	return m.octets_in_use;
}

/* Removes the first name of the view; false if there is none. */
static bool
remove_first(struct zone_txn *txn)
{
	struct zone_iter it;
	const struct zone_name *n = zone_first(&it, zone_view(txn));
	struct rrset_change change = {0};
	struct name owner;

	if (n == NULL)
		return false;
	name_set(&owner, zone_name_owner(n));
	change.owner = owner.octets;
	change.type = zone_name_rrset_at(n, 0)->type;
	CU_ASSERT_EQUAL_FATAL(zone_put(txn, &change), 0);
	return true;
}

void
empty_zone(struct zone *z)
{
	struct zone_txn *txn;

	CU_ASSERT_EQUAL_FATAL(zone_begin(z, &txn), 0);
	while (remove_first(txn))
		continue;
	CU_ASSERT_EQUAL(version_n_names(zone_view(txn)), 0);
	CU_ASSERT_EQUAL(version_n_records(zone_view(txn)), 0);
	(void)publish(z, txn);
	zone_reclaim(z);
}

static bool
rrsets_equal(const struct rrset *a, const struct rrset *b)
{
	return a->type == b->type && a->n_rrs == b->n_rrs && a->ttl == b->ttl &&
	    a->rendered_len == b->rendered_len &&
	    memcmp(a->timestamps, b->timestamps,
		a->n_rrs * sizeof(a->timestamps[0])) == 0 &&
	    memcmp(rrset_rendered(a), rrset_rendered(b), a->rendered_len) == 0;
}

static bool
names_equal(const struct zone_name *a, const struct zone_name *b)
{
	size_t len = name_len(zone_name_owner(a));

	if (name_len(zone_name_owner(b)) != len ||
	    memcmp(zone_name_owner(a), zone_name_owner(b), len) != 0 ||
	    zone_name_n_rrsets(a) != zone_name_n_rrsets(b))
		return false;
	for (unsigned i = 0; i < zone_name_n_rrsets(a); i++)
		if (!rrsets_equal(zone_name_rrset_at(a, i),
			zone_name_rrset_at(b, i)))
			return false;
	return true;
}

bool
versions_equal(const struct zone_version *a, const struct zone_version *b)
{
	struct zone_iter ia, ib;
	const struct zone_name *na = zone_first(&ia, a);
	const struct zone_name *nb = zone_first(&ib, b);

	if (version_n_names(a) != version_n_names(b) ||
	    version_n_records(a) != version_n_records(b) ||
	    version_serial(a) != version_serial(b))
		return false;
	while (na != NULL && nb != NULL) {
		if (!names_equal(na, nb))
			return false;
		na = zone_next(&ia);
		nb = zone_next(&ib);
	}
	return na == NULL && nb == NULL;
}

uint32_t
random_next(uint64_t *state)
{
	*state = *state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(*state >> 33);
}
