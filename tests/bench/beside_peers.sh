#!/usr/bin/env bash
# beside_peers.sh: kddnsd beside BIND and Knot, in one run, with one client.
#
#   tests/bench/beside_peers.sh TOOLS [SECONDS [ROUNDS]]
#
# TOOLS is a folder with the load generators ddnsload, queryload and udpecho,
# and realm.sh.  The server runs on one core, the generator on the other.
# Servers take turns within each round, so that a ratio compares neighbours in
# time; each starts anew on fresh zones.  Out come tables of medians; the lines
# they are made from are kept in $FIGURES, if that is set.
#
# KDDNS_BUILDDIR is the build to measure (default build/gcc), with
# tests/bench/bench_{tkey,gss,store,zone} made in it; TMPDIR says which disk,
# RAMDIR (/dev/shm) where a sync costs nothing.  WHAT names groups or rows:
#
#   updates   update-AUTH-PROTO-N: durable updates, AUTH gss or hmac, PROTO udp
#             or tcp, N outstanding (1, 64, 1024), 1,000 names; gss beside
#             kddnsd with its state in memory, too
#   sizes     sizes-AUTH-PROTO-N: the same at 1,000, 100,000 and 1,000,000 names
#   boot      boot-N: N clients at a time: TKEY, A, PTR (ddnsload storm)
#   start     until the first answer, at 1,000 and 1,000,000 names: from text,
#             after a stop, after a kill -9 with $LOG_MIB (256) of log; memory
#   commit    without network: bench_store at three sizes, bench_zone
#   tickets   tkey-MECH: 20,000 clients get in, 32 at a time; storm-MECH: 5,000
#             connect at once, get in, update; limit: GSS-API alone in a loop
#   queries   query-udp, query-tcp: as many answers as it gives
#
# With 4 seconds and 3 rounds: updates 10 minutes, sizes 8, boot 1, start 6,
# commit 2, tickets 5, queries 2.
set -euo pipefail
PATH=$PATH:/usr/sbin:/sbin
top=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=examples/shell.sh
. "$top/examples/shell.sh"
build=${KDDNS_BUILDDIR:-$top/build/gcc}
tools=$(cd "$1" && pwd)
for program in "$build"/{kddnsd,kddnsctl,tests/bench/bench_{tkey,gss,store,zone}} "$tools"/{ddnsload,queryload,udpecho,realm.sh} named knotd; do
	command -v "$program" >/dev/null || { echo "beside_peers.sh: no $program" >&2 && exit 1; }
done
seconds=${2:-4}
rounds=${3:-3}
dir=$(mktemp -d "${TMPDIR:-/tmp}/kddns-bench.XXXXXX")
ram=$(mktemp -d "${RAMDIR:-/dev/shm}/kddns-bench.XXXXXX")
figures=${FIGURES:-$dir/figures}
log_octets=$((${LOG_MIB:-256} << 20))
port=
# shellcheck source=tests/bench/servers.sh
. "$top/tests/bench/servers.sh"
finish() {
	stop_server KILL
	[ -z "${answered_PID-}" ] || kill "$answered_PID" || true
	[ -z "${REALM_DIR-}" ] || "$tools/realm.sh" clean "$REALM_DIR"
	rm -rf "$dir" "$ram"
}
trap finish EXIT
# Updates come from 32 machines, as they would.
eval "$(PCS=32 "$tools/realm.sh" start)"
machines=()
for cc in "$REALM_DIR"/cc/*; do machines+=(--ccache "FILE:$cc"); done

# --- Rows ---

rows_of() { # GROUP or ROW
	case $1 in
	updates) echo update-{gss,hmac}-{udp,tcp}-{1,64,1024} ;;
	sizes) echo sizes-{gss,hmac}-udp-{1,64} ;;
	boot) echo boot-32 boot-256 ;;
	tickets) echo limit tkey-krb5 tkey-spnego storm-krb5 storm-spnego ;;
	queries) echo query-udp query-tcp ;;
	*) echo "$1" ;;
	esac
}

# Who takes turns: SERVER:NAMES.
turns_of() { # ROW
	case $1 in
	update-gss-*) echo {kddns,kddns_ram,bind}:1000 ;;
	update-hmac-*) echo {kddns,bind,knot}:1000 ;;
	sizes-gss-*) echo {kddns,bind}:{1000,100000,1000000} ;;
	sizes-hmac-*) echo {kddns,knot}:{1000,100000,1000000} ;;
	boot-* | tkey-* | storm-*) echo {kddns,bind}:1000 ;;
	query-udp) echo {kddns,bind,knot,echo}:1000 ;;
	query-tcp) echo {kddns,bind,knot}:1000 ;;
	start) echo {kddns,bind,knot}:{1000,1000000} ;;
	*) echo "beside_peers.sh: $1: no such row" >&2 && return 1 ;;
	esac
}

# --- Load: one JSON object on the last line ---

load() { # GENERATOR ARGUMENT...
	taskset -c 1 "$tools/$1" "${@:2}" -p "$port" -z $zone --server-pid "$server" --json
}

updates() { # AUTH PROTO OUTSTANDING NAMES ARGUMENT...
	local who=("${machines[@]}") shape
	[ "$1" = gss ] || who=(--tsig "k:hmac-sha256:$secret")
	case $3 in
	1) shape=(-c 1 -w 1) ;;
	64) shape=(-c 32 -w 2) ;;
	1024) shape=(-c 64 -w 16) ;;
	esac
	load ddnsload update "${who[@]}" --proto "$2" "${shape[@]}" -k "$4" "${@:5}"
}

clients() { taskset -c 1 "$build/tests/bench/bench_tkey" -p "$port" -P "$server" "$@"; }

# What a generator says of SERVER with NAMES names, in answer to ROW.
measure() { # ROW NAMES
	local what auth proto n
	IFS=- read -r what auth proto n <<<"$1"
	case $1 in
	update-* | sizes-*) updates "$auth" "$proto" "$n" "$2" -d "$seconds" ;;
	boot-*) load ddnsload storm --rev-zone $rev_zone "${machines[@]}" -k "$2" -c "$auth" --pregen $((6000 * seconds)) -d "$seconds" ;;
	tkey-*) clients -m "$auth" -n 20000 -s 10 ;;
	storm-*) clients -m "$auth" -n 5000 -c 0 -u $zone ;;
	query-*) load queryload -k "$2" --proto "$auth" -d "$seconds" "${expect[@]}" ;;
	esac
}

# --- Turns ---

note() { # ROW SERVER NAMES ROUND JSON
	printf '{"row": "%s", "server": "%s", "names": %d, "round": %d, "is": %s}\n' "$@" >>"$figures"
}

turn() { # ROW SERVER NAMES ROUND
	local before expect=() out
	[ "$2" != echo ] || expect=(--expect '0,0')
	free_port port
	"prepare_$2" "$3" "$port"
	start_server "$port"
	before=$(octets_logged "$2")
	# A generator fails when somebody was not served, and says how many.
	out=$(measure "$1" "$3" 2>"$dir/load.log" | tail -n 1) || true
	if [ "${out:0:1}" = "{" ]; then
		note "$@" "{\"octets_logged\": $(($(octets_logged "$2") - before)), ${out#\{}"
	else
		echo "$1: $2: nothing measured: $(tail -n 2 "$dir/load.log")" >&2
	fi
	stop_server KILL
}

# kddnsd takes updates until its log is so long, the others for some seconds.
make_history() { # SERVER NAMES
	if [ "$1" != kddns ]; then
		updates hmac udp 64 "$2" -d "$seconds"
		return
	fi
	while [ "$(octets_logged_kddns)" -lt "$log_octets" ]; do
		updates hmac udp 64 "$2" --total 100000
	done
}

note_start() { # SERVER NAMES ROUND HOW
	note "start-$4" "$1" "$2" "$3" "{\"ms\": $start_ms, \"octets\": $(octets_resident)}"
}

starts() { # SERVER NAMES ROUND
	free_port port
	"prepare_$1" "$2" "$port"
	start_server "$port"
	note_start "$@" text
	updates hmac udp 64 "$2" -d "$seconds" >/dev/null
	stop_server TERM
	start_server "$port"
	note_start "$@" stop
	make_history "$1" "$2" >/dev/null
	stop_server KILL
	start_server "$port"
	note_start "$@" kill
	stop_server KILL
}

take_turns() { # ROW
	local turn round
	for round in $(seq "$rounds"); do
		for turn in $(turns_of "$1"); do
			echo "$1 $turn, round $round of $rounds" >&2
			if [ "$1" = start ]; then
				starts "${turn%:*}" "${turn#*:}" "$round"
			else
				turn "$1" "${turn%:*}" "${turn#*:}" "$round"
			fi
		done
	done
}

# --- Rows without a server ---

commit() {
	local names
	for names in 1000 100000 1000000; do
		echo "bench_store, $names names:"
		taskset -c 0 "$build/tests/bench/bench_store" "$dir/store.$names" $names 2 0
		rm -rf "$dir/store.$names"
	done
	echo "bench_zone, 1000000 names:"
	(cd "$dir" && taskset -c 0 "$build/tests/bench/bench_zone" 1000000)
}

# The raw limit, on the server's core, in a realm of its own.
limit() {
	env -u REALM_DIR -u SPN KDDNS_SRCDIR="$top" \
		taskset -c 0 "$build/tests/bench/bench_gss" 20000 1
}

: >"$figures"
echo "kddnsd $(git -C "$top" describe --always --dirty 2>/dev/null), $(named -v | cut -d' ' -f1,2), $(knotd -V)"
echo "load average before: $(cut -d' ' -f1-3 /proc/loadavg)"
for what in ${WHAT:-updates sizes boot start commit tickets queries}; do
	for row in $(rows_of "$what"); do
		case $row in
		commit | limit) $row ;;
		*) take_turns "$row" ;;
		esac
	done
done
echo "load average after: $(cut -d' ' -f1-3 /proc/loadavg)"
python3 "$top/tests/bench/tables.py" "$figures"
