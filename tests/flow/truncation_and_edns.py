"""The story of truncation_and_edns; the argument is max-udp-size."""

import dns.edns
import dns.opcode

from client import *

limit = int(sys.argv[1])
key = SharedKey()


def exchange(name, rdtype, transport=udp, edns=-1, **options):
    query = dns.message.make_query(dns.name.from_text(name, ZONE), rdtype)
    query.use_edns(edns, **options)
    octets = transport(query.to_wire())
    return dns.message.from_wire(octets), len(octets)


def is_cut(answer):
    return bool(answer.flags & dns.flags.TC)


def n_rrs(answer):
    return sum(map(len, answer.answer))


# Each size, and RRsets around it.
for size in None, 0, 512, 1231, 1232, 1233, 4095, 4096, 65535:
    room = min(max(size or 512, 512), limit)
    edns = {} if size is None else {"edns": 0, "payload": size}
    for n in 25, 26, 70, 71, 250, 251, 400:
        what = f"{n} A in {size}"
        answer, length = exchange(f"a{n}", "A", **edns)
        expect(f"{what}: RCODE", NOERROR, answer.rcode())
        expect(f"{what}: fits", True, length <= room)
        expect(f"{what}: OPT", size is not None, answer.edns == 0)
        expect(f"{what}: AA", True, bool(answer.flags & dns.flags.AA))
        whole, whole_length = exchange(f"a{n}", "A", tcp, **edns)
        expect(f"{what}: all over TCP", n, n_rrs(whole))
        expect(f"{what}: TCP is never cut", False, is_cut(whole))
        expect(f"{what}: cut if it must be", whole_length > room, is_cut(answer))
        if not is_cut(answer):
            expect(f"{what}: all of them", n, n_rrs(answer))
        if size is not None:
            expect(f"{what}: our size", limit, answer.payload)

# Signed: the TSIG has its place in what may be sent.
for n in 25, 26, 70, 71, 400:
    query = dns.message.make_query(dns.name.from_text(f"a{n}", ZONE), "A", use_edns=0, payload=1232)
    query.use_tsig(key.key)
    for transport in udp, tcp:
        octets = transport(query.to_wire())
        answer = dns.message.from_wire(octets, keyring=query.keyring, request_mac=query.mac)
        expect("signed answer", True, answer.had_tsig)
        expect("signed answer fits", True, transport is tcp or len(octets) <= 1232)

# A referral: glue that does not fit is no reason for TC only if some is there.
answer, length = exchange("x.sub", "A")
expect("referral", 1, len(answer.authority))
expect("referral fits", True, length <= 512)
expect("referral without all glue says so", True, is_cut(answer))
answer, _ = exchange("x.sub", "A", tcp)
expect("glue over TCP", 41, sum(map(len, answer.additional)))

# Options: NSID when asked, unknown ones ignored, DO as it came.
nsid = dns.edns.GenericOption(dns.edns.NSID, b"")
unknown = [dns.edns.GenericOption(65001, b"abc"), dns.edns.GenericOption(65002, b""),
           dns.edns.GenericOption(10, b"12345678"), dns.edns.GenericOption(12, b"\0" * 30)]
for transport in udp, tcp:
    answer, _ = exchange("@", "SOA", transport, edns=0, options=unknown + [nsid])
    expect("RCODE", NOERROR, answer.rcode())
    expected = [b"dns-one"] if limit == 4096 else []
    expect("NSID", expected, [o.data for o in answer.options if o.otype == dns.edns.NSID])
    expect("no other option", len(expected), len(answer.options))
    answer, _ = exchange("@", "SOA", transport, edns=0, options=unknown)
    expect("no option that nobody asked for", 0, len(answer.options))
for flags in 0, dns.flags.DO:
    answer, _ = exchange("@", "SOA", edns=0, ednsflags=flags)
    expect("DO", flags, answer.ednsflags & dns.flags.DO)
    expect("other flags are zero", 0, answer.ednsflags & 0x7FFF)
answer, _ = exchange("@", "SOA", edns=0, ednsflags=0x1234)
expect("unknown flags are not copied", 0, answer.ednsflags & 0xFFFF)

# Versions.
for version in 1, 2, 255:
    for options in [], [nsid]:
        answer, _ = exchange("@", "SOA", edns=version, options=options)
        expect("version", dns.rcode.BADVERS, answer.rcode())
        expect("our version", 0, answer.edns)
        expect("no answer", 0, len(answer.answer))
update = dns.update.UpdateMessage(ZONE)
update.add("x", 300, "A", "192.0.2.1")
update.use_edns(1)
update.use_tsig(key.key)
answer = dns.message.from_wire(udp(update.to_wire()), keyring=update.keyring, request_mac=update.mac)
expect("an update of another version", dns.rcode.BADVERS, answer.rcode())
expect("and nothing is changed", 7 + (limit != 4096), serial())
update = Signed(key, add(f"edns{limit}", "A", "192.0.2.1"))
update.update.use_edns(0)
update.octets = update.update.to_wire()
octets = udp(update.octets)
expect("an update with OPT", NOERROR, update.check(octets))
expect("answered with OPT", 0, unverified(octets).edns)

# ANY: all over TCP; over UDP it may be one RRset (RFC 8482), never nothing.
answer, _ = exchange("many", "ANY", tcp)
expect("ANY over TCP", {"A", "MX", "TXT"}, {dns.rdatatype.to_text(r.rdtype) for r in answer.answer})
answer, _ = exchange("many", "ANY")
expect("ANY over UDP", True, len(answer.answer) >= 1)
answer, _ = exchange("none", "ANY")
expect("ANY of nothing", dns.rcode.NXDOMAIN, answer.rcode())
