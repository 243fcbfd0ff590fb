/*
 * fake_ldap.h - a directory server that says what a test wants
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * For what no honest server says.  One connection at a time, in the clear, no
 * bind; the rootDSE is answered here, every other search by the test.
 *
 * Threads: the test's; answers are given on the server's own.
 */
#ifndef TESTS_UNIT_FAKE_LDAP_H
#define TESTS_UNIT_FAKE_LDAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FAKE_SYNC 1u   /* RFC 4533 */
#define FAKE_PAGING 2u /* RFC 2696 */
#define FAKE_AD 4u     /* an Active Directory */

/* A search, while it is answered. */
struct fake_search {
	int fd, msgid;
	const char *base;
	const uint8_t *octets; /* the whole request */
	size_t len;
};

/* What it can do, and what it says; fatal if it cannot start. */
void fake_ldap_start(unsigned features,
    void (*answer)(const struct fake_search *s));
void fake_ldap_stop(void);

/* Its highestCommittedUSN from now on; 1 at first. */
void fake_ldap_set_usn(int usn);

/*
 * From now on some octets of the entries that it sends are others; not of the
 * rootDSE.
 */
void fake_ldap_make_noise(unsigned seed);

/* Until the next one is started. */
const char *fake_ldap_uri(void);

/* True if the text is in the request: of an attribute, or in the filter. */
bool fake_asks(const struct fake_search *s, const char *text);

/* Lines "attribute: text" and "attribute:: hexadecimal octets". */
void fake_entry(const struct fake_search *s, const char *dn,
    const char *const *lines);
void fake_reference(const struct fake_search *s, const char *uri);

/* Of RFC 4533: an entry with its state, an intermediate message. */
void fake_sync_entry(const struct fake_search *s, int state, char uuid,
    const char *dn, const char *const *lines);
void fake_sync_info(const struct fake_search *s, const char *octets,
    size_t len);

void fake_done(const struct fake_search *s, int code);
/* With the answer of RFC 2696, whatever it is. */
void fake_page_done(const struct fake_search *s, const char *octets,
    size_t len);

/* And is never seen again. */
void fake_hang_up(const struct fake_search *s);

/* What is no message at all. */
void fake_octets(const struct fake_search *s, const void *octets, size_t len);

#endif
