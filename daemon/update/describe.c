/*
 * describe.c - what an update asks for, in words
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <stdio.h>
#include <string.h>

#include "daemon/base/arena.h"
#include "daemon/dns/mnemonic.h"
#include "daemon/update/describe.h"

#define RRS_SHOWN 6
#define NAME_SHOWN 100

_Static_assert(sizeof("delete ") + NAME_SHOWN + sizeof(" ") + MNEMONIC_SIZE <=
	DESCRIBE_SIZE,
    "a description has room");

/*
 * Appends at most max octets of text; returns where the next goes.  Not
 * snprintf(): every update is described.
 */
static char *
append(char *out, const char *text, size_t max)
{
	size_t len = strnlen(text, max);

	memcpy(out, text, len);
	out[len] = '\0';
	return out + len;
}

static char *
append_owner(char *out, const uint8_t *owner, uint16_t type)
{
	char name_text[NAME_TEXT_SIZE], mnemonic[MNEMONIC_SIZE];

	out = append(out, name_to_log(owner, name_text), NAME_SHOWN);
	out = append(out, " ", 1);
	return append(out, type_to_text(type, mnemonic), MNEMONIC_SIZE);
}

static char *
append_rr(char *out, const struct update_rr *u)
{
	out = append(out, u->kind == UPDATE_ADD ? "add " : "delete ",
	    sizeof("delete ") - 1);
	return append_owner(out, u->rr->owner, u->rr->type);
}

const char *
describe_owner(const uint8_t *owner, uint16_t type, char text[DESCRIBE_SIZE])
{
	(void)append_owner(text, owner, type);
	return text;
}

const char *
describe_rr(const struct update_rr *u, char text[DESCRIBE_SIZE])
{
	(void)append_rr(text, u);
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
	size_t n_shown = u->n_rrs < RRS_SHOWN ? u->n_rrs : RRS_SHOWN;
	size_t size =
	    n_shown * (DESCRIBE_SIZE + 2) + sizeof("; and 65535 more");
	char *text, *out;

	if (u->n_rrs == 0)
		return describe_question(u, a);
	text = out = arena_alloc(a, size);
	if (text == NULL)
		return "changes";
	for (size_t i = 0; i < n_shown; i++) {
		if (i > 0)
			out = append(out, "; ", 2);
		out = append_rr(out, &u->rrs[i]);
	}
	if (u->n_rrs > n_shown)
		(void)snprintf(out, size - (size_t)(out - text),
		    "; and %zu more", u->n_rrs - n_shown);
	return text;
}
