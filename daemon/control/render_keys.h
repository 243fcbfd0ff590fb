/*
 * render_keys.h - answers about keys, principals and counters, for people
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * As render.h.
 *
 * Threads: one at a time.
 * Errors:  none; ask ferror().
 */
#ifndef CONTROL_RENDER_KEYS_H
#define CONTROL_RENDER_KEYS_H

#include <jansson.h>
#include <stdio.h>

void render_tsig_list(FILE *out, const json_t *result);
void render_tsig_delete(FILE *out, const json_t *result);
void render_principals(FILE *out, const json_t *result);
void render_stats(FILE *out, const json_t *result);

#endif
