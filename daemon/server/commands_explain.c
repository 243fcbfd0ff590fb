/*
 * commands_explain.c - kddnsctl explain: what would be decided, and why
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <stdio.h>
#include <string.h>

#include "daemon/base/err.h"
#include "daemon/server/commands.h"
#include "daemon/server/documents.h"
#include "daemon/server/explain.h"

#define RDATA_TEXT_MAX 4096

/* The arguments, one after the other. */
struct arguments {
	const struct control_request *request;
	size_t at;
};

static const char *
next(struct arguments *a)
{
	return control_arg(a->request, a->at++);
}

static int
read_address(const char *text, struct addr *addr_out, struct reason *reason)
{
	if (text != NULL && addr_from_text(text, addr_out) == 0)
		return 0;
	reason_set(reason, "-a needs an address");
	return ERR_USAGE;
}

static int
read_options(struct arguments *a, struct explain_question *q,
    struct reason *reason)
{
	const char *arg;

	for (; (arg = control_arg(a->request, a->at)) != NULL && arg[0] == '-';
	     a->at++) {
		if (strcmp(arg, "--tcp") == 0) {
			q->tcp = true;
		} else if (strcmp(arg, "-z") == 0) {
			q->zone = control_arg(a->request, ++a->at);
		} else if (strcmp(arg, "-a") == 0) {
			if (read_address(control_arg(a->request, ++a->at),
				&q->address, reason) != 0)
				return ERR_USAGE;
		} else {
			reason_set(reason, "%s: unknown option", arg);
			return ERR_USAGE;
		}
	}
	return 0;
}

/* The rest of the arguments with spaces between; NULL: there are none. */
static int
join_rdata(struct arguments *a, char text[RDATA_TEXT_MAX],
    const char **rdata_out, struct reason *reason)
{
	size_t len = 0;
	const char *arg;

	*rdata_out = NULL;
	text[0] = '\0';
	while ((arg = next(a)) != NULL) {
		len += (size_t)snprintf(text + len, RDATA_TEXT_MAX - len,
		    "%s%s", len == 0 ? "" : " ", arg);
		if (len >= RDATA_TEXT_MAX) {
			reason_set(reason, "RDATA is too long");
			return ERR_USAGE;
		}
		*rdata_out = text;
	}
	return 0;
}

static int
read_question(const struct control_request *request, char text[RDATA_TEXT_MAX],
    struct explain_question *q, struct reason *reason)
{
	struct arguments a = {.request = request};
	const char *how;

	*q = (struct explain_question){.zone = NULL};
	(void)addr_from_text("127.0.0.1", &q->address);
	if (read_options(&a, q, reason) != 0)
		return ERR_USAGE;
	q->who = next(&a);
	how = next(&a);
	q->owner = next(&a);
	q->type = next(&a);
	if (q->type == NULL ||
	    (strcmp(how, "add") != 0 && strcmp(how, "delete") != 0)) {
		reason_set(reason,
		    "usage: explain [-z ZONE] [-a ADDRESS] [--tcp] WHO "
		    "(add|delete) NAME TYPE [RDATA], where WHO is one "
		    "argument: a principal, 'key NAME' or none");
		return ERR_USAGE;
	}
	q->is_deletion = strcmp(how, "delete") == 0;
	return join_rdata(&a, text, &q->rdata, reason);
}

int
command_explain(void *arg, struct control_request *request, json_t **result_out,
    struct reason *reason)
{
	char rdata[RDATA_TEXT_MAX];
	struct explain_question question;
	struct explanation x;
	int ret;

	*result_out = NULL;
	ret = read_question(request, rdata, &question, reason);
	if (ret == 0)
		ret = explain(arg, &question, &x, reason);
	if (ret != 0)
		return ret == ERR_MALFORMED ? ERR_USAGE : ret;
	*result_out = document_explanation(&x);
	return *result_out == NULL ? ERR_NOMEM : 0;
}
