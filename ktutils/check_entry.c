/*
 * check_entry.c - what clients ask for, and what the entries are worth
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "ktutils/checking.h"
#include "ktutils/edit.h"

#define OLD_AGE_S (7 * 24 * 3600) /* longer than tickets live anywhere */

/* --- What clients ask for --- */

/* A host name, "DNS/host" or a whole principal, as a principal. */
static char *
spn_of(const struct checking *c, const char *text)
{
	const char *realm = check_realm(c);
	char *spn = NULL;
	size_t len = strlen(text);
	int done;

	if (strchr(text, '@') != NULL)
		return strdup(text);
	if (strchr(text, '/') != NULL) {
		done = asprintf(&spn, "%s@%s", text, realm);
		return done == -1 ? NULL : spn;
	}
	if (len > 0 && text[len - 1] == '.')
		len--;
	done = asprintf(&spn, "DNS/%.*s@%s", (int)len, text, realm);
	if (done == -1)
		return NULL;
	for (char *p = spn + 4; *p != '@' && *p != '\0'; p++)
		if (*p >= 'A' && *p <= 'Z')
			*p = (char)(*p - 'A' + 'a');
	return spn;
}

static bool
has_acceptor(const struct checking *c)
{
	for (size_t i = 0; i < c->all->n; i++)
		if (check_is_acceptor(c, c->all->entries[i].principal))
			return true;
	return false;
}

static void
add_spn(struct checking *c, const char *principal, bool is_wanted)
{
	const struct keytab_entry *newest = check_newest_of(c, principal);
	struct report_spn *s;

	if (report_find_spn(c->b.report, principal) != NULL)
		return;
	s = builder_spn(&c->b);
	if (s == NULL)
		return;
	builder_set(&c->b, &s->principal, "%s", principal);
	s->is_wanted = is_wanted;
	s->keytab_kvno = newest == NULL ? 0 : newest->kvno;
	s->state = newest != NULL || has_acceptor(c) ? REPORT_SPN_PRESENT
						     : REPORT_SPN_MISSING;
}

static bool
is_dns(const struct keytab_entry *e)
{
	return strncasecmp(e->principal, "DNS/", 4) == 0;
}

/* The wanted ones first; then all services that there are keys of. */
static void
add_spns(struct checking *c)
{
	const struct check_texts *texts = &c->request->spns;

	for (size_t i = 0; i < texts->n && !c->b.is_short; i++) {
		char *spn = spn_of(c, texts->items[i]);

		if (spn == NULL)
			c->b.is_short = true;
		else
			add_spn(c, spn, true);
		free(spn);
	}
	for (size_t i = 0; i < c->all->n && !c->b.is_short; i++) {
		const struct keytab_entry *e = &c->all->entries[i];

		if (e->is_service)
			add_spn(c, e->principal, texts->n == 0 && is_dns(e));
	}
}

static void
check_wanted(struct checking *c)
{
	const struct report *r = c->b.report;

	for (size_t i = 0; i < r->n_spns; i++)
		if (r->spns[i].is_wanted)
			return;
	if (c->all->n == 0)
		return; /* which is said already */
	builder_find(&c->b, "spn-none",
	    has_acceptor(c) ? REPORT_INFO : REPORT_ERROR,
	    r->files[r->entries[0].file].path,
	    "The keytab has no key of a DNS/ principal, and it was not said "
	    "what clients ask for.");
	builder_advise(&c->b,
	    "export the key of DNS/ and the name in the SOA's MNAME "
	    "(docs/keytab.md), or name that with --spn");
}

static void
mark_entries(struct checking *c)
{
	struct report *r = c->b.report;

	for (size_t i = 0; i < c->all->n; i++) {
		const struct keytab_entry *e = &c->all->entries[i];
		const struct report_spn *s = report_find_spn(r, e->principal);

		r->entries[i].is_newest =
		    !keytab_entry_is_newer(keytab_newest(c->all, e), e);
		r->entries[i].is_wanted = (s != NULL && s->is_wanted) ||
		    check_is_acceptor(c, e->principal);
	}
}

/* --- What the entries are worth --- */

/* True for the first of a principal's entries: what is said once. */
static bool
is_first(const struct checking *c, size_t i)
{
	for (size_t before = 0; before < i; before++)
		if (strcmp(c->all->entries[before].principal,
			c->all->entries[i].principal) == 0)
			return false;
	return true;
}

static const char *
path_of(const struct checking *c, size_t i)
{
	const struct report *r = c->b.report;

	return r->files[r->entries[i].file].path;
}

static void
find_weak(struct checking *c, size_t i)
{
	const struct report_entry *e = &c->b.report->entries[i];

	builder_find(&c->b, "enctype-weak",
	    e->is_wanted ? REPORT_WARNING : REPORT_INFO, e->principal,
	    "Of kvno %u there is only a key of %s. Windows updates since April "
	    "2026 have controllers give AES tickets to accounts that do not "
	    "ask "
	    "for RC4, and since July 2026 there is no way back for all; this "
	    "key cannot open those.",
	    e->kvno, e->enctype_name);
	builder_advise(&c->b,
	    "have the account say AES (msDS-SupportedEncryptionTypes 24), set "
	    "its password again if it is older than that, and export the "
	    "keytab again");
}

static void
find_weak_extra(struct checking *c, size_t i)
{
	const struct report_entry *e = &c->b.report->entries[i];

	builder_find(&c->b, "enctype-weak-extra", REPORT_INFO, e->principal,
	    "Beside strong keys there is one of %s, which an attacker would "
	    "rather have.",
	    e->enctype_name);
	builder_advise(&c->b,
	    "when no ticket is of that enctype any more: kddns-keytab prune %s",
	    path_of(c, i));
}

/* What the newest keys of one principal are, together. */
struct strength {
	bool has_strong;
	bool has_permitted;
	size_t weak;        /* one of them, if there is one */
	size_t unpermitted; /* the same */
	bool has_weak;
};

static struct strength
measure(const struct checking *c, size_t i)
{
	const struct report *r = c->b.report;
	struct strength s = {.weak = i, .unpermitted = i};

	for (size_t at = 0; at < r->n_entries; at++) {
		const struct report_entry *e = &r->entries[at];

		if (!e->is_newest ||
		    strcmp(e->principal, r->entries[i].principal) != 0)
			continue;
		if (!e->is_weak)
			s.has_strong = true;
		if (e->is_permitted)
			s.has_permitted = true;
		else
			s.unpermitted = at;
		if (e->is_weak) {
			s.has_weak = true;
			s.weak = at;
		}
	}
	return s;
}

static void
check_strength(struct checking *c, size_t i)
{
	struct strength s = measure(c, i);
	const struct report_entry *e = &c->b.report->entries[s.unpermitted];

	if (s.has_weak && s.has_strong)
		find_weak_extra(c, s.weak);
	else if (s.has_weak)
		find_weak(c, s.weak);
	if (s.has_permitted)
		return;
	builder_find(&c->b, "enctype-unpermitted",
	    e->is_wanted ? REPORT_ERROR : REPORT_WARNING, e->principal,
	    "libkrb5 here uses no key of kvno %u: %s is not permitted.",
	    e->kvno, e->enctype_name);
	builder_advise(&c->b,
	    "export AES keys, or take permitted_enctypes out of krb5.conf");
}

static void
check_age(struct checking *c, size_t i)
{
	const struct edit_prune_rule rule = {
	    .now = c->now,
	    .age_s = OLD_AGE_S,
	};
	const struct keytab_entry *e = &c->all->entries[i];
	size_t n = 0;

	for (size_t at = 0; at < c->all->n; at++)
		if (strcmp(c->all->entries[at].principal, e->principal) == 0 &&
		    edit_prune_asks(c->all, at, &rule) == EDIT_OLD)
			n++;
	if (n == 0)
		return;
	builder_find(&c->b, "kvno-old", REPORT_INFO, e->principal,
	    "%zu of its keys were replaced more than a week ago: no ticket "
	    "needs them.",
	    n);
	builder_advise(&c->b, "kddns-keytab prune %s", path_of(c, i));
}

/* The same entry before this one; a copy in another file is no double. */
static const struct keytab_entry *
find_double(const struct checking *c, size_t i)
{
	const struct report_entry *r = c->b.report->entries;
	const struct keytab_entry *all = c->all->entries;

	for (size_t at = 0; at < i; at++)
		if (keytab_entry_is_same(&all[at], &all[i]) &&
		    (r[at].file == r[i].file ||
			!keytab_key_is_same(&all[at], &all[i])))
			return &all[at];
	return NULL;
}

/* The same entry twice: said at the second one. */
static void
check_double(struct checking *c, size_t i)
{
	const struct keytab_entry *e = &c->all->entries[i];
	const struct keytab_entry *same = find_double(c, i);
	const struct report_entry *r = &c->b.report->entries[i];

	if (same == NULL)
		return;
	if (keytab_key_is_same(same, e)) {
		builder_find(&c->b, "entry-double", REPORT_INFO, e->principal,
		    "The key of kvno %u and %s stands there twice.", e->kvno,
		    r->enctype_name);
		builder_advise(&c->b, "kddns-keytab prune %s", path_of(c, i));
		return;
	}
	builder_find(&c->b, "entry-contradicts",
	    r->is_wanted && r->is_newest ? REPORT_ERROR : REPORT_WARNING,
	    e->principal,
	    "There are two different keys of kvno %u and %s, %s and %s: only "
	    "the first is used.",
	    e->kvno, r->enctype_name, same->fingerprint, e->fingerprint);
	builder_advise(&c->b,
	    "find out which is right (kddns-keytab check --online), and make "
	    "the keytab again without the other");
}

/* Kerberos tells cases apart, and a client asks with the one it has. */
static void
check_spelling(struct checking *c, size_t i)
{
	const struct report *r = c->b.report;
	const char *name = c->all->entries[i].principal;

	for (size_t at = 0; at < r->n_spns; at++) {
		const char *spn = r->spns[at].principal;

		if (!r->spns[at].is_wanted || strcmp(spn, name) == 0 ||
		    strcasecmp(spn, name) != 0)
			continue;
		builder_find(&c->b, "spn-spelling", REPORT_WARNING, spn,
		    "The keytab has it as %s: some programs tell upper from "
		    "lower case.",
		    name);
		builder_advise(&c->b,
		    "export it again, spelled as the clients do");
	}
}

/* As the daemon does: an SPN has the keys of its other spelling, too. */
static void
take_spellings(struct checking *c)
{
	struct report *r = c->b.report;

	for (size_t i = 0; i < r->n_spns; i++)
		for (size_t at = 0; at < r->n_entries; at++)
			if (r->spns[i].state == REPORT_SPN_MISSING &&
			    strcasecmp(r->spns[i].principal,
				r->entries[at].principal) == 0)
				r->spns[i].state = REPORT_SPN_PRESENT;
}

void
check_entries(struct checking *c)
{
	add_spns(c);
	if (c->b.is_short)
		return;
	mark_entries(c);
	take_spellings(c);
	check_wanted(c);
	for (size_t i = 0; i < c->all->n && !c->b.is_short; i++) {
		check_double(c, i);
		if (!is_first(c, i))
			continue;
		check_strength(c, i);
		check_age(c, i);
		check_spelling(c, i);
	}
}
