/*
 * test_zone_file.c - zone files read, written and told apart
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/base/err.h"
#include "daemon/base/storage.h"
#include "daemon/zone/digest.h"
#include "daemon/zone/zone_file.h"
#include "tests/unit/suites.h"
#include "tests/unit/zone_helper.h"

/* A folder of its own with one file, and a zone to load it into. */
struct site {
	char folder[64];
	char path[128];
	struct zone *zone;
	struct zone_txn *txn;
	struct reason reason;
};

static void
site_init(struct site *s)
{
	memset(s, 0, sizeof(*s));
	(void)strcpy(s->folder, "/tmp/kddns-zone-XXXXXX");
	CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(s->folder));
	(void)snprintf(s->path, sizeof(s->path), "%s/ad.test", s->folder);
	s->zone = zone_of_test(NULL);
	CU_ASSERT_EQUAL_FATAL(zone_begin(s->zone, &s->txn), 0);
}

static void
site_clear(struct site *s)
{
	zone_destroy(s->zone);
	(void)unlink(s->path);
	CU_ASSERT_EQUAL(rmdir(s->folder), 0); /* nothing else was left there */
}

static void
write_text(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	CU_ASSERT_FATAL(fputs(text, f) != EOF);
	CU_ASSERT_EQUAL_FATAL(fclose(f), 0);
}

static int
load(struct site *s, const char *text)
{
	write_text(s->path, text);
	return zone_file_load(s->txn, s->path, &s->reason);
}

#define HEAD                                                                   \
	"$TTL 300\n"                                                           \
	"@ SOA ns1 admin 7 900 300 86400 60\n"                                 \
	"@ NS ns1\n"

static void
test_a_zone_file_fills_the_zone(void)
{
	struct site s;
	struct name www = name_of("www.ad.test."), ns = name_of("ns1.ad.test.");
	const struct zone_version *v;
	const struct rrset *a;

	site_init(&s);
	CU_ASSERT_EQUAL(load(&s,
			    HEAD "ns1 A 10.0.0.1\n"
				 "www A 10.0.0.3\n"
				 "www 60 A 10.0.0.2\n"
				 "www A 10.0.0.3\n"
				 "mail MX 10 www\n"
				 "WWW A 10.0.0.4\n"
				 "alias CNAME www\n"
				 "alias CNAME www\n"),
	    0);
	CU_ASSERT_STRING_EQUAL(s.reason.text, "");
	v = zone_view(s.txn);
	CU_ASSERT_EQUAL(version_serial(v), 7);
	CU_ASSERT_EQUAL(version_n_names(v), 5);
	CU_ASSERT_EQUAL(version_n_records(v), 2 + 1 + 3 + 1 + 1);
	CU_ASSERT_PTR_NOT_NULL_FATAL(zone_get(v, www.octets));
	a = zone_name_rrset(zone_get(v, www.octets), TYPE_A);
	CU_ASSERT_EQUAL(a->n_rrs, 3);
	CU_ASSERT_EQUAL(a->ttl, 300); /* the first one's */
	CU_ASSERT_EQUAL(memcmp(rrset_rendered(a) + 10, "\12\0\0\2", 4), 0);
	CU_ASSERT_PTR_NOT_NULL(zone_get(v, ns.octets));
	site_clear(&s);
}

/* text must be refused with "FILE:LINE: what" (line 0: "FILE: what"). */
static void
check_refused(const char *text, unsigned line, const char *what)
{
	struct site s;
	char start[160];

	site_init(&s);
	CU_ASSERT_EQUAL(load(&s, text), ERR_MALFORMED);
	if (line == 0)
		(void)snprintf(start, sizeof(start), "%s: ", s.path);
	else
		(void)snprintf(start, sizeof(start), "%s:%u: ", s.path, line);
	CU_ASSERT_EQUAL(strncmp(s.reason.text, start, strlen(start)), 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(s.reason.text, what));
	site_clear(&s);
}

static void
test_mistakes_are_told_with_their_line(void)
{
	check_refused("@ 60 NS ns1\n", 0, "no SOA");
	check_refused("@ 60 SOA ns1 a 1 1 1 1 1\n", 0, "no NS");
	check_refused("", 0, "no SOA");
	check_refused(HEAD "www A 10.0.0.256\n", 4, "");
	check_refused(HEAD "www.example. A 10.0.0.1\n", 4, "not in this zone");
	check_refused(HEAD "sub SOA ns1 a 1 1 1 1 1\n", 4, "apex");
	check_refused(HEAD "@ SOA ns1 a 8 1 1 1 1\n", 4, "second RR");
	check_refused(HEAD "x CNAME a\nx CNAME b\ny A 10.0.0.1\n", 5,
	    "second RR");
	check_refused(HEAD "x CNAME a\ny A 10.0.0.1\nx A 10.0.0.1\n", 6,
	    "CNAME RR cannot be beside");
	check_refused(HEAD "x A 10.0.0.1\ny A 10.0.0.1\nx CNAME a\n", 6,
	    "CNAME RR cannot be beside");
	check_refused(HEAD "x DNAME a.\ny A 10.0.0.1\nx DNAME b.\n", 6,
	    "second RR");
}

/* In canonical order. */
static const char *const ordered[] = {
    "@ 60 SOA ns1 admin 7 900 300 86400 60\n",
    "@ 60 NS ns1\n",
    "@ 60 NS ns2\n",
    "*.a 60 TXT b\n",
    "b.a 60 A 10.0.0.1\n",
    "x.b.a 60 A 10.0.0.2\n",
    "x.b.a 60 AAAA 2001:db8::1\n",
    "\\000.c 60 A 10.0.0.3\n",
    "d 60 A 10.0.0.4\n",
    "d 60 A 10.0.0.5\n",
    "d 60 TXT d\n",
    "d 60 SRV 0 0 0 d\n",
    "z.e.d 60 A 10.0.0.6\n",
    "sub 60 NS ns.sub\n",
    "ns.sub 60 A 10.0.0.7\n",
    "w 60 CNAME d\n",
    "\\255 60 A 10.0.0.8\n",
};
#define N_ORDERED (sizeof(ordered) / sizeof(*ordered))

/* Some pairs change places: from none on to as good as all. */
static void
write_mixed(char *text, size_t size, unsigned n_swaps, unsigned *seed)
{
	const char *lines[N_ORDERED];
	size_t len = 0;

	memcpy(lines, ordered, sizeof(lines));
	for (unsigned i = 0; i < n_swaps; i++) {
		size_t a = (size_t)rand_r(seed) % N_ORDERED;
		size_t b = (size_t)rand_r(seed) % N_ORDERED;
		const char *line = lines[a];

		lines[a] = lines[b];
		lines[b] = line;
	}
	for (size_t i = 0; i < N_ORDERED; i++)
		len += (size_t)snprintf(text + len, size - len, "%s", lines[i]);
}

static void
test_the_order_of_a_file_makes_no_difference(void)
{
	struct site first, s;
	unsigned seed = 2;
	char text[2048];

	site_init(&first);
	write_mixed(text, sizeof(text), 0, &seed);
	CU_ASSERT_EQUAL_FATAL(load(&first, text), 0);
	CU_ASSERT_EQUAL(version_n_names(zone_view(first.txn)), 11);
	CU_ASSERT_EQUAL(version_n_records(zone_view(first.txn)), N_ORDERED);
	for (unsigned i = 0; i < 300; i++) {
		struct name x = name_of("x.b.a.ad.test."),
			    d = name_of("d.ad.test.");
		const struct zone_version *v;

		site_init(&s);
		write_mixed(text, sizeof(text), i / 10, &seed);
		CU_ASSERT_EQUAL(load(&s, text), 0);
		v = zone_view(s.txn);
		CU_ASSERT_TRUE(versions_equal(zone_view(first.txn), v));
		CU_ASSERT_EQUAL(version_n_names(v), 11);
		CU_ASSERT_EQUAL(version_n_records(v), N_ORDERED);
		CU_ASSERT_EQUAL(version_serial(v), 7);
		CU_ASSERT_PTR_NOT_NULL(zone_get(v, x.octets));
		CU_ASSERT_PTR_NOT_NULL(zone_get(v, d.octets));
		/* It can be changed as any other. */
		put_a(s.txn, "m.d.ad.test.", 3);
		put_a(s.txn, "x.b.a.ad.test.", 3);
		CU_ASSERT_EQUAL(version_n_names(v), 12);
		site_clear(&s);
	}
	site_clear(&first);
}

static void
test_a_missing_file_is_not_found(void)
{
	struct site s;
	uint8_t digest[ZONE_FILE_DIGEST_LEN];

	site_init(&s);
	CU_ASSERT_EQUAL(zone_file_load(s.txn, s.path, &s.reason), ERR_NOTFOUND);
	CU_ASSERT_PTR_NOT_NULL(strstr(s.reason.text, s.path));
	CU_ASSERT_EQUAL(zone_file_digest(s.path, digest), ERR_NOTFOUND);
	site_clear(&s);
}

static void
test_what_is_dumped_loads_again(void)
{
	uint8_t digest[ZONE_FILE_DIGEST_LEN], again[ZONE_FILE_DIGEST_LEN];
	struct zone *other = zone_of_test(NULL);
	struct zone_txn *txn;
	struct stat st;
	struct site s;

	site_init(&s);
	CU_ASSERT_EQUAL_FATAL(load(&s,
				  HEAD
				  "Host\\000\\255.odd A 10.0.0.1\n"
				  "*.wild 5 TXT \"a \\\"b\\\"\" \"\\200\"\n"
				  "_ldap._tcp 600 SRV 0 100 389 DC1\n"
				  "_ldap._tcp SRV 0 100 389 DC2\n"
				  "own TYPE65281 \\# 4 0a000001\n"
				  "MixedCase AAAA 2001:db8::1\n"),
	    0);
	CU_ASSERT_EQUAL_FATAL(chmod(s.path, 0640), 0);
	CU_ASSERT_EQUAL(zone_file_dump(zone_view(s.txn), &storage_system,
			    s.path, digest, &s.reason),
	    0);
	CU_ASSERT_EQUAL(stat(s.path, &st), 0);
	CU_ASSERT_EQUAL(st.st_mode & 07777, 0640);
	CU_ASSERT_EQUAL(zone_file_digest(s.path, again), 0);
	CU_ASSERT_EQUAL(memcmp(digest, again, sizeof(digest)), 0);
	CU_ASSERT_EQUAL_FATAL(zone_begin(other, &txn), 0);
	CU_ASSERT_EQUAL(zone_file_load(txn, s.path, &s.reason), 0);
	CU_ASSERT(versions_equal(zone_view(s.txn), zone_view(txn)));
	write_text(s.path, HEAD);
	CU_ASSERT_EQUAL(zone_file_digest(s.path, again), 0);
	CU_ASSERT_NOT_EQUAL(memcmp(digest, again, sizeof(digest)), 0);
	zone_abort(txn);
	zone_destroy(other);
	site_clear(&s);
}

static void
test_a_dump_into_no_folder_says_where(void)
{
	uint8_t digest[ZONE_FILE_DIGEST_LEN];
	struct site s;

	site_init(&s);
	put_apex(s.txn, 1);
	CU_ASSERT_EQUAL(zone_file_dump(zone_view(s.txn), &storage_system,
			    "/nowhere/ad.test", digest, &s.reason),
	    ERR_NOTFOUND);
	CU_ASSERT_PTR_NOT_NULL(strstr(s.reason.text, "/nowhere/ad.test: "));
	site_clear(&s);
}

/* Takes lines until there are enough. */
static int
count_to_three(void *arg, const char *line, size_t len)
{
	unsigned *n = arg;

	CU_ASSERT_EQUAL(line[len - 1], '\n');
	if (*n == 0)
		CU_ASSERT_PTR_NOT_NULL(strstr(line, " SOA "));
	return ++*n == 3 ? ERR_CLOSED : 0;
}

static void
test_writing_begins_with_the_soa_and_ends_when_told(void)
{
	struct site s;
	unsigned n = 0;

	site_init(&s);
	put_apex(s.txn, 1);
	put_a(s.txn, "ad.test.", 2); /* sorts before the SOA */
	put_a(s.txn, "www.ad.test.", 2);
	CU_ASSERT_EQUAL(zone_file_write(zone_view(s.txn), count_to_three, &n),
	    ERR_CLOSED);
	CU_ASSERT_EQUAL(n, 3);
	site_clear(&s);
}

static void
check_digest(const char *text, const char *hex)
{
	uint8_t digest[DIGEST_LEN];
	char found[2 * DIGEST_LEN + 1];
	struct digest d;

	for (size_t cut = 0; cut <= strlen(text); cut++) {
		digest_start(&d);
		digest_update(&d, text, cut);
		digest_update(&d, text + cut, strlen(text) - cut);
		digest_finish(&d, digest);
		for (unsigned i = 0; i < DIGEST_LEN; i++)
			(void)snprintf(found + 2 * i, 3, "%02x", digest[i]);
		CU_ASSERT_STRING_EQUAL(found, hex);
	}
}

static void
test_digests_are_those_of_murmur3_however_cut(void)
{
	check_digest("", "00000000000000000000000000000000");
	check_digest("hello", "cbd8a7b341bd9b025b1e906a48ae1d19");
	check_digest("The quick brown fox jumps over the lazy dog",
	    "e34bbc7bbc071b6c7a433ca9c49a9347");
}

CU_TestInfo zone_file_tests[] = {
    {"load", test_a_zone_file_fills_the_zone},
    {"mistakes", test_mistakes_are_told_with_their_line},
    {"order", test_the_order_of_a_file_makes_no_difference},
    {"missing file", test_a_missing_file_is_not_found},
    {"dump and load", test_what_is_dumped_loads_again},
    {"no folder", test_a_dump_into_no_folder_says_where},
    {"SOA first", test_writing_begins_with_the_soa_and_ends_when_told},
    {"digest", test_digests_are_those_of_murmur3_however_cut},
    CU_TEST_INFO_NULL,
};
