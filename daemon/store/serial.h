/*
 * serial.h - the next serial of a zone
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * One serial a zone and group (STORE.md section 4), in the order of RFC 1982.
 *
 * Threads: any.
 */
#ifndef STORE_SERIAL_H
#define STORE_SERIAL_H

#include <stdint.h>

#include "daemon/store/store.h"

/*
 * A serial after old by the method, at the wall time now_s: unixtime and date
 * (YYYYMMDD00, UTC) if that is after old, else old + 1; never 0.
 */
uint32_t serial_next(enum serial_method method, uint32_t old, uint64_t now_s);

#endif
