"""The story of large_tickets_get_in."""

import shutil

from client import *
from large_tickets import get_large_ticket
from windows_client import *

SERVICE = f"DNS/ns1.{ZONE.to_text(True)}"
addresses = (f"192.0.2.{n}" for n in itertools.count(1))
OWNER = f"pc1.{ZONE.to_text()}"


def updates(what, key, transport):
    address = next(addresses)
    octets = message(UPDATE, (ZONE.to_text(), SOA, IN), [],
                     [rr(below_zone(OWNER, ZONE.to_text()), A, ANY),
                      address_rr(below_zone(OWNER, ZONE.to_text()), address)])
    expect(f"{what}: update", (NOERROR, 0), key.send(octets, transport))
    expect(f"{what}: A", [address], texts("pc1", "A"))


def negotiate_by_udp(what, **options):
    """The key of a leg by UDP, and by TCP if the answer says TC; and if it did."""
    key = WindowsKey(**options)
    leg = key.tkey(key.negotiation.start())
    reply = Reply(udp(leg))
    cut = bool(reply.flags & 0x0200)
    if cut:
        expect(f"{what}: nothing but TC", [[], [], []], reply.sections)
        reply = Reply(tcp(leg))
    answer = read_tkey(reply)
    expect(f"{what}: TKEY error", 0, answer.error)
    expect(f"{what}: no other leg", None, key.negotiation.step(answer.token))
    key.check(reply, b"")
    return key, cut


LONG_NAME = ".".join(["a-long-label" * 4] * 3)
for size in 1000, 4000, 12000, 30000, 47000, 62000:
    shutil.copy(f"{DIR}/ccache", f"{DIR}/large")
    with ccache("large"):
        length = get_large_ticket(SERVICE, size)
        expect("the ticket is large", True, length > size)
        expect("so is the token", True, len(WindowsKey().negotiation.start()) > length)
        for what, options in {
                "Windows list": {}, "Windows 2000": {"w2000": True}, "no token first": {"optimistic": False},
                "NTLM first": {"mechs": NTLM_FIRST_LIST, "first": NTLM_NEGOTIATE}}.items():
            updates(f"{what}, {length} octets", WindowsKey(**options).negotiate(), tcp)
        raw = ContextKey(f"raw-{size}").negotiate()
        expect(f"raw krb5, {length} octets", NOERROR, Signed(raw, replace("pc1", "A", next(addresses))).send())
        for name, expected in (None, False), (f"{size}.{LONG_NAME}.", True):
            key, cut = negotiate_by_udp(f"{length} octets by UDP", name=name)
            expect(f"{length} octets by UDP: TC", expected, cut)
            updates(f"{length} octets by UDP", key, udp)

# The longest message, all of it a token: an optimistic one that is not Kerberos's.
key = WindowsKey(mechs=NTLM_FIRST_LIST, first=NTLM_NEGOTIATE + bytes(65000))
room = 65535 - len(key.tkey(key.negotiation.start()))
key.negotiation.first += bytes(room)
expect("the longest message", 65535, len(key.tkey(key.negotiation.start())))
updates("the longest message", key.negotiate(), tcp)
