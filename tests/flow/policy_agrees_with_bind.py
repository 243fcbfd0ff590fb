"""Rules and updates for policy_agrees_with_bind: python3 ... MODE ROUND DIR."""

import random
import sys

ROUND, DIR = int(sys.argv[2]), sys.argv[3]
REALM, FORWARD, REVERSE = "AD.EXAMPLE.TEST", "ad.example.test", "0.0.127.in-addr.arpa"
UPDATES = 30

IDENTITIES = ["*", "*", "*", "k1.example.test", "*.example.test", "*.TEST", f"PC1$@{REALM}", f"pc2$@{REALM}",
              f"host/pc1.{FORWARD}@{REALM}", f"alice@{REALM}", f"pc1.{FORWARD}", "nobody.example.test"]
REALMS = [REALM] * 5 + ["OTHER.TEST"]
NAMES = ["@", "www", "pc1", "PC1", "x.pc1", "pc2", "x.pc2", "host", "dyn", "a.dyn", "b.a.dyn", "_ldap._tcp"]
RULE_NAMES = [FORWARD, FORWARD, f"www.{FORWARD}", f"pc1.{FORWARD}", f"dyn.{FORWARD}", f"a.dyn.{FORWARD}", "."]
REVERSE_NAMES = ["1", "2", "3", "9.3"]
TYPES = ["", "", "", "A", "A AAAA", "ANY", "ANY", "ANY", "TXT", "A(1)", "A(2) TXT(1)", "SRV TXT", "NS", "PTR", "AAAA ANY(1)", "PTR SRV"]


def rule(rng, apex):
    """One rule of any type, as its text."""
    kind = rng.choice(["name", "subdomain", "zonesub", "wildcard", "self", "selfsub", "selfwild", "ms-self",
                       "ms-selfsub", "ms-subdomain", "krb5-self", "krb5-selfsub", "krb5-subdomain"]
                      + ["ms-subdomain-self-rhs", "krb5-subdomain-self-rhs", "tcp-self"]
                      * (4 if apex == REVERSE else 1) + ["6to4-self"])
    identity, name = rng.choice(IDENTITIES), ""
    if kind.startswith(("ms-", "krb5-")):
        identity = rng.choice(REALMS)
    if kind in ("tcp-self", "6to4-self"):
        identity = rng.choice(["*", f"1.{REVERSE}", f"2.{REVERSE}", "*.in-addr.arpa"])
    if kind == "wildcard":
        name = "*." + rng.choice([apex, f"dyn.{FORWARD}"])
    elif kind in ("name", "subdomain") or "subdomain" in kind:
        name = rng.choice(RULE_NAMES if apex == FORWARD else [apex, f"1.{apex}", "."])
    elif kind != "zonesub":
        name = "."
    action = "deny" if rng.random() < 0.2 else "grant"
    return f'{action} "{identity}" {kind} {name} {rng.choice(TYPES)};'


def policies():
    rng = random.Random(ROUND)
    for apex, path in (FORWARD, "forward"), (REVERSE, "reverse"):
        rules = [rule(rng, apex) for _ in range(rng.randint(2, 7))]
        with open(f"{DIR}/{path}.policy", "w", encoding="ascii") as out:
            out.write("\n".join(rules) + "\n")


RDATA = {
    "A": ["192.0.2.1", "192.0.2.90", "192.0.2.91", "192.0.2.5"],
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


def apply(update, how, name, rdtype, rdata):
    if how == "add":
        update.add(name, 300, rdtype, rdata)
    elif how == "delete rr":
        update.delete(name, rdtype, rdata)
    elif how == "delete rrset":
        update.delete(name, rdtype)
    else:
        update.delete(name)


def updates():
    """Sends the same updates to both servers and compares."""
    import json
    import os
    import re
    import subprocess

    import dns.message
    import dns.query
    import dns.rcode
    import dns.update
    import dns.zone

    import client
    from client import ContextKey, SharedKey, expect, tcp, udp

    rng = random.Random(1000 + ROUND)
    servers = {"kddnsd": int(os.environ["FLOW_PORT"]), "BIND": int(os.environ["FLOW_BIND_PORT"])}
    secrets = dict(re.findall(r'key "([^"]+)".*secret "([^"]+)"', open(os.environ["FLOW_KEYS"], encoding="ascii").read()))
    keys = {}

    def key_of(who, server):
        """What signs as who at that server; None: nothing does."""
        if who == "nobody":
            return None
        if (who, server) not in keys:
            if who in secrets:
                keys[who, server] = SharedKey(who, secrets[who])
            else:
                os.environ["KRB5CCNAME"] = f"FILE:{DIR}/ccache.{who.replace('/', '_')}"
                keys[who, server] = ContextKey(f"key{len(keys)}").negotiate()
        return keys[who, server].key

    def explain(who, transport, source, apex, operations):
        """What kddnsctl explain says of the only operation; None: there are two."""
        if len(operations) > 1:
            return None
        how, name, rdtype, rdata = operations[0]
        principal = who if who == "nobody" else f"key {who}" if who in secrets else f"{who}@{REALM}"
        change = {"add": ["add", rdtype, rdata], "delete rr": ["delete", rdtype, rdata],
                  "delete rrset": ["delete", rdtype], "delete name": ["delete", "ANY"]}[how]
        command = [os.environ["FLOW_KDDNSCTL"], "-s", f"{DIR}/run/control.sock", "--json", "explain", "-z", apex,
                   "-a", source, *(["--tcp"] if transport is tcp else []), principal.replace("nobody", "none"),
                   change[0], apex if name == "@" else f"{name}.{apex}", *change[1:]]
        answer = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)["result"]
        expect(f"{command}: decision", "grant" if answer["code"] == "NOERROR" else "refuse", answer["decision"])
        expect(f"{command}: says why", True, answer["reason"] != "")
        return answer["code"]

    def serial(port, apex):
        return dns.query.udp(dns.message.make_query(apex, "SOA"), "127.0.0.1", port=port).answer[0][0].serial

    def send(server, who, transport, source, apex, operations):
        client.PORT = servers[server]
        update = dns.update.UpdateMessage(apex)
        for one in operations:
            apply(update, *one)
        key = key_of(who, server)
        if key is not None:
            update.use_tsig(key)
        octets = transport(update.to_wire(), (source, 0))
        return dns.message.from_wire(octets, keyring=update.keyring, request_mac=update.mac).rcode()

    who_asks = [*secrets, "PC1$", "PC1$", "PC2$", "HOST$", f"host/pc1.{FORWARD}", "alice", "nobody"]
    with open(f"{DIR}/decided.{ROUND}", "w", encoding="ascii") as decided:
        for _ in range(UPDATES):
            apex = rng.choice([FORWARD, FORWARD, REVERSE])
            request = (rng.choice(who_asks), rng.choice([tcp, tcp, udp]), rng.choice(["127.0.0.1", "127.0.0.2"]),
                       apex, operations(rng, apex))
            before = serial(servers["BIND"], apex)
            explained = explain(*request)
            rcodes = {s: dns.rcode.to_text(send(s, *request)) for s in servers}
            expect(f"explain of {request}", rcodes["kddnsd"], explained or rcodes["kddnsd"])
            if (rcodes == {"kddnsd": "REFUSED", "BIND": "NOERROR"} and rests_on_content(*request[4][0])
                    and serial(servers["BIND"], apex) == before):
                # Ours needs permission to delete what is not there, too: who may
                # not write does not learn what is in the zone.
                decided.write(f"{request[0]} nothing-there {apex}\n")
                continue
            with open(f"{DIR}/{'forward' if apex == FORWARD else 'reverse'}.policy", encoding="ascii") as policy:
                expect(f"round {ROUND}: {request[0]} from {request[2]} by {request[1].__name__} asks {apex} for {request[4]} "
                       f"under:\n{policy.read()}", rcodes["BIND"], rcodes["kddnsd"])
            decided.write(f"{request[0]} {rcodes['BIND']} {apex}\n")

    for apex in FORWARD, REVERSE:
        contents = {}
        for server, port in servers.items():
            z = dns.zone.from_xfr(dns.query.xfr("127.0.0.1", apex + ".", port=port, relativize=False), relativize=False)
            contents[server] = sorted(f"{name} {ttl} {rdata.to_text()}".lower() for name, ttl, rdata in z.iterate_rdatas()
                                      if rdata.rdtype != dns.rdatatype.SOA)
        expect(f"round {ROUND}: contents of {apex}", contents["BIND"], contents["kddnsd"])


{"policies": policies, "updates": updates}[sys.argv[1]]()
