"""kill_soak.py: kills the daemon under load, again and again, and checks.

Several clients send signed updates (delete RRset, add one TXT with a rising
number) one after the other, each to names of its own.  For every name the
last acknowledged number and the numbers sent since are remembered; after a
kill -9 and a new start the name must hold the last acknowledged number or one
that was sent after it (its answer may have been lost), and nothing older.

Meanwhile an admin freezes the zone, edits its file, thaws it, syncs it, forgets
its history, and has another zone come, change and be purged: edits that were
acknowledged count as updates do, and a zone that is purged and comes back has
nothing of its old life.
"""

import argparse
import atexit
import contextlib
import os
import random
import re
import signal
import socket
import subprocess
import sys
import threading
import time

import dns.exception
import dns.message
import dns.query
import dns.rcode
import dns.rdatatype
import dns.tsigkeyring
import dns.update

CLIENTS = 4
NAMES = 8  # of each client
ANSWER_S = 120  # a client that waits longer gives up until the next kill


class Worker(threading.Thread):
    """Works while it is told to; says what it did as name -> number."""

    def __init__(self, args):
        super().__init__(daemon=True)
        self.args = args
        self.acked = {}
        self.sent_since = {}
        self.n_acked = 0
        self.number = 0
        self.going = threading.Event()
        self.paused = threading.Event()
        self.ending = False

    def run(self):
        while not self.ending:
            if not self.going.wait(0.1):
                continue
            self.paused.clear()
            while self.going.is_set() and not self.ending:
                self.work()
            self.paused.set()

    def send(self, name, number):
        self.sent_since.setdefault(name, []).append(number)

    def acknowledge(self, name, number):
        self.acked[name] = number
        self.sent_since[name] = []
        self.n_acked += 1

    def exchange(self, update):
        """The answer, however long it takes, unless the daemon is killed meanwhile."""
        deadline = time.monotonic() + ANSWER_S
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.settimeout(0.05)
            sock.connect(("127.0.0.1", self.args.port))
            sock.send(update.to_wire())
            while self.going.is_set() and time.monotonic() < deadline:
                with contextlib.suppress(socket.timeout):
                    return dns.message.from_wire(
                        sock.recv(65535), keyring=update.keyring, request_mac=update.mac)
        raise dns.exception.Timeout

    def update(self, zone, name):
        """Gives the name a new number; False: the daemon is gone."""
        self.number += 1
        number = self.number
        update = dns.update.UpdateMessage(
            zone, keyring=dns.tsigkeyring.from_text(
                {self.args.key: ("hmac-sha256", self.args.secret)}),
            keyname=self.args.key, keyalgorithm="hmac-sha256.")
        update.delete(name, "TXT")
        update.add(name, 60, "TXT", str(number))
        self.send(f"{name}.{zone}", number)
        try:
            answer = self.exchange(update)
        except (dns.exception.DNSException, OSError):
            self.going.clear()
            return False
        if answer.rcode() == dns.rcode.NOERROR:
            self.acknowledge(f"{name}.{zone}", number)
        return True


class Client(Worker):
    def __init__(self, args, index):
        super().__init__(args)
        self.index = index

    def work(self):
        self.update(self.args.zone, f"c{self.index}-{random.randrange(NAMES)}")


class Admin(Worker):
    """One who does everything kddnsctl can do to a zone."""

    def __init__(self, args):
        super().__init__(args)
        self.edited = f"edited.{args.zone}"
        self.guest = f"guest.{args.guest}"
        self.n_edits = self.n_purges = 0

    def ctl(self, *words):
        result = subprocess.run(
            [self.args.kddnsctl, "-s", self.args.socket, *words], check=False,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        return result.returncode == 0

    def work(self):
        random.choice((self.edit, self.edit, self.purge, self.sync))()

    def sync(self):
        self.ctl("sync", *random.choice(((), ("-clean",), (self.args.zone,))))

    def edit(self):
        self.ctl("thaw", self.args.zone)  # a kill may have left it frozen
        if not self.ctl("freeze", self.args.zone):
            return
        if random.randrange(4) > 0:
            self.write_edit()
        if self.ctl("thaw", self.args.zone) and self.sent_since.get(self.edited):
            self.acknowledge(self.edited, self.number)
            self.n_edits += 1

    def write_edit(self):
        """Between freeze and thaw, whatever happens to the daemon."""
        self.number += 1
        with open(self.args.file, encoding="ascii") as file:
            lines = [line for line in file if not line.startswith("edited")]
        lines.append(f"{self.edited}. 60 IN TXT {self.number}\n")
        with open(self.args.file + ".edit", "w", encoding="ascii") as file:
            file.writelines(lines)
        self.send(self.edited, self.number)
        os.rename(self.args.file + ".edit", self.args.file)

    def configure(self, with_guest):
        with open(self.args.conf, encoding="ascii") as file:
            text = re.sub(r"(?m)^zone \"guest.*\n", "", file.read())
        if with_guest:
            text += (f'zone "{self.args.guest}" {{ soa {{ mname ns.{self.args.zone}; '
                     f'rname a.{self.args.zone}; }}; '
                     f"update-policy {{ grant {self.args.key} zonesub ANY; }}; }};\n")
        with open(self.args.conf + ".new", "w", encoding="ascii") as file:
            file.write(text)
        os.rename(self.args.conf + ".new", self.args.conf)
        return self.ctl("reconfig")

    def purge(self):
        """The guest changes, goes, is purged, and comes back."""
        if not self.configure(True) or not self.update(self.args.guest, "guest"):
            return
        if not self.configure(False):
            return
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self.args.file.replace(self.args.zone, self.args.guest))
        self.send(self.guest, None)  # None: it is not there
        if self.ctl("zone-purge", self.args.guest):
            self.acknowledge(self.guest, None)
            self.n_purges += 1
        self.configure(True)


def ask(args, name):
    query = dns.message.make_query(name, "TXT")
    answer = dns.query.udp(query, "127.0.0.1", port=args.port, timeout=ANSWER_S)
    for rrset in answer.answer:
        return [int(rdata.strings[0]) for rdata in rrset]
    return []


def start(args, log):
    process = subprocess.Popen(  # pylint: disable=consider-using-with
        [args.kddnsd, "-f", "-c", args.conf], stderr=log, stdout=log)
    atexit.register(process.kill)  # does nothing to one that has ended
    deadline = time.monotonic() + 2 * ANSWER_S
    query = dns.message.make_query(args.zone, "SOA")
    while time.monotonic() < deadline:
        if process.poll() is not None:
            sys.exit(f"kddnsd ended with status {process.returncode}")
        try:
            if dns.query.udp(query, "127.0.0.1", port=args.port, timeout=0.5).answer:
                return process
        except (dns.exception.DNSException, OSError):
            pass
    process.kill()
    sys.exit("kddnsd does not come up")


def is_served(args, name):
    with open(args.conf, encoding="ascii") as file:
        return not name.endswith(args.guest) or f'zone "{args.guest}"' in file.read()


def check(args, clients):
    lost = 0
    for client in clients:
        for name, since in client.sent_since.items():
            if not is_served(args, name):
                continue
            there = ask(args, name)
            acked = client.acked.get(name)
            allowed = [[] if n is None else [n] for n in (*since, acked)]
            if there not in allowed:
                lost += 1
                print(f"{name}: acknowledged {acked}, sent since {since}, found {there}")
            else:
                client.acked[name] = there[0] if there else None
            client.sent_since[name] = []
    return lost


def main():
    parser = argparse.ArgumentParser()
    for option in "kddnsd", "kddnsctl", "conf", "socket", "zone", "guest", "file", "key", "secret", "log":
        parser.add_argument("--" + option, required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--kills", type=int, required=True)
    args = parser.parse_args()
    clients = [Client(args, i) for i in range(CLIENTS)]
    admin = Admin(args)
    clients.append(admin)
    lost = 0
    with open(args.log, "ab") as log:
        for client in clients:
            client.start()
        for kill in range(args.kills):
            process = start(args, log)
            lost += check(args, clients)
            before = sum(c.n_acked for c in clients)
            for client in clients:
                client.paused.clear()
                client.going.set()
            # A random moment: after a random number of acknowledgements.
            wanted = before + random.randrange(1, 250)
            # Now and then not before the admin has finished something.
            done = admin.n_edits + admin.n_purges + (kill % 4 == 0)
            deadline = time.monotonic() + 2 * ANSWER_S
            while (sum(c.n_acked for c in clients) < wanted
                   or admin.n_edits + admin.n_purges < done):
                if time.monotonic() > deadline:
                    sys.exit(f"no acknowledgements come after {kill} kills")
                time.sleep(0.0005)
            process.send_signal(signal.SIGKILL)
            process.wait()
            for client in clients:
                client.going.clear()
                client.paused.wait()
        process = start(args, log)
        lost += check(args, clients)
        process.terminate()
        if process.wait() != 0:
            sys.exit("kddnsd did not stop in order")
    for client in clients:
        client.ending = True
    acked = sum(c.n_acked for c in clients)
    print(f"{args.kills} kills, {acked} acknowledged updates, {admin.n_edits} edits,"
          f" {admin.n_purges} purges, {lost} lost")
    if acked < args.kills or admin.n_edits + admin.n_purges < args.kills // 4:
        sys.exit("too little was acknowledged to prove anything")
    sys.exit(1 if lost else 0)


main()
