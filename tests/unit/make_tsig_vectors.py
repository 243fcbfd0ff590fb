#!/usr/bin/env python3
"""Prints tests/unit/tsig_vectors.h: TSIGs as dnspython makes them.

An independent implementation of RFC 8945; run by hand when a vector is to be
added (Debian: python3-dnspython), not by the tests.
"""
import dns.message
import dns.name
import dns.rrset
import dns.tsig
import dns.update
import time

NOW = 1700000000
KEY = "some.key."
SECRET = bytes(range(1, 41))
ALGORITHMS = ["hmac-sha1", "hmac-sha224", "hmac-sha256", "hmac-sha384", "hmac-sha512",
              "hmac-md5.sig-alg.reg.int"]

time.time = lambda: NOW


def key(algorithm):
    return dns.tsig.Key(KEY, SECRET, algorithm + ".")


def text(octets):
    digits = octets.hex()
    lines = [digits[i:i + 64] for i in range(0, len(digits), 64)]
    return "\n\t    ".join('"%s"' % line for line in lines)


def request():
    m = dns.update.UpdateMessage("example.test.", id=0x1234)
    m.add("www", 300, "A", "192.0.2.1")
    return m


def answer():
    return dns.message.make_response(request())


def part(n):
    m = dns.message.make_response(dns.message.make_query("example.test.", "AXFR", id=0x77))
    m.answer.append(dns.rrset.from_text("n%d.example.test." % n, 60, "IN", "A", "192.0.2.%d" % n))
    return m


def signed(m, algorithm, request_mac=b""):
    m.use_tsig(key(algorithm), fudge=300)
    m.request_mac = request_mac
    return m.to_wire()


def fields(algorithm):
    q, a = request(), answer()
    yield "request", q.to_wire()
    yield "request_signed", signed(q, algorithm)
    yield "answer", a.to_wire()
    yield "answer_signed", signed(a, algorithm, q.mac)
    ctx = None
    for n in range(1, 4):
        m = part(n)
        yield "parts[%d]" % (n - 1), m.to_wire()
        m.use_tsig(key(algorithm), fudge=300)
        m.request_mac = q.mac
        octets = m.to_wire(multi=True, tsig_ctx=ctx)
        ctx = m.tsig_ctx
        yield "parts_signed[%d]" % (n - 1), octets


print("""/*
 * tsig_vectors.h - TSIGs as another implementation makes them
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Made by make_tsig_vectors.py with dnspython: an update, its answer, and
 * the three messages of another answer to it, each without and with a TSIG.
 */
#ifndef TESTS_UNIT_TSIG_VECTORS_H
#define TESTS_UNIT_TSIG_VECTORS_H

#define VECTOR_TIME_S %dull
#define VECTOR_KEY "%s"
#define VECTOR_SECRET_LEN %d /* octets 1, 2, 3 ... */
#define VECTOR_PARTS 3

struct tsig_vector {
	const char *algorithm;
	const char *request, *request_signed;
	const char *answer, *answer_signed;
	const char *parts[VECTOR_PARTS], *parts_signed[VECTOR_PARTS];
};

static const struct tsig_vector tsig_vectors[] = {""" % (NOW, KEY, len(SECRET)))
for algorithm in ALGORITHMS:
    print('    {\n\t.algorithm = "%s",' % algorithm)
    for name, octets in fields(algorithm):
        print("\t.%s =\n\t    %s," % (name, text(octets)))
    print("    },")
print("};\n\n#endif")
