/*
 * snapshot_format.h - what the octets of a snapshot are
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Inside of the room.  Numbers are in network order.
 *
 *	header   512: "KDDNSNAP", format u32, block size u32, LSN u64, names u64,
 *	         records u64, serial u32, principals u32, apex length u8, apex
 *	         (255), zeros, CRC u32 of all before it
 *	blocks   payload length u32, CRC u32, payload; every one but the last is
 *	         64 KiB in all.  The CRC is of the length and the payload, and
 *	         starts from the number of the block.
 *	footer   32: "KDDNSEND", blocks u64, payload octets u64, zeros (4), CRC
 *	         u32 of all before it
 *
 * The payloads together are records, which may reach over blocks, names in
 * canonical order:
 *
 *	record   length u32 of what follows: kind u8, then for a name
 *	name     flags u8, RRsets u16, principal u32, shared u8, own u8, the own
 *	         first octets of the owner; its last ones are the last shared
 *	         octets of the owner before; RRsets by ascending type
 *	RRset    type u16, RRs u16, TTL u32, rendered length u32, 1 if timestamps
 *	         follow u8, timestamps u32 each, the rendered RRs
 *
 * Header and footer keep size, magic, format and CRC where they are in every
 * later format, so that an older daemon can say that it is newer.
 */
#ifndef ZONE_SNAPSHOT_FORMAT_H
#define ZONE_SNAPSHOT_FORMAT_H

#define SNAPSHOT_FORMAT 1u
#define SNAPSHOT_HEADER_LEN 512u
#define SNAPSHOT_FOOTER_LEN 32u
#define SNAPSHOT_BLOCK_LEN 65536u
#define SNAPSHOT_BLOCK_HEAD_LEN 8u
#define SNAPSHOT_PAYLOAD_MAX (SNAPSHOT_BLOCK_LEN - SNAPSHOT_BLOCK_HEAD_LEN)
#define SNAPSHOT_MAGIC "KDDNSNAP"
#define SNAPSHOT_FOOTER_MAGIC "KDDNSEND"
#define SNAPSHOT_MAGIC_LEN 8u
#define SNAPSHOT_RECORD_MAX ((uint32_t)1 << 30)
#define SNAPSHOT_KIND_NAME 1u
#define SNAPSHOT_NAME_HEAD_LEN 10u /* kind to own */
#define SNAPSHOT_RRSET_HEAD_LEN 13u

#endif
