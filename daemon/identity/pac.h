/*
 * pac.h - the logon information of a PAC (MS-PAC 2.5, KERB_VALIDATION_INFO)
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What an Active Directory KDC says about an account, in NDR of little-endian
 * order (MS-RPCE 2.2.6).  Read in one pass over the octets, in which the
 * result then points; nothing is allocated.
 *
 * Owns:    nothing; a struct pac_logon points into the octets that it is of.
 * Threads: any.
 * Errors:  negative enum err, and a reason.
 */
#ifndef IDENTITY_PAC_H
#define IDENTITY_PAC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/base/reason.h"
#include "daemon/identity/sid.h"

/* Of groups, extra SIDs and resource groups together: what a Windows logon
 * may have. */
#define PAC_GROUPS_MAX 1024

/* UTF-16 units of the names that we read. */
#define PAC_NAME_UNITS_MAX 256
/* Room for one of them in UTF-8, ended. */
#define PAC_NAME_SIZE (3 * PAC_NAME_UNITS_MAX + 1)

/* Account flags (MS-SAMR 2.2.1.12; not those of LDAP's userAccountControl). */
enum pac_account_flag {
	PAC_ACCOUNT_NORMAL = 0x10,
	PAC_ACCOUNT_TRUST = 0x40,       /* of another domain */
	PAC_ACCOUNT_WORKSTATION = 0x80, /* a member; a read-only DC, too */
	PAC_ACCOUNT_SERVER = 0x100,     /* a domain controller */
	PAC_ACCOUNT_PARTIAL_SECRETS = 0x100000, /* a read-only DC */
};

/* RIDs below every domain (MS-DTYP 2.4.2.4). */
enum pac_rid {
	PAC_RID_DOMAIN_COMPUTERS = 515,
	PAC_RID_DOMAIN_CONTROLLERS = 516,
	PAC_RID_READ_ONLY_CONTROLLERS = 521,
};

/* Where n items begin. */
struct pac_array {
	const uint8_t *octets;
	uint32_t n;
};

struct pac_logon {
	char account_name[PAC_NAME_SIZE]; /* sAMAccountName, UTF-8 */
	char domain_name[PAC_NAME_SIZE];  /* NetBIOS name, UTF-8 */
	uint32_t account_flags;           /* enum pac_account_flag */
	struct sid domain;                /* of account and groups */
	struct sid account;               /* the account's own SID */
	uint32_t primary_group;           /* RID below domain */

	/* For pac_sids_next(). */
	struct pac_array groups;
	struct pac_array extra;
	const uint8_t *extra_sids; /* behind that array */
	size_t extra_sids_len;
	struct pac_array resource;
	struct sid resource_domain;
};

/*
 * Reads the buffer of type 1 of a PAC (urn:mspac:logon-info).
 *
 * ERR_MALFORMED    not what MS-PAC 2.5 says, or cut
 * ERR_RANGE        more than PAC_GROUPS_MAX groups, or too long a name
 * ERR_UNSUPPORTED  big-endian; or a group that only denials may look at
 */
int pac_read(const void *octets, size_t len, struct pac_logon *pac_out,
    struct reason *reason);

/*
 * A walk through the groups: those of the domain, extra SIDs, resource groups.
 * Each is a base, which stays only until the next, and the RID below it.  Ones
 * that are not enabled are passed over.
 */
struct pac_sids {
	const struct pac_logon *pac;
	uint32_t n_done;
	struct reader extra; /* the SIDs behind the array */
	struct sid extra_base;
};

void pac_sids_start(struct pac_sids *walk, const struct pac_logon *pac);
bool pac_sids_next(struct pac_sids *walk, const struct sid **base_out,
    uint32_t *rid_out);

#endif
