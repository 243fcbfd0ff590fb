/*
 * addr.c - IP addresses, ports and prefixes
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "daemon/base/addr.h"
#include "daemon/base/err.h"

static const uint8_t mapped_prefix[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff,
    0xff};

static size_t
addr_len(uint8_t family)
{
	return family == AF_INET ? 4 : 16;
}

/* Turns ::ffff:a.b.c.d into a.b.c.d. */
static void
unmap(struct addr *a)
{
	if (a->family != AF_INET6 ||
	    memcmp(a->octets, mapped_prefix, sizeof(mapped_prefix)) != 0)
		return;
	memmove(a->octets, a->octets + 12, 4);
	memset(a->octets + 4, 0, 12);
	a->family = AF_INET;
}

/* An interface's name or its index, as addr_to_text() writes it; 0: neither. */
static uint32_t
scope_from_text(const char *text)
{
	uint32_t index = if_nametoindex(text);
	unsigned long number;
	char *end;

	if (index != 0 || text[0] < '0' || text[0] > '9')
		return index;
	number = strtoul(text, &end, 10);
	return *end == '\0' && number <= UINT32_MAX ? (uint32_t)number : 0;
}

int
addr_from_text(const char *text, struct addr *addr_out)
{
	struct addr a = {0};
	char plain[INET6_ADDRSTRLEN];
	const char *percent = strchr(text, '%');
	size_t len = percent == NULL ? strlen(text) : (size_t)(percent - text);

	memset(addr_out, 0, sizeof(*addr_out));
	if (len >= sizeof(plain))
		return ERR_MALFORMED;
	memcpy(plain, text, len);
	plain[len] = '\0';

	if (percent == NULL && inet_pton(AF_INET, plain, a.octets) == 1) {
		a.family = AF_INET;
	} else if (inet_pton(AF_INET6, plain, a.octets) == 1) {
		a.family = AF_INET6;
		unmap(&a);
	} else {
		return ERR_MALFORMED;
	}
	if (percent != NULL) {
		a.scope = scope_from_text(percent + 1);
		if (a.scope == 0)
			return ERR_NOTFOUND;
	}
	*addr_out = a;
	return 0;
}

/* Reads BIND's short forms too: "10/8", "192.168/16". */
static int
short_prefix(const char *text, size_t len, struct addr *addr_out)
{
	char full[32];
	int dots = 0;

	for (size_t i = 0; i < len; i++)
		dots += text[i] == '.';
	if (len == 0 || len > 15 || dots > 2 || memchr(text, ':', len) != NULL)
		return ERR_MALFORMED;
	(void)snprintf(full, sizeof(full), "%.*s%s", (int)len, text,
	    &".0.0.0"[2 * (size_t)dots]);
	return addr_from_text(full, addr_out);
}

int
addr_prefix_from_text(const char *text, struct addr_prefix *prefix_out)
{
	struct addr_prefix p = {0};
	const char *slash = strchr(text, '/');
	size_t len = slash == NULL ? strlen(text) : (size_t)(slash - text);
	unsigned long bits, most;
	char addr[INET6_ADDRSTRLEN + 1], *end;

	memset(prefix_out, 0, sizeof(*prefix_out));
	if (len >= sizeof(addr))
		return ERR_MALFORMED;
	memcpy(addr, text, len);
	addr[len] = '\0';
	if (addr_from_text(addr, &p.addr) != 0 &&
	    (slash == NULL || short_prefix(addr, len, &p.addr) != 0))
		return ERR_MALFORMED;

	most = 8 * addr_len(p.addr.family);
	bits = most;
	if (slash != NULL) {
		if (slash[1] < '0' || slash[1] > '9')
			return ERR_MALFORMED;
		bits = strtoul(slash + 1, &end, 10);
		if (*end != '\0')
			return ERR_MALFORMED;
		if (bits > most)
			return ERR_RANGE;
	}
	for (size_t bit = bits; bit < most; bit++)
		if ((p.addr.octets[bit / 8] & 0x80 >> bit % 8) != 0)
			return ERR_RANGE;
	p.length = (uint8_t)bits;
	*prefix_out = p;
	return 0;
}

int
addr_from_sockaddr(const struct sockaddr *sa, struct addr *addr_out)
{
	memset(addr_out, 0, sizeof(*addr_out));
	if (sa->sa_family == AF_INET) {
		struct sockaddr_in in;

		memcpy(&in, sa, sizeof(in));
		addr_out->family = AF_INET;
		addr_out->port = ntohs(in.sin_port);
		memcpy(addr_out->octets, &in.sin_addr, 4);
		return 0;
	}
	if (sa->sa_family == AF_INET6) {
		struct sockaddr_in6 in6;

		memcpy(&in6, sa, sizeof(in6));
		addr_out->family = AF_INET6;
		addr_out->port = ntohs(in6.sin6_port);
		addr_out->scope = in6.sin6_scope_id;
		memcpy(addr_out->octets, &in6.sin6_addr, 16);
		unmap(addr_out);
		return 0;
	}
	return ERR_UNSUPPORTED;
}

socklen_t
addr_to_sockaddr(const struct addr *a, struct sockaddr_storage *sa_out)
{
	memset(sa_out, 0, sizeof(*sa_out));
	if (a->family == AF_INET) {
		struct sockaddr_in in = {.sin_family = AF_INET};

		in.sin_port = htons(a->port);
		memcpy(&in.sin_addr, a->octets, 4);
		memcpy(sa_out, &in, sizeof(in));
		return sizeof(in);
	} else {
		struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};

		in6.sin6_port = htons(a->port);
		in6.sin6_scope_id = a->scope;
		memcpy(&in6.sin6_addr, a->octets, 16);
		memcpy(sa_out, &in6, sizeof(in6));
		return sizeof(in6);
	}
}

char *
addr_to_text(const struct addr *a, char text[ADDR_TEXT_SIZE])
{
	size_t len;

	if (a->family == 0 ||
	    inet_ntop(a->family, a->octets, text, ADDR_TEXT_SIZE) == NULL) {
		(void)snprintf(text, ADDR_TEXT_SIZE, "none");
		return text;
	}
	if (a->scope != 0) {
		len = strlen(text);
		(void)snprintf(text + len, ADDR_TEXT_SIZE - len, "%%%u",
		    a->scope);
	}
	return text;
}

char *
addr_to_text_port(const struct addr *a, char text[ADDR_TEXT_SIZE])
{
	size_t len;

	(void)addr_to_text(a, text);
	len = strlen(text);
	(void)snprintf(text + len, ADDR_TEXT_SIZE - len, "#%u", a->port);
	return text;
}

bool
addr_equal(const struct addr *a, const struct addr *b)
{
	return a->family == b->family && a->scope == b->scope &&
	    memcmp(a->octets, b->octets, addr_len(a->family)) == 0;
}

bool
addr_in_prefix(const struct addr *a, const struct addr_prefix *p)
{
	size_t whole = p->length / 8, rest = p->length % 8;

	if (a->family != p->addr.family ||
	    memcmp(a->octets, p->addr.octets, whole) != 0)
		return false;
	return rest == 0 ||
	    ((a->octets[whole] ^ p->addr.octets[whole]) >> (8 - rest)) == 0;
}

struct addr
addr_budget(const struct addr *a)
{
	const size_t network_len = 8;
	struct addr b = *a;
	bool is_link_local =
	    b.octets[0] == 0xfe && (b.octets[1] & 0xc0) == 0x80;

	b.port = 0;
	if (b.family == AF_INET6 && !is_link_local)
		memset(b.octets + network_len, 0,
		    sizeof(b.octets) - network_len);
	return b;
}

uint64_t
addr_hash(const struct addr *a, uint64_t seed)
{
	uint64_t h = seed ^ a->family;

	for (size_t i = 0; i < sizeof(a->octets); i++)
		h = (h ^ a->octets[i]) * 0x100000001b3u; /* FNV-1a */
	return h ^ h >> 32;
}

uint64_t
addr_hash_seed(void)
{
	uint64_t seed;

	if (getrandom(&seed, sizeof(seed), 0) != sizeof(seed))
		seed = (uintptr_t)&seed; /* an early boot: better than none */
	return seed;
}

bool
addr_is_loopback(const struct addr *a)
{
	static const uint8_t one[16] = {[15] = 1};

	if (a->family == AF_INET)
		return a->octets[0] == 127;
	return a->family == AF_INET6 && memcmp(a->octets, one, 16) == 0;
}
