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
#include <stdint.h>

enum forged_pac {
	FORGED_NO_PAC,
	FORGED_SIGNED,
	FORGED_SIGNED_WITH_ANOTHER_KEY,
	FORGED_SIGNED_FOR_ANOTHER, /* whose name is not the client's */
	FORGED_LOGON_TWICE,        /* two buffers of logon information */
	FORGED_TWO,                /* the same PAC two times */
};

struct forged {
	const char *client;  /* principal */
	const char *service; /* one of dns.keytab */
	enum forged_pac pac;
	const void *logon_info;
	size_t logon_info_len;

	/* Of a ticket that is unlike others; seconds from now, 0: not so. */
	int32_t ticket_flags;
	int32_t starts_in_s;
	int32_t ends_in_s;
	const char *transited;

	/* Of the AP-REQ, for forged_token(). */
	const char *authenticator_client; /* NULL: client */
	int32_t clock_ahead_s;
	uint32_t sequence;
	int32_t subkey_enctype; /* 0: no subkey */
	int32_t ap_options;
	const uint8_t *checksum; /* NULL: mutual, integrity, no more */
	size_t checksum_len;
};

/* Puts the ticket into the ccache cc/who, for initiator_init().  Fatal for the
 * test if anything fails. */
void forged_ticket(const char *who, const struct forged *forged);

/* A token of the krb5 mechanism with the ticket; returns its length. */
size_t forged_token(const struct forged *forged, uint8_t *out, size_t size);

#endif
