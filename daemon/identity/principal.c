/*
 * principal.c - who signed: the principal, parsed once
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A principal is one piece of memory: the struct, its whole text, and the
 * unescaped parts, one after the other.
 */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/err.h"
#include "daemon/base/log.h"
#include "daemon/identity/principal.h"

/* What principal_from_text() hands out is the first member. */
struct shared_principal {
	struct principal p;
	atomic_uint n_refs;
	char texts[]; /* whole; then parts, each ended */
};

static struct shared_principal *
shared_of(struct principal *p)
{
	return (struct shared_principal *)(void *)p;
}

struct principal *
principal_ref(struct principal *p)
{
	atomic_fetch_add_explicit(&shared_of(p)->n_refs, 1,
	    memory_order_relaxed);
	return p;
}

void
principal_unref(struct principal *p)
{
	if (p == NULL)
		return;
	if (atomic_fetch_sub_explicit(&shared_of(p)->n_refs, 1,
		memory_order_acq_rel) == 1)
		free(shared_of(p));
}

/* What stands after a backslash (krb5_unparse_name's escapes); -1: nothing that
 * may. */
static int
unescape(char c)
{
	switch (c) {
	case 'n':
		return '\n';
	case 't':
		return '\t';
	case 'b':
		return '\b';
	case '0':
	case '\0':
		return -1;
	default:
		return (unsigned char)c;
	}
}

/*
 * Copies one part, unescaped and ended, to *out_io; *text_io moves to what
 * ended it: '/', '@' or the end.
 */
static int
read_part(const char **text_io, char **out_io)
{
	const char *in = *text_io;
	char *out = *out_io;
	int c;

	while (*in != '\0' && *in != '/' && *in != '@') {
		c = (unsigned char)*in++;
		if (c == '\\') {
			c = unescape(*in++);
			if (c == -1)
				return ERR_MALFORMED;
		}
		*out++ = (char)c;
	}
	if (out == *out_io)
		return ERR_MALFORMED; /* empty */
	*out++ = '\0';
	*text_io = in;
	*out_io = out;
	return 0;
}

static int
read_components(struct principal *p, const char **text_io, char **out_io)
{
	int ret;

	for (;;) {
		if (p->n_components == PRINCIPAL_COMPONENTS_MAX)
			return ERR_MALFORMED;
		p->components[p->n_components] = *out_io;
		ret = read_part(text_io, out_io);
		if (ret != 0)
			return ret;
		p->n_components++;
		if (**text_io != '/')
			return 0;
		(*text_io)++;
	}
}

static int
read_principal(struct principal *p, const char *text, char *out)
{
	int ret;

	ret = read_components(p, &text, &out);
	if (ret != 0)
		return ret;
	if (*text != '@')
		return ERR_MALFORMED; /* no realm */
	text++;
	p->realm = out;
	ret = read_part(&text, &out);
	if (ret != 0)
		return ret;
	return *text == '\0' ? 0 : ERR_MALFORMED;
}

static enum principal_kind
kind_of(const struct principal *p)
{
	const char *first = p->components[0];

	if (p->n_components == 2)
		return PRINCIPAL_SERVICE;
	if (p->n_components == 1 && first[strlen(first) - 1] == '$')
		return PRINCIPAL_MACHINE;
	return PRINCIPAL_USER;
}

int
principal_from_text(const char *text, struct principal **principal_out,
    struct reason *reason)
{
	struct shared_principal *s;
	size_t size = strlen(text) + 1;
	char escaped[256];
	int ret;

	*principal_out = NULL;

	/* Parts need no more octets than the text: each ends where it did. */
	s = calloc(1, sizeof(*s) + 2 * size);
	if (s == NULL) {
		reason_set(reason, "no memory");
		return ERR_NOMEM;
	}
	atomic_init(&s->n_refs, 1);
	memcpy(s->texts, text, size);
	s->p.text = s->texts;
	ret = read_principal(&s->p, s->texts, s->texts + size);
	if (ret != 0) {
		reason_set(reason, "\"%s\" is not a principal with a realm",
		    log_escape(text, size - 1, escaped, sizeof(escaped)));
		free(s);
		return ret;
	}
	s->p.kind = kind_of(&s->p);
	*principal_out = &s->p;
	return 0;
}

const char *
signer_to_text(const struct signer *s, char *text, size_t size)
{
	char name[NAME_TEXT_SIZE];

	switch (s->kind) {
	case SIGNER_KEY:
		(void)snprintf(text, size, "key %s",
		    name_to_log(s->key_name.octets, name));
		break;
	case SIGNER_PRINCIPAL:
		(void)log_escape(s->principal->text, strlen(s->principal->text),
		    text, size);
		break;
	case SIGNER_NONE:
		(void)snprintf(text, size, "none");
		break;
	}
	return text;
}
