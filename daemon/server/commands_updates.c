/*
 * commands_updates.c - kddnsctl updates: what was decided, and why
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/err.h"
#include "daemon/server/commands.h"
#include "daemon/server/core.h"
#include "daemon/server/decisions.h"
#include "daemon/server/documents.h"

#define SHOWN 20          /* unless -n says otherwise */
#define LOOK_AGAIN_MS 500 /* has the client that follows gone? */

struct asked {
	struct decisions_query query;
	bool follow;
};

static int
read_number(const char *text, size_t *n_out)
{
	char *end;
	unsigned long n;

	errno = 0;
	n = text == NULL ? 0 : strtoul(text, &end, 10);
	if (text == NULL || *end != '\0' || end == text || errno != 0 ||
	    text[0] == '-' || n == 0)
		return ERR_USAGE;
	*n_out = n;
	return 0;
}

static int
read_options(const struct control_request *request, struct asked *asked_out,
    struct reason *reason)
{
	size_t n = control_n_args(request);

	*asked_out = (struct asked){.query = {.max = SHOWN}};
	for (size_t i = 0; i < n; i++) {
		const char *arg = control_arg(request, i);

		if (strcmp(arg, "--denied") == 0) {
			asked_out->query.denied_only = true;
		} else if (strcmp(arg, "--follow") == 0) {
			asked_out->follow = true;
		} else if (strcmp(arg, "-n") == 0) {
			if (read_number(control_arg(request, ++i),
				&asked_out->query.max) == 0)
				continue;
			reason_set(reason, "-n needs a number above 0");
			return ERR_USAGE;
		} else {
			reason_set(reason, "%s: unknown option", arg);
			return ERR_USAGE;
		}
	}
	return 0;
}

static int
append(void *arg, struct control_request *request, json_t *decision)
{
	(void)request;
	return json_array_append_new(arg, decision) == 0 ? 0 : ERR_NOMEM;
}

static int
stream(void *arg, struct control_request *request, json_t *decision)
{
	(void)arg;
	return control_stream(request, decision);
}

/* Hands over what there is since query.after, which moves on. */
static int
take(struct server *s, struct control_request *request, struct asked *asked,
    int (*put)(void *, struct control_request *, json_t *), void *arg)
{
	struct decision *list;
	uint64_t last;
	size_t n;
	int ret;

	ret = decisions_read(s->decisions, &asked->query, &list, &n, &last);
	for (size_t i = 0; i < n && ret == 0; i++)
		ret = put(arg, request, document_decision(&list[i]));
	free(list);
	asked->query.after = last;
	return ret;
}

/* Until the client has had enough, or the daemon stops. */
static int
follow(struct server *s, struct control_request *request, struct asked *asked)
{
	int ret = take(s, request, asked, stream, NULL);

	asked->query.max = SIZE_MAX;
	while (ret == 0 && (ret = control_flush(request)) == 0)
		if (decisions_wait(s->decisions, asked->query.after,
			LOOK_AGAIN_MS))
			ret = take(s, request, asked, stream, NULL);
	return ret == ERR_CLOSED ? 0 : ret;
}

int
command_updates(void *arg, struct control_request *request, json_t **result_out,
    struct reason *reason)
{
	struct server *s = arg;
	struct asked asked;
	json_t *list;
	int ret;

	*result_out = NULL;
	ret = read_options(request, &asked, reason);
	if (ret != 0)
		return ret;
	if (asked.follow)
		return follow(s, request, &asked);
	list = json_array();
	ret = take(s, request, &asked, append, list);
	*result_out = json_pack("{s:o}", "updates", list);
	return ret;
}
