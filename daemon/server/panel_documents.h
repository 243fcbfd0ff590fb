/*
 * panel_documents.h - the documents of the panel, /api/v1/
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Threads: the panel's.
 */
#ifndef SERVER_PANEL_DOCUMENTS_H
#define SERVER_PANEL_DOCUMENTS_H

#include "web/web.h"

struct history;
struct server;

/* The argument of all documents. */
struct panel_source {
	struct server *server;
	struct history *history;
};

extern const struct web_document panel_documents[];

#endif
