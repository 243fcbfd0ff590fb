/*
 * handle_query.c - QUERY: an answer from one zone version
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include "daemon/policy/acl.h"
#include "daemon/query/answer.h"
#include "daemon/query/chaos.h"
#include "daemon/server/dispatch.h"
#include "daemon/server/settings.h"

/*
 * The closest zone that encloses name and is configured; NULL: none.  During
 * a reload the store may know a zone that the settings do not know yet.
 */
static const struct zone_settings *
closest_zone(const struct request *r, const uint8_t *name)
{
	struct store *store = r->worker->server->store;
	struct store_zone *z = store_find(store, name);
	const struct zone_settings *settings = settings_zone(r->settings, z);

	while (settings == NULL && z != NULL && store_zone_apex(z)->len > 1) {
		z = store_find(store,
		    name_strip(store_zone_apex(z)->octets, 1));
		settings = settings_zone(r->settings, z);
	}
	return settings;
}

/* The zone of ours that answers; NULL: none. */
static const struct zone_settings *
find_zone(const struct request *r)
{
	const uint8_t *name = question_zone_name(&r->message);
	const struct zone_settings *zone = closest_zone(r, name);

	if (zone == NULL && name != r->message.question.name.octets)
		zone = closest_zone(r, r->message.question.name.octets);
	return zone;
}

enum outcome
handle_query(struct request *r, struct message_writer *w, enum rcode *rcode_out)
{
	const struct message *m = &r->message;
	const struct zone_version *v = NULL;
	const struct edns_settings *edns = settings_edns(r->settings);

	COUNT(r->worker->counters.queries);
	if (chaos_is_asked(m)) {
		request_answer_start(r, w, NULL);
		*rcode_out =
		    chaos_answer(w, m, edns->server_id, edns->server_id_len);
		return REPLY;
	}
	*rcode_out = question_check(m);
	if (*rcode_out == RCODE_NOERROR) {
		r->zone = find_zone(r);
		if (r->zone == NULL ||
		    !acl_allows(r->zone->allow_query, &r->from.remote,
			&r->tsig.signer))
			*rcode_out = RCODE_REFUSED;
		else if ((v = store_zone_version(r->zone->zone)) == NULL)
			*rcode_out = RCODE_SERVFAIL;
	}
	request_answer_start(r, w, v);
	if (*rcode_out == RCODE_NOERROR)
		*rcode_out = answer(w, m, v, &r->zone->apex,
		    request_is_tcp(r) ? ANSWER_TCP : ANSWER_UDP);
	return REPLY;
}
