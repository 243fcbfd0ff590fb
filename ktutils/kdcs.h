/*
 * kdcs.h - the KDCs of one realm: found, probed, talked to
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Found as libkrb5 does: krb5.conf, else SRV RRs.  A KDC behind an HTTPS proxy
 * is known, but not asked.
 *
 * Owns:    its list.
 * Threads: that of the krb5 context.
 * Errors:  a line for each KDC, or in reason.
 * Units:   _ms milliseconds; deadlines on the clock of exchange_now_ms().
 */
#ifndef KTUTILS_KDCS_H
#define KTUTILS_KDCS_H

#include <krb5.h>
#include <stdbool.h>
#include <sys/socket.h>

#include "ktutils/keytab.h"

#define KDC_HOST_SIZE 272
#define KDC_REASON_SIZE 128

struct kdc {
	char host[KDC_HOST_SIZE]; /* "dc1.ad.example.test:88" */
	struct sockaddr_storage address;
	socklen_t address_len; /* 0: not found, and reason says why */
	bool is_asked;
	int tcp_ms; /* until it answered the probe; -1: it did not */
	int udp_ms;
	bool has_offset;
	int32_t offset_s; /* its clock less ours */
	char reason[KDC_REASON_SIZE];
};

struct kdcs {
	char *realm;
	struct kdc *items; /* an address each */
	size_t n;
	int stop_fd; /* readable: nobody is to be waited for; -1: none */
};

/*
 * Finds them; none is no error.  -1: no memory.  To be cleared in any case.
 */
int kdcs_find(struct kdcs *k, krb5_context krb5, const char *realm,
    int64_t deadline);
void kdcs_clear(struct kdcs *k);

/*
 * Asks each by TCP and UDP, at the same time, for a TGT of the client, without
 * saying a password or proving a key.  The keytab opens what one of them may
 * send at once, which has its clock.
 */
void kdcs_probe(struct kdcs *k, krb5_const_principal client, krb5_keytab keytab,
    unsigned timeout_ms, int64_t deadline);

/*
 * Sends the message to the quickest, and if it does not answer to the next.
 * The reply is freed by the caller.  -1: nobody answered.
 */
int kdcs_send(const struct kdcs *k, const krb5_data *message,
    unsigned timeout_ms, int64_t deadline, char reason[KEYTAB_REASON_SIZE],
    krb5_data *reply_out);

/* "192.0.2.1#88" or "2001:db8::1#88". */
#define KDC_ADDRESS_SIZE 80
void kdc_address(const struct kdc *k, char text[KDC_ADDRESS_SIZE]);

#endif
