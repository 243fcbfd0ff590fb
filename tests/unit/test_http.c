/*
 * test_http.c - the panel's server, asked over a socket
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include "tests/unit/suites.h"
#include "web/metrics.h"
#include "web/web.h"

#define ANSWER_MAX 65536

static bool is_well, may_read;
static char answer[ANSWER_MAX]; /* the newest one, whole */

/* --- A site */

static enum web_result
make_echo(void *arg, const struct web_query *q, json_t **document_out,
    char reason[WEB_REASON_SIZE])
{
	const char *text = web_query_parameter(q, "text");

	(void)arg;
	if (text == NULL) {
		(void)snprintf(reason, WEB_REASON_SIZE, "text is needed");
		return WEB_BAD_QUERY;
	}
	*document_out = json_pack("{s:s, s:s?, s:s?}", "text", text, "item",
	    web_query_item(q), "principal", web_query_principal(q));
	return WEB_FOUND;
}

static enum web_result
make_nothing(void *arg, const struct web_query *q, json_t **document_out,
    char reason[WEB_REASON_SIZE])
{
	(void)arg;
	(void)document_out;
	(void)snprintf(reason, WEB_REASON_SIZE, "no such \"%s\"",
	    web_query_item(q) == NULL ? "" : web_query_item(q));
	return WEB_NOT_FOUND;
}

static const struct web_document documents[] = {
    {"echo", true, make_echo},
    {"nothing", false, make_nothing},
    {NULL, false, NULL},
};

static void
write_metrics(void *arg, struct metrics *m)
{
	static const struct metrics_family family = {METRICS_COUNTER, "k_x",
	    NULL, "X."};

	(void)arg;
	metrics_begin(m, &family);
	metrics_count(m, 1, NULL);
}

static json_t *
ailments(void *arg)
{
	(void)arg;
	return is_well ? json_array() : json_pack("[s, s]", "one", "two");
}

static bool
may_read_metrics(void *arg, const struct sockaddr *from)
{
	(void)arg;
	return may_read && from->sa_family == AF_INET;
}

static void
keys(void *arg, web_take_key *take, void *take_arg)
{
	(void)arg;
	take(take_arg, "FILE:/no/such", "HTTP/localhost@R");
}

static void
on_sign_in(void *arg, const struct web_sign_in *how)
{
	(void)arg;
	(void)how;
}

static const struct web_site site = {NULL, documents, write_metrics, ailments,
    may_read_metrics, keys, on_sign_in};

/* --- A client */

static struct web *web;
static struct sockaddr_in where;

static void
open_web(void)
{
	struct sockaddr_storage address = {0};
	char reason[WEB_REASON_SIZE];
	struct sockaddr_in *in = (struct sockaddr_in *)&address;
	socklen_t len = sizeof(where);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	/* A port that is free now. */
	where.sin_family = AF_INET;
	where.sin_port = 0;
	where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	CU_ASSERT_EQUAL_FATAL(bind(fd, (struct sockaddr *)&where,
				  sizeof(where)),
	    0);
	(void)getsockname(fd, (struct sockaddr *)&where, &len);
	(void)close(fd);
	*in = where;
	CU_ASSERT_EQUAL_FATAL(web_open(&address, 1, &web, reason), 0);
	CU_ASSERT_EQUAL_FATAL(web_start(web, &site, NULL, reason), 0);
	is_well = may_read = true;
}

static void
close_web(void)
{
	web_close(web);
	web = NULL;
}

static int
connect_web(void)
{
	struct timeval limit = {.tv_sec = 20};
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	CU_ASSERT_EQUAL_FATAL(connect(fd, (struct sockaddr *)&where,
				  sizeof(where)),
	    0);
	return fd;
}

/* Sends text, reads to the end. */
static void
exchange(const char *text, size_t len)
{
	int fd = connect_web();
	size_t n = 0;
	ssize_t got;

	while (len > 0) {
		got = send(fd, text, len, MSG_NOSIGNAL);
		if (got <= 0)
			break;
		text += got;
		len -= (size_t)got;
	}
	while ((got = recv(fd, answer + n, ANSWER_MAX - 1 - n, 0)) > 0)
		n += (size_t)got;
	answer[n] = '\0';
	(void)close(fd);
}

/* METHOD PATH with these headers more; the status. */
static int
ask(const char *method, const char *path, const char *headers)
{
	char text[4096];
	int len = snprintf(text, sizeof(text),
	    "%s %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n%s\r\n",
	    method, path, headers);
	int status = 0;

	exchange(text, (size_t)len);
	(void)sscanf(answer, "HTTP/1.1 %d", &status);
	return status;
}

static bool
says(const char *text)
{
	return strstr(answer, text) != NULL;
}

/* --- What it has to hold to */

static void
test_documents_are_answered_as_json(void)
{
	open_web();
	CU_ASSERT_EQUAL(ask("GET", "/api/v1/echo?text=a%20%22b", ""), 200);
	CU_ASSERT(says("Content-Type: application/json\r\n"));
	CU_ASSERT(says("{\"text\":\"a \\\"b\",\"item\":null"));
	CU_ASSERT_EQUAL(ask("GET", "/api/v1/echo/a%2fb?text=c", ""), 200);
	CU_ASSERT(says("\"item\":\"a/b\""));
	CU_ASSERT_EQUAL(ask("GET", "/api/v1/echo", ""), 400);
	CU_ASSERT(says("{\"error\":\"text is needed\"}"));
	CU_ASSERT_EQUAL(ask("GET", "/api/v1/nothing", ""), 404);
	CU_ASSERT(says("{\"error\":\"no such \\\"\\\"\"}"));
	CU_ASSERT_EQUAL(ask("GET", "/api/v1/nothing/item", ""), 404);
	CU_ASSERT(says("there is no such document"));
	CU_ASSERT_EQUAL(ask("GET", "/api/v1/other", ""), 404);
	close_web();
}

static void
test_the_page_is_part_of_the_program(void)
{
	char headers[256], *etag;

	open_web();
	CU_ASSERT_EQUAL(ask("GET", "/", ""), 200);
	CU_ASSERT(says("<!doctype html>"));
	CU_ASSERT(says("Content-Type: text/html; charset=utf-8\r\n"));
	CU_ASSERT_EQUAL(ask("GET", "/app.js", ""), 200);
	CU_ASSERT(says("Content-Type: text/javascript; charset=utf-8\r\n"));
	etag = strstr(answer, "ETag: ");
	CU_ASSERT_PTR_NOT_NULL_FATAL(etag);
	(void)snprintf(headers, sizeof(headers), "If-None-Match: %.*s\r\n",
	    (int)strcspn(etag + 6, "\r"), etag + 6);
	CU_ASSERT_EQUAL(ask("GET", "/app.js", headers), 304);
	CU_ASSERT_EQUAL(ask("GET", "/no-such.js", ""), 404);
	CU_ASSERT_EQUAL(ask("GET", "/../web.c", ""), 404);
	close_web();
}

static void
test_every_answer_has_the_headers(void)
{
	static const char *const paths[] = {"/", "/app.js", "/metrics",
	    "/healthz", "/api/v1/nothing", "/no-such"};
	static const char *const headers[] =
	    {"Content-Security-Policy: default-src 'none'; script-src 'self';",
		"frame-ancestors 'none'", "X-Content-Type-Options: nosniff\r\n",
		"Referrer-Policy: no-referrer\r\n", "X-Frame-Options: DENY\r\n",
		"Cache-Control: no-"};

	open_web();
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		(void)ask("GET", paths[i], "");
		for (size_t j = 0; j < sizeof(headers) / sizeof(headers[0]);
		     j++)
			CU_ASSERT(says(headers[j]));
		CU_ASSERT(!says("unsafe"));
		CU_ASSERT(!says("Access-Control"));
	}
	close_web();
}

static void
test_it_only_reads(void)
{
	open_web();
	CU_ASSERT_EQUAL(ask("HEAD", "/", ""), 200);
	CU_ASSERT(!says("<!doctype"));
	CU_ASSERT_EQUAL(ask("POST", "/", "Content-Length: 0\r\n"), 405);
	CU_ASSERT(says("Allow: GET, HEAD\r\n"));
	CU_ASSERT_EQUAL(ask("DELETE", "/api/v1/echo", ""), 405);
	CU_ASSERT_EQUAL(ask("OPTIONS", "/", ""), 405);
	close_web();
}

static void
test_metrics_come_in_the_format_that_is_asked_for(void)
{
	open_web();
	CU_ASSERT_EQUAL(ask("GET", "/metrics",
			    "Accept: application/openmetrics-text;"
			    "version=1.0.0,text/plain;q=0.5\r\n"),
	    200);
	CU_ASSERT(says("Content-Type: application/openmetrics-text; "));
	CU_ASSERT(says("# TYPE k_x counter\n"));
	CU_ASSERT(says("# EOF\n"));
	CU_ASSERT_EQUAL(ask("GET", "/metrics", ""), 200);
	CU_ASSERT(says("Content-Type: text/plain; version=0.0.4; "));
	CU_ASSERT(says("# TYPE k_x_total counter\n"));
	may_read = false;
	CU_ASSERT_EQUAL(ask("GET", "/metrics", ""), 403);
	CU_ASSERT_EQUAL(ask("GET", "/healthz", ""), 403);
	CU_ASSERT_EQUAL(ask("GET", "/api/v1/echo?text=x", ""), 200);
	close_web();
}

static void
test_health_is_ok_or_says_why_not(void)
{
	open_web();
	CU_ASSERT_EQUAL(ask("GET", "/healthz", ""), 200);
	CU_ASSERT(says("\r\n\r\nok\n"));
	is_well = false;
	CU_ASSERT_EQUAL(ask("GET", "/healthz", ""), 503);
	CU_ASSERT(says("\r\n\r\none\ntwo\n"));
	close_web();
}

static void
ask_host(const char *header)
{
	char text[512];
	int len = snprintf(text, sizeof(text),
	    "GET /api/v1/echo?text=secret HTTP/1.1\r\nConnection: close\r\n"
	    "%s\r\n",
	    header);

	exchange(text, (size_t)len);
}

static void
test_a_name_from_elsewhere_reads_nothing(void)
{
	open_web();
	ask_host("Host: evil.example\r\n");
	CU_ASSERT(says(" 403 "));
	CU_ASSERT(!says("secret"));
	ask_host("");
	CU_ASSERT(!says("secret"));
	ask_host("Host: 127.0.0.1:8053\r\n");
	CU_ASSERT(says("secret"));
	close_web();
}

static void
test_a_large_header_is_read_and_a_larger_one_is_not(void)
{
	size_t most = 300000;
	char *text = malloc(most + 512);
	int len;

	open_web();
	for (size_t size = 64000; size <= most; size += most - 64000) {
		len = sprintf(text,
		    "GET /healthz HTTP/1.1\r\nHost: localhost\r\n"
		    "Connection: close\r\nAuthorization: Negotiate ");
		memset(text + len, 'A', size);
		memcpy(text + len + size, "\r\n\r\n", 4);
		exchange(text, (size_t)len + size + 4);
		if (size < most)
			CU_ASSERT(says("ok\n"));
		if (size == most)
			CU_ASSERT(says(" 431 ") || answer[0] == '\0');
	}
	free(text);
	close_web();
}

static void
test_those_who_say_nothing_keep_nobody_out(void)
{
	int idle[3 * WEB_CONNECTIONS_PER_ADDRESS];
	size_t n = sizeof(idle) / sizeof(idle[0]);

	open_web();
	for (size_t i = 0; i < n; i++) {
		idle[i] = connect_web();
		(void)send(idle[i], "GET /", 5, MSG_NOSIGNAL);
	}
	CU_ASSERT_EQUAL(ask("GET", "/healthz", ""), 200);
	for (size_t i = 0; i < n; i++)
		(void)close(idle[i]);
	close_web();
}

static void
test_a_new_site_takes_over(void)
{
	struct web_site other = site;
	static const struct web_document none[] = {{NULL, false, NULL}};
	static const char *const admins[] = {"a@R"};
	const struct web_negotiate negotiate = {.certificate = "/no/such.pem",
	    .key = "/no/such.key",
	    .replay_cache = "/tmp/rcache",
	    .admins = admins,
	    .n_admins = 1};
	char reason[WEB_REASON_SIZE];

	open_web();
	other.documents = none;
	CU_ASSERT_EQUAL(web_start(web, &other, NULL, reason), 0);
	CU_ASSERT_EQUAL(ask("GET", "/api/v1/echo?text=x", ""), 404);
	CU_ASSERT_EQUAL(web_start(web, &site, &negotiate, reason), -1);
	CU_ASSERT_PTR_NOT_NULL(strstr(reason, "/no/such.pem"));
	CU_ASSERT_EQUAL(ask("GET", "/healthz", ""), 200);
	close_web();
}

CU_TestInfo http_tests[] = {
    {"documents are answered as JSON", test_documents_are_answered_as_json},
    {"the page is part of the program", test_the_page_is_part_of_the_program},
    {"every answer has the headers", test_every_answer_has_the_headers},
    {"it only reads", test_it_only_reads},
    {"metrics come in the format that is asked for",
	test_metrics_come_in_the_format_that_is_asked_for},
    {"health is ok or says why not", test_health_is_ok_or_says_why_not},
    {"a name from elsewhere reads nothing",
	test_a_name_from_elsewhere_reads_nothing},
    {"a large header is read and a larger one is not",
	test_a_large_header_is_read_and_a_larger_one_is_not},
    {"those who say nothing keep nobody out",
	test_those_who_say_nothing_keep_nobody_out},
    {"a new site takes over", test_a_new_site_takes_over},
    CU_TEST_INFO_NULL,
};
