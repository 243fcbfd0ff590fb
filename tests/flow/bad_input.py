"""bad_input.py: sends what no client should, and checks what comes back."""

import argparse
import random
import socket
import struct
import sys
import time

import dns.flags
import dns.message
import dns.name
import dns.opcode
import dns.query
import dns.rcode
import dns.rdataclass
import dns.rdatatype
import dns.tsig
import dns.tsigkeyring
import dns.update

parser = argparse.ArgumentParser()
for option in "zone", "key", "secret":
    parser.add_argument("--" + option, required=True)
parser.add_argument("--port", type=int, required=True)
args = parser.parse_args()
server = ("127.0.0.1", args.port)
keyring = dns.tsigkeyring.from_text({args.key: ("hmac-sha256", args.secret)})
failures = []


def exchange(octets, timeout=60):
    """The answer to a datagram, or None."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.settimeout(timeout)
        s.connect(server)
        s.send(octets)
        try:
            return s.recv(65535)
        except socket.timeout:
            return None


def rcode(octets):
    return None if octets is None else octets[3] & 15


def silence(what, octets):
    if exchange(octets, 0.5) is not None:
        failures.append(f"{what}: is answered")


def check(what, expected, octets):
    found = rcode(octets)
    if found not in (expected if isinstance(expected, tuple) else (expected,)):
        failures.append(f"{what}: expected RCODE {expected}, got {found}")


def alive(what):
    """Answers are there again; where junk has filled the socket a question is lost."""
    query = dns.message.make_query(args.zone, "SOA").to_wire()
    for _ in range(60):
        answer = exchange(query, 1)
        if answer is not None:
            break
    if rcode(answer) != 0:
        sys.exit(f"no answer after: {what}")


def header(flags=0, counts=(1, 0, 0, 0), ident=0x1234):
    return struct.pack(">HHHHHH", ident, flags, *counts)


zone = dns.name.from_text(args.zone).to_wire()
question = zone + struct.pack(">HH", dns.rdatatype.SOA, dns.rdataclass.IN)
FORMERR, NOTIMP, REFUSED, NOTAUTH, NOTZONE = 1, 4, 5, 9, 10

silence("shorter than a header", b"\x12\x34\x00")
silence("an answer", header(0x8000) + question)
check("an unknown opcode", NOTIMP, exchange(header(15 << 11) + question))
check("no question", FORMERR, exchange(header(counts=(0, 0, 0, 0))))
check("two questions", FORMERR, exchange(header(counts=(2, 0, 0, 0)) + question * 2))
check("a question that is cut", FORMERR, exchange(header() + question[:-3]))
check("a pointer to itself", FORMERR, exchange(header() + b"\xc0\x0c\x00\x01\x00\x01"))
check("a pointer forward", FORMERR, exchange(header() + b"\xc0\x20\x00\x01\x00\x01" + b"\0" * 40))
check("pointers in a circle", FORMERR, exchange(header() + b"\x01a\xc0\x0c\x00\x01\x00\x01"))
check("label type 0x40", FORMERR, exchange(header() + b"\x41a\x00\x00\x01\x00\x01"))
long_name = (b"\x3f" + b"a" * 63) * 4 + b"\0"
check("a name of 257 octets", FORMERR, exchange(header() + long_name + b"\x00\x01\x00\x01"))
check("counts that lie", FORMERR, exchange(header(counts=(1, 65535, 65535, 65535)) + question))
check("octets left over", FORMERR, exchange(header() + question + b"junk"))
opt = b"\0" + struct.pack(">HHBBHH", 41, 1232, 0, 0, 0, 0)
check("two OPT RRs", FORMERR, exchange(header(counts=(1, 0, 0, 2)) + question + opt * 2))
opt_bad = b"\0" + struct.pack(">HHBBHH", 41, 1232, 0, 0, 0, 3) + b"\0\3\0"
check("an option that is cut", FORMERR, exchange(header(counts=(1, 0, 0, 1)) + question + opt_bad))

# UPDATE without the right zone section.
update_flags = 5 << 11
check("UPDATE with no zone", FORMERR, exchange(header(update_flags, (0, 0, 0, 0))))
check("UPDATE with zone type A", FORMERR,
      exchange(header(update_flags) + zone + struct.pack(">HH", 1, 1)))
other = dns.name.from_text("example.org").to_wire() + struct.pack(">HH", 6, 1)
check("UPDATE of a zone not ours", (NOTAUTH, REFUSED), exchange(header(update_flags) + other))


def signed(update, key=args.key, secret_ring=keyring):
    update.use_tsig(secret_ring, dns.name.from_text(key), algorithm="hmac-sha256.")
    return update.to_wire()


outside = dns.update.UpdateMessage(args.zone)
outside.update.append(dns.rrset.from_text("h.example.org.", 300, "IN", "A", "192.0.2.1"))
check("UPDATE outside the zone", NOTZONE, exchange(signed(outside)))

# A MAC that was tampered with, and one that is too short.
good = bytearray(signed(dns.update.UpdateMessage(args.zone)))
bad = bytearray(good)
bad[-20] ^= 1
answer = exchange(bytes(bad))
check("a wrong MAC", (NOTAUTH, FORMERR), answer)

# TKEY: truncated tokens, garbage, no TKEY RR.
key_name = dns.name.from_text("1234.sig-ns1." + args.zone).to_wire()
tkey_question = key_name + struct.pack(">HH", 249, 255)
check("TKEY without a TKEY RR", FORMERR, exchange(header() + tkey_question))
algorithm = dns.name.from_text("gss-tsig.").to_wire()
now = int(time.time())
for token in b"", b"\x60", b"\x60\x84\xff\xff\xff\xff", b"NTLMSSP\0" + b"\0" * 40, bytes(range(200)):
    rdata = algorithm + struct.pack(">IIHHH", now, now, 3, 0, len(token)) + token + b"\0\0"
    rr = key_name + struct.pack(">HHIH", 249, 255, 0, len(rdata)) + rdata
    answer = exchange(header(counts=(1, 0, 0, 1)) + tkey_question + rr)
    check(f"TKEY with a token of {len(token)} octets", 0, answer)
    if answer is not None and b"gss-tsig" in answer:
        where = answer.rindex(b"\x08gss-tsig\0") + 10
        error = struct.unpack(">H", answer[where + 10:where + 12])[0]
        if error != 17:
            failures.append(f"TKEY error {error} instead of BADKEY")
    cut = rdata[:-4]
    rr = key_name + struct.pack(">HHIH", 249, 255, 0, len(cut)) + cut
    check("TKEY RDATA that is cut", FORMERR,
          exchange(header(counts=(1, 0, 0, 1)) + tkey_question + rr))

# An unknown key on an update.
ring = dns.tsigkeyring.from_text({"old." + args.zone: ("hmac-sha256", args.secret)})
answer = exchange(signed(dns.update.UpdateMessage(args.zone), "old." + args.zone, ring))
check("an unknown key", NOTAUTH, answer)

# TCP: one octet at a time, a length that lies, junk.
with socket.create_connection(server, timeout=60) as s:
    message = dns.message.make_query(args.zone, "SOA").to_wire()
    for octet in struct.pack(">H", len(message)) + message:
        s.send(bytes([octet]))
    if len(s.recv(65535)) < 14:
        failures.append("TCP one octet at a time")
for junk in b"\xff\xffabc", b"\0\0", b"\0\1x", bytes(1000):
    with socket.create_connection(server, timeout=60) as s:
        s.send(junk)
alive("TCP junk")

# Junk, from a known seed.
random.seed(20260101)
seeds = [dns.message.make_query(args.zone, "SOA").to_wire(), bytes(good), header() + tkey_question]
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
    s.connect(server)
    for i in range(20000):
        octets = bytearray(random.choice(seeds))
        for _ in range(random.randrange(1, 6)):
            octets[random.randrange(len(octets))] = random.randrange(256)
        if random.random() < 0.2:
            octets = octets[:random.randrange(3, len(octets))]
        octets[2] &= 0x7F
        try:
            s.send(bytes(octets))
        except ConnectionRefusedError:
            sys.exit("the daemon is gone")
        if i % 500 == 499:
            alive("junk datagrams")

for failure in failures:
    print(failure)
sys.exit(1 if failures else 0)
