"""Everybody is answered while the KDC hangs."""

import os
import shutil
import signal
import statistics
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from client import (DIR, NOERROR, REFUSED, SPNEGO, ContextKey, SharedKey, Signed, ask, ccache, ctl, expect, logged,
                    replace, tcp, udp, wait_for)

KDC = int(os.environ["FLOW_KDC"])
ROUNDS = 200


def p99(action):
    """Of ROUNDS of it, in milliseconds."""
    times = []
    for i in range(ROUNDS):
        started = time.monotonic()
        action(i)
        times.append((time.monotonic() - started) * 1000)
    return statistics.quantiles(times, n=100)[98]


def measure(pc1, shared, when):
    """Each is answered, and well; how long it takes."""
    def put(key, name):
        return lambda i: expect(f"{name}, {when}", NOERROR,
                                Signed(key, replace(name, "A", f"192.0.2.{i % 200 + 1}")).send((udp, tcp)[i % 2]))

    def negotiate(i):
        key = ContextKey(f"{when}-{i}", **({"mech": SPNEGO} if i % 2 else {})).negotiate()
        if i % 20 == 0:
            put(key, "pc1")(i)

    return {
        "query": p99(lambda i: expect("answers", 1, len(ask("pc1", "A").answer))),
        "update, key": p99(put(shared, "k")),
        "update, context": p99(put(pc1, "pc1")),
        "context": p99(negotiate),
    }


def main():
    pc1 = ContextKey("before-it-hangs").negotiate()
    shared = SharedKey()
    expect("an update before", NOERROR, Signed(pc1, replace("pc1", "A", "192.0.2.9")).send())
    before = measure(pc1, shared, "before")
    os.kill(KDC, signal.SIGSTOP)
    try:
        shutil.copy(f"{DIR}/with-ldap.conf", f"{DIR}/kddnsd.conf")
        ctl("reload")
        during = measure(pc1, shared, "during")
        # Somebody new gets in; what only the directory knows, nobody knows.
        with ccache("ccache-new"):
            new = ContextKey("new").negotiate()
        expect("its own name", NOERROR, Signed(new, replace("new", "A", "192.0.2.9")).send())
        started = time.monotonic()
        expect("what needs facts", REFUSED,
               Signed(new, replace("new", "TXT", "x")).send())
        took = time.monotonic() - started
        expect(f"it waits for the timeout (1 s), and not for the KDC ({took:.1f} s)", True, took < 20)
        wait_for("the login has no ticket", lambda: ctl("status")["directory"]["error"])
        expect("the directory is up", False, ctl("status")["directory"]["up"])
        expect("the log says why", True, "the KDC does not answer" in "".join(logged("directory down")))
        after = measure(pc1, shared, "after")
    finally:
        os.kill(KDC, signal.SIGCONT)
    for what, ms in before.items():
        worst = max(during[what], after[what])
        print(f"{what}: p99 {ms:.2f} ms, while the KDC hangs {worst:.2f} ms")
        # A pause of the machine is one thing, a KDC's timeout (3 s) another.
        expect(f"{what} waits for a KDC that hangs", True, worst < max(10 * ms, 900))


main()
