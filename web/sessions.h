/*
 * sessions.h - who has signed in, by the cookie that says so
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A cookie is 256 random bits, compared in constant time.  When there are
 * SESSIONS_MAX sessions the one that would end first makes room.
 *
 * Owns:    its sessions.
 * Threads: any.
 * Errors:  -1.
 * Units:   seconds of a clock that only goes forward.
 */
#ifndef WEB_SESSIONS_H
#define WEB_SESSIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SESSIONS_MAX 256
#define SESSION_COOKIE_SIZE 65 /* hexadecimal, ended */
#define SESSION_PRINCIPAL_SIZE 512

struct sessions;

struct sessions *sessions_create(void);    /* NULL: no memory */
void sessions_destroy(struct sessions *s); /* NULL is fine */

/* A session until then.  -1: no random octets, or the name is too long. */
int sessions_add(struct sessions *s, const char *principal, uint64_t now_s,
    uint64_t until_s, char cookie_out[SESSION_COOKIE_SIZE]);

/* False: there is none with this cookie (NULL: no cookie) now. */
bool sessions_find(struct sessions *s, const char *cookie, uint64_t now_s,
    char principal_out[SESSION_PRINCIPAL_SIZE]);

/* Ends those of which keep() says false. */
void sessions_keep(struct sessions *s,
    bool (*keep)(void *arg, const char *principal), void *arg);

#endif
