/*
 * txn.c - the next version of a zone, being made
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/err.h"
#include "daemon/dns/rdata.h"
#include "daemon/dns/types.h"
#include "daemon/zone/trie_build.h"
#include "daemon/zone/version.h"

int
zone_begin(struct zone *z, struct zone_txn **txn_out)
{
	struct zone_version *v, *from = z->newest;

	*txn_out = NULL;
	assert(z->txn.version == NULL);
	v = calloc(1, sizeof(*v));
	if (v == NULL)
		return ERR_NOMEM;
	v->generation = ++z->last_generation;
	v->apex_owner = z->apex.octets;
	if (from != NULL) {
		v->root = from->root;
		v->apex = from->apex;
		v->serial = from->serial;
		v->n_names = from->n_names;
		v->n_records = from->n_records;
		v->n_marked = from->n_marked;
	}
	z->txn.version = v;
	z->txn.edit = (struct trie_edit){&z->slab, v->generation, &v->retired};
	*txn_out = &z->txn;
	return 0;
}

const struct name *
zone_txn_apex(const struct zone_txn *txn)
{
	return &txn->zone->apex;
}

const struct zone_version *
zone_view(const struct zone_txn *txn)
{
	return txn->version;
}

static bool
is_apex(const struct zone_version *v, const uint8_t *name)
{
	return name_equal(name, v->apex_owner);
}

static unsigned
leaf_flags(const struct zone_version *v, const struct zone_name *n)
{
	unsigned flags = 0;

	if (zone_name_rrset(n, TYPE_NS) != NULL && !is_apex(v, n->owner))
		flags |= LEAF_CUT;
	if (zone_name_rrset(n, TYPE_DNAME) != NULL)
		flags |= LEAF_DNAME;
	return flags;
}

static bool
word_is_marked(uint64_t word)
{
	return (word & (LEAF_CUT | LEAF_DNAME)) != 0;
}

/* The apex may have become another object, with another serial. */
static void
note_apex(struct zone_version *v, const struct zone_name *apex)
{
	const struct rrset *soa;
	struct rdata_ref rdata;
	size_t at = 0;

	v->apex = apex;
	v->serial = 0;
	soa = version_soa(v);
	if (soa != NULL && rrset_next(soa, &at, &rdata))
		v->serial = soa_serial(rdata.octets, rdata.len);
}

/* Puts n, NULL or not, where spot says. */
static int
place(struct zone_txn *txn, const struct key *k, const struct trie_spot *spot,
    struct zone_name *n, unsigned flags)
{
	struct node *root = &txn->version->root;

	if (n == NULL)
		return trie_remove(&txn->edit, root, k);
	if (spot->found != NULL)
		return trie_replace(&txn->edit, root, k,
		    leaf_make(n, key_hash(k), flags));
	return trie_insert(&txn->edit, root, k, spot,
	    leaf_make(n, key_hash(k), flags));
}

int
txn_place_name(struct zone_txn *txn, const struct key *k,
    const struct trie_spot *spot, struct zone_name *n)
{
	struct zone_version *v = txn->version;
	bool at_apex = is_apex(v, n == NULL ? spot->found->owner : n->owner);
	unsigned flags = n == NULL ? 0 : leaf_flags(v, n);
	unsigned before = 0, after = 0;
	int ret;

	if (spot->found != NULL)
		before = zone_name_n_records(spot->found);
	if (n != NULL)
		after = zone_name_n_records(n);
	/* spot->found may be freed here. */
	ret = place(txn, k, spot, n, flags);
	if (ret != 0)
		return ret;
	v->n_names += (n != NULL);
	v->n_names -= (spot->found != NULL);
	v->n_records += after;
	v->n_records -= before;
	v->n_marked += word_is_marked(flags);
	v->n_marked -= word_is_marked(spot->found_word);
	if (at_apex)
		note_apex(v, n);
	return 0;
}

int
txn_build_name(struct zone_txn *txn, struct trie_build *b, const struct key *k,
    struct zone_name *n)
{
	struct zone_version *v = txn->version;
	unsigned flags = leaf_flags(v, n);
	int ret = trie_build_add(b, k, leaf_make(n, key_hash(k), flags));

	if (ret != 0)
		return ret;
	v->n_names++;
	v->n_records += zone_name_n_records(n);
	v->n_marked += word_is_marked(flags);
	if (is_apex(v, n->owner))
		note_apex(v, n);
	return 0;
}

int
txn_finish_build(struct zone_txn *txn, struct trie_build *b)
{
	struct zone_version *v = txn->version;
	int ret;

	assert(v->root.at == NULL);
	ret = trie_build_finish(b, &v->root);
	if (ret == 0)
		assert(v->n_names == 0 || v->root.at != NULL);
	return ret;
}

int
zone_put(struct zone_txn *txn, const struct rrset_change *change)
{
	struct trie_spot spot;
	struct zone_name *n;
	struct key k;
	int ret;

	key_make(&k, change->owner);
	trie_locate(&txn->version->root, &k, change->owner, &spot);
	if (change->n == 0 &&
	    (spot.found == NULL ||
		zone_name_rrset(spot.found, change->type) == NULL))
		return 0;
	ret = zone_name_change(&txn->zone->slab, txn->edit.generation,
	    spot.found, change, &n);
	if (ret != 0)
		return ret;
	ret = txn_place_name(txn, &k, &spot, n);
	if (ret != 0 && n != NULL)
		zone_name_free(&txn->zone->slab, n);
	return ret;
}

int
zone_put_serial(struct zone_txn *txn, uint32_t serial)
{
	const struct rrset *soa = version_soa(txn->version);
	uint8_t octets[2 * NAME_LEN_MAX + 20];
	struct rdata_ref rdata;
	size_t at = 0;

	assert(soa != NULL);
	(void)rrset_next(soa, &at, &rdata);
	assert(rdata.len <= sizeof(octets));
	memcpy(octets, rdata.octets, rdata.len);
	soa_set_serial(octets, rdata.len, serial);
	rdata.octets = octets;
	return zone_put(txn,
	    &(struct rrset_change){.owner = txn->version->apex_owner,
		.type = TYPE_SOA,
		.ttl = soa->ttl,
		.n = 1,
		.rdatas = &rdata,
		.timestamps = soa->timestamps});
}

const struct zone_version *
zone_seal(struct zone_txn *txn)
{
	struct zone *z = txn->zone;
	struct zone_version *v = txn->version;

	assert(v != NULL);
	txn->version = NULL;
	v->older = z->newest;
	if (z->newest != NULL)
		z->newest->newer = v;
	else
		z->oldest = v;
	z->newest = v;
	return v;
}

void
zone_abort(struct zone_txn *txn)
{
	struct zone_version *v = txn->version;

	assert(v != NULL);
	txn->version = NULL;
	trie_free_younger(&txn->zone->slab, &v->root, v->generation - 1);
	garbage_clear(&v->retired);
	free(v);
}

static struct zone_version *
current_version(struct zone *z)
{
	return atomic_load_explicit(&z->current, memory_order_relaxed);
}

void
zone_publish(struct zone *z, const struct zone_version *v)
{
	struct zone_version *current = current_version(z);
	struct zone_version *next =
	    current == NULL ? z->oldest : current->newer;

	assert(next != NULL && next == v);
	(void)v;
	atomic_store_explicit(&z->current, next, memory_order_seq_cst);
}

void
zone_drop_sealed(struct zone *z)
{
	struct zone_version *current = current_version(z);
	uint64_t generation = current == NULL ? 0 : current->generation;

	assert(z->txn.version == NULL);
	if (z->newest == current)
		return;
	trie_free_younger(&z->slab, &z->newest->root, generation);
	while (z->newest != current) {
		struct zone_version *v = z->newest;

		assert(atomic_load(&v->pins) == 0);
		garbage_free_younger(&v->retired, &z->slab, generation);
		version_drop(z, v);
	}
}

void
zone_memory(const struct zone *z, struct zone_memory *memory_out)
{
	memory_out->octets_in_use = z->slab.in_use;
	memory_out->octets_taken = z->slab.taken;
	memory_out->octets_retired = 0;
	for (const struct zone_version *v = z->oldest; v != NULL; v = v->newer)
		memory_out->octets_retired +=
		    v->retired.octets + v->kept.octets;
	if (z->txn.version != NULL)
		memory_out->octets_retired += z->txn.version->retired.octets;
}
