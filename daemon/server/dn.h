/*
 * dn.h - distinguished names that can be compared as texts
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Groups are known by their DN where they have no SID, and a directory may
 * spell one DN in several ways (RFC 4514).
 *
 * Threads: any.
 */
#ifndef SERVER_DN_H
#define SERVER_DN_H

/*
 * The DN without the spaces that mean nothing, its letters small, what is
 * special escaped in one way: "cn=a\2cb,dc=ad,dc=test".  Values are compared
 * as texts that ignore case (RFC 4518 for ASCII).  NULL: no DN, or no memory;
 * else to be freed.
 */
char *dn_normalize(const char *dn);

#endif
