/*
 * fuzz_policy_rule.c - update-policy rules, whatever is written
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What is read as a rule must decide without harm, must grant nothing to who
 * has not signed, and must be read again from the text it is told with.
 */
#include <stdlib.h>
#include <string.h>

#include "daemon/dns/types.h"
#include "daemon/policy/rule.h"

#define SOURCE "s"
#define SOURCE_LEN (sizeof(" (" SOURCE ")") - 1)

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t len);

static void
ignore(void *arg, const char *source, const char *what)
{
	(void)arg;
	if (strcmp(source, SOURCE) != 0 || *what == '\0')
		abort();
}

static struct policy_book *
read_rule(const struct name *apex, const char *text)
{
	struct policy_rule_text rule = {text, SOURCE, POLICY_FROM_FILE};
	struct policy_book_source source = {.apex = apex,
	    .rules = &rule,
	    .n = 1,
	    .has_directory = true,
	    .complain = ignore};
	struct policy_book *b;

	(void)policy_book_create(&source, &b);
	return b;
}

static void
ask(const struct policy_book *b, const struct signer *signer, uint16_t type,
    const struct name *owner, const struct name *target)
{
	struct addr address = {0};
	struct policy_question q = {.by.signer = signer,
	    .by.address = &address,
	    .owner = owner->octets,
	    .type = type};
	struct policy_decision d;
	struct reason reason;

	if (target != NULL) {
		q.rdata = target->octets;
		q.rdata_len = target->len;
	}
	policy_decide(b, &q, &d);
	policy_explain(&q, &d, &reason);
	if (reason.text[0] == '\0')
		abort();
	if (signer->kind == SIGNER_NONE && d.verdict != POLICY_NO_MATCH)
		abort();
}

static void
ask_as(const struct policy_book *b, const struct signer *signer)
{
	struct name host, target;

	(void)name_from_text("pc1.ad.test", NULL, &host);
	(void)name_from_text("pc2.ad.test", NULL, &target);
	ask(b, signer, TYPE_A, &host, NULL);
	ask(b, signer, TYPE_ANY, &host, NULL);
	ask(b, signer, TYPE_PTR, &host, NULL);
	ask(b, signer, TYPE_PTR, &target, &host);
}

static void
ask_all(const struct policy_book *b)
{
	static const char *const principals[] = {"PC1$@AD.TEST",
	    "host/pc1.ad.test@AD.TEST", "a\\@b/c/d@X"};
	struct signer signer = {.kind = SIGNER_NONE};
	struct reason reason;

	ask_as(b, &signer);
	signer.kind = SIGNER_KEY;
	(void)name_from_text("k.ad.test", NULL, &signer.key_name);
	ask_as(b, &signer);
	signer.kind = SIGNER_PRINCIPAL;
	for (size_t i = 0; i < 3; i++) {
		if (principal_from_text(principals[i], &signer.principal,
			&reason) != 0)
			abort();
		ask_as(b, &signer);
		principal_unref(signer.principal);
	}
}

static void
read_again(const struct policy_book *b, const struct name *apex)
{
	const char *text = policy_rule_to_text(policy_book_rule_at(b, 0));
	char *rule = strndup(text, strlen(text) - SOURCE_LEN);
	struct policy_book *again;

	if (rule == NULL)
		return;
	again = read_rule(apex, rule);
	if (again == NULL)
		abort();
	policy_book_unref(again);
	free(rule);
}

int
LLVMFuzzerTestOneInput(const uint8_t *octets, size_t len)
{
	char *text = strndup((const char *)octets, len);
	struct policy_book *b = NULL;
	struct name apex;

	if (text == NULL || name_from_text("ad.test", NULL, &apex) != 0)
		goto done;
	b = read_rule(&apex, text);
	if (b == NULL)
		goto done;
	ask_all(b);
	read_again(b, &apex);
done:
	policy_book_unref(b);
	free(text);
	return 0;
}
