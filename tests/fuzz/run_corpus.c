/*
 * run_corpus.c - a fuzz target run over its seeds, without libFuzzer
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 *	fuzz_X              every file of $KDDNS_SRCDIR/tests/fuzz/corpus/X
 *	fuzz_X FILE ...     these files: what a fuzzer found
 *
 * Each seed is run whole, cut after every octet, and with every octet changed
 * in several ways; of a large seed's variants an even selection.  The same
 * ones each time.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/fuzz/fuzz.h"

#define SEED_SIZE_MAX ((size_t)1 << 20)
#define VARIANTS_MAX 20000 /* of all seeds together: about a second */

/* A variant is a seed cut at octet n, or its octet n changed in one way. */
enum variant {
	VARIANT_CUT,
	VARIANT_ZERO,
	VARIANT_ONES,
	VARIANT_HIGH_BIT,
	VARIANT_POINTER,
	VARIANT_CASE,
	VARIANT_MORE,
	VARIANT_LESS,
	VARIANTS,
};

struct seeds {
	char **paths;
	size_t n;
};

/* Runs size octets at an address of their own, so an overrun is seen. */
static void
run_octets(const uint8_t *octets, size_t size)
{
	uint8_t *copy = malloc(size == 0 ? 1 : size);

	MUST(copy != NULL);
	memcpy(copy, octets, size);
	(void)LLVMFuzzerTestOneInput(copy, size);
	free(copy);
}

static uint8_t
changed(uint8_t octet, enum variant variant)
{
	switch (variant) {
	case VARIANT_CUT:
	case VARIANTS:
		break;
	case VARIANT_ZERO:
		return 0;
	case VARIANT_ONES:
		return 0xff;
	case VARIANT_HIGH_BIT:
		return octet ^ 0x80;
	case VARIANT_POINTER:
		return 0xc0;
	case VARIANT_CASE:
		return octet ^ 0x20;
	case VARIANT_MORE:
		return (uint8_t)(octet + 1);
	case VARIANT_LESS:
		return (uint8_t)(octet - 1);
	}
	return octet;
}

static void
run_variant(uint8_t *octets, size_t size, size_t at, enum variant variant)
{
	uint8_t octet = octets[at];

	if (variant == VARIANT_CUT) {
		run_octets(octets, at);
		return;
	}
	octets[at] = changed(octet, variant);
	run_octets(octets, size);
	octets[at] = octet;
}

/* The seed and at most n_wanted of its variants. */
static void
run_seed(uint8_t *octets, size_t size, size_t n_wanted)
{
	size_t n = size * VARIANTS;
	size_t step = n / n_wanted + 1;

	run_octets(octets, size);
	for (size_t i = 0; i < n; i += step)
		run_variant(octets, size, i % size, (enum variant)(i / size));
}

static int
run_file(const char *path, size_t n_wanted)
{
	static uint8_t octets[SEED_SIZE_MAX];
	FILE *f = fopen(path, "rb");
	size_t size;

	if (f == NULL) {
		perror(path);
		return -1;
	}
	size = fread(octets, 1, sizeof(octets), f);
	(void)fclose(f);
	/* Said first: the last line before a crash names the seed. */
	(void)fprintf(stderr, "%s: %zu octets\n", path, size);
	run_seed(octets, size, n_wanted);
	return 0;
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The files of the corpus that belongs to the program called argv0. */
static int
find_seeds(const char *argv0, struct seeds *seeds)
{
	const char *base = strrchr(argv0, '/'), *top = getenv("KDDNS_SRCDIR");
	const char *target = strstr(base == NULL ? argv0 : base, "fuzz_");
	struct dirent *entry;
	char *folder;
	DIR *dir;

	MUST(target != NULL);
	MUST(asprintf(&folder, "%s/tests/fuzz/corpus/%s",
		 top == NULL ? "." : top, target + strlen("fuzz_")) != -1);
	dir = opendir(folder);
	if (dir == NULL) {
		perror(folder);
		free(folder);
		return -1;
	}
	for (entry = readdir(dir); entry != NULL; entry = readdir(dir)) {
		if (entry->d_name[0] == '.')
			continue;
		seeds->paths = reallocarray(seeds->paths, seeds->n + 1,
		    sizeof(*seeds->paths));
		MUST(seeds->paths != NULL);
		MUST(asprintf(&seeds->paths[seeds->n++], "%s/%s", folder,
			 entry->d_name) != -1);
	}
	(void)closedir(dir);
	free(folder);
	if (seeds->n > 0)
		qsort(seeds->paths, seeds->n, sizeof(*seeds->paths), by_name);
	return 0;
}

int
main(int argc, char **argv)
{
	struct seeds seeds = {.paths = argv + 1, .n = (size_t)argc - 1};
	struct seeds found = {.n = 0};
	size_t failed = 0;

	if (argc == 1) {
		if (find_seeds(argv[0], &found) != 0)
			return 2;
		seeds = found;
	}
	for (size_t i = 0; i < seeds.n; i++)
		if (run_file(seeds.paths[i], VARIANTS_MAX / seeds.n + 1) != 0)
			failed++;
	for (size_t i = 0; i < found.n; i++)
		free(found.paths[i]);
	free(found.paths);
	(void)printf("corpus: %zu passed, %zu failed\n", seeds.n - failed,
	    failed);
	return failed == 0 && seeds.n > 0 ? 0 : 1;
}
