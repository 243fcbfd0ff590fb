/*
 * log.c - one line an event, to stderr or syslog
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "daemon/base/clock.h"
#include "daemon/base/log.h"

#define LINE_MAX_LEN 4096

static const char *const level_names[] = {
    [LOG_LEVEL_ERROR] = "error",
    [LOG_LEVEL_WARNING] = "warning",
    [LOG_LEVEL_NOTICE] = "notice",
    [LOG_LEVEL_INFO] = "info",
    [LOG_LEVEL_DEBUG] = "debug",
};

static const int syslog_levels[] = {
    [LOG_LEVEL_ERROR] = LOG_ERR,
    [LOG_LEVEL_WARNING] = LOG_WARNING,
    [LOG_LEVEL_NOTICE] = LOG_NOTICE,
    [LOG_LEVEL_INFO] = LOG_INFO,
    [LOG_LEVEL_DEBUG] = LOG_DEBUG,
};

static struct {
	char program[64];
	enum log_target target;
	_Atomic int level;
} the_log = {"kddns", LOG_TO_STDERR, LOG_LEVEL_INFO};

void
log_open(const char *program, enum log_target target)
{
	(void)snprintf(
	    the_log.program, sizeof(the_log.program), "%s", program);
	the_log.target = target;
	if (target == LOG_TO_SYSLOG)
		openlog(the_log.program, LOG_PID | LOG_NDELAY, LOG_DAEMON);
}

void
log_set_level(enum log_level level)
{
	atomic_store_explicit(&the_log.level, (int)level, memory_order_relaxed);
}

bool
log_wants(enum log_level level)
{
	return (int)level <=
	    atomic_load_explicit(&the_log.level, memory_order_relaxed);
}

bool
log_level_from_text(const char *text, enum log_level *level_out)
{
	for (int i = LOG_LEVEL_ERROR; i <= LOG_LEVEL_DEBUG; i++) {
		if (strcasecmp(text, level_names[i]) == 0) {
			*level_out = (enum log_level)i;
			return true;
		}
	}
	return false;
}

const char *
log_level_text(enum log_level level)
{
	return level_names[level];
}

/* "2026-01-31T12:34:56.789Z", for lines that syslog does not date. */
static void
time_text(char *out, size_t size)
{
	uint64_t us = clock_wall_us();
	time_t s = (time_t)(us / 1000000);
	struct tm tm;
	size_t n;

	(void)gmtime_r(&s, &tm);
	n = strftime(out, size, "%Y-%m-%dT%H:%M:%S", &tm);
	(void)snprintf(
	    out + n, size - n, ".%03uZ", (unsigned)(us / 1000 % 1000));
}

void
log_line(enum log_level level, const char *fmt, ...)
{
	char text[LINE_MAX_LEN], line[LINE_MAX_LEN + 128], when[40];
	va_list ap;
	int len;

	if (the_log.target == LOG_TO_NOWHERE || !log_wants(level))
		return;
	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);

	if (the_log.target == LOG_TO_SYSLOG) {
		syslog(syslog_levels[level], "%s %s", level_names[level], text);
		return;
	}
	time_text(when, sizeof(when));
	len = snprintf(line, sizeof(line), "%s %s: %s %s\n", when,
	    the_log.program, level_names[level], text);
	if (len > 0) /* one write, so that lines of threads do not mix */
		(void)!write(STDERR_FILENO, line,
		    (size_t)len < sizeof(line) ? (size_t)len
					       : sizeof(line) - 1);
}

char *
log_escape(const char *text, size_t len, char *out, size_t size)
{
	size_t at = 0, cut = 0; /* cut: the last place where "..." fits */

	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)text[i];
		bool plain = c >= 32 && c <= 126 && c != '"' && c != '\\';
		size_t need = plain ? 1 : 4;

		if (at + 4 <= size)
			cut = at;
		if (at + need + 1 > size) {
			(void)snprintf(out + cut, size - cut, "...");
			return out;
		}
		if (plain)
			out[at] = (char)c;
		else
			(void)snprintf(out + at, size - at, "\\%03o", c);
		at += need;
	}
	if (size > 0)
		out[at] = '\0';
	return out;
}
