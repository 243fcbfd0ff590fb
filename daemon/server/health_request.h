/*
 * health_request.h - what is to be checked, by the configuration and the zones
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Clients ask for DNS/ and a zone's MNAME (SOA); and where that fails for a
 * name server's (NS), of which this host can have a key if it is that one.
 *
 * Owns:    all that the request refers to, but for the settings' texts.
 * Threads: health's.
 * Errors:  negative enum err.
 */
#ifndef SERVER_HEALTH_REQUEST_H
#define SERVER_HEALTH_REQUEST_H

#include "ktutils/check.h"
#include "ldap/directory.h"

struct acceptor_generation;
struct server;
struct settings;

struct health_request {
	struct check_request check;
	struct acceptor_generation *generation; /* of the acceptors' names */
	const char **acceptors;
	char **spns;
	const char *ccache;
	struct check_wrong_key *wrong_keys;
	struct directory_state directory;
};

/* The settings are lent until it is cleared.  ERR_NOMEM; clear in any case. */
int health_request_make(struct health_request *r, struct server *s,
    const struct settings *settings);
void health_request_clear(struct health_request *r);

/*
 * What failed to log in then does not try again; the report is lent.  False:
 * everything could, or there is no memory.
 */
bool health_request_keep_wrong_keys(struct health_request *r,
    const struct report *online);

#endif
