/*
 * command.h - one command line of kddns-keytab
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Owns:    lists and texts refer to argv.
 * Threads: one.
 * Errors:  enum command_exit.
 * Units:   _s seconds.
 */
#ifndef KTUTILS_COMMAND_H
#define KTUTILS_COMMAND_H

#include <jansson.h>
#include <stdio.h>
#include <time.h>

#include "ktutils/access.h"
#include "ktutils/check.h"

enum command_exit {
	COMMAND_OK,
	COMMAND_FAILED, /* also: the keytab is not usable */
	COMMAND_USAGE,
};

struct command_line {
	const char *command;
	struct check_texts args; /* behind the command */

	bool is_json;
	bool is_online;
	bool is_dry;   /* prune: say only */
	bool is_force; /* replace a file that is there */
	bool keeps_weak;
	const char *output;
	const char *account;
	const char *realm;
	const char *user_name;
	struct access_user user; /* of user_name */
	struct check_texts spns;
	struct check_texts acceptors;
	struct check_texts ccaches;
	unsigned timeout_s;  /* 0: the usual */
	unsigned deadline_s; /* the same */
	time_t age_s;

	FILE *out;
	FILE *err;
};

/* Reads argv and does what it says. */
enum command_exit command_run(int argc, char **argv, FILE *out, FILE *err);

/* "kddns-keytab: what: why" on err; COMMAND_FAILED. */
enum command_exit command_fail(const struct command_line *line,
    const char *what, const char *why);

/* Prints the document on a line, and frees it. */
enum command_exit command_json(const struct command_line *line, json_t *json);

/* Text from a file, so that a terminal shows it and does nothing else. */
void command_text(FILE *out, const char *text);
json_t *command_string(const char *text); /* the same for JSON */

/* What the commands do: show.c, make.c, watch.c. */
enum command_exit show_list(const struct command_line *line);
enum command_exit show_check(const struct command_line *line);
enum command_exit make_merge(const struct command_line *line);
enum command_exit make_extract(const struct command_line *line);
enum command_exit make_prune(const struct command_line *line);
enum command_exit watch_keytab(const struct command_line *line);

#endif
