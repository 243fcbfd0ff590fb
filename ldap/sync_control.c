/*
 * sync_control.c - controls and messages of RFC 4533
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <string.h>

#include "ldap/sync_control.h"

LDAPControl *
sync_request_create(void)
{
	BerElement *ber = ber_alloc_t(LBER_USE_DER);
	LDAPControl *control = NULL;
	struct berval value = {0};

	if (ber == NULL)
		return NULL;
	if (ber_printf(ber, "{e}", (ber_int_t)LDAP_SYNC_REFRESH_AND_PERSIST) !=
		-1 &&
	    ber_flatten2(ber, &value, 0) != -1 &&
	    ldap_control_create(LDAP_CONTROL_SYNC, 1, &value, 1, &control) !=
		LDAP_SUCCESS)
		control = NULL;
	ber_free(ber, 1);
	return control;
}

/* A copy of the octets; liblber 2.5.13 crashes where there are none. */
static BerElement *
reader_of(const struct berval *value)
{
	struct berval octets = *value;

	return octets.bv_len == 0 ? NULL : ber_init(&octets);
}

bool
sync_state_read(const struct berval *value, enum sync_state *state_out,
    unsigned char uuid_out[SYNC_UUID_LEN])
{
	BerElement *ber = reader_of(value);
	struct berval uuid = {0};
	ber_int_t state = -1;
	bool is_good;

	if (ber == NULL)
		return false;
	is_good = ber_scanf(ber, "{em", &state, &uuid) != LBER_ERROR &&
	    state >= SYNC_STATE_PRESENT && state <= SYNC_STATE_DELETE &&
	    uuid.bv_len == SYNC_UUID_LEN;
	if (is_good) {
		*state_out = (enum sync_state)state;
		memcpy(uuid_out, uuid.bv_val, SYNC_UUID_LEN);
	}
	ber_free(ber, 1);
	return is_good;
}

/* A cookie, which we do not keep: each connection begins anew. */
static bool
skip_cookie(BerElement *ber)
{
	struct berval cookie;
	ber_len_t len;

	return ber_peek_tag(ber, &len) != LDAP_TAG_SYNC_COOKIE ||
	    ber_scanf(ber, "m", &cookie) != LBER_ERROR;
}

static bool
read_flag(BerElement *ber, ber_tag_t tag, bool *flag_io)
{
	ber_len_t len;
	ber_int_t flag;

	if (ber_peek_tag(ber, &len) != tag)
		return true;
	if (ber_scanf(ber, "b", &flag) == LBER_ERROR)
		return false;
	*flag_io = flag != 0;
	return true;
}

static bool
read_refresh(BerElement *ber, struct sync_info *info)
{
	info->kind = SYNC_INFO_REFRESH;
	info->is_done = true; /* DEFAULT */
	return ber_scanf(ber, "{") != LBER_ERROR && skip_cookie(ber) &&
	    read_flag(ber, LDAP_TAG_REFRESHDONE, &info->is_done);
}

static bool
read_set(BerElement *ber, struct sync_info *info)
{
	bool are_deleted = false;

	if (ber_scanf(ber, "{") == LBER_ERROR || !skip_cookie(ber) ||
	    !read_flag(ber, LDAP_TAG_REFRESHDELETES, &are_deleted) ||
	    ber_scanf(ber, "[W]", &info->uuids) == LBER_ERROR)
		return false;
	info->kind = are_deleted ? SYNC_INFO_DELETED : SYNC_INFO_PRESENT;
	return true;
}

bool
sync_info_read(const struct berval *value, struct sync_info *info_out)
{
	BerElement *ber = reader_of(value);
	struct sync_info info = {.kind = SYNC_INFO_COOKIE};
	bool is_good = false;
	ber_len_t len;

	*info_out = info;
	if (ber == NULL)
		return false;
	switch (ber_peek_tag(ber, &len)) {
	case LDAP_TAG_SYNC_NEW_COOKIE:
		is_good = true;
		break;
	case LDAP_TAG_SYNC_REFRESH_DELETE:
	case LDAP_TAG_SYNC_REFRESH_PRESENT:
		is_good = read_refresh(ber, &info);
		break;
	case LDAP_TAG_SYNC_ID_SET:
		is_good = read_set(ber, &info);
		break;
	}
	ber_free(ber, 1);
	if (is_good)
		*info_out = info;
	else
		ber_bvarray_free(info.uuids);
	return is_good;
}
