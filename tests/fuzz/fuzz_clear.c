/*
 * fuzz_clear.c - GSS-API tokens that clients send
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "daemon/gss/clear.h"

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t len);

/* All that is pointed to lies inside the token. */
static void
check_inside(const struct clear_octets *o, const uint8_t *octets, size_t len)
{
	assert(o->len == 0 ||
	    (o->octets >= octets && o->octets + o->len <= octets + len));
}

int
LLVMFuzzerTestOneInput(const uint8_t *octets, size_t len)
{
	struct clear_token c;
	char text[40];

	(void)clear_authenticator_time(octets, len);
	clear_read(octets, len, &c);
	assert((c.kind == CLEAR_EMPTY) == (len == 0));
	if (!c.has_ap_req) {
		assert(c.ap_req.whole.octets == NULL);
		return 0;
	}
	assert(c.ap_req.n_components > 0 &&
	    c.ap_req.n_components <= CLEAR_COMPONENTS_MAX);
	check_inside(&c.ap_req.whole, octets, len);
	check_inside(&c.ap_req.ticket, octets, len);
	check_inside(&c.ap_req.realm, octets, len);
	check_inside(&c.ap_req.authenticator, octets, len);
	for (unsigned i = 0; i < c.ap_req.n_components; i++)
		check_inside(&c.ap_req.components[i], octets, len);
	assert(strlen(clear_sname_text(&c.ap_req, text, sizeof(text))) <
	    sizeof(text));
	return 0;
}
