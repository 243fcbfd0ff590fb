/*
 * test_value.c - values of every kind, good and mistaken
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "daemon/conf/errors.h"
#include "daemon/conf/row.h"
#include "tests/unit/conf_text.h"
#include "tests/unit/suites.h"

static uint64_t
seconds(const char *text)
{
	uint64_t n = 4711;

	return duration_from_text(text, 1, &n) ? n : UINT64_MAX;
}

static void
test_durations_have_three_forms(void)
{
	CU_ASSERT_EQUAL(seconds("90"), 90);
	CU_ASSERT_EQUAL(seconds("0"), 0);
	CU_ASSERT_EQUAL(seconds("1h30m"), 5400);
	CU_ASSERT_EQUAL(seconds("1W2D"), 777600);
	CU_ASSERT_EQUAL(seconds("120m"), 7200);
	CU_ASSERT_EQUAL(seconds("PT1H30M"), 5400);
	CU_ASSERT_EQUAL(seconds("P1D"), 86400);
	CU_ASSERT_EQUAL(seconds("P1Y1M1W1DT1S"), 34905601);
	CU_ASSERT_EQUAL(seconds("p2w"), 1209600);
}

static void
test_other_texts_are_no_durations(void)
{
	static const char *const bad[] = {"", "x", "1x", "h", "1h30", "30m1h",
	    "P", "PT", "P1", "P1H", "PT1D", "1hx", "-1", "1 h", "1 ", "P1 ",
	    "P1DT", "99999999999999999999", "99999999999w"};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		uint64_t n;

		CU_ASSERT(!duration_from_text(bad[i], 1, &n));
	}
}

static void
test_sizes_have_letters(void)
{
	uint64_t n = 0;

	CU_ASSERT(size_from_text("512", &n) && n == 512);
	CU_ASSERT(size_from_text("4k", &n) && n == 4096);
	CU_ASSERT(size_from_text("2M", &n) && n == 2097152);
	CU_ASSERT(size_from_text("4g", &n) && n == UINT64_C(4) << 30);
	CU_ASSERT(!size_from_text("", &n));
	CU_ASSERT(!size_from_text("k", &n));
	CU_ASSERT(!size_from_text("4t", &n));
	CU_ASSERT(!size_from_text("4kk", &n));
	CU_ASSERT(!size_from_text("-4", &n));
}

static void
test_base64_is_whole_and_canonical(void)
{
	uint8_t out[32];
	static const char *const bad[] = {"base64", "A", "AA", "AAA",
	    "AA=", "AAAAA===", "AA==AA==", "AB==", "AAB=", "AA*A", "====", "="};

	CU_ASSERT_EQUAL(base64_decode("a2Rkbn M=\n", 10, out), 5);
	CU_ASSERT_EQUAL(memcmp(out, "kddns", 5), 0);
	CU_ASSERT_EQUAL(base64_decode("a2RkbnMx", 8, out), 6);
	CU_ASSERT_EQUAL(base64_decode("/+8=", 4, out), 2);
	CU_ASSERT_EQUAL(out[0], 0xff);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CU_ASSERT_EQUAL(base64_decode(bad[i], strlen(bad[i]), out), -1);
}

static void
test_values_reach_the_struct_in_its_units(void)
{
	struct conf *c = conf_of(
	    "options { directory \"/s\"; run-directory \"/r\";\n"
	    "  listen-on port 5353 { 127.0.0.1; any; };\n"
	    "  listen-on { 192.0.2.1; }; listen-on-v6 { none; };\n"
	    "  max-transfer-time-out 5; journal-total-size 1g;\n"
	    "  server-id \"none of it\"; log-level debug;\n"
	    "  max-journal-size unlimited; notify explicit; };\n"
	    "kerberos { keytab \"k\"; keytab FILE:/x; context-lifetime PT2H;\n"
	    "  acceptor DNS/ns1.ad.test@AD.TEST; };\n"
	    "control { socket \"c\"; };\n"
	    "zone \"0/25.2.0.192.in-addr.arpa.\" IN { notify-source 192.0.2.1;"
	    "  max-journal-size default; dump-interval 1m; };\n"
	    "zone Z.test { type master; file \"f\"; notify 1; };\n");
	const struct conf_options *o = &c->options;
	const struct conf_zone *z = c->zones;

	CU_ASSERT_EQUAL_FATAL(o->listen_on.n, 3);
	CU_ASSERT_EQUAL(o->listen_on.items[0].port, 5353);
	CU_ASSERT_EQUAL(o->listen_on.items[1].octets[0], 0);
	CU_ASSERT_EQUAL(o->listen_on.items[2].port, 53);
	CU_ASSERT_EQUAL(o->listen_on_v6.n, 0);
	CU_ASSERT_EQUAL(o->max_transfer_time_out_s, 300);
	CU_ASSERT_EQUAL(o->journal_total_size, UINT64_C(1) << 30);
	CU_ASSERT_EQUAL(o->server_id.kind, CONF_SERVER_ID_TEXT);
	CU_ASSERT_EQUAL(o->log_level, LOG_LEVEL_DEBUG);
	CU_ASSERT_EQUAL_FATAL(c->kerberos.keytabs.n, 2);
	CU_ASSERT_STRING_EQUAL(c->kerberos.keytabs.items[1], "FILE:/x");
	CU_ASSERT_EQUAL(c->kerberos.context_lifetime_s, 7200);
	CU_ASSERT_EQUAL(c->kerberos.acceptors.n, 1);
	CU_ASSERT_STRING_EQUAL(c->control.socket, "/r/c");
	CU_ASSERT_EQUAL_FATAL(c->n_zones, 2);
	CU_ASSERT_STRING_EQUAL(z[0].name, "0/25.2.0.192.in-addr.arpa");
	CU_ASSERT_STRING_EQUAL(z[0].file, "/s/0_25.2.0.192.in-addr.arpa.zone");
	CU_ASSERT_EQUAL(z[0].notify, CONF_NOTIFY_EXPLICIT);
	CU_ASSERT_EQUAL(z[0].notify_source.family, AF_INET);
	CU_ASSERT_EQUAL(z[0].max_journal_size, 512u << 20);
	CU_ASSERT_EQUAL(z[0].dump_interval_s, 60);
	CU_ASSERT_STRING_EQUAL(z[1].name, "Z.test");
	CU_ASSERT_STRING_EQUAL(z[1].file, "/s/f");
	CU_ASSERT_EQUAL(z[1].notify, CONF_NOTIFY_YES);
	CU_ASSERT_EQUAL(z[1].max_journal_size, CONF_UNLIMITED);
	conf_destroy(c);
}

static void
test_the_smallest_file_is_one_zone_with_a_policy(void)
{
	struct conf *c = conf_of("zone \"ad.test\" { update-policy {\n"
				 "grant AD.TEST ms-self . A AAAA; }; };");
	const struct conf_zone *z = c->zones;

	CU_ASSERT_STRING_EQUAL(z->file, "/var/lib/kddns/ad.test.zone");
	CU_ASSERT_EQUAL(z->allow_query.items[0].kind, CONF_MATCH_ANY);
	CU_ASSERT_EQUAL(z->allow_transfer.items[0].kind, CONF_MATCH_NONE);
	CU_ASSERT_EQUAL(z->allow_update.items[0].kind, CONF_MATCH_NONE);
	CU_ASSERT_EQUAL(c->options.listen_on.n, 1);
	CU_ASSERT_STRING_EQUAL(c->kerberos.keytabs.items[0],
	    "FILE:/etc/krb5.keytab");
	CU_ASSERT_EQUAL_FATAL(z->update_policy.n, 1);
	CU_ASSERT_EQUAL(z->update_policy.items[0].place.line, 2);
	conf_destroy(c);
}

static void
test_rules_keep_their_words_and_quotes(void)
{
	struct conf *c = conf_of(
	    "zone z.test { update-policy { \n"
	    "deny   *\n name /* x */ www.z.test. ANY;\n"
	    "grant PC1$@Z.TEST name a\\.b A(3);\n"
	    "grant group \"CN=A \\\"B\\\", C\\\\,D\" zonesub ANY; }; };");
	const struct conf_rules *r = &c->zones[0].update_policy;

	CU_ASSERT_EQUAL_FATAL(r->n, 3);
	CU_ASSERT_STRING_EQUAL(r->items[0].text, "deny * name www.z.test. ANY");
	CU_ASSERT_STRING_EQUAL(r->items[1].text,
	    "grant PC1$@Z.TEST name a\\.b A(3)");
	CU_ASSERT_STRING_EQUAL(r->items[2].text,
	    "grant group \"CN=A \\\"B\\\", C\\\\,D\" zonesub ANY");
	CU_ASSERT_EQUAL(r->items[2].place.line, 5);
	conf_destroy(c);
}

static void
test_match_lists_are_trees(void)
{
	struct conf *c = conf_of(
	    "acl a { !10.9/16; 10/8; ! localhost; 2001:db8::/32; };\n"
	    "key K.test. { algorithm hmac-sha256-128; secret AAAA; };\n"
	    "zone z.test { allow-update { !{ !A; any; }; key \"k.test\";\n"
	    " principal */pc1@Z.TEST; principal PC$@Z.TEST; }; };");
	const struct conf_match_list *l = &c->zones[0].allow_update;

	CU_ASSERT_EQUAL_FATAL(l->n, 4);
	CU_ASSERT(l->items[0].is_negated);
	CU_ASSERT_EQUAL_FATAL(l->items[0].kind, CONF_MATCH_LIST);
	CU_ASSERT_EQUAL(l->items[0].list->items[0].kind, CONF_MATCH_ACL);
	CU_ASSERT(l->items[0].list->items[0].is_negated);
	CU_ASSERT_PTR_EQUAL(l->items[0].list->items[0].list, &c->acls[0].list);
	CU_ASSERT_EQUAL(l->items[0].list->items[1].kind, CONF_MATCH_ANY);
	CU_ASSERT_EQUAL(l->items[1].kind, CONF_MATCH_KEY);
	CU_ASSERT_EQUAL(l->items[2].kind, CONF_MATCH_PRINCIPAL);
	CU_ASSERT_STRING_EQUAL(l->items[2].text, "*/pc1@Z.TEST");
	CU_ASSERT_EQUAL(c->acls[0].list.n, 4);
	CU_ASSERT_EQUAL(c->acls[0].list.items[0].prefix.length, 16);
	CU_ASSERT_EQUAL(c->acls[0].list.items[2].kind, CONF_MATCH_LOCALHOST);
	CU_ASSERT_EQUAL(c->keys[0].mac_bits, 128);
	CU_ASSERT_EQUAL(c->keys[0].secret.len, 3);
	CU_ASSERT_PTR_EQUAL(conf_key_find(c, "k.TEST."), &c->keys[0]);
	CU_ASSERT_PTR_NULL(conf_key_find(c, "k.tes"));
	conf_destroy(c);
}

static void
test_targets_and_servers_have_keys(void)
{
	struct conf *c = conf_of(
	    "key k { algorithm HMAC-SHA512; secret AAAA; };\n"
	    "server 10.0.0.2 { keys { k; }; }; server ::1 { keys k; };\n"
	    "zone z.test { also-notify port 54 { 10.0.0.2 key k; "
	    "2001:db8::1 port 55; }; };");
	const struct conf_targets *t = &c->zones[0].also_notify;

	CU_ASSERT_EQUAL_FATAL(t->n, 2);
	CU_ASSERT_EQUAL(t->items[0].addr.port, 54);
	CU_ASSERT_STRING_EQUAL(t->items[0].key, "k");
	CU_ASSERT_EQUAL(t->items[1].addr.port, 55);
	CU_ASSERT_PTR_NULL(t->items[1].key);
	CU_ASSERT_EQUAL_FATAL(c->n_servers, 2);
	CU_ASSERT_EQUAL(c->servers[0].peer.length, 32);
	CU_ASSERT_STRING_EQUAL(c->servers[1].key, "k");
	conf_destroy(c);
}

static void
test_mistaken_values_are_named(void)
{
	expect_lines(
	    "options { workers 257;\n workers 1;\n tcp-clients;\n"
	    "directory \"rel\";\n max-udp-size 511;\n log-level loud;\n"
	    "journal-total-size 1x; \n tcp-idle-timeout 300;\n"
	    "listen-on port 0 { any; };\n listen-on { 10/8; ::1; };\n"
	    "listen-on-v6 { 1.2.3.4; };\n listen-on port 53 tls x { any; };\n"
	    "server-id a b;\n notify maybe;\n notify-source ::1;\n"
	    "listen-on 10.0.0.1;\n user { };\n Workers 2; };\n" ZONE,
	    "t:1: workers: 257 is not between 0 and 256\n"
	    "t:2: workers: already given at t:1\n"
	    "t:3: tcp-clients: a value is missing\n"
	    "t:4: directory: \"rel\" is not an absolute path\n"
	    "t:5: max-udp-size: 511 is not between 512 and 4096\n"
	    "t:6: log-level: \"loud\" is not error, warning, notice, info or "
	    "debug\n"
	    "t:7: journal-total-size: \"1x\" is not a size (like 512m)\n"
	    "t:8: tcp-idle-timeout: 300 is not between 1s and 2m\n"
	    "t:9: listen-on: \"0\" is not a port\n"
	    "t:10: listen-on: \"10/8\" is not any, none or an address (other "
	    "elements are not supported yet)\n"
	    "t:10: listen-on: \"::1\" is not an IPv4 address\n"
	    "t:11: listen-on-v6: \"1.2.3.4\" is not an IPv6 address\n"
	    "t:12: listen-on: \"tls\" is not supported yet\n"
	    "t:13: server-id: \"b\" is one word too many\n"
	    "t:14: notify: \"maybe\" is not yes, explicit or no\n"
	    "t:15: notify-source: \"::1\" is not an IPv4 address\n"
	    "t:16: listen-on: \"10.0.0.1\" is unexpected\n"
	    "t:17: user: a value is expected, not a block\n"
	    "t:18: unknown statement \"Workers\": write \"workers\"\n");
}

static void
test_mistakes_of_lists_are_named(void)
{
	expect_lines("acl any { };\n acl a { 10.0.0.1/8; 1.2.3.400; !; };\n"
		     "acl b { geoip x; key; a b c; };\n acl { };\n"
		     "zone z.test { also-notify { x; 10.0.0.1 key; };\n"
		     "soa { mname a@b; nameservers { a b; }; };\n"
		     "update-policy { grant { }; };\n allow-query any;\n"
		     "type secondary; };\n"
		     "zone z..test { type odd; update-policy local; };\n"
		     "zone y.test CH { };\n zone x.test { soa 1; };\n",
	    "t:1: acl: \"any\" cannot be the name of an acl\n"
	    "t:2: acl: \"10.0.0.1/8\" has bits beyond its length\n"
	    "t:2: acl: \"1.2.3.400\" is not an address or prefix\n"
	    "t:2: acl: an element is missing\n"
	    "t:3: acl: \"geoip\" is not known here\n"
	    "t:3: acl \"key\" is not defined\n"
	    "t:3: acl: \"c\" is unexpected\n"
	    "t:4: acl: NAME { ... } is expected\n"
	    "t:5: also-notify: \"x\" is not an address\n"
	    "t:5: also-notify: \"key\" is unexpected\n"
	    "t:6: soa: \"rname\" is missing\n"
	    "t:6: mname: \"a@b\" is not a domain name: write '.' for '@'\n"
	    "t:6: nameservers: \"a\" is not one word\n"
	    "t:7: update-policy: a rule has no '{'\n"
	    "t:8: allow-query: '{' is expected, not \"any\"\n"
	    "t:9: type: \"secondary\" is not supported yet\n"
	    "t:10: zone: \"z..test\" is no domain name\n"
	    "t:10: type: \"odd\" is not a type of zone (primary)\n"
	    "t:11: zone: class \"CH\" is not supported\n"
	    "t:12: soa: '{' is expected, not \"1\"\n");
}

static void
test_mistaken_keys_are_named_and_secrets_never(void)
{
	expect_lines("key a { algorithm hmac-md5-64; secret AAAA; };\n"
		     "key b { algorithm hmac-sha3; secret nicesecret; };\n"
		     "key c { secret AAAA nicesecret; };\n"
		     "key d { algorithm hmac-sha256-100; };\n"
		     "key e { algorithm hmac-sha256-64; secret \"\"; };\n"
		     "key f { algorithm hmac-sha1; secret-file \"x\"; "
		     "};\n" ZONE,
	    "t:1: algorithm: \"hmac-md5-64\" is not an algorithm (like "
	    "hmac-sha256)\n"
	    "t:2: algorithm: \"hmac-sha3\" is not an algorithm (like "
	    "hmac-sha256)\n"
	    "t:2: secret: this is not base64\n"
	    "t:3: key: \"algorithm\" is missing\n"
	    "t:3: secret: one string is expected\n"
	    "t:4: key \"d\": either secret or secret-file is needed\n"
	    "t:4: algorithm: \"hmac-sha256-100\" is not an algorithm (like "
	    "hmac-sha256)\n"
	    "t:5: algorithm: \"hmac-sha256-64\" is not an algorithm (like "
	    "hmac-sha256)\n"
	    "t:5: secret: empty base64\n"
	    "t:6: secret-file: not here\n");
}

static void
test_hmac_md5_has_a_long_name_and_a_warning(void)
{
	static const char text[] =
	    "key a { algorithm hmac-md5; secret AAAA; };\n"
	    "key b { algorithm HMAC-MD5.SIG-ALG.REG.INT.; secret AAAA; };\n"
	    "key c { algorithm hmac-md5-80; secret AAAA; };\n" ZONE;
	struct conf_errors errors;
	struct conf *c;

	conf_errors_init(&errors);
	CU_ASSERT_EQUAL_FATAL(conf_read_text("t", text, strlen(text), &errors,
				  &c),
	    0);
	conf_errors_clear(&errors);
	CU_ASSERT_EQUAL_FATAL(c->n_keys, 3);
	for (size_t i = 0; i < c->n_keys; i++)
		CU_ASSERT_EQUAL(c->keys[i].algorithm, CONF_KEY_HMAC_MD5);
	CU_ASSERT_EQUAL(c->keys[2].mac_bits, 80);
	conf_destroy(c);
	expect_lines(text,
	    "t:1: warning: algorithm: hmac-md5 is weak: use hmac-sha256 as "
	    "soon as the other side can\n"
	    "t:2: warning: algorithm: hmac-md5 is weak: use hmac-sha256 as "
	    "soon as the other side can\n"
	    "t:3: warning: algorithm: hmac-md5 is weak: use hmac-sha256 as "
	    "soon as the other side can\n");
}

static void
test_a_secret_file_is_closed_to_others(void)
{
	static const char text[] =
	    ZONE "key k { algorithm hmac-sha256; secret-file \"s\"; };\n"
		 "key l { algorithm hmac-sha256; secret-file \"none\";\n"
		 "secret AAAA; };\n";
	const char *folder = new_folder();
	char lines[512];

	(void)put_file(folder, "s", 0644, "AAAA\n");
	(void)snprintf(lines, sizeof(lines),
	    "%s/c:2: secret-file: %s/s has mode 0644: others must have no "
	    "access\n"
	    "%s/c:3: key \"l\": either secret or secret-file is needed\n"
	    "%s/c:3: secret-file: cannot read %s/none: No such file or "
	    "directory\n",
	    folder, folder, folder, folder, folder);
	expect_file_lines(put_file(folder, "c", 0644, text), NULL, 0, lines);
	remove_folder(folder);
}

CU_TestInfo value_tests[] = {
    {"durations", test_durations_have_three_forms},
    {"no durations", test_other_texts_are_no_durations},
    {"sizes", test_sizes_have_letters},
    {"base64", test_base64_is_whole_and_canonical},
    {"struct", test_values_reach_the_struct_in_its_units},
    {"smallest", test_the_smallest_file_is_one_zone_with_a_policy},
    {"rules", test_rules_keep_their_words_and_quotes},
    {"match lists", test_match_lists_are_trees},
    {"targets", test_targets_and_servers_have_keys},
    {"mistaken values", test_mistaken_values_are_named},
    {"mistaken lists", test_mistakes_of_lists_are_named},
    {"mistaken keys", test_mistaken_keys_are_named_and_secrets_never},
    {"hmac-md5", test_hmac_md5_has_a_long_name_and_a_warning},
    {"secret-file", test_a_secret_file_is_closed_to_others},
    CU_TEST_INFO_NULL,
};
