"""same_records.py ZONE FILE FILE: do two zone files hold the same RRs?"""

import sys

import dns.zone

zone, first, second = sys.argv[1:]
zones = []
for path in first, second:
    with open(path, encoding="utf-8") as file:
        zones.append(dns.zone.from_text(file.read(), origin=zone, relativize=False))
sets = [
    {
        (str(name), rdataset.rdtype, rdataset.ttl, rdata.to_text())
        for name, rdataset in z.iterate_rdatasets()
        for rdata in rdataset
    }
    for z in zones
]
for rr in sorted(sets[0] ^ sets[1]):
    print("only in", first if rr in sets[0] else second, rr)
sys.exit(sets[0] != sets[1] or not sets[0])
