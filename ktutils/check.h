/*
 * check.h - will these keytabs do, and if not, why and what then
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Offline: files, entries, krb5.conf and ccaches.  Online: KDCs are found and
 * probed, an account logs in with a key of the keytab, and a service ticket for
 * each SPN shows the KDC's kvno and enctype, and if a key of ours opens it.
 * Messages are made and read by libkrb5 and carried by us, so no KDC and no
 * name server can hold a check up beyond its deadline.
 *
 * A wrong key counts as a wrong password, which may lock the account.  So only
 * accounts log in, and an SPN only if none of them could; each once in a check.
 *
 * Owns:    nothing after a call but the report.
 * Threads: any, which must be able to wait; a check is for one thread.
 * Errors:  what is wrong is in the report; -1 with a line in reason if there
 *          is none.
 */
#ifndef KTUTILS_CHECK_H
#define KTUTILS_CHECK_H

#include "ktutils/access.h"
#include "ktutils/report.h"

#define CHECK_TIMEOUT_MS 3000
#define CHECK_DEADLINE_MS 20000

struct check_texts {
	const char *const *items;
	size_t n;
};

/* A login that has failed with a key that is still the same. */
struct check_wrong_key {
	const char *principal;
	const char *reason;
};

struct check_request {
	struct check_texts keytabs; /* "FILE:/path" or "/path" */
	/*
	 * What clients will ask for: host names (SOA MNAME, NS, this host),
	 * "DNS/host" or whole principals; doubles are fine.  Without any,
	 * those of DNS/ that the keytab has.
	 */
	struct check_texts spns;
	const char *realm; /* of SPNs without one; NULL: the keytab's own */
	/*
	 * Principals whose keys accept for any SPN, as kddnsd.conf's acceptor;
	 * none: only an SPN's own entry will do.
	 */
	struct check_texts acceptors;
	const struct access_user *user; /* who must read them; NULL: we */
	struct check_texts
	    ccaches; /* with tickets that must not end: "MEMORY:x" */

	bool is_online;
	/*
	 * Whose keys the SPNs' are, where an SPN cannot log in (AD): "dns-ns1".
	 * NULL: accounts of the keytab, then SPNs.
	 */
	const char *account;
	/* Not tried again, and reported as they were. */
	const struct check_wrong_key *wrong_keys;
	size_t n_wrong_keys;
	unsigned timeout_ms;  /* a KDC's for one message; 0: CHECK_TIMEOUT_MS */
	unsigned deadline_ms; /* for all of it; 0: CHECK_DEADLINE_MS */
	int stop_fd; /* readable: KDCs are not to be waited for; 0: none */
};

int check_run(const struct check_request *request,
    char reason[KEYTAB_REASON_SIZE], struct report **report_out);

#endif
