/*
 * notifier.c - NOTIFY's way to the wire: one worker signs, sends and hears
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <stdlib.h>
#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/base/err.h"
#include "daemon/base/log.h"
#include "daemon/net/listen.h"
#include "daemon/server/core.h"
#include "daemon/server/notifier.h"
#include "daemon/server/settings.h"
#include "daemon/tsig/sign.h"
#include "daemon/tsig/verify.h"
#include "daemon/xfr/notify.h"

#define MESSAGES_PER_TICK 64
#define AWAITED_MAX 1024 /* signed ones whose answers may still come */

/* What verifies the answer to a signed NOTIFY. */
struct awaited {
	bool used;
	struct addr from;
	uint16_t id;
	struct tsig_state tsig;
};

struct notifier {
	struct server *server;
	struct notify *notify;
	struct awaited awaited[AWAITED_MAX]; /* a ring: the oldest gives way */
	size_t next;
};

/* notify's version(): inside the epoch. */
static const struct zone_version *
version_of(void *arg, const uint8_t *name)
{
	const struct notifier *n = arg;
	struct store_zone *z = store_find(n->server->store, name);

	return z == NULL ? NULL : store_zone_version(z);
}

static bool
has_address(const struct net_listeners *l, const struct addr *addr)
{
	static const uint8_t wildcard[16];

	for (size_t i = 0; i < net_listeners_count(l); i++) {
		const struct addr *ours = net_listeners_address(l, i);

		if (ours->port != addr->port || ours->family != addr->family)
			continue;
		if (addr_equal(ours, addr) ||
		    (memcmp(ours->octets, wildcard, sizeof(wildcard)) == 0 &&
			addr_is_loopback(addr)))
			return true;
	}
	return false;
}

/* True for an address and port on which we listen ourselves. */
static bool
is_own(void *arg, const struct addr *addr)
{
	const struct notifier *n = arg;
	struct net_listeners *l = server_listeners(n->server);
	bool found = has_address(l, addr);

	net_listeners_unref(l);
	return found;
}

int
notifier_create(struct server *s, struct notifier **notifier_out)
{
	struct notify_settings settings = {.version = version_of,
	    .is_own = is_own};
	struct notifier *n;
	int ret;

	*notifier_out = NULL;
	n = calloc(1, sizeof(*n));
	if (n == NULL)
		return ERR_NOMEM;
	n->server = s;
	settings.arg = n;
	ret = notify_create(&settings, &n->notify);
	if (ret != 0) {
		free(n);
		return ret;
	}
	*notifier_out = n;
	return 0;
}

static void
forget(struct awaited *a)
{
	if (a->used)
		tsig_state_clear(&a->tsig);
	a->used = false;
}

void
notifier_destroy(struct notifier *n)
{
	if (n == NULL)
		return;
	for (size_t i = 0; i < AWAITED_MAX; i++)
		forget(&n->awaited[i]);
	notify_destroy(n->notify);
	free(n);
}

struct notify_zone *
notifier_zone(struct notifier *n, const struct name *apex)
{
	return notify_zone_get(n->notify, apex);
}

int
notifier_apply(struct notifier *n, const struct settings *settings)
{
	struct notify_zone_settings zone;
	struct notify_zone *z;
	int ret = 0;

	for (size_t i = 0; ret == 0 && i < settings_n_zones(settings); i++) {
		const struct zone_settings *zs = settings_zone_at(settings, i);

		z = notify_zone_get(n->notify, &zs->apex);
		ret = z == NULL ? ERR_NOMEM
				: settings_notify(settings, zs, &zone);
		if (ret != 0)
			break;
		ret = notify_zone_set(z, &zone);
		free((void *)(uintptr_t)zone.also);
	}
	return ret;
}

/* Signs with the target's key, and remembers what its answer must cover. */
static int
sign(struct notifier *n, struct worker *w, struct notify_message *m)
{
	struct keyring *ring = settings_keyring(w->settings);
	const struct shared_key *key = keyring_find(ring, m->key.octets);
	struct awaited *a = &n->awaited[n->next];
	int ret;

	if (key == NULL)
		return ERR_NOTFOUND;
	forget(a);
	ret = tsig_sign_request(ring, key, m->octets, &m->len,
	    sizeof(m->octets), &a->tsig);
	if (ret != 0)
		return ret;
	a->used = true;
	a->from = m->to;
	a->id = get_u16(m->octets);
	n->next = (n->next + 1) % AWAITED_MAX;
	return 0;
}

static void
send_one(struct notifier *n, struct worker *w, struct notify_message *m)
{
	char addr[ADDR_TEXT_SIZE], apex[NAME_TEXT_SIZE];
	int ret = m->key.len == 0 ? 0 : sign(n, w, m);

	if (ret == 0)
		ret = net_udp_send_from(w->net,
		    m->source.family == 0 ? NULL : &m->source, &m->to,
		    m->octets, m->len);
	(void)name_to_log(m->apex.octets, apex);
	(void)addr_to_text_port(&m->to, addr);
	if (ret != 0)
		log_warning("notify failed zone=%s to=%s reason=\"%s\"", apex,
		    addr, err_text(ret));
	else
		log_debug("notify sent zone=%s serial=%u to=%s try=%u", apex,
		    m->serial, addr, m->try);
}

void
notifier_tick(struct notifier *n, struct worker *w, uint64_t now_ms)
{
	struct notify_message m;
	unsigned sent = 0;

	while (sent < MESSAGES_PER_TICK && notify_due(n->notify, now_ms, &m)) {
		COUNT(w->counters.notifies_sent);
		send_one(n, w, &m);
		sent++;
	}
	if (sent == MESSAGES_PER_TICK) /* queries come in between */
		net_worker_set_timer(w->net, now_ms + 1);
}

static struct awaited *
find_awaited(struct notifier *n, const struct addr *from, uint16_t id)
{
	for (size_t i = 0; i < AWAITED_MAX; i++) {
		struct awaited *a = &n->awaited[i];

		if (a->used && a->id == id && a->from.port == from->port &&
		    addr_equal(&a->from, from))
			return a;
	}
	return NULL;
}

/* Signed if it must be: else it is somebody else's. */
static bool
is_authentic(struct notifier *n, const struct addr *from,
    const struct message *m)
{
	struct reason reason = {""};
	struct awaited *a;
	struct name key;
	char text[ADDR_TEXT_SIZE];
	int ret;

	if (!notify_key(n->notify, from, m->id, &key))
		return false;
	if (key.len == 0)
		return true;
	a = find_awaited(n, from, m->id);
	if (a == NULL)
		return false;
	ret = tsig_verify_answer(&a->tsig, m, &reason);
	forget(a);
	if (ret == 0)
		return true;
	log_info("notify answer ignored from=%s reason=\"%s\"",
	    addr_to_text_port(from, text), reason.text);
	return false;
}

static void
count_answer(struct worker *w, enum notify_answered answered, unsigned rcode)
{
	if (answered != NOTIFY_ANSWERED)
		return;
	if (rcode == RCODE_NOERROR)
		COUNT(w->counters.notifies_answered);
	else
		COUNT(w->counters.notifies_refused);
}

void
notifier_reply(struct notifier *n, struct worker *w, const struct addr *from,
    const uint8_t *octets, size_t len)
{
	struct arena a;
	struct message m;
	struct name apex;

	arena_init(&a, REQUEST_ARENA_MAX);
	if (message_read(octets, len, &a, &m) == RCODE_NOERROR &&
	    message_opcode(&m) == OPCODE_NOTIFY && (m.flags & FLAG_QR) != 0 &&
	    is_authentic(n, from, &m))
		count_answer(w,
		    notify_answer(n->notify, from, &m, clock_mono_ms(), &apex),
		    m.flags & FLAG_RCODE_MASK);
	arena_clear(&a);
}
