/*
 * signer_facts.c - what the directory holds for a principal
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/identity/signer_facts.h"

struct signer_facts {
	atomic_uint n_refs;
	struct name *hosts;
	size_t n_hosts;
	struct sid *groups;
	size_t n_groups;
	char **group_dns;
	size_t n_group_dns;
	bool has_all_groups;
	bool has_all_group_dns;
	bool has_all_hosts;
};

static void
signer_facts_free(struct signer_facts *f)
{
	for (size_t i = 0; i < f->n_group_dns; i++)
		free(f->group_dns[i]);
	free(f->group_dns);
	free(f->groups);
	free(f->hosts);
	free(f);
}

/* A copy of n items of that size; NULL: no memory. */
static void *
copy_items(const void *items, size_t n, size_t size)
{
	void *copy = calloc(n == 0 ? 1 : n, size);

	if (copy != NULL && n > 0)
		memcpy(copy, items, n * size);
	return copy;
}

static bool
copy_dns(struct signer_facts *f, const struct signer_facts_source *source)
{
	f->group_dns = calloc(source->n_group_dns + 1, sizeof(char *));
	if (f->group_dns == NULL)
		return false;
	for (; f->n_group_dns < source->n_group_dns; f->n_group_dns++) {
		char *dn = strdup(source->group_dns[f->n_group_dns]);

		if (dn == NULL)
			return false;
		f->group_dns[f->n_group_dns] = dn;
	}
	return true;
}

struct signer_facts *
signer_facts_create(const struct signer_facts_source *source)
{
	struct signer_facts *f = calloc(1, sizeof(*f));

	if (f == NULL)
		return NULL;
	atomic_init(&f->n_refs, 1);
	f->n_hosts = source->n_hosts;
	f->n_groups = source->n_groups;
	f->has_all_groups = source->has_all_groups;
	f->has_all_group_dns = source->has_all_group_dns;
	f->has_all_hosts = source->has_all_hosts;
	f->hosts = copy_items(source->hosts, f->n_hosts, sizeof(*f->hosts));
	f->groups = copy_items(source->groups, f->n_groups, sizeof(*f->groups));
	if (f->hosts != NULL && f->groups != NULL && copy_dns(f, source))
		return f;
	signer_facts_free(f);
	return NULL;
}

struct signer_facts *
signer_facts_ref(struct signer_facts *f)
{
	atomic_fetch_add_explicit(&f->n_refs, 1, memory_order_relaxed);
	return f;
}

void
signer_facts_unref(struct signer_facts *f)
{
	if (f == NULL)
		return;
	if (atomic_fetch_sub_explicit(&f->n_refs, 1, memory_order_acq_rel) == 1)
		signer_facts_free(f);
}

size_t
signer_facts_n_hosts(const struct signer_facts *f)
{
	return f->n_hosts;
}

const struct name *
signer_facts_host(const struct signer_facts *f, size_t i)
{
	return &f->hosts[i];
}

bool
signer_facts_has_all_hosts(const struct signer_facts *f)
{
	return f->has_all_hosts;
}

bool
signer_facts_has_group(const struct signer_facts *f, const struct sid *group)
{
	for (size_t i = 0; i < f->n_groups; i++)
		if (sid_equal(&f->groups[i], group))
			return true;
	return false;
}

bool
signer_facts_has_group_dn(const struct signer_facts *f, const char *dn)
{
	for (size_t i = 0; i < f->n_group_dns; i++)
		if (strcmp(f->group_dns[i], dn) == 0)
			return true;
	return false;
}

bool
signer_facts_has_all_groups(const struct signer_facts *f)
{
	return f->has_all_groups;
}

bool
signer_facts_has_all_group_dns(const struct signer_facts *f)
{
	return f->has_all_group_dns;
}
