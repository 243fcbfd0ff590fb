/*
 * documents.h - what the daemon tells of itself, as JSON
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Made from snapshots, for kddnsctl and the panel alike; the keys are
 * documented in kddnsctl(1).  No document has a secret.
 *
 * Threads: any but a worker.
 * Errors:  NULL: no memory; lists return a negative enum err, or what ended
 *          them.
 */
#ifndef SERVER_DOCUMENTS_H
#define SERVER_DOCUMENTS_H

#include <jansson.h>

struct decision;
struct explanation;
struct name;
struct principal;
struct server;
struct store_zone;

/* A text; if it is not UTF-8 with its octets escaped as in the log. */
json_t *document_text(const char *text);

/* As the log writes them. */
json_t *document_name(const struct name *name);
json_t *document_principal_text(struct principal *p);

json_t *document_status(struct server *s);
json_t *document_stats(struct server *s);

/* Of the keys in use, and of the files they came from. */
json_t *document_keytab(struct server *s);

/* The same, each key, and what is known of them, of KDCs and of tickets. */
json_t *document_health(struct server *s);

/* Tickets that the daemon got for itself. */
json_t *document_tickets(struct server *s);

/* A row of a table of zones; done NULL: how the zone is, else what was done. */
json_t *document_zone_row(struct store_zone *z, const char *done);

/* All of one zone. */
json_t *document_zone(struct server *s, struct store_zone *z);

/* An array of them. */
json_t *document_secondaries(struct store_zone *z);

/* An array: the rules of its update-policy in order, as text. */
json_t *document_rules(struct server *s, const struct store_zone *z);

json_t *document_decision(const struct decision *x);
json_t *document_explanation(const struct explanation *x);

/* Takes a row of a list; other than 0 ends the list, and is its result. */
typedef int document_put(void *arg, json_t *row);

/* Security contexts, and the principals that have them, in order. */
int documents_contexts(struct server *s, document_put *put, void *arg);
int documents_principals(struct server *s, document_put *put, void *arg);

#endif
