/*
 * sessions.c - who has signed in, by the cookie that says so
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "web/sessions.h"

struct session {
	char cookie[SESSION_COOKIE_SIZE];
	char principal[SESSION_PRINCIPAL_SIZE];
	uint64_t until_s; /* 0: free */
};

struct sessions {
	pthread_mutex_t lock; /* for all below */
	struct session items[SESSIONS_MAX];
};

struct sessions *
sessions_create(void)
{
	struct sessions *s = calloc(1, sizeof(*s));

	if (s != NULL)
		(void)pthread_mutex_init(&s->lock, NULL);
	return s;
}

void
sessions_destroy(struct sessions *s)
{
	if (s == NULL)
		return;
	(void)pthread_mutex_destroy(&s->lock);
	explicit_bzero(s->items, sizeof(s->items));
	free(s);
}

static int
make_cookie(char cookie[SESSION_COOKIE_SIZE])
{
	unsigned char octets[(SESSION_COOKIE_SIZE - 1) / 2];

	if (getrandom(octets, sizeof(octets), 0) != (ssize_t)sizeof(octets))
		return -1;
	for (size_t i = 0; i < sizeof(octets); i++)
		(void)snprintf(cookie + 2 * i, 3, "%02x", octets[i]);
	explicit_bzero(octets, sizeof(octets));
	return 0;
}

int
sessions_add(struct sessions *s, const char *principal, uint64_t now_s,
    uint64_t until_s, char cookie_out[SESSION_COOKIE_SIZE])
{
	struct session *place = &s->items[0];

	cookie_out[0] = '\0';
	if (strlen(principal) >= SESSION_PRINCIPAL_SIZE || until_s <= now_s ||
	    make_cookie(cookie_out) != 0)
		return -1;
	(void)pthread_mutex_lock(&s->lock);
	for (size_t i = 1; i < SESSIONS_MAX; i++)
		if (s->items[i].until_s < place->until_s)
			place = &s->items[i];
	memcpy(place->cookie, cookie_out, SESSION_COOKIE_SIZE);
	(void)snprintf(place->principal, sizeof(place->principal), "%s",
	    principal);
	place->until_s = until_s;
	(void)pthread_mutex_unlock(&s->lock);
	return 0;
}

/* How long it takes does not tell where they differ. */
static bool
same_cookie(const char *a, const char *b)
{
	unsigned char differ = 0;

	for (size_t i = 0; i < SESSION_COOKIE_SIZE - 1; i++)
		differ |= (unsigned char)(a[i] ^ b[i]);
	return differ == 0;
}

bool
sessions_find(struct sessions *s, const char *cookie, uint64_t now_s,
    char principal_out[SESSION_PRINCIPAL_SIZE])
{
	bool is_found = false;

	if (cookie == NULL || strlen(cookie) != SESSION_COOKIE_SIZE - 1)
		return false;
	(void)pthread_mutex_lock(&s->lock);
	for (size_t i = 0; i < SESSIONS_MAX; i++) {
		const struct session *x = &s->items[i];

		if (x->until_s <= now_s || !same_cookie(x->cookie, cookie))
			continue;
		memcpy(principal_out, x->principal, SESSION_PRINCIPAL_SIZE);
		is_found = true;
	}
	(void)pthread_mutex_unlock(&s->lock);
	return is_found;
}

void
sessions_keep(struct sessions *s,
    bool (*keep)(void *arg, const char *principal), void *arg)
{
	(void)pthread_mutex_lock(&s->lock);
	for (size_t i = 0; i < SESSIONS_MAX; i++)
		if (s->items[i].until_s != 0 &&
		    !keep(arg, s->items[i].principal))
			explicit_bzero(&s->items[i], sizeof(s->items[i]));
	(void)pthread_mutex_unlock(&s->lock);
}
