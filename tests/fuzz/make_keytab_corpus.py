#!/usr/bin/python3
#
# make_keytab_corpus.py - writes the seeds of the fuzz targets of ktutils
#
# Copyright (c) 2026 The kddns authors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The seeds are in the tree; run this again, in any folder, after changing it.

import pathlib
import struct

CORPUS = pathlib.Path(__file__).resolve().parent / 'corpus'
VERSION = b'\5\2'


def counted(octets):
    return struct.pack('>H', len(octets)) + octets


def entry(names, kvno=3, enctype=18, key=b'k' * 32, realm=b'AD.TEST', tail=None):
    record = struct.pack('>H', len(names)) + counted(realm)
    record += b''.join(counted(n) for n in names)
    record += struct.pack('>IIBH', 1, 1700000000, kvno & 255, enctype) + counted(key)
    record += struct.pack('>I', kvno) if tail is None else tail
    return struct.pack('>i', len(record)) + record


def hole(size):
    return struct.pack('>i', -size) + b'\xee' * size


def der(tag, *parts):
    body = b''.join(parts)
    if len(body) < 0x80:
        return bytes([tag, len(body)]) + body
    return bytes([tag, 0x82]) + struct.pack('>H', len(body)) + body


def integer(n):
    return der(2, bytes([n]))


def as_rep(padata=b''):
    enc = der(0x30, der(0xa0, integer(18)), der(0xa2, der(4, b'c' * 200)))
    name = der(0x30, der(0xa0, integer(1)), der(0xa1, der(0x30, der(0x1b, b'PC1$'))))
    realm = der(0x1b, b'AD.TEST')
    ticket = der(0x61, der(0x30, der(0xa0, integer(5)), der(0xa1, realm),
                           der(0xa2, name), der(0xa3, enc)))
    return der(0x6b, der(0x30, der(0xa0, integer(5)), der(0xa1, integer(11)),
                         padata, der(0xa3, realm), der(0xa4, name),
                         der(0xa5, ticket), der(0xa6, enc)))


SEEDS = {
    'keytab': {
        'one': VERSION + entry([b'DNS', b'ns1.ad.test']),
        'account': VERSION + entry([b'NS1$'], kvno=300, enctype=23, key=b'r' * 16),
        'holes': VERSION + hole(12) + entry([b'a', b'b']) + hole(1) + entry([b'c']),
        'ended': VERSION + entry([b'a']) + b'\0\0\0\0junk',
        'short-kvno': VERSION + entry([b'a'], tail=b''),
        'no-kvno': VERSION + entry([b'a'], tail=b'\0\0\0\0'),
        'flags': VERSION + entry([b'a'], tail=b'\0\0\1\0\0\0\0\0'),
        'odd-name': VERSION + entry([b'a/b@c\\\n\0\t\b', b'\xff\x1b'], realm=b'X/Y@Z'),
        'empty': VERSION,
        'old-version': b'\5\1' + entry([b'a']),
    },
    'as_rep': {
        'bare': as_rep(),
        'padata': as_rep(der(0xa2, der(0x30, der(0x30, der(0xa1, integer(19)),
                                                 der(0xa2, der(4, b's' * 20)))))),
        'error': der(0x7e, der(0x30, der(0xa0, integer(5)))),
    },
}

for target, seeds in SEEDS.items():
    folder = CORPUS / target
    folder.mkdir(parents=True, exist_ok=True)
    for seed, octets in seeds.items():
        (folder / seed).write_bytes(octets)
