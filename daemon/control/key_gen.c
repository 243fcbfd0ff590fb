/*
 * key_gen.c - kddnsctl key-gen: a new shared secret, as a key {} statement
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "daemon/base/err.h"
#include "daemon/control/key_gen.h"

#define SECRET_LEN_MAX 64
#define BASE64_SIZE (4 * ((SECRET_LEN_MAX + 2) / 3) + 1)
#define NAME_TEXT_MAX 253 /* RFC 1035 section 2.3.4, without the last dot */
#define LABEL_MAX 63

static const struct algorithm {
	const char *name;
	int secret_len;
} algorithms[] = {
    {"hmac-sha256", 32}, /* the default */
    {"hmac-sha1", 20},
    {"hmac-sha224", 28},
    {"hmac-sha384", 48},
    {"hmac-sha512", 64},
    {"hmac-md5", 16},
};

static const struct algorithm *
find_algorithm(const char *name)
{
	for (size_t i = 0; i < sizeof(algorithms) / sizeof(algorithms[0]); i++)
		if (strcasecmp(algorithms[i].name, name) == 0)
			return &algorithms[i];
	return NULL;
}

static bool
is_of_name(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9') || c == '-' || c == '_';
}

/* What is wrong with a key's name; NULL: nothing. */
static const char *
mistake_of_name(const char *name)
{
	size_t label = 0, len = strlen(name);

	if (len > 0 && name[len - 1] == '.')
		len--;
	if (len == 0)
		return "a key needs a name";
	if (len > NAME_TEXT_MAX)
		return "longer than a domain name";
	for (size_t i = 0; i < len; i++) {
		if (name[i] == '.' && label == 0)
			return "an empty label";
		if (name[i] != '.' && !is_of_name(name[i]))
			return "letters, digits, '-', '_' and dots only";
		label = name[i] == '.' ? 0 : label + 1;
		if (label > LABEL_MAX)
			return "a label of more than 63 letters";
	}
	return label == 0 ? "an empty label" : NULL;
}

/* base64 of that many random octets. */
static int
make_secret(int len, char text_out[BASE64_SIZE])
{
	uint8_t octets[SECRET_LEN_MAX];
	int ret = RAND_priv_bytes(octets, len) == 1 ? 0 : ERR_CRYPTO;

	if (ret == 0)
		(void)EVP_EncodeBlock((uint8_t *)text_out, octets, len);
	explicit_bzero(octets, sizeof(octets));
	return ret;
}

static json_t *
warnings_about(const struct algorithm *a)
{
	json_t *warnings = json_array();

	if (strcmp(a->name, "hmac-md5") == 0)
		(void)json_array_append_new(warnings,
		    json_string("hmac-md5 is weak: only for who can do nothing "
				"better"));
	return warnings;
}

int
key_gen(char *const *args, int n_args, json_t **result_out,
    struct reason *reason)
{
	const char *why = mistake_of_name(args[0]);
	const struct algorithm *a =
	    n_args < 2 ? &algorithms[0] : find_algorithm(args[1]);
	char secret[BASE64_SIZE];

	*result_out = NULL;
	if (why != NULL) {
		reason_set(reason, "\"%s\": %s", args[0], why);
		return ERR_MALFORMED;
	}
	if (a == NULL) {
		reason_set(reason,
		    "\"%s\": the algorithms are hmac-sha1, hmac-sha224, "
		    "hmac-sha256, hmac-sha384, hmac-sha512 and hmac-md5",
		    args[1]);
		return ERR_UNSUPPORTED;
	}
	if (make_secret(a->secret_len, secret) != 0) {
		reason_set(reason, "OpenSSL has no random octets");
		return ERR_CRYPTO;
	}
	*result_out =
	    json_pack("{s:s, s:s, s:s, s:o}", "name", args[0], "algorithm",
		a->name, "secret", secret, "warnings", warnings_about(a));
	explicit_bzero(secret, sizeof(secret));
	return *result_out == NULL ? ERR_NOMEM : 0;
}

static const char *
text_of(const json_t *result, const char *key)
{
	return json_string_value(json_object_get(result, key));
}

void
render_key(FILE *out, const json_t *result)
{
	(void)fprintf(out,
	    "key \"%s\" {\n\talgorithm %s;\n\tsecret \"%s\";\n};\n",
	    text_of(result, "name"), text_of(result, "algorithm"),
	    text_of(result, "secret"));
}
