/*
 * command.c - one command line of kddns-keytab
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include "config.h"

#include <errno.h>
#include <getopt.h>
#include <jansson.h>
#include <krb5.h>
#include <stdlib.h>
#include <string.h>

#include "ktutils/command.h"

#define DEFAULT_KEYTAB "FILE:/etc/krb5.keytab"
#define DAY_S (24 * 3600)

/* Options that have no letter. */
enum {
	OPT_JSON = 256,
	OPT_ONLINE,
	OPT_SPN,
	OPT_REALM,
	OPT_ACCOUNT,
	OPT_ACCEPTOR,
	OPT_CCACHE,
	OPT_USER,
	OPT_TIMEOUT,
	OPT_DEADLINE,
	OPT_AGE,
	OPT_KEEP_WEAK,
};

static const struct option long_options[] = {
    {"help", no_argument, NULL, 'h'},
    {"version", no_argument, NULL, 'V'},
    {"output", required_argument, NULL, 'o'},
    {"force", no_argument, NULL, 'f'},
    {"dry-run", no_argument, NULL, 'n'},
    {"json", no_argument, NULL, OPT_JSON},
    {"online", no_argument, NULL, OPT_ONLINE},
    {"spn", required_argument, NULL, OPT_SPN},
    {"realm", required_argument, NULL, OPT_REALM},
    {"account", required_argument, NULL, OPT_ACCOUNT},
    {"acceptor", required_argument, NULL, OPT_ACCEPTOR},
    {"ccache", required_argument, NULL, OPT_CCACHE},
    {"user", required_argument, NULL, OPT_USER},
    {"timeout", required_argument, NULL, OPT_TIMEOUT},
    {"deadline", required_argument, NULL, OPT_DEADLINE},
    {"age", required_argument, NULL, OPT_AGE},
    {"keep-weak", no_argument, NULL, OPT_KEEP_WEAK},
    {NULL, 0, NULL, 0},
};

#define MAX_OPTIONS 12

struct command {
	const char *name;
	const char *usage;
	const char *help;
	size_t min_args;
	size_t max_args;
	bool needs_output;
	enum command_exit (*run)(const struct command_line *line);
	int options[MAX_OPTIONS]; /* that it takes beside --json; 0 ends them */
};

static const struct command commands[] = {
    {"list", "[KEYTAB]...", "its entries", 0, SIZE_MAX, false, show_list, {0}},
    {"check",
	"[--online] [--spn NAME]... [--user USER] [--account NAME]\n"
	"        [--acceptor PRINCIPAL]... [--ccache NAME]... [--realm REALM]\n"
	"        [--timeout S] [--deadline S] [KEYTAB]...",
	"if it will do, and if not, what to do", 0, SIZE_MAX, false, show_check,
	{OPT_ONLINE, OPT_SPN, OPT_USER, OPT_ACCOUNT, OPT_ACCEPTOR, OPT_CCACHE,
	    OPT_REALM, OPT_TIMEOUT, OPT_DEADLINE, 0}},
    {"merge", "[-f] [--user USER] KEYTAB... -o KEYTAB",
	"the entries of all in one", 1, SIZE_MAX, true, make_merge,
	{'o', 'f', OPT_USER, 0}},
    {"extract", "[-f] [--user USER] PATTERN KEYTAB... -o KEYTAB",
	"the entries whose principals match", 2, SIZE_MAX, true, make_extract,
	{'o', 'f', OPT_USER, 0}},
    {"prune", "[-n] [--age DAYS] [--keep-weak] [KEYTAB]",
	"old kvnos, weak enctypes and doubles out of it", 0, 1, false,
	make_prune, {'n', OPT_AGE, OPT_KEEP_WEAK, 0}},
    {"watch", "[KEYTAB]", "what changes in it, from now on", 0, 1, false,
	watch_keytab, {0}},
};

#define N_COMMANDS (sizeof(commands) / sizeof(commands[0]))

/* --- Saying --- */

static void
put_help(FILE *out)
{
	(void)fputs("usage: kddns-keytab COMMAND [OPTION]... [KEYTAB]...\n\n",
	    out);
	for (size_t i = 0; i < N_COMMANDS; i++)
		(void)fprintf(out, "  %s %s\n        %s\n", commands[i].name,
		    commands[i].usage, commands[i].help);
	(void)fputs("\n"
		    "      --json     JSON instead of text for people\n"
		    "  -o, --output   the keytab to be written\n"
		    "  -f, --force    though it exists\n"
		    "  -n, --dry-run  say what would go, and change nothing\n"
		    "  -h, --help     this\n"
		    "  -V, --version  the version\n"
		    "\n"
		    "Without KEYTAB it is the system's "
		    "(KRB5_KTNAME, krb5.conf, /etc/krb5.keytab).\n",
	    out);
}

void
command_text(FILE *out, const char *text)
{
	for (const char *p = text; *p != '\0'; p++) {
		unsigned char c = (unsigned char)*p;

		if (c < ' ' || c >= 0x7f)
			(void)fprintf(out, "\\x%02x", c);
		else
			(void)fputc(c, out);
	}
}

json_t *
command_string(const char *text)
{
	char *printable = NULL;
	size_t len;
	FILE *out = open_memstream(&printable, &len);
	json_t *json = NULL;

	if (out == NULL)
		return NULL;
	command_text(out, text);
	if (fclose(out) == 0)
		json = json_string(printable);
	free(printable);
	return json;
}

enum command_exit
command_fail(const struct command_line *line, const char *what, const char *why)
{
	(void)fputs("kddns-keytab: ", line->err);
	command_text(line->err, what);
	(void)fputs(": ", line->err);
	command_text(line->err, why);
	(void)fputc('\n', line->err);
	return COMMAND_FAILED;
}

static enum command_exit
misused(const struct command_line *line, const char *what, const char *why)
{
	(void)command_fail(line, what, why);
	return COMMAND_USAGE;
}

enum command_exit
command_json(const struct command_line *line, json_t *json)
{
	enum command_exit done = COMMAND_OK;

	if (json == NULL)
		return command_fail(line, line->command, "no memory");
	if (json_dumpf(json, line->out, JSON_COMPACT) != 0 ||
	    fputc('\n', line->out) == EOF)
		done = COMMAND_FAILED;
	json_decref(json);
	return done;
}

/* --- Reading --- */

static const char *
option_name(int option)
{
	for (const struct option *o = long_options; o->name != NULL; o++)
		if (o->val == option)
			return o->name;
	return "";
}

/* Lists have room for as many as there are arguments. */
static void
push(struct check_texts *list, const char *text)
{
	const char **items = (const char **)(uintptr_t)list->items;

	items[list->n++] = text;
}

/* Seconds or days; 0 and what is no number are refused. */
static bool
read_number(const char *text, unsigned long max, unsigned long *out)
{
	char *end;

	errno = 0;
	*out = strtoul(text, &end, 10);
	return text[0] >= '0' && text[0] <= '9' && *end == '\0' && errno == 0 &&
	    *out <= max;
}

static enum command_exit
take_number(struct command_line *line, int option, const char *text)
{
	unsigned long n;

	if (!read_number(text, option == OPT_AGE ? 36500 : 3600, &n) ||
	    (n == 0 && option != OPT_AGE))
		return misused(line, option_name(option),
		    "its number is none, or out of bounds");
	if (option == OPT_TIMEOUT)
		line->timeout_s = (unsigned)n;
	else if (option == OPT_DEADLINE)
		line->deadline_s = (unsigned)n;
	else
		line->age_s = (time_t)n * DAY_S;
	return COMMAND_OK;
}

static enum command_exit
take_option(struct command_line *line, int option, const char *text)
{
	switch (option) {
	case 'o':
		line->output = text;
		break;
	case 'f':
		line->is_force = true;
		break;
	case 'n':
		line->is_dry = true;
		break;
	case OPT_JSON:
		line->is_json = true;
		break;
	case OPT_ONLINE:
		line->is_online = true;
		break;
	case OPT_SPN:
		push(&line->spns, text);
		break;
	case OPT_REALM:
		line->realm = text;
		break;
	case OPT_ACCOUNT:
		line->account = text;
		break;
	case OPT_ACCEPTOR:
		push(&line->acceptors, text);
		break;
	case OPT_CCACHE:
		push(&line->ccaches, text);
		break;
	case OPT_USER:
		line->user_name = text;
		break;
	case OPT_TIMEOUT:
	case OPT_DEADLINE:
	case OPT_AGE:
		return take_number(line, option, text);
	case OPT_KEEP_WEAK:
		line->keeps_weak = true;
		break;
	}
	return COMMAND_OK;
}

static const struct command *
find_command(const char *name)
{
	for (size_t i = 0; i < N_COMMANDS; i++)
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
	return NULL;
}

static bool
takes(const struct command *k, int option)
{
	if (option == OPT_JSON)
		return true;
	for (const int *o = k->options; *o != 0; o++)
		if (*o == option)
			return true;
	return false;
}

static enum command_exit
check_usage(struct command_line *line, const struct command *k,
    const int *options, size_t n_options)
{
	char reason[KEYTAB_REASON_SIZE];

	for (size_t i = 0; i < n_options; i++)
		if (!takes(k, options[i]))
			return misused(line, option_name(options[i]),
			    "not an option of this command");
	if (line->args.n < k->min_args || line->args.n > k->max_args)
		return misused(line, k->name, "too few or too many arguments");
	if (k->needs_output && line->output == NULL)
		return misused(line, k->name, "say with -o what to write");
	if (line->user_name != NULL &&
	    access_find_user(line->user_name, reason, &line->user) != 0)
		return misused(line, line->user_name, reason);
	return COMMAND_OK;
}

/* --- Doing --- */

/* The system's keytab, where none is named. */
static void
add_default(struct command_line *line, char *name, size_t size)
{
	krb5_context krb5;

	(void)snprintf(name, size, "%s", DEFAULT_KEYTAB);
	if (krb5_init_context(&krb5) == 0) {
		if (krb5_kt_default_name(krb5, name, (int)size) != 0)
			(void)snprintf(name, size, "%s", DEFAULT_KEYTAB);
		krb5_free_context(krb5);
	}
	push(&line->args, name);
}

static enum command_exit
run_command(struct command_line *line, const struct command *k)
{
	char name[4096];
	enum command_exit done;

	if (line->args.n == 0)
		add_default(line, name, sizeof(name));
	done = k->run(line);
	if (fflush(line->out) != 0 || ferror(line->out) != 0)
		return command_fail(line, "standard output", strerror(errno));
	return done;
}

static enum command_exit
read_line(struct command_line *line, int argc, char **argv)
{
	int *options = calloc((size_t)argc + 1, sizeof(*options));
	size_t n_options = 0;
	const struct command *k;
	enum command_exit done = COMMAND_OK;
	int option;

	if (options == NULL)
		return command_fail(line, "options", "no memory");
	optind = 0; /* glibc: from the start */
	opterr = 0;
	while (done == COMMAND_OK &&
	    (option = getopt_long(argc, argv, "hVo:fn", long_options, NULL)) !=
		-1) {
		if (option == 'h') {
			put_help(line->out);
			goto done;
		}
		if (option == 'V') {
			(void)fprintf(line->out, "kddns-keytab %s\n",
			    PACKAGE_VERSION);
			goto done;
		}
		if (option == '?')
			done = misused(line, argv[optind - 1],
			    "unknown option, or its value is missing");
		else
			done = take_option(line, option, optarg);
		options[n_options++] = option;
	}
	if (done != COMMAND_OK)
		goto done;
	if (optind == argc) {
		put_help(line->err);
		done = COMMAND_USAGE;
		goto done;
	}
	line->command = argv[optind];
	for (int i = optind + 1; i < argc; i++)
		push(&line->args, argv[i]);
	k = find_command(line->command);
	if (k == NULL)
		done = misused(line, line->command, "unknown command");
	else
		done = check_usage(line, k, options, n_options);
	if (done == COMMAND_OK)
		done = run_command(line, k);
done:
	free(options);
	return done;
}

enum command_exit
command_run(int argc, char **argv, FILE *out, FILE *err)
{
	size_t room = (size_t)argc + 1;
	const char **lists = calloc(4 * room, sizeof(*lists));
	struct command_line line = {
	    .age_s = DAY_S,
	    .out = out,
	    .err = err,
	};
	enum command_exit done;

	if (lists == NULL)
		return command_fail(&line, "options", "no memory");
	line.args.items = lists;
	line.spns.items = lists + room;
	line.acceptors.items = lists + 2 * room;
	line.ccaches.items = lists + 3 * room;
	done = read_line(&line, argc, argv);
	free(lists);
	return done;
}
