"""A large directory: "names" and "rules" are checked, "live" and "figures" measured."""

import datetime
import os
import random
import statistics
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from client import DIR, ZONE, command, expect, in_log, memory, wait_for

REALM, APEX = "AD.EXAMPLE.TEST", ZONE.to_text(True)
RULE_MAX, PRINCIPAL_MAX = 4096, 8192  # octets, all included


def decision(i, name, rdtype, rdata):
    answer = command("explain", f"M{i}$@{REALM}", "add", f"{name}.{APEX}", rdtype, rdata)
    expect(f"{name} {rdtype}: says why", True, answer["reason"] != "")
    return answer["decision"], answer["rule"]


def bounded(what, grown, n, most):
    """A sanitizer keeps what is freed, and more beside."""
    print(f"{what}: {grown} octets, {grown / n:.0f} each")
    if "KDDNS_SLOW_BUILD" not in os.environ:
        expect(f"{what}: at most {most} octets each", True, grown < n * most + (1 << 20))


def all_rules_are_there(n):
    return command("zonestatus", APEX)["policy"]["rules"] >= n and command("status")["directory"]["rules"]["live"]


def edit(suffix, entry, action, rule):
    ldif = f"dn: cn={entry},ou=kddns,{suffix}\nchangetype: modify\n{action}: kddnsGrant\nkddnsGrant: {rule}\n"
    subprocess.run(os.environ["FLOW_EDIT"].split(), input=ldif.encode(), stdout=subprocess.DEVNULL, check=True)


def names(computers):
    """Facts of many, each its own."""
    wait_for("the directory is up", lambda: command("status")["directory"]["up"])
    decision(0, "m0", "TXT", "x")
    before, rng = memory(), random.Random(1)
    with open(f"{DIR}/without-rules", "w", encoding="ascii") as f:
        f.write(str(before))
    asked = rng.sample(range(computers), computers // 5)
    for i in asked:
        expect(f"M{i}$", "grant", decision(i, f"m{i}", "TXT", "x")[0])
        expect(f"M{i}$, another's", "refuse", decision(i, f"m{(i + 1) % computers}", "TXT", "x")[0])
    bounded("facts", memory() - before, len(asked), PRINCIPAL_MAX)
    before = memory()
    for i in asked:
        decision(i, f"m{i}", "TXT", "x")
    bounded("the same facts again", memory() - before, len(asked), 64)


def rules(grants, suffix):
    """Each of many rules holds, and no other."""
    wait_for("all rules", lambda: all_rules_are_there(grants + 1))
    with open(f"{DIR}/without-rules", encoding="ascii") as f:
        bounded("rules", memory() - int(f.read()), grants, RULE_MAX)
    place = "52 22 23.000 N 4 53 32.000 E -2.00m"
    for i in range(1, 9):
        wait_for(f"who is in group {i}", lambda i=i: decision(i, "located", "LOC", place)[0] == "grant")
    expect("who is in none", "refuse", decision(9, "located", "LOC", place)[0])
    for i in range(grants):
        expect(f"rule {i}", ("grant", f"grant M{i}$@{REALM} name n{i}.{APEX}. A AAAA (cn=grants{i // 100},ou=kddns,{suffix})"),
               decision(i, f"n{i}", "A", "192.0.2.1"))
        expect(f"rule {i}, another's", "refuse", decision(i, f"n{(i + 1) % grants}", "A", "192.0.2.1")[0])
    before = memory()
    for i in range(20):
        come_and_go(suffix, i)
    bounded("20 rules that came and went", memory() - before, grants, RULE_MAX)


def come_and_go(suffix, i):
    """A rule does; how long it takes to hold, in milliseconds."""
    rule = f"grant M0$@{REALM} name new{i}.{APEX}. A"
    started = time.monotonic()
    edit(suffix, "grants0", "add", rule)
    wait_for("a new rule", lambda: decision(0, f"new{i}", "A", "192.0.2.1")[0] == "grant")
    took = time.monotonic() - started
    edit(suffix, "grants0", "delete", rule)
    wait_for("its end", lambda: decision(0, f"new{i}", "A", "192.0.2.1")[0] == "refuse")
    return took * 1000


def live(grants):
    """Milliseconds from the start until all rules hold, by the log; and memory then."""
    wait_for("all rules", lambda: all_rules_are_there(grants + 1), 120)
    started, ended = (in_log(text)[-1].split()[0] for text in (" started ", " policy changed "))
    took = datetime.datetime.fromisoformat(ended[:-1]) - datetime.datetime.fromisoformat(started[:-1])
    print(round(took.total_seconds() * 1000), memory())


def figures(grants, computers, suffix, principals, slapadd_ms, lives):
    """A line of the table of docs/performance.md."""
    changes = [come_and_go(suffix, i) for i in range(9)]
    expect("the last rule", "grant", decision(grants - 1, f"n{grants - 1}", "A", "192.0.2.1")[0])
    asked = random.Random(1).sample(range(computers), min(principals, computers))
    before, times = memory(), []
    for i in asked:
        started = time.monotonic()
        expect(f"M{i}$", "grant", decision(i, f"m{i}", "TXT", "x")[0])
        times.append((time.monotonic() - started) * 1000)
    ms, octets = (statistics.median(x) for x in zip(*(map(int, one.split()) for one in lives)))
    print(f"| {grants:,} | {computers:,} | {slapadd_ms / 1000:.1f} | {ms:.0f} | {octets / 1e6:.1f} | {statistics.median(changes):.0f} | "
          f"{statistics.median(times):.2f} / {statistics.quantiles(times, n=100)[98]:.2f} | {(memory() - before) / len(asked):,.0f} |")


MODE, *ARGUMENTS = sys.argv[1:]
if MODE == "names":
    names(int(ARGUMENTS[0]))
elif MODE == "rules":
    rules(int(ARGUMENTS[0]), ARGUMENTS[1])
elif MODE == "live":
    live(int(ARGUMENTS[0]))
else:
    figures(int(ARGUMENTS[0]), int(ARGUMENTS[1]), ARGUMENTS[2], int(ARGUMENTS[3]), int(ARGUMENTS[4]), ARGUMENTS[5:])
