/*
 * update_helper.c - zones and UPDATE messages from a few words
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/buf.h"
#include "daemon/dns/message_write.h"
#include "daemon/dns/mnemonic.h"
#include "daemon/dns/rdata.h"
#include "tests/unit/suites.h"
#include "tests/unit/update_helper.h"

#define WORDS_MAX 12
#define RRS_MAX 64

static const char zone_text[] =
    "add ad.test 3600 SOA 100;"
    "add ad.test 3600 NS ns1.ad.test;"
    "add ad.test 3600 NS ns2.ad.test;"
    "add ad.test 3600 TXT apex;"
    "add ns1.ad.test 3600 A 10.0.0.1;"
    "add pc1.ad.test 1200 A 10.0.0.11;"
    "add pc2.ad.test 1200 A 10.0.0.12;"
    "add multi.ad.test 300 A 10.0.1.1;"
    "add multi.ad.test 300 A 10.0.1.2;"
    "add multi.ad.test 300 TXT x;"
    "add alias.ad.test 300 CNAME pc1.ad.test;"
    "add a.b.ent.ad.test 300 A 10.0.2.1;"
    "add *.wild.ad.test 300 A 10.0.3.1;"
    "add sub.ad.test 300 NS ns.sub.ad.test;"
    "add ns.sub.ad.test 300 A 10.0.4.1;"
    "add 11.r.ad.test 1200 PTR PC1.ad.test;"
    "add 12.r.ad.test 1200 PTR pc2.ad.test;"
    "add 13.r.ad.test 1200 PTR pc1.ad.test;"
    "add 13.r.ad.test 1200 PTR pc2.ad.test;"
    "add _x._tcp.ad.test 600 SRV 0 100 389 pc1.ad.test;"
    "add dn.ad.test 300 DNAME x.test;"
    "add wks.ad.test 300 TYPE11 0a0000010680;";

static uint16_t
number(const char *text)
{
	return (uint16_t)strtoul(text, NULL, 0);
}

static void
put_name(struct writer *w, const char *text)
{
	struct name name;

	CU_ASSERT_EQUAL_FATAL(name_from_text(text, NULL, &name), 0);
	writer_octets(w, name.octets, name.len);
}

static void
put_hex(struct writer *w, const char *hex)
{
	char digits[3] = {0};

	for (; hex[0] != '\0' && hex[1] != '\0'; hex += 2) {
		memcpy(digits, hex, 2);
		writer_u8(w, (uint8_t)strtoul(digits, NULL, 16));
	}
}

static void
put_soa(struct writer *w, const char *serial)
{
	put_name(w, "ns1.ad.test");
	put_name(w, "hostmaster.ad.test");
	writer_u32(w, (uint32_t)strtoul(serial, NULL, 0));
	for (int i = 0; i < 4; i++)
		writer_u32(w, 3600);
}

/* RDATA of the words that follow the type. */
static void
put_rdata(struct writer *w, uint16_t type, char *const *words)
{
	uint8_t address[16];

	switch (type) {
	case TYPE_A:
		CU_ASSERT_EQUAL_FATAL(inet_pton(AF_INET, words[0], address), 1);
		writer_octets(w, address, 4);
		break;
	case TYPE_AAAA:
		CU_ASSERT_EQUAL_FATAL(inet_pton(AF_INET6, words[0], address),
		    1);
		writer_octets(w, address, 16);
		break;
	case TYPE_TXT:
		writer_u8(w, (uint8_t)strlen(words[0]));
		writer_octets(w, words[0], strlen(words[0]));
		break;
	case TYPE_SRV:
		for (int i = 0; i < 3; i++)
			writer_u16(w, number(words[i]));
		put_name(w, words[3]);
		break;
	case TYPE_MX:
		writer_u16(w, number(words[0]));
		put_name(w, words[1]);
		break;
	case TYPE_SOA:
		put_soa(w, words[0]);
		break;
	case TYPE_NS:
	case TYPE_CNAME:
	case TYPE_DNAME:
	case TYPE_PTR:
		put_name(w, words[0]);
		break;
	default:
		put_hex(w, words[0]);
		break;
	}
}

static uint16_t
type_of(const char *text)
{
	uint16_t type;

	if (!type_from_text(text, &type)) {
		(void)fprintf(stderr, "no type: %s\n", text);
		CU_FAIL_FATAL("no type");
	}
	return type;
}

/* One command, read; owner and rdata are where it points to. */
struct command {
	enum section section;
	struct rr rr;
	struct name owner;
	uint8_t rdata[1024];
};

static void
set_rdata(struct command *c, char *const *words)
{
	struct writer w;

	if (words[0] == NULL)
		return;
	writer_init(&w, c->rdata, sizeof(c->rdata));
	put_rdata(&w, c->rr.type, words);
	CU_ASSERT_FATAL(!writer_full(&w));
	c->rr.rdata_len = (uint16_t)w.len;
}

static void
set_rr(struct command *c, enum section section, uint16_t class, uint16_t type)
{
	c->section = section;
	c->rr.class = class;
	c->rr.type = type;
}

static void
set_prerequisite(struct command *c, char *const *words)
{
	uint16_t class = words[0][0] == 'y' ? CLASS_ANY : CLASS_NONE;

	if (strcmp(words[0] + 2, "domain") == 0) {
		set_rr(c, SECTION_ANSWER, class, TYPE_ANY);
		return;
	}
	set_rr(c, SECTION_ANSWER, words[3] == NULL ? class : CLASS_IN,
	    type_of(words[2]));
	set_rdata(c, words + 3);
}

static void
set_delete(struct command *c, char *const *words)
{
	if (words[2] == NULL) {
		set_rr(c, SECTION_AUTHORITY, CLASS_ANY, TYPE_ANY);
		return;
	}
	set_rr(c, SECTION_AUTHORITY, words[3] == NULL ? CLASS_ANY : CLASS_NONE,
	    type_of(words[2]));
	set_rdata(c, words + 3);
}

static void
set_raw(struct command *c, char *const *words)
{
	struct writer w;

	set_rr(c, words[1][0] == '0' ? SECTION_ANSWER : SECTION_AUTHORITY,
	    number(words[3]), number(words[5]));
	c->rr.ttl = number(words[4]);
	if (words[6] == NULL)
		return;
	writer_init(&w, c->rdata, sizeof(c->rdata));
	put_hex(&w, words[6]);
	c->rr.rdata_len = (uint16_t)w.len;
}

static void
read_command(char *text, struct command *c)
{
	char *words[WORDS_MAX + 1] = {0}, *save = NULL;
	unsigned n = 0;

	for (char *w = strtok_r(text, " \n", &save); w != NULL && n < WORDS_MAX;
	     w = strtok_r(NULL, " \n", &save))
		words[n++] = w;
	CU_ASSERT_FATAL(n >= 2);
	memset(c, 0, sizeof(*c));
	c->rr.owner = c->owner.octets;
	c->rr.rdata = c->rdata;
	CU_ASSERT_EQUAL_FATAL(name_from_text(words[strcmp(words[0], "rr") == 0
						     ? 2
						     : 1],
				  NULL, &c->owner),
	    0);
	if (strcmp(words[0], "add") == 0) {
		set_rr(c, SECTION_AUTHORITY, CLASS_IN, type_of(words[3]));
		c->rr.ttl = (uint32_t)strtoul(words[2], NULL, 0);
		set_rdata(c, words + 4);
	} else if (strcmp(words[0], "delete") == 0) {
		set_delete(c, words);
	} else if (strcmp(words[0], "rr") == 0) {
		set_raw(c, words);
	} else {
		set_prerequisite(c, words);
	}
}

/* Calls take for each command in order. */
static void
each_command(const char *commands, void (*take)(void *, const struct command *),
    void *arg)
{
	char *copy = strdup(commands), *save = NULL;
	struct command c;

	CU_ASSERT_PTR_NOT_NULL_FATAL(copy);
	for (char *t = strtok_r(copy, ";", &save); t != NULL;
	     t = strtok_r(NULL, ";", &save)) {
		read_command(t, &c);
		take(arg, &c);
	}
	free(copy);
}

/* --- Zones --- */

static void
put_command(void *arg, const struct command *c)
{
	struct zone_txn *txn = arg;
	const struct zone_name *name = zone_get(zone_view(txn), c->rr.owner);
	const struct rrset *before =
	    name == NULL ? NULL : zone_name_rrset(name, c->rr.type);
	struct rdata_ref rdatas[RRS_MAX];
	struct rrset_change change = {.owner = c->rr.owner,
	    .type = c->rr.type,
	    .ttl = c->rr.ttl,
	    .rdatas = rdatas};

	for (size_t at = 0;
	     before != NULL && rrset_next(before, &at, &rdatas[change.n]);)
		change.n++;
	CU_ASSERT_FATAL(change.n < RRS_MAX);
	rdatas[change.n++] = (struct rdata_ref){c->rdata, c->rr.rdata_len};
	CU_ASSERT_EQUAL_FATAL(zone_put(txn, &change), 0);
}

struct zone *
update_zone(void)
{
	struct zone_txn *txn;
	struct name apex;
	struct zone *z;

	CU_ASSERT_EQUAL_FATAL(name_from_text("ad.test", NULL, &apex), 0);
	CU_ASSERT_EQUAL_FATAL(zone_create(&apex, NULL, &z), 0);
	CU_ASSERT_EQUAL_FATAL(zone_begin(z, &txn), 0);
	each_command(zone_text, put_command, txn);
	zone_publish(z, zone_seal(txn));
	return z;
}

void
update_rrs_at(const struct zone_version *v, const char *owner, char *text,
    size_t size)
{
	char mnemonic[MNEMONIC_SIZE], rdata_text[1024];
	const struct zone_name *zone_name;
	struct rdata_ref rdata;
	struct name name;
	size_t len = 0;

	text[0] = '\0';
	CU_ASSERT_EQUAL_FATAL(name_from_text(owner, NULL, &name), 0);
	zone_name = zone_get(v, name.octets);
	if (zone_name == NULL)
		return;
	for (unsigned i = 0; i < zone_name_n_rrsets(zone_name); i++) {
		const struct rrset *s = zone_name_rrset_at(zone_name, i);

		len += (size_t)snprintf(text + len, size - len, "%s%s %u",
		    i == 0 ? "" : ", ", type_to_text(s->type, mnemonic),
		    s->ttl);
		for (size_t at = 0; rrset_next(s, &at, &rdata);) {
			CU_ASSERT_EQUAL_FATAL(rdata_to_text(s->type,
						  rdata.octets, rdata.len,
						  rdata_text,
						  sizeof(rdata_text)),
			    0);
			len += (size_t)snprintf(text + len, size - len, " %s",
			    rdata_text);
		}
		CU_ASSERT_FATAL(len < size);
	}
}

/* --- Messages --- */

static void
write_command(void *arg, const struct command *c)
{
	CU_ASSERT_EQUAL_FATAL(message_write_rr(arg, c->section, &c->rr), 0);
}

size_t
update_compose(const char *zone, const char *commands, uint8_t *octets,
    size_t size)
{
	struct message_writer w;
	struct name name;

	CU_ASSERT_EQUAL_FATAL(name_from_text(zone, NULL, &name), 0);
	message_write_start(&w, octets, size, 4711,
	    OPCODE_UPDATE << FLAG_OPCODE_SHIFT);
	CU_ASSERT_EQUAL_FATAL(message_write_question(&w, name.octets, TYPE_SOA,
				  CLASS_IN),
	    0);
	each_command(commands, write_command, &w);
	return message_write_end(&w);
}

void
update_message(const char *commands, struct arena *a, struct message *m)
{
	uint8_t *octets = arena_alloc(a, MESSAGE_LEN_MAX);
	size_t len;

	CU_ASSERT_PTR_NOT_NULL_FATAL(octets);
	len = update_compose("ad.test", commands, octets, MESSAGE_LEN_MAX);
	CU_ASSERT_EQUAL_FATAL(message_read(octets, len, a, m), RCODE_NOERROR);
}

/* --- Runs --- */

#define RULES_MAX 8

static void
fail_rule(void *arg, const char *source, const char *what)
{
	(void)arg;
	(void)fprintf(stderr, "%s: %s\n", source, what);
	CU_FAIL_FATAL("a rule is wrong");
}

static struct policy_book *
make_book(const char *const *texts)
{
	static const char *const all[] = {"grant k zonesub ANY", NULL};
	struct policy_rule_text rules[RULES_MAX];
	struct policy_book *b;
	struct name apex;
	size_t n = 0;

	if (texts == NULL)
		texts = all;
	for (; texts[n] != NULL && n < RULES_MAX; n++)
		rules[n] = (struct policy_rule_text){texts[n], "f:1",
		    POLICY_FROM_FILE};
	CU_ASSERT_EQUAL_FATAL(name_from_text("ad.test", NULL, &apex), 0);
	CU_ASSERT_EQUAL_FATAL(
	    policy_book_create(&(struct policy_book_source){.apex = &apex,
				   .rules = rules,
				   .n = n,
				   .complain = fail_rule},
		&b),
	    0);
	return b;
}

static void
make_signer(const char *text, struct signer *signer)
{
	struct reason reason;

	memset(signer, 0, sizeof(*signer));
	if (strchr(text, '@') != NULL) {
		signer->kind = SIGNER_PRINCIPAL;
		CU_ASSERT_EQUAL_FATAL(principal_from_text(text,
					  &signer->principal, &reason),
		    0);
	} else if (*text != '\0') {
		signer->kind = SIGNER_KEY;
		CU_ASSERT_EQUAL_FATAL(name_from_text(text, NULL,
					  &signer->key_name),
		    0);
	}
}

static void
apply_changes(struct zone *z, struct zone_txn *txn,
    const struct rrset_change *changes, size_t n)
{
	for (size_t i = 0; i < n; i++)
		CU_ASSERT_EQUAL_FATAL(zone_put(txn, &changes[i]), 0);
	zone_publish(z, zone_seal(txn));
}

static enum rcode
run_once(struct update_run *run, struct zone *z, struct update *u,
    const struct update_requester *by, struct arena *a,
    struct update_record *record)
{
	struct rrset_change *changes;
	struct zone_txn *txn;
	enum rcode rcode;

	rcode = update_permit(u, by, record);
	if (rcode != RCODE_NOERROR || u->waits)
		return rcode;
	CU_ASSERT_EQUAL_FATAL(zone_begin(z, &txn), 0);
	rcode = update_judge(u, zone_view(txn), a, &changes, &run->n_changes,
	    record);
	if (rcode == RCODE_NOERROR && !u->waits)
		apply_changes(z, txn, changes, run->n_changes);
	else
		zone_abort(txn);
	return rcode;
}

static enum rcode
run_stages(struct update_run *run, struct zone *z, const struct message *m,
    const struct update_requester *by, struct arena *a,
    struct update_record *record)
{
	struct update *u;
	enum rcode rcode;

	rcode = update_read(m, a, &u, record);
	if (rcode != RCODE_NOERROR)
		return rcode;
	for (;;) {
		rcode = run_once(run, z, u, by, a, record);
		if (rcode != RCODE_NOERROR || !u->waits)
			return rcode;
		CU_ASSERT_EQUAL(run->n_changes, 0);
		run->n_waits++;
	}
}

void
update_run(struct update_run *run, struct zone *z, const char *commands)
{
	struct policy_book *book = make_book(run->rules);
	struct addr address;
	struct signer signer;
	struct update_requester by = {.book = book,
	    .allow_update = run->allow_update,
	    .who.signer = &signer,
	    .who.address = &address,
	    .who.helpers = run->helpers};
	struct update_record record;
	struct message m;
	struct arena a;

	CU_ASSERT_EQUAL_FATAL(addr_from_text("192.0.2.7", &address), 0);
	make_signer(run->signer == NULL ? "k" : run->signer, &signer);
	arena_init(&a, 0);
	update_message(commands, &a, &m);
	run->n_changes = 0;
	run->rcode = run_stages(run, z, &m, &by, &a, &record);
	CU_ASSERT_EQUAL(run->rcode, record.rcode);
	CU_ASSERT_EQUAL(run->rcode == RCODE_NOERROR,
	    record.reason.text[0] == '\0');
	run->stage = record.stage;
	run->reason = record.reason;
	(void)snprintf(run->rule, sizeof(run->rule), "%s",
	    record.rule == NULL ? "" : policy_rule_to_text(record.rule));
	arena_clear(&a);
	principal_unref(signer.principal);
	policy_book_unref(book);
	zone_reclaim(z);
}

size_t
update_change(struct zone *z, const char *commands)
{
	struct update_run run = {0};

	update_run(&run, z, commands);
	if (run.rcode != RCODE_NOERROR) {
		(void)fprintf(stderr, "%s: %s\n", commands, run.reason.text);
		CU_FAIL_FATAL("not done");
	}
	return run.n_changes;
}

void
update_expect(struct zone *z, const char *owner, const char *text)
{
	char got[4096];

	update_rrs_at(zone_current(z), owner, got, sizeof(got));
	CU_ASSERT_STRING_EQUAL(got, text);
	if (strcmp(got, text) != 0)
		(void)fprintf(stderr, "%s: got  %s\n%s: want %s\n", owner, got,
		    owner, text);
}
