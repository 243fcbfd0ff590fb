/*
 * fuzz_web.c - what a browser sends and we read ourselves
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "tests/fuzz/fuzz.h"
#include "web/token.h"
#include "web/route.h"

static void
try_token(const char *text)
{
	size_t len;
	unsigned char *octets = token_from_text(text, &len);
	char *again;

	if (octets == NULL)
		return;
	again = token_to_text(octets, len);
	MUST(again != NULL && strlen(again) == strlen(text));
	free(again);
	free(octets);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);
	struct route r;

	MUST(text != NULL);
	memcpy(text, data, size);
	text[size] = '\0';
	route_find(text, &r);
	MUST(r.kind == ROUTE_NONE || text[0] == '/');
	(void)route_is_loopback_host(text);
	try_token(text);
	free(text);
	return 0;
}
