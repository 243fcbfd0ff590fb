/*
 * test_ctl.c - kddnsctl against a control socket with made-up answers
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/base/err.h"
#include "daemon/control/control.h"
#include "daemon/control/ctl.h"
#include "tests/unit/suites.h"

static char folder[64], path[128];
static char *out_text, *err_text_got;

/* The result stands in arg. */
static int
run_given(void *arg, struct control_request *r, json_t **result_out,
    struct reason *reason)
{
	(void)r;
	(void)reason;
	*result_out = json_loads(arg, 0, NULL);
	CU_ASSERT_PTR_NOT_NULL(*result_out);
	return 0;
}

static int
run_dump(void *arg, struct control_request *r, json_t **result_out,
    struct reason *reason)
{
	static const char soa[] = "@\tSOA", a[] = "www\tA 192.0.2.1\033[2J";

	(void)arg;
	(void)result_out;
	if (strcmp(control_arg(r, 0), "a..b") == 0) {
		reason_set(reason, "a..b: no domain name");
		return ERR_USAGE;
	}
	if (strcmp(control_arg(r, 0), "a.test") != 0) {
		reason_set(reason, "%s: no such zone", control_arg(r, 0));
		return ERR_NOTFOUND;
	}
	(void)control_stream_line(r, soa, sizeof(soa) - 1);
	return control_stream_line(r, a, sizeof(a) - 1);
}

/* Two rows of an array, one of which the terminal must survive. */
static int
run_rows(void *arg, struct control_request *r, json_t **result_out,
    struct reason *reason)
{
	(void)arg;
	(void)reason;
	*result_out = json_pack("{s:i}", "n", 2);
	(void)control_stream_row(r, "principals",
	    json_pack("{s:s, s:s, s:i, s:s, s:[s, s], s:[s, s]}", "principal",
		"PC1$@AD.TEST", "kind", "machine", "contexts", 12, "pac",
		"workstation", "sids", "S-1-5-11", "S-1-5-15", "addresses",
		"192.0.2.1", "2001:db8::1"));
	return control_stream_row(r, "principals",
	    json_pack("{s:s, s:n, s:i, s:[]}", "principal", "x\033@AD.TEST",
		"kind", "contexts", 1, "addresses"));
}

static int
run_journal(void *arg, struct control_request *r, json_t **result_out,
    struct reason *reason)
{
	static const char *const lines[] = {
	    "{\"serial_from\": 1, \"serial_to\": 2, \"time\": 7, \"signer\": "
	    "\"PC1$@AD.TEST\", \"address\": \"192.0.2.1#5353\", \"change\": "
	    "\"delete\", \"rr\": \"pc1.a.test. 60 IN A 192.0.2.1\"}",
	    "{\"serial_from\": 1, \"serial_to\": 2, \"time\": 7, \"signer\": "
	    "\"zone file\", \"address\": \"\", \"change\": \"add\", "
	    "\"rr\": \"pc1.a.test. 60 IN A 192.0.2.2\"}",
	    "{\"serial_from\": 2, \"serial_to\": 9, \"time\": 8, \"signer\": "
	    "\"x\", \"address\": \"\", \"change\": \"serial\", \"rr\": "
	    "\"\"}"};

	(void)arg;
	(void)result_out;
	(void)reason;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		CU_ASSERT_EQUAL(control_stream(r,
				    json_loads(lines[i], 0, NULL)),
		    0);
	return 0;
}

/* What the program does without a daemon: "bad" is damaged. */
static int
check_store(char *const *args, int n_args, json_t **result_out,
    struct reason *reason)
{
	bool is_bad = strcmp(args[0], "bad") == 0;

	CU_ASSERT_EQUAL(n_args, 1);
	*result_out = NULL;
	if (strcmp(args[0], "none") == 0) {
		reason_set(reason, "none: no such directory");
		return ERR_NOTFOUND;
	}
	*result_out = json_pack("{s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:[]}",
	    "segments", 1, "first_lsn", 2, "last_lsn", 3, "changesets", 4,
	    "zones", 5, "damages", (int)is_bad, "notes", 0, "findings");
	if (!is_bad)
		return 0;
	(void)json_array_append_new(json_object_get(*result_out, "findings"),
	    json_pack("{s:s, s:s, s:s, s:s}", "weight", "damage", "where",
		"log/00000001.log offset 4096", "what", "group 2 is damaged",
		"meaning", "it is lost"));
	reason_set(reason, "bad is damaged");
	return ERR_MISMATCH;
}

static const struct ctl_alone alone[] = {
    {"store-check", check_store},
    {NULL, NULL},
};

static const struct control_command commands[] = {
    {"journal", "ZONE [FROM [TO]]", 1, 3, run_journal},
    {"principals", "", 0, 0, run_rows},
    {"tsig-list", "", 0, 0, run_given},
    {"stats", "", 0, 0, run_given},
    {"keytab", "", 0, 0, run_given},
    {"status", "", 0, 0, run_given},
    {"zones", "", 0, 0, run_given},
    {"zonestatus", "ZONE", 1, 1, run_given},
    {"dump", "ZONE", 1, 1, run_dump},
    {"notify", "ZONE", 1, 1, run_given},
    {"stop", "", 0, 0, run_given},
    {NULL, NULL, 0, 0, NULL},
};

/* Runs kddnsctl with words, ended by NULL; its output is in out_text. */
static enum ctl_exit
run(const char *const *words)
{
	char *argv[16] = {NULL};
	size_t out_size, err_size;
	FILE *out, *err;
	enum ctl_exit status;
	int argc = 0;

	free(out_text);
	free(err_text_got);
	out = open_memstream(&out_text, &out_size);
	err = open_memstream(&err_text_got, &err_size);
	CU_ASSERT_PTR_NOT_NULL_FATAL(out);
	CU_ASSERT_PTR_NOT_NULL_FATAL(err);
	argv[argc++] = strdup("kddnsctl");
	for (; *words != NULL; words++)
		argv[argc++] = strdup(*words);
	status = ctl_run(argc, argv, alone, out, err);
	(void)fclose(out);
	(void)fclose(err);
	while (argc > 0)
		free(argv[--argc]);
	return status;
}

#define RUN(...) run((const char *const[]){__VA_ARGS__, NULL})

static struct control *
serve(const char *result)
{
	static char given[4096];
	struct control_options o = {.path = path,
	    .commands = commands,
	    .arg = given};
	struct control *c;

	(void)snprintf(given, sizeof(given), "%s", result);
	(void)snprintf(folder, sizeof(folder), "/tmp/kddns-test-XXXXXX");
	CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(folder));
	(void)snprintf(path, sizeof(path), "%s/control.sock", folder);
	CU_ASSERT_EQUAL_FATAL(control_open(&o, &c, NULL), 0);
	CU_ASSERT_EQUAL_FATAL(control_serve(c, NULL), 0);
	return c;
}

static void
end(struct control *c)
{
	control_close(c);
	CU_ASSERT_EQUAL(rmdir(folder), 0);
	free(out_text);
	free(err_text_got);
	out_text = err_text_got = NULL;
}

static void
test_status_is_for_people(void)
{
	struct control *c =
	    serve("{\"version\": \"0.1.0\", \"pid\": 42,"
		  "\"uptime_s\": 90061, \"started\": 0,"
		  "\"workers\": 2, \"zones\": 3,"
		  "\"contexts\": 12, \"updates\":"
		  "{\"applied\": 5, \"refused\": 6,"
		  "\"failed\": 7}, \"store\":"
		  "{\"writable\": true, \"reason\": null,"
		  "\"lsn\": 99, \"segments\": 2,"
		  "\"octets\": 134217728}, \"keytab\":"
		  "{\"ok\": false, \"reason\": \"empty\","
		  "\"entries\": 3, \"loaded\": 1, \"files\":"
		  "[\"FILE:/a\", \"FILE:/b\"], \"problems\": 2},"
		  "\"panel\": {\"served\": true, \"sign_in\": \"off\","
		  "\"urls\": [\"http://127.0.0.1:1/\","
		  "\"http://[::1]:1/\"], \"reason\": \"\"}}");

	CU_ASSERT_EQUAL(RUN("-s", path, "status"), CTL_DONE);
	CU_ASSERT_STRING_EQUAL(out_text,
	    "version:     0.1.0\n"
	    "pid:         42\n"
	    "started:     1970-01-01T00:00:00Z (up 1d 1h)\n"
	    "workers:     2\n"
	    "zones:       3\n"
	    "contexts:    12\n"
	    "updates:     5 applied, 6 refused, 7 failed\n"
	    "store:       writable\n"
	    "             lsn 99, 2 segments, 128.0 MiB\n"
	    "keytab:      NOT USABLE: empty\n"
	    "             3 entries in use, loaded 1970-01-01T00:00:01Z\n"
	    "             FILE:/a\n"
	    "             FILE:/b\n"
	    "             problems: 2 (kddnsctl keytab)\n"
	    "panel:       http://127.0.0.1:1/ (sign-in off)\n"
	    "             http://[::1]:1/ (sign-in off)\n");
	CU_ASSERT_STRING_EQUAL(err_text_got, "");
	end(c);
}

static void
test_status_tells_why_there_is_no_panel(void)
{
	struct control *c = serve("{\"panel\": null}");

	CU_ASSERT_EQUAL(RUN("-s", path, "status"), CTL_DONE);
	CU_ASSERT_PTR_NOT_NULL(
	    strstr(out_text, "panel:       none (no statement web)\n"));
	end(c);
	c = serve("{\"panel\": {\"served\": false, \"sign_in\": \"off\", "
		  "\"urls\": [\"http://127.0.0.1:1/\"], "
		  "\"reason\": \"in use\"}}");
	CU_ASSERT_EQUAL(RUN("-s", path, "status"), CTL_DONE);
	CU_ASSERT_PTR_NOT_NULL(
	    strstr(out_text, "panel:       NOT SERVED: in use\n"));
	CU_ASSERT_PTR_NULL(strstr(out_text, "http://"));
	end(c);
}

static void
test_keytab_is_tables_and_findings(void)
{
	struct control *c = serve(
	    "{\"verdict\": \"unusable\", \"ok\": true, \"checked\": 5,"
	    "\"asked\": 3, \"current\": true, \"files\": [\"FILE:/a\"],"
	    "\"keys\": [{\"principal\": \"DNS/a@R\", \"kvno\": 2,"
	    "\"kdc_kvno\": 3, \"enctype\": \"aes\", \"in_use\": true,"
	    "\"verdict\": \"stale\"}], \"kdcs\": [{\"host\": \"kdc:88\","
	    "\"realm\": \"R\", \"tcp_ms\": 2, \"udp_ms\": null,"
	    "\"clock_offset_s\": -9, \"reason\": \"\"}], \"tickets\": [],"
	    "\"findings\": [{\"severity\": \"error\", \"id\": \"kvno-stale\","
	    "\"subject\": \"DNS/a@R\", \"text\": \"Old\\u001b.\","
	    "\"advice\": \"export\"}]}");

	CU_ASSERT_EQUAL(RUN("-s", path, "keytab"), CTL_DONE);
	CU_ASSERT_STRING_EQUAL(out_text,
	    "verdict:     unusable\n"
	    "keytab:      FILE:/a\n"
	    "files seen:  1970-01-01T00:00:05Z\n"
	    "KDCs asked:  1970-01-01T00:00:03Z\n"
	    "\n"
	    "PRINCIPAL  KVNO  KDC  ENCTYPE  ACCEPTS  VERDICT\n"
	    "DNS/a@R       2    3  aes      yes      stale\n"
	    "\n"
	    "KDC     REALM  TCP MS  UDP MS  CLOCK S  REASON\n"
	    "kdc:88  R           2       -       -9  -\n"
	    "\n"
	    "error [kvno-stale] DNS/a@R\n"
	    "    Old?.\n"
	    "    -> export\n");
	end(c);
}

static void
test_zones_are_a_table(void)
{
	struct control *c =
	    serve("{\"zones\": [{\"zone\": \"ad.example.test\","
		  "\"serial\": 7, \"records\": 1200, \"names\": 9,"
		  "\"status\": \"ok\"}, {\"zone\": \"b\","
		  "\"serial\": 4294967295, \"records\": null,"
		  "\"status\": \"frozen\\u001b\"}]}");

	CU_ASSERT_EQUAL(RUN("-s", path, "zones"), CTL_DONE);
	CU_ASSERT_STRING_EQUAL(out_text,
	    "ZONE                 SERIAL  RECORDS  NAMES  STATUS\n"
	    "ad.example.test           7     1200      9  ok\n"
	    "b                4294967295        -      -  frozen?\n");
	end(c);
}

static void
test_zonestatus_shows_secondaries_and_warnings(void)
{
	struct control *c = serve(
	    "{\"zone\": \"a.test\", \"serial\": 7, \"records\": 12,"
	    "\"names\": 9, \"file\": \"/var/a.zone\","
	    "\"loaded_from\": \"store\","
	    "\"dump\": {\"serial\": 6, \"time\": 86400, \"pending\": true},"
	    "\"journal\": {\"octets\": 512, \"first_serial\": 2,"
	    "\"changesets\": 5}, \"frozen\": false,"
	    "\"policy\": {\"sources\": [\"file\", \"ldap\"], "
	    "\"rules\": 3, \"texts\": [\"grant a (f:1)\"]}, \"secondaries\":"
	    "[{\"address\": \"10.0.0.2#53\", \"key\": null,"
	    "\"last_notify\": 0, \"serial_acked\": 7,"
	    "\"state\": \"in sync\"}], \"warnings\": [\"look out\"]}");

	CU_ASSERT_EQUAL(RUN("-s", path, "zonestatus", "a.test"), CTL_DONE);
	CU_ASSERT_STRING_EQUAL(out_text,
	    "zone:        a.test\n"
	    "serial:      7\n"
	    "records:     12\n"
	    "names:       9\n"
	    "file:        /var/a.zone\n"
	    "loaded from: store\n"
	    "dump:        serial 6 at 1970-01-02T00:00:00Z, pending\n"
	    "journal:     512 octets, 5 changesets from serial 2\n"
	    "frozen:      no\n"
	    "policy:      3 rules from file, ldap\n"
	    "             grant a (f:1)\n"
	    "warning: look out\n"
	    "\n"
	    "SECONDARY    LAST NOTIFY           SERIAL  STATE\n"
	    "10.0.0.2#53  1970-01-01T00:00:00Z       7  in sync\n");
	end(c);
}

static void
test_dump_prints_lines_that_a_terminal_survives(void)
{
	struct control *c = serve("{}");

	CU_ASSERT_EQUAL(RUN("--socket", path, "dump", "a.test"), CTL_DONE);
	CU_ASSERT_STRING_EQUAL(out_text, "@\tSOA\nwww\tA 192.0.2.1?[2J\n");
	CU_ASSERT_EQUAL(RUN("-s", path, "dump", "a.test", "--json"), CTL_DONE);
	CU_ASSERT_STRING_EQUAL(out_text,
	    "{\"text\":\"@\\tSOA\"}\n"
	    "{\"text\":\"www\\tA 192.0.2.1\\u001B[2J\"}\n"
	    "{\"ok\":true,\"result\":{}}\n");
	end(c);
}

/* Rows come one a line; what is printed is one document. */
static void
test_rows_become_one_array(void)
{
	struct control *c = serve("{}");

	CU_ASSERT_EQUAL(RUN("-s", path, "principals"), CTL_DONE);
	CU_ASSERT_STRING_EQUAL(out_text,
	    "PRINCIPAL     KIND     CONTEXTS  PAC          SIDS  ADDRESSES\n"
	    "PC1$@AD.TEST  machine        12  workstation     2  "
	    "192.0.2.1 2001:db8::1\n"
	    "x?@AD.TEST    -               1  -               0  -\n");
	CU_ASSERT_EQUAL(RUN("-s", path, "--json", "principals"), CTL_DONE);
	CU_ASSERT_STRING_EQUAL(out_text,
	    "{\"ok\":true,\"result\":{\"n\":2,\"principals\":["
	    "{\"principal\":\"PC1$@AD.TEST\",\"kind\":\"machine\","
	    "\"contexts\":12,\"pac\":\"workstation\","
	    "\"sids\":[\"S-1-5-11\",\"S-1-5-15\"],"
	    "\"addresses\":[\"192.0.2.1\",\"2001:db8::1\"]},"
	    "{\"principal\":\"x\\u001B@AD.TEST\",\"kind\":null,"
	    "\"contexts\":1,\"addresses\":[]}]}}\n");
	end(c);
}

static void
test_keys_are_two_tables(void)
{
	struct control *c =
	    serve("{\"keys\": [{\"key\": \"editor.\", \"algorithm\":"
		  "\"hmac-sha256\", \"mac_len\": 32}], \"contexts\":"
		  "[{\"key\": \"1.sig-ns1.\", \"principal\": \"PC1$@AD.TEST\","
		  "\"client\": \"192.0.2.1\", \"algorithm\": \"gss-tsig\","
		  "\"enctype\": \"aes256-cts-hmac-sha1-96\","
		  "\"mechanism\": \"spnego\", \"kvno\": null, \"created\": 0,"
		  "\"expires_in_s\": 3599, \"idle_s\": 7}]}");

	CU_ASSERT_EQUAL(RUN("-s", path, "tsig-list"), CTL_DONE);
	CU_ASSERT_STRING_EQUAL(out_text,
	    "KEY      MAC  ALGORITHM\n"
	    "editor.   32  hmac-sha256\n"
	    "\n"
	    "CONTEXT     PRINCIPAL     CLIENT     ALGORITHM  "
	    "ENCTYPE                  MECHANISM  KVNO  "
	    "CREATED               EXPIRES IN   IDLE\n"
	    "1.sig-ns1.  PC1$@AD.TEST  192.0.2.1  gss-tsig   "
	    "aes256-cts-hmac-sha1-96  spnego        -  "
	    "1970-01-01T00:00:00Z     59m 59s  0m 7s\n");
	end(c);
}

static void
test_counters_are_paths_and_numbers(void)
{
	struct control *c = serve("{\"queries\": 3, \"tkey\":"
				  "{\"refused\": {\"kvno\": 1}}}");

	CU_ASSERT_EQUAL(RUN("-s", path, "stats"), CTL_DONE);
	CU_ASSERT_STRING_EQUAL(out_text, "queries 3\ntkey.refused.kvno 1\n");
	end(c);
}

static void
test_a_key_needs_no_daemon(void)
{
	CU_ASSERT_EQUAL(RUN("-s", "/nowhere", "key-gen", "k.test"), CTL_DONE);
	CU_ASSERT_EQUAL(strncmp(out_text, "key \"k.test\" {\n", 15), 0);
	CU_ASSERT_STRING_EQUAL(err_text_got, "");
	CU_ASSERT_EQUAL(RUN("--json", "key-gen", "k", "hmac-md5"), CTL_DONE);
	CU_ASSERT_EQUAL(strncmp(out_text, "{\"ok\":true,", 11), 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(err_text_got, "hmac-md5 is weak"));
	CU_ASSERT_EQUAL(RUN("key-gen", "a..b"), CTL_USAGE);
	CU_ASSERT_STRING_EQUAL(out_text, "");
	CU_ASSERT_STRING_EQUAL(err_text_got,
	    "kddnsctl: key-gen: \"a..b\": an empty label\n");
	CU_ASSERT_EQUAL(RUN("key-gen"), CTL_USAGE);
	free(out_text);
	free(err_text_got);
	out_text = err_text_got = NULL;
}

static void
test_failure_has_a_line_and_a_status(void)
{
	struct control *c = serve("{}");

	CU_ASSERT_EQUAL(RUN("-s", path, "dump", "a..b"), CTL_USAGE);
	CU_ASSERT_STRING_EQUAL(err_text_got,
	    "kddnsctl: dump: a..b: no domain name\n");
	CU_ASSERT_EQUAL(RUN("-s", path, "dump", "b.test"), CTL_FAILED);
	CU_ASSERT_STRING_EQUAL(err_text_got,
	    "kddnsctl: dump: b.test: no such zone\n");
	CU_ASSERT_EQUAL(RUN("-s", path, "sync"), CTL_USAGE);
	CU_ASSERT_STRING_EQUAL(err_text_got,
	    "kddnsctl: sync: sync: unknown command\n");
	end(c);
	CU_ASSERT_EQUAL(RUN("-s", path, "status"), CTL_FAILED);
	CU_ASSERT_PTR_NOT_NULL(
	    strstr(err_text_got, "control.sock: no daemon answers there"));
	CU_ASSERT_EQUAL(RUN("-s", "/nowhere", "--json", "status"), CTL_FAILED);
	CU_ASSERT_STRING_EQUAL(out_text,
	    "{\"ok\":false,\"error\":\"/nowhere: no daemon answers there "
	    "(is kddnsd running?)\"}\n");
}

static void
test_wrong_usage_has_another_status(void)
{
	CU_ASSERT_EQUAL(RUN("frob\033"), CTL_USAGE);
	CU_ASSERT_STRING_EQUAL(err_text_got,
	    "kddnsctl: frob?: unknown command; see --help\n");
	CU_ASSERT_EQUAL(RUN("dump"), CTL_USAGE);
	CU_ASSERT_STRING_EQUAL(err_text_got,
	    "kddnsctl: dump: usage: kddnsctl dump ZONE\n");
	CU_ASSERT_EQUAL(RUN("status", "more"), CTL_USAGE);
	CU_ASSERT_EQUAL(RUN("--frob"), CTL_USAGE);
	CU_ASSERT_EQUAL(RUN("status", "-s"), CTL_USAGE);
	CU_ASSERT_EQUAL(run((const char *const[]){NULL}), CTL_USAGE);
	CU_ASSERT_EQUAL(RUN("-V"), CTL_DONE);
	CU_ASSERT_EQUAL(strncmp(out_text, "kddnsctl ", 9), 0);
	CU_ASSERT_EQUAL(RUN("--help"), CTL_DONE);
	CU_ASSERT_PTR_NOT_NULL(strstr(out_text, "zonestatus ZONE"));
	CU_ASSERT_EQUAL(RUN("dump", "--help"), CTL_DONE);
	CU_ASSERT_PTR_NOT_NULL(strstr(out_text, "dump ZONE"));
	free(out_text);
	free(err_text_got);
	out_text = err_text_got = NULL;
}

static void
test_changes_are_a_line_each(void)
{
	struct control *c = serve("{}");

	CU_ASSERT_EQUAL(RUN("-s", path, "journal", "a.test", "1"), CTL_DONE);
	CU_ASSERT_STRING_EQUAL(out_text,
	    "1970-01-01T00:00:07Z 1->2 - pc1.a.test. 60 IN A 192.0.2.1 ; "
	    "PC1$@AD.TEST from 192.0.2.1#5353\n"
	    "1970-01-01T00:00:07Z 1->2 + pc1.a.test. 60 IN A 192.0.2.2 ; "
	    "zone file\n"
	    "1970-01-01T00:00:08Z 2->9 serial ; x\n");
	end(c);
}

static void
test_findings_of_a_check_give_its_status(void)
{
	CU_ASSERT_EQUAL(RUN("store-check", "good"), CTL_DONE);
	CU_ASSERT_STRING_EQUAL(out_text,
	    "1 log segments, groups 2 to 3, 4 changesets; 5 zones: 0 damages, "
	    "0 notes\n");
	CU_ASSERT_EQUAL(RUN("store-check", "bad"), CTL_FAILED);
	CU_ASSERT_STRING_EQUAL(out_text,
	    "damage: log/00000001.log offset 4096: group 2 is damaged\n"
	    "    it is lost\n"
	    "1 log segments, groups 2 to 3, 4 changesets; 5 zones: 1 damages, "
	    "0 notes\n");
	CU_ASSERT_STRING_EQUAL(err_text_got,
	    "kddnsctl: store-check: bad is damaged\n");
	CU_ASSERT_EQUAL(RUN("--json", "store-check", "bad"), CTL_FAILED);
	CU_ASSERT_PTR_NOT_NULL(strstr(out_text, "\"ok\":false"));
	CU_ASSERT_PTR_NOT_NULL(strstr(out_text, "\"damages\":1"));
	CU_ASSERT_EQUAL(RUN("store-check", "none"), CTL_FAILED);
	CU_ASSERT_STRING_EQUAL(err_text_got,
	    "kddnsctl: store-check: none: no such directory\n");
	free(out_text);
	free(err_text_got);
	out_text = err_text_got = NULL;
}

CU_TestInfo ctl_tests[] = {
    {"journal", test_changes_are_a_line_each},
    {"store-check", test_findings_of_a_check_give_its_status},
    {"status", test_status_is_for_people},
    {"panel", test_status_tells_why_there_is_no_panel},
    {"keytab", test_keytab_is_tables_and_findings},
    {"zones", test_zones_are_a_table},
    {"zonestatus", test_zonestatus_shows_secondaries_and_warnings},
    {"dump", test_dump_prints_lines_that_a_terminal_survives},
    {"rows", test_rows_become_one_array},
    {"keys", test_keys_are_two_tables},
    {"counters", test_counters_are_paths_and_numbers},
    {"key-gen", test_a_key_needs_no_daemon},
    {"failure", test_failure_has_a_line_and_a_status},
    {"usage", test_wrong_usage_has_another_status},
    CU_TEST_INFO_NULL,
};
