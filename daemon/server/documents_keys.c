/*
 * documents_keys.c - security contexts, and who has them, as JSON
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A walk over the contexts holds no lock while a row is made and put, and
 * rows are put one by one: lists may be long.  No row has a secret.
 */
#include <stdlib.h>
#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/base/err.h"
#include "daemon/gss/algorithm.h"
#include "daemon/gss/contexts.h"
#include "daemon/identity/sid.h"
#include "daemon/server/core.h"
#include "daemon/server/documents.h"

static json_t *
number(uint64_t n)
{
	return json_integer((json_int_t)n);
}

/* Text from a keytab or a PAC; null if it is not UTF-8. */
static json_t *
text_json(const char *text)
{
	json_t *json = json_string(text);

	return json == NULL ? json_null() : json;
}

json_t *
document_name(const struct name *name)
{
	char text[NAME_TEXT_SIZE];

	return json_string(name_to_log(name->octets, text));
}

json_t *
document_principal_text(struct principal *p)
{
	struct signer signer = {.kind = SIGNER_PRINCIPAL, .principal = p};
	char text[SIGNER_TEXT_SIZE];

	return json_string(signer_to_text(&signer, text, sizeof(text)));
}

static json_t *
address_json(const struct addr *a)
{
	char text[ADDR_TEXT_SIZE];

	return json_string(addr_to_text(a, text));
}

/* Where rows go. */
struct listing {
	document_put *put;
	void *arg;
};

static int
put_context(void *arg, struct context *c)
{
	const struct listing *listing = arg;
	uint64_t now_ms = clock_mono_ms();
	uint64_t age_ms = now_ms - context_created_ms(c);
	uint64_t used_ms = context_used_ms(c);
	enum tsig_algorithm algorithm = TSIG_GSS;

	(void)tsig_algorithm_from_name(context_algorithm(c)->octets,
	    &algorithm);
	return listing->put(listing->arg,
	    json_pack("{s:o, s:o, s:o, s:o, s:s, s:s, s:s, s:o, s:I, s:I, s:I}",
		"key", document_name(context_key_name(c)), "principal",
		document_principal_text(context_principal(c)), "client",
		address_json(context_client(c)), "acceptor",
		text_json(context_acceptor(c)), "algorithm",
		tsig_algorithm_text(algorithm), "enctype",
		gss_enctype_text(context_enctype(c)), "mechanism",
		context_is_spnego(c) ? "spnego" : "krb5", "kvno",
		context_kvno(c) == 0 ? json_null() : number(context_kvno(c)),
		"created", (json_int_t)(clock_wall_s() - age_ms / 1000),
		"expires_in_s", (json_int_t)context_seconds_left(c), "idle_s",
		(json_int_t)(now_ms > used_ms ? (now_ms - used_ms) / 1000
					      : 0)));
}

int
documents_contexts(struct server *s, document_put *put, void *arg)
{
	struct listing listing = {put, arg};

	return contexts_walk(s->contexts, put_context, &listing);
}

/* --- principals --- */

/* One context of a principal. */
struct holding {
	struct principal *principal; /* reference */
	struct addr client;
	uint64_t created_ms;
};

struct holdings {
	struct holding *items;
	size_t n, size;
};

static int
note_holding(void *arg, struct context *c)
{
	struct holdings *h = arg;
	struct holding *more;
	size_t size = h->size == 0 ? 256 : 2 * h->size;

	if (h->n == h->size) {
		more = reallocarray(h->items, size, sizeof(*more));
		if (more == NULL)
			return ERR_NOMEM;
		h->items = more;
		h->size = size;
	}
	h->items[h->n++] =
	    (struct holding){.principal = principal_ref(context_principal(c)),
		.client = *context_client(c),
		.created_ms = context_created_ms(c)};
	return 0;
}

static void
holdings_clear(struct holdings *h)
{
	for (size_t i = 0; i < h->n; i++)
		principal_unref(h->items[i].principal);
	free(h->items);
}

static bool
same_principal(const struct holding *a, const struct holding *b)
{
	return strcmp(a->principal->text, b->principal->text) == 0;
}

/* By principal, and those of one by address. */
static int
compare_holdings(const void *a, const void *b)
{
	const struct holding *x = a, *y = b;
	int order = strcmp(x->principal->text, y->principal->text);

	if (order == 0)
		order = x->client.family - y->client.family;
	if (order == 0)
		order = memcmp(x->client.octets, y->client.octets,
		    sizeof(x->client.octets));
	return order;
}

/* The different addresses of n holdings, which are in order. */
static json_t *
addresses_json(const struct holding *items, size_t n)
{
	json_t *list = json_array();

	for (size_t i = 0; i < n; i++)
		if (i == 0 ||
		    !addr_equal(&items[i - 1].client, &items[i].client))
			(void)json_array_append_new(list,
			    address_json(&items[i].client));
	return list;
}

/* The principal as the newest of its tickets tells of it. */
static struct principal *
newest_principal(const struct holding *items, size_t n)
{
	const struct holding *newest = &items[0];

	for (size_t i = 1; i < n; i++)
		if (items[i].created_ms > newest->created_ms)
			newest = &items[i];
	return newest->principal;
}

static json_t *
sids_json(const struct principal *p)
{
	json_t *list = json_array();
	char text[SID_TEXT_SIZE];
	struct sid sid;

	for (size_t i = 0; i < principal_n_sids(p); i++) {
		principal_sid(p, i, &sid);
		(void)json_array_append_new(list,
		    json_string(sid_to_text(&sid, text)));
	}
	return list;
}

static json_t *
account_json(const struct principal *p)
{
	const struct principal_account *a = p->account;
	char text[SID_TEXT_SIZE];

	if (a == NULL)
		return json_null();
	return json_pack("{s:o, s:o, s:I, s:s}", "name", text_json(a->name),
	    "domain", text_json(a->domain_name), "flags", (json_int_t)a->flags,
	    "sid", sid_to_text(&a->sid, text));
}

/* The n holdings of one principal. */
static int
put_principal(const struct listing *listing, const struct holding *items,
    size_t n)
{
	struct principal *p = newest_principal(items, n);

	return listing->put(listing->arg,
	    json_pack("{s:o, s:s, s:I, s:o, s:s, s:o, s:o}", "principal",
		document_principal_text(p), "kind", principal_kind_text(p),
		"contexts", (json_int_t)n, "addresses",
		addresses_json(items, n), "pac", principal_account_text(p),
		"account", account_json(p), "sids", sids_json(p)));
}

static int
put_principals(const struct listing *listing, struct holdings *h)
{
	size_t n;
	int ret = 0;

	if (h->n > 0)
		qsort(h->items, h->n, sizeof(h->items[0]), compare_holdings);
	for (size_t i = 0; ret == 0 && i < h->n; i += n) {
		n = 1;
		while (i + n < h->n &&
		    same_principal(&h->items[i], &h->items[i + n]))
			n++;
		ret = put_principal(listing, &h->items[i], n);
	}
	return ret;
}

int
documents_principals(struct server *s, document_put *put, void *arg)
{
	struct listing listing = {put, arg};
	struct holdings h = {NULL, 0, 0};
	int ret;

	ret = contexts_walk(s->contexts, note_holding, &h);
	if (ret == 0)
		ret = put_principals(&listing, &h);
	holdings_clear(&h);
	return ret;
}
