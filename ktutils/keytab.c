/*
 * keytab.c - the entries of a keytab, from its octets and back
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A file is 05 02, then entries, each behind its length as a signed number of
 * four octets.  A negative one is a hole of that size, 0 is the end.  An entry:
 *
 *   number of components (2), realm, components (each behind 2 of length),
 *   name type (4), time (4), kvno (1), enctype (2), key (behind 2 of length),
 *   and where there are four octets more, the kvno again, whole.
 */
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ktutils/keytab.h"

#define VERSION_LEN 2
#define LENGTH_LEN 4

static const uint8_t version[VERSION_LEN] = {5, 2};

/* --- Reading --- */

/* Octets not yet read; remembers that there were too few. */
struct cursor {
	const uint8_t *at;
	size_t left;
	bool is_short;
};

static const uint8_t *
take(struct cursor *c, size_t len)
{
	const uint8_t *at = c->at;

	if (c->is_short || len > c->left) {
		c->is_short = true;
		return NULL;
	}
	c->at += len;
	c->left -= len;
	return at;
}

static uint32_t
take_number(struct cursor *c, size_t len)
{
	const uint8_t *p = take(c, len);
	uint32_t n = 0;

	for (size_t i = 0; p != NULL && i < len; i++)
		n = n << 8 | p[i];
	return n;
}

/* Octets behind their length; libkrb5 takes none of length 0, nor of 2^15. */
static const uint8_t *
take_counted(struct cursor *c, size_t *len_out)
{
	uint32_t len = take_number(c, 2);

	*len_out = len;
	if (len == 0 || len > INT16_MAX)
		c->is_short = true;
	return take(c, len);
}

/* One component or the realm, as krb5_unparse_name() quotes it. */
static void
quote(FILE *out, const uint8_t *octets, size_t len)
{
	static const char special[] = "\n\t\b\0/@\\";
	static const char letters[] = "ntb0/@\\";

	for (size_t i = 0; i < len; i++) {
		const char *s = memchr(special, octets[i], sizeof(letters) - 1);

		if (s != NULL)
			(void)fprintf(out, "\\%c", letters[s - special]);
		else
			(void)fputc(octets[i], out);
	}
}

/* The principal's components, '/' between them, then '@' and the realm. */
static void
read_names(struct cursor *c, struct keytab_entry *e, FILE *out)
{
	uint32_t n = take_number(c, 2);
	size_t realm_len, len;
	const uint8_t *realm = take_counted(c, &realm_len);

	for (uint32_t i = 0; i < n && !c->is_short; i++) {
		const uint8_t *component = take_counted(c, &len);

		if (component == NULL)
			break;
		if (i > 0)
			(void)fputc('/', out);
		quote(out, component, len);
	}
	if (n == 0 || n > INT16_MAX)
		c->is_short = true;
	if (c->is_short)
		return;
	e->is_service = n > 1;
	(void)fputc('@', out);
	(void)fflush(out);
	e->realm_at = (size_t)ftell(out);
	quote(out, realm, realm_len);
}

/* False: no memory; a name that is cut short is remembered by the cursor. */
static bool
read_principal(struct cursor *c, struct keytab_entry *e)
{
	size_t len;
	FILE *out = open_memstream(&e->principal, &len);

	if (out == NULL)
		return false;
	read_names(c, e, out);
	return fclose(out) == 0;
}

static bool
set_fingerprint(struct keytab_entry *e)
{
	unsigned char digest[EVP_MAX_MD_SIZE];

	if (EVP_Digest(e->key, e->key_len, digest, NULL, EVP_sha256(), NULL) !=
	    1)
		return false;
	for (size_t i = 0; i < (sizeof(e->fingerprint) - 1) / 2; i++)
		(void)sprintf(e->fingerprint + 2 * i, "%02x", digest[i]);
	return true;
}

enum reading {
	READ_OK,
	READ_SHORT, /* the record ends before the entry does */
	READ_FAILED,
};

/* What stands in e's record. */
static enum reading
read_record(struct keytab_entry *e)
{
	struct cursor c = {e->record, e->record_len, false};

	if (!read_principal(&c, e))
		return READ_FAILED;
	(void)take_number(&c, 4); /* name type */
	e->written = take_number(&c, 4);
	e->kvno = take_number(&c, 1);
	e->enctype = (int16_t)take_number(&c, 2);
	e->key = take_counted(&c, &e->key_len);
	if (c.is_short)
		return READ_SHORT;
	if (c.left >= 4) {
		uint32_t whole = take_number(&c, 4);

		if (whole != 0)
			e->kvno = whole;
	}
	return set_fingerprint(e) ? READ_OK : READ_FAILED;
}

static void
entry_clear(struct keytab_entry *e)
{
	if (e->record != NULL)
		explicit_bzero(e->record, e->record_len);
	free(e->record);
	free(e->principal);
	memset(e, 0, sizeof(*e));
}

/* Puts the entry of this record behind the others. */
static enum reading
add_record(struct keytab *k, const uint8_t *record, size_t len)
{
	struct keytab_entry e = {.record_len = len};
	enum reading got;

	/* Room for 1, 2, 4, 8... */
	if ((k->n & (k->n - 1)) == 0) {
		size_t room = k->n == 0 ? 1 : 2 * k->n;
		void *more =
		    reallocarray(k->entries, room, sizeof(*k->entries));

		if (more == NULL)
			return READ_FAILED;
		k->entries = more;
	}
	e.record = malloc(len + 1);
	if (e.record == NULL)
		return READ_FAILED;
	memcpy(e.record, record, len);
	got = read_record(&e);
	if (got == READ_OK)
		k->entries[k->n++] = e;
	else
		entry_clear(&e);
	return got;
}

static int
refuse(char reason[KEYTAB_REASON_SIZE], size_t at, const char *why)
{
	(void)snprintf(reason, KEYTAB_REASON_SIZE, "entry at octet %zu %s", at,
	    why);
	return -1;
}

/* All entries behind the version. */
static int
read_entries(struct keytab *k, struct cursor *c, size_t whole,
    char reason[KEYTAB_REASON_SIZE])
{
	while (c->left > 0) {
		size_t at = whole - c->left;
		int64_t len = (int32_t)take_number(c, LENGTH_LEN);
		const uint8_t *record;

		if (!c->is_short && len == 0)
			return 0;
		record = take(c, (size_t)(len < 0 ? -len : len));
		if (record == NULL)
			return refuse(reason, at, "is cut off");
		if (len < 0)
			continue; /* deleted */
		switch (add_record(k, record, (size_t)len)) {
		case READ_OK:
			break;
		case READ_SHORT:
			return refuse(reason, at, "is damaged");
		case READ_FAILED:
			return refuse(reason, at, "cannot be held: no memory");
		}
	}
	return 0;
}

int
keytab_parse(const uint8_t *octets, size_t len, char reason[KEYTAB_REASON_SIZE],
    struct keytab **keytab_out)
{
	struct cursor c = {octets, len, false};
	const uint8_t *v = take(&c, VERSION_LEN);
	struct keytab *k = NULL;
	int ret = -1;

	*keytab_out = NULL;
	if (v == NULL || memcmp(v, version, VERSION_LEN) != 0) {
		(void)snprintf(reason, KEYTAB_REASON_SIZE, "%s",
		    len == 0 ? "the file is empty"
			     : "it does not begin as a keytab (05 02)");
		goto done;
	}
	k = keytab_create();
	if (k == NULL) {
		(void)snprintf(reason, KEYTAB_REASON_SIZE, "no memory");
		goto done;
	}
	ret = read_entries(k, &c, len, reason);
	if (ret != 0)
		goto done;
	*keytab_out = k;
	k = NULL;
done:
	keytab_destroy(k);
	return ret;
}

/* --- Making and writing --- */

struct keytab *
keytab_create(void)
{
	return calloc(1, sizeof(struct keytab));
}

void
keytab_destroy(struct keytab *k)
{
	if (k == NULL)
		return;
	for (size_t i = 0; i < k->n; i++)
		entry_clear(&k->entries[i]);
	free(k->entries);
	free(k);
}

int
keytab_append(struct keytab *k, const struct keytab_entry *e)
{
	return add_record(k, e->record, e->record_len) == READ_OK ? 0 : -1;
}

uint8_t *
keytab_compose(const struct keytab *k, size_t *len_out)
{
	size_t len = VERSION_LEN;
	uint8_t *octets, *at;

	*len_out = 0;
	for (size_t i = 0; i < k->n; i++)
		len += LENGTH_LEN + k->entries[i].record_len;
	octets = malloc(len);
	if (octets == NULL)
		return NULL;
	at = mempcpy(octets, version, VERSION_LEN);
	for (size_t i = 0; i < k->n; i++) {
		const struct keytab_entry *e = &k->entries[i];

		for (int shift = 24; shift >= 0; shift -= 8)
			*at++ = (uint8_t)(e->record_len >> shift);
		at = mempcpy(at, e->record, e->record_len);
	}
	*len_out = len;
	return octets;
}

/* --- Comparing --- */

bool
keytab_entry_is_same(const struct keytab_entry *a, const struct keytab_entry *b)
{
	return a->kvno == b->kvno && a->enctype == b->enctype &&
	    strcmp(a->principal, b->principal) == 0;
}

bool
keytab_key_is_same(const struct keytab_entry *a, const struct keytab_entry *b)
{
	return a->enctype == b->enctype && a->key_len == b->key_len &&
	    memcmp(a->key, b->key, a->key_len) == 0;
}

bool
keytab_entry_is_newer(const struct keytab_entry *a,
    const struct keytab_entry *b)
{
	if (a->kvno < 128 && b->kvno > 240 && a->written >= b->written)
		return true;
	if (b->kvno < 128 && a->kvno > 240 && b->written >= a->written)
		return false;
	return a->kvno > b->kvno;
}

const struct keytab_entry *
keytab_newest(const struct keytab *k, const struct keytab_entry *e)
{
	const struct keytab_entry *newest = e;

	for (size_t i = 0; i < k->n; i++)
		if (strcmp(k->entries[i].principal, e->principal) == 0 &&
		    keytab_entry_is_newer(&k->entries[i], newest))
			newest = &k->entries[i];
	return newest;
}
