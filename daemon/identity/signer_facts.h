/*
 * signer_facts.h - what the directory holds for a principal
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Host names and groups of the one object that is the principal's.  Which names
 * count was decided by whoever made the facts: all that are here do.
 *
 * Owns:    copies of all; shared by reference count.
 * Threads: immutable once made; ref and unref from any thread.
 * Errors:  NULL: no memory.
 */
#ifndef IDENTITY_SIGNER_FACTS_H
#define IDENTITY_SIGNER_FACTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/dns/name.h"
#include "daemon/identity/sid.h"

/* What is known at a moment. */
enum signer_facts_state {
	SIGNER_FACTS_UNKNOWN, /* no directory, or it does not answer */
	SIGNER_FACTS_COMING,  /* asked for: it is worth waiting */
	SIGNER_FACTS_KNOWN,   /* also: that there are none */
};

struct signer_facts;

/* What facts are made from; all is copied. */
struct signer_facts_source {
	const struct name *hosts;
	size_t n_hosts;
	const struct sid *groups;
	size_t n_groups;
	/* DNs, normalized, so that equal ones are equal texts. */
	const char *const *group_dns;
	size_t n_group_dns;
	/*
	 * False: the list may lack groups, so that it tells of no group that
	 * the principal is not in it.
	 */
	bool has_all_groups;
	bool has_all_group_dns;
	/* False: the principal may have host names that are not in the list. */
	bool has_all_hosts;
};

struct signer_facts *signer_facts_create(
    const struct signer_facts_source *source);
struct signer_facts *signer_facts_ref(struct signer_facts *f);
void signer_facts_unref(struct signer_facts *f); /* NULL is fine */

size_t signer_facts_n_hosts(const struct signer_facts *f);
const struct name *signer_facts_host(const struct signer_facts *f, size_t i);

/* True if what is not among them is surely no name of its. */
bool signer_facts_has_all_hosts(const struct signer_facts *f);

bool signer_facts_has_group(const struct signer_facts *f,
    const struct sid *group);
bool signer_facts_has_group_dn(const struct signer_facts *f, const char *dn);

/* True if a group that is not found by SID, or by DN, is surely not its. */
bool signer_facts_has_all_groups(const struct signer_facts *f);
bool signer_facts_has_all_group_dns(const struct signer_facts *f);

#endif
