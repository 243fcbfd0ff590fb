/*
 * facts.c - what the directory says of one principal
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <stdlib.h>

#include "ldap/facts.h"

void
facts_destroy(struct facts *f)
{
	if (f == NULL)
		return;
	free(f->dn);
	free(f->id);
	free(f->account);
	for (size_t i = 0; i < f->n_hosts; i++)
		free(f->hosts[i].name);
	free(f->hosts);
	free(f->group_sids);
	for (size_t i = 0; i < f->n_group_dns; i++)
		free(f->group_dns[i]);
	free(f->group_dns);
	free(f);
}
