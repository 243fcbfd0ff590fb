/*
 * panel_documents.c - the documents of the panel, /api/v1/
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/base/clock.h"
#include "daemon/base/err.h"
#include "daemon/conf/conf.h"
#include "daemon/gss/contexts.h"
#include "daemon/server/commands.h"
#include "daemon/server/core.h"
#include "daemon/server/decisions.h"
#include "daemon/server/documents.h"
#include "daemon/server/explain.h"
#include "daemon/server/health.h"
#include "daemon/server/history.h"
#include "daemon/server/panel_documents.h"
#include "daemon/server/settings.h"
#include "daemon/server/verdicts.h"
#include "daemon/xfr/notify.h"

#define ROWS_SHOWN 200 /* of long lists, unless limit says otherwise */
#define ROWS_MAX 20000

static enum web_result
found(json_t *document, json_t **document_out)
{
	*document_out = document;
	return document == NULL ? WEB_FAILED : WEB_FOUND;
}

/* A parameter that is a number; standard: it is not given. */
static bool
read_number(const struct web_query *q, const char *name, uint64_t most,
    uint64_t standard, uint64_t *n_out, char reason[WEB_REASON_SIZE])
{
	const char *text = web_query_parameter(q, name);
	unsigned long long n;
	char *end;

	*n_out = standard;
	if (text == NULL)
		return true;
	errno = 0;
	n = strtoull(text, &end, 10);
	if (text[0] < '0' || text[0] > '9' || *end != '\0' || errno != 0 ||
	    n > most) {
		(void)snprintf(reason, WEB_REASON_SIZE,
		    "%s: a number up to %llu is expected", name,
		    (unsigned long long)most);
		return false;
	}
	*n_out = n;
	return true;
}

/* --- status, history --- */

static enum web_result
make_status(void *arg, const struct web_query *q, json_t **document_out,
    char reason[WEB_REASON_SIZE])
{
	struct panel_source *source = arg;
	json_t *document = document_status(source->server);
	const char *who = web_query_principal(q);
	char host[256] = "";

	(void)reason;
	(void)gethostname(host, sizeof(host) - 1);
	(void)json_object_set_new(document, "time",
	    json_integer((json_int_t)clock_wall_s()));
	(void)json_object_set_new(document, "host", document_text(host));
	(void)json_object_set_new(document, "principal",
	    who == NULL ? json_null() : document_text(who));
	(void)json_object_set_new(document, "verdicts",
	    verdicts_json(source->server));
	return found(document, document_out);
}

static enum web_result
make_history(void *arg, const struct web_query *q, json_t **document_out,
    char reason[WEB_REASON_SIZE])
{
	struct panel_source *source = arg;

	(void)q;
	(void)reason;
	return found(history_json(source->history, source->server),
	    document_out);
}

/* --- keytab --- */

/* While somebody looks KDCs are asked more often. */
static enum web_result
make_keytab(void *arg, const struct web_query *q, json_t **document_out,
    char reason[WEB_REASON_SIZE])
{
	struct panel_source *source = arg;

	(void)q;
	(void)reason;
	health_hurry(source->server->health);
	return found(document_health(source->server), document_out);
}

static enum web_result
make_tickets(void *arg, const struct web_query *q, json_t **document_out,
    char reason[WEB_REASON_SIZE])
{
	struct panel_source *source = arg;

	(void)q;
	(void)reason;
	return found(document_tickets(source->server), document_out);
}

/* --- contexts --- */

struct rows {
	json_t *list;
	uint64_t most;
};

static int
put_row(void *arg, json_t *row)
{
	struct rows *rows = arg;

	if (json_array_size(rows->list) >= rows->most) {
		json_decref(row);
		return 1;
	}
	return json_array_append_new(rows->list, row) == 0 ? 0 : ERR_NOMEM;
}

static enum web_result
make_contexts(void *arg, const struct web_query *q, json_t **document_out,
    char reason[WEB_REASON_SIZE])
{
	struct panel_source *source = arg;
	struct server *s = source->server;
	struct rows principals = {.list = json_array()},
		    contexts = {.list = json_array()};

	if (!read_number(q, "limit", ROWS_MAX, ROWS_SHOWN, &principals.most,
		reason)) {
		json_decref(principals.list);
		json_decref(contexts.list);
		return WEB_BAD_QUERY;
	}
	contexts.most = principals.most;
	(void)documents_principals(s, put_row, &principals);
	(void)documents_contexts(s, put_row, &contexts);
	return found(json_pack("{s:I, s:o, s:o}", "total",
			 (json_int_t)atomic_load(
			     &contexts_counters(s->contexts)->count),
			 "principals", principals.list, "contexts",
			 contexts.list),
	    document_out);
}

/* --- zones, secondaries --- */

static json_t *
zone_row(struct store_zone *z)
{
	json_t *row = document_zone_row(z, NULL);
	struct store_zone_status st;

	store_zone_status(z, &st);
	(void)json_object_set_new(row, "journal_octets",
	    json_integer((json_int_t)st.journal_octets));
	(void)json_object_set_new(row, "reason", document_text(st.reason.text));
	(void)json_object_set_new(row, "secondaries", document_secondaries(z));
	return row;
}

static enum web_result
make_zone(struct server *s, const char *name, json_t **document_out,
    char reason[WEB_REASON_SIZE])
{
	struct reason why = {""};
	struct store_zone *z = commands_zone(s, name, &why);

	if (z != NULL)
		return found(document_zone(s, z), document_out);
	(void)snprintf(reason, WEB_REASON_SIZE, "no such zone");
	return WEB_NOT_FOUND;
}

static enum web_result
make_zones(void *arg, const struct web_query *q, json_t **document_out,
    char reason[WEB_REASON_SIZE])
{
	struct panel_source *source = arg;
	struct rows rows = {.list = NULL};
	struct store_zone *z;
	uint64_t n = 0;

	if (web_query_item(q) != NULL)
		return make_zone(source->server, web_query_item(q),
		    document_out, reason);
	if (!read_number(q, "limit", ROWS_MAX, ROWS_SHOWN, &rows.most, reason))
		return WEB_BAD_QUERY;
	rows.list = json_array();
	for (; (z = store_zone_at(source->server->store, n)) != NULL; n++)
		if (n < rows.most && server_zone_link(z) != NULL)
			(void)json_array_append_new(rows.list, zone_row(z));
	return found(json_pack("{s:I, s:o}", "total", (json_int_t)n, "zones",
			 rows.list),
	    document_out);
}

static enum web_result
make_secondaries(void *arg, const struct web_query *q, json_t **document_out,
    char reason[WEB_REASON_SIZE])
{
	struct panel_source *source = arg;
	json_t *list = json_array(), *of_zone, *row;
	struct store_zone_status st;
	struct store_zone *z;
	size_t i;

	(void)q;
	(void)reason;
	for (uint64_t n = 0;
	     (z = store_zone_at(source->server->store, n)) != NULL; n++) {
		if (server_zone_link(z) == NULL)
			continue;
		store_zone_status(z, &st);
		of_zone = document_secondaries(z);
		json_array_foreach(of_zone, i, row)
		{
			(void)json_object_set_new(row, "zone",
			    json_string(store_zone_text(z)));
			(void)json_object_set_new(row, "serial",
			    json_integer((json_int_t)st.serial));
		}
		(void)json_array_extend(list, of_zone);
		json_decref(of_zone);
	}
	return found(json_pack("{s:o}", "secondaries", list), document_out);
}

/* --- updates --- */

static enum web_result
make_updates(void *arg, const struct web_query *q, json_t **document_out,
    char reason[WEB_REASON_SIZE])
{
	struct panel_source *source = arg;
	const char *denied = web_query_parameter(q, "denied");
	struct decisions_query query = {
	    .denied_only = denied != NULL && strcmp(denied, "0") != 0};
	uint64_t limit, last;
	struct decision *list;
	json_t *rows;
	size_t n;

	if (!read_number(q, "after", UINT64_MAX, 0, &query.after, reason) ||
	    !read_number(q, "limit", ROWS_MAX, ROWS_SHOWN, &limit, reason))
		return WEB_BAD_QUERY;
	query.max = limit;
	if (decisions_read(source->server->decisions, &query, &list, &n,
		&last) != 0)
		return WEB_FAILED;
	rows = json_array();
	for (size_t i = 0; i < n; i++)
		(void)json_array_append_new(rows, document_decision(&list[i]));
	free(list);
	return found(json_pack("{s:I, s:o}", "last", (json_int_t)last,
			 "updates", rows),
	    document_out);
}

/* --- policy, explain --- */

static json_t *
policy_row(struct server *s, struct store_zone *z)
{
	return json_pack("{s:s, s:o}", "zone", store_zone_text(z), "rules",
	    document_rules(s, z));
}

static enum web_result
make_policy(void *arg, const struct web_query *q, json_t **document_out,
    char reason[WEB_REASON_SIZE])
{
	struct panel_source *source = arg;
	struct server *s = source->server;
	struct store_zone *z;
	uint64_t limit;
	json_t *list;

	if (!read_number(q, "limit", ROWS_MAX, ROWS_SHOWN, &limit, reason))
		return WEB_BAD_QUERY;
	list = json_array();
	for (uint64_t i = 0;
	     i < limit && (z = store_zone_at(s->store, i)) != NULL; i++)
		(void)json_array_append_new(list, policy_row(s, z));
	return found(json_pack("{s:o}", "zones", list), document_out);
}

/* Given, and not empty. */
static const char *
text_of(const struct web_query *q, const char *name)
{
	const char *text = web_query_parameter(q, name);

	return text == NULL || text[0] == '\0' ? NULL : text;
}

static bool
read_question(const struct web_query *q, struct explain_question *question,
    char reason[WEB_REASON_SIZE])
{
	const char *address = text_of(q, "address");
	const char *transport = text_of(q, "transport");
	const char *action = text_of(q, "action");

	*question = (struct explain_question){.who = text_of(q, "principal"),
	    .tcp = transport != NULL && strcmp(transport, "tcp") == 0,
	    .zone = text_of(q, "zone"),
	    .is_deletion = action != NULL && strcmp(action, "delete") == 0,
	    .owner = text_of(q, "name"),
	    .type = text_of(q, "type"),
	    .rdata = text_of(q, "rdata"),
	    .is_impatient = true};
	if (question->who == NULL || question->owner == NULL ||
	    question->type == NULL) {
		(void)snprintf(reason, WEB_REASON_SIZE,
		    "principal, name and type are needed");
		return false;
	}
	if (addr_from_text(address == NULL ? "127.0.0.1" : address,
		&question->address) == 0)
		return true;
	(void)snprintf(reason, WEB_REASON_SIZE, "this is no address");
	return false;
}

static enum web_result
make_explain(void *arg, const struct web_query *q, json_t **document_out,
    char reason[WEB_REASON_SIZE])
{
	struct panel_source *source = arg;
	struct explain_question question;
	struct reason why = {""};
	struct explanation x;
	int ret;

	if (!read_question(q, &question, reason))
		return WEB_BAD_QUERY;
	ret = explain(source->server, &question, &x, &why);
	if (ret == 0)
		return found(document_explanation(&x), document_out);
	(void)snprintf(reason, WEB_REASON_SIZE, "%s", why.text);
	return ret == ERR_NOTFOUND ? WEB_NOT_FOUND
	    : ret == ERR_MALFORMED ? WEB_BAD_QUERY
				   : WEB_FAILED;
}

const struct web_document panel_documents[] = {
    {"status", false, make_status},
    {"history", false, make_history},
    {"keytab", false, make_keytab},
    {"tickets", false, make_tickets},
    {"contexts", false, make_contexts},
    {"zones", true, make_zones},
    {"secondaries", false, make_secondaries},
    {"updates", false, make_updates},
    {"policy", false, make_policy},
    {"explain", false, make_explain},
    {NULL, false, NULL},
};
