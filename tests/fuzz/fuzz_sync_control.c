/*
 * fuzz_sync_control.c - what a directory server says of changes (RFC 4533)
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "ldap/sync_control.h"

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t len);

int
LLVMFuzzerTestOneInput(const uint8_t *octets, size_t len)
{
	unsigned char uuid[SYNC_UUID_LEN];
	struct sync_info info;
	struct berval value;
	enum sync_state state;

	value.bv_len = len;
	value.bv_val = malloc(len + 1);
	if (value.bv_val == NULL)
		return 0;
	memcpy(value.bv_val, octets, len);
	if (sync_state_read(&value, &state, uuid))
		assert(state <= SYNC_STATE_DELETE);
	if (sync_info_read(&value, &info)) {
		assert(info.kind <= SYNC_INFO_PRESENT);
		ber_bvarray_free(info.uuids);
	} else
		assert(info.uuids == NULL);
	free(value.bv_val);
	return 0;
}
