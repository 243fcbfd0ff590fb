/*
 * notify.c - telling secondaries that a zone has changed (RFC 1996)
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/random.h>

#include "daemon/base/err.h"
#include "daemon/dns/message_write.h"
#include "daemon/dns/rdata.h"
#include "daemon/xfr/notify.h"
#include "daemon/zone/zone.h"

/* A secondary and how far it is told. */
struct target {
	struct notify_target to;
	struct notify_status status;
	bool is_behind;  /* a newer SOA than the one sent is to be told */
	uint16_t id;     /* of the newest message */
	uint64_t due_ms; /* NOTIFY_WAITING: next try, or the end of the row */
};

struct targets {
	struct target *at;
	size_t n;
	size_t room;
};

struct notify_zone {
	STAILQ_ENTRY(notify_zone) entry;
	struct notify *notify;
	struct name apex;
	atomic_bool is_published; /* since the last round began */
	/* All below: guarded by notify->mutex. */
	struct notify_zone_settings settings;
	struct targets targets;
	bool had_round;
	uint64_t round_ms; /* when the last round began */
};

struct notify {
	struct notify_settings settings;
	pthread_mutex_t mutex; /* guards the list and what the zones say */
	STAILQ_HEAD(, notify_zone) zones;
};

/* --- Zones --- */

int
notify_create(const struct notify_settings *settings,
    struct notify **notify_out)
{
	struct notify *n;

	*notify_out = NULL;
	n = calloc(1, sizeof(*n));
	if (n == NULL)
		return ERR_NOMEM;
	n->settings = *settings;
	(void)pthread_mutex_init(&n->mutex, NULL);
	STAILQ_INIT(&n->zones);
	*notify_out = n;
	return 0;
}

static struct notify_target *
copy_targets(const struct notify_target *targets, size_t n)
{
	struct notify_target *copy = calloc(n + 1, sizeof(*copy));

	if (copy != NULL && n > 0)
		memcpy(copy, targets, n * sizeof(*copy));
	return copy;
}

/* The settings' also-notify list is a copy of ours. */
static void
free_also(struct notify_zone_settings *settings)
{
	free((struct notify_target *)(uintptr_t)settings->also);
	settings->also = NULL;
}

void
notify_destroy(struct notify *n)
{
	struct notify_zone *z;

	if (n == NULL)
		return;
	while ((z = STAILQ_FIRST(&n->zones)) != NULL) {
		STAILQ_REMOVE_HEAD(&n->zones, entry);
		free_also(&z->settings);
		free(z->targets.at);
		free(z);
	}
	(void)pthread_mutex_destroy(&n->mutex);
	free(n);
}

static struct notify_zone *
find_zone(const struct notify *n, const struct name *apex)
{
	struct notify_zone *z;

	STAILQ_FOREACH(z, &n->zones, entry)
	if (name_equal(z->apex.octets, apex->octets))
		return z;
	return NULL;
}

struct notify_zone *
notify_zone_get(struct notify *n, const struct name *apex)
{
	struct notify_zone *z;

	(void)pthread_mutex_lock(&n->mutex);
	z = find_zone(n, apex);
	if (z == NULL) {
		z = calloc(1, sizeof(*z));
		if (z != NULL) {
			z->notify = n;
			z->apex = *apex;
			z->settings.mode = NOTIFY_NO;
			STAILQ_INSERT_TAIL(&n->zones, z, entry);
		}
	}
	(void)pthread_mutex_unlock(&n->mutex);
	return z;
}

int
notify_zone_set(struct notify_zone *z,
    const struct notify_zone_settings *settings)
{
	struct notify_target *also =
	    copy_targets(settings->also, settings->n_also);

	if (also == NULL)
		return ERR_NOMEM;
	(void)pthread_mutex_lock(&z->notify->mutex);
	free_also(&z->settings);
	z->settings = *settings;
	z->settings.also = also;
	if (z->settings.mode == NOTIFY_NO)
		z->targets.n = 0;
	(void)pthread_mutex_unlock(&z->notify->mutex);
	return 0;
}

void
notify_published(struct notify_zone *z)
{
	atomic_store_explicit(&z->is_published, true, memory_order_release);
}

/* --- Whom a round is for --- */

static bool
addr_and_port_equal(const struct addr *a, const struct addr *b)
{
	return addr_equal(a, b) && a->port == b->port;
}

static struct target *
find_target(const struct targets *targets, const struct addr *addr)
{
	for (size_t i = 0; i < targets->n; i++)
		if (addr_and_port_equal(&targets->at[i].to.addr, addr))
			return &targets->at[i];
	return NULL;
}

/* Adds a target, once, with the state that it had in the round before. */
static int
add_target(struct targets *targets, const struct targets *before,
    const struct notify_target *to, bool is_ns)
{
	size_t room = targets->room == 0 ? 8 : 2 * targets->room;
	const struct target *old = find_target(before, &to->addr);
	struct target *t;

	if (find_target(targets, &to->addr) != NULL)
		return 0;
	if (targets->n == targets->room) {
		t = reallocarray(targets->at, room, sizeof(*t));
		if (t == NULL)
			return ERR_NOMEM;
		targets->at = t;
		targets->room = room;
	}
	t = &targets->at[targets->n++];
	if (old != NULL)
		*t = *old;
	else
		memset(t, 0, sizeof(*t));
	t->to = *to;
	t->status.addr = to->addr;
	t->status.is_ns = is_ns;
	return 0;
}

/* What an address RRset adds. */
struct ns_search {
	const struct notify_zone *zone;
	struct targets *targets;
	const struct targets *before;
};

static int
add_addresses(const struct ns_search *search, const struct zone_name *name,
    uint16_t type)
{
	const struct notify_settings *s = &search->zone->notify->settings;
	const struct rrset *set = zone_name_rrset(name, type);
	struct notify_target to = {
	    .addr.family = type == TYPE_A ? AF_INET : AF_INET6,
	    .addr.port = search->zone->settings.ns_port,
	};
	struct rdata_ref rdata;
	int ret;

	if (set == NULL)
		return 0;
	for (size_t at = 0; rrset_next(set, &at, &rdata);) {
		memcpy(to.addr.octets, rdata.octets, rdata.len);
		if (s->is_own(s->arg, &to.addr))
			continue;
		ret = add_target(search->targets, search->before, &to, true);
		if (ret != 0)
			return ret;
	}
	return 0;
}

static int
add_ns_name(const struct ns_search *search, const uint8_t *ns)
{
	const struct notify_settings *s = &search->zone->notify->settings;
	const struct zone_version *v = s->version(s->arg, ns);
	const struct zone_name *name = v == NULL ? NULL : zone_get(v, ns);
	int ret;

	if (name == NULL)
		return 0;
	ret = add_addresses(search, name, TYPE_A);
	if (ret == 0)
		ret = add_addresses(search, name, TYPE_AAAA);
	return ret;
}

/* The MNAME is what SOA RDATA begins with. */
static const uint8_t *
soa_mname(const struct zone_version *v)
{
	const struct rrset *soa = version_soa(v);

	return soa == NULL ? NULL : rrset_rendered(soa) + 10;
}

static int
add_ns_names(const struct ns_search *search, const struct zone_version *v)
{
	const struct zone_name *apex = version_apex(v);
	const struct rrset *ns =
	    apex == NULL ? NULL : zone_name_rrset(apex, TYPE_NS);
	const uint8_t *mname = soa_mname(v);
	struct rdata_ref rdata;
	int ret;

	if (ns == NULL)
		return 0;
	for (size_t at = 0; rrset_next(ns, &at, &rdata);) {
		if (mname != NULL && name_equal(mname, rdata.octets))
			continue;
		ret = add_ns_name(search, rdata.octets);
		if (ret != 0)
			return ret;
	}
	return 0;
}

static int
find_targets(struct notify_zone *z, const struct zone_version *v,
    struct targets *targets)
{
	const struct notify_zone_settings *s = &z->settings;
	struct ns_search search = {z, targets, &z->targets};
	int ret;

	if (s->mode == NOTIFY_NO)
		return 0;
	for (size_t i = 0; i < s->n_also; i++) {
		ret = add_target(targets, &z->targets, &s->also[i], false);
		if (ret != 0)
			return ret;
	}
	return s->mode == NOTIFY_YES ? add_ns_names(&search, v) : 0;
}

/* --- Rounds and rows of tries --- */

static void
begin_row(struct target *t, uint64_t now_ms)
{
	t->status.state = NOTIFY_WAITING;
	t->status.tries = 0;
	t->is_behind = false;
	t->due_ms = now_ms;
}

static const struct zone_version *
current_version(const struct notify_zone *z)
{
	const struct notify_settings *s = &z->notify->settings;

	return s->version(s->arg, z->apex.octets);
}

static void
begin_round(struct notify_zone *z, uint64_t now_ms)
{
	const struct zone_version *v = current_version(z);
	struct targets targets = {NULL, 0, 0};
	struct target *t;

	z->had_round = true;
	z->round_ms = now_ms;
	if (v == NULL)
		return;
	if (find_targets(z, v, &targets) == 0) {
		free(z->targets.at);
		z->targets = targets;
	} else {
		free(targets.at); /* tell those of the last round, then */
	}
	for (size_t i = 0; i < z->targets.n; i++) {
		t = &z->targets.at[i];
		if (t->status.state == NOTIFY_WAITING)
			t->is_behind = true;
		else
			begin_row(t, now_ms);
	}
}

static void
begin_round_if_due(struct notify_zone *z, uint64_t now_ms)
{
	if (z->had_round && now_ms - z->round_ms < NOTIFY_ROUND_MS)
		return;
	if (atomic_exchange_explicit(&z->is_published, false,
		memory_order_acquire))
		begin_round(z, now_ms);
}

/* RFC 1996 section 3.7: the SOA is a hint, in ANSWER. */
static bool
compose(const struct notify_zone *z, const struct zone_version *v, uint16_t id,
    struct notify_message *m)
{
	const struct rrset *soa = version_soa(v);
	struct message_writer w;

	if (soa == NULL)
		return false;
	message_write_start(&w, m->octets, NOTIFY_MESSAGE_LEN, id,
	    OPCODE_NOTIFY << FLAG_OPCODE_SHIFT | FLAG_AA);
	if (message_write_question(&w, z->apex.octets, TYPE_SOA, CLASS_IN) !=
		0 ||
	    message_write_rendered(&w, SECTION_ANSWER, z->apex.octets,
		rrset_rendered(soa), soa->rendered_len, soa->n_rrs) != 0)
		return false;
	m->len = message_write_end(&w);
	return true;
}

/* Answers to messages with an older SOA must not count for the newer one. */
static void
choose_id(struct target *t, uint32_t serial)
{
	if (t->status.tries > 0 && t->status.serial_sent == serial)
		return;
	if (getrandom(&t->id, sizeof(t->id), GRND_NONBLOCK) !=
	    (ssize_t)sizeof(t->id))
		t->id++;
}

static void
note_sent(struct target *t, uint32_t serial, uint64_t now_ms)
{
	t->is_behind = false;
	t->due_ms =
	    now_ms + ((uint64_t)NOTIFY_FIRST_WAIT_MS << t->status.tries);
	t->status.tries++;
	t->status.serial_sent = serial;
	t->status.sent_ms = now_ms;
}

/* The message to a target whose time has come; false: there is none. */
static bool
send_to(struct notify_zone *z, struct target *t, uint64_t now_ms,
    struct notify_message *m)
{
	const struct zone_version *v = current_version(z);

	if (v == NULL) {
		t->status.state = NOTIFY_IDLE;
		return false;
	}
	choose_id(t, version_serial(v));
	if (!compose(z, v, t->id, m)) {
		t->status.state = NOTIFY_IDLE;
		return false;
	}
	note_sent(t, version_serial(v), now_ms);
	m->to = t->to.addr;
	m->source = t->to.addr.family == AF_INET6 ? z->settings.source_v6
						  : z->settings.source;
	m->key = t->to.key;
	m->apex = z->apex;
	m->serial = t->status.serial_sent;
	m->try = t->status.tries;
	return true;
}

static bool
zone_due(struct notify_zone *z, uint64_t now_ms, struct notify_message *m_out)
{
	struct target *t;

	begin_round_if_due(z, now_ms);
	for (size_t i = 0; i < z->targets.n; i++) {
		t = &z->targets.at[i];
		if (t->status.state != NOTIFY_WAITING || t->due_ms > now_ms)
			continue;
		if (t->status.tries == NOTIFY_TRIES)
			t->status.state = NOTIFY_SILENT;
		if (t->status.state == NOTIFY_SILENT && t->is_behind)
			begin_row(t, now_ms);
		if (t->status.state == NOTIFY_WAITING &&
		    send_to(z, t, now_ms, m_out))
			return true;
	}
	return false;
}

bool
notify_due(struct notify *n, uint64_t now_ms, struct notify_message *m_out)
{
	struct notify_zone *z;
	bool is_due = false;

	(void)pthread_mutex_lock(&n->mutex);
	STAILQ_FOREACH(z, &n->zones, entry)
	{
		is_due = zone_due(z, now_ms, m_out);
		if (is_due)
			break;
	}
	(void)pthread_mutex_unlock(&n->mutex);
	return is_due;
}

static uint64_t
zone_next_ms(struct notify_zone *z)
{
	uint64_t next_ms = UINT64_MAX;
	const struct target *t;

	if (atomic_load_explicit(&z->is_published, memory_order_acquire))
		next_ms = z->had_round ? z->round_ms + NOTIFY_ROUND_MS : 0;
	for (size_t i = 0; i < z->targets.n; i++) {
		t = &z->targets.at[i];
		if (t->status.state == NOTIFY_WAITING && t->due_ms < next_ms)
			next_ms = t->due_ms;
	}
	return next_ms;
}

uint64_t
notify_next_ms(struct notify *n)
{
	uint64_t next_ms = UINT64_MAX, zone_ms;
	struct notify_zone *z;

	(void)pthread_mutex_lock(&n->mutex);
	STAILQ_FOREACH(z, &n->zones, entry)
	{
		zone_ms = zone_next_ms(z);
		if (zone_ms < next_ms)
			next_ms = zone_ms;
	}
	(void)pthread_mutex_unlock(&n->mutex);
	return next_ms;
}

/* --- Answers --- */

/* The target that owes an answer with this ID; *z_out its zone. */
static struct target *
find_awaited(const struct notify *n, const struct addr *from, uint16_t id,
    struct notify_zone **z_out)
{
	struct notify_zone *z;
	struct target *t;

	STAILQ_FOREACH(z, &n->zones, entry)
	{
		t = find_target(&z->targets, from);
		if (t == NULL || t->status.state != NOTIFY_WAITING ||
		    t->status.tries == 0 || t->id != id)
			continue;
		*z_out = z;
		return t;
	}
	return NULL;
}

static void
note_answer(struct target *t, enum rcode rcode, uint64_t now_ms)
{
	t->status.rcode = rcode;
	t->status.answered_ms = now_ms;
	t->status.state = rcode == RCODE_NOERROR ? NOTIFY_DONE : NOTIFY_REFUSED;
	if (rcode == RCODE_NOERROR) {
		t->status.has_answered = true;
		t->status.serial_answered = t->status.serial_sent;
	}
	if (t->is_behind)
		begin_row(t, now_ms);
}

static bool
is_answer(const struct message *m)
{
	return (m->flags & FLAG_QR) != 0 && message_opcode(m) == OPCODE_NOTIFY;
}

enum notify_answered
notify_answer(struct notify *n, const struct addr *from,
    const struct message *m, uint64_t now_ms, struct name *apex_out)
{
	enum notify_answered answered = NOTIFY_UNEXPECTED;
	struct notify_zone *z;
	struct target *t;

	*apex_out = name_root;
	if (!is_answer(m))
		return NOTIFY_UNEXPECTED;
	(void)pthread_mutex_lock(&n->mutex);
	t = find_awaited(n, from, m->id, &z);
	if (t != NULL &&
	    (m->n_questions == 0 ||
		name_equal(m->question.name.octets, z->apex.octets))) {
		note_answer(t, (enum rcode)(m->flags & FLAG_RCODE_MASK),
		    now_ms);
		*apex_out = z->apex;
		answered = NOTIFY_ANSWERED;
	}
	(void)pthread_mutex_unlock(&n->mutex);
	return answered;
}

bool
notify_key(struct notify *n, const struct addr *from, uint16_t id,
    struct name *key_out)
{
	struct notify_zone *z;
	const struct target *t;

	memset(key_out, 0, sizeof(*key_out));
	(void)pthread_mutex_lock(&n->mutex);
	t = find_awaited(n, from, id, &z);
	if (t != NULL)
		*key_out = t->to.key;
	(void)pthread_mutex_unlock(&n->mutex);
	return t != NULL;
}

/* --- Status --- */

const char *
notify_state_text(enum notify_state state)
{
	switch (state) {
	case NOTIFY_IDLE:
		return "not notified yet";
	case NOTIFY_WAITING:
		return "waiting for an answer";
	case NOTIFY_DONE:
		return "answered";
	case NOTIFY_REFUSED:
		return "refused";
	case NOTIFY_SILENT:
		return "no answer";
	}
	return "";
}

size_t
notify_zone_status(struct notify_zone *z, struct notify_status *status,
    size_t max)
{
	size_t n;

	(void)pthread_mutex_lock(&z->notify->mutex);
	n = z->targets.n;
	for (size_t i = 0; i < n && i < max; i++)
		status[i] = z->targets.at[i].status;
	(void)pthread_mutex_unlock(&z->notify->mutex);
	return n;
}
