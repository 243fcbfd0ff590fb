"""Updates that need facts, and what the threads that answered them did."""

import collections
import os
import re
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from client import (ADDRESS, DIR, NOERROR, PID, PORT, ContextKey, Signed, ask, ccache, ctl, expect, replace, tcp, udp,
                    wait_for)

CLIENTS = [f"new{i}" for i in range(1, 9)]
ASKED = 3 * len(CLIENTS)  # facts are believed for a second
# "123 sendto(7<UDP:[127.0.0.1:53]>, ..."; calls of two threads at once are cut in two.
CALL = re.compile(r"(\d+) +(?:<\.\.\. )?(\w+)(?: resumed>|\((?:(\d+)<(.*?)>(?=[,) ]|$))?)")


def threads(name):
    """Those of kddnsd that are called so."""
    found = set()
    for tid in os.listdir(f"/proc/{PID}/task"):
        with open(f"/proc/{PID}/task/{tid}/comm", encoding="ascii") as comm:
            if comm.read().strip() == name:
                found.add(tid)
    return found


def work():
    """Each client gets in and updates at once, again and again."""
    rounds = 0
    while ctl("stats")["directory"]["facts"]["asked"] < ASKED:
        for client in CLIENTS:
            transport = (udp, tcp)[rounds % 2]
            with ccache(f"ccache-{client}"):
                key = ContextKey(f"{client}-{rounds}").negotiate()
            expect(client, NOERROR, Signed(key, replace(client, "A", f"192.0.2.{rounds % 200 + 1}")).send(transport))
            expect("a query", 1, len(ask(client, "A").answer))
        rounds += 1
    print(f"{rounds * len(CLIENTS)} contexts and updates")


def calls():
    """(thread, call, what its descriptor is, line) of the trace so far."""
    with open(f"{DIR}/trace", encoding="utf-8", errors="replace") as trace:
        for line in trace:
            match = CALL.match(line)
            if match and "resumed>" not in match.group(0):
                yield match.group(1), match.group(2), match.group(4) or "", line.rstrip()


def is_dns(call, what):
    """A UDP or TCP socket, by its own end, or a connection that has none any more."""
    if call in ("socket", "connect"):
        return False
    return re.match(rf"(UDP|TCP):\[{re.escape(ADDRESS)}:{PORT}[\]-]|TCP:\[\d+\]$", what) is not None


def is_no_socket(call, what):
    """A file, or a word between threads."""
    return call in ("read", "write", "readv", "writev") and what.startswith(("/", "anon_inode:", "pipe:"))


def main():
    directory_port = sys.argv[1]
    workers, directory = threads("worker"), threads("directory")
    expect("workers and directory threads", (2, 1), (len(workers), len(directory)))
    work()
    stats = ctl("stats")
    expect("updates waited for facts", True, stats["updates"]["parked"] > 0)

    def directory_is_asked():
        return any(tid in directory and f":{directory_port}]" in what for tid, _, what, _ in calls())
    wait_for("the trace has what the directory's thread asks", directory_is_asked)
    seen = collections.Counter()
    for tid, call, what, line in calls():
        if tid not in workers:
            continue
        if is_dns(call, what):
            seen[tid] += 1
        elif not is_no_socket(call, what):
            sys.exit(f"a worker does what it should not: {line}")
    expect("workers that were seen at work", workers, set(seen))
    print(f"{sum(seen.values())} calls of {len(seen)} workers, all on sockets of the DNS")


main()
