/*
 * directory.h - one directory service (LDAP), asked without waiting
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A directory is a thread with one connection to the first of its servers
 * that can be had.  It keeps a copy of the grants live (RFC 4533 where the
 * server can; update sequence numbers of Active Directory; else by reading
 * all again), knows the domain controllers, and finds facts of principals.
 *
 * Knows no DNS, and imports nothing of ours: libldap, and libkrb5 and GSS-API
 * for the login.  It logs nothing: states and answers carry one line of
 * reason, which is for a log and may hold what a server said.
 *
 * Owns:    its thread and connection; texts of the configuration are copied.
 * Threads: any for all functions.  Callbacks are called on the directory's
 *          thread, one at a time, without locks held; they must not wait, and
 *          may call everything but directory_destroy().
 * Errors:  0, or -1 with a line in reason.
 * Units:   _s seconds, _ms milliseconds; times are time(2)'s, 0: never.
 */
#ifndef LDAP_DIRECTORY_H
#define LDAP_DIRECTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "ldap/facts.h"
#include "ldap/grants.h"

#define DIRECTORY_REASON_SIZE 256
#define DIRECTORY_URI_SIZE 256
#define DIRECTORY_CCACHE_SIZE 64

struct directory;

enum directory_bind {
	DIRECTORY_BIND_GSSAPI,
	DIRECTORY_BIND_SIMPLE, /* over TLS only */
	DIRECTORY_BIND_ANONYMOUS,
};

struct directory_texts {
	const char *const *items;
	size_t n;
};

/* How the grants are followed. */
enum directory_follow {
	DIRECTORY_FOLLOW_NONE, /* not connected, or no policy base */
	DIRECTORY_FOLLOW_SYNC, /* RFC 4533 refreshAndPersist */
	DIRECTORY_FOLLOW_USN,  /* highestCommittedUSN, each second */
	DIRECTORY_FOLLOW_POLL, /* everything read again */
};

/* The i-th took at most the i-th bound; the last, longer than all. */
#define DIRECTORY_DURATIONS 11
extern const unsigned directory_duration_bounds_ms[DIRECTORY_DURATIONS];

struct directory_state {
	bool is_up; /* connected, logged in, and answering */
	bool is_active_directory;
	bool is_protected; /* TLS or Kerberos guards the connection */
	char uri[DIRECTORY_URI_SIZE]; /* of the server in use, or tried last */
	char ccache[DIRECTORY_CCACHE_SIZE]; /* "": not by GSSAPI */
	time_t since;                       /* when is_up became what it is */
	time_t last_success;                /* when a server answered last */
	char error[DIRECTORY_REASON_SIZE];  /* the last one, or "" */
	time_t error_at;
	unsigned latency_ms; /* of the last operation */

	enum directory_follow follow;
	bool grants_are_loaded; /* at any time: what was delivered stands */
	bool grants_are_live;   /* false: nobody knows if they still hold */
	time_t grants_live_at;  /* when they were known to hold last */
	size_t n_grants;        /* entries */

	bool controllers_are_loaded;
	bool controllers_have_failed; /* to be read, last time */
	time_t controllers_at;

	/* Searches that were answered, by how long that took; see below. */
	uint64_t durations[DIRECTORY_DURATIONS + 1];
	uint64_t durations_sum_ms;

	uint64_t n_queries;  /* facts and groups asked for */
	uint64_t n_failures; /* of them, FACTS_FAILED */
	size_t n_waiting;    /* asked and not answered */
};

/*
 * What is told; each may be NULL.
 *
 * grants: something changed; all of them, to be kept with grants_ref().
 * controllers: host names of all domain controllers (none, where there is no
 *     Active Directory), when first known and when they change; lent.
 * state: is_up, grants_are_live, controllers_have_failed or error changed; lent.
 */
struct directory_callbacks {
	void *arg;
	void (*grants)(void *arg, const struct grants *g);
	void (*controllers)(void *arg, const char *const *names, size_t n);
	void (*state)(void *arg, const struct directory_state *s);
};

struct directory_config {
	struct directory_texts uris; /* ldap:// and ldaps://, in order */
	bool start_tls;              /* on ldap://; without it no connection */
	const char *ca_file;         /* NULL: those of the system */

	enum directory_bind bind;
	const char *bind_dn;            /* simple */
	const char *bind_password_file; /* simple; its first line */
	const char *bind_principal;     /* gssapi; NULL: this host's account */
	struct directory_texts keytabs; /* gssapi; "FILE:/path" */

	const char *base;
	const char *policy_base; /* NULL: no grants are followed */
	const char *principal_filter;
	struct directory_texts hostname_attributes;
	const char *group_attribute;

	unsigned timeout_s; /* of each operation, connecting too; not 0 */
	unsigned refresh_s; /* 0: by sync or USN; else all is read this often */

	struct directory_callbacks callbacks;
};

/*
 * Checks the configuration and starts the thread, which connects by itself,
 * again and again.  -1: a mistake in the configuration, or no thread.
 */
int directory_create(const struct directory_config *config,
    char reason[DIRECTORY_REASON_SIZE], struct directory **directory_out);

/*
 * Checks only; opens no file.  What is said is of the caller's statement:
 * "principal-filter: %x is not %p, %a or %h".
 */
int directory_check(const struct directory_config *config,
    char reason[DIRECTORY_REASON_SIZE]);

/*
 * Answers what is asked with FACTS_FAILED and ends the thread; a server that
 * hangs does not hold it up.  NULL is fine.
 */
void directory_destroy(struct directory *d);

/* The principal whose facts are asked for; all texts are copied. */
struct directory_principal {
	const char *name;  /* %p, whole: "host/pc1.ad.test@AD.TEST" */
	/* %a, its first component; NULL: there are more than two. */
	const char *first;
	const char *host;  /* %h, the host of a service; NULL: it is none */

	/*
	 * From the PAC: in an Active Directory the object is found by the SID
	 * (binary form), and its sAMAccountName must be account.  len 0: there
	 * is no PAC, and the object is found by the filter.
	 */
	const uint8_t *sid;
	size_t sid_len;
	const char *account;
};

/*
 * Called exactly once, FACTS_FAILED at the latest when the time-out has
 * passed.  Takes facts, which is NULL unless FACTS_FOUND.
 */
typedef void directory_facts_done(void *arg, enum facts_answer answer,
    struct facts *facts, const char *reason);

/* 0: done will be called.  -1: it will not (no memory, or too many asked). */
int directory_ask_facts(struct directory *d,
    const struct directory_principal *principal, directory_facts_done *done,
    void *arg);

/* A group; lent for the call of directory_group_done. */
struct directory_group {
	const char *dn;
	struct facts_sid sid; /* len 0: it has none */
};

/* Called exactly once; group is NULL unless FACTS_FOUND. */
typedef void directory_group_done(void *arg, enum facts_answer answer,
    const struct directory_group *group, const char *reason);

/*
 * Finds a group by its DN, or by its name (sAMAccountName or cn).  The same
 * rule: anything but exactly one is none.
 */
int directory_ask_group(struct directory *d, const char *name,
    directory_group_done *done, void *arg);

/* As it is now. */
void directory_state(struct directory *d, struct directory_state *state_out);

/* Known controllers and a broken connection are looked at again at once. */
void directory_hurry(struct directory *d);

#endif
