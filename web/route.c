/*
 * route.c - which part of the site a request is for
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "web/route.h"

#define API "/api/v1/"

/* Copies len octets if they fit; false: they do not, or there are none. */
static bool
copy(char *out, size_t size, const char *text, size_t len)
{
	if (len == 0 || len >= size)
		return false;
	memcpy(out, text, len);
	out[len] = '\0';
	return true;
}

/* NAME, or NAME/ITEM; an item may hold any octets but the end. */
static enum route_kind
find_document(const char *rest, struct route *r)
{
	size_t len = strcspn(rest, "/");

	if (!copy(r->name, sizeof(r->name), rest, len))
		return ROUTE_NONE;
	if (rest[len] == '\0')
		return ROUTE_DOCUMENT;
	rest += len + 1;
	return copy(r->item, sizeof(r->item), rest, strlen(rest))
	    ? ROUTE_DOCUMENT
	    : ROUTE_NONE;
}

void
route_find(const char *path, struct route *route_out)
{
	struct route *r = route_out;

	memset(r, 0, sizeof(*r));
	if (strcmp(path, "/metrics") == 0) {
		r->kind = ROUTE_METRICS;
	} else if (strcmp(path, "/healthz") == 0) {
		r->kind = ROUTE_HEALTH;
	} else if (strcmp(path, "/") == 0) {
		r->kind = ROUTE_FILE;
		(void)snprintf(r->name, sizeof(r->name), "index.html");
	} else if (strncmp(path, API, sizeof(API) - 1) == 0) {
		r->kind = find_document(path + sizeof(API) - 1, r);
	} else if (path[0] == '/' &&
	    copy(r->name, sizeof(r->name), path + 1, strlen(path + 1))) {
		r->kind = ROUTE_FILE;
	}
}

/* The host of HOST[:PORT] or [ADDRESS][:PORT]; false: it is neither. */
static bool
split_host(const char *text, char *host, size_t size)
{
	size_t len;
	const char *rest;

	if (text[0] == '[') {
		len = strcspn(++text, "]");
		if (text[len] != ']')
			return false;
		rest = text + len + 1;
	} else {
		len = strcspn(text, ":");
		rest = text + len;
	}
	if (rest[0] == ':')
		rest += 1 + strspn(rest + 1, "0123456789");
	return rest[0] == '\0' && copy(host, size, text, len);
}

bool
route_is_loopback_host(const char *host)
{
	char text[64];
	struct in6_addr a6;
	struct in_addr a4;

	if (host == NULL || !split_host(host, text, sizeof(text)))
		return false;
	if (strcasecmp(text, "localhost") == 0)
		return true;
	if (inet_pton(AF_INET, text, &a4) == 1)
		return ntohl(a4.s_addr) >> 24 == 127;
	return host[0] == '[' && inet_pton(AF_INET6, text, &a6) == 1 &&
	    IN6_IS_ADDR_LOOPBACK(&a6);
}
