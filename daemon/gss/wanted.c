/*
 * wanted.c - which principals the configuration lets accept
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "daemon/base/err.h"
#include "daemon/gss/generation.h"
#include "daemon/gss/wanted.h"

int
wanted_read(struct wanted *w, krb5_context krb5,
    const struct acceptor_config *config, struct reason *reason)
{
	krb5_error_code code;

	memset(w, 0, sizeof(*w));
	w->krb5 = krb5;
	w->principals =
	    calloc(config->n_principals + 1, sizeof(*w->principals));
	if (w->principals == NULL)
		return ERR_NOMEM;
	for (; w->n < config->n_principals; w->n++) {
		code = krb5_parse_name(krb5, config->principals[w->n],
		    &w->principals[w->n]);
		if (code == 0)
			continue;
		generation_say(krb5, reason, "acceptor",
		    config->principals[w->n], code);
		return ERR_MALFORMED;
	}
	return 0;
}

void
wanted_clear(struct wanted *w)
{
	for (size_t i = 0; i < w->n; i++)
		krb5_free_principal(w->krb5, w->principals[i]);
	free(w->principals);
}

/* DNS/anything, in any case: what DNS clients ask a ticket for. */
static bool
is_dns_service(krb5_const_principal p)
{
	return p->length == 2 && p->data[0].length == 3 &&
	    strncasecmp(p->data[0].data, "DNS", 3) == 0;
}

bool
wanted_has(const struct wanted *w, krb5_const_principal p)
{
	if (w->n == 0)
		return is_dns_service(p);
	for (size_t i = 0; i < w->n; i++)
		if (krb5_principal_compare(w->krb5, p, w->principals[i]))
			return true;
	return false;
}
