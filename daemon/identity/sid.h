/*
 * sid.h - security identifiers of Active Directory (MS-DTYP 2.4.2)
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A SID names an account or a group; the one of a domain, with the relative
 * identifier (RID) of an account or group at its end, names that.
 *
 * Owns:    nothing; a SID is a value.
 * Threads: any.
 * Errors:  negative enum err.
 */
#ifndef IDENTITY_SID_H
#define IDENTITY_SID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/base/buf.h"

#define SID_SUBS_MAX 15
#define SID_LEN_MAX (8 + 4 * SID_SUBS_MAX) /* of the binary form */
#define SID_TEXT_SIZE 192 /* "S-1-0x", 12 digits, 15 times "-4294967295" */

struct sid {
	uint8_t authority[6]; /* network order */
	uint8_t n_subs;       /* 0 only as the base of one with a single one */
	uint32_t subs[SID_SUBS_MAX];
};

/*
 * Reads the binary form (MS-DTYP 2.4.2.2): revision, count, authority,
 * sub-authorities in little-endian order.
 * ERR_MALFORMED: too short, another revision than 1, or not 1 to 15 of them.
 */
int sid_read(struct reader *r, struct sid *sid_out);

/* Writes the binary form; returns its length. */
size_t sid_write(const struct sid *sid, uint8_t octets[SID_LEN_MAX]);

/*
 * "S-1-5-21-1-2-3-512" (MS-DTYP 2.4.2.1), all of text; an authority from 2^32
 * on is in hexadecimal.  ERR_MALFORMED.
 */
int sid_from_text(const char *text, struct sid *sid_out);

/* Into text[SID_TEXT_SIZE], which it returns. */
const char *sid_to_text(const struct sid *sid, char *text);

bool sid_equal(const struct sid *a, const struct sid *b);

/* base with rid at its end.  False: base is full; nothing is written. */
bool sid_join(const struct sid *base, uint32_t rid, struct sid *sid_out);

/* True if sid is base with one more at its end, which is put out. */
bool sid_is_below(const struct sid *sid, const struct sid *base,
    uint32_t *rid_out);

/* Takes the last sub-authority off and returns it; there must be one. */
uint32_t sid_split(struct sid *sid);

#endif
