"""The story of contexts_have_one_algorithm: the same to kddnsd and to BIND."""

import client
from client import *
from windows_client import *

SERVERS = {"BIND": int(sys.argv[1]), "kddnsd": PORT}
NAMES = {False: "gss-tsig.", True: "gss.microsoft.com."}
addresses = (f"192.0.2.{n}" for n in itertools.count(1))


def update():
    owner = below_zone(f"pc1.{ZONE.to_text()}", ZONE.to_text())
    return message(UPDATE, (ZONE.to_text(), SOA, IN), [], [rr(owner, A, ANY), address_rr(owner, next(addresses))])


for server, client.PORT in SERVERS.items():
    for w2000 in False, True:
        for transport in udp, tcp:
            key = WindowsKey(w2000=w2000).negotiate()
            what = f"{server}: negotiated as {key.algorithm}, signed as"
            expect(f"{what} that", (NOERROR, 0), key.send(update(), transport))
            key.algorithm = NAMES[not w2000]
            expect(f"{what} {key.algorithm}", (NOTAUTH, BADKEY), key.send(update(), transport))
lines = [line for line in in_log("tsig refused") if "context is for another algorithm" in line]
expect("each is in the log", 4, len(lines))
