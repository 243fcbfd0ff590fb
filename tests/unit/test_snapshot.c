/*
 * test_snapshot.c - a zone version as one file of octets
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/base/buf.h"
#include "daemon/base/crc32c.h"
#include "daemon/base/err.h"
#include "daemon/base/storage.h"
#include "daemon/zone/snapshot.h"
#include "daemon/zone/snapshot_format.h"
#include "tests/unit/suites.h"
#include "tests/unit/zone_helper.h"

/* A folder of its own, a zone to write and one to read into. */
struct site {
	char folder[64];
	int dirfd;
	struct zone *from, *to;
	struct zone_txn *from_txn, *to_txn;
	struct snapshot_info info;
	struct reason reason;
};

static void
site_init(struct site *s)
{
	memset(s, 0, sizeof(*s));
	(void)strcpy(s->folder, "/tmp/kddns-snap-XXXXXX");
	CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(s->folder));
	s->dirfd = open(s->folder, O_RDONLY | O_DIRECTORY);
	CU_ASSERT_FATAL(s->dirfd != -1);
	s->from = zone_of_test(NULL);
	s->to = zone_of_test(NULL);
	CU_ASSERT_EQUAL_FATAL(zone_begin(s->from, &s->from_txn), 0);
	CU_ASSERT_EQUAL_FATAL(zone_begin(s->to, &s->to_txn), 0);
}

static void
site_clear(struct site *s)
{
	zone_destroy(s->from);
	zone_destroy(s->to);
	(void)unlinkat(s->dirfd, "snap", 0);
	(void)close(s->dirfd);
	CU_ASSERT_EQUAL(rmdir(s->folder), 0);
}

static struct snapshot_place
place(const struct site *s, const char *path)
{
	return (struct snapshot_place){&storage_system, s->dirfd, path};
}

static void
write_it(struct site *s)
{
	const struct snapshot_place at = place(s, "snap");

	CU_ASSERT_EQUAL_FATAL(snapshot_write(zone_view(s->from_txn), 77, &at,
				  &s->info, &s->reason),
	    0);
}

static int
read_it(struct site *s)
{
	const struct snapshot_place at = place(s, "snap");

	return snapshot_read(s->to_txn, &at, &s->info, &s->reason);
}

static void
put_timed(struct zone_txn *txn, const char *owner)
{
	struct name name = name_of(owner);
	struct rdata_ref refs[2] = {{(const uint8_t *)"bbbb", 4},
	    {(const uint8_t *)"aaaa", 4}};
	uint32_t hours[2] = {3700000, 0};

	CU_ASSERT_EQUAL_FATAL(zone_put(txn,
				  &(struct rrset_change){.owner = name.octets,
				      .type = TYPE_A,
				      .ttl = 60,
				      .n = 2,
				      .rdatas = refs,
				      .timestamps = hours}),
	    0);
}

static void
fill_small(struct zone_txn *txn)
{
	put_apex(txn, 12);
	put_a(txn, "www.ad.test.", 3);
	put_timed(txn, "WWW2.Sub.ad.test.");
	put_target(txn, "\\000\\255.sub.ad.test.", TYPE_CNAME, "www.ad.test.");
	put_target(txn, "www.ad.test.", TYPE_NS, "NS.elsewhere.");
}

static void
test_what_is_written_is_read(void)
{
	struct site s;

	site_init(&s);
	fill_small(s.from_txn);
	write_it(&s);
	memset(&s.info, 0, sizeof(s.info));
	CU_ASSERT_EQUAL(read_it(&s), 0);
	CU_ASSERT_STRING_EQUAL(s.reason.text, "");
	CU_ASSERT(versions_equal(zone_view(s.from_txn), zone_view(s.to_txn)));
	CU_ASSERT_EQUAL(s.info.lsn, 77);
	CU_ASSERT_EQUAL(s.info.serial, 12);
	CU_ASSERT_EQUAL(s.info.n_names, 4);
	CU_ASSERT_EQUAL(s.info.n_records, 2 + 4 + 2 + 1);
	CU_ASSERT(name_equal(s.info.apex.octets, zone_apex(s.from)->octets));
	site_clear(&s);
}

static void
test_an_empty_version_is_read_too(void)
{
	struct site s;

	site_init(&s);
	write_it(&s);
	CU_ASSERT_EQUAL(s.info.octets,
	    SNAPSHOT_HEADER_LEN + SNAPSHOT_FOOTER_LEN);
	CU_ASSERT_EQUAL(read_it(&s), 0);
	CU_ASSERT_EQUAL(version_n_names(zone_view(s.to_txn)), 0);
	site_clear(&s);
}

/* Names and RRsets that reach over blocks, one over several. */
static void
test_records_reach_over_blocks(void)
{
	static uint8_t octets[60000];
	struct rdata_ref refs[4];
	struct name name = name_of("huge.ad.test.");
	char owner[64];
	struct site s;

	site_init(&s);
	put_apex(s.from_txn, 1);
	for (unsigned i = 0; i < 3000; i++) {
		(void)snprintf(owner, sizeof(owner), "h%04u.ad.test.", i);
		put_a(s.from_txn, owner, 1 + i % 5);
	}
	for (size_t i = 0; i < 4; i++)
		refs[i] = (struct rdata_ref){octets, (uint16_t)(59990 + i)};
	CU_ASSERT_EQUAL(zone_put(s.from_txn,
			    &(struct rrset_change){.owner = name.octets,
				.type = 65280,
				.n = 4,
				.rdatas = refs}),
	    0);
	write_it(&s);
	CU_ASSERT(s.info.octets > 4 * SNAPSHOT_BLOCK_LEN);
	CU_ASSERT_EQUAL(read_it(&s), 0);
	CU_ASSERT(versions_equal(zone_view(s.from_txn), zone_view(s.to_txn)));
	site_clear(&s);
}

/* The octets of the snapshot. */
static uint8_t *
octets_of(struct site *s, size_t *len_out)
{
	uint8_t *octets = malloc(s->info.octets);
	int fd = openat(s->dirfd, "snap", O_RDONLY);

	CU_ASSERT_FATAL(fd != -1 && octets != NULL);
	CU_ASSERT_EQUAL_FATAL(read(fd, octets, s->info.octets),
	    (ssize_t)s->info.octets);
	(void)close(fd);
	*len_out = s->info.octets;
	return octets;
}

/* Reads the octets into a zone of its own. */
static int
read_octets(const uint8_t *octets, size_t len, struct reason *reason)
{
	struct zone *z = zone_of_test(NULL);
	struct snapshot_info info;
	struct zone_txn *txn;
	int ret;

	CU_ASSERT_EQUAL_FATAL(zone_begin(z, &txn), 0);
	ret = snapshot_read_octets(txn, octets, len, "snap", &info, reason);
	zone_abort(txn);
	CU_ASSERT_EQUAL_FATAL(octets_in_use(z), 0);
	zone_destroy(z);
	return ret;
}

static void
test_every_prefix_is_reported(void)
{
	struct reason reason;
	uint8_t *octets;
	struct site s;
	size_t len;

	site_init(&s);
	fill_small(s.from_txn);
	write_it(&s);
	octets = octets_of(&s, &len);
	CU_ASSERT_EQUAL(read_octets(octets, len, &reason), 0);
	for (size_t cut = 0; cut < len; cut++) {
		reason.text[0] = '\0';
		CU_ASSERT_EQUAL_FATAL(read_octets(octets, cut, &reason),
		    ERR_MALFORMED);
		CU_ASSERT_EQUAL(strncmp(reason.text, "snap: offset ", 13), 0);
	}
	free(octets);
	site_clear(&s);
}

static void
test_every_flipped_bit_is_reported(void)
{
	struct reason reason;
	uint8_t *octets;
	struct site s;
	size_t len;

	site_init(&s);
	fill_small(s.from_txn);
	write_it(&s);
	octets = octets_of(&s, &len);
	for (size_t bit = 0; bit < 8 * len; bit++) {
		octets[bit / 8] ^= (uint8_t)(1 << bit % 8);
		CU_ASSERT_EQUAL_FATAL(read_octets(octets, len, &reason),
		    ERR_MALFORMED);
		octets[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	free(octets);
	site_clear(&s);
}

static void
test_a_newer_format_is_refused_as_such(void)
{
	struct reason reason;
	uint8_t *octets;
	struct site s;
	size_t len;

	site_init(&s);
	fill_small(s.from_txn);
	write_it(&s);
	octets = octets_of(&s, &len);
	put_u32(octets + SNAPSHOT_MAGIC_LEN, SNAPSHOT_FORMAT + 1);
	put_u32(octets + SNAPSHOT_HEADER_LEN - 4,
	    crc32c(0, octets, SNAPSHOT_HEADER_LEN - 4));
	CU_ASSERT_EQUAL(read_octets(octets, len, &reason), ERR_UNSUPPORTED);
	CU_ASSERT_PTR_NOT_NULL(strstr(reason.text, "format 2 is newer"));
	free(octets);
	site_clear(&s);
}

static void
test_another_zone_is_a_mismatch(void)
{
	struct name apex = name_of("other.test.");
	struct zone_txn *txn;
	struct snapshot_place at;
	struct zone *z;
	struct site s;

	site_init(&s);
	at = place(&s, "snap");
	fill_small(s.from_txn);
	write_it(&s);
	CU_ASSERT_EQUAL_FATAL(zone_create(&apex, NULL, &z), 0);
	CU_ASSERT_EQUAL_FATAL(zone_begin(z, &txn), 0);
	CU_ASSERT_EQUAL(snapshot_read(txn, &at, &s.info, &s.reason),
	    ERR_MISMATCH);
	zone_destroy(z);
	site_clear(&s);
}

static void
test_a_missing_file_is_not_found(void)
{
	struct snapshot_place at;
	struct site s;

	site_init(&s);
	at = place(&s, "no/snap");
	CU_ASSERT_EQUAL(read_it(&s), ERR_NOTFOUND);
	CU_ASSERT_NOT_EQUAL(s.reason.text[0], '\0');
	CU_ASSERT_EQUAL(snapshot_write(zone_view(s.from_txn), 1, &at, &s.info,
			    &s.reason),
	    ERR_NOTFOUND);
	site_clear(&s);
}

CU_TestInfo snapshot_tests[] = {
    {"round trip", test_what_is_written_is_read},
    {"empty", test_an_empty_version_is_read_too},
    {"large records", test_records_reach_over_blocks},
    {"prefixes", test_every_prefix_is_reported},
    {"bits", test_every_flipped_bit_is_reported},
    {"newer format", test_a_newer_format_is_refused_as_such},
    {"another zone", test_another_zone_is_a_mismatch},
    {"missing file", test_a_missing_file_is_not_found},
    CU_TEST_INFO_NULL,
};
