/*
 * keytab.h - the entries of a keytab, from its octets and back
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * MIT's file format, version 5.2, read by ourselves: libkrb5 waits without
 * limit for a locked file, stops in silence at damage, and forgets when an
 * entry was written once it is copied.  An entry keeps the octets that it was
 * read from, so what is written again is what was read.
 *
 * Owns:    a struct keytab owns all its octets; they hold keys, and are wiped.
 * Threads: any; one at a time for the same keytab.
 * Errors:  0, or -1 with a line in reason.
 * Units:   sizes in octets, times as time(2).
 */
#ifndef KTUTILS_KEYTAB_H
#define KTUTILS_KEYTAB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#define KEYTAB_REASON_SIZE 512
#define KEYTAB_MAX_LEN ((size_t)16 * 1024 * 1024)
#define KEYTAB_FINGERPRINT_SIZE 17

struct keytab_entry {
	char *principal; /* whole, as krb5_unparse_name() writes it */
	size_t realm_at; /* where in principal its realm starts */
	bool is_service; /* more than one component: "DNS/ns1..." */
	uint32_t kvno;
	int32_t enctype;
	time_t written;
	/* The first 8 octets of the key's SHA-256, as hex. */
	char fingerprint[KEYTAB_FINGERPRINT_SIZE];

	uint8_t *record; /* what the file has between two lengths */
	size_t record_len;
	const uint8_t *key; /* in record */
	size_t key_len;
};

struct keytab {
	struct keytab_entry *entries; /* in the order of the file */
	size_t n;
};

/*
 * Reads the octets of a file; places that were deleted are passed over.  -1:
 * not a keytab of version 5.2, or damaged; reason says where.
 */
int keytab_parse(const uint8_t *octets, size_t len,
    char reason[KEYTAB_REASON_SIZE], struct keytab **keytab_out);

struct keytab *keytab_create(void); /* without entries; NULL: no memory */

/* Wipes and frees; NULL is fine. */
void keytab_destroy(struct keytab *k);

/* Puts a copy of the entry behind the others.  -1: no memory. */
int keytab_append(struct keytab *k, const struct keytab_entry *e);

/*
 * The octets of a file with these entries, to be wiped and freed by the
 * caller.  NULL: no memory.
 */
uint8_t *keytab_compose(const struct keytab *k, size_t *len_out);

/* The same principal, kvno and enctype. */
bool keytab_entry_is_same(const struct keytab_entry *a,
    const struct keytab_entry *b);

bool keytab_key_is_same(const struct keytab_entry *a,
    const struct keytab_entry *b);

/*
 * True if a's key is newer than b's, of the same principal: the larger kvno,
 * unless a small one was written later than one near 255, which is where some
 * KDCs start again (as libkrb5 decides).
 */
bool keytab_entry_is_newer(const struct keytab_entry *a,
    const struct keytab_entry *b);

/* The newest entry of e's principal, e itself if it is that. */
const struct keytab_entry *keytab_newest(const struct keytab *k,
    const struct keytab_entry *e);

#endif
