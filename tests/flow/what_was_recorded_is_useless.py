"""The chapters of what_was_recorded_is_useless, with dnspython and MIT's GSS-API."""

import itertools

from client import *

chapter, enctype = sys.argv[1:]
SERVICE = f"DNS/{'ns1' if enctype == 'aes' else 'rc4'}.{ZONE.to_text(True)}"
FLAGS = MUTUAL | INTEGRITY | gssapi.RequirementFlag.replay_detection
MECHS = {"krb5": KRB5, "spnego": SPNEGO}
sources = ((f"127.0.0.{n}", 0) for n in itertools.count(2))


def kept(label, what, octets=None):
    """Octets from one chapter to the next."""
    path = f"{DIR}/recorded.{enctype}.{label}.{what}"
    if octets is None:
        with open(path, "rb") as f:
            return f.read()
    with open(path, "wb") as f:
        f.write(octets)
    return octets


def record():
    """A client gets a key and sets its address, then another one."""
    for label, mech in MECHS.items():
        name = f"{label}-{enctype}-{len(in_log('tkey established'))}"
        key = ContextKey(name, mech, service=SERVICE, flags=FLAGS)
        leg = kept(label, "leg", key.first_leg())
        answer = tcp(leg)
        key.finish(answer)
        expect(f"{label}: the same TKEY again", answer, tcp(leg))
        update = Signed(key, replace("pc1", "A", "192.0.2.1"))
        kept(label, "update", update.octets)
        answer = udp(update.octets)
        expect(f"{label}: update", NOERROR, update.check(answer))
        expect(f"{label}: the same update again", answer, udp(update.octets))
        expect(f"{label}: another", NOERROR, Signed(key, replace("pc1", "A", "192.0.2.2")).send())


def token_under(name, leg):
    return tkey_query(dns.name.from_text(name, ZONE), unverified(leg).additional[0][0].key)


def check_unchanged(before):
    expect("nothing is applied", (before, ["192.0.2.2"]), (serial(), texts("pc1", "A")))


def replay():
    """To the daemon that took it."""
    before = serial()
    for label in MECHS:
        leg, update = kept(label, "leg"), kept(label, "update")
        expect(f"{label}: the key's name is taken", BADNAME, tkey_error(tcp(leg, next(sources))))
        name = f"{label}-{enctype}-stolen"
        expect(f"{label}: its token makes no other key", BADKEY,
               tkey_error(tcp(token_under(name, leg), next(sources))))
        expect(f"{label}: which is a replay", True,
               any("cause=replay" in line for line in logged(f"key=\"{name}.")))
        expect(f"{label}: its update over UDP", None, udp(update, next(sources), SILENCE))
        expect(f"{label}: its update", (NOTAUTH, BADSIG, 0), tsig_error(tcp(update, next(sources))))
    check_unchanged(before)


def replay_anew():
    """To a daemon that has forgotten all but its files."""
    before = serial()
    for label in MECHS:
        leg, update = kept(label, "leg"), kept(label, "update")
        answer = tcp(leg, next(sources))
        if enctype == "aes":
            # There is a context, which nobody has the key of.
            expect(f"{label}: TKEY", 0, tkey_error(answer))
            expect(f"{label}: update", (NOTAUTH, BADSIG, 0), tsig_error(tcp(update, next(sources))))
        else:
            # In that context the update would be authentic: there must be none.
            expect(f"{label}: TKEY", BADKEY, tkey_error(answer))
            name = unverified(leg).question[0].name.to_text(True)
            wait_for(f"{label}: which is a replay", lambda: any(
                "cause=replay" in line for line in in_log(f'key="{name}"')))
            expect(f"{label}: update", (NOTAUTH, BADKEY, 0), tsig_error(tcp(update, next(sources))))
    check_unchanged(before)


def refused():
    """Weak sessions, and those where the server would not prove itself."""
    flags, cause, text = (INTEGRITY, "flags", "mutual") if enctype == "aes" else \
        (FLAGS, "enctype", "arcfour-hmac")
    for label, mech in MECHS.items():
        key = ContextKey(f"{label}-{enctype}-bad", mech, service=SERVICE, flags=flags)
        expect(f"{label} {enctype}", BADKEY, tkey_error(tcp(key.first_leg())))
        expect(f"{label} {enctype} in the log", True, any(
            f"cause={cause}" in line and text in line
            for line in logged(f"key=\"{label}-{enctype}-bad.")))


globals()[chapter]()
