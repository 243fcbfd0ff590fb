/*
 * test_apply.c - what updates change (RFC 2136 section 3.4.2)
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <stdio.h>
#include <string.h>

#include "daemon/policy/acl.h"
#include "daemon/zone/txn.h"
#include "tests/unit/suites.h"
#include "tests/unit/update_helper.h"

#define N(array) (sizeof(array) / sizeof((array)[0]))

struct apply_case {
	const char *commands;
	size_t n_changes; /* RRsets */
	const char *owner, *rrs;
};

/* Each on a fresh zone. */
static void
check(const struct apply_case *cases, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct zone *z = update_zone();
		size_t n_changes = update_change(z, cases[i].commands);

		if (n_changes != cases[i].n_changes) {
			CU_FAIL("another outcome");
			(void)fprintf(stderr, "%s: %zu changes\n",
			    cases[i].commands, n_changes);
		}
		if (cases[i].owner != NULL)
			update_expect(z, cases[i].owner, cases[i].rrs);
		zone_destroy(z);
	}
}

static void
test_rrs_are_added_and_deleted(void)
{
	static const struct apply_case cases[] = {
	    {"add pc3.ad.test 60 A 10.0.0.13", 1, "pc3.ad.test",
		"A 60 10.0.0.13"},
	    {"add pc1.ad.test 1200 A 10.0.0.99", 1, "pc1.ad.test",
		"A 1200 10.0.0.11 10.0.0.99"},
	    {"add pc1.ad.test 60 AAAA 2001:db8::1", 1, "pc1.ad.test",
		"A 1200 10.0.0.11, AAAA 60 2001:db8::1"},
	    {"delete pc1.ad.test", 1, "pc1.ad.test", ""},
	    {"delete multi.ad.test", 2, "multi.ad.test", ""},
	    {"delete multi.ad.test A", 1, "multi.ad.test", "TXT 300 \"x\""},
	    {"delete multi.ad.test A 10.0.1.1", 1, "multi.ad.test",
		"A 300 10.0.1.2, TXT 300 \"x\""},
	    {"delete multi.ad.test A 10.0.1.1;"
	     "delete multi.ad.test A 10.0.1.2",
		1, "multi.ad.test", "TXT 300 \"x\""},
	    {"delete 11.r.ad.test PTR pc1.AD.TEST", 1, "11.r.ad.test", ""},
	    /* in the order of the message */
	    {"add pc1.ad.test 60 A 10.0.0.1; delete pc1.ad.test A;"
	     "add pc1.ad.test 60 A 10.0.0.2",
		1, "pc1.ad.test", "A 60 10.0.0.2"},
	    {"add pc3.ad.test 60 A 10.0.0.1; delete pc3.ad.test;"
	     "add pc3.ad.test 60 TXT y",
		1, "pc3.ad.test", "TXT 60 \"y\""},
	    {"delete PC1.ad.test; add pc1.AD.test 60 A 10.0.0.2", 1,
		"pc1.ad.test", "A 60 10.0.0.2"},
	    /* below a cut, at a wildcard, at an empty non-terminal */
	    {"add x.sub.ad.test 60 A 10.0.0.1", 1, "x.sub.ad.test",
		"A 60 10.0.0.1"},
	    {"add *.wild.ad.test 300 A 10.0.3.2", 1, "*.wild.ad.test",
		"A 300 10.0.3.1 10.0.3.2"},
	    {"add b.ent.ad.test 60 TXT e", 1, "b.ent.ad.test", "TXT 60 \"e\""},
	    {"delete b.ent.ad.test", 0, "a.b.ent.ad.test", "A 300 10.0.2.1"},
	    {"add x.ad.test 60 TYPE65281 0102", 1, "x.ad.test",
		"TYPE65281 60 \\# 2 0102"},
	};

	check(cases, N(cases));
}

/* DIALECTS section 5, 8. */
static void
test_what_changes_nothing_is_no_change(void)
{
	static const struct apply_case cases[] = {
	    {"add pc1.ad.test 1200 A 10.0.0.11", 0, NULL, NULL},
	    {"add PC1.AD.TEST 1200 A 10.0.0.11", 0, NULL, NULL},
	    {"delete pc1.ad.test AAAA", 0, NULL, NULL},
	    {"delete pc1.ad.test A 10.0.0.12", 0, NULL, NULL},
	    {"delete none.ad.test", 0, NULL, NULL},
	    {"delete none.ad.test A", 0, NULL, NULL},
	    {"delete none.ad.test A 10.0.0.1", 0, NULL, NULL},
	    {"delete pc1.ad.test; add pc1.ad.test 1200 A 10.0.0.11", 0,
		"pc1.ad.test", "A 1200 10.0.0.11"},
	    {"delete multi.ad.test A; add multi.ad.test 300 A 10.0.1.2;"
	     "add multi.ad.test 300 A 10.0.1.1",
		0, NULL, NULL},
	    {"add x.ad.test 60 A 10.0.0.1; delete x.ad.test", 0, "x.ad.test",
		""},
	    {"add 11.r.ad.test 1200 PTR pc1.AD.TEST", 0, "11.r.ad.test",
		"PTR 1200 PC1.ad.test."},
	    {"add alias.ad.test 300 CNAME pc1.ad.test", 0, NULL, NULL},
	    {"add pc1.ad.test 60 A 10.0.0.11;"
	     "add pc1.ad.test 1200 A 10.0.0.11",
		0, NULL, NULL},
	    {"add wks.ad.test 300 TYPE11 0a0000010680", 0, NULL, NULL},
	    {"nxdomain none.ad.test", 0, NULL, NULL},
	};

	check(cases, N(cases));
}

/* DIALECTS section 5, 5. */
static void
test_a_new_ttl_is_the_whole_rrsets(void)
{
	static const struct apply_case cases[] = {
	    {"add pc1.ad.test 60 A 10.0.0.11", 1, "pc1.ad.test",
		"A 60 10.0.0.11"},
	    {"add multi.ad.test 60 A 10.0.1.1", 1, "multi.ad.test",
		"A 60 10.0.1.1 10.0.1.2, TXT 300 \"x\""},
	    {"add multi.ad.test 60 A 10.0.1.3", 1, "multi.ad.test",
		"A 60 10.0.1.1 10.0.1.2 10.0.1.3, TXT 300 \"x\""},
	    {"delete multi.ad.test A 10.0.1.1", 1, "multi.ad.test",
		"A 300 10.0.1.2, TXT 300 \"x\""},
	    /* RFC 2181 section 8 */
	    {"add pc1.ad.test 0x80000000 A 10.0.0.11", 1, "pc1.ad.test",
		"A 0 10.0.0.11"},
	};

	check(cases, N(cases));
}

/* DIALECTS section 5, 4. */
static void
test_a_cname_stands_alone(void)
{
	static const struct apply_case cases[] = {
	    {"add pc1.ad.test 60 CNAME x.test", 0, "pc1.ad.test",
		"A 1200 10.0.0.11"},
	    {"add alias.ad.test 60 A 10.0.0.1", 0, "alias.ad.test",
		"CNAME 300 pc1.ad.test."},
	    {"add alias.ad.test 60 TXT x", 0, NULL, NULL},
	    {"add ad.test 60 CNAME x.test", 0, NULL, NULL},
	    {"add dn.ad.test 60 CNAME x.test", 0, NULL, NULL},
	    {"add alias.ad.test 60 DNAME x.test", 0, NULL, NULL},
	    /* in message order */
	    {"add x.ad.test 60 CNAME y.test; add x.ad.test 60 A 10.0.0.1", 1,
		"x.ad.test", "CNAME 60 y.test."},
	    {"add x.ad.test 60 A 10.0.0.1; add x.ad.test 60 CNAME y.test", 1,
		"x.ad.test", "A 60 10.0.0.1"},
	    {"delete pc1.ad.test A; add pc1.ad.test 60 CNAME x.test", 2,
		"pc1.ad.test", "CNAME 60 x.test."},
	    {"add pc1.ad.test 60 CNAME x.test; delete pc1.ad.test A", 1,
		"pc1.ad.test", ""},
	    {"delete alias.ad.test CNAME; add alias.ad.test 60 A 10.0.0.1", 2,
		"alias.ad.test", "A 60 10.0.0.1"},
	    /* the rest of the message is done */
	    {"add alias.ad.test 60 A 10.0.0.1; add x.ad.test 60 A 10.0.0.1", 1,
		"x.ad.test", "A 60 10.0.0.1"},
	};

	check(cases, N(cases));
}

static void
test_some_types_replace(void)
{
	static const struct apply_case cases[] = {
	    {"add alias.ad.test 60 CNAME pc2.ad.test", 1, "alias.ad.test",
		"CNAME 60 pc2.ad.test."},
	    {"add dn.ad.test 300 DNAME y.test", 1, "dn.ad.test",
		"DNAME 300 y.test."},
	    {"add x.ad.test 60 CNAME a.test; add x.ad.test 60 CNAME b.test", 1,
		"x.ad.test", "CNAME 60 b.test."},
	    {"delete alias.ad.test CNAME pc2.ad.test", 0, "alias.ad.test",
		"CNAME 300 pc1.ad.test."},
	    /* WKS: by address and protocol */
	    {"add wks.ad.test 300 TYPE11 0a0000010640", 1, "wks.ad.test",
		"TYPE11 300 \\# 6 0A0000010640"},
	    {"add wks.ad.test 300 TYPE11 0a0000011140", 1, NULL, NULL},
	    {"delete wks.ad.test TYPE11 0a0000010640", 0, NULL, NULL},
	};

	check(cases, N(cases));
}

static uint32_t
serial_after_update(const char *commands)
{
	struct zone *z = update_zone();
	uint32_t serial;

	(void)update_change(z, commands);
	serial = version_serial(zone_current(z));
	zone_destroy(z);
	return serial;
}

/* DIALECTS section 5, 7. */
static void
test_an_soa_needs_a_later_serial(void)
{
	struct zone *z;

	CU_ASSERT_EQUAL(serial_after_update("add ad.test 60 SOA 101"), 101);
	CU_ASSERT_EQUAL(serial_after_update("add ad.test 60 SOA 100"), 100);
	CU_ASSERT_EQUAL(serial_after_update("add ad.test 60 SOA 99"), 100);
	CU_ASSERT_EQUAL(serial_after_update("add ad.test 60 SOA 2147483747"),
	    2147483747);
	CU_ASSERT_EQUAL(/* +2^31 */
	    serial_after_update("add ad.test 60 SOA 2147483748"), 100);
	CU_ASSERT_EQUAL(serial_after_update("add ad.test 60 SOA 2147483748;"
					    "add ad.test 60 SOA 102;"
					    "add ad.test 60 SOA 101"),
	    102);
	/* Two great steps in one message would end before 100. */
	CU_ASSERT_EQUAL(serial_after_update("add ad.test 60 SOA 134217829;"
					    "add ad.test 60 SOA 2147483750"),
	    134217829);
	z = update_zone();
	(void)update_change(z, "add ad.test 60 SOA 2147483747");
	(void)update_change(z, "add ad.test 60 SOA 4294967295");
	(void)update_change(z, "add ad.test 60 SOA 0");
	CU_ASSERT_EQUAL(version_serial(zone_current(z)), 0);
	(void)update_change(z, "add ad.test 60 SOA 4294967295");
	CU_ASSERT_EQUAL(version_serial(zone_current(z)), 0);
	(void)update_change(z, "add ad.test 60 SOA 1");
	CU_ASSERT_EQUAL(version_serial(zone_current(z)), 1);
	CU_ASSERT_EQUAL(version_soa(zone_current(z))->n_rrs, 1);
	CU_ASSERT_EQUAL(version_soa(zone_current(z))->ttl, 60);
	zone_destroy(z);
}

static void
test_there_is_one_soa_and_it_stays(void)
{
	static const struct apply_case cases[] = {
	    {"add pc1.ad.test 60 SOA 200", 0, NULL, NULL},
	    {"add none.ad.test 60 SOA 200", 0, NULL, NULL},
	    {"delete ad.test SOA", 0, NULL, NULL},
	    {"delete ad.test SOA 100", 0, NULL, NULL},
	    {"delete ad.test SOA; add ad.test 60 SOA 101", 1, NULL, NULL},
	};

	check(cases, N(cases));
}

/* DIALECTS section 5, 6. */
static void
test_the_apex_keeps_an_ns(void)
{
	struct zone *z = update_zone();

	CU_ASSERT_EQUAL(update_change(z, "delete ad.test NS"), 0);
	CU_ASSERT_EQUAL(update_change(z, "delete ad.test"), 1);
	CU_ASSERT_PTR_NOT_NULL(version_soa(zone_current(z)));
	CU_ASSERT_EQUAL(zone_name_n_rrsets(version_apex(zone_current(z))), 2);
	CU_ASSERT_EQUAL(update_change(z,
			    "delete ad.test NS ns1.ad.test;"
			    "delete ad.test NS ns2.ad.test"),
	    1);
	CU_ASSERT_EQUAL(zone_name_rrset(version_apex(zone_current(z)), TYPE_NS)
			    ->n_rrs,
	    1);
	CU_ASSERT_EQUAL(update_change(z,
			    "delete ad.test NS ns2.ad.test;"
			    "delete ad.test NS ns1.ad.test"),
	    0);
	/* Replaced in one message: added first. */
	CU_ASSERT_EQUAL(update_change(z,
			    "add ad.test 3600 NS ns3.ad.test;"
			    "delete ad.test NS ns2.ad.test"),
	    1);
	CU_ASSERT_EQUAL(zone_name_rrset(version_apex(zone_current(z)), TYPE_NS)
			    ->n_rrs,
	    1);
	/* Elsewhere the last one may go. */
	CU_ASSERT_EQUAL(update_change(z,
			    "delete sub.ad.test NS ns.sub.ad.test"),
	    1);
	update_expect(z, "sub.ad.test", "");
	zone_destroy(z);
}

static void
test_what_a_zone_cannot_have_is_passed_over(void)
{
	static const struct apply_case cases[] = {
	    {"add x.ad.test 60 TYPE3 00", 0, NULL, NULL},
	    {"add x.ad.test 60 TYPE4 00", 0, NULL, NULL},
	    {"add *.ad.test 60 NS ns1.ad.test", 0, NULL, NULL},
	    {"add *.ad.test 60 DNAME x.test", 0, NULL, NULL},
	    {"add ad.test 60 DS 00010801aabb", 0, NULL, NULL},
	    {"add sub.ad.test 60 NS ns2.sub.ad.test", 1, NULL, NULL},
	};

	check(cases, N(cases));
}

/* DIALECTS section 5, 9: no pointer into the message is stored. */
static void
test_names_in_rdata_are_stored_whole(void)
{
	static const uint8_t octets[] = {0x12, 0x67, 0x28, 0, 0, 1, 0, 0, 0, 1,
	    0, 0, 2, 'a', 'd', 4, 't', 'e', 's', 't', 0, 0, 6, 0, 1,
	    /* 9.r.<zone> PTR pc9.<zone>, compressed */
	    1, '9', 1, 'r', 0xc0, 12, 0, 12, 0, 1, 0, 0, 0, 60, 0, 6, 3, 'p',
	    'c', '9', 0xc0, 12};
	struct update_requester by = {0};
	struct update_record record;
	struct rrset_change *changes;
	struct zone *z = update_zone();
	struct acl_element any = {.kind = ACL_ANY};
	struct signer nobody = {.kind = SIGNER_NONE};
	struct addr address = {0};
	struct acl *acl;
	struct update *u;
	struct message m;
	struct arena a;
	size_t n;

	CU_ASSERT_EQUAL_FATAL(acl_create(&any, 1, NULL, &acl, NULL), 0);
	by.allow_update = acl;
	by.who.signer = &nobody;
	by.who.address = &address;
	arena_init(&a, 0);
	CU_ASSERT_EQUAL_FATAL(message_read(octets, sizeof(octets), &a, &m),
	    RCODE_NOERROR);
	CU_ASSERT_EQUAL_FATAL(update_read(&m, &a, &u, &record), RCODE_NOERROR);
	CU_ASSERT_EQUAL_FATAL(update_permit(u, &by, &record), RCODE_NOERROR);
	CU_ASSERT_EQUAL_FATAL(update_judge(u, zone_current(z), &a, &changes, &n,
				  &record),
	    RCODE_NOERROR);
	CU_ASSERT_EQUAL_FATAL(n, 1);
	CU_ASSERT_EQUAL_FATAL(changes[0].rdatas[0].len, 13);
	CU_ASSERT_EQUAL(memcmp(changes[0].rdatas[0].octets,
			    "\003pc9\002ad\004test", 13),
	    0);
	arena_clear(&a);
	acl_destroy(acl);
	zone_destroy(z);
}

static void
test_windows_and_samba_register_and_go(void)
{
	struct zone *z = update_zone();

	/* net ads dns register */
	CU_ASSERT_EQUAL(update_change(z,
			    "nxrrset pc1.ad.test CNAME; delete pc1.ad.test;"
			    "add pc1.ad.test 3600 AAAA 2001:db8::1;"
			    "add pc1.ad.test 3600 A 10.0.0.21"),
	    2);
	update_expect(z, "pc1.ad.test",
	    "A 3600 10.0.0.21, AAAA 3600 2001:db8::1");
	/* Windows */
	CU_ASSERT_EQUAL(update_change(z,
			    "nxrrset pc1.ad.test CNAME; delete pc1.ad.test A;"
			    "delete pc1.ad.test AAAA; add pc1.ad.test 1200 A "
			    "10.0.0.22"),
	    2);
	update_expect(z, "pc1.ad.test", "A 1200 10.0.0.22");
	/* and the same again: no change */
	CU_ASSERT_EQUAL(update_change(z,
			    "nxrrset pc1.ad.test CNAME; delete pc1.ad.test A;"
			    "delete pc1.ad.test AAAA; add pc1.ad.test 1200 A "
			    "10.0.0.22"),
	    0);
	/* sssd, reverse */
	CU_ASSERT_EQUAL(update_change(z,
			    "delete 11.r.ad.test PTR;"
			    "add 11.r.ad.test 3600 PTR pc1.ad.test;"
			    "delete 22.r.ad.test PTR;"
			    "add 22.r.ad.test 3600 PTR pc1.ad.test"),
	    2);
	/* dhcpd, then its release */
	CU_ASSERT_EQUAL(update_change(z,
			    "nxdomain pc9.ad.test; add pc9.ad.test 60 A "
			    "10.0.0.9;"
			    "add pc9.ad.test 60 DHCID 000201aabb"),
	    2);
	CU_ASSERT_EQUAL(update_change(z,
			    "yxrrset pc9.ad.test DHCID 000201aabb;"
			    "delete pc9.ad.test A 10.0.0.9"),
	    1);
	CU_ASSERT_EQUAL(update_change(z,
			    "nxrrset pc9.ad.test A; nxrrset pc9.ad.test AAAA;"
			    "delete pc9.ad.test DHCID 000201aabb"),
	    1);
	update_expect(z, "pc9.ad.test", "");
	/* a domain controller's SRV moves */
	CU_ASSERT_EQUAL(update_change(z,
			    "delete _x._tcp.ad.test SRV 0 100 389 pc1.ad.test;"
			    "add _x._tcp.ad.test 900 SRV 0 100 389 "
			    "pc2.ad.test"),
	    1);
	update_expect(z, "_x._tcp.ad.test", "SRV 900 0 100 389 pc2.ad.test.");
	zone_destroy(z);
}

CU_TestInfo apply_tests[] = {
    {"RRs are added and deleted", test_rrs_are_added_and_deleted},
    {"what changes nothing is no change",
	test_what_changes_nothing_is_no_change},
    {"a new TTL is the whole RRset's", test_a_new_ttl_is_the_whole_rrsets},
    {"a CNAME stands alone", test_a_cname_stands_alone},
    {"some types replace", test_some_types_replace},
    {"an SOA needs a later serial", test_an_soa_needs_a_later_serial},
    {"there is one SOA, and it stays", test_there_is_one_soa_and_it_stays},
    {"the apex keeps an NS", test_the_apex_keeps_an_ns},
    {"what a zone cannot have is passed over",
	test_what_a_zone_cannot_have_is_passed_over},
    {"names in RDATA are stored whole", test_names_in_rdata_are_stored_whole},
    {"Windows and Samba register and go",
	test_windows_and_samba_register_and_go},
    CU_TEST_INFO_NULL,
};
