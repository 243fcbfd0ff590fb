/*
 * commands.h - what kddnsctl can ask of the daemon
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The keys of the answers are documented in kddnsctl(1).
 *
 * Threads: control's.
 */
#ifndef SERVER_COMMANDS_H
#define SERVER_COMMANDS_H

#include "daemon/control/control.h"

struct server;
struct store_zone;

/* The zone in service with this name; NULL with a reason. */
struct store_zone *commands_zone(struct server *s, const char *text,
    struct reason *reason);

/*
 * The table of one zone, or of all (only NULL), and warnings, an array that is
 * taken, or NULL.  done NULL: how the zones are, else what was done to them.
 */
int commands_table(struct server *s, struct store_zone *only, const char *done,
    json_t *warnings, json_t **result_out);

/* freeze|thaw [ZONE] */
int command_freeze(void *arg, struct control_request *request,
    json_t **result_out, struct reason *reason);
int command_thaw(void *arg, struct control_request *request,
    json_t **result_out, struct reason *reason);

/* sync [-clean] [-force] [ZONE] */
int command_sync(void *arg, struct control_request *request,
    json_t **result_out, struct reason *reason);

/* reload [ZONE]; reconfig */
int command_reload(void *arg, struct control_request *request,
    json_t **result_out, struct reason *reason);
int command_reconfig(void *arg, struct control_request *request,
    json_t **result_out, struct reason *reason);

/* journal ZONE [FROM [TO]] */
int command_journal(void *arg, struct control_request *request,
    json_t **result_out, struct reason *reason);

/* zone-purge ZONE */
int command_zone_purge(void *arg, struct control_request *request,
    json_t **result_out, struct reason *reason);

/* updates [-n N] [--denied] [--follow] */
int command_updates(void *arg, struct control_request *request,
    json_t **result_out, struct reason *reason);

int command_explain(void *arg, struct control_request *request,
    json_t **result_out, struct reason *reason);
int command_tsig_list(void *arg, struct control_request *request,
    json_t **result_out, struct reason *reason);
int command_tsig_delete(void *arg, struct control_request *request,
    json_t **result_out, struct reason *reason);
int command_principals(void *arg, struct control_request *request,
    json_t **result_out, struct reason *reason);

/* Ended by a NULL name; their argument is the struct server. */
extern const struct control_command server_commands[];

#endif
