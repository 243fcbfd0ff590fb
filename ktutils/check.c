/*
 * check.c - will these keytabs do, and if not, why and what then
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "ktutils/checking.h"
#include "ktutils/enctype.h"
#include "ktutils/exchange.h"

const char *
check_realm(const struct checking *c)
{
	const struct keytab *k = c->all;

	if (c->request->realm != NULL)
		return c->request->realm;
	for (size_t i = 0; i < k->n; i++)
		if (strncasecmp(k->entries[i].principal, "DNS/", 4) == 0)
			return k->entries[i].principal + k->entries[i].realm_at;
	return k->n == 0 ? ""
			 : k->entries[0].principal + k->entries[0].realm_at;
}

bool
check_is_acceptor(const struct checking *c, const char *principal)
{
	const struct check_texts *acceptors = &c->request->acceptors;

	for (size_t i = 0; i < acceptors->n; i++)
		if (strcmp(acceptors->items[i], principal) == 0)
			return true;
	return false;
}

const struct keytab_entry *
check_newest_of(const struct checking *c, const char *principal)
{
	const struct keytab_entry *best = NULL;

	for (size_t i = 0; i < c->all->n; i++) {
		const struct keytab_entry *e = &c->all->entries[i];

		if (strcmp(e->principal, principal) != 0)
			continue;
		if (best == NULL || keytab_entry_is_newer(e, best) ||
		    (!keytab_entry_is_newer(best, e) &&
			enctype_is_weak(best->enctype)))
			best = e;
	}
	return best;
}

static void
run(struct checking *c)
{
	check_conf(c);
	check_files(c);
	if (c->b.is_short)
		return;
	check_entries(c);
	if (c->b.is_short)
		return;
	check_ccaches(c);
	if (c->request->is_online)
		check_online(c);
	check_spns(c);
}

int
check_run(const struct check_request *request, char reason[KEYTAB_REASON_SIZE],
    struct report **report_out)
{
	int64_t started = exchange_now_ms();
	struct checking c = {.request = request, .now = time(NULL)};

	*report_out = NULL;
	c.deadline = started +
	    (request->deadline_ms == 0 ? CHECK_DEADLINE_MS
				       : request->deadline_ms);
	c.all = keytab_create();
	builder_init(&c.b);
	if (c.all == NULL)
		c.b.is_short = true;
	if (!c.b.is_short) {
		c.b.report->made = c.now;
		c.b.report->is_online = request->is_online;
		run(&c);
		c.b.report->took_ms = (unsigned)(exchange_now_ms() - started);
	}
	*report_out = builder_finish(&c.b, request->is_online);
	keytab_destroy(c.all);
	if (c.krb5 != NULL)
		krb5_free_context(c.krb5);
	if (*report_out != NULL)
		return 0;
	(void)snprintf(reason, KEYTAB_REASON_SIZE, "no memory");
	return -1;
}
