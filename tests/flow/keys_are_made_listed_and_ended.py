"""The story of keys_are_made_listed_and_ended, with dnspython and MIT's GSS-API."""

from client import *


def stats():
    return ctl("stats")


def owner(name):
    return name.to_text(True).lower()


listed = ctl("tsig-list")
expect("keys", {"editor", "hmac-md5", "hmac-sha1", "hmac-sha224", "hmac-sha256", "hmac-sha384", "hmac-sha512"},
       {key["key"].split(".")[0] for key in listed["keys"]})
expect("MACs", [("hmac-md5.sig-alg.reg.int", 16), ("hmac-sha1", 20), ("hmac-sha224", 28),
                ("hmac-sha256", 32), ("hmac-sha256", 32), ("hmac-sha384", 48), ("hmac-sha512", 64)],
       sorted((key["algorithm"], key["mac_len"]) for key in listed["keys"]))
expect("no context", [], listed["contexts"])
expect("nobody", {"principals": []}, ctl("principals"))

# Three contexts of two principals.
first = ContextKey("Listed").negotiate()
second = ContextKey("second", SPNEGO).negotiate()
with ccache("other"):
    third = ContextKey("third").negotiate(udp)
expect("an update", NOERROR, Signed(first, replace("pc1", "A", "192.0.2.1")).send())

contexts = {context["key"].lower(): context for context in ctl("tsig-list")["contexts"]}
expect("contexts", sorted(owner(key.name) for key in (first, second, third)),
       sorted(key.rstrip(".") for key in contexts))
context = next(c for key, c in contexts.items() if key.startswith("second."))
expect("a context", ("PC1$@AD.EXAMPLE.TEST", ADDRESS, "gss-tsig", "aes256-cts-hmac-sha1-96", "spnego"),
       tuple(context[key] for key in ("principal", "client", "algorithm", "enctype", "mechanism")))
expect("its acceptor", "DNS/ns1.ad.example.test@AD.EXAMPLE.TEST", context["acceptor"])
expect("its kvno", True, context["kvno"] > 0)
expect("its time", True, 0 < context["expires_in_s"] <= 3600 and abs(time.time() - context["created"]) < 60)
expect("idle", True, 0 <= context["idle_s"] < 60)

principals = {p["principal"]: p for p in ctl("principals")["principals"]}
expect("principals", ["PC1$@AD.EXAMPLE.TEST", "host/pc2.ad.example.test@AD.EXAMPLE.TEST"], sorted(principals))
machine = principals["PC1$@AD.EXAMPLE.TEST"]
expect("a principal", ("machine", 2, [ADDRESS], "no-pac", None, []),
       tuple(machine[key] for key in ("kind", "contexts", "addresses", "pac", "account", "sids")))

# Ended: BADKEY, and the name is free for the next negotiation.
before = stats()
expect("tsig-delete", {"key": first.name.to_text(True), "principal": "PC1$@AD.EXAMPLE.TEST"},
       ctl("tsig-delete", owner(first.name)))
expect("no such any more", True, "no context has this key name" in ctl("tsig-delete", owner(first.name)))
expect("no name", True, "no key name" in ctl("tsig-delete", "a..b"))
expect("an update after it", (NOTAUTH, BADKEY, 0),
       tsig_error(udp(Signed(first, replace("pc1", "A", "192.0.2.2")).octets)))
expect("the others go on", NOERROR, Signed(second, replace("pc1", "A", "192.0.2.3")).send())
first = ContextKey("Listed").negotiate()
expect("the name again", NOERROR, Signed(first, replace("pc1", "A", "192.0.2.4")).send())

# Counters: what happened, by what it was.
forged = bytearray(Signed(first, replace("pc1", "A", "192.0.2.5")).octets)
forged[40] ^= 1
expect("forged", (NOTAUTH, BADSIG, 0), tsig_error(udp(bytes(forged))))
replayed = Signed(first, replace("pc1", "A", "192.0.2.6"))
expect("first", NOERROR, replayed.send())
n_replayed = stats()["tsig"]["refused"]["replayed"]
expect("replayed", None, udp(replayed.octets, ("127.0.0.2", 0), SILENCE))
wait_for("it is counted", lambda: stats()["tsig"]["refused"]["replayed"] > n_replayed)
with unittest.mock.patch("time.time", lambda: 1):
    late = Signed(first, replace("pc1", "A", "192.0.2.7"))
expect("late", dns.rcode.BADTIME, tsig_error(udp(late.octets))[1])
expect("NTLM", BADKEY, tkey_error(tcp(tkey_query(dns.name.from_text("ntlm", ZONE), b"NTLMSSP\0\1\0\0\0"))))
udp(b"\x12\x34\x00\x00\x00\x09\x00\x00\x00\x00\x00\x00")
after = stats()


def at_once(messages):
    """The answers to many, sent in one piece."""
    with connect() as s:
        s.sendall(b"".join(map(framed, messages)))
        return [receive_message(s) for _ in messages]


def more(*path):
    values = []
    for counters in before, after:
        for key in path:
            counters = counters[key]
        values.append(counters)
    return values[1] - values[0]


for path, expected in {
        ("tsig", "refused", "BADKEY"): 1,
        ("tsig", "refused", "BADSIG"): 1,
        ("tsig", "refused", "BADTIME"): 1,
        ("tsig", "refused", "BADTRUNC"): 0,
        ("tsig", "refused", "replayed"): 1,
        ("tkey", "complete"): 1,
        ("tkey", "refused", "mechanism"): 1,
        ("tkey", "refused", "kvno"): 0,
        ("tkey", "half_open", "now"): 0,
        ("contexts", "added"): 1,
        ("contexts", "removed"): 1,
        ("contexts", "now"): 0,
        ("requests", "malformed"): 1,
        ("updates", "applied"): 3,
}.items():
    expect(".".join(path), expected, more(*path))
expect("datagrams", True, more("network", "udp_received") >= 8)

# A flood of forged signatures is counted whole, and logged in a few lines.
before = stats()
lines = len([line for line in in_log("tsig refused") if "reason=" in line])
update = Signed(first, replace("pc1", "A", "192.0.2.8"))
at = update.octets.rindex(update.update.mac) + len(update.update.mac) - 1
at_once([update.octets[:at] + bytes([update.octets[at] ^ i]) + update.octets[at + 1:] for i in range(1, 201)])
after = stats()
expect("forged ones", 200, more("tsig", "refused", "BADSIG"))
held = more("log", "suppressed")
expect("most are held back", True, held >= 100)  # a window of the limit may end meanwhile
wait_for("the rest is in the log", lambda: len([line for line in in_log("tsig refused") if "reason=" in line]) - lines
         >= 200 - held)
expect("and no more", 200 - held, len([line for line in in_log("tsig refused") if "reason=" in line]) - lines)
expect("with a next step", True, all(" next=\"" in line for line in in_log("tsig refused") if "reason=" in line))
wait_for("the line that tells how many more",
         lambda: sum(int(line.split("suppressed=")[1].split()[0])
                     for line in in_log("tsig refused from=127.0.0.1 suppressed=")) >= held)

# So are updates and transfers that nobody has signed; who signs has a line for each.
before = stats()
strangers = []
for i in range(1, 101):
    update = dns.update.UpdateMessage(ZONE)
    update.add(f"pc{i}", 300, "A", "192.0.2.8")
    strangers += [update.to_wire(), dns.message.make_query(ZONE, "IXFR").to_wire()]
expect("unsigned, and no transfer", {dns.rcode.REFUSED}, {unverified(answer).rcode() for answer in at_once(strangers)})
after = stats()
expect("updates and transfers held back", 100, more("log", "suppressed"))
for event in "update refused", "transfer refused":
    wait_for(event, lambda: len([line for line in in_log(event) if 'signer="none"' in line]) == 50)
for i in range(60):
    expect("signed", dns.rcode.REFUSED, Signed(first, replace(f"other{i}", "A", "192.0.2.8")).send())
wait_for("all signed ones", lambda: len([line for line in in_log("update refused") if 'signer="PC1$' in line]) == 60)
