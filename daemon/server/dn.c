/*
 * dn.c - distinguished names that can be compared as texts
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/server/dn.h"

struct dn_reader {
	const char *at;
	char *out; /* three times as long as the DN */
	size_t len;
};

static const char *
skip_spaces(const char *at)
{
	while (*at == ' ')
		at++;
	return at;
}

static bool
read_type(struct dn_reader *r)
{
	size_t start = r->len;

	for (r->at = skip_spaces(r->at); isalnum((unsigned char)*r->at) != 0 ||
	     *r->at == '-' || *r->at == '.';
	     r->at++)
		r->out[r->len++] = (char)tolower((unsigned char)*r->at);
	r->at = skip_spaces(r->at);
	if (r->len == start || *r->at != '=')
		return false;
	r->at++;
	r->out[r->len++] = '=';
	return true;
}

static int
hex_digit(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *at = strchr(digits, tolower((unsigned char)c));

	return c == '\0' || at == NULL ? -1 : (int)(at - digits);
}

/* "\2c" or "\,"; -1: neither. */
static int
read_escape(struct dn_reader *r)
{
	int high = hex_digit(r->at[1]);

	if (r->at[1] == '\0')
		return -1;
	if (high >= 0 && hex_digit(r->at[2]) >= 0) {
		r->at += 3;
		return high * 16 + hex_digit(r->at[-1]);
	}
	r->at += 2;
	return (unsigned char)r->at[-1];
}

static void
put_octet(struct dn_reader *r, int octet)
{
	octet = octet < 0x80 ? tolower(octet) : octet;
	if (octet < ' ' || strchr(",+\"\\<>;=#", octet) != NULL)
		r->len +=
		    (size_t)sprintf(r->out + r->len, "\\%02x", (unsigned)octet);
	else
		r->out[r->len++] = (char)octet;
}

/* Several spaces are one, those at both ends none (RFC 4518 section 2.6.1). */
static bool
read_value(struct dn_reader *r)
{
	size_t start = r->len;
	bool has_space = false;
	int octet;

	while (*r->at != '\0' && strchr(",;+", *r->at) == NULL) {
		octet =
		    *r->at == '\\' ? read_escape(r) : (unsigned char)*r->at++;
		if (octet <= 0)
			return false;
		if (octet == ' ') {
			has_space = r->len > start;
			continue;
		}
		if (has_space)
			r->out[r->len++] = ' ';
		has_space = false;
		put_octet(r, octet);
	}
	return r->len > start;
}

char *
dn_normalize(const char *dn)
{
	struct dn_reader r = {.at = dn};
	size_t len = strlen(dn);

	r.out = malloc(3 * len + 4);
	if (r.out == NULL)
		return NULL;
	while (read_type(&r) && read_value(&r)) {
		if (*r.at == '\0') {
			r.out[r.len] = '\0';
			return r.out;
		}
		r.out[r.len++] = *r.at == '+' ? '+' : ',';
		r.at++;
	}
	free(r.out);
	return NULL;
}
