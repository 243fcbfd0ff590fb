/*
 * kerberos.h - keytabs, contexts and negotiators of the server
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Owns:    acceptor, contexts and negotiators, for the server.
 * Threads: the main thread, or whoever reloads.
 * Errors:  negative enum err.
 */
#ifndef SERVER_KERBEROS_H
#define SERVER_KERBEROS_H

struct server;
struct settings;

/* Loads the keytabs and starts the negotiators. */
int kerberos_start(struct server *s, struct settings *settings);

/*
 * The keytabs of these settings from now on, as keytabs_use().  Contexts end
 * that could not be made any more: weak ones where they are refused, those of
 * a principal that may not accept or has no key.
 */
void kerberos_use_keytabs(struct server *s, struct settings *settings);

/* Bounds and lifetimes from now on, and whether tokens are kept. */
void kerberos_set_limits(struct server *s, const struct settings *settings);

/* Forgets contexts and half-open negotiations whose time is over. */
void kerberos_expire(struct server *s);

/* Finishes the legs that are queued and ends the negotiators. */
void kerberos_stop(struct server *s);

/* After all who use contexts. */
void kerberos_destroy(struct server *s);

#endif
