/*
 * fuzz_message.c - messages from outside
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Checked against libknot's reader: what ours takes, libknot must take too,
 * with the same number of RRs.  What is read must be read again, the same,
 * when it is written.
 */
#include <libknot/libknot.h>
#include <string.h>

#include "daemon/base/arena.h"
#include "daemon/dns/message_write.h"
#include "daemon/dns/rdata.h"
#include "daemon/dns/tkey_rr.h"
#include "daemon/dns/tsig_rr.h"
#include "tests/fuzz/fuzz.h"

#define ARENA_LIMIT ((size_t)16 << 20)

static const knot_section_t knot_sections[SECTIONS] = {
    [SECTION_ANSWER] = KNOT_ANSWER,
    [SECTION_AUTHORITY] = KNOT_AUTHORITY,
    [SECTION_ADDITIONAL] = KNOT_ADDITIONAL,
};

/*
 * True if libknot may refuse what ours takes on purpose: more than one
 * question, which the caller answers by opcode; options of a later version of
 * EDNS; a small UDP size, some of which it takes for a class; a TSIG whose RDATA
 * is not read yet; empty RDATA of NULL and APL.
 */
static bool
is_known_difference(const struct message *m)
{
	struct tsig_rr tsig;
	const struct rr *rr;

	for (unsigned s = 0; s < SECTIONS; s++)
		for (unsigned i = 0; i < m->n_rrs[s]; i++) {
			rr = &m->rrs[s][i];
			if (rr->rdata_len == 0 &&
			    (rr->type == TYPE_NULL || rr->type == TYPE_APL))
				return true;
		}
	return m->n_questions > 1 || m->edns.version != 0 ||
	    (m->edns.present && m->edns.udp_size == UDP_PLAIN_LEN_MAX) ||
	    (m->has_tsig && tsig_rr_read(&m->tsig, &tsig) != 0);
}

/*
 * True if names in RDATA were expanded.  libknot wants that to make RDATA
 * longer, which a pointer to the root does not; we never write one.
 */
static bool
has_expanded_rdata(const struct message *m)
{
	const struct rr *rr;

	for (unsigned s = 0; s < SECTIONS; s++)
		for (unsigned i = 0; i < m->n_rrs[s]; i++) {
			rr = &m->rrs[s][i];
			if (rr->rdata < m->octets ||
			    rr->rdata > m->octets + m->len)
				return true;
		}
	return false;
}

static void
compare_with_libknot(const struct message *m)
{
	uint8_t *copy;
	knot_pkt_t *pkt;
	unsigned n;

	if (is_known_difference(m))
		return;
	copy = malloc(m->len);
	MUST(copy != NULL);
	memcpy(copy, m->octets, m->len);
	pkt = knot_pkt_new(copy, (uint16_t)m->len, NULL);
	MUST(pkt != NULL);
	MUST(knot_pkt_parse(pkt, KNOT_PF_KEEPWIRE) == KNOT_EOK);
	for (unsigned s = 0; s < SECTIONS; s++) {
		n = m->n_rrs[s];
		if (s == SECTION_ADDITIONAL)
			n += m->edns.present + m->has_tsig;
		MUST(knot_pkt_section(pkt, knot_sections[s])->count == n);
	}
	MUST((pkt->opt_rr != NULL) == m->edns.present);
	MUST((pkt->tsig_rr != NULL) == m->has_tsig);
	knot_pkt_free(pkt);
	free(copy);
}

static void
try_rr(const struct rr *rr)
{
	static char text[RDATA_TEXT_SIZE(RDATA_LEN_MAX)];
	char owner[NAME_TEXT_SIZE];
	struct name name;

	MUST(name_from_text(name_to_text(rr->owner, owner), NULL, &name) == 0);
	MUST(name_len(rr->owner) == name.len);
	MUST(memcmp(name.octets, rr->owner, name.len) == 0);
	MUST(rdata_compare(rr->type, rr->rdata, rr->rdata_len, rr->rdata,
		 rr->rdata_len) == 0);
	MUST(rr->rdata_len == 0 ||
	    rdata_is_valid(rr->type, rr->rdata, rr->rdata_len));
	(void)rdata_target(rr->type, rr->rdata, rr->rdata_len);
	MUST(rdata_to_text(rr->type, rr->rdata, rr->rdata_len, text,
		 RDATA_TEXT_SIZE(rr->rdata_len)) == 0);
}

static void
compare_rrs(const struct rr *a, const struct rr *b)
{
	MUST(a->type == b->type && a->class == b->class && a->ttl == b->ttl);
	MUST(name_len(a->owner) == name_len(b->owner));
	MUST(memcmp(a->owner, b->owner, name_len(a->owner)) == 0);
	MUST(a->rdata_len == b->rdata_len);
	MUST(memcmp(a->rdata, b->rdata, a->rdata_len) == 0);
}

/* False if it does not fit: names may have been compressed where ours is not.
 */
static bool
write_again(const struct message *m, struct message_writer *w)
{
	const struct question *q = &m->question;

	if (m->n_questions > 0 &&
	    message_write_question(w, q->name.octets, q->type, q->class) != 0)
		return false;
	for (unsigned s = 0; s < SECTIONS; s++)
		for (unsigned i = 0; i < m->n_rrs[s]; i++)
			if (message_write_rr(w, (enum section)s,
				&m->rrs[s][i]) != 0)
				return false;
	return !m->edns.present ||
	    message_write_edns(w, m->edns.udp_size, RCODE_NOERROR,
		m->edns.options, m->edns.options_len) == 0;
}

static void
compare_with_rewritten(const struct message *m)
{
	static uint8_t octets[MESSAGE_LEN_MAX];
	struct message_writer w;
	struct message again;
	struct arena a;

	message_write_start(&w, octets, sizeof(octets), m->id, m->flags);
	w.dnssec_ok = m->edns.dnssec_ok;
	if (!write_again(m, &w))
		return;
	arena_init(&a, ARENA_LIMIT);
	MUST(message_read(octets, message_write_end(&w), &a, &again) ==
	    RCODE_NOERROR);
	MUST(again.n_questions == (m->n_questions > 0));
	for (unsigned s = 0; s < SECTIONS; s++) {
		MUST(again.n_rrs[s] == m->n_rrs[s]);
		for (unsigned i = 0; i < m->n_rrs[s]; i++)
			compare_rrs(&m->rrs[s][i], &again.rrs[s][i]);
	}
	MUST(again.edns.present == m->edns.present);
	MUST(again.edns.options_len == m->edns.options_len);
	compare_with_libknot(&again);
	arena_clear(&a);
}

static void
try_message(const struct message *m)
{
	struct tsig_rr tsig;
	struct tkey_rr tkey;
	const struct rr *rr;
	uint16_t len;

	for (unsigned s = 0; s < SECTIONS; s++)
		for (unsigned i = 0; i < m->n_rrs[s]; i++)
			try_rr(&m->rrs[s][i]);
	(void)edns_option(&m->edns, EDNS_OPTION_COOKIE, &len);
	if (m->has_tsig)
		(void)tsig_rr_read(&m->tsig, &tsig);
	rr = tkey_rr_find(m);
	if (rr != NULL)
		(void)tkey_rr_read(rr, &tkey);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct message m;
	struct arena a;

	if (size > MESSAGE_LEN_MAX)
		return 0;
	arena_init(&a, ARENA_LIMIT);
	if (message_read(data, size, &a, &m) == RCODE_NOERROR) {
		if (!has_expanded_rdata(&m))
			compare_with_libknot(&m);
		try_message(&m);
		compare_with_rewritten(&m);
	} else {
		MUST(m.n_rrs[SECTION_ANSWER] == 0 && !m.has_tsig);
	}
	arena_clear(&a);
	return 0;
}
