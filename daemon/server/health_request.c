/*
 * health_request.c - what is to be checked, by the configuration and the zones
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include "daemon/server/health_request.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/base/err.h"
#include "daemon/conf/conf.h"
#include "daemon/dns/types.h"
#include "daemon/gss/acceptor.h"
#include "daemon/server/core.h"
#include "daemon/server/grants.h"
#include "daemon/server/settings.h"
#include "daemon/zone/zone.h"

#define HOST_SIZE 256

/* --- Names that clients ask for --- */

static bool
has_spn(const struct health_request *r, const char *name)
{
	for (size_t i = 0; i < r->check.spns.n; i++)
		if (strcasecmp(r->spns[i], name) == 0)
			return true;
	return false;
}

static int
add_spn(struct health_request *r, const char *name)
{
	char **more;

	if (has_spn(r, name))
		return 0;
	more = reallocarray(r->spns, r->check.spns.n + 1, sizeof(*more));
	if (more == NULL)
		return ERR_NOMEM;
	r->spns = more;
	more[r->check.spns.n] = strdup(name);
	if (more[r->check.spns.n] == NULL)
		return ERR_NOMEM;
	r->check.spns.items = (const char *const *)more;
	r->check.spns.n++;
	return 0;
}

/* host: what this one is called, with its domain or without. */
static bool
is_this_host(const char *host, const char *name)
{
	size_t len = strlen(host);

	return len > 0 && strncasecmp(host, name, len) == 0 &&
	    (strcmp(name + len, ".") == 0 ||
		(name[len] == '.' && strchr(host, '.') == NULL));
}

static int
add_name_servers(struct health_request *r, const struct zone_version *v,
    const char *host)
{
	const struct zone_name *apex = version_apex(v);
	const struct rrset *ns =
	    apex == NULL ? NULL : zone_name_rrset(apex, TYPE_NS);
	char text[NAME_TEXT_SIZE];
	struct rdata_ref rdata;
	int ret = 0;

	for (size_t at = 0;
	     ns != NULL && ret == 0 && rrset_next(ns, &at, &rdata);)
		if (is_this_host(host, name_to_text(rdata.octets, text)))
			ret = add_spn(r, text);
	return ret;
}

static int
add_names_of(struct health_request *r, const struct zone_version *v,
    const char *host)
{
	const struct rrset *soa = version_soa(v);
	char text[NAME_TEXT_SIZE];
	struct rdata_ref rdata;
	size_t at = 0;
	int ret = 0;

	/* Its RDATA begins with the MNAME. */
	if (soa != NULL && rrset_next(soa, &at, &rdata))
		ret = add_spn(r, name_to_text(rdata.octets, text));
	return ret == 0 ? add_name_servers(r, v, host) : ret;
}

static int
add_names(struct health_request *r, const struct settings *settings)
{
	char host[HOST_SIZE] = "";
	int ret = 0;

	(void)gethostname(host, sizeof(host) - 1);
	for (size_t i = 0; ret == 0 && i < settings_n_zones(settings); i++) {
		const struct zone_version *v =
		    store_zone_pin(settings_zone_at(settings, i)->zone);

		if (v == NULL)
			continue;
		ret = add_names_of(r, v, host);
		zone_unpin(v);
	}
	return ret;
}

/* --- All of it --- */

/* Whole, as the keytab has them; if none is loaded as they are configured. */
static int
add_acceptors(struct health_request *r, struct server *s,
    const struct conf_kerberos *conf)
{
	size_t n;

	r->check.acceptors.items = conf->acceptors.items;
	r->check.acceptors.n = conf->acceptors.n;
	r->generation = acceptor_current(s->acceptor);
	if (conf->acceptors.n == 0 || r->generation == NULL)
		return 0;
	n = acceptor_n_principals(r->generation);
	r->acceptors = calloc(n + 1, sizeof(*r->acceptors));
	if (r->acceptors == NULL)
		return ERR_NOMEM;
	for (size_t i = 0; i < n; i++)
		r->acceptors[i] = acceptor_principal_text(r->generation, i);
	r->check.acceptors.items = r->acceptors;
	r->check.acceptors.n = n;
	return 0;
}

/* Tickets matter while the directory is there. */
static void
add_tickets(struct health_request *r, struct server *s)
{
	if (!grants_directory(s->grants, &r->directory) ||
	    !r->directory.is_up || r->directory.ccache[0] == '\0')
		return;
	r->ccache = r->directory.ccache;
	r->check.ccaches.items = &r->ccache;
	r->check.ccaches.n = 1;
}

int
health_request_make(struct health_request *r, struct server *s,
    const struct settings *settings)
{
	const struct conf_kerberos *conf = &settings_conf(settings)->kerberos;
	int ret;

	memset(r, 0, sizeof(*r));
	r->check.keytabs.items = conf->keytabs.items;
	r->check.keytabs.n = conf->keytabs.n;
	add_tickets(r, s);
	ret = add_acceptors(r, s, conf);
	return ret == 0 ? add_names(r, settings) : ret;
}

void
health_request_clear(struct health_request *r)
{
	for (size_t i = 0; i < r->check.spns.n; i++)
		free(r->spns[i]);
	free(r->spns);
	free(r->acceptors);
	free(r->wrong_keys);
	acceptor_generation_unref(r->generation);
	memset(r, 0, sizeof(*r));
}

bool
health_request_keep_wrong_keys(struct health_request *r,
    const struct report *online)
{
	size_t n = 0;

	r->wrong_keys = calloc(online->n_logins + 1, sizeof(*r->wrong_keys));
	if (r->wrong_keys == NULL)
		return false;
	for (size_t i = 0; i < online->n_logins; i++) {
		const struct report_login *l = &online->logins[i];

		if (l->state == REPORT_LOGIN_WRONG_KEY)
			r->wrong_keys[n++] =
			    (struct check_wrong_key){.principal = l->principal,
				.reason = l->reason};
	}
	r->check.wrong_keys = r->wrong_keys;
	r->check.n_wrong_keys = n;
	return n > 0;
}
