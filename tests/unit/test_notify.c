/*
 * test_notify.c - telling secondaries that a zone has changed
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <stdlib.h>
#include <string.h>

#include "daemon/base/arena.h"
#include "daemon/base/buf.h"
#include "daemon/dns/rdata.h"
#include "daemon/xfr/notify.h"
#include "tests/unit/suites.h"
#include "tests/unit/zone_helper.h"
#include "tests/unit/zone_text.h"

extern CU_TestInfo notify_tests[];

/* ns1 is the MNAME, ns2 and ns3 are ours to resolve, ns.test is not. */
#define ZONE_TEXT                                                              \
	"$TTL 3600\n@ SOA ns1 hostmaster 7 3600 600 86400 300\n"               \
	"@ NS ns1\n@ NS ns2\n@ NS ns3\n@ NS ns.test.\n"                        \
	"ns1 A 192.0.2.1\nns2 A 192.0.2.2\nns2 AAAA 2001:db8::2\n"             \
	"ns3 A 192.0.2.3\n"

static struct zone *zone;
static struct notify *notify;
static struct notify_zone *notified;
static struct notify_message message;

static const struct zone_version *
version_of(void *arg, const uint8_t *name)
{
	(void)arg;
	return name_is_below(name, zone_apex(zone)->octets) ? zone_current(zone)
							    : NULL;
}

static bool
is_own(void *arg, const struct addr *addr)
{
	struct addr own;

	(void)arg;
	return addr_from_text("192.0.2.3", &own) == 0 && addr_equal(addr, &own);
}

static struct notify_target
target_of(const char *text, uint16_t port, const char *key)
{
	struct notify_target t = {.key.len = 0};

	CU_ASSERT_EQUAL_FATAL(addr_from_text(text, &t.addr), 0);
	t.addr.port = port;
	if (key != NULL)
		t.key = name_of(key);
	return t;
}

static void
begin(enum notify_mode mode)
{
	struct notify_settings settings = {version_of, is_own, NULL};
	struct notify_target also[] = {
	    target_of("127.0.0.1", 5301, "transfer."),
	    target_of("::1", 5302, NULL),
	};
	struct notify_zone_settings zone_settings = {
	    .mode = mode,
	    .also = also,
	    .n_also = 2,
	    .ns_port = 53,
	};
	struct name apex = name_of("example.");

	CU_ASSERT_EQUAL(addr_from_text("127.0.0.9", &zone_settings.source), 0);
	zone = zone_from_text("example.", ZONE_TEXT);
	CU_ASSERT_PTR_NOT_NULL_FATAL(zone);
	CU_ASSERT_EQUAL_FATAL(notify_create(&settings, &notify), 0);
	notified = notify_zone_get(notify, &apex);
	CU_ASSERT_PTR_NOT_NULL_FATAL(notified);
	CU_ASSERT_PTR_EQUAL(notify_zone_get(notify, &apex), notified);
	CU_ASSERT_EQUAL_FATAL(notify_zone_set(notified, &zone_settings), 0);
}

static void
end(void)
{
	notify_destroy(notify);
	zone_destroy(zone);
}

static void
set_serial(uint32_t serial)
{
	struct zone_txn *txn;

	CU_ASSERT_EQUAL_FATAL(zone_begin(zone, &txn), 0);
	CU_ASSERT_EQUAL_FATAL(zone_put_serial(txn, serial), 0);
	zone_publish(zone, zone_seal(txn));
	notify_published(notified);
}

/* How many messages are due. */
static unsigned
due(uint64_t now_ms)
{
	unsigned n = 0;

	while (notify_due(notify, now_ms, &message))
		n++;
	return n;
}

/* An answer from whom `message` went to. */
static enum notify_answered
answer_it(enum rcode rcode, uint64_t now_ms)
{
	struct message m = {
	    .id = get_u16(message.octets),
	    .flags = (uint16_t)(FLAG_QR | OPCODE_NOTIFY << FLAG_OPCODE_SHIFT |
		rcode),
	    .n_questions = 1,
	    .question = {*zone_apex(zone), TYPE_SOA, CLASS_IN},
	};
	struct name apex;

	return notify_answer(notify, &message.to, &m, now_ms, &apex);
}

static struct notify_status
status_of(const struct addr *addr)
{
	struct notify_status status[16];
	size_t n = notify_zone_status(notified, status, 16);

	for (size_t i = 0; i < n; i++)
		if (addr_equal(&status[i].addr, addr))
			return status[i];
	CU_FAIL("no such target");
	return (struct notify_status){.state = NOTIFY_IDLE};
}

static void
test_the_message_is_what_rfc_1996_says(void)
{
	struct arena a;
	struct message m;

	arena_init(&a, 0);
	begin(NOTIFY_EXPLICIT);
	CU_ASSERT(!notify_due(notify, 1000, &message));
	notify_published(notified);
	CU_ASSERT_FATAL(notify_due(notify, 1000, &message));
	CU_ASSERT_EQUAL_FATAL(message_read(message.octets, message.len, &a, &m),
	    RCODE_NOERROR);
	CU_ASSERT_EQUAL(message_opcode(&m), OPCODE_NOTIFY);
	CU_ASSERT_EQUAL(m.flags & (FLAG_QR | FLAG_AA), FLAG_AA);
	CU_ASSERT_EQUAL(m.n_questions, 1);
	CU_ASSERT_EQUAL(m.question.type, TYPE_SOA);
	CU_ASSERT_EQUAL_FATAL(m.n_rrs[SECTION_ANSWER], 1);
	CU_ASSERT_EQUAL(soa_serial(m.rrs[SECTION_ANSWER][0].rdata,
			    m.rrs[SECTION_ANSWER][0].rdata_len),
	    7);
	CU_ASSERT_EQUAL(message.to.port, 5301);
	CU_ASSERT(name_equal(message.key.octets, name_of("transfer.").octets));
	CU_ASSERT_EQUAL(message.source.family, AF_INET);
	CU_ASSERT_FATAL(notify_due(notify, 1000, &message));
	CU_ASSERT_EQUAL(message.to.port, 5302);
	CU_ASSERT_EQUAL(message.key.len, 0);
	CU_ASSERT_EQUAL(message.source.family, 0);
	CU_ASSERT(!notify_due(notify, 1000, &message));
	end();
	arena_clear(&a);
}

static void
test_ns_names_of_our_zones_are_targets_but_we_are_not(void)
{
	struct notify_status status[16];

	begin(NOTIFY_YES);
	notify_published(notified);
	CU_ASSERT_EQUAL(due(1000), 4);
	CU_ASSERT_EQUAL(notify_zone_status(notified, status, 16), 4);
	CU_ASSERT(!status[0].is_ns);
	CU_ASSERT(!status[1].is_ns);
	CU_ASSERT(status[2].is_ns);
	CU_ASSERT_EQUAL(status[2].addr.port, 53);
	CU_ASSERT_EQUAL(status[2].addr.octets[3], 2);
	CU_ASSERT_EQUAL(status[3].addr.family, AF_INET6);
	end();
	begin(NOTIFY_NO);
	notify_published(notified);
	CU_ASSERT_EQUAL(due(1000), 0);
	CU_ASSERT_EQUAL(notify_zone_status(notified, status, 16), 0);
	end();
}

static void
test_a_zone_begins_a_round_once_a_second(void)
{
	begin(NOTIFY_EXPLICIT);
	set_serial(8);
	CU_ASSERT_EQUAL(notify_next_ms(notify), 0);
	while (notify_due(notify, 5000, &message))
		CU_ASSERT_EQUAL(answer_it(RCODE_NOERROR, 5001),
		    NOTIFY_ANSWERED);
	CU_ASSERT_EQUAL(notify_next_ms(notify), UINT64_MAX);
	for (uint32_t serial = 9; serial < 20; serial++)
		set_serial(serial);
	CU_ASSERT_EQUAL(notify_next_ms(notify), 6000);
	CU_ASSERT_EQUAL(due(5999), 0);
	CU_ASSERT_EQUAL(due(6000), 2);
	CU_ASSERT_EQUAL(message.serial, 19);
	end();
}

static void
test_tries_go_on_until_there_is_an_answer(void)
{
	static const uint64_t waits[] = {2000, 4000, 8000, 16000};
	uint64_t now_ms = 1000;

	begin(NOTIFY_EXPLICIT);
	notify_published(notified);
	CU_ASSERT_EQUAL(due(now_ms), 2);
	CU_ASSERT_EQUAL(answer_it(RCODE_NOERROR, now_ms), NOTIFY_ANSWERED);
	CU_ASSERT_EQUAL(status_of(&message.to).state, NOTIFY_DONE);
	CU_ASSERT_EQUAL(status_of(&message.to).serial_answered, 7);
	for (unsigned i = 0; i < 4; i++) {
		CU_ASSERT_EQUAL(notify_next_ms(notify), now_ms + waits[i]);
		CU_ASSERT_EQUAL(due(now_ms + waits[i] - 1), 0);
		now_ms += waits[i];
		CU_ASSERT_EQUAL(due(now_ms), 1);
		CU_ASSERT_EQUAL(message.try, i + 2);
		CU_ASSERT_EQUAL(status_of(&message.to).state, NOTIFY_WAITING);
	}
	CU_ASSERT_EQUAL(due(now_ms + 31999), 0);
	CU_ASSERT_EQUAL(due(now_ms + 32000), 0);
	CU_ASSERT_EQUAL(status_of(&message.to).state, NOTIFY_SILENT);
	CU_ASSERT_EQUAL(notify_next_ms(notify), UINT64_MAX);
	set_serial(8);
	CU_ASSERT_EQUAL(due(now_ms + 40000), 2);
	end();
}

static void
test_a_target_that_is_down_is_not_asked_every_second(void)
{
	unsigned n = 0;

	begin(NOTIFY_EXPLICIT);
	for (uint64_t now_ms = 1000; now_ms < 61000; now_ms += 1000) {
		set_serial((uint32_t)(now_ms / 1000) + 7);
		n += due(now_ms);
	}
	CU_ASSERT_EQUAL(n, 2 * 5); /* at 0, 2, 6, 14 and 30 s, for two */
	CU_ASSERT(message.serial > 30);
	end();
}

static void
test_an_answer_to_an_older_soa_brings_the_newer_one(void)
{
	begin(NOTIFY_EXPLICIT);
	notify_published(notified);
	CU_ASSERT_EQUAL(due(1000), 2);
	set_serial(8);
	CU_ASSERT_EQUAL(due(2500), 0);
	CU_ASSERT_EQUAL(answer_it(RCODE_NOERROR, 2600), NOTIFY_ANSWERED);
	CU_ASSERT_EQUAL(status_of(&message.to).serial_answered, 7);
	CU_ASSERT_EQUAL(due(2600), 1);
	CU_ASSERT_EQUAL(message.serial, 8);
	CU_ASSERT_EQUAL(answer_it(RCODE_NOERROR, 2700), NOTIFY_ANSWERED);
	CU_ASSERT_EQUAL(status_of(&message.to).serial_answered, 8);
	end();
}

static void
test_only_the_answer_awaited_counts(void)
{
	struct name key;

	begin(NOTIFY_EXPLICIT);
	notify_published(notified);
	CU_ASSERT_FATAL(notify_due(notify, 1000, &message));
	CU_ASSERT(
	    notify_key(notify, &message.to, get_u16(message.octets), &key));
	CU_ASSERT(name_equal(key.octets, name_of("transfer.").octets));
	message.octets[0] ^= 1;
	CU_ASSERT_EQUAL(answer_it(RCODE_NOERROR, 1001), NOTIFY_UNEXPECTED);
	CU_ASSERT(
	    !notify_key(notify, &message.to, get_u16(message.octets), &key));
	message.octets[0] ^= 1;
	message.to.port++;
	CU_ASSERT_EQUAL(answer_it(RCODE_NOERROR, 1001), NOTIFY_UNEXPECTED);
	message.to.port--;
	CU_ASSERT_EQUAL(answer_it(RCODE_NOTAUTH, 1001), NOTIFY_ANSWERED);
	CU_ASSERT_EQUAL(status_of(&message.to).state, NOTIFY_REFUSED);
	CU_ASSERT_EQUAL(status_of(&message.to).rcode, RCODE_NOTAUTH);
	CU_ASSERT_EQUAL(answer_it(RCODE_NOERROR, 1002), NOTIFY_UNEXPECTED);
	end();
}

static void
test_new_settings_keep_the_state_of_targets_that_stay(void)
{
	struct notify_target also = target_of("127.0.0.1", 5301, NULL);
	struct notify_zone_settings settings = {.mode = NOTIFY_EXPLICIT,
	    .also = &also,
	    .n_also = 1};
	struct notify_status status[4];

	begin(NOTIFY_EXPLICIT);
	notify_published(notified);
	CU_ASSERT_FATAL(notify_due(notify, 1000, &message));
	CU_ASSERT_EQUAL(answer_it(RCODE_NOERROR, 1001), NOTIFY_ANSWERED);
	CU_ASSERT_EQUAL(notify_zone_set(notified, &settings), 0);
	set_serial(8);
	CU_ASSERT_EQUAL(due(3000), 1);
	CU_ASSERT_EQUAL(notify_zone_status(notified, status, 4), 1);
	CU_ASSERT_EQUAL(status[0].serial_answered, 7);
	CU_ASSERT_EQUAL(status[0].serial_sent, 8);
	CU_ASSERT_EQUAL(message.key.len, 0);
	end();
}

CU_TestInfo notify_tests[] = {
    {"the message is what RFC 1996 says",
	test_the_message_is_what_rfc_1996_says},
    {"NS names of our zones are targets but we are not",
	test_ns_names_of_our_zones_are_targets_but_we_are_not},
    {"a zone begins a round once a second",
	test_a_zone_begins_a_round_once_a_second},
    {"tries go on until there is an answer",
	test_tries_go_on_until_there_is_an_answer},
    {"a target that is down is not asked every second",
	test_a_target_that_is_down_is_not_asked_every_second},
    {"an answer to an older SOA brings the newer one",
	test_an_answer_to_an_older_soa_brings_the_newer_one},
    {"only the answer awaited counts", test_only_the_answer_awaited_counts},
    {"new settings keep the state of targets that stay",
	test_new_settings_keep_the_state_of_targets_that_stay},
    CU_TEST_INFO_NULL,
};
