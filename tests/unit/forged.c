/*
 * forged.c - tickets with any PAC, made from the service's key
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <krb5/krb5.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tests/unit/forged.h"
#include "tests/unit/realm.h"
#include "tests/unit/suites.h"

#define PAC_LOGON_INFO 1        /* MS-PAC 2.4 */
#define KEY_USAGE_TICKET 2      /* RFC 4120 section 7.5.1 */
#define TRANSITED_DOMAIN_X500 1 /* RFC 4120 section 3.3.3.2 */
#define LIFETIME_S 3600

/* libkrb5 exports these, without a public header. */
krb5_error_code encode_krb5_enc_tkt_part(const krb5_enc_tkt_part *part,
    krb5_data **octets_out);
krb5_error_code encode_krb5_ticket(const krb5_ticket *ticket,
    krb5_data **octets_out);

#define FINE(call) CU_ASSERT_EQUAL_FATAL(call, 0)

struct forge {
	krb5_context krb5;
	krb5_principal client;
	krb5_principal service;
	krb5_keytab keytab;
	krb5_keytab_entry key;
	krb5_keyblock other_key;
	krb5_keyblock session;
	krb5_enc_tkt_part part;
	krb5_ticket ticket;
	krb5_data *octets;
};

static void
start(struct forge *f, const struct forged *forged)
{
	char path[REALM_PATH_SIZE];

	memset(f, 0, sizeof(*f));
	FINE(krb5_init_context(&f->krb5));
	FINE(krb5_parse_name(f->krb5, forged->client, &f->client));
	FINE(krb5_parse_name(f->krb5, forged->service, &f->service));
	FINE(krb5_kt_resolve(f->krb5, realm_path("FILE:", "dns.keytab", path),
	    &f->keytab));
	FINE(krb5_kt_get_entry(f->krb5, f->keytab, f->service, 0,
	    ENCTYPE_AES256_CTS_HMAC_SHA1_96, &f->key));
	FINE(
	    krb5_c_make_random_key(f->krb5, f->key.key.enctype, &f->other_key));
	FINE(krb5_c_make_random_key(f->krb5, f->key.key.enctype, &f->session));
}

static void
make_part(struct forge *f)
{
	krb5_timestamp now = (krb5_timestamp)time(NULL);

	f->part.magic = KV5M_ENC_TKT_PART;
	f->part.flags = TKT_FLG_PRE_AUTH;
	f->part.session = &f->session;
	f->part.client = f->client;
	f->part.transited.tr_type = TRANSITED_DOMAIN_X500;
	f->part.times.authtime = now;
	f->part.times.starttime = now;
	f->part.times.endtime = now + LIFETIME_S;
}

static void
add_pac(struct forge *f, const struct forged *forged)
{
	const krb5_keyblock *key =
	    forged->pac == FORGED_SIGNED ? &f->key.key : &f->other_key;
	krb5_data logon_info = {.length = (unsigned)forged->logon_info_len,
	    .data = (void *)(uintptr_t)forged->logon_info};
	krb5_pac pac;

	FINE(krb5_pac_init(f->krb5, &pac));
	FINE(krb5_pac_add_buffer(f->krb5, pac, PAC_LOGON_INFO, &logon_info));
	FINE(krb5_kdc_sign_ticket(f->krb5, &f->part, pac, f->service, f->client,
	    key, &f->other_key, FALSE));
	krb5_pac_free(f->krb5, pac);
}

static void
encrypt(struct forge *f)
{
	krb5_enc_data *cipher = &f->ticket.enc_part;
	krb5_data *plain;
	size_t len;

	FINE(encode_krb5_enc_tkt_part(&f->part, &plain));
	FINE(krb5_c_encrypt_length(f->krb5, f->key.key.enctype, plain->length,
	    &len));
	cipher->ciphertext.data = malloc(len);
	CU_ASSERT_PTR_NOT_NULL_FATAL(cipher->ciphertext.data);
	cipher->ciphertext.length = (unsigned)len;
	FINE(krb5_c_encrypt(f->krb5, &f->key.key, KEY_USAGE_TICKET, NULL, plain,
	    cipher));
	cipher->kvno = f->key.vno;
	krb5_free_data(f->krb5, plain);
	f->ticket.magic = KV5M_TICKET;
	f->ticket.server = f->service;
	FINE(encode_krb5_ticket(&f->ticket, &f->octets));
}

static void
store(struct forge *f, const char *who)
{
	krb5_creds creds = {.client = f->client,
	    .server = f->service,
	    .keyblock = f->session,
	    .times = f->part.times,
	    .ticket_flags = f->part.flags,
	    .ticket = *f->octets};
	char name[64], path[REALM_PATH_SIZE];
	krb5_ccache cc;

	(void)snprintf(name, sizeof(name), "cc/%s", who);
	FINE(krb5_cc_resolve(f->krb5, realm_path("FILE:", name, path), &cc));
	FINE(krb5_cc_initialize(f->krb5, cc, f->client));
	FINE(krb5_cc_store_cred(f->krb5, cc, &creds));
	FINE(krb5_cc_close(f->krb5, cc));
}

static void
end(struct forge *f)
{
	krb5_free_data(f->krb5, f->octets);
	free(f->ticket.enc_part.ciphertext.data);
	krb5_free_authdata(f->krb5, f->part.authorization_data);
	krb5_free_keyblock_contents(f->krb5, &f->session);
	krb5_free_keyblock_contents(f->krb5, &f->other_key);
	(void)krb5_free_keytab_entry_contents(f->krb5, &f->key);
	(void)krb5_kt_close(f->krb5, f->keytab);
	krb5_free_principal(f->krb5, f->service);
	krb5_free_principal(f->krb5, f->client);
	krb5_free_context(f->krb5);
}

void
forged_ticket(const char *who, const struct forged *forged)
{
	struct forge f;

	start(&f, forged);
	make_part(&f);
	if (forged->pac != FORGED_NO_PAC)
		add_pac(&f, forged);
	encrypt(&f);
	store(&f, who);
	end(&f);
}
