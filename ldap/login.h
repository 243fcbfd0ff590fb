/*
 * login.h - tickets for the directory, got with a keytab
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The ticket for the server itself is got here, too: so the bind, which
 * cannot be bounded while it talks to a KDC, finds all that it needs in the
 * ccache and talks to the server only.
 *
 * Owns:    a ccache in memory.
 * Threads: one, beside the errand's own.
 * Errors:  false with a line.
 * Units:   none.
 */
#ifndef LDAP_LOGIN_H
#define LDAP_LOGIN_H

#include <stdbool.h>
#include <stddef.h>

#include "ldap/directory.h"
#include "ldap/errand.h"
#include "ldap/line.h"

struct login;

/*
 * principal NULL: the account of this host ("NS1$"), else the first account
 * of a machine, else the first name of one component, which is what may log
 * in; in an Active Directory a service's name may not.  The texts are copied.
 * NULL: no memory.
 */
struct login *login_create(const char *const *keytabs, size_t n_keytabs,
    const char *principal);
void login_destroy(struct login *l); /* NULL is fine */

/*
 * Gets a ticket for ldap/host, unless there is one.  If the last errand is
 * still under way it is that one; let go of it with login_end() only.
 */
struct errand *login_begin(struct login *l, const char *host);

/*
 * Once it is done: whether the ticket is there.  for_host_out is false if the
 * errand was an older one, for another host, and it must begin again.
 */
bool login_end(struct login *l, const char *host, bool *for_host_out,
    char line[LINE_SIZE]);

/*
 * Has tickets got anew before they end; to be called now and then, while
 * nobody waits for login_begin().
 */
void login_renew(struct login *l);

/* Its name, which krb5_cc_resolve() takes. */
const char *login_ccache(const struct login *l);

/* For the calling thread's GSS-API. */
bool login_use(struct login *l, char line[LINE_SIZE]);

/* The server did not like it: the next time all tickets are got anew. */
void login_forget(struct login *l);

#endif
