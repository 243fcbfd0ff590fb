"""The story of rotated_keytab_fails_no_update, with dnspython and MIT's GSS-API."""

import itertools
import json
import os
import shutil
import subprocess
import threading

import gssapi

from client import *
from load import Client, ended

SERVICE = f"DNS/ns1.{ZONE.to_text(True)}"
KEYTAB = f"{DIR}/dns.keytab"
NEXT = f"{DIR}/next.keytab"
numbers = itertools.count()

# A ticket made between the KDC's change and the keytab's could not be known to
# any server: for clients both are one step.
at_the_kdc = threading.Lock()


class Negotiator(Client):
    """A context and an update with it, again and again."""

    def __init__(self, label):
        super().__init__()
        self.label = label

    def credentials(self):
        raise NotImplementedError

    def once(self, i):
        with at_the_kdc:
            key = ContextKey(f"{self.label}-{i}", (KRB5, SPNEGO)[i % 2], creds=self.credentials())
            leg = key.first_leg()
        key.finish(tcp(leg))
        change = replace(self.owner, "A", f"192.0.2.{next(numbers) % 250 + 1}")
        expect(f"{self.label}-{i}", NOERROR, Signed(key, change).send(tcp))


class OldTicket(Negotiator):
    """With the service ticket that the ccache has since the start."""

    owner = "pc1"

    def credentials(self):
        return None


class NewTicket(Negotiator):
    """With tickets got for the purpose."""

    owner = "pc2"

    def credentials(self):
        return gssapi.Credentials(
            name=gssapi.Name("PC2$", gssapi.NameType.kerberos_principal), usage="initiate",
            store={"client_keytab": f"FILE:{DIR}/clients.keytab",
                   "ccache": f"MEMORY:{self.label}-{self.n}"})


def kadmin(command):
    subprocess.run(["kadmin.local", "-r", os.environ["FLOW_REALM"], "-q", command],
                   check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def forget_next():
    if os.path.exists(NEXT):
        os.unlink(NEXT)


def rotate_and_forget():
    """A new key; the keytab has only that, and is renamed into place."""
    forget_next()
    with at_the_kdc:
        kadmin(f"ktadd -k {NEXT} {SERVICE}")
        os.rename(NEXT, KEYTAB)


def rotate_and_keep():
    """A new key beside the old ones, at the KDC and in the keytab."""
    forget_next()
    with at_the_kdc:
        kadmin(f"cpw -randkey -keepold {SERVICE}")
        kadmin(f"ktadd -norandkey -k {NEXT} {SERVICE}")
        os.rename(NEXT, KEYTAB)


def rotate_in_place():
    """ktadd adds to the keytab in use, entry by entry."""
    with at_the_kdc:
        kadmin(f"ktadd -k {KEYTAB} {SERVICE}")


def rotate_by_copying():
    """The keytab in use is overwritten."""
    forget_next()
    with at_the_kdc:
        kadmin(f"ktadd -k {NEXT} {SERVICE}")
        shutil.copyfile(NEXT, KEYTAB)


def keytab_status():
    answer = subprocess.run([os.environ["FLOW_KDDNSCTL"], "-s", f"{DIR}/run/control.sock",
                             "--json", "status"], check=True, capture_output=True)
    status = json.loads(answer.stdout)
    return status.get("result", status)["keytab"]


def go_on(clients, rounds=3):
    """Until each client has done that much more, or one has failed."""
    aims = [client.n + rounds for client in clients]
    wait_for("clients go on", lambda: all(
        client.n >= aim or client.problem for client, aim in zip(clients, aims)))
    for client in clients:
        if client.problem:
            sys.exit(f"{client.label}, {client.n} times well: {client.problem!r}")


clients = [OldTicket(f"old{i}") for i in range(3)] + [NewTicket(f"new{i}") for i in range(2)]
for client in clients:
    client.start()
go_on(clients)
before = keytab_status()
expect("keytab", (True, ""), (before["ok"], before["reason"]))
expect("its file", [f"FILE:{KEYTAB}"], before["files"])

for rotate in (rotate_and_forget, rotate_and_keep, rotate_in_place, rotate_by_copying,
               rotate_and_forget):
    loads = len(in_log("keytab loaded"))
    rotate()
    go_on(clients)
    wait_for(f"{rotate.__name__} is seen", lambda: len(in_log("keytab loaded")) > loads)
expect("what changed is said", True, any(
    f"{SERVICE}@{os.environ['FLOW_REALM']} kvno 3 added" in line
    and "kvno 2 removed" in line for line in in_log("keytab loaded")))
expect("nobody has reloaded", [], in_log("reloaded"))


# A keytab that cannot be used: what was loaded stays, and it is said once.  What
# was said before, of keytabs that were being written, does not count.
def so_far():
    return len(in_log("keytab unusable"))


def broken(what, text, said):
    wait_for(f"{what} is noticed", lambda: not keytab_status()["ok"])
    expect(f"{what}: why", True, text in keytab_status()["reason"])
    go_on(clients)
    expect(f"{what} is logged once", 1, len([line for line in in_log("keytab unusable")[said:] if text in line]))


def mended(good):
    shutil.copyfile(good, NEXT)
    os.rename(NEXT, KEYTAB)
    wait_for("the keytab is usable again", lambda: keytab_status()["ok"])
    go_on(clients)


good = f"{DIR}/good.keytab"
shutil.copyfile(KEYTAB, good)
said = so_far()
with open(NEXT, "w") as junk:
    junk.write("this is no keytab")
os.rename(NEXT, KEYTAB)
wait_for("it was tried again", lambda: time.time() - (keytab_status()["failed"] or time.time()) > 3)
broken("junk", "dns.keytab", said)
mended(good)

said = so_far()
with open(good, "rb") as whole, open(NEXT, "wb") as cut:
    cut.write(whole.read()[:-5])
os.rename(NEXT, KEYTAB)
broken("half a keytab", "ends inside an entry", said)
mended(good)

said = so_far()
os.unlink(KEYTAB)
broken("no keytab", "cannot read", said)
mended(good)

said = so_far()
shutil.copyfile(f"{DIR}/clients.keytab", NEXT)
os.rename(NEXT, KEYTAB)
broken("keys of others", "no key for DNS/*", said)
mended(good)

ended(clients)
expect("no leg was refused", [], in_log("tkey refused"))
expect("no update was refused", [], in_log("update refused"))
