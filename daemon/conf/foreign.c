/*
 * foreign.c - statements of BIND 9 that are not ours
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What would not change who may do what, or what is served, is accepted with
 * a warning; what would is an error, unless its value asks for what we do
 * anyway ("recursion no").
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "daemon/conf/block.h"
#include "daemon/conf/reading.h"
#include "daemon/conf/row.h"
#include "daemon/conf/tree.h"

/* Tuning, resolving, validating and logging: nothing that we do. */
static const char *const idle[] = {"allow-notify", "alt-transfer-source",
    "alt-transfer-source-v6", "answer-cookie", "auth-nxdomain",
    "automatic-interface-scan", "avoid-v4-udp-ports", "avoid-v6-udp-ports",
    "bindkeys-file", "check-dup-records", "check-integrity", "check-mx",
    "check-mx-cname", "check-names", "check-sibling", "check-spf",
    "check-srv-cname", "check-svcb", "check-wildcard", "cleaning-interval",
    "clients-per-query", "cookie-algorithm", "cookie-secret", "coresize",
    "datasize", "deny-answer-addresses", "deny-answer-aliases", "dialup",
    "disable-algorithms", "disable-ds-digests", "disable-empty-zone",
    "dnskey-sig-validity", "dnsrps-enable", "dnsrps-options",
    "dnssec-accept-expired", "dnssec-dnskey-kskonly", "dnssec-enable",
    "dnssec-loadkeys-interval", "dnssec-lookaside", "dnssec-must-be-secure",
    "dnssec-secure-to-insecure", "dnssec-update-mode", "dnssec-validation",
    "dnstap", "dnstap-identity", "dnstap-output", "dnstap-version", "dscp",
    "dual-stack-servers", "dump-file", "edns", "edns-udp-size", "edns-version",
    "empty-contact", "empty-server", "empty-zones-enable", "fetch-quota-params",
    "fetches-per-server", "fetches-per-zone", "files",
    "flush-zones-on-shutdown", "forward", "fstrm-set-buffer-hint",
    "fstrm-set-flush-timeout", "fstrm-set-input-queue-size",
    "fstrm-set-output-notify-threshold", "fstrm-set-output-queue-model",
    "fstrm-set-output-queue-size", "fstrm-set-reopen-interval",
    "geoip-directory", "geoip-use-ecs", "glue-cache", "heartbeat-interval",
    "hostname", "http-listener-clients", "http-port",
    "http-streams-per-connection", "https-port", "interface-interval",
    "ipv4only-contact", "ipv4only-enable", "ipv4only-server",
    "ixfr-from-differences", "journal", "keep-response-order", "key-directory",
    "lame-ttl", "lmdb-mapsize", "lock-file", "logging", "managed-keys",
    "managed-keys-directory", "masterfile-style", "match-mapped-addresses",
    "max-cache-size", "max-cache-ttl", "max-clients-per-query",
    "max-ixfr-ratio", "max-ncache-ttl", "max-query-count", "max-query-restarts",
    "max-records-per-type", "max-recursion-depth", "max-recursion-queries",
    "max-refresh-time", "max-retry-time", "max-rsa-exponent-size",
    "max-stale-ttl", "max-transfer-idle-in", "max-transfer-idle-out",
    "max-transfer-time-in", "max-types-per-name", "max-zone-ttl",
    "memstatistics", "memstatistics-file", "message-compression",
    "min-cache-ttl", "min-ncache-ttl", "min-refresh-time", "min-retry-time",
    "minimal-any", "minimal-responses", "multi-master", "new-zones-directory",
    "no-case-compress", "nocookie-udp-size", "notify-delay", "notify-rate",
    "notify-to-soa", "nsec3-test-zone", "nta-lifetime", "nta-recheck",
    "nxdomain-redirect", "padding", "parental-source", "parental-source-v6",
    "pid-file", "preferred-glue", "prefetch", "qname-minimization",
    "query-source", "query-source-v6", "querylog", "queryport-pool-ports",
    "queryport-pool-updateinterval", "random-device", "recursing-file",
    "recursive-clients", "request-expire", "request-ixfr", "request-nsid",
    "require-server-cookie", "reserved-sockets", "resolver-nonbackoff-tries",
    "resolver-query-timeout", "resolver-retry-interval", "response-padding",
    "reuseport", "root-delegation-only", "root-key-sentinel", "rrset-order",
    "secroots-file", "send-cookie", "serial-query-rate", "servfail-ttl",
    "sig-signing-nodes", "sig-signing-signatures", "sig-signing-type",
    "sig-validity-interval", "sortlist", "stacksize",
    "stale-answer-client-timeout", "stale-answer-enable", "stale-answer-ttl",
    "stale-cache-enable", "stale-refresh-time", "startup-notify-rate",
    "statistics-file", "synth-from-dnssec", "tcp-advertised-timeout",
    "tcp-initial-timeout", "tcp-keepalive", "tcp-keepalive-timeout",
    "tcp-listen-queue", "tcp-only", "tcp-receive-buffer", "tcp-send-buffer",
    "tkey-dhkey", "tkey-domain", "tls-port", "transfer-format",
    "transfer-message-size", "transfer-source", "transfer-source-v6",
    "transfers", "transfers-in", "transfers-per-ns", "trust-anchor-telemetry",
    "trust-anchors", "trusted-keys", "try-tcp-refresh", "udp-receive-buffer",
    "udp-send-buffer", "update-check-ksk", "update-quota",
    "use-alt-transfer-source", "use-v4-udp-ports", "use-v6-udp-ports",
    "v6-bias", "validate-except", "version", "zero-no-soa-ttl",
    "zero-no-soa-ttl-cache", "zone-statistics"};

/* What would change who may do what, or what is served. */
static const struct {
	const char *name;
	const char *same; /* value that asks for what we do; NULL: none */
} active[] = {
    {"allow-new-zones", "no"},
    {"allow-query-cache", "{ none; }"},
    {"allow-query-cache-on", "{ none; }"},
    {"allow-query-on", "{ any; }"},
    {"allow-recursion", "{ none; }"},
    {"allow-recursion-on", "{ none; }"},
    {"allow-update-forwarding", "{ none; }"},
    {"attach-cache", NULL},
    {"auto-dnssec", "off"},
    {"blackhole", "{ none; }"},
    {"bogus", "no"},
    {"catalog-zones", NULL},
    {"controls", "{ }"},
    {"database", "rbt"},
    {"delegation-only", "no"},
    {"dlz", NULL},
    {"dns64", NULL},
    {"dns64-contact", NULL},
    {"dns64-server", NULL},
    {"dnssec-policy", "none"},
    {"dyndb", NULL},
    {"forwarders", "{ }"},
    {"http", NULL},
    {"in-view", NULL},
    {"inline-signing", "no"},
    {"masterfile-format", "text"},
    {"masters", NULL},
    {"parental-agents", NULL},
    {"plugin", NULL},
    {"port", "53"},
    {"primaries", NULL},
    {"provide-ixfr", "yes"},
    {"recursion", "no"},
    {"remote-servers", NULL},
    {"response-policy", NULL},
    {"server-addresses", NULL},
    {"server-names", NULL},
    {"session-keyalg", NULL},
    {"session-keyname", NULL},
    {"statistics-channels", "{ }"},
    {"tls", NULL},
    {"view", NULL},
    {"match-clients", NULL},
    {"match-destinations", NULL},
    {"match-recursive-only", NULL},
};

static void
block_text(FILE *f, const struct block *block)
{
	(void)fputs("{ ", f);
	for (size_t i = 0; i < block->n; i++) {
		const struct statement *s = block->items[i];

		for (size_t j = 0; j < s->n; j++)
			(void)fprintf(f, "%s%s", j == 0 ? "" : " ",
			    s->items[j].text);
		(void)fputs("; ", f);
	}
	(void)fputc('}', f);
}

/* True if s has the value text and nothing else; "false" is "no". */
static bool
value_is(struct reading *rd, const struct statement *s, const char *text)
{
	char *is = NULL;
	size_t len;
	FILE *f;
	bool equal;

	if (s->n != 2)
		return false;
	if (s->items[1].kind != ITEM_BLOCK) {
		static const char *const no[] = {"no", "false", "0", NULL};
		static const char *const yes[] = {"yes", "true", "1", NULL};
		const char *value = s->items[1].text;

		return strcasecmp(value, text) == 0 ||
		    (strcmp(text, "no") == 0 && word_index(no, value) != -1) ||
		    (strcmp(text, "yes") == 0 && word_index(yes, value) != -1);
	}
	f = open_memstream(&is, &len);
	if (f == NULL) {
		rd->is_nomem = true;
		return false;
	}
	block_text(f, &s->items[1].block);
	equal = fclose(f) == 0 && strcasecmp(is, text) == 0;
	free(is);
	return equal;
}

static bool
is_idle(const char *name)
{
	for (size_t i = 0; i < sizeof(idle) / sizeof(idle[0]); i++)
		if (strcasecmp(idle[i], name) == 0)
			return true;
	return false;
}

static void
active_check(struct reading *rd, const struct statement *s, const char *name,
    const char *same)
{
	if (same != NULL && value_is(rd, s, same))
		reading_warning(rd, &s->place, "%s: has no effect", name);
	else if (same != NULL)
		reading_error(rd, &s->place,
		    "%s: not supported yet, other than \"%s %s;\"", name, name,
		    same);
	else
		reading_error(rd, &s->place, "%s: not supported yet", name);
}

bool
foreign_check(struct reading *rd, const struct row *in,
    const struct statement *s)
{
	const char *name = s->items[0].text;

	/* Our own blocks have no statements of BIND's. */
	if (in != NULL && in->kind != &kind_options &&
	    in->kind != &kind_zones && in->kind != &kind_servers)
		return false;
	if (is_idle(name)) {
		reading_warning(rd, &s->place, "%s: has no effect", name);
		return true;
	}
	for (size_t i = 0; i < sizeof(active) / sizeof(active[0]); i++)
		if (strcasecmp(active[i].name, name) == 0) {
			active_check(rd, s, active[i].name, active[i].same);
			return true;
		}
	return false;
}
