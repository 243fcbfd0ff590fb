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
int command_stats(void *arg, struct control_request *request,
    json_t **result_out, struct reason *reason);

/* Ended by a NULL name; their argument is the struct server. */
extern const struct control_command server_commands[];

#endif
