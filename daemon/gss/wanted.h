/*
 * wanted.h - which principals the configuration lets accept
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Owns:    the parsed principals; refers to the krb5 context.
 * Threads: that of the krb5 context.
 * Errors:  negative enum err and a reason.
 */
#ifndef GSS_WANTED_H
#define GSS_WANTED_H

#include "daemon/gss/acceptor.h"

struct wanted {
	krb5_context krb5;
	krb5_principal *principals; /* n 0: any whose first component is DNS */
	size_t n;
};

/* ERR_MALFORMED: a principal that is none.  To be cleared in any case. */
int wanted_read(struct wanted *w, krb5_context krb5,
    const struct acceptor_config *config, struct reason *reason);
void wanted_clear(struct wanted *w);

bool wanted_has(const struct wanted *w, krb5_const_principal p);

#endif
