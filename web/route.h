/*
 * route.h - which part of the site a request is for
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Owns:    nothing; all of it is pure.
 * Threads: any.
 * Errors:  none.
 */
#ifndef WEB_ROUTE_H
#define WEB_ROUTE_H

#include <stdbool.h>
#include <stddef.h>

enum route_kind {
	ROUTE_NONE, /* 404 */
	ROUTE_FILE, /* of the page; "/" is the file "index.html" */
	ROUTE_DOCUMENT,
	ROUTE_METRICS,
	ROUTE_HEALTH,
};

#define ROUTE_NAME_SIZE 64
#define ROUTE_ITEM_SIZE 1024 /* a domain name as text, escaped */

struct route {
	enum route_kind kind;
	char name[ROUTE_NAME_SIZE]; /* of the file, of the document */
	char item[ROUTE_ITEM_SIZE]; /* behind the document's name, or "" */
};

/* For a path that is decoded already. */
void route_find(const char *path, struct route *route_out);

/*
 * True for a Host that only a browser on this machine can mean: localhost, or
 * a loopback address, with a port or not.  NULL is none.
 */
bool route_is_loopback_host(const char *host);

#endif
