/*
 * ready.c - telling whoever started us that we are up
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/base/err.h"
#include "daemon/server/ready.h"

static int ready_pipe = -1;

bool
ready_by_systemd(void)
{
	const char *path = getenv("NOTIFY_SOCKET");

	return path != NULL && (path[0] == '/' || path[0] == '@');
}

/* The parent: waits for one octet, or for the child's end. */
static _Noreturn void
wait_for_child(pid_t child, int fd)
{
	char octet;
	int status;
	ssize_t n;

	do
		n = read(fd, &octet, 1);
	while (n == -1 && errno == EINTR);
	if (n == 1)
		_exit(0);
	if (waitpid(child, &status, 0) == child && WIFEXITED(status) &&
	    WEXITSTATUS(status) != 0)
		_exit(WEXITSTATUS(status));
	_exit(1);
}

int
ready_daemonize(void)
{
	int fds[2], null;
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC) == -1)
		return err_from_errno(errno);
	pid = fork();
	if (pid == -1)
		return err_from_errno(errno);
	if (pid > 0) {
		(void)close(fds[1]);
		wait_for_child(pid, fds[0]);
	}
	(void)close(fds[0]);
	ready_pipe = fds[1];
	(void)setsid();
	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (null == -1)
		return err_from_errno(errno);
	(void)dup2(null, STDIN_FILENO);
	(void)dup2(null, STDOUT_FILENO);
	(void)close(null);
	return 0;
}

void
ready_state(const char *state)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un un = {.sun_family = AF_UNIX};
	size_t len;
	int fd;

	if (!ready_by_systemd())
		return;
	len = strlen(path);
	if (len >= sizeof(un.sun_path))
		return;
	memcpy(un.sun_path, path, len);
	if (un.sun_path[0] == '@')
		un.sun_path[0] = '\0';
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd == -1)
		return;
	(void)sendto(fd, state, strlen(state), MSG_NOSIGNAL,
	    (struct sockaddr *)&un,
	    (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len));
	(void)close(fd);
}

void
ready_tell(void)
{
	ready_state("READY=1");
	if (ready_pipe == -1)
		return;
	(void)!write(ready_pipe, "1", 1);
	(void)close(ready_pipe);
	ready_pipe = -1;
	/* Errors were for whoever started us; from now on there is the log. */
	(void)dup2(STDIN_FILENO, STDERR_FILENO);
}
