"""What helpers are asked, and what comes of it: python3 ... STORY [ARGUMENT]."""

import itertools
import os
import re
import select
import signal
import sys

import dns.message
import dns.query
import dns.rcode
import dns.rdatatype
import dns.update
import dns.zone

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import client
from client import (DIR, NOERROR, PID, REFUSED, SPNEGO, ZONE, ContextKey, SharedKey, Signed, add, ask, connect, ctl, expect,
                    framed, receive_message, replace, tcp, udp, unverified, wait_for)
from random_updates import put

SERVERS = {"kddnsd": int(os.environ["FLOW_PORT"]), "BIND": int(os.environ["FLOW_BIND_PORT"])}
ZONE_TEXT = ZONE.to_text(True)


class Asked:
    """What a server's helper has been asked since the last time."""

    def __init__(self, server):
        self.file = open(f"{DIR}/asked.{server}", encoding="ascii")
        self.file.seek(0, os.SEEK_END)

    def questions(self):
        return [bytes.fromhex(line) for line in self.file.read().splitlines()]


def fields(question):
    """(signer, name, address, type, key, token)"""
    *strings, rest = question[8:].split(b"\0", 5)
    expect("the length of the token", int.from_bytes(rest[:4], "big"), len(rest) - 4)
    expect("the length of the whole", int.from_bytes(question[4:8], "big"), len(question))
    return (*strings, rest[4:])


def was_late():
    """A machine can be so slow that the helper had no time: that update says nothing."""
    denied = ctl("updates", "--denied", "-n", "1")["updates"]
    return denied and "did not answer in time" in denied[0]["reason"]


def is_needless(question):
    """BIND asks before it looks whether the rule is for the type at all; ours does not."""
    signer, name, _, rdtype, _ = question
    return rdtype == b"NS" or (
        signer.startswith(b"editor.") and name.endswith(b"dyn." + ZONE_TEXT.encode()) and rdtype not in (b"A", b"TXT", b"PTR", b"SRV", b"AAAA"))


class Principal:
    """Signs for one server, and remembers the token that it sent there."""

    def __init__(self, name, **how):
        self.context = ContextKey(name, **how)
        leg = self.context.first_leg()
        self.token = unverified(leg).additional[0][0].key
        self.context.finish(tcp(leg))
        self.key = self.context.key


def same():
    secrets = re.findall(r'key "([^"]+)" { algorithm ([^;]+); secret "([^"]+)"', open(os.environ["FLOW_KEYS"], encoding="ascii").read())
    signers = {"nobody": {}}
    for name, algorithm, secret in secrets:
        key = SharedKey(name, secret)
        key.key.algorithm = dns.name.from_text(algorithm)
        key.token = b""
        signers[name] = dict.fromkeys(SERVERS, key)
    for server, client.PORT in SERVERS.items():
        signers.setdefault("krb5", {})[server] = Principal("Mixed.Case")
        signers.setdefault("spnego", {})[server] = Principal("a$b.spnego", mech=SPNEGO)
    asked = {server: Asked(server) for server in SERVERS}

    def send(server, who, transport, build):
        client.PORT = SERVERS[server]
        update = dns.update.UpdateMessage(ZONE)
        build(update)
        key = signers[who].get(server)
        if key is not None:
            update.use_tsig(key.key)
        answer = dns.message.from_wire(transport(update.to_wire(), ("127.0.0.2", 0)), keyring=update.keyring, request_mac=update.mac)
        asked_now = [fields(question) for question in asked[server].questions()]
        for question in asked_now:
            expect("the token", key.token if key else b"", question[5])
        # Each server had a ticket of its own: what is left is to be the same.
        return answer.rcode(), {question[:5] for question in asked_now}

    def change(how, name, rdtype, rdata):
        return lambda update: put(update, how, name, rdtype, rdata)

    names = ["pc1", "PC1", "no-pc2", "odd-pc3", "short-pc4", "mute-pc5", "chatty-pc6", "www", "direct", "dyn", "x.dyn", "no-x.dyn",
             "@", "wild*card", "*", r"sp\032ace\.dot\@at;x+=", r"ä".encode("utf-8").decode("latin-1").translate({0xc3: r"\195", 0xa4: r"\164"})]
    rdata = {"A": "192.0.2.7", "TXT": '"x"', "AAAA": "2001:db8::7", "MX": "10 ns1", "NS": "ns1", "SRV": "0 0 389 pc1", "TYPE65280": r"\# 1 00"}
    cases = [(who, change(how, name, rdtype, text), (how, name, rdtype)) for (name, (rdtype, text)), how, who in
             zip(itertools.product(names, rdata.items()), itertools.cycle(["add", "add", "delete rr", "delete rrset", "add"]),
                 itertools.cycle(list(signers))) if how == "add" or rdtype != "SRV"]  # see policy_agrees_with_bind: what is not there
    cases += [(who, change("delete name", name, None, None), ("delete name", name)) for name in ["pc1", "no-pc2", "dyn", "none"]
              for who in signers]
    several = lambda update: (update.add("m1", 300, "A", "192.0.2.1"), update.add("m2", 300, "MX", "10 ns1"), update.delete("m3", "TXT"),
                              update.add("m1", 300, "A", "192.0.2.2"), update.add("M1", 300, "A", "192.0.2.3"))
    cases += [(who, several, ("several",)) for who in signers]
    n_questions, ends = 0, {}
    for (who, build, what), transport in zip(cases, itertools.cycle([udp, tcp, tcp])):
        ours, theirs = (send(server, who, transport, build) for server in SERVERS)
        while ours[0] != theirs[0] and was_late():
            ours = send("kddnsd", who, transport, build)
        expect(f"{who} {what} by {transport.__name__}: RCODE", theirs[0], ours[0])
        needless = {q for q in theirs[1] if is_needless(q)}
        expect(f"{who} {what} by {transport.__name__}: questions", theirs[1] - needless, ours[1])
        n_questions += len(ours[1])
        ends[ours[0]] = ends.get(ours[0], 0) + 1
    print(f"{len(cases)} updates, {n_questions} questions, {ends}")


def refused_because(build):
    """Why an update by the editor is refused: the text of its Extended DNS Error."""
    signed = Signed(SharedKey(), lambda update: (build(update), update.use_edns(0)))
    return reason_of(signed, tcp(signed.octets))


def reason_of(signed, octets):
    expect("RCODE", REFUSED, signed.check(octets))
    options = {option.otype: option for option in unverified(octets).options}
    reason = ctl("updates", "--denied", "-n", "1")["updates"][0]["reason"]
    expect("the reason is in the record", True, options[15].text[:60] in reason)
    return reason


def says(text, reason):
    expect(f"{reason!r} says {text!r}", True, text in reason)


def helpers():
    return ctl("stats")["helpers"]


def editor_may(build):
    return Signed(SharedKey(), build).send(udp) == NOERROR


def explained():
    """Explain asks the helper what an update would, and says what comes of it."""
    asked = Asked("kddnsd")
    for who in f"key editor.{ZONE_TEXT}", "PC1$@AD.EXAMPLE.TEST":
        for name, decision in ("yes", "grant"), ("no-x", "refuse"), ("odd-x", "refuse"):
            answer = ctl("explain", "-a", "127.0.0.1", who, "add", f"{name}.{ZONE_TEXT}", "TXT", "x")
            expect(f"{who} {name}", decision, answer["decision"])
            expect("one question", 1, len(questions := asked.questions()))
            if who.startswith("key"):
                editor_may(add(name, "TXT", "x"))
                expect("as an update asks", questions, asked.questions())
    says("its helper answers neither yes nor no", answer["reason"])
    there = lambda update: (update.add("there", 300, "A", "192.0.2.1"), update.add("there", 300, "TXT", "x"), update.add("there", 300, "PTR", "x"))
    expect("something is there", True, editor_may(there))
    asked.questions()
    answer = ctl("explain", "PC1$@AD.EXAMPLE.TEST", "delete", f"there.{ZONE_TEXT}", "ANY")
    expect("of each type there", {b"A", b"TXT", b"PTR"}, {fields(q)[3] for q in asked.questions()})
    expect("each may go", "grant", answer["decision"])


def hangs():
    """A helper that hangs refuses; nobody else waits for it."""
    explained()
    helper = int(os.environ["FLOW_HELPER"])

    def others_go_on():
        slow = Signed(SharedKey(), lambda update: (update.add("slow", 300, "TXT", "x"), update.use_edns(0)))
        with connect() as sock:
            sock.sendall(framed(slow.octets))
            wait_for("the question waits", lambda: helpers()["waiting"] > 0 or select.select([sock], [], [], 0)[0])
            expect("an update that asks nobody", True, editor_may(replace("direct", "A", "192.0.2.1")))
            expect("a query", NOERROR, ask("pc1", "A").rcode())
            ContextKey(f"meanwhile{others_go_on.tries}").negotiate()
            others_go_on.tries += 1
            is_waiting = not select.select([sock], [], [], 0)[0]
            says("its helper did not answer in time", reason_of(slow, receive_message(sock)))
            return is_waiting

    others_go_on.tries = 0
    before = helpers()
    os.kill(helper, signal.SIGSTOP)
    try:
        wait_for("others go on while it hangs", others_go_on, 60)
        # More than its backlog takes.
        updates = [Signed(SharedKey(), add(f"many{i}", "TXT", "x")) for i in range(60)]
        socks = [connect() for _ in updates]
        for sock, update in zip(socks, updates):
            sock.sendall(framed(update.octets))
        for sock, update in zip(socks, updates):
            expect("one of many", REFUSED, update.check(receive_message(sock)))
            sock.close()
    finally:
        os.kill(helper, signal.SIGCONT)
    expect("all are counted", before["silent"] + others_go_on.tries + 60, helpers()["silent"])
    wait_for("it is asked again", lambda: editor_may(add("slow", "TXT", "x")))
    expect("nothing waits", 0, helpers()["waiting"])


def refused(why):
    says(why, refused_because(add("gone", "TXT", "x")))
    says(f"for {why}", refused_because(add("gone", "AAAA", "2001:db8::1")))
    says(why, refused_because(lambda update: update.delete("there")))
    expect("an update that asks nobody", True, editor_may(replace("direct", "A", "192.0.2.2")))


def granted():
    wait_for("as soon as it is back", lambda: editor_may(add("back", "TXT", "x")))


def stop():
    with connect() as sock:
        sock.sendall(framed(Signed(SharedKey(), add("late", "TXT", "x")).octets))
        wait_for("the question waits", lambda: helpers()["waiting"] > 0)
        os.kill(PID, signal.SIGTERM)
        wait_for("it ends", lambda: not os.path.exists(f"{DIR}/run/control.sock"))


{"same": same, "hangs": hangs, "refused": refused, "granted": granted, "stop": stop}[sys.argv[1]](*sys.argv[2:])
