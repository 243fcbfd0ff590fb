/*
 * make.c - the commands merge, extract and prune
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <jansson.h>
#include <string.h>

#include "ktutils/command.h"
#include "ktutils/edit.h"
#include "ktutils/enctype.h"
#include "ktutils/keytab_file.h"

#define NAME_SIZE 48

/* Reads a keytab that the command line names; NULL: said why not. */
static struct keytab *
read_one(const struct command_line *line, const char *name, struct stat *st)
{
	const char *path = keytab_file_path(name);
	char reason[KEYTAB_REASON_SIZE];
	struct keytab *k;

	if (path == NULL) {
		(void)command_fail(line, name, "not a file");
		return NULL;
	}
	if (keytab_file_read(path, reason, &k, st) != KEYTAB_FILE_OK)
		(void)command_fail(line, line->command, reason);
	return k;
}

/* --- Writing --- */

/* What is written, and what was read from there if it is among the inputs. */
struct product {
	struct keytab *keytab;
	const char *path;
	struct stat as_read;
	bool is_input;
};

static bool
start(const struct command_line *line, struct product *p)
{
	memset(p, 0, sizeof(*p));
	p->path = keytab_file_path(line->output);
	if (p->path == NULL) {
		(void)command_fail(line, line->output, "not a file");
		return false;
	}
	p->keytab = keytab_create();
	if (p->keytab == NULL)
		(void)command_fail(line, line->command, "no memory");
	return p->keytab != NULL;
}

/* Remembers if this input is the file that will be written. */
static void
note_input(struct product *p, const struct stat *input)
{
	struct stat output;

	if (p->is_input || stat(p->path, &output) != 0 ||
	    output.st_dev != input->st_dev || output.st_ino != input->st_ino)
		return;
	p->is_input = true;
	p->as_read = *input;
}

static enum command_exit
write_product(const struct command_line *line, const struct product *p,
    enum keytab_file_care care)
{
	struct keytab_file_target target = {
	    .path = p->path,
	    .care = care,
	    .as_read = &p->as_read,
	    .uid = line->user_name == NULL ? (uid_t)-1 : line->user.uid,
	    .gid = line->user_name == NULL ? (gid_t)-1 : line->user.gid,
	};
	char reason[KEYTAB_REASON_SIZE];

	switch (keytab_file_write(&target, p->keytab, reason)) {
	case KEYTAB_FILE_OK:
		return COMMAND_OK;
	case KEYTAB_FILE_EXISTS:
		return command_fail(line, p->path,
		    "exists already; say --force to replace it");
	case KEYTAB_FILE_MISSING:
	case KEYTAB_FILE_UNREADABLE:
	case KEYTAB_FILE_MALFORMED:
	case KEYTAB_FILE_LOCKED:
	case KEYTAB_FILE_CHANGED:
	case KEYTAB_FILE_FAILED:
		break;
	}
	return command_fail(line, line->command, reason);
}

static enum command_exit
say_written(const struct command_line *line, const struct product *p)
{
	if (line->is_json)
		return command_json(line,
		    json_pack("{s:o,s:I}", "file", command_string(p->path),
			"entries", (json_int_t)p->keytab->n));
	command_text(line->out, p->path);
	(void)fprintf(line->out, ": %zu entries\n", p->keytab->n);
	return COMMAND_OK;
}

static enum command_exit
finish(const struct command_line *line, const struct product *p,
    enum keytab_file_care care)
{
	enum command_exit done;

	if (p->keytab->n == 0)
		return command_fail(line, line->command,
		    "no entry: nothing was written");
	done = write_product(line, p, care);
	return done == COMMAND_OK ? say_written(line, p) : done;
}

/* --- merge --- */

enum command_exit
make_merge(const struct command_line *line)
{
	char reason[KEYTAB_REASON_SIZE];
	enum command_exit done = COMMAND_FAILED;
	struct product p;

	if (!start(line, &p))
		return COMMAND_FAILED;
	for (size_t i = 0; i < line->args.n; i++) {
		struct stat st;
		struct keytab *k = read_one(line, line->args.items[i], &st);
		int merged;

		if (k == NULL)
			goto done;
		note_input(&p, &st);
		merged = edit_merge(p.keytab, k, reason);
		keytab_destroy(k);
		if (merged != 0) {
			(void)command_fail(line, line->args.items[i], reason);
			goto done;
		}
	}
	/* One that was merged in loses nothing. */
	done = finish(line, &p,
	    p.is_input           ? KEYTAB_FILE_UPDATE
		: line->is_force ? KEYTAB_FILE_REPLACE
				 : KEYTAB_FILE_NEW);
done:
	keytab_destroy(p.keytab);
	return done;
}

/* --- extract --- */

enum command_exit
make_extract(const struct command_line *line)
{
	const char *pattern = line->args.items[0];
	char reason[KEYTAB_REASON_SIZE];
	enum command_exit done = COMMAND_FAILED;
	struct product p;

	if (!start(line, &p))
		return COMMAND_FAILED;
	for (size_t i = 1; i < line->args.n; i++) {
		struct stat st;
		struct keytab *k = read_one(line, line->args.items[i], &st);
		struct keytab *part = keytab_create();
		int made = -1;

		(void)snprintf(reason, sizeof(reason), "no memory");
		if (k != NULL && part != NULL) {
			note_input(&p, &st);
			made = edit_extract(part, k, pattern, reason);
			if (made == 0)
				made = edit_merge(p.keytab, part, reason);
			if (made != 0)
				(void)command_fail(line, line->args.items[i],
				    reason);
		}
		keytab_destroy(part);
		keytab_destroy(k);
		if (made != 0)
			goto done;
	}
	if (p.keytab->n == 0) {
		done = command_fail(line, pattern,
		    "no principal matches: nothing was written");
		goto done;
	}
	done = finish(line, &p,
	    !line->is_force  ? KEYTAB_FILE_NEW
		: p.is_input ? KEYTAB_FILE_UPDATE
			     : KEYTAB_FILE_REPLACE);
done:
	keytab_destroy(p.keytab);
	return done;
}

/* --- prune --- */

static const char *
why_text(enum edit_prune_why why)
{
	switch (why) {
	case EDIT_KEPT:
		return "kept";
	case EDIT_OLD:
		return "old";
	case EDIT_WEAK:
		return "weak";
	case EDIT_DOUBLE:
		return "double";
	}
	return "";
}

static json_t *
removed_json(const struct keytab_entry *e, enum edit_prune_why why)
{
	char name[NAME_SIZE];

	enctype_name(e->enctype, name, sizeof(name));
	return json_pack("{s:o,s:I,s:s,s:s,s:s}", "principal",
	    command_string(e->principal), "kvno", (json_int_t)e->kvno,
	    "enctype", name, "fingerprint", e->fingerprint, "why",
	    why_text(why));
}

static enum command_exit
say_removed_json(const struct command_line *line, const char *path,
    const struct keytab *k, const struct edit_prune_rule *rule)
{
	json_t *removed = json_array();
	size_t n = 0;

	for (size_t i = 0; i < k->n; i++) {
		enum edit_prune_why why = edit_prune_asks(k, i, rule);

		if (why == EDIT_KEPT) {
			n++;
		} else if (json_array_append_new(removed,
			       removed_json(&k->entries[i], why)) != 0) {
			json_decref(removed);
			removed = NULL;
		}
	}
	return command_json(line,
	    json_pack("{s:o,s:I,s:b,s:o}", "file", command_string(path),
		"entries", (json_int_t)n, "dry_run", line->is_dry, "removed",
		removed));
}

static enum command_exit
say_removed(const struct command_line *line, const char *path,
    const struct keytab *k, const struct edit_prune_rule *rule)
{
	char name[NAME_SIZE];
	size_t n = 0;

	if (line->is_json)
		return say_removed_json(line, path, k, rule);
	for (size_t i = 0; i < k->n; i++) {
		const struct keytab_entry *e = &k->entries[i];
		enum edit_prune_why why = edit_prune_asks(k, i, rule);

		if (why == EDIT_KEPT) {
			n++;
			continue;
		}
		enctype_name(e->enctype, name, sizeof(name));
		(void)fprintf(line->out, "%s: kvno %u %s of ",
		    line->is_dry ? "would remove" : "removed", e->kvno, name);
		command_text(line->out, e->principal);
		(void)fprintf(line->out, ": %s\n", why_text(why));
	}
	command_text(line->out, path);
	(void)fprintf(line->out, ": %zu entries%s\n", n,
	    n == k->n ? ", nothing to remove" : "");
	return COMMAND_OK;
}

enum command_exit
make_prune(const struct command_line *line)
{
	struct edit_prune_rule rule = {
	    .now = time(NULL),
	    .age_s = line->age_s,
	    .takes_weak = !line->keeps_weak,
	};
	struct product p = {.path = keytab_file_path(line->args.items[0])};
	struct keytab *k = read_one(line, line->args.items[0], &p.as_read);
	char reason[KEYTAB_REASON_SIZE] = "no memory";
	enum command_exit done = COMMAND_OK;

	if (k == NULL)
		return COMMAND_FAILED;
	p.keytab = keytab_create();
	if (p.keytab == NULL || edit_prune(p.keytab, k, &rule, reason) != 0)
		done = command_fail(line, line->command, reason);
	else if (p.keytab->n < k->n && !line->is_dry)
		done = write_product(line, &p, KEYTAB_FILE_UPDATE);
	if (done == COMMAND_OK)
		done = say_removed(line, p.path, k, &rule);
	keytab_destroy(p.keytab);
	keytab_destroy(k);
	return done;
}
