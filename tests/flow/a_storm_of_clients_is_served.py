"""The story of a_storm_of_clients_is_served."""

import contextlib
import itertools
import json
import shutil
import subprocess

from load import *

bench, service, realm = sys.argv[1:]
shared = SharedKey()
STORMS, CLIENTS, AT_ONCE = 3, 600, 100


def ctl(*words):
    return subprocess.run(
        [os.environ["FLOW_KDDNSCTL"], "-s", f"{DIR}/run/control.sock", *words],
        check=True, capture_output=True, encoding="utf-8").stdout


class Storm(Client):
    """Clients by the hundred, each with a ticket: all of them get in and update."""

    def __init__(self, machine, mechanism):
        super().__init__()
        self.command = [bench, "-p", str(PORT), "-n", str(CLIENTS), "-c", str(AT_ONCE),
                        "-m", mechanism, "-u", ZONE.to_text(True)]
        self.environment = dict(os.environ, SPN=service, KRB5CCNAME=f"FILE:{DIR}/{machine}.ccache")

    def once(self, i):
        done = subprocess.run(self.command, env=self.environment, stdout=subprocess.PIPE)
        result = json.loads(done.stdout)
        expect("failed clients", (0, ""), (result["failed"], result["first_failure"]))
        expect("served clients", CLIENTS, result["served"])


class Visitor(Client):
    """Gets in, updates, and is thrown out by the administrator."""

    def once(self, i):
        key = ContextKey(f"visitor-{i}", mech=[KRB5, SPNEGO][i % 2]).negotiate()
        with contextlib.suppress(dns.tsig.PeerBadKey):  # it may have made room for others already
            Signed(key, add("visitor", "TXT", f"{i}")).send()
        subprocess.run([os.environ["FLOW_KDDNSCTL"], "-s", f"{DIR}/run/control.sock",
                        "tsig-delete", key.name.to_text()], capture_output=True)
        expect("its key is gone", (NOTAUTH, BADKEY, 0),
               tsig_error(udp(Signed(key, add("visitor", "TXT", "late")).octets)))


class Administrator(Client):
    """Changes keytabs, reloads, and looks."""

    def __init__(self):
        super().__init__()
        shutil.copy(f"{DIR}/dns.keytab", f"{DIR}/first.keytab")
        shutil.copy(f"{DIR}/dns.keytab", f"{DIR}/second.keytab")
        subprocess.run(["kadmin.local", "-r", realm, "ktadd", "-k", f"{DIR}/second.keytab", service],
                       check=True, capture_output=True)
        self.files = itertools.cycle(["second.keytab", "first.keytab"])
        self.once(0)  # the KDC makes tickets with the second key from here on

    def once(self, i):
        shutil.copy(f"{DIR}/{next(self.files)}", f"{DIR}/new.keytab")
        os.rename(f"{DIR}/new.keytab", f"{DIR}/dns.keytab")
        ctl("reload")
        for look in ("status", "stats", "tsig-list", "principals"):
            ctl(look)
        ctl("zonestatus", ZONE.to_text(True))


storms = [Storm("PC1", "krb5"), Storm("PC2", "spnego")]
others = [Asker(), TcpAsker(), Updater("udp", shared), Updater("tcp", shared, transport=tcp),
          Visitor(), Administrator()]
for client in storms + others:
    client.start()
wait_for("storms, and a turn for everybody", lambda: all(
    client.n >= STORMS or client.problem for client in storms + others), 10 * PATIENCE)
ended(storms + others)
for updater in others:
    if isinstance(updater, Updater):
        expect(f"{updater.label}: acknowledged and missing", [], updater.missing())
