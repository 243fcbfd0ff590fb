/*
 * fuzz_ndr.c - logon information of PACs
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <string.h>

#include "daemon/identity/pac.h"
#include "daemon/identity/principal.h"
#include "tests/fuzz/fuzz.h"

/* Text and back is the same. */
static void
check_sid(const struct sid *sid)
{
	char text[SID_TEXT_SIZE];
	struct sid again;

	MUST(sid->n_subs > 0 && sid->n_subs <= SID_SUBS_MAX);
	MUST(sid_from_text(sid_to_text(sid, text), &again) == 0);
	MUST(sid_equal(sid, &again));
}

/* The principal has what the PAC gives, and not more. */
static void
check_principal(const struct principal *p, const struct pac_logon *pac)
{
	size_t n = principal_n_sids(p);
	const struct sid *base;
	struct pac_sids walk;
	struct sid sid;
	uint32_t rid;

	MUST(n >= 2 && n <= 2 + PAC_GROUPS_MAX);
	for (size_t i = 0; i < n; i++) {
		principal_sid(p, i, &sid);
		check_sid(&sid);
		MUST(principal_has_sid(p, &sid));
	}
	pac_sids_start(&walk, pac);
	while (pac_sids_next(&walk, &base, &rid)) {
		MUST(sid_join(base, rid, &sid));
		MUST(principal_has_sid(p, &sid));
	}
	(void)principal_is_domain_controller(p);
	MUST(strlen(p->account->name) < PAC_NAME_SIZE);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char who[] = "PC1$@AD.TEST";
	struct principal *p, *again;
	struct pac_logon pac;
	struct reason reason;

	if (pac_read(data, size, &pac, &reason) != 0) {
		MUST(pac.groups.n + pac.extra.n + pac.resource.n == 0);
		return 0;
	}
	MUST(principal_from_pac(who, &pac, &p, &reason) == 0);
	check_principal(p, &pac);
	MUST(principal_from_pac(who, &pac, &again, &reason) == 0);
	MUST(principal_equal(p, again));
	principal_unref(again);
	principal_unref(p);
	return 0;
}
