/*
 * line.c - one line of reason, for a log
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <stdarg.h>
#include <stdio.h>

#include "ldap/line.h"

void
line_set(char line[LINE_SIZE], const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(line, LINE_SIZE, format, arguments);
	va_end(arguments);
	for (char *p = line; *p != '\0'; p++) {
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			*p = ' ';
	}
}

void
line_set_ldap(char line[LINE_SIZE], const char *what, LDAP *ld, int code)
{
	char *said = NULL;

	if (ld != NULL)
		(void)ldap_get_option(ld, LDAP_OPT_DIAGNOSTIC_MESSAGE, &said);
	if (said != NULL && said[0] != '\0')
		line_set(line, "%s: %s (%d): %s", what, ldap_err2string(code),
		    code, said);
	else
		line_set(line, "%s: %s (%d)", what, ldap_err2string(code),
		    code);
	ldap_memfree(said);
}
