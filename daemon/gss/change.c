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

/* True for the first of its principal's entries of a kvno. */
static bool
is_first(const struct acceptor_generation *g, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (g->entries[k].principal == g->entries[i].principal &&
		    g->entries[k].kvno == g->entries[i].kvno)
			return false;
	return true;
}

/* How one generation's keys of a principal's kvno are in another. */
struct match {
	bool is_there; /* any key of that kvno */
	bool is_equal; /* each key */
};

static struct match
match(const struct acceptor_generation *g, const struct acceptor_entry *e,
    const struct acceptor_generation *other)
{
	krb5_const_principal principal = g->principals[e->principal].principal;
	size_t p = generation_principal(other, principal);
	struct match m = {.is_equal = true};

	for (size_t i = 0; i < other->n_entries; i++)
		m.is_there |= other->entries[i].principal == p &&
		    other->entries[i].kvno == e->kvno;
	for (size_t i = 0; i < g->n_entries; i++) {
		const struct acceptor_entry *one = &g->entries[i];
		size_t place;

		if (one->principal != e->principal || one->kvno != e->kvno)
			continue;
		place =
		    generation_entry(other, principal, one->kvno, one->enctype);
		m.is_equal = m.is_equal && place != GENERATION_NOWHERE &&
		    memcmp(g->keys[i].digest, other->keys[place].digest,
			KEY_DIGEST_LEN) == 0;
	}
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

		if (!is_first(g, i))
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
