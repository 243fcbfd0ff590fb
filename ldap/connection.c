/*
 * connection.c - one connection to one server, protected and logged in
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The socket is connected by us and does not block, so a server that sends
 * half a message holds nobody up.  libldap is only asked for results with a
 * time-out of zero; the waiting is done here, where it can be ended.
 *
 * The one call of libldap's that waits is the TLS handshake, whose time-out
 * does not work (2.5.13 goes round and round for ever where there is one, and
 * waits for ever where there is none).  An errand makes it, on a socket that
 * blocks and that is shut down when it takes too long.
 */
#include <errno.h>
#include <fcntl.h>
#include <openldap.h>
#include <poll.h>
#include <sasl/sasl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "ldap/connection.h"
#include "ldap/dial.h"
#include "ldap/grants_set.h"

#define LOGIN_MIN_MS 10000 /* a KDC that is the second of two takes a while */
#define PASSWORD_SIZE 512

/* No message is longer: an entry with all rules there may be. */
#define MESSAGE_MAX ((ber_len_t)GRANTS_OCTETS_MAX)

#define AD_CAPABILITY "1.2.840.113556.1.4.800"

struct attempt {
	const struct connection_plan *plan;
	struct connection *c;
	char *host;
	int port;
	bool is_tls; /* from the first octet on */
	int64_t timeout_ms;
	char *line;
};

int64_t
connection_clock_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

bool
connection_read_uri(const char *uri, char **host_out, int *port_out,
    bool *is_tls_out, char line[LINE_SIZE])
{
	LDAPURLDesc *url = NULL;
	bool is_good = false;

	*host_out = NULL;
	if (ldap_url_parse(uri, &url) != LDAP_URL_SUCCESS) {
		line_set(line, "%s is not an LDAP URI", uri);
		return false;
	}
	*is_tls_out = strcmp(url->lud_scheme, "ldaps") == 0;
	*port_out = url->lud_port != 0 ? url->lud_port
	    : *is_tls_out              ? LDAPS_PORT
				       : LDAP_PORT;
	if (!*is_tls_out && strcmp(url->lud_scheme, "ldap") != 0)
		line_set(line, "%s: neither ldap:// nor ldaps://", uri);
	else if (url->lud_host == NULL || url->lud_host[0] == '\0')
		line_set(line, "%s: no host", uri);
	else {
		*host_out = strdup(url->lud_host);
		is_good = *host_out != NULL;
		if (!is_good)
			line_set(line, "out of memory");
	}
	ldap_free_urldesc(url);
	return is_good;
}

/* Until fd is readable; false: it is time, or all is to end. */
static bool
wait_for(struct attempt *a, int fd, int64_t deadline_ms)
{
	const struct connection_plan *plan = a->plan;
	struct pollfd p[3] = {
	    {.fd = fd, .events = POLLIN},
	    {.fd = plan->stop_fd, .events = POLLIN},
	    {.fd = plan->wake_fd, .events = POLLIN},
	};

	for (;;) {
		int64_t until_ms = plan->tick(plan->arg);
		int64_t now_ms = connection_clock_ms();

		if (now_ms >= deadline_ms)
			return false;
		if (until_ms > deadline_ms)
			until_ms = deadline_ms;
		(void)poll(p, 3,
		    until_ms <= now_ms ? 0 : (int)(until_ms - now_ms));
		if (p[1].revents != 0)
			return false;
		if (p[0].revents != 0)
			return true;
	}
}

static int64_t
deadline_of(const struct attempt *a)
{
	return connection_clock_ms() + a->timeout_ms;
}

static bool
dial(struct attempt *a)
{
	struct errand *e;

	if (a->c->fd != -1)
		return true;
	e = dial_start(a->host, a->port, (int)a->timeout_ms);
	if (e == NULL)
		line_set(a->line, "no thread");
	else if (wait_for(a, errand_fd(e), deadline_of(a)))
		a->c->fd = dial_take(e, a->line);
	else
		line_set(a->line, "connect: no answer");
	errand_release(e);
	return a->c->fd != -1;
}

static bool
set_tls_options(struct attempt *a)
{
	const char *ca_file = a->plan->config->ca_file;
	int demand = LDAP_OPT_X_TLS_DEMAND, is_server = 0;
	int minimum = LDAP_OPT_X_TLS_PROTOCOL_TLS1_2;
	LDAP *ld = a->c->ld;

	if (ca_file != NULL && access(ca_file, R_OK) == -1) {
		line_set(a->line, "%s: %s", ca_file, strerror(errno));
		return false;
	}
	if ((ca_file == NULL ||
		ldap_set_option(ld, LDAP_OPT_X_TLS_CACERTFILE, ca_file) == 0) &&
	    ldap_set_option(ld, LDAP_OPT_X_TLS_REQUIRE_CERT, &demand) == 0 &&
	    ldap_set_option(ld, LDAP_OPT_X_TLS_PROTOCOL_MIN, &minimum) == 0 &&
	    ldap_set_option(ld, LDAP_OPT_X_TLS_NEWCTX, &is_server) == 0)
		return true;
	line_set(a->line, "%s holds no certificates that can be used",
	    ca_file == NULL ? "the system" : ca_file);
	return false;
}

/* What ldap.conf says otherwise does not count. */
static bool
set_options(struct attempt *a)
{
	int version = LDAP_VERSION3, none = 0, never = LDAP_DEREF_NEVER;
	struct timeval no_timeout = {.tv_sec = -1};
	ber_len_t message_max = MESSAGE_MAX;
	Sockbuf *socket = NULL;
	LDAP *ld = a->c->ld;

	if (ldap_get_option(ld, LDAP_OPT_SOCKBUF, &socket) == 0 &&
	    ber_sockbuf_ctrl(socket, LBER_SB_OPT_SET_MAX_INCOMING,
		&message_max) == 1 &&
	    ldap_set_option(ld, LDAP_OPT_PROTOCOL_VERSION, &version) == 0 &&
	    ldap_set_option(ld, LDAP_OPT_REFERRALS, LDAP_OPT_OFF) == 0 &&
	    ldap_set_option(ld, LDAP_OPT_DEREF, &never) == 0 &&
	    ldap_set_option(ld, LDAP_OPT_SIZELIMIT, &none) == 0 &&
	    ldap_set_option(ld, LDAP_OPT_TIMELIMIT, &none) == 0 &&
	    ldap_set_option(ld, LDAP_OPT_X_SASL_NOCANON, LDAP_OPT_ON) == 0 &&
	    ldap_set_option(ld, LDAP_OPT_NETWORK_TIMEOUT, &no_timeout) == 0)
		return true;
	line_set(a->line, "options of libldap cannot be set");
	return false;
}

static bool
make_handle(struct attempt *a)
{
	int code;

	code = ldap_init_fd(a->c->fd, LDAP_PROTO_TCP, a->plan->uri, &a->c->ld);
	if (code != LDAP_SUCCESS) {
		line_set_ldap(a->line, "ldap_init_fd", NULL, code);
		return false;
	}
	return set_options(a);
}

static bool
fail(struct attempt *a, const char *what, int code)
{
	line_set_ldap(a->line, what, a->c->ld, code);
	return false;
}

static int
last_error(LDAP *ld)
{
	int code = LDAP_OTHER;

	(void)ldap_get_option(ld, LDAP_OPT_RESULT_CODE, &code);
	return code == LDAP_SUCCESS ? LDAP_SERVER_DOWN : code;
}

/* LDAP_SUCCESS with the whole answer, whatever it says, or why there is none. */
static int
take_answer(struct attempt *a, int msgid, LDAPMessage **answer_out)
{
	int64_t deadline_ms = deadline_of(a);
	struct timeval none = {0};
	int type;

	*answer_out = NULL;
	for (;;) {
		type = ldap_result(a->c->ld, msgid, LDAP_MSG_ALL, &none,
		    answer_out);
		if (type > 0)
			return LDAP_SUCCESS;
		if (type < 0)
			return last_error(a->c->ld);
		if (!wait_for(a, a->c->fd, deadline_ms))
			return LDAP_TIMEOUT;
	}
}

/* What the answer to a message that was sent (code) says; frees it. */
static int
finish(struct attempt *a, int code, int msgid)
{
	LDAPMessage *answer = NULL;
	int said = LDAP_OTHER;

	if (code == LDAP_SUCCESS)
		code = take_answer(a, msgid, &answer);
	if (code == LDAP_SUCCESS) {
		code = ldap_parse_result(a->c->ld, answer, &said, NULL, NULL,
		    NULL, NULL, 0);
		if (code == LDAP_SUCCESS)
			code = said;
	}
	ldap_msgfree(answer);
	return code;
}

struct handshake {
	LDAP *ld;
	int code;
};

static void
shake_hands(void *arg)
{
	struct handshake *h = arg;

	h->code = ldap_install_tls(h->ld);
}

static void
drop_nothing(void *arg)
{
	(void)arg;
}

/* Waits for the errand in any case: it uses the handle. */
static int
make_handshake(struct attempt *a)
{
	struct handshake h = {a->c->ld, LDAP_OTHER};
	struct errand *e =
	    errand_start(&(struct errand_work){.run = shake_hands,
		.drop = drop_nothing,
		.arg = &h});
	struct pollfd done;
	bool is_late;

	if (e == NULL)
		return LDAP_NO_MEMORY;
	is_late = !wait_for(a, errand_fd(e), deadline_of(a));
	if (is_late)
		(void)shutdown(a->c->fd, SHUT_RDWR);
	done = (struct pollfd){.fd = errand_fd(e), .events = POLLIN};
	while (!errand_is_done(e))
		(void)poll(&done, 1, -1);
	errand_release(e);
	return is_late && h.code != LDAP_SUCCESS ? LDAP_TIMEOUT : h.code;
}

static bool
install_tls(struct attempt *a)
{
	const char *ca_file = a->plan->config->ca_file;
	int code, flags = fcntl(a->c->fd, F_GETFL);

	if (!set_tls_options(a))
		return false;
	(void)fcntl(a->c->fd, F_SETFL, flags & ~O_NONBLOCK);
	code = make_handshake(a);
	(void)fcntl(a->c->fd, F_SETFL, flags | O_NONBLOCK);
	a->c->is_protected = code == LDAP_SUCCESS;
	if (code == LDAP_CONNECT_ERROR) /* libldap says no more */
		line_set(a->line,
		    "TLS: no handshake; the certificate must be for %s, and "
		    "from a CA of %s",
		    a->host, ca_file == NULL ? "the system's" : ca_file);
	else if (code != LDAP_SUCCESS)
		(void)fail(a, "TLS", code);
	return code == LDAP_SUCCESS;
}

static bool
protect(struct attempt *a)
{
	int code, msgid = 0;

	if (a->is_tls)
		return install_tls(a);
	if (!a->plan->config->start_tls)
		return true;
	code = ldap_start_tls(a->c->ld, NULL, NULL, &msgid);
	code = finish(a, code, msgid);
	if (code != LDAP_SUCCESS)
		return fail(a, "StartTLS", code);
	return install_tls(a);
}

/* The first line of a file that nobody else may read. */
static bool
read_password(const char *path, char password[PASSWORD_SIZE], char *line)
{
	FILE *f = fopen(path, "re");
	struct stat st;

	if (f == NULL || fstat(fileno(f), &st) == -1) {
		line_set(line, "%s: %s", path, strerror(errno));
		if (f != NULL)
			(void)fclose(f);
		return false;
	}
	(void)setvbuf(f, NULL, _IONBF, 0); /* leaves no copy */
	password[0] = '\0';
	if ((st.st_mode & 07) != 0)
		line_set(line, "%s can be read by everybody: chmod 600", path);
	else if (fgets(password, PASSWORD_SIZE, f) == NULL)
		password[0] = '\0';
	(void)fclose(f);
	password[strcspn(password, "\r\n")] = '\0';
	if ((st.st_mode & 07) == 0 && password[0] == '\0')
		line_set(line, "%s is empty", path);
	return password[0] != '\0'; /* without one, a bind would be anonymous */
}

static bool
bind_simple(struct attempt *a)
{
	const struct directory_config *config = a->plan->config;
	char password[PASSWORD_SIZE];
	struct berval credential;
	int code, msgid = 0;

	if (!read_password(config->bind_password_file, password, a->line))
		return false;
	credential.bv_val = password;
	credential.bv_len = strlen(password);
	code = ldap_sasl_bind(a->c->ld, config->bind_dn, LDAP_SASL_SIMPLE,
	    &credential, NULL, NULL, &msgid);
	explicit_bzero(password, sizeof(password));
	code = finish(a, code, msgid);
	if (code != LDAP_SUCCESS)
		return fail(a, "bind", code);
	return true;
}

/* Who we are is in the ticket; nothing else is answered. */
static int
answer_nothing(LDAP *ld, unsigned flags, void *defaults, void *interact)
{
	(void)ld;
	(void)flags;
	(void)defaults;
	for (sasl_interact_t *i = interact; i->id != SASL_CB_LIST_END; i++) {
		i->result = "";
		i->len = 0;
	}
	return LDAP_SUCCESS;
}

static bool
get_tickets(struct attempt *a)
{
	int64_t wait_ms =
	    a->timeout_ms > LOGIN_MIN_MS ? a->timeout_ms : LOGIN_MIN_MS;
	struct login *login = a->plan->login;
	bool is_got = false, is_for_host = false;

	while (!is_for_host) {
		struct errand *e = login_begin(login, a->host);

		if (e == NULL) {
			line_set(a->line, "no thread");
			return false;
		}
		if (!wait_for(a, errand_fd(e),
			connection_clock_ms() + wait_ms)) {
			line_set(a->line, "the KDC does not answer");
			return false;
		}
		is_got = login_end(login, a->host, &is_for_host, a->line);
	}
	return is_got && login_use(login, a->line);
}

/*
 * In the clear the layer of SASL protects; within TLS there must be none: an
 * Active Directory refuses it.  (Measured over 200 binds on Debian 12: such a
 * bind then costs 18 kB that somebody below us does not give back; without TLS
 * it costs none.)
 */
static bool
bind_gssapi(struct attempt *a)
{
	const char *properties = a->c->is_protected
	    ? "noanonymous,noplain,minssf=0,maxssf=0"
	    : "noanonymous,noplain,minssf=56";
	const char *mechanism = NULL;
	LDAPMessage *answer = NULL;
	int code, msgid = 0;

	if (!get_tickets(a))
		return false;
	code = ldap_set_option(a->c->ld, LDAP_OPT_X_SASL_SECPROPS, properties);
	if (code != LDAP_OPT_SUCCESS)
		return fail(a, "SASL properties", LDAP_OTHER);
	for (;;) {
		code = ldap_sasl_interactive_bind(a->c->ld, NULL, "GSSAPI",
		    NULL, NULL, LDAP_SASL_QUIET, answer_nothing, NULL, answer,
		    &mechanism, &msgid);
		ldap_msgfree(answer);
		answer = NULL;
		if (code != LDAP_SASL_BIND_IN_PROGRESS)
			break;
		code = take_answer(a, msgid, &answer);
		if (code != LDAP_SUCCESS)
			break;
	}
	if (code != LDAP_SUCCESS) {
		login_forget(a->plan->login);
		return fail(a, "bind", code);
	}
	a->c->is_protected = true;
	return true;
}

static bool
log_in(struct attempt *a)
{
	switch (a->plan->config->bind) {
	case DIRECTORY_BIND_GSSAPI:
		return bind_gssapi(a);
	case DIRECTORY_BIND_SIMPLE:
		return bind_simple(a);
	case DIRECTORY_BIND_ANONYMOUS:
		return true;
	}
	return false;
}

static bool
has_value(LDAP *ld, LDAPMessage *entry, const char *attribute,
    const char *value)
{
	struct berval **values = ldap_get_values_len(ld, entry, attribute);
	bool has = false;

	for (int i = 0; values != NULL && values[i] != NULL && !has; i++)
		has = values[i]->bv_len == strlen(value) &&
		    memcmp(values[i]->bv_val, value, values[i]->bv_len) == 0;
	ldap_value_free_len(values);
	return has;
}

static bool
read_root(struct attempt *a)
{
	char *attributes[] = {(char[]){"supportedControl"},
	    (char[]){"supportedCapabilities"}, NULL};
	LDAPMessage *answer = NULL, *entry;
	struct connection *c = a->c;
	int code, msgid = 0;

	code = ldap_search_ext(c->ld, "", LDAP_SCOPE_BASE, "(objectClass=*)",
	    attributes, 0, NULL, NULL, NULL, 0, &msgid);
	if (code == LDAP_SUCCESS)
		code = take_answer(a, msgid, &answer);
	if (code != LDAP_SUCCESS)
		return fail(a, "rootDSE", code);
	entry = ldap_first_entry(c->ld, answer);
	if (entry == NULL)
		line_set(a->line, "the server shows no rootDSE");
	else {
		c->has_sync = has_value(c->ld, entry, "supportedControl",
		    LDAP_CONTROL_SYNC);
		c->has_paging = has_value(c->ld, entry, "supportedControl",
		    LDAP_CONTROL_PAGEDRESULTS);
		c->is_active_directory = has_value(c->ld, entry,
		    "supportedCapabilities", AD_CAPABILITY);
	}
	ldap_msgfree(answer);
	return entry != NULL;
}

struct connection *
connection_open(const struct connection_plan *plan, char line[LINE_SIZE])
{
	struct attempt a = {.plan = plan,
	    .line = line,
	    .timeout_ms = (int64_t)plan->config->timeout_s * 1000};
	bool is_open;

	line[0] = '\0';
	a.c = calloc(1, sizeof(*a.c));
	if (a.c == NULL) {
		line_set(line, "out of memory");
		if (plan->fd != -1)
			(void)close(plan->fd);
		return NULL;
	}
	a.c->fd = plan->fd;
	is_open =
	    connection_read_uri(plan->uri, &a.host, &a.port, &a.is_tls, line) &&
	    dial(&a) && make_handle(&a) && protect(&a) && log_in(&a) &&
	    read_root(&a);
	free(a.host);
	if (is_open)
		return a.c;
	connection_close(a.c);
	return NULL;
}

void
connection_close(struct connection *c)
{
	if (c == NULL)
		return;
	if (c->ld != NULL)
		(void)ldap_unbind_ext(c->ld, NULL,
		    NULL); /* closes the socket */
	else if (c->fd != -1)
		(void)close(c->fd);
	free(c);
}
