/*
 * zone_dir_files.c - what is written in the files of a zone's directory
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/buf.h"
#include "daemon/base/crc32c.h"
#include "daemon/base/err.h"
#include "daemon/base/storage.h"
#include "daemon/store/zone_dir_files.h"

#define NAME_FORMAT "kddns zone 1\n"
#define NAME_CRC_LEN 9 /* the last line */

#define STATE_MAGIC "kddnsdmp"
#define STATE_MAGIC_LEN 8
#define STATE_FORMAT 1

/* A small file whole, as far as there is room. */
static int
load(const struct storage *st, int dirfd, const char *name, void *octets,
    size_t size, size_t *len_out)
{
	int fd = st->open(st->arg, dirfd, name, O_RDONLY, 0), ret = 0;
	ssize_t n;

	*len_out = 0;
	if (fd == -1)
		return err_from_errno(errno);
	n = st->pread(st->arg, fd, octets, size, 0);
	if (n == -1)
		ret = err_from_errno(errno);
	else
		*len_out = (size_t)n;
	(void)st->close(st->arg, fd);
	return ret;
}

/* --- Directories --- */

void
zone_dir_id_to_text(uint32_t id, char text[ZONE_DIR_ID_SIZE])
{
	(void)snprintf(text, ZONE_DIR_ID_SIZE, "%" PRIu32, id);
}

bool
zone_dir_id_from_text(const char *text, uint32_t *id_out)
{
	char check[ZONE_DIR_ID_SIZE];
	unsigned long id = strtoul(text, NULL, 10);

	*id_out = 0;
	if (id == 0 || id >= UINT32_MAX)
		return false;
	zone_dir_id_to_text((uint32_t)id, check);
	if (strcmp(check, text) != 0)
		return false;
	*id_out = (uint32_t)id;
	return true;
}

/* --- The file name --- */

size_t
zone_name_file_write(const struct name *apex, char text[ZONE_NAME_FILE_SIZE])
{
	char apex_text[NAME_TEXT_SIZE];
	size_t len = (size_t)snprintf(text, ZONE_NAME_FILE_SIZE,
	    NAME_FORMAT "%s\n", name_to_text(apex->octets, apex_text));

	return len +
	    (size_t)snprintf(text + len, ZONE_NAME_FILE_SIZE - len,
		"%08" PRIx32 "\n", crc32c(0, text, len));
}

int
zone_name_file_read(const char *text, size_t len, struct name *apex_out)
{
	const size_t head_len = strlen(NAME_FORMAT);
	char line[ZONE_NAME_FILE_SIZE], crc[NAME_CRC_LEN + 1];
	size_t line_len;

	if (len < head_len || len >= sizeof(line))
		return ERR_MALFORMED;
	if (memcmp(text, NAME_FORMAT, head_len) != 0)
		return ERR_UNSUPPORTED;
	if (len < head_len + NAME_CRC_LEN)
		return ERR_MALFORMED;
	len -= NAME_CRC_LEN;
	(void)snprintf(crc, sizeof(crc), "%08" PRIx32 "\n",
	    crc32c(0, text, len));
	line_len = len - head_len;
	if (memcmp(text + len, crc, NAME_CRC_LEN) != 0 || line_len == 0 ||
	    memchr(text + head_len, '\n', line_len) != text + len - 1)
		return ERR_MALFORMED;
	memcpy(line, text + head_len, line_len - 1);
	line[line_len - 1] = '\0';
	return name_from_text(line, NULL, apex_out);
}

int
zone_name_file_load(const struct storage *st, int dirfd, struct name *apex_out)
{
	char text[ZONE_NAME_FILE_SIZE];
	size_t len;
	int ret = load(st, dirfd, "name", text, sizeof(text), &len);

	return ret != 0 ? ret : zone_name_file_read(text, len, apex_out);
}

/* --- Snapshots --- */

void
snapshot_name_make(struct snapshot_name *name_out, uint32_t serial,
    uint64_t lsn)
{
	(void)snprintf(name_out->text, sizeof(name_out->text),
	    "%" PRIu32 "-%" PRIu64 ".snap", serial, lsn);
	name_out->serial = serial;
	name_out->lsn = lsn;
}

bool
snapshot_name_read(const char *text, struct snapshot_name *name_out)
{
	struct snapshot_name check;
	uint32_t serial;
	uint64_t lsn;

	if (sscanf(text, "%" SCNu32 "-%" SCNu64, &serial, &lsn) != 2)
		return false;
	snapshot_name_make(&check, serial, lsn);
	if (strcmp(check.text, text) != 0)
		return false;
	*name_out = check;
	return true;
}

static int
take_newest(void *arg, const char *text)
{
	struct snapshot_name *newest = arg, name;

	if (snapshot_name_read(text, &name) &&
	    (newest->text[0] == '\0' || name.lsn >= newest->lsn))
		*newest = name;
	return 0;
}

int
snapshot_name_newest(const struct storage *st, int dirfd,
    struct snapshot_name *name_out)
{
	int ret;

	memset(name_out, 0, sizeof(*name_out));
	ret = storage_list(st, dirfd, take_newest, name_out);
	if (ret != 0)
		return ret == ERR_NOTFOUND ? ERR_IO : ret;
	return name_out->text[0] == '\0' ? ERR_NOTFOUND : 0;
}

/* --- The file dump --- */

void
zone_file_state_write(const struct zone_file_state *state,
    uint8_t octets[ZONE_FILE_STATE_LEN])
{
	struct writer w;

	writer_init(&w, octets, ZONE_FILE_STATE_LEN);
	writer_octets(&w, STATE_MAGIC, STATE_MAGIC_LEN);
	writer_u32(&w, STATE_FORMAT);
	writer_u32(&w, state->serial);
	writer_u64(&w, state->time_s);
	writer_u32(&w, state->path_crc);
	writer_u32(&w, state->n_digests);
	writer_octets(&w, state->digests, sizeof(state->digests));
	writer_u32(&w, crc32c(0, octets, ZONE_FILE_STATE_LEN - 4));
}

int
zone_file_state_read(const uint8_t *octets, size_t len,
    struct zone_file_state *state_out)
{
	struct zone_file_state f = {.n_digests = 0};
	const uint8_t *digests;
	struct reader r;
	uint32_t format;

	memset(state_out, 0, sizeof(*state_out));
	if (len != ZONE_FILE_STATE_LEN ||
	    memcmp(octets, STATE_MAGIC, STATE_MAGIC_LEN) != 0 ||
	    get_u32(octets + len - 4) != crc32c(0, octets, len - 4))
		return ERR_MALFORMED;
	reader_init(&r, octets, len);
	reader_skip(&r, STATE_MAGIC_LEN);
	format = reader_u32(&r);
	f.serial = reader_u32(&r);
	f.time_s = reader_u64(&r);
	f.path_crc = reader_u32(&r);
	f.n_digests = reader_u32(&r);
	digests = reader_octets(&r, sizeof(f.digests));
	if (format != STATE_FORMAT || f.n_digests > ZONE_FILE_DIGESTS ||
	    digests == NULL)
		return ERR_MALFORMED;
	memcpy(f.digests, digests, sizeof(f.digests));
	*state_out = f;
	return 0;
}

int
zone_file_state_load(const struct storage *st, int dirfd,
    struct zone_file_state *state_out)
{
	uint8_t octets[ZONE_FILE_STATE_LEN + 1];
	size_t len;
	int ret = load(st, dirfd, "dump", octets, sizeof(octets), &len);

	memset(state_out, 0, sizeof(*state_out));
	return ret != 0 ? ret : zone_file_state_read(octets, len, state_out);
}
