/*
 * assets.h - the files of the page, which are part of the program
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * assets_data.c is made from web/assets/ by web/embed.sh when the program is
 * built.
 *
 * Owns:    nothing; all of it is constant.
 * Threads: any.
 * Errors:  none.
 */
#ifndef WEB_ASSETS_H
#define WEB_ASSETS_H

#include <stddef.h>

struct asset {
	const char *name; /* "style.css" */
	const char *type; /* as the Content-Type of HTTP */
	const char *etag; /* "\"...\"", made from the octets */
	const unsigned char *octets;
	size_t len;
};

extern const struct asset assets[]; /* ended by a NULL name */

/* The one with this name, or NULL. */
const struct asset *asset_find(const char *name);

#endif
