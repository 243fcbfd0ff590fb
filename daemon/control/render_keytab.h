/*
 * render_keytab.h - keys, KDCs and tickets, for people
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * As render.h.
 *
 * Threads: one at a time.
 * Errors:  none; ask ferror().
 */
#ifndef CONTROL_RENDER_KEYTAB_H
#define CONTROL_RENDER_KEYTAB_H

#include <jansson.h>
#include <stdio.h>

void render_keytab(FILE *out, const json_t *result);

#endif
