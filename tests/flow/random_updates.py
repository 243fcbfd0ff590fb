"""random_updates.py: updates at random, what is said of them, and what becomes of them."""

import re

import dns.message
import dns.rcode
import dns.update

import client
from client import ContextKey, SharedKey, ccache, expect, tcp
from random_rules import FORWARD, REALM

NAMES = ["@", "www", "pc1", "PC1", "x.pc1", "pc2", "x.pc2", "host", "dyn", "a.dyn", "b.a.dyn", "_ldap._tcp"]
REVERSE_NAMES = ["1", "2", "3", "9.3"]
TTL = 3600  # which explain takes as well
RDATA = {
    "A": ["192.0.2.1", "192.0.2.90", "192.0.2.91", "192.0.2.5", "127.0.0.1", "127.0.0.2"],
    "AAAA": ["2001:db8::2", "2001:db8::5"],
    "TXT": ['"one"', '"two"'],
    "SRV": [f"0 0 389 pc1.{FORWARD}.", f"0 0 389 pc2.{FORWARD}."],
    "PTR": [f"pc1.{FORWARD}.", f"pc2.{FORWARD}.", f"host.{FORWARD}."],
    "NS": [f"ns1.{FORWARD}."],
}


def operation(rng, apex):
    """(how, name, type, rdata)"""
    name = rng.choice(NAMES if apex == FORWARD else REVERSE_NAMES)
    rdtype = rng.choice(["A", "A", "AAAA", "TXT", "SRV", "PTR", "NS"] if apex == FORWARD else ["PTR", "PTR", "TXT", "SRV"])
    how = rng.choice(["add", "add", "add", "delete rr", "delete rrset", "delete name"])
    return how, name, rdtype, rng.choice(RDATA[rdtype])


def rests_on_content(how, name, rdtype, rdata):
    """BIND asks for each RR there whether it may go: where none is, anybody may delete it."""
    return how == "delete name" or how.startswith("delete") and rdtype in ("PTR", "SRV")


def operations(rng, apex):
    """One or two; one that rests on content is alone, so that it can be told what it did."""
    first = operation(rng, apex)
    second = operation(rng, apex)
    if rests_on_content(*first) or rests_on_content(*second) or rng.random() < 0.6:
        return [first]
    return [first, second]


def put(update, how, name, rdtype, rdata):
    if how == "add":
        update.add(name, TTL, rdtype, rdata)
    elif how == "delete rr":
        update.delete(name, rdtype, rdata)
    elif how == "delete rrset":
        update.delete(name, rdtype)
    else:
        update.delete(name)


class Signers:
    """Who signs: names of keys of a file, accounts with tickets in ccache.NAME, "nobody"."""

    def __init__(self, keys_file):
        with open(keys_file, encoding="ascii") as f:
            self.secrets = dict(re.findall(r'key "([^"]+)".*secret "([^"]+)"', f.read()))
        self.keys = {}

    def key(self, who, server="kddnsd"):
        """What signs as who there, made when it is asked for; None: nothing does."""
        if who == "nobody":
            return None
        if (who, server) not in self.keys:
            self.keys[who, server] = self.make(who)
        return self.keys[who, server].key

    def make(self, who):
        if who in self.secrets:
            return SharedKey(who, self.secrets[who])
        with ccache(f"ccache.{who.replace('/', '_')}"):
            return ContextKey(f"key{len(self.keys)}").negotiate()

    def to_explain(self, who):
        """As kddnsctl explain wants to have it."""
        return "none" if who == "nobody" else f"key {who}" if who in self.secrets else f"{who}@{REALM}"


def explain(who, transport, source, apex, operation):
    """What kddnsctl explain says of an update with that operation."""
    how, name, rdtype, rdata = operation
    change = {"add": ["add", rdtype, rdata], "delete rr": ["delete", rdtype, rdata],
              "delete rrset": ["delete", rdtype], "delete name": ["delete", "ANY"]}[how]
    command = ["explain", "-z", apex, "-a", source, *(["--tcp"] if transport is tcp else []), who,
               change[0], apex if name == "@" else f"{name}.{apex}", *change[1:]]
    answer = client.ctl(*command)
    expect(f"{command}: decision", "grant" if answer["code"] == "NOERROR" else "refuse", answer["decision"])
    expect(f"{command}: says why", True, answer["reason"] != "")
    return answer


def send(key, transport, source, apex, operations):
    """The RCODE of an update with these, signed if there is a key."""
    update = dns.update.UpdateMessage(apex)
    for operation in operations:
        put(update, *operation)
    if key is not None:
        update.use_tsig(key)
    octets = transport(update.to_wire(), (source, 0))
    answer = dns.message.from_wire(octets, keyring=update.keyring, request_mac=update.mac)
    return dns.rcode.to_text(answer.rcode())
