/*
 * follow.h - a copy of the grants, kept as the directory has them
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Each connection begins with a whole refresh, which replaces the copy when it
 * has come to its end; until then, and if it fails, the copy stays as it is.
 *
 * Owns:    the copy.
 * Threads: the directory's.
 * Errors:  become error, one line.
 * Units:   _ms milliseconds of connection_clock_ms().
 */
#ifndef LDAP_FOLLOW_H
#define LDAP_FOLLOW_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "ldap/connection.h"
#include "ldap/directory.h"
#include "ldap/grants_set.h"
#include "ldap/searches.h"

/* What a search that is under way is for. */
enum follow_work {
	FOLLOW_IDLE,
	FOLLOW_ALL,   /* every entry */
	FOLLOW_DELTA, /* those with a newer uSNChanged */
	FOLLOW_LIST,  /* which ones there are */
};

struct follow {
	const struct directory_config *config;
	struct searches *searches; /* NULL: there is no connection */
	bool is_active_directory;
	bool has_paging;
	enum directory_follow how;

	struct grants_set set; /* the copy */
	bool is_loaded;        /* it is, or was, all of them */
	bool is_live;
	time_t confirmed_at; /* when the copy was known to be as the server's */
	bool is_dirty;       /* not delivered as it is */
	bool is_torn; /* only half of a change is in it: not to be delivered */
	int64_t deliver_at_ms;
	char error[LINE_SIZE]; /* why it is not live */

	/* The refresh, or search, that is under way. */
	enum follow_work work;
	struct grants_set fresh;
	bool has_failed;
	int64_t begun_ms;
	int64_t next_ms;   /* the next one */
	int64_t all_at_ms; /* the next one of everything */

	/* DIRECTORY_FOLLOW_SYNC */
	bool has_search; /* the one that never ends is under way */
	bool is_refreshing;
	int64_t refresh_deadline_ms;

	/* DIRECTORY_FOLLOW_USN */
	bool has_usn;
	uint64_t usn;       /* the server's highest */
	uint64_t usn_read;  /* what the copy is as new as */
	uint64_t usn_begun; /* when the search was begun */
	bool owes_list;     /* not looked since for entries that are gone */
	bool is_list_odd;   /* renamed, or new: all is read again */
	int64_t list_at_ms; /* not before: it must not take all our time */
};

void follow_init(struct follow *f, const struct directory_config *config);
void follow_clear(struct follow *f);

/* A connection is up, or gone. */
void follow_begin(struct follow *f, const struct connection *c,
    struct searches *searches, int64_t now_ms);
void follow_end(struct follow *f);

/* The server answers, and what is followed is still live. */
void follow_is_alive(struct follow *f);

/* Its highestCommittedUSN, as it is now. */
void follow_usn(struct follow *f, uint64_t usn);

/* Begins what is due. */
void follow_go_on(struct follow *f, int64_t now_ms);
int64_t follow_wake_ms(const struct follow *f);

/* All is to be read now. */
void follow_hurry(struct follow *f, int64_t now_ms);

/*
 * What is to be delivered, with one reference; NULL: nothing now.  Many
 * changes in a short time are delivered together.
 */
const struct grants *follow_take(struct follow *f, int64_t now_ms);

/*
 * Between follow.c and the ways of following.
 *
 * follow_has_all(): fresh is all there is; it becomes the copy.
 * follow_failed(): what was begun did not come to its end; why may be error.
 */
void follow_has_all(struct follow *f);
void follow_failed(struct follow *f, const char *why);
void follow_put(struct follow *f, struct grants_set *set,
    const struct berval *key, LDAP *ld, LDAPMessage *entry);
void follow_read_begin(struct follow *f, enum follow_work work);
void follow_sync_begin(struct follow *f);

#endif
