/*
 * commands.c - what kddnsctl can ask of the daemon
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <string.h>

#include "daemon/base/err.h"
#include "daemon/server/commands.h"
#include "daemon/server/core.h"
#include "daemon/server/documents.h"
#include "daemon/server/health.h"
#include "daemon/xfr/notify.h"
#include "daemon/zone/zone_file.h"

struct store_zone *
commands_zone(struct server *s, const char *text, struct reason *reason)
{
	struct store_zone *z = NULL;
	struct name apex;

	if (name_from_text(text, NULL, &apex) == 0)
		z = store_find_apex(s->store, apex.octets);
	/* A reload has just added it if it has no link yet. */
	if (z == NULL || server_zone_link(z) == NULL) {
		reason_set(reason,
		    "%s: no such zone is served (kddnsctl zones lists those "
		    "that are)",
		    text);
		return NULL;
	}
	return z;
}

static struct store_zone *
zone_argument(struct server *s, const struct control_request *request,
    struct reason *reason)
{
	return commands_zone(s, control_arg(request, 0), reason);
}

static int
command_status(void *arg, struct control_request *request, json_t **result_out,
    struct reason *reason)
{
	(void)request;
	(void)reason;
	*result_out = document_status(arg);
	return *result_out == NULL ? ERR_NOMEM : 0;
}

int
commands_table(struct server *s, struct store_zone *only, const char *done,
    json_t *warnings, json_t **result_out)
{
	json_t *rows = json_array();
	struct store_zone *z;

	for (size_t i = 0; (z = store_zone_at(s->store, i)) != NULL; i++)
		if (only == NULL || z == only)
			(void)json_array_append_new(rows,
			    document_zone_row(z, done));
	*result_out =
	    json_pack("{s:o, s:o*}", "zones", rows, "warnings", warnings);
	return *result_out == NULL ? ERR_NOMEM : 0;
}

/* Those that are not configured any more stand behind the others. */
static int
command_zones(void *arg, struct control_request *request, json_t **result_out,
    struct reason *reason)
{
	struct server *s = arg;
	struct store_zone *z;
	int ret = commands_table(s, NULL, NULL, NULL, result_out);

	(void)request;
	(void)reason;
	for (size_t i = 0;
	     ret == 0 && (z = store_zone_kept_at(s->store, i)) != NULL; i++)
		(void)json_array_append_new(json_object_get(*result_out,
						"zones"),
		    json_pack("{s:s, s:n, s:n, s:n, s:s}", "zone",
			store_zone_text(z), "serial", "records", "names",
			"status", "not configured"));
	return ret;
}

static int
command_zonestatus(void *arg, struct control_request *request,
    json_t **result_out, struct reason *reason)
{
	struct server *s = arg;
	struct store_zone *z = zone_argument(s, request, reason);

	if (z == NULL)
		return ERR_NOTFOUND;
	*result_out = document_zone(s, z);
	return *result_out == NULL ? ERR_NOMEM : 0;
}

/* zone_file_write()'s lines end with a newline, control's do not. */
static int
stream_line(void *arg, const char *line, size_t len)
{
	if (len > 0 && line[len - 1] == '\n')
		len--;
	return control_stream_line(arg, line, len);
}

static int
command_dump(void *arg, struct control_request *request, json_t **result_out,
    struct reason *reason)
{
	struct store_zone *z = zone_argument(arg, request, reason);
	const struct zone_version *v;
	int ret;

	*result_out = NULL;
	if (z == NULL)
		return ERR_NOTFOUND;
	v = store_zone_pin(z);
	if (v == NULL) {
		reason_set(reason, "%s: not loaded", store_zone_text(z));
		return ERR_NOTFOUND;
	}
	ret = zone_file_write(v, stream_line, request);
	zone_unpin(v);
	if (ret != 0)
		reason_set(reason, "dump: %s", err_text(ret));
	return ret;
}

static int
command_notify(void *arg, struct control_request *request, json_t **result_out,
    struct reason *reason)
{
	struct store_zone *z = zone_argument(arg, request, reason);
	struct store_zone_status st;
	struct notify_zone *notify;

	*result_out = NULL;
	if (z == NULL)
		return ERR_NOTFOUND;
	notify = server_zone_link(z)->notify;
	notify_published(notify);
	store_zone_status(z, &st);
	*result_out = json_pack("{s:s, s:I, s:I}", "zone", store_zone_text(z),
	    "serial", (json_int_t)st.serial, "secondaries",
	    (json_int_t)notify_zone_status(notify, NULL, 0));
	return *result_out == NULL ? ERR_NOMEM : 0;
}

static int
command_keytab(void *arg, struct control_request *request, json_t **result_out,
    struct reason *reason)
{
	struct server *s = arg;

	(void)request;
	(void)reason;
	health_hurry(s->health);
	*result_out = document_health(s);
	return *result_out == NULL ? ERR_NOMEM : 0;
}

static int
command_stats(void *arg, struct control_request *request, json_t **result_out,
    struct reason *reason)
{
	(void)request;
	(void)reason;
	*result_out = document_stats(arg);
	return *result_out == NULL ? ERR_NOMEM : 0;
}

static int
command_stop(void *arg, struct control_request *request, json_t **result_out,
    struct reason *reason)
{
	(void)request;
	(void)reason;
	*result_out = NULL;
	server_ask_to_stop(arg);
	return 0;
}

const struct control_command server_commands[] = {
    {"status", "", 0, 0, command_status},
    {"zones", "", 0, 0, command_zones},
    {"zonestatus", "ZONE", 1, 1, command_zonestatus},
    {"dump", "ZONE", 1, 1, command_dump},
    {"freeze", "[ZONE]", 0, 1, command_freeze},
    {"thaw", "[ZONE]", 0, 1, command_thaw},
    {"sync", "[-clean] [-force] [ZONE]", 0, 3, command_sync},
    {"reload", "[ZONE]", 0, 1, command_reload},
    {"reconfig", "", 0, 0, command_reconfig},
    {"journal", "ZONE [FROM [TO]]", 1, 3, command_journal},
    {"zone-purge", "ZONE", 1, 1, command_zone_purge},
    {"notify", "ZONE", 1, 1, command_notify},
    {"explain",
	"[-z ZONE] [-a ADDRESS] [--tcp] WHO (add|delete) NAME TYPE [RDATA]", 4,
	64, command_explain},
    {"updates", "[-n N] [--denied] [--follow]", 0, 4, command_updates},
    {"tsig-list", "", 0, 0, command_tsig_list},
    {"tsig-delete", "KEYNAME", 1, 1, command_tsig_delete},
    {"principals", "", 0, 0, command_principals},
    {"keytab", "", 0, 0, command_keytab},
    {"stats", "", 0, 0, command_stats},
    {"stop", "", 0, 0, command_stop},
    {NULL, NULL, 0, 0, NULL},
};
