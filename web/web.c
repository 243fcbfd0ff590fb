/*
 * web.c - the panel's HTTP server: page, documents, metrics, sign-in
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <errno.h>
#include <fcntl.h>
#include <microhttpd.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "web/connections.h"
#include "web/serve.h"
#include "web/sessions.h"
#include "web/web.h"

#define BACKLOG 64

/* More than we let in, so that we and not the library say who has to go. */
#define LIBRARY_CONNECTIONS (2 * WEB_CONNECTIONS_MAX)

/* One address that is listened on. */
struct listener {
	struct web *web;
	int fd; /* bound; each daemon gets a copy of it */
	struct MHD_Daemon *daemon;
	/* Of the daemon's thread: */
	struct connections connections;
	struct sign_in_keys keys;
};

struct web {
	struct serving *serving; /* NULL: stopped */
	struct sessions *sessions;
	struct listener *listeners;
	size_t n;
};

static void __attribute__((format(printf, 2, 3)))
say(char reason[WEB_REASON_SIZE], const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(reason, WEB_REASON_SIZE, fmt, ap);
	va_end(ap);
}

/* --- Sockets --- */

static int
bind_socket(const struct sockaddr_storage *address)
{
	socklen_t len = address->ss_family == AF_INET
	    ? sizeof(struct sockaddr_in)
	    : sizeof(struct sockaddr_in6);
	int fd, one = 1;

	fd = socket(address->ss_family,
	    SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd == -1)
		return -1;
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (address->ss_family == AF_INET6)
		(void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one,
		    sizeof(one));
	if (bind(fd, (const struct sockaddr *)address, len) == 0 &&
	    listen(fd, BACKLOG) == 0)
		return fd;
	one = errno;
	(void)close(fd);
	errno = one;
	return -1;
}

static void
say_address(char reason[WEB_REASON_SIZE],
    const struct sockaddr_storage *address, int error)
{
	char host[NI_MAXHOST] = "?", port[NI_MAXSERV] = "?";

	(void)getnameinfo((const struct sockaddr *)address, sizeof(*address),
	    host, sizeof(host), port, sizeof(port),
	    NI_NUMERICHOST | NI_NUMERICSERV);
	say(reason, "%s port %s: %s", host, port, strerror(error));
}

int
web_open(const struct sockaddr_storage *addresses, size_t n,
    struct web **web_out, char reason[WEB_REASON_SIZE])
{
	struct web *w = calloc(1, sizeof(*w)); /* owned until handed out */
	int ret = -1;

	*web_out = NULL;
	say(reason, "out of memory");
	if (w == NULL)
		return -1;
	w->listeners = calloc(n + 1, sizeof(w->listeners[0]));
	w->sessions = sessions_create();
	if (w->listeners == NULL || w->sessions == NULL)
		goto done;
	for (; w->n < n; w->n++) {
		struct listener *l = &w->listeners[w->n];

		l->web = w;
		l->fd = bind_socket(&addresses[w->n]);
		if (l->fd == -1) {
			say_address(reason, &addresses[w->n], errno);
			goto done;
		}
	}
	*web_out = w;
	w = NULL;
	reason[0] = '\0';
	ret = 0;
done:
	web_close(w);
	return ret;
}

void
web_close(struct web *w)
{
	if (w == NULL)
		return;
	web_stop(w);
	for (size_t i = 0; i < w->n; i++)
		(void)close(w->listeners[i].fd);
	free(w->listeners);
	sessions_destroy(w->sessions);
	free(w);
}

/* --- What the library calls --- */

static void
on_connection(void *arg, struct MHD_Connection *c, void **connection,
    enum MHD_ConnectionNotificationCode code)
{
	struct listener *l = arg;
	const union MHD_ConnectionInfo *fd, *from;

	if (code == MHD_CONNECTION_NOTIFY_CLOSED) {
		if (*connection != NULL)
			connections_remove(&l->connections, *connection);
		return;
	}
	fd = MHD_get_connection_info(c, MHD_CONNECTION_INFO_CONNECTION_FD);
	from = MHD_get_connection_info(c, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	if (fd != NULL && from != NULL)
		*connection = connections_add(&l->connections, fd->connect_fd,
		    from->client_addr, serve_now_ms());
}

/* *request is our own entry of the connection once a request has begun. */
static enum MHD_Result
on_request(void *arg, struct MHD_Connection *c, const char *path,
    const char *method, const char *version, const char *body, size_t *body_len,
    void **request)
{
	struct listener *l = arg;
	const union MHD_ConnectionInfo *info;
	struct connection *x;

	(void)version;
	(void)body;
	if (*request == NULL) {
		info = MHD_get_connection_info(c,
		    MHD_CONNECTION_INFO_SOCKET_CONTEXT);
		x = info == NULL ? NULL : info->socket_context;
		if (x == NULL)
			return MHD_NO; /* there was no memory for it */
		connections_request(x);
		*request = x;
		return MHD_YES;
	}
	if (*body_len > 0) {
		*body_len = 0; /* nobody wants to know */
		return MHD_YES;
	}
	x = *request;
	return serve_request(l->web->serving,
	    &(struct visit){c, &x->gss, l->web->sessions, &l->keys}, method,
	    path);
}

static void
on_answered(void *arg, struct MHD_Connection *c, void **request,
    enum MHD_RequestTerminationCode code)
{
	struct listener *l = arg;

	(void)c;
	(void)code;
	if (*request != NULL)
		connections_answered(&l->connections, *request, serve_now_ms());
	*request = NULL;
}

/* --- Start and stop --- */

static int
start_listener(struct listener *l, const struct serving *serving)
{
	unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_ITC;
	struct MHD_OptionItem tls[] = {
	    {MHD_OPTION_HTTPS_MEM_CERT, 0, (void *)serving->certificate},
	    {MHD_OPTION_HTTPS_MEM_KEY, 0, (void *)serving->key},
	    {MHD_OPTION_HTTPS_PRIORITIES, 0,
		(void *)(uintptr_t) "NORMAL:-VERS-ALL:+VERS-TLS1.3:"
				    "+VERS-TLS1.2"},
	    {MHD_OPTION_END, 0, NULL},
	};
	struct MHD_OptionItem none[] = {{MHD_OPTION_END, 0, NULL}};
	int fd = fcntl(l->fd, F_DUPFD_CLOEXEC, 0);

	if (fd == -1)
		return -1;
	if (serving->sign_in != NULL)
		flags |= MHD_USE_TLS;
	connections_init(&l->connections, WEB_CONNECTIONS_MAX,
	    WEB_CONNECTIONS_PER_ADDRESS);
	l->daemon = MHD_start_daemon(flags, 0, NULL, NULL, on_request, l,
	    MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_CONNECTION_LIMIT,
	    (unsigned)LIBRARY_CONNECTIONS, MHD_OPTION_CONNECTION_TIMEOUT,
	    (unsigned)WEB_IDLE_S, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
	    (size_t)WEB_HEADER_MAX, MHD_OPTION_NOTIFY_CONNECTION, on_connection,
	    l, MHD_OPTION_NOTIFY_COMPLETED, on_answered, l,
	    MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_ARRAY,
	    serving->sign_in != NULL ? tls : none, MHD_OPTION_END);
	/* On failure the library has closed the copy. */
	return l->daemon != NULL ? 0 : -1;
}

/* Our socket goes on listening: who comes meanwhile waits in its queue. */
static void
stop_listener(struct listener *l)
{
	int fd;

	if (l->daemon == NULL)
		return;
	fd = MHD_quiesce_daemon(l->daemon);
	MHD_stop_daemon(l->daemon);
	if (fd != -1)
		(void)close(fd);
	sign_in_keys_clear(&l->keys);
	l->keys.made_ms = 0;
	l->daemon = NULL;
}

static void
stop_listeners(struct web *w)
{
	for (size_t i = 0; i < w->n; i++)
		stop_listener(&w->listeners[i]);
}

static int
start_listeners(struct web *w)
{
	for (size_t i = 0; i < w->n; i++) {
		if (start_listener(&w->listeners[i], w->serving) == 0)
			continue;
		stop_listeners(w);
		return -1;
	}
	return 0;
}

int
web_start(struct web *w, const struct web_site *site,
    const struct web_negotiate *negotiate, char reason[WEB_REASON_SIZE])
{
	struct serving *old = w->serving;
	struct serving *new = serving_create(site, negotiate, reason);

	if (new == NULL)
		return -1;
	stop_listeners(w);
	w->serving = new;
	if (start_listeners(w) == 0) {
		if (new->sign_in != NULL)
			sessions_keep(w->sessions, sign_in_is_admin,
			    new->sign_in);
		serving_destroy(old);
		return 0;
	}
	say(reason, "%s",
	    negotiate == NULL
		? "no thread or socket can be had"
		: "the certificate and its key cannot be used together");
	w->serving = old;
	if (old != NULL)
		(void)start_listeners(w);
	serving_destroy(new);
	return -1;
}

void
web_stop(struct web *w)
{
	stop_listeners(w);
	serving_destroy(w->serving);
	w->serving = NULL;
}
