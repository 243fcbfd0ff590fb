/*
 * bench_tkey.c - clients that get in with their tickets, over TCP
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 *	bench_tkey [OPTION]...
 *
 *	-p PORT    of the server on 127.0.0.1 (53)
 *	-n N       clients in all (20000)
 *	-c N       at one time (32); 0: all at once
 *	-m MECH    krb5 or spnego (krb5)
 *	-u ZONE    each signs an update of a name of ZONE, too
 *	-s N       slices that the rate is given for (1)
 *	-P PID     of the server, for its CPU time and memory
 *
 * Each client connects from one of many addresses of 127/8, sends its TKEY
 * (and its update), reads the answer, and closes.  The tokens are made before
 * the clock starts (tickets.h), so that the server is the limit; with -u each
 * answer is verified, else that of each 16th client.  One JSON object comes
 * out; exit status 1: a client got no answer, or a wrong one.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon/base/buf.h"
#include "daemon/base/clock.h"
#include "daemon/base/cpus.h"
#include "tests/bench/exchange.h"
#include "tests/bench/tickets.h"

#define LENGTH 2 /* octets in front of a message */
#define EVENTS 256
#define SLICES_MAX 100
#define PATIENCE_MS 60000 /* without an answer to anybody */
#define VERIFIED_EACH 16
#define ADDRESSES 62500 /* 127.1.0.1 and so on */

static struct {
	unsigned port;
	size_t n;
	size_t at_once;
	bool spnego;
	bool has_update;
	struct name zone;
	size_t slices;
	long server;
} options = {.port = 53, .n = 20000, .at_once = 32, .slices = 1};

enum step {
	STEP_TKEY,
	STEP_UPDATE,
};

struct client {
	int fd; /* -1: none */
	size_t number;
	enum step step;
	uint64_t started_ns;
	struct name key;
	struct exchange_mac mac;
	uint8_t out[LENGTH + EXCHANGE_SIZE];
	size_t out_len, out_at;
	uint8_t in[LENGTH + EXCHANGE_SIZE];
	size_t in_len;
};

static struct client *clients;
static struct ticket *tickets;
static struct arena arena;
static int epoll_fd;
static size_t n_started, n_served, n_failed;
static uint64_t start_ns, *latencies;
static const char *first_failure = "";

/* When each slice was done, and what the server had used. */
static struct {
	uint64_t at_ns;
	double cpu_s;
} slices[SLICES_MAX + 1];

static void __attribute__((noreturn)) die(const char *what, const char *why)
{
	(void)fprintf(stderr, "bench_tkey: %s: %s\n", what, why);
	exit(2);
}

/* --- The server as /proc shows it --- */

static double
server_cpu_s(void)
{
	char path[64];
	unsigned long user = 0, system = 0;
	FILE *f;

	(void)snprintf(path, sizeof(path), "/proc/%ld/stat", options.server);
	f = options.server == 0 ? NULL : fopen(path, "r");
	if (f == NULL)
		return 0;
	if (fscanf(f,
		"%*d (%*[^)]) %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u "
		"%lu %lu",
		&user, &system) != 2)
		user = system = 0;
	(void)fclose(f);
	return (double)(user + system) / (double)sysconf(_SC_CLK_TCK);
}

static double
server_resident(void)
{
	char path[64];
	long pages = 0;
	FILE *f;

	(void)snprintf(path, sizeof(path), "/proc/%ld/statm", options.server);
	f = options.server == 0 ? NULL : fopen(path, "r");
	if (f == NULL)
		return 0;
	if (fscanf(f, "%*d %ld", &pages) != 1)
		pages = 0;
	(void)fclose(f);
	return (double)pages * (double)sysconf(_SC_PAGESIZE);
}

/* --- A client's life --- */

static void start(struct client *c);

static void
note_slice(void)
{
	size_t done = n_served + n_failed;
	size_t slice = done * options.slices / options.n;

	if (slice * options.n / options.slices != done)
		return;
	slices[slice].at_ns = clock_mono_ns();
	slices[slice].cpu_s = server_cpu_s();
}

static void
finish(struct client *c, const char *failure)
{
	(void)close(c->fd);
	c->fd = -1;
	if (failure == NULL) {
		latencies[n_served++] = clock_mono_ns() - c->started_ns;
	} else {
		n_failed++;
		if (*first_failure == '\0')
			first_failure = failure;
	}
	note_slice();
	if (n_started < options.n)
		start(c);
}

/* False: the connection is lost. */
static bool
flush(struct client *c)
{
	while (c->out_at < c->out_len) {
		ssize_t n = send(c->fd, c->out + c->out_at,
		    c->out_len - c->out_at, MSG_NOSIGNAL);

		if (n < 0)
			return errno == EAGAIN || errno == ENOTCONN;
		c->out_at += (size_t)n;
	}
	return true;
}

static void
send_message(struct client *c, size_t len)
{
	put_u16(c->out, (uint16_t)len);
	c->out_len = LENGTH + len;
	c->out_at = 0;
	if (!flush(c))
		finish(c, "connection lost");
}

static int
connect_from(size_t number)
{
	struct sockaddr_in from = {.sin_family = AF_INET};
	struct sockaddr_in to = {.sin_family = AF_INET,
	    .sin_port = htons((uint16_t)options.port)};
	unsigned address = (unsigned)(number % ADDRESSES);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int one = 1;

	if (fd == -1)
		die("socket", strerror(errno));
	from.sin_addr.s_addr =
	    htonl(0x7f010001 + (address / 250 << 8) + address % 250);
	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	(void)setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one,
	    sizeof(one));
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	if (bind(fd, (struct sockaddr *)&from, sizeof(from)) != 0)
		die("bind", strerror(errno));
	if (connect(fd, (struct sockaddr *)&to, sizeof(to)) != 0 &&
	    errno != EINPROGRESS)
		die("connect", strerror(errno));
	return fd;
}

static void
start(struct client *c)
{
	struct epoll_event e = {.events = EPOLLIN | EPOLLOUT | EPOLLET};
	char key[64];

	c->number = n_started++;
	c->step = STEP_TKEY;
	c->in_len = 0;
	c->started_ns = clock_mono_ns();
	c->fd = connect_from(c->number);
	e.data.ptr = c;
	if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, c->fd, &e) != 0)
		die("epoll_ctl", strerror(errno));
	(void)snprintf(key, sizeof(key), "%zu-%d-%llx.sig-bench", c->number,
	    (int)getpid(), (unsigned long long)start_ns);
	(void)name_from_text(key, NULL, &c->key);
	send_message(c,
	    exchange_tkey(c->out + LENGTH, &c->key, &tickets[c->number].token));
}

static void
send_update(struct client *c)
{
	uint8_t *out = c->out + LENGTH;
	size_t len = exchange_update(out, &options.zone, (uint32_t)c->number);

	c->step = STEP_UPDATE;
	send_message(c,
	    exchange_sign(tickets[c->number].gss, &c->key, out, len, &c->mac));
}

static bool
is_good_tkey(struct client *c, const struct message *m)
{
	struct ticket *t = &tickets[c->number];
	const uint8_t *token;
	size_t len;

	if (!exchange_token(m, &token, &len) || !m->has_tsig)
		return false;
	if (t->gss == GSS_C_NO_CONTEXT)
		return true;
	return ticket_finish(t, options.spnego, token, len) &&
	    exchange_is_authentic(t->gss, m, NULL);
}

static void
take_answer(struct client *c, const uint8_t *octets, size_t len)
{
	struct message m;

	arena_reset(&arena);
	if (message_read(octets, len, &arena, &m) != RCODE_NOERROR ||
	    (m.flags & 15) != RCODE_NOERROR)
		finish(c, "answer is an error");
	else if (c->step == STEP_TKEY && !is_good_tkey(c, &m))
		finish(c, "TKEY answer is not authentic");
	else if (c->step == STEP_TKEY && options.has_update)
		send_update(c);
	else if (c->step == STEP_UPDATE &&
	    !exchange_is_authentic(tickets[c->number].gss, &m, &c->mac))
		finish(c, "update's answer is not authentic");
	else
		finish(c, NULL);
}

/* One answer at a time is all there can be. */
static void
receive(struct client *c)
{
	ssize_t n =
	    recv(c->fd, c->in + c->in_len, sizeof(c->in) - c->in_len, 0);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		finish(c, n == 0 ? "server closed" : strerror(errno));
		return;
	}
	c->in_len += (size_t)n;
	if (c->in_len < LENGTH || c->in_len - LENGTH < get_u16(c->in))
		return;
	c->in_len = 0;
	take_answer(c, c->in + LENGTH, get_u16(c->in));
}

static void
run(void)
{
	struct epoll_event events[EVENTS];
	uint64_t quiet_ms = 0, since_ms = clock_mono_ms();

	while (n_served + n_failed < options.n && quiet_ms < PATIENCE_MS) {
		int n = epoll_wait(epoll_fd, events, EVENTS, 1000);

		for (int i = 0; i < n; i++) {
			struct client *c = events[i].data.ptr;

			if ((events[i].events & EPOLLOUT) != 0 && !flush(c))
				finish(c, "connection refused or lost");
			else if ((events[i].events & ~EPOLLOUT) != 0)
				receive(c);
		}
		if (n > 0)
			since_ms = clock_mono_ms();
		quiet_ms = clock_mono_ms() - since_ms;
	}
	n_failed = options.n - n_served;
}

/* --- What came out --- */

static int
by_size(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static double
latency_us(double part)
{
	if (n_served == 0)
		return 0;
	return (double)latencies[(size_t)(part * (double)(n_served - 1))] / 1e3;
}

static void
report(double resident)
{
	double s = (double)(clock_mono_ns() - start_ns) / 1e9;
	double cpu_s = server_cpu_s() - slices[0].cpu_s;

	qsort(latencies, n_served, sizeof(*latencies), by_size);
	(void)printf("{\"served\":%zu,\"failed\":%zu,\"first_failure\":\"%s\","
		     "\"seconds\":%.3f,\"rate\":%.1f,"
		     "\"us\":{\"p50\":%.0f,\"p99\":%.0f,\"max\":%.0f},"
		     "\"server_cpu_us\":%.1f,\"server_octets\":%.0f,"
		     "\"slices\":[",
	    n_served, n_failed, first_failure, s, (double)n_served / s,
	    latency_us(0.5), latency_us(0.99), latency_us(1),
	    cpu_s * 1e6 / (double)options.n, resident / (double)options.n);
	for (size_t i = 1; i <= options.slices; i++) {
		double slice_s =
		    (double)(slices[i].at_ns - slices[i - 1].at_ns) / 1e9;

		(void)printf("%s{\"rate\":%.0f,\"server_cpu_us\":%.1f}",
		    i == 1 ? "" : ",",
		    (double)options.n / (double)options.slices / slice_s,
		    (slices[i].cpu_s - slices[i - 1].cpu_s) * 1e6 *
			(double)options.slices / (double)options.n);
	}
	(void)printf("]}\n");
}

static void
read_options(int argc, char **argv)
{
	int option;

	while ((option = getopt(argc, argv, "p:n:c:m:u:s:P:")) != -1) {
		switch (option) {
		case 'p':
			options.port = (unsigned)strtoul(optarg, NULL, 10);
			break;
		case 'n':
			options.n = strtoul(optarg, NULL, 10);
			break;
		case 'c':
			options.at_once = strtoul(optarg, NULL, 10);
			break;
		case 'm':
			options.spnego = strcmp(optarg, "spnego") == 0;
			break;
		case 'u':
			options.has_update = true;
			if (name_from_text(optarg, NULL, &options.zone) != 0)
				die(optarg, "not a domain name");
			break;
		case 's':
			options.slices = strtoul(optarg, NULL, 10);
			break;
		case 'P':
			options.server = strtol(optarg, NULL, 10);
			break;
		default:
			die("usage", "see the head of bench_tkey.c");
		}
	}
	if (options.n == 0 || options.slices == 0 ||
	    options.slices > SLICES_MAX || options.slices > options.n)
		die("usage", "-n and -s are numbers above 0");
	if (options.at_once == 0 || options.at_once > options.n)
		options.at_once = options.n;
}

static void
raise_descriptors(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return;
	limit.rlim_cur = limit.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &limit);
}

int
main(int argc, char **argv)
{
	struct tickets_wanted wanted = {.n_threads = cpus_usable()};
	double resident;

	read_options(argc, argv);
	raise_descriptors();
	wanted.n = options.n;
	wanted.spnego = options.spnego;
	wanted.keep_every = options.has_update ? 1 : VERIFIED_EACH;
	tickets = tickets_make(&wanted);
	clients = calloc(options.at_once, sizeof(*clients));
	latencies = calloc(options.n, sizeof(*latencies));
	epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (clients == NULL || latencies == NULL || epoll_fd == -1)
		die("start", "no memory");
	arena_init(&arena, 1 << 20);
	resident = server_resident();
	start_ns = clock_mono_ns();
	slices[0].at_ns = start_ns;
	slices[0].cpu_s = server_cpu_s();
	for (size_t i = 0; i < options.at_once; i++)
		start(&clients[i]);
	run();
	report(server_resident() - resident);
	tickets_free(tickets, options.n);
	free(clients);
	free(latencies);
	arena_clear(&arena);
	return n_failed == 0 ? 0 : 1;
}
