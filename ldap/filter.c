/*
 * filter.c - search filters made from texts of strangers (RFC 4515)
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <stdlib.h>
#include <string.h>

#include "ldap/filter.h"

static bool
is_harmless(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9') ||
	    (c != '\0' && strchr("-_.@/:$", c) != NULL);
}

void
filter_put(FILE *out, const void *value, size_t len)
{
	const unsigned char *octets = value;

	for (size_t i = 0; i < len; i++) {
		if (is_harmless(octets[i]))
			(void)fputc(octets[i], out);
		else
			(void)fprintf(out, "\\%02x", octets[i]);
	}
}

bool
filter_is_plain(const char *text)
{
	size_t len = strlen(text);

	if (len == 0 || text[0] == ' ' || text[len - 1] == ' ')
		return false;
	for (size_t i = 0; i < len; i++) {
		if (text[i] < ' ' || text[i] > '~')
			return false;
		if (text[i] == ' ' && text[i + 1] == ' ')
			return false;
	}
	return true;
}

/* The filter's own grammar is the library's to check; this finds slips. */
bool
filter_check(const char *pattern, char line[LINE_SIZE])
{
	int depth = 0;

	for (const char *p = pattern; *p != '\0'; p++) {
		if (*p == '(')
			depth++;
		else if (*p == ')')
			depth--;
		else if (*p == '%') {
			p++;
			if (*p == '\0' || strchr("pah%", *p) == NULL) {
				line_set(line, "%%%s is not %%p, %%a or %%h",
				    p);
				return false;
			}
		}
		if (depth < 0 || (depth == 0 && p[1] != '\0')) {
			line_set(line, "not one filter in parentheses");
			return false;
		}
	}
	if (depth != 0 || pattern[0] == '\0')
		line_set(line, "parentheses do not match");
	return depth == 0 && pattern[0] != '\0';
}

static bool
asks_for_host(const char *pattern)
{
	for (const char *p = pattern; (p = strchr(p, '%')) != NULL; p += 2)
		if (p[1] == 'h')
			return true;
	return false;
}

static void
put_value(FILE *out, char which, const struct filter_values *v, bool is_service)
{
	const char *first = v->host == NULL || is_service ? v->first : NULL;
	const char *text = which == 'p' ? v->principal
	    : which == 'a'              ? first
					: v->host;

	if (text == NULL)
		filter_put(out, "", 1); /* the octet 0 */
	else
		filter_put(out, text, strlen(text));
}

char *
filter_expand(const char *pattern, const struct filter_values *values)
{
	bool is_service = asks_for_host(pattern);
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (out == NULL)
		return NULL;
	for (const char *p = pattern; *p != '\0'; p++) {
		if (*p != '%')
			(void)fputc(*p, out);
		else if (*++p == '%')
			(void)fputc('%', out);
		else
			put_value(out, *p, values, is_service);
	}
	if (fclose(out) != 0) {
		free(text);
		return NULL;
	}
	return text;
}
