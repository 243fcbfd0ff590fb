/*
 * kdcs.c - the KDCs of one realm: found, probed, talked to
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <errno.h>
#include <netdb.h>
#include <profile.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "ktutils/exchange.h"
#include "ktutils/greeting.h"
#include "ktutils/kdcs.h"
#include "ktutils/resolve.h"

#define KDC_PORT "88"
#define MAX_KDCS 64 /* addresses of one realm; more are not asked */

/* --- Finding --- */

/* "host", "host:port", "[address]:port", or an IPv6 address as it is. */
static void
split(const char *text, struct resolve_host *h)
{
	const char *end = text + strlen(text), *colon = strrchr(text, ':');
	bool is_bracketed = text[0] == '[' && strchr(text, ']') != NULL;

	memset(h, 0, sizeof(*h));
	(void)snprintf(h->port, sizeof(h->port), "%s", KDC_PORT);
	if (is_bracketed) {
		end = strchr(text++, ']');
		if (end[1] == ':')
			(void)snprintf(h->port, sizeof(h->port), "%s", end + 2);
	} else if (colon != NULL && strchr(text, ':') == colon) {
		end = colon;
		(void)snprintf(h->port, sizeof(h->port), "%s", colon + 1);
	}
	(void)snprintf(h->host, sizeof(h->host), "%.*s", (int)(end - text),
	    text);
}

/* Puts one more at the end; NULL: no memory, or more than enough. */
static struct kdc *
add(struct kdcs *k, const char *host)
{
	struct kdc *items;
	struct kdc *one;

	if (k->n == MAX_KDCS)
		return NULL;
	items = reallocarray(k->items, k->n + 1, sizeof(*items));
	if (items == NULL)
		return NULL;
	k->items = items;
	one = memset(&items[k->n++], 0, sizeof(*one));
	one->tcp_ms = one->udp_ms = -1;
	(void)snprintf(one->host, sizeof(one->host), "%s", host);
	return one;
}

static void
add_addresses(struct kdcs *k, const struct resolve_host *h)
{
	char host[KDC_HOST_SIZE];
	struct kdc *one;

	(void)snprintf(host, sizeof(host),
	    strchr(h->host, ':') == NULL ? "%s:%s" : "[%s]:%s", h->host,
	    h->port);
	if (h->found == NULL) {
		one = add(k, host);
		if (one != NULL)
			(void)snprintf(one->reason, sizeof(one->reason),
			    "its name cannot be looked up: %s", h->problem);
		return;
	}
	for (const struct addrinfo *a = h->found; a != NULL; a = a->ai_next) {
		one = add(k, host);
		if (one == NULL)
			return;
		memcpy(&one->address, a->ai_addr, a->ai_addrlen);
		one->address_len = a->ai_addrlen;
	}
}

static bool
is_proxy(const char *text)
{
	return strncasecmp(text, "https://", 8) == 0 ||
	    strncasecmp(text, "http://", 7) == 0;
}

/* Those of krb5.conf that are not proxies, which are put into the list. */
static size_t
read_profile(struct kdcs *k, profile_t profile, struct resolve_host *hosts)
{
	const char *names[] = {"realms", k->realm, "kdc", NULL};
	char **values = NULL;
	size_t n = 0;

	if (profile_get_values(profile, names, &values) != 0)
		return 0;
	for (char **v = values; *v != NULL && n < RESOLVE_MAX_HOSTS; v++) {
		struct kdc *one;

		if (!is_proxy(*v)) {
			split(*v, &hosts[n++]);
			continue;
		}
		one = add(k, *v);
		if (one != NULL)
			(void)snprintf(one->reason, sizeof(one->reason),
			    "it is behind a proxy, which is not asked");
	}
	profile_free_list(values);
	return n;
}

static size_t
find_hosts(struct kdcs *k, krb5_context krb5, int64_t deadline,
    struct resolve_host *hosts)
{
	profile_t profile;
	int asks_dns = 1;
	size_t n;

	if (krb5_get_profile(krb5, &profile) != 0)
		return 0;
	n = read_profile(k, profile, hosts);
	(void)profile_get_boolean(profile, "libdefaults", "dns_lookup_kdc",
	    NULL, 1, &asks_dns);
	profile_release(profile);
	if (n == 0 && k->n == 0 && asks_dns)
		n = resolve_realm(k->realm, deadline, hosts);
	return n;
}

int
kdcs_find(struct kdcs *k, krb5_context krb5, const char *realm,
    int64_t deadline)
{
	struct resolve_host *hosts = calloc(RESOLVE_MAX_HOSTS, sizeof(*hosts));
	size_t n;

	memset(k, 0, sizeof(*k));
	k->stop_fd = -1;
	k->realm = strdup(realm);
	if (hosts == NULL || k->realm == NULL) {
		free(hosts);
		return -1;
	}
	n = find_hosts(k, krb5, deadline, hosts);
	resolve_hosts(hosts, n, deadline);
	for (size_t i = 0; i < n; i++) {
		add_addresses(k, &hosts[i]);
		if (hosts[i].found != NULL)
			freeaddrinfo(hosts[i].found);
	}
	free(hosts);
	return 0;
}

void
kdcs_clear(struct kdcs *k)
{
	free(k->items);
	free(k->realm);
	memset(k, 0, sizeof(*k));
}

void
kdc_address(const struct kdc *k, char text[KDC_ADDRESS_SIZE])
{
	char host[64], port[8];

	text[0] = '\0';
	if (k->address_len != 0 &&
	    getnameinfo((const struct sockaddr *)&k->address, k->address_len,
		host, sizeof(host), port, sizeof(port),
		NI_NUMERICHOST | NI_NUMERICSERV) == 0)
		(void)snprintf(text, KDC_ADDRESS_SIZE, "%s#%s", host, port);
}

/* --- Probing --- */

/* A request of its own for each KDC, by TCP and UDP. */
struct probe {
	struct greeting *greeting; /* NULL: it could not be made */
	struct exchange by[2];
};

#define BY_TCP 0
#define BY_UDP 1

static void
begin_probe(struct probe *p, const struct kdc *kdc, krb5_const_principal client,
    krb5_keytab keytab)
{
	const krb5_data *request;

	memset(p, 0, sizeof(*p));
	for (int i = 0; i < 2; i++) {
		p->by[i].fd = -1;
		p->by[i].state = EXCHANGE_DONE;
	}
	if (kdc->address_len == 0)
		return;
	p->greeting = greeting_begin(client, keytab);
	if (p->greeting == NULL)
		return;
	request = greeting_request(p->greeting);
	for (int i = 0; i < 2; i++) {
		p->by[i].address = (const struct sockaddr *)&kdc->address;
		p->by[i].address_len = kdc->address_len;
		p->by[i].is_tcp = i == BY_TCP;
		p->by[i].message = (const uint8_t *)request->data;
		p->by[i].message_len = request->length;
	}
}

static const char *
why(const struct exchange *x)
{
	switch (x->error) {
	case 0:
		return "answers";
	case ETIMEDOUT:
		return "no answer in time";
	case EPROTO:
		return "what it says is not Kerberos";
	default:
		return strerror(x->error);
	}
}

static void
end_probe(struct probe *p, struct kdc *kdc)
{
	const struct exchange *tcp = &p->by[BY_TCP], *udp = &p->by[BY_UDP];
	const struct exchange *answered = tcp->error == 0 ? tcp : udp;

	if (p->greeting == NULL)
		return;
	kdc->is_asked = true;
	kdc->tcp_ms = tcp->error == 0 ? tcp->took_ms : -1;
	kdc->udp_ms = udp->error == 0 ? udp->took_ms : -1;
	if (tcp->error != 0 || udp->error != 0)
		(void)snprintf(kdc->reason, sizeof(kdc->reason),
		    "TCP: %s; UDP: %s", why(tcp), why(udp));
	if (answered->error == 0)
		kdc->has_offset = greeting_offset(p->greeting, answered->reply,
		    answered->reply_len, &kdc->offset_s);
}

void
kdcs_probe(struct kdcs *k, krb5_const_principal client, krb5_keytab keytab,
    unsigned timeout_ms, int64_t deadline)
{
	struct probe *probes = calloc(k->n + 1, sizeof(*probes));
	struct exchange *all = calloc(2 * k->n + 1, sizeof(*all));
	int64_t end = exchange_now_ms() + timeout_ms;
	size_t n = 0;

	if (probes == NULL || all == NULL)
		goto done;
	for (size_t i = 0; i < k->n; i++) {
		begin_probe(&probes[i], &k->items[i], client, keytab);
		if (probes[i].greeting == NULL)
			continue;
		all[n++] = probes[i].by[BY_TCP];
		all[n++] = probes[i].by[BY_UDP];
	}
	exchange_run(all, n, end < deadline ? end : deadline, k->stop_fd);
	for (size_t i = 0, at = 0; i < k->n; i++) {
		if (probes[i].greeting == NULL)
			continue;
		probes[i].by[BY_TCP] = all[at++];
		probes[i].by[BY_UDP] = all[at++];
		end_probe(&probes[i], &k->items[i]);
		exchange_clear(&probes[i].by[BY_TCP]);
		exchange_clear(&probes[i].by[BY_UDP]);
		greeting_end(probes[i].greeting);
	}
done:
	free(all);
	free(probes);
}

/* --- Talking --- */

/* What a KDC and transport that was not yet tried promises; less is better. */
static int
promise(const struct kdc *kdc, bool is_tcp)
{
	int ms = is_tcp ? kdc->tcp_ms : kdc->udp_ms;

	if (kdc->address_len == 0 || (kdc->is_asked && ms == -1))
		return -1;
	/* UDP is for those that have no TCP: tickets of AD are large. */
	return (ms == -1 ? 0 : ms) + (is_tcp ? 0 : 1000000);
}

static bool
choose(const struct kdcs *k, const bool *tried, size_t *which_out)
{
	int best = -1;

	for (size_t i = 0; i < 2 * k->n; i++) {
		int ms = promise(&k->items[i / 2], i % 2 == BY_TCP);

		if (!tried[i] && ms != -1 && (best == -1 || ms < best)) {
			best = ms;
			*which_out = i;
		}
	}
	return best != -1;
}

/* Hands the reply out as krb5_data. */
static void
hand_out(struct exchange *x, krb5_data *reply_out)
{
	reply_out->magic = KV5M_DATA;
	reply_out->length = (unsigned)x->reply_len;
	reply_out->data = (char *)x->reply;
	x->reply = NULL;
}

int
kdcs_send(const struct kdcs *k, const krb5_data *message, unsigned timeout_ms,
    int64_t deadline, char reason[KEYTAB_REASON_SIZE], krb5_data *reply_out)
{
	bool tried[2 * MAX_KDCS] = {false};
	size_t which = 0;

	memset(reply_out, 0, sizeof(*reply_out));
	(void)snprintf(reason, KEYTAB_REASON_SIZE, "no KDC of %s answers",
	    k->realm);
	while (exchange_now_ms() < deadline && choose(k, tried, &which)) {
		const struct kdc *kdc = &k->items[which / 2];
		int64_t end = exchange_now_ms() + timeout_ms;
		struct exchange x = {
		    .address = (const struct sockaddr *)&kdc->address,
		    .address_len = kdc->address_len,
		    .is_tcp = which % 2 == BY_TCP,
		    .message = (const uint8_t *)message->data,
		    .message_len = message->length,
		};

		tried[which] = true;
		exchange_run(&x, 1, end < deadline ? end : deadline,
		    k->stop_fd);
		if (x.error == 0) {
			hand_out(&x, reply_out);
			return 0;
		}
		(void)snprintf(reason, KEYTAB_REASON_SIZE, "%s: %s", kdc->host,
		    why(&x));
	}
	return -1;
}
