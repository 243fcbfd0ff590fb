/*
 * follow_read.c - grants read by searches, page by page
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * In an Active Directory a delta search finds what is new or changed, but not
 * what is gone: that has moved to a container that only administrators see.
 * So the entries are listed as well, without their values; where there are so
 * many that this takes long, less often.  The list is made after the delta:
 * what is in the copy and not in the list was there before, and is gone.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ldap/entry.h"
#include "ldap/follow.h"

#define PAGE 500
#define POLL_MS 10000      /* unless it is configured */
#define ALL_USN_MS 3600000 /* in case a delta has missed something */
#define SHARE 10           /* reading takes at most this part of the time */

static const char *const list_attributes[] = {"objectGUID", NULL};

static void on_entry(void *arg, LDAP *ld, LDAPMessage *m);
static void on_end(void *arg, int code, LDAP *ld, LDAPMessage *result);

static char *
filter_of(const struct follow *f)
{
	char filter[256];

	if (f->work == FOLLOW_DELTA)
		(void)snprintf(filter, sizeof(filter),
		    "(&" GRANTS_FILTER "(uSNChanged>=%" PRIu64 "))",
		    f->usn_read + 1);
	else
		(void)snprintf(filter, sizeof(filter), "%s", GRANTS_FILTER);
	return strdup(filter);
}

static void
search_page(struct follow *f, struct berval *cookie)
{
	LDAPControl *control = NULL;
	bool is_added;

	if (f->has_paging &&
	    ldap_create_page_control(f->searches->ld, PAGE, cookie, 0,
		&control) != LDAP_SUCCESS) {
		follow_failed(f, "out of memory");
		return;
	}
	is_added = searches_add(f->searches,
	    &(struct search_request){
		.base = strdup(f->config->policy_base),
		.scope = LDAP_SCOPE_SUBTREE,
		.filter = filter_of(f),
		.attributes = f->work == FOLLOW_LIST ? list_attributes
						     : grants_attributes,
		.control = control,
		.patience_ms = (int64_t)f->config->timeout_s * 1000,
		.message = on_entry,
		.done = on_end,
		.arg = f,
	    });
	if (!is_added)
		follow_failed(f, "out of memory");
}

void
follow_read_begin(struct follow *f, enum follow_work work)
{
	f->work = work;
	f->has_failed = false;
	grants_set_clear(&f->fresh);
	search_page(f, NULL);
}

/* Only the DN: what a list is compared by. */
static void
put_name(struct follow *f, const struct berval *key, LDAP *ld,
    LDAPMessage *entry)
{
	const struct grants_entry *known = grants_set_find(&f->set, key);
	struct grants_entry *e = grants_entry_create();

	if (e != NULL)
		e->dn = entry_dn(ld, entry);
	if (e == NULL || e->dn == NULL) {
		grants_entry_unref(e);
		line_set(f->error, "out of memory");
		f->has_failed = true;
		return;
	}
	if (known != NULL && strcmp(known->dn, e->dn) != 0)
		f->is_list_odd = true; /* a folder above it was renamed */
	if (grants_set_put(&f->fresh, key, e) < 0)
		f->has_failed = true;
}

static void
put(struct follow *f, const struct berval *key, LDAP *ld, LDAPMessage *entry)
{
	if (f->work == FOLLOW_LIST)
		put_name(f, key, ld, entry);
	else
		follow_put(f, &f->fresh, key, ld, entry);
}

static void
on_entry(void *arg, LDAP *ld, LDAPMessage *m)
{
	struct follow *f = arg;
	struct berval **guids, dn;

	if (ldap_msgtype(m) != LDAP_RES_SEARCH_ENTRY || f->has_failed)
		return;
	guids = ldap_get_values_len(ld, m, "objectGUID");
	if (guids != NULL && guids[0] != NULL)
		put(f, guids[0], ld, m);
	else if (f->is_active_directory) {
		line_set(f->error, "an entry of the grants has no objectGUID");
		f->has_failed = true;
	} else {
		dn.bv_val = entry_dn(ld, m);
		dn.bv_len = dn.bv_val == NULL ? 0 : strlen(dn.bv_val);
		put(f, &dn, ld, m);
		free(dn.bv_val);
	}
	ldap_value_free_len(guids);
}

/*
 * The cookie of the next page, to be freed; empty: there is none.  False:
 * nobody can say.
 */
static bool
read_cookie(LDAP *ld, LDAPMessage *result, struct berval *cookie_out)
{
	LDAPControl **controls = NULL, *page;
	ber_int_t estimate;
	int code;

	memset(cookie_out, 0, sizeof(*cookie_out));
	code =
	    ldap_parse_result(ld, result, NULL, NULL, NULL, NULL, &controls, 0);
	page = ldap_control_find(LDAP_CONTROL_PAGEDRESULTS, controls, NULL);
	if (code == LDAP_SUCCESS && page != NULL)
		code = ldap_parse_pageresponse_control(ld, page, &estimate,
		    cookie_out);
	ldap_controls_free(controls);
	return code == LDAP_SUCCESS;
}

static void
have_delta(struct follow *f)
{
	if (grants_set_merge(&f->set, &f->fresh, &f->is_dirty)) {
		f->usn_read = f->usn_begun;
		return;
	}
	f->is_torn = true;
	follow_failed(f, "more grants than can be held");
}

static void
have_list(struct follow *f, int64_t now_ms)
{
	if (grants_set_keep(&f->set, &f->fresh))
		f->is_dirty = true;
	f->owes_list = f->usn != f->usn_begun;
	f->list_at_ms = now_ms + SHARE * (now_ms - f->begun_ms);
}

static void
have_everything(struct follow *f, int64_t now_ms)
{
	int64_t took_ms = now_ms - f->begun_ms;

	follow_has_all(f);
	f->usn_read = f->usn_begun;
	f->owes_list = false;
	f->all_at_ms = now_ms + ALL_USN_MS;
	if (f->how == DIRECTORY_FOLLOW_USN)
		return;
	f->next_ms = now_ms +
	    (f->config->refresh_s != 0 ? (int64_t)f->config->refresh_s * 1000
				       : POLL_MS + SHARE * took_ms);
}

static void
have_read(struct follow *f)
{
	enum follow_work work = f->work;
	int64_t now_ms = connection_clock_ms();

	f->work = FOLLOW_IDLE;
	switch (work) {
	case FOLLOW_IDLE:
		break;
	case FOLLOW_ALL:
		have_everything(f, now_ms);
		break;
	case FOLLOW_DELTA:
		have_delta(f);
		break;
	case FOLLOW_LIST:
		have_list(f, now_ms);
		break;
	}
	grants_set_clear(&f->fresh);
}

static void
on_end(void *arg, int code, LDAP *ld, LDAPMessage *result)
{
	struct follow *f = arg;
	struct berval cookie = {0};

	if (code != LDAP_SUCCESS) {
		line_set_ldap(f->error, "grants", ld, code);
		follow_failed(f, f->error);
	} else if (f->has_failed)
		follow_failed(f, f->error);
	else if (!read_cookie(ld, result, &cookie))
		follow_failed(f, "grants: the end of a page is malformed");
	else if (cookie.bv_len > 0)
		search_page(f, &cookie);
	else
		have_read(f);
	ber_memfree(cookie.bv_val);
}
