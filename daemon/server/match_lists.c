/*
 * match_lists.c - address-match lists of the configuration, as policy has them
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <ifaddrs.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "daemon/base/arena.h"
#include "daemon/base/err.h"
#include "daemon/conf/conf.h"
#include "daemon/server/complaints.h"
#include "daemon/server/match_lists.h"

/* The bits that a netmask sets; without one an address is alone in its net. */
static uint8_t
mask_length(const struct sockaddr *mask, uint8_t most)
{
	struct addr a;
	uint8_t bits = 0;

	if (mask == NULL || addr_from_sockaddr(mask, &a) != 0)
		return most;
	for (size_t i = 0; i < (a.family == AF_INET ? 4u : 16u); i++)
		bits = (uint8_t)(bits + __builtin_popcount(a.octets[i]));
	return bits;
}

static void
clear_host_bits(struct addr_prefix *p)
{
	for (size_t bit = p->length; bit < 128; bit++)
		p->addr.octets[bit / 8] &= (uint8_t) ~(0x80 >> bit % 8);
	p->addr.scope = 0;
}

void
local_addresses_find(struct local_addresses *l)
{
	struct ifaddrs *list, *i;
	size_t n = 0;

	if (getifaddrs(&list) == -1)
		return;
	for (i = list; i != NULL && n < LOCAL_ADDRESSES_MAX; i = i->ifa_next) {
		struct addr a;

		if (i->ifa_addr == NULL ||
		    addr_from_sockaddr(i->ifa_addr, &a) != 0)
			continue;
		l->hosts[n].addr = a;
		l->hosts[n].length = a.family == AF_INET ? 32 : 128;
		l->nets[n].addr = a;
		l->nets[n].length =
		    mask_length(i->ifa_netmask, l->hosts[n].length);
		clear_host_bits(&l->nets[n]);
		n++;
	}
	freeifaddrs(list);
	l->acl = (struct acl_local){l->hosts, n, l->nets, n};
}

/* conf's list in policy's form, in a; NULL: no memory. */
static struct acl_element *
acl_elements(const struct conf_match_list *list, struct arena *a)
{
	static const enum acl_kind kinds[] = {
	    [CONF_MATCH_ANY] = ACL_ANY,
	    [CONF_MATCH_NONE] = ACL_NONE,
	    [CONF_MATCH_LOCALHOST] = ACL_LOCALHOST,
	    [CONF_MATCH_LOCALNETS] = ACL_LOCALNETS,
	    [CONF_MATCH_PREFIX] = ACL_PREFIX,
	    [CONF_MATCH_KEY] = ACL_KEY,
	    [CONF_MATCH_PRINCIPAL] = ACL_PRINCIPAL,
	    [CONF_MATCH_ACL] = ACL_LIST,
	    [CONF_MATCH_LIST] = ACL_LIST,
	};
	struct acl_element *elements =
	    arena_calloc(a, list->n + 1, sizeof(elements[0]));

	for (size_t i = 0; elements != NULL && i < list->n; i++) {
		const struct conf_match *m = &list->items[i];
		struct acl_element *e = &elements[i];

		e->kind = kinds[m->kind];
		e->is_negated = m->is_negated;
		e->prefix = m->prefix;
		e->text = m->text;
		if (e->kind != ACL_LIST || m->list == NULL)
			continue;
		e->list = acl_elements(m->list, a);
		e->n = m->list->n;
		if (e->list == NULL)
			return NULL;
	}
	return elements;
}

int
match_list_compile(const struct conf_match_list *list,
    const struct conf_place *place, const struct local_addresses *local,
    struct complaints *c, struct acl **acl_out)
{
	struct reason reason = {""};
	struct arena a;
	const struct acl_element *elements;
	int ret = ERR_NOMEM;

	*acl_out = NULL;
	arena_init(&a, 0);
	elements = acl_elements(list, &a);
	if (elements != NULL)
		ret = acl_create(elements, list->n, &local->acl, acl_out,
		    &reason);
	if (ret == ERR_MALFORMED) {
		complaints_add(c, list->n > 0 ? &list->items[0].place : place,
		    "%s", reason.text);
		ret = 0; /* the next mistake, too, is wanted */
	}
	arena_clear(&a);
	return ret;
}

/* An address elsewhere is enough: addresses can be forged. */
static bool
trusts_addresses(const struct conf_match_list *list)
{
	for (size_t i = 0; i < list->n; i++) {
		const struct conf_match *m = &list->items[i];

		if (m->is_negated)
			continue;
		if (m->kind == CONF_MATCH_ANY ||
		    m->kind == CONF_MATCH_LOCALNETS ||
		    (m->kind == CONF_MATCH_PREFIX &&
			!addr_is_loopback(&m->prefix.addr)) ||
		    (m->list != NULL && trusts_addresses(m->list)))
			return true;
	}
	return false;
}

void
match_lists_warn(const struct conf *conf, struct complaints *c)
{
	const struct conf_match *last = NULL;

	for (size_t i = 0; i < conf->n_zones; i++) {
		const struct conf_match_list *list =
		    &conf->zones[i].allow_update;

		if (list->items != last && trusts_addresses(list))
			complaints_warn(c, &list->items[0].place,
			    "allow-update: whoever has, or forges, such an "
			    "address may change everything, unsigned: name "
			    "keys or principals, or use update-policy");
		last = list->items;
	}
}
