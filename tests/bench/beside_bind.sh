#!/usr/bin/env bash
# beside_bind.sh: kddnsd and BIND side by side, in one run, with one client.
#
#   tests/bench/beside_bind.sh TOOLS [SECONDS [ROUNDS]]
#
# TOOLS is a folder with the load generators ddnsload and queryload (and
# realm.sh).  KDDNS_BUILDDIR is the build to measure (default build/gcc), with
# tests/bench/bench_tkey and bench_gss made in it; WHAT names the rows to
# measure (default: all below).  The server runs on one core, the generator on
# the other; each round starts both servers anew on fresh zones of 1000 names;
# medians are printed.
#
#   query-udp query-tcp     as many answers as it gives
#   update-gss-N            durable updates, N outstanding; update-hmac-64
#   tkey-krb5 tkey-spnego   20,000 clients get in, 32 at a time, over TCP; the
#                           rate by tenths of them, memory a context
#   storm-krb5 storm-spnego 5,000 clients connect at once, get in, update
#   limit                   no server: GSS-API's accept in a loop, and our legs
set -euo pipefail
PATH=$PATH:/usr/sbin:/sbin
top=$(cd "$(dirname "$0")/../.." && pwd)
build=${KDDNS_BUILDDIR:-$top/build/gcc}
tools=$(cd "$1" && pwd)
seconds=${2:-4}
rounds=${3:-3}
dir=$(mktemp -d "${TMPDIR:-/tmp}/kddns-bench.XXXXXX")
zone=ad.test
names=1000
secret=$(head -c 32 /dev/urandom | base64)
pids=()
finish() {
	local pid
	for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
	[ -z "${REALM_DIR-}" ] || "$tools/realm.sh" clean "$REALM_DIR"
	rm -rf "$dir"
}
trap finish EXIT
eval "$("$tools/realm.sh" start)"

zone_file() {
	echo "\$TTL 300"
	echo "@ SOA ns1.$zone. hostmaster.$zone. 1 900 300 1209600 300"
	echo "@ NS ns1.$zone."
	echo "ns1 A 127.0.0.1"
	seq 0 $((names - 1)) | sed 's/.*/h& A 10.1.2.3/'
}

wait_answer() { # PORT
	local end=$((SECONDS + 20))
	until dig @127.0.0.1 -p "$1" +tries=1 +time=1 +short $zone SOA 2>/dev/null | grep -q .; do
		[ $SECONDS -lt $end ] || { tail -n 5 "$dir"/*.log >&2; exit 1; }
		sleep 0.1
	done
}

start_kddns() { # PORT
	rm -rf "$dir/k"
	mkdir -p "$dir/k/state" "$dir/k/run"
	zone_file >"$dir/k/state/zone"
	cat >"$dir/k/conf" <<-END
	options { directory "$dir/k/state"; run-directory "$dir/k/run"; user "root"; workers 1;
	    listen-on port $1 { 127.0.0.1; }; listen-on-v6 { none; }; log-level notice; };
	kerberos { keytab "$KRB5_KTNAME"; max-contexts 100000; contexts-per-principal 100000; };
	key "k" { algorithm hmac-sha256; secret "$secret"; };
	zone "$zone" { file "zone"; update-policy { grant k zonesub ANY; grant $REALM krb5-subdomain $zone. ANY; grant * zonesub ANY; }; };
	END
	taskset -c 0 "$build/kddnsd" -f -c "$dir/k/conf" >"$dir/kddnsd.log" 2>&1 &
	server=$!
	pids+=("$server")
	wait_answer "$1"
}

start_bind() { # PORT
	rm -rf "$dir/b"
	mkdir -p "$dir/b"
	zone_file >"$dir/b/zone"
	cat >"$dir/b/conf" <<-END
	options { directory "$dir/b"; pid-file none; session-keyfile none; recursion no; dnssec-validation no;
	    listen-on port $1 { 127.0.0.1; }; listen-on-v6 { none; }; notify no; empty-zones-enable no;
	    tcp-clients 1000; tkey-gssapi-keytab "${KRB5_KTNAME#FILE:}"; };
	logging { category update { null; }; category update-security { null; }; category default { null; }; };
	controls { };
	key "k" { algorithm hmac-sha256; secret "$secret"; };
	zone "$zone" { type primary; file "zone"; update-policy { grant k zonesub ANY; grant * zonesub ANY; }; };
	END
	taskset -c 0 named -n 1 -g -c "$dir/b/conf" >"$dir/named.log" 2>&1 &
	server=$!
	pids+=("$server")
	wait_answer "$1"
}

stop_server() {
	kill "$server"
	wait "$server" 2>/dev/null || true
}

# The figure called $1 in the JSON on stdin.
figure() { python3 -c 'import json,sys
t = sys.stdin.read().strip().splitlines()[-1]
v = json.loads(t)
for k in sys.argv[1].split("."): v = v[k]
print(v)' "$1"; }

load() { taskset -c 1 "$tools/$1" "${@:2}" --server-pid "$server" --json 2>>"$dir/load.log" || { tail -n 3 "$dir/load.log" >&2; return 1; }; }

clients() { taskset -c 1 "$build/tests/bench/bench_tkey" -P "$server" "$@" 2>>"$dir/load.log"; }

measure() { # WHAT PORT
	local w=$seconds
	case $1 in
	tkey-*) clients -p "$2" -m "${1#*-}" -n 20000 -s 10 ;;
	storm-*) clients -p "$2" -m "${1#*-}" -n 5000 -c 0 -u $zone ;;
	update-gss-1) load ddnsload update -p "$2" -z $zone -k $names -c 1 -w 1 -d "$w" ;;
	update-gss-64) load ddnsload update -p "$2" -z $zone -k $names -c 32 -w 2 -d "$w" ;;
	update-gss-1024) load ddnsload update -p "$2" -z $zone -k $names -c 64 -w 16 -d "$w" ;;
	update-hmac-64) load ddnsload update -p "$2" -z $zone -k $names --tsig "k:hmac-sha256:$secret" -c 32 -w 2 -d "$w" ;;
	query-udp) load queryload -p "$2" -z $zone -k $names -d "$w" ;;
	query-tcp) load queryload -p "$2" -z $zone -k $names --proto tcp -d "$w" ;;
	esac
}

# The raw limit, on the server's core, in a realm of its own.
limit() {
	env -u REALM_DIR -u SPN KDDNS_SRCDIR="$top" \
		taskset -c 0 "$build/tests/bench/bench_gss" 20000 1
}

# The medians of the rounds in $dir/rows, and what else there is to say.
report() { # WHAT SERVER
	python3 - "$1" "$2" "$dir/rows" <<-'END'
	import json, statistics, sys
	rows = []
	for line in open(sys.argv[3]):
	    try:
	        rows.append(json.loads(line))
	    except ValueError:
	        pass
	def find(row, name):
	    for k in name.split("."):
	        row = row.get(k) if isinstance(row, dict) else None
	    return float("nan") if row is None else row
	def cpu_us(row):
	    for name in "server_cpu_us", "server_us_each":
	        if name in row:
	            return row[name]
	    return find(row, "server_cpu_s") * 1e6 / max(1, row.get("done", 0))
	def median(get):
	    return statistics.median(map(get, rows)) if rows else float("nan")
	print("%-14s %-6s %12.0f %10.0f %10.0f %8.1f" % (sys.argv[1], sys.argv[2],
	    median(lambda r: find(r, "rate")), median(lambda r: find(r, "us.p50")),
	    median(lambda r: find(r, "us.p99")), median(cpu_us)))
	if rows and "slices" in rows[0]:
	    n = len(rows[0]["slices"])
	    if n > 1:
	        print("    rate by tenths:", *("%.0f" % median(lambda r: r["slices"][i]["rate"]) for i in range(n)))
	    print("    octets a context: %.0f   not served: %s" % (median(lambda r: r["server_octets"]),
	        " ".join("%d (%s)" % (r["failed"], r["first_failure"]) if r["failed"] else "0" for r in rows)))
	END
}

printf '%-14s %-6s %12s %10s %10s %8s\n' what server 'per second' 'p50 us' 'p99 us' 'CPU us'
port=$((21000 + RANDOM % 5000))
for what in ${WHAT:-limit tkey-krb5 tkey-spnego storm-krb5 storm-spnego update-gss-1 update-gss-64 update-gss-1024 update-hmac-64 query-udp query-tcp}; do
	if [ "$what" = limit ]; then
		limit
		continue
	fi
	for name in kddns bind; do
		: >"$dir/rows"
		for _ in $(seq "$rounds"); do
			port=$((port + 1))
			"start_$name" $port
			measure "$what" $port >"$dir/out" || true
			stop_server
			tail -n 1 "$dir/out" >>"$dir/rows"
		done
		report "$what" $name
	done
done
