/*
 * ap_req.c - what an AP-REQ says to who has the key of its ticket
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <stdlib.h>
#include <string.h>

#include "daemon/base/log.h"
#include "daemon/gss/ap_req.h"

#define USAGE_AUTHENTICATOR 11 /* RFC 4120 section 7.5.1 */

static krb5_data
data_of(const struct clear_octets *o)
{
	krb5_data d = {.magic = KV5M_DATA, .length = (unsigned)o->len};

	d.data = (char *)(uintptr_t)o->octets; /* only read */
	return d;
}

/*
 * The ticket, decrypted; NULL: no key of the keytab opens it.  krb5 refuses one
 * that is not validated, or whose realms are wrong, after it has opened it.
 */
static krb5_ticket *
open_ticket(krb5_context krb5, const char *keytab_name,
    const struct clear_ap_req *ap)
{
	krb5_data octets = data_of(&ap->ticket);
	krb5_keytab keytab = NULL;
	krb5_ticket *ticket = NULL;
	krb5_error_code code;

	code = krb5_kt_resolve(krb5, keytab_name, &keytab);
	if (code == 0)
		code = krb5_decode_ticket(&octets, &ticket);
	if (code == 0)
		(void)krb5_server_decrypt_ticket_keytab(krb5, keytab, ticket);
	if (code == 0 && ticket->enc_part2 == NULL) {
		krb5_free_ticket(krb5, ticket);
		ticket = NULL;
	}
	if (keytab != NULL)
		(void)krb5_kt_close(krb5, keytab);
	return ticket;
}

static void
read_ticket(krb5_context krb5, const krb5_enc_tkt_part *part,
    struct ap_req_inside *inside)
{
	const krb5_ticket_times *times = &part->times;
	char *name = NULL;

	/* They are unsigned, until 2106. */
	inside->start_s = (uint32_t)(times->starttime != 0 ? times->starttime
							   : times->authtime);
	inside->end_s = (uint32_t)times->endtime;
	inside->session_enctype = part->session->enctype;
	if (krb5_unparse_name(krb5, part->client, &name) == 0)
		(void)log_escape(name, strlen(name), inside->initiator,
		    sizeof(inside->initiator));
	krb5_free_unparsed_name(krb5, name);
}

static void
read_authenticator(krb5_context krb5, const krb5_keyblock *session,
    const struct clear_ap_req *ap, struct ap_req_inside *inside)
{
	krb5_enc_data sealed = {.magic = KV5M_ENC_DATA,
	    .enctype = session->enctype,
	    .ciphertext = data_of(&ap->authenticator)};
	krb5_data plain = {.magic = KV5M_DATA};

	plain.data = malloc(ap->authenticator.len);
	if (plain.data == NULL)
		return;
	plain.length = (unsigned)ap->authenticator.len;
	if (krb5_c_decrypt(krb5, session, USAGE_AUTHENTICATOR, NULL, &sealed,
		&plain) == 0)
		inside->clock_s =
		    clear_authenticator_time((const uint8_t *)plain.data,
			plain.length);
	/* It may hold a subkey. */
	explicit_bzero(plain.data, ap->authenticator.len);
	free(plain.data);
}

void
ap_req_open(krb5_context krb5, const char *keytab_name,
    const struct clear_ap_req *ap, struct ap_req_inside *inside_out)
{
	krb5_ticket *ticket = open_ticket(krb5, keytab_name, ap);

	memset(inside_out, 0, sizeof(*inside_out));
	if (ticket == NULL)
		return;
	inside_out->is_open = true;
	read_ticket(krb5, ticket->enc_part2, inside_out);
	read_authenticator(krb5, ticket->enc_part2->session, ap, inside_out);
	krb5_free_ticket(krb5, ticket);
}
