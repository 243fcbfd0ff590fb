/*
 * main.c - kddnsd: arguments, privileges, start, stop
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <getopt.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "config.h"
#include "daemon/base/err.h"
#include "daemon/base/log.h"
#include "daemon/conf/errors.h"
#include "daemon/server/ready.h"
#include "daemon/server/server.h"
#include "daemon/server/session_key.h"
#include "daemon/server/settings.h"

#define DEFAULT_CONF SYSCONFDIR "/kddns/kddnsd.conf"
#define OVERRIDES_MAX 64

enum exit_status {
	EXIT_DONE = 0,
	EXIT_FAILED = 1,
	EXIT_USAGE = 2, /* arguments or configuration */
};

struct arguments {
	const char *conf_path;
	bool foreground;
	bool check_only;
	unsigned verbose;
	const char *overrides[OVERRIDES_MAX];
	size_t n_overrides;
};

static void
print_help(FILE *out)
{
	(void)fprintf(out,
	    "Usage: kddnsd [OPTION]...\n"
	    "Dynamic DNS for Active Directory: secure updates by Kerberos, a\n"
	    "journalled zone store, answers and transfers.\n"
	    "\n"
	    "  -c, --config=FILE        configuration (default %s)\n"
	    "  -f, --foreground         stay in the foreground, log to stderr\n"
	    "  -n, --check              check the configuration and exit\n"
	    "  -v, --verbose            log more; twice: debug\n"
	    "  -o, --option=PATH=VALUE  override one value of the "
	    "configuration,\n"
	    "                           as in options/workers=2\n"
	    "  -h, --help               show this and exit\n"
	    "  -V, --version            show the version and exit\n"
	    "\n"
	    "Exit status: 0 success, 1 the operation failed, 2 wrong usage or\n"
	    "configuration.  See kddnsd(8) and kddnsd.conf(5).\n",
	    DEFAULT_CONF);
}

/* Returns true if the program goes on; else *status_out is its end. */
static bool
parse_arguments(int argc, char **argv, struct arguments *args, int *status_out)
{
	static const struct option long_options[] = {
	    {"config", required_argument, NULL, 'c'},
	    {"foreground", no_argument, NULL, 'f'},
	    {"check", no_argument, NULL, 'n'},
	    {"verbose", no_argument, NULL, 'v'},
	    {"option", required_argument, NULL, 'o'},
	    {"help", no_argument, NULL, 'h'},
	    {"version", no_argument, NULL, 'V'},
	    {NULL, 0, NULL, 0},
	};
	int c;

	memset(args, 0, sizeof(*args));
	args->conf_path = DEFAULT_CONF;
	*status_out = EXIT_USAGE;
	while ((c = getopt_long(argc, argv, "c:fnvo:hV", long_options, NULL)) !=
	    -1) {
		switch (c) {
		case 'c':
			args->conf_path = optarg;
			break;
		case 'f':
			args->foreground = true;
			break;
		case 'n':
			args->check_only = true;
			break;
		case 'v':
			args->verbose++;
			break;
		case 'o':
			if (args->n_overrides == OVERRIDES_MAX) {
				(void)fprintf(stderr,
				    "kddnsd: -o: more than %d of them\n",
				    OVERRIDES_MAX);
				return false;
			}
			args->overrides[args->n_overrides++] = optarg;
			break;
		case 'h':
			print_help(stdout);
			*status_out = EXIT_DONE;
			return false;
		case 'V':
			(void)printf("kddnsd %s\n", PACKAGE_VERSION);
			*status_out = EXIT_DONE;
			return false;
		default:
			(void)fprintf(stderr,
			    "Try 'kddnsd --help' for more information.\n");
			return false;
		}
	}
	if (optind < argc) {
		(void)fprintf(stderr, "kddnsd: %s: unexpected argument\n",
		    argv[optind]);
		return false;
	}
	return true;
}

/* Reads and compiles the configuration; every mistake goes to stderr. */
static int
read_settings(const struct arguments *args,
    const struct session_key *session_key, struct settings **settings_out)
{
	struct conf_errors errors;
	int ret;

	conf_errors_init(&errors);
	ret = settings_read(args->conf_path, args->overrides, args->n_overrides,
	    session_key, &errors, settings_out);
	conf_errors_print(&errors, stderr);
	conf_errors_clear(&errors);
	return ret;
}

/* Signals that server_run() waits for; no thread is to be interrupted. */
static void
block_signals(void)
{
	sigset_t set;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGHUP);
	(void)sigaddset(&set, SIGINT);
	(void)sigaddset(&set, SIGTERM);
	(void)pthread_sigmask(SIG_BLOCK, &set, NULL);
	(void)signal(SIGPIPE, SIG_IGN);
}

int
main(int argc, char **argv)
{
	struct arguments args;
	struct server_options options;
	struct session_key session_key;
	struct settings *settings;
	struct server *server;
	struct reason reason = {""};
	int status;

	if (!parse_arguments(argc, argv, &args, &status))
		return status;
	if (session_key_make(&session_key) != 0) {
		(void)fprintf(stderr, "kddnsd: no random octets to be had\n");
		return EXIT_FAILED;
	}
	if (read_settings(&args, &session_key, &settings) != 0)
		return EXIT_USAGE;
	if (args.check_only) {
		settings_unref(settings);
		return EXIT_DONE;
	}

	block_signals();
	if (!args.foreground && !ready_by_systemd() && ready_daemonize() != 0) {
		(void)fprintf(stderr, "kddnsd: fork: failed\n");
		return EXIT_FAILED;
	}
	log_open("kddnsd", args.foreground ? LOG_TO_STDERR : LOG_TO_SYSLOG);
	options.verbose = args.verbose;
	options.conf_path = args.conf_path;
	options.overrides = args.overrides;
	options.n_overrides = args.n_overrides;
	options.session_key = &session_key;
	if (server_start(&options, settings, &server, &reason) != 0) {
		if (!args.foreground) /* else it is where the log goes */
			(void)fprintf(stderr, "kddnsd: %s\n", reason.text);
		log_error("start failed reason=\"%s\"", reason.text);
		return EXIT_FAILED;
	}
	ready_tell();
	server_run(server);
	ready_state("STOPPING=1");
	server_stop(server);
	log_notice("stopped");
	return EXIT_DONE;
}
