/*
 * serve.c - one request, and what is answered to it
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <time.h>

#include "web/assets.h"
#include "web/metrics.h"
#include "web/route.h"
#include "web/serve.h"
#include "web/sessions.h"

#define COOKIE "__Host-kddns"
#define PEM_MAX (1024 * 1024)

/* Nothing from elsewhere, nothing inline, nobody's frame. */
#define CONTENT_SECURITY_POLICY                                                \
	"default-src 'none'; script-src 'self'; style-src 'self'; "            \
	"img-src 'self'; connect-src 'self'; base-uri 'none'; "                \
	"form-action 'none'; frame-ancestors 'none'"

struct web_query {
	struct MHD_Connection *c;
	const char *item;
	const char *principal;
};

/* One request. */
struct exchange {
	const struct serving *serving;
	const struct visit *visit;
	struct MHD_Connection *c; /* the visit's */
	struct route route;
	char principal[SESSION_PRINCIPAL_SIZE]; /* "": nobody has to be */
	char cookie[SESSION_COOKIE_SIZE];       /* to be set, or "" */
	unsigned session_s;
	char *token;    /* Negotiate's, to be sent, or NULL */
	bool challenge; /* ask for Negotiate */
};

/* What is answered: octets on the heap, which are taken, or constant ones. */
struct body {
	unsigned status;
	const char *type;
	const void *octets;
	size_t len;
	bool is_constant;
	const char *etag; /* NULL: not to be kept at all */
};

uint64_t
serve_now_ms(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* --- What is served --- */

/* A whole file as text, on the heap. */
static char *
read_text(const char *path, char reason[WEB_REASON_SIZE])
{
	FILE *f = fopen(path, "re");
	char *text = f == NULL ? NULL : malloc(PEM_MAX);
	size_t len;

	if (text == NULL) {
		(void)snprintf(reason, WEB_REASON_SIZE, "%s: %s", path,
		    strerror(errno));
		if (f != NULL)
			(void)fclose(f);
		return NULL;
	}
	len = fread(text, 1, PEM_MAX - 1, f);
	text[len] = '\0';
	(void)fclose(f);
	return text;
}

static bool
is_private(const char *path, char reason[WEB_REASON_SIZE])
{
	struct stat st;

	if (stat(path, &st) == -1) {
		(void)snprintf(reason, WEB_REASON_SIZE, "%s: %s", path,
		    strerror(errno));
		return false;
	}
	if ((st.st_mode & S_IRWXO) == 0)
		return true;
	(void)snprintf(reason, WEB_REASON_SIZE,
	    "%s: everybody may read it (mode %04o)", path, st.st_mode & 07777);
	return false;
}

struct serving *
serving_create(const struct web_site *site,
    const struct web_negotiate *negotiate, char reason[WEB_REASON_SIZE])
{
	struct serving *s = calloc(1, sizeof(*s));

	(void)snprintf(reason, WEB_REASON_SIZE, "out of memory");
	if (s == NULL)
		return NULL;
	s->site = *site;
	if (negotiate == NULL)
		return s;
	s->sign_in = sign_in_create(site, negotiate);
	if (s->sign_in != NULL)
		s->certificate = read_text(negotiate->certificate, reason);
	if (s->certificate != NULL && is_private(negotiate->key, reason))
		s->key = read_text(negotiate->key, reason);
	if (s->key != NULL)
		return s;
	serving_destroy(s);
	return NULL;
}

void
serving_destroy(struct serving *s)
{
	if (s == NULL)
		return;
	if (s->key != NULL)
		explicit_bzero(s->key, strlen(s->key));
	free(s->key);
	free(s->certificate);
	sign_in_destroy(s->sign_in);
	free(s);
}

/* --- Queries --- */

const char *
web_query_item(const struct web_query *q)
{
	return q->item[0] == '\0' ? NULL : q->item;
}

const char *
web_query_parameter(const struct web_query *q, const char *name)
{
	return MHD_lookup_connection_value(q->c, MHD_GET_ARGUMENT_KIND, name);
}

const char *
web_query_principal(const struct web_query *q)
{
	return q->principal[0] == '\0' ? NULL : q->principal;
}

static const char *
header(const struct exchange *x, const char *name)
{
	return MHD_lookup_connection_value(x->c, MHD_HEADER_KIND, name);
}

static const struct sockaddr *
peer(const struct exchange *x)
{
	return MHD_get_connection_info(x->c, MHD_CONNECTION_INFO_CLIENT_ADDRESS)
	    ->client_addr;
}

/* --- Answers --- */

static void
add_headers(const struct exchange *x, const struct body *body,
    struct MHD_Response *r)
{
	static const struct {
		const char *name, *value;
	} always[] = {
	    {"Content-Security-Policy", CONTENT_SECURITY_POLICY},
	    {"X-Content-Type-Options", "nosniff"},
	    {"X-Frame-Options", "DENY"},
	    {"Referrer-Policy", "no-referrer"},
	    {"Cross-Origin-Opener-Policy", "same-origin"},
	    {"Cross-Origin-Resource-Policy", "same-origin"},
	};
	char cookie[SESSION_COOKIE_SIZE + 128];

	for (size_t i = 0; i < sizeof(always) / sizeof(always[0]); i++)
		(void)MHD_add_response_header(r, always[i].name,
		    always[i].value);
	(void)MHD_add_response_header(r, "Content-Type", body->type);
	(void)MHD_add_response_header(r, "Cache-Control",
	    body->etag == NULL ? "no-store" : "no-cache");
	if (body->etag != NULL)
		(void)MHD_add_response_header(r, "ETag", body->etag);
	if (body->status == MHD_HTTP_METHOD_NOT_ALLOWED)
		(void)MHD_add_response_header(r, "Allow", "GET, HEAD");
	if (x->cookie[0] == '\0')
		return;
	(void)snprintf(cookie, sizeof(cookie),
	    COOKIE "=%s; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=%u",
	    x->cookie, x->session_s);
	(void)MHD_add_response_header(r, "Set-Cookie", cookie);
}

/* The last token, or the question for a first one. */
static int
add_negotiate(const struct exchange *x, struct MHD_Response *r)
{
	char *text;

	if (x->token == NULL) {
		if (x->challenge)
			(void)MHD_add_response_header(r, "WWW-Authenticate",
			    "Negotiate");
		return 0;
	}
	if (asprintf(&text, "Negotiate %s", x->token) == -1)
		return -1;
	(void)MHD_add_response_header(r, "WWW-Authenticate", text);
	free(text);
	return 0;
}

static enum MHD_Result
answer(const struct exchange *x, const struct body *body)
{
	void *octets = (void *)(uintptr_t)body->octets;
	struct MHD_Response *r = MHD_create_response_from_buffer(body->len,
	    octets,
	    body->is_constant ? MHD_RESPMEM_PERSISTENT : MHD_RESPMEM_MUST_FREE);
	enum MHD_Result result;

	if (r == NULL) {
		if (!body->is_constant)
			free(octets);
		return MHD_NO;
	}
	add_headers(x, body, r);
	if (add_negotiate(x, r) != 0) {
		MHD_destroy_response(r);
		return MHD_NO;
	}
	result = MHD_queue_response(x->c, body->status, r);
	MHD_destroy_response(r);
	return result;
}

static enum MHD_Result
answer_json(const struct exchange *x, unsigned status, json_t *document)
{
	char *text =
	    document == NULL ? NULL : json_dumps(document, JSON_COMPACT);
	struct body body = {.status = status,
	    .type = "application/json",
	    .octets = text,
	    .len = text == NULL ? 0 : strlen(text)};

	json_decref(document);
	return text == NULL ? MHD_NO : answer(x, &body);
}

/* A refusal: in the form in which the answer would have been. */
static enum MHD_Result
answer_why(const struct exchange *x, unsigned status, const char *why)
{
	char *text;
	struct body body = {.status = status,
	    .type = "text/plain; charset=utf-8"};

	if (x->route.kind == ROUTE_DOCUMENT)
		return answer_json(x, status, json_pack("{s:s}", "error", why));
	if (asprintf(&text, "%s\n", why) == -1)
		return MHD_NO;
	body.octets = text;
	body.len = strlen(text);
	return answer(x, &body);
}

static enum MHD_Result
answer_file(const struct exchange *x, unsigned status, const char *name)
{
	const struct asset *a = asset_find(name);
	const char *has = header(x, MHD_HTTP_HEADER_IF_NONE_MATCH);
	struct body body = {.status = status, .is_constant = true};

	if (a == NULL)
		return answer_why(x, MHD_HTTP_NOT_FOUND,
		    "there is no such page");
	body.type = a->type;
	body.octets = a->octets;
	body.len = a->len;
	if (status != MHD_HTTP_OK)
		return answer(x, &body);
	body.etag = a->etag;
	if (has != NULL && strcmp(has, a->etag) == 0) {
		body.status = MHD_HTTP_NOT_MODIFIED;
		body.len = 0;
	}
	return answer(x, &body);
}

static enum MHD_Result
answer_document(const struct exchange *x)
{
	static const unsigned statuses[] = {
	    [WEB_FOUND] = MHD_HTTP_OK,
	    [WEB_BAD_QUERY] = MHD_HTTP_BAD_REQUEST,
	    [WEB_NOT_FOUND] = MHD_HTTP_NOT_FOUND,
	    [WEB_FAILED] = MHD_HTTP_INTERNAL_SERVER_ERROR,
	};
	const struct web_query query = {x->c, x->route.item, x->principal};
	const struct web_site *site = &x->serving->site;
	const struct web_document *d = site->documents;
	char reason[WEB_REASON_SIZE] = "";
	json_t *document = NULL;
	enum web_result result;

	while (d->name != NULL && strcmp(d->name, x->route.name) != 0)
		d++;
	if (d->name == NULL || (x->route.item[0] != '\0' && !d->has_items))
		return answer_why(x, MHD_HTTP_NOT_FOUND,
		    "there is no such document");
	result = d->make(site->arg, &query, &document, reason);
	if (result == WEB_FOUND && document != NULL)
		return answer_json(x, MHD_HTTP_OK, document);
	json_decref(document);
	if (result == WEB_FOUND)
		result = WEB_FAILED;
	return answer_why(x, statuses[result],
	    reason[0] == '\0' ? "out of memory" : reason);
}

static enum MHD_Result
answer_metrics(const struct exchange *x)
{
	const char *accept = header(x, MHD_HTTP_HEADER_ACCEPT);
	enum metrics_format format = METRICS_TEXT;
	struct body body = {.status = MHD_HTTP_OK};
	struct metrics *m;

	if (accept != NULL &&
	    strstr(accept, "application/openmetrics-text") != NULL)
		format = METRICS_OPENMETRICS;
	m = metrics_create(format);
	if (m == NULL)
		return MHD_NO;
	x->serving->site.metrics(x->serving->site.arg, m);
	body.octets = metrics_end(m, &body.len);
	body.type = metrics_content_type(format);
	return body.octets == NULL ? MHD_NO : answer(x, &body);
}

static enum MHD_Result
answer_health(const struct exchange *x)
{
	json_t *list = x->serving->site.ailments(x->serving->site.arg);
	char *text = NULL;
	size_t len, i;
	json_t *line;
	FILE *f = open_memstream(&text, &len);
	struct body body = {.status = MHD_HTTP_OK,
	    .type = "text/plain; charset=utf-8"};

	if (f == NULL || list == NULL) {
		if (f != NULL)
			(void)fclose(f);
		free(text);
		json_decref(list);
		return MHD_NO;
	}
	if (json_array_size(list) == 0)
		(void)fputs("ok\n", f);
	else
		body.status = MHD_HTTP_SERVICE_UNAVAILABLE;
	json_array_foreach(list, i, line)(void)
	    fprintf(f, "%s\n", json_string_value(line));
	json_decref(list);
	if (fclose(f) != 0) {
		free(text);
		return MHD_NO;
	}
	body.octets = text;
	body.len = len;
	return answer(x, &body);
}

static enum MHD_Result
answer_route(const struct exchange *x)
{
	switch (x->route.kind) {
	case ROUTE_FILE:
		return answer_file(x, MHD_HTTP_OK, x->route.name);
	case ROUTE_DOCUMENT:
		return answer_document(x);
	case ROUTE_METRICS:
		return answer_metrics(x);
	case ROUTE_HEALTH:
		return answer_health(x);
	case ROUTE_NONE:
		break;
	}
	return answer_why(x, MHD_HTTP_NOT_FOUND, "there is no such page");
}

/* --- Who may ask --- */

static void
tell_sign_in(const struct exchange *x, const struct sign_in_result *r,
    const char *reason)
{
	const struct web_sign_in how = {.from = peer(x),
	    .principal = r->principal,
	    .is_admin = r->is_admin,
	    .reason = reason};

	x->serving->site.sign_in(x->serving->site.arg, &how);
}

/* The page that tells what sign-in needs; for scripts a sentence. */
static enum MHD_Result
challenge(struct exchange *x)
{
	x->challenge = true;
	if (x->route.kind == ROUTE_FILE)
		return answer_file(x, MHD_HTTP_UNAUTHORIZED, "sign-in.html");
	return answer_why(x, MHD_HTTP_UNAUTHORIZED,
	    "sign in with a Kerberos ticket (Negotiate)");
}

/* An admin has signed in: the cookie, and what was asked for. */
static enum MHD_Result
welcome(struct exchange *x, const struct sign_in_result *r)
{
	uint64_t now_s = serve_now_ms() / 1000;

	x->session_s =
	    r->lifetime_s < WEB_SESSION_S ? r->lifetime_s : WEB_SESSION_S;
	if (sessions_add(x->visit->sessions, r->principal, now_s,
		now_s + x->session_s, x->cookie) != 0) {
		tell_sign_in(x, r, "no session can be made");
		return answer_why(x, MHD_HTTP_FORBIDDEN,
		    "no session can be made");
	}
	(void)snprintf(x->principal, sizeof(x->principal), "%s", r->principal);
	tell_sign_in(x, r, NULL);
	return answer_route(x);
}

static enum MHD_Result
refuse_stranger(const struct exchange *x, const struct sign_in_result *r)
{
	char why[SESSION_PRINCIPAL_SIZE + 64];

	(void)snprintf(why, sizeof(why),
	    "%.*s has signed in, but is none of the admins",
	    SESSION_PRINCIPAL_SIZE, r->principal);
	tell_sign_in(x, r, "is none of the admins");
	return answer_why(x, MHD_HTTP_FORBIDDEN, why);
}

static enum MHD_Result
negotiate(struct exchange *x, const char *text)
{
	enum MHD_Result result = MHD_NO;
	struct sign_in_result r;

	sign_in_leg(x->serving->sign_in, x->visit->keys, x->visit->gss, text,
	    &r);
	x->token = r.token;
	switch (r.state) {
	case SIGN_IN_DONE:
		result = r.is_admin ? welcome(x, &r) : refuse_stranger(x, &r);
		break;
	case SIGN_IN_FAILED:
		tell_sign_in(x, &r, r.reason);
		result = challenge(x);
		break;
	case SIGN_IN_CONTINUE:
		result = challenge(x);
		break;
	}
	sign_in_result_clear(&r);
	x->token = NULL;
	return result;
}

static enum MHD_Result
answer_signed_in(struct exchange *x)
{
	static const char scheme[] = "Negotiate ";
	const char *authorization = header(x, MHD_HTTP_HEADER_AUTHORIZATION);
	const char *cookie =
	    MHD_lookup_connection_value(x->c, MHD_COOKIE_KIND, COOKIE);

	if (sessions_find(x->visit->sessions, cookie, serve_now_ms() / 1000,
		x->principal))
		return answer_route(x);
	if (authorization == NULL ||
	    strncasecmp(authorization, scheme, sizeof(scheme) - 1) != 0)
		return challenge(x);
	return negotiate(x, authorization + sizeof(scheme) - 1);
}

/* The code of the page is nobody's secret; what the page shows is. */
static bool
is_public(const struct route *r)
{
	return r->kind == ROUTE_NONE ||
	    (r->kind == ROUTE_FILE && strcmp(r->name, "index.html") != 0);
}

enum MHD_Result
serve_request(const struct serving *s, const struct visit *visit,
    const char *method, const char *path)
{
	struct exchange x = {.serving = s,
	    .visit = visit,
	    .c = visit->connection};

	route_find(path, &x.route);
	if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 &&
	    strcmp(method, MHD_HTTP_METHOD_HEAD) != 0)
		return answer_why(&x, MHD_HTTP_METHOD_NOT_ALLOWED,
		    "the panel only shows");
	if (s->sign_in == NULL &&
	    !route_is_loopback_host(header(&x, MHD_HTTP_HEADER_HOST)))
		return answer_why(&x, MHD_HTTP_FORBIDDEN,
		    "without sign-in the panel answers to localhost and "
		    "loopback addresses only");
	if (x.route.kind == ROUTE_METRICS || x.route.kind == ROUTE_HEALTH)
		return s->site.may_read_metrics(s->site.arg, peer(&x))
		    ? answer_route(&x)
		    : answer_why(&x, MHD_HTTP_FORBIDDEN,
			  "this address is none of web { metrics }");
	if (s->sign_in == NULL || is_public(&x.route))
		return answer_route(&x);
	return answer_signed_in(&x);
}
