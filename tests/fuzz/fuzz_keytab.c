/*
 * fuzz_keytab.c - keytabs, beside libkrb5's reading of them
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <krb5.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "ktutils/keytab.h"
#include "tests/fuzz/fuzz.h"

/* All of an entry lies inside its record. */
static void
check_entry(const struct keytab_entry *e)
{
	MUST(e->key_len > 0 && e->key > e->record &&
	    e->key + e->key_len <= e->record + e->record_len);
	MUST(e->realm_at > 0 && e->realm_at < strlen(e->principal));
	MUST(e->principal[e->realm_at - 1] == '@');
	MUST(strlen(e->fingerprint) == KEYTAB_FINGERPRINT_SIZE - 1);
}

static void
check_same(krb5_context krb5, const krb5_keytab_entry *theirs,
    const struct keytab_entry *ours)
{
	char *principal;

	MUST(krb5_unparse_name(krb5, theirs->principal, &principal) == 0);
	MUST(strcmp(principal, ours->principal) == 0);
	krb5_free_unparsed_name(krb5, principal);
	MUST(theirs->vno == ours->kvno);
	MUST(theirs->key.enctype == ours->enctype);
	MUST(theirs->key.length == ours->key_len);
	MUST(memcmp(theirs->key.contents, ours->key, ours->key_len) == 0);
}

/* What we take, libkrb5 takes, too, and as the same. */
static void
check_beside_libkrb5(krb5_context krb5, krb5_keytab keytab,
    const struct keytab *k)
{
	krb5_kt_cursor cursor;
	krb5_keytab_entry e;
	size_t n = 0;

	MUST(krb5_kt_start_seq_get(krb5, keytab, &cursor) == 0);
	while (krb5_kt_next_entry(krb5, keytab, &e, &cursor) == 0) {
		MUST(n < k->n);
		check_same(krb5, &e, &k->entries[n++]);
		(void)krb5_free_keytab_entry_contents(krb5, &e);
	}
	MUST(n == k->n);
	(void)krb5_kt_end_seq_get(krb5, keytab, &cursor);
}

static void
ask_libkrb5(const uint8_t *data, size_t size, const struct keytab *k)
{
	static krb5_context krb5;
	int fd = memfd_create("keytab", MFD_CLOEXEC);
	krb5_keytab keytab;
	char name[64];

	if (krb5 == NULL)
		MUST(krb5_init_context(&krb5) == 0);
	MUST(fd != -1 && write(fd, data, size) == (ssize_t)size);
	(void)snprintf(name, sizeof(name), "FILE:/proc/self/fd/%d", fd);
	MUST(krb5_kt_resolve(krb5, name, &keytab) == 0);
	check_beside_libkrb5(krb5, keytab, k);
	(void)krb5_kt_close(krb5, keytab);
	(void)close(fd);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char reason[KEYTAB_REASON_SIZE];
	struct keytab *k, *again;
	uint8_t *octets;
	size_t len;

	if (keytab_parse(data, size, reason, &k) != 0) {
		MUST(k == NULL && reason[0] != '\0');
		return 0;
	}
	for (size_t i = 0; i < k->n; i++)
		check_entry(&k->entries[i]);
	ask_libkrb5(data, size, k);
	octets = keytab_compose(k, &len);
	MUST(octets != NULL && len <= size);
	MUST(keytab_parse(octets, len, reason, &again) == 0);
	MUST(again->n == k->n);
	keytab_destroy(again);
	free(octets);
	keytab_destroy(k);
	return 0;
}
