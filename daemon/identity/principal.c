/*
 * principal.c - who signed: the principal, parsed once
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A principal is one piece of memory, each part behind the one before: the
 * struct; of a PAC the account, its runs of groups and their RIDs; the whole
 * text; the unescaped parts; the account's names.
 */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/err.h"
#include "daemon/base/log.h"
#include "daemon/identity/pac.h"
#include "daemon/identity/principal.h"
#include "daemon/identity/sid_list.h"

/* What is handed out is the first member. */
struct shared_principal {
	struct principal p;
	atomic_uint n_refs;
};

/* The same, of what p.account points to. */
struct shared_account {
	struct principal_account account;
	struct sid_list sids;
};

static struct shared_principal *
shared_of(struct principal *p)
{
	return (struct shared_principal *)(void *)p;
}

struct principal *
principal_ref(struct principal *p)
{
	atomic_fetch_add_explicit(&shared_of(p)->n_refs, 1,
	    memory_order_relaxed);
	return p;
}

void
principal_unref(struct principal *p)
{
	if (p == NULL)
		return;
	if (atomic_fetch_sub_explicit(&shared_of(p)->n_refs, 1,
		memory_order_acq_rel) == 1)
		free(shared_of(p));
}

/* What stands after a backslash (krb5_unparse_name's escapes); -1: nothing that
 * may. */
static int
unescape(char c)
{
	switch (c) {
	case 'n':
		return '\n';
	case 't':
		return '\t';
	case 'b':
		return '\b';
	case '0':
	case '\0':
		return -1;
	default:
		return (unsigned char)c;
	}
}

/*
 * Copies one part, unescaped and ended, to *out_io; *text_io moves to what
 * ended it: '/', '@' or the end.
 */
static int
read_part(const char **text_io, char **out_io)
{
	const char *in = *text_io;
	char *out = *out_io;
	int c;

	while (*in != '\0' && *in != '/' && *in != '@') {
		c = (unsigned char)*in++;
		if (c == '\\') {
			c = unescape(*in++);
			if (c == -1)
				return ERR_MALFORMED;
		}
		*out++ = (char)c;
	}
	if (out == *out_io)
		return ERR_MALFORMED; /* empty */
	*out++ = '\0';
	*text_io = in;
	*out_io = out;
	return 0;
}

static int
read_components(struct principal *p, const char **text_io, char **out_io)
{
	int ret;

	for (;;) {
		if (p->n_components == PRINCIPAL_COMPONENTS_MAX)
			return ERR_MALFORMED;
		p->components[p->n_components] = *out_io;
		ret = read_part(text_io, out_io);
		if (ret != 0)
			return ret;
		p->n_components++;
		if (**text_io != '/')
			return 0;
		(*text_io)++;
	}
}

static int
read_principal(struct principal *p, const char *text, char *out)
{
	int ret;

	ret = read_components(p, &text, &out);
	if (ret != 0)
		return ret;
	if (*text != '@')
		return ERR_MALFORMED; /* no realm */
	text++;
	p->realm = out;
	ret = read_part(&text, &out);
	if (ret != 0)
		return ret;
	return *text == '\0' ? 0 : ERR_MALFORMED;
}

/*
 * The name alone would do for a member's account without a PAC; but anybody who
 * may create users may call one "PC1$", and only its flags tell.
 */
static enum principal_kind
kind_of(const struct principal *p)
{
	const uint32_t machines = PAC_ACCOUNT_WORKSTATION | PAC_ACCOUNT_SERVER;
	const char *first = p->components[0];

	if (p->account != NULL && (p->account->flags & machines) != 0)
		return PRINCIPAL_MACHINE;
	if (p->n_components == 2)
		return PRINCIPAL_SERVICE;
	if (p->pac == PRINCIPAL_PAC_NONE && p->n_components == 1 &&
	    first[strlen(first) - 1] == '$')
		return PRINCIPAL_MACHINE;
	return PRINCIPAL_USER;
}

/* Adds all that a PAC names, in the order of principal_sid(). */
static void
add_sids(struct sid_list *l, const struct pac_logon *pac)
{
	const struct sid *base, *domain = &pac->domain;
	struct sid account = pac->account, last = {.n_subs = 0};
	uint32_t account_rid = sid_split(&account), rid;
	struct pac_sids walk;

	sid_list_add(l, &account, account_rid, &last);
	sid_list_add(l, domain, pac->primary_group, &last);
	pac_sids_start(&walk, pac);
	while (pac_sids_next(&walk, &base, &rid)) {
		if (rid == account_rid && sid_equal(base, &account))
			continue;
		if (rid == pac->primary_group && sid_equal(base, domain))
			continue;
		sid_list_add(l, base, rid, &last);
	}
}

/* How much room of the one piece each part takes. */
struct room {
	size_t account;
	size_t runs;
	size_t rids;
	size_t text; /* twice: parts need no more, each ends where it did */
	size_t names;
};

static struct room
room_for(const char *text, const struct pac_logon *pac)
{
	struct room room = {.text = strlen(text) + 1};
	struct sid_list l = {.runs = NULL};

	if (pac == NULL)
		return room;
	add_sids(&l, pac);
	room.account = sizeof(struct shared_account);
	room.runs = l.n_runs * sizeof(*l.runs);
	room.rids = l.n_sids * sizeof(*l.rids);
	room.names =
	    strlen(pac->account_name) + 1 + strlen(pac->domain_name) + 1;
	return room;
}

static void
set_account(struct principal *p, const struct pac_logon *pac,
    const struct room *room, char *at, char *names)
{
	struct shared_account *a = (struct shared_account *)(void *)at;
	size_t name_size = strlen(pac->account_name) + 1;

	a->account.name = memcpy(names, pac->account_name, name_size);
	names += name_size;
	a->account.domain_name =
	    memcpy(names, pac->domain_name, strlen(pac->domain_name) + 1);
	a->account.flags = pac->account_flags;
	a->account.sid = pac->account;
	a->account.domain = pac->domain;
	a->account.primary_group = pac->primary_group;
	a->sids.runs = (struct sid_run *)(void *)(at + room->account);
	a->sids.rids = (uint32_t *)(void *)(at + room->account + room->runs);
	add_sids(&a->sids, pac);
	p->account = &a->account;
}

static int
create(const char *text, enum principal_pac state, const struct pac_logon *pac,
    struct principal **principal_out, struct reason *reason)
{
	struct room room = room_for(text, pac);
	struct shared_principal *s;
	char escaped[256], *account, *texts;
	int ret;

	*principal_out = NULL;

	s = calloc(1,
	    sizeof(*s) + room.account + room.runs + room.rids + 2 * room.text +
		room.names);
	if (s == NULL) {
		reason_set(reason, "no memory");
		return ERR_NOMEM;
	}
	account = (char *)(s + 1);
	texts = account + room.account + room.runs + room.rids;
	atomic_init(&s->n_refs, 1);
	s->p.text = memcpy(texts, text, room.text);
	ret = read_principal(&s->p, texts, texts + room.text);
	if (ret != 0) {
		reason_set(reason,
		    "\"%s\" has an empty component, too many, or no realm",
		    log_escape(text, room.text - 1, escaped, sizeof(escaped)));
		free(s);
		return ret;
	}
	s->p.pac = state;
	if (pac != NULL)
		set_account(&s->p, pac, &room, account, texts + 2 * room.text);
	s->p.kind = kind_of(&s->p);
	*principal_out = &s->p;
	return 0;
}

int
principal_from_text(const char *text, struct principal **principal_out,
    struct reason *reason)
{
	return create(text, PRINCIPAL_PAC_NONE, NULL, principal_out, reason);
}

int
principal_from_pac(const char *text, const struct pac_logon *pac,
    struct principal **principal_out, struct reason *reason)
{
	return create(text,
	    pac == NULL ? PRINCIPAL_PAC_UNREADABLE : PRINCIPAL_PAC_READ, pac,
	    principal_out, reason);
}

/* NULL: no PAC was read. */
static const struct sid_list *
sids_of(const struct principal *p)
{
	if (p->account == NULL)
		return NULL;
	return &((const struct shared_account *)(const void *)p->account)->sids;
}

static bool
account_equal(const struct principal *a, const struct principal *b)
{
	const struct principal_account *x = a->account, *y = b->account;

	return x->flags == y->flags && x->primary_group == y->primary_group &&
	    sid_equal(&x->sid, &y->sid) && sid_equal(&x->domain, &y->domain) &&
	    strcmp(x->name, y->name) == 0 &&
	    strcmp(x->domain_name, y->domain_name) == 0 &&
	    sid_list_equal(sids_of(a), sids_of(b));
}

bool
principal_equal(const struct principal *a, const struct principal *b)
{
	return a->pac == b->pac && strcmp(a->text, b->text) == 0 &&
	    (a->account == NULL || account_equal(a, b));
}

size_t
principal_n_sids(const struct principal *p)
{
	return p->account == NULL ? 0 : sids_of(p)->n_sids;
}

void
principal_sid(const struct principal *p, size_t i, struct sid *sid_out)
{
	sid_list_get(sids_of(p), i, sid_out);
}

bool
principal_has_sid(const struct principal *p, const struct sid *sid)
{
	return p->account != NULL && sid_list_has(sids_of(p), sid);
}

bool
principal_is_domain_controller(const struct principal *p)
{
	const struct principal_account *a = p->account;
	struct sid group;

	if (a == NULL || (a->flags & PAC_ACCOUNT_PARTIAL_SECRETS) != 0)
		return false;
	return (a->flags & PAC_ACCOUNT_SERVER) != 0 ||
	    (sid_join(&a->domain, PAC_RID_DOMAIN_CONTROLLERS, &group) &&
		principal_has_sid(p, &group));
}

const char *
principal_kind_text(const struct principal *p)
{
	switch (p->kind) {
	case PRINCIPAL_MACHINE:
		return "machine";
	case PRINCIPAL_SERVICE:
		return "service";
	case PRINCIPAL_USER:
		break;
	}
	return "user";
}

static const char *
account_text(uint32_t flags)
{
	if ((flags & PAC_ACCOUNT_PARTIAL_SECRETS) != 0)
		return "read-only-controller";
	if ((flags & PAC_ACCOUNT_SERVER) != 0)
		return "domain-controller";
	if ((flags & PAC_ACCOUNT_WORKSTATION) != 0)
		return "workstation";
	if ((flags & PAC_ACCOUNT_TRUST) != 0)
		return "trust";
	return "user";
}

const char *
principal_account_text(const struct principal *p)
{
	switch (p->pac) {
	case PRINCIPAL_PAC_NONE:
		break;
	case PRINCIPAL_PAC_READ:
		return account_text(p->account->flags);
	case PRINCIPAL_PAC_UNREADABLE:
		return "unreadable-pac";
	}
	return "no-pac";
}

const char *
signer_to_text(const struct signer *s, char *text, size_t size)
{
	char name[NAME_TEXT_SIZE];

	switch (s->kind) {
	case SIGNER_KEY:
		(void)snprintf(text, size, "key %s",
		    name_to_log(s->key_name.octets, name));
		break;
	case SIGNER_PRINCIPAL:
		(void)log_escape(s->principal->text, strlen(s->principal->text),
		    text, size);
		break;
	case SIGNER_NONE:
		(void)snprintf(text, size, "none");
		break;
	}
	return text;
}
