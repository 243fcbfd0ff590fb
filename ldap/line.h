/*
 * line.h - one line of reason, for a log
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Owns:    nothing; a line is LINE_SIZE octets of the caller's.
 * Threads: any.
 * Errors:  none: what is too long is cut.
 * Units:   none.
 */
#ifndef LDAP_LINE_H
#define LDAP_LINE_H

#include <ldap.h>

#define LINE_SIZE 256 /* DIRECTORY_REASON_SIZE */

/* Control characters become spaces. */
void line_set(char line[LINE_SIZE], const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/*
 * "what: Invalid credentials (49): what the server said"; ld may be NULL, and
 * its diagnostic message is taken if it is there.
 */
void line_set_ldap(char line[LINE_SIZE], const char *what, LDAP *ld, int code);

#endif
