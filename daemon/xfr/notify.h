/*
 * notify.h - telling secondaries that a zone has changed (RFC 1996)
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A state machine without sockets and without a clock: the writer says that a
 * zone was published, a timer of one worker asks for the messages that are
 * due, signs and sends them, and brings the answers.
 *
 * A zone begins a round at most once a second.  Each of its targets is then
 * sent the newest SOA, and again after 2, 4, 8 and 16 s until it answers;
 * 32 s after the fifth try it counts as silent.  A target that has not answered
 * yet keeps its place in that row when the next round begins, so that one that
 * is down is not asked every second; only the SOA is the newer one.
 *
 * Targets: also-notify; with `notify yes` also the addresses of the apex NS
 * names that our own zones have, without the SOA MNAME (RFC 1996 section 2:
 * the primary, ourselves) and without addresses of our own.
 *
 * Owns:    zones, targets and their state.
 * Threads: notify_published() any; the rest is guarded by a mutex inside;
 *          notify_due() and whoever looks up versions must be inside the
 *          epoch.
 * Errors:  negative enum err.
 * Units:   milliseconds of the caller's monotonic clock.
 */
#ifndef XFR_NOTIFY_H
#define XFR_NOTIFY_H

#include "daemon/base/addr.h"
#include "daemon/dns/message_read.h"

struct notify;      /* opaque */
struct notify_zone; /* opaque; lives until notify_destroy() */
struct zone_version;

#define NOTIFY_ROUND_MS 1000
#define NOTIFY_TRIES 5
#define NOTIFY_FIRST_WAIT_MS 2000 /* doubled for each further try */
#define NOTIFY_MESSAGE_LEN 800    /* header, question, SOA at their longest */
#define NOTIFY_SIGN_ROOM 1024

enum notify_mode {
	NOTIFY_YES,      /* also-notify and NS names */
	NOTIFY_EXPLICIT, /* also-notify */
	NOTIFY_NO,
};

struct notify_target {
	struct addr addr; /* with port */
	struct name key;  /* to sign with; len 0: none for this target */
};

struct notify_zone_settings {
	enum notify_mode mode;
	const struct notify_target *also; /* copied */
	size_t n_also;
	struct addr source; /* IPv4; family 0: the kernel's choice */
	struct addr source_v6;
	uint16_t ns_port; /* for NS names: 53 */
};

struct notify_settings {
	/*
	 * The published version of the zone of ours that encloses name most
	 * closely, or NULL.  Called inside notify_due() only.
	 */
	const struct zone_version *(*version)(void *arg, const uint8_t *name);
	/* True for an address (with port) that is ours: no target as an NS. */
	bool (*is_own)(void *arg, const struct addr *addr);
	void *arg;
};

struct notify_message {
	struct addr to;
	struct addr source; /* family 0: the kernel's choice */
	struct name key;    /* len 0: none */
	size_t len;
	uint8_t octets[NOTIFY_MESSAGE_LEN + NOTIFY_SIGN_ROOM];
	/* For the log. */
	struct name apex;
	uint32_t serial;
	unsigned try; /* from 1 */
};

int notify_create(const struct notify_settings *settings,
    struct notify **notify_out);
void notify_destroy(struct notify *n); /* NULL is fine */

/*
 * The zone with this apex, added if there is none; its pointer stays.  It
 * notifies nobody until notify_zone_set().  NULL: no memory.
 */
struct notify_zone *notify_zone_get(struct notify *n, const struct name *apex);

/* New settings; targets that stay keep their state.  ERR_NOMEM: old ones stay.
 */
int notify_zone_set(struct notify_zone *z,
    const struct notify_zone_settings *settings);

/*
 * The zone has a new version (or `kddnsctl notify`): a round is due.  Any
 * thread; sets a flag and nothing else.
 */
void notify_published(struct notify_zone *z);

/*
 * The next message that is due at now_ms; false: none now.  To be called
 * until false, inside the epoch; each counts as sent.
 */
bool notify_due(struct notify *n, uint64_t now_ms,
    struct notify_message *m_out);

/* When something will be due if nothing is published; UINT64_MAX: nothing. */
uint64_t notify_next_ms(struct notify *n);

enum notify_answered {
	NOTIFY_ANSWERED,   /* it was the answer awaited: *rcode_out */
	NOTIFY_UNEXPECTED, /* none, or not from whom we asked */
};

/*
 * An answer came from the address and port `from`.  A signed NOTIFY: the caller
 * has verified the answer's TSIG before.  Any RCODE ends the row of tries (RFC
 * 1996 section 4.8); other than NOERROR is kept for the status.
 */
enum notify_answered notify_answer(struct notify *n, const struct addr *from,
    const struct message *m, uint64_t now_ms, struct name *apex_out);

/* The key that a message with this ID from there must be signed with; false:
 * not awaited. */
bool notify_key(struct notify *n, const struct addr *from, uint16_t id,
    struct name *key_out);

enum notify_state {
	NOTIFY_IDLE,    /* nothing sent yet */
	NOTIFY_WAITING, /* sent, answer awaited */
	NOTIFY_DONE,    /* answered NOERROR */
	NOTIFY_REFUSED, /* answered otherwise */
	NOTIFY_SILENT,  /* all tries without an answer */
};

/* "answered", "no answer" ...: a constant text. */
const char *notify_state_text(enum notify_state state);

struct notify_status {
	struct addr addr;
	bool is_ns; /* from an NS name, not also-notify */
	enum notify_state state;
	enum rcode rcode;         /* NOTIFY_REFUSED */
	unsigned tries;           /* of the current row */
	uint32_t serial_sent;     /* in the newest message */
	uint32_t serial_answered; /* the newest that was answered NOERROR */
	bool has_answered;        /* ever, NOERROR */
	uint64_t sent_ms;         /* 0: never */
	uint64_t answered_ms;     /* 0: never */
};

/* Fills in at most max; returns how many targets there are. */
size_t notify_zone_status(struct notify_zone *z, struct notify_status *status,
    size_t max);

#endif
