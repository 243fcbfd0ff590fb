/*
 * history_model.h - a zone with a random history, kept in memory
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Also stands in for the store's history where a transfer asks for one: a
 * model is its own struct store_zone.
 */
#ifndef TESTS_UNIT_HISTORY_MODEL_H
#define TESTS_UNIT_HISTORY_MODEL_H

#include "daemon/base/arena.h"
#include "daemon/xfr/ixfr.h"
#include "daemon/zone/changeset.h"

#define MODEL_CHANGESETS_MAX 512

struct model {
	struct arena arena;
	struct zone *zone;
	uint64_t random;
	uint32_t n;
	struct changeset changesets[MODEL_CHANGESETS_MAX];
	uint32_t n_kept; /* the newest of them that history still has */
	/* For model_history(). */
	uint32_t start;
	uint32_t next;
	uint32_t n_rewinds;
};

void model_init(struct model *m, const char *apex, const char *text);
void model_clear(struct model *m);

/* One random transaction: hosts, and now and then other fields of the SOA. */
void model_step(struct model *m);

/* The same with n hosts. */
void model_step_hosts(struct model *m, unsigned n);

/* One that changes nothing but metadata. */
void model_step_metadata(struct model *m);

/* The history from serial on. */
struct ixfr_history model_history(struct model *m, uint32_t serial);

#endif
