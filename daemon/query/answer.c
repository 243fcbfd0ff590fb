/*
 * answer.c - authoritative answers from one zone version
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include "daemon/query/answer.h"
#include "daemon/base/err.h"
#include "daemon/dns/rdata.h"
#include "daemon/query/additional.h"
#include "daemon/query/negative.h"
#include "daemon/query/referral.h"
#include "daemon/zone/zone.h"

enum rcode
question_check(const struct message *q)
{
	uint16_t type = q->question.type;

	if (q->edns.present && q->edns.version != 0)
		return RCODE_BADVERS;
	if (q->n_questions != 1)
		return RCODE_FORMERR;
	if (type == TYPE_MAILA || type == TYPE_MAILB)
		return RCODE_NOTIMP;
	if (type_is_meta(type) && type != TYPE_ANY)
		return RCODE_FORMERR;
	if (q->question.class != CLASS_IN)
		return RCODE_REFUSED;
	return RCODE_NOERROR;
}

const uint8_t *
question_zone_name(const struct message *q)
{
	const uint8_t *name = q->question.name.octets;

	if (q->question.type == TYPE_DS && name_label_count(name) > 0)
		return name_strip(name, 1);
	return name;
}

size_t
answer_size(const struct message *q, enum answer_transport transport,
    uint16_t max_udp_size)
{
	size_t size = UDP_PLAIN_LEN_MAX;

	if (transport == ANSWER_TCP)
		return MESSAGE_LEN_MAX;
	if (q->edns.present && q->edns.udp_size > size)
		size = q->edns.udp_size;
	if (size > max_udp_size)
		size = max_udp_size;
	return size < UDP_PLAIN_LEN_MAX ? UDP_PLAIN_LEN_MAX : size;
}

void
answer_start(struct message_writer *w, uint8_t *octets, size_t size,
    const struct message *q)
{
	uint16_t kept = 15 << FLAG_OPCODE_SHIFT | FLAG_RD | FLAG_CD;

	message_write_start(w, octets, size, q->id,
	    (uint16_t)(FLAG_QR | (q->flags & kept)));
	if (q->n_questions == 1 && q->question_end > MESSAGE_HEADER_LEN)
		(void)message_write_question(w, q->question.name.octets,
		    q->question.type, q->question.class);
}

/* One answer on its way through the zone. */
struct walk {
	struct message_writer *w;
	const struct zone_version *version;
	const struct name *apex;
	uint16_t type;
	enum answer_transport transport;
	/* Looked for now: the QNAME, or an alias's target */
	const uint8_t *name;
	/* Every name looked for before, to see a loop; and DNAMEs that were
	 * used. */
	unsigned n_steps;
	const uint8_t *names[ANSWER_CHAIN_MAX];
	const struct zone_name *dnames[ANSWER_CHAIN_MAX];
	struct name made[ANSWER_CHAIN_MAX]; /* names that a DNAME made */
	const struct zone_name *found;      /* whose RRsets answer; or NULL */
	bool is_full;                       /* an RRset did not fit */
};

enum step {
	STEP_DONE,
	STEP_AGAIN, /* walk->name has changed: an alias */
};

/* Notes what writing came to. */
static void
written(struct walk *k, int ret)
{
	if (ret != 0)
		k->is_full = true;
}

static void
write_answer(struct walk *k, const uint8_t *owner, const struct rrset *s)
{
	written(k,
	    message_write_rendered(k->w, SECTION_ANSWER, owner,
		rrset_rendered(s), s->rendered_len, s->n_rrs));
}

static enum step
no_data(struct walk *k)
{
	written(k, negative_write(k->w, k->version, k->apex));
	return STEP_DONE;
}

/* Goes on at an alias's target, unless it is elsewhere or was seen already. */
static enum step
go_on(struct walk *k, const uint8_t *target)
{
	k->names[k->n_steps++] = k->name;
	if (k->n_steps == ANSWER_CHAIN_MAX ||
	    !name_is_below(target, k->apex->octets))
		return STEP_DONE;
	for (unsigned i = 0; i < k->n_steps; i++)
		if (name_equal(k->names[i], target))
			return STEP_DONE;
	k->name = target;
	return STEP_AGAIN;
}

/* RFC 8482 section 4.1: over UDP a subset; see answer.h. */
static enum step
answer_any(struct walk *k, const struct zone_name *name)
{
	unsigned n = zone_name_n_rrsets(name);

	if (k->transport == ANSWER_UDP)
		n = 1;
	for (unsigned i = 0; i < n; i++)
		write_answer(k, k->name, zone_name_rrset_at(name, i));
	k->found = name;
	return STEP_DONE;
}

/* The RRsets of name answer for k->name: the same, or below a wildcard. */
static enum step
answer_from(struct walk *k, const struct zone_name *name)
{
	const struct rrset *s;
	struct rdata_ref rdata;
	size_t at = 0;

	if (k->type == TYPE_ANY)
		return answer_any(k, name);
	s = zone_name_rrset(name, k->type);
	if (s != NULL) {
		write_answer(k, k->name, s);
		k->found = name;
		return STEP_DONE;
	}
	s = zone_name_rrset(name, TYPE_CNAME);
	if (s == NULL || !rrset_next(s, &at, &rdata))
		return no_data(k);
	write_answer(k, k->name, s);
	return go_on(k, rdata.octets);
}

/* RFC 4592 section 3.3: the source of synthesis, if there is one. */
static enum step
answer_from_wildcard(struct walk *k, unsigned encloser_labels,
    enum rcode *rcode_out)
{
	static const uint8_t asterisk[] = {1, '*'};
	const uint8_t *encloser =
	    name_strip(k->name, name_label_count(k->name) - encloser_labels);
	struct zone_found found;
	struct name source;

	/* Not longer than k->name, which has a label more than the encloser. */
	if (name_join(asterisk, sizeof(asterisk), encloser, &source) == 0) {
		zone_find(k->version, source.octets, &found);
		if (found.kind == ZONE_FOUND_NAME)
			return answer_from(k, found.name);
		if (found.kind == ZONE_FOUND_EMPTY)
			return no_data(k);
	}
	*rcode_out = RCODE_NXDOMAIN;
	return no_data(k);
}

static bool
dname_was_used(const struct walk *k, const struct zone_name *dname)
{
	for (unsigned i = 0; i < k->n_steps; i++)
		if (k->dnames[i] == dname)
			return true;
	return false;
}

/* RFC 6672 section 3.2: the DNAME and the CNAME that it makes. */
static enum step
answer_dname(struct walk *k, const struct zone_name *dname,
    enum rcode *rcode_out)
{
	const struct rrset *s = zone_name_rrset(dname, TYPE_DNAME);
	size_t prefix_len =
	    name_len(k->name) - name_len(zone_name_owner(dname));
	struct name *made = &k->made[k->n_steps];
	struct rdata_ref rdata;
	struct rr cname;
	size_t at = 0;

	if (s == NULL || !rrset_next(s, &at, &rdata))
		return no_data(k);
	if (!dname_was_used(k, dname))
		write_answer(k, zone_name_owner(dname), s);
	if (name_join(k->name, prefix_len, rdata.octets, made) != 0) {
		*rcode_out = RCODE_YXDOMAIN;
		return STEP_DONE;
	}
	cname = (struct rr){
	    .owner = k->name,
	    .type = TYPE_CNAME,
	    .class = CLASS_IN,
	    .ttl = s->ttl,
	    .rdata_len = made->len,
	    .rdata = made->octets,
	};
	written(k, message_write_rr(k->w, SECTION_ANSWER, &cname));
	k->dnames[k->n_steps] = dname;
	if (k->type == TYPE_CNAME || k->type == TYPE_ANY)
		return STEP_DONE; /* it is what was asked for */
	return go_on(k, made->octets);
}

static enum step
refer(struct walk *k, const struct zone_name *cut)
{
	if (k->n_steps == 0)
		message_write_flags(k->w, 0, FLAG_AA);
	written(k, referral_write(k->w, k->version, k->apex, cut));
	return STEP_DONE;
}

/* The DNAME comes first unless the cut is above it. */
static bool
dname_decides(const struct zone_found *f)
{
	return f->dname != NULL &&
	    (f->cut == NULL ||
		!name_is_below(zone_name_owner(f->dname),
		    zone_name_owner(f->cut)));
}

/* The cut decides, but not over DS at the cut itself (RFC 4035
 * section 3.1.4.1). */
static bool
cut_decides(const struct walk *k, const struct zone_found *f)
{
	return f->cut != NULL &&
	    (k->type != TYPE_DS ||
		!name_equal(zone_name_owner(f->cut), k->name));
}

static enum step
step(struct walk *k, enum rcode *rcode_out)
{
	struct zone_found found;

	k->dnames[k->n_steps] = NULL;
	zone_find(k->version, k->name, &found);
	if (dname_decides(&found))
		return answer_dname(k, found.dname, rcode_out);
	if (cut_decides(k, &found))
		return refer(k, found.cut);
	switch (found.kind) {
	case ZONE_FOUND_NAME:
		return answer_from(k, found.name);
	case ZONE_FOUND_EMPTY:
		return no_data(k);
	case ZONE_FOUND_NOTHING:
		break;
	}
	return answer_from_wildcard(k, found.encloser_labels, rcode_out);
}

static void
write_additional(struct walk *k)
{
	struct additional a;
	const struct rrset *s;

	additional_init(&a, k->w, k->version, k->apex);
	if (k->type != TYPE_ANY) {
		s = zone_name_rrset(k->found, k->type);
		additional_write(&a, s);
		return;
	}
	if (k->transport == ANSWER_UDP)
		return;
	for (unsigned i = 0; i < zone_name_n_rrsets(k->found); i++)
		additional_know(&a, zone_name_rrset_at(k->found, i));
	for (unsigned i = 0; i < zone_name_n_rrsets(k->found); i++)
		additional_write(&a, zone_name_rrset_at(k->found, i));
}

enum rcode
answer(struct message_writer *w, const struct message *q,
    const struct zone_version *v, const struct name *apex,
    enum answer_transport transport)
{
	enum rcode rcode = RCODE_NOERROR;
	struct walk k;

	k.w = w;
	k.version = v;
	k.apex = apex;
	k.type = q->question.type;
	k.transport = transport;
	k.name = q->question.name.octets;
	k.n_steps = 0;
	k.found = NULL;
	k.is_full = false;

	message_write_flags(w, FLAG_AA, 0);
	while (step(&k, &rcode) == STEP_AGAIN && !k.is_full)
		;
	if (k.is_full)
		message_write_truncate(w);
	else if (k.found != NULL)
		write_additional(&k);
	message_write_rcode(w, rcode);
	return rcode;
}
