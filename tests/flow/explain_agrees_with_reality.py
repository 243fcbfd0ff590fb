"""Rules, directories and updates at random: python3 ... MODE SEED DIR SUFFIX."""

import os
import random
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from random_rules import FORWARD, REALM, REVERSE, directory_rule, rule

MODE, SEED, DIR, SUFFIX = sys.argv[1:]
UPDATES = 40
COMPUTERS = ["PC1", "PC2", "HOST", "GONE"]
LIKELY = {"PC1$": ["pc1", "x.pc1"], "PC2$": ["pc2", "x.pc2"], "HOST$": ["host"], "GONE$": ["gone"], "alice": ["dyn", "a.dyn"]}
MEMBERS = [f"cn={name},ou=hosts,{SUFFIX}" for name in ("PC1", "PC2", "HOST", "GONE", "alice")]
HOST_NAMES = ["pc1", "pc2", "host", "x.pc1", "dyn", "a.dyn", "www", "ns1", "_ldap._tcp", "*"]


def ldif(dn, lines):
    print(f"dn: {dn},{SUFFIX}", *lines, "", sep="\n")


def replace(dn, **attributes):
    lines = ["changetype: modify"]
    for attribute, values in attributes.items():
        lines += [f"replace: {attribute}", *(f"{attribute}: {value}" for value in dict.fromkeys(values)), "-"]
    ldif(dn, lines)


def start():
    """What is there in all rounds."""
    for name in COMPUTERS + ["PIN"]:
        ldif(f"cn={name},ou=hosts", ["objectClass: testAccount", f"cn: {name}", f"sAMAccountName: {name}$",
                                     f"userPrincipalName: {name}$@{REALM}"])
    ldif("cn=alice,ou=hosts", ["objectClass: testAccount", "cn: alice", f"userPrincipalName: alice@{REALM}"])
    replace("cn=PC1,ou=hosts", krbPrincipalName=[f"host/pc1.{FORWARD}@{REALM}"])
    replace("cn=GONE,ou=hosts", nsAccountLock=["TRUE"])
    for name in "inner", "editors", "empty":
        ldif(f"cn={name},ou=groups", ["objectClass: groupOfNames", f"cn: {name}", f"member: cn=nobody,{SUFFIX}"])
    for name, zone in ("a", FORWARD), ("b", FORWARD), ("c", REVERSE):
        ldif(f"cn={name},ou=kddns", ["objectClass: kddnsZonePolicy", f"cn: {name}", f"kddnsZone: {zone}"])
    ldif(f"idnsName={FORWARD}.,ou=kddns", ["objectClass: idnsZone", f"idnsName: {FORWARD}."])


def rules(rng, apex, n):
    return [(directory_rule if rng.random() < 0.6 else rule)(rng, apex).rstrip("; ") for _ in range(n)]


def grants(rng, marker):
    """The rules of the directory; one of them tells that they have come."""
    for name, apex in ("a", FORWARD), ("b", FORWARD), ("c", REVERSE):
        values = [rng.choice(["", "", "{%d}" % rng.randint(0, 9)]) + one for one in rules(rng, apex, rng.randint(0, 3))]
        replace(f"cn={name},ou=kddns", kddnsGrant=values + [f"grant {marker}.test name {marker}.{apex}"],
                kddnsDisabled=rng.choice([[], [], ["FALSE"], ["TRUE"]]) if name == "b" else [])
    listed = "; ".join(rules(rng, FORWARD, rng.randint(0, 2)))
    replace(f"idnsName={FORWARD}.,ou=kddns", idnsUpdatePolicy=[listed + ";"] if listed else [],
            idnsZoneActive=rng.choice([["TRUE"], ["FALSE"]]))


def begin():
    rng = random.Random(f"{SEED} begin")
    for name in COMPUTERS:
        own = [name.lower()] if rng.random() < 0.9 else []
        hosts = own + rng.sample(HOST_NAMES, rng.choice([0, 0, 0, 1, 2]))
        replace(f"cn={name},ou=hosts", dNSHostName=[f"{host}.{FORWARD}" for host in hosts])
    for name in "inner", "editors":
        members = rng.sample(MEMBERS, rng.randint(0, 4)) or [f"cn=nobody,{SUFFIX}"]
        nested = [f"cn=inner,ou=groups,{SUFFIX}"] if name == "editors" and rng.random() < 0.7 else []
        replace(f"cn={name},ou=groups", member=members + nested)
    grants(rng, "began")
    for apex, path in (FORWARD, "forward"), (REVERSE, "reverse"):
        sources = rng.choice(["file; ldap;", "file; ldap;", "ldap; file;", "ldap;"])
        here = "".join(f"{one};\n" for one in rules(rng, apex, rng.randint(0, 4)))
        with open(f"{DIR}/{path}.policy", "w", encoding="ascii") as out:
            out.write(f"policy-source {{ {sources} }};\n" + ("" if sources == "ldap;" else f"update-policy {{ {here} }};\n"))


def change():
    grants(random.Random(f"{SEED} change"), "changed")


def likely(rng, who, apex):
    """An update at random, more often than not for what the signer may well change."""
    from random_updates import operation

    change = operation(rng, apex)
    if who not in LIKELY or rng.random() < 0.3:
        return change
    if apex == FORWARD:
        return change[0], rng.choice(LIKELY[who]), *change[2:]
    return "add", rng.choice("123"), "PTR", f"{LIKELY[who][0]}.{FORWARD}."


def updates():
    from client import ask, ctl, expect, tcp, udp, wait_for
    from random_updates import Signers, explain, send

    rng = random.Random(f"{SEED} updates")
    signers = Signers(os.environ["FLOW_KEYS"])
    who_asks = [*signers.secrets, "PC1$", "PC1$", "PC1$", "PC2$", "PC2$", "HOST$", "GONE$", "NEW$", f"host/pc1.{FORWARD}", "alice",
                "alice", "nobody"]

    def rules_are_there(marker):
        return all(f"{marker}.test name" in str(ctl("zonestatus", apex)["policy"]) for apex in (FORWARD, REVERSE))

    def groups_are_known():
        return all(ctl("explain", f"PIN$@{REALM}", "add", f"{name}.pins.test", "TXT", "x")["decision"] == "grant"
                   for name in ("inner", "editors", "empty"))

    def record(after):
        """The decision that is remembered next."""
        return next((r for r in ctl("updates", "-n", "10")["updates"] if r["number"] > after and r["kind"] == "update"), None)

    def serial(apex):
        return ask(f"{apex}.", "SOA").answer[0][0].serial

    with open(f"{DIR}/asked.{SEED}", "w", encoding="ascii") as asked:
        wait_for("rules of the directory", lambda: rules_are_there("began"))
        wait_for("groups of the directory", groups_are_known)
        number = 0
        for i in range(UPDATES):
            if i == UPDATES // 2:
                with open(f"{DIR}/change.ldif", encoding="ascii") as changes:
                    subprocess.run(os.environ["FLOW_EDIT"].split(), stdin=changes, stdout=subprocess.DEVNULL, check=True)
                wait_for("rules that change", lambda: rules_are_there("changed"))
            apex = rng.choice([FORWARD, FORWARD, REVERSE])
            who, transport, source = rng.choice(who_asks), rng.choice([tcp, udp]), rng.choice(["127.0.0.1", "127.0.0.2"])
            change = likely(rng, who, apex)
            key = signers.key(who)
            before = serial(apex)
            said = explain(signers.to_explain(who), transport, source, apex, change)
            rcode = send(key, transport, source, apex, [change])
            what = f"{who} from {source} by {transport.__name__} asks {apex} for {change}"
            expect(f"{what}: RCODE", said["code"], rcode)
            expect(f"{what}: changes", said["changes"], serial(apex) != before)
            done = wait_for(f"{what}: record", lambda: record(number))
            number = done["number"]
            for word in "code", "rule", "nearest":
                expect(f"{what}: {word}", said[word], done[word])
            if rcode != "NOERROR":
                # Texts of records are cut when they are long; a name has its case on the wire.
                expect(f"{what}: reason", said["reason"][:len(done["reason"])].lower(), done["reason"].lower())
                expect(f"{what}: facts", said["facts"][:len(done["facts"]) or None], done["facts"])
            asked.write(f"{rcode} {said['rule'] or said['nearest']}\n")


{"start": start, "begin": begin, "change": change, "updates": updates}[MODE]()
