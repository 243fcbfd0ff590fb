/*
 * fuzz_zone_text.c - zone text from outside
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Every RR that is read must be read again, the same, from its own text.
 */
#include <string.h>

#include "daemon/dns/zone_scan.h"
#include "tests/fuzz/fuzz.h"

static struct name origin;

static int
compare(void *arg, const struct rr *again, struct reason *reason)
{
	const struct rr *rr = arg;

	(void)reason;
	MUST(again->type == rr->type && again->class == rr->class);
	MUST(again->ttl == rr->ttl && again->rdata_len == rr->rdata_len);
	MUST(memcmp(again->rdata, rr->rdata, rr->rdata_len) == 0);
	MUST(name_len(again->owner) == name_len(rr->owner));
	MUST(memcmp(again->owner, rr->owner, name_len(rr->owner)) == 0);
	return 0;
}

static int
take(void *arg, const struct rr *rr, struct reason *reason)
{
	size_t size = RR_TEXT_SIZE(rr->rdata_len), len;
	char *text = malloc(size);
	struct rr copy = *rr;

	(void)arg;
	MUST(text != NULL);
	MUST(rr_to_text(rr, text, size, &len) == 0);
	MUST(len == strlen(text) && text[len - 1] == '\n');
	MUST(memchr(text, '\n', len) == text + len - 1);
	MUST(zone_scan_text(text, len, "again", &origin, compare, &copy,
		 reason) == 0);
	free(text);
	return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct reason reason = {.text = ""};
	int ret;

	if (name_from_text("example", NULL, &origin) != 0)
		return 0;
	ret = zone_scan_text((const char *)data, size, "fuzz", &origin, take,
	    NULL, &reason);
	/* A mistake is always explained. */
	MUST(ret == 0 || reason.text[0] != '\0');
	return 0;
}
