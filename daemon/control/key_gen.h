/*
 * key_gen.h - kddnsctl key-gen: a new shared secret, as a key {} statement
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Needs no daemon.  Names are kept to letters, digits, '-' and '_', so that
 * the statement means the same to every reader of named.conf's language.
 *
 * Owns:    nothing.
 * Threads: one at a time.
 * Errors:  negative enum err and a reason.
 */
#ifndef CONTROL_KEY_GEN_H
#define CONTROL_KEY_GEN_H

#include <jansson.h>
#include <stdio.h>

#include "daemon/base/reason.h"

/*
 * args: NAME [ALGORITHM], hmac-sha256 by default.  The result has name,
 * algorithm, secret (base64, as many octets as the MAC has: RFC 8945 section 6)
 * and warnings.
 *
 * ERR_MALFORMED    no domain name of that kind
 * ERR_UNSUPPORTED  no algorithm
 * ERR_CRYPTO       no random octets
 */
int key_gen(char *const *args, int n_args, json_t **result_out,
    struct reason *reason);

/* The result as the statement. */
void render_key(FILE *out, const json_t *result);

#endif
