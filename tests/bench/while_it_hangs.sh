#!/usr/bin/env bash
# while_it_hangs.sh: what queries and updates of established clients take while
# the directory, or the KDC, hangs, beside what they take when all is well.
#
#   tests/bench/while_it_hangs.sh TOOLS [SECONDS [ROUNDS]]
#
# TOOLS is a folder with the load generators ddnsload and queryload.  Rules are
# the directory's and rest on groups that only it can tell; all the while
# somebody whom it has never told of asks for updates, which wait for it.  Loads
# have a fixed rate, so that a latency counts from when a message was due.  Well
# and hung take turns; out comes a table of medians.
#
# KDDNS_BUILDDIR is the build to measure (default build/gcc); QUERIES (2000) and
# UPDATES (500) are the rates.
set -euo pipefail
tools=$(cd "$1" && pwd) seconds=${2:-4} rounds=${3:-5}
# shellcheck source=tests/flow/lib.sh
. "$(dirname "$0")/../flow/lib.sh"
machines=(M1 M2 M3 M4 M5 M6 M7 M8)
start_realm "${machines[@]/%/\$}" 'NEW$'
ldap_more='negative-cache-time 1;' start_directory
members=
caches=()
for m in "${machines[@]}" NEW; do
	KRB5CCNAME=FILE:$dir/ccache.$m login "$m\$"
	KRB5CCNAME=FILE:$dir/ccache.$m kvno -q "DNS/$ns"
	[ "$m" != NEW ] || break
	add_computer "$m" "${m,,}.$zone"
	members+="member: cn=$m,ou=hosts,$suffix"$'\n'
	caches+=(--ccache "FILE:$dir/ccache.$m")
done
directory_edit <<END
dn: cn=editors,ou=groups,$suffix
objectClass: groupOfNames
cn: editors
$members
END
set_grants "grant group editors zonesub A"
mkdir -p "$dir/state"
{
	printf '%s\n' '$TTL 300' "@ SOA $ns. hostmaster.$zone. 1 3600 600 86400 300" "@ NS $ns." "ns1 A $address"
	seq 0 999 | sed 's/.*/h& A 10.1.2.3/'
} >"$dir/state/$zone.zone"
kerberos='contexts-per-principal 1000;' write_conf "user \"$(id -un)\"; log-level error;" <<END
ldap { $ldap };
zone "$zone" { file "$zone.zone"; policy-source { ldap; }; };
END
start_kddnsd

load() { # GENERATOR ARGUMENT...
	"$tools/$1" "${@:2}" -p "$port" -z $zone -k 1000 -d "$seconds" --json 2>"$dir/load.log" | tail -n 1
}
queries() { load queryload --rate "${QUERIES:-2000}" --proto "$1"; }
updates() {
	load ddnsload update --spn "DNS/$ns@$realm" "${caches[@]}" -c 8 -w 16 --rate "${UPDATES:-500}" --proto "$1"
}
# Somebody who has no facts, again and again.
strangers() {
	local on="$dir/strangers"
	touch "$on"
	while [ -e "$on" ]; do
		echo "update add new.$zone 60 A 192.0.2.1" | KRB5CCNAME=FILE:$dir/ccache.NEW update -g || true
	done
}
measure() { # WHAT-HANGS WELL|HUNG ROUND
	local proto
	for proto in udp tcp; do
		printf '{"row": "queries, %s", "who": "%s", "when": "%s", "is": %s}\n' $proto "$1" "$2" "$(queries $proto)"
		printf '{"row": "updates of contexts, %s", "who": "%s", "when": "%s", "is": %s}\n' $proto "$1" "$2" "$(updates $proto)"
	done >>"$dir/figures"
}
case $(updates udp) in
*'"NOERROR"'*) ;;
*) cat "$dir/load.log" && fail "no update is granted" ;;
esac
strangers &
strangers_pid=$!
pids+=("$strangers_pid")
echo "load average before: $(cut -d' ' -f1-3 /proc/loadavg)"
for _ in $(seq "$rounds"); do
	for who in directory KDC; do
		[ $who = KDC ] && pid=$kdc_pid || pid=$slapd_pid
		measure $who well
		kill -STOP "$pid"
		measure $who hung
		kill -CONT "$pid"
	done
done
echo "load average after: $(cut -d' ' -f1-3 /proc/loadavg)"
rm "$dir/strangers"
python3 - "$dir/figures" <<'END'
import json, statistics, sys

cells = {}
for line in map(json.loads, open(sys.argv[1], encoding="ascii")):
    cells.setdefault((line["who"], line["row"]), {}).setdefault(line["when"], []).append(line["is"])
print("| what hangs | | p50 us, before / during | p99 us, before / during | unserved, before / during |\n|---|---|---|---|---|")
for (who, row), when in cells.items():
    def pair(get, text="{:,.0f}"):
        return " / ".join(text.format(get(when[w])) for w in ("well", "hung"))
    def median(q):
        return lambda runs: statistics.median(r["us"][q] for r in runs)
    print(f"| {who} | {row} | {pair(median('p50'))} | {pair(median('p99'))} | {pair(lambda runs: sum(r['lost'] for r in runs))} |")
END
stop_kddnsd
