"""The stories of stop_finishes_what_is_in_hand: load until the end, and what is left of it."""

import signal

from load import *

acknowledged = f"{DIR}/acknowledged"
key = SharedKey()


def patient_udp(octets):
    """An answer as long as there is somebody to give it."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.settimeout(0.1)
        s.connect((ADDRESS, PORT))
        s.send(octets)
        while True:
            is_last = in_log("notice stopped")
            try:
                return s.recv(65535)
            except socket.timeout:
                if is_last:
                    return None


class UntilTheEnd(Updater):
    """Goes on until nobody answers."""

    def once(self, i):
        update = Signed(self.key, self.change(i))
        try:
            octets = self.transport(update.octets)
        except OSError:
            octets = None
        if octets is None:
            self.n -= 1  # run() counts it
            self.ending.set()
        else:
            expect(f"{self.label}-{i}", NOERROR, update.check(octets))


def pipelined(label):
    """Updates sent in one piece; the stop comes while they are in hand."""
    def build(i):
        def fill(update):
            update.id = i  # random ones might be alike
            update.add(f"{label}-{i}", 300, "A", "192.0.2.1")
        return fill

    updates = [Signed(key, build(i)) for i in range(60)]
    s = connect()
    s.sendall(b"".join(framed(u.octets) for u in updates))
    return s, {u.update.id: (f"{label}-{i}", u) for i, u in enumerate(updates)}


def tell_load(name):
    round_ = f"{time.monotonic_ns()}"
    clients = [UntilTheEnd(f"u{round_}-{i}", key, transport=transport)
               for i, transport in enumerate((patient_udp, tcp) * 2)]
    for client in clients:
        client.start()
    wait_for("there is load", lambda: all(c.n > 50 or c.problem for c in clients))
    s, waiting = pipelined(f"p{round_}")
    os.kill(PID, getattr(signal, f"SIG{name}"))
    answered = []
    try:
        while (octets := receive_message(s)) is not None:
            label, update = waiting.pop(struct.unpack(">H", octets[:2])[0])
            expect(label, NOERROR, update.check(octets))
            answered.append(label)
    except ConnectionError:
        pass  # not read any more: not acknowledged either
    for client in clients:
        client.join()
        if client.problem is not None:
            sys.exit(f"{client.label}: {client.problem!r}")
    names = answered + [f"{c.label}-{i}" for c in clients for i in range(c.n)]
    with open(acknowledged, "a", encoding="utf-8") as file:
        file.write("".join(f"{name}\n" for name in names))


def tell_check():
    with open(acknowledged, encoding="utf-8") as file:
        names = file.read().split()
    expect("there were many", True, len(names) > 200)
    expect("acknowledged and missing", [], [n for n in names if texts(n, "A") != ["192.0.2.1"]])


{"load": tell_load, "check": tell_check}[sys.argv[1]](*sys.argv[2:])
