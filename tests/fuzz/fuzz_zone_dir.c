/*
 * fuzz_zone_dir.c - the small files of a zone's directory
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * First octet: 'n' the file name but for its last line, 'd' the file dump, 's'
 * the name of a snapshot or directory.  What is read and written again is the
 * same.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/crc32c.h"
#include "daemon/store/zone_dir_files.h"
#include "tests/fuzz/fuzz.h"

static void
fuzz_name(const uint8_t *data, size_t size)
{
	char text[ZONE_NAME_FILE_SIZE];
	struct name apex, again;
	size_t len;

	if (size + 10 > sizeof(text))
		return;
	memcpy(text, data, size);
	/* The right CRC: it would keep a fuzzer out. */
	len = size +
	    (size_t)snprintf(text + size, 10, "%08" PRIx32 "\n",
		crc32c(0, text, size));
	if (zone_name_file_read(text, len, &apex) != 0)
		return;
	len = zone_name_file_write(&apex, text);
	MUST(zone_name_file_read(text, len, &again) == 0);
	MUST(name_equal(apex.octets, again.octets));
}

static void
fuzz_dump(const uint8_t *data, size_t size)
{
	uint8_t octets[ZONE_FILE_STATE_LEN];
	struct zone_file_state state;

	if (zone_file_state_read(data, size, &state) != 0)
		return;
	zone_file_state_write(&state, octets);
	MUST(memcmp(octets, data, size) == 0);
}

static void
fuzz_text(const uint8_t *data, size_t size)
{
	struct snapshot_name name;
	char text[256], id_text[ZONE_DIR_ID_SIZE];
	uint32_t id;

	if (size >= sizeof(text))
		return;
	memcpy(text, data, size);
	text[size] = '\0';
	if (snapshot_name_read(text, &name))
		MUST(strcmp(name.text, text) == 0);
	if (!zone_dir_id_from_text(text, &id))
		return;
	zone_dir_id_to_text(id, id_text);
	MUST(strcmp(id_text, text) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;
	if (data[0] == 'n')
		fuzz_name(data + 1, size - 1);
	else if (data[0] == 'd')
		fuzz_dump(data + 1, size - 1);
	else if (data[0] == 's')
		fuzz_text(data + 1, size - 1);
	return 0;
}
