/*
 * show.c - the commands list and check
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <stdio.h>
#include <string.h>

#include "ktutils/command.h"
#include "ktutils/report_json.h"

#define AGE_SIZE 32
#define MINUTE_S 60
#define HOUR_S (60 * MINUTE_S)
#define DAY_S (24 * HOUR_S)

/* Texts of the report are printable already. */

static void
put_age(char age[AGE_SIZE], time_t now, time_t then)
{
	long s = (long)(now - then);

	if (then == 0)
		(void)snprintf(age, AGE_SIZE, "?");
	else if (s < 0)
		(void)snprintf(age, AGE_SIZE, "in future");
	else if (s < 2 * MINUTE_S)
		(void)snprintf(age, AGE_SIZE, "%ld s", s);
	else if (s < 2 * HOUR_S)
		(void)snprintf(age, AGE_SIZE, "%ld min", s / MINUTE_S);
	else if (s < 2 * DAY_S)
		(void)snprintf(age, AGE_SIZE, "%ld h", s / HOUR_S);
	else
		(void)snprintf(age, AGE_SIZE, "%ld d", s / DAY_S);
}

/* --- list --- */

static const char *
remark(const struct report_entry *e)
{
	if (e->proof == REPORT_DOES_NOT)
		return "  (not the KDC's key)";
	if (!e->is_permitted)
		return "  (not permitted)";
	if (!e->is_newest)
		return "  (old)";
	if (e->is_weak)
		return "  (weak)";
	return e->proof == REPORT_OPENS ? "  (the KDC's key)" : "";
}

static void
put_entries(FILE *out, const struct report *r, size_t file)
{
	char age[AGE_SIZE];

	for (size_t i = 0; i < r->n_entries; i++) {
		const struct report_entry *e = &r->entries[i];

		if (e->file != file)
			continue;
		put_age(age, r->made, e->written);
		(void)fprintf(out, "%5u  %-26s %10s  %s  %s%s\n", e->kvno,
		    e->enctype_name, age, e->fingerprint, e->principal,
		    remark(e));
	}
}

static void
put_files(FILE *out, const struct report *r)
{
	for (size_t i = 0; i < r->n_files; i++) {
		const struct report_file *f = &r->files[i];

		if (!f->is_read)
			continue;
		(void)fprintf(out, "%s: %zu entries, uid %u, mode %04o\n",
		    f->path, f->n_entries, (unsigned)f->uid, (unsigned)f->mode);
		if (f->n_entries > 0)
			(void)fprintf(out, "%5s  %-26s %10s  %-16s  %s\n",
			    "kvno", "enctype", "age", "fingerprint",
			    "principal");
		put_entries(out, r, i);
	}
}

/* Files that could not be read, as errors. */
static enum command_exit
say_unread(const struct command_line *line, const struct report *r)
{
	enum command_exit done = COMMAND_OK;

	for (size_t i = 0; i < r->n_files; i++) {
		const char *path = r->files[i].path, *why = "it was not read";

		if (r->files[i].is_read)
			continue;
		for (size_t at = r->n_findings; at > 0; at--)
			if (strcmp(r->findings[at - 1].subject, path) == 0 &&
			    r->findings[at - 1].severity == REPORT_ERROR)
				why = r->findings[at - 1].text; /* the first */
		done = command_fail(line, path, why);
	}
	return r->n_files == 0
	    ? command_fail(line, line->args.items[0], "not a file")
	    : done;
}

enum command_exit
show_list(const struct command_line *line)
{
	struct check_request request = {.keytabs = line->args};
	char reason[KEYTAB_REASON_SIZE];
	enum command_exit done = COMMAND_OK;
	struct report *r;

	if (check_run(&request, reason, &r) != 0)
		return command_fail(line, line->command, reason);
	if (line->is_json)
		done = command_json(line,
		    json_pack("{s:o}", "entries", report_json_entries(r)));
	else
		put_files(line->out, r);
	if (say_unread(line, r) != COMMAND_OK)
		done = COMMAND_FAILED;
	report_unref(r);
	return done;
}

/* --- check --- */

static void
put_spns(FILE *out, const struct report *r)
{
	for (size_t i = 0; i < r->n_spns; i++) {
		const struct report_spn *s = &r->spns[i];

		(void)fprintf(out, "service %s: %s", s->principal,
		    report_spn_text(s->state));
		if (s->keytab_kvno != 0)
			(void)fprintf(out, ", kvno %u here", s->keytab_kvno);
		if (s->has_kdc_key)
			(void)fprintf(out, ", kvno %u (%s) at the KDC",
			    s->kdc_kvno, s->kdc_enctype_name);
		(void)fputs(s->is_wanted ? "\n" : ", not asked for\n", out);
	}
}

static void
put_ms(FILE *out, const char *transport, int ms)
{
	if (ms == -1)
		(void)fprintf(out, ", %s silent", transport);
	else
		(void)fprintf(out, ", %s %d ms", transport, ms);
}

static void
put_kdcs(FILE *out, const struct report *r)
{
	for (size_t i = 0; i < r->n_kdcs; i++) {
		const struct report_kdc *k = &r->kdcs[i];

		(void)fprintf(out, "KDC %s of %s", k->host, k->realm);
		if (k->is_asked) {
			put_ms(out, "TCP", k->tcp_ms);
			put_ms(out, "UDP", k->udp_ms);
		} else {
			(void)fprintf(out, ": %s", k->reason);
		}
		if (k->has_offset)
			(void)fprintf(out, ", its clock %+d s", k->offset_s);
		(void)fputc('\n', out);
	}
}

static void
put_online(FILE *out, const struct report *r)
{
	for (size_t i = 0; i < r->n_logins; i++) {
		const struct report_login *l = &r->logins[i];

		(void)fprintf(out, "login %s: %s%s%s\n", l->principal,
		    report_login_text(l->state),
		    l->reason[0] == '\0' ? "" : ": ", l->reason);
	}
	for (size_t i = 0; i < r->n_tickets; i++) {
		const struct report_ticket *t = &r->tickets[i];

		(void)fprintf(out, "ticket of %s for %s: %ld s left\n",
		    t->client, t->server, (long)(t->ends - r->made));
	}
}

static void
put_findings(FILE *out, const struct report *r)
{
	for (size_t i = 0; i < r->n_findings; i++) {
		const struct report_finding *f = &r->findings[i];

		(void)fprintf(out, "%s [%s] %s\n    %s\n    -> %s\n",
		    report_severity_text(f->severity), f->id, f->subject,
		    f->text, f->advice);
	}
}

static void
put_verdict(FILE *out, const struct report *r)
{
	static const char *const words[] = {
	    [REPORT_USABLE] = "usable",
	    [REPORT_UNPROVEN] = "perhaps usable: no ticket could prove it",
	    [REPORT_UNUSABLE] = "not usable",
	};

	(void)fprintf(out, "%s\n", words[r->verdict]);
}

enum command_exit
show_check(const struct command_line *line)
{
	struct check_request request = {
	    .keytabs = line->args,
	    .spns = line->spns,
	    .realm = line->realm,
	    .acceptors = line->acceptors,
	    .user = line->user_name == NULL ? NULL : &line->user,
	    .ccaches = line->ccaches,
	    .is_online = line->is_online,
	    .account = line->account,
	    .timeout_ms = line->timeout_s * 1000,
	    .deadline_ms = line->deadline_s * 1000,
	};
	char reason[KEYTAB_REASON_SIZE];
	enum command_exit done = COMMAND_OK;
	struct report *r;

	if (check_run(&request, reason, &r) != 0)
		return command_fail(line, line->command, reason);
	if (line->is_json) {
		done = command_json(line, report_json(r));
	} else {
		put_files(line->out, r);
		put_spns(line->out, r);
		put_kdcs(line->out, r);
		put_online(line->out, r);
		put_findings(line->out, r);
		put_verdict(line->out, r);
	}
	if (r->verdict != REPORT_USABLE)
		done = COMMAND_FAILED;
	report_unref(r);
	return done;
}
