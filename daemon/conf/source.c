/*
 * source.c - a file, read whole
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/base/err.h"
#include "daemon/conf/source.h"

/* One octet more than st_size says at first, so that its end is seen. */
static size_t
first_room(const struct stat *st)
{
	if (st->st_size <= 0 || st->st_size > SOURCE_MOST)
		return 4096;
	return (size_t)st->st_size + 1;
}

/* Doubles the room; the old octets may be secret and are wiped. */
static int
grow(struct source *s, size_t *room)
{
	char *more = malloc(2 * *room + 1);

	if (more == NULL)
		return ERR_NOMEM;
	if (s->len > 0) {
		memcpy(more, s->text, s->len);
		explicit_bzero(s->text, s->len);
	}
	free(s->text);
	s->text = more;
	*room *= 2;
	return 0;
}

static int
read_all(int fd, struct source *s)
{
	size_t room = first_room(&s->st);
	ssize_t n;

	s->text = malloc(room + 1);
	if (s->text == NULL)
		return ERR_NOMEM;
	for (;;) {
		if (s->len == room && grow(s, &room) != 0)
			return ERR_NOMEM;
		n = read(fd, s->text + s->len, room - s->len);
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return err_from_errno(errno);
		if (n == 0)
			break;
		s->len += (size_t)n;
		if (s->len > SOURCE_MOST)
			return ERR_RANGE;
	}
	s->text[s->len] = '\0';
	return 0;
}

int
source_read(const char *path, struct source *s_out)
{
	struct source s = {0};
	int fd, ret, saved;

	memset(s_out, 0, sizeof(*s_out));

	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd == -1)
		return err_from_errno(errno);
	if (fstat(fd, &s.st) == -1)
		ret = err_from_errno(errno);
	else
		ret = read_all(fd, &s);
	saved = errno;
	(void)close(fd);
	if (ret == 0)
		*s_out = s;
	else
		source_clear(&s);
	errno = saved;
	return ret;
}

const char *
source_reason(int ret, char reason[SOURCE_REASON_SIZE])
{
	const char *why = ret == ERR_RANGE ? "over 16 MiB" : strerror(errno);

	if (ret == ERR_PERM)
		(void)snprintf(reason, SOURCE_REASON_SIZE, "%s (uid %u)", why,
		    (unsigned)geteuid());
	else
		(void)snprintf(reason, SOURCE_REASON_SIZE, "%s", why);
	return reason;
}

void
source_clear(struct source *s)
{
	if (s->text != NULL)
		explicit_bzero(s->text, s->len);
	free(s->text);
	memset(s, 0, sizeof(*s));
}
