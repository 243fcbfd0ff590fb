/*
 * checking.h - what the parts of a check share
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * check.c goes through the parts in the order they have here; each adds to
 * the report.
 *
 * Owns:    a struct checking is check_run()'s.
 * Threads: one.
 * Errors:  findings; no memory is remembered by the builder.
 */
#ifndef KTUTILS_CHECKING_H
#define KTUTILS_CHECKING_H

#include <krb5.h>

#include "ktutils/builder.h"
#include "ktutils/check.h"

struct checking {
	const struct check_request *request;
	struct builder b;
	krb5_context krb5;  /* NULL: krb5.conf is broken */
	struct keytab *all; /* of all files; all->entries[i] is the report's */
	time_t now;
	int64_t deadline; /* on the clock of exchange_now_ms() */
};

/* check_file.c: the files are read. */
void check_files(struct checking *c);

/* check_entry.c: which SPNs are wanted, and what the entries are worth. */
void check_entries(struct checking *c);

/* check_conf.c: krb5.conf, and the ccaches. */
void check_conf(struct checking *c);
void check_ccaches(struct checking *c);

/* check_online.c: KDCs, logins, tickets. */
void check_online(struct checking *c);

/*
 * check_spn.c: what a ticket for an SPN, or an error instead of one, says; and
 * after all that, which SPNs have no entry.
 */
void check_spn_ticket(struct checking *c, struct report_spn *s,
    const krb5_ticket *ticket);
void check_spn_refused(struct checking *c, struct report_spn *s,
    krb5_error_code code, const char *reason);
void check_spns(struct checking *c);

/* The realm of the keytab, for names without one: never NULL. */
const char *check_realm(const struct checking *c);

/* True if the principal is one of the request's acceptors. */
bool check_is_acceptor(const struct checking *c, const char *principal);

/*
 * The newest entry of the principal, or NULL; with a strong key, if it has one
 * of that kvno.
 */
const struct keytab_entry *check_newest_of(const struct checking *c,
    const char *principal);

#endif
