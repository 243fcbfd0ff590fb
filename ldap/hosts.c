/*
 * hosts.c - the host names of an object, and how many objects hold each
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "ldap/filter.h"
#include "ldap/hosts.h"

static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
			    "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
			    "0123456789-_.*";

/* Without the final dot; 0: not plain. */
static size_t
plain_len(const char *value)
{
	size_t len = strspn(value, plain);

	if (value[len] != '\0')
		return 0;
	return len > 0 && value[len - 1] == '.' ? len - 1 : len;
}

static struct facts_host *
find(struct facts *f, const char *value, size_t len)
{
	for (size_t i = 0; i < f->n_hosts; i++) {
		if (strlen(f->hosts[i].name) == len &&
		    strncasecmp(f->hosts[i].name, value, len) == 0)
			return &f->hosts[i];
	}
	return NULL;
}

bool
hosts_add(struct facts *f, char *const *values, size_t n)
{
	if (f->hosts == NULL)
		f->hosts = calloc(FACTS_HOSTS_MAX, sizeof(*f->hosts));
	if (f->hosts == NULL)
		return false;
	for (size_t i = 0; i < n; i++) {
		size_t len = plain_len(values[i]);
		bool fits = len > 0 && f->n_hosts < FACTS_HOSTS_MAX;
		char *name;

		f->is_host_missing |= !fits;
		if (!fits || find(f, values[i], len) != NULL)
			continue;
		name = strndup(values[i], len);
		if (name == NULL)
			return false;
		f->hosts[f->n_hosts++].name = name;
	}
	return true;
}

void
hosts_count(struct facts *f, char *const *values, size_t n, bool is_own)
{
	bool is_held[FACTS_HOSTS_MAX] = {false}, is_any = false;

	for (size_t i = 0; i < n; i++) {
		size_t len = plain_len(values[i]);
		struct facts_host *host = find(f, values[i], len);

		if (host == NULL)
			continue;
		is_held[host - f->hosts] = true;
		is_any = true;
	}
	for (size_t i = 0; i < f->n_hosts; i++) {
		if (!is_held[i] && is_any)
			continue;
		f->hosts[i].n_objects++;
		f->hosts[i].is_held |= is_own;
	}
}

void
hosts_are_crowded(struct facts *f)
{
	for (size_t i = 0; i < f->n_hosts; i++) {
		if (f->hosts[i].n_objects < 2)
			f->hosts[i].n_objects = 2;
	}
}

char *
hosts_filter(const struct facts *f, const char *const *attributes,
    size_t n_attributes)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (out == NULL)
		return NULL;
	(void)fputs("(|", out);
	for (size_t i = 0; i < f->n_hosts * n_attributes; i++) {
		const char *attribute = attributes[i % n_attributes];
		const char *name = f->hosts[i / n_attributes].name;

		(void)fprintf(out, "(%s=", attribute);
		filter_put(out, name, strlen(name));
		(void)fprintf(out, ")(%s=", attribute);
		filter_put(out, name, strlen(name));
		(void)fputs(".)", out);
	}
	(void)fputc(')', out);
	if (fclose(out) != 0) {
		free(text);
		return NULL;
	}
	return text;
}
