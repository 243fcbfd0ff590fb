/*
 * watch_ldap.c - shows what a directory tells, for tests that have one
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 *   watch_ldap URI BASE POLICY-BASE KEYTAB PRINCIPAL [CA-FILE]
 *
 * Each thing that is told is a line of stdout.  Lines of stdin ask:
 *
 *   facts PRINCIPAL FIRST [SID-IN-HEX ACCOUNT]
 *   group NAME
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ldap/directory.h"

static void
on_grants(void *arg, const struct grants *g)
{
	(void)arg;
	flockfile(stdout);
	(void)printf("grants %zu\n", g->n_entries);
	for (size_t i = 0; i < g->n_entries; i++) {
		const struct grants_entry *e = g->entries[i];

		for (size_t j = 0; j < e->n_rules; j++)
			(void)printf("rule %s %s: %s\n",
			    e->n_zones > 0 ? e->zones[0] : "?",
			    e->is_active ? "active" : "inactive", e->rules[j]);
	}
	(void)fflush(stdout);
	funlockfile(stdout);
}

static void
on_controllers(void *arg, const char *const *names, size_t n)
{
	(void)arg;
	flockfile(stdout);
	(void)printf("controllers %zu", n);
	for (size_t i = 0; i < n; i++)
		(void)printf(" %s", names[i]);
	(void)puts("");
	(void)fflush(stdout);
	funlockfile(stdout);
}

static void
on_state(void *arg, const struct directory_state *s)
{
	(void)arg;
	(void)printf("state %s %s follow=%d live=%d ad=%d %s\n", s->uri,
	    s->is_up ? "up" : "down", (int)s->follow, s->grants_are_live,
	    s->is_active_directory, s->error);
	(void)fflush(stdout);
}

static const char *
hex_of(const struct facts_sid *sid)
{
	static char text[2 * FACTS_SID_MAX + 1];

	for (size_t i = 0; i < sid->len; i++)
		(void)snprintf(text + 2 * i, 3, "%02x", sid->octets[i]);
	return text;
}

static void
on_facts(void *arg, enum facts_answer answer, struct facts *f,
    const char *reason)
{
	(void)arg;
	flockfile(stdout);
	if (f == NULL)
		(void)printf("facts %d: %s\n", (int)answer, reason);
	else
		(void)printf("facts of %s %s %s%s%s groups=%d/%zu\n", f->dn,
		    f->account, f->id, f->is_disabled ? " disabled" : "",
		    f->is_controller ? " controller" : "", (int)f->groups,
		    f->n_group_sids);
	for (size_t i = 0; f != NULL && i < f->n_hosts; i++)
		(void)printf("host %s %u\n", f->hosts[i].name,
		    f->hosts[i].n_objects);
	for (size_t i = 0; f != NULL && i < f->n_group_sids; i++)
		(void)printf("sid %s\n", hex_of(&f->group_sids[i]));
	(void)puts("end");
	(void)fflush(stdout);
	funlockfile(stdout);
	facts_destroy(f);
}

static void
on_group(void *arg, enum facts_answer answer,
    const struct directory_group *group, const char *reason)
{
	(void)arg;
	flockfile(stdout);
	if (group == NULL)
		(void)printf("group %d: %s\n", (int)answer, reason);
	else
		(void)printf("group %s %s\n", group->dn, hex_of(&group->sid));
	(void)puts("end");
	(void)fflush(stdout);
	funlockfile(stdout);
}

static void
ask_facts(struct directory *d, char *words)
{
	struct directory_principal p = {.name = strtok(words, " ")};
	uint8_t sid[FACTS_SID_MAX];
	const char *hex;
	unsigned octet;

	p.first = strtok(NULL, " ");
	hex = strtok(NULL, " ");
	p.account = strtok(NULL, " ");
	for (; hex != NULL && sscanf(hex, "%2x", &octet) == 1 &&
	     p.sid_len < sizeof(sid);
	     hex += 2)
		sid[p.sid_len++] = (uint8_t)octet;
	p.sid = sid;
	if (p.name != NULL && p.first != NULL)
		(void)directory_ask_facts(d, &p, on_facts, NULL);
}

int
main(int argc, char **argv)
{
	static const char *const hosts[] = {"dNSHostName",
	    "msDS-AdditionalDnsHostName"};
	char line[1024], reason[DIRECTORY_REASON_SIZE];
	struct directory_config c = {
	    .bind = DIRECTORY_BIND_GSSAPI,
	    .principal_filter = "(|(userPrincipalName=%p)(sAMAccountName=%a))",
	    .hostname_attributes = {hosts, 2},
	    .group_attribute = "memberOf",
	    .timeout_s = 3,
	    .callbacks = {NULL, on_grants, on_controllers, on_state},
	};
	struct directory *d;

	if (argc < 6)
		return 2;
	c.uris = (struct directory_texts){(const char *const *)&argv[1], 1};
	c.base = argv[2];
	c.policy_base = argv[3];
	c.keytabs = (struct directory_texts){(const char *const *)&argv[4], 1};
	c.bind_principal = argv[5];
	c.ca_file = argv[6];
	c.start_tls = argc > 6 && strncmp(argv[1], "ldaps", 5) != 0;
	if (directory_create(&c, reason, &d) != 0) {
		(void)fprintf(stderr, "watch_ldap: %s\n", reason);
		return 1;
	}
	while (fgets(line, sizeof(line), stdin) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		if (strncmp(line, "facts ", 6) == 0)
			ask_facts(d, line + 6);
		else if (strncmp(line, "group ", 6) == 0)
			(void)directory_ask_group(d, line + 6, on_group, NULL);
	}
	directory_destroy(d);
	return 0;
}
