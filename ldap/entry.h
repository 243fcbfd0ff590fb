/*
 * entry.h - values of an entry that a search has found
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Owns:    what is returned is allocated, and the caller's to free.
 * Threads: one.
 * Errors:  NULL or 0: not there, or no memory, where nothing else is said.
 * Units:   lengths in octets.
 */
#ifndef LDAP_ENTRY_H
#define LDAP_ENTRY_H

#include <ldap.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

char *entry_dn(LDAP *ld, LDAPMessage *entry);

/* The first value. */
char *entry_text(LDAP *ld, LDAPMessage *entry, const char *attribute);
bool entry_has(LDAP *ld, LDAPMessage *entry, const char *attribute);
bool entry_uint(LDAP *ld, LDAPMessage *entry, const char *attribute,
    uint64_t *number_out);

/*
 * All values as texts, in the order of octets; one that is no text has its
 * octets 0 shown as '\n'.  False: no memory.
 */
bool entry_texts(LDAP *ld, LDAPMessage *entry, const char *attribute,
    char ***texts_out, size_t *n_out);
void entry_free_texts(char **texts, size_t n);

enum entry_flag {
	ENTRY_FLAG_ABSENT,
	ENTRY_FLAG_TRUE,
	ENTRY_FLAG_FALSE,
	ENTRY_FLAG_NEITHER, /* another value, or more than one */
};
enum entry_flag entry_flag(LDAP *ld, LDAPMessage *entry, const char *attribute);

/*
 * True if values of it come under another description: a range of them (an
 * Active Directory shows no more), or with a language.
 */
bool entry_is_cut(LDAP *ld, LDAPMessage *entry, const char *attribute);

/* objectGUID (as Microsoft writes it) or entryUUID. */
char *entry_id(LDAP *ld, LDAPMessage *entry);

#endif
