/*
 * kerberos.c - keytabs, contexts and negotiators of the server
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include "daemon/server/kerberos.h"
#include "daemon/base/err.h"
#include "daemon/base/log.h"
#include "daemon/conf/conf.h"
#include "daemon/gss/acceptor.h"
#include "daemon/gss/contexts.h"
#include "daemon/server/core.h"
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

void
kerberos_load_keytabs(struct server *s, const struct settings *settings)
{
	const struct conf_kerberos *k = &settings_conf(settings)->kerberos;
	struct acceptor_config config = {.keytabs = k->keytabs.items,
	    .n_keytabs = k->keytabs.n,
	    .principals = k->acceptors.items,
	    .n_principals = k->acceptors.n};
	struct acceptor_generation *g = NULL;
	struct reason reason = {""};

	if (acceptor_load(&config, &g, &reason) == 0) {
		acceptor_set(s->acceptor, g, k->context_lifetime_s);
		log_notice("keytab loaded principals=%zu entries=%zu",
		    acceptor_n_principals(g), acceptor_n_entries(g));
	} else {
		log_warning("keytab unusable reason=\"%s\"", reason.text);
	}
	acceptor_generation_unref(g);
	(void)pthread_mutex_lock(&s->settings_lock);
	s->keytab_reason = reason;
	(void)pthread_mutex_unlock(&s->settings_lock);
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
negotiations_config(struct server *s, const struct conf *conf)
{
	return (
	    struct negotiations_config){.timeout_s = conf->kerberos
							 .negotiation_timeout_s,
	    .per_address = conf->kerberos.negotiations_per_address,
	    .allow_weak = conf->kerberos.weak_enctypes == CONF_WEAK_ALLOW,
	    .name_is_taken = key_name_is_taken,
	    .name_is_taken_arg = s};
}

int
kerberos_start(struct server *s, const struct settings *settings)
{
	const struct conf *conf = settings_conf(settings);
	struct contexts_config contexts = contexts_config(conf);
	struct negotiations_config negotiations = negotiations_config(s, conf);
	int ret;

	s->acceptor = acceptor_create();
	if (s->acceptor == NULL)
		return ERR_NOMEM;
	kerberos_load_keytabs(s, settings);
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
kerberos_set_limits(struct server *s, const struct conf *conf)
{
	struct contexts_config contexts = contexts_config(conf);
	struct negotiations_config negotiations = negotiations_config(s, conf);

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
}

void
kerberos_destroy(struct server *s)
{
	negotiations_destroy(s->negotiations);
	contexts_destroy(s->contexts);
	acceptor_destroy(s->acceptor);
}
