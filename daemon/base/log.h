/*
 * log.h - one line an event, to stderr or syslog
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 *	log_info("update zone=%s serial=%u->%u principal=%s", ...);
 *
 * A line is "level event key=value ...".  Text from a peer goes through
 * log_escape() first.  Tokens, MICs and keys are never logged.
 *
 * Between log_start() and log_stop() lines are handed to a thread that writes
 * them, so that a slow journal or pipe never holds up who logs.  When it
 * cannot follow, lines are dropped, and their number is logged.
 *
 * Owns:    the one log of the process (its level and where it goes).
 * Threads: any; log_open(), log_start() and log_stop() by the main thread,
 *          log_set_level() at any time.
 * Errors:  negative enum err.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdbool.h>
#include <stddef.h>

enum log_level {
	LOG_LEVEL_ERROR,   /* an operator must act */
	LOG_LEVEL_WARNING, /* service is reduced */
	LOG_LEVEL_NOTICE,  /* start, stop, reload */
	LOG_LEVEL_INFO,    /* a change or a refusal */
	LOG_LEVEL_DEBUG,   /* the rest */
};

enum log_target {
	LOG_TO_STDERR,
	LOG_TO_SYSLOG,
	LOG_TO_NOWHERE, /* unit tests and fuzzers */
};

/* Says where lines go, and which program they name. */
void log_open(const char *program, enum log_target target);

/* From now on a thread writes the lines.  ERR_NOMEM, ERR_BUSY (no thread). */
int log_start(void);

/* Writes what is queued and ends the thread; lines are written at once again. */
void log_stop(void);

/* Lines of a level after this one are dropped. */
void log_set_level(enum log_level level);
bool log_wants(enum log_level level);

/* "error" "warning" "notice" "info" "debug"; false: no such level. */
bool log_level_from_text(const char *text, enum log_level *level_out);
const char *log_level_text(enum log_level level);

void log_line(enum log_level level, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

#define log_error(...) log_line(LOG_LEVEL_ERROR, __VA_ARGS__)
#define log_warning(...) log_line(LOG_LEVEL_WARNING, __VA_ARGS__)
#define log_notice(...) log_line(LOG_LEVEL_NOTICE, __VA_ARGS__)
#define log_info(...) log_line(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_debug(...)                                                         \
	do {                                                                   \
		if (log_wants(LOG_LEVEL_DEBUG))                                \
			log_line(LOG_LEVEL_DEBUG, __VA_ARGS__);                \
	} while (0)

/*
 * Writes text to out (size octets, always ended) with control characters,
 * quotes, backslashes and octets above 126 as \ooo; cut with "..." if long.
 * Returns out.
 */
char *log_escape(const char *text, size_t len, char *out, size_t size);

/*
 * Writes text to out (size octets, always ended) for a value in double quotes:
 * quotes inside become single ones, control characters spaces.  Returns out.
 */
char *log_quote(const char *text, char *out, size_t size);

#endif
