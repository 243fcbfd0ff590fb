/*
 * verdicts.c - is all well, and if not, what is to be done
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/gss/acceptor.h"
#include "daemon/server/core.h"
#include "daemon/server/documents.h"
#include "daemon/server/grants.h"
#include "daemon/server/health.h"
#include "daemon/server/keytabs.h"
#include "daemon/server/verdicts.h"
#include "daemon/xfr/notify.h"
#include "ldap/directory.h"

#define SECONDARIES_MAX 256

enum level {
	LEVEL_ERROR,
	LEVEL_WARNING,
	LEVEL_OK,
	LEVELS,
};

static const char *const levels[LEVELS] = {"error", "warning", "ok"};

struct verdicts {
	json_t *lists[LEVELS]; /* one a level: the worst come first */
	const char *about;
};

static void __attribute__((format(printf, 4, 5))) say(struct verdicts *v,
    enum level level, const char *next, const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	(void)json_array_append_new(v->lists[level],
	    json_pack("{s:s, s:s, s:o, s:s}", "level", levels[level], "about",
		v->about, "text", document_text(text), "next", next));
}

/* --- Store --- */

static void
judge_store(struct server *s, struct verdicts *v)
{
	struct store_status st;

	v->about = "store";
	store_status(s->store, &st);
	if (!st.writable)
		say(v, LEVEL_ERROR,
		    "mend the disk, look at it with kddnsctl store-check, and "
		    "restart",
		    "Updates cannot be written, and get SERVFAIL: %s",
		    st.reason.text);
	else
		say(v, LEVEL_OK, "",
		    "Updates are on disk before they are "
		    "acknowledged.");
}

/* --- Keytab --- */

static void
judge_keytab(struct server *s, struct verdicts *v)
{
	struct acceptor_generation *g = acceptor_current(s->acceptor);
	size_t n = g == NULL ? 0 : acceptor_n_entries(g);
	size_t n_principals = g == NULL ? 0 : acceptor_n_principals(g);
	struct keytabs_status st;

	v->about = "keytab";
	keytabs_status(s->keytabs, &st);
	if (st.failed_s != 0)
		say(v, LEVEL_ERROR,
		    n > 0 ? "mend the keytab before the daemon is restarted: "
			    "the old keys are in memory only"
			  : "mend the keytab; it is loaded as soon as it can "
			    "be",
		    "%s: %s",
		    n > 0 ? "The keytab cannot be used any more; the keys it "
			    "had still are"
			  : "There is no keytab that can be used",
		    st.reason.text);
	else if (n == 0)
		say(v, LEVEL_ERROR, "give kerberos { keytab } a keytab",
		    "There is no key to accept tickets with.");
	if (st.failed_s == 0 && n > 0)
		say(v, LEVEL_OK, "",
		    "%zu key%s of %zu principal%s can accept tickets.", n,
		    n == 1 ? "" : "s", n_principals,
		    n_principals == 1 ? "" : "s");
	acceptor_generation_unref(g);
}

/* --- What checks have found --- */

/* What it is about, by the beginning of its id. */
static const char *
subject_of(const struct report_finding *f)
{
	static const struct {
		const char *prefix, *about;
	} subjects[] = {
	    {"kdc-", "KDC"},
	    {"clock-", "clock"},
	    {"conf-", "krb5.conf"},
	    {"ticket-e", "tickets"},
	    {"ticket-n", "tickets"},
	};

	for (size_t i = 0; i < sizeof(subjects) / sizeof(subjects[0]); i++)
		if (strncmp(f->id, subjects[i].prefix,
			strlen(subjects[i].prefix)) == 0)
			return subjects[i].about;
	return "keytab";
}

static void
judge_finding(void *arg, const struct report_finding *f)
{
	struct verdicts *v = arg;

	if (f->severity == REPORT_INFO)
		return;
	v->about = subject_of(f);
	say(v, f->severity == REPORT_ERROR ? LEVEL_ERROR : LEVEL_WARNING,
	    f->advice, "%s: %s", f->subject, f->text);
}

static void
judge_health(struct server *s, struct verdicts *v)
{
	struct health_view view;

	health_get(s->health, &view);
	health_view_each(&view, judge_finding, v);
	health_view_clear(&view);
}

/* --- Directory --- */

static void
judge_directory(struct server *s, struct verdicts *v)
{
	struct directory_state st;

	v->about = "directory";
	if (!grants_directory(s->grants, &st))
		return;
	if (!st.is_up)
		say(v, LEVEL_WARNING,
		    "see that one of ldap { uri } can be reached and lets us "
		    "log in; what is known of it goes stale after stale-time",
		    "The directory does not answer: %s", st.error);
	else if (!st.is_protected)
		say(v, LEVEL_WARNING,
		    "use ldaps, start-tls or bind gssapi in ldap {}",
		    "What the directory says could be forged on the way.");
	else
		say(v, LEVEL_OK, "", "The directory answers: %s", st.uri);
}

/* --- Zones --- */

static void
judge_secondaries(struct store_zone *z, struct verdicts *v)
{
	struct zone_link *link = server_zone_link(z);
	struct notify_status *st = calloc(SECONDARIES_MAX, sizeof(st[0]));
	char addr[ADDR_TEXT_SIZE];
	size_t n;

	if (st == NULL || link == NULL) {
		free(st);
		return;
	}
	n = notify_zone_status(link->notify, st, SECONDARIES_MAX);
	for (size_t i = 0; i < n && i < SECONDARIES_MAX; i++)
		if (st[i].state == NOTIFY_SILENT ||
		    st[i].state == NOTIFY_REFUSED)
			say(v, LEVEL_WARNING,
			    "see whether it runs, listens, and has us as its "
			    "primary with the same key",
			    "%s: the secondary %s does not follow (%s).",
			    store_zone_text(z),
			    addr_to_text_port(&st[i].addr, addr),
			    notify_state_text(st[i].state));
	free(st);
}

/* True: something is wrong with it. */
static bool
judge_zone(struct store_zone *z, struct verdicts *v)
{
	struct store_zone_status st;

	store_zone_status(z, &st);
	if (!st.loaded)
		say(v, LEVEL_ERROR,
		    "mend what it says, and kddnsctl reload ZONE",
		    "%s is not served: %s", store_zone_text(z), st.reason.text);
	else if (st.reason.text[0] != '\0')
		say(v, LEVEL_WARNING, "kddnsctl zonestatus tells more",
		    "%s: %s", store_zone_text(z), st.reason.text);
	else if (st.frozen)
		say(v, LEVEL_WARNING,
		    "kddnsctl thaw ZONE, when its file is edited",
		    "%s is frozen: updates are refused.", store_zone_text(z));
	judge_secondaries(z, v);
	return !st.loaded || st.reason.text[0] != '\0' || st.frozen;
}

static void
judge_zones(struct server *s, struct verdicts *v)
{
	size_t n = 0, n_ill = 0;
	struct store_zone *z;

	v->about = "zones";
	for (; (z = store_zone_at(s->store, n)) != NULL; n++)
		n_ill += judge_zone(z, v);
	if (n == 0)
		say(v, LEVEL_WARNING, "add a zone to the configuration",
		    "No zone is configured.");
	else if (n_ill == 0)
		say(v, LEVEL_OK, "",
		    n == 1 ? "The zone is served."
			   : "All %zu zones are served.",
		    n);
}

json_t *
verdicts_json(struct server *s)
{
	struct verdicts v;

	for (int i = 0; i < LEVELS; i++)
		v.lists[i] = json_array();
	judge_store(s, &v);
	judge_keytab(s, &v);
	judge_health(s, &v);
	judge_directory(s, &v);
	judge_zones(s, &v);
	for (int i = 1; i < LEVELS; i++) {
		(void)json_array_extend(v.lists[0], v.lists[i]);
		json_decref(v.lists[i]);
	}
	return v.lists[0];
}

/* --- Health --- */

static void
append(json_t *list, const char *about, const char *why)
{
	struct reason line;

	reason_set(&line, "%s: %s", about, why[0] == '\0' ? "failed" : why);
	(void)json_array_append_new(list, document_text(line.text));
}

json_t *
verdicts_ailments(struct server *s)
{
	struct acceptor_generation *g = acceptor_current(s->acceptor);
	json_t *list = json_array();
	struct store_zone_status zst;
	struct keytabs_status kst;
	struct store_status st;
	struct store_zone *z;

	store_status(s->store, &st);
	if (!st.writable)
		append(list, "store", st.reason.text);
	keytabs_status(s->keytabs, &kst);
	if (g == NULL || acceptor_n_entries(g) == 0)
		append(list, "keytab", kst.reason.text);
	acceptor_generation_unref(g);
	for (size_t i = 0; (z = store_zone_at(s->store, i)) != NULL; i++) {
		store_zone_status(z, &zst);
		if (!zst.loaded)
			append(list, store_zone_text(z), zst.reason.text);
	}
	return list;
}
