/*
 * slapd.h - directory servers of a test's own, and a directory on them
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A test program that needs servers calls slapd_enter() first: it runs itself
 * again under with_realm.sh and with_directory.sh unless it is there already.
 *
 * Threads: the test's.
 */
#ifndef TESTS_UNIT_SLAPD_H
#define TESTS_UNIT_SLAPD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ldap/directory.h"

enum slapd_server {
	SLAPD_ONE, /* certificate for localhost */
	SLAPD_TWO, /* certificate for somebody else */
};

#define SLAPD_BASE "dc=ad,dc=test"
#define SLAPD_POLICY "ou=kddns," SLAPD_BASE
#define SLAPD_HOSTS "ou=hosts," SLAPD_BASE
#define SLAPD_GROUPS "ou=groups," SLAPD_BASE

void slapd_enter(char **argv);

/* A server that has no entries but the folders; fatal if it does not start. */
void slapd_start(enum slapd_server which);
void slapd_stop(enum slapd_server which); /* if it runs */
void slapd_pause(enum slapd_server which);
void slapd_resume(enum slapd_server which);

/* "ldap://localhost:port" or "ldaps://…"; valid until the program's end. */
const char *slapd_uri(enum slapd_server which);
const char *slapd_tls_uri(enum slapd_server which);
const char *slapd_path(const char *name); /* in DIRECTORY_DIR; the same */

/* As its administrator; lines "attribute: value", ended by NULL. */
void slapd_add(enum slapd_server which, const char *dn,
    const char *const *lines);
void slapd_delete(enum slapd_server which, const char *dn);
void slapd_rename(enum slapd_server which, const char *dn, const char *rdn);
void slapd_add_value(enum slapd_server which, const char *dn,
    const char *attribute, const char *value);
void slapd_delete_value(enum slapd_server which, const char *dn,
    const char *attribute, const char *value);

#define LINES(...) ((const char *const[]){__VA_ARGS__, NULL})

/* A configuration that a test changes as it likes: simple bind, StartTLS. */
struct directory_config slapd_config(void);

/* Starts a directory and gathers what it tells; fatal if it cannot. */
struct directory *watch_directory(const struct directory_config *config);

/*
 * Waits up to ms for the fact to be true, and says if it is.  Facts are looked
 * at again whenever the directory tells something, and now and then.
 */
bool watch_for(bool (*fact)(void), int ms);

/* The last grants that were told; NULL: none yet.  Until the next call. */
const struct grants *watch_grants(void);
unsigned watch_n_grants_told(void);
bool watch_controllers_told(void);

/* Destroys the directory; returns how long that took. */
int64_t watch_end(void);

struct watch_answer {
	bool is_there;
	unsigned n_calls;
	enum facts_answer answer;
	struct facts *facts;
	char reason[DIRECTORY_REASON_SIZE];
	char group_dn[256];
	int64_t took_ms;
};

/* Asks and waits for the answer; facts are to be destroyed by the test. */
struct watch_answer watch_ask(const struct directory_principal *principal);
struct watch_answer watch_ask_group(const char *name);

int64_t watch_clock_ms(void);

#endif
