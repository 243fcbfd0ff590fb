/*
 * zone_dir_files.h - what is written in the files of a zone's directory
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Names of directories and snapshots, and the octets of the small files: name,
 * dump, frozen.  Needs no store, so that store-check reads with the same eyes.
 *
 * Owns:    nothing.
 * Threads: any.
 * Errors:  negative enum err.
 */
#ifndef STORE_ZONE_DIR_FILES_H
#define STORE_ZONE_DIR_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/dns/name.h"
#include "daemon/zone/zone_file.h"

struct storage;

/* --- Directories --- */

#define ZONE_DIR_ID_SIZE 16

/* "17" as the name of a zone's directory. */
void zone_dir_id_to_text(uint32_t id, char text[ZONE_DIR_ID_SIZE]);
bool zone_dir_id_from_text(const char *text, uint32_t *id_out);

/* --- The file name: whose zone it is --- */

#define ZONE_NAME_FILE_SIZE (NAME_TEXT_SIZE + 32)

/* Its text; returns the length. */
size_t zone_name_file_write(const struct name *apex,
    char text[ZONE_NAME_FILE_SIZE]);

/*
 * ERR_MALFORMED, ERR_UNSUPPORTED (another format).  A name that is not the one
 * that was written would be another zone, and the zone itself filled anew.
 */
int zone_name_file_read(const char *text, size_t len, struct name *apex_out);

/*
 * The one in the directory.  ERR_NOTFOUND: there is none, a crash came while
 * the directory was made or removed.  ERR_IO too.
 */
int zone_name_file_load(const struct storage *st, int dirfd,
    struct name *apex_out);

/* --- Snapshots: SERIAL-LSN.snap --- */

struct snapshot_name {
	char text[64];
	uint32_t serial;
	uint64_t lsn;
};

void snapshot_name_make(struct snapshot_name *name_out, uint32_t serial,
    uint64_t lsn);
bool snapshot_name_read(const char *text, struct snapshot_name *name_out);

/* The newest in the directory.  ERR_NOTFOUND, ERR_IO. */
int snapshot_name_newest(const struct storage *st, int dirfd,
    struct snapshot_name *name_out);

/* --- The file dump: what the zone file is like --- */

/*
 * The zone file as we wrote or read it last.  Two digests while a dump is
 * under way: the old file's and the new one's.
 */
#define ZONE_FILE_DIGESTS 2
struct zone_file_state {
	uint32_t n_digests; /* 0: never written nor read */
	uint8_t digests[ZONE_FILE_DIGESTS][ZONE_FILE_DIGEST_LEN];
	uint32_t serial; /* of the last digest */
	uint64_t time_s;
	uint32_t path_crc; /* of its path then: another file was never read */
	bool is_stale; /* in memory: it is not there, or not of that serial */
};

#define ZONE_FILE_STATE_LEN                                                    \
	(8 + 4 + 4 + 8 + 4 + 4 + ZONE_FILE_DIGESTS * ZONE_FILE_DIGEST_LEN + 4)

void zone_file_state_write(const struct zone_file_state *state,
    uint8_t octets[ZONE_FILE_STATE_LEN]);

/* ERR_MALFORMED */
int zone_file_state_read(const uint8_t *octets, size_t len,
    struct zone_file_state *state_out);

/* The one in the directory.  ERR_NOTFOUND, ERR_IO. */
int zone_file_state_load(const struct storage *st, int dirfd,
    struct zone_file_state *state_out);

#endif
