"""The story of busy_negotiators_say_so."""

import collections
import fcntl

from client import *
from windows_client import *

QUEUE, IN_HAND = 8192, 64  # legs that wait; requests of a connection
SERVFAIL = 2


def negotiators():
    names = []
    for tid in os.listdir(f"/proc/{PID}/task"):
        with open(f"/proc/{PID}/task/{tid}/comm", encoding="ascii") as comm:
            names.append(comm.read().strip())
    return names.count("negotiator")


def busy():
    return ctl("stats")["tkey"]["refused"]["busy"]


def leg(n):
    now, name = int(time.time()), f"leg{n}.{ZONE.to_text()}"
    token = tokens[n % len(tokens)]
    rdata = wire_name("gss-tsig.") + struct.pack(">IIHHH", now, now, 3, 0, len(token)) + token + b"\0\0"
    return message(QUERY, (name, TKEY, ANY), [], [], [rr(wire_name(name), TKEY, ANY, 0, rdata)])


first = ContextKey("first").negotiate()
tokens = [ContextKey("k").context.step() for _ in range(2 * negotiators())]
room = QUEUE + negotiators()
n_connections = room // IN_HAND + 8
too_many = n_connections * IN_HAND - room
legs = map(leg, itertools.count())
connections = [connect() for _ in range(n_connections)]

with open(f"{DIR}/run/rcache2", "r+b") as replay_cache:
    fcntl.lockf(replay_cache, fcntl.LOCK_EX)
    for s in connections:
        s.sendall(b"".join(framed(next(legs)) for _ in range(IN_HAND)))
    wait_for("the queue is full", lambda: busy() >= too_many)
    expect("refused are those that had no place", too_many, busy())
    reply = Reply(udp(next(legs)))
    expect("by UDP: nothing but TC", (NOERROR, 0x0200, [[], [], []]), (reply.rcode, reply.flags & 0x0200, reply.sections))
    expect("by TCP", SERVFAIL, Reply(tcp(next(legs))).rcode)
    wait_for("the log says why", lambda: any(
        " cause=busy " in line and "too much to do" in line and 'next="none if it is rare' in line
        for line in in_log("tkey refused")))
    record, = ctl("updates", "--denied", "-n", "1")["updates"]
    expect("so does the record", "busy", record["cause"])
    expect("a query", 1, len(ask("@", "SOA").answer))
    expect("an update with a shared key", NOERROR, Signed(SharedKey(), add("k", "A", "192.0.2.1")).send())
    expect("one with a context", NOERROR, Signed(first, replace("pc1", "A", "192.0.2.1")).send())

rcodes = collections.Counter(Reply(receive_message(s)).rcode for s in connections for _ in range(IN_HAND))
expect("all have their answer", {SERVFAIL: too_many, NOERROR: room}, dict(rcodes))
established = in_log("tkey established")
expect("each token made one context", 1 + len(tokens), len(established))
last = ContextKey("last").negotiate()
expect("who comes then gets in", NOERROR, Signed(last, replace("pc1", "A", "192.0.2.2")).send())
