/*
 * name.c - domain names
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <string.h>

#include "daemon/base/buf.h"
#include "daemon/base/err.h"
#include "daemon/dns/name.h"

#define POINTER_MARK 0xc0 /* RFC 1035 section 4.1.4 */

const struct name name_root = {.len = 1};

/*
 * Length octets are below 'A', so folding every octet of a name folds its
 * letters only.
 */
static const uint8_t lower[256] = {
#define L(n) (uint8_t)((n) >= 'A' && (n) <= 'Z' ? (n) + 32 : (n))
#define L4(n) L(n), L((n) + 1), L((n) + 2), L((n) + 3)
#define L16(n) L4(n), L4((n) + 4), L4((n) + 8), L4((n) + 12)
#define L64(n) L16(n), L16((n) + 16), L16((n) + 32), L16((n) + 48)
    L64(0), L64(64), L64(128), L64(192)
#undef L64
#undef L16
#undef L4
#undef L
};

static bool
octets_equal_without_case(const uint8_t *a, const uint8_t *b, size_t n)
{
	if (memcmp(a, b, n) == 0)
		return true;
	for (size_t i = 0; i < n; i++)
		if (lower[a[i]] != lower[b[i]])
			return false;
	return true;
}

/*
 * Gathers the labels that begin at offset at; *end_out is the offset after
 * the first piece.  False if they are no name.
 */
static bool
gather_labels(const struct reader *r, size_t at, struct name *name,
    size_t *end_out)
{
	size_t piece = at; /* where the piece being read began */
	size_t len = 0;
	unsigned n_jumps = 0;
	uint8_t label;

	while (at < r->len) {
		label = r->base[at];
		if (label >= POINTER_MARK) {
			if (r->len - at < 2 || n_jumps > NAME_LABELS_MAX)
				return false;
			if (n_jumps++ == 0)
				*end_out = at + 2;
			at = get_u16(r->base + at) & NAME_POINTER_MAX;
			if (at >= piece)
				return false;
			piece = at;
			continue;
		}
		if (label > LABEL_LEN_MAX || label >= r->len - at ||
		    len + label + 1 > NAME_LEN_MAX)
			return false;
		memcpy(name->octets + len, r->base + at, (size_t)label + 1);
		len += (size_t)label + 1;
		at += (size_t)label + 1;
		if (label == 0) {
			name->len = (uint8_t)len;
			if (n_jumps == 0)
				*end_out = at;
			return true;
		}
	}
	return false;
}

int
name_read(struct reader *r, struct name *name_out)
{
	size_t end;

	if (r->is_short || !gather_labels(r, r->pos, name_out, &end)) {
		r->is_short = true;
		name_set(name_out, name_root.octets);
		return ERR_MALFORMED;
	}
	r->pos = end;
	return 0;
}

size_t
name_len(const uint8_t *octets)
{
	const uint8_t *at = octets;

	while (*at != 0)
		at += *at + 1;
	return (size_t)(at - octets) + 1;
}

bool
name_is_valid(const uint8_t *octets, size_t len, size_t *name_len_out)
{
	size_t at = 0;

	*name_len_out = 0;
	if (len > NAME_LEN_MAX)
		len = NAME_LEN_MAX;
	while (at < len) {
		if (octets[at] > LABEL_LEN_MAX)
			return false;
		if (octets[at] == 0) {
			*name_len_out = at + 1;
			return true;
		}
		at += (size_t)octets[at] + 1;
	}
	return false;
}

void
name_set(struct name *name, const uint8_t *octets)
{
	size_t len = name_len(octets);

	name->len = (uint8_t)len;
	memcpy(name->octets, octets, len);
}

unsigned
name_label_count(const uint8_t *octets)
{
	unsigned n = 0;

	for (; *octets != 0; octets += *octets + 1)
		n++;
	return n;
}

const uint8_t *
name_strip(const uint8_t *octets, unsigned n)
{
	for (; n > 0; n--)
		octets += *octets + 1;
	return octets;
}

bool
name_equal(const uint8_t *a, const uint8_t *b)
{
	size_t label;

	for (;;) {
		label = *a;
		if (*b != label)
			return false;
		if (label == 0)
			return true;
		if (!octets_equal_without_case(a + 1, b + 1, label))
			return false;
		a += label + 1;
		b += label + 1;
	}
}

bool
name_is_below(const uint8_t *a, const uint8_t *b)
{
	size_t a_len = name_len(a), b_len = name_len(b);

	while (a_len > b_len) {
		a_len -= (size_t)*a + 1;
		a += *a + 1;
	}
	return a_len == b_len && octets_equal_without_case(a, b, a_len);
}

/* Where the labels of a name stand, leftmost first; returns their number. */
static unsigned
find_labels(const uint8_t *octets, const uint8_t *labels[NAME_LABELS_MAX])
{
	unsigned n = 0;

	for (; *octets != 0; octets += *octets + 1)
		labels[n++] = octets;
	return n;
}

/* The order of two labels: RFC 4034 section 6.1. */
static int
compare_labels(const uint8_t *a, const uint8_t *b)
{
	int order = name_compare_octets(a + 1, b + 1, *a < *b ? *a : *b);

	return order != 0 ? order : (int)*a - (int)*b;
}

unsigned
name_common_labels(const uint8_t *a, const uint8_t *b)
{
	const uint8_t *a_labels[NAME_LABELS_MAX], *b_labels[NAME_LABELS_MAX];
	unsigned a_left = find_labels(a, a_labels);
	unsigned b_left = find_labels(b, b_labels);
	unsigned n = 0;

	while (a_left > 0 && b_left > 0 &&
	    compare_labels(a_labels[--a_left], b_labels[--b_left]) == 0)
		n++;
	return n;
}

int
name_compare(const uint8_t *a, const uint8_t *b)
{
	const uint8_t *a_labels[NAME_LABELS_MAX], *b_labels[NAME_LABELS_MAX];
	unsigned a_left = find_labels(a, a_labels);
	unsigned b_left = find_labels(b, b_labels);
	int order;

	while (a_left > 0 && b_left > 0) {
		order = compare_labels(a_labels[--a_left], b_labels[--b_left]);
		if (order != 0)
			return order;
	}
	return (int)a_left - (int)b_left;
}

int
name_compare_octets(const uint8_t *a, const uint8_t *b, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (lower[a[i]] != lower[b[i]])
			return lower[a[i]] < lower[b[i]] ? -1 : 1;
	return 0;
}

bool
name_is_wildcard(const uint8_t *octets)
{
	return octets[0] == 1 && octets[1] == '*';
}

void
name_to_lower(uint8_t *octets)
{
	size_t len = name_len(octets);

	for (size_t i = 0; i < len; i++)
		octets[i] = lower[octets[i]];
}

/* Lower-cases the eight ASCII octets of v; octets above 127 stay. */
static uint64_t
fold_eight(uint64_t v)
{
	const uint64_t ones = 0x0101010101010101;
	uint64_t low7 = v & (ones * 0x7f);
	uint64_t from_a = low7 + ones * (0x80 - 'A');
	uint64_t after_z = low7 + ones * (0x80 - 'Z' - 1);
	uint64_t is_upper = (from_a ^ after_z) & ~v & (ones * 0x80);

	return v | is_upper >> 2;
}

__extension__ typedef unsigned __int128 uint128;

/*
 * Both halves of the product, because the low one alone lets a difference in
 * the top bit of v through as it is, whatever h: collisions for every seed.
 */
static uint64_t
mix(uint64_t h, uint64_t v)
{
	uint128 product = (uint128)(h ^ v) * 0x9e3779b97f4a7c15;

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

uint64_t
name_hash(const uint8_t *octets, uint64_t seed)
{
	size_t len = name_len(octets);
	uint64_t h = mix(seed, len), v;

	for (; len >= sizeof(v); len -= sizeof(v), octets += sizeof(v)) {
		memcpy(&v, octets, sizeof(v));
		h = mix(h, fold_eight(v));
	}
	v = 0;
	memcpy(&v, octets, len);
	return mix(h, fold_eight(v));
}

/*
 * One character of text, escapes undone (RFC 1035 section 5.1).  Moves *text
 * on; -1 if the escape is wrong.
 */
static int
unescape(const char **text)
{
	const char *at = *text;
	int value = 0;

	if (at[0] != '\\') {
		*text = at + 1;
		return (uint8_t)at[0];
	}
	if (at[1] < '0' || at[1] > '9') {
		*text = at + 2;
		return at[1] == '\0' ? -1 : (uint8_t)at[1];
	}
	for (int i = 1; i <= 3; i++) {
		if (at[i] < '0' || at[i] > '9')
			return -1;
		value = value * 10 + (at[i] - '0');
	}
	*text = at + 4;
	return value > 255 ? -1 : value;
}

/* One label of text, up to a dot or the end, appended to name. */
static int
label_from_text(const char **text, struct name *name)
{
	size_t start = name->len, len = 0;
	int c;

	if (start + 1 >= NAME_LEN_MAX)
		return ERR_RANGE;
	while (**text != '\0' && **text != '.') {
		c = unescape(text);
		if (c < 0)
			return ERR_MALFORMED;
		if (len == LABEL_LEN_MAX || start + len + 2 >= NAME_LEN_MAX)
			return ERR_RANGE;
		len++;
		name->octets[start + len] = (uint8_t)c;
	}
	if (len == 0)
		return ERR_MALFORMED;
	name->octets[start] = (uint8_t)len;
	name->len = (uint8_t)(start + len + 1);
	return 0;
}

int
name_from_text(const char *text, const struct name *origin,
    struct name *name_out)
{
	struct name name = {.len = 0};
	bool is_absolute = false;
	int ret;

	name_set(name_out, name_root.octets);
	if (origin == NULL)
		origin = &name_root;
	if (strcmp(text, ".") == 0)
		return 0;
	do {
		ret = label_from_text(&text, &name);
		if (ret != 0)
			return ret;
		if (*text == '.') {
			text++;
			is_absolute = *text == '\0';
		}
	} while (*text != '\0');
	return name_join(name.octets, name.len,
	    is_absolute ? name_root.octets : origin->octets, name_out);
}

/* What libzscanner takes as it is; it wants everything else escaped. */
static bool
is_plain(uint8_t octet)
{
	return (octet >= '0' && octet <= '9') ||
	    (lower[octet] >= 'a' && lower[octet] <= 'z') || octet == '-' ||
	    octet == '_' || octet == '*' || octet == '/';
}

static char *
escape(uint8_t octet, char *out)
{
	if (octet <= ' ' || octet >= 127) {
		*out++ = '\\';
		*out++ = (char)('0' + octet / 100);
		*out++ = (char)('0' + octet / 10 % 10);
		*out++ = (char)('0' + octet % 10);
		return out;
	}
	if (!is_plain(octet))
		*out++ = '\\';
	*out++ = (char)octet;
	return out;
}

char *
name_to_text(const uint8_t *octets, char text[NAME_TEXT_SIZE])
{
	char *out = text;

	if (*octets == 0)
		*out++ = '.';
	for (; *octets != 0; octets += *octets + 1) {
		for (unsigned i = 1; i <= *octets; i++)
			out = escape(octets[i], out);
		*out++ = '.';
	}
	*out = '\0';
	return text;
}

char *
name_to_log(const uint8_t *octets, char text[NAME_TEXT_SIZE])
{
	(void)name_to_text(octets, text);
	if (*octets != 0)
		text[strlen(text) - 1] = '\0';
	return text;
}

int
name_join(const uint8_t *prefix, size_t prefix_len, const uint8_t *suffix,
    struct name *name_out)
{
	size_t suffix_len = name_len(suffix);
	struct name name;

	if (prefix_len + suffix_len > NAME_LEN_MAX) {
		name_set(name_out, name_root.octets);
		return ERR_RANGE;
	}
	memcpy(name.octets, prefix, prefix_len);
	memcpy(name.octets + prefix_len, suffix, suffix_len);
	name.len = (uint8_t)(prefix_len + suffix_len);
	*name_out = name;
	return 0;
}
