#!/usr/bin/env python3
"""tables.py FIGURES: what beside_peers.sh measured, as the tables of docs/performance.md.

FIGURES has one JSON object a line: row, server, names, round, and what is so (is).  Each figure is
the median of the rounds; a ratio is the median of the ratios of each round, whose parts were
measured one after the other.
"""

import json
import statistics
import sys

WARMUP_S = 0.5  # ddnsload's: written then, but not counted as done
NAMES = {"kddns": "kddnsd", "kddns_ram": "kddnsd, state in memory", "bind": "BIND", "knot": "Knot",
         "echo": "an echo"}


class Figures:
    """What was measured: find(row, server, names) is a list by round."""

    def __init__(self, path):
        self.cells = {}
        with open(path, encoding="utf-8") as lines:
            for line in map(json.loads, lines):
                key = line["row"], line["server"], line["names"]
                self.cells.setdefault(key, {})[line["round"]] = line["is"]

    def rows(self, *prefixes):
        """(row, server, names) of these rows, in the order measured."""
        return [key for key in self.cells if key[0].split("-")[0] in prefixes]

    def median(self, key, get):
        values = [get(r) for r in self.cells.get(key, {}).values()]
        return statistics.median(values) if values else None

    def ratio(self, key, other, get):
        """The median of key's by other's."""
        a, b = self.cells.get(key, {}), self.cells.get(other, {})
        values = [get(a[n]) / get(b[n]) for n in a if n in b and get(b[n]) > 0]
        return statistics.median(values) if values else None


def rate(r):
    return r["rate"]


def micros(quantile):
    return lambda r: r["us"].get(quantile, float("nan"))


def cpu_us(r):
    for name in "server_cpu_us", "server_us_each":
        if name in r:
            return r[name]
    return r["server_cpu_s"] * 1e6 / max(1, r["done"])


def octets_each(r):
    return r["octets_logged"] / max(1.0, r["rate"] * (r["seconds"] + WARMUP_S))


def unserved(r):
    """Requests without an answer, clients not served, answers other than NOERROR."""
    other = sum(n for code, n in r.get("rcodes", {}).items() if code != "NOERROR")
    return other + sum(r.get(name, 0) for name in ("lost", "client_failed", "failed", "wrong"))


def number(value, form="{:,.0f}"):
    return "" if value is None or value != value else form.format(value)


def table(title, head, lines):
    if not lines:
        return
    print("\n%s\n" % title)
    print("| " + " | ".join(head) + " |")
    print("|" + "---|" * len(head))
    for line in lines:
        print("| " + " | ".join(line) + " |")


def load_cells(f, key):
    return [number(f.median(key, rate)),
            number(f.median(key, micros("p50"))),
            number(f.median(key, micros("p99"))),
            number(f.median(key, micros("p999"))),
            number(f.median(key, cpu_us), "{:,.1f}")]


def times(f, key):
    """How many times as fast kddnsd was."""
    row, server, names = key
    if server == "kddns":
        return ""
    return number(f.ratio((row, "kddns", names), key, rate), "{:.2f}")


def row_text(row):
    what, *rest = row.split("-")
    auth = {"gss": "GSS-TSIG", "hmac": "HMAC-SHA256"}
    if what in ("update", "sizes"):
        return "%s, %s, %s" % (auth[rest[0]], rest[1].upper(), number(int(rest[2])))
    return {"boot": "%s clients at a time", "tkey": "20,000 negotiations, %s, 32 at a time",
            "storm": "5,000 clients at once, %s, get in and update",
            "query": "answers, %s"}[what] % rest[0].upper().replace("KRB5", "krb5")


def updates(f):
    keys = f.rows("update")
    table("Durable updates, by how many are outstanding; 1,000 names",
          ["updates", "server", "per second", "p50 us", "p99 us", "p99.9 us", "CPU us each",
           "octets logged each", "unserved", "kddnsd is ×"],
          [[row_text(k[0]), NAMES[k[1]], *load_cells(f, k), number(f.median(k, octets_each)),
            number(f.median(k, unserved)), times(f, k)] for k in keys])


def sizes(f):
    keys = f.rows("sizes")
    table("Durable updates, by the names of the zone",
          ["updates", "server", "names", "per second", "p50 us", "p99 us", "p99.9 us", "CPU us each",
           "octets logged each", "unserved", "of its rate at 1,000", "kddnsd is ×"],
          [[row_text(k[0]), NAMES[k[1]], number(k[2]), *load_cells(f, k),
            number(f.median(k, octets_each)), number(f.median(k, unserved)),
            number(f.ratio(k, (k[0], k[1], 1000), rate), "{:.0%}"), times(f, k)] for k in keys])


def others(f, title, *what):
    table(title,
          ["what", "server", "per second", "p50 us", "p99 us", "p99.9 us", "CPU us each", "unserved",
           "kddnsd is ×"],
          [[row_text(k[0]), NAMES[k[1]], *load_cells(f, k), number(f.median(k, unserved)), times(f, k)]
           for k in f.rows(*what)])


def contexts(f):
    """What bench_tkey says beside."""
    for key in f.rows("tkey"):
        n = len(next(iter(f.cells[key].values()))["slices"])
        tenths = [f.median(key, lambda r: r["slices"][i]["rate"]) for i in range(n)]
        print("\n%s, %s: rate by tenths %s; octets a context %s" % (row_text(key[0]), NAMES[key[1]],
              " ".join(map(number, tenths)), number(f.median(key, lambda r: r["server_octets"]))))


def octets_a_name(f, server, names):
    """Of memory after a stop and a start: what the names beyond a few cost each."""
    few, many = ("start-stop", server, 1000), ("start-stop", server, names)
    a, b = f.median(few, lambda r: r["octets"]), f.median(many, lambda r: r["octets"])
    return None if a is None or b is None or names == 1000 else (b - a) / (names - 1000)


def starts(f):
    def ms(how, key):
        return number(f.median(("start-" + how, *key[1:]), lambda r: r["ms"]))
    table("Until the first answer, ms; memory",
          ["server", "names", "from text", "after a stop", "after kill -9", "memory, MB", "octets a name"],
          [[NAMES[k[1]], number(k[2]), ms("text", k), ms("stop", k), ms("kill", k),
            number(f.median(("start-stop", *k[1:]), lambda r: r["octets"] / 1e6)),
            number(octets_a_name(f, *k[1:]))] for k in f.rows("start") if k[0] == "start-text"])


def main():
    f = Figures(sys.argv[1])
    updates(f)
    sizes(f)
    others(f, "Boot storm: TKEY, A, PTR over TCP", "boot")
    starts(f)
    others(f, "Tickets", "tkey", "storm")
    contexts(f)
    others(f, "Queries; 1,000 names", "query")


main()
