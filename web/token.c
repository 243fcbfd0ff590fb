/*
 * token.c - a token of Negotiate as text: base64 (RFC 4648 section 4)
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "web/token.h"

static const char digits[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

char *
token_to_text(const void *octets, size_t len)
{
	const unsigned char *s = octets;
	char *text = malloc(len / 3 * 4 + 5), *to = text;
	uint32_t bits;

	if (text == NULL)
		return NULL;
	for (size_t i = 0; i < len; i += 3) {
		size_t n = len - i < 3 ? len - i : 3;

		bits = (uint32_t)s[i] << 16;
		bits |= n > 1 ? (uint32_t)s[i + 1] << 8 : 0;
		bits |= n > 2 ? s[i + 2] : 0;
		*to++ = digits[bits >> 18];
		*to++ = digits[bits >> 12 & 63];
		*to++ = n > 1 ? digits[bits >> 6 & 63] : '=';
		*to++ = n > 2 ? digits[bits & 63] : '=';
	}
	*to = '\0';
	return text;
}

/* Four digits; how many octets they are, or 0: they are not base64. */
static size_t
decode_four(const char *four, unsigned char *out)
{
	size_t n = four[3] != '=' ? 3 : four[2] != '=' ? 2 : 1;
	uint32_t bits = 0;

	for (size_t i = 0; i < 4; i++) {
		const char *digit = i > n ? digits : strchr(digits, four[i]);

		if (digit == NULL || four[i] == '\0')
			return 0;
		bits = bits << 6 | (uint32_t)(digit - digits);
	}
	for (size_t i = 0; i < n; i++)
		out[i] = (unsigned char)(bits >> (16 - 8 * i));
	return n;
}

unsigned char *
token_from_text(const char *text, size_t *len_out)
{
	size_t len = strlen(text), at = 0, n = 3;
	unsigned char *octets;

	*len_out = 0;
	octets = len % 4 == 0 ? malloc(len / 4 * 3 + 1) : NULL;
	if (octets == NULL)
		return NULL;
	for (size_t i = 0; i < len; i += 4) {
		/* Only the last four may have less than three octets. */
		n = n < 3 ? 0 : decode_four(text + i, octets + at);
		at += n;
		if (n == 0) {
			free(octets);
			return NULL;
		}
	}
	*len_out = at;
	return octets;
}
