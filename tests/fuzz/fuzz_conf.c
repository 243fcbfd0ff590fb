/*
 * fuzz_conf.c - configuration files of any octets
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What is read without a mistake must be dumped as a text that reads without
 * one again, and is then dumped as the same text; but a configuration with
 * keys is not, as its secrets are not shown.
 */
#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/conf/conf.h"
#include "daemon/conf/errors.h"

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t len);

/* On the heap. */
static char *
dump(const struct conf *c, size_t *len_out)
{
	char *text = NULL;
	FILE *f = open_memstream(&text, len_out);

	assert(f != NULL);
	conf_dump(c, f);
	(void)fclose(f);
	return text;
}

static void
check_dump(const struct conf *c)
{
	struct conf_errors errors;
	struct conf *again;
	size_t len, len_again;
	char *text = dump(c, &len), *text_again;

	conf_errors_init(&errors);
	if (conf_read_text("dump", text, len, &errors, &again) != 0) {
		conf_errors_print(&errors, stderr);
		abort();
	}
	text_again = dump(again, &len_again);
	if (strcmp(text, text_again) != 0)
		abort();
	conf_destroy(again);
	conf_errors_clear(&errors);
	free(text);
	free(text_again);
}

int
LLVMFuzzerTestOneInput(const uint8_t *octets, size_t len)
{
	struct conf_errors errors;
	struct conf *c;

	conf_errors_init(&errors);
	if (conf_read_text("t", (const char *)octets, len, &errors, &c) == 0 &&
	    c->n_keys == 0)
		check_dump(c);
	conf_destroy(c);
	conf_errors_clear(&errors);
	return 0;
}
