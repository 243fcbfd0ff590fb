/*
 * rule.c - one update-policy rule and its grammar
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/un.h>

#include "daemon/base/err.h"
#include "daemon/base/log.h"
#include "daemon/dns/mnemonic.h"
#include "daemon/policy/rule.h"

#define MAX_RRS_LIMIT 65535 /* as BIND's */

/* --- Rule types --- */

static const struct rule_form {
	const char *word;
	enum rule_who who;
	enum rule_where where;
	enum rule_target target;
} forms[] = {
    {"name", RULE_IDENTITY, RULE_NAME, RULE_ANY_TARGET},
    {"subdomain", RULE_IDENTITY, RULE_BELOW, RULE_ANY_TARGET},
    {"zonesub", RULE_IDENTITY, RULE_ZONE, RULE_ANY_TARGET},
    {"wildcard", RULE_IDENTITY, RULE_WILDCARD, RULE_ANY_TARGET},
    {"self", RULE_IDENTITY, RULE_SELF, RULE_ANY_TARGET},
    {"selfsub", RULE_IDENTITY, RULE_SELFSUB, RULE_ANY_TARGET},
    {"selfwild", RULE_IDENTITY, RULE_SELFWILD, RULE_ANY_TARGET},
    {"krb5-self", RULE_HOST, RULE_SELF, RULE_ANY_TARGET},
    {"krb5-selfsub", RULE_HOST, RULE_SELFSUB, RULE_ANY_TARGET},
    {"krb5-subdomain", RULE_HOST, RULE_BELOW, RULE_ANY_TARGET},
    {"krb5-subdomain-self-rhs", RULE_HOST, RULE_BELOW, RULE_SELF_TARGET},
    {"ms-self", RULE_MACHINE, RULE_SELF, RULE_ANY_TARGET},
    {"ms-selfsub", RULE_MACHINE, RULE_SELFSUB, RULE_ANY_TARGET},
    {"ms-subdomain", RULE_MACHINE, RULE_BELOW, RULE_ANY_TARGET},
    {"ms-subdomain-self-rhs", RULE_MACHINE, RULE_BELOW, RULE_SELF_TARGET},
    {"local", RULE_LOCAL, RULE_ZONE, RULE_ANY_TARGET},
    {"ptr-self", RULE_ACCOUNT, RULE_ZONE, RULE_OWN_TARGET},
    {"ldap-self", RULE_ACCOUNT, RULE_SELF, RULE_ANY_TARGET},
    {"ldap-selfsub", RULE_ACCOUNT, RULE_SELFSUB, RULE_ANY_TARGET},
    {"tcp-self", RULE_ADDRESS, RULE_SELF, RULE_ANY_TARGET},
    {"6to4-self", RULE_6TO4, RULE_SELF, RULE_ANY_TARGET},
    {"external", RULE_HELPER, RULE_ZONE, RULE_ANY_TARGET},
};

static const struct rule_form *
find_form(const char *word)
{
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
		if (strcasecmp(forms[i].word, word) == 0)
			return &forms[i];
	return NULL;
}

bool
rule_is_about_self(const struct policy_rule *r)
{
	return r->where == RULE_SELF || r->where == RULE_SELFSUB ||
	    r->where == RULE_SELFWILD;
}

/* --- Words --- */

struct words {
	const char *at;
	char word[NAME_TEXT_SIZE];
	bool is_quoted;
	bool is_over; /* there was no further word */
};

static bool
is_space(char c)
{
	return isspace((unsigned char)c) != 0;
}

static bool
ends_word(const struct words *w)
{
	char c = *w->at;

	if (w->is_quoted)
		return c == '"';
	return c == '\0' || c == ';' || c == '"' || is_space(c);
}

static int
copy_word(struct words *w, struct reason *reason)
{
	size_t len = 0;

	while (!ends_word(w)) {
		if (w->is_quoted && w->at[0] == '\\' && w->at[1] == '"')
			w->at++;
		if (*w->at == '\0') {
			reason_set(reason, "a quote is not closed");
			return ERR_MALFORMED;
		}
		if (len + 1 == sizeof(w->word)) {
			reason_set(reason, "a word is too long");
			return ERR_MALFORMED;
		}
		w->word[len++] = *w->at++;
	}
	w->word[len] = '\0';
	return 0;
}

/* Nothing but space may follow the ';'. */
static int
end_words(struct words *w, struct reason *reason)
{
	w->is_over = true;
	if (*w->at == ';')
		w->at++;
	while (is_space(*w->at))
		w->at++;
	if (*w->at == '\0')
		return 0;
	reason_set(reason, "text after the ';'");
	return ERR_MALFORMED;
}

static int
next_word(struct words *w, struct reason *reason)
{
	int ret;

	w->word[0] = '\0';
	if (w->is_over)
		return 0;
	while (is_space(*w->at))
		w->at++;
	if (*w->at == '\0' || *w->at == ';')
		return end_words(w, reason);
	w->is_quoted = *w->at == '"';
	if (w->is_quoted)
		w->at++;
	ret = copy_word(w, reason);
	if (ret == 0 && w->is_quoted)
		w->at++;
	return ret;
}

/* A word that must be there; what names it. */
static int
need_word(struct words *w, const char *what, struct reason *reason)
{
	int ret = next_word(w, reason);

	if (ret == 0 && w->is_over) {
		reason_set(reason, "%s is missing", what);
		return ERR_MALFORMED;
	}
	return ret;
}

/* What is wrong with the word, shown escaped. */
static int
bad_word(const struct words *w, const char *what, struct reason *reason)
{
	char escaped[200];

	reason_set(reason, "\"%s\" %s",
	    log_escape(w->word, strlen(w->word), escaped, sizeof(escaped)),
	    what);
	return ERR_MALFORMED;
}

/* --- Parts of a rule --- */

static int
parse_action(struct policy_rule *r, struct words *w, struct reason *reason)
{
	int ret = need_word(w, "\"grant\" or \"deny\"", reason);

	if (ret != 0)
		return ret;
	r->is_grant = strcasecmp(w->word, "grant") == 0;
	if (r->is_grant || strcasecmp(w->word, "deny") == 0)
		return 0;
	return bad_word(w, "is neither \"grant\" nor \"deny\"", reason);
}

static int
parse_realm(struct policy_rule *r, const struct words *w, struct reason *reason)
{
	size_t len = strlen(w->word);

	if (strchr(w->word, '@') != NULL || strchr(w->word, '*') != NULL ||
	    strchr(w->word, '\\') != NULL || strcmp(w->word, ".") == 0 ||
	    name_from_text(w->word, NULL, &r->identity_name) != 0)
		return bad_word(w, "is not the name of a realm", reason);
	if (w->word[len - 1] == '.')
		len--;
	r->identity = RULE_REALM;
	r->realm = strndup(w->word, len);
	return r->realm == NULL ? ERR_NOMEM : 0;
}

/*
 * '@' makes a principal.  There '*' would stand for nothing but itself, and
 * whoever wrote it meant more.
 */
static int
parse_principal(struct policy_rule *r, const struct words *w,
    struct reason *reason)
{
	if (strchr(w->word, '*') != NULL)
		return bad_word(w,
		    "is a principal with a '*', which matches nobody; "
		    "krb5- and ms- rules take a whole realm",
		    reason);
	r->identity = RULE_PRINCIPAL;
	return principal_from_text(w->word, &r->principal, reason);
}

/* What the directory says that a group's name stands for. */
static int
find_group(struct policy_rule *r, const struct words *w,
    const struct policy_book_source *book, struct reason *reason)
{
	struct policy_group group = {.dn = NULL};

	if (!book->has_directory) {
		(void)bad_word(w,
		    "is a group's name: write its SID (S-1-5-21-...), or "
		    "configure a directory (ldap {})",
		    reason);
		return ERR_UNSUPPORTED;
	}
	if (book->find_group == NULL ||
	    !book->find_group(book->arg, w->word, &group))
		return 0; /* until then nobody is known to be in it */
	r->has_group_sid = group.has_sid;
	r->group_sid = group.sid;
	if (group.dn == NULL)
		return 0;
	r->group_dn = strdup(group.dn);
	return r->group_dn == NULL ? ERR_NOMEM : 0;
}

/* Only what stands for whoever signed can stand for a group of them. */
static int
parse_group(struct policy_rule *r, const struct words *w,
    const struct policy_book_source *book, struct reason *reason)
{
	if (r->who != RULE_IDENTITY && r->who != RULE_ACCOUNT) {
		reason_set(reason,
		    "a group takes no rule type that is for a realm, an "
		    "address or this host");
		return ERR_MALFORMED;
	}
	r->identity = RULE_GROUP;
	r->has_group_sid = sid_from_text(w->word, &r->group_sid) == 0;
	if (r->has_group_sid)
		return 0;
	if (strncmp(w->word, "S-1-", 4) == 0)
		return bad_word(w, "is not a SID", reason);
	return find_group(r, w, book, reason);
}

/* "*", a principal or a realm. */
static int
parse_account(struct policy_rule *r, const struct words *w,
    struct reason *reason)
{
	if (strcmp(w->word, "*") == 0) {
		r->identity = RULE_ANYBODY;
		return 0;
	}
	return strchr(w->word, '@') != NULL ? parse_principal(r, w, reason)
					    : parse_realm(r, w, reason);
}

/* "local:/run/helper.sock"; there is no other way to a helper. */
static int
parse_socket(struct policy_rule *r, const struct words *w,
    struct reason *reason)
{
	static const char local[] = "local:";
	const char *path = w->word + sizeof(local) - 1;

	if (strncmp(w->word, local, sizeof(local) - 1) != 0)
		return bad_word(w, "is not \"local:\" and the path of a socket",
		    reason);
	if (path[0] != '/')
		return bad_word(w, "has a path that is not absolute", reason);
	if (strlen(path) >= sizeof(((struct sockaddr_un *)NULL)->sun_path))
		return bad_word(w, "has a path that is too long for a socket",
		    reason);
	r->identity = RULE_SOCKET;
	r->socket = strdup(path);
	return r->socket == NULL ? ERR_NOMEM : 0;
}

static int
parse_identity(struct policy_rule *r, const struct words *w,
    struct reason *reason)
{
	struct name name;
	bool is_signer;

	if (r->who == RULE_HOST || r->who == RULE_MACHINE)
		return parse_realm(r, w, reason);
	if (r->who == RULE_ACCOUNT)
		return parse_account(r, w, reason);
	if (r->who == RULE_HELPER)
		return parse_socket(r, w, reason);
	is_signer = r->who == RULE_IDENTITY || r->who == RULE_LOCAL;
	if (is_signer && strchr(w->word, '@') != NULL)
		return parse_principal(r, w, reason);
	if (strchr(w->word, '@') != NULL ||
	    name_from_text(w->word, NULL, &name) != 0)
		return bad_word(w,
		    is_signer ? "is not a name of a signer"
			      : "is not the name of an address",
		    reason);
	if (!name_is_wildcard(name.octets)) {
		r->identity = RULE_KEY;
		r->identity_name = name;
		return 0;
	}
	name_set(&r->identity_name, name_strip(name.octets, 1));
	r->identity = name_label_count(name.octets) == 1 ? RULE_ANYBODY
							 : RULE_SIGNERS_BELOW;
	return 0;
}

static bool
same_name(const char *a, const char *b)
{
	struct name name_a, name_b;

	return name_from_text(a, NULL, &name_a) == 0 &&
	    name_from_text(b, NULL, &name_b) == 0 &&
	    name_equal(name_a.octets, name_b.octets);
}

/* Where BIND has no use for NAME: ".", FreeIPA's "*", or the identity again. */
static int
check_placeholder(const struct policy_rule *r, const struct words *w,
    const char *identity, struct reason *reason)
{
	if (strcmp(w->word, ".") == 0 || strcmp(w->word, "*") == 0)
		return 0;
	if (r->who == RULE_IDENTITY && same_name(w->word, identity))
		return 0;
	return bad_word(w, "stands where this rule type takes \".\"", reason);
}

/* "." or "*", nothing, or the word that switches the check off. */
static int
parse_forward_check(struct policy_rule *r, struct words *w,
    struct reason *reason)
{
	struct words before = *w;
	int ret = next_word(w, reason);

	if (ret != 0)
		return ret;
	if (strcasecmp(w->word, "no-forward-check") == 0)
		r->target = RULE_OWN_TARGET_UNCHECKED;
	else if (strcmp(w->word, ".") != 0 && strcmp(w->word, "*") != 0)
		*w = before;
	return 0;
}

static int
parse_name(struct policy_rule *r, struct words *w, const char *identity,
    const struct name *apex, struct reason *reason)
{
	struct name name;
	uint16_t type;
	int ret;

	if (r->where == RULE_ZONE && r->who != RULE_HELPER) {
		r->name = *apex;
		return r->target == RULE_OWN_TARGET
		    ? parse_forward_check(r, w, reason)
		    : 0;
	}
	ret = need_word(w, "the name after the rule type", reason);
	if (ret != 0)
		return ret;
	if (rule_is_about_self(r))
		return check_placeholder(r, w, identity, reason);
	if (!w->is_quoted && type_from_text(w->word, &type))
		return bad_word(w, "is a type where a name is needed before it",
		    reason);
	if (name_from_text(w->word, NULL, &name) != 0)
		return bad_word(w, "is not a name", reason);
	if (r->who == RULE_HELPER)
		name = *apex;
	if (r->where == RULE_WILDCARD && !name_is_wildcard(name.octets))
		return bad_word(w, "does not begin with \"*\"", reason);
	name_set(&r->name,
	    name_strip(name.octets, r->where == RULE_WILDCARD ? 1 : 0));
	return 0;
}

/* "(n)" at the end of the word: cut off, n taken. */
static int
parse_limit(struct words *w, uint32_t *max_rrs_out)
{
	char *open = strchr(w->word, '('), *end;
	unsigned long n;

	*max_rrs_out = 0;
	if (open == NULL)
		return 0;
	if (isdigit((unsigned char)open[1]) == 0)
		return ERR_MALFORMED;
	n = strtoul(open + 1, &end, 10);
	if (n > MAX_RRS_LIMIT || strcmp(end, ")") != 0)
		return ERR_MALFORMED;
	*open = '\0';
	*max_rrs_out = (uint32_t)n;
	return 0;
}

static int
add_type(struct policy_rule *r, struct words *w, struct reason *reason)
{
	struct rule_type type, *types;

	if (parse_limit(w, &type.max_rrs) != 0)
		return bad_word(w, "has no count of RRs in its brackets",
		    reason);
	if (!type_from_text(w->word, &type.type))
		return bad_word(w, "is not a type", reason);
	types = reallocarray(r->types, r->n_types + 1, sizeof(*types));
	if (types == NULL)
		return ERR_NOMEM;
	r->types = types;
	r->types[r->n_types++] = type;
	return 0;
}

/* What ptr-self is for if no type is given, and what else it is not for. */
static int
check_ptr_only(struct policy_rule *r, struct reason *reason)
{
	for (size_t i = 0; i < r->n_types; i++) {
		if (r->types[i].type == TYPE_PTR)
			continue;
		reason_set(reason, "ptr-self is for PTR alone");
		return ERR_MALFORMED;
	}
	if (r->n_types > 0)
		return 0;
	r->types = calloc(1, sizeof(*r->types));
	if (r->types == NULL)
		return ERR_NOMEM;
	r->types[0].type = TYPE_PTR;
	r->n_types = 1;
	return 0;
}

static int
parse_types(struct policy_rule *r, struct words *w, struct reason *reason)
{
	int ret;

	for (;;) {
		ret = next_word(w, reason);
		if (ret != 0 || w->is_over)
			return ret;
		ret = add_type(r, w, reason);
		if (ret != 0)
			return ret;
	}
}

/* The rule as written, without what stands around it, and its source. */
static int
keep_text(struct policy_rule *r, const struct policy_rule_text *text)
{
	const char *start = text->text;
	size_t len, size;

	while (is_space(*start))
		start++;
	len = strlen(start);
	while (len > 0 && (is_space(start[len - 1]) || start[len - 1] == ';'))
		len--;
	size = len + strlen(text->source) + sizeof(" ()");
	r->text = malloc(size);
	r->source = strdup(text->source);
	if (r->text == NULL || r->source == NULL)
		return ERR_NOMEM;
	(void)snprintf(r->text, size, "%.*s (%s)", (int)len, start,
	    text->source);
	return 0;
}

static int
parse_form(struct policy_rule *r, const struct words *w,
    enum policy_origin origin, const struct policy_book_source *book,
    struct reason *reason)
{
	const struct rule_form *form = find_form(w->word);

	if (form == NULL)
		return bad_word(w, "is not a rule type", reason);
	if (form->who == RULE_HELPER && origin == POLICY_FROM_DIRECTORY) {
		reason_set(reason,
		    "\"%s\" names a socket of this host: it may stand in the "
		    "configuration file only",
		    form->word);
		return ERR_UNSUPPORTED;
	}
	if (form->who == RULE_ACCOUNT && form->target == RULE_ANY_TARGET &&
	    !book->has_directory) {
		reason_set(reason, "\"%s\" needs a directory (ldap {})",
		    form->word);
		return ERR_UNSUPPORTED;
	}
	r->who = form->who;
	r->where = form->where;
	r->target = form->target;
	return 0;
}

/*
 * The identity, and the word of the rule type, in w.  "group" alone is the
 * name of a key: what follows is a rule type then.
 */
static int
read_identity(struct words *w, struct words *identity_out, bool *is_group_out,
    struct reason *reason)
{
	bool may_be_group;
	int ret;

	ret = need_word(w, "the identity", reason);
	if (ret != 0)
		return ret;
	*identity_out = *w;
	may_be_group = !w->is_quoted && strcmp(w->word, "group") == 0;
	ret = need_word(w, "the rule type", reason);
	if (ret != 0)
		return ret;
	*is_group_out =
	    may_be_group && (w->is_quoted || find_form(w->word) == NULL);
	if (!*is_group_out)
		return 0;
	*identity_out = *w;
	return need_word(w, "the rule type", reason);
}

/* All of the rule; the identity is understood once its rule type is known. */
static int
parse_words(struct policy_rule *r, const struct policy_rule_text *text,
    const struct policy_book_source *book, struct reason *reason)
{
	struct words w = {.at = text->text}, identity;
	bool is_group;
	int ret;

	ret = parse_action(r, &w, reason);
	if (ret != 0)
		return ret;
	ret = read_identity(&w, &identity, &is_group, reason);
	if (ret != 0)
		return ret;
	ret = parse_form(r, &w, text->origin, book, reason);
	if (ret != 0)
		return ret;
	ret = is_group ? parse_group(r, &identity, book, reason)
		       : parse_identity(r, &identity, reason);
	if (ret != 0)
		return ret;
	ret = parse_name(r, &w, is_group ? "." : identity.word, book->apex,
	    reason);
	if (ret != 0)
		return ret;
	ret = parse_types(r, &w, reason);
	if (ret == 0 &&
	    (r->target == RULE_OWN_TARGET ||
		r->target == RULE_OWN_TARGET_UNCHECKED))
		ret = check_ptr_only(r, reason);
	return ret;
}

int
rule_parse(const struct policy_rule_text *text,
    const struct policy_book_source *book, struct policy_rule **rule_out,
    struct reason *reason)
{
	struct policy_rule *r;
	int ret;

	*rule_out = NULL;

	r = calloc(1, sizeof(*r));
	if (r == NULL)
		return ERR_NOMEM;
	r->apex = *book->apex;
	r->has_directory = book->has_directory;
	ret = parse_words(r, text, book, reason);
	if (ret != 0)
		goto done;
	ret = keep_text(r, text);
	if (ret != 0)
		goto done;

	*rule_out = r;
	r = NULL;
done:
	rule_destroy(r);
	return ret;
}

struct policy_rule *
rule_block(const struct policy_rule_text *text,
    const struct policy_book_source *book)
{
	struct policy_rule *r = calloc(1, sizeof(*r));

	if (r == NULL)
		return NULL;
	r->who = RULE_EVERYBODY;
	r->where = RULE_ZONE;
	r->name = r->apex = *book->apex;
	r->types = calloc(1, sizeof(*r->types));
	if (r->types != NULL && keep_text(r, text) == 0) {
		r->types[0].type = TYPE_ANY;
		r->n_types = 1;
		return r;
	}
	rule_destroy(r);
	return NULL;
}

bool
rule_is_surely_grant(const char *text)
{
	struct words w = {.at = text};

	return next_word(&w, NULL) == 0 && strcasecmp(w.word, "grant") == 0;
}

void
rule_destroy(struct policy_rule *r)
{
	if (r == NULL)
		return;
	principal_unref(r->principal);
	free(r->realm);
	free(r->socket);
	free(r->group_dn);
	free(r->types);
	free(r->text);
	free(r->source);
	free(r);
}
