/*
 * dial.h - a TCP connection to the first address of a host that answers
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Owns:    the socket, until it is taken.
 * Threads: as an errand (errand.h).
 * Errors:  -1 with a line.
 * Units:   in the names.
 */
#ifndef LDAP_DIAL_H
#define LDAP_DIAL_H

#include "ldap/errand.h"
#include "ldap/line.h"

/* Looks the host up and connects, each address within timeout_ms. */
struct errand *dial_start(const char *host, int port, int timeout_ms);

/* The socket of an errand that is done, not blocking; -1: line says why. */
int dial_take(struct errand *e, char line[LINE_SIZE]);

#endif
