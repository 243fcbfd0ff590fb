/*
 * grants.c - the directory, brought into decisions
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Three threads meet here: the directory's brings news, workers look for
 * facts, and the main thread makes books of what has come.
 */
#include "daemon/server/grants.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "daemon/base/clock.h"
#include "daemon/base/err.h"
#include "daemon/base/log.h"
#include "daemon/conf/conf.h"
#include "daemon/identity/principal.h"
#include "daemon/server/books.h"
#include "daemon/server/dn.h"
#include "daemon/server/grant_rules.h"
#include "daemon/server/groups.h"
#include "daemon/server/own_names.h"
#include "daemon/server/settings.h"
#include "ldap/directory.h"

#define PRINCIPALS_MAX 65536
#define ERRORS_KEPT 16

/* Facts that came before anybody knew the domain controllers. */
struct held {
	struct held *next;
	struct facts_ticket *ticket;
	struct facts *facts;
};

struct server_grants {
	struct facts_cache *cache;
	struct signer_facts *no_facts; /* of who can have none */
	int wake_fd;                   /* eventfd: there is news */
	_Atomic bool need_facts;       /* some book does */

	pthread_mutex_t lock; /* guards what follows */
	struct directory *directory;
	const struct grants *news; /* not made into rules yet, or NULL */
	struct own_names_rules names;
	bool has_controllers; /* nobody's names are judged before */
	struct held *held;
	bool is_up;
	uint32_t errors[ERRORS_KEPT]; /* hashes of those that were logged */
	size_t n_errors;              /* since it was up */

	pthread_mutex_t books_lock; /* guards what follows; taken first */
	struct settings *settings;  /* a reference; NULL at first */
	struct groups *groups;
	struct books *books;
	uint64_t live_ms; /* when grants were known to hold last */
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
grants_check(const struct conf *conf, struct reason *reason)
{
	struct directory_config config = directory_config(conf);
	char why[DIRECTORY_REASON_SIZE];

	if (directory_check(&config, why) == 0)
		return 0;
	reason_set(reason, "%s", why);
	return ERR_MALFORMED;
}

static bool
same_text(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static bool
same_texts(const struct conf_texts *a, const struct conf_texts *b)
{
	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (strcmp(a->items[i], b->items[i]) != 0)
			return false;
	return true;
}

static bool
same_ldap(const struct conf_ldap *a, const struct conf_ldap *b)
{
	return a->is_given == b->is_given && same_texts(&a->uris, &b->uris) &&
	    a->start_tls == b->start_tls && same_text(a->ca_file, b->ca_file) &&
	    a->bind == b->bind && same_text(a->bind_dn, b->bind_dn) &&
	    same_text(a->bind_password_file, b->bind_password_file) &&
	    same_text(a->bind_principal, b->bind_principal) &&
	    same_text(a->base, b->base) &&
	    same_text(a->policy_base, b->policy_base) &&
	    same_texts(&a->realms, &b->realms) &&
	    same_text(a->principal_filter, b->principal_filter) &&
	    same_texts(&a->hostname_attributes, &b->hostname_attributes) &&
	    same_texts(&a->hostname_suffixes, &b->hostname_suffixes) &&
	    same_text(a->group_attribute, b->group_attribute) &&
	    a->timeout_s == b->timeout_s &&
	    a->cache_time_s == b->cache_time_s &&
	    a->negative_cache_time_s == b->negative_cache_time_s &&
	    a->stale_time_s == b->stale_time_s && a->refresh_s == b->refresh_s;
}

/* --- News of the directory; on its thread --- */

static void
wake(struct server_grants *g)
{
	uint64_t one = 1;

	(void)!write(g->wake_fd, &one, sizeof(one));
}

static void
on_grants(void *arg, const struct grants *grants)
{
	struct server_grants *g = arg;
	const struct grants *old;

	(void)pthread_mutex_lock(&g->lock);
	old = g->news;
	g->news = grants_ref(grants);
	(void)pthread_mutex_unlock(&g->lock);
	grants_unref(old);
	wake(g);
}

/* Takes what is known of an object. */
static void
answer_found(struct server_grants *g, struct facts_ticket *ticket,
    struct facts *facts)
{
	struct signer_facts *f;
	char *note;
	int ret;

	(void)pthread_mutex_lock(&g->lock);
	ret = own_names_facts(&g->names, facts, &f, &note);
	(void)pthread_mutex_unlock(&g->lock);
	facts_destroy(facts);
	facts_cache_answer(ticket,
	    ret == 0 ? FACTS_CACHE_FOUND : FACTS_CACHE_FAILED, f, note);
}

static struct held *
take_held(struct server_grants *g)
{
	struct held *all;

	(void)pthread_mutex_lock(&g->lock);
	all = g->held;
	g->held = NULL;
	(void)pthread_mutex_unlock(&g->lock);
	return all;
}

static void
fail_held(struct server_grants *g, const char *why)
{
	for (struct held *h = take_held(g), *next; h != NULL; h = next) {
		next = h->next;
		facts_destroy(h->facts);
		facts_cache_answer(h->ticket, FACTS_CACHE_FAILED, NULL,
		    strdup(why));
		free(h);
	}
}

/* Nobody's names are judged before the controllers are known. */
static void
judge_or_hold(struct server_grants *g, struct facts_ticket *ticket,
    struct facts *facts)
{
	struct held *h = malloc(sizeof(*h));
	bool has_controllers;

	(void)pthread_mutex_lock(&g->lock);
	has_controllers = g->has_controllers;
	if (!has_controllers && h != NULL) {
		*h = (struct held){g->held, ticket, facts};
		g->held = h;
	}
	(void)pthread_mutex_unlock(&g->lock);
	if (has_controllers) {
		free(h);
		answer_found(g, ticket, facts);
	} else if (h == NULL) {
		facts_destroy(facts);
		facts_cache_answer(ticket, FACTS_CACHE_FAILED, NULL, NULL);
	}
}

static void
on_controllers(void *arg, const char *const *names, size_t n)
{
	struct server_grants *g = arg;
	struct name *list = calloc(n + 1, sizeof(*list)), *old;
	size_t n_list = 0;
	bool had_controllers;

	if (list == NULL)
		return; /* then nobody's names count */
	for (size_t i = 0; i < n; i++)
		n_list += name_from_text(names[i], NULL, &list[n_list]) == 0;
	own_names_sort(list, n_list);
	(void)pthread_mutex_lock(&g->lock);
	old = (struct name *)(uintptr_t)g->names.controllers;
	had_controllers = g->has_controllers;
	g->names.controllers = list;
	g->names.n_controllers = n_list;
	g->has_controllers = true;
	(void)pthread_mutex_unlock(&g->lock);
	free(old);
	log_debug("directory controllers=%zu", n_list);
	if (had_controllers)
		facts_cache_expire(g->cache);
	for (struct held *h = take_held(g), *next; h != NULL; h = next) {
		next = h->next;
		answer_found(g, h->ticket, h->facts);
		free(h);
	}
}

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

/* Each server that does not answer says so once; the lock is held. */
static bool
is_new(struct server_grants *g, const char *error)
{
	uint32_t h = 0x811c9dc5u;

	if (error[0] == '\0')
		return false;
	for (; *error != '\0'; error++)
		h = (h ^ (uint8_t)*error) * 0x01000193u;
	for (size_t i = 0; i < g->n_errors; i++)
		if (g->errors[i] == h)
			return false;
	if (g->n_errors == ERRORS_KEPT)
		return false;
	g->errors[g->n_errors++] = h;
	return true;
}

static void
on_state(void *arg, const struct directory_state *s)
{
	struct server_grants *g = arg;
	char quoted[DIRECTORY_REASON_SIZE];
	bool was_up, is_new_error;

	(void)pthread_mutex_lock(&g->lock);
	was_up = g->is_up;
	g->is_up = s->is_up;
	if (s->is_up && !was_up)
		g->n_errors = 0;
	is_new_error = is_new(g, s->error);
	(void)pthread_mutex_unlock(&g->lock);
	facts_cache_set_up(g->cache, s->is_up);
	if (s->is_up && !was_up)
		log_up(s);
	else if ((was_up && !s->is_up) || is_new_error)
		log_warning("directory %s uri=%s reason=\"%s\" next=\"what is "
			    "known stays in use for stale-time; it is tried "
			    "again\"",
		    s->is_up ? "complains" : "down", s->uri,
		    log_quote(s->error, quoted, sizeof(quoted)));
	if (!s->is_up)
		fail_held(g, "the directory went away");
	wake(g);
}

/* --- Facts --- */

/* A question to the directory. */
struct errand {
	struct server_grants *grants;
	struct facts_ticket *ticket;
};

/* It has none; whose groups it is in is known only where there is no object. */
static void
answer_none(struct server_grants *g, struct facts_ticket *ticket,
    bool has_no_groups, const char *why)
{
	struct signer_facts *f = has_no_groups
	    ? signer_facts_ref(g->no_facts)
	    : signer_facts_create(&(struct signer_facts_source){.n_hosts = 0});

	facts_cache_answer(ticket,
	    f == NULL ? FACTS_CACHE_FAILED : FACTS_CACHE_NONE, f, strdup(why));
}

static void
on_facts(void *arg, enum facts_answer answer, struct facts *facts,
    const char *reason)
{
	struct errand *e = arg;

	switch (answer) {
	case FACTS_FOUND:
		judge_or_hold(e->grants, e->ticket, facts);
		break;
	case FACTS_NONE:
	case FACTS_SEVERAL:
	case FACTS_DISAGREES:
		answer_none(e->grants, e->ticket, answer == FACTS_NONE, reason);
		break;
	case FACTS_FAILED:
		facts_cache_answer(e->ticket, FACTS_CACHE_FAILED, NULL,
		    strdup(reason));
		break;
	}
	free(e);
}

static struct directory_principal
directory_principal(const struct principal *p, uint8_t sid[SID_LEN_MAX])
{
	struct directory_principal dp = {.name = p->text,
	    .first = p->components[0],
	    .host = p->n_components == 2 ? p->components[1] : NULL};

	if (p->account == NULL)
		return dp;
	dp.sid = sid;
	dp.sid_len = sid_write(&p->account->sid, sid);
	dp.account = p->account->name;
	return dp;
}

/* The cache's question. */
static bool
ask_facts(void *arg, struct principal *p, struct facts_ticket *t)
{
	struct server_grants *g = arg;
	struct errand *e = malloc(sizeof(*e));
	uint8_t sid[SID_LEN_MAX];
	struct directory_principal dp = directory_principal(p, sid);
	bool is_asked;

	if (e == NULL)
		return false;
	*e = (struct errand){g, t};
	(void)pthread_mutex_lock(&g->lock);
	is_asked = g->directory != NULL &&
	    directory_ask_facts(g->directory, &dp, on_facts, e) == 0;
	(void)pthread_mutex_unlock(&g->lock);
	if (!is_asked)
		free(e);
	return is_asked;
}

static bool
is_of_realms(const struct conf_ldap *ldap, const struct principal *p)
{
	for (size_t i = 0; i < ldap->realms.n; i++)
		if (strcmp(ldap->realms.items[i], p->realm) == 0)
			return true;
	return false;
}

void
grants_find_facts(struct server_grants *g, const struct settings *settings,
    struct principal *p, struct facts_waiter *w, struct facts_view *view_out)
{
	const struct conf_ldap *ldap = &settings_conf(settings)->ldap;

	*view_out = (struct facts_view){.state = SIGNER_FACTS_UNKNOWN};
	if (!ldap->is_given)
		return;
	if (is_of_realms(ldap, p)) {
		facts_cache_find(g->cache, p, w, view_out);
		return;
	}
	view_out->state = SIGNER_FACTS_KNOWN;
	view_out->facts = signer_facts_ref(g->no_facts);
}

bool
grants_leave(struct server_grants *g, struct principal *p,
    struct facts_waiter *w)
{
	return facts_cache_leave(g->cache, p, w);
}

void
grants_expect(struct server_grants *g, const struct settings *settings,
    struct principal *p)
{
	struct facts_view view;

	if (!atomic_load_explicit(&g->need_facts, memory_order_relaxed))
		return;
	grants_find_facts(g, settings, p, NULL, &view);
	signer_facts_unref(view.facts);
}

void
grants_note(struct server_grants *g, struct principal *p, char *text,
    size_t size)
{
	facts_cache_note(g->cache, p, text, size);
}

/* Somebody who has the time. */
struct patient {
	struct facts_waiter waiter; /* first */
	pthread_mutex_t lock;
	pthread_cond_t has_come;
	bool is_over;
};

static void
wake_patient(struct facts_waiter *w)
{
	struct patient *p = (struct patient *)w;

	(void)pthread_mutex_lock(&p->lock);
	p->is_over = true;
	(void)pthread_cond_signal(&p->has_come);
	(void)pthread_mutex_unlock(&p->lock);
}

static void
wait_until(struct patient *p, const struct timespec *until)
{
	(void)pthread_mutex_lock(&p->lock);
	while (!p->is_over &&
	    pthread_cond_timedwait(&p->has_come, &p->lock, until) == 0)
		;
	(void)pthread_mutex_unlock(&p->lock);
}

void
grants_wait_facts(struct server_grants *g, const struct settings *settings,
    struct principal *principal, struct facts_view *view_out)
{
	struct patient p = {.waiter = {.notify = wake_patient}};
	struct timespec until;

	(void)pthread_mutex_init(&p.lock, NULL);
	(void)pthread_cond_init(&p.has_come, NULL);
	(void)clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += settings_conf(settings)->ldap.timeout_s;
	grants_find_facts(g, settings, principal, &p.waiter, view_out);
	if (view_out->state == SIGNER_FACTS_COMING) {
		wait_until(&p, &until);
		(void)grants_leave(g, principal, &p.waiter);
		grants_find_facts(g, settings, principal, NULL, view_out);
	}
	if (view_out->state == SIGNER_FACTS_COMING)
		view_out->state = SIGNER_FACTS_UNKNOWN;
	(void)pthread_cond_destroy(&p.has_come);
	(void)pthread_mutex_destroy(&p.lock);
}

/* --- Groups --- */

/* A question to the directory. */
struct group_errand {
	struct server_grants *grants;
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
	wake(e->grants);
	free(e);
}

static bool
ask_group(void *arg, const char *name, struct group_ticket *t)
{
	struct server_grants *g = arg;
	struct group_errand *e = malloc(sizeof(*e));
	bool is_asked;

	if (e == NULL)
		return false;
	*e = (struct group_errand){g, t};
	(void)pthread_mutex_lock(&g->lock);
	is_asked = g->directory != NULL &&
	    directory_ask_group(g->directory, name, on_group, e) == 0;
	(void)pthread_mutex_unlock(&g->lock);
	if (!is_asked)
		free(e);
	return is_asked;
}

/* --- Life --- */

struct server_grants *
grants_create(void)
{
	struct server_grants *g = calloc(1, sizeof(*g));
	const struct facts_cache_config cache = {.max = PRINCIPALS_MAX,
	    .ask = ask_facts,
	    .arg = g};
	const struct groups_config groups = {ask_group, g};

	if (g == NULL)
		return NULL;
	(void)pthread_mutex_init(&g->lock, NULL);
	(void)pthread_mutex_init(&g->books_lock, NULL);
	g->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	g->cache = facts_cache_create(&cache);
	g->groups = groups_create(&groups);
	if (g->groups != NULL)
		g->books = books_create(g->groups);
	g->no_facts = signer_facts_create(
	    &(struct signer_facts_source){.has_all_groups = true,
		.has_all_group_dns = true});
	if (g->wake_fd != -1 && g->cache != NULL && g->books != NULL &&
	    g->no_facts != NULL)
		return g;
	grants_destroy(g);
	return NULL;
}

void
grants_stop(struct server_grants *g)
{
	struct directory *d;

	if (g == NULL)
		return;
	(void)pthread_mutex_lock(&g->lock);
	d = g->directory;
	g->directory = NULL;
	g->is_up = false;
	(void)pthread_mutex_unlock(&g->lock);
	directory_destroy(d);
	fail_held(g, "the directory is being closed");
}

static void
forget_names(struct server_grants *g)
{
	free((void *)(uintptr_t)g->names.suffixes);
	free((void *)(uintptr_t)g->names.controllers);
	g->names = (struct own_names_rules){.n_suffixes = 0};
	g->has_controllers = false;
}

void
grants_destroy(struct server_grants *g)
{
	if (g == NULL)
		return;
	grants_stop(g);
	books_destroy(g->books);
	groups_destroy(g->groups);
	facts_cache_destroy(g->cache);
	signer_facts_unref(g->no_facts);
	grants_unref(g->news);
	forget_names(g);
	settings_unref(g->settings);
	if (g->wake_fd != -1)
		(void)close(g->wake_fd);
	(void)pthread_mutex_destroy(&g->lock);
	(void)pthread_mutex_destroy(&g->books_lock);
	free(g);
}

int
grants_fd(const struct server_grants *g)
{
	return g->wake_fd;
}

/* --- Settings; the books' lock is held --- */

static int
set_suffixes(struct server_grants *g, const struct conf_ldap *ldap)
{
	struct name *list =
	    calloc(ldap->hostname_suffixes.n + 1, sizeof(*list));

	if (list == NULL)
		return ERR_NOMEM;
	for (size_t i = 0; i < ldap->hostname_suffixes.n; i++)
		(void)name_from_text(ldap->hostname_suffixes.items[i], NULL,
		    &list[i]);
	(void)pthread_mutex_lock(&g->lock);
	forget_names(g);
	g->names.suffixes = list;
	g->names.n_suffixes = ldap->hostname_suffixes.n;
	(void)pthread_mutex_unlock(&g->lock);
	return 0;
}

/* What it said of rules is of the same place: it stays until it says more. */
static bool
may_keep_grants(const struct server_grants *g, const struct conf_ldap *ldap)
{
	return g->settings != NULL && ldap->is_given &&
	    ldap->policy_base != NULL &&
	    same_text(settings_conf(g->settings)->ldap.policy_base,
		ldap->policy_base);
}

static void
forget_directory(struct server_grants *g, const struct conf_ldap *ldap)
{
	const struct facts_cache_times times = {.cache_time_s =
						    ldap->cache_time_s,
	    .negative_cache_time_s = ldap->negative_cache_time_s,
	    .stale_time_s = ldap->stale_time_s,
	    .timeout_s = ldap->timeout_s};
	const struct groups_times group_times = {.cache_time_s =
						     ldap->cache_time_s,
	    .negative_cache_time_s = ldap->negative_cache_time_s,
	    .stale_time_s = ldap->stale_time_s};

	groups_restart(g->groups, &group_times);
	if (!may_keep_grants(g, ldap)) {
		books_set_grants(g->books, NULL);
		grants_unref(g->news);
		g->news = NULL;
	}
	g->n_errors = 0;
	facts_cache_restart(g->cache, &times);
}

static int
start_directory(struct server_grants *g, const struct conf *conf,
    struct reason *reason)
{
	struct directory_config config = directory_config(conf);
	char why[DIRECTORY_REASON_SIZE];
	struct directory *d;

	config.callbacks = (struct directory_callbacks){.arg = g,
	    .grants = on_grants,
	    .controllers = on_controllers,
	    .state = on_state};
	if (directory_create(&config, why, &d) != 0) {
		reason_set(reason, "ldap: %s", why);
		return ERR_BUSY;
	}
	(void)pthread_mutex_lock(&g->lock);
	g->directory = d;
	(void)pthread_mutex_unlock(&g->lock);
	return 0;
}

static int
change_directory(struct server_grants *g, const struct conf *conf,
    struct reason *reason)
{
	int ret;

	grants_stop(g);
	forget_directory(g, &conf->ldap);
	ret = set_suffixes(g, &conf->ldap);
	if (ret != 0 || !conf->ldap.is_given)
		return ret;
	return start_directory(g, conf, reason);
}

/* Keytabs matter to who logs in with them. */
static bool
has_same_directory(const struct server_grants *g, const struct conf *conf)
{
	const struct conf *old;

	if (g->settings == NULL)
		return false;
	old = settings_conf(g->settings);
	if (!same_ldap(&old->ldap, &conf->ldap))
		return false;
	if (conf->ldap.is_given && g->directory == NULL)
		return false;
	return conf->ldap.bind != CONF_LDAP_GSSAPI ||
	    same_texts(&old->kerberos.keytabs, &conf->kerberos.keytabs);
}

static void
note_needs(struct server_grants *g)
{
	atomic_store_explicit(&g->need_facts, books_need_facts(g->books),
	    memory_order_relaxed);
}

int
grants_use(struct server_grants *g, struct settings *settings,
    struct reason *reason)
{
	const struct conf *conf = settings_conf(settings);
	struct settings *old;
	int ret = 0, ret_books;

	(void)pthread_mutex_lock(&g->books_lock);
	if (!has_same_directory(g, conf))
		ret = change_directory(g, conf, reason);
	old = g->settings;
	g->settings = settings_ref(settings);
	ret_books = books_use(g->books, settings);
	note_needs(g);
	(void)pthread_mutex_unlock(&g->books_lock);
	settings_unref(old);
	wake(g);
	return ret != 0 ? ret : ret_books;
}

/* --- What the main thread does; the books' lock is held --- */

/* True: there are other rules now. */
static bool
take_news(struct server_grants *g)
{
	const struct grants *news;
	struct grant_rules *rules;

	(void)pthread_mutex_lock(&g->lock);
	news = g->news;
	g->news = NULL;
	(void)pthread_mutex_unlock(&g->lock);
	if (news == NULL)
		return false;
	rules = grant_rules_create(news);
	if (rules != NULL)
		books_set_grants(g->books, rules);
	else
		log_error("directory rules not used reason=\"no memory\" "
			  "next=\"kddnsctl reload\"");
	grants_unref(news);
	g->live_ms = clock_mono_ms();
	return rules != NULL;
}

static void
get_state(struct server_grants *g, struct directory_state *state_out)
{
	memset(state_out, 0, sizeof(*state_out));
	(void)pthread_mutex_lock(&g->lock);
	if (g->directory != NULL)
		directory_state(g->directory, state_out);
	(void)pthread_mutex_unlock(&g->lock);
}

static enum grant_rules_validity
validity(struct server_grants *g)
{
	uint32_t stale_time_s = settings_conf(g->settings)->ldap.stale_time_s;
	uint64_t now_ms = clock_mono_ms();
	struct directory_state state;

	get_state(g, &state);
	if (state.grants_are_live)
		g->live_ms = now_ms;
	return now_ms - g->live_ms <= 1000ull * stale_time_s
	    ? GRANT_RULES_VALID
	    : GRANT_RULES_LAPSED;
}

/* True: grants hold that did not, or the reverse. */
static bool
look_at_validity(struct server_grants *g)
{
	enum grant_rules_validity was = books_validity(g->books), is;

	if (!books_have_grants(g->books))
		return false;
	is = validity(g);
	if (is == was)
		return false;
	books_set_validity(g->books, is);
	if (is == GRANT_RULES_LAPSED)
		log_warning("directory rules stale next=\"what it grants has "
			    "lapsed, what it denies holds; see why it does "
			    "not answer: kddnsctl status\"");
	else
		log_notice("directory rules valid");
	return true;
}

void
grants_tick(struct server_grants *g)
{
	bool has_changed;
	uint64_t n;

	(void)!read(g->wake_fd, &n, sizeof(n));
	(void)pthread_mutex_lock(&g->books_lock);
	if (g->settings != NULL && settings_conf(g->settings)->ldap.is_given) {
		has_changed = take_news(g);
		has_changed = look_at_validity(g) || has_changed;
		has_changed = groups_refresh(g->groups) || has_changed;
		if (has_changed)
			(void)books_compile(g->books);
		note_needs(g);
		/* Rules that came name groups that nobody has asked for. */
		if (has_changed && groups_refresh(g->groups))
			wake(g);
	}
	(void)pthread_mutex_unlock(&g->books_lock);
}

/* --- What it tells of itself --- */

static json_t *
time_json(time_t t)
{
	return t == 0 ? json_null() : json_integer((json_int_t)t);
}

static const char *
follow_text(enum directory_follow follow)
{
	switch (follow) {
	case DIRECTORY_FOLLOW_NONE:
		break;
	case DIRECTORY_FOLLOW_SYNC:
		return "sync";
	case DIRECTORY_FOLLOW_USN:
		return "usn";
	case DIRECTORY_FOLLOW_POLL:
		return "poll";
	}
	return "none";
}

static json_t *
rules_json(const struct directory_state *s, bool has_lapsed)
{
	return json_pack("{s:s, s:b, s:b, s:b, s:o, s:I}", "follow",
	    follow_text(s->follow), "loaded", (int)s->grants_are_loaded, "live",
	    (int)s->grants_are_live, "lapsed", (int)has_lapsed, "live_at",
	    time_json(s->grants_live_at), "entries", (json_int_t)s->n_grants);
}

json_t *
grants_status_json(struct server_grants *g)
{
	struct directory_state s;
	bool has_lapsed, is_there;

	(void)pthread_mutex_lock(&g->books_lock);
	has_lapsed = books_have_grants(g->books) &&
	    books_validity(g->books) == GRANT_RULES_LAPSED;
	(void)pthread_mutex_unlock(&g->books_lock);
	(void)pthread_mutex_lock(&g->lock);
	is_there = g->directory != NULL;
	(void)pthread_mutex_unlock(&g->lock);
	if (!is_there)
		return json_null();
	get_state(g, &s);
	return json_pack("{s:s, s:b, s:o, s:o, s:b, s:b, s:s, s:o, s:I, s:o, "
			 "s:o}",
	    "uri", s.uri, "up", (int)s.is_up, "since", time_json(s.since),
	    "last_success", time_json(s.last_success), "protected",
	    (int)s.is_protected, "active_directory", (int)s.is_active_directory,
	    "error", s.error, "error_at", time_json(s.error_at), "latency_ms",
	    (json_int_t)s.latency_ms, "controllers",
	    time_json(s.controllers_at), "rules", rules_json(&s, has_lapsed));
}

static json_int_t
load(const _Atomic uint64_t *counter)
{
	return (json_int_t)atomic_load_explicit(counter, memory_order_relaxed);
}

json_t *
grants_stats_json(struct server_grants *g)
{
	const struct facts_cache_counters *c = facts_cache_counters(g->cache);
	struct directory_state s;

	get_state(g, &s);
	return json_pack("{s:{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}, "
			 "s:{s:I, s:I, s:I}}",
	    "facts", "now", load(&c->count), "hits", load(&c->hits), "stale",
	    load(&c->stale), "coming", load(&c->coming), "unknown",
	    load(&c->unknown), "asked", load(&c->asked), "failed",
	    load(&c->failed), "evicted", load(&c->evicted), "queries", "asked",
	    (json_int_t)s.n_queries, "failed", (json_int_t)s.n_failures,
	    "waiting", (json_int_t)s.n_waiting);
}
