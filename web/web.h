/*
 * web.h - the panel's HTTP server: page, documents, metrics, sign-in
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 *	/                     the page, and the files that it is made of
 *	/api/v1/NAME[/ITEM]   a document of the site, as JSON
 *	/metrics              OpenMetrics, or Prometheus' older text format
 *	/healthz              200, or 503 with a reason on each line
 *
 * It only reads: GET and HEAD.  What there is to tell comes through callbacks,
 * which give snapshots and do not wait; they run on the server's own thread,
 * one for each address.  Who is slow holds a connection and nothing else;
 * connections are bounded, overall and for each address, and the one that has
 * waited longest makes room.
 *
 * Sign-in off: every request has to name a loopback host (Host), so that a
 * page from elsewhere cannot read ours by a name of its own (DNS rebinding).
 * Negotiate: TLS, and SPNEGO once (RFC 4559), then a cookie for a short time.
 * /metrics and /healthz are under may_read_metrics() instead.
 *
 * Owns:    its sockets, threads and sessions.
 * Threads: open, start, stop and close from one at a time.
 * Errors:  0, or -1 with a line in reason.
 * Units:   in the field's name (_s: seconds).
 */
#ifndef WEB_WEB_H
#define WEB_WEB_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

#define WEB_REASON_SIZE 512
#define WEB_CONNECTIONS_MAX 256 /* of one listening address */
#define WEB_CONNECTIONS_PER_ADDRESS 64
#define WEB_IDLE_S 10         /* of a connection without progress */
#define WEB_HEADER_MAX 131072 /* octets: tickets of large accounts */
#define WEB_SESSION_S 1800    /* or the ticket's life, if that is shorter */

struct metrics;
struct web;
struct web_query; /* a request for a document */

/* The part of the path behind the document's name, decoded; NULL: none. */
const char *web_query_item(const struct web_query *q);

/* A parameter of the query part, decoded; NULL: not given. */
const char *web_query_parameter(const struct web_query *q, const char *name);

/* Who has signed in; NULL: nobody had to. */
const char *web_query_principal(const struct web_query *q);

enum web_result {
	WEB_FOUND,
	WEB_BAD_QUERY, /* 400, with the reason */
	WEB_NOT_FOUND, /* 404, with the reason */
	WEB_FAILED,    /* 500 */
};

struct web_document {
	const char *name; /* "zones" */
	bool has_items;   /* also zones/NAME */

	/* WEB_FOUND: *document_out is ours from then on. */
	enum web_result (*make)(void *arg, const struct web_query *q,
	    json_t **document_out, char reason[WEB_REASON_SIZE]);
};

/* Takes a key: the keytab that has it, and whose it is. */
typedef void web_take_key(void *arg, const char *keytab, const char *principal);

/* How a sign-in ended, for the log. */
struct web_sign_in {
	const struct sockaddr *from;
	const char *principal; /* NULL: it is not known who */
	bool is_admin;
	const char *reason; /* why not; NULL: signed in */
};

struct web_site {
	void *arg;                            /* of all below */
	const struct web_document *documents; /* ended by a NULL name */
	void (*metrics)(void *arg, struct metrics *m);
	/* An array of texts: what is wrong; empty: all is well. */
	json_t *(*ailments)(void *arg);
	bool (*may_read_metrics)(void *arg, const struct sockaddr *from);
	/* Hands take the keys that tickets for us may be made with: HTTP/. */
	void (*keys)(void *arg, web_take_key *take, void *take_arg);
	void (*sign_in)(void *arg, const struct web_sign_in *how);
};

struct web_negotiate {
	const char *certificate; /* paths of PEM files */
	const char *key;
	const char *replay_cache;  /* a file for krb5's replay cache */
	const char *const *admins; /* principals, NAME@REALM */
	size_t n_admins;
};

/*
 * Binds the addresses (AF_INET and AF_INET6, with ports).  While privileges
 * are there: ports below 1024.
 */
int web_open(const struct sockaddr_storage *addresses, size_t n,
    struct web **web_out, char reason[WEB_REASON_SIZE]);

/*
 * Serves the site; negotiate NULL: sign-in is off.  The site is copied, what it
 * points to stays the caller's and must stay until web_stop(); negotiate is
 * read, and so are its files.  If it is serving already, the new one takes
 * over: sessions stay (of who is still an admin), connections end.  On failure
 * all stays as it was.
 */
int web_start(struct web *w, const struct web_site *site,
    const struct web_negotiate *negotiate, char reason[WEB_REASON_SIZE]);

/* Ends all connections and callbacks. */
void web_stop(struct web *w);

void web_close(struct web *w); /* NULL is fine */

#endif
