/*
 * test_directory.c - connections to directory servers that come and go
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/slapd.h"
#include "tests/unit/suites.h"

#define SOON_MS 60000 /* where all is well it is at once */
#define ENDS_MS 15000 /* what waits for a server takes longer */

static struct directory *d;
static struct directory_state state;

static bool
is_up(void)
{
	directory_state(d, &state);
	return state.is_up;
}

static bool
is_down(void)
{
	directory_state(d, &state);
	return !state.is_up;
}

static bool
has_error(void)
{
	directory_state(d, &state);
	return state.error[0] != '\0';
}

static bool
has_live_grants(void)
{
	directory_state(d, &state);
	return state.grants_are_live;
}

static bool
is_up_at_one(void)
{
	return is_up() && strcmp(state.uri, slapd_uri(SLAPD_ONE)) == 0;
}

static void
comes_up(const struct directory_config *config)
{
	d = watch_directory(config);
	CU_ASSERT(watch_for(is_up, SOON_MS));
	if (!state.is_up)
		(void)fprintf(stderr, "%s\n", state.error);
}

/* It does not come up, and says something like this. */
static void
does_not_come_up(const struct directory_config *config, const char *why)
{
	d = watch_directory(config);
	CU_ASSERT(watch_for(has_error, SOON_MS));
	CU_ASSERT(!state.is_up);
	CU_ASSERT_PTR_NOT_NULL(strstr(state.error, why));
	if (strstr(state.error, why) == NULL)
		(void)fprintf(stderr, "not \"%s\": %s\n", why, state.error);
	CU_ASSERT(watch_end() < ENDS_MS);
}

static void
test_simple_bind_over_starttls_sees_grants(void)
{
	struct directory_config c = slapd_config();

	slapd_start(SLAPD_ONE);
	comes_up(&c);
	CU_ASSERT(watch_for(has_live_grants, SOON_MS));
	CU_ASSERT(state.is_protected);
	CU_ASSERT(!state.is_active_directory);
	CU_ASSERT_EQUAL(state.follow, DIRECTORY_FOLLOW_SYNC);
	CU_ASSERT_STRING_EQUAL(state.uri, slapd_uri(SLAPD_ONE));
	CU_ASSERT_STRING_EQUAL(state.error, "");
	CU_ASSERT(state.since > 0 && state.last_success >= state.since);
	CU_ASSERT(watch_for(watch_controllers_told, SOON_MS));
	CU_ASSERT(watch_end() < ENDS_MS);
}

static void
test_simple_bind_over_ldaps_works(void)
{
	struct directory_config c = slapd_config();
	const char *uri = slapd_tls_uri(SLAPD_ONE);

	slapd_start(SLAPD_ONE);
	c.uris.items = &uri;
	c.start_tls = false;
	comes_up(&c);
	CU_ASSERT(state.is_protected);
	(void)watch_end();
}

static void
test_anonymous_is_not_protected_in_the_clear(void)
{
	struct directory_config c = slapd_config();

	slapd_start(SLAPD_ONE);
	c.bind = DIRECTORY_BIND_ANONYMOUS;
	c.start_tls = false;
	c.policy_base = NULL;
	comes_up(&c);
	CU_ASSERT(!state.is_protected);
	CU_ASSERT_EQUAL(state.follow, DIRECTORY_FOLLOW_NONE);
	(void)watch_end();
}

/* Rules are hidden from those who have not logged in. */
static void
test_anonymous_sees_no_grants(void)
{
	struct directory_config c = slapd_config();

	slapd_start(SLAPD_ONE);
	c.bind = DIRECTORY_BIND_ANONYMOUS;
	comes_up(&c);
	CU_ASSERT(watch_for(has_error, SOON_MS));
	CU_ASSERT_PTR_NOT_NULL(strstr(state.error, "No such object"));
	CU_ASSERT(!state.grants_are_loaded && !state.grants_are_live);
	CU_ASSERT_EQUAL(watch_n_grants_told(), 0);
	(void)watch_end();
}

static void
test_gssapi_bind_with_a_layer_of_its_own(void)
{
	struct directory_config c = slapd_config();

	slapd_start(SLAPD_ONE);
	c.bind = DIRECTORY_BIND_GSSAPI;
	c.start_tls = false;
	comes_up(&c);
	CU_ASSERT(watch_for(has_live_grants, SOON_MS));
	CU_ASSERT(state.is_protected);
	(void)watch_end();
}

static void
test_gssapi_bind_within_tls(void)
{
	struct directory_config c = slapd_config();

	slapd_start(SLAPD_ONE);
	c.bind = DIRECTORY_BIND_GSSAPI;
	c.bind_principal = "NS1$@AD.TEST";
	comes_up(&c);
	CU_ASSERT(watch_for(has_live_grants, SOON_MS));
	(void)watch_end();
}

static void
test_gssapi_without_a_key_says_so(void)
{
	struct directory_config c = slapd_config();
	const char *keytab = "FILE:/nonexistent/keytab";

	slapd_start(SLAPD_ONE);
	c.bind = DIRECTORY_BIND_GSSAPI;
	c.bind_principal = "nobody@AD.TEST";
	does_not_come_up(&c, "keytab");
	c.keytabs.items = &keytab;
	does_not_come_up(&c, "/nonexistent/keytab");
}

static void
test_wrong_certificates_are_refused(void)
{
	struct directory_config c = slapd_config();
	const char *uri = slapd_tls_uri(SLAPD_TWO);

	slapd_start(SLAPD_ONE);
	slapd_start(SLAPD_TWO);
	c.ca_file = slapd_path("other-ca.pem");
	does_not_come_up(&c, "TLS");
	c.ca_file = slapd_path("ca.pem");
	c.uris.items = &uri; /* of another host */
	does_not_come_up(&c, "TLS");
	c.ca_file = "/nonexistent/ca.pem";
	does_not_come_up(&c, "/nonexistent/ca.pem: No such file");
	slapd_stop(SLAPD_TWO);
}

static void
write_password(const char *path, const char *text, mode_t mode)
{
	FILE *f = fopen(path, "we");

	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	(void)fputs(text, f);
	(void)fclose(f);
	(void)chmod(path, mode);
}

static void
test_bad_passwords_are_named(void)
{
	struct directory_config c = slapd_config();

	slapd_start(SLAPD_ONE);
	c.bind_password_file = slapd_path("bad");
	does_not_come_up(&c, "bad: No such file");
	write_password(c.bind_password_file, "wrong\n", 0600);
	does_not_come_up(&c, "Invalid credentials");
	write_password(c.bind_password_file, "\n", 0600);
	does_not_come_up(&c, "is empty");
	write_password(c.bind_password_file, "secret\n", 0644);
	does_not_come_up(&c, "chmod 600");
}

static void
test_the_second_server_stands_in_for_the_first(void)
{
	struct directory_config c = slapd_config();
	const char *uris[2] = {slapd_uri(SLAPD_ONE), slapd_uri(SLAPD_TWO)};

	slapd_stop(SLAPD_ONE);
	slapd_start(SLAPD_TWO);
	c.uris = (struct directory_texts){uris, 2};
	c.bind = DIRECTORY_BIND_GSSAPI;
	c.start_tls = false;
	comes_up(&c);
	CU_ASSERT_STRING_EQUAL(state.uri, uris[1]);
	CU_ASSERT_PTR_NOT_NULL(strstr(state.error, "Connection refused"));

	/* And the first takes over when it is back. */
	slapd_start(SLAPD_ONE);
	directory_hurry(d);
	CU_ASSERT(watch_for(is_up_at_one, SOON_MS));
	CU_ASSERT(watch_for(has_live_grants, SOON_MS));
	(void)watch_end();
	slapd_stop(SLAPD_TWO);
}

static void
test_a_killed_server_is_noticed_and_comes_back(void)
{
	struct directory_config c = slapd_config();

	slapd_start(SLAPD_ONE);
	comes_up(&c);
	CU_ASSERT(watch_for(has_live_grants, SOON_MS));
	slapd_stop(SLAPD_ONE);
	CU_ASSERT(watch_for(is_down, 1000));
	CU_ASSERT(state.grants_are_loaded);
	CU_ASSERT(!state.grants_are_live);
	CU_ASSERT(has_error());
	slapd_start(SLAPD_ONE);
	CU_ASSERT(watch_for(is_up, SOON_MS));
	CU_ASSERT(watch_for(has_live_grants, SOON_MS));
	(void)watch_end();
}

static const struct directory_principal pc1 = {.name = "PC1$@AD.TEST",
    .first = "PC1$"};

static void
test_a_hanging_server_is_noticed(void)
{
	struct directory_config c = slapd_config();
	struct watch_answer a;

	slapd_start(SLAPD_ONE);
	c.timeout_s = 1;
	comes_up(&c);
	CU_ASSERT(watch_for(has_live_grants, SOON_MS));
	slapd_pause(SLAPD_ONE);
	a = watch_ask(&pc1);
	CU_ASSERT_EQUAL(a.answer, FACTS_FAILED);
	CU_ASSERT(a.took_ms >= 900 && a.took_ms < ENDS_MS);
	CU_ASSERT(watch_for(is_down, SOON_MS));
	CU_ASSERT_PTR_NOT_NULL(strstr(state.error, "does not answer"));
	slapd_resume(SLAPD_ONE);
	CU_ASSERT(watch_for(has_live_grants, SOON_MS));
	(void)watch_end();
	c.timeout_s = 60;
	comes_up(&c);
	slapd_pause(SLAPD_ONE);
	CU_ASSERT(watch_end() < ENDS_MS);
	slapd_resume(SLAPD_ONE);
}

/* Listens, and says nothing; the port is put into uri. */
static int
listen_silently(const char *scheme, char uri[64])
{
	struct sockaddr_in a = {.sin_family = AF_INET};
	socklen_t len = sizeof(a);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	CU_ASSERT_FATAL(fd != -1);
	CU_ASSERT_EQUAL_FATAL(bind(fd, (struct sockaddr *)&a, len), 0);
	CU_ASSERT_EQUAL_FATAL(listen(fd, 16), 0);
	CU_ASSERT_EQUAL_FATAL(getsockname(fd, (struct sockaddr *)&a, &len), 0);
	(void)snprintf(uri, 64, "%s://localhost:%d", scheme, ntohs(a.sin_port));
	return fd;
}

/* A server that accepts and never answers holds up neither us nor others. */
static void
silent_server_is_passed_over(const char *scheme)
{
	struct directory_config c = slapd_config();
	char silent[64];
	const char *uris[2] = {silent, slapd_uri(SLAPD_ONE)};
	int fd = listen_silently(scheme, silent);
	struct watch_answer a;

	slapd_start(SLAPD_ONE);
	c.uris = (struct directory_texts){uris, 2};
	c.timeout_s = 1;
	d = watch_directory(&c);
	CU_ASSERT(watch_for(is_up_at_one, SOON_MS));
	(void)watch_end();

	c.uris.n = 1;
	d = watch_directory(&c);
	a = watch_ask(&pc1);
	CU_ASSERT_EQUAL(a.answer, FACTS_FAILED);
	CU_ASSERT_EQUAL(a.n_calls, 1);
	CU_ASSERT(a.took_ms < ENDS_MS);
	CU_ASSERT(watch_end() < ENDS_MS);
	(void)close(fd);
}

static void
test_a_silent_server_is_passed_over(void)
{
	silent_server_is_passed_over("ldap");
}

static void
test_a_silent_tls_handshake_is_passed_over(void)
{
	silent_server_is_passed_over("ldaps");
}

static void
test_stop_answers_what_is_asked(void)
{
	struct directory_config c = slapd_config();
	char silent[64];
	const char *uri = silent;
	int fd = listen_silently("ldaps", silent);

	c.uris.items = &uri;
	c.timeout_s = 60;
	d = watch_directory(&c);
	(void)watch_for(has_error, 300); /* it is in the handshake by now */
	CU_ASSERT(!state.is_up);
	CU_ASSERT(watch_end() < ENDS_MS);
	(void)close(fd);
}

static void
test_mistakes_of_the_configuration_are_named(void)
{
	struct directory_config c = slapd_config();
	char reason[DIRECTORY_REASON_SIZE];
	const char *uri = "http://localhost";

	CU_ASSERT_EQUAL(directory_check(&c, reason), 0);
	c.start_tls = false;
	CU_ASSERT_EQUAL(directory_check(&c, reason), -1);
	CU_ASSERT_PTR_NOT_NULL(strstr(reason, "password in the clear"));
	c = slapd_config();
	c.uris.items = &uri;
	CU_ASSERT_EQUAL(directory_check(&c, reason), -1);
	CU_ASSERT_PTR_NOT_NULL(strstr(reason, "not an LDAP URI"));
	c = slapd_config();
	c.base = "no name";
	CU_ASSERT_EQUAL(directory_check(&c, reason), -1);
	CU_ASSERT_STRING_EQUAL(reason,
	    "base: no name is not a distinguished name");
	c = slapd_config();
	c.principal_filter = "(uid=%x)";
	CU_ASSERT_EQUAL(directory_check(&c, reason), -1);
	CU_ASSERT_PTR_NOT_NULL(strstr(reason, "principal-filter: %x"));
	c = slapd_config();
	c.group_attribute = "member)(of";
	CU_ASSERT_EQUAL(directory_check(&c, reason), -1);
	c = slapd_config();
	c.bind_dn = NULL;
	CU_ASSERT_EQUAL(directory_check(&c, reason), -1);
	c = slapd_config();
	c.bind = DIRECTORY_BIND_GSSAPI;
	c.keytabs.n = 0;
	CU_ASSERT_EQUAL(directory_check(&c, reason), -1);
	c = slapd_config();
	c.timeout_s = 0;
	CU_ASSERT_EQUAL(directory_check(&c, reason), -1);
}

CU_TestInfo directory_tests[] = {
    {"simple bind over StartTLS sees grants",
	test_simple_bind_over_starttls_sees_grants},
    {"simple bind over ldaps works", test_simple_bind_over_ldaps_works},
    {"anonymous is not protected in the clear",
	test_anonymous_is_not_protected_in_the_clear},
    {"anonymous sees no grants", test_anonymous_sees_no_grants},
    {"gssapi bind with a layer of its own",
	test_gssapi_bind_with_a_layer_of_its_own},
    {"gssapi bind within TLS", test_gssapi_bind_within_tls},
    {"gssapi without a key says so", test_gssapi_without_a_key_says_so},
    {"wrong certificates are refused", test_wrong_certificates_are_refused},
    {"bad passwords are named", test_bad_passwords_are_named},
    {"the second server stands in for the first",
	test_the_second_server_stands_in_for_the_first},
    {"a killed server is noticed and comes back",
	test_a_killed_server_is_noticed_and_comes_back},
    {"a hanging server is noticed", test_a_hanging_server_is_noticed},
    {"a silent server is passed over", test_a_silent_server_is_passed_over},
    {"a silent TLS handshake is passed over",
	test_a_silent_tls_handshake_is_passed_over},
    {"stop answers what is asked", test_stop_answers_what_is_asked},
    {"mistakes of the configuration are named",
	test_mistakes_of_the_configuration_are_named},
    CU_TEST_INFO_NULL,
};
