/*
 * token.h - a token of Negotiate as text: base64 (RFC 4648 section 4)
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Owns:    nothing.
 * Threads: any.
 * Errors:  NULL: malformed, or no memory.
 */
#ifndef WEB_TOKEN_H
#define WEB_TOKEN_H

#include <stddef.h>

/* In a new allocation, ended. */
char *token_to_text(const void *octets, size_t len);

/* Octets in a new allocation; the padding has to be there, and no space. */
unsigned char *token_from_text(const char *text, size_t *len_out);

#endif
