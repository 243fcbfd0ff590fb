/*
 * verdicts.h - is all well, and if not, what is to be done
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Threads: any but a worker.
 * Errors:  NULL: no memory.
 */
#ifndef SERVER_VERDICTS_H
#define SERVER_VERDICTS_H

#include <jansson.h>

struct server;

/*
 * An array of {"level", "about", "text", "next"}, the worst first; level is
 * "error", "warning" or "ok".
 */
json_t *verdicts_json(struct server *s);

/*
 * An array of texts: why we do not serve as we should; empty: we do.  That is
 * a store that cannot be written, no key to accept tickets with, a zone that
 * is not loaded.
 */
json_t *verdicts_ailments(struct server *s);

#endif
