/*
 * facts.h - what the directory holds for a principal
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
#ifndef IDENTITY_FACTS_H
#define IDENTITY_FACTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/dns/name.h"
#include "daemon/identity/sid.h"

/* What is known at a moment. */
enum facts_state {
	FACTS_UNKNOWN, /* no directory, or it does not answer */
	FACTS_COMING,  /* asked for: it is worth waiting */
	FACTS_KNOWN,   /* also: that there are none */
};

struct facts;

/* What facts are made from; all is copied. */
struct facts_source {
	const struct name *hosts;
	size_t n_hosts;
	const struct sid *groups;
	size_t n_groups;
	/* DNs, normalized, so that equal ones are equal texts. */
	const char *const *group_dns;
	size_t n_group_dns;
};

struct facts *facts_create(const struct facts_source *source);
struct facts *facts_ref(struct facts *f);
void facts_unref(struct facts *f); /* NULL is fine */

size_t facts_n_hosts(const struct facts *f);
const struct name *facts_host(const struct facts *f, size_t i);

bool facts_has_group(const struct facts *f, const struct sid *group);
bool facts_has_group_dn(const struct facts *f, const char *dn);

#endif
