/*
 * fuzz_control.c - lines that clients of the control socket send
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "daemon/control/request.h"

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t len);

int
LLVMFuzzerTestOneInput(const uint8_t *octets, size_t len)
{
	struct reason reason = {""};
	struct request r;

	if (request_read((const char *)octets, len, &r, &reason) == 0) {
		assert(r.command != NULL && r.n_args <= REQUEST_ARGS_MAX);
		for (size_t i = 0; i < r.n_args; i++)
			assert(r.args[i] != NULL);
	} else {
		assert(r.document == NULL && reason.text[0] != '\0');
		assert(strchr(reason.text, '\n') == NULL);
	}
	request_clear(&r);
	return 0;
}
