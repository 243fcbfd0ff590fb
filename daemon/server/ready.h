/*
 * ready.h - telling whoever started us that we are up
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Under systemd (Type=notify) by its socket; else, not in the foreground, by
 * the pipe to the process that a shell waits for.
 *
 * Threads: the main thread.
 * Errors:  negative enum err.
 */
#ifndef SERVER_READY_H
#define SERVER_READY_H

#include <stdbool.h>

/* True if systemd started us and waits to be told. */
bool ready_by_systemd(void);

/*
 * Goes into the background.  The calling process stays and ends with status 0
 * once ready_tell() was called, or with the child's if that ends before.
 */
int ready_daemonize(void);

/* We serve. */
void ready_tell(void);

/* systemd only: "RELOADING=1", "STOPPING=1". */
void ready_state(const char *state);

#endif
