/*
 * value_key.c - shared secrets: key NAME { ... };
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "daemon/base/err.h"
#include "daemon/conf/block.h"
#include "daemon/conf/reading.h"
#include "daemon/conf/row.h"
#include "daemon/conf/source.h"
#include "daemon/conf/tree.h"

static const struct {
	const char *name;
	uint32_t bits; /* of the whole MAC */
} algorithms[] = {
    [CONF_KEY_HMAC_MD5] = {"hmac-md5", 128},
    [CONF_KEY_HMAC_SHA1] = {"hmac-sha1", 160},
    [CONF_KEY_HMAC_SHA224] = {"hmac-sha224", 224},
    [CONF_KEY_HMAC_SHA256] = {"hmac-sha256", 256},
    [CONF_KEY_HMAC_SHA384] = {"hmac-sha384", 384},
    [CONF_KEY_HMAC_SHA512] = {"hmac-sha512", 512},
};

#define N_ALGORITHMS (sizeof(algorithms) / sizeof(algorithms[0]))

/*
 * Which algorithm text begins with; *rest_out is what follows its name.  MD5's
 * may be written as its domain name (RFC 8945 section 6).
 */
static size_t
find_algorithm(const char *text, const char **rest_out)
{
	static const char domain[] = "hmac-md5.sig-alg.reg.int";

	if (strncasecmp(text, domain, sizeof(domain) - 1) == 0) {
		*rest_out = text + sizeof(domain) - 1;
		return CONF_KEY_HMAC_MD5;
	}
	for (size_t i = 0; i < N_ALGORITHMS; i++) {
		size_t len = strlen(algorithms[i].name);

		*rest_out = text + len;
		if (strncasecmp(text, algorithms[i].name, len) == 0 &&
		    ((*rest_out)[0] == '\0' || (*rest_out)[0] == '-' ||
			(*rest_out)[0] == '.'))
			return i;
	}
	return N_ALGORITHMS;
}

/* "-128": RFC 8945 section 5.2.2.1, at least 80 bits and half of the MAC. */
static bool
truncation(const char *text, uint32_t whole, uint32_t *bits_out)
{
	char *end;
	unsigned long bits;

	if (text[0] != '-' || text[1] < '0' || text[1] > '9')
		return false;
	bits = strtoul(text + 1, &end, 10);
	if (*end != '\0' || bits % 8 != 0 || bits < 80 || bits < whole / 2 ||
	    bits > whole)
		return false;
	*bits_out = bits == whole ? 0 : (uint32_t)bits;
	return true;
}

static void
algorithm_read(struct reading *rd, const struct row *row,
    const struct statement *s, void *value)
{
	const struct item *item = value_item(rd, row, s);
	struct conf_key *key = value;
	const char *rest;
	char text[QUOTED_SIZE];
	uint32_t bits = 0;
	size_t i;

	if (item == NULL)
		return;
	i = find_algorithm(item->text, &rest);
	if (i == N_ALGORITHMS ||
	    (rest[0] != '\0' && strcmp(rest, ".") != 0 &&
		!truncation(rest, algorithms[i].bits, &bits))) {
		reading_error(rd, &item->place,
		    "%s: \"%s\" is not an algorithm (like hmac-sha256)",
		    row->name, quoted(item->text, text));
		return;
	}
	if (i == CONF_KEY_HMAC_MD5)
		reading_warning(rd, &item->place,
		    "%s: hmac-md5 is weak: use hmac-sha256 as soon as the "
		    "other side can",
		    row->name);
	key->algorithm = (enum conf_key_algorithm)i;
	key->mac_bits = bits;
}

static void
algorithm_write(struct writing *w, const struct row *row, const void *value)
{
	const struct conf_key *key = value;

	write_start(w, row->name);
	(void)fprintf(w->f, " %s", algorithms[key->algorithm].name);
	if (key->mac_bits != 0)
		(void)fprintf(w->f, "-%u", key->mac_bits);
	(void)fputs(";\n", w->f);
}

const struct kind kind_algorithm = {"(hmac-sha256 | hmac-sha512 | ...)[-bits]",
    sizeof(struct conf_key), algorithm_read, algorithm_write, NULL};

/* --- the secret */

static int
base64_digit(char c)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				     "abcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *at = c == '\0' ? NULL : strchr(digits, c);

	return at == NULL ? -1 : (int)(at - digits);
}

/* RFC 4648 section 4, with blanks between; the padding must be there. */
long
base64_decode(const char *text, size_t len, uint8_t *octets)
{
	uint32_t bits = 0;
	unsigned n_digits = 0, n_pads = 0;
	long n = 0;

	for (size_t i = 0; i < len; i++) {
		int digit = base64_digit(text[i]);

		if (text[i] == ' ' || (text[i] >= '\t' && text[i] <= '\r'))
			continue;
		if (text[i] == '=' && n_pads < 2) {
			n_pads++;
			continue;
		}
		if (digit == -1 || n_pads > 0)
			return -1;
		bits = bits << 6 | (uint32_t)digit;
		if (++n_digits % 4 != 1)
			octets[n++] =
			    (uint8_t)(bits >> (6 - 2 * ((n_digits - 1) % 4)));
	}
	if ((n_digits + n_pads) % 4 != 0 || n_digits % 4 == 1)
		return -1;
	/* Bits beyond the last octet have to be 0: one text for one secret. */
	if ((n_digits % 4 == 2 && (bits & 15) != 0) ||
	    (n_digits % 4 == 3 && (bits & 3) != 0))
		return -1;
	return n;
}

static void
decode_secret(struct reading *rd, const struct row *row,
    const struct item *item, const char *text, size_t len, struct conf_key *key)
{
	uint8_t *octets = reading_calloc(rd, len / 4 + 1, 3);
	long n;

	if (octets == NULL)
		return;
	n = base64_decode(text, len, octets);
	if (n <= 0) { /* the text is secret, even a mistaken one */
		explicit_bzero(octets, (len / 4 + 1) * 3);
		reading_error(rd, &item->place, "%s: %s base64", row->name,
		    n == 0 ? "empty" : "this is not");
		return;
	}
	key->secret.octets = octets;
	key->secret.len = (size_t)n;
}

static void
secret_read(struct reading *rd, const struct row *row,
    const struct statement *s, void *value)
{
	const struct item *item = NULL;

	/* Not value_item(): a message would show a piece of the secret. */
	if (s->n == 2 && s->items[1].kind != ITEM_BLOCK)
		item = &s->items[1];
	if (item == NULL)
		reading_error(rd, &s->place, "%s: one string is expected",
		    row->name);
	else
		decode_secret(rd, row, item, item->text, strlen(item->text),
		    value);
}

static void
secret_write(struct writing *w, const struct row *row, const void *value)
{
	const struct conf_key *key = value;

	if (key->secret_file != NULL)
		return;
	write_start(w, row->name);
	write_string(w, "????????????????");
	(void)fputs(";\n", w->f);
}

const struct kind kind_secret = {"base64", sizeof(struct conf_key), secret_read,
    secret_write, NULL};

static void
secret_file_read(struct reading *rd, const struct row *row,
    const struct statement *s, void *value)
{
	const struct item *item = value_item(rd, row, s);
	struct conf_key *key = value;
	char reason[SOURCE_REASON_SIZE];
	struct source src = {0};
	int ret;

	if (item == NULL)
		return;
	if (!rd->may_open) {
		reading_error(rd, &s->place, "%s: not here", row->name);
		return;
	}
	key->secret_file = reading_path(rd, rd->folder, item->text);
	if (key->secret_file == NULL)
		return;
	ret = source_read(key->secret_file, &src);
	if (ret != 0)
		reading_error(rd, &item->place, "%s: cannot read %s: %s",
		    row->name, key->secret_file, source_reason(ret, reason));
	else if ((src.st.st_mode & 07) != 0)
		reading_error(rd, &item->place,
		    "%s: %s has mode %04o: others must have no access",
		    row->name, key->secret_file, src.st.st_mode & 07777);
	else
		decode_secret(rd, row, item, src.text, src.len, key);
	source_clear(&src);
}

static void
secret_file_write(struct writing *w, const struct row *row, const void *value)
{
	const struct conf_key *key = value;

	if (key->secret_file == NULL)
		return;
	write_start(w, row->name);
	write_string(w, key->secret_file);
	(void)fputs(";\n", w->f);
}

const struct kind kind_secret_file = {"path", sizeof(struct conf_key),
    secret_file_read, secret_file_write, NULL};

/* --- the block */

static bool
has_statement(const struct block *block, const char *name)
{
	for (size_t i = 0; i < block->n; i++)
		if (item_is(&block->items[i]->items[0], name))
			return true;
	return false;
}

static void
keys_read(struct reading *rd, const struct row *row, const struct statement *s,
    void *value)
{
	struct conf *c = rd->conf;
	struct conf_key *key;
	const struct block *block = value_named_block(rd, row, s, "NAME");
	const char *name;

	(void)value;
	if (block == NULL)
		return;
	name = value_name(rd, row->name, &s->items[1]);
	key = reading_append(rd, &c->arena, &c->keys, &c->n_keys, sizeof(*key));
	if (key == NULL)
		return;
	key->name = name == NULL ? "" : name;
	key->place = s->items[1].place;
	block_read(rd, row, block, &s->place,
	    &(struct scope){row->rows, key, 0}, 1);
	if (has_statement(block, "secret") ==
	    has_statement(block, "secret-file"))
		reading_error(rd, &s->place,
		    "key \"%s\": either secret or secret-file is needed",
		    key->name);
}

static void
keys_write(struct writing *w, const struct row *row, const void *value)
{
	const struct conf *c = value;

	for (size_t i = 0; i < c->n_keys; i++) {
		write_start(w, row->name);
		write_string(w, c->keys[i].name);
		write_open(w);
		block_write(w, row->rows, &c->keys[i], 0);
		write_close(w);
	}
}

const struct kind kind_keys = {"name { ... }", 0, keys_read, keys_write, NULL};
