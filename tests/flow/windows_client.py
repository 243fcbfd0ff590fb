"""windows_client.py: dynamic registration as Windows does it, octet by octet.

Windows 2000 and later, per Samba's tests against Windows servers, [MS-GSSA],
[MS-SPNG] and captures: the SPNEGO list and its MIC, the shape of TKEY and its
key name, an unsigned attempt before the signed one, which RRsets are deleted,
and how owner names are compressed.  Messages, DER and TSIG are encoded here and
not by dnspython, which writes none of it this way.
"""

import collections
import ipaddress
import itertools
import random
import struct
import time
import uuid

import gssapi

from client import INTEGRITY, KRB5, MUTUAL, NOERROR, NOTAUTH, ZONE, expect, tcp, udp

A, CNAME, SOA, PTR, AAAA, TKEY, TSIG = 1, 5, 6, 12, 28, 249, 250
IN, NONE, ANY = 1, 254, 255
QUERY, RECURSIVE, UPDATE = 0, 0x0100, 0x2800
NXDOMAIN, REFUSED = 3, 5
BADKEY = 17
REGISTRATION_TTL = 1200
ZONE_POINTER = b"\xc0\x0c"  # to the name of the first question
WINDOWS_FLAGS = (MUTUAL | INTEGRITY | gssapi.RequirementFlag.replay_detection
                 | gssapi.RequirementFlag.out_of_sequence_detection
                 | gssapi.RequirementFlag.confidentiality)


# DER (X.690) and SPNEGO (RFC 4178 section 4.2)

def der(tag, *contents):
    body = b"".join(contents)
    length = len(body)
    if length < 0x80:
        return bytes([tag, length]) + body
    octets = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(octets)]) + octets + body


def der_read(octets):
    """(tag, contents, what follows)"""
    tag, length, at = octets[0], octets[1], 2
    if length >= 0x80:
        at += length & 0x7F
        length = int.from_bytes(octets[2:at], "big")
    expect("a whole DER element", True, at + length <= len(octets))
    return tag, octets[at:at + length], octets[at + length:]


def der_fields(octets):
    """What the elements hold, by tag."""
    fields = {}
    while octets:
        tag, contents, octets = der_read(octets)
        fields[tag] = contents
    return fields


def oid(dotted):
    return bytes(gssapi.OID.from_int_seq(dotted))


MS_KRB5 = oid("1.2.840.48018.1.2.2")  # Windows 2000's misprint of the next
KERBEROS = oid("1.2.840.113554.1.2.2")
NEGOEX = oid("1.3.6.1.4.1.311.2.2.30")
NTLMSSP = oid("1.3.6.1.4.1.311.2.2.10")
IAKERB = oid("1.3.6.1.5.2.5")
SPNEGO = oid("1.3.6.1.5.5.2")
WINDOWS_LIST = (MS_KRB5, KERBEROS, NEGOEX, NTLMSSP)
NTLM_FIRST_LIST = (NTLMSSP, MS_KRB5, KERBEROS)
NTLM_NEGOTIATE = (b"NTLMSSP\0" + struct.pack("<II", 1, 0xE2088297) + bytes(16)
                  + b"\x0a\0\x61\x4a\0\0\0\x0f")

ACCEPT_COMPLETED, ACCEPT_INCOMPLETE, REJECT, REQUEST_MIC = range(4)


def mech_list(mechs):
    """What mechListMIC is made over."""
    return der(0x30, *(der(6, mech) for mech in mechs))


def neg_token_init(mechs, token=None):
    fields = [der(0xA0, mech_list(mechs))]
    if token is not None:
        fields.append(der(0xA2, der(4, token)))
    return der(0x60, der(6, SPNEGO), der(0xA0, der(0x30, *fields)))


def neg_token_resp(token=None, mic=None):
    fields = []
    if token is not None:
        fields.append(der(0xA2, der(4, token)))
    if mic is not None:
        fields.append(der(0xA3, der(4, mic)))
    return der(0xA1, der(0x30, *fields))


NegTokenResp = collections.namedtuple("NegTokenResp", "state mech token mic")


def read_neg_token_resp(octets):
    tag, contents, rest = der_read(octets)
    expect("NegTokenResp and nothing else", (0xA1, b""), (tag, rest))
    fields = der_fields(der_read(contents)[1])
    inner = {tag: der_read(field)[1] for tag, field in fields.items()}
    state = inner.get(0xA0)
    return NegTokenResp(state and state[0], inner.get(0xA1), inner.get(0xA2), inner.get(0xA3))


class Negotiation:
    """The initiator of SPNEGO around krb5; first is another mechanism's token.

    step() takes the acceptor's token and gives the next one; the rules on
    mechListMIC are RFC 4178 section 5's.
    """

    def __init__(self, service, mechs=WINDOWS_LIST, first=None, optimistic=True):
        self.krb5 = gssapi.SecurityContext(
            name=gssapi.Name(service, gssapi.NameType.kerberos_principal),
            mech=KRB5, flags=WINDOWS_FLAGS, usage="initiate")
        self.mechs, self.first, self.optimistic = mechs, first, optimistic
        self.mic_wanted = mechs[0] not in (MS_KRB5, KERBEROS)
        self.mic_sent = self.mic_checked = self.complete = False

    def start(self):
        token = self.first
        if token is None and self.optimistic:
            token = self.krb5.step()
        return neg_token_init(self.mechs, token)

    def step(self, octets):
        """The next token; None when the acceptor has nothing to wait for."""
        if octets == b"":
            return self._end()  # nothing more to say, as after the last MIC
        reply = read_neg_token_resp(octets)
        if reply.mech is not None:
            expect("the mechanism is Kerberos, from our list", True,
                   reply.mech in (MS_KRB5, KERBEROS) and reply.mech in self.mechs)
        if not self.krb5.complete and reply.token is None:
            expect("state without a token",
                   REQUEST_MIC if self.mic_wanted else ACCEPT_INCOMPLETE, reply.state)
            return neg_token_resp(self.krb5.step())
        if not self.krb5.complete:
            expect("AP-REP ends krb5", None, self.krb5.step(reply.token))
        if reply.mic is not None:
            self.krb5.verify_signature(mech_list(self.mechs), reply.mic)
            self.mic_checked = True
        if reply.state == ACCEPT_COMPLETED:
            return self._end()
        expect("our MIC is wanted", True, self.mic_wanted and not self.mic_sent)
        self.mic_sent = True
        return neg_token_resp(mic=self.krb5.get_signature(mech_list(self.mechs)))

    def _end(self):
        expect("krb5 is complete", True, self.krb5.complete)
        expect("MICs of the list, ours and theirs", (self.mic_wanted,) * 2,
               (self.mic_sent, self.mic_checked))
        self.complete = True


# Messages (RFC 1035, 2136, 2930, 8945)

def wire_name(text):
    labels = [label.encode() for label in text.rstrip(".").split(".") if label]
    return b"".join(bytes([len(label)]) + label for label in labels) + b"\0"


def below_zone(name, zone):
    """The owner name, its zone as a pointer to the question."""
    name, zone = name.rstrip("."), zone.rstrip(".")
    expect(f"{name} is in {zone}", True, ("." + name).lower().endswith("." + zone.lower()))
    return wire_name(name[:len(name) - len(zone)])[:-1] + ZONE_POINTER


def rr(owner, rdtype, rdclass, ttl=0, rdata=b""):
    return owner + struct.pack(">HHIH", rdtype, rdclass, ttl, len(rdata)) + rdata


def message(flags, question, *sections, ident=None):
    """question is (name, type, class); sections are lists of RRs."""
    name, rdtype, rdclass = question
    sections = sections + ([],) * (3 - len(sections))
    ident = random.getrandbits(16) if ident is None else ident
    return (struct.pack(">6H", ident, flags, 1, *map(len, sections))
            + wire_name(name) + struct.pack(">HH", rdtype, rdclass)
            + b"".join(itertools.chain(*sections)))


RR = collections.namedtuple("RR", "start owner type class_ ttl rdata_at rdata")


class Reply:
    """A message that came back."""

    def __init__(self, octets):
        self.octets = octets
        self.id, self.flags, n_questions, *counts = struct.unpack_from(">6H", octets)
        at = 12
        for _ in range(n_questions):
            self.qname, at = self.name(at)
            at += 4
        self.sections = []
        for count in counts:
            section = []
            for _ in range(count):
                one, at = self._rr(at)
                section.append(one)
            self.sections.append(section)
        expect("octets behind the message", len(octets), at)

    @property
    def rcode(self):
        return self.flags & 15

    @property
    def tsig(self):
        last = self.sections[2][-1:]
        return last[0] if last and last[0].type == TSIG else None

    def name(self, at):
        labels, end = [], None
        while self.octets[at]:
            if self.octets[at] >= 0xC0:
                end = end or at + 2
                at = struct.unpack_from(">H", self.octets, at)[0] & 0x3FFF
                continue
            labels.append(self.octets[at + 1:at + 1 + self.octets[at]].decode())
            at += 1 + self.octets[at]
        return ".".join(labels) + ".", end or at + 1

    def _rr(self, start):
        owner, at = self.name(start)
        rdtype, rdclass, ttl, length = struct.unpack_from(">HHIH", self.octets, at)
        at += 10
        return RR(start, owner, rdtype, rdclass, ttl, at, self.octets[at:at + length]), at + length


TkeyAnswer = collections.namedtuple("TkeyAnswer", "inception expiration mode error token")


def read_tkey(reply):
    """The TKEY RR of the answer section."""
    tkey, = (one for one in reply.sections[0] if one.type == TKEY)
    expect("the TKEY's owner", reply.qname.lower(), tkey.owner.lower())
    at = reply.name(tkey.rdata_at)[1]
    inception, expiration, mode, error, length = struct.unpack_from(">IIHHH", reply.octets, at)
    return TkeyAnswer(inception, expiration, mode, error, reply.octets[at + 14:at + 14 + length])


class TkeyRefused(Exception):
    """The server's answer to a leg has an error; token is what it sent."""

    def __init__(self, error, token):
        super().__init__(f"TKEY error {error}")
        self.error, self.token = error, token


class WindowsKey:
    """A security context, negotiated by TKEY, and the TSIGs that it makes."""

    numbers = itertools.count(1)

    def __init__(self, service=None, w2000=False, name=None, **negotiation):
        self.w2000 = w2000
        self.algorithm = "gss.microsoft.com." if w2000 else "gss-tsig."
        self.name = name or "676-ms-7.%d-%04x.%s." % (
            next(self.numbers), random.getrandbits(16), uuid.uuid1())
        self.negotiation = Negotiation(
            service or f"DNS/ns1.{ZONE.to_text(True)}", **negotiation)

    def tkey(self, token):
        """A leg's message."""
        now = int(time.time())
        rdata = (wire_name(self.algorithm)
                 + struct.pack(">IIHHH", now, now, 3, 0, len(token)) + token + b"\0\0")
        tkey = [rr(wire_name(self.name), TKEY, ANY, 0, rdata)]
        sections = (tkey,) if self.w2000 else ([], [], tkey)
        return message(QUERY, (self.name, TKEY, ANY), *sections)

    def leg(self, token, transport=tcp):
        """The acceptor's token; the answer is checked."""
        octets = transport(self.tkey(token))
        reply = Reply(octets)
        expect("TKEY RCODE", NOERROR, reply.rcode)
        answer = read_tkey(reply)
        expect("TKEY mode", 3, answer.mode)
        if answer.error:
            raise TkeyRefused(answer.error, answer.token)
        return reply, answer

    def negotiate(self, transport=tcp):
        """All legs; the last answer must be signed."""
        self.n_legs, token = 0, self.negotiation.start()
        while token is not None:
            reply, answer = self.leg(token, transport)
            self.n_legs += 1
            token = self.negotiation.step(answer.token)
        self.check(reply, b"")
        lifetime = answer.expiration - answer.inception
        expect("a lifetime of at most an hour", True, 0 < lifetime <= 3600)
        return self

    def _variables(self, signed, fudge):
        return (wire_name(self.name.lower()) + struct.pack(">HI", ANY, 0)
                + wire_name(self.algorithm)
                + struct.pack(">HIHHH", signed >> 32, signed & 0xFFFFFFFF, fudge, 0, 0))

    def sign(self, octets):
        """(the message with its TSIG, its MAC)"""
        now = int(time.time())
        mac = self.negotiation.krb5.get_signature(octets + self._variables(now, 300))
        rdata = (wire_name(self.algorithm)
                 + struct.pack(">HIHH", now >> 32, now & 0xFFFFFFFF, 300, len(mac)) + mac
                 + octets[:2] + b"\0\0\0\0")
        counts = struct.unpack_from(">5H", octets, 2)
        header = struct.pack(">5H", *counts[:4], counts[4] + 1)
        return (octets[:2] + header + octets[12:]
                + rr(wire_name(self.name), TSIG, ANY, 0, rdata), mac)

    def check(self, reply, request_mac):
        """That a reply is signed with this key; the final TKEY answers no MAC."""
        tsig = reply.tsig
        expect("the answer is signed", True, tsig is not None)
        expect("its key", self.name.lower(), tsig.owner.lower())
        algorithm, at = reply.name(tsig.rdata_at)
        expect("its algorithm is as we sent it", self.algorithm, algorithm)
        high, low, fudge, size = struct.unpack_from(">HIHH", reply.octets, at)
        mac = reply.octets[at + 10:at + 10 + size]
        original, error, _ = struct.unpack_from(">HHH", reply.octets, at + 10 + size)
        expect("TSIG error", 0, error)
        prefix = struct.pack(">H", len(request_mac)) + request_mac if request_mac else b""
        counts = struct.unpack_from(">5H", reply.octets, 2)
        unsigned = (struct.pack(">6H", original, *counts[:4], counts[4] - 1)
                    + reply.octets[12:tsig.start])
        self.negotiation.krb5.verify_signature(
            prefix + unsigned + self._variables(high << 32 | low, fudge), mac)

    def send(self, octets, transport=udp):
        """(RCODE, TSIG error) of a signed message."""
        signed, mac = self.sign(octets)
        reply = Reply(transport(signed))
        error = struct.unpack(">H", reply.tsig.rdata[-4:-2])[0] if reply.tsig else 0
        if not error:
            self.check(reply, mac)
        return reply.rcode, error


def reverse_name(address):
    return ipaddress.ip_address(address).reverse_pointer + "."


def address_rr(owner, address, rdclass=IN, ttl=REGISTRATION_TTL):
    parsed = ipaddress.ip_address(address)
    return rr(owner, A if parsed.version == 4 else AAAA, rdclass, ttl, parsed.packed)


class WindowsClient:
    """A machine that registers itself (DnsUpdate of dnsapi)."""

    def __init__(self, host, transport=udp, **key):
        self.host, self.transport, self.key_options = host, transport, key
        self.key, self.n_keys = None, 0

    def discover(self, name):
        """The zone that a name is in: its SOA, or that of a negative answer."""
        reply = Reply(udp(message(RECURSIVE, (name, SOA, IN))))
        expect("SOA query", True, reply.rcode in (NOERROR, NXDOMAIN))
        soas = [one for section in reply.sections[:2] for one in section if one.type == SOA]
        expect("an SOA", 1, len(soas))
        expect("the primary is ours", f"ns1.{ZONE.to_text()}", reply.name(soas[0].rdata_at)[0])
        return soas[0].owner

    def established(self):
        """The context in the cache, or a new one."""
        if self.key is None:
            self.key = WindowsKey(**self.key_options).negotiate()
            self.n_keys += 1
        return self.key

    def update(self, name, prerequisites, changes):
        """RCODE; first unsigned, then signed, and with a new key if ours is gone."""
        zone = self.discover(name)
        owner = below_zone(name, zone)
        octets = message(UPDATE, (zone, SOA, IN), prerequisites(owner), changes(owner))
        rcode = Reply(self.transport(octets)).rcode
        if rcode != REFUSED:
            return rcode
        rcode, error = self.established().send(octets, self.transport)
        if (rcode, error) == (NOTAUTH, BADKEY):
            self.key = None
            rcode, error = self.established().send(octets, self.transport)
        return rcode

    def register(self, *addresses):
        """Replaces all addresses of the host by these."""
        return self.update(
            self.host,
            lambda owner: [rr(owner, CNAME, NONE)],
            lambda owner: [rr(owner, A, ANY), rr(owner, AAAA, ANY)]
            + [address_rr(owner, address) for address in addresses])

    def unregister(self, *addresses):
        """Takes these addresses away, one by one."""
        return self.update(
            self.host,
            lambda owner: [],
            lambda owner: [address_rr(owner, address, NONE, 0) for address in addresses])

    def register_pointer(self, address):
        return self.update(
            reverse_name(address),
            lambda owner: [rr(owner, CNAME, NONE)],
            lambda owner: [rr(owner, PTR, ANY),
                           rr(owner, PTR, IN, REGISTRATION_TTL, wire_name(self.host))])

    def unregister_pointer(self, address):
        return self.update(
            reverse_name(address),
            lambda owner: [],
            lambda owner: [rr(owner, PTR, NONE, 0, wire_name(self.host))])
