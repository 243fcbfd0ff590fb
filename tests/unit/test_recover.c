/*
 * test_recover.c - which groups of a log count
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * J4 and J5 over images in memory: a segment whose file had an older life.
 */
#include <stdlib.h>
#include <string.h>

#include "daemon/base/buf.h"
#include "daemon/base/crc32c.h"
#include "daemon/base/err.h"
#include "daemon/journal/recover.h"
#include "tests/unit/suites.h"

#define SECTOR 512
#define SIZE (32 * (size_t)JOURNAL_BLOCK)
#define FIRST_LSN 100
#define OLD_LSN 50 /* of the file's older life */
#define N_GROUPS 7
#define RANDOM_IMAGES 4000
#define RANDOM_FLIPS 20000

static uint8_t old_life[SIZE], before[SIZE], after[SIZE], image[SIZE];
static size_t starts[N_GROUPS + 1]; /* of the groups; the last: the end */
static struct recover_promise promise;

static size_t
put_group(uint8_t *segment, size_t at, uint64_t lsn, uint32_t len,
    unsigned *seed)
{
	struct group_head head = {.lsn = lsn, .len = len, .n_changesets = 1};

	for (uint32_t i = 0; i < len; i++)
		segment[at + GROUP_HEAD_LEN + i] = (uint8_t)rand_r(seed);
	group_head_write(&head, promise.uuid, segment + at);
	return at + group_size(len);
}

static void
put_head(uint8_t *segment, uint32_t number, uint64_t first_lsn)
{
	struct segment_head head = {.number = number,
	    .first_lsn = first_lsn,
	    .next_zone_id = 4};

	memcpy(head.uuid, promise.uuid, sizeof(head.uuid));
	segment_head_write(&head, segment);
}

/*
 * old_life: full of groups from OLD_LSN on; before: a new life over it with
 * all groups but the last; after: with the last too.
 */
static void
make_images(unsigned seed)
{
	size_t at = JOURNAL_BLOCK;
	uint64_t lsn = OLD_LSN;

	memset(&promise, 0, sizeof(promise));
	promise.given = true;
	promise.first_segment = 1;
	memset(promise.uuid, 0xa5, sizeof(promise.uuid));
	memset(old_life, 0, SIZE);
	while (at + 4 * JOURNAL_BLOCK <= SIZE)
		at = put_group(old_life, at, lsn++,
		    (uint32_t)rand_r(&seed) % (3 * JOURNAL_BLOCK), &seed);
	memcpy(before, old_life, SIZE);
	put_head(before, 2, FIRST_LSN);
	at = JOURNAL_BLOCK;
	for (unsigned i = 0; i < N_GROUPS; i++) {
		starts[i] = at;
		if (i == N_GROUPS - 1)
			memcpy(after, before, SIZE);
		at = put_group(i == N_GROUPS - 1 ? after : before, at,
		    FIRST_LSN + i,
		    100 + (uint32_t)rand_r(&seed) % (3 * JOURNAL_BLOCK), &seed);
	}
	starts[N_GROUPS] = at;
}

/* The octets are all there already. */
static int
load(void *arg, struct recover_segment *s)
{
	(void)arg;
	s->octets = s->head;
	return 0;
}

static struct recover_result
recover_image(const uint8_t *octets, struct recover_segment *segment_out)
{
	struct recover_result result;

	*segment_out =
	    (struct recover_segment){.number = 2, .head = octets, .len = SIZE};
	CU_ASSERT_EQUAL(recover_log(segment_out, 1, &promise, load, NULL,
			    &result),
	    0);
	return result;
}

static bool
recovers(uint64_t last_lsn, size_t end)
{
	struct recover_segment segment;
	struct recover_result r;

	promise.first_segment = 2;
	r = recover_image(image, &segment);
	return !r.damaged && r.last_lsn == last_lsn && segment.counts &&
	    segment.end == end;
}

/* The last group counts if and only if all its sectors are there. */
static bool
torn_is_judged_rightly(void)
{
	size_t from = starts[N_GROUPS - 1], to = starts[N_GROUPS];

	if (memcmp(image + from, after + from, to - from) == 0)
		return recovers(FIRST_LSN + N_GROUPS - 1, to);
	return recovers(FIRST_LSN + N_GROUPS - 2, from);
}

static void
test_any_prefix_of_a_group_in_flight_is_a_torn_tail(void)
{
	unsigned wrong = 0;

	for (unsigned seed = 1; seed <= 50; seed++) {
		make_images(seed);
		for (size_t at = starts[N_GROUPS - 1]; at <= starts[N_GROUPS];
		     at += SECTOR) {
			memcpy(image, before, SIZE);
			memcpy(image, after, at);
			wrong += !torn_is_judged_rightly();
		}
	}
	CU_ASSERT_EQUAL(wrong, 0);
}

static void
test_any_sectors_of_a_group_in_flight_are_a_torn_tail(void)
{
	unsigned wrong = 0, seed = 7;

	for (unsigned i = 0; i < RANDOM_IMAGES; i++) {
		if (i % 100 == 0)
			make_images(1000 + i);
		memcpy(image, before, SIZE);
		for (size_t at = starts[N_GROUPS - 1]; at < starts[N_GROUPS];
		     at += SECTOR)
			if (rand_r(&seed) % 4 != 0)
				memcpy(image + at, after + at, SECTOR);
		wrong += !torn_is_judged_rightly();
	}
	CU_ASSERT_EQUAL(wrong, 0);
}

static void
test_a_flipped_bit_in_an_older_group_is_damage(void)
{
	struct recover_segment segment;
	size_t from, to;
	unsigned wrong = 0, seed = 11;

	make_images(3);
	promise.first_segment = 2;
	from = starts[0];
	to = starts[N_GROUPS - 1];
	for (unsigned i = 0; i < RANDOM_FLIPS; i++) {
		size_t at = from + (size_t)rand_r(&seed) % (to - from);
		uint8_t bit = (uint8_t)(1 << rand_r(&seed) % 8);
		struct recover_result r;

		after[at] ^= bit;
		r = recover_image(after, &segment);
		wrong += !r.damaged || r.reason.text[0] == '\0' ||
		    r.last_lsn >= FIRST_LSN + N_GROUPS - 1;
		after[at] ^= bit;
	}
	CU_ASSERT_EQUAL(wrong, 0);
}

static void
test_a_flipped_bit_in_a_segment_header_is_damage(void)
{
	struct recover_segment segment;
	unsigned wrong = 0;

	make_images(4);
	for (size_t bit = 0; bit < 8 * 64; bit++) {
		struct recover_result r;

		after[bit / 8] ^= (uint8_t)(1 << bit % 8);
		r = recover_image(after, &segment);
		wrong += !r.damaged;
		after[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	CU_ASSERT_EQUAL(wrong, 0);
}

static void
test_an_end_before_the_promised_one_is_damage(void)
{
	struct recover_segment segment;

	make_images(5);
	promise.first_segment = 2;
	promise.durable_lsn = FIRST_LSN + N_GROUPS - 2;
	CU_ASSERT_FALSE(recover_image(before, &segment).damaged);
	promise.durable_lsn++;
	CU_ASSERT_TRUE(recover_image(before, &segment).damaged);
	CU_ASSERT_FALSE(recover_image(after, &segment).damaged);
	promise.first_segment = 1; /* segment 1 is not there */
	CU_ASSERT_TRUE(recover_image(after, &segment).damaged);
	promise.given = false;
	CU_ASSERT_FALSE(recover_image(before, &segment).damaged);
}

static void
test_segments_must_follow_each_other(void)
{
	static uint8_t next[2 * JOURNAL_BLOCK];
	struct recover_segment two[2];
	struct recover_result r;
	unsigned seed = 1;

	make_images(6);
	promise.first_segment = 2;
	put_head(next, 3, FIRST_LSN + N_GROUPS);
	(void)put_group(next, JOURNAL_BLOCK, FIRST_LSN + N_GROUPS, 100, &seed);
	two[0] =
	    (struct recover_segment){.number = 2, .head = after, .len = SIZE};
	two[1] = (struct recover_segment){.number = 3,
	    .head = next,
	    .len = sizeof(next)};
	CU_ASSERT_EQUAL(recover_log(two, 2, &promise, load, NULL, &r), 0);
	CU_ASSERT_FALSE(r.damaged);
	CU_ASSERT_EQUAL(r.last_lsn, FIRST_LSN + N_GROUPS);
	CU_ASSERT_EQUAL(r.next_zone_id, 4);
	CU_ASSERT_EQUAL(two[1].end, sizeof(next));

	/* Its last group is missing: not a torn tail, there is more. */
	two[0].head = before;
	CU_ASSERT_EQUAL(recover_log(two, 2, &promise, load, NULL, &r), 0);
	CU_ASSERT_TRUE(r.damaged);
	CU_ASSERT_EQUAL(r.last_lsn, FIRST_LSN + N_GROUPS - 2);
	CU_ASSERT_PTR_NOT_NULL(strstr(r.reason.text, "log/00000002.log"));

	two[0].head = after;
	two[1].number = 4;
	put_head(next, 4, FIRST_LSN + N_GROUPS);
	CU_ASSERT_EQUAL(recover_log(two, 2, &promise, load, NULL, &r), 0);
	CU_ASSERT_TRUE(r.damaged);
	CU_ASSERT_PTR_NOT_NULL(strstr(r.reason.text, "log/00000003.log"));
}

/* Segments 1 to 4, three groups each, LSNs from FIRST_LSN on. */
#define CHAIN 4
#define CHAIN_SIZE (4 * (size_t)JOURNAL_BLOCK)
static uint8_t chain[CHAIN][CHAIN_SIZE];
static struct recover_segment chain_segments[CHAIN];

/* Snapshots have the first two of them. */
static void
make_chain(void)
{
	unsigned seed = 5;

	make_images(10); /* for the promise */
	for (uint32_t i = 0; i < CHAIN; i++) {
		size_t at = JOURNAL_BLOCK;

		put_head(chain[i], i + 1, FIRST_LSN + 3 * i);
		for (unsigned k = 0; k < 3; k++)
			at = put_group(chain[i], at, FIRST_LSN + 3 * i + k,
			    4000, &seed);
	}
	promise.durable_lsn = FIRST_LSN + 3 * CHAIN - 1;
	promise.zones_are_whole = true;
	promise.saved_lsn = FIRST_LSN + 5;
	promise.snapshots_lsn = 0;
}

static struct recover_result
recover_chain(size_t n_first, size_t n)
{
	struct recover_result r;

	for (size_t i = 0; i < CHAIN; i++)
		chain_segments[i] =
		    (struct recover_segment){.number = (uint32_t)i + 1,
			.head = chain[i],
			.len = CHAIN_SIZE};
	CU_ASSERT_EQUAL(recover_log(chain_segments + n_first, n, &promise, load,
			    NULL, &r),
	    0);
	return r;
}

/* The log begins with this segment; the damage is said. */
static bool
begins_with(size_t first)
{
	struct recover_result r = recover_chain(0, CHAIN);
	bool fine = !r.damaged && r.reason.text[0] == '\0' &&
	    (r.dropped.text[0] != '\0') == (first > 0) &&
	    r.last_lsn == FIRST_LSN + 3 * CHAIN - 1;

	for (size_t i = 0; i < CHAIN; i++)
		fine &= chain_segments[i].counts == (i >= first);
	return fine;
}

static void
flip(size_t segment, size_t bit)
{
	chain[segment][bit / 8] ^= (uint8_t)(1 << bit % 8);
}

/* J5: each bit of a header or a group, of whichever segment. */
static void
test_damage_that_snapshots_cover_costs_the_segments_before_it(void)
{
	unsigned wrong = 0;

	make_chain();
	CU_ASSERT_TRUE(begins_with(0));
	for (size_t i = 0; i < CHAIN; i++)
		for (size_t bit = 0; bit < 8 * CHAIN_SIZE; bit += 37) {
			flip(i, bit);
			if (i < 2)
				wrong += !begins_with(i + 1);
			else if (i + 1 < CHAIN || bit < 8 * JOURNAL_BLOCK)
				wrong += !recover_chain(0, CHAIN).damaged;
			flip(i, bit);
		}
	CU_ASSERT_EQUAL(wrong, 0);
	/* Snapshots have it, whether control knows that or not. */
	promise.snapshots_lsn = promise.saved_lsn;
	promise.saved_lsn = 0;
	flip(0, 8 * JOURNAL_BLOCK);
	CU_ASSERT_TRUE(begins_with(1));
	flip(1, 8 * JOURNAL_BLOCK);
	CU_ASSERT_TRUE(begins_with(2));
	promise.snapshots_lsn--;
	CU_ASSERT_TRUE(recover_chain(0, CHAIN).damaged);
	promise.snapshots_lsn++;
	promise.zones_are_whole = false;
	CU_ASSERT_TRUE(recover_chain(0, CHAIN).damaged);
}

static void
test_a_missing_segment_that_snapshots_cover_costs_as_much(void)
{
	struct recover_result r;

	make_chain();
	r = recover_chain(1, CHAIN - 1);
	CU_ASSERT_FALSE(r.damaged);
	CU_ASSERT_PTR_NOT_NULL(strstr(r.dropped.text, "log/00000001.log"));
	CU_ASSERT_TRUE(chain_segments[1].counts);
	r = recover_chain(2, CHAIN - 2);
	CU_ASSERT_FALSE(r.damaged);
	r = recover_chain(3, CHAIN - 3);
	CU_ASSERT_TRUE(r.damaged);
	/* The end is never done without. */
	promise.saved_lsn = FIRST_LSN + 3 * CHAIN - 1;
	r = recover_chain(0, CHAIN - 1);
	CU_ASSERT_TRUE(r.damaged);
	r = recover_chain(0, 0);
	CU_ASSERT_TRUE(r.damaged);
}

/* Somebody put it there: people shall say what is to become of it. */
static void
test_a_foreign_segment_is_never_dropped(void)
{
	struct segment_head head = {.number = 2, .first_lsn = FIRST_LSN + 3};

	make_chain();
	segment_head_write(&head, chain[1]); /* of no store of ours */
	CU_ASSERT_TRUE(recover_chain(0, CHAIN).damaged);
	make_chain();
	put_head(chain[1], 7, FIRST_LSN + 3);
	CU_ASSERT_TRUE(recover_chain(0, CHAIN).damaged);
	make_chain();
	put_head(chain[1], 2, FIRST_LSN - 50);
	CU_ASSERT_TRUE(recover_chain(0, CHAIN).damaged);
}

static void
test_a_newer_format_is_refused(void)
{
	struct recover_segment segment = {.number = 2,
	    .head = image,
	    .len = SIZE};
	struct recover_result r;

	make_images(8);
	memcpy(image, after, SIZE);
	put_u32(image + 8, JOURNAL_FORMAT + 1);
	put_u32(image + JOURNAL_BLOCK - 4, crc32c(0, image, JOURNAL_BLOCK - 4));
	CU_ASSERT_EQUAL(recover_log(&segment, 1, &promise, load, NULL, &r),
	    ERR_UNSUPPORTED);
	CU_ASSERT_PTR_NOT_NULL(strstr(r.reason.text, "format 2"));
}

static void
test_an_empty_log_is_sound_unless_it_was_not_empty(void)
{
	struct recover_result r;

	memset(&promise, 0, sizeof(promise));
	CU_ASSERT_EQUAL(recover_log(NULL, 0, &promise, load, NULL, &r), 0);
	CU_ASSERT_FALSE(r.damaged);
	CU_ASSERT_EQUAL(r.last_lsn, 0);
	promise.given = true;
	promise.durable_lsn = 1;
	CU_ASSERT_EQUAL(recover_log(NULL, 0, &promise, load, NULL, &r), 0);
	CU_ASSERT_TRUE(r.damaged);
}

/* J5: a small segment, all of it. */
static void
test_every_single_flipped_bit_is_reported(void)
{
	static uint8_t small[6 * JOURNAL_BLOCK];
	struct recover_segment segment;
	struct recover_result r;
	size_t at = JOURNAL_BLOCK, last = 0;
	unsigned wrong = 0, seed = 3;

	make_images(1); /* for the promise */
	promise.first_segment = 2;
	put_head(small, 2, FIRST_LSN);
	for (uint64_t lsn = FIRST_LSN; at < sizeof(small); lsn++) {
		last = at;
		at = put_group(small, at, lsn, 3000, &seed);
	}
	for (size_t bit = JOURNAL_BLOCK * 8; bit < last * 8; bit++) {
		small[bit / 8] ^= (uint8_t)(1 << bit % 8);
		segment = (struct recover_segment){.number = 2,
		    .head = small,
		    .len = sizeof(small)};
		wrong +=
		    recover_log(&segment, 1, &promise, load, NULL, &r) != 0 ||
		    !r.damaged ||
		    segment.end != bit / 8 / JOURNAL_BLOCK * JOURNAL_BLOCK;
		small[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	CU_ASSERT_EQUAL(wrong, 0);
}

/* It must not pass for a torn tail, which would be cut off. */
static void
test_a_group_of_a_newer_format_is_refused(void)
{
	struct recover_segment segment = {.number = 2,
	    .head = image,
	    .len = SIZE};
	struct recover_result r;
	uint8_t *last;
	uint32_t seed;

	make_images(9);
	promise.first_segment = 2;
	memcpy(image, after, SIZE);
	last = image + starts[N_GROUPS - 1];
	put_u16(last + 4, JOURNAL_FORMAT + 1);
	seed = crc32c(crc32c(0, promise.uuid, JOURNAL_UUID_LEN), last + 8, 8);
	put_u32(last + GROUP_HEAD_LEN - 4,
	    crc32c(seed, last, GROUP_HEAD_LEN - 4));
	CU_ASSERT_EQUAL(recover_log(&segment, 1, &promise, load, NULL, &r),
	    ERR_UNSUPPORTED);
	CU_ASSERT_PTR_NOT_NULL(strstr(r.reason.text, "of format 2"));
	CU_ASSERT_PTR_NOT_NULL(strstr(r.reason.text, "reads format 1"));
}

CU_TestInfo recover_tests[] = {
    {"J4: prefixes", test_any_prefix_of_a_group_in_flight_is_a_torn_tail},
    {"J4: sectors", test_any_sectors_of_a_group_in_flight_are_a_torn_tail},
    {"J5: bit flips", test_a_flipped_bit_in_an_older_group_is_damage},
    {"J5: every bit", test_every_single_flipped_bit_is_reported},
    {"newer group", test_a_group_of_a_newer_format_is_refused},
    {"J5: header", test_a_flipped_bit_in_a_segment_header_is_damage},
    {"J5: promise", test_an_end_before_the_promised_one_is_damage},
    {"J5: snapshots",
	test_damage_that_snapshots_cover_costs_the_segments_before_it},
    {"J5: missing", test_a_missing_segment_that_snapshots_cover_costs_as_much},
    {"J5: foreign", test_a_foreign_segment_is_never_dropped},
    {"segments", test_segments_must_follow_each_other},
    {"newer format", test_a_newer_format_is_refused},
    {"empty", test_an_empty_log_is_sound_unless_it_was_not_empty},
    CU_TEST_INFO_NULL,
};
