/*
 * name.h - domain names
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A name is its uncompressed wire form (RFC 1035 section 3.1), ending with the
 * root label, at most 255 octets.  The sender's case is kept; every comparison
 * is without it (RFC 4343).  Functions that take `const uint8_t *` take a
 * valid name of that form; what comes from outside is read by name_read().
 *
 * Owns:    nothing.
 * Threads: any.
 * Errors:  negative enum err.
 * Units:   octets, the root label's included.
 */
#ifndef DNS_NAME_H
#define DNS_NAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct reader;

#define NAME_LEN_MAX 255
#define NAME_LABELS_MAX 127 /* without the root label */
#define LABEL_LEN_MAX 63
#define NAME_POINTER_MAX 0x3fff /* the offsets that a pointer can say */
#define NAME_TEXT_SIZE 1025     /* presentation form, escaped, ended */

struct name {
	uint8_t len; /* of octets */
	uint8_t octets[NAME_LEN_MAX];
};

/* The root. */
extern const struct name name_root;

/*
 * Reads the name at r's position, following compression pointers through all
 * of r's octets (r->base is the message).  A pointer must point before the
 * place where this name, or the piece that pointed, began, so loops cannot be;
 * more pointers than a name has labels are malformed, so it stays cheap.
 * ERR_MALFORMED also for labels of unknown kind and more than 255 octets; r is
 * short then, so it may be asked once after several reads.  *name_out is the
 * root after a failure.
 */
int name_read(struct reader *r, struct name *name_out);

/* Length of the valid name at octets. */
size_t name_len(const uint8_t *octets);

/*
 * True if a whole valid uncompressed name stands at the start of the len
 * octets; *name_len_out is its length then.
 */
bool name_is_valid(const uint8_t *octets, size_t len, size_t *name_len_out);

/* Copies a valid name. */
void name_set(struct name *name, const uint8_t *octets);

/* Number of labels without the root label: 0 for the root. */
unsigned name_label_count(const uint8_t *octets);

/* The name without its n leftmost labels (a pointer into it); n at most their
 * count. */
const uint8_t *name_strip(const uint8_t *octets, unsigned n);

bool name_equal(const uint8_t *a, const uint8_t *b);

/* True if a is b or below b. */
bool name_is_below(const uint8_t *a, const uint8_t *b);

/* How many labels, counted from the root, a and b share. */
unsigned name_common_labels(const uint8_t *a, const uint8_t *b);

/* RFC 4034 section 6.1: <0, 0, >0. */
int name_compare(const uint8_t *a, const uint8_t *b);

/* Order of the first n octets of two names or parts of names, without case. */
int name_compare_octets(const uint8_t *a, const uint8_t *b, size_t n);

/* True if the leftmost label is "*" (RFC 4592). */
bool name_is_wildcard(const uint8_t *octets);

/* Lower-cases in place. */
void name_to_lower(uint8_t *octets);

/* A hash without case, for tables; not for an adversary's keys without a seed.
 */
uint64_t name_hash(const uint8_t *octets, uint64_t seed);

/*
 * RFC 1035 section 5.1 text: \DDD and \X escapes.  A name without a final dot
 * is relative to origin; origin NULL means the root, so both forms are whole
 * names then.  ERR_MALFORMED, or ERR_RANGE for a label or name too long.
 */
int name_from_text(const char *text, const struct name *origin,
    struct name *name_out);

/*
 * Absolute text with the final dot ("." for the root); everything but letters,
 * digits, '-', '_', '*' and '/' is escaped, as every zone file reader takes it.
 * Returns text.
 */
char *name_to_text(const uint8_t *octets, char text[NAME_TEXT_SIZE]);

/* The same without the final dot (but "." for the root): for log lines and
 * panels. */
char *name_to_log(const uint8_t *octets, char text[NAME_TEXT_SIZE]);

/*
 * prefix + suffix, e.g. "*" + closest encloser.  ERR_RANGE: over 255 octets.
 * prefix_len octets of whole labels without a root label.
 */
int name_join(const uint8_t *prefix, size_t prefix_len, const uint8_t *suffix,
    struct name *name_out);

#endif
