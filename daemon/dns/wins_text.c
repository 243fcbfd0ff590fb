/*
 * wins_text.c - Microsoft's WINS and WINSR lines in zone files
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "daemon/base/buf.h"
#include "daemon/base/err.h"
#include "daemon/dns/name.h"
#include "daemon/dns/types.h"
#include "daemon/dns/wins_text.h"

#define FLAG_LOCAL 0x00010000u /* not for transfers */
#define FLAG_SCOPE 0x80000000u
#define LOOKUP_DEFAULT_S 2
#define CACHE_DEFAULT_S 900
#define SERVERS_MAX 64
#define RDATA_ROOM (16 + NAME_LEN_MAX + 4 * SERVERS_MAX)

/* Walks the tokens of one RR, which parentheses may spread over lines. */
struct cursor {
	const char *at;
	const char *end;
	bool in_parentheses;
	unsigned n_lines; /* line ends passed */
};

struct token {
	const char *text;
	size_t len;
};

/* A WINS or WINSR line. */
struct wins {
	uint16_t type;
	uint8_t rdata[RDATA_ROOM];
	size_t rdata_len;
	unsigned n_lines;
	const char *end; /* what comes after it in the text */
};

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static bool
ends_token(char c)
{
	return is_blank(c) || c == '\n' || c == ';' || c == '(' || c == ')';
}

static bool
token_is(struct token token, const char *word)
{
	return token.len == strlen(word) &&
	    strncasecmp(token.text, word, token.len) == 0;
}

/* Moves over blanks, parentheses and, inside those, line ends and comments. */
static void
skip_to_token(struct cursor *c)
{
	for (; c->at < c->end; c->at++) {
		if (*c->at == '(') {
			c->in_parentheses = true;
		} else if (*c->at == ')') {
			c->in_parentheses = false;
		} else if (*c->at == '\n' && c->in_parentheses) {
			c->n_lines++;
		} else if (*c->at == ';' && c->in_parentheses) {
			while (c->at + 1 < c->end && c->at[1] != '\n')
				c->at++;
		} else if (!is_blank(*c->at)) {
			return;
		}
	}
}

/* The next token of the RR; its len is 0 at the RR's end. */
static struct token
next_token(struct cursor *c)
{
	struct token token;

	skip_to_token(c);
	token.text = c->at;
	while (c->at < c->end && !ends_token(*c->at))
		c->at++;
	token.len = (size_t)(c->at - token.text);
	return token;
}

/* "L2", "C900": a letter and seconds. */
static bool
read_time_out(struct token token, char letter, uint32_t *seconds)
{
	uint64_t value = 0;

	if (token.len < 2 || token.len > 11 ||
	    (token.text[0] | 0x20) != (letter | 0x20))
		return false;
	for (size_t i = 1; i < token.len; i++) {
		if (token.text[i] < '0' || token.text[i] > '9')
			return false;
		value = value * 10 + (uint64_t)(token.text[i] - '0');
	}
	*seconds = (uint32_t)value;
	return value <= UINT32_MAX;
}

/* One or more addresses, the first of which is token. */
static bool
read_servers(struct cursor *c, struct token token, struct writer *w)
{
	char text[INET_ADDRSTRLEN];
	struct in_addr address;
	uint8_t *count = writer_room(w, 4);
	uint32_t n = 0;

	for (; token.len > 0; token = next_token(c), n++) {
		if (token.len >= sizeof(text))
			return false;
		memcpy(text, token.text, token.len);
		text[token.len] = '\0';
		if (inet_pton(AF_INET, text, &address) != 1)
			return false;
		writer_octets(w, &address, 4);
	}
	if (count != NULL)
		put_u32(count, n);
	return n > 0 && !writer_full(w);
}

/* One whole domain name, which is token. */
static bool
read_domain(struct cursor *c, struct token token, struct writer *w)
{
	char text[NAME_TEXT_SIZE];
	struct name name;

	if (token.len == 0 || token.len >= sizeof(text) ||
	    token.text[token.len - 1] != '.')
		return false;
	memcpy(text, token.text, token.len);
	text[token.len] = '\0';
	if (name_from_text(text, NULL, &name) != 0)
		return false;
	writer_octets(w, name.octets, name.len);
	return next_token(c).len == 0 && !writer_full(w);
}

/* What follows the mnemonic, up to the end of the RR. */
static bool
read_rdata(struct cursor *c, struct wins *wins)
{
	uint32_t flags = 0;
	uint32_t lookup_s = LOOKUP_DEFAULT_S, cache_s = CACHE_DEFAULT_S;
	struct token token;
	struct writer w;

	for (;;) {
		token = next_token(c);
		if (token_is(token, "LOCAL"))
			flags |= FLAG_LOCAL;
		else if (token_is(token, "SCOPE"))
			flags |= FLAG_SCOPE;
		else if (!read_time_out(token, 'L', &lookup_s) &&
		    !read_time_out(token, 'C', &cache_s))
			break;
	}
	writer_init(&w, wins->rdata, sizeof(wins->rdata));
	writer_u32(&w, flags);
	writer_u32(&w, lookup_s);
	writer_u32(&w, cache_s);
	if (!(wins->type == TYPE_WINS ? read_servers(c, token, &w)
				      : read_domain(c, token, &w)))
		return false;
	wins->rdata_len = w.len;
	return !c->in_parentheses;
}

/* True if there are but owner, TTL and class before the mnemonic. */
static bool
is_type_position(const char *line, const char *mnemonic)
{
	struct cursor c = {.at = line, .end = mnemonic};
	struct token token;

	if (line < mnemonic && !is_blank(*line))
		(void)next_token(&c); /* the owner */
	for (;;) {
		token = next_token(&c);
		if (token.len == 0)
			return c.at == mnemonic && !c.in_parentheses;
		if (!token_is(token, "IN") &&
		    (token.text[0] < '0' || token.text[0] > '9'))
			return false;
	}
}

/* Reads the line, which begins at line, with what may be its mnemonic. */
static bool
read_wins(const char *line, const char *mnemonic, const char *end,
    struct wins *wins)
{
	struct cursor c = {.at = mnemonic, .end = end};
	struct token token = next_token(&c);

	if (token_is(token, "WINS"))
		wins->type = TYPE_WINS;
	else if (token_is(token, "WINSR") || token_is(token, "WINS-R"))
		wins->type = TYPE_WINSR;
	else
		return false;
	if (mnemonic == line || !is_blank(mnemonic[-1]) ||
	    !is_type_position(line, mnemonic) || !read_rdata(&c, wins))
		return false;
	wins->n_lines = c.n_lines;
	wins->end = c.at;
	return c.at == end || *c.at == '\n' || *c.at == ';';
}

static void
write_wins(FILE *out, const struct wins *wins)
{
	(void)fprintf(out, "TYPE%u \\# %zu ( ", wins->type, wins->rdata_len);
	for (size_t i = 0; i < wins->rdata_len; i++)
		(void)fprintf(out, "%02X", wins->rdata[i]);
	for (unsigned i = 0; i < wins->n_lines; i++)
		(void)fputc('\n', out);
	(void)fputs(" )", out);
}

/* Where the letters "wins" stand next, from at on; end if nowhere. */
static const char *
find_letters(const char *at, const char *end)
{
	/* How far from a letter's place in the word to where the word ends. */
	static const uint8_t skip[256] =
	    {['W'] = 3, ['w'] = 3, ['I'] = 2, ['i'] = 2, ['N'] = 1, ['n'] = 1};

	while (end - at >= 4) {
		if ((at[3] | 0x20) == 's') {
			if (strncasecmp(at, "wins", 4) == 0)
				return at;
			at++;
		} else {
			at += skip[(uint8_t)at[3]] == 0 ? 4
							: skip[(uint8_t)at[3]];
		}
	}
	return end;
}

static const char *
line_start(const char *text, const char *at)
{
	const char *line_end = memrchr(text, '\n', (size_t)(at - text));

	return line_end == NULL ? text : line_end + 1;
}

/* Opens *out at the first line to rewrite, and leaves it NULL without any. */
static int
rewrite(const char *text, const char *end, FILE **out, char **copy, size_t *len)
{
	const char *done = text, *at = find_letters(text, end);
	struct wins wins;

	for (; at < end; at = find_letters(at, end)) {
		if (!read_wins(line_start(done, at), at, end, &wins)) {
			at += 4;
			continue;
		}
		if (*out == NULL)
			*out = open_memstream(copy, len);
		if (*out == NULL)
			return ERR_NOMEM;
		(void)fwrite(done, 1, (size_t)(at - done), *out);
		write_wins(*out, &wins);
		done = at = wins.end;
	}
	if (*out != NULL)
		(void)fwrite(done, 1, (size_t)(end - done), *out);
	return 0;
}

int
wins_text_rewrite(const char *text, size_t len, char **text_out,
    size_t *len_out)
{
	char *copy = NULL; /* owned until handed out */
	size_t copy_len = 0;
	FILE *out = NULL;
	int ret;

	*text_out = NULL;
	*len_out = 0;
	ret = rewrite(text, text + len, &out, &copy, &copy_len);
	if (out != NULL) {
		if (ferror(out) != 0)
			ret = ERR_NOMEM;
		if (fclose(out) != 0)
			ret = ERR_NOMEM;
	}
	if (ret == 0) {
		*text_out = copy;
		*len_out = copy_len;
		copy = NULL;
	}
	free(copy);
	return ret;
}
