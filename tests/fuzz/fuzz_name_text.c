/*
 * fuzz_name_text.c - domain names as text from outside
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A name that is read must be read again, the same, from its own text.
 */
#include <string.h>

#include "daemon/dns/name.h"
#include "tests/fuzz/fuzz.h"

static void
try_text(const char *text, const struct name *origin)
{
	char own_text[NAME_TEXT_SIZE];
	struct name name, again;
	size_t len;

	if (name_from_text(text, origin, &name) != 0)
		return;
	MUST(name_is_valid(name.octets, name.len, &len) && len == name.len);
	(void)name_to_text(name.octets, own_text);
	MUST(name_from_text(own_text, origin, &again) == 0);
	MUST(again.len == name.len);
	MUST(memcmp(again.octets, name.octets, name.len) == 0);
	MUST(name_compare(again.octets, name.octets) == 0);
	(void)name_to_log(name.octets, own_text);
	MUST(name_from_text(own_text, NULL, &again) == 0);
	MUST(name_equal(again.octets, name.octets));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);
	struct name origin;

	MUST(text != NULL);
	memcpy(text, data, size);
	text[size] = '\0';
	MUST(name_from_text("sub.example.", NULL, &origin) == 0);
	try_text(text, NULL);
	try_text(text, &origin);
	free(text);
	return 0;
}
