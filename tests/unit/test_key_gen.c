/*
 * test_key_gen.c - new shared secrets
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "daemon/base/err.h"
#include "daemon/control/key_gen.h"
#include "tests/unit/suites.h"

/* The result for NAME and ALGORITHM (or NULL); *reason says why not. */
static int
generate(const char *name, const char *algorithm, json_t **result_out,
    struct reason *reason)
{
	char *args[2] = {strdup(name),
	    algorithm == NULL ? NULL : strdup(algorithm)};
	int ret = key_gen(args, algorithm == NULL ? 1 : 2, result_out, reason);

	free(args[0]);
	free(args[1]);
	return ret;
}

static const char *
member(const json_t *result, const char *key)
{
	return json_string_value(json_object_get(result, key));
}

static void
test_a_secret_is_as_long_as_the_mac(void)
{
	static const struct {
		const char *algorithm;
		size_t base64_len;
		const char *end; /* padding */
	} cases[] = {
	    {"hmac-md5", 24, "=="},
	    {"hmac-sha1", 28, "="},
	    {"hmac-sha224", 40, "=="},
	    {"HMAC-SHA256", 44, "="},
	    {"hmac-sha384", 64, ""},
	    {"hmac-sha512", 88, "=="},
	};
	json_t *result;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *secret;
		size_t len;

		CU_ASSERT_EQUAL_FATAL(generate("k.test", cases[i].algorithm,
					  &result, NULL),
		    0);
		secret = member(result, "secret");
		len = strlen(secret);
		CU_ASSERT_EQUAL(len, cases[i].base64_len);
		CU_ASSERT_STRING_EQUAL(secret + strcspn(secret, "="),
		    cases[i].end);
		CU_ASSERT_EQUAL(strcasecmp(member(result, "algorithm"),
				    cases[i].algorithm),
		    0);
		json_decref(result);
	}
}

static void
test_it_is_another_one_each_time(void)
{
	json_t *first, *second;

	CU_ASSERT_EQUAL_FATAL(generate("k", NULL, &first, NULL), 0);
	CU_ASSERT_EQUAL_FATAL(generate("k", NULL, &second, NULL), 0);
	CU_ASSERT_STRING_EQUAL(member(first, "algorithm"), "hmac-sha256");
	CU_ASSERT_STRING_NOT_EQUAL(member(first, "secret"),
	    member(second, "secret"));
	CU_ASSERT_EQUAL(json_array_size(json_object_get(first, "warnings")), 0);
	json_decref(first);
	json_decref(second);
}

static void
test_hmac_md5_is_warned_about(void)
{
	json_t *result;

	CU_ASSERT_EQUAL_FATAL(generate("k", "hmac-md5", &result, NULL), 0);
	CU_ASSERT_EQUAL(json_array_size(json_object_get(result, "warnings")),
	    1);
	json_decref(result);
}

static void
test_names_and_algorithms_are_checked(void)
{
	static const char label_64[] =
	    "0123456789012345678901234567890123456789"
	    "012345678901234567890123";
	static const struct {
		const char *name, *algorithm;
		int ret;
		const char *why;
	} cases[] = {
	    {"", NULL, ERR_MALFORMED, "needs a name"},
	    {".", NULL, ERR_MALFORMED, "needs a name"},
	    {".a", NULL, ERR_MALFORMED, "empty label"},
	    {"a..b", NULL, ERR_MALFORMED, "empty label"},
	    {"a\";", NULL, ERR_MALFORMED, "letters, digits"},
	    {"pc1$@AD.TEST", NULL, ERR_MALFORMED, "letters, digits"},
	    {label_64, NULL, ERR_MALFORMED, "63"},
	    {"k", "md5", ERR_UNSUPPORTED, "the algorithms are hmac-sha1"},
	    {"k", "", ERR_UNSUPPORTED, "the algorithms are"},
	    {"k", "gss-tsig", ERR_UNSUPPORTED, "the algorithms are"},
	};
	struct reason reason;
	json_t *result;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		CU_ASSERT_EQUAL(generate(cases[i].name, cases[i].algorithm,
				    &result, &reason),
		    cases[i].ret);
		CU_ASSERT_PTR_NULL(result);
		CU_ASSERT_PTR_NOT_NULL(strstr(reason.text, cases[i].why));
	}
	CU_ASSERT_EQUAL(generate("_a-1.Ex.", NULL, &result, NULL), 0);
	json_decref(result);
}

static void
test_it_prints_a_statement(void)
{
	json_t *result = json_pack("{s:s, s:s, s:s}", "name", "k.test",
	    "algorithm", "hmac-sha1", "secret", "AAAA");
	size_t size;
	char *text;
	FILE *out = open_memstream(&text, &size);

	CU_ASSERT_PTR_NOT_NULL_FATAL(out);
	render_key(out, result);
	(void)fclose(out);
	CU_ASSERT_STRING_EQUAL(text,
	    "key \"k.test\" {\n"
	    "\talgorithm hmac-sha1;\n"
	    "\tsecret \"AAAA\";\n"
	    "};\n");
	free(text);
	json_decref(result);
}

CU_TestInfo key_gen_tests[] = {
    {"length", test_a_secret_is_as_long_as_the_mac},
    {"random", test_it_is_another_one_each_time},
    {"hmac-md5", test_hmac_md5_is_warned_about},
    {"mistakes", test_names_and_algorithms_are_checked},
    {"statement", test_it_prints_a_statement},
    CU_TEST_INFO_NULL,
};
