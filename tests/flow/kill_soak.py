"""kill_soak.py: kills the daemon under load, again and again, and checks.

Several clients send signed updates (delete RRset, add one TXT with a rising
number) one after the other, each to names of its own.  For every name the
last acknowledged number and the numbers sent since are remembered; after a
kill -9 and a new start the name must hold the last acknowledged number or one
that was sent after it (its answer may have been lost), and nothing older.
"""

import argparse
import random
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


class Client(threading.Thread):
    def __init__(self, args, index):
        super().__init__(daemon=True)
        self.args = args
        self.index = index
        self.keyring = dns.tsigkeyring.from_text({args.key: ("hmac-sha256", args.secret)})
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
                self.update_one()
            self.paused.set()

    def update_one(self):
        self.number += 1
        name = f"c{self.index}-{random.randrange(NAMES)}"
        update = dns.update.UpdateMessage(
            self.args.zone, keyring=self.keyring, keyname=self.args.key,
            keyalgorithm="hmac-sha256.")
        update.delete(name, "TXT")
        update.add(name, 60, "TXT", str(self.number))
        self.sent_since.setdefault(name, []).append(self.number)
        try:
            answer = dns.query.udp(update, "127.0.0.1", port=self.args.port, timeout=0.3)
        except (dns.exception.DNSException, OSError):
            self.going.clear()  # the daemon is gone
            return
        if answer.rcode() == dns.rcode.NOERROR:
            self.acked[name] = self.number
            self.sent_since[name] = []
            self.n_acked += 1


def ask(args, name):
    query = dns.message.make_query(f"{name}.{args.zone}", "TXT")
    answer = dns.query.udp(query, "127.0.0.1", port=args.port, timeout=2)
    for rrset in answer.answer:
        return [int(rdata.strings[0]) for rdata in rrset]
    return []


def start(args, log):
    process = subprocess.Popen([args.kddnsd, "-f", "-c", args.conf], stderr=log, stdout=log)
    deadline = time.monotonic() + 30
    query = dns.message.make_query(args.zone, "SOA")
    while time.monotonic() < deadline:
        if process.poll() is not None:
            sys.exit(f"kddnsd ended with status {process.returncode}")
        try:
            if dns.query.udp(query, "127.0.0.1", port=args.port, timeout=0.05).answer:
                return process
        except (dns.exception.DNSException, OSError):
            pass
    process.kill()
    sys.exit("kddnsd does not come up")


def check(args, clients):
    lost = 0
    for client in clients:
        for name, since in client.sent_since.items():
            there = ask(args, name)
            acked = client.acked.get(name)
            allowed = [[n] for n in since]
            allowed.append([] if acked is None else [acked])
            if there not in allowed:
                lost += 1
                print(f"{name}: acknowledged {acked}, sent since {since}, found {there}")
            elif there:
                client.acked[name] = there[0]
            client.sent_since[name] = []
    return lost


def main():
    parser = argparse.ArgumentParser()
    for option in "kddnsd", "conf", "zone", "key", "secret", "log":
        parser.add_argument("--" + option, required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--kills", type=int, required=True)
    args = parser.parse_args()
    clients = [Client(args, i) for i in range(CLIENTS)]
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
            wanted = before + random.randrange(1, 120)
            deadline = time.monotonic() + 20
            while sum(c.n_acked for c in clients) < wanted:
                if time.monotonic() > deadline:
                    sys.exit("no acknowledgements come")
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
    print(f"{args.kills} kills, {acked} acknowledged updates, {lost} lost")
    if acked < args.kills:
        sys.exit("too few updates were acknowledged to prove anything")
    sys.exit(1 if lost else 0)


main()
