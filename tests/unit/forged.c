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

#include "daemon/base/buf.h"
#include "tests/unit/forged.h"
#include "tests/unit/realm.h"
#include "tests/unit/suites.h"

/* Types of buffers (MS-PAC 2.4); the second is nobody's. */
#define PAC_LOGON_INFO 1
#define PAC_COPY 99
#define PAC_SERVER_CHECKSUM 6
#define PAC_KDC_CHECKSUM 7
#define SIGNATURE_LEN 12 /* of AES */
#define KEY_USAGE_PAC 17 /* MS-PAC 2.8 */

#define KEY_USAGE_TICKET 2 /* RFC 4120 section 7.5.1 */
#define KEY_USAGE_AUTHENTICATOR 11
#define CHECKSUM_TYPE 0x8003    /* RFC 4121 section 4.1.1 */
#define TRANSITED_DOMAIN_X500 1 /* RFC 4120 section 3.3.3.2 */
#define LIFETIME_S 3600

/* libkrb5 exports these, without a public header. */
krb5_error_code encode_krb5_enc_tkt_part(const krb5_enc_tkt_part *part,
    krb5_data **octets_out);
krb5_error_code encode_krb5_ticket(const krb5_ticket *ticket,
    krb5_data **octets_out);
krb5_error_code encode_krb5_authenticator(const krb5_authenticator *a,
    krb5_data **octets_out);
krb5_error_code encode_krb5_ap_req(const krb5_ap_req *ap_req,
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
make_part(struct forge *f, const struct forged *forged)
{
	krb5_timestamp now = (krb5_timestamp)time(NULL);
	krb5_transited *transited = &f->part.transited;

	f->part.magic = KV5M_ENC_TKT_PART;
	f->part.flags = TKT_FLG_PRE_AUTH | forged->ticket_flags;
	f->part.session = &f->session;
	f->part.client = f->client;
	transited->tr_type = TRANSITED_DOMAIN_X500;
	if (forged->transited != NULL) {
		transited->tr_contents.data =
		    (char *)(uintptr_t)forged->transited;
		transited->tr_contents.length =
		    (unsigned)strlen(forged->transited);
	}
	f->part.times.authtime = now;
	f->part.times.starttime = now + forged->starts_in_s;
	f->part.times.endtime =
	    now + (forged->ends_in_s == 0 ? LIFETIME_S : forged->ends_in_s);
}

/* Where the entry of a PAC's buffer of this type is (MS-PAC 2.4). */
static uint8_t *
pac_buffer(const krb5_data *pac, uint8_t type)
{
	uint8_t *at = (uint8_t *)pac->data + 8;

	while (at[0] != type)
		at += 16;
	return at;
}

/* The octets of a signature, which lie in the first 64 KiB. */
static uint8_t *
pac_signature(const krb5_data *pac, uint8_t type)
{
	const uint8_t *offset = pac_buffer(pac, type) + 8;

	return (uint8_t *)pac->data + (offset[0] | offset[1] << 8) + 4;
}

/* The second buffer becomes one of logon information, and that is signed. */
static void
double_logon_info(struct forge *f, krb5_data *pac)
{
	uint8_t *server = pac_signature(pac, PAC_SERVER_CHECKSUM);
	krb5_checksum sum;

	pac_buffer(pac, PAC_COPY)[0] = PAC_LOGON_INFO;
	memset(server, 0, SIGNATURE_LEN);
	memset(pac_signature(pac, PAC_KDC_CHECKSUM), 0, SIGNATURE_LEN);
	FINE(krb5_c_make_checksum(f->krb5, 0, &f->key.key, KEY_USAGE_PAC, pac,
	    &sum));
	CU_ASSERT_EQUAL_FATAL(sum.length, SIGNATURE_LEN);
	memcpy(server, sum.contents, SIGNATURE_LEN);
	krb5_free_checksum_contents(f->krb5, &sum);
}

static void
sign_pac(struct forge *f, const struct forged *forged, krb5_data *octets_out)
{
	const krb5_keyblock *key = forged->pac == FORGED_SIGNED_WITH_ANOTHER_KEY
	    ? &f->other_key
	    : &f->key.key;
	krb5_data logon_info = {.length = (unsigned)forged->logon_info_len,
	    .data = (void *)(uintptr_t)forged->logon_info};
	krb5_pac pac;

	FINE(krb5_pac_init(f->krb5, &pac));
	if (forged->logon_info != NULL)
		FINE(krb5_pac_add_buffer(f->krb5, pac, PAC_LOGON_INFO,
		    &logon_info));
	if (forged->pac == FORGED_LOGON_TWICE)
		FINE(krb5_pac_add_buffer(f->krb5, pac, PAC_COPY, &logon_info));
	FINE(krb5_pac_sign(f->krb5, pac, f->part.times.authtime,
	    forged->pac == FORGED_SIGNED_FOR_ANOTHER ? f->service : f->client,
	    key, &f->other_key, octets_out));
	krb5_pac_free(f->krb5, pac);
	if (forged->pac == FORGED_LOGON_TWICE)
		double_logon_info(f, octets_out);
}

static void
add_pac(struct forge *f, const struct forged *forged)
{
	krb5_authdata ad = {.ad_type = KRB5_AUTHDATA_WIN2K_PAC};
	krb5_authdata *list[3] = {&ad, NULL, NULL};
	krb5_data octets;

	sign_pac(f, forged, &octets);
	ad.length = octets.length;
	ad.contents = (krb5_octet *)octets.data;
	if (forged->pac == FORGED_TWO)
		list[1] = &ad;
	FINE(krb5_encode_authdata_container(f->krb5, KRB5_AUTHDATA_IF_RELEVANT,
	    list, &f->part.authorization_data));
	krb5_free_data_contents(f->krb5, &octets);
}

/* Frees what was plain; the ciphertext is the caller's. */
static void
seal(struct forge *f, const krb5_keyblock *key, krb5_keyusage usage,
    krb5_data *plain, krb5_enc_data *cipher)
{
	size_t len;

	FINE(krb5_c_encrypt_length(f->krb5, key->enctype, plain->length, &len));
	cipher->ciphertext.data = malloc(len);
	CU_ASSERT_PTR_NOT_NULL_FATAL(cipher->ciphertext.data);
	cipher->ciphertext.length = (unsigned)len;
	FINE(krb5_c_encrypt(f->krb5, key, usage, NULL, plain, cipher));
	krb5_free_data(f->krb5, plain);
}

static void
encrypt(struct forge *f)
{
	krb5_data *plain;

	FINE(encode_krb5_enc_tkt_part(&f->part, &plain));
	seal(f, &f->key.key, KEY_USAGE_TICKET, plain, &f->ticket.enc_part);
	f->ticket.enc_part.kvno = f->key.vno;
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

static void
make_ticket(struct forge *f, const struct forged *forged)
{
	start(f, forged);
	make_part(f, forged);
	if (forged->pac != FORGED_NO_PAC)
		add_pac(f, forged);
	encrypt(f);
}

void
forged_ticket(const char *who, const struct forged *forged)
{
	struct forge f;

	make_ticket(&f, forged);
	store(&f, who);
	end(&f);
}

/* The authenticator, sealed. */
static void
authenticate(struct forge *f, const struct forged *forged,
    krb5_enc_data *sealed)
{
	/* No bindings; mutual authentication and integrity. */
	static const uint8_t usual[24] = {[0] = 16, [20] = 0x22};
	krb5_checksum sum = {.checksum_type = CHECKSUM_TYPE,
	    .length = sizeof(usual),
	    .contents = (krb5_octet *)(uintptr_t)usual};
	krb5_keyblock subkey = {.enctype = forged->subkey_enctype};
	krb5_authenticator a = {.client = f->client,
	    .checksum = &sum,
	    .ctime = (krb5_timestamp)time(NULL) + forged->clock_ahead_s,
	    .seq_number = forged->sequence};
	krb5_data *plain;

	if (forged->checksum != NULL) {
		sum.contents = (krb5_octet *)(uintptr_t)forged->checksum;
		sum.length = (unsigned)forged->checksum_len;
	}
	if (forged->authenticator_client != NULL)
		FINE(krb5_parse_name(f->krb5, forged->authenticator_client,
		    &a.client));
	if (subkey.enctype != 0) {
		FINE(krb5_c_make_random_key(f->krb5, subkey.enctype, &subkey));
		a.subkey = &subkey;
	}
	FINE(encode_krb5_authenticator(&a, &plain));
	seal(f, &f->session, KEY_USAGE_AUTHENTICATOR, plain, sealed);
	krb5_free_keyblock_contents(f->krb5, &subkey);
	if (a.client != f->client)
		krb5_free_principal(f->krb5, a.client);
}

size_t
forged_token(const struct forged *forged, uint8_t *out, size_t size)
{
	static const uint8_t krb5[] = {6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x12,
	    1, 2, 2, 1, 0};
	krb5_ap_req ap_req = {.ap_options = forged->ap_options};
	krb5_data *octets;
	struct forge f;
	struct writer w;

	make_ticket(&f, forged);
	ap_req.ticket = &f.ticket;
	authenticate(&f, forged, &ap_req.authenticator);
	FINE(encode_krb5_ap_req(&ap_req, &octets));
	writer_init(&w, out, size);
	writer_u16(&w, 0x6082);
	writer_u16(&w, (uint16_t)(sizeof(krb5) + octets->length));
	writer_octets(&w, krb5, sizeof(krb5));
	writer_octets(&w, octets->data, octets->length);
	CU_ASSERT_FATAL(!writer_full(&w));
	krb5_free_data(f.krb5, octets);
	free(ap_req.authenticator.ciphertext.data);
	end(&f);
	return w.len;
}
