/*
 * bench_policy.c - what a decision costs by the number of rules
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * bench_policy [rules]...: nanoseconds of a decision that grants by the last
 * rule, and of one that refuses, with that many rules of each kind before.
 */
#include <stdio.h>
#include <stdlib.h>

#include "daemon/base/clock.h"
#include "daemon/dns/types.h"
#include "daemon/policy/policy.h"

#define ROUNDS 200000

/* Rules that do not match; %zu makes each another one. */
static const char *const kinds[] = {
    "grant H%zu$@AD.TEST name h%zu.ad.test A AAAA",
    "grant k%zu.test zonesub A",
    "grant * name h%zu.ad.test A",
    "grant * subdomain d%zu.ad.test A",
    "grant group S-1-5-21-1-2-3-%zu name h%zu.ad.test",
    "grant R%zu.TEST ms-self . A",
};

static void
fail(void *arg, const char *source, const char *what)
{
	(void)arg;
	(void)fprintf(stderr, "%s: %s\n", source, what);
	exit(1);
}

static struct policy_book *
make_book(const char *kind, size_t n)
{
	struct policy_rule_text *rules = calloc(n, sizeof(*rules));
	struct policy_book_source source = {.rules = rules,
	    .n = n,
	    .complain = fail};
	struct policy_book *b;
	struct name apex;
	char *text;

	if (rules == NULL || name_from_text("ad.test", NULL, &apex) != 0)
		exit(1);
	source.apex = &apex;
	for (size_t i = 0; i < n; i++) {
		if (i == n - 1)
			kind = "grant AD.TEST ms-self . A AAAA";
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
		if (asprintf(&text, kind, i + 100, i + 100) < 0)
			exit(1);
#pragma GCC diagnostic pop
		rules[i] =
		    (struct policy_rule_text){text, "bench", POLICY_FROM_FILE};
	}
	if (policy_book_create(&source, &b) != 0)
		exit(1);
	for (size_t i = 0; i < n; i++)
		free((char *)(uintptr_t)rules[i].text);
	free(rules);
	return b;
}

static double
measure(const struct policy_book *b, const char *owner)
{
	struct signer signer = {.kind = SIGNER_PRINCIPAL};
	struct policy_question q = {.by.signer = &signer, .type = TYPE_A};
	struct policy_decision d;
	struct reason reason;
	uint64_t start;
	struct name n;

	if (principal_from_text("PC1$@AD.TEST", &signer.principal, &reason) !=
		0 ||
	    name_from_text(owner, NULL, &n) != 0)
		exit(1);
	q.owner = n.octets;
	start = clock_mono_ns();
	for (int i = 0; i < ROUNDS; i++) {
		policy_decide(b, &q, &d);
		__asm__ volatile("" : : "r"(&d) : "memory");
	}
	principal_unref(signer.principal);
	return (double)(clock_mono_ns() - start) / ROUNDS;
}

static void
bench(size_t n)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		struct policy_book *b = make_book(kinds[i], n);

		(void)printf("%6zu rules: grant %6.0f ns, refusal %6.0f ns  "
			     "%s\n",
		    n, measure(b, "pc1.ad.test"), measure(b, "x.pc2.ad.test"),
		    kinds[i]);
		policy_book_unref(b);
	}
}

int
main(int argc, char **argv)
{
	if (argc == 1) {
		bench(20);
		bench(1000);
	}
	for (int i = 1; i < argc; i++)
		bench(strtoul(argv[i], NULL, 10));
	return 0;
}
