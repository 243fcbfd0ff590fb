/*
 * serial.c - the next serial of a zone
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <time.h>

#include "daemon/dns/types.h"
#include "daemon/store/serial.h"

static uint32_t
date_serial(uint64_t now_s)
{
	time_t t = (time_t)now_s;
	struct tm tm;

	if (gmtime_r(&t, &tm) == NULL)
		return 0;
	return (uint32_t)(((tm.tm_year + 1900) * 100 + tm.tm_mon + 1) * 100 +
		   tm.tm_mday) *
	    100u;
}

uint32_t
serial_next(enum serial_method method, uint32_t old, uint64_t now_s)
{
	uint32_t wanted = old;

	switch (method) {
	case SERIAL_INCREMENT:
		break;
	case SERIAL_UNIXTIME:
		wanted = (uint32_t)now_s;
		break;
	case SERIAL_DATE:
		wanted = date_serial(now_s);
		break;
	}
	if (!serial_after(wanted, old))
		wanted = old + 1;
	/* Servers have been seen to take 0 for "none". */
	return wanted == 0 ? 1 : wanted;
}
