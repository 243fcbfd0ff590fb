/*
 * fake_ldap.c - a directory server that says what a test wants
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <arpa/inet.h>
#include <ldap.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/unit/fake_ldap.h"
#include "tests/unit/suites.h"

#define REQUEST_MAX 65536
#define VALUE_MAX 4096

static struct {
	int listener;
	atomic_int fd; /* of the connection; -1: none */
	atomic_bool is_over;
	atomic_int usn;
	unsigned noise; /* seed; 0: none */
	unsigned features;
	void (*answer)(const struct fake_search *s);
	pthread_t thread;
	char uri[64];
} fake = {.fd = -1};

bool
fake_asks(const struct fake_search *s, const char *text)
{
	return memmem(s->octets, s->len, text, strlen(text)) != NULL;
}

void
fake_octets(const struct fake_search *s, const void *octets, size_t len)
{
	(void)!send(s->fd, octets, len, MSG_NOSIGNAL);
}

void
fake_hang_up(const struct fake_search *s)
{
	(void)shutdown(fake.listener, SHUT_RDWR);
	(void)shutdown(s->fd, SHUT_RDWR);
}

/* Where the value begins of what has its tag at at. */
static size_t
value_at(const struct berval *octets, size_t at)
{
	unsigned char len = (unsigned char)octets->bv_val[at + 1];

	return at + 2 + (len & 0x80 ? len & 0x7f : 0);
}

/* The operation is behind the number of the message. */
static size_t
operation_at(const struct berval *octets)
{
	size_t at = value_at(octets, 0);

	return value_at(octets, at) + (unsigned char)octets->bv_val[at + 1];
}

static bool
is_entry(const struct berval *octets)
{
	return (unsigned char)octets->bv_val[operation_at(octets)] ==
	    LDAP_RES_SEARCH_ENTRY;
}

/* Not what says which message it is of, and how long it is. */
static void
make_noise(const struct berval *octets)
{
	size_t at = value_at(octets, operation_at(octets));

	for (int n = rand_r(&fake.noise) % 3; n >= 0 && at < octets->bv_len;
	     n--) {
		size_t where = (size_t)rand_r(&fake.noise);

		octets->bv_val[at + where % (octets->bv_len - at)] =
		    (char)rand_r(&fake.noise);
	}
}

static void
send_ber(const struct fake_search *s, BerElement *ber)
{
	struct berval octets;

	CU_ASSERT_FATAL(ber_flatten2(ber, &octets, 0) == 0);
	if (fake.noise != 0 && is_entry(&octets) && s->base[0] != '\0')
		make_noise(&octets);
	fake_octets(s, octets.bv_val, octets.bv_len);
	ber_free(ber, 1);
}

static BerElement *
begin(const struct fake_search *s)
{
	BerElement *ber = ber_alloc_t(LBER_USE_DER);

	CU_ASSERT_PTR_NOT_NULL_FATAL(ber);
	(void)ber_printf(ber, "{i", s->msgid);
	return ber;
}

static size_t
read_value(const char *line, char value[VALUE_MAX])
{
	const char *text = strchr(line, ':') + 1;
	unsigned octet;
	size_t n = 0;

	if (*text != ':')
		return (size_t)snprintf(value, VALUE_MAX, "%s", text + 1);
	for (text += 2; sscanf(text, "%2x", &octet) == 1; text += 2)
		value[n++] = (char)octet;
	return n;
}

static void
put_entry(BerElement *ber, const char *dn, const char *const *lines)
{
	char value[VALUE_MAX], attribute[64];

	(void)ber_printf(ber, "t{s{", LDAP_RES_SEARCH_ENTRY, dn);
	for (size_t i = 0; lines[i] != NULL; i++) {
		size_t len = strcspn(lines[i], ":");

		(void)snprintf(attribute, sizeof(attribute), "%.*s", (int)len,
		    lines[i]);
		if (i == 0 || strncmp(lines[i], lines[i - 1], len + 1) != 0)
			(void)ber_printf(ber, "{s[", attribute);
		len = read_value(lines[i], value);
		(void)ber_printf(ber, "o", value, (ber_len_t)len);
		len = strcspn(lines[i], ":");
		if (lines[i + 1] == NULL ||
		    strncmp(lines[i], lines[i + 1], len + 1) != 0)
			(void)ber_printf(ber, "]}");
	}
	(void)ber_printf(ber, "}}");
}

void
fake_entry(const struct fake_search *s, const char *dn,
    const char *const *lines)
{
	BerElement *ber = begin(s);

	put_entry(ber, dn, lines);
	(void)ber_printf(ber, "}");
	send_ber(s, ber);
}

void
fake_reference(const struct fake_search *s, const char *uri)
{
	BerElement *ber = begin(s);

	(void)ber_printf(ber, "t{s}}", LDAP_RES_SEARCH_REFERENCE, uri);
	send_ber(s, ber);
}

static void
put_control(BerElement *ber, const char *oid, const char *value, size_t len)
{
	(void)ber_printf(ber, "t{{so}}", LDAP_TAG_CONTROLS, oid, value,
	    (ber_len_t)len);
}

void
fake_sync_entry(const struct fake_search *s, int state, char uuid,
    const char *dn, const char *const *lines)
{
	char value[] = {0x30, 21, 10, 1, (char)state, 4, 16, 0, 0, 0, 0, 0, 0,
	    0, 0, 0, 0, 0, 0, 0, 0, 0, uuid};
	BerElement *ber = begin(s);

	put_entry(ber, dn, lines);
	put_control(ber, LDAP_CONTROL_SYNC_STATE, value, sizeof(value));
	(void)ber_printf(ber, "}");
	send_ber(s, ber);
}

void
fake_sync_info(const struct fake_search *s, const char *octets, size_t len)
{
	BerElement *ber = begin(s);

	(void)ber_printf(ber, "t{tsto}}", LDAP_RES_INTERMEDIATE,
	    LDAP_TAG_IM_RES_OID, LDAP_SYNC_INFO, LDAP_TAG_IM_RES_VALUE, octets,
	    (ber_len_t)len);
	send_ber(s, ber);
}

void
fake_done(const struct fake_search *s, int code)
{
	BerElement *ber = begin(s);

	(void)ber_printf(ber, "t{ess}}", LDAP_RES_SEARCH_RESULT, code, "", "");
	send_ber(s, ber);
}

void
fake_page_done(const struct fake_search *s, const char *octets, size_t len)
{
	BerElement *ber = begin(s);

	(void)ber_printf(ber, "t{ess}", LDAP_RES_SEARCH_RESULT, LDAP_SUCCESS,
	    "", "");
	put_control(ber, LDAP_CONTROL_PAGEDRESULTS, octets, len);
	(void)ber_printf(ber, "}");
	send_ber(s, ber);
}

static void
answer_root(const struct fake_search *s)
{
	char usn[64];
	const char *lines[] = {"supportedControl: none",
	    fake.features & FAKE_SYNC ? "supportedControl: " LDAP_CONTROL_SYNC
				      : "supportedControl: neither",
	    fake.features & FAKE_PAGING
		? "supportedControl: " LDAP_CONTROL_PAGEDRESULTS
		: "supportedControl: nor",
	    fake.features & FAKE_AD
		? "supportedCapabilities: 1.2.840.113556.1.4.800"
		: "supportedCapabilities: none",
	    NULL, NULL};

	(void)snprintf(usn, sizeof(usn), "highestCommittedUSN: %d",
	    atomic_load(&fake.usn));
	lines[4] = usn;
	fake_entry(s, "", lines);
	fake_done(s, LDAP_SUCCESS);
}

/* False: it is no search. */
static bool
take_request(uint8_t *octets, size_t len)
{
	struct berval whole = {len, (char *)octets}, base;
	struct fake_search s = {.fd = atomic_load(&fake.fd),
	    .octets = octets,
	    .len = len};
	BerElement *ber = ber_init(&whole);
	ber_tag_t tag;
	ber_len_t rest;
	char *text = NULL;
	bool is_search;

	is_search = ber_scanf(ber, "{i", &s.msgid) != LBER_ERROR;
	tag = ber_peek_tag(ber, &rest);
	is_search = is_search && tag == LDAP_REQ_SEARCH &&
	    ber_scanf(ber, "{m", &base) != LBER_ERROR;
	if (is_search) {
		text = strndup(base.bv_val, base.bv_len);
		s.base = text;
		if (text[0] == '\0')
			answer_root(&s);
		else
			fake.answer(&s);
	}
	free(text);
	ber_free(ber, 1);
	return is_search || tag == LDAP_REQ_ABANDON;
}

static bool
read_all(int fd, uint8_t *octets, size_t len)
{
	return recv(fd, octets, len, MSG_WAITALL) == (ssize_t)len;
}

/* A whole LDAPMessage; 0: there is none. */
static size_t
read_request(int fd, uint8_t *octets)
{
	size_t len, n = 0;

	if (!read_all(fd, octets, 2))
		return 0;
	len = octets[1];
	if (len & 0x80) {
		n = len & 0x7f;
		if (n > 4 || !read_all(fd, octets + 2, n))
			return 0;
		len = 0;
		for (size_t i = 0; i < n; i++)
			len = len << 8 | octets[2 + i];
	}
	if (len > REQUEST_MAX - 8 || !read_all(fd, octets + 2 + n, len))
		return 0;
	return 2 + n + len;
}

static void *
serve(void *arg)
{
	static uint8_t octets[REQUEST_MAX];
	int fd, on = 1;
	size_t len;

	while (!atomic_load(&fake.is_over)) {
		fd = accept(fake.listener, NULL, NULL);
		if (fd == -1)
			break;
		(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
		atomic_store(&fake.fd, fd);
		while ((len = read_request(fd, octets)) > 0 &&
		    take_request(octets, len))
			;
		atomic_store(&fake.fd, -1);
		(void)close(fd);
	}
	return arg;
}

void
fake_ldap_start(unsigned features, void (*answer)(const struct fake_search *s))
{
	struct sockaddr_in a = {.sin_family = AF_INET,
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(a);

	fake.features = features;
	fake.answer = answer;
	atomic_store(&fake.is_over, false);
	atomic_store(&fake.usn, 1);
	fake.noise = 0;
	fake.listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	CU_ASSERT_FATAL(fake.listener != -1);
	CU_ASSERT_FATAL(
	    bind(fake.listener, (struct sockaddr *)&a, sizeof(a)) == 0 &&
	    listen(fake.listener, 8) == 0 &&
	    getsockname(fake.listener, (struct sockaddr *)&a, &len) == 0);
	(void)snprintf(fake.uri, sizeof(fake.uri), "ldap://127.0.0.1:%d",
	    ntohs(a.sin_port));
	CU_ASSERT_FATAL(pthread_create(&fake.thread, NULL, serve, NULL) == 0);
}

/* The directory has closed its connection before. */
void
fake_ldap_stop(void)
{
	atomic_store(&fake.is_over, true);
	(void)shutdown(fake.listener, SHUT_RDWR);
	(void)pthread_join(fake.thread, NULL);
	(void)close(fake.listener);
}

void
fake_ldap_set_usn(int usn)
{
	atomic_store(&fake.usn, usn);
}

void
fake_ldap_make_noise(unsigned seed)
{
	fake.noise = seed;
}

const char *
fake_ldap_uri(void)
{
	return fake.uri;
}
