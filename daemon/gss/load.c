/*
 * load.c - keytab files read into a generation of keys
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * krb5 takes a keytab file that is cut inside an entry for a shorter one, so
 * its entries are counted out first: what somebody has not written to its end
 * is no keytab.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/base/buf.h"
#include "daemon/base/err.h"
#include "daemon/gss/generation.h"
#include "daemon/gss/readable.h"
#include "daemon/gss/wanted.h"

#define KEYTAB_VERSION 0x0502 /* the one whose lengths are big-endian */

/* What loading needs besides. */
struct load {
	struct acceptor_generation *g;
	struct wanted wanted;
	struct reason *reason;
};

/* True if the entries end where the file does, or with a length of 0. */
static bool
ends_with_an_entry(FILE *f, off_t size)
{
	uint8_t octets[4];
	off_t at = 2;

	while (at < size) {
		int32_t len;

		if (fseeko(f, at, SEEK_SET) == -1 ||
		    fread(octets, sizeof(octets), 1, f) != 1)
			return false;
		len = (int32_t)get_u32(octets);
		if (len == 0)
			return true;
		if (len == INT32_MIN)
			return false;
		at += 4 + (off_t)(len < 0 ? -len : len); /* < 0: a hole */
	}
	return at == size;
}

static bool
is_whole(FILE *f, off_t size)
{
	uint8_t version[2];

	if (fread(version, sizeof(version), 1, f) != 1)
		return false;
	return get_u16(version) != KEYTAB_VERSION ||
	    ends_with_an_entry(f, size);
}

static int
check_whole(struct load *l, const char *path)
{
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	FILE *f = fd == -1 ? NULL : fdopen(fd, "r");
	const char *problem = NULL;
	struct stat st;

	if (f == NULL || fstat(fd, &st) == -1)
		problem = strerror(errno);
	else if (!S_ISREG(st.st_mode))
		problem = "not a file";
	else if (!is_whole(f, st.st_size))
		problem = "ends inside an entry: it is damaged, or somebody "
			  "is writing it";
	if (problem != NULL)
		reason_set(l->reason, "keytab %s: %s", path, problem);
	if (f != NULL)
		(void)fclose(f);
	else if (fd != -1)
		(void)close(fd);
	return problem == NULL ? 0 : ERR_MALFORMED;
}

/* The entries of an open keytab that may accept. */
static int
read_entries(struct load *l, unsigned source, krb5_keytab keytab)
{
	krb5_context krb5 = l->g->krb5;
	const char *name = l->g->sources[source];
	krb5_keytab_entry key;
	krb5_kt_cursor cursor;
	krb5_error_code code;
	int ret = 0;

	code = krb5_kt_start_seq_get(krb5, keytab, &cursor);
	if (code != 0) {
		generation_say(krb5, l->reason, "keytab", name, code);
		return ERR_MALFORMED;
	}
	while (ret == 0) {
		code = krb5_kt_next_entry(krb5, keytab, &key, &cursor);
		if (code != 0)
			break;
		if (wanted_has(&l->wanted, key.principal))
			ret = generation_add(l->g, &key, source, 0);
		(void)krb5_free_keytab_entry_contents(krb5, &key);
	}
	(void)krb5_kt_end_seq_get(krb5, keytab, &cursor);
	if (ret == ERR_RANGE)
		reason_set(l->reason, "keytab %s: too many entries", name);
	if (ret == 0 && code != KRB5_KT_END) {
		generation_say(krb5, l->reason, "keytab", name, code);
		ret = ERR_MALFORMED;
	}
	return ret;
}

static int
check_file(struct load *l, const char *name)
{
	const char *path = acceptor_keytab_path(name);
	int ret;

	if (path == NULL)
		return 0;
	ret = readable_check(path, "keytab", l->reason);
	return ret == 0 ? check_whole(l, path) : ret;
}

static int
read_keytab(struct load *l, unsigned source)
{
	const char *name = l->g->sources[source];
	krb5_keytab keytab;
	krb5_error_code code;
	int ret;

	ret = check_file(l, name);
	if (ret != 0)
		return ret;
	code = krb5_kt_resolve(l->g->krb5, name, &keytab);
	if (code != 0) {
		generation_say(l->g->krb5, l->reason, "keytab", name, code);
		return ERR_MALFORMED;
	}
	ret = read_entries(l, source, keytab);
	(void)krb5_kt_close(l->g->krb5, keytab);
	return ret;
}

/* Every accept fails if krb5 cannot write it: better to know now. */
static int
check_replay_cache(const char *path, struct reason *reason)
{
	const int flags =
	    O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
	const char *problem = NULL;
	struct stat st;
	int fd;

	fd = open(path, flags, 0600);
	if (fd == -1 || fstat(fd, &st) == -1)
		problem = strerror(errno);
	else if (!S_ISREG(st.st_mode))
		problem = "not a file";
	else if (st.st_uid != geteuid())
		problem = "owned by another user";
	else if ((st.st_mode & 077) != 0 && fchmod(fd, 0600) == -1)
		problem = strerror(errno);
	if (problem != NULL)
		reason_set(reason, "replay cache %s: uid %u: %s", path,
		    (unsigned)geteuid(), problem);
	if (fd != -1)
		(void)close(fd);
	return problem == NULL ? 0 : ERR_PERM;
}

static int
read_all(struct load *l, const struct acceptor_config *config)
{
	int ret;

	ret = wanted_read(&l->wanted, l->g->krb5, config, l->reason);
	for (unsigned i = 0; i < l->g->n_sources && ret == 0; i++)
		ret = read_keytab(l, i);
	if (ret == 0 && l->g->n_entries == 0) {
		reason_set(l->reason,
		    "no key for %s in %s: extract one there, or name the "
		    "principal in acceptor",
		    config->n_principals > 0 ? config->principals[0] : "DNS/*",
		    config->n_keytabs > 0 ? config->keytabs[0] : "no keytab");
		ret = ERR_NOTFOUND;
	}
	if (ret == 0 && config->replay_cache != NULL)
		ret = check_replay_cache(config->replay_cache, l->reason);
	if (ret == 0)
		ret = generation_try(l->g, l->reason);
	return ret;
}

int
acceptor_load(const struct acceptor_config *config,
    struct acceptor_generation **generation_out, struct reason *reason)
{
	struct load l = {.reason = reason};
	int ret;

	*generation_out = NULL;
	ret = generation_create(config, &l.g, reason);
	if (ret != 0)
		return ret;
	ret = read_all(&l, config);
	wanted_clear(&l.wanted);
	if (ret != 0) {
		acceptor_generation_unref(l.g);
		return ret;
	}
	reason_set(reason, "%s", "");
	*generation_out = l.g;
	return 0;
}

const char *
acceptor_keytab_path(const char *name)
{
	if (strncmp(name, "FILE:", 5) == 0)
		return name + 5;
	return name[0] == '/' ? name : NULL;
}
