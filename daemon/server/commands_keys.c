/*
 * commands_keys.c - kddnsctl tsig-list, tsig-delete, principals: who can sign
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Rows are sent one by one: lists may be long.  No row has a secret.
 */
#include <string.h>

#include "daemon/base/err.h"
#include "daemon/base/log.h"
#include "daemon/gss/contexts.h"
#include "daemon/server/commands.h"
#include "daemon/server/core.h"
#include "daemon/server/documents.h"
#include "daemon/server/settings.h"
#include "daemon/tsig/keyring.h"

/* --- tsig-list --- */

static int
stream_key(struct control_request *request, const struct shared_key *k)
{
	return control_stream_row(request, "keys",
	    json_pack("{s:o, s:s, s:I}", "key",
		document_name(shared_key_name(k)), "algorithm",
		tsig_algorithm_text(shared_key_algorithm(k)), "mac_len",
		(json_int_t)shared_key_mac_len(k)));
}

static int
stream_keys(struct server *s, struct control_request *request)
{
	struct settings *settings = server_settings(s);
	const struct keyring *ring = settings_keyring(settings);
	int ret = 0;

	for (size_t i = 0; ret == 0 && i < keyring_count(ring); i++)
		ret = stream_key(request, keyring_at(ring, i));
	settings_unref(settings);
	return ret;
}

static int
stream_context(void *arg, json_t *row)
{
	return control_stream_row(arg, "contexts", row);
}

/* What ends a list before its end. */
static int
say_why(int ret, const char *what, struct reason *reason)
{
	if (ret != 0)
		reason_set(reason, "%s: %s", what, err_text(ret));
	return ret;
}

int
command_tsig_list(void *arg, struct control_request *request,
    json_t **result_out, struct reason *reason)
{
	struct server *s = arg;
	int ret;

	*result_out = json_pack("{s:[], s:[]}", "keys", "contexts");
	ret = stream_keys(s, request);
	if (ret == 0)
		ret = documents_contexts(s, stream_context, request);
	return say_why(ret, "tsig-list", reason);
}

/* --- tsig-delete --- */

static bool
is_configured(struct server *s, const struct name *key_name)
{
	struct settings *settings = server_settings(s);
	bool is_there =
	    keyring_find(settings_keyring(settings), key_name->octets) != NULL;

	settings_unref(settings);
	return is_there;
}

/* Ends the context; its next message gets BADKEY. */
static int
delete_context(struct server *s, struct context *c, json_t **result_out,
    struct reason *reason)
{
	json_t *principal = document_principal_text(context_principal(c));
	char key_name[NAME_TEXT_SIZE];

	(void)name_to_log(context_key_name(c)->octets, key_name);
	if (!contexts_remove(s->contexts, c)) {
		json_decref(principal);
		reason_set(reason, "%s: it has just ended", key_name);
		return ERR_NOTFOUND;
	}
	log_notice("tsig-delete key=\"%s\" principal=\"%s\"", key_name,
	    json_string_value(principal));
	*result_out =
	    json_pack("{s:s, s:o}", "key", key_name, "principal", principal);
	return *result_out == NULL ? ERR_NOMEM : 0;
}

int
command_tsig_delete(void *arg, struct control_request *request,
    json_t **result_out, struct reason *reason)
{
	struct server *s = arg;
	char key_name[NAME_TEXT_SIZE];
	struct context *c = NULL;
	struct name name;
	int ret;

	*result_out = NULL;
	if (name_from_text(control_arg(request, 0), NULL, &name) != 0) {
		reason_set(reason, "this is no key name");
		return ERR_USAGE;
	}
	(void)name_to_log(name.octets, key_name);
	if (is_configured(s, &name)) {
		reason_set(reason,
		    "%s is a key of the configuration: take its key {} out "
		    "and reload",
		    key_name);
		return ERR_PERM;
	}
	ret = contexts_find(s->contexts, name.octets, &c);
	if (ret == 0)
		ret = delete_context(s, c, result_out, reason);
	else
		reason_set(reason, "%s: %s", key_name,
		    ret == ERR_TIMEOUT ? "the context has expired"
				       : "no context has this key name");
	context_unref(c);
	return ret;
}

/* --- principals --- */

static int
stream_principal(void *arg, json_t *row)
{
	return control_stream_row(arg, "principals", row);
}

int
command_principals(void *arg, struct control_request *request,
    json_t **result_out, struct reason *reason)
{
	*result_out = json_pack("{s:[]}", "principals");
	return say_why(documents_principals(arg, stream_principal, request),
	    "principals", reason);
}
