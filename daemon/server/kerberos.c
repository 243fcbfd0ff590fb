/*
 * kerberos.c - keytabs, contexts and negotiators of the server
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include "daemon/server/kerberos.h"
#include "daemon/base/err.h"
#include "daemon/conf/conf.h"
#include "daemon/gss/acceptor.h"
#include "daemon/gss/algorithm.h"
#include "daemon/gss/contexts.h"
#include "daemon/server/core.h"
#include "daemon/server/health.h"
#include "daemon/server/keytabs.h"
#include "daemon/server/settings.h"
#include "daemon/tsig/keyring.h"

#define NEGOTIATORS_QUEUE 8192

/* Negotiators: may a context take this key name? */
static bool
key_name_is_taken(void *arg, const struct name *key_name)
{
	struct settings *settings = server_settings(arg);
	bool is_taken =
	    keyring_find(settings_keyring(settings), key_name->octets) != NULL;

	settings_unref(settings);
	return is_taken;
}

/* Negotiators: a ticket has a key that no keytab had so far. */
static void
look_at_keytabs(void *arg)
{
	struct server *s = arg;

	keytabs_look(s->keytabs);
	health_hurry(s->health);
}

/* What contexts must be like to go on; keys NULL: there are none. */
struct allowed {
	struct contexts *contexts;
	struct acceptor_generation *keys;
	bool weak;
};

static bool
is_allowed(const struct allowed *a, const struct context *c)
{
	return (a->weak || gss_enctype_is_aes(context_enctype(c))) &&
	    a->keys != NULL &&
	    acceptor_has_principal(a->keys, context_acceptor(c));
}

/* For contexts_walk(). */
static int
end_unless_allowed(void *arg, struct context *c)
{
	const struct allowed *a = arg;

	if (!is_allowed(a, c))
		(void)contexts_remove(a->contexts, c);
	return 0;
}

void
kerberos_use_keytabs(struct server *s, struct settings *settings)
{
	struct allowed a = {.contexts = s->contexts,
	    .weak = settings_conf(settings)->kerberos.weak_enctypes ==
		CONF_WEAK_ALLOW};

	keytabs_use(s->keytabs, settings);
	a.keys = acceptor_current(s->acceptor);
	(void)contexts_walk(s->contexts, end_unless_allowed, &a);
	acceptor_generation_unref(a.keys);
}

static struct contexts_config
contexts_config(const struct conf *conf)
{
	return (
	    struct contexts_config){.max_contexts = conf->kerberos.max_contexts,
	    .contexts_per_principal = conf->kerberos.contexts_per_principal,
	    .context_lifetime_s = conf->kerberos.context_lifetime_s};
}

static struct negotiations_config
negotiations_config(struct server *s, const struct settings *settings)
{
	const struct conf *conf = settings_conf(settings);

	return (
	    struct negotiations_config){.timeout_s = conf->kerberos
							 .negotiation_timeout_s,
	    .per_address = conf->kerberos.negotiations_per_address,
	    .keeps_tokens = settings_asks_helpers(settings),
	    .name_is_taken = key_name_is_taken,
	    .look_at_keytabs = look_at_keytabs,
	    .arg = s};
}

int
kerberos_start(struct server *s, struct settings *settings)
{
	const struct conf *conf = settings_conf(settings);
	struct contexts_config contexts = contexts_config(conf);
	struct negotiations_config negotiations =
	    negotiations_config(s, settings);
	int ret;

	s->acceptor = acceptor_create();
	if (s->acceptor == NULL)
		return ERR_NOMEM;
	ret = keytabs_create(s->acceptor, &s->keytabs);
	if (ret != 0)
		return ret;
	keytabs_use(s->keytabs, settings);
	ret = contexts_create(&contexts, &s->contexts);
	if (ret == 0)
		ret = negotiations_create(&negotiations, s->acceptor,
		    s->contexts, &s->negotiations);
	if (ret == 0)
		ret = negotiators_create(s->negotiations, 0, NEGOTIATORS_QUEUE,
		    &s->negotiators);
	return ret;
}

void
kerberos_set_limits(struct server *s, const struct settings *settings)
{
	struct contexts_config contexts =
	    contexts_config(settings_conf(settings));
	struct negotiations_config negotiations =
	    negotiations_config(s, settings);

	contexts_configure(s->contexts, &contexts);
	negotiations_configure(s->negotiations, &negotiations);
}

void
kerberos_expire(struct server *s)
{
	(void)contexts_expire(s->contexts);
	negotiations_expire(s->negotiations);
}

void
kerberos_stop(struct server *s)
{
	negotiators_destroy(s->negotiators);
	s->negotiators = NULL;
	if (s->keytabs != NULL)
		keytabs_stop(s->keytabs);
}

void
kerberos_destroy(struct server *s)
{
	negotiations_destroy(s->negotiations);
	contexts_destroy(s->contexts);
	keytabs_destroy(s->keytabs);
	acceptor_destroy(s->acceptor);
}
