/*
 * request.c - the line that a client of the control socket sends
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <string.h>

#include "daemon/base/err.h"
#include "daemon/control/request.h"

static int
read_args(const json_t *args, struct request *r, struct reason *reason)
{
	if (args == NULL)
		return 0;
	if (!json_is_array(args)) {
		reason_set(reason, "request: \"args\" is not an array");
		return ERR_MALFORMED;
	}
	if (json_array_size(args) > REQUEST_ARGS_MAX) {
		reason_set(reason, "request: more than %d arguments",
		    REQUEST_ARGS_MAX);
		return ERR_MALFORMED;
	}
	for (size_t i = 0; i < json_array_size(args); i++) {
		r->args[i] = json_string_value(json_array_get(args, i));
		if (r->args[i] == NULL) {
			reason_set(reason,
			    "request: an argument is not a string");
			return ERR_MALFORMED;
		}
	}
	r->n_args = json_array_size(args);
	return 0;
}

static int
read_document(struct request *r, struct reason *reason)
{
	const json_t *args = json_object_get(r->document, "args");
	size_t n_known = args == NULL ? 1 : 2;

	r->command = json_string_value(json_object_get(r->document, "command"));
	if (r->command == NULL) {
		reason_set(reason, "request: no \"command\"");
		return ERR_MALFORMED;
	}
	if (json_object_size(r->document) != n_known) {
		reason_set(reason, "request: unknown member");
		return ERR_MALFORMED;
	}
	return read_args(args, r, reason);
}

int
request_read(const char *line, size_t len, struct request *request_out,
    struct reason *reason)
{
	struct request r = {0};
	json_error_t error;
	int ret;

	memset(request_out, 0, sizeof(*request_out));
	r.document = json_loadb(line, len, JSON_REJECT_DUPLICATES, &error);
	if (r.document == NULL) {
		reason_set(reason, "request: not JSON, at octet %d",
		    error.position);
		return ERR_MALFORMED;
	}
	ret = read_document(&r, reason);
	if (ret != 0) {
		request_clear(&r);
		return ret;
	}
	*request_out = r;
	return 0;
}

void
request_clear(struct request *r)
{
	json_decref(r->document);
	memset(r, 0, sizeof(*r));
}
