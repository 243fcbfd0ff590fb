/*
 * log.c - one line an event, to stderr or syslog
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "daemon/base/clock.h"
#include "daemon/base/err.h"
#include "daemon/base/log.h"
#include "daemon/base/ring.h"
#include "daemon/base/wake.h"

#define LINE_MAX_LEN 4096
#define LINES_MAX 8192 /* queued */

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

/* A line on its way to the thread. */
struct line {
	enum log_level level;
	uint64_t wall_us;
	char text[];
};

static struct {
	char program[64];
	enum log_target target;
	_Atomic int level;
	struct ring *ring; /* NULL: no thread, lines are written at once */
	struct wake wake;
	pthread_t thread;
	atomic_bool stop;
	_Atomic uint64_t n_dropped;
} the_log = {.program = "kddns", .level = LOG_LEVEL_INFO};

void
log_open(const char *program, enum log_target target)
{
	(void)snprintf(the_log.program, sizeof(the_log.program), "%s", program);
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
time_text(uint64_t us, char *out, size_t size)
{
	time_t s = (time_t)(us / 1000000);
	struct tm tm;
	size_t n;

	(void)gmtime_r(&s, &tm);
	n = strftime(out, size, "%Y-%m-%dT%H:%M:%S", &tm);
	(void)snprintf(out + n, size - n, ".%03uZ",
	    (unsigned)(us / 1000 % 1000));
}

static void
write_line(enum log_level level, uint64_t wall_us, const char *text)
{
	char line[LINE_MAX_LEN + 128], when[40];
	int len;

	if (the_log.target == LOG_TO_SYSLOG) {
		syslog(syslog_levels[level], "%s %s", level_names[level], text);
		return;
	}
	time_text(wall_us, when, sizeof(when));
	len = snprintf(line, sizeof(line), "%s %s: %s %s\n", when,
	    the_log.program, level_names[level], text);
	if (len > 0) /* one write, so that lines of threads do not mix */
		(void)!write(STDERR_FILENO, line,
		    (size_t)len < sizeof(line) ? (size_t)len
					       : sizeof(line) - 1);
}

/* Says how many lines were dropped since it was last said. */
static void
write_dropped(void)
{
	uint64_t n = atomic_exchange(&the_log.n_dropped, 0);
	char text[64];

	if (n == 0)
		return;
	(void)snprintf(text, sizeof(text), "log dropped lines=%llu",
	    (unsigned long long)n);
	write_line(LOG_LEVEL_WARNING, clock_wall_us(), text);
}

static void
write_queued(void)
{
	struct line *l;

	while ((l = ring_take(the_log.ring)) != NULL) {
		write_line(l->level, l->wall_us, l->text);
		free(l);
	}
	write_dropped();
}

static void *
run(void *arg)
{
	(void)arg;
	while (!atomic_load(&the_log.stop)) {
		write_queued();
		wake_prepare(&the_log.wake);
		if (ring_count(the_log.ring) == 0 &&
		    !atomic_load(&the_log.stop))
			wake_wait(&the_log.wake, -1);
		wake_done(&the_log.wake);
	}
	write_queued();
	return NULL;
}

int
log_start(void)
{
	struct ring *ring = ring_create(LINES_MAX);
	int ret = ring == NULL ? ERR_NOMEM : wake_init(&the_log.wake);

	if (ret != 0) {
		ring_destroy(ring);
		return ret;
	}
	atomic_store(&the_log.stop, false);
	the_log.ring = ring;
	if (pthread_create(&the_log.thread, NULL, run, NULL) != 0) {
		the_log.ring = NULL;
		wake_clear(&the_log.wake);
		ring_destroy(ring);
		return ERR_BUSY;
	}
	return 0;
}

void
log_stop(void)
{
	if (the_log.ring == NULL)
		return;
	atomic_store(&the_log.stop, true);
	wake_up(&the_log.wake);
	(void)pthread_join(the_log.thread, NULL);
	wake_clear(&the_log.wake);
	ring_destroy(the_log.ring);
	the_log.ring = NULL;
}

/* Hands the line to the thread, or counts it as dropped. */
static void
queue_line(enum log_level level, const char *text)
{
	size_t len = strlen(text) + 1;
	struct line *l = malloc(sizeof(*l) + len);

	if (l != NULL) {
		l->level = level;
		l->wall_us = clock_wall_us();
		memcpy(l->text, text, len);
	}
	if (l == NULL || !ring_put(the_log.ring, l)) {
		free(l);
		(void)atomic_fetch_add(&the_log.n_dropped, 1);
		return;
	}
	wake_up(&the_log.wake);
}

void
log_line(enum log_level level, const char *fmt, ...)
{
	char text[LINE_MAX_LEN];
	va_list ap;

	if (the_log.target == LOG_TO_NOWHERE || !log_wants(level))
		return;
	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (the_log.ring != NULL)
		queue_line(level, text);
	else
		write_line(level, clock_wall_us(), text);
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

char *
log_quote(const char *text, char *out, size_t size)
{
	size_t at = 0;

	for (; size > 0 && text[at] != '\0' && at < size - 1; at++) {
		unsigned char c = (unsigned char)text[at];

		out[at] = c == '"' ? '\'' : c < 32 || c == 127 ? ' ' : (char)c;
	}
	if (size > 0)
		out[at] = '\0';
	return out;
}
