/*
 * storage_shim.c - a storage that fails when told to, and knows what a crash
 * may leave
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/storage_shim.h"

#define SECTOR 512
#define PATH_SIZE 256

/*
 * An inode: its octets now and on disk, and the sectors that differ; or a
 * directory, which struct shim_dir is the model of.
 */
struct shim_file {
	struct shim_file *next;
	bool is_dir;
	uint8_t *now, *disk;
	bool *dirty; /* one a sector */
	size_t now_len, disk_len, room;
};

/* A change of a directory: name is file's from now on (NULL: nobody's). */
struct shim_change {
	char name[64];
	char old_name[64]; /* rename: this name goes */
	struct shim_file *file;
};

struct shim_dir {
	struct shim_dir *next;
	char path[PATH_SIZE];
	struct shim_change *changes;
	size_t n, n_durable;
};

/* --- The model --- */

static struct shim_dir *
dir_of(struct shim *s, const char *path)
{
	struct shim_dir *d;

	for (d = s->dirs; d != NULL; d = d->next)
		if (strcmp(d->path, path) == 0)
			return d;
	d = calloc(1, sizeof(*d));
	assert(d != NULL);
	(void)snprintf(d->path, sizeof(d->path), "%s", path);
	d->next = s->dirs;
	s->dirs = d;
	return d;
}

/* Who has the name after the first n changes. */
static struct shim_file *
lookup(const struct shim_dir *d, size_t n, const char *name)
{
	struct shim_file *f = NULL;

	for (size_t i = 0; i < n; i++) {
		if (strcmp(d->changes[i].old_name, name) == 0)
			f = NULL;
		if (strcmp(d->changes[i].name, name) == 0)
			f = d->changes[i].file;
	}
	return f;
}

static void
change(struct shim_dir *d, const char *name, const char *old_name,
    struct shim_file *file)
{
	struct shim_change *c;

	d->changes = realloc(d->changes, (d->n + 1) * sizeof(*d->changes));
	assert(d->changes != NULL);
	c = &d->changes[d->n++];
	(void)snprintf(c->name, sizeof(c->name), "%s", name);
	(void)snprintf(c->old_name, sizeof(c->old_name), "%s", old_name);
	c->file = file;
}

static struct shim_file *
new_file(struct shim *s)
{
	struct shim_file *f = calloc(1, sizeof(*f));

	assert(f != NULL);
	f->next = s->files;
	s->files = f;
	return f;
}

static void
reserve(struct shim_file *f, size_t len)
{
	size_t room = (len + SECTOR - 1) / SECTOR * SECTOR;

	if (room <= f->room)
		return;
	f->now = realloc(f->now, room);
	f->disk = realloc(f->disk, room);
	f->dirty = realloc(f->dirty, room / SECTOR * sizeof(*f->dirty));
	assert(f->now != NULL && f->disk != NULL && f->dirty != NULL);
	memset(f->now + f->room, 0, room - f->room);
	memset(f->disk + f->room, 0, room - f->room);
	for (size_t i = f->room / SECTOR; i < room / SECTOR; i++)
		f->dirty[i] = false;
	f->room = room;
}

static void
mark(struct shim_file *f, size_t from, size_t to)
{
	for (size_t i = from / SECTOR; i * SECTOR < to; i++)
		f->dirty[i] = true;
}

static void
model_write(struct shim_file *f, const void *octets, size_t len, size_t at)
{
	reserve(f, at + len);
	memcpy(f->now + at, octets, len);
	mark(f, at, at + len);
	if (at + len > f->now_len)
		f->now_len = at + len;
}

static void
model_truncate(struct shim_file *f, size_t len)
{
	reserve(f, len);
	if (len < f->now_len) {
		memset(f->now + len, 0, f->now_len - len);
		mark(f, len, f->now_len);
	}
	f->now_len = len;
}

static void
model_sync(struct shim_file *f)
{
	if (f->room > 0) {
		memcpy(f->disk, f->now, f->room);
		memset(f->dirty, 0, f->room / SECTOR * sizeof(*f->dirty));
	}
	f->disk_len = f->now_len;
}

/* --- Paths --- */

/* Cuts the path: its directory, and the name in it (the result). */
static const char *
split(char path[PATH_SIZE])
{
	char *slash = strrchr(path, '/');

	assert(slash != NULL);
	*slash = '\0';
	return slash + 1;
}

static void
full_path(struct shim *s, int dirfd, const char *path, char out[PATH_SIZE])
{
	if (dirfd == AT_FDCWD || path[0] == '/')
		(void)snprintf(out, PATH_SIZE, "%s", path);
	else if (strcmp(path, "..") == 0) {
		(void)snprintf(out, PATH_SIZE, "%s", s->fd_paths[dirfd]);
		(void)split(out);
	} else
		(void)snprintf(out, PATH_SIZE, "%s/%s", s->fd_paths[dirfd],
		    path);
}

static struct shim_file *
file_of_fd(struct shim *s, int fd)
{
	/* Descriptors follow the inode: the pointer is kept in text. */
	void *p = NULL;

	assert(s->fd_paths[fd] != NULL && s->fd_paths[fd][0] == '@');
	(void)sscanf(s->fd_paths[fd] + 1, "%p", &p);
	return p;
}

/* --- Faults --- */

/* True: the call fails with errno set; *shorten: it is cut short. */
static bool
strikes(struct shim *s, bool *shorten)
{
	unsigned long n;

	*shorten = false;
	if (s->only_one_thread && !pthread_equal(s->thread, pthread_self()))
		return false;
	n = ++s->n_calls;
	if (s->in_short) {
		errno = ENOSPC;
		s->in_short = s->fault_stays;
		return true;
	}
	if (s->fault == SHIM_FAULT_NONE || s->fault_at == 0 ||
	    n < s->fault_at || (n > s->fault_at && !s->fault_stays))
		return false;
	s->n_faults++;
	if (s->fault == SHIM_FAULT_SHORT) {
		*shorten = true;
		return false;
	}
	errno = s->fault == SHIM_FAULT_EIO ? EIO : ENOSPC;
	return true;
}

static bool
fails(struct shim *s)
{
	bool shorten, failed;

	if (s->only_fallocate)
		return false;
	failed = strikes(s, &shorten);

	if (shorten)
		errno = EIO; /* not a write: there is no half of it */
	return failed || shorten;
}

static void
enter(struct shim *s)
{
	(void)pthread_mutex_lock(&s->lock);
}

static int
leave(struct shim *s, int ret)
{
	int saved = errno;

	if (ret != -1 && s->each != NULL)
		s->each(s->each_arg);
	(void)pthread_mutex_unlock(&s->lock);
	errno = saved;
	return ret;
}

/* --- The calls --- */

static void
note_open(struct shim *s, int dirfd, const char *path, int flags, int fd)
{
	char full[PATH_SIZE], text[64];
	struct shim_file *f;
	struct shim_dir *d;
	const char *name;

	full_path(s, dirfd, path, full);
	if ((flags & O_DIRECTORY) != 0) {
		s->fd_paths[fd] = strdup(full);
		return;
	}
	name = split(full);
	d = dir_of(s, full);
	f = lookup(d, d->n, name);
	if (f == NULL) {
		f = new_file(s);
		change(d, name, "", f);
	}
	if ((flags & O_TRUNC) != 0)
		model_truncate(f, 0);
	(void)snprintf(text, sizeof(text), "@%p", (void *)f);
	s->fd_paths[fd] = strdup(text);
}

static int
shim_open(void *arg, int dirfd, const char *path, int flags, mode_t mode)
{
	struct shim *s = arg;
	int fd = -1;

	enter(s);
	if (!fails(s))
		fd = storage_system.open(NULL, dirfd, path, flags, mode);
	if (fd != -1 && s->recording)
		note_open(s, dirfd, path, flags, fd);
	return leave(s, fd);
}

static int
shim_close(void *arg, int fd)
{
	struct shim *s = arg;

	enter(s);
	free(s->fd_paths[fd]);
	s->fd_paths[fd] = NULL;
	(void)close(fd);
	(void)pthread_mutex_unlock(&s->lock);
	return 0;
}

static void
note_mkdir(struct shim *s, int dirfd, const char *path)
{
	struct shim_file *f = new_file(s);
	char full[PATH_SIZE];
	const char *name;

	full_path(s, dirfd, path, full);
	name = split(full);
	f->is_dir = true;
	change(dir_of(s, full), name, "", f);
}

static int
shim_mkdir(void *arg, int dirfd, const char *path, mode_t mode)
{
	struct shim *s = arg;
	int ret = -1;

	enter(s);
	if (!fails(s))
		ret = storage_system.mkdir(NULL, dirfd, path, mode);
	if (ret == 0 && s->recording)
		note_mkdir(s, dirfd, path);
	return leave(s, ret);
}

/* A read fails with EIO or not at all. */
static ssize_t
shim_pread(void *arg, int fd, void *octets, size_t len, off_t at)
{
	struct shim *s = arg;
	bool failed = false;

	enter(s);
	if (s->fault == SHIM_FAULT_EIO)
		failed = fails(s);
	(void)leave(s, -1);
	return failed ? -1 : pread(fd, octets, len, at);
}

static ssize_t
shim_pwrite(void *arg, int fd, const void *octets, size_t len, off_t at)
{
	struct shim *s = arg;
	ssize_t n = -1;
	bool shorten;

	enter(s);
	if (s->only_fallocate || !strikes(s, &shorten)) {
		if (!s->only_fallocate && shorten) {
			len = len / 2 + 1;
			s->in_short = true;
		}
		n = pwrite(fd, octets, len, at);
	}
	if (n != -1 && s->recording)
		model_write(file_of_fd(s, fd), octets, (size_t)n, (size_t)at);
	(void)leave(s, n == -1 ? -1 : 0);
	return n;
}

static int
shim_fallocate(void *arg, int fd, off_t len)
{
	struct shim *s = arg;
	bool shorten;
	int ret = -1;

	enter(s);
	if (!strikes(s, &shorten) && !shorten)
		ret = storage_system.fallocate(NULL, fd, len);
	if (ret == 0 && s->recording) {
		struct shim_file *f = file_of_fd(s, fd);

		if ((size_t)len > f->now_len)
			model_truncate(f, (size_t)len);
	}
	return leave(s, ret);
}

static int
shim_ftruncate(void *arg, int fd, off_t len)
{
	struct shim *s = arg;
	int ret = -1;

	enter(s);
	if (!fails(s))
		ret = ftruncate(fd, len);
	if (ret == 0 && s->recording)
		model_truncate(file_of_fd(s, fd), (size_t)len);
	return leave(s, ret);
}

/* The model is what is on disk: the real sync would only take time. */
static int
shim_fdatasync(void *arg, int fd)
{
	struct shim *s = arg;
	int ret = -1;

	enter(s);
	if (!fails(s))
		ret = 0;
	if (ret == 0 && s->recording)
		model_sync(file_of_fd(s, fd));
	return leave(s, ret);
}

/* It promises nothing, so the model does not change. */
static int
shim_sync_range(void *arg, int fd, off_t from, off_t len)
{
	struct shim *s = arg;
	int ret = -1;

	(void)fd;
	(void)from;
	(void)len;
	enter(s);
	if (!fails(s))
		ret = 0;
	return leave(s, ret);
}

static int
shim_fsync_dir(void *arg, int dirfd)
{
	struct shim *s = arg;
	int ret = -1;

	enter(s);
	if (!fails(s))
		ret = 0;
	if (ret == 0 && s->recording) {
		struct shim_dir *d = dir_of(s, s->fd_paths[dirfd]);

		d->n_durable = d->n;
	}
	return leave(s, ret);
}

static int
shim_rename(void *arg, int dirfd, const char *from, const char *to)
{
	struct shim *s = arg;
	int ret = -1;

	enter(s);
	if (!fails(s))
		ret = storage_system.rename(NULL, dirfd, from, to);
	if (ret == 0 && s->recording) {
		struct shim_dir *d = dir_of(s, s->fd_paths[dirfd]);

		change(d, to, from, lookup(d, d->n, from));
	}
	return leave(s, ret);
}

static int
shim_unlink(void *arg, int dirfd, const char *path)
{
	struct shim *s = arg;
	int ret = -1;

	enter(s);
	if (!fails(s))
		ret = storage_system.unlink(NULL, dirfd, path);
	if (ret == 0 && s->recording)
		change(dir_of(s, s->fd_paths[dirfd]), "", path, NULL);
	return leave(s, ret);
}

static int
shim_rmdir(void *arg, int dirfd, const char *path)
{
	struct shim *s = arg;
	int ret = -1;

	enter(s);
	if (!fails(s))
		ret = storage_system.rmdir(NULL, dirfd, path);
	if (ret == 0 && s->recording)
		change(dir_of(s, s->fd_paths[dirfd]), "", path, NULL);
	return leave(s, ret);
}

static int
shim_list(void *arg, int dirfd, storage_take_name take, void *taker)
{
	struct shim *s = arg;
	bool failed = false;

	enter(s);
	if (s->fault == SHIM_FAULT_EIO)
		failed = fails(s);
	(void)leave(s, -1);
	return failed ? -1 : storage_system.list(NULL, dirfd, take, taker);
}

void
shim_init(struct shim *s, bool recording)
{
	memset(s, 0, sizeof(*s));
	(void)pthread_mutex_init(&s->lock, NULL);
	s->recording = recording;
	s->storage = (struct storage){
	    .arg = s,
	    .open = shim_open,
	    .close = shim_close,
	    .mkdir = shim_mkdir,
	    .pread = shim_pread,
	    .pwrite = shim_pwrite,
	    .fallocate = shim_fallocate,
	    .ftruncate = shim_ftruncate,
	    .fdatasync = shim_fdatasync,
	    .sync_range = shim_sync_range,
	    .fsync_dir = shim_fsync_dir,
	    .rename = shim_rename,
	    .unlink = shim_unlink,
	    .rmdir = shim_rmdir,
	    .list = shim_list,
	};
}

void
shim_fail(struct shim *s, enum shim_fault fault, unsigned long at)
{
	(void)pthread_mutex_lock(&s->lock);
	s->n_calls = 0;
	s->n_faults = 0;
	s->in_short = false;
	s->fault = fault;
	s->fault_at = at;
	s->fault_stays = true;
	s->only_one_thread = false;
	(void)pthread_mutex_unlock(&s->lock);
}

void
shim_fail_once_here(struct shim *s, unsigned long at)
{
	shim_fail(s, SHIM_FAULT_EIO, at);
	(void)pthread_mutex_lock(&s->lock);
	s->fault_stays = false;
	s->only_one_thread = true;
	s->thread = pthread_self();
	(void)pthread_mutex_unlock(&s->lock);
}

void
shim_clear(struct shim *s)
{
	struct shim_file *f, *next_file;
	struct shim_dir *d, *next_dir;

	for (f = s->files; f != NULL; f = next_file) {
		next_file = f->next;
		free(f->now);
		free(f->disk);
		free(f->dirty);
		free(f);
	}
	for (d = s->dirs; d != NULL; d = next_dir) {
		next_dir = d->next;
		free(d->changes);
		free(d);
	}
	(void)pthread_mutex_destroy(&s->lock);
}

/* --- Crashes --- */

static bool
choose(enum shim_crash how, unsigned *seed)
{
	switch (how) {
	case SHIM_CRASH_NOTHING:
		return false;
	case SHIM_CRASH_EVERYTHING:
		return true;
	case SHIM_CRASH_RANDOM:
		break;
	}
	return rand_r(seed) % 2 == 0;
}

static void
build_file(const struct shim_file *f, const char *path, enum shim_crash how,
    unsigned *seed)
{
	size_t len = choose(how, seed) ? f->now_len : f->disk_len;
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert(fd != -1);
	for (size_t at = 0; at < len; at += SECTOR) {
		bool new = f->dirty[at / SECTOR] && choose(how, seed);
		size_t n = len - at < SECTOR ? len - at : SECTOR;

		if (pwrite(fd, (new ? f->now : f->disk) + at, n, (off_t)at) !=
		    (ssize_t)n)
			abort();
	}
	(void)close(fd);
}

static void
build_dir(struct shim *s, const char *old_path, const char *path,
    enum shim_crash how, unsigned *seed)
{
	struct shim_dir *d = dir_of(s, old_path);
	size_t n = d->n_durable;

	while (n < d->n && choose(how, seed))
		n++;
	(void)mkdir(path, 0700);
	for (size_t i = 0; i < n; i++) {
		const char *name = d->changes[i].name;
		struct shim_file *f = lookup(d, n, name);
		char below[PATH_SIZE], old_below[PATH_SIZE];
		bool seen = false;

		for (size_t k = 0; k < i; k++)
			seen |= strcmp(d->changes[k].name, name) == 0;
		if (f == NULL || seen || name[0] == '\0')
			continue;
		(void)snprintf(below, sizeof(below), "%.180s/%s", path, name);
		(void)snprintf(old_below, sizeof(old_below), "%.180s/%s",
		    old_path, name);
		if (f->is_dir)
			build_dir(s, old_below, below, how, seed);
		else
			build_file(f, below, how, seed);
	}
}

void
shim_crash(struct shim *s, const char *root, const char *into,
    enum shim_crash how, unsigned *seed)
{
	shim_remove_dir(into);
	build_dir(s, root, into, how, seed);
}

/* --- Directories --- */

void
shim_make_dir(char *path)
{
	const char *tmp = getenv("TMPDIR");

	/* What the disk would do is the model's business: memory is faster. */
	if (tmp == NULL)
		tmp = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
	(void)snprintf(path, 64, "%.30s/kddns-test-XXXXXX", tmp);
	if (mkdtemp(path) == NULL)
		abort();
}

static int
remove_one(const char *path, const struct stat *meta, int kind,
    struct FTW *where)
{
	(void)meta;
	(void)kind;
	(void)where;
	return remove(path);
}

void
shim_remove_dir(const char *path)
{
	(void)nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}
