# shellcheck shell=bash disable=SC2154,SC2034
# The servers that tests/bench/beside_peers.sh measures: each on zones of its
# own with the same names, keys and policy, and on the first core.
#
# Needs: top, build, tools, a realm in the environment, dir (a folder on the
# disk that counts) and ram (one on tmpfs).

zone=ad.test
rev_zone=10.in-addr.arpa
secret=$(head -c 32 /dev/urandom | base64)
server='' # its pid
command=() # what starts it

# --- Zones ---

zone_head() {
	echo "\$TTL 300"
	echo "@ SOA ns1.$zone. hostmaster.$zone. 1 900 300 1209600 300"
	echo "@ NS ns1.$zone."
}

zone_text() { # NAMES
	zone_head
	echo "ns1 A 127.0.0.1"
	seq 0 $(($1 - 1)) | sed 's/.*/h& A 10.1.2.3/'
}

# fresh_zones FOLDER NAMES: the text of a zone is made once and copied.
fresh_zones() {
	local text=$dir/zone.$2
	[ -s "$text" ] || zone_text "$2" >"$text"
	rm -rf "$1"
	mkdir -p "$1"
	cp "$text" "$1/zone"
	zone_head >"$1/reverse"
}

# --- What each is told: prepare_X NAMES PORT ---

kddns_in() { # FOLDER NAMES PORT
	fresh_zones "$1" "$2"
	mkdir -p "$dir/run"
	cat >"$dir/kddns.conf" <<-END
	options { directory "$1"; run-directory "$dir/run"; user "root"; workers 1;
	    listen-on port $3 { 127.0.0.1; }; listen-on-v6 { none; }; log-level notice; };
	kerberos { keytab "$KRB5_KTNAME"; max-contexts 100000; contexts-per-principal 100000; };
	key "k" { algorithm hmac-sha256; secret "$secret"; };
	zone "$zone" { file "zone"; update-policy { grant k zonesub ANY; grant * zonesub ANY; }; };
	zone "$rev_zone" { file "reverse"; update-policy { grant * zonesub ANY; }; };
	END
	command=("$build/kddnsd" -f -c "$dir/kddns.conf")
}

prepare_kddns() { kddns_in "$dir/kddns" "$@"; }

# The same with its state in memory, where a sync costs nothing.
prepare_kddns_ram() { kddns_in "$ram/kddns" "$@"; }

prepare_bind() {
	fresh_zones "$dir/bind" "$1"
	cat >"$dir/bind.conf" <<-END
	options { directory "$dir/bind"; pid-file none; session-keyfile none; recursion no; dnssec-validation no;
	    listen-on port $2 { 127.0.0.1; }; listen-on-v6 { none; }; notify no; empty-zones-enable no;
	    tcp-clients 1000; update-quota 2000; tkey-gssapi-keytab "${KRB5_KTNAME#FILE:}"; };
	logging { category update { null; }; category update-security { null; }; category default { null; }; };
	controls { };
	key "k" { algorithm hmac-sha256; secret "$secret"; };
	zone "$zone" { type primary; file "zone"; update-policy { grant k zonesub ANY; grant * zonesub ANY; }; };
	zone "$rev_zone" { type primary; file "reverse"; update-policy { grant * zonesub ANY; }; };
	END
	command=(named -n 1 -g -c "$dir/bind.conf")
}

# It has no GSS-TSIG.
prepare_knot() {
	fresh_zones "$dir/knot" "$1"
	cat >"$dir/knot.conf" <<-END
	server:
	    rundir: "$dir/knot"
	    listen: 127.0.0.1@$2
	    udp-workers: 1
	    tcp-workers: 1
	    background-workers: 1
	database:
	    storage: "$dir/knot"
	    journal-db-max-size: 4G
	log:
	  - target: stderr
	    any: error
	key:
	  - id: k
	    algorithm: hmac-sha256
	    secret: "$secret"
	acl:
	  - id: all
	    key: k
	    action: update
	template:
	  - id: default
	    storage: "$dir/knot"
	    zonefile-sync: -1
	    journal-max-usage: 2G
	zone:
	  - domain: $zone
	    file: zone
	    acl: all
	END
	command=(knotd -c "$dir/knot.conf")
}

# Sends every question back: the most that machine and generator can do.
prepare_echo() { command=("$tools/udpecho" "$2"); }

# --- Starting and stopping ---

# One helper for the whole run: it is ready when a server starts.
coproc answered { exec taskset -c 1 python3 "$top/tests/bench/answered.py" $zone; }

# start_server PORT: what was prepared; sets server, and start_ms, the time
# until its first answer.
start_server() {
	local began=$EPOCHREALTIME at
	taskset -c 0 "${command[@]}" >"$dir/server.log" 2>&1 &
	server=$!
	echo "$1" >&"${answered[1]}"
	read -r at <&"${answered[0]}"
	if [ -z "$at" ]; then
		echo "no answer from: ${command[*]}" >&2
		tail -n 5 "$dir/server.log" >&2
		exit 1
	fi
	start_ms=$(((${at/./} - ${began/./}) / 1000))
}

stop_server() { # SIGNAL
	[ -n "$server" ] || return 0
	kill "-$1" "$server" || true
	wait "$server" 2>/dev/null || true
	server=
}

# --- What it costs ---

octets_logged_kddns() {
	"$build/kddnsctl" -s "$dir/run/control.sock" --json status |
		python3 -c 'import json, sys; print(json.load(sys.stdin)["result"]["store"]["group_octets"])'
}

# octets_logged SERVER: what it wrote of updates.  kddnsd tells, and does not
# count the zeros that a new segment is filled with once; of others it is all
# that they wrote to files.
octets_logged() {
	case $1 in
	kddns*) octets_logged_kddns ;;
	*) awk '/^wchar/ { print $2 }' "/proc/$server/io" ;;
	esac
}

# Octets of memory that are its own, and not a file's.
octets_resident() { awk '/^RssAnon/ { print $2 * 1024 }' "/proc/$server/status"; }
