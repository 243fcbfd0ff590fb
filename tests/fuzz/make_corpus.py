#!/usr/bin/python3
#
# make_corpus.py - writes the seeds of the fuzz targets of daemon/dns
#
# Copyright (c) 2026 The kddns authors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The seeds are in the tree; run this again, in any folder, after changing it.

import pathlib
import struct

CORPUS = pathlib.Path(__file__).resolve().parent / 'corpus'
QUERY, UPDATE, NOTIFY, ANSWER = 0x0100, 0x2800, 0x2400, 0x8400
A, NS, SOA, PTR, MX, TXT, AAAA, SRV, NAPTR = 1, 2, 6, 12, 15, 16, 28, 33, 35
RRSIG, TKEY, TSIG, IXFR, ANY = 46, 249, 250, 251, 255
IN, NONE = 1, 254
ZONE = b'\xc0\x0c'  # a pointer to the question's name


def name(text):
    labels = [label for label in text.split('.') if label]
    return b''.join(bytes([len(x)]) + x.encode() for x in labels) + b'\0'


def label(text):
    return bytes([len(text)]) + text.encode()


def header(flags, *counts, id=0x1234):
    return struct.pack('>HH4H', id, flags, *(counts + (0,) * (4 - len(counts))))


def question(qname, qtype, qclass=IN):
    return qname + struct.pack('>HH', qtype, qclass)


def rr(owner, rtype, rclass, ttl, rdata=b''):
    return owner + struct.pack('>HHIH', rtype, rclass, ttl, len(rdata)) + rdata


def opt(options=b'', size=1232, version=0, do=True):
    return rr(b'\0', 41, size, version << 16 | do << 15, options)


def option(code, data):
    return struct.pack('>HH', code, len(data)) + data


def tsig_rdata(algorithm='gss-tsig', mac=b'm' * 28, error=0, other=b''):
    return (name(algorithm) + struct.pack('>HIHH', 0, 1700000000, 300, len(mac))
            + mac + struct.pack('>HHH', 0x1234, error, len(other)) + other)


def tkey_rdata(token=b't' * 40, mode=3, error=0, other=b''):
    return (name('gss-tsig') + struct.pack('>IIHHH', 1700000000, 1700003600,
                                           mode, error, len(token))
            + token + struct.pack('>H', len(other)) + other)


def soa(mname, rname):
    return mname + rname + struct.pack('>5I', 2024, 900, 600, 86400, 3600)


def messages():
    yield 'query', header(QUERY, 1) + question(name('www.Example'), A)
    yield 'query_edns', (header(QUERY, 1, 0, 0, 1)
                         + question(name('www.example'), AAAA)
                         + opt(option(10, b'cookie12') + option(9, b'')))
    yield 'edns_version_1', (header(QUERY, 1, 0, 0, 1)
                             + question(b'\0', NS) + opt(version=1))
    yield 'two_questions', (header(QUERY, 2) + question(name('a'), A)
                            + question(ZONE, AAAA))
    yield 'no_question', header(QUERY)
    yield 'opcode_status', header(0x1000, 1) + question(name('a'), A)
    yield 'counts_lie', header(QUERY, 1, 65535, 65535, 65535) + question(
        name('a'), A)
    yield 'pointer_loop', header(QUERY, 1) + question(b'\1a' + ZONE, A)
    yield 'long_name', header(QUERY, 1) + question(
        (b'\x3f' + b'x' * 63) * 3 + b'\x3d' + b'y' * 61 + b'\0', A)
    yield 'answer', (
        header(ANSWER, 1, 3, 1, 2) + question(name('example'), MX)
        + rr(ZONE, MX, IN, 300, b'\0\x0a' + label('mx1') + ZONE)
        + rr(ZONE, MX, IN, 300, b'\0\x14' + label('mx2') + ZONE)
        + rr(ZONE, TXT, IN, 300, label('v=spf1 -all') + label('x'))
        + rr(ZONE, NS, IN, 300, label('ns') + ZONE)
        + rr(label('mx1') + ZONE, A, IN, 300, b'\xc0\0\2\1') + opt())
    yield 'negative', (
        header(ANSWER | 3, 1, 0, 1) + question(name('no.example'), A)
        + rr(b'\xc0\x0f', SOA, IN, 300,
             soa(label('ns') + b'\xc0\x0f', label('root') + b'\xc0\x0f')))
    yield 'update_ddns', (
        header(UPDATE, 1, 2, 4) + question(name('example'), SOA)
        + rr(label('pc1') + ZONE, 5, NONE, 0)
        + rr(label('pc1') + ZONE, ANY, ANY, 0)
        + rr(label('pc1') + ZONE, A, ANY, 0)
        + rr(label('pc1') + ZONE, A, NONE, 0, b'\xc0\0\2\7')
        + rr(label('pc1') + ZONE, A, IN, 1200, b'\xc0\0\2\1')
        + rr(label('1') + ZONE, PTR, IN, 1200, label('pc1') + ZONE))
    yield 'update_signed', (
        header(UPDATE, 1, 0, 2, 1) + question(name('example'), SOA)
        + rr(label('_ldap') + label('_tcp') + ZONE, SRV, NONE, 0,
             struct.pack('>HHH', 0, 100, 389) + label('dc') + ZONE)
        + rr(label('_ldap') + label('_tcp') + ZONE, SRV, IN, 900,
             struct.pack('>HHH', 0, 100, 389) + name('dc1.example'))
        + rr(name('1.sig-ns.example'), TSIG, ANY, 0, tsig_rdata()))
    yield 'update_edns_signed', (
        header(UPDATE, 1, 0, 1, 2) + question(name('example'), SOA)
        + rr(ZONE, NAPTR, IN, 60, struct.pack('>HH', 1, 2) + label('u')
             + label('E2U+sip') + label('!x!y!') + ZONE)
        + opt() + rr(name('key'), TSIG, ANY, 0,
                     tsig_rdata('hmac-sha256', b'h' * 32)))
    yield 'tsig_not_last', (
        header(QUERY, 1, 0, 0, 2) + question(name('example'), SOA)
        + rr(name('key'), TSIG, ANY, 0, tsig_rdata()) + opt())
    yield 'tkey_additional', (
        header(0, 1, 0, 0, 1) + question(name('1.sig-ns.example'), TKEY, ANY)
        + rr(ZONE, TKEY, ANY, 0, tkey_rdata()))
    yield 'tkey_answer', (
        header(0, 1, 1) + question(name('guid'), TKEY)
        + rr(name('guid'), TKEY, ANY, 0, tkey_rdata(mode=5)))
    yield 'notify', (
        header(NOTIFY, 1, 1) + question(name('example'), SOA)
        + rr(ZONE, SOA, IN, 3600, soa(label('ns') + ZONE, ZONE)))
    yield 'ixfr', (
        header(0, 1, 0, 1) + question(name('example'), IXFR)
        + rr(ZONE, SOA, IN, 0, soa(b'\0', b'\0')))
    yield 'rrsig', (
        header(ANSWER, 1, 1) + question(name('example'), A)
        + rr(ZONE, RRSIG, IN, 300, struct.pack('>HBBIIIH', 1, 8, 1, 300, 2, 1,
                                               77)
             + name('example') + b's' * 32))
    old = [(3, ZONE), (7, ZONE), (14, ZONE + ZONE), (17, ZONE + b'\0'),
           (18, b'\0\1' + ZONE), (21, b'\0\1' + ZONE),
           (26, b'\0\1' + ZONE + ZONE), (30, ZONE + b'\x40'),
           (36, b'\0\1' + name('kx')), (39, name('target')),
           (24, b'\0' * 18 + ZONE + b'sig')]
    yield 'old_types', (
        header(ANSWER, 1, len(old)) + question(name('example'), ANY)
        + b''.join(rr(ZONE, t, IN, 300, d) for t, d in old))
    new = [(10, b''), (13, b'\1a\1b'), (29, b'\0' * 16), (42, b'\0\1\x18\1\x0a'),
           (43, b'\0\1\x08\2' + b'd' * 32), (47, name('a') + b'\0\1\x40'),
           (48, b'\1\1\3\x08key'), (50, b'\1\0\0\1\0\1h\0\1\x40'),
           (51, b'\1\0\0\1\2ab'), (52, b'\3\1\1' + b't' * 32),
           (64, b'\0\1\0\0\1\0\3\2h2'), (108, b'\1\2\3\4\5\6'),
           (256, b'\0\1\0\1uri'), (257, b'\0\5issueca'), (65281, b'wins')]
    yield 'new_types', (
        header(ANSWER, 1, len(new)) + question(name('example'), ANY)
        + b''.join(rr(ZONE, t, IN, 300, d) for t, d in new))


def tsig_and_tkey():
    yield 'tsig', tsig_rdata()
    yield 'tsig_hmac', tsig_rdata('hmac-sha256', b'h' * 32)
    yield 'tsig_badkey', tsig_rdata(mac=b'', error=17)
    yield 'tsig_badtime', tsig_rdata(error=18, other=b'\0\0abcd')
    yield 'tkey', tkey_rdata()
    yield 'tkey_badkey', tkey_rdata(token=b'', error=17)
    yield 'tkey_other', tkey_rdata(token=b'x', other=b'other')
    yield 'tkey_large', tkey_rdata(token=bytes(range(256)) * 8)


def zone_texts():
    yield 'apex', '''$TTL 3600
@ IN SOA ns.example. hostmaster (
    2024 ; serial
    15m 10m 1w 1h )
  NS ns
  NS ns.other.
ns 300 A 192.0.2.1
   AAAA 2001:db8::1
'''
    yield 'names', r'''PC1\$ A 192.0.2.1
a\.b CNAME c\032d.\255.
* TXT "wild;card" "quo\"te" \097\000
$ORIGIN sub.example.
@ PTR @
x.y.z 1d2h MX 10 \\.
'''
    yield 'directory', '''_ldap._tcp SRV 0 100 389 dc1
_kerberos._udp.dc._msdcs 600 IN SRV 0 100 88 dc1.example.
gc._msdcs A 192.0.2.1
@ TYPE65281 \\# 20 0000000000000002 ( 00000384 00000001
 C0000201 )
'''
    yield 'wins', '''@ 0 IN WINS LOCAL L2 C900 ( 192.0.2.1
 192.0.2.2 ) ; two
@ WINSR SCOPE L2 C900 ( example. )
wins A 192.0.2.3
'''
    yield 'types', '''@ CAA 0 issue "ca.example"
@ DS 60485 5 1 2BB183AF5F22588179A53B0A98631FAD1A292118
@ DNSKEY 257 3 8 AwEAAaz/tAm8yTn4Mfeh
@ NSEC3PARAM 1 0 10 ABCD
@ TLSA 3 1 1 0123456789ABCDEF
@ SSHFP 4 2 0123456789ABCDEF
@ LOC 52 22 23.000 N 4 53 32.000 E -2.00m 0.00m 10000m 10m
@ NAPTR 1 2 "u" "E2U+sip" "!^.*$!sip:x@example!" .
@ HINFO "PC" Linux
@ RP mail.example. txt.example.
@ DHCID AAIBY2/AuCccgoJbsaxcQc9TUapptP69lOjxfNuVAA2kjEA=
@ HTTPS 1 . alpn=h2,h3 ipv4hint=192.0.2.1
@ APL 1:192.0.2.0/24 !2:2001:db8::/32
@ URI 1 2 "https://example/"
@ EUI48 00-11-22-33-44-55
@ NSEC a.example. A NS SOA TYPE65281
@ RRSIG A 8 1 300 20240101000000 20230101000000 77 example. c2ln
'''
    yield 'include', '$INCLUDE /dev/null sub.example.\n'
    yield 'broken', 'a A 192.0.2\n\nb MX (\n'
    yield 'meta', 'a TYPE255 \\# 0\n'


def name_texts():
    yield 'root', '.'
    yield 'whole', '_ldap._tcp.dc._msdcs.Example.'
    yield 'relative', 'PC1$'
    yield 'escapes', r'a\.b\032c.\\.\255\000.*.'
    yield 'long', '.'.join(['x' * 63] * 3 + ['y' * 61]) + '.'
    yield 'wrong', r'a..b\25'


def write(target, seeds):
    folder = CORPUS / target
    folder.mkdir(parents=True, exist_ok=True)
    for seed, octets in seeds:
        if isinstance(octets, str):
            octets = octets.encode()
        (folder / seed).write_bytes(octets)


write('message', messages())
write('name_text', name_texts())
write('tsig_tkey', tsig_and_tkey())
write('zone_text', zone_texts())
