/*
 * slapd.c - directory servers of a test's own, and a directory on them
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <errno.h>
#include <fcntl.h>
#include <ldap.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/unit/slapd.h"
#include "tests/unit/suites.h"

#define PATH_SIZE 512
#define START_MS 60000
#define ANSWER_MS 60000

static const char *const names[2] = {"one", "two"};
static pid_t pids[2];
static LDAP *admins[2];

void
slapd_enter(char **argv)
{
	const char *top = getenv("KDDNS_SRCDIR");
	char realm[PATH_SIZE], directory[PATH_SIZE], *args[16];

	if (getenv("DIRECTORY_DIR") != NULL)
		return;
	if (top == NULL)
		top = ".";
	(void)snprintf(realm, sizeof(realm), "%s/tests/unit/with_realm.sh",
	    top);
	(void)snprintf(directory, sizeof(directory),
	    "%s/tests/unit/with_directory.sh", top);
	args[0] = realm;
	args[1] = directory;
	for (int i = 0; i < 13; i++) {
		args[i + 2] = argv[i];
		args[i + 3] = NULL;
		if (argv[i] == NULL)
			break;
	}
	(void)execv(realm, args);
	(void)fprintf(stderr, "%s: %s (is KDDNS_SRCDIR set?)\n", realm,
	    strerror(errno));
	exit(1);
}

const char *
slapd_path(const char *name)
{
	static char paths[8][PATH_SIZE];
	static int next;
	char *path = paths[next++ % 8];

	(void)snprintf(path, PATH_SIZE, "%s/%s", getenv("DIRECTORY_DIR"), name);
	return path;
}

static int
port(enum slapd_server which, bool is_tls)
{
	static int ports[4];
	FILE *f;

	if (ports[0] == 0) {
		f = fopen(slapd_path("ports"), "re");
		CU_ASSERT_PTR_NOT_NULL_FATAL(f);
		CU_ASSERT_EQUAL_FATAL(fscanf(f, "%d %d %d %d", &ports[0],
					  &ports[1], &ports[2], &ports[3]),
		    4);
		(void)fclose(f);
	}
	return ports[2 * which + is_tls];
}

static const char *
uri_of(enum slapd_server which, bool is_tls)
{
	static char uris[4][64];
	char *uri = uris[2 * which + is_tls];

	(void)snprintf(uri, sizeof(uris[0]), "ldap%s://localhost:%d",
	    is_tls ? "s" : "", port(which, is_tls));
	return uri;
}

const char *
slapd_uri(enum slapd_server which)
{
	return uri_of(which, false);
}

const char *
slapd_tls_uri(enum slapd_server which)
{
	return uri_of(which, true);
}

static void
run_slapd(enum slapd_server which)
{
	char conf[PATH_SIZE], urls[PATH_SIZE], keytab[PATH_SIZE];
	int null = open("/dev/null", O_RDWR);

	(void)snprintf(keytab, sizeof(keytab), "FILE:%s",
	    slapd_path("ldap.keytab"));
	(void)setenv("KRB5_KTNAME", keytab, 1);
	(void)snprintf(conf, sizeof(conf), "%s/%s.conf",
	    getenv("DIRECTORY_DIR"), names[which]);
	(void)snprintf(urls, sizeof(urls),
	    "ldap://127.0.0.1:%d ldaps://127.0.0.1:%d", port(which, false),
	    port(which, true));
	(void)dup2(null, 1);
	(void)dup2(null, 2);
	(void)execlp("slapd", "slapd", "-d", "0", "-f", conf, "-h", urls,
	    (char *)NULL);
	_exit(127);
}

static void
nap(void)
{
	struct timespec t = {.tv_nsec = 20000000};

	(void)nanosleep(&t, NULL);
}

int64_t
watch_clock_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* The administrator's connection, once the server answers. */
static LDAP *
admin(enum slapd_server which)
{
	int64_t until_ms = watch_clock_ms() + START_MS;
	struct berval password = {6, (char[]){"secret"}};
	int version = LDAP_VERSION3, code = LDAP_OTHER;

	while (admins[which] == NULL && watch_clock_ms() < until_ms) {
		LDAP *ld;

		CU_ASSERT_EQUAL_FATAL(ldap_initialize(&ld, slapd_uri(which)),
		    LDAP_SUCCESS);
		(void)ldap_set_option(ld, LDAP_OPT_PROTOCOL_VERSION, &version);
		code = ldap_sasl_bind_s(ld, "cn=admin," SLAPD_BASE,
		    LDAP_SASL_SIMPLE, &password, NULL, NULL, NULL);
		if (code == LDAP_SUCCESS)
			admins[which] = ld;
		else {
			(void)ldap_unbind_ext_s(ld, NULL, NULL);
			nap();
		}
	}
	CU_ASSERT_PTR_NOT_NULL_FATAL(admins[which]);
	return admins[which];
}

static void
empty_folder(enum slapd_server which, const char *base)
{
	LDAP *ld = admin(which);
	LDAPMessage *found = NULL;

	(void)ldap_search_ext_s(ld, base, LDAP_SCOPE_ONELEVEL,
	    "(objectClass=*)", (char *[]){(char[]){"1.1"}, NULL}, 0, NULL, NULL,
	    NULL, 0, &found);
	for (LDAPMessage *e = ldap_first_entry(ld, found); e != NULL;
	     e = ldap_next_entry(ld, e)) {
		char *dn = ldap_get_dn(ld, e);

		(void)ldap_delete_ext_s(ld, dn, NULL, NULL);
		ldap_memfree(dn);
	}
	ldap_msgfree(found);
}

void
slapd_start(enum slapd_server which)
{
	if (pids[which] == 0) {
		pids[which] = fork();
		CU_ASSERT_FATAL(pids[which] != -1);
		if (pids[which] == 0)
			run_slapd(which);
	}
	empty_folder(which, SLAPD_POLICY);
	empty_folder(which, SLAPD_HOSTS);
	empty_folder(which, SLAPD_GROUPS);
}

void
slapd_stop(enum slapd_server which)
{
	if (admins[which] != NULL)
		(void)ldap_unbind_ext_s(admins[which], NULL, NULL);
	admins[which] = NULL;
	if (pids[which] == 0)
		return;
	(void)kill(pids[which], SIGKILL);
	(void)waitpid(pids[which], NULL, 0);
	pids[which] = 0;
}

void
slapd_pause(enum slapd_server which)
{
	(void)kill(pids[which], SIGSTOP);
	(void)waitpid(pids[which], NULL, WUNTRACED); /* until it is */
}

void
slapd_resume(enum slapd_server which)
{
	(void)kill(pids[which], SIGCONT);
}

#define MODS_MAX 32

/* "attribute: value" as a modification; text is cut at the colon. */
static void
read_line(char *text, LDAPMod *mod, char *values[2])
{
	char *colon = strchr(text, ':');

	CU_ASSERT_PTR_NOT_NULL_FATAL(colon);
	*colon = '\0';
	values[0] = colon + 2;
	values[1] = NULL;
	mod->mod_op = LDAP_MOD_ADD;
	mod->mod_type = text;
	mod->mod_values = values;
}

/* Values of one attribute stand together in lines. */
void
slapd_add(enum slapd_server which, const char *dn, const char *const *lines)
{
	char *texts[MODS_MAX], *values[MODS_MAX][2];
	LDAPMod mods[MODS_MAX];
	LDAPMod *all[MODS_MAX + 1];
	size_t n = 0, n_mods = 0;
	int code;

	for (; lines[n] != NULL && n < MODS_MAX; n++) {
		texts[n] = strdup(lines[n]);
		read_line(texts[n], &mods[n], values[n]);
	}
	for (size_t i = 0; i < n; i++) {
		char **together;
		size_t j = i, n_values = 0;

		while (j < n && strcmp(mods[j].mod_type, mods[i].mod_type) == 0)
			j++;
		together = calloc(j - i + 1, sizeof(*together));
		for (; i < j; i++)
			together[n_values++] = values[i][0];
		i--;
		mods[i].mod_values = together;
		all[n_mods++] = &mods[i];
	}
	all[n_mods] = NULL;
	code = ldap_add_ext_s(admin(which), dn, all, NULL, NULL);
	if (code != LDAP_SUCCESS)
		(void)fprintf(stderr, "%s: %s\n", dn, ldap_err2string(code));
	CU_ASSERT_EQUAL(code, LDAP_SUCCESS);
	for (size_t i = 0; i < n_mods; i++)
		free(all[i]->mod_values);
	for (size_t i = 0; i < n; i++)
		free(texts[i]);
}

void
slapd_delete(enum slapd_server which, const char *dn)
{
	CU_ASSERT_EQUAL(ldap_delete_ext_s(admin(which), dn, NULL, NULL),
	    LDAP_SUCCESS);
}

void
slapd_rename(enum slapd_server which, const char *dn, const char *rdn)
{
	CU_ASSERT_EQUAL(ldap_rename_s(admin(which), dn, rdn, NULL, 1, NULL,
			    NULL),
	    LDAP_SUCCESS);
}

static void
modify(enum slapd_server which, const char *dn, int op, const char *attribute,
    const char *value)
{
	char *values[] = {(char *)(uintptr_t)value, NULL};
	LDAPMod mod = {.mod_op = op,
	    .mod_type = (char *)(uintptr_t)attribute,
	    .mod_values = values};
	int code;

	code = ldap_modify_ext_s(admin(which), dn, (LDAPMod *[]){&mod, NULL},
	    NULL, NULL);
	if (code != LDAP_SUCCESS)
		(void)fprintf(stderr, "%s: %s\n", dn, ldap_err2string(code));
	CU_ASSERT_EQUAL(code, LDAP_SUCCESS);
}

void
slapd_add_value(enum slapd_server which, const char *dn, const char *attribute,
    const char *value)
{
	modify(which, dn, LDAP_MOD_ADD, attribute, value);
}

void
slapd_delete_value(enum slapd_server which, const char *dn,
    const char *attribute, const char *value)
{
	modify(which, dn, LDAP_MOD_DELETE, attribute, value);
}

struct directory_config
slapd_config(void)
{
	static const char *uris[1], *keytabs[1];
	static const char *const hosts[] = {"dNSHostName",
	    "msDS-AdditionalDnsHostName", "fqdn"};
	static char keytab[PATH_SIZE];

	uris[0] = slapd_uri(SLAPD_ONE);
	(void)snprintf(keytab, sizeof(keytab), "FILE:%s",
	    slapd_path("login.keytab"));
	keytabs[0] = keytab;
	return (struct directory_config){
	    .uris = {uris, 1},
	    .start_tls = true,
	    .ca_file = slapd_path("ca.pem"),
	    .bind = DIRECTORY_BIND_SIMPLE,
	    .bind_dn = "cn=admin," SLAPD_BASE,
	    .bind_password_file = slapd_path("password"),
	    .keytabs = {keytabs, 1},
	    .base = SLAPD_BASE,
	    .policy_base = SLAPD_POLICY,
	    .principal_filter = "(|(userPrincipalName=%p)(sAMAccountName=%a)"
				"(krbPrincipalName=%p))",
	    .hostname_attributes = {hosts, 3},
	    .group_attribute = "memberOf",
	    .timeout_s = 3,
	};
}

/* What the directory has told; guarded by lock. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t something = PTHREAD_COND_INITIALIZER;
static struct directory *watched;
static const struct grants *told, *shown;
static unsigned n_told;
static bool has_controllers;

static void
on_grants(void *arg, const struct grants *g)
{
	(void)arg;
	(void)pthread_mutex_lock(&lock);
	grants_unref(told);
	told = grants_ref(g);
	n_told++;
	(void)pthread_cond_broadcast(&something);
	(void)pthread_mutex_unlock(&lock);
}

static void
on_controllers(void *arg, const char *const *all, size_t n)
{
	(void)arg;
	(void)all;
	(void)n;
	(void)pthread_mutex_lock(&lock);
	has_controllers = true;
	(void)pthread_cond_broadcast(&something);
	(void)pthread_mutex_unlock(&lock);
}

static void
on_state(void *arg, const struct directory_state *s)
{
	(void)arg;
	(void)s;
	(void)pthread_mutex_lock(&lock);
	(void)pthread_cond_broadcast(&something);
	(void)pthread_mutex_unlock(&lock);
}

struct directory *
watch_directory(const struct directory_config *config)
{
	struct directory_config c = *config;
	char reason[DIRECTORY_REASON_SIZE];

	c.callbacks = (struct directory_callbacks){.grants = on_grants,
	    .controllers = on_controllers,
	    .state = on_state};
	n_told = 0;
	has_controllers = false;
	if (directory_create(&c, reason, &watched) != 0)
		(void)fprintf(stderr, "directory: %s\n", reason);
	CU_ASSERT_PTR_NOT_NULL_FATAL(watched);
	return watched;
}

static void
wait_a_little(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_REALTIME, &t);
	t.tv_nsec += 20000000;
	if (t.tv_nsec >= 1000000000) {
		t.tv_sec++;
		t.tv_nsec -= 1000000000;
	}
	(void)pthread_mutex_lock(&lock);
	(void)pthread_cond_timedwait(&something, &lock, &t);
	(void)pthread_mutex_unlock(&lock);
}

bool
watch_for(bool (*fact)(void), int ms)
{
	int64_t until_ms = watch_clock_ms() + ms;

	while (!fact()) {
		if (watch_clock_ms() >= until_ms)
			return false;
		wait_a_little();
	}
	return true;
}

const struct grants *
watch_grants(void)
{
	(void)pthread_mutex_lock(&lock);
	grants_unref(shown);
	shown = told == NULL ? NULL : grants_ref(told);
	(void)pthread_mutex_unlock(&lock);
	return shown;
}

unsigned
watch_n_grants_told(void)
{
	unsigned n;

	(void)pthread_mutex_lock(&lock);
	n = n_told;
	(void)pthread_mutex_unlock(&lock);
	return n;
}

bool
watch_controllers_told(void)
{
	bool has;

	(void)pthread_mutex_lock(&lock);
	has = has_controllers;
	(void)pthread_mutex_unlock(&lock);
	return has;
}

int64_t
watch_end(void)
{
	int64_t began_ms = watch_clock_ms(), took_ms;

	directory_destroy(watched);
	took_ms = watch_clock_ms() - began_ms;
	watched = NULL;
	grants_unref(told);
	grants_unref(shown);
	told = shown = NULL;
	return took_ms;
}

static void
on_facts(void *arg, enum facts_answer answer, struct facts *facts,
    const char *reason)
{
	struct watch_answer *a = arg;

	(void)pthread_mutex_lock(&lock);
	a->answer = answer;
	a->facts = facts;
	(void)snprintf(a->reason, sizeof(a->reason), "%s", reason);
	a->n_calls++;
	a->is_there = true;
	(void)pthread_cond_broadcast(&something);
	(void)pthread_mutex_unlock(&lock);
}

static void
on_group(void *arg, enum facts_answer answer,
    const struct directory_group *group, const char *reason)
{
	struct watch_answer *a = arg;

	if (group != NULL)
		(void)snprintf(a->group_dn, sizeof(a->group_dn), "%s",
		    group->dn);
	on_facts(arg, answer, NULL, reason);
}

static void
wait_for_answer(struct watch_answer *a, int64_t began_ms)
{
	bool is_there = false;

	while (!is_there && watch_clock_ms() < began_ms + ANSWER_MS) {
		wait_a_little();
		(void)pthread_mutex_lock(&lock);
		is_there = a->is_there;
		(void)pthread_mutex_unlock(&lock);
	}
	CU_ASSERT_FATAL(is_there);
	a->took_ms = watch_clock_ms() - began_ms;
}

struct watch_answer
watch_ask(const struct directory_principal *principal)
{
	struct watch_answer a = {0};
	int64_t began_ms = watch_clock_ms();

	CU_ASSERT_EQUAL_FATAL(directory_ask_facts(watched, principal, on_facts,
				  &a),
	    0);
	wait_for_answer(&a, began_ms);
	return a;
}

struct watch_answer
watch_ask_group(const char *name)
{
	struct watch_answer a = {0};
	int64_t began_ms = watch_clock_ms();

	CU_ASSERT_EQUAL_FATAL(directory_ask_group(watched, name, on_group, &a),
	    0);
	wait_for_answer(&a, began_ms);
	return a;
}
