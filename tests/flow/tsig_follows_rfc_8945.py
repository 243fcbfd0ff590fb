"""The story of tsig_follows_rfc_8945: TSIGs are made and read here by hand."""

import base64
import hashlib
import hmac
import os

from client import *
from windows_client import *

SECRET = base64.b64decode(os.environ["FLOW_SECRET"])
EDITOR = os.environ["FLOW_KEY"] + "."
SHORT, OLD = (EDITOR.replace("editor", name) for name in ("short", "old"))
APEX = ZONE.to_text()
TXT, AXFR, OPT = 16, 252, 41
FORMERR, NXRRSET, NOTZONE = 1, 8, 10
BADSIG_, BADTIME, BADTRUNC = 16, 18, 22
SHA256, MD5 = "hmac-sha256.", "hmac-md5.sig-alg.reg.int."
HASHES = {SHA256: hashlib.sha256, MD5: hashlib.md5}


class Key:
    def __init__(self, name=EDITOR, algorithm=SHA256, secret=SECRET):
        self.name, self.algorithm, self.secret = name, algorithm, secret

    def mac(self, octets):
        return hmac.new(self.secret, octets, HASHES[self.algorithm.lower()]).digest()

    def variables(self, signed, fudge, error=0, other=b""):
        return (wire_name(self.name.lower()) + struct.pack(">HI", ANY, 0)
                + wire_name(self.algorithm.lower())
                + struct.pack(">HIHHH", signed >> 32, signed & 0xFFFFFFFF, fudge, error, len(other)) + other)

    def tsig(self, octets, signed=None, fudge=300, size=None, flip=0):
        """(the RDATA of a TSIG for the message, its MAC); size cuts the MAC or makes it longer."""
        signed = int(time.time()) if signed is None else signed
        mac = self.mac(octets + self.variables(signed, fudge))
        mac = (mac + mac)[:len(mac) if size is None else size]
        mac = mac[:-1] + bytes([mac[-1] ^ flip]) if flip else mac
        return (wire_name(self.algorithm)
                + struct.pack(">HIHH", signed >> 32, signed & 0xFFFFFFFF, fudge, len(mac)) + mac
                + octets[:2] + b"\0\0\0\0"), mac

    def check(self, reply, request_mac, first=True):
        """That a reply is signed; (error, other data, time signed, MAC)."""
        tsig = reply.tsig
        expect("the answer is signed", True, tsig is not None)
        expect("the key's name as it was sent", self.name, tsig.owner)
        algorithm, at = reply.name(tsig.rdata_at)
        expect("the algorithm as it was sent", self.algorithm, algorithm)
        high, low, fudge, size = struct.unpack_from(">HIHH", reply.octets, at)
        mac = reply.octets[at + 10:at + 10 + size]
        original, error, length = struct.unpack_from(">HHH", reply.octets, at + 10 + size)
        other = reply.octets[at + 16 + size:][:length]
        if error in (BADKEY, BADSIG_):
            expect("no MAC", b"", mac)
            return error, other, high << 32 | low, mac
        counts = struct.unpack_from(">5H", reply.octets, 2)
        unsigned = struct.pack(">6H", original, *counts[:4], counts[4] - 1) + reply.octets[12:tsig.start]
        signed = high << 32 | low
        last = (self.variables(signed, fudge, error, other) if first
                else struct.pack(">HIH", high, low, fudge))
        whole = self.mac(struct.pack(">H", len(request_mac)) + request_mac + unsigned + last)
        expect("the answer's MAC", whole[:len(mac)], mac)
        return error, other, signed, mac


def appended(octets, *rrs):
    """The message with RRs behind it, counted in the additional section."""
    counts = struct.unpack_from(">5H", octets, 2)
    return (octets[:2] + struct.pack(">5H", *counts[:4], counts[4] + len(rrs)) + octets[12:]
            + b"".join(rrs))


def signed(key, octets, **how):
    rdata, mac = key.tsig(octets, **how)
    return appended(octets, rr(wire_name(key.name), TSIG, ANY, 0, rdata)), mac


def question():
    return message(QUERY, (APEX, SOA, IN))


def outcome(key, octets, transport=udp, **how):
    """(RCODE, TSIG error or None where there is no TSIG), with what check() says."""
    request, mac = signed(key, octets, **how)
    reply = Reply(transport(request))
    if reply.tsig is None:
        return reply, (reply.rcode, None), None
    found = key.check(reply, mac)
    return reply, (reply.rcode, found[0]), found


def expect_outcome(what, expected, key, octets=None, **how):
    for transport in udp, tcp:
        _, result, found = outcome(key, octets or question(), transport, **how)
        expect(f"{what} over {transport.__name__}", expected, result)
    return found


editor = Key()

# What is right: names in any case, both come back as they were sent.
expect_outcome("signed", (NOERROR, 0), editor)
expect_outcome("names in another case", (NOERROR, 0), Key(EDITOR.upper(), "HMAC-sha256."))
expect_outcome("HMAC-MD5", (NOERROR, 0), Key(OLD, MD5))
expect_outcome("HMAC-MD5 in capitals", (NOERROR, 0), Key(OLD, MD5.upper()))

# The Original ID is what was signed, whatever the header says since (Kea).
request, mac = signed(editor, question())
reply = Reply(udp(bytes([request[0] ^ 0x55]) + request[1:]))
expect("the header's ID comes back", request[0] ^ 0x55, reply.id >> 8)
expect("Original ID", 0, editor.check(reply, mac)[0])

# Keys (section 5.2.1), MACs (5.2.2): an answer that nobody could sign.
nobody = Key("nobody." + APEX)
for what, key in {
        "unknown key": nobody,
        "unknown algorithm": Key(algorithm="hmac-sha3."),
        "algorithm of another key": Key(algorithm=MD5),
        "algorithm of contexts": Key(algorithm="gss-tsig."),
}.items():
    HASHES.setdefault(key.algorithm, hashlib.sha256)
    expect_outcome(what, (NOTAUTH, BADKEY), key)
expect_outcome("wrong MAC", (NOTAUTH, BADSIG_), editor, flip=1)
expect_outcome("wrong secret", (NOTAUTH, BADSIG_), Key(secret=b"another"))

# Time (5.2.3): after the MAC; signed, the client's time, and ours in six octets.
for off in -301, 301, 100000:
    then = int(time.time()) + off + (off > 0) * 60  # while the machine takes its time
    _, other, when, _ = expect_outcome(f"{off} s off", (NOTAUTH, BADTIME), editor, signed=then)
    expect("the client's time", then, when)
    expect("octets of our time", 6, len(other))
    expect("our time", True, abs(int.from_bytes(other, "big") - time.time()) < 60)
expect_outcome("240 s late", (NOERROR, 0), editor, signed=int(time.time()) - 240)
expect_outcome("a fudge of a day is cut", (NOTAUTH, BADTIME), editor,
               signed=int(time.time()) - 400, fudge=65535)
expect_outcome("a small fudge holds", (NOTAUTH, BADTIME), editor, signed=int(time.time()) - 20, fudge=5)
expect_outcome("late and wrong", (NOTAUTH, BADSIG_), editor, signed=1, flip=1)
expect_outcome("after 2106", (NOTAUTH, BADTIME), editor, signed=1 << 40)

# Truncation (5.2.2.1, 5.2.4).
short, old = Key(SHORT), Key(OLD, MD5)
for key, sizes in {
        editor: {0: FORMERR, 9: FORMERR, 15: FORMERR, 16: BADTRUNC, 31: BADTRUNC, 32: NOERROR, 33: FORMERR},
        short: {15: FORMERR, 16: NOERROR, 31: NOERROR, 32: NOERROR, 33: FORMERR},
        old: {8: FORMERR, 9: FORMERR, 10: NOERROR, 16: NOERROR, 17: FORMERR},
}.items():
    for size, expected in sizes.items():
        result = {FORMERR: (FORMERR, None), BADTRUNC: (NOTAUTH, BADTRUNC)}.get(expected, (NOERROR, 0))
        expect_outcome(f"{key.name} with {size} octets", result, key, size=size)
_, _, found = outcome(short, question(), size=16)
expect("we cut our own", 16, len(found[3]))
_, _, found = outcome(editor, question(), size=16)
expect("BADTRUNC is signed whole", 32, len(found[3]))

# Form and place (4.2, 5.1): FORMERR without a TSIG, and nothing is done.
plain = question()
rdata, _ = editor.tsig(plain)
tsig = rr(wire_name(EDITOR), TSIG, ANY, 0, rdata)
opt = rr(b"\0", OPT, 1232)
in_answer = plain[:6] + b"\0\1" + plain[8:] + tsig
for what, octets in {
        "an OPT behind it": appended(plain, tsig, opt),
        "two of them": appended(plain, tsig, tsig),
        "in the answer section": in_answer,
        "class IN": appended(plain, rr(wire_name(EDITOR), TSIG, IN, 0, rdata)),
        "with a TTL": appended(plain, rr(wire_name(EDITOR), TSIG, ANY, 1, rdata)),
        "RDATA cut": appended(plain, rr(wire_name(EDITOR), TSIG, ANY, 0, rdata[:-1])),
        "RDATA too long": appended(plain, rr(wire_name(EDITOR), TSIG, ANY, 0, rdata + b"\0")),
}.items():
    for transport in udp, tcp:
        reply = Reply(transport(octets))
        expect(what, (FORMERR, None), (reply.rcode, reply.tsig))
with_opt = appended(plain, opt)
_, result, _ = outcome(editor, with_opt)
expect("an OPT before it", (NOERROR, 0), result)

# Every answer to a message that verified is signed, errors too.
def update(*changes, prerequisites=(), zone=APEX):
    return message(UPDATE, (zone, SOA, IN), list(prerequisites), list(changes))


mine, other = (below_zone(f"{name}.{APEX}", APEX) for name in ("mine", "other"))
for what, expected, octets in [
        ("applied", NOERROR, update(address_rr(mine, "192.0.2.1"))),
        ("refused by policy", REFUSED, update(address_rr(other, "192.0.2.1"))),
        ("a prerequisite fails", NXRRSET, update(
            address_rr(mine, "192.0.2.2"), prerequisites=[rr(mine, TXT, ANY)])),
        ("prescan", FORMERR, update(rr(mine, A, ANY, 7))),
        ("outside the zone", NOTZONE, update(address_rr(wire_name("elsewhere.test."), "192.0.2.1"))),
        ("a zone of others", NOTAUTH, update(zone="elsewhere.test.")),
        ("NOTIFY", NOTAUTH, message(0x2000, (APEX, SOA, IN))),
        ("no such name", NXDOMAIN, message(QUERY, (f"nothing.{APEX}", A, IN))),
        ("a name of others", REFUSED, message(QUERY, ("elsewhere.test.", A, IN))),
]:
    expect_outcome(what, (expected, 0), editor, octets)
expect("applied once", ["192.0.2.1"], texts("mine", "A"))

# A stream (5.3.1): each MAC is over the one before, and timers only.
for i in range(12):
    owner = below_zone(f"t{i}.mine.{APEX}", APEX)
    changes = [rr(owner, TXT, IN, 300, b"\xfa" + bytes([65 + i]) + b"%03d" % n + b"x" * 246)
               for n in range(200)]
    expect("TXTs", NOERROR, Reply(tcp(signed(editor, update(*changes))[0])).rcode)
request, mac = signed(editor, message(QUERY, (APEX, AXFR, IN)))
with connect() as s:
    s.sendall(framed(request))
    n_messages, n_soas, n_txts = 0, 0, 0
    while n_soas < 2:
        reply = Reply(receive_message(s))
        error, _, _, mac = editor.check(reply, mac, first=n_messages == 0)
        expect("RCODE and error", (NOERROR, 0), (reply.rcode, error))
        n_messages += 1
        n_soas += sum(one.type == SOA for one in reply.sections[0])
        n_txts += sum(one.type == TXT for one in reply.sections[0])
expect("several messages", True, n_messages > 5)
expect("all TXTs", 12 * 200, n_txts)
