/*
 * complaints.c - what is wrong at a place of the configuration file
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <stdarg.h>

#include "daemon/conf/conf.h"
#include "daemon/conf/errors.h"
#include "daemon/server/complaints.h"

void
complaints_add(struct complaints *c, const struct conf_place *place,
    const char *fmt, ...)
{
	va_list ap;

	c->any = true;
	va_start(ap, fmt);
	conf_errors_add(c->errors, false, place->order, place->file,
	    place->line, fmt, ap);
	va_end(ap);
}

void
complaints_warn(struct complaints *c, const struct conf_place *place,
    const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	conf_errors_add(c->errors, true, place->order, place->file, place->line,
	    fmt, ap);
	va_end(ap);
}
