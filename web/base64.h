/*
 * base64.h - octets as text and back (RFC 4648 section 4)
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Owns:    nothing.
 * Threads: any.
 * Errors:  NULL: malformed, or no memory.
 */
#ifndef WEB_BASE64_H
#define WEB_BASE64_H

#include <stddef.h>

/* In a new allocation, ended. */
char *base64_encode(const void *octets, size_t len);

/* Octets in a new allocation; the padding has to be there, and no space. */
unsigned char *base64_decode(const char *text, size_t *len_out);

#endif
