/*
 * own_names.h - what the directory's facts of an object are worth
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A computer can write its own dNSHostName, so a name counts as its own only
 * as ARCHITECTURE.md section 5 says.  That it is not the zone's apex, MNAME or
 * name server is looked at by policy/, which knows the zone.
 *
 * Threads: any.
 * Errors:  negative enum err.
 */
#ifndef SERVER_OWN_NAMES_H
#define SERVER_OWN_NAMES_H

#include <stddef.h>

#include "daemon/dns/name.h"
#include "daemon/identity/signer_facts.h"

struct facts;

/* Whose names do not count, and where names do. */
struct own_names_rules {
	const struct name *suffixes; /* names count only below these */
	size_t n_suffixes;
	const struct name *controllers; /* of domain controllers, sorted */
	size_t n_controllers;
};

/* Why a host name does not count, as static text; NULL: it does. */
const char *own_names_objection(const struct own_names_rules *rules,
    const struct facts *facts, size_t host);

/* Puts names in the order that struct own_names_rules wants. */
void own_names_sort(struct name *names, size_t n);

/*
 * The facts that policy/ may use; those of a disabled object tell nothing.  A
 * name that does not count grants nothing, and is no reason to say that no
 * other name is the object's: a denial may be meant for it.
 * What was found, and what of it does not count, goes to note_out as a line of
 * text to be freed.  ERR_NOMEM.
 */
int own_names_facts(const struct own_names_rules *rules,
    const struct facts *facts, struct signer_facts **facts_out,
    char **note_out);

#endif
