/*
 * controllers.c - the host names of an Active Directory's domain controllers
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "ldap/controllers.h"
#include "ldap/entry.h"

#define EVERY_MS 60000
#define AGAIN_MS 5000 /* after a failure */
#define NAMES_MAX 10000
#define PATIENCE 10 /* times the time-out: no index helps, nobody waits */

/* userAccountControl (MS-ADTS 2.2.16): SERVER_TRUST, PARTIAL_SECRETS */
#define BIT_AND ":1.2.840.113556.1.4.803:="
#define FILTER                                                                 \
	"(|(userAccountControl" BIT_AND "8192)(userAccountControl" BIT_AND     \
	"67108864))"

static const char *const attributes[] = {"dNSHostName",
    "msDS-AdditionalDnsHostName", NULL};

void
controllers_init(struct controllers *c, const struct directory_config *config)
{
	*c = (struct controllers){.config = config};
}

static void
free_names(struct controllers_names *names)
{
	entry_free_texts(names->items, names->n);
	*names = (struct controllers_names){0};
}

void
controllers_clear(struct controllers *c)
{
	free_names(&c->names);
	free_names(&c->fresh);
}

void
controllers_begin(struct controllers *c, const struct connection *to,
    struct searches *searches, int64_t now_ms)
{
	c->searches = searches;
	c->is_active_directory = to->is_active_directory;
	c->error[0] = '\0';
	c->next_ms = now_ms;
}

void
controllers_end(struct controllers *c)
{
	c->searches = NULL;
	c->is_searching = false;
	free_names(&c->fresh);
}

static void
on_entry(void *arg, LDAP *ld, LDAPMessage *entry)
{
	struct controllers *c = arg;
	struct controllers_names *all = &c->fresh;

	if (ldap_msgtype(entry) != LDAP_RES_SEARCH_ENTRY)
		return;
	for (size_t i = 0; attributes[i] != NULL && !c->has_failed; i++) {
		char **values = NULL, **more = NULL;
		size_t n = 0;

		if (entry_texts(ld, entry, attributes[i], &values, &n) &&
		    all->n + n <= NAMES_MAX)
			more = realloc(all->items,
			    (all->n + n + 1) * sizeof(*all->items));
		if (more == NULL) {
			entry_free_texts(values, n);
			c->has_failed = true;
			return;
		}
		all->items = more;
		memcpy(all->items + all->n, values, n * sizeof(*values));
		all->n += n;
		free(values);
	}
}

static int
compare(const void *a, const void *b)
{
	return strcasecmp(*(char *const *)a, *(char *const *)b);
}

/* Sorted, each once. */
static void
tidy(struct controllers_names *names)
{
	size_t n = 0;

	if (names->n == 0)
		return;
	qsort(names->items, names->n, sizeof(*names->items), compare);
	for (size_t i = 0; i < names->n; i++) {
		if (n > 0 &&
		    strcasecmp(names->items[n - 1], names->items[i]) == 0)
			free(names->items[i]);
		else
			names->items[n++] = names->items[i];
	}
	names->n = n;
}

static bool
are_same(const struct controllers_names *a, const struct controllers_names *b)
{
	bool are_same = a->n == b->n;

	for (size_t i = 0; i < a->n && are_same; i++)
		are_same = strcasecmp(a->items[i], b->items[i]) == 0;
	return are_same;
}

static void
have_all(struct controllers *c)
{
	tidy(&c->fresh);
	c->is_new |= !c->is_loaded || !are_same(&c->names, &c->fresh);
	free_names(&c->names);
	c->names = c->fresh;
	c->fresh = (struct controllers_names){0};
	c->is_loaded = true;
	c->error[0] = '\0';
	c->at = time(NULL);
}

static void
on_end(void *arg, int code, LDAP *ld, LDAPMessage *result)
{
	struct controllers *c = arg;

	(void)result;
	c->is_searching = false;
	if (code == LDAP_SUCCESS && !c->has_failed) {
		have_all(c);
		c->next_ms = connection_clock_ms() + EVERY_MS;
		return;
	}
	line_set_ldap(c->error, "domain controllers", ld,
	    c->has_failed ? LDAP_NO_MEMORY : code);
	free_names(&c->fresh);
	c->next_ms = connection_clock_ms() + AGAIN_MS;
}

void
controllers_go_on(struct controllers *c, int64_t now_ms)
{
	if (c->searches == NULL || c->is_searching || now_ms < c->next_ms)
		return;
	c->has_failed = false;
	if (!c->is_active_directory) {
		have_all(c); /* none */
		c->next_ms = INT64_MAX;
		return;
	}
	c->is_searching = searches_add(c->searches,
	    &(struct search_request){
		.base = strdup(c->config->base),
		.scope = LDAP_SCOPE_SUBTREE,
		.filter = strdup(FILTER),
		.attributes = attributes,
		.patience_ms = (int64_t)c->config->timeout_s * PATIENCE * 1000,
		.message = on_entry,
		.done = on_end,
		.arg = c,
	    });
	if (!c->is_searching)
		c->next_ms = now_ms + AGAIN_MS;
}

int64_t
controllers_wake_ms(const struct controllers *c)
{
	return c->searches == NULL || c->is_searching ? INT64_MAX : c->next_ms;
}
