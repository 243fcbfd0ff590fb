/*
 * zone_file.c - a whole zone to a zone file
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/base/err.h"
#include "daemon/base/storage.h"
#include "daemon/dns/zone_scan.h"
#include "daemon/zone/digest.h"
#include "daemon/zone/outfile.h"
#include "daemon/zone/zone_file.h"

_Static_assert(ZONE_FILE_DIGEST_LEN == DIGEST_LEN, "one digest");

#define LINE_SIZE ((size_t)RR_TEXT_SIZE(RDATA_LEN_MAX))

/* Where lines are made and go. */
struct lines {
	zone_file_put put;
	void *arg;
	char *line; /* LINE_SIZE */
};

static int
write_rrset(const struct lines *l, const uint8_t *owner, const struct rrset *s)
{
	struct rdata_ref rdata;
	struct rr rr = {.owner = owner,
	    .type = s->type,
	    .class = CLASS_IN,
	    .ttl = s->ttl};
	size_t len;
	int ret;

	for (size_t at = 0; rrset_next(s, &at, &rdata);) {
		rr.rdata = rdata.octets;
		rr.rdata_len = rdata.len;
		ret = rr_to_text(&rr, l->line, LINE_SIZE, &len);
		if (ret == 0)
			ret = l->put(l->arg, l->line, len);
		if (ret != 0)
			return ret;
	}
	return 0;
}

/* All RRsets of n but the one of the type (0: all). */
static int
write_name(const struct lines *l, const struct zone_name *n, uint16_t but_type)
{
	for (unsigned i = 0; i < zone_name_n_rrsets(n); i++) {
		const struct rrset *s = zone_name_rrset_at(n, i);
		int ret;

		if (s->type == but_type)
			continue;
		ret = write_rrset(l, zone_name_owner(n), s);
		if (ret != 0)
			return ret;
	}
	return 0;
}

static int
write_names(const struct lines *l, const struct zone_version *v)
{
	const struct rrset *soa = version_soa(v);
	const struct zone_name *apex = version_apex(v), *n;
	struct zone_iter it;
	int ret = 0;

	if (soa != NULL)
		ret = write_rrset(l, zone_name_owner(apex), soa);
	for (n = zone_first(&it, v); n != NULL && ret == 0; n = zone_next(&it))
		ret = write_name(l, n, n == apex ? TYPE_SOA : 0);
	return ret;
}

int
zone_file_write(const struct zone_version *v, zone_file_put put, void *arg)
{
	struct lines l = {put, arg, malloc(LINE_SIZE)};
	int ret;

	if (l.line == NULL)
		return ERR_NOMEM;
	ret = write_names(&l, v);
	free(l.line);
	return ret;
}

/* A file being dumped: its folder, and the new one beside the old one. */
struct dump {
	const struct storage *storage;
	int dirfd;
	char *name; /* in the folder */
	char *temporary_name;
	struct outfile *file;
	struct digest digest;
};

static int
put_line(void *arg, const char *line, size_t len)
{
	struct dump *d = arg;

	digest_update(&d->digest, line, len);
	outfile_put(d->file, line, len);
	return 0;
}

static int
open_folder(struct dump *d, const char *path)
{
	const char *slash = strrchr(path, '/');
	char *folder;

	if (slash == NULL)
		folder = strdup(".");
	else if (slash == path)
		folder = strdup("/");
	else
		folder = strndup(path, (size_t)(slash - path));
	d->name = strdup(slash == NULL ? path : slash + 1);
	if (d->name == NULL ||
	    asprintf(&d->temporary_name, "%s.tmp", d->name) == -1)
		d->temporary_name = NULL;
	if (folder == NULL || d->temporary_name == NULL) {
		free(folder);
		return ERR_NOMEM;
	}
	d->dirfd = d->storage->open(d->storage->arg, AT_FDCWD, folder,
	    O_RDONLY | O_DIRECTORY, 0);
	free(folder);
	return d->dirfd == -1 ? err_from_errno(errno) : 0;
}

static int
open_temporary(struct dump *d)
{
	struct stat st;
	int ret =
	    outfile_open(d->storage, d->dirfd, d->temporary_name, &d->file);

	if (ret != 0)
		return ret;
	if (fstatat(d->dirfd, d->name, &st, 0) == 0)
		outfile_dress(d->file, st.st_mode & 07777, st.st_uid,
		    st.st_gid);
	else
		outfile_dress(d->file, 0644, geteuid(), getegid());
	return 0;
}

static int
put_in_place(struct dump *d)
{
	const struct storage *st = d->storage;
	int ret = outfile_finish(d->file);

	if (ret != 0)
		return ret;
	if (st->rename(st->arg, d->dirfd, d->temporary_name, d->name) != 0 ||
	    st->fsync_dir(st->arg, d->dirfd) != 0)
		return err_from_errno(errno);
	return 0;
}

int
zone_file_dump(const struct zone_version *v, const struct storage *st,
    const char *path, uint8_t digest_out[ZONE_FILE_DIGEST_LEN],
    struct reason *reason)
{
	struct dump d = {.storage = st, .dirfd = -1};
	int ret;

	digest_start(&d.digest);
	ret = open_folder(&d, path);
	if (ret == 0)
		ret = open_temporary(&d);
	if (ret != 0)
		goto done;
	ret = zone_file_write(v, put_line, &d);
	if (ret == 0)
		ret = put_in_place(&d);
	if (ret == 0)
		digest_finish(&d.digest, digest_out);
	else
		(void)st->unlink(st->arg, d.dirfd, d.temporary_name);
done:
	if (ret != 0)
		reason_set(reason, "%s: %s", path, err_text(ret));
	outfile_close(d.file);
	if (d.dirfd != -1)
		(void)st->close(st->arg, d.dirfd);
	free(d.name);
	free(d.temporary_name);
	return ret;
}

int
zone_file_digest(const char *path, uint8_t digest_out[ZONE_FILE_DIGEST_LEN])
{
	uint8_t octets[16384];
	struct digest d;
	ssize_t n;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), ret = 0;

	if (fd == -1)
		return err_from_errno(errno);
	digest_start(&d);
	for (;;) {
		n = read(fd, octets, sizeof(octets));
		if (n == 0)
			break;
		if (n > 0)
			digest_update(&d, octets, (size_t)n);
		else if (errno != EINTR) {
			ret = err_from_errno(errno);
			break;
		}
	}
	(void)close(fd);
	if (ret == 0)
		digest_finish(&d, digest_out);
	return ret;
}
