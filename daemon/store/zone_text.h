/*
 * zone_text.h - a zone's file: dumped, and watched for edits
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The store is the truth, the file an export (STORE.md section 4).  A file
 * that is not as we wrote or read it was edited: it may lag behind
 * acknowledged updates, so it is neither taken nor overwritten until an admin
 * decides.
 *
 * Owns:    nothing.
 * Threads: under store.upkeep, or before there are threads.
 * Errors:  negative enum err and a reason.
 */
#ifndef STORE_ZONE_TEXT_H
#define STORE_ZONE_TEXT_H

#include "daemon/store/state.h"

/*
 * Looks whether the file was edited; z->file_edited and, unless the zone is
 * frozen for that, its warning follow.  ERR_BUSY: it was.  ERR_IO: it cannot be
 * read.
 */
int zone_text_check(struct store_zone *z, struct reason *reason);

/* The warning of a loaded zone; NULL: none any more. */
void zone_text_warn(struct store_zone *z, const struct reason *warning);

/* Notes that the file with this serial and digest is what the zone is. */
int zone_text_taken(struct store_zone *z, uint32_t serial,
    const uint8_t digest[ZONE_FILE_DIGEST_LEN], struct reason *reason);

/*
 * Writes the file from the published version, if it is not of its serial
 * already.  ERR_BUSY: it was edited and stays.  While the zone is frozen an
 * edited one stays as well, which is no error.
 */
int zone_text_dump(struct store_zone *z, struct reason *reason);

/* The same, but an edit is thrown away. */
int zone_text_overwrite(struct store_zone *z, struct reason *reason);

/*
 * True if the file that we wrote or read last is what the zone is: nothing
 * has changed since, whatever was edited.
 */
bool zone_text_is_current(struct store_zone *z);

/* True if the published version has another serial than the file. */
bool zone_text_is_behind(struct store_zone *z);

#endif
