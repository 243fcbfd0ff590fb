"""The story of tkey_follows_rfc_2930_and_3645."""

import os

from client import *
from windows_client import *

FORMERR, CH = 1, 3 # RCODE, class
BADTIME_, BADMODE, BADNAME_, BADALG = 18, 19, 20, 21
EDITOR = os.environ["FLOW_KEY"] + "."
APEX = ZONE.to_text()
GSS = "gss-tsig."
names = (f"n{n}.{APEX}" for n in itertools.count(1))
addresses = (f"192.0.2.{n}" for n in itertools.count(1))


def rdata(token=b"", mode=3, algorithm=GSS, tail=b"\0\0"):
    now = int(time.time())
    return (wire_name(algorithm)
            + struct.pack(">IIHHH", now, now, mode, 0, len(token)) + token + tail)


def question(name, *rrs, qclass=ANY, section=2):
    sections = [[], [], []]
    sections[section] = list(rrs)
    return message(QUERY, (name, TKEY, qclass), *sections)


def tkey(name, *args, rdclass=ANY, owner=None, **kwargs):
    return rr(wire_name(owner or name), TKEY, rdclass, 0, rdata(*args, **kwargs))


def answered(octets):
    """(RCODE, TKEY error or None)"""
    reply = Reply(octets)
    if not reply.sections[0]:
        return reply.rcode, None
    return reply.rcode, read_tkey(reply).error


def update():
    owner = below_zone(f"pc1.{APEX}", APEX)
    return message(UPDATE, (APEX, SOA, IN), [], [rr(owner, A, ANY), address_rr(owner, next(addresses))])


class Key(WindowsKey):
    """Each leg in the shape that is asked for."""

    def __init__(self, name=None, shape=(ANY, ANY, 2), **options):
        super().__init__(name=name or next(names), **options)
        self.shape = shape

    def tkey(self, token):
        qclass, rdclass, section = self.shape
        return question(self.name, tkey(self.name, token, algorithm=self.algorithm, rdclass=rdclass),
                        qclass=qclass, section=section)


    def refused_time(self, octets, request_mac):
        """(RCODE, TSIG error) of an answer signed over the client's time and ours."""
        reply = Reply(octets)
        tsig = reply.tsig
        at = reply.name(tsig.rdata_at)[1]
        size, = struct.unpack_from(">H", octets, at + 8)
        mac, rest = octets[at + 10:at + 10 + size], octets[at + 10 + size:]
        original, error, length = struct.unpack_from(">HHH", rest)
        expect("octets of our time", 6, length)
        expect("our time", True, abs(int.from_bytes(rest[6:], "big") - time.time()) < 60)
        counts = struct.unpack_from(">5H", octets, 2)
        self.negotiation.krb5.verify_signature(
            struct.pack(">H", len(request_mac)) + request_mac
            + struct.pack(">6H", original, *counts[:4], counts[4] - 1) + octets[12:tsig.start]
            + wire_name(self.name.lower()) + struct.pack(">HI", ANY, 0) + wire_name(self.algorithm)
            + octets[at:at + 8] + rest[2:], mac)
        return reply.rcode, error


# Classes and places, in all ways that clients have.
for shape in itertools.product((ANY, IN), (ANY, IN), (0, 2)):
    for transport in tcp, udp:
        key = Key(shape=shape).negotiate(transport)
        expect(f"class and section {shape}", (NOERROR, 0), key.send(update()))
reply = Reply(tcp(Key(shape=(IN, IN, 2)).tkey(Negotiation(f"DNS/ns1.{ZONE.to_text(True)}").start())))
answer = reply.sections[0][0]
expect("the answer's RR", (ANY, 0), (answer.class_, answer.ttl))

# Names come back as they were sent, and mean the same in any case.
key = Key(name=f"MiXed.CaSe.{APEX}")
reply, _ = key.leg(key.negotiation.start())
expect("names as sent", [key.name, key.name, key.name],
       [reply.qname, reply.sections[0][0].owner, reply.tsig.owner])
key = Key(name=f"UPPER.{APEX}").negotiate()
key.name = key.name.lower()
expect("the key in another case", (NOERROR, 0), key.send(update()))
one_label = Key(name="dfb7ae22-7bd1-4a33-8fa9-1b2e1e1f3f04.").negotiate()
expect("a name of one label", (NOERROR, 0), one_label.send(update()))

# Modes, algorithms, names.
token = Negotiation(f"DNS/ns1.{ZONE.to_text(True)}").start()
for transport in tcp, udp:
    for mode in 0, 1, 2, 4, 6, 65535:
        name = next(names)
        octets = transport(question(name, tkey(name, token, mode=mode)))
        expect(f"mode {mode}", (NOERROR, BADMODE), answered(octets))
        expect("mode as sent, no token", (mode, b""), read_tkey(Reply(octets))[2::2])
    for algorithm in "hmac-md5.sig-alg.reg.int.", "gss.", ".":
        name = next(names)
        octets = transport(question(name, tkey(name, token, algorithm=algorithm)))
        expect(f"algorithm {algorithm}", (NOERROR, BADALG), answered(octets))
    for name in EDITOR, EDITOR.upper(), key.name, key.name.upper():
        expect(f"{name} is in use", (NOERROR, BADNAME_),
               answered(transport(question(name, tkey(name, token)))))
    name = next(names)
    for what, octets in {
            "no TKEY": question(name),
            "TKEY of another name": question(name, tkey(name, token, owner="x" + name)),
            "class CH": question(name, tkey(name, token, rdclass=CH)),
            "in the authority section": question(name, tkey(name, token), section=1),
            "cut": question(name, tkey(name, token, tail=b"\0")),
            "too long": question(name, tkey(name, token, tail=b"\0\0\0")),
    }.items():
        expect(what, (FORMERR, None), answered(transport(octets)))
    expect("no token", (NOERROR, BADKEY), answered(transport(question(name, tkey(name)))))
expect("the name that was asked for goes on", (NOERROR, 0), key.send(update()))
impostor = Key().negotiate()
impostor.name = name
expect("of all those no key was made", (NOTAUTH, BADKEY), impostor.send(update()))

# Deletion (RFC 2930 section 4.2): by who signs with the key, and nobody else.
def deletion(name):
    return question(name, tkey(name, mode=5))


victim, other = Key().negotiate(), Key().negotiate()
expect("unsigned", (NOERROR, BADNAME_), answered(tcp(deletion(victim.name))))
signed, mac = other.sign(deletion(victim.name))
reply = Reply(tcp(signed))
expect("signed with another key", BADNAME_, read_tkey(reply).error)
other.check(reply, mac)
editor = SharedKey().key
by_editor = dns.message.from_wire(deletion(victim.name))
by_editor.use_tsig(editor)
expect("signed with a shared key", BADNAME_, tkey_error(tcp(by_editor.to_wire())))
own = dns.message.from_wire(deletion(EDITOR))
own.use_tsig(editor)
expect("a shared key deletes itself", BADNAME_, tkey_error(tcp(own.to_wire())))
expect("it is there after all that", (NOERROR, 0), victim.send(update()))
with unittest.mock.patch("time.time", lambda: 1.6e9):
    late, mac = victim.sign(deletion(victim.name))
expect("a late deletion", (NOTAUTH, BADTIME_), victim.refused_time(tcp(late), mac))
expect("it is there after that, too", (NOERROR, 0), victim.send(update()))
signed, mac = victim.sign(deletion(victim.name))
reply = Reply(tcp(signed))
expect("signed with the key itself", (NOERROR, 0, 5), (reply.rcode, read_tkey(reply).error, read_tkey(reply).mode))
victim.check(reply, mac)
expect("again the same answer", reply.octets, tcp(signed))
expect("the key is gone", (NOTAUTH, BADKEY), victim.send(update()))
expect("the others are not", (NOERROR, 0), other.send(update()))
victim = Key(name=victim.name).negotiate()
expect("its name can be used again", (NOERROR, 0), victim.send(update()))

# Tokens as long as TCP carries them (and a datagram, in fragments).
for size in 4097, 16384, 48000, 65200:
    name = next(names)
    octets = question(name, tkey(name, os.urandom(size)))
    for transport in tcp, udp:
        expect(f"{size} octets of junk", (NOERROR, BADKEY), answered(transport(octets)))
MANY = tuple(oid(f"1.3.6.1.4.1.4711.{n // 100}.{n % 100}") for n in range(4000))
for n in 500, 4000:
    key = Key(mechs=(KERBEROS,) + MANY[:n])
    expect("a long token", True, len(key.negotiation.start()) > n * 10)
    key = Key(mechs=(KERBEROS,) + MANY[:n]).negotiate()
    expect(f"a key from a token with {n} more mechanisms", (NOERROR, 0), key.send(update()))
