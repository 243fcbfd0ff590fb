/*
 * zone_scan.c - zone files read (RFC 1035 section 5), by libzscanner
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The only file that knows libzscanner.
 */
#include <errno.h>
#include <fcntl.h>
#include <libzscanner/scanner.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/base/err.h"
#include "daemon/dns/mnemonic.h"
#include "daemon/dns/rdata.h"
#include "daemon/dns/wins_text.h"
#include "daemon/dns/zone_scan.h"

#define INCLUDE_DEPTH_MAX 8
#define TEXT_TTL_DEFAULT_S 3600

struct scan {
	zone_scan_rr take;
	void *arg;
	struct reason *reason;
	bool may_include;
};

/* One file of the scan: the first or one that $INCLUDE named. */
struct source {
	const char *name; /* for messages, and to find what it includes */
	const char *origin;
	uint32_t ttl;
	unsigned depth;
};

static int scan_file(const struct scan *scan, const struct source *source);

static int
read_all(int fd, char *text, size_t size, size_t *len_out)
{
	ssize_t n;

	*len_out = 0;
	while (*len_out < size) {
		n = read(fd, text + *len_out, size - *len_out);
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return err_from_errno(errno);
		if (n == 0)
			break;
		*len_out += (size_t)n;
	}
	return 0;
}

/* The whole file, to be freed by the caller. */
static int
read_file(const char *path, char **text_out, size_t *len_out)
{
	char *text = NULL; /* owned until handed out */
	struct stat st;
	int fd, ret;

	*text_out = NULL;
	*len_out = 0;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd == -1)
		return err_from_errno(errno);
	if (fstat(fd, &st) != 0) {
		ret = err_from_errno(errno);
		goto done;
	}
	if (!S_ISREG(st.st_mode)) {
		ret = ERR_UNSUPPORTED;
		goto done;
	}
	text = malloc((size_t)st.st_size + 1);
	if (text == NULL) {
		ret = ERR_NOMEM;
		goto done;
	}
	ret = read_all(fd, text, (size_t)st.st_size, len_out);
	if (ret != 0)
		goto done;
	*text_out = text;
	text = NULL;
done:
	free(text);
	(void)close(fd);
	return ret;
}

/* Says what is wrong at the line that zs has reached; returns err. */
static int
fail(const struct scan *scan, const struct source *source,
    const zs_scanner_t *zs, int err, const char *what)
{
	reason_set(scan->reason, "%s:%llu: %s", source->name,
	    (unsigned long long)zs->line_counter, what);
	return err;
}

static int
take_rr(const struct scan *scan, const struct source *source,
    const zs_scanner_t *zs)
{
	const struct rr rr = {.owner = zs->r_owner,
	    .type = zs->r_type,
	    .class = zs->r_class,
	    .ttl = zs->r_ttl,
	    .rdata_len = (uint16_t)zs->r_data_length,
	    .rdata = zs->r_data};
	struct reason why = {.text = ""};
	int ret;

	if (type_is_meta(rr.type))
		return fail(scan, source, zs, ERR_MALFORMED,
		    "this type cannot be in a zone");
	if (!rdata_is_valid(rr.type, rr.rdata, rr.rdata_len))
		return fail(scan, source, zs, ERR_MALFORMED,
		    "RDATA does not follow its type");
	ret = scan->take(scan->arg, &rr, &why);
	if (ret == 0)
		return 0;
	return fail(scan, source, zs, ret,
	    why.text[0] == '\0' ? err_text(ret) : why.text);
}

/* Where an included file is: beside the one that includes it. */
static char *
include_path(const struct source *source, const char *name)
{
	const char *slash = strrchr(source->name, '/');
	int dir_len = slash == NULL ? 0 : (int)(slash - source->name) + 1;
	char *path;

	if (name[0] == '/')
		return strdup(name);
	if (strncmp(name, "./", 2) == 0) /* libzscanner puts it there */
		name += 2;
	if (asprintf(&path, "%.*s%s", dir_len, source->name, name) == -1)
		return NULL;
	return path;
}

static int
include(const struct scan *scan, const struct source *source,
    const zs_scanner_t *zs)
{
	struct source included = {.origin = (const char *)zs->buffer,
	    .ttl = zs->default_ttl,
	    .depth = source->depth + 1};
	char *path;
	int ret;

	if (!scan->may_include)
		return fail(scan, source, zs, ERR_MALFORMED,
		    "$INCLUDE is only for files");
	if (included.depth > INCLUDE_DEPTH_MAX)
		return fail(scan, source, zs, ERR_MALFORMED,
		    "$INCLUDE goes too deep");
	path = include_path(source, zs->include_filename);
	if (path == NULL)
		return ERR_NOMEM;
	included.name = path;
	ret = scan_file(scan, &included);
	free(path);
	return ret;
}

/* Reads from zs, which has its input, to the end or the first mistake. */
static int
run(const struct scan *scan, const struct source *source, zs_scanner_t *zs)
{
	int ret = 0;

	while (ret == 0) {
		if (zs_parse_record(zs) != 0)
			return fail(scan, source, zs, ERR_MALFORMED,
			    zs_strerror(zs->error.code));
		switch (zs->state) {
		case ZS_STATE_DATA:
			ret = take_rr(scan, source, zs);
			break;
		case ZS_STATE_INCLUDE:
			ret = include(scan, source, zs);
			break;
		case ZS_STATE_ERROR:
			return fail(scan, source, zs, ERR_MALFORMED,
			    zs_strerror(zs->error.code));
		case ZS_STATE_NONE:
		case ZS_STATE_EOF:
		case ZS_STATE_STOP:
			return 0;
		}
	}
	return ret;
}

static int
scan_text(const struct scan *scan, const struct source *source,
    const char *text, size_t len)
{
	zs_scanner_t *zs = NULL;
	char *rewritten = NULL;
	size_t rewritten_len;
	int ret;

	ret = wins_text_rewrite(text, len, &rewritten, &rewritten_len);
	if (ret != 0)
		goto done;
	if (rewritten != NULL) {
		text = rewritten;
		len = rewritten_len;
	}
	zs = calloc(1, sizeof(*zs)); /* 206 KB: not for the stack */
	if (zs == NULL) {
		ret = ERR_NOMEM;
		goto done;
	}
	if (zs_init(zs, source->origin, CLASS_IN, source->ttl) != 0 ||
	    zs_set_input_string(zs, text, len) != 0)
		ret = fail(scan, source, zs, ERR_MALFORMED,
		    zs_strerror(zs->error.code));
	else
		ret = run(scan, source, zs);
	zs_deinit(zs);
done:
	free(zs);
	free(rewritten);
	return ret;
}

static int
scan_file(const struct scan *scan, const struct source *source)
{
	char *text;
	size_t len;
	int ret;

	ret = read_file(source->name, &text, &len);
	if (ret != 0) {
		reason_set(scan->reason, "%s: %s", source->name, err_text(ret));
		return ret;
	}
	ret = scan_text(scan, source, text, len);
	free(text);
	return ret;
}

int
zone_scan_file(const char *path, const struct name *origin,
    uint32_t default_ttl, zone_scan_rr take, void *arg, struct reason *reason)
{
	const struct scan scan = {take, arg, reason, true};
	char origin_text[NAME_TEXT_SIZE];
	const struct source source = {path,
	    name_to_text(origin->octets, origin_text), default_ttl, 0};

	return scan_file(&scan, &source);
}

int
zone_scan_text(const char *text, size_t len, const char *name,
    const struct name *origin, zone_scan_rr take, void *arg,
    struct reason *reason)
{
	const struct scan scan = {take, arg, reason, false};
	char origin_text[NAME_TEXT_SIZE];
	const struct source source = {name,
	    name_to_text(origin->octets, origin_text), TEXT_TTL_DEFAULT_S, 0};

	return scan_text(&scan, &source, text, len);
}

int
rr_to_text(const struct rr *rr, char *text, size_t size, size_t *len_out)
{
	char owner[NAME_TEXT_SIZE];
	char class[MNEMONIC_SIZE], type[MNEMONIC_SIZE];
	size_t len;
	int ret;

	*len_out = 0;
	len = (size_t)snprintf(text, size, "%s %u %s %s ",
	    name_to_text(rr->owner, owner), rr->ttl,
	    class_to_text(rr->class, class), type_to_text(rr->type, type));
	if (len >= size)
		return ERR_NOSPACE;
	ret = rdata_to_text(rr->type, rr->rdata, rr->rdata_len, text + len,
	    size - len);
	if (ret != 0)
		return ret;
	len += strlen(text + len);
	if (len + 1 >= size)
		return ERR_NOSPACE;
	text[len++] = '\n';
	text[len] = '\0';
	*len_out = len;
	return 0;
}
