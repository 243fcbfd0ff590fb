"""The half of make_clear_corpus that is told in python."""

import shutil

from client import *
from large_tickets import get_large_ticket
from windows_client import *

HOST = ZONE.to_text(True)


def seed(name, octets):
    with open(f"{sys.argv[1]}/{name}", "wb") as file:
        file.write(octets)


def legs(name, **options):
    """Each token of a negotiation, the acceptor's too."""
    key = WindowsKey(**options)
    token, n = key.negotiation.start(), 0
    while token is not None:
        n += 1
        seed(f"{name}-{n}", token)
        token = key.negotiation.step(key.leg(token)[1].token)


shutil.copy(f"{DIR}/ccache", f"{DIR}/large")
with ccache("large"):
    get_large_ticket(f"DNS/ns1.{HOST}", 47000)
    seed("windows-48k", WindowsKey().negotiation.start())
legs("windows")
legs("windows-no-token", optimistic=False)
legs("ntlm-first", mechs=NTLM_FIRST_LIST, first=NTLM_NEGOTIATE)
legs("negoex-first", mechs=(NEGOEX, *WINDOWS_LIST), first=b"NEGOEXTS" + bytes(88))
seed("ntlm-negotiate", NTLM_NEGOTIATE)
seed("iakerb", der(0x60, der(6, IAKERB), b"\x05\x01", der(0x30, der(0xA1, der(0x0C, b"AD.EXAMPLE.TEST")))))
with ccache("carol"):
    seed("cross-realm", ContextKey("k").context.step())
seed("many-components", ContextKey("k", service="a/b/c/d/e/f/g/h/i").context.step())
# What is inside an authenticator (RFC 4120 section 5.5.1).
name = der(0x30, der(0xA0, der(2, b"\1")), der(0xA1, der(0x30, der(0x1B, b"PC1$"))))
seed("authenticator", der(0x62, der(
    0x30, der(0xA0, der(2, b"\5")), der(0xA1, der(0x1B, b"AD.EXAMPLE.TEST")), der(0xA2, name),
    der(0xA3, der(0x30, der(0xA0, der(2, b"\0\x80\3")), der(0xA1, der(4, bytes(24))))),
    der(0xA4, der(2, b"\1\2\3")), der(0xA5, der(0x18, b"20261121140114Z")))))
