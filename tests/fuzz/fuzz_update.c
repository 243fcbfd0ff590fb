/*
 * fuzz_update.c - UPDATE messages, whatever they are, judged on a small zone
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Once as a machine under rules of every kind, once as somebody who may do
 * all.  Whatever is asked: the apex keeps one SOA and an NS, the serial does
 * not go back, a CNAME stays alone, and each change is one.
 */
#include <stdlib.h>
#include <string.h>

#include "daemon/base/arena.h"
#include "daemon/policy/acl.h"
#include "daemon/update/update.h"
#include "daemon/zone/txn.h"

#define ARENA_LIMIT ((size_t)64 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t len);

static const struct {
	const char *owner;
	uint16_t type;
	uint16_t len;
	const char *rdata;
} contents[] = {
    {"ad.test", TYPE_SOA, 22, "\0\0\0\0\0\144\0\0\1\0\0\0\1\0\0\0\1\0\0\0\1\0"},
    {"ad.test", TYPE_NS, 13, "\003ns1\002ad\004test"},
    {"ns1.ad.test", TYPE_A, 4, "\012\0\0\1"},
    {"pc1.ad.test", TYPE_A, 4, "\012\0\0\2"},
    {"pc1.ad.test", TYPE_TXT, 2, "\1x"},
    {"alias.ad.test", TYPE_CNAME, 13, "\003pc1\002ad\004test"},
    {"a.b.ent.ad.test", TYPE_A, 4, "\012\0\0\3"},
    {"*.wild.ad.test", TYPE_A, 4, "\012\0\0\4"},
    {"sub.ad.test", TYPE_NS, 13, "\003ns1\002ad\004test"},
    {"1.r.ad.test", TYPE_PTR, 13, "\003PC1\002ad\004test"},
    {"2.r.ad.test", TYPE_PTR, 13, "\003pc2\002ad\004test"},
    {"_x._tcp.ad.test", TYPE_SRV, 19, "\0\0\0\0\1\205\003pc1\002ad\004test"},
    {"dn.ad.test", TYPE_DNAME, 13, "\003pc1\002ad\004test"},
    {"wks.ad.test", TYPE_WKS, 6, "\012\0\0\1\6\200"},
};

static const struct policy_rule_text rules[] = {
    {"deny * name www.ad.test ANY", "f:1", POLICY_FROM_FILE},
    {"grant AD.TEST ms-self . A(2) AAAA TXT CNAME", "f:2", POLICY_FROM_FILE},
    {"grant AD.TEST ms-subdomain-self-rhs r.ad.test PTR", "f:3",
	POLICY_FROM_FILE},
    {"grant AD.TEST ms-subdomain-self-rhs _tcp.ad.test SRV(1)", "f:4",
	POLICY_FROM_FILE},
    {"deny AD.TEST ms-subdomain ad.test TXT", "f:5", POLICY_FROM_FILE},
    {"grant PC1$@AD.TEST wildcard *.ad.test", "f:6", POLICY_FROM_FILE},
};

static struct zone *zone;
static struct policy_book *book;
static struct acl *everybody;
static struct signer machine, nobody;
static struct addr address;

static void
must(bool is_so)
{
	if (!is_so)
		abort();
}

static void
complain(void *arg, const char *source, const char *what)
{
	(void)arg;
	(void)source;
	(void)what;
	abort();
}

static void
make_zone(const struct name *apex)
{
	struct zone_txn *txn;

	must(zone_create(apex, NULL, &zone) == 0);
	must(zone_begin(zone, &txn) == 0);
	for (size_t i = 0; i < sizeof(contents) / sizeof(contents[0]); i++) {
		struct rdata_ref rdata = {(const uint8_t *)contents[i].rdata,
		    contents[i].len};
		struct rrset_change change = {.type = contents[i].type,
		    .ttl = 3600,
		    .n = 1,
		    .rdatas = &rdata};
		struct name owner;

		must(name_from_text(contents[i].owner, NULL, &owner) == 0);
		change.owner = owner.octets;
		must(zone_put(txn, &change) == 0);
	}
	zone_publish(zone, zone_seal(txn));
}

static void
set_up(void)
{
	struct acl_element any = {.kind = ACL_ANY};
	struct reason reason;
	struct name apex;

	must(name_from_text("ad.test", NULL, &apex) == 0);
	make_zone(&apex);
	must(policy_book_create(&(struct policy_book_source){.apex = &apex,
				    .rules = rules,
				    .n = sizeof(rules) / sizeof(rules[0]),
				    .complain = complain},
		 &book) == 0);
	must(acl_create(&any, 1, NULL, &everybody, &reason) == 0);
	machine.kind = SIGNER_PRINCIPAL;
	must(principal_from_text("PC1$@AD.TEST", &machine.principal, &reason) ==
	    0);
}

static void
check_change(const struct zone_version *view, const struct rrset_change *c)
{
	const struct zone_name *n = zone_get(view, c->owner);
	const struct rrset *before =
	    n == NULL ? NULL : zone_name_rrset(n, c->type);

	must(c->n != 0 || before != NULL);
	must(c->type != 0 && !type_is_meta(c->type));
	must(name_is_below(c->owner, zone_apex(zone)->octets));
}

static void
check_zone(const struct zone_version *v)
{
	const struct zone_name *apex = version_apex(v);
	struct zone_iter it;

	must(apex != NULL && version_soa(v) != NULL);
	must(version_soa(v)->n_rrs == 1);
	must(zone_name_rrset(apex, TYPE_NS) != NULL);
	must(version_serial(v) == 100 || serial_after(version_serial(v), 100));
	for (const struct zone_name *n = zone_first(&it, v); n != NULL;
	     n = zone_next(&it)) {
		const struct rrset *cname = zone_name_rrset(n, TYPE_CNAME);

		must(cname == NULL ||
		    (cname->n_rrs == 1 && zone_name_n_rrsets(n) == 1));
	}
}

/* All of the changes, or none if one is beyond what a name can hold. */
static void
apply(struct zone_txn *txn, const struct rrset_change *changes, size_t n)
{
	for (size_t i = 0; i < n; i++)
		check_change(zone_view(txn), &changes[i]);
	for (size_t i = 0; i < n; i++)
		if (zone_put(txn, &changes[i]) != 0)
			return;
	check_zone(zone_view(txn));
}

static void
judge(struct update *u, struct arena *a, struct update_record *record)
{
	struct rrset_change *changes;
	struct zone_txn *txn;
	enum rcode rcode;
	size_t n;

	must(zone_begin(zone, &txn) == 0);
	rcode = update_judge(u, zone_view(txn), a, &changes, &n, record);
	must(rcode == record->rcode);
	must((rcode == RCODE_NOERROR) == (record->reason.text[0] == '\0'));
	must(rcode == RCODE_NOERROR || n == 0);
	must(update_has_changes(u) || n == 0);
	apply(txn, changes, n);
	zone_abort(txn);
}

static void
try_as(const struct message *m, const struct update_requester *by,
    struct arena *a)
{
	struct update_record record;
	struct update *u;

	if (update_read(m, a, &u, &record) != RCODE_NOERROR) {
		must(record.reason.text[0] != '\0');
		return;
	}
	must(*update_describe(u, a) != '\0');
	if (update_permit(u, by, &record) != RCODE_NOERROR)
		must(record.reason.text[0] != '\0');
	else if (name_equal(u->zone, zone_apex(zone)->octets))
		judge(u, a, &record);
}

int
LLVMFuzzerTestOneInput(const uint8_t *octets, size_t len)
{
	struct update_requester by = {.who.address = &address};
	struct message m;
	struct arena a;

	if (zone == NULL)
		set_up();
	arena_init(&a, ARENA_LIMIT);
	if (message_read(octets, len, &a, &m) == RCODE_NOERROR) {
		by.book = book;
		by.who.signer = &machine;
		try_as(&m, &by, &a);
		by.book = NULL;
		by.allow_update = everybody;
		by.who.signer = &nobody;
		try_as(&m, &by, &a);
	}
	arena_clear(&a);
	return 0;
}
