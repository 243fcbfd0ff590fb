/*
 * tickets.h - first tokens of initiators, made before the clock starts
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * An initiator's first leg costs twice what the acceptor's does.  Made ahead
 * of time, the tokens show what the acceptor can do; they are good for the
 * clock skew, five minutes.  The ticket is that of $KRB5CCNAME for $SPN, or
 * in a realm of with_realm.sh, PC1's for DNS/ns1.ad.test.
 *
 * Owns:    tokens, and the contexts that were kept.
 * Threads: one; making them starts some of its own.
 * Errors:  says what is wrong and ends the program.
 */
#ifndef TESTS_BENCH_TICKETS_H
#define TESTS_BENCH_TICKETS_H

#include <gssapi/gssapi.h>
#include <stdbool.h>
#include <stddef.h>

struct ticket {
	gss_ctx_id_t gss; /* the initiator's context, if it was kept */
	gss_buffer_desc token;
};

struct tickets_wanted {
	size_t n;
	bool spnego;
	size_t keep_every; /* each so manieth context is kept; 0: none */
	unsigned n_threads;
};

struct ticket *tickets_make(const struct tickets_wanted *wanted);
void tickets_free(struct ticket *tickets, size_t n);

/* The acceptor's answer.  True: the initiator's context is established. */
bool ticket_finish(struct ticket *t, bool spnego, const void *token,
    size_t len);

#endif
