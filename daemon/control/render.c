/*
 * render.c - answers of the daemon as text for people
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <string.h>

#include "daemon/control/cells.h"
#include "daemon/control/render.h"

static void
put_warnings(FILE *out, const json_t *result)
{
	const json_t *warning;
	size_t i;

	json_array_foreach(json_object_get(result, "warnings"), i, warning)
	{
		(void)fputs("warning: ", out);
		render_text(out,
		    json_is_string(warning) ? json_string_value(warning) : "-");
		(void)fputc('\n', out);
	}
}

/* The commands. */

static void
put_updates(FILE *out, const json_t *updates)
{
	char applied[CELL_SIZE], refused[CELL_SIZE], failed[CELL_SIZE];

	put_line(out, "updates", "%s applied, %s refused, %s failed",
	    cell_text(json_object_get(updates, "applied"), applied),
	    cell_text(json_object_get(updates, "refused"), refused),
	    cell_text(json_object_get(updates, "failed"), failed));
}

static void
put_store(FILE *out, const json_t *store)
{
	char lsn[CELL_SIZE], segments[CELL_SIZE], octets[CELL_SIZE];
	char reason[CELL_SIZE];

	if (json_is_true(json_object_get(store, "writable")))
		put_line(out, "store", "writable");
	else
		put_line(out, "store", "NOT WRITABLE: %s",
		    cell_text(json_object_get(store, "reason"), reason));
	put_line(out, "", "lsn %s, %s segments, %s",
	    cell_text(json_object_get(store, "lsn"), lsn),
	    cell_text(json_object_get(store, "segments"), segments),
	    cell_octets(json_object_get(store, "octets"), octets));
}

static void
put_keytab(FILE *out, const json_t *keytab)
{
	const json_t *loaded = json_object_get(keytab, "loaded"), *file;
	char cell[CELL_SIZE], when[CELL_SIZE];
	size_t i;

	if (json_is_true(json_object_get(keytab, "ok")))
		put_line(out, "keytab", "ok");
	else
		put_line(out, "keytab", "NOT USABLE: %s",
		    cell_text(json_object_get(keytab, "reason"), cell));
	if (json_is_integer(loaded))
		put_line(out, "", "%s entries in use, loaded %s",
		    cell_text(json_object_get(keytab, "entries"), cell),
		    cell_time(loaded, when));
	json_array_foreach(json_object_get(keytab, "files"), i, file)
	    put_line(out, "", "%s", cell_text(file, cell));
	if (json_integer_value(json_object_get(keytab, "problems")) > 0)
		put_line(out, "", "problems: %s (kddnsctl keytab)",
		    cell_text(json_object_get(keytab, "problems"), cell));
}

/* Of a directory that is configured. */
static void
put_directory(FILE *out, const json_t *directory)
{
	const json_t *rules = json_object_get(directory, "rules");
	const json_t *since = json_object_get(directory, "since");
	char uri[CELL_SIZE], when[CELL_SIZE], error[CELL_SIZE];
	char n[CELL_SIZE], follow[CELL_SIZE];

	if (!json_is_object(directory))
		return;
	put_line(out, "directory", "%s: %s%s%s",
	    cell_text(json_object_get(directory, "uri"), uri),
	    json_is_true(json_object_get(directory, "up")) ? "up" : "DOWN",
	    json_is_integer(since) ? " since " : "",
	    json_is_integer(since) ? cell_time(since, when) : "");
	if (!json_is_true(json_object_get(directory, "up")))
		put_line(out, "", "%s",
		    cell_text(json_object_get(directory, "error"), error));
	if (!json_is_true(json_object_get(rules, "loaded"))) {
		put_line(out, "", "its rules were not read yet");
		return;
	}
	put_line(out, "", "entries with rules: %s, %s, followed by %s",
	    cell_text(json_object_get(rules, "entries"), n),
	    json_is_true(json_object_get(rules, "lapsed"))
		? "LAPSED but for what they deny"
		: json_is_true(json_object_get(rules, "live")) ? "live"
							       : "STALE",
	    cell_text(json_object_get(rules, "follow"), follow));
}

static void
put_panel(FILE *out, const json_t *panel)
{
	bool is_served = json_is_true(json_object_get(panel, "served"));
	const json_t *urls = json_object_get(panel, "urls");
	char cell[CELL_SIZE], sign_in[CELL_SIZE];
	const json_t *url;
	size_t i;

	if (!json_is_object(panel))
		put_line(out, "panel", "none (no statement web)");
	else if (!is_served)
		put_line(out, "panel", "NOT SERVED: %s",
		    cell_text(json_object_get(panel, "reason"), cell));
	json_array_foreach(urls, i, url) if (is_served) put_line(out,
	    i == 0 ? "panel" : "", "%s (sign-in %s)", cell_text(url, cell),
	    cell_text(json_object_get(panel, "sign_in"), sign_in));
}

void
render_status(FILE *out, const json_t *result)
{
	char when[CELL_SIZE], uptime[CELL_SIZE];

	put_value(out, result, "version", "version");
	put_value(out, result, "pid", "pid");
	put_line(out, "started", "%s (up %s)",
	    cell_time(json_object_get(result, "started"), when),
	    cell_duration(json_object_get(result, "uptime_s"), uptime));
	put_value(out, result, "workers", "workers");
	put_value(out, result, "zones", "zones");
	put_value(out, result, "contexts", "contexts");
	put_updates(out, json_object_get(result, "updates"));
	put_store(out, json_object_get(result, "store"));
	put_keytab(out, json_object_get(result, "keytab"));
	put_directory(out, json_object_get(result, "directory"));
	put_panel(out, json_object_get(result, "panel"));
	put_warnings(out, result);
}

void
render_zones(FILE *out, const json_t *result)
{
	static const struct column columns[] = {
	    {"zone", "ZONE", false, cell_text},
	    {"serial", "SERIAL", true, cell_text},
	    {"records", "RECORDS", true, cell_text},
	    {"names", "NAMES", true, cell_text},
	    {"status", "STATUS", false, cell_text},
	};

	put_table(out, json_object_get(result, "zones"), columns, 5);
	put_warnings(out, result);
}

static void
put_dump(FILE *out, const json_t *dump)
{
	char serial[CELL_SIZE], when[CELL_SIZE];

	if (!json_is_integer(json_object_get(dump, "time"))) {
		put_line(out, "dump", "none yet");
		return;
	}
	put_line(out, "dump", "serial %s at %s%s",
	    cell_text(json_object_get(dump, "serial"), serial),
	    cell_time(json_object_get(dump, "time"), when),
	    json_is_true(json_object_get(dump, "pending")) ? ", pending" : "");
}

static void
put_journal(FILE *out, const json_t *journal)
{
	char octets[CELL_SIZE], first[CELL_SIZE], n[CELL_SIZE];

	if (json_integer_value(json_object_get(journal, "changesets")) == 0) {
		put_line(out, "journal", "empty");
		return;
	}
	put_line(out, "journal", "%s, %s changesets from serial %s",
	    cell_octets(json_object_get(journal, "octets"), octets),
	    cell_text(json_object_get(journal, "changesets"), n),
	    cell_text(json_object_get(journal, "first_serial"), first));
}

static void
put_secondaries(FILE *out, const json_t *secondaries)
{
	static const struct column columns[] = {
	    {"address", "SECONDARY", false, cell_text},
	    {"last_notify", "LAST NOTIFY", false, cell_time},
	    {"serial_acked", "SERIAL", true, cell_text},
	    {"state", "STATE", false, cell_text},
	};

	if (json_array_size(secondaries) == 0)
		return;
	(void)fputc('\n', out);
	put_table(out, secondaries, columns, 4);
}

#define RULES_SHOWN 100

/* How many rules there are and from where, then the rules. */
static void
put_policy(FILE *out, const json_t *policy)
{
	const json_t *texts = json_object_get(policy, "texts"), *text;
	const json_t *source;
	char cell[CELL_SIZE], from[CELL_SIZE] = "";
	size_t i, len = 0;

	json_array_foreach(json_object_get(policy, "sources"), i, source) len +=
	    (size_t)snprintf(from + len, sizeof(from) - len, "%s%s",
		i == 0 ? " from " : ", ",
		json_is_string(source) ? json_string_value(source) : "-");
	put_line(out, "policy", "%s rules%s",
	    cell_text(json_object_get(policy, "rules"), cell), from);
	json_array_foreach(texts, i, text)
	{
		if (i == RULES_SHOWN)
			break;
		put_line(out, "", "%s",
		    json_is_string(text) ? json_string_value(text) : "-");
	}
	if (json_array_size(texts) > RULES_SHOWN)
		put_line(out, "", "and %zu more: --json has all",
		    json_array_size(texts) - RULES_SHOWN);
}

void
render_zonestatus(FILE *out, const json_t *result)
{
	put_value(out, result, "zone", "zone");
	put_value(out, result, "serial", "serial");
	put_value(out, result, "records", "records");
	put_value(out, result, "names", "names");
	put_value(out, result, "file", "file");
	put_value(out, result, "loaded_from", "loaded from");
	put_dump(out, json_object_get(result, "dump"));
	put_journal(out, json_object_get(result, "journal"));
	put_value(out, result, "frozen", "frozen");
	put_policy(out, json_object_get(result, "policy"));
	put_warnings(out, result);
	put_secondaries(out, json_object_get(result, "secondaries"));
}

void
render_notify(FILE *out, const json_t *result)
{
	char zone[CELL_SIZE], serial[CELL_SIZE], n[CELL_SIZE];

	put_line(out, "notify", "%s serial %s to %s secondaries",
	    cell_text(json_object_get(result, "zone"), zone),
	    cell_text(json_object_get(result, "serial"), serial),
	    cell_text(json_object_get(result, "secondaries"), n));
}

/* "    label: text" of a key that is not empty. */
static void
put_detail(FILE *out, const json_t *decision, const char *key,
    const char *label)
{
	const char *text = json_string_value(json_object_get(decision, key));

	if (text == NULL || text[0] == '\0')
		return;
	(void)fprintf(out, "    %s: ", label);
	render_text(out, text);
	(void)fputc('\n', out);
}

void
render_decision(FILE *out, const json_t *decision)
{
	static const char *const keys[] = {"result", "kind", "code", "from",
	    "signer"};
	char cell[CELL_SIZE];

	render_text(out, cell_time(json_object_get(decision, "time"), cell));
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		(void)cell_text(json_object_get(decision, keys[i]), cell);
		if (cell[0] != '\0')
			(void)fputc(' ', out);
		render_text(out, cell);
	}
	(void)fputc('\n', out);
	put_detail(out, decision, "asked", "asked");
	put_detail(out, decision, "key", "key");
	put_detail(out, decision, "rule", "rule");
	put_detail(out, decision, "cause", "cause");
	put_detail(out, decision, "reason", "reason");
	put_detail(out, decision, "nearest", "nearest rule");
	put_detail(out, decision, "facts", "directory");
	put_detail(out, decision, "next", "next step");
}

void
render_explain(FILE *out, const json_t *result)
{
	put_value(out, result, "decision", "decision");
	put_value(out, result, "code", "code");
	put_value(out, result, "zone", "zone");
	put_value(out, result, "stage", "stage");
	put_detail(out, result, "rule", "rule");
	put_detail(out, result, "reason", "reason");
	put_detail(out, result, "nearest", "nearest rule");
	put_detail(out, result, "facts", "directory");
}

void
render_updates(FILE *out, const json_t *result)
{
	const json_t *list = json_object_get(result, "updates");
	const json_t *decision;
	size_t i;

	json_array_foreach(list, i, decision) render_decision(out, decision);
}

static const char *
text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text == NULL ? "" : text;
}

/* "TIME FROM->TO - RR ; SIGNER from ADDRESS" */
void
render_change(FILE *out, const json_t *change)
{
	const char *what = text_of(change, "change");
	char when[CELL_SIZE], from[CELL_SIZE], to[CELL_SIZE];

	(void)fprintf(out, "%s %s->%s ",
	    cell_time(json_object_get(change, "time"), when),
	    cell_text(json_object_get(change, "serial_from"), from),
	    cell_text(json_object_get(change, "serial_to"), to));
	if (strcmp(what, "delete") == 0 || strcmp(what, "add") == 0) {
		(void)fputs(what[0] == 'a' ? "+ " : "- ", out);
		render_text(out, text_of(change, "rr"));
	} else {
		render_text(out, what);
	}
	(void)fputs(" ; ", out);
	render_text(out, text_of(change, "signer"));
	if (text_of(change, "address")[0] != '\0')
		(void)fputs(" from ", out);
	render_text(out, text_of(change, "address"));
	(void)fputc('\n', out);
}

void
render_zone_purge(FILE *out, const json_t *result)
{
	put_value(out, result, "zone", "purged");
}

static void
put_finding(FILE *out, const json_t *finding)
{
	render_text(out, text_of(finding, "weight"));
	(void)fputs(": ", out);
	render_text(out, text_of(finding, "where"));
	(void)fputs(": ", out);
	render_text(out, text_of(finding, "what"));
	(void)fputs("\n    ", out);
	render_text(out, text_of(finding, "meaning"));
	(void)fputc('\n', out);
}

void
render_check(FILE *out, const json_t *result)
{
	static const char *const keys[] = {"segments", "first_lsn", "last_lsn",
	    "changesets", "zones", "damages", "notes"};
	char cells[sizeof(keys) / sizeof(keys[0])][CELL_SIZE];
	const json_t *finding;
	size_t i;

	json_array_foreach(json_object_get(result, "findings"), i, finding)
	    put_finding(out, finding);
	for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		(void)cell_text(json_object_get(result, keys[i]), cells[i]);
	(void)fprintf(out,
	    "%s log segments, groups %s to %s, %s changesets; %s zones: %s "
	    "damages, %s notes\n",
	    cells[0], cells[1], cells[2], cells[3], cells[4], cells[5],
	    cells[6]);
}

void
render_nothing(FILE *out, const json_t *result)
{
	(void)out;
	(void)result;
}
