/*
 * follow_sync.c - grants as the server tells of them (RFC 4533)
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * One search, which never ends: first every entry, then the message that the
 * refresh is done, then each change.
 */
#include <string.h>

#include "ldap/follow.h"
#include "ldap/sync_control.h"

/* Something that does not fit what we know: all again, in the next round. */
static void
begin_again(struct follow *f, const char *why)
{
	f->has_failed = true;
	line_set(f->error, "grants (RFC 4533): %s", why);
}

static struct grants_set *
set_of(struct follow *f)
{
	return f->is_refreshing ? &f->fresh : &f->set;
}

/* It does not say what is in an entry that it has told us before. */
static void
expect_known(struct follow *f, const struct berval *uuid)
{
	if (grants_set_find(set_of(f), uuid) == NULL)
		begin_again(f, "an entry that was never sent is present");
}

static void
remove_entry(struct follow *f, const struct berval *uuid)
{
	if (grants_set_remove(set_of(f), uuid) && !f->is_refreshing)
		f->is_dirty = true;
}

static void
take_change(struct follow *f, enum sync_state state, const struct berval *uuid,
    LDAP *ld, LDAPMessage *entry)
{
	switch (state) {
	case SYNC_STATE_PRESENT:
		expect_known(f, uuid);
		break;
	case SYNC_STATE_ADD:
	case SYNC_STATE_MODIFY:
		follow_put(f, set_of(f), uuid, ld, entry);
		break;
	case SYNC_STATE_DELETE:
		remove_entry(f, uuid);
		break;
	}
}

static void
on_entry(struct follow *f, LDAP *ld, LDAPMessage *entry)
{
	unsigned char octets[SYNC_UUID_LEN];
	struct berval uuid = {sizeof(octets), (char *)octets};
	LDAPControl **controls = NULL, *state_control = NULL;
	enum sync_state state;

	if (ldap_get_entry_controls(ld, entry, &controls) == LDAP_SUCCESS)
		state_control =
		    ldap_control_find(LDAP_CONTROL_SYNC_STATE, controls, NULL);
	if (state_control == NULL ||
	    !sync_state_read(&state_control->ldctl_value, &state, octets))
		begin_again(f, "an entry came without its Sync State");
	else
		take_change(f, state, &uuid, ld, entry);
	ldap_controls_free(controls);
}

static void
take_info(struct follow *f, const struct sync_info *info)
{
	switch (info->kind) {
	case SYNC_INFO_COOKIE:
		break;
	case SYNC_INFO_REFRESH:
		if (!f->is_refreshing || !info->is_done)
			break;
		f->is_refreshing = false;
		follow_has_all(f);
		break;
	case SYNC_INFO_DELETED:
		for (BerVarray u = info->uuids; u != NULL && u->bv_val != NULL;
		     u++)
			remove_entry(f, u);
		break;
	case SYNC_INFO_PRESENT:
		if (!f->is_refreshing)
			begin_again(f, "the server begins another refresh");
		for (BerVarray u = info->uuids; u != NULL && u->bv_val != NULL;
		     u++)
			expect_known(f, u);
		break;
	}
}

static void
on_intermediate(struct follow *f, LDAP *ld, LDAPMessage *m)
{
	struct berval *value = NULL;
	struct sync_info info;
	char *oid = NULL;

	if (ldap_parse_intermediate(ld, m, &oid, &value, NULL, 0) ==
		LDAP_SUCCESS &&
	    oid != NULL && strcmp(oid, LDAP_SYNC_INFO) == 0 && value != NULL) {
		if (sync_info_read(value, &info)) {
			take_info(f, &info);
			ber_bvarray_free(info.uuids);
		} else
			begin_again(f, "a Sync Info message is malformed");
	}
	ldap_memfree(oid);
	ber_bvfree(value);
}

static void
on_message(void *arg, LDAP *ld, LDAPMessage *m)
{
	struct follow *f = arg;

	if (f->has_failed)
		return;
	f->refresh_deadline_ms =
	    connection_clock_ms() + (int64_t)f->config->timeout_s * 1000;
	if (ldap_msgtype(m) == LDAP_RES_SEARCH_ENTRY)
		on_entry(f, ld, m);
	else
		on_intermediate(f, ld, m);
}

/* It ends only if the server ends it, or cannot do it for this base. */
static void
on_end(void *arg, int code, LDAP *ld, LDAPMessage *result)
{
	struct follow *f = arg;

	(void)result;
	line_set_ldap(f->error, "grants (RFC 4533)", ld, code);
	if (code == LDAP_UNAVAILABLE_CRITICAL_EXTENSION ||
	    code == LDAP_UNWILLING_TO_PERFORM)
		f->how = DIRECTORY_FOLLOW_POLL;
	follow_failed(f, f->error);
	if (f->how == DIRECTORY_FOLLOW_POLL)
		f->next_ms = connection_clock_ms();
}

void
follow_sync_begin(struct follow *f)
{
	f->has_failed = false;
	f->has_search = f->is_refreshing = true;
	f->refresh_deadline_ms =
	    connection_clock_ms() + (int64_t)f->config->timeout_s * 1000;
	grants_set_clear(&f->fresh);
	if (!searches_add(f->searches,
		&(struct search_request){
		    .base = strdup(f->config->policy_base),
		    .scope = LDAP_SCOPE_SUBTREE,
		    .filter = strdup(GRANTS_FILTER),
		    .attributes = grants_attributes,
		    .control = sync_request_create(),
		    .message = on_message,
		    .done = on_end,
		    .arg = f,
		}))
		follow_failed(f, "out of memory");
}
