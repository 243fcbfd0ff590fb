/*
 * record.h - octets of a changeset in the log
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Length, CRC, zone, serials, time, flags and counts; who asked (sources);
 * RRs deleted, RRs added, each uncompressed and with the index of its source;
 * metadata.  The layout stands octet by octet in docs/store.md.
 *
 * Owns:    nothing; what is read lies in the caller's arena and octets.
 * Threads: any.
 * Errors:  ERR_MALFORMED: the octets are no changeset.
 * Units:   octets; numbers in network order.
 */
#ifndef JOURNAL_RECORD_H
#define JOURNAL_RECORD_H

#include "daemon/base/buf.h"
#include "daemon/zone/changeset.h"

#define RECORD_HEAD_LEN 46

/* Octets of cs as a record. */
size_t record_len(const struct changeset *cs);

/* Writes cs; w must have record_len() left. */
void record_write(const struct changeset *cs, struct writer *w);

/* What recovery and history need of a record. */
struct record_head {
	uint32_t len; /* of the whole record */
	uint32_t zone_id;
	uint32_t serial_from;
	uint32_t serial_to;
	uint64_t time_us;
	uint32_t flags;
	uint32_t n_deleted;
	uint32_t n_added;
};

/* The head of the record at r's position, which moves behind the record. */
int record_head_read(struct reader *r, struct record_head *head_out);

/*
 * The whole record in exactly these octets, its CRC compared; RRs, signers
 * and metadata point into octets.  ERR_NOMEM too.
 */
int record_read(const uint8_t *octets, size_t len, struct arena *arena,
    struct changeset *cs_out);

#endif
