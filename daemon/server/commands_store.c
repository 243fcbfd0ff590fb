/*
 * commands_store.c - what kddnsctl can ask of the store
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/arena.h"
#include "daemon/base/err.h"
#include "daemon/base/log.h"
#include "daemon/dns/zone_scan.h"
#include "daemon/server/commands.h"
#include "daemon/server/parts.h"

#define SIGNER_TEXT_MAX 1024

/* --- Zone files --- */

/* One zone, or all of them; the first error counts, the others go on. */
static int
for_zones(struct server *s, struct store_zone *only,
    int (*f)(struct store *store, struct store_zone *z, struct reason *reason),
    struct reason *reason)
{
	struct store_zone *z;
	int first = 0;

	if (only != NULL)
		return f(s->store, only, reason);
	for (size_t i = 0; (z = store_zone_at(s->store, i)) != NULL; i++) {
		struct reason why = {""};
		int ret = f(s->store, z, &why);

		if (ret == 0 || first != 0)
			continue;
		first = ret;
		reason_set(reason, "%s: %s", store_zone_text(z), why.text);
	}
	return first;
}

/* Of all zones: one that is frozen is left so, as rndc does. */
static int
freeze_unless_frozen(struct store *store, struct store_zone *z,
    struct reason *reason)
{
	int ret = store_freeze_zone(store, z, reason);

	return ret == ERR_EXISTS ? 0 : ret;
}

/* The zone of the first argument; NULL and 0: none was given. */
static int
optional_zone(struct server *s, const struct control_request *request,
    struct store_zone **zone_out, struct reason *reason)
{
	*zone_out = NULL;
	if (control_n_args(request) == 0)
		return 0;
	*zone_out = commands_zone(s, control_arg(request, 0), reason);
	return *zone_out == NULL ? ERR_NOTFOUND : 0;
}

int
command_freeze(void *arg, struct control_request *request, json_t **result_out,
    struct reason *reason)
{
	struct server *s = arg;
	struct store_zone *z;
	int ret = optional_zone(s, request, &z, reason);

	*result_out = NULL;
	if (ret == 0)
		ret = for_zones(s, z,
		    z == NULL ? freeze_unless_frozen : store_freeze_zone,
		    reason);
	return ret != 0 ? ret
			: commands_table(s, z, "frozen", NULL, result_out);
}

int
command_thaw(void *arg, struct control_request *request, json_t **result_out,
    struct reason *reason)
{
	struct server *s = arg;
	struct store_zone *z;
	int ret = optional_zone(s, request, &z, reason);

	*result_out = NULL;
	if (ret == 0)
		ret = for_zones(s, z, store_thaw_zone, reason);
	return ret != 0 ? ret
			: commands_table(s, z, "thawed", NULL, result_out);
}

/* [-clean] [-force] [ZONE] in any order. */
static int
read_sync(struct server *s, const struct control_request *request,
    unsigned *flags_out, struct store_zone **zone_out, struct reason *reason)
{
	*flags_out = 0;
	*zone_out = NULL;
	for (size_t i = 0; i < control_n_args(request); i++) {
		const char *text = control_arg(request, i);

		if (strcmp(text, "-clean") == 0) {
			*flags_out |= STORE_SYNC_CLEAN;
		} else if (strcmp(text, "-force") == 0) {
			*flags_out |= STORE_SYNC_FORCE;
		} else if (text[0] == '-' || *zone_out != NULL) {
			reason_set(reason,
			    "usage: sync [-clean] [-force] [ZONE]");
			return ERR_USAGE;
		} else {
			*zone_out = commands_zone(s, text, reason);
			if (*zone_out == NULL)
				return ERR_NOTFOUND;
		}
	}
	if ((*flags_out & STORE_SYNC_FORCE) != 0 && *zone_out == NULL) {
		reason_set(reason,
		    "-force throws the edit of a zone file away: name the "
		    "zone");
		return ERR_USAGE;
	}
	return 0;
}

int
command_sync(void *arg, struct control_request *request, json_t **result_out,
    struct reason *reason)
{
	struct server *s = arg;
	struct store_zone *z;
	unsigned flags;
	int ret = read_sync(s, request, &flags, &z, reason);

	*result_out = NULL;
	if (ret == 0)
		ret = store_sync(s->store, z, flags, reason);
	return ret != 0 ? ret
			: commands_table(s, z, "written", NULL, result_out);
}

static int
reload_all(struct server *s, enum store_files files, json_t **result_out,
    struct reason *reason)
{
	json_t *warnings = json_array();
	int ret = server_reload_files(s, files, warnings, reason);

	if (ret == 0)
		return commands_table(s, NULL, "reloaded", warnings,
		    result_out);
	json_decref(warnings);
	return ret;
}

int
command_reload(void *arg, struct control_request *request, json_t **result_out,
    struct reason *reason)
{
	struct server *s = arg;
	struct store_zone *z;
	int ret = optional_zone(s, request, &z, reason);

	*result_out = NULL;
	if (ret == 0 && z == NULL)
		return reload_all(s, STORE_FILES_LOOK, result_out, reason);
	if (ret == 0)
		ret = store_reload_zone(s->store, z, reason);
	return ret != 0 ? ret
			: commands_table(s, z, "reloaded", NULL, result_out);
}

int
command_reconfig(void *arg, struct control_request *request,
    json_t **result_out, struct reason *reason)
{
	(void)request;
	*result_out = NULL;
	return reload_all(arg, STORE_FILES_LEAVE, result_out, reason);
}

/* --- History --- */

/* What a line of a stream is made of. */
struct journal_stream {
	struct control_request *request;
	struct arena arena; /* of one changeset */
	const struct changeset *cs;
	const char *change; /* "delete", "add" */
};

static int
stream_change(struct journal_stream *st, const struct changeset_source *from,
    const char *rr, size_t rr_len)
{
	const struct changeset *cs = st->cs;
	char signer[SIGNER_TEXT_MAX] = "", address[ADDR_TEXT_SIZE] = "";
	uint64_t time_us = from == NULL ? cs->time_us : from->time_us;

	if (from != NULL) {
		(void)log_escape(from->signer, strlen(from->signer), signer,
		    sizeof(signer));
		if (from->address.family != 0)
			(void)addr_to_text_port(&from->address, address);
	}
	return control_stream(st->request,
	    json_pack("{s:I, s:I, s:I, s:s, s:s, s:s, s:s%}", "serial_from",
		(json_int_t)cs->serial_from, "serial_to",
		(json_int_t)cs->serial_to, "time",
		(json_int_t)(time_us / 1000000), "signer", signer, "address",
		address, "change", st->change, "rr", rr, rr_len));
}

static int
stream_rr(struct journal_stream *st, const struct changeset_rr *item)
{
	size_t size = RR_TEXT_SIZE(item->rr.rdata_len), len;
	char *text = arena_alloc(&st->arena, size);
	int ret = ERR_NOMEM;

	if (text != NULL)
		ret = rr_to_text(&item->rr, text, size, &len);
	if (ret != 0)
		return ret;
	if (len > 0 && text[len - 1] == '\n')
		len--;
	return stream_change(st,
	    item->source < st->cs->n_sources ? &st->cs->sources[item->source]
					     : NULL,
	    text, len);
}

static int
stream_rrs(struct journal_stream *st, const char *change,
    const struct changeset_rr *items, uint32_t n)
{
	int ret = 0;

	st->change = change;
	for (uint32_t i = 0; ret == 0 && i < n; i++)
		ret = stream_rr(st, &items[i]);
	return ret;
}

/* As in RFC 1995 section 4: what was deleted, then what was added. */
static int
stream_changeset(struct journal_stream *st, const struct changeset *cs)
{
	int ret;

	st->cs = cs;
	if (changeset_is_empty(cs)) {
		st->change = "serial";
		return stream_change(st,
		    cs->n_sources > 0 ? &cs->sources[0] : NULL, "", 0);
	}
	ret = stream_rrs(st, "delete", cs->deleted, cs->n_deleted);
	return ret != 0 ? ret : stream_rrs(st, "add", cs->added, cs->n_added);
}

static int
stream_history(struct store_history *h, struct control_request *request)
{
	struct journal_stream st = {.request = request};
	struct changeset cs;
	int ret;

	arena_init(&st.arena, 0);
	do {
		arena_reset(&st.arena);
		ret = store_history_next(h, &st.arena, &cs);
		if (ret == 0)
			ret = stream_changeset(&st, &cs);
	} while (ret == 0);
	arena_clear(&st.arena);
	return ret == ERR_NOTFOUND ? 0 : ret;
}

/* The i-th argument as a serial; *given_out is NULL if there is none. */
static int
read_serial(const struct control_request *request, size_t i, uint32_t *serial,
    const uint32_t **given_out, struct reason *reason)
{
	const char *text = control_arg(request, i);
	unsigned long long n;
	char *end;

	*given_out = NULL;
	if (text == NULL)
		return 0;
	errno = 0;
	n = strtoull(text, &end, 10);
	if (text[0] < '0' || text[0] > '9' || *end != '\0' || errno != 0 ||
	    n > UINT32_MAX) {
		reason_set(reason, "%s: no serial", text);
		return ERR_USAGE;
	}
	*serial = (uint32_t)n;
	*given_out = serial;
	return 0;
}

static void
say_no_history(struct store_zone *z, struct reason *reason)
{
	struct store_zone_status st;

	store_zone_status(z, &st);
	if (st.n_changesets == 0)
		reason_set(reason, "%s: there is no history",
		    store_zone_text(z));
	else
		reason_set(reason,
		    "%s: no such serials: history leads from %" PRIu32
		    " to %" PRIu32 ", and not every serial between is one",
		    store_zone_text(z), st.journal_first_serial, st.serial);
}

int
command_journal(void *arg, struct control_request *request, json_t **result_out,
    struct reason *reason)
{
	struct store_zone *z =
	    commands_zone(arg, control_arg(request, 0), reason);
	const uint32_t *from, *to;
	uint32_t serials[2];
	struct store_history *h;
	int ret = z == NULL ? ERR_NOTFOUND : 0;

	*result_out = NULL;
	if (ret == 0)
		ret = read_serial(request, 1, &serials[0], &from, reason);
	if (ret == 0)
		ret = read_serial(request, 2, &serials[1], &to, reason);
	if (ret != 0)
		return ret;
	ret = store_history_open_range(z, from, to, &h);
	if (ret == ERR_NOTFOUND)
		say_no_history(z, reason);
	if (ret != 0)
		return ret;
	ret = stream_history(h, request);
	store_history_close(h);
	return ret;
}

/* --- Zones that are not configured any more --- */

int
command_zone_purge(void *arg, struct control_request *request,
    json_t **result_out, struct reason *reason)
{
	struct server *s = arg;
	const char *text = control_arg(request, 0);
	struct name apex;
	int ret = name_from_text(text, NULL, &apex);

	*result_out = NULL;
	if (ret != 0)
		reason_set(reason, "%s: no domain name", text);
	else
		ret = store_purge_zone(s->store, &apex, reason);
	if (ret != 0)
		return ret;
	*result_out = json_pack("{s:s}", "zone", text);
	return *result_out == NULL ? ERR_NOMEM : 0;
}
