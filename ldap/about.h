/*
 * about.h - the steps of a question, one search after the other
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Owns:    nothing: all is in the question.
 * Threads: the directory's.
 * Errors:  become the question's answer.
 * Units:   none.
 */
#ifndef LDAP_ABOUT_H
#define LDAP_ABOUT_H

#include <ldap.h>
#include <stdbool.h>

struct ask;

/* Finds the object of a principal, then all that is to be known of it. */
void about_principal_begin(struct ask *a);

/* A search has ended: the next ones begin, or the question is answered. */
void about_principal_go_on(struct ask *a);

/*
 * The groups of the object that was found.  An Active Directory computes all
 * their SIDs (tokenGroups); elsewhere each group is asked for its own groups.
 */
bool about_groups_read(struct ask *a, LDAP *ld, LDAPMessage *object);
void about_groups_begin(struct ask *a);
void about_groups_go_on(struct ask *a);

/* Finds the group called name. */
void about_group_begin(struct ask *a);

#endif
