/*
 * facts.h - what the directory says of one principal
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Facts are of exactly one object; where none, several or a contradicting one
 * was found there are no facts, and the answer says which it was.
 *
 * Host names are plain: letters, digits, "-_.*", the final dot taken off, each
 * once without regard to case.  So two of them are the same domain name only
 * if they are the same text but for case; a value that is not like this is
 * left out, and so are those beyond FACTS_HOSTS_MAX, and is_host_missing says
 * that there are some.  Which of them count
 * (suffixes, controllers) is for the caller to say.
 *
 * Owns:    a struct facts owns all that it points to and never changes.
 * Threads: any.
 * Errors:  none.
 * Units:   none.
 */
#ifndef LDAP_FACTS_H
#define LDAP_FACTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FACTS_HOSTS_MAX 64
#define FACTS_GROUPS_MAX 1024
#define FACTS_SID_MAX 68

enum facts_answer {
	FACTS_FOUND,     /* one object, all of it known */
	FACTS_NONE,      /* no such object */
	FACTS_SEVERAL,   /* more than one object: none of them is meant */
	FACTS_DISAGREES, /* the object of that SID has another account name */
	FACTS_FAILED,    /* no answer: nothing is known, not even NONE */
};

struct facts_host {
	char *name;
	/*
	 * Objects that hold it in any host name attribute, and if this one is
	 * among them: it may have had it for a moment only.  It is its own if
	 * no other one is.
	 */
	unsigned n_objects;
	bool is_held;
};

struct facts_sid {
	uint8_t octets[FACTS_SID_MAX]; /* binary form, MS-DTYP 2.4.2.2 */
	size_t len;
};

/* Which list tells groups; the other one is empty and means nothing. */
enum facts_groups {
	FACTS_GROUPS_UNKNOWN, /* could not be read, or too many */
	FACTS_GROUPS_SIDS,    /* all of them, nested, primary group included */
	FACTS_GROUPS_DNS,     /* the same, by name */
};

struct facts {
	char *dn;
	char *id;      /* objectGUID or entryUUID as text; NULL: it has none */
	char *account; /* sAMAccountName, or NULL */
	bool is_disabled;
	bool is_controller; /* a domain controller, read-only ones included */

	struct facts_host *hosts;
	size_t n_hosts;
	bool is_host_missing;

	enum facts_groups groups;
	struct facts_sid *group_sids;
	size_t n_group_sids;
	char **group_dns; /* as the directory spells them */
	size_t n_group_dns;
};

/* NULL is fine. */
void facts_destroy(struct facts *f);

#endif
