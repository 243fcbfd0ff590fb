/*
 * render.h - answers of the daemon as text for people
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * One function for each command, over the keys that kddnsctl(1) documents.  A
 * key that is missing or null shows as "-"; control characters as "?".
 *
 * Threads: one at a time.
 * Errors:  none; ask ferror().
 */
#ifndef CONTROL_RENDER_H
#define CONTROL_RENDER_H

#include <jansson.h>
#include <stdio.h>

void render_status(FILE *out, const json_t *result);
void render_zones(FILE *out, const json_t *result); /* of sync, reload, ... */
void render_zonestatus(FILE *out, const json_t *result);
void render_notify(FILE *out, const json_t *result);
void render_explain(FILE *out, const json_t *result);
void render_updates(FILE *out, const json_t *result);
void render_zone_purge(FILE *out, const json_t *result);
void render_check(FILE *out, const json_t *result); /* of store-check */
void render_nothing(FILE *out, const json_t *result);

/* One streamed line of updates --follow. */
void render_decision(FILE *out, const json_t *decision);

/* One streamed line of journal. */
void render_change(FILE *out, const json_t *change);

/* Text from the daemon, with control characters but tabs as "?". */
void render_text(FILE *out, const char *text);

#endif
