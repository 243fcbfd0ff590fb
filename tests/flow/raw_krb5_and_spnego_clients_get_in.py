"""The story of raw_krb5_and_spnego_clients_get_in, with dnspython and MIT's GSS-API."""

import itertools

import gssapi

from client import *

numbers = itertools.count(1)


def own_address():
    """An update of our own A, each time another one."""
    return replace("pc1", "A", f"192.0.2.{next(numbers)}")


def with_a_short_ticket():
    key = ContextKey("short").negotiate()
    expect("an update while the ticket lasts", NOERROR, Signed(key, replace("pc2", "A", "192.0.2.200")).send())
    return key


short = while_a_ticket_lasts("PC2$", with_a_short_ticket)

# Both mechanisms over both transports, the key used over both.
for (label, mech), transport in itertools.product(
        {"krb5": KRB5, "spnego": SPNEGO}.items(), (tcp, udp)):
    key = ContextKey(f"{label}-{transport.__name__}", mech).negotiate(transport)
    for other in tcp, udp, tcp, udp:
        update = Signed(key, own_address())
        expect(f"{label}: update over {other.__name__}", NOERROR, update.send(other))
expect("A after those", [f"192.0.2.{next(numbers) - 1}"], texts("pc1", "A"))

# A key name so long that the final answer is more than 512 octets: over UDP it
# comes whole or cut, and over TCP the same octets get all of it.
for label, mech in ("krb5", KRB5), ("spnego", SPNEGO):
    key = ContextKey(label + ".a-long-label-that-takes-its-place" * 6, mech)
    leg = key.first_leg()
    answer = udp(leg)
    expect("it is long", True, len(tcp(leg)) > 512)
    key.finish(tcp(leg) if unverified(answer).flags & dns.flags.TC else answer)
    expect("update with a long key name", NOERROR, Signed(key, own_address()).send())

# A client that asked for sequence and replay detection, too.
strict = ContextKey("strict", flags=MUTUAL | INTEGRITY
                    | gssapi.RequirementFlag.out_of_sequence_detection
                    | gssapi.RequirementFlag.replay_detection).negotiate()
expect("update of a strict client", NOERROR, Signed(strict, own_address()).send())

# Who has signed, and knows EDNS, is told why by the refusal itself (RFC 8914).
def refused(key, edns):
    update = dns.update.UpdateMessage(ZONE)
    update.add("pc2", 300, "A", "192.0.2.99")
    if edns:
        update.use_edns(0, payload=1232)
    if key is not None:
        update.use_tsig(key.key)
    answer = dns.message.from_wire(udp(update.to_wire()), keyring=update.keyring, request_mac=update.mac)
    expect("refused", dns.rcode.REFUSED, answer.rcode())
    return [(o.code, o.text) for o in answer.options]


key = ContextKey("told").negotiate()
(code, text), = refused(key, edns=True)
expect("EDE", 18, code)
expect("its text", True, "PC1$@" in text and "may not add pc2." in text and "ms-self" in text)
expect("without EDNS", [], refused(key, edns=False))
expect("unsigned", [], refused(None, edns=True))

# MICs out of order, of many: none is late.
key = ContextKey("shuffled").negotiate()
updates = [Signed(key, add("pc1", "TXT", str(i))) for i in range(40)]
before = serial()
for update in updates[::-2] + updates[::2]:
    expect("update out of order", NOERROR, update.send())
expect("TXTs", sorted(f'"{i}"' for i in range(40)), texts("pc1", "TXT"))
expect("a serial for each", before + 40, serial())

# A message sent again gets the same answer; a replay from elsewhere none.
update = Signed(key, own_address())
before = serial()
first = udp(update.octets, ("127.0.0.1", 0))
expect("first", NOERROR, update.check(first))
expect("again", first, udp(update.octets, ("127.0.0.1", 0)))
expect("again over TCP", first, tcp(update.octets))
expect("replayed from elsewhere", None, udp(update.octets, ("127.0.0.2", 0), SILENCE))
expect("replayed from elsewhere over TCP", (NOTAUTH, BADSIG, 0),
       tsig_error(tcp(update.octets, ("127.0.0.3", 0))))
expect("applied once", before + 1, serial())

# After another change, the old one must not come back.
now = texts("pc1", "A")
expect("another change", NOERROR, Signed(key, own_address()).send())
expect("the old message again", first, udp(update.octets))
expect("the old message from elsewhere", None, udp(update.octets, ("127.0.0.4", 0), SILENCE))
expect("the old RR is gone", False, texts("pc1", "A") == now)

# Forged and unknown.
before = serial()
update = Signed(key, own_address())
mic = update.octets.rindex(update.update.mac)
for at in mic, mic + 20, mic + len(update.update.mac) - 1, 40:
    forged = bytearray(update.octets)
    forged[at] ^= 1
    expect(f"octet {at} is changed", (NOTAUTH, BADSIG, 0), tsig_error(udp(bytes(forged))))
expect("the true one after them", NOERROR, update.send())
key.key.name = dns.name.from_text("nobody", ZONE)
unknown = Signed(key, own_address())
for transport in udp, tcp:
    expect("unknown key", (NOTAUTH, BADKEY, 0), tsig_error(transport(unknown.octets)))
key.key.name = key.name
expect("only the true one was applied", before + 1, serial())

# A recorded AP-REQ.
key = ContextKey("recorded")
leg = key.first_leg()
answer = tcp(leg)
key.finish(answer)
expect("the TKEY again", answer, tcp(leg))
expect("the TKEY again over UDP", answer, udp(leg))
expect("its name is taken", BADNAME, tkey_error(tcp(leg, ("127.0.0.2", 0))))
token = unverified(leg).additional[0][0].key
replayed = tcp(tkey_query(dns.name.from_text("another", ZONE), token))
expect("its token under another name", BADKEY, tkey_error(replayed))
expect("that answer has no token", b"", unverified(replayed).answer[0][0].key)
expect("replay in the log", True, any("cause=replay" in line for line in logged("key=\"another.")))
expect("the key goes on", NOERROR, Signed(key, own_address()).send())

# An answer too long for a datagram is not lost: by TCP the same octets get it.
key = ContextKey(".".join(["long" * 15] * 3))
leg = key.first_leg()
cut = udp(leg)
expect("TC", (True, []), (bool(unverified(cut).flags & dns.flags.TC), unverified(cut).answer))
key.finish(tcp(leg))
expect("TC again", cut, udp(leg))
expect("a key by way of TC", NOERROR, Signed(key, own_address()).send())
question = dns.message.make_query(".".join(["question" * 7] * 4), "A", use_edns=False)
question.use_tsig(dns.tsig.Key(".".join(["key" * 20] * 4), b"unknown", dns.tsig.HMAC_SHA512))
question = question.to_wire()
expect("TC where a TSIG has no room", True, bool(unverified(udp(question)).flags & dns.flags.TC))
expect("by TCP it has", (NOTAUTH, BADKEY, 0), tsig_error(tcp(question)))

# Tickets for another service, whether its key lies in the keytab or not.
for service in "HTTP", "host":
    for label, mech in ("krb5", KRB5), ("spnego", SPNEGO):
        key = ContextKey(f"{service.lower()}-{label}", mech,
                         service=f"{service}/ns1.{ZONE.to_text(True)}")
        expect(f"{label} ticket for {service}", BADKEY, tkey_error(tcp(key.first_leg())))
        lines = logged(f"key=\"{service.lower()}-{label}.")
        expect(f"{service} in the log", True,
               any("cause=wrong-service" in l and f"{service}/ns1." in l for l in lines))

# The ticket's end is the key's end; then its name is free.
def has_expired():
    answer = udp(Signed(short, replace("pc2", "A", "192.0.2.201")).octets)
    return tsig_error(answer)[:2] == (NOTAUTH, BADKEY)


wait_for("the key expires", has_expired)
before = serial()
expect("an update after the ticket", True, has_expired())
expect("which is not applied", before, serial())
short = ContextKey("short").negotiate()
expect("the name with another ticket", NOERROR, Signed(short, own_address()).send())
