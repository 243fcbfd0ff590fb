"""Rules and updates for policy_agrees_with_bind: python3 ... MODE ROUND DIR."""

import os
import random
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from random_rules import FORWARD, REVERSE, rule

ROUND, DIR = int(sys.argv[2]), sys.argv[3]
UPDATES = 30


def policies():
    rng = random.Random(ROUND)
    for apex, path in (FORWARD, "forward"), (REVERSE, "reverse"):
        rules = [rule(rng, apex) for _ in range(rng.randint(2, 7))]
        with open(f"{DIR}/{path}.policy", "w", encoding="ascii") as out:
            out.write("\n".join(rules) + "\n")


def updates():
    """Sends the same updates to both servers and compares."""
    import dns.message
    import dns.query
    import dns.rdatatype
    import dns.zone

    import client
    from client import expect, tcp, udp
    from random_updates import Signers, explain, operations, rests_on_content, send

    rng = random.Random(1000 + ROUND)
    servers = {"kddnsd": int(os.environ["FLOW_PORT"]), "BIND": int(os.environ["FLOW_BIND_PORT"])}
    signers = Signers(os.environ["FLOW_KEYS"])

    def explained(who, transport, source, apex, operations):
        """What kddnsctl explain says of the only operation; None: there are two."""
        if len(operations) > 1:
            return None
        return explain(signers.to_explain(who), transport, source, apex, operations[0])["code"]

    def serial(port, apex):
        return dns.query.udp(dns.message.make_query(apex, "SOA"), "127.0.0.1", port=port).answer[0][0].serial

    def ask(server, who, transport, source, apex, operations):
        client.PORT = servers[server]
        return send(signers.key(who, server), transport, source, apex, operations)

    who_asks = [*signers.secrets, "PC1$", "PC1$", "PC2$", "HOST$", f"host/pc1.{FORWARD}", "alice", "nobody"]
    with open(f"{DIR}/decided.{ROUND}", "w", encoding="ascii") as decided:
        for _ in range(UPDATES):
            apex = rng.choice([FORWARD, FORWARD, REVERSE])
            request = (rng.choice(who_asks), rng.choice([tcp, tcp, udp]), rng.choice(["127.0.0.1", "127.0.0.2"]),
                       apex, operations(rng, apex))
            before = serial(servers["BIND"], apex)
            said = explained(*request)
            rcodes = {s: ask(s, *request) for s in servers}
            expect(f"explain of {request}", rcodes["kddnsd"], said or rcodes["kddnsd"])
            if (rcodes == {"kddnsd": "REFUSED", "BIND": "NOERROR"} and rests_on_content(*request[4][0])
                    and serial(servers["BIND"], apex) == before):
                # Ours needs permission to delete what is not there, too: who may
                # not write does not learn what is in the zone.
                decided.write(f"{request[0]} nothing-there {apex}\n")
                continue
            with open(f"{DIR}/{'forward' if apex == FORWARD else 'reverse'}.policy", encoding="ascii") as policy:
                expect(f"round {ROUND}: {request[0]} from {request[2]} by {request[1].__name__} asks {apex} for {request[4]} "
                       f"under:\n{policy.read()}", rcodes["BIND"], rcodes["kddnsd"])
            decided.write(f"{request[0]} {rcodes['BIND']} {apex}\n")

    for apex in FORWARD, REVERSE:
        contents = {}
        for server, port in servers.items():
            z = dns.zone.from_xfr(dns.query.xfr("127.0.0.1", apex + ".", port=port, relativize=False), relativize=False)
            contents[server] = sorted(f"{name} {ttl} {rdata.to_text()}".lower() for name, ttl, rdata in z.iterate_rdatas()
                                      if rdata.rdtype != dns.rdatatype.SOA)
        expect(f"round {ROUND}: contents of {apex}", contents["BIND"], contents["kddnsd"])


{"policies": policies, "updates": updates}[sys.argv[1]]()
