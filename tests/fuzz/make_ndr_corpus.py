#!/usr/bin/python3
#
# make_ndr_corpus.py - writes logon information of PACs, as KDCs make it
#
# Copyright (c) 2026 The kddns authors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# KERB_VALIDATION_INFO (MS-PAC 2.5) in NDR, octet for octet what Samba 4.17
# (samba.dcerpc.krb5pac) makes of the same values.  Seeds of fuzz_ndr, and what
# the tests of identity and gss read.  They are in the tree; run this again,
# in any folder, after changing it.

import pathlib
import struct

CORPUS = pathlib.Path(__file__).resolve().parent / 'corpus' / 'ndr'
DOMAIN = 'S-1-5-21-1000000001-2000000002-3000000003'
ENABLED = 7
NEVER = 0x7fffffffffffffff
WORKSTATION, CONTROLLER, USER = 0x80, 0x100, 0x10
EXTRA_SIDS, RESOURCE_GROUPS = 0x20, 0x200


class Ndr:
    """Octets, and what the pointers among them lead to, for after them."""

    def __init__(self):
        self.octets = b''
        self.deferred = []
        self.n_pointers = 1

    def u16(self, *values):
        self.octets += struct.pack('<%dH' % len(values), *values)

    def u32(self, *values):
        self.octets += bytes(-len(self.octets) % 4)
        self.octets += struct.pack('<%dI' % len(values), *values)

    def pointer(self, write, *args):
        """A pointer to what write(*args) will write; to nothing for None."""
        if write is None:
            self.u32(0)
            return
        self.u32(0x00020000 + 4 * self.n_pointers)
        self.n_pointers += 1
        self.deferred.append((write, args))

    def follow_pointers(self):
        todo, self.deferred = self.deferred, []
        for write, args in todo:
            write(*args)
            self.follow_pointers()

    def time(self, value):
        self.u32(value & 0xffffffff, value >> 32)

    def string(self, text, spare=0):
        """RPC_UNICODE_STRING with spare units of room; None: NULL."""
        size = len((text or '').encode('utf-16-le'))
        self.u16(size, size + 2 * spare)
        self.pointer(None if text is None else self.string_body, text, spare)

    def string_body(self, text, spare):
        units = text.encode('utf-16-le')
        self.u32(len(units) // 2 + spare, 0, len(units) // 2)
        self.octets += units

    def groups(self, rids):
        self.u32(len(rids))
        self.pointer(self.groups_body if rids else None, rids)

    def groups_body(self, rids):
        self.u32(len(rids))
        for rid in rids:
            self.u32(*(rid if isinstance(rid, tuple) else (rid, ENABLED)))

    def sid_body(self, text):
        parts = [int(part) for part in text.split('-')[2:]]
        self.u32(len(parts) - 1)
        self.octets += bytes([1, len(parts) - 1]) + parts[0].to_bytes(6, 'big')
        self.u32(*parts[1:])

    def sid(self, text):
        self.pointer(None if text is None else self.sid_body, text)

    def extra(self, sids):
        self.u32(len(sids))
        self.pointer(self.extra_body if sids else None, sids)

    def extra_body(self, sids):
        self.u32(len(sids))
        for sid in sids:
            self.sid(sid)
            self.u32(ENABLED)

    def serialized(self):
        body = self.octets + bytes(-len(self.octets) % 8)
        return struct.pack('<BBHIII', 1, 0x10, 8, 0xcccccccc, len(body),
                           0) + body


def logon_info(name='PC1$', domain_name='AD', domain=DOMAIN, rid=1104,
               primary=515, flags=WORKSTATION, groups=(), extra=(),
               resource_domain=None, resource=(), other=''):
    n = Ndr()
    n.u32(0x00020000)  # the pointer to all that follows
    for when in (132000000000000000, NEVER, NEVER, 131000000000000000,
                 131000864000000000, NEVER):
        n.time(when)
    n.string(name)
    for _ in range(5):  # full name, logon script, profile, home folder, drive
        n.string(other)
    n.u16(17, 0)  # logons, bad passwords
    n.u32(rid, primary)
    n.groups(groups)
    n.u32((EXTRA_SIDS if extra else 0) | (RESOURCE_GROUPS if resource else 0))
    n.u32(0, 0, 0, 0)  # session key
    n.string('DC1', spare=1)
    n.string(domain_name, spare=1)
    n.sid(domain)
    n.u32(0, 0)
    n.u32(flags, 0)
    n.time(0)
    n.time(0)
    n.u32(0, 0)
    n.extra(extra)
    n.sid(resource_domain)
    n.groups(resource)
    n.follow_pointers()
    return n.serialized()


def write(name, octets):
    (CORPUS / name).write_bytes(octets)


def main():
    CORPUS.mkdir(parents=True, exist_ok=True)
    asserted = 'S-1-18-1'
    full = logon_info(
        groups=(515, 1200, (1201, 3)), extra=(asserted, DOMAIN + '-1300'),
        resource_domain='S-1-5-32', resource=(544, 545))
    write('full', full)
    write('no_groups', logon_info())
    write('null_strings', logon_info(groups=(515,), other=None))
    write('odd_strings', logon_info(groups=(515,), other='odd'))
    write('controller', logon_info(
        'DC1$', rid=1000, primary=516, flags=CONTROLLER, groups=(516,),
        extra=(asserted, 'S-1-5-9')))
    write('read_only_controller', logon_info(
        'RODC1$', rid=1001, primary=521, flags=WORKSTATION | 0x100000,
        groups=(521,)))
    write('user', logon_info(
        'J\u00fcrgen\u20ac\U0001f600', 'AD', rid=1105, primary=513, flags=USER,
        groups=(513, 1200), extra=(asserted,)))
    write('user_like_machine', logon_info(
        'PC1$', rid=1106, primary=513, flags=USER, groups=(513,)))
    write('900_groups', logon_info(
        groups=tuple(range(2000, 2900)), extra=(asserted,)))
    write('account_is_extra', logon_info(
        rid=0, groups=(515,), extra=('S-1-5-21-7-8-9-1000', asserted)))
    write('foreign_controllers', logon_info(
        groups=(515,), extra=('S-1-5-21-7-8-9-516', 'S-1-5-516')))
    write('group_of_controllers', logon_info(groups=(515, 516)))
    write('null_domain', logon_info(domain=None))
    write('deny_only', logon_info(groups=(515, (1200, 0x10))))
    write('big_endian', full[:1] + b'\0' + full[2:])
    write('missing_groups', full[:132] + bytes(4) + full[136:])
    write('cut', full[:300])


main()
