/*
 * test_zone_scan.c - zone files read, RRs written as text
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/base/err.h"
#include "daemon/dns/zone_scan.h"
#include "tests/unit/suites.h"

/* What a scan gave: all its RRs as text, one after the other. */
struct result {
	char text[4096];
	size_t len;
	unsigned n;
	unsigned n_wanted; /* the one after these is refused; 0: none is */
	struct reason reason;
};

static int
take(void *arg, const struct rr *rr, struct reason *reason)
{
	struct result *result = arg;
	size_t len;

	if (result->n_wanted != 0 && result->n == result->n_wanted) {
		reason_set(reason, "enough");
		return ERR_EXISTS;
	}
	CU_ASSERT_EQUAL_FATAL(rr_to_text(rr, result->text + result->len,
				  sizeof(result->text) - result->len, &len),
	    0);
	result->len += len;
	result->n++;
	return 0;
}

static int
scan(const char *text, struct result *result)
{
	struct name origin;

	memset(result, 0, sizeof(*result));
	CU_ASSERT_EQUAL(name_from_text("Example.", NULL, &origin), 0);
	return zone_scan_text(text, strlen(text), "test.zone", &origin, take,
	    result, &result->reason);
}

static void
test_a_zone_file_gives_its_rrs(void)
{
	struct result result;

	CU_ASSERT_EQUAL(scan("$TTL 300\n"
			     "@ SOA ns root (\n 1 2 3\n 4 5 ) ; comment\n"
			     "  NS ns.Example.\n"
			     "Host 60 IN A 192.0.2.1\n"
			     "$ORIGIN sub.Example.\n"
			     "PC1\\$ TXT \"a;b\" c",
			    &result),
	    0);
	CU_ASSERT_STRING_EQUAL(result.text,
	    "Example. 300 IN SOA ns.Example. root.Example. 1 2 3 4 5\n"
	    "Example. 300 IN NS ns.Example.\n"
	    "Host.Example. 60 IN A 192.0.2.1\n"
	    "PC1\\$.sub.Example. 300 IN TXT \"a;b\" \"c\"\n");
	CU_ASSERT_EQUAL(scan("", &result), 0);
	CU_ASSERT_EQUAL(result.n, 0);
}

static void
test_the_default_ttl_is_an_hour(void)
{
	struct result result;

	CU_ASSERT_EQUAL(scan("@ A 192.0.2.1\n", &result), 0);
	CU_ASSERT_STRING_EQUAL(result.text, "Example. 3600 IN A 192.0.2.1\n");
}

static void
test_a_mistake_is_told_with_its_line(void)
{
	struct result result;

	CU_ASSERT_EQUAL(scan("a A 192.0.2.1\n\nb A 192.0.2\n", &result),
	    ERR_MALFORMED);
	CU_ASSERT_STRING_EQUAL(result.reason.text,
	    "test.zone:3: invalid IPv4 address");
	CU_ASSERT_EQUAL(result.n, 1);
	CU_ASSERT_EQUAL(scan("a A 192.0.2.1\nb SOA (\n a b\n", &result),
	    ERR_MALFORMED);
	CU_ASSERT_PTR_NOT_NULL(
	    strstr(result.reason.text, "unclosed last multiline block"));
	CU_ASSERT_EQUAL(scan("a NOTYPE 1\n", &result), ERR_MALFORMED);
	CU_ASSERT_EQUAL(strncmp(result.reason.text, "test.zone:1: ", 13), 0);
}

static void
test_what_no_zone_can_hold_is_a_mistake(void)
{
	struct result result;

	CU_ASSERT_EQUAL(scan("a TYPE255 \\# 0\n", &result), ERR_MALFORMED);
	CU_ASSERT_STRING_EQUAL(result.reason.text,
	    "test.zone:1: this type cannot be in a zone");
	CU_ASSERT_EQUAL(scan("\na TYPE33 \\# 2 0000\n", &result),
	    ERR_MALFORMED);
	CU_ASSERT_EQUAL(strncmp(result.reason.text, "test.zone:2: ", 13), 0);
}

static void
test_the_taker_can_end_the_scan(void)
{
	struct result result = {.n_wanted = 1};
	const char *text = "a A 192.0.2.1\nb A 192.0.2.2\nc A 192.0.2.3\n";

	CU_ASSERT_EQUAL(zone_scan_text(text, strlen(text), "z", &name_root,
			    take, &result, &result.reason),
	    ERR_EXISTS);
	CU_ASSERT_STRING_EQUAL(result.reason.text, "z:2: enough");
	CU_ASSERT_EQUAL(result.n, 1);
}

static void
test_wins_lines_become_rrs(void)
{
	struct result result;

	CU_ASSERT_EQUAL(scan("@ 0 IN WINS LOCAL L5 C10 ( 192.0.2.1\n"
			     "   192.0.2.2 ) ; two\n"
			     "\twins 192.0.2.1\n"
			     "@\tWINSR\tL2 C900 ( corp.Example. )\n"
			     "wins A 192.0.2.3\n"
			     "@ 60 WINS-R SCOPE corp.",
			    &result),
	    0);
	CU_ASSERT_STRING_EQUAL(result.text,
	    "Example. 0 IN TYPE65281 \\# 24 000100000000000500"
	    "00000A00000002C0000201C0000202\n"
	    "Example. 3600 IN TYPE65281 \\# 20 00000000000000020000038400000001"
	    "C0000201\n"
	    "Example. 3600 IN TYPE65282 \\# 26 000000000000000200000384"
	    "04636F7270074578616D706C6500\n"
	    "wins.Example. 3600 IN A 192.0.2.3\n"
	    "Example. 60 IN TYPE65282 \\# 18 80000000000000020000038404636F7270"
	    "00\n");
}

static void
test_wins_lines_keep_their_line_numbers(void)
{
	struct result result;

	CU_ASSERT_EQUAL(scan("@ WINS L2 ( ; 1\n"
			     " C900 ; 2\n"
			     " 192.0.2.1\n"
			     ")\n"
			     "b BAD\n",
			    &result),
	    ERR_MALFORMED);
	CU_ASSERT_EQUAL(result.n, 1);
	CU_ASSERT_EQUAL(strncmp(result.reason.text, "test.zone:5: ", 13), 0);
}

static void
test_what_only_looks_like_wins_is_left_alone(void)
{
	struct result result;

	CU_ASSERT_EQUAL(scan("a TXT \" WINS L2 C9 192.0.2.1\"\n"
			     "; @ WINS 192.0.2.1\n"
			     "a TXT ( a WINS\n 192.0.2.1 )\n"
			     "WINS 5 A 192.0.2.1\n"
			     "IN.WINS CNAME WINS\n",
			    &result),
	    0);
	CU_ASSERT_EQUAL(result.n, 4);
	CU_ASSERT_EQUAL(scan("@ WINS\n", &result), ERR_MALFORMED);
	CU_ASSERT_EQUAL(scan("@ WINS ( 192.0.2.1\n", &result), ERR_MALFORMED);
	CU_ASSERT_EQUAL(scan("@ WINS 192.0.2.256\n", &result), ERR_MALFORMED);
	CU_ASSERT_EQUAL(scan("@ WINS L4294967296 192.0.2.1\n", &result),
	    ERR_MALFORMED);
	CU_ASSERT_EQUAL(scan("@ WINSR a. b.\n", &result), ERR_MALFORMED);
	CU_ASSERT_EQUAL(scan("@ WINSR relative\n", &result), ERR_MALFORMED);
	CU_ASSERT_EQUAL(scan("@ WINS", &result), ERR_MALFORMED);
}

static void
write_file(const char *dir, const char *name, const char *text)
{
	char path[256];
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "w");
	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	CU_ASSERT(fputs(text, f) >= 0);
	CU_ASSERT_EQUAL(fclose(f), 0);
}

/* Scans dir/name; then removes it. */
static int
scan_file(const char *dir, const char *name, struct result *result)
{
	struct name origin;
	char path[256];

	memset(result, 0, sizeof(*result));
	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	CU_ASSERT_EQUAL(name_from_text("example", NULL, &origin), 0);
	return zone_scan_file(path, &origin, 7, take, result, &result->reason);
}

static void
remove_file(const char *dir, const char *name)
{
	char path[256];

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	CU_ASSERT_EQUAL(unlink(path), 0);
}

static void
test_included_files_are_found_beside_the_file(void)
{
	char dir[] = "/tmp/test_zone_scan.XXXXXX", expected[256];
	struct result result;

	CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(dir));
	write_file(dir, "main", "$INCLUDE part sub.example.\n$INCLUDE bad\n");
	write_file(dir, "part", "@ A 192.0.2.1\n");
	write_file(dir, "bad", "@ A 192.0.2.2\n@ A 192\n");
	CU_ASSERT_EQUAL(scan_file(dir, "main", &result), ERR_MALFORMED);
	CU_ASSERT_STRING_EQUAL(result.text,
	    "sub.example. 7 IN A 192.0.2.1\nexample. 7 IN A 192.0.2.2\n");
	(void)snprintf(expected, sizeof(expected),
	    "%s/bad:2: invalid IPv4 address", dir);
	CU_ASSERT_STRING_EQUAL(result.reason.text, expected);

	write_file(dir, "main", "$INCLUDE main\n");
	CU_ASSERT_EQUAL(scan_file(dir, "main", &result), ERR_MALFORMED);
	CU_ASSERT_PTR_NOT_NULL(strstr(result.reason.text, "too deep"));

	write_file(dir, "main", "$INCLUDE absent\n");
	CU_ASSERT_EQUAL(scan_file(dir, "main", &result), ERR_NOTFOUND);
	CU_ASSERT_PTR_NOT_NULL(strstr(result.reason.text, "/absent: "));
	CU_ASSERT_EQUAL(scan_file(dir, "absent", &result), ERR_NOTFOUND);
	CU_ASSERT_EQUAL(scan_file("/tmp", ".", &result), ERR_UNSUPPORTED);
	CU_ASSERT_EQUAL(scan("$INCLUDE /dev/null\n", &result), ERR_MALFORMED);
	remove_file(dir, "main");
	remove_file(dir, "part");
	remove_file(dir, "bad");
	CU_ASSERT_EQUAL(rmdir(dir), 0);
}

static void
test_text_of_an_rr_needs_room(void)
{
	const struct rr rr = {.owner = (const uint8_t *)"\1a",
	    .type = TYPE_A,
	    .class = CLASS_IN,
	    .ttl = UINT32_MAX,
	    .rdata_len = 4,
	    .rdata = (const uint8_t *)"\xc0\0\2\1"};
	char text[64];
	size_t len, need = strlen("a. 4294967295 IN A 192.0.2.1\n") + 1;

	for (size_t size = 0; size < need; size++)
		CU_ASSERT_EQUAL(rr_to_text(&rr, text, size, &len), ERR_NOSPACE);
	CU_ASSERT_EQUAL(rr_to_text(&rr, text, need, &len), 0);
	CU_ASSERT_EQUAL(len, need - 1);
	CU_ASSERT_STRING_EQUAL(text, "a. 4294967295 IN A 192.0.2.1\n");
}

CU_TestInfo zone_scan_tests[] = {
    {"file", test_a_zone_file_gives_its_rrs},
    {"ttl", test_the_default_ttl_is_an_hour},
    {"mistakes", test_a_mistake_is_told_with_its_line},
    {"meta-types", test_what_no_zone_can_hold_is_a_mistake},
    {"taker", test_the_taker_can_end_the_scan},
    {"wins", test_wins_lines_become_rrs},
    {"wins lines", test_wins_lines_keep_their_line_numbers},
    {"not wins", test_what_only_looks_like_wins_is_left_alone},
    {"include", test_included_files_are_found_beside_the_file},
    {"rr to text", test_text_of_an_rr_needs_room},
    CU_TEST_INFO_NULL,
};
