/*
 * feed.c - one directory, and what it says
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include "daemon/server/feed.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/err.h"
#include "daemon/base/log.h"
#include "daemon/conf/conf.h"
#include "daemon/identity/principal.h"
#include "daemon/server/dn.h"
#include "daemon/server/facts_cache.h"
#include "daemon/server/groups.h"
#include "daemon/server/own_names.h"

#define ERRORS_KEPT 16

static const char no_controllers[] = "the domain controllers cannot be read";

/* Facts that came before anybody knew the domain controllers. */
struct held {
	struct held *next;
	struct facts_ticket *ticket;
	struct facts *facts;
};

struct feed {
	struct feed_config config;
	struct signer_facts *nothing; /* is known of who is not one object */
	struct name *suffixes, *controllers;
	struct directory *directory;

	pthread_mutex_t lock; /* guards what follows */
	bool is_over;
	const struct grants *news; /* that nobody has taken, or NULL */
	struct own_names_rules names;
	bool has_controllers; /* nobody's names are judged before */
	bool has_no_way;      /* to know them: they could not be read */
	struct held *held;
	bool is_up;
	uint32_t errors[ERRORS_KEPT]; /* hashes of those that were logged */
	size_t n_errors;              /* since it was up */
};

/* --- The configuration, in ldap/'s terms --- */

static struct directory_texts
texts(const struct conf_texts *t)
{
	return (struct directory_texts){(const char *const *)t->items, t->n};
}

static struct directory_config
directory_config(const struct conf *conf)
{
	static const enum directory_bind binds[] = {
	    [CONF_LDAP_GSSAPI] = DIRECTORY_BIND_GSSAPI,
	    [CONF_LDAP_SIMPLE] = DIRECTORY_BIND_SIMPLE,
	    [CONF_LDAP_ANONYMOUS] = DIRECTORY_BIND_ANONYMOUS,
	};
	const struct conf_ldap *l = &conf->ldap;

	return (struct directory_config){.uris = texts(&l->uris),
	    .start_tls = l->start_tls,
	    .ca_file = l->ca_file,
	    .bind = binds[l->bind],
	    .bind_dn = l->bind_dn,
	    .bind_password_file = l->bind_password_file,
	    .bind_principal = l->bind_principal,
	    .keytabs = texts(&conf->kerberos.keytabs),
	    .base = l->base,
	    .policy_base = l->policy_base,
	    .principal_filter = l->principal_filter,
	    .hostname_attributes = texts(&l->hostname_attributes),
	    .group_attribute = l->group_attribute,
	    .timeout_s = l->timeout_s,
	    .refresh_s = l->refresh_s};
}

int
feed_check(const struct conf *conf, struct reason *reason)
{
	struct directory_config config = directory_config(conf);
	char why[DIRECTORY_REASON_SIZE];

	if (directory_check(&config, why) == 0)
		return 0;
	reason_set(reason, "%s", why);
	return ERR_MALFORMED;
}

/* --- Rules --- */

static void
wake(struct feed *f)
{
	f->config.wake(f->config.arg);
}

static void
on_grants(void *arg, const struct grants *grants)
{
	struct feed *f = arg;
	const struct grants *old;

	(void)pthread_mutex_lock(&f->lock);
	old = f->news;
	f->news = grants_ref(grants);
	(void)pthread_mutex_unlock(&f->lock);
	grants_unref(old);
	wake(f);
}

const struct grants *
feed_take_grants(struct feed *f)
{
	const struct grants *news;

	(void)pthread_mutex_lock(&f->lock);
	news = f->news;
	f->news = NULL;
	(void)pthread_mutex_unlock(&f->lock);
	return news;
}

/* --- Facts --- */

/* Takes what is known of an object. */
static void
answer_found(struct feed *f, struct facts_ticket *ticket, struct facts *facts)
{
	struct signer_facts *worth;
	char *note;
	int ret;

	(void)pthread_mutex_lock(&f->lock);
	ret = own_names_facts(&f->names, facts, &worth, &note);
	(void)pthread_mutex_unlock(&f->lock);
	facts_destroy(facts);
	facts_cache_answer(ticket,
	    ret == 0 ? FACTS_CACHE_FOUND : FACTS_CACHE_FAILED, worth, note);
}

static void
answer_failed(struct facts_ticket *ticket, const char *why)
{
	facts_cache_answer(ticket, FACTS_CACHE_FAILED, NULL, strdup(why));
}

/*
 * It has none.  That no object was found says nothing of groups: a client may
 * ask for a ticket without a PAC, by another name that the KDC knows it by.
 */
static void
answer_none(struct feed *f, struct facts_ticket *ticket, const char *why)
{
	facts_cache_answer(ticket, FACTS_CACHE_NONE,
	    signer_facts_ref(f->nothing), strdup(why));
}

/* Nobody's names are judged before the controllers are known. */
static void
judge_or_hold(struct feed *f, struct facts_ticket *ticket, struct facts *facts)
{
	struct held *h = malloc(sizeof(*h));
	bool has_controllers, is_held;

	(void)pthread_mutex_lock(&f->lock);
	has_controllers = f->has_controllers;
	is_held = !has_controllers && !f->has_no_way && h != NULL;
	if (is_held) {
		*h = (struct held){f->held, ticket, facts};
		f->held = h;
	}
	(void)pthread_mutex_unlock(&f->lock);
	if (is_held)
		return;
	free(h);
	if (has_controllers) {
		answer_found(f, ticket, facts);
	} else {
		facts_destroy(facts);
		answer_failed(ticket, no_controllers);
	}
}

static struct held *
take_held(struct feed *f)
{
	struct held *all;

	(void)pthread_mutex_lock(&f->lock);
	all = f->held;
	f->held = NULL;
	(void)pthread_mutex_unlock(&f->lock);
	return all;
}

static void
fail_held(struct feed *f, const char *why)
{
	for (struct held *h = take_held(f), *next; h != NULL; h = next) {
		next = h->next;
		facts_destroy(h->facts);
		answer_failed(h->ticket, why);
		free(h);
	}
}

static void
judge_held(struct feed *f)
{
	for (struct held *h = take_held(f), *next; h != NULL; h = next) {
		next = h->next;
		answer_found(f, h->ticket, h->facts);
		free(h);
	}
}

static void
on_controllers(void *arg, const char *const *names, size_t n)
{
	struct feed *f = arg;
	struct name *list = calloc(n + 1, sizeof(*list)), *old;
	size_t n_list = 0;

	if (list == NULL)
		return; /* then nobody's names count */
	for (size_t i = 0; i < n; i++)
		n_list += name_from_text(names[i], NULL, &list[n_list]) == 0;
	own_names_sort(list, n_list);
	(void)pthread_mutex_lock(&f->lock);
	old = f->controllers;
	f->controllers = list;
	f->names.controllers = list;
	f->names.n_controllers = n_list;
	/* What was judged by others is asked again. */
	if (f->has_controllers && !f->is_over)
		facts_cache_expire(f->config.cache);
	f->has_controllers = true;
	(void)pthread_mutex_unlock(&f->lock);
	free(old);
	log_debug("directory controllers=%zu", n_list);
	judge_held(f);
}

/* A question about a principal. */
struct facts_errand {
	struct feed *feed;
	struct facts_ticket *ticket;
};

static void
on_facts(void *arg, enum facts_answer answer, struct facts *facts,
    const char *reason)
{
	struct facts_errand *e = arg;

	switch (answer) {
	case FACTS_FOUND:
		judge_or_hold(e->feed, e->ticket, facts);
		break;
	case FACTS_NONE:
	case FACTS_SEVERAL:
	case FACTS_DISAGREES:
		answer_none(e->feed, e->ticket, reason);
		break;
	case FACTS_FAILED:
		answer_failed(e->ticket, reason);
		break;
	}
	free(e);
}

static struct directory_principal
directory_principal(const struct principal *p, uint8_t sid[SID_LEN_MAX])
{
	struct directory_principal dp = {.name = p->text,
	    .first = p->n_components <= 2 ? p->components[0] : NULL,
	    .host = p->n_components == 2 ? p->components[1] : NULL};

	if (p->account == NULL)
		return dp;
	dp.sid = sid;
	dp.sid_len = sid_write(&p->account->sid, sid);
	dp.account = p->account->name;
	return dp;
}

bool
feed_ask_facts(struct feed *f, const struct principal *p,
    struct facts_ticket *t)
{
	struct facts_errand *e = malloc(sizeof(*e));
	uint8_t sid[SID_LEN_MAX];
	struct directory_principal dp = directory_principal(p, sid);

	if (e == NULL)
		return false;
	*e = (struct facts_errand){f, t};
	if (directory_ask_facts(f->directory, &dp, on_facts, e) == 0)
		return true;
	free(e);
	return false;
}

/* --- Groups --- */

/* A question about a group. */
struct group_errand {
	struct feed *feed;
	struct group_ticket *ticket;
};

static void
on_group(void *arg, enum facts_answer answer,
    const struct directory_group *group, const char *reason)
{
	static const enum groups_result results[] = {
	    [FACTS_FOUND] = GROUPS_FOUND,
	    [FACTS_NONE] = GROUPS_NONE,
	    [FACTS_SEVERAL] = GROUPS_SEVERAL,
	    [FACTS_DISAGREES] = GROUPS_SEVERAL,
	    [FACTS_FAILED] = GROUPS_FAILED,
	};
	struct group_errand *e = arg;
	struct policy_group found = {.has_sid = false};
	char *dn = NULL;

	(void)reason;
	if (group != NULL) {
		struct reader r;

		reader_init(&r, group->sid.octets, group->sid.len);
		found.has_sid =
		    group->sid.len > 0 && sid_read(&r, &found.sid) == 0;
		dn = dn_normalize(group->dn);
		found.dn = dn;
	}
	groups_answer(e->ticket, results[answer], &found);
	free(dn);
	wake(e->feed);
	free(e);
}

bool
feed_ask_group(struct feed *f, const char *name, struct group_ticket *t)
{
	struct group_errand *e = malloc(sizeof(*e));

	if (e == NULL)
		return false;
	*e = (struct group_errand){f, t};
	if (directory_ask_group(f->directory, name, on_group, e) == 0)
		return true;
	free(e);
	return false;
}

/* --- Up and down --- */

static void
log_up(const struct directory_state *s)
{
	log_notice("directory up uri=%s", s->uri);
	if (!s->is_protected)
		log_warning("directory unprotected uri=%s next=\"what it says "
			    "could be forged on the way: start-tls yes, ldaps "
			    "or bind gssapi\"",
		    s->uri);
}

static void
log_error_of(const struct directory_state *s)
{
	char quoted[DIRECTORY_REASON_SIZE];

	log_warning("directory %s uri=%s reason=\"%s\" next=\"what is known "
		    "stays in use for stale-time; it is tried again\"",
	    s->is_up ? "complains" : "down", s->uri,
	    log_quote(s->error, quoted, sizeof(quoted)));
}

/* Each server that does not answer says so once; the lock is held. */
static bool
is_new(struct feed *f, const char *error)
{
	uint32_t h = 0x811c9dc5u;

	if (error[0] == '\0')
		return false;
	for (; *error != '\0'; error++)
		h = (h ^ (uint8_t)*error) * 0x01000193u;
	for (size_t i = 0; i < f->n_errors; i++)
		if (f->errors[i] == h)
			return false;
	if (f->n_errors == ERRORS_KEPT)
		return false;
	f->errors[f->n_errors++] = h;
	return true;
}

static void
on_state(void *arg, const struct directory_state *s)
{
	struct feed *f = arg;
	bool was_up, is_new_error;

	(void)pthread_mutex_lock(&f->lock);
	was_up = f->is_up;
	f->is_up = s->is_up;
	if (s->is_up && !was_up)
		f->n_errors = 0;
	f->has_no_way = s->controllers_have_failed;
	is_new_error = is_new(f, s->error);
	if (!f->is_over)
		facts_cache_set_up(f->config.cache, s->is_up);
	(void)pthread_mutex_unlock(&f->lock);
	if (s->is_up && !was_up)
		log_up(s);
	else if ((was_up && !s->is_up) || is_new_error)
		log_error_of(s);
	if (!s->is_up)
		fail_held(f, "the directory went away");
	else if (s->controllers_have_failed)
		fail_held(f, no_controllers);
	wake(f);
}

void
feed_state(struct feed *f, struct directory_state *state_out)
{
	directory_state(f->directory, state_out);
}

/* --- Life --- */

static int
set_suffixes(struct feed *f, const struct conf_texts *suffixes)
{
	f->suffixes = calloc(suffixes->n + 1, sizeof(*f->suffixes));
	if (f->suffixes == NULL)
		return ERR_NOMEM;
	for (size_t i = 0; i < suffixes->n; i++)
		(void)name_from_text(suffixes->items[i], NULL, &f->suffixes[i]);
	f->names.suffixes = f->suffixes;
	f->names.n_suffixes = suffixes->n;
	return 0;
}

static int
start(struct feed *f, const struct conf *conf, struct reason *reason)
{
	struct directory_config config = directory_config(conf);
	char why[DIRECTORY_REASON_SIZE];

	config.callbacks = (struct directory_callbacks){.arg = f,
	    .grants = on_grants,
	    .controllers = on_controllers,
	    .state = on_state};
	if (directory_create(&config, why, &f->directory) == 0)
		return 0;
	reason_set(reason, "ldap: %s", why);
	return ERR_BUSY;
}

int
feed_create(const struct feed_config *config, const struct conf *conf,
    struct feed **feed_out, struct reason *reason)
{
	struct feed *f = calloc(1, sizeof(*f)); /* owned until handed out */
	int ret = ERR_NOMEM;

	*feed_out = NULL;
	if (f == NULL)
		return ERR_NOMEM;
	(void)pthread_mutex_init(&f->lock, NULL);
	f->config = *config;
	f->nothing =
	    signer_facts_create(&(struct signer_facts_source){.n_hosts = 0});
	if (f->nothing == NULL)
		goto done;
	ret = set_suffixes(f, &conf->ldap.hostname_suffixes);
	if (ret == 0)
		ret = start(f, conf, reason);
	if (ret != 0)
		goto done;

	*feed_out = f;
	f = NULL;
done:
	feed_destroy(f);
	return ret;
}

void
feed_silence(struct feed *f)
{
	if (f == NULL)
		return;
	(void)pthread_mutex_lock(&f->lock);
	f->is_over = true;
	(void)pthread_mutex_unlock(&f->lock);
}

void
feed_destroy(struct feed *f)
{
	if (f == NULL)
		return;
	directory_destroy(f->directory);
	fail_held(f, "the directory is being closed");
	grants_unref(f->news);
	signer_facts_unref(f->nothing);
	free(f->suffixes);
	free(f->controllers);
	(void)pthread_mutex_destroy(&f->lock);
	free(f);
}
