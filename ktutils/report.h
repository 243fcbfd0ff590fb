/*
 * report.h - what is known of keytabs, their keys, KDCs and tickets
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Made by check_run() and never changed after: it can be published to other
 * threads.  It holds no key.  Texts that came from a KDC or a file are escaped:
 * printable ASCII only.
 *
 * Owns:    all that it points to; shared by counting references.
 * Threads: any.
 * Errors:  none.
 * Units:   times as time(2), 0: not known; _s seconds, _ms milliseconds.
 */
#ifndef KTUTILS_REPORT_H
#define KTUTILS_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

#include "ktutils/keytab.h"

#define REPORT_ENCTYPE_SIZE 48

enum report_severity {
	REPORT_INFO,
	REPORT_WARNING, /* works, and will not for ever */
	REPORT_ERROR,   /* does not work for somebody */
};

/* What has to be looked at to find it. */
enum report_source {
	REPORT_OF_FILES, /* files, and tickets that are held */
	REPORT_OF_KDCS,  /* KDCs, whatever our keys are */
	REPORT_OF_KEYS,  /* our keys beside the KDCs' */
};

/* The ids are stable, and listed in kddns-keytab(1). */
struct report_finding {
	const char *id; /* "kvno-stale" */
	enum report_source source;
	enum report_severity severity;
	char *subject; /* the file, principal, KDC or ccache that it is of */
	char *text;    /* a sentence: what is wrong */
	char *advice;  /* what to do */
};

enum report_verdict {
	REPORT_USABLE,   /* no error; if KDCs were asked, proved by a ticket */
	REPORT_UNPROVEN, /* no error, but no ticket could be had */
	REPORT_UNUSABLE, /* there is an error */
};

struct report_file {
	char *path;
	bool is_read;
	uid_t uid;
	gid_t gid;
	mode_t mode; /* its permissions */
	time_t changed;
	size_t n_entries;
};

enum report_proof {
	REPORT_NOT_TRIED,
	REPORT_OPENS,    /* the key opens a ticket of today */
	REPORT_DOES_NOT, /* it is of the ticket's enctype, and does not */
};

struct report_entry {
	size_t file; /* which of the files */
	char *principal;
	uint32_t kvno;
	int32_t enctype;
	char enctype_name[REPORT_ENCTYPE_SIZE];
	time_t written;
	char fingerprint[KEYTAB_FINGERPRINT_SIZE];
	bool is_weak;      /* RC4, DES, DES3 */
	bool is_permitted; /* libkrb5 would use it */
	bool is_newest;    /* of the kvnos of its principal */
	bool is_wanted;    /* clients ask for its principal */
	enum report_proof proof;
};

enum report_spn_state {
	REPORT_SPN_MISSING,   /* no entry */
	REPORT_SPN_PRESENT,   /* an entry; no KDC was asked, or none answered */
	REPORT_SPN_PROVEN,    /* and its key opens a ticket of today */
	REPORT_SPN_OTHER_KEY, /* opened by the key of another principal */
	REPORT_SPN_REFUSED,   /* the KDC gives no ticket */
	REPORT_SPN_BROKEN,    /* no key of ours opens the ticket */
};

struct report_spn {
	char *principal;
	bool is_wanted; /* if not, it was asked for because we have an entry */
	enum report_spn_state state;
	bool has_kdc_key; /* if not, what follows of it is 0 */
	uint32_t kdc_kvno;
	int32_t kdc_enctype;
	char kdc_enctype_name[REPORT_ENCTYPE_SIZE];
	uint32_t keytab_kvno; /* the newest entry's; 0: none */
	char *reason;         /* of a KDC that gives no ticket; or "" */
};

enum report_login_state {
	REPORT_LOGIN_NOT_TRIED, /* another one worked */
	REPORT_LOGIN_OK,
	REPORT_LOGIN_UNKNOWN, /* the KDC has no such client: an SPN, in AD */
	REPORT_LOGIN_WRONG_KEY,
	REPORT_LOGIN_REFUSED, /* disabled, expired, no common enctype... */
	REPORT_LOGIN_NO_ANSWER,
};

struct report_login {
	char *principal;
	enum report_login_state state;
	time_t ticket_ends;
	char *reason; /* "" unless it failed */
};

struct report_kdc {
	char *realm;
	char *host;    /* as krb5.conf or the DNS name it, with its port */
	char *address; /* "192.0.2.1#88"; "": not found */
	bool
	    is_asked; /* false: found too late, or by a way that we do not go */
	int tcp_ms;   /* until it answered; -1: it did not */
	int udp_ms;
	bool has_offset;
	int32_t offset_s; /* its clock less ours */
	char *reason;     /* "" if both answered */
};

struct report_ticket {
	char *ccache;
	char *client;
	char *server;
	char enctype_name[REPORT_ENCTYPE_SIZE];
	time_t starts;
	time_t ends;
	time_t renew_until; /* 0: not renewable */
};

struct report {
	time_t made;
	unsigned took_ms;
	bool is_online;
	enum report_verdict verdict;

	struct report_finding *findings; /* errors first */
	size_t n_findings;
	struct report_file *files;
	size_t n_files;
	struct report_entry *entries;
	size_t n_entries;
	struct report_spn *spns;
	size_t n_spns;
	struct report_login *logins;
	size_t n_logins;
	struct report_kdc *kdcs;
	size_t n_kdcs;
	struct report_ticket *tickets; /* those of the ccaches */
	size_t n_tickets;

	bool has_offset; /* the clock of the KDC that answered first */
	int32_t offset_s;
};

struct report *report_ref(struct report *r);
void report_unref(struct report *r); /* NULL is fine */

/* The SPN of this principal; NULL: it was not looked for. */
const struct report_spn *report_find_spn(const struct report *r,
    const char *principal);

/* Words for JSON and people: "error", "unproven", "other-key"... */
const char *report_severity_text(enum report_severity severity);
const char *report_verdict_text(enum report_verdict verdict);
const char *report_proof_text(enum report_proof proof);
const char *report_spn_text(enum report_spn_state state);
const char *report_login_text(enum report_login_state state);

#endif
