/*
 * check_file.c - the files of a check: read, and who else may
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ktutils/checking.h"
#include "ktutils/enctype.h"
#include "ktutils/keytab_file.h"

/* --- Who may read and write it --- */

static void
check_mode(struct checking *c, const char *path, const struct stat *st)
{
	if ((st->st_mode & 07) != 0) {
		builder_find(&c->b, "keytab-mode", REPORT_ERROR, path,
		    "Every user of this machine can %s the keytab (mode "
		    "%04o), and so be the server.",
		    (st->st_mode & S_IWOTH) != 0 ? "change" : "read",
		    (unsigned)(st->st_mode & 07777));
		builder_advise(&c->b,
		    "chmod 0600 %s; if others have logged in here meanwhile, "
		    "make a new key, too",
		    path);
	} else if ((st->st_mode & S_IWGRP) != 0) {
		builder_find(&c->b, "keytab-mode", REPORT_WARNING, path,
		    "The group %u can change the keytab (mode %04o).",
		    (unsigned)st->st_gid, (unsigned)(st->st_mode & 07777));
		builder_advise(&c->b, "chmod g-w %s", path);
	}
}

static void
check_owner(struct checking *c, const char *path, const struct stat *st)
{
	uid_t uid =
	    c->request->user == NULL ? geteuid() : c->request->user->uid;

	if (st->st_uid == 0 || st->st_uid == uid)
		return;
	builder_find(&c->b, "keytab-owner", REPORT_WARNING, path,
	    "The keytab belongs to uid %u, who is neither root nor the user "
	    "of the daemon (uid %u), and can change it.",
	    (unsigned)st->st_uid, (unsigned)uid);
	builder_advise(&c->b, "chown %u %s", (unsigned)uid, path);
}

/* Who may write to its folder may put another keytab there. */
static void
check_folder(struct checking *c, const char *path)
{
	char *real = realpath(path, NULL), *copy;
	struct stat st;
	const char *folder;

	copy = strdup(real == NULL ? path : real);
	free(real);
	if (copy == NULL) {
		c->b.is_short = true;
		return;
	}
	folder = dirname(copy);
	if (stat(folder, &st) == 0 && (st.st_mode & S_IWOTH) != 0 &&
	    (st.st_mode & S_ISVTX) == 0) {
		builder_find(&c->b, "folder-mode", REPORT_ERROR, path,
		    "Every user of this machine can replace the keytab: the "
		    "folder %s has mode %04o.",
		    folder, (unsigned)(st.st_mode & 07777));
		builder_advise(&c->b, "chmod o-w %s", folder);
	}
	free(copy);
}

/* --- If it can be read --- */

static void
find_missing(struct checking *c, const char *path, const char *reason)
{
	builder_find(&c->b, "keytab-missing", REPORT_ERROR, path,
	    "There is no such keytab: %s.", reason);
	builder_advise(&c->b,
	    "make it (docs/keytab.md), or name the right file");
}

static void
find_unreadable(struct checking *c, const char *path, const char *reason)
{
	unsigned uid =
	    c->request->user == NULL ? geteuid() : c->request->user->uid;

	builder_find(&c->b, "keytab-unreadable", REPORT_ERROR, path,
	    "The keytab cannot be read: %s.", reason);
	builder_advise(&c->b,
	    "if it is for the daemon alone: chown %u %s; else give the "
	    "daemon one of its own: kddns-keytab extract 'DNS/*' %s "
	    "-o /etc/kddns/dns.keytab --user %u",
	    uid, path, path, uid);
}

/* For the user who is asked for, if that is not who we are. */
static void
check_access(struct checking *c, const char *path)
{
	char reason[KEYTAB_REASON_SIZE];

	if (c->request->user == NULL)
		return;
	switch (access_to_read(path, c->request->user, reason)) {
	case ACCESS_OK:
	case ACCESS_MISSING: /* reading it will say so */
		break;
	case ACCESS_DENIED:
		find_unreadable(c, path, reason);
		break;
	case ACCESS_UNKNOWN:
		builder_find(&c->b, "keytab-unasked", REPORT_WARNING, path,
		    "It is not known if that user can read the keytab: %s.",
		    reason);
		builder_advise(&c->b, "run the check as root, or as that user");
		break;
	}
}

static void
find_problem(struct checking *c, const char *path,
    enum keytab_file_result result, const char *reason)
{
	switch (result) {
	case KEYTAB_FILE_OK:
		break;
	case KEYTAB_FILE_MISSING:
		find_missing(c, path, reason);
		break;
	case KEYTAB_FILE_UNREADABLE:
		find_unreadable(c, path, reason);
		break;
	case KEYTAB_FILE_MALFORMED:
		builder_find(&c->b, "keytab-malformed", REPORT_ERROR, path,
		    "This is not a whole keytab: %s.", reason);
		builder_advise(&c->b,
		    "make it again from the directory, or copy it again, in "
		    "binary");
		break;
	case KEYTAB_FILE_LOCKED:
		builder_find(&c->b, "keytab-locked", REPORT_ERROR, path,
		    "The keytab cannot be read: %s.", reason);
		builder_advise(&c->b,
		    "find who has it open, and end that: fuser -v %s", path);
		break;
	case KEYTAB_FILE_EXISTS:
	case KEYTAB_FILE_CHANGED:
	case KEYTAB_FILE_FAILED:
		builder_find(&c->b, "keytab-failed", REPORT_ERROR, path,
		    "The keytab was not read: %s.", reason);
		builder_advise(&c->b, "see what the system has against it");
		break;
	}
}

/* --- Its entries, for the report --- */

static bool
is_permitted(krb5_context krb5, krb5_enctype enctype)
{
	krb5_enctype *list;
	bool is_there = false;

	if (krb5 == NULL || krb5_get_permitted_enctypes(krb5, &list) != 0)
		return true; /* what is wrong with krb5.conf is said once */
	for (size_t i = 0; list[i] != 0; i++)
		is_there |= list[i] == enctype;
	krb5_free_enctypes(krb5, list);
	return is_there;
}

static void
add_entry(struct checking *c, size_t file, const struct keytab *k, size_t i)
{
	const struct keytab_entry *e = &k->entries[i];
	struct report_entry *r = builder_entry(&c->b);

	if (r == NULL || keytab_append(c->all, e) != 0) {
		c->b.is_short = true;
		return;
	}
	r->file = file;
	builder_set(&c->b, &r->principal, "%s", e->principal);
	r->kvno = e->kvno;
	r->enctype = e->enctype;
	enctype_name(e->enctype, r->enctype_name, sizeof(r->enctype_name));
	r->written = e->written;
	memcpy(r->fingerprint, e->fingerprint, sizeof(r->fingerprint));
	r->is_weak = enctype_is_weak(e->enctype);
	r->is_permitted = is_permitted(c->krb5, e->enctype);
}

/* False: no memory. */
static bool
add_file(struct checking *c, const char *path, const struct keytab *k,
    const struct stat *st)
{
	struct report_file *f = builder_file(&c->b);

	if (f == NULL)
		return false;
	builder_set(&c->b, &f->path, "%s", path);
	f->is_read = k != NULL;
	f->uid = st->st_uid;
	f->gid = st->st_gid;
	f->mode = st->st_mode & 07777;
	f->changed = st->st_mtim.tv_sec;
	f->n_entries = k == NULL ? 0 : k->n;
	return true;
}

static void
check_path(struct checking *c, const char *path)
{
	char reason[KEYTAB_REASON_SIZE];
	struct keytab *k;
	struct stat st;
	enum keytab_file_result result =
	    keytab_file_read(path, reason, &k, &st);
	size_t file = c->b.report->n_files;

	if (result != KEYTAB_FILE_UNREADABLE)
		check_access(c, path);
	find_problem(c, path, result, reason);
	if (st.st_mode != 0) {
		check_mode(c, path, &st);
		check_owner(c, path, &st);
		check_folder(c, path);
	}
	if (add_file(c, path, k, &st) && k != NULL) {
		for (size_t i = 0; i < k->n && !c->b.is_short; i++)
			add_entry(c, file, k, i);
		if (k->n == 0) {
			builder_find(&c->b, "keytab-empty", REPORT_ERROR, path,
			    "The keytab has no entry.");
			builder_advise(&c->b,
			    "put the key of the DNS/ principal into it "
			    "(docs/keytab.md)");
		}
	}
	keytab_destroy(k);
}

void
check_files(struct checking *c)
{
	const struct check_texts *names = &c->request->keytabs;

	for (size_t i = 0; i < names->n && !c->b.is_short; i++) {
		const char *path = keytab_file_path(names->items[i]);

		if (path != NULL) {
			check_path(c, path);
			continue;
		}
		builder_find(&c->b, "keytab-kind", REPORT_ERROR,
		    names->items[i], "This is not the name of a file.");
		builder_advise(&c->b, "name it as FILE:/path");
	}
}
