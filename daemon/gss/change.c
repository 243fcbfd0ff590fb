/*
 * change.c - what is new in a generation
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <stdio.h>
#include <string.h>

#include "daemon/base/log.h"
#include "daemon/gss/generation.h"

#define PRINCIPAL_SIZE 200
#define MORE_SIZE 24 /* ", and 16384 more" */

/* A list that is cut between its items. */
struct list {
	char text[sizeof(((struct reason *)0)->text)];
	size_t n_left_out;
};

static void
append(struct list *l, const struct acceptor_generation *g,
    const struct acceptor_entry *e, const char *what)
{
	const char *principal = acceptor_principal_text(g, e->principal);
	const size_t room = sizeof(l->text) - MORE_SIZE;
	char escaped[PRINCIPAL_SIZE];
	size_t at = strlen(l->text);
	int n;

	(void)log_escape(principal, strlen(principal), escaped,
	    sizeof(escaped));
	n = snprintf(l->text + at, room - at, "%s%s kvno %u %s",
	    at == 0 ? "" : ", ", escaped, (unsigned)e->kvno, what);
	if (n < 0 || (size_t)n >= room - at) {
		l->text[at] = '\0';
		l->n_left_out++;
	}
}

/* True for one of its principal's entries of a kvno. */
static bool
stands_for_kvno(const struct acceptor_generation *g, size_t i)
{
	size_t k;

	for (k = g->keys[i].next; k != GENERATION_NOWHERE; k = g->keys[k].next)
		if (g->entries[k].kvno == g->entries[i].kvno)
			return false;
	return true;
}

/* How one generation's keys of a principal's kvno are in another. */
struct match {
	bool is_there; /* any key of that kvno */
	bool is_equal; /* each key */
};

/* True if the other has the very key of entry i; p: its principal there. */
static bool
has_key(const struct acceptor_generation *g, size_t i,
    const struct acceptor_generation *other, size_t p)
{
	size_t k;

	GENERATION_FOREACH (k, other, p)
		if (other->entries[k].kvno == g->entries[i].kvno &&
		    other->entries[k].enctype == g->entries[i].enctype)
			return memcmp(g->keys[i].digest, other->keys[k].digest,
				   KEY_DIGEST_LEN) == 0;
	return false;
}

static struct match
match(const struct acceptor_generation *g, const struct acceptor_entry *e,
    const struct acceptor_generation *other)
{
	struct match m = {.is_equal = true};
	size_t p, i;

	p = generation_principal(other, g->principals[e->principal].principal);
	if (p == GENERATION_NOWHERE)
		return m;
	GENERATION_FOREACH (i, other, p)
		m.is_there |= other->entries[i].kvno == e->kvno;
	GENERATION_FOREACH (i, g, e->principal)
		if (g->entries[i].kvno == e->kvno)
			m.is_equal = m.is_equal && has_key(g, i, other, p);
	return m;
}

/*
 * What of one generation is not in the other: its kvnos, and the kvnos that
 * both have and whose keys are not all there.
 */
static void
compare(struct list *l, const struct acceptor_generation *g,
    const struct acceptor_generation *other, const char *missing,
    const char *different)
{
	for (size_t i = 0; i < g->n_entries; i++) {
		struct match m;

		if (!stands_for_kvno(g, i))
			continue;
		m = match(g, &g->entries[i], other);
		if (!m.is_there)
			append(l, g, &g->entries[i], missing);
		else if (!m.is_equal)
			append(l, g, &g->entries[i], different);
	}
}

bool
acceptor_changes(const struct acceptor_generation *old,
    const struct acceptor_generation *new, struct reason *changes)
{
	struct list l = {.text = ""};

	compare(&l, new, old, "added", "has new keys");
	compare(&l, old, new, "removed", "has lost keys");
	if (l.n_left_out > 0)
		reason_set(changes, "%s, and %zu more", l.text, l.n_left_out);
	else
		reason_set(changes, "%s", l.text);
	return l.text[0] != '\0';
}
