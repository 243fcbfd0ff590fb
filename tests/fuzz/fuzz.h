/*
 * fuzz.h - what every fuzz target defines
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A target reads outside octets, and aborts if the result breaks a promise.
 * It is linked with libFuzzer (configure --enable-fuzzers) or with
 * run_corpus.c.
 */
#ifndef TESTS_FUZZ_H
#define TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* Called for each input; returns 0. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Unlike assert(), there in every build. */
#define MUST(fact)                                                             \
	do {                                                                   \
		if (!(fact)) {                                                 \
			(void)fprintf(stderr, "%s:%d: %s\n", __FILE__,         \
			    __LINE__, #fact);                                  \
			abort();                                               \
		}                                                              \
	} while (0)

#endif
