"""The story of windows_clients_register."""

from client import *
from windows_client import *

HOST = f"pc1.{ZONE.to_text()}"
V4, V6, OTHER_V4 = "192.0.2.7", "2001:db8::7", "192.0.2.8"


def pc2_with_a_short_ticket():
    """A client of PC2$ whose key soon expires; later it has PC1$'s ticket."""
    client = WindowsClient(f"pc2.{ZONE.to_text()}")
    expect("with a short ticket", NOERROR, client.register("192.0.2.20"))
    return client


short = while_a_ticket_lasts("PC2$", pc2_with_a_short_ticket)


def pointer(address):
    return texts(reverse_name(address), "PTR")


for label, options in {"later Windows": {}, "Windows 2000": {"w2000": True},
                       "over TCP": {"transport": tcp}}.items():
    pc = WindowsClient(HOST, **options)
    expect(f"{label}: registration", NOERROR, pc.register(V4, V6))
    expect("A", [V4], texts("pc1", "A"))
    expect("AAAA", [V6], texts("pc1", "AAAA"))
    expect("TTL", 1200, ask("pc1", "A").answer[0].ttl)
    for address in V4, V6:
        expect(f"PTR of {address}", NOERROR, pc.register_pointer(address))
        expect("PTR", [HOST], pointer(address))

    before = serial()
    expect("the same again", NOERROR, pc.register(V4, V6))
    expect("which is no change", before, serial())
    expect("the PTR again", NOERROR, pc.register_pointer(V4))

    expect("another address", NOERROR, pc.register(OTHER_V4, V6))
    expect("A after it", [OTHER_V4], texts("pc1", "A"))
    expect("AAAA after it", [V6], texts("pc1", "AAAA"))
    expect("one change", before + 1, serial())
    expect("the old PTR goes", NOERROR, pc.unregister_pointer(V4))
    expect("PTR after it", [], pointer(V4))

    expect("removal", NOERROR, pc.unregister(OTHER_V4, V6))
    expect("A after removal", [], texts("pc1", "A"))
    expect("AAAA after removal", [], texts("pc1", "AAAA"))
    expect("the other PTR goes", NOERROR, pc.unregister_pointer(V6))
    expect("one key for all of that", 1, pc.n_keys)

# What came unsigned first is one event with what came signed, and no refusal.
records = [x for x in ctl("updates", "-n", "1000")["updates"] if "pc2." not in x["asked"]]
expect("unsigned refusals", [], [x for x in records if x["kind"] == "update" and x["result"] == "refused"])
expect("signed ones that came unsigned first", True, any(x["after_unsigned"] for x in records))

# RFC 3645 section 4.1.1: the server says BADKEY, the client negotiates anew.
def has_expired():
    octets = message(UPDATE, (ZONE.to_text(), SOA, IN))
    return Reply(tcp(short.key.sign(octets)[0])).rcode == NOTAUTH


wait_for("the key expires with the ticket", has_expired)
old = short.key
short.host = HOST
expect("an update with the expired key", NOERROR, short.register(V4))
expect("it took another", (2, False), (short.n_keys, short.key is old))
expect("and is done", [V4], texts("pc1", "A"))
