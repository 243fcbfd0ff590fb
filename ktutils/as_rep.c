/*
 * as_rep.c - the ticket in a KDC's answer to a login
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include "ktutils/as_rep.h"

#define TAG_AS_REP 0x6b
#define TAG_SEQUENCE 0x30
#define TAG_FIELD 0xa0 /* and its number */
#define FIELD_TICKET 5

/* Octets not yet read. */
struct der {
	const uint8_t *at;
	size_t left;
};

/* Definite lengths of up to four octets; RFC 4120 has no others. */
static bool
take_length(struct der *d, size_t *len_out)
{
	size_t n, len = 0;

	if (d->left == 0)
		return false;
	n = *d->at++;
	d->left--;
	if (n < 0x80) {
		*len_out = n;
		return true;
	}
	n &= 0x7f;
	if (n == 0 || n > 4 || n > d->left)
		return false;
	d->left -= n;
	while (n-- > 0)
		len = len << 8 | *d->at++;
	*len_out = len;
	return true;
}

/* The next element: its tag, and what is in it. */
static bool
take(struct der *d, uint8_t *tag_out, struct der *inside_out)
{
	size_t len;

	if (d->left == 0)
		return false;
	*tag_out = *d->at++;
	d->left--;
	if (!take_length(d, &len) || len > d->left)
		return false;
	inside_out->at = d->at;
	inside_out->left = len;
	d->at += len;
	d->left -= len;
	return true;
}

/* Goes into the next element, which must be of that tag. */
static bool
enter(struct der *d, uint8_t tag)
{
	struct der inside;
	uint8_t got;

	if (!take(d, &got, &inside) || got != tag)
		return false;
	*d = inside;
	return true;
}

/* Goes into the field of that number of the sequence. */
static bool
enter_field(struct der *d, uint8_t number)
{
	struct der inside;
	uint8_t tag;

	while (take(d, &tag, &inside)) {
		if (tag != TAG_FIELD + number)
			continue;
		*d = inside;
		return true;
	}
	return false;
}

bool
as_rep_ticket(const uint8_t *octets, size_t len, const uint8_t **ticket_out,
    size_t *ticket_len_out)
{
	struct der d = {octets, len};

	*ticket_out = NULL;
	*ticket_len_out = 0;
	if (!enter(&d, TAG_AS_REP) || !enter(&d, TAG_SEQUENCE) ||
	    !enter_field(&d, FIELD_TICKET))
		return false;
	*ticket_out = d.at;
	*ticket_len_out = d.left;
	return true;
}
