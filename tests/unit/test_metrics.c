/*
 * test_metrics.c - the text in which metrics are read by machines
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <stdlib.h>
#include <string.h>

#include "tests/unit/suites.h"
#include "web/metrics.h"

static const struct metrics_family a_counter = {
    METRICS_COUNTER,
    "kddns_things",
    NULL,
    "Things.",
};

static void
ends_as(struct metrics *m, const char *expected)
{
	size_t len;
	char *text = metrics_end(m, &len);

	CU_ASSERT_PTR_NOT_NULL_FATAL(text);
	CU_ASSERT_STRING_EQUAL(text, expected);
	CU_ASSERT_EQUAL(len, strlen(expected));
	free(text);
}

static void
test_a_counter_is_named_as_its_format_wants(void)
{
	struct metrics *m = metrics_create(METRICS_OPENMETRICS);

	metrics_begin(m, &a_counter);
	metrics_count(m, 7, "zone", "a.test", "result", "done", NULL);
	metrics_count(m, UINT64_MAX, NULL);
	ends_as(m,
	    "# TYPE kddns_things counter\n"
	    "# HELP kddns_things Things.\n"
	    "kddns_things_total{zone=\"a.test\",result=\"done\"} 7\n"
	    "kddns_things_total 18446744073709551615\n"
	    "# EOF\n");
	m = metrics_create(METRICS_TEXT);
	metrics_begin(m, &a_counter);
	metrics_count(m, 7, NULL);
	ends_as(m,
	    "# TYPE kddns_things_total counter\n"
	    "# HELP kddns_things_total Things.\n"
	    "kddns_things_total 7\n");
}

static void
test_a_unit_stands_in_openmetrics_alone(void)
{
	static const struct metrics_family family = {METRICS_GAUGE,
	    "kddns_age_seconds", "seconds", "How \"old\".\nReally."};
	struct metrics *m = metrics_create(METRICS_OPENMETRICS);

	metrics_begin(m, &family);
	metrics_number(m, 1.5, NULL);
	metrics_number(m, -3, "a", "b", NULL);
	ends_as(m,
	    "# TYPE kddns_age_seconds gauge\n"
	    "# UNIT kddns_age_seconds seconds\n"
	    "# HELP kddns_age_seconds How \\\"old\\\".\\nReally.\n"
	    "kddns_age_seconds 1.5\n"
	    "kddns_age_seconds{a=\"b\"} -3.0\n"
	    "# EOF\n");
	m = metrics_create(METRICS_TEXT);
	metrics_begin(m, &family);
	ends_as(m,
	    "# TYPE kddns_age_seconds gauge\n"
	    "# HELP kddns_age_seconds How \"old\".\\nReally.\n");
}

static void
test_label_values_are_escaped(void)
{
	struct metrics *m = metrics_create(METRICS_TEXT);

	metrics_begin(m, &a_counter);
	metrics_count(m, 1, "a", "q\" b\\ n\n t\t", NULL);
	metrics_count(m, 2, "a", "\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80",
	    NULL);
	ends_as(m,
	    "# TYPE kddns_things_total counter\n"
	    "# HELP kddns_things_total Things.\n"
	    "kddns_things_total{a=\"q\\\" b\\\\ n\\n t\t\"} 1\n"
	    "kddns_things_total{a=\"\xc3\xa9 \xe2\x82\xac "
	    "\xf0\x9f\x98\x80\"} 2\n");
}

static void
test_what_is_not_utf8_is_replaced(void)
{
	static const char *const texts[] = {"\x80", "\xff", "\xc0\x80", "\xc3",
	    "\xe0\x80\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe2\x82"};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct metrics *m = metrics_create(METRICS_TEXT);
		size_t len;
		char *text;

		metrics_begin(m, &a_counter);
		metrics_count(m, 1, "a", texts[i], NULL);
		text = metrics_end(m, &len);
		CU_ASSERT_PTR_NOT_NULL(strstr(text, "{a=\"\xef\xbf\xbd"));
		CU_ASSERT_PTR_NULL(strstr(text, texts[i]));
		free(text);
	}
}

static void
test_a_histogram_counts_up(void)
{
	static const struct metrics_family family = {METRICS_HISTOGRAM,
	    "kddns_took_seconds", "seconds", "How long."};
	static const double bounds[] = {0.00025, 1};
	static const uint64_t counts[] = {3, 0, 2};
	const struct metrics_histogram h = {bounds, counts, 2, 4.25};
	struct metrics *m = metrics_create(METRICS_OPENMETRICS);

	metrics_begin(m, &family);
	metrics_spread(m, &h, "kind", "query", NULL);
	ends_as(m,
	    "# TYPE kddns_took_seconds histogram\n"
	    "# UNIT kddns_took_seconds seconds\n"
	    "# HELP kddns_took_seconds How long.\n"
	    "kddns_took_seconds_bucket{kind=\"query\",le=\"0.00025\"} 3\n"
	    "kddns_took_seconds_bucket{kind=\"query\",le=\"1.0\"} 3\n"
	    "kddns_took_seconds_bucket{kind=\"query\",le=\"+Inf\"} 5\n"
	    "kddns_took_seconds_count{kind=\"query\"} 5\n"
	    "kddns_took_seconds_sum{kind=\"query\"} 4.25\n"
	    "# EOF\n");
}

static void
test_an_info_is_a_gauge_to_the_older_format(void)
{
	static const struct metrics_family family = {METRICS_INFO,
	    "kddns_build", NULL, "What this is."};
	struct metrics *m = metrics_create(METRICS_OPENMETRICS);

	metrics_begin(m, &family);
	metrics_count(m, 1, "version", "1", NULL);
	ends_as(m,
	    "# TYPE kddns_build info\n# HELP kddns_build What this is.\n"
	    "kddns_build_info{version=\"1\"} 1\n# EOF\n");
	m = metrics_create(METRICS_TEXT);
	metrics_begin(m, &family);
	metrics_count(m, 1, "version", "1", NULL);
	ends_as(m,
	    "# TYPE kddns_build_info gauge\n"
	    "# HELP kddns_build_info What this is.\n"
	    "kddns_build_info{version=\"1\"} 1\n");
}

CU_TestInfo metrics_tests[] = {
    {"a counter is named as its format wants",
	test_a_counter_is_named_as_its_format_wants},
    {"a unit stands in OpenMetrics alone",
	test_a_unit_stands_in_openmetrics_alone},
    {"label values are escaped", test_label_values_are_escaped},
    {"what is not UTF-8 is replaced", test_what_is_not_utf8_is_replaced},
    {"a histogram counts up", test_a_histogram_counts_up},
    {"an info is a gauge to the older format",
	test_an_info_is_a_gauge_to_the_older_format},
    CU_TEST_INFO_NULL,
};
