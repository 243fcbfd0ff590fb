/*
 * watch.c - the command watch
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "ktutils/changes.h"
#include "ktutils/command.h"
#include "ktutils/enctype.h"
#include "ktutils/keytab_file.h"

#define NAME_SIZE 48
#define TIME_SIZE 32

/* One keytab, as it was last seen. */
struct watching {
	const struct command_line *line;
	const char *path;
	struct keytab *seen;              /* NULL: it cannot be read */
	char problem[KEYTAB_REASON_SIZE]; /* then why */
	const char *change;               /* that is being told */
};

static void
put_time(char text[TIME_SIZE])
{
	time_t now = time(NULL);
	struct tm tm;

	if (gmtime_r(&now, &tm) == NULL ||
	    strftime(text, TIME_SIZE, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		text[0] = '\0';
}

/* A line about the file: "watching", "unreadable"... */
static void
tell(const struct watching *w, const char *change, const char *detail)
{
	char now[TIME_SIZE];
	FILE *out = w->line->out;

	if (w->line->is_json) {
		(void)command_json(w->line,
		    json_pack("{s:I,s:o,s:s,s:o}", "time",
			(json_int_t)time(NULL), "file", command_string(w->path),
			"change", change, "detail", command_string(detail)));
	} else {
		put_time(now);
		(void)fprintf(out, "%s %s ", now, change);
		command_text(out, w->path);
		(void)fputs(detail[0] == '\0' ? "" : ": ", out);
		command_text(out, detail);
		(void)fputc('\n', out);
	}
	(void)fflush(out);
}

/* A line about an entry that came or went. */
static void
tell_entry(void *arg, const struct keytab_entry *e)
{
	const struct watching *w = arg;
	char name[NAME_SIZE], now[TIME_SIZE];
	FILE *out = w->line->out;

	enctype_name(e->enctype, name, sizeof(name));
	if (w->line->is_json) {
		(void)command_json(w->line,
		    json_pack("{s:I,s:o,s:s,s:o,s:I,s:s,s:s}", "time",
			(json_int_t)time(NULL), "file", command_string(w->path),
			"change", w->change, "principal",
			command_string(e->principal), "kvno",
			(json_int_t)e->kvno, "enctype", name, "fingerprint",
			e->fingerprint));
	} else {
		put_time(now);
		(void)fprintf(out, "%s %s kvno %u %s %s ", now, w->change,
		    e->kvno, name, e->fingerprint);
		command_text(out, e->principal);
		(void)fputc('\n', out);
	}
	(void)fflush(out);
}

/* Reads it again, and tells what is not as before. */
static void
look(struct watching *w)
{
	char problem[KEYTAB_REASON_SIZE] = "";
	struct keytab *k;
	struct stat st;

	(void)keytab_file_read(w->path, problem, &k, &st);
	if (k == NULL) {
		/* What it had is remembered, to be compared with what comes. */
		if (strcmp(problem, w->problem) != 0)
			tell(w, "unreadable", problem);
		(void)snprintf(w->problem, sizeof(w->problem), "%s", problem);
		return;
	}
	if (w->problem[0] != '\0')
		tell(w, "readable", "");
	w->problem[0] = '\0';
	w->change = "removed";
	changes_each_new(k, w->seen, tell_entry, w);
	w->change = "added";
	changes_each_new(w->seen, k, tell_entry, w);
	keytab_destroy(w->seen);
	w->seen = k;
}

/* The first look is silent. */
static void
begin(struct watching *w)
{
	char count[32];
	struct stat st;

	(void)keytab_file_read(w->path, w->problem, &w->seen, &st);
	if (w->seen == NULL) {
		tell(w, "watching", w->problem);
		return;
	}
	w->problem[0] = '\0';
	(void)snprintf(count, sizeof(count), "%zu entries", w->seen->n);
	tell(w, "watching", count);
}

static void
ignore(int signal_number)
{
	(void)signal_number;
}

/* Both end the wait, and nothing else. */
static void
catch_signals(sigset_t *before_out)
{
	struct sigaction action = {.sa_handler = ignore};
	sigset_t ending;

	(void)sigemptyset(&ending);
	(void)sigaddset(&ending, SIGINT);
	(void)sigaddset(&ending, SIGTERM);
	(void)sigprocmask(SIG_BLOCK, &ending, before_out);
	(void)sigaction(SIGINT, &action, NULL);
	(void)sigaction(SIGTERM, &action, NULL);
}

enum command_exit
watch_keytab(const struct command_line *line)
{
	const char *name = line->args.items[0];
	struct watching w = {.line = line, .path = keytab_file_path(name)};
	char reason[KEYTAB_REASON_SIZE];
	struct changes changes;
	sigset_t before;

	if (w.path == NULL)
		return command_fail(line, name, "not a file");
	if (changes_watch(&changes, w.path, reason) != 0)
		return command_fail(line, name, reason);
	catch_signals(&before);
	begin(&w);
	while (ferror(line->out) == 0 && changes_wait(&changes, &before))
		look(&w);
	changes_clear(&changes);
	keytab_destroy(w.seen);
	return COMMAND_OK;
}
