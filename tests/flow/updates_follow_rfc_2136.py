"""The half of updates_follow_rfc_2136 that nsupdate cannot say, and IXFR."""

import dns.rdtypes.ANY.TSIG
import dns.renderer
import dns.zone

from client import *

FORMERR, NOTZONE = dns.rcode.FORMERR, dns.rcode.NOTZONE
key = SharedKey()


class Raw:
    """An update of RRs as they are, without what dnspython would mend."""

    def __init__(self, prerequisites, updates):
        message = dns.update.UpdateMessage(ZONE)
        renderer = dns.renderer.Renderer(message.id, 0x2800, 65535)
        renderer.add_question(ZONE, dns.rdatatype.SOA)
        for section, rrs in (1, prerequisites), (2, updates):
            for one in rrs:
                self.put(renderer, section, one)
        renderer.write_header()
        self.ident = message.id
        self.octets = renderer.get_wire()

    @staticmethod
    def put(renderer, section, one):
        owner, ttl, rdclass, rdtype, rdata = one
        renderer._set_section(section)
        dns.name.from_text(owner, ZONE).to_wire(renderer.output, renderer.compress, None)
        wire = rdata or b""
        if isinstance(rdata, str):
            wire = dns.rdata.from_text("IN", rdtype, rdata, ZONE, False).to_wire()
        renderer.output.write(struct.pack(
            ">HHIH", dns.rdatatype.from_text(rdtype), dns.rdataclass.from_text(rdclass),
            ttl, len(wire)) + wire)
        renderer.counts[section] += 1

    def signed(self):
        rdata = dns.rdtypes.ANY.TSIG.TSIG(
            dns.rdataclass.ANY, dns.rdatatype.TSIG, key.key.algorithm, 0, 300, b"", self.ident, 0, b"")
        tsig, _ = dns.tsig.sign(self.octets, key.key, rdata, int(time.time()))
        wire = tsig.to_wire()
        return (self.octets[:10] + struct.pack(">H", 1) + self.octets[12:] + key.key.name.to_wire()
                + struct.pack(">HHIH", dns.rdatatype.TSIG, dns.rdataclass.ANY, 0, len(wire)) + wire)


def refused(what, rcode, prerequisites, updates, mac_len=32):
    """Nothing of it is applied, not even what is right; the answer is signed."""
    before = serial()
    good = ("prescan", 300, "IN", "A", "192.0.2.99")
    answer = tcp(Raw(prerequisites, [good] + updates).signed())
    expect(f"{what}: RCODE", dns.rcode.to_text(rcode), dns.rcode.to_text(unverified(answer).rcode()))
    tsig = unverified(answer).tsig
    expect(f"{what}: octets of the MAC", mac_len, len(tsig[0].mac) if tsig else 0)
    expect(f"{what}: serial", before, serial())


# Sections 3.2.1 and 3.4.1.3: what is no prerequisite and no update.
refused("a prerequisite with a TTL", FORMERR, [("host", 1, "ANY", "A", None)], [])
refused("class ANY with RDATA", FORMERR, [("host", 0, "ANY", "A", "192.0.2.1")], [])
refused("class NONE with RDATA", FORMERR, [("host", 0, "NONE", "A", "192.0.2.1")], [])
refused("a prerequisite of class CH", FORMERR, [("host", 0, "CH", "TXT", "x")], [])
refused("an update of class CH", FORMERR, [], [("host", 0, "CH", "TXT", "x")])
refused("adding type ANY", FORMERR, [], [("host", 300, "IN", "ANY", b"x")])
refused("adding type AXFR", FORMERR, [], [("host", 300, "IN", "AXFR", b"x")])
refused("deleting an RRset with a TTL", FORMERR, [], [("host", 1, "ANY", "A", None)])
refused("deleting an RRset with RDATA", FORMERR, [], [("host", 0, "ANY", "A", "192.0.2.1")])
refused("deleting an RR with a TTL", FORMERR, [], [("host", 1, "NONE", "A", "192.0.2.1")])
refused("deleting type AXFR", FORMERR, [], [("host", 0, "ANY", "AXFR", None)])
refused("deleting one RR of type ANY", FORMERR, [], [("host", 0, "NONE", "ANY", b"x")])
refused("adding outside the zone", NOTZONE, [], [("example.org.", 300, "IN", "A", "192.0.2.1")])
refused("deleting outside the zone", NOTZONE, [], [("example.org.", 0, "ANY", "ANY", None)])

# A message that cannot be read to its end has no TSIG that could be verified.
for broken in b"", b"abc", b"abcde":
    refused("an A of another length", FORMERR, [], [("host", 300, "IN", "A", broken)], 0)
refused("an MX without a name", FORMERR, [], [("host", 0, "NONE", "MX", b"\0\1")], 0)

# Section 2.4 in wire form, without what nsupdate adds.
expect("deleting the raw way", NOERROR, unverified(udp(Raw(
    [("host", 0, "ANY", "ANY", None), ("host", 0, "ANY", "TXT", None), ("host", 0, "NONE", "MX", None),
     ("none", 0, "NONE", "ANY", None), ("host", 0, "IN", "TXT", "Case")],
    [("host", 0, "NONE", "TXT", "Case")]).signed())).rcode())
expect("TXT", [], texts("host", "TXT"))


# Compressed names in RDATA are stored whole.
def compressed(update):
    update.add("mail", 300, "MX", "10 mail.in.the.same")
    update.add("in.the.same", 300, "CNAME", "mail")
    update.add("x.in.the.same", 300, "NS", "ns1.x.in.the.same")


update = Signed(key, compressed)
expect("names are compressed", 1, update.octets.count(b"\4test\0"))
expect("compressed names", NOERROR, update.send())
zone = ZONE.to_text()
expect("MX", [f"10 mail.in.the.same.{zone}"], texts("mail", "MX"))
expect("CNAME", [f"mail.{zone}"], texts("in.the.same", "CNAME"))


# IXFR from the very first serial.
def transfer(rdtype, authority=None):
    """The RRs of a transfer, in order."""
    query = dns.message.make_query(ZONE, rdtype)
    if authority is not None:
        query.authority.append(authority)
    rrs = []
    with connect() as s:
        s.sendall(framed(query.to_wire()))
        while len(rrs) < 2 or not is_over(rrs):
            answer = dns.message.from_wire(receive_message(s), one_rr_per_rrset=True)
            expect("RCODE of a transfer", NOERROR, answer.rcode())
            rrs += answer.answer
    return [(one.name, one.rdtype, one.ttl, one[0]) for one in rrs]


def is_over(rrs):
    last = rrs[0][0].serial
    soas = [i for i, one in enumerate(rrs) if one.rdtype == dns.rdatatype.SOA and one[0].serial == last]
    is_full = rrs[1].rdtype != dns.rdatatype.SOA
    return len(soas) == (2 if is_full else 3) and soas[-1] == len(rrs) - 1


first = dns.zone.from_file(f"{DIR}/first.axfr", origin=ZONE, relativize=False)
old_soa = first.get_rrset(ZONE, "SOA")
content = {(name, rdata.rdtype, ttl, rdata) for name, ttl, rdata in first.iterate_rdatas()}
last = set(transfer("AXFR"))
steps = transfer("IXFR", old_soa)
expect("it is incremental", dns.rdatatype.SOA, steps[1][1])
newest, steps = steps[0], steps[1:-1]
expect("it ends where it says", newest, steps[-1] if steps[-1][1] == dns.rdatatype.SOA else newest)
at, n_soa, n_steps = old_soa[0].serial, 0, 0
for one in steps:
    if one[1] == dns.rdatatype.SOA:
        n_soa += 1
        if n_soa % 2 == 1:
            expect("a step begins where the last one ended", at, one[3].serial)
        else:
            at = one[3].serial
            n_steps += 1
    if n_soa % 2 == 1:
        expect(f"{one} is there to be deleted", True, one in content)
        content.remove(one)
    else:
        expect(f"{one} is new", False, one in content)
        content.add(one)
expect("the last serial", serial(), at)
expect("a step for each serial", serial() - old_soa[0].serial, n_steps)
expect("all steps make the zone", set(), content ^ last)
