/*
 * exchange.h - the messages of a client that gets in with its ticket
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * TKEY, a signed update, and whether their answers are authentic: the
 * client's side of RFC 3645, as fast as GSS-API goes.
 *
 * Owns:    nothing.
 * Threads: any.
 * Units:   octets; a message never has more than EXCHANGE_SIZE.
 */
#ifndef TESTS_BENCH_EXCHANGE_H
#define TESTS_BENCH_EXCHANGE_H

#include <gssapi/gssapi.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/base/arena.h"
#include "daemon/dns/message_read.h"

#define EXCHANGE_SIZE 4096
#define EXCHANGE_MAC_SIZE 64

/* A TKEY query in GSS-API mode with this token; its length. */
size_t exchange_tkey(uint8_t out[EXCHANGE_SIZE], const struct name *key,
    const gss_buffer_desc *token);

/*
 * An update as clients send it: the A RRset of h<number>.<zone> deleted, an A
 * RR added.
 */
size_t exchange_update(uint8_t out[EXCHANGE_SIZE], const struct name *zone,
    uint32_t number);

/* What an answer's MAC covers, too; len 0: nothing. */
struct exchange_mac {
	uint8_t octets[EXCHANGE_MAC_SIZE];
	size_t len;
};

/* Appends the TSIG to a message of len octets; the new length. */
size_t exchange_sign(gss_ctx_id_t gss, const struct name *key,
    uint8_t octets[EXCHANGE_SIZE], size_t len, struct exchange_mac *mac_out);

/* The token of a TKEY answer without error; false: it is none. */
bool exchange_token(const struct message *m, const uint8_t **token_out,
    size_t *len_out);

/* True if the answer has a TSIG of this context; request: NULL, for TKEY. */
bool exchange_is_authentic(gss_ctx_id_t gss, const struct message *m,
    const struct exchange_mac *request);

#endif
