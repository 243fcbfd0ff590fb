/*
 * test_tree.c - words, strings, blocks, comments and included files
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/conf_text.h"
#include "tests/unit/suites.h"

static void
test_comments_of_all_kinds_are_blanks(void)
{
	struct conf *c = conf_of("# one\n// two\n/* three\n zone { */ options "
				 "{ workers/**/3; // x }\n };#\n" ZONE);

	CU_ASSERT_EQUAL(c->options.workers, 3);
	conf_destroy(c);
}

static void
test_a_string_keeps_backslashes_and_quoted_quotes(void)
{
	struct conf *c =
	    conf_of("options { user \"a\\\"b\\,c # d; {\"; };" ZONE);

	CU_ASSERT_STRING_EQUAL(c->options.user, "a\"b\\,c # d; {");
	conf_destroy(c);
}

static void
test_unclosed_things_name_the_line_where_they_start(void)
{
	expect_lines(ZONE "options {\n user \"kd;\n workers 2;\n};\n",
	    "t:3: string is not closed on its line\n"
	    "t:4: user: \"workers\" is one word too many\n");
	expect_lines(ZONE "/* never\n", "t:2: comment is never closed\n");
	expect_lines(ZONE "\noptions { workers 2;\n",
	    "t:3: '{' is never closed\n"
	    "t:3: ';' is missing after \"}\"\n");
}

static void
test_parsing_goes_on_after_each_mistake(void)
{
	expect_lines("};\n"
		     ";\n"
		     "options { workers 2 }\n"
		     "zone \"a.test\" { nonsense; }\n"
		     "zone \"b.test\" { max-records x; };\n"
		     "zone \"c.test\" { {}; \"q\" 1; };\n"
		     "more 1;\n"
		     "\001\n",
	    "t:1: '}' without '{'\n"
	    "t:2: ';' without a statement\n"
	    "t:3: ';' is missing after \"2\"\n"
	    "t:3: ';' is missing after \"}\"\n"
	    "t:4: unknown statement \"nonsense\" in zone\n"
	    "t:4: ';' is missing after \"}\"\n"
	    "t:5: max-records: \"x\" is not a number\n"
	    "t:6: \"{\": the name of a statement is expected\n"
	    "t:6: \"q\": the name of a statement is expected\n"
	    "t:7: unknown statement \"more\"\n"
	    "t:8: octet 0x01 is no text\n");
}

static void
test_blocks_may_not_be_nested_without_end(void)
{
	char text[512] = ZONE "acl a ";
	size_t len = strlen(text);

	for (int i = 0; i < 100; i++)
		text[len++] = '{';
	for (int i = 0; i < 100; i++) {
		text[len++] = '}';
		text[len++] = ';';
	}
	text[len] = '\0';
	expect_lines(text, "t:2: blocks are nested over 32 deep\n");
}

static void
test_included_statements_stand_in_place_and_name_their_file(void)
{
	const char *folder = new_folder();
	char lines[512];

	(void)put_file(folder, "keys", 0644,
	    "key k { algorithm hmac-sha256;\n secret \"AAAA\"; bad; };\n");
	(void)put_file(folder, "w", 0644, "workers 500;");
	(void)snprintf(lines, sizeof(lines),
	    "%s/keys:2: unknown statement \"bad\" in key\n"
	    "%s/w:1: workers: 500 is not between 0 and 256\n"
	    "%s/c:3: include: cannot read %s/none: No such file or "
	    "directory\n"
	    "%s/c:4: include: one file is expected\n",
	    folder, folder, folder, folder, folder);
	expect_file_lines(put_file(folder, "c", 0644,
			      "include \"keys\"; " ZONE
			      "options { include \"w\"; };\ninclude "
			      "\"none\";\ninclude;\n"),
	    NULL, 0, lines);
	remove_folder(folder);
}

static void
test_a_file_does_not_include_itself(void)
{
	const char *folder = new_folder();
	char lines[256];

	(void)put_file(folder, "b", 0644, "include \"c\";");
	(void)snprintf(lines, sizeof(lines),
	    "%s/b:1: include: %s/c includes itself\n", folder, folder);
	expect_file_lines(put_file(folder, "c", 0644, ZONE "include \"b\";\n"),
	    NULL, 0, lines);
	remove_folder(folder);
}

static void
test_a_file_that_cannot_be_read_is_named(void)
{
	const char *folder = new_folder();
	char path[64], lines[256];

	(void)snprintf(path, sizeof(path), "%s/none", folder);
	(void)snprintf(lines, sizeof(lines),
	    "%s: cannot read it: No such file or directory\n", path);
	expect_file_lines(path, NULL, 0, lines);
	(void)snprintf(lines, sizeof(lines),
	    "%s: cannot read it: Is a directory\n", folder);
	expect_file_lines(folder, NULL, 0, lines);
	remove_folder(folder);
}

CU_TestInfo tree_tests[] = {
    {"comments", test_comments_of_all_kinds_are_blanks},
    {"strings", test_a_string_keeps_backslashes_and_quoted_quotes},
    {"unclosed", test_unclosed_things_name_the_line_where_they_start},
    {"recovery", test_parsing_goes_on_after_each_mistake},
    {"depth", test_blocks_may_not_be_nested_without_end},
    {"include", test_included_statements_stand_in_place_and_name_their_file},
    {"include loop", test_a_file_does_not_include_itself},
    {"unreadable", test_a_file_that_cannot_be_read_is_named},
    CU_TEST_INFO_NULL,
};
