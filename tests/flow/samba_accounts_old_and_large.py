"""The story of samba_accounts_old_and_large: tickets that nsupdate cannot ask for."""

from client import *


def large(groups):
    """Over TCP, by both mechanisms; each group is 8 octets."""
    for name, mech in ("large-krb5", KRB5), ("large-spnego", SPNEGO):
        key = ContextKey(name, mech)
        leg = key.first_leg()
        expect("the token is large", True, len(leg) > 8 * groups + 1400)
        key.finish(tcp(leg))
        expect("update", NOERROR, Signed(key, replace("alice", "A", "192.0.2.4")).send())


def alias():
    """A ticket for DNS/dc1, which the KDC makes with the key of DC1$."""
    key = ContextKey("alias", service=f"DNS/dc1.{ZONE.to_text(True)}").negotiate()
    expect("update", NOERROR, Signed(key, replace("alice", "A", "192.0.2.5")).send())


globals()[sys.argv[1]](*map(int, sys.argv[2:]))
