"""load.py: clients that ask and update without rest, and remember what they were told."""

import threading

from client import *


class Client(threading.Thread):
    """Calls once(i) again and again; what goes wrong is kept in problem."""

    def __init__(self):
        super().__init__(daemon=True)
        self.n = 0
        self.problem = None
        self.ending = threading.Event()

    def run(self):
        try:
            while not self.ending.is_set():
                self.once(self.n)
                self.n += 1
        except (Exception, SystemExit) as problem:
            self.problem = problem


class Asker(Client):
    """Every question over UDP has an answer."""

    def once(self, i):
        expect("SOA", 1, len(ask("@", "SOA").answer))


class TcpAsker(Client):
    """The same on one connection for all the time."""

    def __init__(self):
        super().__init__()
        self.connection = connect()

    def once(self, i):
        query = dns.message.make_query(ZONE, "SOA")
        self.connection.sendall(framed(query.to_wire()))
        octets = receive_message(self.connection)
        expect("an answer on the old connection", True, octets is not None)
        expect("SOA over TCP", 1, len(dns.message.from_wire(octets).answer))


class Updater(Client):
    """Every update is acknowledged; their names are label-0, label-1, ..."""

    def __init__(self, label, key, owner=None, transport=udp):
        super().__init__()
        self.label, self.key, self.owner, self.transport = label, key, owner, transport

    def change(self, i):
        if self.owner:
            return add(self.owner, "TXT", f"{self.label}-{i}")
        return add(f"{self.label}-{i}", "A", "192.0.2.1")

    def once(self, i):
        update = Signed(self.key, self.change(i))
        octets = self.transport(update.octets)
        expect(f"{self.label}-{i} is answered", True, octets is not None)
        expect(f"{self.label}-{i}", NOERROR, update.check(octets))

    def missing(self):
        """Acknowledged updates that are not there."""
        if self.owner:
            there = set(texts(self.owner, "TXT"))
            return [i for i in range(self.n) if f'"{self.label}-{i}"' not in there]
        return [i for i in range(self.n) if texts(f"{self.label}-{i}", "A") != ["192.0.2.1"]]


def ended(clients):
    for client in clients:
        client.ending.set()
    for client in clients:
        client.join()
    for client in clients:
        if client.problem is not None:
            sys.exit(f"{type(client).__name__}, {client.n} times well: {client.problem!r}")
