# shellcheck shell=bash
# lab_dhcp.sh: what a DHCP server enters for its clients (RFC 4703); sourced
# instead of lib.sh.
#
# It goes on in namespaces (lab.sh):
#
#   10.54.0.1    the DHCP server, and kddnsd at port 53, as nobody   here
#   10.54.0.x    clients, a dhclient each on a machine of its own    lease NAME
#
# A test says start_dhcp FIRST LAST (the range it leases) and stop_dhcp; leases
# are forgotten in between.  Then it tells the story.  $guard is the type of the
# RR that says whose a name is: DHCID, or TXT of the time before RFC 4701.

# shellcheck source=tests/flow/lab.sh
. "$(dirname "${BASH_SOURCE[0]}")/lab.sh"
need dhclient ip nsenter dig python3

address=10.54.0.1
reverse=0.54.10.in-addr.arpa
guard=DHCID
dhcp_key=dhcp.$zone
dhcp_secret=$(head -c 32 /dev/urandom | base64)

# program NAME: a copy where no AppArmor profile knows it; the packages'
# profiles let a server read and write in its own folders only.
program() {
	mkdir -p "$dir/programs"
	[ -e "$dir/programs/$1" ] || cp "$(command -v "$1")" "$dir/programs/$1"
	echo "$dir/programs/$1"
}

# Both zones, with a name that nobody leased, and the rules that such a server
# is given: types, not names, but for those that matter more.
start_nameserver() {
	local z
	open_port_53
	ip link set lo up
	ip link add lan type bridge || skip "this kernel has no bridges"
	ip address add $address/24 dev lan
	ip link set lan up
	add_machine pc1
	wait_for 20 lan_runs || fail "the bridge has no carrier"
	mkdir -p "$dir/state" "$dir/run" "$dir/clients"
	for z in $zone $reverse; do
		printf '%s\n' '$TTL 900' "@ SOA $ns. hostmaster.$zone. 1 3600 600 86400 300" "@ NS $ns." >"$dir/state/$z.zone"
	done
	printf '%s\n' "ns1 A $address" "www A 192.0.2.80" >>"$dir/state/$zone.zone"
	write_conf <<-END
	key "$dhcp_key" { algorithm hmac-sha256; secret "$dhcp_secret"; };
	zone "$zone" {
	    file "$zone.zone";
	    update-policy {
	        deny $dhcp_key name dc1.$zone. ANY;
	        grant $dhcp_key zonesub A AAAA DHCID TXT;
	    };
	};
	zone "$reverse" {
	    file "$reverse.zone";
	    update-policy { grant $dhcp_key zonesub PTR DHCID; };
	};
	END
	chown -R nobody "$dir/state" "$dir/run"
	start_kddnsd
	# What dhclient does when something happens.
	cat >"$dir/clients/script" <<-'END'
	#!/bin/sh
	echo "$reason $new_ip_address" >>"${0%/*}/$lab_client.log"
	case $reason in
	BOUND | REBOOT) ip address replace "$new_ip_address/24" dev "$interface" ;;
	RELEASE | STOP) ip address delete "$old_ip_address/24" dev "$interface" ;;
	esac
	END
	chmod 755 "$dir/clients/script"
}

# Kea listens once, at its start, and not without a carrier.
lan_runs() { ip link show lan | grep -q 'state UP'; }

# A machine, and its cable.
declare -A machines
add_machine() { # CLIENT
	other_machine
	machines[$1]=$other_pid
	ip link add "lan-$1" master lan type veth peer name eth0 netns "$other_pid"
	ip link set "lan-$1" up
	on "$1" ip link set lo up
	on "$1" ip link set eth0 up
}
on() { # CLIENT COMMAND...
	nsenter -t "${machines[$1]}" --net -- "${@:2}"
}

# run_dhclient NAME OPTION...
run_dhclient() {
	local name=$1
	shift
	on "$name" "$(program dhclient)" -cf "$dir/clients/$name.conf" -lf "$dir/clients/$name.leases" \
		-pf "$dir/clients/$name.pid" -sf "$dir/clients/script" -e "lab_client=$name" "$@" eth0 \
		>>"$dir/clients/$name.out" 2>&1
}

# lease CLIENT HOST-NAME [IDENTIFIER]: its address is $leased; it goes on to
# renew each two seconds, until let_go or forget.
lease() {
	[ -n "${machines[$1]-}" ] || add_machine "$1"
	{
		printf 'initial-delay 0;\ninitial-interval 1;\nsend host-name "%s";\n' "$2"
		[ -z "${3-}" ] || printf 'send dhcp-client-identifier "%s";\n' "$3"
	} >"$dir/clients/$1.conf"
	: >"$dir/clients/$1.log"
	run_dhclient "$1" -d &
	pids+=($!)
	wait_for 20 is_bound "$1" || { cat "$dir/clients/$1.out" "$dir/dhcp.log"; fail "no lease for $1"; }
	leased=$(sed -n 's/^BOUND //p' "$dir/clients/$1.log" | tail -n 1)
}
is_bound() { grep -q '^BOUND' "$dir/clients/$1.log"; }
let_go() { run_dhclient "$1" -r || fail "$1 cannot let go"; }
forget() { run_dhclient "$1" -x || fail "$1 cannot end"; }

# renewed CLIENT: once more than before.
renewed() {
	local n
	n=$(times_renewed "$1")
	wait_for 20 has_renewed "$1" "$n" || { cat "$dir/clients/$1.out" "$dir/dhcp.log"; fail "$1 does not renew"; }
}
times_renewed() { grep -c '^RENEW' "$dir/clients/$1.log" || true; }
has_renewed() { [ "$(times_renewed "$1")" -gt "$2" ]; }

# mark NAME [IDENTIFIER]: the guard's RDATA for a client with that name that is
# known by that, or by its hardware; RFC 4701 section 3, or ISC's interim way.
mark() {
	python3 -c '
import base64, hashlib, sys
guard, name, mac, identifier = sys.argv[1:]
who = identifier.encode() or bytes([1]) + bytes.fromhex(mac.replace(":", ""))
if guard == "TXT":
    print((f"\"31" if identifier else f"\"00") + hashlib.md5(who).hexdigest() + "\"")
else:
    wire = b"".join(bytes([len(label)]) + label.encode() for label in name.split(".")) + bytes(1)
    rdata = bytes([0, bool(identifier), 1]) + hashlib.sha256(who + wire).digest()
    print(base64.b64encode(rdata).decode())' $guard "$1.$zone" "$(mac_of "$1")" "${2-}"
}
mac_of() { on "$1" ip -o link show eth0 | sed 's/.*ether \([^ ]*\).*/\1/'; }

ptr_of() { ask -x "$1" PTR; }
mark_of() { ask "$1.$zone" $guard | tr -d ' '; }
is() { # NAME ADDRESS MARK
	[ "$(ask "$1.$zone" A)" = "$2" ] && [ "$(mark_of "$1")" = "$3" ]
}
is_entered() { is "$1" "$2" "$3" && [ "$(ptr_of "$2")" = "$1.$zone." ]; }
is_gone() { is "$1" "" "" && [ -z "$(ptr_of "$2")$(ask -x "$2" $guard)" ]; }
is_refused() { # RCODE NAME: an update that would give it an address
	logged "update refused .*zone=$zone rcode=$1 signer=\"key $dhcp_key\" .*asked=\"[^\"]*add $2\.$zone A"
}
show() { ask "$1.$zone" ANY >&2; tail -n 40 "$dir/dhcp.log" >&2; fail "${*:2}"; }

# What a server that does RFC 4703 does, from the first lease to the last.
story_of_leases() {
	local pc1 pc2 other serial

	# --- Two clients, one known by its hardware, one by the name it gives
	lease pc1 pc1
	pc1=$leased
	wait_for 10 is_entered pc1 "$pc1" "$(mark pc1)" || show pc1 "pc1 is not entered"
	lease pc2 pc2 second
	pc2=$leased
	wait_for 10 is_entered pc2 "$pc2" "$(mark pc2 second)" || show pc2 "pc2 is not entered"
	logged "update applied .*zone=$zone .*signer=\"key $dhcp_key\" .*add pc1\.$zone A" || fail "the log does not say who entered pc1"

	# --- Renewed: nothing changes
	serial="$(serial_of) $(serial_of $reverse)"
	renewed pc1
	renewed pc2
	is_entered pc1 "$pc1" "$(mark pc1)" || show pc1 "pc1 is not what it was, renewed"
	expect "serials after a renewal" "$serial" "$(serial_of) $(serial_of $reverse)"

	# --- Somebody else's name, one that nobody leased, one that the rules keep
	lease thief pc1 third
	other=$leased
	is_refused NXRRSET pc1 || show pc1 "the update for the second pc1 does not fail by its guard"
	is_entered pc1 "$pc1" "$(mark pc1)" || show pc1 "another client has taken the name"
	expect "PTR for who has no name" "" "$(ptr_of "$other")"
	let_go thief
	lease www www fourth
	is_refused NXRRSET www || show www "the update for www does not fail by its guard"
	is www 192.0.2.80 "" || show www "a client has taken a name that was never leased"
	let_go www
	lease dc1 dc1 fifth
	is_refused REFUSED dc1 || show dc1 "what is denied is not refused"
	is dc1 "" "" || show dc1 "what is denied is entered"
	let_go dc1
	expect "serials after those" "$serial" "$(serial_of) $(serial_of $reverse)"

	# --- The server forgets, and leases others: who had a name keeps it
	forget pc1
	stop_dhcp
	start_dhcp 10.54.0.50 10.54.0.99
	rm "$dir/clients/pc1.leases"
	lease pc1 pc1
	[ "$leased" != "$pc1" ] || fail "the same address again"
	pc1=$leased
	wait_for 10 is_entered pc1 "$pc1" "$(mark pc1)" || show pc1 "pc1 has not moved"

	# --- Let go: all of it goes
	let_go pc1
	wait_for 10 is_gone pc1 "$pc1" || show pc1 "pc1 is still there"
}
