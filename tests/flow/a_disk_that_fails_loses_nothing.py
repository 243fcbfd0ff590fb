"""A name whose large TXT changes, step by step: see the script beside this."""

import json
import os
import sys

import dns.rcode
import dns.rdataclass
import dns.rdatatype
import dns.rdtypes.ANY.TXT

from client import DIR, NOERROR, SharedKey, Signed, expect, tcp, texts, wait_for

KEY = SharedKey()
SERVFAIL = dns.rcode.SERVFAIL
FILLING = b"x" * 250
MEMORY = f"{DIR}/memory"  # {"acknowledged": number, "sent": number}


def load():
    if not os.path.exists(MEMORY):
        return {"acknowledged": 0, "sent": 0}
    with open(MEMORY, encoding="ascii") as file:
        return json.load(file)


def change(memory, n_strings=1):
    """The next number in the place of the last one, and much beside it."""
    memory["sent"] += 1
    number = memory["sent"]
    txt = dns.rdtypes.ANY.TXT.TXT(
        dns.rdataclass.IN, dns.rdatatype.TXT, [b"%d" % number] + [FILLING] * (n_strings - 1))

    def build(update):
        update.delete("large", "TXT")
        update.add("large", 60, txt)

    update = Signed(KEY, build)
    rcode = update.check(tcp(update.octets))
    if rcode == NOERROR:
        memory["acknowledged"] = number
    return rcode


def number():
    """What the server has."""
    found = texts("large", "TXT")
    expect("RRs", 1, len(found))
    return int(found[0].split()[0].strip('"'))


def fill(memory):
    """Until there is no room; each takes more than 100 kB of log."""
    for _ in range(2000):
        if (rcode := change(memory, 240)) != NOERROR:
            return expect("no room", SERVFAIL, rcode)
    return sys.exit("there is always room")


def main():
    memory = load()
    step = sys.argv[1]
    if step == "change":
        expect("update", NOERROR, change(memory))
    elif step == "fill":
        fill(memory)
    elif step == "recovers":
        wait_for("updates are taken again", lambda: change(memory) == NOERROR)
    elif step == "refused":
        expect("update", SERVFAIL, change(memory))
    elif step == "same":
        expect("what is served", memory["acknowledged"], number())
    elif step == "known":
        # The one whose sync failed may be there: SERVFAIL means unknown.
        if not memory["acknowledged"] <= number() <= memory["sent"]:
            sys.exit(f"{number()} is served, {memory} is known")
    with open(MEMORY, "w", encoding="ascii") as file:
        json.dump(memory, file)


main()
