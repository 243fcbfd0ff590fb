/*
 * ctl.c - what the program kddnsctl does
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include "config.h"

#include <errno.h>
#include <getopt.h>
#include <jansson.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "daemon/base/err.h"
#include "daemon/base/reason.h"
#include "daemon/control/ctl.h"
#include "daemon/control/key_gen.h"
#include "daemon/control/lines.h"
#include "daemon/control/render.h"
#include "daemon/control/render_keys.h"
#include "daemon/control/render_keytab.h"

#define LINE_MAX_LEN (64 * 1024 * 1024) /* of the daemon's, whom we trust */

struct command {
	const char *name;
	const char *usage;
	const char *help;
	int min_args;
	int max_args;
	void (*render)(FILE *out, const json_t *result);
	/* A streamed line; NULL: it is a line of text. */
	void (*render_line)(FILE *out, const json_t *line);
};

static const struct command commands[] = {
    {"status", "", "how the daemon is", 0, 0, render_status, NULL},
    {"zones", "", "the zones, one a line", 0, 0, render_zones, NULL},
    {"zonestatus", "ZONE", "one zone in full", 1, 1, render_zonestatus, NULL},
    {"dump", "ZONE", "the zone as a zone file", 1, 1, render_nothing, NULL},
    {"freeze", "[ZONE]", "refuse updates, so that the file can be edited", 0, 1,
	render_zones, NULL},
    {"thaw", "[ZONE]", "read the edited file, take updates again", 0, 1,
	render_zones, NULL},
    {"sync", "[-clean] [-force] [ZONE]", "write zone files now", 0, 3,
	render_zones, NULL},
    {"reload", "[ZONE]", "read configuration or zone file again", 0, 1,
	render_zones, NULL},
    {"reconfig", "", "read the configuration again, no zone files", 0, 0,
	render_zones, NULL},
    {"journal", "ZONE [FROM [TO]]", "who changed what, and when", 1, 3,
	render_nothing, render_change},
    {"zone-purge", "ZONE", "remove what is kept of an unconfigured zone", 1, 1,
	render_zone_purge, NULL},
    {"notify", "ZONE", "tell the secondaries again", 1, 1, render_notify, NULL},
    {"explain",
	"[-z ZONE] [-a ADDRESS] [--tcp] WHO (add|delete) NAME TYPE [RDATA]",
	"what would be decided; WHO: principal, 'key X', none", 4, 64,
	render_explain, NULL},
    {"updates", "[-n N] [--denied] [--follow]",
	"the last updates and negotiations, and why", 0, 4, render_updates,
	render_decision},
    {"tsig-list", "", "keys and security contexts", 0, 0, render_tsig_list,
	NULL},
    {"tsig-delete", "KEYNAME", "end a security context", 1, 1,
	render_tsig_delete, NULL},
    {"principals", "", "who has security contexts", 0, 0, render_principals,
	NULL},
    {"keytab", "", "keys, KDCs and tickets, and what is wrong with them", 0, 0,
	render_keytab, NULL},
    {"stats", "", "all counters", 0, 0, render_stats, NULL},
    {"stop", "", "stop the daemon", 0, 0, render_nothing, NULL},
    {"key-gen", "NAME [ALGORITHM]", "a new key {}; needs no daemon", 1, 2,
	render_key, NULL},
    {"store-check", "DIR", "look for damage; needs no daemon", 1, 1,
	render_check, NULL},
    {NULL, NULL, NULL, 0, 0, NULL, NULL},
};

static const struct ctl_alone alone_here[] = {
    {"key-gen", key_gen},
    {NULL, NULL},
};

struct ctl {
	const char *socket_path;
	const struct ctl_alone *alone; /* the program's */
	bool is_json;
	const struct command *command;
	char **args; /* of the command */
	int n_args;
	json_t *rows; /* arrays of the result that came in pieces */
	FILE *out;
	FILE *err;
};

/* Failures. */

static void
put_json(struct ctl *ctl, const json_t *document)
{
	(void)json_dumpf(document, ctl->out, JSON_COMPACT);
	(void)fputc('\n', ctl->out);
}

/* To a terminal, perhaps: escaped. */
static void
complain(struct ctl *ctl, const char *what, const char *why)
{
	(void)fputs("kddnsctl: ", ctl->err);
	render_text(ctl->err, what);
	(void)fputs(": ", ctl->err);
	render_text(ctl->err, why);
	(void)fputc('\n', ctl->err);
}

/* Where there is no answer of the daemon that says so. */
static enum ctl_exit
failed(struct ctl *ctl, const char *what, const char *why)
{
	json_t *error = json_sprintf("%s: %s", what, why); /* NULL: no UTF-8 */
	json_t *answer = json_pack("{s:b, s:o*}", "ok", 0, "error", error);

	if (ctl->is_json && answer != NULL)
		put_json(ctl, answer);
	json_decref(answer);
	complain(ctl, what, why);
	return CTL_FAILED;
}

/* The command line. */

#define HELP_COLUMN 28

/* "  dump ZONE   the zone as a zone file", on two lines if usage is long. */
static void
put_command(FILE *out, const struct command *k)
{
	int len = fprintf(out, "  %s %s", k->name, k->usage);

	if (len > HELP_COLUMN - 2) {
		(void)fputc('\n', out);
		len = 0;
	}
	(void)fprintf(out, "%*s%s\n", HELP_COLUMN - (len < 0 ? 0 : len), "",
	    k->help);
}

static void
put_help(FILE *out)
{
	(void)fputs("usage: kddnsctl [-s PATH] [--json] COMMAND [ARGUMENT]\n"
		    "\n"
		    "  -s, --socket PATH  the daemon's control socket\n"
		    "                     (" CTL_SOCKET ")\n"
		    "      --json         print what the daemon answers\n"
		    "  -h, --help         this\n"
		    "  -V, --version      the version\n"
		    "\n",
	    out);
	for (const struct command *k = commands; k->name != NULL; k++)
		put_command(out, k);
	(void)fputs("\nkddnsctl(1) says more.\n", out);
}

static enum ctl_exit
misused(struct ctl *ctl, const char *what, const char *why)
{
	(void)failed(ctl, what, why);
	return CTL_USAGE;
}

/* --json may stand behind the command, too; other options there are its own. */
static void
take_json_option(struct ctl *ctl)
{
	int n = 0;

	for (int i = 0; i < ctl->n_args; i++) {
		if (strcmp(ctl->args[i], "--json") == 0)
			ctl->is_json = true;
		else
			ctl->args[n++] = ctl->args[i];
	}
	ctl->n_args = n;
}

static enum ctl_exit
read_command(struct ctl *ctl)
{
	const struct command *k = commands;
	char usage[128];

	take_json_option(ctl);
	if (ctl->n_args == 0)
		return misused(ctl, "command", "none given; see --help");
	while (k->name != NULL && strcmp(k->name, ctl->args[0]) != 0)
		k++;
	if (k->name == NULL)
		return misused(ctl, ctl->args[0],
		    "unknown command; see --help");
	ctl->args++;
	ctl->n_args--;
	if (ctl->n_args == 1 && strcmp(ctl->args[0], "--help") == 0) {
		put_command(ctl->out, k);
		return CTL_DONE;
	}
	if (ctl->n_args < k->min_args || ctl->n_args > k->max_args) {
		(void)snprintf(usage, sizeof(usage), "usage: kddnsctl %s%s%s",
		    k->name, k->usage[0] == '\0' ? "" : " ", k->usage);
		return misused(ctl, k->name, usage);
	}
	ctl->command = k;
	return CTL_DONE;
}

/* CTL_DONE without a command: there is nothing more to do. */
static enum ctl_exit
read_options(struct ctl *ctl, int argc, char **argv)
{
	static const struct option options[] = {
	    {"socket", required_argument, NULL, 's'},
	    {"json", no_argument, NULL, 'j'},
	    {"help", no_argument, NULL, 'h'},
	    {"version", no_argument, NULL, 'V'},
	    {NULL, 0, NULL, 0},
	};
	int option;

	optind = 0;
	opterr = 0;
	for (;;) {
		option = getopt_long(argc, argv, "+:s:hV", options, NULL);
		switch (option) {
		case -1:
			ctl->args = argv + optind;
			ctl->n_args = argc - optind;
			return read_command(ctl);
		case 's':
			ctl->socket_path = optarg;
			break;
		case 'j':
			ctl->is_json = true;
			break;
		case 'h':
			put_help(ctl->out);
			return CTL_DONE;
		case 'V':
			(void)fprintf(ctl->out, "kddnsctl %s\n",
			    PACKAGE_VERSION);
			return CTL_DONE;
		case ':':
			return misused(ctl, argv[optind - 1],
			    "needs an argument");
		default:
			return misused(ctl, argv[optind - 1],
			    "unknown option; see --help");
		}
	}
}

/* Talking to the daemon. */

static const char *
why_unreachable(int errno_value)
{
	if (errno_value == ENOENT || errno_value == ECONNREFUSED)
		return "no daemon answers there (is kddnsd running?)";
	if (errno_value == EACCES)
		return "permission denied: root, the daemon's user and the "
		       "group of control {} may use it";
	return strerror(errno_value);
}

static enum ctl_exit
connect_to(struct ctl *ctl, int *fd_out)
{
	struct sockaddr_un sa = {.sun_family = AF_UNIX};
	int fd;

	*fd_out = -1;
	if (strlen(ctl->socket_path) >= sizeof(sa.sun_path))
		return failed(ctl, ctl->socket_path, "path too long");
	memcpy(sa.sun_path, ctl->socket_path, strlen(ctl->socket_path));
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd == -1)
		return failed(ctl, "socket", strerror(errno));
	if (connect(fd, (struct sockaddr *)&sa, sizeof(sa)) != 0) {
		int why = errno;

		(void)close(fd);
		return failed(ctl, ctl->socket_path, why_unreachable(why));
	}
	*fd_out = fd;
	return CTL_DONE;
}

/* NULL: no memory, or an argument is not UTF-8. */
static json_t *
make_request(const struct ctl *ctl)
{
	json_t *args = json_array();

	for (int i = 0; i < ctl->n_args; i++) {
		if (json_array_append_new(args, json_string(ctl->args[i])) !=
		    0) {
			json_decref(args);
			return NULL;
		}
	}
	return json_pack("{s:s, s:o}", "command", ctl->command->name, "args",
	    args);
}

/* An element of an array: it is shown when all are there.  False: it is not. */
static bool
take_row(struct ctl *ctl, json_t *line)
{
	const char *into = json_string_value(json_object_get(line, "into"));
	json_t *array;

	if (into == NULL)
		return false;
	if (ctl->rows == NULL)
		ctl->rows = json_object();
	array = json_object_get(ctl->rows, into);
	if (array == NULL) {
		array = json_array();
		(void)json_object_set_new(ctl->rows, into, array);
	}
	(void)json_array_append(array, json_object_get(line, "row"));
	return true;
}

/* A line before the last. */
static void
put_streamed(struct ctl *ctl, json_t *line)
{
	const char *text = json_string_value(json_object_get(line, "text"));

	if (take_row(ctl, line))
		return;
	if (ctl->is_json) {
		put_json(ctl, line);
	} else if (ctl->command->render_line != NULL) {
		ctl->command->render_line(ctl->out, line);
	} else if (text != NULL) {
		render_text(ctl->out, text);
		(void)fputc('\n', ctl->out);
	}
	if (ctl->command->render_line != NULL)
		(void)fflush(ctl->out); /* who follows wants it now */
}

/* The last line. */
static enum ctl_exit
put_last(struct ctl *ctl, json_t *last)
{
	const char *why = json_string_value(json_object_get(last, "error"));
	json_t *result = json_object_get(last, "result");

	if (ctl->rows != NULL && result != NULL)
		(void)json_object_update(result, ctl->rows);
	if (ctl->is_json)
		put_json(ctl, last);
	if (!json_is_true(json_object_get(last, "ok"))) {
		complain(ctl, ctl->command->name,
		    why == NULL ? "the daemon does not say why" : why);
		return json_is_true(json_object_get(last, "usage"))
		    ? CTL_USAGE
		    : CTL_FAILED;
	}
	if (!ctl->is_json)
		ctl->command->render(ctl->out, result);
	return CTL_DONE;
}

/* Reads one line; *is_last_out tells whether more may come. */
static enum ctl_exit
read_answer(struct ctl *ctl, struct lines *lines, bool *is_last_out)
{
	enum ctl_exit status = CTL_DONE;
	json_error_t error;
	const char *text;
	json_t *line;
	size_t len;
	int ret;

	*is_last_out = true;
	ret = lines_read(lines, LINE_MAX_LEN, &text, &len);
	if (ret != 0)
		return failed(ctl, ctl->command->name,
		    ret == ERR_CLOSED ? "the daemon closed the connection"
				      : err_text(ret));
	line = json_loadb(text, len, 0, &error);
	if (line == NULL)
		return failed(ctl, ctl->command->name,
		    "the daemon's answer is not JSON");
	*is_last_out = json_object_get(line, "ok") != NULL;
	if (*is_last_out)
		status = put_last(ctl, line);
	else
		put_streamed(ctl, line);
	json_decref(line);
	return status;
}

static enum ctl_exit
ask(struct ctl *ctl, int fd)
{
	enum ctl_exit status = CTL_DONE;
	json_t *request = make_request(ctl);
	struct lines lines;
	bool is_last = false;
	int ret;

	if (request == NULL)
		return failed(ctl, ctl->command->name, "argument: not UTF-8");
	lines_init(&lines, fd, 0);
	ret = lines_write(&lines, request);
	if (ret == 0)
		ret = lines_flush(&lines);
	json_decref(request);
	if (ret != 0 && ret != ERR_CLOSED) /* then there is a refusal to read */
		status = failed(ctl, ctl->command->name, err_text(ret));
	while (status == CTL_DONE && !is_last && !ferror(ctl->out))
		status = read_answer(ctl, &lines, &is_last);
	lines_clear(&lines);
	json_decref(ctl->rows);
	return status;
}

static enum ctl_exit
ask_daemon(struct ctl *ctl)
{
	enum ctl_exit status;
	int fd;

	status = connect_to(ctl, &fd);
	if (status != CTL_DONE)
		return status;
	status = ask(ctl, fd);
	(void)close(fd);
	return status;
}

/* Without a daemon. */

static void
put_warnings(struct ctl *ctl, const json_t *result)
{
	const json_t *warning;
	size_t i;

	json_array_foreach(json_object_get(result, "warnings"), i, warning)
	{
		(void)fprintf(ctl->err, "kddnsctl: %s: warning: %s\n",
		    ctl->command->name, json_string_value(warning));
	}
}

static const struct ctl_alone *
find_alone(const struct ctl_alone *list, const char *name)
{
	for (; list->name != NULL; list++)
		if (strcmp(list->name, name) == 0)
			return list;
	return NULL;
}

static enum ctl_exit
put_result(struct ctl *ctl, json_t *result, const char *error)
{
	json_t *answer = error == NULL
	    ? json_pack("{s:b, s:o}", "ok", 1, "result", result)
	    : json_pack("{s:b, s:s, s:o}", "ok", 0, "error", error, "result",
		  result);
	enum ctl_exit status;

	if (error != NULL && !ctl->is_json)
		ctl->command->render(ctl->out, result);
	status = put_last(ctl, answer);
	json_decref(answer);
	return status;
}

static enum ctl_exit
run_alone(struct ctl *ctl, const struct ctl_alone *alone)
{
	struct reason reason = {""};
	json_t *result = NULL;
	int ret = alone->run(ctl->args, ctl->n_args, &result, &reason);

	if (result != NULL) {
		put_warnings(ctl, result);
		return put_result(ctl, result, ret == 0 ? NULL : reason.text);
	}
	(void)failed(ctl, ctl->command->name,
	    reason.text[0] == '\0' ? err_text(ret) : reason.text);
	return ret == ERR_MALFORMED || ret == ERR_UNSUPPORTED ? CTL_USAGE
							      : CTL_FAILED;
}

static enum ctl_exit
run(struct ctl *ctl)
{
	const char *name = ctl->command->name;
	const struct ctl_alone *alone = find_alone(alone_here, name);

	if (alone == NULL)
		alone = find_alone(ctl->alone, name);
	return alone != NULL ? run_alone(ctl, alone) : ask_daemon(ctl);
}

enum ctl_exit
ctl_run(int argc, char **argv, const struct ctl_alone *alone, FILE *out,
    FILE *err)
{
	struct ctl ctl = {.socket_path = CTL_SOCKET,
	    .alone = alone,
	    .out = out,
	    .err = err};
	enum ctl_exit status = read_options(&ctl, argc, argv);

	if (status == CTL_DONE && ctl.command != NULL)
		status = run(&ctl);
	if (status == CTL_DONE && (fflush(out) != 0 || ferror(out))) {
		complain(&ctl, "output", "cannot be written");
		status = CTL_FAILED;
	}
	return status;
}
