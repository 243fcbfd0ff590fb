/*
 * forged.h - tickets with any PAC, made from the service's key
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The KDC of the throw-away realm puts no logon information into its PACs; but
 * who has the key of the service can make tickets as well as it does.
 */
#ifndef TESTS_UNIT_FORGED_H
#define TESTS_UNIT_FORGED_H

#include <stddef.h>

enum forged_pac {
	FORGED_NO_PAC,
	FORGED_SIGNED,
	FORGED_SIGNED_WITH_ANOTHER_KEY,
};

struct forged {
	const char *client;  /* principal */
	const char *service; /* one of dns.keytab */
	enum forged_pac pac;
	const void *logon_info;
	size_t logon_info_len;
};

/* Puts the ticket into the ccache cc/who, for initiator_init().  Fatal for the
 * test if anything fails. */
void forged_ticket(const char *who, const struct forged *forged);

#endif
