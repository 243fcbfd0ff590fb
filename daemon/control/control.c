/*
 * control.c - the control socket, which kddnsctl talks to
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * One thread accepts, checks who it is, and starts a thread for each client;
 * that one marks its slot DONE when it has ended, and the first joins it.
 */
#include <errno.h>
#include <grp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "daemon/base/err.h"
#include "daemon/base/log.h"
#include "daemon/control/control.h"
#include "daemon/control/lines.h"
#include "daemon/control/request.h"

#define CLIENT_MS 10000
#define PAUSE_MS 100 /* when descriptors have run out */
#define NO_GROUP ((gid_t)-1)

enum client_state {
	CLIENT_FREE,
	CLIENT_BUSY,
	CLIENT_DONE, /* its thread is to be joined */
};

struct client {
	struct control *control;
	pthread_t thread;
	int fd;
	atomic_int state;
};

struct control {
	char *path;
	gid_t group; /* NO_GROUP: none */
	const struct control_command *commands;
	void *arg;
	unsigned client_ms;
	int listener;
	int changed;   /* eventfd: a client is done, or we stop */
	bool has_file; /* path is ours */
	dev_t dev;     /* of that file */
	ino_t ino;
	bool has_thread;
	pthread_t thread;
	atomic_bool is_stopping;
	struct client clients[CONTROL_CLIENTS_MAX];
};

struct control_request {
	struct control *control;
	struct request request;
	struct lines lines;
};

/* One client. */

static json_t *
answer_ok(json_t *result)
{
	if (result == NULL)
		result = json_object();
	return json_pack("{s:b, s:o}", "ok", 1, "result", result);
}

static json_t *
answer_error(int err, const char *why)
{
	json_t *answer = json_pack("{s:b, s:s}", "ok", 0, "error", why);

	if (answer == NULL) /* it is not UTF-8 */
		answer = json_pack("{s:b, s:s}", "ok", 0, "error",
		    "the reason is not text");
	if (err == ERR_USAGE)
		(void)json_object_set_new(answer, "usage", json_true());
	return answer;
}

static const struct control_command *
find_command(const struct control *c, const char *name)
{
	for (const struct control_command *k = c->commands; k->name != NULL;
	     k++)
		if (strcmp(k->name, name) == 0)
			return k;
	return NULL;
}

/* Carries out a request that was read; the answer's last line. */
static json_t *
run_command(struct control_request *r)
{
	const struct control_command *k =
	    find_command(r->control, r->request.command);
	struct reason reason = {""};
	json_t *result = NULL;
	int ret;

	if (k == NULL) {
		char name[64];

		(void)log_escape(r->request.command, strlen(r->request.command),
		    name, sizeof(name));
		reason_set(&reason, "%s: unknown command", name);
		return answer_error(ERR_USAGE, reason.text);
	}
	if (r->request.n_args < k->min_args ||
	    r->request.n_args > k->max_args) {
		reason_set(&reason, "usage: %s%s%s", k->name,
		    k->usage[0] == '\0' ? "" : " ", k->usage);
		return answer_error(ERR_USAGE, reason.text);
	}
	ret = k->run(r->control->arg, r, &result, &reason);
	if (ret == 0)
		return answer_ok(result);
	json_decref(result);
	return answer_error(ret,
	    reason.text[0] == '\0' ? err_text(ret) : reason.text);
}

/* The answer's last line, whatever the client sent; NULL: it went away. */
static json_t *
answer(struct control_request *r)
{
	struct reason reason = {""};
	const char *line;
	size_t len;
	int ret;

	ret = lines_read(&r->lines, CONTROL_LINE_MAX, &line, &len);
	if (ret == ERR_CLOSED)
		return NULL;
	if (ret != 0) {
		reason_set(&reason, "request: %s", err_text(ret));
		return answer_error(ret, reason.text);
	}
	ret = request_read(line, len, &r->request, &reason);
	if (ret != 0)
		return answer_error(ret, reason.text);
	return run_command(r);
}

static void *
serve(void *arg)
{
	struct client *client = arg;
	struct control *c = client->control;
	struct control_request r = {.control = c};
	uint64_t one = 1;
	json_t *last;

	lines_init(&r.lines, client->fd, c->client_ms);
	last = answer(&r);
	if (last != NULL && lines_write(&r.lines, last) == 0)
		(void)lines_flush(&r.lines);
	json_decref(last);
	request_clear(&r.request);
	lines_clear(&r.lines);
	atomic_store(&client->state, CLIENT_DONE);
	(void)!write(c->changed, &one, sizeof(one));
	return NULL;
}

size_t
control_n_args(const struct control_request *r)
{
	return r->request.n_args;
}

const char *
control_arg(const struct control_request *r, size_t i)
{
	return i < r->request.n_args ? r->request.args[i] : NULL;
}

int
control_stream(struct control_request *r, json_t *line)
{
	int ret;

	if (line == NULL)
		return ERR_NOMEM;
	ret = atomic_load(&r->control->is_stopping)
	    ? ERR_CLOSED
	    : lines_write(&r->lines, line);
	json_decref(line);
	return ret;
}

int
control_stream_row(struct control_request *r, const char *into, json_t *row)
{
	return control_stream(r,
	    json_pack("{s:s, s:o}", "into", into, "row", row));
}

int
control_stream_line(struct control_request *r, const char *text, size_t len)
{
	return control_stream(r, json_pack("{s:s%}", "text", text, len));
}

int
control_flush(struct control_request *r)
{
	char octet;
	ssize_t n;
	int ret;

	if (atomic_load(&r->control->is_stopping))
		return ERR_CLOSED;
	ret = lines_flush(&r->lines);
	if (ret != 0)
		return ret;
	/* A client says nothing more: what can be read is its end. */
	n = recv(r->lines.fd, &octet, 1, MSG_PEEK | MSG_DONTWAIT);
	return n == -1 && (errno == EAGAIN || errno == EINTR) ? 0 : ERR_CLOSED;
}

/* Who is it? */

static bool
is_in_groups(int fd, gid_t group)
{
	gid_t *groups = NULL;
	socklen_t len = 0;
	bool found = false;

	/* The first call asks how many there are. */
	if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, NULL, &len) == 0 ||
	    errno != ERANGE)
		return false;
	groups = malloc(len);
	if (groups == NULL)
		return false;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &len) == 0)
		for (size_t i = 0; i < len / sizeof(*groups); i++)
			found = found || groups[i] == group;
	free(groups);
	return found;
}

static bool
is_permitted(const struct control *c, int fd)
{
	struct ucred peer;
	socklen_t len = sizeof(peer);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) != 0)
		return false;
	if (peer.uid == 0 || peer.uid == geteuid())
		return true;
	return c->group != NO_GROUP &&
	    (peer.gid == c->group || is_in_groups(fd, c->group));
}

/* The accepting thread. */

static void
reap(struct control *c)
{
	for (size_t i = 0; i < CONTROL_CLIENTS_MAX; i++) {
		struct client *client = &c->clients[i];

		if (atomic_load(&client->state) != CLIENT_DONE)
			continue;
		(void)pthread_join(client->thread, NULL);
		(void)close(client->fd);
		atomic_store(&client->state, CLIENT_FREE);
	}
}

static void
refuse(int fd, const char *why)
{
	struct lines lines;
	json_t *last = answer_error(ERR_BUSY, why);

	lines_init(&lines, fd, 1); /* it fits into an empty socket */
	if (last != NULL && lines_write(&lines, last) == 0)
		(void)lines_flush(&lines);
	json_decref(last);
	lines_clear(&lines);
	(void)close(fd);
}

static struct client *
free_client(struct control *c)
{
	for (size_t i = 0; i < CONTROL_CLIENTS_MAX; i++)
		if (atomic_load(&c->clients[i].state) == CLIENT_FREE)
			return &c->clients[i];
	return NULL;
}

static void
start_client(struct control *c, int fd)
{
	struct client *client = free_client(c);

	if (client == NULL) {
		refuse(fd, "busy: too many clients");
		return;
	}
	client->control = c;
	client->fd = fd;
	atomic_store(&client->state, CLIENT_BUSY);
	if (pthread_create(&client->thread, NULL, serve, client) != 0) {
		atomic_store(&client->state, CLIENT_FREE);
		refuse(fd, "busy: no thread");
	}
}

/* False: accepting failed in a way that a retry at once would repeat. */
static bool
accept_client(struct control *c)
{
	int fd = accept4(c->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (fd == -1)
		return errno == EAGAIN || errno == EINTR ||
		    errno == ECONNABORTED;
	if (is_permitted(c, fd))
		start_client(c, fd);
	else
		refuse(fd,
		    "permission denied: not root, not the daemon's "
		    "user, not in the control group");
	return true;
}

static void *
accept_clients(void *arg)
{
	struct control *c = arg;
	bool is_paused = false;

	while (!atomic_load(&c->is_stopping)) {
		struct pollfd p[2] = {
		    {.fd = c->changed, .events = POLLIN},
		    {.fd = c->listener, .events = POLLIN},
		};
		uint64_t n;

		(void)poll(p, is_paused ? 1 : 2, is_paused ? PAUSE_MS : -1);
		is_paused = false;
		if (p[0].revents != 0)
			(void)!read(c->changed, &n, sizeof(n));
		reap(c);
		if (p[1].revents != 0)
			is_paused = !accept_client(c);
	}
	return NULL;
}

/* Opening. */

static int
find_group(const char *name, gid_t *gid_out, struct reason *reason)
{
	struct group *g;

	*gid_out = NO_GROUP;
	if (name == NULL)
		return 0;
	g = getgrnam(name);
	if (g == NULL) {
		reason_set(reason, "control: group %s: no such group", name);
		return ERR_NOTFOUND;
	}
	*gid_out = g->gr_gid;
	return 0;
}

static int
say_errno(const struct control *c, const char *what, struct reason *reason)
{
	int err = err_from_errno(errno);

	reason_set(reason, "control: %s: %s: %s", c->path, what,
	    strerror(errno));
	return err;
}

/* Removes a socket that nobody answers at. */
static int
clear_path(struct control *c, const struct sockaddr_un *sa,
    struct reason *reason)
{
	struct stat st;
	int fd, ret, why;

	if (lstat(c->path, &st) != 0)
		return errno == ENOENT ? 0 : say_errno(c, "lstat", reason);
	if (!S_ISSOCK(st.st_mode)) {
		reason_set(reason, "control: %s: is there and is no socket",
		    c->path);
		return ERR_EXISTS;
	}
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd == -1)
		return say_errno(c, "socket", reason);
	ret = connect(fd, (const struct sockaddr *)sa, sizeof(*sa));
	why = ret == 0 ? 0 : errno;
	(void)close(fd);
	if (why != ECONNREFUSED) {
		reason_set(reason, "control: %s: another daemon answers",
		    c->path);
		return ERR_BUSY;
	}
	if (unlink(c->path) != 0 && errno != ENOENT)
		return say_errno(c, "unlink", reason);
	return 0;
}

/* The file is never open to more than it will be. */
static int
bind_path(struct control *c, const struct sockaddr_un *sa, mode_t mode,
    struct reason *reason)
{
	struct stat st;

	if (fchmod(c->listener, 0600) != 0 ||
	    bind(c->listener, (const struct sockaddr *)sa, sizeof(*sa)) != 0)
		return say_errno(c, "bind", reason);
	if (lstat(c->path, &st) != 0)
		return say_errno(c, "lstat", reason);
	c->has_file = true;
	c->dev = st.st_dev;
	c->ino = st.st_ino;
	if (c->group != NO_GROUP && lchown(c->path, (uid_t)-1, c->group) != 0)
		return say_errno(c, "chown to the control group", reason);
	if (chmod(c->path, mode) != 0)
		return say_errno(c, "chmod", reason);
	if (listen(c->listener, CONTROL_CLIENTS_MAX) != 0)
		return say_errno(c, "listen", reason);
	return 0;
}

static int
open_socket(struct control *c, mode_t mode, struct reason *reason)
{
	struct sockaddr_un sa = {.sun_family = AF_UNIX};
	int ret;

	if (strlen(c->path) >= sizeof(sa.sun_path)) {
		reason_set(reason, "control: %s: longer than %zu octets",
		    c->path, sizeof(sa.sun_path) - 1);
		return ERR_RANGE;
	}
	memcpy(sa.sun_path, c->path, strlen(c->path));
	ret = clear_path(c, &sa, reason);
	if (ret != 0)
		return ret;
	c->listener =
	    socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (c->listener == -1)
		return say_errno(c, "socket", reason);
	return bind_path(c, &sa, mode, reason);
}

int
control_open(const struct control_options *options,
    struct control **control_out, struct reason *reason)
{
	struct control *c = NULL;
	int ret = ERR_NOMEM;

	*control_out = NULL;
	c = calloc(1, sizeof(*c));
	if (c == NULL)
		goto done;
	c->listener = -1;
	c->changed = -1;
	c->commands = options->commands;
	c->arg = options->arg;
	c->client_ms = options->client_ms == 0 ? CLIENT_MS : options->client_ms;
	c->path = strdup(options->path);
	if (c->path == NULL)
		goto done;
	ret = find_group(options->group, &c->group, reason);
	if (ret != 0)
		goto done;
	ret = open_socket(c, options->mode == 0 ? 0660 : options->mode, reason);
	if (ret != 0)
		goto done;

	*control_out = c;
	c = NULL;
done:
	if (ret == ERR_NOMEM)
		reason_set(reason, "control: %s", err_text(ret));
	control_close(c);
	return ret;
}

/* Signals are for the daemon's own threads. */
int
control_serve(struct control *c, struct reason *reason)
{
	sigset_t all, before;
	int why;

	c->changed = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (c->changed == -1)
		return say_errno(c, "eventfd", reason);
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	why = pthread_create(&c->thread, NULL, accept_clients, c);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (why != 0) {
		errno = why;
		return say_errno(c, "thread", reason);
	}
	c->has_thread = true;
	return 0;
}

/* Ends the reading of those who have not asked yet; joins all. */
static void
stop_threads(struct control *c)
{
	uint64_t one = 1;

	atomic_store(&c->is_stopping, true);
	(void)!write(c->changed, &one, sizeof(one));
	(void)pthread_join(c->thread, NULL);
	for (size_t i = 0; i < CONTROL_CLIENTS_MAX; i++) {
		struct client *client = &c->clients[i];

		if (atomic_load(&client->state) == CLIENT_FREE)
			continue;
		(void)shutdown(client->fd, SHUT_RD);
		(void)pthread_join(client->thread, NULL);
		(void)close(client->fd);
	}
}

static void
remove_file(const struct control *c)
{
	struct stat st;

	if (c->has_file && lstat(c->path, &st) == 0 && st.st_dev == c->dev &&
	    st.st_ino == c->ino)
		(void)unlink(c->path);
}

void
control_stop(struct control *c)
{
	if (c == NULL || !c->has_thread)
		return;
	stop_threads(c);
	c->has_thread = false;
}

void
control_close(struct control *c)
{
	if (c == NULL)
		return;
	control_stop(c);
	if (c->path != NULL)
		remove_file(c);
	if (c->listener != -1)
		(void)close(c->listener);
	if (c->changed != -1)
		(void)close(c->changed);
	free(c->path);
	free(c);
}
