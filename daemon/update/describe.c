/*
 * describe.c - what an update asks for, in words
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <stdio.h>

#include "daemon/base/arena.h"
#include "daemon/dns/mnemonic.h"
#include "daemon/update/describe.h"

#define RRS_SHOWN 6
#define NAME_SHOWN 100

const char *
describe_owner(const uint8_t *owner, uint16_t type, char text[DESCRIBE_SIZE])
{
	char name_text[NAME_TEXT_SIZE], mnemonic[MNEMONIC_SIZE];

	(void)snprintf(text, DESCRIBE_SIZE, "%.*s %s", NAME_SHOWN,
	    name_to_log(owner, name_text), type_to_text(type, mnemonic));
	return text;
}

const char *
describe_rr(const struct update_rr *u, char text[DESCRIBE_SIZE])
{
	char what[DESCRIBE_SIZE];

	(void)snprintf(text, DESCRIBE_SIZE, "%s %.140s",
	    u->kind == UPDATE_ADD ? "add" : "delete",
	    describe_owner(u->rr->owner, u->rr->type, what));
	return text;
}

static const char *
describe_question(const struct update *u, struct arena *a)
{
	const char *text =
	    arena_printf(a, "%zu prerequisites", u->n_prerequisites);

	return text == NULL ? "prerequisites" : text;
}

const char *
update_describe(const struct update *u, struct arena *a)
{
	size_t n_shown = u->n_rrs < RRS_SHOWN ? u->n_rrs : RRS_SHOWN, len = 0;
	size_t size =
	    n_shown * (DESCRIBE_SIZE + 2) + sizeof("; and 65535 more");
	char one[DESCRIBE_SIZE], *text;

	if (u->n_rrs == 0)
		return describe_question(u, a);
	text = arena_alloc(a, size);
	if (text == NULL)
		return "changes";
	for (size_t i = 0; i < n_shown; i++)
		len += (size_t)snprintf(text + len, size - len, "%s%s",
		    i == 0 ? "" : "; ", describe_rr(&u->rrs[i], one));
	if (u->n_rrs > n_shown)
		(void)snprintf(text + len, size - len, "; and %zu more",
		    u->n_rrs - n_shown);
	return text;
}
