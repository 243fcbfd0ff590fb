# shellcheck shell=bash
# What all flow tests share: a fresh folder, free ports, a realm, the daemon.
#
# A test sources this, tells one story, and ends 0, 1 (fail) or 77 (skip).
# Everything it starts is ended by pid when it ends.
set -euo pipefail
PATH=$PATH:/usr/sbin:/sbin

srcdir=${KDDNS_SRCDIR:-$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)}
# shellcheck source=examples/shell.sh
. "$srcdir/examples/shell.sh"
builddir=${KDDNS_BUILDDIR:-$srcdir/build/gcc}
kddnsd=$builddir/kddnsd
kddnsctl=$builddir/kddnsctl
kddns_keytab=$builddir/kddns-keytab
dir=$(mktemp -d "${TMPDIR:-/tmp}/kddns-flow.XXXXXX")
realm=AD.EXAMPLE.TEST
zone=ad.example.test
ns=ns1.$zone
address=127.0.0.1
as_daemon=() # a command that starts kddnsd as somebody else
pids=()
patience=10 # the machine may be slow, and have much else to do
soon=2      # seconds, what shall be at once

fail() {
	echo "FAIL: $*" >&2
	if [ -s "$dir/kddnsd.log" ]; then
		echo "--- the daemon's last lines:" >&2
		tail -n 30 "$dir/kddnsd.log" >&2
	fi
	exit 1
}

skip() {
	echo "SKIP: $*" >&2
	exit 77
}

need() { # PROGRAM...
	local p
	for p in "$@"; do
		command -v "$p" >/dev/null || skip "$p is not installed"
	done
}

finish() {
	local status=$? pid
	trap - EXIT
	for pid in "${pids[@]}"; do
		kill "$pid" 2>/dev/null && kill -CONT "$pid" 2>/dev/null || true
	done
	for pid in "${pids[@]}"; do
		wait_for 10 gone "$pid" || kill -9 "$pid" 2>/dev/null || true
	done
	if sanitizer_complained; then
		[ $status -ne 0 ] || status=1
	fi
	[ -n "${KDDNS_KEEP-}" ] && echo "kept: $dir" || rm -rf "$dir"
	exit $status
}
trap finish EXIT

sanitizer_complained() {
	grep -hE -A 20 'ERROR: AddressSanitizer|runtime error:|ERROR: LeakSanitizer|WARNING: ThreadSanitizer' \
		"$dir"/*.log >&2 2>/dev/null
}

gone() { ! kill -0 "$1" 2>/dev/null; }

# at_once COMMAND...: what comes true within $soon.  A machine that is slow is no
# failure; it is said how long it took.
at_once() {
	local began=${EPOCHREALTIME/./} took
	wait_for "$soon" "$@" || return 1
	took=$(((${EPOCHREALTIME/./} - began) / 1000))
	[ $took -le $((soon * 1000)) ] || echo "note: after $took ms: $*" >&2
}

# A realm of our own: KDC on a loopback port, keytabs, no tickets yet.  More of
# krb5.conf's [libdefaults] and the realm's part of kdc.conf come from
# $libdefaults and $kdc.
start_realm() { # [PRINCIPAL...]: machines beside PC1$ and PC2$
	need krb5kdc kdb5_util kadmin.local kinit
	local p
	cat >"$dir/krb5.conf" <<-END
	[libdefaults]
	  default_realm = $realm
	  dns_lookup_kdc = false
	  dns_lookup_realm = false
	  dns_canonicalize_hostname = false
	  rdns = false
	  udp_preference_limit = 1
	  ${libdefaults-}
	[realms]
	[domain_realm]
	  .$zone = $realm
	  $zone = $realm
	END
	export KRB5_CONFIG=$dir/krb5.conf KRB5_KDC_PROFILE=$dir/$realm/kdc.conf
	export KRB5CCNAME=FILE:$dir/ccache
	unset KRB5_KTNAME
	make_realm $realm "${kdc-}"
	{
		echo "addprinc -randkey DNS/$ns"
		echo "ktadd -k $dir/dns.keytab DNS/$ns"
		for p in 'PC1$' 'PC2$' "host/pc1.$zone" "host/pc2.$zone" "$@"; do
			echo "addprinc -randkey $p"
			echo "ktadd -k $dir/clients.keytab $p"
		done
	} | admin $realm
	[ -s "$dir/dns.keytab" ] && [ -s "$dir/clients.keytab" ] ||
		{ cat "$dir/realm.log"; fail "no keytab was made"; }
	start_kdc $realm
}

# A realm's database and its places in krb5.conf and in a kdc.conf.
make_realm() { # REALM [KDC-STATEMENTS]
	local kdc_port
	free_port kdc_port
	mkdir -p "$dir/$1"
	echo $kdc_port >"$dir/$1/port"
	sed -i "s/^\[realms\]\$/&\n  $1 = {\n    kdc = 127.0.0.1:$kdc_port\n  }/" "$dir/krb5.conf"
	cat >"$dir/$1/kdc.conf" <<-END
	[kdcdefaults]
	  kdc_listen = 127.0.0.1:$kdc_port
	  kdc_tcp_listen = 127.0.0.1:$kdc_port
	[realms]
	  $1 = {
	    database_name = $dir/$1/principal
	    key_stash_file = $dir/$1/stash
	    acl_file = $dir/$1/acl
	    supported_enctypes = aes256-cts-hmac-sha1-96:normal aes128-cts-hmac-sha1-96:normal
	    ${2-}
	  }
	[logging]
	  kdc = FILE:$dir/$1/kdc.log
	  default = FILE:$dir/$1/kdc.log
	END
	KRB5_KDC_PROFILE=$dir/$1/kdc.conf kdb5_util -r "$1" create -s -P throwaway >>"$dir/realm.log" 2>&1 ||
		{ cat "$dir/realm.log"; fail "kdb5_util"; }
}

# admin REALM: kadmin's commands from stdin.
admin() {
	KRB5_KDC_PROFILE=$dir/$1/kdc.conf kadmin.local -r "$1" >>"$dir/realm.log" 2>&1 ||
		{ cat "$dir/realm.log"; fail "kadmin.local"; }
}

start_kdc() { # REALM
	KRB5_KDC_PROFILE=$dir/$1/kdc.conf krb5kdc -n -r "$1" >>"$dir/realm.log" 2>&1 &
	kdc_pid=$!
	pids+=("$kdc_pid")
	wait_for 10 listening "$(cat "$dir/$1/port")" ||
		{ cat "$dir/realm.log"; fail "the KDC of $1 does not listen"; }
}

# One more KDC of our realm, whose clock is ahead of ours, or behind it: its port
# is in $dir/NAME/port, $dir/NAME.conf is a krb5.conf with it alone.
start_kdc_with_clock() { # NAME SECONDS
	need cc
	local ours kdc_port
	ours=$(cat "$dir/$realm/port")
	free_port kdc_port
	mkdir "$dir/$1"
	echo "$kdc_port" >"$dir/$1/port"
	[ -e "$dir/clock_shim.so" ] || cc -shared -fPIC -o "$dir/clock_shim.so" "$srcdir/tests/flow/clock_shim.c"
	sed "s/:$ours\$/:$kdc_port/" "$dir/$realm/kdc.conf" >"$dir/$1/kdc.conf"
	sed "s/:$ours\$/:$kdc_port/" "$dir/krb5.conf" >"$dir/$1.conf"
	CLOCK_AHEAD=$2 LD_PRELOAD=$dir/clock_shim.so KRB5_KDC_PROFILE=$dir/$1/kdc.conf \
		krb5kdc -n -r $realm >>"$dir/realm.log" 2>&1 &
	pids+=($!)
	wait_for 10 listening "$kdc_port" || fail "the KDC that is $1 does not listen"
	echo "$2" >"$dir/$1/clock"
}
with_clock_of() { # NAME COMMAND...: asks that KDC, and has its clock
	CLOCK_AHEAD=$(cat "$dir/$1/clock") LD_PRELOAD=$dir/clock_shim.so KRB5_CONFIG=$dir/$1.conf "${@:2}"
}

# One realm's tickets are good in another.
trust() { # FROM TO
	local r
	for r in "$1" "$2"; do
		echo "addprinc -pw $1-$2 krbtgt/$2@$1" | admin "$r"
	done
}

# A port where somebody listens, by TCP and UDP, and never says a word.
start_silence() { # PORT
	python3 -c '
import signal, socket, sys
for kind in socket.SOCK_STREAM, socket.SOCK_DGRAM:
    s = socket.socket(socket.AF_INET, kind)
    s.bind(("127.0.0.1", int(sys.argv[1])))
    if kind == socket.SOCK_STREAM:
        s.listen(16)
        tcp = s
signal.pause()' "$1" &
	pids+=($!)
	wait_for 10 listening "$1" || fail "silence does not listen"
}

# check_keytab ARGUMENT...: what kddns-keytab check finds, as lines of
# "SEVERITY ID SUBJECT", and its verdict; the document stays in $dir/check.json.
check_keytab() {
	local status=0
	"$kddns_keytab" check --json "$@" >"$dir/check.json" 2>"$dir/check.err" || status=$?
	[ $status -le 1 ] || fail "kddns-keytab check $*: status $status: $(cat "$dir/check.err")"
	python3 -c '
import json, sys
d = json.load(open(sys.argv[1]))
for f in d["findings"]:
    if not (f["text"] and f["advice"] and f["text"].endswith(".")):
        sys.exit(f"not a sentence, or no advice: {f}")
    print(f["severity"], f["id"], f["subject"])
print("verdict", d["verdict"])
sys.exit((d["verdict"] == "usable") != (sys.argv[2] == "0"))
' "$dir/check.json" $status >"$dir/check.out" ||
		fail "kddns-keytab check $*: status $status: $(cat "$dir/check.out" "$dir/check.err")"
}

# finds LINE ARGUMENT...: checks, and one of the lines is that.
finds() {
	local line=$1
	shift
	check_keytab "$@"
	grep -qxF -- "$line" "$dir/check.out" ||
		fail "no '$line' in kddns-keytab check $*: $(cat "$dir/check.out")"
}

login() { # PRINCIPAL: tickets for nsupdate
	kinit -k -t "$dir/clients.keytab" "$1" || fail "kinit $1"
}

# A directory on a loopback port, which anybody may read: ou=hosts, ou=groups
# and ou=kddns below $suffix; its statements for ldap {} are $ldap, with more
# from $ldap_more.  Entries: directory_edit.
suffix=dc=ad,dc=example,dc=test
start_directory() {
	need slapd slapadd ldapmodify ldapsearch
	# shellcheck source=tests/directory.sh
	. "$srcdir/tests/directory.sh"
	free_port ldap_port
	mkdir -p "$dir/slapd/data"
	directory_schema >"$dir/slapd/test.schema"
	directory_data "$suffix" | cat - ${ldif_more:+"$ldif_more"} >"$dir/slapd/data.ldif"
	cat >"$dir/slapd/slapd.conf" <<-END
	include /etc/ldap/schema/core.schema
	include $srcdir/ldap/kddns.schema
	include $dir/slapd/test.schema
	modulepath /usr/lib/ldap
	moduleload back_mdb
	moduleload syncprov
	moduleload memberof
	sizelimit unlimited
	sasl-host localhost
	sasl-realm $realm
	access to * by * read
	database mdb
	suffix $suffix
	rootdn cn=admin,$suffix
	rootpw secret
	directory $dir/slapd/data
	maxsize 2147483648
	dbnosync
	index objectClass,entryCSN,entryUUID eq
	index userPrincipalName,sAMAccountName,krbPrincipalName,dNSHostName,msDS-AdditionalDnsHostName,fqdn eq
	overlay memberof
	memberof-group-oc groupOfNames
	overlay syncprov
	END
	local began
	began=$(date +%s%N)
	slapadd -q -f "$dir/slapd/slapd.conf" -l "$dir/slapd/data.ldif" >"$dir/slapd/log" 2>&1 ||
		{ cat "$dir/slapd/log"; fail "slapadd"; }
	slapadd_ms=$((($(date +%s%N) - began) / 1000000))
	run_directory
	ldap="uri \"ldap://127.0.0.1:$ldap_port\"; start-tls no; bind anonymous; base \"$suffix\";
	    policy-base \"ou=kddns,$suffix\"; realms { $realm; }; hostname-suffixes { $zone; }; ${ldap_more-}"
}

# Starts slapd (again) on what it has; in $dir/ldap.keytab a key for
# ldap/localhost, if clients are to log in with tickets.
run_directory() {
	KRB5_KTNAME=$dir/ldap.keytab slapd -d 0 -f "$dir/slapd/slapd.conf" -h "ldap://127.0.0.1:$ldap_port" >>"$dir/slapd/log" 2>&1 &
	slapd_pid=$!
	pids+=("$slapd_pid")
	wait_for 20 directory_answers || { cat "$dir/slapd/log"; fail "slapd does not come up"; }
}
stop_directory() {
	kill "$slapd_pid"
	wait "$slapd_pid" || true
}
directory_answers() {
	ldapsearch -x -H "ldap://127.0.0.1:$ldap_port" -s base -b "" >/dev/null 2>&1
}

# LDIF with changes from stdin; an entry without changetype is added.
directory_edit() {
	ldapmodify -a -x -H "ldap://127.0.0.1:$ldap_port" -D "cn=admin,$suffix" -w secret >"$dir/slapd/edit" 2>&1 ||
		{ cat "$dir/slapd/edit"; fail "ldapmodify"; }
}

# A computer with this account and host names.
add_computer() { # PC1 [HOST-NAME...]
	local name=$1 host
	shift
	{
		printf 'dn: cn=%s,ou=hosts,%s\nobjectClass: testAccount\ncn: %s\n' "$name" "$suffix" "$name"
		printf 'sAMAccountName: %s$\nuserPrincipalName: %s$@%s\n' "$name" "$name" "$realm"
		for host in "$@"; do echo "dNSHostName: $host"; done
	} | directory_edit
}

# Its host names are these now.
set_hosts() { # PC1 HOST-NAME...
	local name=$1 host
	shift
	{
		printf 'dn: cn=%s,ou=hosts,%s\nchangetype: modify\nreplace: dNSHostName\n' "$name" "$suffix"
		for host in "$@"; do echo "dNSHostName: $host"; done
	} | directory_edit
}

# The rules of the directory for our zone, one an argument.
set_grants() { # RULE...
	local rule
	{
		printf 'dn: cn=grants,ou=kddns,%s\n' "$suffix"
		if ldapsearch -x -LLL -H "ldap://127.0.0.1:$ldap_port" -s base \
			-b "cn=grants,ou=kddns,$suffix" >/dev/null 2>&1; then
			printf 'changetype: modify\nreplace: kddnsGrant\n'
		else
			printf 'objectClass: kddnsZonePolicy\ncn: grants\nkddnsZone: %s\n' "$zone"
		fi
		for rule in "$@"; do echo "kddnsGrant: $rule"; done
	} | directory_edit
}

# The smallest useful configuration; more statements come from stdin, those of
# the kerberos block from $kerberos.
write_conf() { # [OPTIONS-STATEMENTS]
	mkdir -p "$dir/state" "$dir/run"
	: "${port:=}"
	[ -n "$port" ] || free_port port
	{
		cat <<-END
		options {
		    directory "$dir/state";
		    run-directory "$dir/run";
		    listen-on port $port { $address; };
		    listen-on-v6 { none; };
		    workers 2;
		    ${1-}
		};
		END
		if [ -e "$dir/dns.keytab" ]; then
			echo "kerberos { keytab \"FILE:$dir/dns.keytab\"; ${kerberos-} };"
		fi
		cat
	} >"$dir/kddnsd.conf"
}

start_kddnsd() {
	"${as_daemon[@]}" "$kddnsd" -f -c "$dir/kddnsd.conf" "$@" >>"$dir/kddnsd.log" 2>&1 &
	kddnsd_pid=$!
	pids+=("$kddnsd_pid")
	wait_for 30 ready_or_gone || true
	ready || fail "kddnsd does not come up"
}

ready() { ctl status >/dev/null 2>&1; }
ready_or_gone() { ready || gone "$kddnsd_pid"; }
ctl() { "$kddnsctl" -s "$dir/run/control.sock" "$@"; }

stop_kddnsd() {
	kill "$kddnsd_pid"
	local status=0
	wait "$kddnsd_pid" || status=$?
	[ $status -eq 0 ] || fail "kddnsd ended with status $status"
}

ask() { dig @$address -p "$port" +tries=3 +time=20 +noall +answer +short "$@"; }
serial_of() { ask "${1:-$zone}" SOA | awk '{print $3}'; }
rcode_of() { dig @$address -p "$port" +tries=3 +time=20 "$@" | sed -n 's/.*status: \([A-Z]*\).*/\1/p'; }

# update MODE-OPTIONS... <<commands: nsupdate against our port.
update() {
	{
		echo "server $address $port"
		cat
		echo send
	} | nsupdate -u 10 "$@" >"$dir/nsupdate.out" 2>&1
}

# story ARGUMENT...: the half of a test that is told in python, beside it.
story() { tell "$0.py" "$@"; }
tell() { # FILE ARGUMENT...
	python3 -c 'import dns, gssapi' 2>/dev/null ||
		skip "python3-dnspython or python3-gssapi is not installed"
	PYTHONDONTWRITEBYTECODE=yes FLOW_DIR=$dir FLOW_ADDRESS=$address FLOW_PORT=$port FLOW_ZONE=$zone \
		FLOW_KEY=editor.$zone FLOW_SECRET=${secret-} FLOW_PID=$kddnsd_pid \
		FLOW_KDDNSCTL=$kddnsctl FLOW_SLAPD=${slapd_pid-} FLOW_KDC=${kdc_pid-} python3 "$@" || fail "$(basename "$1") ${*:2}"
}

expect() { # WHAT EXPECTED ACTUAL
	[ "$2" = "$3" ] || fail "$1: expected '$2', got '$3'"
}

# The log is written by a thread of its own, so a line may come after its answer.
logged() { # REGEX
	wait_for 5 grep -qE "$1" "$dir/kddnsd.log"
}
