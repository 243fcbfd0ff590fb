"""The story of every_failed_ticket_names_its_cause."""

import contextlib
import itertools
import re
import shutil

from client import *
from windows_client import NTLM_NEGOTIATE, NTLMSSP, der_fields, der_read, neg_token_init, read_neg_token_resp

REPLAY = gssapi.RequirementFlag.replay_detection
REALM, HOST = "AD.EXAMPLE.TEST", ZONE.to_text(True)
PC1 = f"PC1$@{REALM}"
sources = (f"127.0.1.{n}" for n in itertools.count(1))
numbers = itertools.count(1)


# The file format of MIT's ccaches, version 4: what the client believes.

@contextlib.contextmanager
def edited(name):
    """The octets of a ccache, to be changed."""
    with open(f"{DIR}/{name}", "r+b") as ccache_file:
        octets = bytearray(ccache_file.read())
        yield octets
        ccache_file.seek(0)
        ccache_file.write(octets)


def set_clock(seconds, name="clock"):
    """How far the clock of the client of this ccache is off: the KDC told it."""
    with edited(name) as octets:
        expect("version, length and kind of header", (0x0504, 12, 1, 8), struct.unpack_from(">4H", octets))
        struct.pack_into(">ii", octets, 8, seconds, 0)


def believe(name):
    """Lets the client believe that its only ticket is good now."""
    now = int(time.time())
    with edited(name) as octets:
        for at in range(len(octets) - 12):
            auth, start, end = struct.unpack_from(">3I", octets, at)
            if now - 3600 < auth <= start < end < now + 2 * 86400:
                struct.pack_into(">2I", octets, at + 4, now - 3600, now + 3600)
                return
    sys.exit(f"{name}: no ticket found")


def krb_error(token):
    """The error-code of the KRB-ERROR in an acceptor's token; None: no such."""
    if token[:1] == b"\xa1":
        token = read_neg_token_resp(token).token or b""
    if token[:1] != b"\x60":
        return None
    frame = der_read(token)[1]
    octets = der_read(frame)[2]
    if octets[:3] != b"\x03\x00\x7e":  # TOK_ID, [APPLICATION 30]
        return None
    fields = der_fields(der_read(der_read(octets[2:])[1])[1])
    return int.from_bytes(der_read(fields[0xA6])[1], "big")


def counted():
    return ctl("stats")["tkey"]["refused"]


def token_of(key):
    """The first token; GSS-API looks at the tickets when it is made."""
    return key.context.step()


def refused(what, token, cause, *texts, code=None, error=BADKEY, principal="unknown", name=None,
            algorithm=dns.tsig.GSS_TSIG):
    """A leg is refused: one line in the log, one record and one count say why."""
    name = name or dns.name.from_text(f"{'-'.join(['refused', *sys.argv[1:]])}-{next(numbers)}", ZONE)
    before = counted()
    answer = unverified(tcp(tkey_query(name, token, algorithm), (next(sources), 0)))
    tkey = answer.answer[0][0]
    expect(f"{what}: TKEY error", error, tkey.error)
    expect(f"{what}: unsigned", False, answer.had_tsig)
    lines = [line for line in logged(f'key="{name.to_text(True)}"') if "tkey refused" in line]
    expect(f"{what}: one line in the log", 1, len(lines))
    for text in (f" cause={cause} ", f'principal="{principal}"', " from=127.0.1.", ' reason="') + texts:
        expect(f"{what}: {text!r} in {lines[0]!r}", True, text in lines[0])
    expect(f"{what}: a next step in {lines[0]!r}", True, bool(re.search(r' next="[^"]{10,}"$', lines[0].rstrip())))
    expect(f"{what}: KRB-ERROR", code, krb_error(tkey.key))
    expect(f"{what}: counted once", {**before, cause: before[cause] + 1}, counted())
    record, = ctl("updates", "--denied", "-n", "1")["updates"]
    expect(f"{what}: record", (cause, name.to_text(True), "" if principal == "unknown" else principal),
           (record["cause"], record["key"], record["signer"]))
    expect(f"{what}: its next step", True, f'next="{record["next"]}"' in lines[0])


def refused_both(what, service, *expected, flags=MUTUAL | INTEGRITY, **options):
    """The same, raw and inside SPNEGO."""
    for label, mech in ("krb5", KRB5), ("SPNEGO", SPNEGO):
        key = ContextKey(f"key-{next(numbers)}", mech, service, flags)
        refused(f"{what} ({label})", token_of(key), *expected, **options)


def configure_krb5(name):
    """Another krb5.conf; a profile that is in use looks at its file once a second."""
    shutil.copy(f"{DIR}/{name}", f"{DIR}/krb5.conf")
    changed = int(time.time())
    wait_for("the next second", lambda: int(time.time()) > changed)


if sys.argv[1:] == ["no-keytab"]:
    refused("no keytab", token_of(ContextKey("k")), "no-keytab", "no keytab is loaded", "kerberos/keytab")
    sys.exit()

def rc4_token(mech):
    """Of a session by RC4: the ticket allows it, the client knows no better."""
    with environment(KRB5_CONFIG=f"{DIR}/permits_rc4.conf"):
        token_of(ContextKey("k", mech, f"DNS/rc4.{HOST}"))  # the ticket is there now
    with environment(KRB5_CONFIG=f"{DIR}/rc4.conf"):
        return token_of(ContextKey("k", mech, f"DNS/rc4.{HOST}", MUTUAL | INTEGRITY | REPLAY))


if sys.argv[1:] == ["weak-enctypes"]:
    for name, mech in ("rc4", KRB5), ("rc4-spnego", SPNEGO):
        expect("RC4", 0, tkey_error(tcp(tkey_query(dns.name.from_text(name, ZONE), rc4_token(mech)))))
    tokens = [rc4_token(mech) for mech in (KRB5, SPNEGO)]
    configure_krb5("aes.conf")
    for token in tokens:
        refused("RC4 not permitted", token, "enctype", "krb5.conf does not permit", "arcfour-hmac",
                "permitted_enctypes", principal=PC1, code=60)
    sys.exit()

# Keys.  Numbers are of RFC 4120 section 7.5.9.
refused_both("no such key", f"DNS/nokey.{HOST}", "wrong-service",
             f"ticket is for DNS/nokey.{HOST}@{REALM}, our keys are for DNS/ns1.{HOST}@{REALM}", "SPN", code=35)
refused_both("another service", f"HTTP/ns1.{HOST}", "wrong-service",
             f"ticket is for HTTP/ns1.{HOST}@{REALM}", "the client must ask the KDC for DNS/", code=35)
refused_both("stale keytab", f"DNS/stale.{HOST}", "kvno",
             "has kvno 3, the keytab has 2: the keytab is stale", "extract the keytab again", code=44)
with ccache("old"):
    refused_both("old ticket", f"DNS/old.{HOST}", "kvno",
                 "has kvno 1, the keytab has 2: the client's ticket is old", "klist purge", code=44)
refused_both("enctype", f"DNS/enctype.{HOST}", "enctype",
             "has enctype aes256-cts-hmac-sha1-96, the keytab's keys for it are aes128-cts-hmac-sha1-96",
             "msDS-SupportedEncryptionTypes", code=45)
refused_both("another key", f"DNS/wrong.{HOST}", "wrong-key",
             f"ticket for DNS/wrong.{HOST}@{REALM}, kvno 1, aes256-cts-hmac-sha1-96, is not encrypted with the key",
             "extract the keytab again", code=31)

# Clocks and times.
believe("clock")
for offset, text in (600, " s ahead of ours"), (-600, " s behind ours"):
    set_clock(offset)
    with ccache("clock"):
        refused_both(f"skew of {offset} s", None, "clock-skew", text, "NTP", code=37, principal=PC1)
believe("expired")
set_clock(0, "expired")
with ccache("expired"):
    refused_both("expired ticket", None, "ticket-time", "expired ", " s ago", "get a new ticket", code=32, principal=PC1)
with ccache("kdc_ahead"):  # whose client has the KDC's clock: kinit saw to that
    refused_both("KDC ahead", None, "ticket-time", "is not valid for another ", "with the KDC's", code=33, principal=PC1)
for name, text, code in ("early", "is not valid for another ", 33), ("postdated", "was postdated and not validated", 60):
    believe(name)
    with ccache(name):
        refused_both(f"{name} ticket", None, "ticket-time", text, "postdated", code=code, principal=PC1)

# The same AP-REQ twice.
for label, mech in ("krb5", KRB5), ("SPNEGO", SPNEGO):
    key = ContextKey(f"recorded-{label}", mech)
    token = token_of(key)
    expect("first", 0, tkey_error(tcp(tkey_query(key.name, token))))
    refused(f"replay ({label})", token, "replay", "was used before", principal=PC1)
refused("a name in use", token_of(ContextKey("k")), "key-name-in-use", "is in use",
        error=BADNAME, name=dns.name.from_text("recorded-krb5", ZONE))

# A path of realms that only the client knows; capaths is the way, and no restart.
def carols():
    with ccache("carol"), environment(KRB5_CONFIG=f"{DIR}/capaths.conf"):
        return token_of(ContextKey("carol"))


refused("path of realms", carols(), "trust", "path of realms", "[capaths]", code=43, principal="carol@OTHER.TEST")
configure_krb5("capaths.conf")
expect("after the next step", 0, tkey_error(tcp(tkey_query(dns.name.from_text("carol", ZONE), carols()))))

# Weak sessions: refused by us, and in the second run by krb5.
for mech in KRB5, SPNEGO:
    refused("RC4", rc4_token(mech), "enctype", "its session key is of arcfour-hmac, which is weak",
            "set weak-enctypes allow", code=60, principal=PC1)

# What the client asks for, and who it is.
refused_both("no mutual authentication", None, "flags", "mutual authentication", "RFC 3645", flags=INTEGRITY, principal=PC1)
for name, principal in ("odd", f"odd//name@{REALM}"), ("many", f"a/b/c/d/e/f/g/h/i@{REALM}"):
    with ccache(name):
        refused_both(f"{name} principal", None, "principal", "has an empty component, too many, or no realm", "policy", principal=principal)
with ccache("quoted"):
    quoted = ContextKey("quoted").negotiate()
    expect("a quoted principal may do nothing", dns.rcode.REFUSED,
           Signed(quoted, replace("pc1", "A", "192.0.2.1")).send())

# Tokens that are none.
whole = token_of(ContextKey("k"))
refused("empty token", b"", "empty-token", "without a token", "SPN")
refused("garbage", b"garbage", "malformed-token", "cannot be used")
refused("half a token", whole[:len(whole) // 2], "malformed-token", "cannot be used")
flipped = bytearray(whole)
flipped[-1] ^= 1
refused("authenticator changed", bytes(flipped), "malformed-token", "is good, but not the authenticator", "client's software", code=31, principal=PC1)
refused("another algorithm", whole, "algorithm", "neither gss-tsig nor gss.microsoft.com", "GSS-TSIG",
        error=dns.rcode.BADALG, algorithm=dns.tsig.HMAC_SHA256)
refused("NTLM only", neg_token_init((NTLMSSP,), NTLM_NEGOTIATE), "mechanism", "NTLM only", "SPN")

# Kerberos itself does not work any more where we are.
with environment(KRB5_CONFIG=f"{DIR}/capaths.conf"):
    token = token_of(ContextKey("k"))
configure_krb5("broken.conf")
refused("broken krb5.conf", token, "internal", "krb5.conf cannot be read: ", "mend krb5.conf")
configure_krb5("capaths.conf")
expect("mended", 0, tkey_error(tcp(tkey_query(dns.name.from_text("mended", ZONE), token_of(ContextKey("k"))))))

# More at a time than causes are looked for.
set_clock(600)
with ccache("clock"):
    legs = [tkey_query(dns.name.from_text(f"many-{i}", ZONE), token_of(ContextKey("k"))) for i in range(60)]
before = counted()
with connect() as many:
    many.sendall(b"".join(map(framed, legs)))
    for leg in legs:
        expect("one of many", BADKEY, tkey_error(receive_message(many)))
now = counted()
explained, others = (now[cause] - before[cause] for cause in ("clock-skew", "unexplained"))
expect(f"{explained} are explained", True, 20 <= explained < 60)
expect("all are counted", 60, explained + others)
