"""The python half: rounds of updates, with and without a slow reader beside them."""

import threading

from client import *

NAMES = 2000    # that are changed
UPDATES = 1500  # of a round
CHANGES = 20    # of an update
WINDOW = 16     # updates on their way at a time: a socket has room for them
GROWTH = 3 << 20  # kept copies of each change would be 10 MB


def resident():
    with open(f"/proc/{PID}/statm", encoding="ascii") as f:
        return int(f.read().split()[1]) * os.sysconf("SC_PAGESIZE")


def change(i):
    def build(update):
        for k in range(CHANGES):
            update.replace(f"pc{(i * CHANGES + k) % NAMES + 1:06}", 300, "TXT", f'"{i:0200}"')
    return build


def signed_updates(key, start):
    return [Signed(key, change(i)).octets for i in range(start, start + UPDATES)]


def send_all(messages):
    """All of them, a window at a time; how long it took."""
    waiting = {}
    began = time.monotonic()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.connect((ADDRESS, PORT))
        s.settimeout(PATIENCE)
        messages = iter(messages)
        while True:
            while len(waiting) < WINDOW:
                octets = next(messages, None)
                if octets is None:
                    break
                waiting[octets[:2]] = octets
                s.send(octets)
            if not waiting:
                return time.monotonic() - began
            answer = s.recv(65535)
            expect("RCODE", NOERROR, answer[3] & 15)
            waiting.pop(answer[:2], None)


class SlowReader(threading.Thread):
    """Reads a transfer, one message a second, until it is told to hurry."""

    def __init__(self):
        super().__init__(daemon=True)
        self.hurry = threading.Event()
        self.n_messages = self.n_records = self.n_soa = 0
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self.socket.connect((ADDRESS, PORT))
        query = dns.message.make_query(ZONE, "AXFR")
        self.socket.sendall(framed(query.to_wire()))

    def run(self):
        while self.n_soa < 2:
            octets = receive_message(self.socket)
            if octets is None:
                return
            self.n_messages += 1
            for rrset in dns.message.from_wire(octets, one_rr_per_rrset=True, xfr=True).answer:
                self.n_records += 1
                self.n_soa += rrset.rdtype == dns.rdatatype.SOA
            self.hurry.wait(1)


key = SharedKey()
rounds = [signed_updates(key, i * UPDATES) for i in range(4)]
send_all(rounds[0])
alone = send_all(rounds[1])
reader = SlowReader()
reader.start()
wait_for("the transfer begins", lambda: reader.n_messages > 0)
first = send_all(rounds[2])
before = resident()  # with one old copy of what was changed
second = send_all(rounds[3])
after = resident()
expect("the reader is slow", True, reader.n_soa < 2 and reader.is_alive())
print(f"{UPDATES} updates: {alone:.2f} s alone, {first:.2f} and {second:.2f} s beside a slow AXFR,"
      f" memory grew by {(after - before) >> 10} KiB")
if after - before > GROWTH:
    sys.exit("memory grows while a transfer is read slowly")
# Updates that wait for the reader take minutes; a busy machine is no matter.
if min(first, second) > 5 * alone + 10:
    sys.exit("updates are slow while a transfer is read slowly")
reader.hurry.set()
reader.join(3 * PATIENCE)
expect("SOA RRs of the transfer", 2, reader.n_soa)
expect("RRs of the transfer", 100000 + 3, reader.n_records)
