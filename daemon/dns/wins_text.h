/*
 * wins_text.h - Microsoft's WINS and WINSR lines in zone files
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * libzscanner knows neither mnemonic, so such lines are put into the form of
 * RFC 3597 before it sees them:
 *
 *	@ WINS LOCAL L2 C900 ( 192.0.2.1 192.0.2.2 )
 *	@ WINSR L2 C900 ( example. )
 *
 * RDATA (MS-DNSP section 2.2.2.2.4): flags, lookup and cache time-out in
 * seconds; then the number of servers and their addresses, or the domain.
 *
 * Owns:    nothing.
 * Threads: any.
 * Errors:  negative enum err.
 */
#ifndef DNS_WINS_TEXT_H
#define DNS_WINS_TEXT_H

#include <stddef.h>

/*
 * If there are such lines in text, *text_out is a copy of it, to be freed by
 * the caller, with these rewritten; otherwise it is NULL.  No line moves.  A
 * line that only looks like one stays, and is the scanner's to complain about.
 * ERR_NOMEM.
 */
int wins_text_rewrite(const char *text, size_t len, char **text_out,
    size_t *len_out);

#endif
