/*
 * rdata.h - RDATA: layouts, names inside, order, equality
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Layouts come from libknot's descriptors (names, fixed parts, the rest), so
 * every type that libknot knows is checked; others are opaque (RFC 3597).
 *
 * Owns:    nothing.
 * Threads: any.
 * Units:   octets.
 */
#ifndef DNS_RDATA_H
#define DNS_RDATA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/dns/name.h"
#include "daemon/dns/types.h"

struct arena;
struct reader;

#define RDATA_LEN_MAX 65535

struct rdata {
	const uint8_t *octets;
	uint16_t len;
};

/*
 * Reads len octets of RDATA at r's position in a message, checked against the
 * layout of the type.  Names that may be compressed (RFC 3597 section 4) are
 * expanded, in the arena then; otherwise *rdata_out points into the message.
 * ERR_MALFORMED, ERR_NOMEM.
 */
int rdata_read(struct reader *r, uint16_t type, uint16_t len, struct arena *a,
    struct rdata *rdata_out);

/*
 * True if rdata (no compressed names) follows the layout of its type: names
 * whole, fixed lengths right, A 4 and AAAA 16 octets, TXT made of strings,
 * nothing left over.
 */
bool rdata_is_valid(uint16_t type, const uint8_t *rdata, size_t len);

/*
 * RFC 4034 section 6.3 order of canonical forms: names in RDATA compared
 * without case for the types of section 6.2 (3), octets otherwise.  0: equal
 * as RFC 2136 section 1.1.1 means it.
 */
int rdata_compare(uint16_t type, const uint8_t *a, size_t a_len,
    const uint8_t *b, size_t b_len);

/*
 * The name that an RR of NS, CNAME, DNAME, PTR, MX, SRV, ... points to; NULL
 * for types that point nowhere (SOA too) and for empty RDATA.
 */
const uint8_t *rdata_target(uint16_t type, const uint8_t *rdata, size_t len);

/* SOA fields by their place; rdata must be valid. */
uint32_t soa_serial(const uint8_t *rdata, size_t len);
void soa_set_serial(uint8_t *rdata, size_t len, uint32_t serial);
uint32_t soa_refresh(const uint8_t *rdata, size_t len);
uint32_t soa_retry(const uint8_t *rdata, size_t len);
uint32_t soa_expire(const uint8_t *rdata, size_t len);
uint32_t soa_minimum(const uint8_t *rdata, size_t len);

/*
 * Text of one RDATA on one line, ended; in RFC 3597 form if the type is
 * unknown or the RDATA does not follow it.
 *
 * ERR_NOSPACE  size is too small (RDATA_TEXT_SIZE(len) is always enough)
 * ERR_NOMEM    only above 1000 octets
 */
int rdata_to_text(uint16_t type, const uint8_t *rdata, size_t len, char *text,
    size_t size);
#define RDATA_TEXT_SIZE(len) (5 * (size_t)(len) + 128)

#endif
