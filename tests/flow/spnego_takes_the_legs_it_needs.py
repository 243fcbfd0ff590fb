"""The story of spnego_takes_the_legs_it_needs."""

from client import *
from windows_client import *

NTLM_FIRST = {"mechs": NTLM_FIRST_LIST, "first": NTLM_NEGOTIATE}
NO_TOKEN = {"mechs": WINDOWS_LIST, "optimistic": False}
LEGS = [
    # what, the negotiation, its legs
    ("Windows list", {}, 1),
    ("krb5 alone", {"mechs": (KERBEROS,)}, 1),
    ("MS-krb5 alone", {"mechs": (MS_KRB5,)}, 1),
    ("Windows list, no token", NO_TOKEN, 2),
    ("krb5 without a token", {"mechs": (KERBEROS,), "optimistic": False}, 2),
    ("NTLM first", NTLM_FIRST, 3),
    ("NTLM first, no token", {"mechs": NTLM_FIRST_LIST, "optimistic": False}, 3),
    ("NTLM, krb5", {"mechs": (NTLMSSP, KERBEROS), "first": NTLM_NEGOTIATE}, 3),
    ("NEGOEX first", {"mechs": (NEGOEX, MS_KRB5, KERBEROS, NTLMSSP), "first": b"NEGOEXTS" + bytes(88)}, 3),
]
addresses = (f"192.0.2.{n}" for n in itertools.count(1))


def updates(what, key):
    """The key is good for an update of our own name."""
    pc1, address = f"pc1.{ZONE.to_text()}", next(addresses)
    owner = below_zone(pc1, ZONE.to_text())
    octets = message(UPDATE, (ZONE.to_text(), SOA, IN), [],
                     [rr(owner, A, ANY), address_rr(owner, address)])
    expect(f"{what}: update", (NOERROR, 0), key.send(octets))
    expect(f"{what}: A", [address], texts("pc1", "A"))


def refused(what, key, token, cause, *texts, transport=tcp):
    """The server's token; the line in the log has the cause and the texts."""
    try:
        key.leg(token, transport)
    except TkeyRefused as refusal:
        expect(f"{what}: TKEY error", BADKEY, refusal.error)
        lines = logged(f"key=\"{key.name.rstrip('.')}")
        for text in (f"cause={cause} ",) + texts:
            expect(f"{what}: {text!r} in {lines}", True, any(text in line for line in lines))
        return refusal.token
    sys.exit(f"{what}: not refused")


# A leg that comes too late.
if sys.argv[1:] == ["late"]:
    key = WindowsKey(**NO_TOKEN)
    _, answer = key.leg(key.negotiation.start())
    late = key.negotiation.step(answer.token)
    wait_for("negotiation-timeout", lambda: ctl("stats")["tkey"]["half_open"]["timed_out"] > 0)
    refused("too late", key, late, "legs", "timed out", "next=")
    sys.exit()

# tcp() makes a connection for each message.
for what, negotiation, n_legs in LEGS:
    for w2000, transport in (False, tcp), (True, tcp), (False, udp):
        key = WindowsKey(w2000=w2000, **negotiation).negotiate(transport)
        expect(f"{what}: legs", n_legs, key.n_legs)
        expect(f"{what}: complete", True, key.negotiation.complete)
        updates(what, key)

# Several at a time from one address, leg by leg.
keys = [WindowsKey(**options) for options in (NTLM_FIRST, NO_TOKEN, {}, NTLM_FIRST) * 2]
tokens = [key.negotiation.start() for key in keys]
replies = {}
for _ in range(3):
    for at, key in enumerate(keys):
        if tokens[at] is not None:
            replies[key], answer = key.leg(tokens[at])
            tokens[at] = key.negotiation.step(answer.token)
for key in keys:
    key.check(replies[key], b"")
    updates("interleaved", key)

# The MIC of the list is not optional where NTLM came first.
for what, mic in ("wrong MIC", lambda key: key.negotiation.krb5.get_signature(b"another list")), \
        ("no MIC", lambda key: None):
    key = WindowsKey(**NTLM_FIRST)
    token = key.negotiation.start()
    for _ in range(2):
        _, answer = key.leg(token)
        token = key.negotiation.step(answer.token)
    refused(what, key, neg_token_resp(mic=mic(key)), "malformed-token", "next=")

# Legs that come from elsewhere, twice, or without a first.
key = WindowsKey(**NO_TOKEN)
_, answer = key.leg(key.negotiation.start())
second = key.negotiation.step(answer.token)
refused("from elsewhere", key, second, "legs", "another address",
        transport=lambda octets: tcp(octets, ("127.0.0.9", 0)))
reply, answer = key.leg(second)
key.negotiation.step(answer.token)
key.check(reply, b"")
updates("after an attempt from elsewhere", key)
refused("no first leg", WindowsKey(), neg_token_resp(b"x"), "legs", "without a first")

# More of them than negotiations-per-address: the oldest makes room.
keys = [WindowsKey(**NO_TOKEN) for _ in range(9)]
for key in keys:
    _, answer = key.leg(key.negotiation.start())
    key.token = key.negotiation.step(answer.token)
refused("the oldest", keys[0], keys[0].token, "legs")
for key in keys[1:]:
    key.leg(key.token)

# No Kerberos offered: each is named.
ntlm_only = neg_token_init((NTLMSSP,), NTLM_NEGOTIATE)
negoex_only = neg_token_init((NEGOEX,), b"NEGOEXTS" + bytes(88))
iakerb = der(0x60, der(6, IAKERB), b"\x05\x01" + der(0x30, der(0xA1, der(0x0C, b"AD.EXAMPLE.TEST"))))
for what, token in {
        "NTLM": ntlm_only, "NTLM ": NTLM_NEGOTIATE, "NEGOEX": negoex_only,
        "NTLM  ": neg_token_init((NEGOEX, NTLMSSP), NTLM_NEGOTIATE),
        "IAKERB": iakerb, "IAKERB ": neg_token_init((IAKERB,), iakerb),
        "other than Kerberos": neg_token_init((oid("1.2.3.4"),), b"x")}.items():
    token = refused(what, WindowsKey(), token, "mechanism", what.strip(), "SPN", "next=")
    if token:
        expect(f"{what}: the token says reject", REJECT, read_neg_token_resp(token).state)
