/*
 * test_trie.c - versions of a zone against a plain sorted array
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Random changes go to a zone and to a model of it; every way to find
 * something must give the same in each of several versions kept alive.
 */
#include <stdlib.h>
#include <string.h>

#include "daemon/base/buf.h"
#include "daemon/zone/trie_build.h"
#include "daemon/zone/version.h"
#include "tests/unit/suites.h"
#include "tests/unit/zone_helper.h"

#define N_TYPES 4
#define N_KEPT 6
#define MODEL_MAX 4000

static const uint16_t types[N_TYPES] = {TYPE_A, TYPE_NS, TYPE_TXT, TYPE_DNAME};

struct entry {
	struct name name;
	uint32_t values[N_TYPES]; /* what the RRset is made from; 0: none */
};

struct model {
	unsigned n;
	struct entry *entries; /* MODEL_MAX, by canonical order */
};

static void
model_init(struct model *m)
{
	m->n = 0;
	m->entries = calloc(MODEL_MAX, sizeof(m->entries[0]));
	CU_ASSERT_PTR_NOT_NULL_FATAL(m->entries);
}

static void
model_copy(struct model *to, const struct model *from)
{
	to->n = from->n;
	memcpy(to->entries, from->entries, from->n * sizeof(from->entries[0]));
}

/* Index of the first entry at or after the name. */
static unsigned
model_seek(const struct model *m, const struct name *name)
{
	unsigned low = 0, high = m->n;

	while (low < high) {
		unsigned middle = (low + high) / 2;

		if (name_compare(m->entries[middle].name.octets, name->octets) <
		    0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static const struct entry *
model_get(const struct model *m, const uint8_t *octets)
{
	struct name name;
	unsigned at;

	name_set(&name, octets);
	at = model_seek(m, &name);
	if (at == m->n || !name_equal(m->entries[at].name.octets, octets))
		return NULL;
	return &m->entries[at];
}

static bool
entry_is_empty(const struct entry *e)
{
	for (unsigned i = 0; i < N_TYPES; i++)
		if (e->values[i] != 0)
			return false;
	return true;
}

static void
model_put(struct model *m, const struct name *name, unsigned type,
    uint32_t value)
{
	unsigned at = model_seek(m, name);
	struct entry *e = &m->entries[at];

	if (at == m->n || !name_equal(e->name.octets, name->octets)) {
		if (value == 0)
			return;
		CU_ASSERT_FATAL(m->n < MODEL_MAX);
		memmove(e + 1, e, (m->n - at) * sizeof(*e));
		memset(e, 0, sizeof(*e));
		e->name = *name;
		m->n++;
	}
	e->values[type] = value;
	if (entry_is_empty(e)) {
		m->n--;
		memmove(e, e + 1, (m->n - at) * sizeof(*e));
	}
}

/* The RDATA that value stands for: one to three, in the wrong order. */
static unsigned
make_rdatas(uint32_t value, unsigned type, uint8_t octets[3][8],
    struct rdata_ref refs[3])
{
	static const uint16_t lens[N_TYPES] = {4, 8, 8, 8};
	unsigned n = types[type] == TYPE_DNAME ? 1 : value % 3 + 1;

	for (unsigned i = 0; i < n; i++) {
		uint32_t v = value * 4 + (n - i);

		if (types[type] == TYPE_A) {
			put_u32(octets[i], v);
		} else {
			/* one label or one string of six letters, an end */
			octets[i][0] = types[type] == TYPE_TXT ? 7 : 6;
			for (unsigned k = 0; k < 6; k++)
				octets[i][1 + k] =
				    (uint8_t)('a' + (v >> (4 * (5 - k)) & 15));
			octets[i][7] = 0;
		}
		refs[i] = (struct rdata_ref){octets[i], lens[type]};
	}
	return n;
}

static void
both_put(struct zone_txn *txn, struct model *m, const struct name *name,
    unsigned type, uint32_t value)
{
	uint8_t octets[3][8];
	struct rdata_ref refs[3];
	uint32_t timestamps[3] = {value, value + 1, value + 2};
	struct rrset_change change = {
	    .owner = name->octets,
	    .type = types[type],
	    .ttl = value,
	    .rdatas = refs,
	    .timestamps = timestamps,
	};

	if (value != 0)
		change.n = (uint16_t)make_rdatas(value, type, octets, refs);
	CU_ASSERT_EQUAL_FATAL(zone_put(txn, &change), 0);
	model_put(m, name, type, value);
}

static void
check_rrset(const struct rrset *s, uint32_t value, unsigned type)
{
	uint8_t octets[3][8];
	struct rdata_ref refs[3], rdata;
	unsigned n = make_rdatas(value, type, octets, refs), i = n;

	CU_ASSERT_EQUAL_FATAL(s->n_rrs, n);
	CU_ASSERT_EQUAL_FATAL(s->ttl, value);
	for (size_t at = 0; rrset_next(s, &at, &rdata);) {
		CU_ASSERT_FATAL(i > 0);
		i--; /* canonical order is the other way round */
		CU_ASSERT_EQUAL_FATAL(rdata.len, refs[i].len);
		CU_ASSERT_EQUAL_FATAL(memcmp(rdata.octets, refs[i].octets,
					  rdata.len),
		    0);
		CU_ASSERT_EQUAL_FATAL(s->timestamps[n - 1 - i], value + i);
	}
	CU_ASSERT_EQUAL_FATAL(i, 0);
}

static void
check_name(const struct zone_name *n, const struct entry *e)
{
	unsigned n_rrsets = 0;

	CU_ASSERT_PTR_NOT_NULL_FATAL(n);
	CU_ASSERT_EQUAL_FATAL(memcmp(zone_name_owner(n), e->name.octets,
				  e->name.len),
	    0);
	for (unsigned i = 0; i < N_TYPES; i++) {
		const struct rrset *s = zone_name_rrset(n, types[i]);

		CU_ASSERT_EQUAL_FATAL(s == NULL, e->values[i] == 0);
		if (s == NULL)
			continue;
		check_rrset(s, e->values[i], i);
		n_rrsets++;
	}
	CU_ASSERT_EQUAL_FATAL(zone_name_n_rrsets(n), n_rrsets);
	for (unsigned i = 1; i < n_rrsets; i++)
		CU_ASSERT_FATAL(zone_name_rrset_at(n, i - 1)->type <
		    zone_name_rrset_at(n, i)->type);
}

static void
check_iteration(const struct zone_version *v, const struct model *m)
{
	struct zone_iter it;
	const struct zone_name *n = zone_first(&it, v);
	size_t n_records = 0;

	for (unsigned i = 0; i < m->n; i++, n = zone_next(&it)) {
		check_name(n, &m->entries[i]);
		for (unsigned k = 0; k < zone_name_n_rrsets(n); k++)
			n_records += zone_name_rrset_at(n, k)->n_rrs;
	}
	CU_ASSERT_PTR_NULL_FATAL(n);
	CU_ASSERT_EQUAL_FATAL(version_n_names(v), m->n);
	CU_ASSERT_EQUAL_FATAL(version_n_records(v), n_records);
}

static void
check_seek(const struct zone_version *v, const struct model *m,
    const struct name *name)
{
	unsigned at = model_seek(m, name);
	struct zone_iter it;
	const struct zone_name *n = zone_seek(&it, v, name->octets);

	for (unsigned i = at; i < m->n && i < at + 5; i++, n = zone_next(&it)) {
		CU_ASSERT_PTR_NOT_NULL_FATAL(n);
		CU_ASSERT_FATAL(
		    name_equal(zone_name_owner(n), m->entries[i].name.octets));
	}
	if (at + 5 > m->n)
		CU_ASSERT_PTR_NULL_FATAL(n);
}

/* True if a name of m is octets or below it. */
static bool
model_exists(const struct model *m, const uint8_t *octets)
{
	struct name name;
	unsigned at;

	name_set(&name, octets);
	at = model_seek(m, &name);
	return at < m->n && name_is_below(m->entries[at].name.octets, octets);
}

/* The highest entry strictly below the apex and at or above name with NS. */
static const struct entry *
model_cut(const struct model *m, const struct name *name)
{
	for (unsigned labels = 3; labels <= name_label_count(name->octets);
	     labels++) {
		const struct entry *e = model_get(m,
		    name_strip(name->octets,
			name_label_count(name->octets) - labels));

		if (e != NULL && e->values[1] != 0)
			return e;
	}
	return NULL;
}

/* The highest entry strictly above name and above the cut with DNAME. */
static const struct entry *
model_dname(const struct model *m, const struct name *name,
    const struct entry *cut)
{
	unsigned end = name_label_count(name->octets);

	if (cut != NULL)
		end = name_label_count(cut->name.octets);
	for (unsigned labels = 2; labels < end; labels++) {
		const struct entry *e = model_get(m,
		    name_strip(name->octets,
			name_label_count(name->octets) - labels));

		if (e != NULL && e->values[3] != 0)
			return e;
	}
	return NULL;
}

static void
check_found_entry(const struct zone_name *n, const struct entry *e)
{
	CU_ASSERT_EQUAL_FATAL(n == NULL, e == NULL);
	if (e != NULL)
		check_name(n, e);
}

static void
check_find(const struct zone_version *v, const struct model *m,
    const struct name *name)
{
	const struct entry *e = model_get(m, name->octets), *cut;
	unsigned encloser = name_label_count(name->octets);
	struct zone_found found;
	const uint8_t *at = name->octets;

	zone_find(v, name->octets, &found);
	check_found_entry(zone_get(v, name->octets), e);
	check_found_entry(found.name, e);
	CU_ASSERT_EQUAL_FATAL(found.kind == ZONE_FOUND_NAME, e != NULL);
	CU_ASSERT_EQUAL_FATAL(found.kind == ZONE_FOUND_NOTHING,
	    !model_exists(m, name->octets));
	while (encloser > 0 && !model_exists(m, at)) {
		at = name_strip(at, 1);
		encloser--;
	}
	CU_ASSERT_EQUAL_FATAL(found.encloser_labels, encloser);
	cut = model_cut(m, name);
	check_found_entry(found.cut, cut);
	check_found_entry(found.dname, model_dname(m, name, cut));
	if (name->len < 200) {
		struct name wildcard;

		CU_ASSERT_EQUAL_FATAL(name_join((const uint8_t *)"\1*", 2,
					  name->octets, &wildcard),
		    0);
		check_found_entry(zone_get(v, wildcard.octets),
		    model_get(m, wildcard.octets));
	}
}

/* A name at or below ad.test.; few labels, so that they meet. */
static struct name
random_name(uint64_t *seed)
{
	static const char *const labels[] = {"a", "b", "A", "ab", "abc", "*",
	    "_tcp", "-", "x1", "x2", "x10", "\\000", "\\255", "\\255a", "@",
	    "[", "{", "h123456", "h123457", "h12345\\007"};
	struct name name = name_of("ad.test."), label;

	for (unsigned n = random_next(seed) % 5; n > 0; n--) {
		label = name_of(labels[random_next(seed) %
		    (sizeof(labels) / sizeof(labels[0]))]);
		CU_ASSERT_EQUAL_FATAL(name_join(label.octets,
					  (size_t)label.len - 1, name.octets,
					  &name),
		    0);
	}
	return name;
}

static void
change_at_random(struct zone_txn *txn, struct model *m, uint64_t *seed,
    unsigned n)
{
	while (n-- > 0) {
		struct name name = random_name(seed);
		unsigned type = random_next(seed) % 8;
		uint32_t value = random_next(seed) % 100000 + 1;

		/* mostly A; few cuts and DNAMEs; the model must stay small */
		if (type >= N_TYPES)
			type = 0;
		if (random_next(seed) % 1000 < m->n)
			value = 0;
		both_put(txn, m, &name, type, value);
	}
}

static void
check_all(const struct zone_version *v, const struct model *m, uint64_t *seed)
{
	check_iteration(v, m);
	for (unsigned i = 0; i < 60; i++) {
		struct name name = random_name(seed);

		check_find(v, m, &name);
		check_seek(v, m, &name);
	}
}

/* Versions kept alive by a pin, with what they must show. */
struct kept {
	const struct zone_version *version;
	struct model model;
};

static void
keep(struct kept *k, const struct zone_version *v, const struct model *m)
{
	if (k->version != NULL)
		zone_unpin(k->version);
	zone_pin(v);
	k->version = v;
	model_copy(&k->model, m);
}

static void
test_versions_agree_with_a_sorted_array(void)
{
	struct zone *z = zone_of_test(NULL);
	struct kept kept[N_KEPT] = {0};
	struct model m, trial;
	struct zone_txn *txn;
	uint64_t seed = 42;

	model_init(&m);
	model_init(&trial);
	for (unsigned i = 0; i < N_KEPT; i++)
		model_init(&kept[i].model);
	for (unsigned round = 0; round < 400; round++) {
		unsigned fate = random_next(&seed) % 8;

		model_copy(&trial, &m);
		CU_ASSERT_EQUAL_FATAL(zone_begin(z, &txn), 0);
		change_at_random(txn, &trial, &seed,
		    1 + random_next(&seed) % 30);
		check_iteration(zone_view(txn), &trial);
		if (fate == 0) {
			zone_abort(txn);
			continue;
		}
		if (fate == 1) {
			(void)zone_seal(txn);
			CU_ASSERT_EQUAL_FATAL(zone_begin(z, &txn), 0);
			change_at_random(txn, &trial, &seed, 10);
			(void)zone_seal(txn);
			zone_drop_sealed(z);
			continue;
		}
		model_copy(&m, &trial);
		(void)publish(z, txn);
		if (fate < 5)
			keep(&kept[random_next(&seed) % N_KEPT],
			    zone_current(z), &m);
		zone_reclaim(z);
		check_all(zone_current(z), &m, &seed);
		if (round % 5 == 0)
			for (unsigned i = 0; i < N_KEPT; i++)
				if (kept[i].version != NULL)
					check_all(kept[i].version,
					    &kept[i].model, &seed);
	}
	for (unsigned i = 0; i < N_KEPT; i++) {
		if (kept[i].version != NULL)
			zone_unpin(kept[i].version);
		free(kept[i].model.entries);
	}
	empty_zone(z);
	CU_ASSERT_EQUAL(octets_in_use(z), 0);
	zone_destroy(z);
	free(m.entries);
	free(trial.entries);
}

/* Puts the names of v, in their order, into a zone that is built. */
static void
build_copy(struct zone_txn *txn, const struct zone_version *v, unsigned n)
{
	struct zone_iter it;
	struct trie_build b;

	trie_build_init(&b, &txn->edit);
	for (const struct zone_name *from = zone_first(&it, v);
	     from != NULL && n > 0; from = zone_next(&it), n--) {
		size_t len = from->len -
		    (size_t)(zone_name_rrsets(from) - (const uint8_t *)from);
		struct zone_name *to;
		uint8_t *rrsets;
		struct key k;

		CU_ASSERT_EQUAL_FATAL(zone_name_create(&txn->zone->slab,
					  txn->edit.generation, from->owner,
					  len, &to, &rrsets),
		    0);
		to->n_rrsets = from->n_rrsets;
		memcpy(rrsets, zone_name_rrsets(from), len);
		key_make(&k, to->owner);
		CU_ASSERT_EQUAL_FATAL(txn_build_name(txn, &b, &k, to), 0);
	}
	if (it.at == NULL)
		CU_ASSERT_EQUAL_FATAL(txn_finish_build(txn, &b), 0);
	trie_build_clear(&b);
}

/* Like one that grew name by name: found, changed and emptied. */
static void
test_a_zone_that_is_built_agrees_too(void)
{
	struct zone *z = zone_of_test(NULL), *built;
	struct zone_txn *txn;
	struct model m;
	uint64_t seed = 7;

	model_init(&m);
	for (unsigned round = 0; round < 60; round++) {
		CU_ASSERT_EQUAL_FATAL(zone_begin(z, &txn), 0);
		change_at_random(txn, &m, &seed, 1 + random_next(&seed) % 30);
		(void)publish(z, txn);
		zone_reclaim(z);
		built = zone_of_test(NULL);
		CU_ASSERT_EQUAL_FATAL(zone_begin(built, &txn), 0);
		build_copy(txn, zone_current(z), UINT32_MAX);
		(void)publish(built, txn);
		CU_ASSERT(versions_equal(zone_current(built), zone_current(z)));
		CU_ASSERT_EQUAL(octets_in_use(built), octets_in_use(z));
		check_all(zone_current(built), &m, &seed);
		CU_ASSERT_EQUAL_FATAL(zone_begin(built, &txn), 0);
		change_at_random(txn, &m, &seed, 20);
		(void)publish(built, txn);
		zone_reclaim(built);
		check_all(zone_current(built), &m, &seed);
		zone_destroy(z);
		z = built;
	}
	empty_zone(z);
	CU_ASSERT_EQUAL(octets_in_use(z), 0);
	zone_destroy(z);
	free(m.entries);
}

static void
test_a_build_that_is_given_up_leaves_nothing(void)
{
	struct zone *z = zone_of_test(NULL), *built = zone_of_test(NULL);
	struct zone_txn *txn;
	struct model m;
	uint64_t seed = 9;

	model_init(&m);
	CU_ASSERT_EQUAL_FATAL(zone_begin(z, &txn), 0);
	change_at_random(txn, &m, &seed, 300);
	(void)publish(z, txn);
	for (unsigned n = 0; n < m.n; n += 7) {
		CU_ASSERT_EQUAL_FATAL(zone_begin(built, &txn), 0);
		build_copy(txn, zone_current(z), n);
		zone_abort(txn);
		CU_ASSERT_EQUAL(octets_in_use(built), 0);
	}
	zone_destroy(built);
	zone_destroy(z);
	free(m.entries);
}

static void
test_an_empty_version_has_nothing(void)
{
	struct zone *z = zone_of_test(NULL);
	struct name name = name_of("www.ad.test.");
	const struct zone_version *v;
	struct zone_found found;
	struct zone_txn *txn;
	struct zone_iter it;

	CU_ASSERT_PTR_NULL(zone_current(z));
	CU_ASSERT_EQUAL_FATAL(zone_begin(z, &txn), 0);
	v = publish(z, txn);
	CU_ASSERT_PTR_NULL(zone_get(v, name.octets));
	CU_ASSERT_PTR_NULL(zone_first(&it, v));
	CU_ASSERT_PTR_NULL(zone_next(&it));
	CU_ASSERT_PTR_NULL(zone_seek(&it, v, name.octets));
	CU_ASSERT_PTR_NULL(version_soa(v));
	CU_ASSERT_PTR_NULL(version_apex(v));
	CU_ASSERT_EQUAL(version_serial(v), 0);
	zone_find(v, name.octets, &found);
	CU_ASSERT_EQUAL(found.kind, ZONE_FOUND_NOTHING);
	zone_destroy(z);
}

/* Every offset of a key gets a branch: the deepest trie there can be. */
static void
test_the_deepest_trie_can_be_walked(void)
{
	struct zone *z = zone_of_test(NULL);
	struct name longest = {0}, name;
	struct zone_txn *txn;
	struct zone_iter it;
	unsigned n = 0;

	CU_ASSERT_EQUAL_FATAL(zone_begin(z, &txn), 0);
	for (unsigned at = 0; at + 9 < NAME_LEN_MAX; at += 60) {
		unsigned len =
		    NAME_LEN_MAX - 10 - at < 59 ? NAME_LEN_MAX - 10 - at : 59;

		longest.octets[at] = (uint8_t)len;
		memset(longest.octets + at + 1, 0xff, len);
	}
	memcpy(longest.octets + NAME_LEN_MAX - 9, "\2ad\4test", 9);
	longest.len = NAME_LEN_MAX;
	CU_ASSERT_EQUAL_FATAL(name_len(longest.octets), NAME_LEN_MAX);
	for (unsigned at = 0; at < NAME_LEN_MAX - 9u; at++) {
		name = longest;
		if (name.octets[at] != 0xff)
			continue;
		for (unsigned k = 0; k < 2; k++) {
			/* another symbol for the octet: second, then first */
			name.octets[at] = k == 0 ? 0xfe : 'a';
			n++;
			put_a(txn,
			    name_to_text(name.octets,
				(char[NAME_TEXT_SIZE]){0}),
			    1);
		}
	}
	CU_ASSERT_EQUAL(version_n_names(zone_view(txn)), n);
	for (const struct zone_name *x = zone_first(&it, zone_view(txn));
	     x != NULL; x = zone_next(&it))
		n--;
	CU_ASSERT_EQUAL(n, 0);
	CU_ASSERT_PTR_NOT_NULL(
	    zone_seek(&it, zone_view(txn), longest.octets) == NULL
		? zone_view(txn)
		: NULL);
	(void)publish(z, txn);
	empty_zone(z);
	CU_ASSERT_EQUAL(octets_in_use(z), 0);
	zone_destroy(z);
}

CU_TestInfo trie_tests[] = {
    {"model", test_versions_agree_with_a_sorted_array},
    {"built", test_a_zone_that_is_built_agrees_too},
    {"build given up", test_a_build_that_is_given_up_leaves_nothing},
    {"empty version", test_an_empty_version_has_nothing},
    {"deepest", test_the_deepest_trie_can_be_walked},
    CU_TEST_INFO_NULL,
};
