/*
 * chaos.h - what the server says of itself, class CH
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * id.server. and hostname.bind. TXT (RFC 4892) give the server-id, if one is
 * set; version.bind. and everything else is REFUSED.
 *
 * Threads: any.
 */
#ifndef QUERY_CHAOS_H
#define QUERY_CHAOS_H

#include "daemon/dns/message_write.h"

/* True if q has one question and its class is CH. */
bool chaos_is_asked(const struct message *q);

/*
 * Answers q between question and OPT; server_id NULL: none set, len at most
 * 255 octets.  NOERROR (AA set) or REFUSED.
 */
enum rcode chaos_answer(struct message_writer *w, const struct message *q,
    const uint8_t *server_id, size_t server_id_len);

#endif
