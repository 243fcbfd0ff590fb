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

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "daemon/base/clock.h"
#include "daemon/base/err.h"
#include "daemon/base/log.h"
#include "daemon/conf/conf.h"
#include "daemon/identity/principal.h"
#include "daemon/server/books.h"
#include "daemon/server/feed.h"
#include "daemon/server/grant_rules.h"
#include "daemon/server/groups.h"
#include "daemon/server/settings.h"

#define PRINCIPALS_MAX 65536

struct server_grants {
	struct facts_cache *cache;
	struct signer_facts *no_facts; /* of other realms */
	int wake_fd;                   /* eventfd: there is news */
	_Atomic bool need_facts;       /* some book does */

	pthread_mutex_t lock; /* guards feed: nobody asks one that is gone */
	struct feed *feed;    /* NULL: there is no directory */

	pthread_mutex_t books_lock; /* guards what follows; taken first */
	struct settings *settings;  /* a reference; NULL at first */
	struct groups *groups;
	struct books *books;
	uint64_t live_ms; /* when grants were known to hold last */
};

int
grants_check(const struct conf *conf, struct reason *reason)
{
	return feed_check(conf, reason);
}

static void
wake(void *arg)
{
	struct server_grants *g = arg;
	uint64_t one = 1;

	(void)!write(g->wake_fd, &one, sizeof(one));
}

/* --- Facts --- */

/* The cache's question. */
static bool
ask_facts(void *arg, struct principal *p, struct facts_ticket *t)
{
	struct server_grants *g = arg;
	bool is_asked;

	(void)pthread_mutex_lock(&g->lock);
	is_asked = g->feed != NULL && feed_ask_facts(g->feed, p, t);
	(void)pthread_mutex_unlock(&g->lock);
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

/* --- Life --- */

/* The groups' question. */
static bool
ask_group(void *arg, const char *name, struct group_ticket *t)
{
	struct server_grants *g = arg;
	bool is_asked;

	(void)pthread_mutex_lock(&g->lock);
	is_asked = g->feed != NULL && feed_ask_group(g->feed, name, t);
	(void)pthread_mutex_unlock(&g->lock);
	return is_asked;
}

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
		.has_all_group_dns = true,
		.has_all_hosts = true});
	if (g->wake_fd != -1 && g->cache != NULL && g->books != NULL &&
	    g->no_facts != NULL)
		return g;
	grants_destroy(g);
	return NULL;
}

/* From now on it is this one (NULL: none) that is asked.  Returns the old. */
static struct feed *
swap_feed(struct server_grants *g, struct feed *feed)
{
	struct feed *old;

	(void)pthread_mutex_lock(&g->lock);
	old = g->feed;
	g->feed = feed;
	(void)pthread_mutex_unlock(&g->lock);
	return old;
}

void
grants_stop(struct server_grants *g)
{
	if (g != NULL)
		feed_destroy(swap_feed(g, NULL));
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

/* What it said of rules is of the same place: it stays until it says more. */
static bool
may_keep_grants(const struct server_grants *g, const struct conf_ldap *ldap)
{
	return g->settings != NULL && ldap->is_given &&
	    ldap->policy_base != NULL &&
	    same_text(settings_conf(g->settings)->ldap.policy_base,
		ldap->policy_base);
}

/* What the old directory said, and what it was asked. */
static void
forget(struct server_grants *g, const struct conf_ldap *ldap)
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
	if (!may_keep_grants(g, ldap))
		books_set_grants(g->books, NULL);
	facts_cache_restart(g->cache, &times);
}

/*
 * Who waits for facts is told when the new directory can be asked, and asks it;
 * what the old one still has to say is answers that nobody waits for.
 */
static int
change_directory(struct server_grants *g, const struct conf *conf,
    struct reason *reason)
{
	const struct feed_config config = {g->cache, wake, g};
	struct feed *feed = NULL, *old;
	int ret = 0;

	feed_silence(g->feed);
	facts_cache_set_up(g->cache, false);
	if (conf->ldap.is_given)
		ret = feed_create(&config, conf, &feed, reason);
	old = swap_feed(g, feed);
	forget(g, &conf->ldap);
	feed_destroy(old);
	return ret;
}

/* Keytabs matter to who logs in with them. */
static bool
has_same_directory(const struct server_grants *g, const struct conf *conf)
{
	const struct conf *old;

	if (g->settings == NULL)
		return false;
	old = settings_conf(g->settings);
	if (!same_ldap(&old->ldap, &conf->ldap) ||
	    conf->ldap.is_given != (g->feed != NULL))
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
	const struct grants *news =
	    g->feed == NULL ? NULL : feed_take_grants(g->feed);
	struct grant_rules *rules;

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

bool
grants_directory(struct server_grants *g, struct directory_state *state_out)
{
	bool is_there;

	memset(state_out, 0, sizeof(*state_out));
	(void)pthread_mutex_lock(&g->lock);
	is_there = g->feed != NULL;
	if (is_there)
		feed_state(g->feed, state_out);
	(void)pthread_mutex_unlock(&g->lock);
	return is_there;
}

static enum grant_rules_validity
validity(struct server_grants *g)
{
	uint32_t stale_time_s = settings_conf(g->settings)->ldap.stale_time_s;
	uint64_t now_ms = clock_mono_ms();
	struct directory_state state;

	(void)grants_directory(g, &state);
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
		/*
		 * Rules that came name groups that nobody has asked for;
		 * answers that come meanwhile make the books old again.
		 */
		for (; has_changed; has_changed = groups_refresh(g->groups))
			(void)books_compile(g->books);
		note_needs(g);
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
	bool has_lapsed;

	(void)pthread_mutex_lock(&g->books_lock);
	has_lapsed = books_have_grants(g->books) &&
	    books_validity(g->books) == GRANT_RULES_LAPSED;
	(void)pthread_mutex_unlock(&g->books_lock);
	if (!grants_directory(g, &s))
		return json_null();
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

	(void)grants_directory(g, &s);
	return json_pack("{s:{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}, "
			 "s:{s:I, s:I, s:I}}",
	    "facts", "now", load(&c->count), "hits", load(&c->hits), "stale",
	    load(&c->stale), "coming", load(&c->coming), "unknown",
	    load(&c->unknown), "asked", load(&c->asked), "failed",
	    load(&c->failed), "evicted", load(&c->evicted), "queries", "asked",
	    (json_int_t)s.n_queries, "failed", (json_int_t)s.n_failures,
	    "waiting", (json_int_t)s.n_waiting);
}
