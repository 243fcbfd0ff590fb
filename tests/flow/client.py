"""client.py: messages out, answers in, for the python halves of flow tests."""

import base64
import contextlib
import json
import os
import socket
import struct
import subprocess
import sys
import time
import unittest.mock

import dns.flags
import dns.message
import dns.name
import dns.query
import dns.rcode
import dns.rdataclass
import dns.rdatatype
import dns.rdtypes.ANY.TKEY
import dns.tsig
import dns.update
import gssapi

DIR = os.environ["FLOW_DIR"]
PORT = int(os.environ["FLOW_PORT"])
ADDRESS = os.environ["FLOW_ADDRESS"]
ZONE = dns.name.from_text(os.environ["FLOW_ZONE"])
PID = int(os.environ["FLOW_PID"])

KRB5 = gssapi.MechType.kerberos
SPNEGO = gssapi.OID.from_int_seq("1.3.6.1.5.5.2")
MUTUAL = gssapi.RequirementFlag.mutual_authentication
INTEGRITY = gssapi.RequirementFlag.integrity

NOERROR, REFUSED, NOTAUTH = dns.rcode.NOERROR, dns.rcode.REFUSED, dns.rcode.NOTAUTH
BADSIG, BADKEY, BADNAME = dns.rcode.BADSIG, dns.rcode.BADKEY, dns.rcode.BADNAME

# Seconds: the machine may be slow, and have much else to do.  What is waited for
# comes at once where all is well; silence that is expected has a time of its own.
PATIENCE = 60
SILENCE = 0.3


def expect(what, expected, found):
    if expected != found:
        sys.exit(f"{what}: expected {expected!r}, got {found!r}")


def wait_for(what, condition, seconds=3 * PATIENCE):
    """Until condition() is true, and what it was."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            sys.exit(f"{what}: not within {seconds} s")
        time.sleep(0.02)


def in_log(text):
    """The lines with this text, so far."""
    with open(f"{DIR}/kddnsd.log", encoding="utf-8") as log:
        return [line for line in log if text in line]


def ctl(*words):
    """What kddnsctl answers, or its error."""
    done = subprocess.run([os.environ["FLOW_KDDNSCTL"], "-s", f"{DIR}/run/control.sock", "--json", *words],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    answer = json.loads(done.stdout)
    return answer["result"] if answer["ok"] else answer["error"]


def command(*words):
    """The same without kddnsctl, for many."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as s:
        s.connect(f"{DIR}/run/control.sock")
        s.sendall(json.dumps({"command": words[0], "args": words[1:]}).encode() + b"\n")
        with s.makefile(encoding="utf-8") as lines:
            answer = json.loads(list(lines)[-1])
    return answer["result"] if answer["ok"] else answer["error"]


def memory():
    """Octets of the daemon's that are no file's."""
    with open(f"/proc/{PID}/status", encoding="ascii") as status:
        return 1024 * next(int(line.split()[1]) for line in status if line.startswith("RssAnon:"))


def logged(text):
    """The same; the log is written a moment after the answer."""
    end = time.monotonic() + PATIENCE
    while not (lines := in_log(text)) and time.monotonic() < end:
        time.sleep(0.02)
    return lines


def udp(octets, source=None, timeout=PATIENCE, sock=None):
    """The answer to a datagram, or None; source may be (address, port)."""
    with sock or socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        if source is not None:
            s.bind(source)
        s.settimeout(timeout)
        s.connect((ADDRESS, PORT))
        s.send(octets)
        try:
            return s.recv(65535)
        except socket.timeout:
            return None


def connect(source=None):
    return socket.create_connection((ADDRESS, PORT), timeout=PATIENCE, source_address=source)


def receive_exactly(sock, n):
    octets = b""
    while len(octets) < n:
        more = sock.recv(n - len(octets))
        if not more:
            return None
        octets += more
    return octets


def receive_message(sock):
    """The next message of a connection; None at its end."""
    length = receive_exactly(sock, 2)
    return length and receive_exactly(sock, struct.unpack(">H", length)[0])


def framed(octets):
    return struct.pack(">H", len(octets)) + octets


def tcp(octets, source=None):
    with connect(source) as s:
        s.sendall(framed(octets))
        return receive_message(s)


def unverified(octets):
    """The message, its TSIG not looked at."""
    with unittest.mock.patch.object(dns.tsig, "validate"):
        return dns.message.from_wire(octets, keyring=lambda message, name: True)


def tsig_error(octets):
    """(RCODE, TSIG error, octets of MAC)"""
    answer = unverified(octets)
    return answer.rcode(), answer.tsig_error, len(answer.tsig[0].mac)


def ask(name, rdtype, **options):
    query = dns.message.make_query(dns.name.from_text(name, ZONE), rdtype, **options)
    answer = dns.message.from_wire(udp(query.to_wire()))
    if answer.flags & dns.flags.TC:
        answer = dns.message.from_wire(tcp(query.to_wire()))
    return answer


def texts(name, rdtype):
    """The RDATA of an RRset as the server answers it."""
    return sorted(
        rdata.to_text()
        for rrset in ask(name, rdtype).answer
        if rrset.rdtype == dns.rdatatype.from_text(rdtype)
        for rdata in rrset
    )


def serial():
    return ask("@", "SOA").answer[0][0].serial


@contextlib.contextmanager
def environment(**values):
    """These variables for a while; Kerberos looks at them each time."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def ccache(name):
    """The tickets of a file in our folder."""
    return environment(KRB5CCNAME=f"FILE:{DIR}/{name}")


@contextlib.contextmanager
def clockskew(seconds):
    """What everybody's clocks may differ for a while; acceptors add it to a ticket's life."""
    path = os.environ["KRB5_CONFIG"]
    with open(path, encoding="utf-8") as f:
        before = f.read()

    def write(text):
        with open(path + ".new", "w", encoding="utf-8") as new:
            new.write(text)
        os.rename(path + ".new", path)
        changed = int(time.time())  # a profile in use looks at its file once a second
        wait_for("the next second", lambda: int(time.time()) > changed)

    write(before.replace("[libdefaults]\n", f"[libdefaults]\n  clockskew = {seconds}\n", 1))
    try:
        yield
    finally:
        write(before)


def while_a_ticket_lasts(principal, action):
    """What action() returns, done with a ticket of few seconds: of as many as this machine needs for it."""
    for life in 3, 12, 48:
        with clockskew(3), ccache("short"), contextlib.suppress(SystemExit, Exception):
            subprocess.run(["kinit", "-l", f"{life}s", "-k", "-t", f"{DIR}/clients.keytab", principal], check=True)
            return action()
    sys.exit("no ticket lasts long enough")


class SharedKey:
    """The HMAC key that the configuration names."""

    def __init__(self, name=None, secret=None):
        self.key = dns.tsig.Key(
            name or os.environ["FLOW_KEY"],
            base64.b64decode(secret or os.environ["FLOW_SECRET"]),
            dns.tsig.HMAC_SHA256,
        )


class ContextKey:
    """A key that TKEY makes (RFC 3645): name, mechanism, whose service."""

    def __init__(self, name, mech=KRB5, service=None, flags=MUTUAL | INTEGRITY, creds=None):
        self.name = dns.name.from_text(name, ZONE)
        self.context = gssapi.SecurityContext(
            name=gssapi.Name(service or f"DNS/ns1.{ZONE.to_text(True)}", gssapi.NameType.kerberos_principal),
            mech=mech, flags=flags, usage="initiate", creds=creds)
        self.key = dns.tsig.Key(self.name, self.context, dns.tsig.GSS_TSIG)

    def first_leg(self):
        return tkey_query(self.name, self.context.step())

    def finish(self, answer):
        """Takes the final answer, whose own TSIG dnspython verifies."""
        adapter = dns.tsig.GSSTSigAdapter({self.name: self.key})
        message = dns.message.from_wire(answer, keyring=adapter)
        expect("TKEY RCODE", NOERROR, message.rcode())
        expect("TKEY error", 0, tkey_error(answer))
        expect("TKEY answer is signed", True, message.had_tsig)
        expect("context is complete", True, self.context.complete)
        return self

    def negotiate(self, transport=tcp):
        return self.finish(transport(self.first_leg()))


def tkey_query(name, token, algorithm=dns.tsig.GSS_TSIG):
    now = int(time.time())
    query = dns.message.make_query(name, dns.rdatatype.TKEY, dns.rdataclass.ANY)
    query.flags = 0
    query.find_rrset(
        query.additional, name, dns.rdataclass.ANY, dns.rdatatype.TKEY, create=True
    ).add(dns.rdtypes.ANY.TKEY.TKEY(
        dns.rdataclass.ANY, dns.rdatatype.TKEY, algorithm, now, now + 3600,
        dns.rdtypes.ANY.TKEY.TKEY.GSSAPI_NEGOTIATION, 0, token))
    return query.to_wire()


def tkey_error(octets):
    return unverified(octets).answer[0][0].error


class Signed:
    """An update, signed when it is made; build(update) fills it."""

    def __init__(self, key, build):
        self.update = dns.update.UpdateMessage(ZONE)
        build(self.update)
        self.update.use_tsig(key.key)
        self.octets = self.update.to_wire()

    def check(self, octets):
        """The RCODE of the answer, whose TSIG must be right."""
        answer = dns.message.from_wire(
            octets, keyring=self.update.keyring, request_mac=self.update.mac)
        expect("the answer is signed", True, answer.had_tsig)
        return answer.rcode()

    def send(self, transport=udp):
        return self.check(transport(self.octets))


def replace(name, rdtype, text, ttl=300):
    return lambda update: update.replace(name, ttl, rdtype, text)


def add(name, rdtype, text, ttl=300):
    return lambda update: update.add(name, ttl, rdtype, text)
