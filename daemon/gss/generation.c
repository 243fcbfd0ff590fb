/*
 * generation.c - keytab files loaded into an immutable generation of keys
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The MEMORY keytabs are named after the generation's address: unique in the
 * process, where krb5 keeps one table of them, for as long as it lives.
 */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "daemon/base/err.h"
#include "daemon/gss/acceptor.h"
#include "daemon/gss/clear.h"
#include "daemon/gss/readable.h"

#define KEYTAB_NAME_SIZE 64
#define ENTRIES_MAX 16384 /* looked through one by one */

struct acceptor_principal {
	krb5_principal principal;
	char *text;
	char keytab_name[KEYTAB_NAME_SIZE];
	krb5_keytab keytab;
};

struct acceptor_generation {
	atomic_uint n_refs;
	krb5_context
	    krb5; /* of the loading, and at last of the freeing thread */
	struct acceptor_principal *principals;
	size_t n_principals;
	struct acceptor_entry *entries;
	size_t n_entries;
	char all_name[KEYTAB_NAME_SIZE];
	krb5_keytab all;
};

/* What loading needs besides. */
struct load {
	struct acceptor_generation *g;
	krb5_principal *wanted; /* of the configuration */
	size_t n_wanted;
	struct reason *reason;
};

static void
say(struct load *l, const char *what, const char *which, krb5_error_code code)
{
	const char *message = krb5_get_error_message(l->g->krb5, code);

	reason_set(l->reason, "%s %s: %s", what, which, message);
	krb5_free_error_message(l->g->krb5, message);
}

static void
principal_clear(krb5_context krb5, struct acceptor_principal *p)
{
	if (p->keytab != NULL)
		(void)krb5_kt_close(krb5, p->keytab);
	krb5_free_unparsed_name(krb5, p->text);
	krb5_free_principal(krb5, p->principal);
}

static void
generation_free(struct acceptor_generation *g)
{
	for (size_t i = 0; i < g->n_principals; i++)
		principal_clear(g->krb5, &g->principals[i]);
	if (g->all != NULL)
		(void)krb5_kt_close(g->krb5, g->all);
	if (g->krb5 != NULL)
		krb5_free_context(g->krb5);
	free(g->principals);
	free(g->entries);
	free(g);
}

struct acceptor_generation *
acceptor_generation_ref(struct acceptor_generation *g)
{
	atomic_fetch_add_explicit(&g->n_refs, 1, memory_order_relaxed);
	return g;
}

void
acceptor_generation_unref(struct acceptor_generation *g)
{
	if (g == NULL)
		return;
	if (atomic_fetch_sub_explicit(&g->n_refs, 1, memory_order_acq_rel) == 1)
		generation_free(g);
}

static bool
octets_equal(const krb5_data *a, const struct clear_octets *b)
{
	return a->length == b->len &&
	    (b->len == 0 || memcmp(a->data, b->octets, b->len) == 0);
}

static bool
octets_equal_nocase(const krb5_data *a, const struct clear_octets *b)
{
	return a->length == b->len &&
	    (b->len == 0 ||
		strncasecmp(a->data, (const char *)b->octets, b->len) == 0);
}

/* DNS/anything, in any case: what DNS clients ask a ticket for. */
static bool
is_dns_service(krb5_const_principal p)
{
	return p->length == 2 && p->data[0].length == 3 &&
	    strncasecmp(p->data[0].data, "DNS", 3) == 0;
}

static bool
may_accept(const struct load *l, krb5_const_principal p)
{
	if (l->n_wanted == 0)
		return is_dns_service(p);
	for (size_t i = 0; i < l->n_wanted; i++)
		if (krb5_principal_compare(l->g->krb5, p, l->wanted[i]))
			return true;
	return false;
}

static int
read_wanted(struct load *l, const struct acceptor_config *config)
{
	krb5_error_code code;

	l->wanted = calloc(config->n_principals + 1, sizeof(*l->wanted));
	if (l->wanted == NULL)
		return ERR_NOMEM;
	for (size_t i = 0; i < config->n_principals; i++) {
		code = krb5_parse_name(l->g->krb5, config->principals[i],
		    &l->wanted[i]);
		if (code != 0) {
			say(l, "acceptor", config->principals[i], code);
			return ERR_MALFORMED;
		}
		l->n_wanted++;
	}
	return 0;
}

/* Makes room for one more item behind n of them; NULL: no memory. */
static void *
grow(void *items, size_t n, size_t item_size)
{
	if (n > 0 && (n & (n - 1)) != 0)
		return items; /* room is a power of two */
	return reallocarray(items, n == 0 ? 1 : 2 * n, item_size);
}

/* A new MEMORY keytab, number i of the generation. */
static int
make_keytab(struct load *l, size_t i, char name[KEYTAB_NAME_SIZE],
    krb5_keytab *keytab_out)
{
	krb5_error_code code;

	(void)snprintf(name, KEYTAB_NAME_SIZE, "MEMORY:kddns.%p.%zu",
	    (void *)l->g, i);
	code = krb5_kt_resolve(l->g->krb5, name, keytab_out);
	if (code == 0)
		return 0;
	say(l, "keytab", name, code);
	return ERR_CRYPTO;
}

static int
add_principal(struct load *l, krb5_const_principal principal)
{
	struct acceptor_generation *g = l->g;
	struct acceptor_principal *p, *more;

	more = grow(g->principals, g->n_principals, sizeof(*more));
	if (more == NULL)
		return ERR_NOMEM;
	g->principals = more;
	p = &g->principals[g->n_principals];
	memset(p, 0, sizeof(*p));
	if (krb5_copy_principal(g->krb5, principal, &p->principal) != 0)
		return ERR_NOMEM;
	if (krb5_unparse_name(g->krb5, principal, &p->text) != 0) {
		krb5_free_principal(g->krb5, p->principal);
		return ERR_NOMEM;
	}
	g->n_principals++;
	return make_keytab(l, g->n_principals - 1, p->keytab_name, &p->keytab);
}

static int
index_of(struct load *l, krb5_const_principal principal, size_t *i_out)
{
	struct acceptor_generation *g = l->g;

	for (*i_out = 0; *i_out < g->n_principals; (*i_out)++)
		if (krb5_principal_compare(g->krb5,
			g->principals[*i_out].principal, principal))
			return 0;
	return add_principal(l, principal);
}

/* True if an earlier keytab had this entry. */
static bool
has_entry(const struct acceptor_generation *g, const struct acceptor_entry *e)
{
	for (size_t i = 0; i < g->n_entries; i++)
		if (g->entries[i].principal == e->principal &&
		    g->entries[i].kvno == e->kvno &&
		    g->entries[i].enctype == e->enctype)
			return true;
	return false;
}

static int
add_entry(struct load *l, krb5_keytab_entry *key)
{
	struct acceptor_generation *g = l->g;
	struct acceptor_entry e, *more;
	krb5_error_code code;
	size_t i;
	int ret;

	ret = index_of(l, key->principal, &i);
	if (ret != 0)
		return ret;
	e.principal = (unsigned)i;
	e.kvno = key->vno;
	e.enctype = key->key.enctype;
	if (has_entry(g, &e))
		return 0;
	if (g->n_entries == ENTRIES_MAX)
		return ERR_RANGE;
	more = grow(g->entries, g->n_entries, sizeof(*more));
	if (more == NULL)
		return ERR_NOMEM;
	g->entries = more;
	g->entries[g->n_entries++] = e;
	code = krb5_kt_add_entry(g->krb5, g->principals[i].keytab, key);
	if (code == 0)
		code = krb5_kt_add_entry(g->krb5, g->all, key);
	return code == 0 ? 0 : ERR_NOMEM;
}

/* The entries of an open keytab that may accept. */
static int
read_entries(struct load *l, const char *name, krb5_keytab keytab)
{
	krb5_context krb5 = l->g->krb5;
	krb5_keytab_entry key;
	krb5_kt_cursor cursor;
	krb5_error_code code;
	int ret = 0;

	code = krb5_kt_start_seq_get(krb5, keytab, &cursor);
	if (code != 0) {
		say(l, "keytab", name, code);
		return ERR_MALFORMED;
	}
	while (ret == 0) {
		code = krb5_kt_next_entry(krb5, keytab, &key, &cursor);
		if (code != 0)
			break;
		if (may_accept(l, key.principal))
			ret = add_entry(l, &key);
		(void)krb5_free_keytab_entry_contents(krb5, &key);
	}
	(void)krb5_kt_end_seq_get(krb5, keytab, &cursor);
	if (ret == 0 && code != KRB5_KT_END) {
		say(l, "keytab", name, code);
		ret = ERR_MALFORMED;
	}
	return ret;
}

static int
read_keytab(struct load *l, const char *name)
{
	krb5_keytab keytab;
	krb5_error_code code;
	int ret;

	if (strncmp(name, "FILE:", 5) == 0 || name[0] == '/') {
		ret = readable_check(name[0] == '/' ? name : name + 5, "keytab",
		    l->reason);
		if (ret != 0)
			return ret;
	}
	code = krb5_kt_resolve(l->g->krb5, name, &keytab);
	if (code != 0) {
		say(l, "keytab", name, code);
		return ERR_MALFORMED;
	}
	ret = read_entries(l, name, keytab);
	(void)krb5_kt_close(l->g->krb5, keytab);
	return ret;
}

static int
load(struct load *l, const struct acceptor_config *config)
{
	int ret;

	ret = read_wanted(l, config);
	if (ret == 0)
		ret = make_keytab(l, ENTRIES_MAX, l->g->all_name, &l->g->all);
	for (size_t i = 0; i < config->n_keytabs && ret == 0; i++)
		ret = read_keytab(l, config->keytabs[i]);
	if (ret == 0 && l->g->n_entries == 0) {
		reason_set(l->reason,
		    "no key for %s in %s: extract one there, or name the "
		    "principal in acceptor",
		    config->n_principals > 0 ? config->principals[0] : "DNS/*",
		    config->n_keytabs > 0 ? config->keytabs[0] : "no keytab");
		ret = ERR_NOTFOUND;
	}
	return ret;
}

int
acceptor_load(const struct acceptor_config *config,
    struct acceptor_generation **generation_out, struct reason *reason)
{
	struct load l = {.reason = reason};
	int ret;

	*generation_out = NULL;
	reason_set(reason, "no memory");
	l.g = calloc(1, sizeof(*l.g));
	if (l.g == NULL)
		return ERR_NOMEM;
	atomic_init(&l.g->n_refs, 1);
	if (krb5_init_context(&l.g->krb5) != 0) {
		reason_set(reason, "krb5.conf cannot be used");
		ret = ERR_CRYPTO;
		goto done;
	}
	ret = load(&l, config);
	for (size_t i = 0; i < l.n_wanted; i++)
		krb5_free_principal(l.g->krb5, l.wanted[i]);
	free(l.wanted);
	if (ret != 0)
		goto done;
	reason_set(reason, "%s", "");
	*generation_out = l.g;
	l.g = NULL;
done:
	acceptor_generation_unref(l.g);
	return ret;
}

size_t
acceptor_n_principals(const struct acceptor_generation *g)
{
	return g->n_principals;
}

const char *
acceptor_principal_text(const struct acceptor_generation *g, size_t principal)
{
	return g->principals[principal].text;
}

size_t
acceptor_n_entries(const struct acceptor_generation *g)
{
	return g->n_entries;
}

const struct acceptor_entry *
acceptor_entries(const struct acceptor_generation *g)
{
	return g->entries;
}

const char *
acceptor_keytab_name(const struct acceptor_generation *g, size_t principal)
{
	return principal < g->n_principals
	    ? g->principals[principal].keytab_name
	    : g->all_name;
}

static bool
is_sname(krb5_const_principal p, const struct clear_ap_req *ap,
    bool (*equal)(const krb5_data *, const struct clear_octets *))
{
	if ((unsigned)p->length != ap->n_components ||
	    !octets_equal(&p->realm, &ap->realm))
		return false;
	for (unsigned i = 0; i < ap->n_components; i++) {
		bool (*same)(const krb5_data *, const struct clear_octets *) =
		    i < 2 ? equal : octets_equal;

		if (!same(&p->data[i], &ap->components[i]))
			return false;
	}
	return true;
}

size_t
acceptor_choose(const struct acceptor_generation *g,
    const struct clear_ap_req *ap)
{
	for (size_t i = 0; i < g->n_principals; i++)
		if (is_sname(g->principals[i].principal, ap, octets_equal))
			return i;
	for (size_t i = 0; i < g->n_principals; i++)
		if (is_sname(g->principals[i].principal, ap,
			octets_equal_nocase))
			return i;
	return g->n_entries <= ACCEPTOR_ALL_MAX ? ACCEPTOR_ALL : ACCEPTOR_NONE;
}

bool
acceptor_has_key(const struct acceptor_generation *g, size_t principal,
    const struct clear_ap_req *ap)
{
	for (size_t i = 0; i < g->n_entries; i++) {
		const struct acceptor_entry *e = &g->entries[i];

		if (principal != ACCEPTOR_ALL && e->principal != principal)
			continue;
		if (e->enctype == ap->enctype &&
		    (!ap->has_kvno || e->kvno == ap->kvno))
			return true;
	}
	return false;
}
