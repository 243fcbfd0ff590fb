/*
 * run_corpus.c - runs a fuzz target over its seed corpus
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The main() of a fuzz target that is not linked with libFuzzer: fuzz_X runs
 * over the files given, or over tests/fuzz/corpus/X below KDDNS_SRCDIR.
 */
#include <dirent.h>
#include <libgen.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t len);

/* One more octet than the file has is not readable: sanitizers see overruns. */
static int
run_file(const char *path)
{
	FILE *file = fopen(path, "rb");
	uint8_t *octets = NULL;
	long size = -1;
	int ret = 1;

	if (file == NULL || fseek(file, 0, SEEK_END) != 0)
		goto done;
	size = ftell(file);
	if (size < 0 || fseek(file, 0, SEEK_SET) != 0)
		goto done;
	octets = malloc((size_t)size);
	if ((octets == NULL && size > 0) ||
	    fread(octets, 1, (size_t)size, file) != (size_t)size)
		goto done;
	(void)LLVMFuzzerTestOneInput(octets, (size_t)size);
	ret = 0;
done:
	if (ret != 0)
		(void)fprintf(stderr, "%s: cannot be read\n", path);
	if (file != NULL)
		(void)fclose(file);
	free(octets);
	return ret;
}

static int
run_folder(const char *folder)
{
	DIR *dir = opendir(folder);
	unsigned n = 0;
	int ret = 0, len;

	if (dir == NULL) {
		(void)fprintf(stderr, "%s: cannot be opened\n", folder);
		return 1;
	}
	for (struct dirent *e = readdir(dir); e != NULL; e = readdir(dir)) {
		char path[4096];

		if (e->d_name[0] == '.')
			continue;
		len = snprintf(path, sizeof(path), "%s/%s", folder, e->d_name);
		ret |= len < (int)sizeof(path) ? run_file(path) : 1;
		n++;
	}
	(void)closedir(dir);
	(void)printf("%s: %u inputs\n", folder, n);
	return n == 0 ? 1 : ret;
}

int
main(int argc, char **argv)
{
	const char *top = getenv("KDDNS_SRCDIR");
	const char *name = basename(argv[0]);
	char folder[4096];
	int ret = 0;

	for (int i = 1; i < argc; i++)
		ret |= run_file(argv[i]);
	if (argc > 1)
		return ret;
	if (strncmp(name, "fuzz_", 5) == 0)
		name += 5;
	(void)snprintf(folder, sizeof(folder), "%s/tests/fuzz/corpus/%s",
	    top == NULL ? "." : top, name);
	return run_folder(folder);
}
