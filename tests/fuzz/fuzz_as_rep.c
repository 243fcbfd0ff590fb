/*
 * fuzz_as_rep.c - answers of KDCs
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include "ktutils/as_rep.h"
#include "tests/fuzz/fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *ticket;
	size_t len;

	if (as_rep_ticket(data, size, &ticket, &len))
		MUST(ticket > data && ticket + len <= data + size);
	else
		MUST(ticket == NULL && len == 0);
	return 0;
}
