"""The stories of several_realms_get_in."""

from client import *

story, realm, other = sys.argv[1:]
HOST = f"ns1.{ZONE.to_text(True)}"


@contextlib.contextmanager
def key_of(who, name, mech=KRB5):
    """That of PC1$ of that realm, for the service of that realm."""
    with ccache("ccache" if who == realm else "other"):
        yield ContextKey(name, mech, f"DNS/{HOST}@{who}")


def get_in(*args):
    with key_of(*args) as key:
        return key.negotiate()


def both():
    for mech, label in (KRB5, "krb5"), (SPNEGO, "spnego"):
        ours, theirs = (get_in(who, f"{label}-{who}", mech) for who in (realm, other))
        for what, key, change, rcode in (
                ("ours", ours, replace("pc1", "A", "192.0.2.1"), NOERROR),
                ("ours, as the other", ours, replace("pc1", "AAAA", "2001:db8::1"), REFUSED),
                ("theirs", theirs, replace("pc1", "AAAA", "2001:db8::2"), NOERROR),
                ("theirs, as ours", theirs, replace("pc1", "A", "192.0.2.2"), REFUSED)):
            expect(f"{label}: {what}", rcode, Signed(key, change).send())
    contexts = ctl("tsig-list")["contexts"]
    expect("who accepted whom", {(f"PC1$@{who}", f"DNS/{HOST}@{who}") for who in (realm, other)},
           {(c["principal"], c["acceptor"]) for c in contexts})
    expect("principals", [f"PC1$@{realm}", f"PC1$@{other}"], sorted(p["principal"] for p in ctl("principals")["principals"]))


def one():
    expect("contexts of the other realm have ended", {f"PC1$@{realm}"}, {c["principal"] for c in ctl("tsig-list")["contexts"]})
    with key_of(other, "late") as late:
        expect("a client of the other realm", BADKEY, tkey_error(tcp(late.first_leg())))
    expect("it is told why", True, any(
        f"ticket is for DNS/{HOST}@{other}, our keys are for DNS/{HOST}@{realm}" in line for line in logged('key="late.')))
    expect("one of ours", NOERROR, Signed(get_in(realm, "ours"), replace("pc1", "A", "192.0.2.3")).send())


{"both": both, "one": one}[story]()
