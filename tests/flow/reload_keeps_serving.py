"""The story of reload_keeps_serving."""

import signal
import subprocess

from load import *

realm, clients_keytab = sys.argv[1:]
conf = f"{DIR}/kddnsd.conf"
shared = SharedKey()
REFUSED = dns.rcode.REFUSED


def run(*command, **options):
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, **options)


def reload():
    run(os.environ["FLOW_KDDNSCTL"], "-s", f"{DIR}/run/control.sock", "reload")


def configure(old, new):
    with open(conf, encoding="utf-8") as file:
        text = file.read()
    expect(f"{old!r} is in the configuration", 1, text.count(old))
    with open(conf, "w", encoding="utf-8") as file:
        file.write(text.replace(old, new))


def add_zone(n):
    with open(conf, "a", encoding="utf-8") as file:
        file.write(f'zone "z{n}.test" {{ file "z{n}"; soa {{ mname ns1.z{n}.test; rname a.z{n}.test; }}; }};\n')


def serves(n):
    return len(ask(f"z{n}.test.", "SOA").answer) == 1


# Reloads under load, with and without something new.
old_context = ContextKey("old").negotiate()
updaters = [Updater("udp", shared), Updater("tcp", shared, transport=tcp),
            Updater("gss", old_context, owner="pc1")]
clients = updaters + [Asker(), Asker(), TcpAsker()]
for client in clients:
    client.start()
for i in range(40):
    before = [c.n for c in clients]
    n_reloaded = len(in_log("notice reloaded"))
    if i % 3 == 0:
        add_zone(i)
    if i % 2 == 0:
        os.kill(PID, signal.SIGHUP)
    else:
        reload()
    wait_for("a reload", lambda: len(in_log("notice reloaded")) > n_reloaded)
    expect("a new zone is served", True, serves(i - i % 3))
    wait_for("everybody goes on", lambda: all(
        c.n > n or c.problem for c, n in zip(clients, before)))
ended(clients)
for updater in updaters:
    expect(f"{updater.label}: acknowledged and missing", [], updater.missing())
    expect(f"{updater.label}: it was load", True, updater.n >= 40)

# The policy.
def own(key, address):
    return Signed(key, replace("pc1", "A", address)).send()


expect("before the new policy", NOERROR, own(old_context, "192.0.2.1"))
configure("grant AD.", "deny AD.")
expect("before the reload", NOERROR, own(old_context, "192.0.2.2"))
reload()
expect("a context of before meets the new policy", REFUSED, own(old_context, "192.0.2.3"))
expect("others do not", NOERROR, Signed(shared, add("policy", "A", "192.0.2.1")).send())
configure("deny AD.", "grant AD.")
reload()
expect("the old policy again", NOERROR, own(old_context, "192.0.2.4"))

# A key that is no more; and its secret replaced.
other = SharedKey(secret=base64.b64encode(os.urandom(32)).decode())
configure(os.environ["FLOW_SECRET"], base64.b64encode(other.key.secret).decode())
reload()
update = Signed(shared, add("secret", "A", "192.0.2.1"))
expect("the old secret", (NOTAUTH, BADSIG, 0), tsig_error(udp(update.octets)))
expect("the new secret", NOERROR, Signed(other, add("secret", "A", "192.0.2.2")).send())
configure('key "editor.', 'key "former.')
reload()
update = Signed(other, add("secret", "A", "192.0.2.3"))
expect("a removed key", (NOTAUTH, BADKEY, 0), tsig_error(udp(update.octets)))
expect("only one of them is there", ["192.0.2.2"], texts("secret", "A"))

# A new kvno, in a file that is renamed into place.
service = f"DNS/ns1.{ZONE.to_text(True)}"
for round_ in range(2):
    new = f"{DIR}/new.keytab"
    run("kadmin.local", "-r", realm, "ktadd", "-k", new, service)
    os.rename(new, f"{DIR}/dns.keytab")
    reload()
    expect("a context of before", NOERROR, own(old_context, f"192.0.2.{10 + round_}"))
    if round_ == 0:
        expect("a ticket of before", NOERROR, own(ContextKey("ticket").negotiate(), "192.0.2.20"))
        reload()
        expect("a ticket of before, nothing new since", NOERROR,
               own(ContextKey("again").negotiate(), "192.0.2.21"))
    os.environ["KRB5CCNAME"] = f"FILE:{DIR}/ccache{round_}"
    run("kinit", "-k", "-t", clients_keytab, "PC1$")
    expect("a new ticket", NOERROR, own(ContextKey(f"new{round_}").negotiate(), f"192.0.2.{30 + round_}"))

# Who may not accept any more: its contexts end, and those of others go on.
other_service = f"DNS/ns2.{ZONE.to_text(True)}"
run("kadmin.local", "-r", realm, "addprinc", "-randkey", other_service)
run("kadmin.local", "-r", realm, "ktadd", "-k", f"{DIR}/dns.keytab", other_service)
reload()
other_context = ContextKey("other", service=other_service).negotiate()
expect("a context of before another principal came", NOERROR, own(old_context, "192.0.2.50"))
expect("with the other principal", NOERROR, own(other_context, "192.0.2.51"))
configure("kerberos { ", f'kerberos {{ acceptor "{other_service}@{realm}"; ')
reload()
update = Signed(old_context, replace("pc1", "A", "192.0.2.52"))
expect("a context of who may not accept any more", (NOTAUTH, BADKEY, 0), tsig_error(udp(update.octets)))
expect("one of who may", NOERROR, own(other_context, "192.0.2.53"))
configure(f'acceptor "{other_service}@{realm}"; ', "")
reload()
expect("that one again", NOERROR, own(other_context, "192.0.2.54"))
old_context = ContextKey("old").negotiate()

# A keytab that cannot be used: the one before stays.
with open(f"{DIR}/new.keytab", "wb") as file:
    file.write(b"no keytab")
os.rename(f"{DIR}/new.keytab", f"{DIR}/dns.keytab")
reload()
expect("it is said", True, any(f"{DIR}/dns.keytab" in line for line in logged("keytab unusable")))
expect("new tickets", NOERROR, own(ContextKey("stays").negotiate(), "192.0.2.40"))
expect("contexts of before", [NOERROR] * 2, [own(old_context, "192.0.2.41"), own(other_context, "192.0.2.42")])
