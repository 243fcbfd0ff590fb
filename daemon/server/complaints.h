/*
 * complaints.h - what is wrong at a place of the configuration file
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Owns:    nothing.
 * Threads: one.
 * Errors:  none.
 */
#ifndef SERVER_COMPLAINTS_H
#define SERVER_COMPLAINTS_H

#include <stdbool.h>

struct conf_errors;
struct conf_place;

struct complaints {
	struct conf_errors *errors;
	bool any; /* that is no warning */
};

void complaints_add(struct complaints *c, const struct conf_place *place,
    const char *fmt, ...) __attribute__((format(printf, 3, 4)));
void complaints_warn(struct complaints *c, const struct conf_place *place,
    const char *fmt, ...) __attribute__((format(printf, 3, 4)));

#endif
