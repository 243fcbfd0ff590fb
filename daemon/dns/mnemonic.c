/*
 * mnemonic.c - names of types, classes, RCODEs and opcodes
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Types and classes are libknot's; its RCODEs lack TSIG's second meaning of
 * 16 and say NOTIMPL where everybody else says NOTIMP.
 */
#include <libknot/descriptor.h>
#include <stddef.h>
#include <stdio.h>

#include "daemon/dns/mnemonic.h"

#define N_OF(array) (sizeof(array) / sizeof((array)[0]))

static const char *const rcodes[] = {
    [RCODE_NOERROR] = "NOERROR",
    [RCODE_FORMERR] = "FORMERR",
    [RCODE_SERVFAIL] = "SERVFAIL",
    [RCODE_NXDOMAIN] = "NXDOMAIN",
    [RCODE_NOTIMP] = "NOTIMP",
    [RCODE_REFUSED] = "REFUSED",
    [RCODE_YXDOMAIN] = "YXDOMAIN",
    [RCODE_YXRRSET] = "YXRRSET",
    [RCODE_NXRRSET] = "NXRRSET",
    [RCODE_NOTAUTH] = "NOTAUTH",
    [RCODE_NOTZONE] = "NOTZONE",
    [RCODE_BADVERS] = "BADVERS",
};

static const char *const tsig_errors[] = {
    [TSIG_ERROR_NONE] = "NOERROR",
    [TSIG_ERROR_BADSIG] = "BADSIG",
    [TSIG_ERROR_BADKEY] = "BADKEY",
    [TSIG_ERROR_BADTIME] = "BADTIME",
    [TSIG_ERROR_BADMODE] = "BADMODE",
    [TSIG_ERROR_BADNAME] = "BADNAME",
    [TSIG_ERROR_BADALG] = "BADALG",
    [TSIG_ERROR_BADTRUNC] = "BADTRUNC",
};

static const char *const opcodes[] = {
    [OPCODE_QUERY] = "QUERY",
    [1] = "IQUERY", /* RFC 3425 */
    [2] = "STATUS", /* RFC 1035 */
    [OPCODE_NOTIFY] = "NOTIFY",
    [OPCODE_UPDATE] = "UPDATE",
};

static char *
to_text(const char *const *names, size_t n, unsigned number, const char *prefix,
    char text[MNEMONIC_SIZE])
{
	if (number < n && names[number] != NULL)
		(void)snprintf(text, MNEMONIC_SIZE, "%s", names[number]);
	else
		(void)snprintf(text, MNEMONIC_SIZE, "%s%u", prefix, number);
	return text;
}

char *
type_to_text(uint16_t type, char text[MNEMONIC_SIZE])
{
	if (knot_rrtype_to_string(type, text, MNEMONIC_SIZE) < 0)
		(void)snprintf(text, MNEMONIC_SIZE, "TYPE%u", type);
	return text;
}

bool
type_from_text(const char *text, uint16_t *type_out)
{
	*type_out = 0;
	return knot_rrtype_from_string(text, type_out) == 0;
}

char *
class_to_text(uint16_t class, char text[MNEMONIC_SIZE])
{
	if (knot_rrclass_to_string(class, text, MNEMONIC_SIZE) < 0)
		(void)snprintf(text, MNEMONIC_SIZE, "CLASS%u", class);
	return text;
}

char *
rcode_to_text(enum rcode rcode, char text[MNEMONIC_SIZE])
{
	return to_text(rcodes, N_OF(rcodes), rcode, "RCODE", text);
}

char *
tsig_error_to_text(uint16_t error, char text[MNEMONIC_SIZE])
{
	return to_text(tsig_errors, N_OF(tsig_errors), error, "ERROR", text);
}

char *
opcode_to_text(unsigned opcode, char text[MNEMONIC_SIZE])
{
	return to_text(opcodes, N_OF(opcodes), opcode, "OPCODE", text);
}
