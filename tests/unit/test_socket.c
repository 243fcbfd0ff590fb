/*
 * test_socket.c - the control socket, in a folder of its own
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <grp.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/base/err.h"
#include "daemon/control/control.h"
#include "daemon/control/lines.h"
#include "tests/unit/suites.h"

#define STREAM_LINES 50000
#define STRANGER 65534 /* a user and group of no rights */

static char folder[64], path[128];
static atomic_int n_running; /* commands that wait for may_end */
static atomic_bool may_end;

static int
run_args(void *arg, struct control_request *r, json_t **result_out,
    struct reason *reason)
{
	(void)reason;
	CU_ASSERT_PTR_NULL(control_arg(r, control_n_args(r)));
	*result_out = json_pack("{s:s, s:s?}", "arg", (const char *)arg,
	    "first", control_arg(r, 0));
	return 0;
}

static int
run_fail(void *arg, struct control_request *r, json_t **result_out,
    struct reason *reason)
{
	(void)arg;
	(void)r;
	(void)result_out;
	reason_set(reason, "zone x: not found");
	return ERR_NOTFOUND;
}

static int
run_stream(void *arg, struct control_request *r, json_t **result_out,
    struct reason *reason)
{
	static const char line[] = "www 300 IN A 192.0.2.1";
	int ret = 0;

	(void)arg;
	(void)reason;
	(void)result_out;
	for (int i = 0; i < STREAM_LINES && ret == 0; i++)
		ret = control_stream_line(r, line, sizeof(line) - 1);
	return ret;
}

static int
run_wait(void *arg, struct control_request *r, json_t **result_out,
    struct reason *reason)
{
	(void)arg;
	(void)r;
	(void)result_out;
	(void)reason;
	atomic_fetch_add(&n_running, 1);
	while (!atomic_load(&may_end))
		sched_yield();
	atomic_fetch_sub(&n_running, 1);
	return 0;
}

static char the_arg[] = "the arg";
static const struct control_command commands[] = {
    {"args", "[ONE]", 0, 1, run_args},
    {"fail", "", 0, 0, run_fail},
    {"stream", "", 0, 0, run_stream},
    {"wait", "", 0, 0, run_wait},
    {NULL, NULL, 0, 0, NULL},
};

static void
make_folder(void)
{
	(void)snprintf(folder, sizeof(folder), "/tmp/kddns-test-XXXXXX");
	CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(folder));
	(void)snprintf(path, sizeof(path), "%s/control.sock", folder);
	atomic_store(&may_end, false);
}

static struct control *
open_control(unsigned client_ms)
{
	struct control_options o = {.path = path,
	    .commands = commands,
	    .arg = the_arg,
	    .client_ms = client_ms};
	struct control *c;

	make_folder();
	CU_ASSERT_EQUAL_FATAL(control_open(&o, &c, NULL), 0);
	CU_ASSERT_EQUAL_FATAL(control_serve(c, NULL), 0);
	return c;
}

static void
close_control(struct control *c)
{
	control_close(c);
	CU_ASSERT_EQUAL(rmdir(folder), 0); /* so the file is gone */
}

static int
client(void)
{
	struct sockaddr_un sa = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	memcpy(sa.sun_path, path, strlen(path));
	CU_ASSERT_EQUAL_FATAL(connect(fd, (struct sockaddr *)&sa, sizeof(sa)),
	    0);
	return fd;
}

/* Who is refused at once has lost his connection: "" says nothing. */
static void
say(int fd, const char *text)
{
	if (text[0] == '\0')
		return;
	CU_ASSERT_EQUAL(send(fd, text, strlen(text), MSG_NOSIGNAL),
	    (ssize_t)strlen(text));
}

/* Whether the next line is this document. */
static bool
reads(struct lines *l, const char *expected)
{
	json_t *want = json_loads(expected, 0, NULL), *got;
	const char *line;
	size_t len;
	bool same;

	if (lines_read(l, CONTROL_LINE_MAX, &line, &len) != 0)
		len = 0;
	got = json_loadb(line, len, 0, NULL);
	same = want != NULL && json_equal(want, got);
	json_decref(want);
	json_decref(got);
	return same;
}

/* Whether text is answered by this one line, and the end. */
static bool
is_answered(const char *text, const char *expected)
{
	struct lines l;
	const char *line;
	size_t len;
	int fd = client();
	bool ok;

	say(fd, text);
	lines_init(&l, fd, 0);
	ok = reads(&l, expected) &&
	    lines_read(&l, 100, &line, &len) == ERR_CLOSED;
	lines_clear(&l);
	(void)close(fd);
	return ok;
}

static void
test_a_command_gets_one_line_and_the_end(void)
{
	struct control *c = open_control(0);

	CU_ASSERT(is_answered("{\"command\":\"args\",\"args\":[\"x\"]}\n",
	    "{\"ok\":true,\"result\":{\"arg\":\"the arg\",\"first\":\"x\"}}"));
	CU_ASSERT(is_answered("{\"command\":\"fail\"}\n",
	    "{\"ok\":false,\"error\":\"zone x: not found\"}"));
	CU_ASSERT(is_answered("{\"command\":\"args\",\"args\":[\"x\",\"y\"]}\n",
	    "{\"ok\":false,\"error\":\"usage: args [ONE]\","
	    "\"usage\":true}"));
	CU_ASSERT(is_answered("{\"command\":\"frob\\n\"}\n",
	    "{\"ok\":false,\"error\":\"frob\\\\012: unknown command\","
	    "\"usage\":true}"));
	CU_ASSERT(is_answered("junk\n",
	    "{\"ok\":false,\"error\":\"request: not JSON, at octet 4\"}"));
	close_control(c);
}

static void
test_a_stream_ends_with_the_result(void)
{
	struct control *c = open_control(0);
	int fd = client();
	unsigned n = 0;
	struct lines l;

	say(fd, "{\"command\":\"stream\"}\n");
	lines_init(&l, fd, 0);
	while (n < STREAM_LINES &&
	    reads(&l, "{\"text\":\"www 300 IN A 192.0.2.1\"}"))
		n++;
	CU_ASSERT_EQUAL(n, STREAM_LINES);
	CU_ASSERT(reads(&l, "{\"ok\":true,\"result\":{}}"));
	lines_clear(&l);
	(void)close(fd);
	close_control(c);
}

static void
test_too_long_a_line_is_refused(void)
{
	static char line[CONTROL_LINE_MAX + 2];
	struct control *c = open_control(0);
	struct lines l;
	int fd = client();

	memset(line, ' ', sizeof(line) - 1);
	say(fd, line);
	lines_init(&l, fd, 0);
	CU_ASSERT(
	    reads(&l, "{\"ok\":false,\"error\":\"request: does not fit\"}"));
	lines_clear(&l);
	(void)close(fd);
	close_control(c);
}

/* One does not ask, one does not read, one's command takes long. */
static void
test_who_is_stuck_is_in_nobodys_way(void)
{
	struct control *c = open_control(200);
	int silent = client(), deaf = client(), slow = client();
	struct lines l;

	say(deaf, "{\"command\":\"stream\"}\n");
	say(slow, "{\"command\":\"wait\"}\n");
	while (atomic_load(&n_running) == 0)
		sched_yield();
	CU_ASSERT(is_answered("{\"command\":\"args\"}\n",
	    "{\"ok\":true,\"result\":{\"arg\":\"the arg\",\"first\":null}}"));
	lines_init(&l, silent, 0);
	CU_ASSERT(reads(&l, "{\"ok\":false,\"error\":\"request: timed out\"}"));
	lines_clear(&l);
	atomic_store(&may_end, true);
	(void)close(silent);
	(void)close(slow);
	close_control(c);
	(void)close(deaf);
}

static void
test_clients_are_bounded_and_places_free_up(void)
{
	struct control *c = open_control(0);
	int fds[CONTROL_CLIENTS_MAX];

	for (int i = 0; i < CONTROL_CLIENTS_MAX; i++) {
		fds[i] = client();
		say(fds[i], "{\"command\":\"wait\"}\n");
	}
	while (atomic_load(&n_running) < CONTROL_CLIENTS_MAX)
		sched_yield();
	CU_ASSERT(is_answered("",
	    "{\"ok\":false,\"error\":\"busy: too many clients\"}"));
	atomic_store(&may_end, true);
	for (int i = 0; i < CONTROL_CLIENTS_MAX; i++) {
		struct lines l;
		const char *line;
		size_t len;

		lines_init(&l, fds[i], 0);
		CU_ASSERT(reads(&l, "{\"ok\":true,\"result\":{}}"));
		CU_ASSERT_EQUAL(lines_read(&l, 9, &line, &len), ERR_CLOSED);
		lines_clear(&l);
		(void)close(fds[i]);
	}
	CU_ASSERT(is_answered("{\"command\":\"args\"}\n",
	    "{\"ok\":true,\"result\":{\"arg\":\"the arg\",\"first\":null}}"));
	close_control(c);
}

static void
test_a_live_socket_is_refused_and_a_stale_one_replaced(void)
{
	struct control *c = open_control(0), *second;
	struct control_options o = {.path = path,
	    .commands = commands,
	    .arg = the_arg};
	struct reason reason;
	char keep[160];

	CU_ASSERT_EQUAL(control_open(&o, &second, &reason), ERR_BUSY);
	CU_ASSERT_PTR_NOT_NULL(strstr(reason.text, "another daemon answers"));
	CU_ASSERT(is_answered("{\"command\":\"args\"}\n",
	    "{\"ok\":true,\"result\":{\"arg\":\"the arg\",\"first\":null}}"));

	/* As a killed daemon leaves it. */
	(void)snprintf(keep, sizeof(keep), "%s.old", path);
	CU_ASSERT_EQUAL(link(path, keep), 0);
	control_close(c);
	CU_ASSERT_EQUAL(rename(keep, path), 0);
	CU_ASSERT_EQUAL_FATAL(control_open(&o, &c, &reason), 0);
	CU_ASSERT_EQUAL_FATAL(control_serve(c, &reason), 0);
	close_control(c);
}

static void
test_what_is_no_socket_is_left_alone(void)
{
	struct control_options o = {.path = path, .commands = commands};
	struct control *c;
	struct reason reason;
	FILE *file;

	make_folder();
	file = fopen(path, "w");
	CU_ASSERT_PTR_NOT_NULL_FATAL(file);
	(void)fclose(file);
	CU_ASSERT_EQUAL(control_open(&o, &c, &reason), ERR_EXISTS);
	CU_ASSERT_PTR_NULL(c);
	CU_ASSERT_EQUAL(unlink(path), 0);
	o.group = "no such group";
	CU_ASSERT_EQUAL(control_open(&o, &c, &reason), ERR_NOTFOUND);
	CU_ASSERT_EQUAL(rmdir(folder), 0);
	CU_ASSERT_EQUAL(control_open(&o, &c, &reason), ERR_NOTFOUND);
}

static void
test_the_file_is_for_owner_and_group(void)
{
	struct group *g = getgrgid(getegid());
	struct control_options o = {.path = path,
	    .commands = commands,
	    .group = g == NULL ? NULL : g->gr_name};
	struct control *c;
	struct stat st;

	make_folder();
	CU_ASSERT_EQUAL_FATAL(control_open(&o, &c, NULL), 0);
	CU_ASSERT_EQUAL_FATAL(control_serve(c, NULL), 0);
	CU_ASSERT_EQUAL(stat(path, &st), 0);
	CU_ASSERT_EQUAL(st.st_mode & 07777, 0660);
	CU_ASSERT_EQUAL(st.st_gid, getegid());
	close_control(c);
}

/*
 * Asks as user and group STRANGER, with one more group unless it is STRANGER
 * too, in a process of its own; true: was served.
 */
static bool
is_served_as_stranger(gid_t more)
{
	pid_t child = fork();
	int status = -1;

	CU_ASSERT_NOT_EQUAL_FATAL(child, -1);
	if (child == 0) {
		struct sockaddr_un sa = {.sun_family = AF_UNIX};
		char answer[256] = "";
		int fd = socket(AF_UNIX, SOCK_STREAM, 0);

		memcpy(sa.sun_path, path, strlen(path));
		if (setgroups(1, &more) != 0 || setgid(STRANGER) != 0 ||
		    setuid(STRANGER) != 0 ||
		    connect(fd, (struct sockaddr *)&sa, sizeof(sa)) != 0)
			_exit(2);
		(void)send(fd, "{\"command\":\"args\"}\n", 19, MSG_NOSIGNAL);
		if (recv(fd, answer, sizeof(answer) - 1, 0) <= 0)
			_exit(2);
		if (strstr(answer, "\"ok\":true") != NULL)
			_exit(0);
		_exit(strstr(answer, "permission denied") != NULL ? 1 : 2);
	}
	CU_ASSERT_EQUAL(waitpid(child, &status, 0), child);
	CU_ASSERT(WIFEXITED(status) && WEXITSTATUS(status) < 2);
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* The file is open to all, so that only the credentials decide. */
static void
test_only_the_group_is_served_even_if_the_file_is_open(void)
{
	struct group *g = getgrnam("daemon");
	struct control_options o = {.path = path,
	    .commands = commands,
	    .arg = the_arg,
	    .mode = 0666};
	struct control *c;

	if (geteuid() != 0 || g == NULL) {
		(void)puts("socket: not root: strangers are not tested");
		return;
	}
	o.group = g->gr_name;
	make_folder();
	CU_ASSERT_EQUAL(chmod(folder, 0755), 0);
	CU_ASSERT_EQUAL_FATAL(control_open(&o, &c, NULL), 0);
	CU_ASSERT_EQUAL_FATAL(control_serve(c, NULL), 0);
	CU_ASSERT(!is_served_as_stranger(STRANGER));
	CU_ASSERT(is_served_as_stranger(g->gr_gid));
	close_control(c);

	/* Without a group it is root and the daemon's user alone. */
	o.group = NULL;
	make_folder();
	CU_ASSERT_EQUAL(chmod(folder, 0755), 0);
	CU_ASSERT_EQUAL_FATAL(control_open(&o, &c, NULL), 0);
	CU_ASSERT_EQUAL_FATAL(control_serve(c, NULL), 0);
	CU_ASSERT(!is_served_as_stranger(g->gr_gid));
	close_control(c);
}

CU_TestInfo socket_tests[] = {
    {"command", test_a_command_gets_one_line_and_the_end},
    {"stream", test_a_stream_ends_with_the_result},
    {"too long", test_too_long_a_line_is_refused},
    {"stuck", test_who_is_stuck_is_in_nobodys_way},
    {"clients", test_clients_are_bounded_and_places_free_up},
    {"stale", test_a_live_socket_is_refused_and_a_stale_one_replaced},
    {"no socket", test_what_is_no_socket_is_left_alone},
    {"strangers", test_only_the_group_is_served_even_if_the_file_is_open},
    {"mode", test_the_file_is_for_owner_and_group},
    CU_TEST_INFO_NULL,
};
