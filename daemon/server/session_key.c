/*
 * session_key.c - the key of "update-policy local", for who can read its file
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "daemon/base/err.h"
#include "daemon/server/session_key.h"

#define BASE64_SIZE (4 * ((SESSION_KEY_LEN + 2) / 3) + 1)

int
session_key_make(struct session_key *key_out)
{
	return RAND_priv_bytes(key_out->secret, SESSION_KEY_LEN) == 1
	    ? 0
	    : ERR_CRYPTO;
}

static int
write_file(const char *path, const char *text, size_t len)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	ssize_t n;

	if (fd == -1)
		return err_from_errno(errno);
	n = write(fd, text, len);
	if (close(fd) == -1 || n != (ssize_t)len)
		return n == -1 ? err_from_errno(errno) : ERR_IO;
	return 0;
}

/* Whole or not at all: somebody may read it now. */
static int
replace_file(const char *path, const char *text, size_t len)
{
	char tmp[PATH_MAX];
	int ret;

	if (snprintf(tmp, sizeof(tmp), "%s.tmp", path) >= (int)sizeof(tmp))
		return ERR_RANGE;
	(void)unlink(tmp);
	ret = write_file(tmp, text, len);
	if (ret == 0 && rename(tmp, path) == -1)
		ret = err_from_errno(errno);
	if (ret != 0)
		(void)unlink(tmp);
	return ret;
}

int
session_key_write(const struct session_key *key, const char *path,
    struct reason *reason)
{
	char base64[BASE64_SIZE], text[BASE64_SIZE + 128];
	int len, ret;

	(void)EVP_EncodeBlock((uint8_t *)base64, key->secret, SESSION_KEY_LEN);
	len = snprintf(text, sizeof(text),
	    "key \"" SESSION_KEY_NAME "\" {\n"
	    "\talgorithm hmac-sha256;\n"
	    "\tsecret \"%s\";\n"
	    "};\n",
	    base64);
	ret = replace_file(path, text, (size_t)len);
	explicit_bzero(base64, sizeof(base64));
	explicit_bzero(text, sizeof(text));
	if (ret != 0)
		reason_set(reason, "session-keyfile %s: %s", path,
		    err_text(ret));
	return ret;
}

void
session_key_remove(const char *path)
{
	(void)unlink(path);
}
