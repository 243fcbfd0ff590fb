/*
 * mnemonic.h - names of types, classes, RCODEs and opcodes
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * From libknot's tables.  Threads: any.
 */
#ifndef DNS_MNEMONIC_H
#define DNS_MNEMONIC_H

#include <stdbool.h>
#include <stdint.h>

#include "daemon/dns/types.h"

#define MNEMONIC_SIZE 16 /* "TYPE65535", ended */

/* "A", "TYPE65281"; returns text. */
char *type_to_text(uint16_t type, char text[MNEMONIC_SIZE]);

/* Mnemonic or TYPEnnn, without case; false: neither. */
bool type_from_text(const char *text, uint16_t *type_out);

char *class_to_text(uint16_t class, char text[MNEMONIC_SIZE]);

/* "NOERROR", "BADVERS"; "RCODE23" for others; a static or per-call text. */
char *rcode_to_text(enum rcode rcode, char text[MNEMONIC_SIZE]);

/* "BADSIG"; "ERROR99" for others. */
char *tsig_error_to_text(uint16_t error, char text[MNEMONIC_SIZE]);

char *opcode_to_text(unsigned opcode, char text[MNEMONIC_SIZE]);

#endif
