/*
 * describe.h - what an update asks for, in words
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Names are escaped, and cut where they would fill the line.
 *
 * Threads: any.
 */
#ifndef UPDATE_DESCRIBE_H
#define UPDATE_DESCRIBE_H

#include "daemon/update/update.h"

#define DESCRIBE_SIZE 160

/* "add pc1.ad.example.test A", "delete pc1.ad.example.test ANY". */
const char *describe_rr(const struct update_rr *u, char text[DESCRIBE_SIZE]);

/* "pc1.ad.example.test A". */
const char *describe_owner(const uint8_t *owner, uint16_t type,
    char text[DESCRIBE_SIZE]);

#endif
