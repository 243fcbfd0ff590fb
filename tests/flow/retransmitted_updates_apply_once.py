"""The story of retransmitted_updates_apply_once."""

import random
import time

from client import *

COPIES, UPDATES = 4, 200
key = SharedKey()


def new_name(name, address):
    """Carried out twice it would fail its own prerequisite."""
    def build(update):
        update.absent(name)
        update.add(name, 300, "A", address)
    return build


# One after the other, each after the answer of the one before.
before = serial()
update = Signed(key, new_name("once", "192.0.2.1"))
first = udp(update.octets)
expect("first", NOERROR, update.check(first))
for i in range(5):
    expect("copy over UDP", first, udp(update.octets))
    expect("copy over TCP", first, tcp(update.octets))
expect("applied once", before + 1, serial())

# A refusal is repeated, too: what has become true since does not count.
late = Signed(key, lambda u: (u.present("later"), u.add("later", 300, "TXT", "x")))
refusal = udp(late.octets)
expect("a prerequisite fails", dns.rcode.NXDOMAIN, late.check(refusal))
expect("another makes it true", NOERROR, Signed(key, new_name("later", "192.0.2.2")).send())
expect("the refused one again", refusal, udp(late.octets))

# An old message does not bring back what a newer one replaced.
old = Signed(key, replace("host", "A", "192.0.2.3"))
expect("old", NOERROR, old.send())
made = time.monotonic()
expect("new", NOERROR, Signed(key, replace("host", "A", "192.0.2.4")).send())
expect("old again", NOERROR, old.send())
expect("the new one stays", ["192.0.2.4"], texts("host", "A"))

# The MAC does not cover the ID in the header, only the original one.  For two
# seconds it could be another client with this key, who says the same.
wait_for("the second of the old one is over", lambda: time.monotonic() > made + 2.1)
other_id = bytes([old.octets[0] ^ 1]) + old.octets[1:]
expect("old with another ID", dns.rcode.NOTAUTH, tcp(other_id)[3] & 15)
expect("the new one still stays", ["192.0.2.4"], texts("host", "A"))

# Unsigned, the same octets are the same request only from the same socket: net
# ads numbers its messages alike in every run, and comes with a port of its own.
def unsigned(build):
    update = dns.update.UpdateMessage(ZONE, id=9158)
    build(update)
    return update.to_wire()


registration = unsigned(new_name("member", "192.0.2.6"))
with connect() as first, connect() as second:
    for sock, rcode in (first, NOERROR), (first, NOERROR), (second, dns.rcode.YXDOMAIN):
        sock.sendall(framed(registration))
        expect("RCODE, unsigned", rcode, receive_message(sock)[3] & 15)
expect("unregistered", NOERROR, tcp(unsigned(lambda u: u.delete("member")))[3] & 15)
expect("registered again", NOERROR, tcp(registration)[3] & 15)
expect("and is there", ["192.0.2.6"], texts("member", "A"))

# All at once, copies between copies, many of them still in hand.
random.seed(2136)
before = serial()
updates = {}
for i in range(UPDATES):
    update = Signed(key, new_name(f"burst{i}", "192.0.2.5"))
    updates[update.octets[:2]] = update
expect("IDs differ", True, len(updates) > UPDATES * 0.9)
answers = {ident: set() for ident in updates}
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
    s.settimeout(0.2)
    s.connect((ADDRESS, PORT))

    def send_and_receive(idents):
        for ident in idents:
            s.send(updates[ident].octets)
        try:
            while True:
                answer = s.recv(65535)
                answers[answer[:2]].add(answer)
        except socket.timeout:
            pass

    copies = list(updates) * COPIES
    random.shuffle(copies)
    while copies:  # as many as a socket has room for
        send_and_receive(copies[:150])
        del copies[:150]
    # Datagrams may be lost on the way, as ever: send until all are answered.
    wait_for("every update is answered", lambda: (
        send_and_receive([i for i in answers if not answers[i]]), all(answers.values()))[1])
for ident, update in updates.items():
    expect("one answer, whatever the copy", 1, len(answers[ident]))
    expect("which is right", NOERROR, update.check(answers[ident].pop()))
wait_for("every update is in the log",
         lambda: len(in_log('changed="add burst')) >= len(updates))
expect("each was applied once", len(updates), len(in_log('changed="add burst')))
expect("serials", True, before < serial() <= before + len(updates))
