/*
 * conf.c - the configuration file, read into one struct of plain values
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "daemon/base/err.h"
#include "daemon/conf/block.h"
#include "daemon/conf/check.h"
#include "daemon/conf/override.h"
#include "daemon/conf/reading.h"
#include "daemon/conf/row.h"
#include "daemon/conf/source.h"
#include "daemon/conf/tree.h"

static struct conf *
conf_create(void)
{
	struct conf *c = calloc(1, sizeof(*c));

	if (c != NULL)
		arena_init(&c->arena, 0);
	return c;
}

void
conf_destroy(struct conf *c)
{
	if (c == NULL)
		return;
	arena_wipe(&c->arena);
	free(c);
}

/* Ready to read a file at path, which is made absolute; 0 or an error. */
static int
reading_init(struct reading *rd, const char *path, struct conf_errors *errors)
{
	char *slash, *folder;
	char *cwd = NULL;

	memset(rd, 0, sizeof(*rd));
	arena_init(&rd->tree, 0);
	rd->errors = errors;
	rd->conf = conf_create();
	if (rd->conf == NULL)
		return ERR_NOMEM;
	if (path[0] != '/') {
		cwd = getcwd(NULL, 0);
		if (cwd == NULL)
			return err_from_errno(errno);
	}
	rd->conf->path = reading_path(rd, cwd == NULL ? "" : cwd, path);
	free(cwd);
	if (rd->conf->path == NULL)
		return ERR_NOMEM;
	folder = reading_copy(rd, rd->conf->path);
	if (folder == NULL)
		return ERR_NOMEM;
	slash = strrchr(folder, '/');
	*slash = '\0';
	rd->folder = folder;
	return 0;
}

static void
reading_clear(struct reading *rd)
{
	conf_destroy(rd->conf);
	arena_wipe(&rd->tree);
}

/* From the syntax tree to values; name is the file's, for messages. */
static void
understand(struct reading *rd, struct block *top, const char *name)
{
	struct conf *c = rd->conf;
	const struct scope scope = {top_rows, c, 0};
	const struct conf_place whole = {name, 0, rd->order};

	block_defaults(rd, top_rows, c);
	block_defaults(rd, zone_rows, &c->zone_defaults);
	override_move(rd, top);
	block_read(rd, NULL, top, &whole, &scope, 1);
	if (rd->is_nomem)
		return;
	if (c->n_zones == 0)
		reading_error(rd, &whole, "there is no zone");
	block_paths(rd, top_rows, c);
	for (size_t i = 0; i < c->n_zones; i++)
		block_paths(rd, zone_rows, &c->zones[i]);
	if (!rd->is_nomem)
		check_all(rd);
}

/* Hands the configuration out, with mistakes too. */
static int
finish(struct reading *rd, struct conf **conf_out)
{
	conf_errors_sort(rd->errors);
	if (rd->is_nomem || rd->errors->is_nomem)
		return ERR_NOMEM;
	*conf_out = rd->conf;
	rd->conf = NULL;
	return rd->errors->n_errors > 0 ? ERR_MALFORMED : 0;
}

int
conf_read(const char *path, const char *const *overrides, size_t n_overrides,
    struct conf_errors *errors, struct conf **conf_out)
{
	struct reading rd;
	struct block top = {0};
	int ret;

	*conf_out = NULL;

	ret = reading_init(&rd, path, errors);
	if (ret != 0)
		goto done;
	rd.may_open = true;
	ret = tree_parse_file(&rd, path, &top);
	if (ret != 0) {
		const struct conf_place whole = {path, 0, 0};
		char reason[SOURCE_REASON_SIZE];

		reading_error(&rd, &whole, "cannot read it: %s",
		    source_reason(ret, reason));
		goto done;
	}
	for (size_t i = 0; i < n_overrides; i++)
		override_apply(&rd, &top, overrides[i]);
	if (!rd.is_nomem)
		understand(&rd, &top, path);
	ret = finish(&rd, conf_out);
done:
	reading_clear(&rd);
	return ret;
}

int
conf_read_text(const char *name, const char *text, size_t len,
    struct conf_errors *errors, struct conf **conf_out)
{
	struct reading rd;
	struct block top = {0};
	int ret;

	*conf_out = NULL;

	ret = reading_init(&rd, name, errors);
	if (ret != 0)
		goto done;
	name = reading_copy(&rd, name);
	if (name != NULL)
		tree_parse(&rd, name, text, len, &top);
	if (!rd.is_nomem)
		understand(&rd, &top, name);
	ret = finish(&rd, conf_out);
done:
	reading_clear(&rd);
	return ret;
}

const struct conf_key *
conf_key_find(const struct conf *c, const char *name)
{
	size_t len = strlen(name);

	if (len > 1 && name[len - 1] == '.')
		len--;
	for (size_t i = 0; i < c->n_keys; i++)
		if (strlen(c->keys[i].name) == len &&
		    strncasecmp(c->keys[i].name, name, len) == 0)
			return &c->keys[i];
	return NULL;
}

void
conf_dump(const struct conf *c, FILE *out)
{
	struct writing w = {out, 0};

	block_write(&w, top_rows, c, 0);
}
