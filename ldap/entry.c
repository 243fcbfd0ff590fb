/*
 * entry.c - values of an entry that a search has found
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "ldap/entry.h"

/* libldap's own memory becomes the C library's, so that anybody frees it. */
char *
entry_dn(LDAP *ld, LDAPMessage *entry)
{
	char *dn = ldap_get_dn(ld, entry), *copy = NULL;

	if (dn != NULL)
		copy = strdup(dn);
	ldap_memfree(dn);
	return copy;
}

static char *
text_of(const struct berval *value)
{
	char *text = malloc(value->bv_len + 1);

	if (text == NULL)
		return NULL;
	memcpy(text, value->bv_val, value->bv_len);
	text[value->bv_len] = '\0';
	for (size_t i = 0; i < value->bv_len; i++) {
		if (text[i] == '\0')
			text[i] = '\n';
	}
	return text;
}

char *
entry_text(LDAP *ld, LDAPMessage *entry, const char *attribute)
{
	struct berval **values = ldap_get_values_len(ld, entry, attribute);
	char *text = NULL;

	if (values != NULL && values[0] != NULL)
		text = text_of(values[0]);
	ldap_value_free_len(values);
	return text;
}

bool
entry_has(LDAP *ld, LDAPMessage *entry, const char *attribute)
{
	struct berval **values = ldap_get_values_len(ld, entry, attribute);
	bool has = values != NULL && values[0] != NULL;

	ldap_value_free_len(values);
	return has;
}

bool
entry_uint(LDAP *ld, LDAPMessage *entry, const char *attribute,
    uint64_t *number_out)
{
	char *text = entry_text(ld, entry, attribute), *end = NULL;
	bool is_number = false;

	*number_out = 0;
	if (text != NULL && text[0] >= '0' && text[0] <= '9') {
		errno = 0;
		*number_out = strtoull(text, &end, 10);
		is_number = errno == 0 && *end == '\0';
	}
	free(text);
	return is_number;
}

static int
compare_texts(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

void
entry_free_texts(char **texts, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(texts[i]);
	free(texts);
}

bool
entry_texts(LDAP *ld, LDAPMessage *entry, const char *attribute,
    char ***texts_out, size_t *n_out)
{
	struct berval **values = ldap_get_values_len(ld, entry, attribute);
	size_t n = (size_t)ldap_count_values_len(values), i = 0;
	char **texts = calloc(n + 1, sizeof(*texts));

	*texts_out = NULL;
	*n_out = 0;
	for (; texts != NULL && i < n; i++) {
		texts[i] = text_of(values[i]);
		if (texts[i] == NULL)
			break;
	}
	ldap_value_free_len(values);
	if (texts == NULL || i < n) {
		entry_free_texts(texts, i);
		return false;
	}
	qsort(texts, n, sizeof(*texts), compare_texts);
	*texts_out = texts;
	*n_out = n;
	return true;
}

enum entry_flag
entry_flag(LDAP *ld, LDAPMessage *entry, const char *attribute)
{
	struct berval **values = ldap_get_values_len(ld, entry, attribute);
	enum entry_flag flag = ENTRY_FLAG_NEITHER;

	if (values == NULL || values[0] == NULL)
		flag = ENTRY_FLAG_ABSENT;
	else if (values[1] != NULL)
		flag = ENTRY_FLAG_NEITHER;
	else if (values[0]->bv_len == 4 &&
	    strncasecmp(values[0]->bv_val, "TRUE", 4) == 0)
		flag = ENTRY_FLAG_TRUE;
	else if (values[0]->bv_len == 5 &&
	    strncasecmp(values[0]->bv_val, "FALSE", 5) == 0)
		flag = ENTRY_FLAG_FALSE;
	ldap_value_free_len(values);
	return flag;
}

bool
entry_is_cut(LDAP *ld, LDAPMessage *entry, const char *attribute)
{
	size_t len = strlen(attribute);
	BerElement *ber = NULL;
	bool is_cut = false;
	char *name;

	name = ldap_first_attribute(ld, entry, &ber);
	while (name != NULL) {
		if (strncasecmp(name, attribute, len) == 0 && name[len] == ';')
			is_cut = true;
		ldap_memfree(name);
		name = ldap_next_attribute(ld, entry, ber);
	}
	ber_free(ber, 0);
	return is_cut;
}

static char *
guid_text(const struct berval *guid)
{
	const unsigned char *g = (const unsigned char *)guid->bv_val;
	char text[40];

	if (guid->bv_len != 16)
		return NULL;
	(void)snprintf(text, sizeof(text),
	    "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-"
	    "%02x%02x%02x%02x%02x%02x",
	    g[3], g[2], g[1], g[0], g[5], g[4], g[7], g[6], g[8], g[9], g[10],
	    g[11], g[12], g[13], g[14], g[15]);
	return strdup(text);
}

char *
entry_id(LDAP *ld, LDAPMessage *entry)
{
	struct berval **guids = ldap_get_values_len(ld, entry, "objectGUID");
	char *text = NULL;

	if (guids != NULL && guids[0] != NULL)
		text = guid_text(guids[0]);
	ldap_value_free_len(guids);
	if (text == NULL)
		text = entry_text(ld, entry, "entryUUID");
	return text;
}
