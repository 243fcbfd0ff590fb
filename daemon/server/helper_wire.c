/*
 * helper_wire.c - a question to the helper of an external rule, in octets
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include "daemon/server/helper_wire.h"

#include <stdio.h>
#include <string.h>

#include "daemon/base/addr.h"
#include "daemon/base/err.h"
#include "daemon/dns/mnemonic.h"
#include "daemon/gss/context.h"
#include "daemon/tsig/keyring.h"

#define KEY_NUMBERS_SIZE sizeof("/4294967295/65535")
#define LENGTH_AT 4 /* of the whole, behind the version */

/* --- Strings --- */

static void
write_string(struct writer *w, const char *text)
{
	writer_octets(w, text, strlen(text) + 1);
}

/* Not as name_to_text(): helpers compare with what BIND would say. */
static void
write_octet(struct writer *w, uint8_t octet)
{
	char decimal[sizeof("\\255")];

	if (octet <= ' ' || octet >= 127) {
		(void)snprintf(decimal, sizeof(decimal), "\\%03u", octet);
		writer_octets(w, decimal, sizeof(decimal) - 1);
		return;
	}
	if (strchr("\"$().;@\\", octet) != NULL)
		writer_u8(w, '\\');
	writer_u8(w, octet);
}

/* Without its end. */
static void
write_name(struct writer *w, const uint8_t *name)
{
	if (name[0] == 0)
		writer_u8(w, '.');
	for (; name[0] != 0; name += 1 + name[0]) {
		for (unsigned i = 1; i <= name[0]; i++)
			write_octet(w, name[i]);
		if (name[1 + name[0]] != 0)
			writer_u8(w, '.');
	}
}

/* --- Fields --- */

/* Names of keys count without case: BIND has them in lower case. */
static int
signer_name(const struct signer *s, struct name *name_out)
{
	if (s->kind == SIGNER_PRINCIPAL)
		return name_from_text(s->principal->text, NULL, name_out);
	*name_out = s->key_name;
	name_to_lower(name_out->octets);
	return 0;
}

static int
write_signer(const struct helper_asker *a, struct writer *w)
{
	struct name name;

	if (a->signer->kind != SIGNER_NONE) {
		if (signer_name(a->signer, &name) != 0)
			return ERR_RANGE;
		write_name(w, name.octets);
	}
	writer_u8(w, 0);
	return 0;
}

static void
write_key(const struct helper_asker *a, struct writer *w)
{
	enum tsig_algorithm algorithm = TSIG_GSS;
	struct name name = name_root;
	char numbers[KEY_NUMBERS_SIZE];
	unsigned tag = 0;

	if (a->context != NULL) {
		name = *context_key_name(a->context);
	} else if (a->key != NULL) {
		name = *shared_key_name(a->key);
		name_to_lower(name.octets);
		algorithm = shared_key_algorithm(a->key);
		tag = shared_key_tag(a->key);
	} else {
		writer_u8(w, 0);
		return;
	}
	(void)snprintf(numbers, sizeof(numbers), "/%u/%u",
	    tsig_algorithm_number(algorithm), tag);
	write_name(w, name.octets);
	write_string(w, numbers);
}

static const uint8_t *
token_of(const struct helper_asker *a, size_t *len_out)
{
	*len_out = 0;
	return a->context == NULL ? NULL : context_token(a->context, len_out);
}

/* --- The whole --- */

size_t
helper_wire_room(const struct helper_asker *a)
{
	size_t token_len;

	(void)token_of(a, &token_len);
	return 3 * sizeof(uint32_t) + 3 * NAME_TEXT_SIZE + ADDR_TEXT_SIZE +
	    MNEMONIC_SIZE + KEY_NUMBERS_SIZE + token_len;
}

int
helper_wire_write(const struct helper_asker *a, const uint8_t *owner,
    uint16_t type, struct writer *w)
{
	char address[ADDR_TEXT_SIZE], mnemonic[MNEMONIC_SIZE];
	size_t token_len, start = w->len;
	const uint8_t *token = token_of(a, &token_len);

	writer_u32(w, HELPER_VERSION);
	writer_u32(w, 0);
	if (write_signer(a, w) != 0)
		return ERR_RANGE;
	write_name(w, owner);
	writer_u8(w, 0);
	write_string(w, addr_to_text(a->address, address));
	write_string(w, type_to_text(type, mnemonic));
	write_key(a, w);
	writer_u32(w, (uint32_t)token_len);
	writer_octets(w, token, token_len);
	put_u32(w->base + start + LENGTH_AT, (uint32_t)(w->len - start));
	return 0;
}

enum policy_word
helper_wire_answer(const uint8_t octets[HELPER_ANSWER_LEN])
{
	switch (get_u32(octets)) {
	case 0:
		return POLICY_WORD_NO;
	case 1:
		return POLICY_WORD_YES;
	default:
		return POLICY_WORD_NONE;
	}
}
