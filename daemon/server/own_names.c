/*
 * own_names.c - what the directory's facts of an object are worth
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/buf.h"
#include "daemon/base/err.h"
#include "daemon/base/log.h"
#include "daemon/server/dn.h"
#include "daemon/server/own_names.h"
#include "ldap/facts.h"

static int
names_compare(const void *a, const void *b)
{
	const struct name *x = a, *y = b;

	return name_compare(x->octets, y->octets);
}

void
own_names_sort(struct name *names, size_t n)
{
	if (n > 0)
		qsort(names, n, sizeof(*names), names_compare);
}

/* --- Host names --- */

static bool
is_below_a_suffix(const struct own_names_rules *rules, const uint8_t *name)
{
	for (size_t i = 0; i < rules->n_suffixes; i++) {
		const uint8_t *suffix = rules->suffixes[i].octets;

		if (name_is_below(name, suffix) && !name_equal(name, suffix))
			return true;
	}
	return false;
}

/* A label that stands for services or for others: "_msdcs", "*". */
static bool
has_special_label(const uint8_t *name)
{
	for (; name[0] != 0; name += 1 + name[0])
		if (name[1] == '_' || (name[0] == 1 && name[1] == '*'))
			return true;
	return false;
}

static bool
is_controllers(const struct own_names_rules *rules, const struct name *name)
{
	return rules->n_controllers > 0 &&
	    bsearch(name, rules->controllers, rules->n_controllers,
		sizeof(*name), names_compare) != NULL;
}

static const char *
objection(const struct own_names_rules *rules, const struct facts *facts,
    const struct facts_host *host, const struct name *name)
{
	if (has_special_label(name->octets))
		return "has a label that is \"*\" or begins with \"_\"";
	if (!is_below_a_suffix(rules, name->octets))
		return "is not below hostname-suffixes";
	if (is_controllers(rules, name) && !facts->is_controller)
		return "is a domain controller's";
	if (host->n_objects != 1 || !host->is_held)
		return "is not held by this object alone";
	return NULL;
}

/* The same; *name_out is set unless it is no name. */
static const char *
read_host(const struct own_names_rules *rules, const struct facts *facts,
    size_t i, struct name *name_out)
{
	const struct facts_host *host = &facts->hosts[i];

	if (strchr(host->name, '\\') != NULL ||
	    name_from_text(host->name, NULL, name_out) != 0)
		return "is no domain name";
	return objection(rules, facts, host, name_out);
}

const char *
own_names_objection(const struct own_names_rules *rules,
    const struct facts *facts, size_t host)
{
	struct name name;

	return read_host(rules, facts, host, &name);
}

/* --- All of it --- */

struct making {
	const struct own_names_rules *rules;
	const struct facts *facts;
	struct name *hosts;
	struct sid *groups;
	char **dns; /* owned */
	struct signer_facts_source source;
	FILE *note;
};

static void
write_text(FILE *f, const char *text)
{
	char escaped[512];

	(void)fputs(log_escape(text, strlen(text), escaped, sizeof(escaped)),
	    f);
}

static void
add_hosts(struct making *m)
{
	const char *why;

	m->source.has_all_hosts = !m->facts->is_host_missing;
	for (size_t i = 0; i < m->facts->n_hosts; i++) {
		why = read_host(m->rules, m->facts, i,
		    &m->hosts[m->source.n_hosts]);
		(void)fputs(i == 0 ? ": " : ", ", m->note);
		write_text(m->note, m->facts->hosts[i].name);
		if (why == NULL) {
			m->source.n_hosts++;
			continue;
		}
		m->source.has_all_hosts = false;
		(void)fprintf(m->note, " (does not count: it %s)", why);
	}
	m->source.hosts = m->hosts;
	if (m->facts->n_hosts == 0)
		(void)fputs(": no host names", m->note);
}

/* What cannot be read may be any group: then the list is not all of them. */
static void
add_group_sids(struct making *m)
{
	struct signer_facts_source *s = &m->source;

	s->has_all_groups = true;
	s->groups = m->groups;
	for (size_t i = 0; i < m->facts->n_group_sids; i++) {
		const struct facts_sid *sid = &m->facts->group_sids[i];
		struct reader r;

		reader_init(&r, sid->octets, sid->len);
		if (sid_read(&r, &m->groups[s->n_groups]) == 0)
			s->n_groups++;
		else
			s->has_all_groups = false;
	}
}

static void
add_group_dns(struct making *m)
{
	struct signer_facts_source *s = &m->source;

	s->has_all_group_dns = true;
	for (size_t i = 0; i < m->facts->n_group_dns; i++) {
		m->dns[s->n_group_dns] = dn_normalize(m->facts->group_dns[i]);
		if (m->dns[s->n_group_dns] != NULL)
			s->n_group_dns++;
		else
			s->has_all_group_dns = false;
	}
	s->group_dns = (const char *const *)m->dns;
}

static void
add_groups(struct making *m)
{
	switch (m->facts->groups) {
	case FACTS_GROUPS_SIDS:
		add_group_sids(m);
		break;
	case FACTS_GROUPS_DNS:
		add_group_dns(m);
		break;
	case FACTS_GROUPS_UNKNOWN:
		(void)fputs("; its groups are not known", m->note);
		break;
	}
}

static struct signer_facts *
make(struct making *m)
{
	write_text(m->note, m->facts->dn);
	if (m->facts->is_disabled) {
		(void)fputs(": disabled", m->note);
	} else {
		add_hosts(m);
		add_groups(m);
	}
	return signer_facts_create(&m->source);
}

int
own_names_facts(const struct own_names_rules *rules, const struct facts *facts,
    struct signer_facts **facts_out, char **note_out)
{
	struct making m = {.rules = rules, .facts = facts};
	size_t note_len;

	*facts_out = NULL;
	*note_out = NULL;
	m.hosts = calloc(facts->n_hosts + 1, sizeof(*m.hosts));
	m.groups = calloc(facts->n_group_sids + 1, sizeof(*m.groups));
	m.dns = calloc(facts->n_group_dns + 1, sizeof(*m.dns));
	m.note = open_memstream(note_out, &note_len);
	if (m.hosts != NULL && m.groups != NULL && m.dns != NULL &&
	    m.note != NULL)
		*facts_out = make(&m);
	if (m.note != NULL && fclose(m.note) != 0) {
		signer_facts_unref(*facts_out);
		*facts_out = NULL;
	}
	for (size_t i = 0; i < m.source.n_group_dns; i++)
		free(m.dns[i]);
	free(m.dns);
	free(m.groups);
	free(m.hosts);
	if (*facts_out != NULL)
		return 0;
	free(*note_out);
	*note_out = NULL;
	return ERR_NOMEM;
}
