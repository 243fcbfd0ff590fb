/*
 * sync_control.h - controls and messages of RFC 4533
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * libldap's own ldap_sync_init() cannot be used: it waits for the end of the
 * first refresh, for ever if the server hangs.
 *
 * Owns:    what is said below.
 * Threads: any.
 * Errors:  NULL or false: malformed, or no memory.
 * Units:   none.
 */
#ifndef LDAP_SYNC_CONTROL_H
#define LDAP_SYNC_CONTROL_H

#include <ldap.h>
#include <stdbool.h>

#define SYNC_UUID_LEN 16

/* Sync Request (2.2), refreshAndPersist without a cookie; to be freed. */
LDAPControl *sync_request_create(void);

enum sync_state {
	SYNC_STATE_PRESENT,
	SYNC_STATE_ADD,
	SYNC_STATE_MODIFY,
	SYNC_STATE_DELETE,
};

/* Sync State (2.3), which each entry has. */
bool sync_state_read(const struct berval *value, enum sync_state *state_out,
    unsigned char uuid_out[SYNC_UUID_LEN]);

enum sync_info_kind {
	SYNC_INFO_COOKIE,
	SYNC_INFO_REFRESH, /* a phase of the refresh is over */
	SYNC_INFO_DELETED, /* all of uuids */
	SYNC_INFO_PRESENT, /* all of uuids */
};

struct sync_info {
	enum sync_info_kind kind;
	bool is_done;    /* SYNC_INFO_REFRESH: all of the refresh is */
	BerVarray uuids; /* to be freed with ber_bvarray_free(); or NULL */
};

/* Sync Info (2.5), an intermediate response. */
bool sync_info_read(const struct berval *value, struct sync_info *info_out);

#endif
