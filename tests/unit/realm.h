/*
 * realm.h - the initiator's side of a handshake, in a throw-away realm
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A test program that needs a KDC calls realm_enter() first: it runs itself
 * again under with_realm.sh unless it is there already.
 *
 * Threads: a struct initiator is for one.
 */
#ifndef TESTS_UNIT_REALM_H
#define TESTS_UNIT_REALM_H

#include <gssapi/gssapi.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

void realm_enter(char **argv);

#define REALM_PATH_SIZE 512
/* "prefix" REALM_DIR "/" name; returns path. */
char *realm_path(const char *prefix, const char *name,
    char path[REALM_PATH_SIZE]);

#define REALM_NS1 "DNS/ns1.ad.test@AD.TEST"

struct initiator {
	gss_cred_id_t cred;
	gss_name_t target;
	gss_ctx_id_t gss;
	bool spnego;
	OM_uint32 flags;
	gss_buffer_desc token; /* to be sent; released by the next step */
};

/* who: name of a ccache in cc/.  False: no credential. */
bool initiator_init(struct initiator *i, const char *who, const char *service,
    bool spnego, OM_uint32 flags);
void initiator_clear(struct initiator *i);

/* Only this enctype for keys of sessions: MIT's would agree on a better one. */
void initiator_limit(struct initiator *i, int32_t enctype);

/* Ends the context, keeps the credential: ready for another handshake. */
void initiator_restart(struct initiator *i);

/* One leg with the acceptor's token (len 0: the first); its major status. */
OM_uint32 initiator_step(struct initiator *i, const void *token, size_t len);

/* mic_out is released by the caller. */
OM_uint32 initiator_sign(struct initiator *i, const void *octets, size_t len,
    gss_buffer_desc *mic_out);
OM_uint32 initiator_verify(struct initiator *i, const void *octets, size_t len,
    const void *mic, size_t mic_len);

#define INITIATOR_FLAGS                                                        \
	(GSS_C_MUTUAL_FLAG | GSS_C_INTEG_FLAG | GSS_C_REPLAY_FLAG)

#endif
