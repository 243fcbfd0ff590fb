/*
 * greeting.c - a request that every KDC must answer, and that proves nothing
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <stdlib.h>
#include <time.h>

#include "ktutils/greeting.h"
#include "ktutils/ticket.h"

struct greeting {
	krb5_context krb5;
	krb5_init_creds_context steps;
	krb5_data request;
	krb5_data realm;
};

struct greeting *
greeting_begin(krb5_const_principal client, krb5_keytab keytab)
{
	struct greeting *g = calloc(1, sizeof(*g));
	krb5_principal copy = NULL;
	krb5_data none = ticket_lend(NULL, 0);
	unsigned flags = 0;

	if (g == NULL)
		return NULL;
	if (krb5_init_context(&g->krb5) != 0 ||
	    krb5_copy_principal(g->krb5, client, &copy) != 0 ||
	    krb5_init_creds_init(g->krb5, copy, NULL, NULL, 0, NULL,
		&g->steps) != 0 ||
	    krb5_init_creds_set_keytab(g->krb5, g->steps, keytab) != 0 ||
	    krb5_init_creds_step(g->krb5, g->steps, &none, &g->request,
		&g->realm, &flags) != 0 ||
	    (flags & KRB5_INIT_CREDS_STEP_FLAG_CONTINUE) == 0) {
		if (g->krb5 != NULL)
			krb5_free_principal(g->krb5, copy);
		greeting_end(g);
		return NULL;
	}
	krb5_free_principal(g->krb5, copy);
	return g;
}

const krb5_data *
greeting_request(const struct greeting *g)
{
	return &g->request;
}

void
greeting_end(struct greeting *g)
{
	if (g == NULL)
		return;
	if (g->krb5 != NULL) {
		krb5_free_data_contents(g->krb5, &g->request);
		krb5_free_data_contents(g->krb5, &g->realm);
		krb5_init_creds_free(g->krb5, g->steps);
		krb5_free_context(g->krb5);
	}
	free(g);
}

static bool
offset_of_error(krb5_context krb5, const krb5_data *reply, int32_t *offset_s)
{
	krb5_error *error;

	if (krb5_rd_error(krb5, reply, &error) != 0)
		return false;
	/* Timestamps are of 32 bits, without a sign from 2038 on. */
	*offset_s = (int32_t)((uint32_t)error->stime - (uint32_t)time(NULL));
	krb5_free_error(krb5, error);
	return true;
}

static bool
offset_of_ticket(struct greeting *g, krb5_data *reply, int32_t *offset_s)
{
	krb5_data out = ticket_lend(NULL, 0), realm = ticket_lend(NULL, 0);
	krb5_timestamp seconds = 0;
	krb5_int32 microseconds;
	unsigned flags = 0;
	krb5_error_code code = krb5_init_creds_step(g->krb5, g->steps, reply,
	    &out, &realm, &flags);

	krb5_free_data_contents(g->krb5, &out);
	krb5_free_data_contents(g->krb5, &realm);
	if (code != 0 || (flags & KRB5_INIT_CREDS_STEP_FLAG_CONTINUE) != 0 ||
	    krb5_get_time_offsets(g->krb5, &seconds, &microseconds) != 0)
		return false;
	*offset_s = seconds;
	return true;
}

bool
greeting_offset(struct greeting *g, const void *reply, size_t len,
    int32_t *offset_s_out)
{
	krb5_data d = ticket_lend(reply, len);

	*offset_s_out = 0;
	return offset_of_error(g->krb5, &d, offset_s_out) ||
	    offset_of_ticket(g, &d, offset_s_out);
}
