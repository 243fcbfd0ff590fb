#!/usr/bin/env bash
# demo.sh: from a clean Debian machine to a secure dynamic update, and what
# follows from it, all on loopback.
#
#   examples/demo.sh [--once]
#
# Installs what is missing (as root), builds, starts a throw-away Kerberos
# realm, a directory, kddnsd, and Knot as a secondary.  A machine registers
# itself with its ticket; another is refused, told why, and granted the name by a
# rule that is added to the directory; the secondary follows by IXFR; the panel
# shows it.  Then it goes on running until Ctrl-C, or ends (--once).
#
# KDDNS_BUILDDIR=DIR: the programs of DIR; nothing is installed or built.
set -euo pipefail
PATH=$PATH:/usr/sbin:/sbin
top=$(cd "$(dirname "$0")/.." && pwd)
# shellcheck source=examples/shell.sh
. "$top/examples/shell.sh"

once=
case ${1-} in
'') ;;
--once) once=yes ;;
-h | --help) sed -n '2,14s/^# \{0,1\}//p' "$0" && exit 0 ;;
*) echo "demo.sh: $1: unknown option" >&2 && exit 2 ;;
esac

realm=AD.EXAMPLE.TEST
zone=ad.example.test
dir=$(mktemp -d "${TMPDIR:-/tmp}/kddns-demo.XXXXXX")
chmod 755 "$dir"
build=${KDDNS_BUILDDIR:-${KDDNS_BUILD:-$top/build}/demo}
user=$(id -un)
[ "$user" != root ] || user=nobody
pids=()

bold='' plain=''
if [ -t 1 ]; then bold=$'\033[1m' plain=$'\033[0m'; fi
say() { printf '\n%s%s%s\n' "$bold" "$*" "$plain"; }
indented() { sed 's/^/    /'; }
show() { # COMMAND...: what is run, and what it says
	printf '  $ %s\n' "$*"
	"$@" 2>&1 | sed '/^$/d' | indented
}
die() {
	echo "demo.sh: $*" >&2
	[ ! -s "$dir/kddnsd.log" ] || tail -n 20 "$dir/kddnsd.log" >&2
	exit 1
}
start() { # LOG COMMAND...: where Ctrl-C does not reach it, finish() ends it
	setsid "${@:2}" >>"$dir/$1" 2>&1 &
	pids+=($!)
}
finish() { # what was started ends by its pid, and all must end well
	local status=$? pid
	trap - EXIT HUP INT TERM
	for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
	for pid in "${pids[@]}"; do
		wait "$pid" || { [ $status -ne 0 ] || tail -n 20 "$dir"/*.log >&2; status=1; }
	done
	rm -rf "$dir"
	exit $status
}
trap finish EXIT
trap 'exit 0' HUP INT TERM

if [ -z "${KDDNS_BUILDDIR-}" ]; then
	say "1. What is missing is installed, and kddns is built (in $build)"
	install_missing "${build_packages[@]}" "${demo_packages[@]}"
	{
		"$top/bootstrap"
		mkdir -p "$build"
		cd "$build"
		"$top/configure" -q
		make -j"$(nproc)" all
	} >"$dir/build.log" 2>&1 || { tail -n 30 "$dir/build.log" >&2; die "the build failed"; }
fi
PATH=$build:$PATH
cd "$dir"
kddnsctl() { command kddnsctl -s "$dir/run/control.sock" "$@"; }

say "2. A throw-away realm, $realm, with two machines and an administrator"
free_port kdc_port
cat >krb5.conf <<END
[libdefaults]
  default_realm = $realm
  dns_lookup_kdc = false
  dns_lookup_realm = false
  dns_canonicalize_hostname = false
  rdns = false
[realms]
  $realm = {
    kdc = 127.0.0.1:$kdc_port
  }
[domain_realm]
  .$zone = $realm
  $zone = $realm
END
cat >kdc.conf <<END
[kdcdefaults]
  kdc_listen = 127.0.0.1:$kdc_port
  kdc_tcp_listen = 127.0.0.1:$kdc_port
[realms]
  $realm = {
    database_name = $dir/principal
    key_stash_file = $dir/stash
    acl_file = $dir/acl
  }
END
export KRB5_CONFIG=$dir/krb5.conf KRB5_KDC_PROFILE=$dir/kdc.conf KRB5CCNAME=FILE:$dir/ccache
export LDAPSASL_NOCANON=on # the directory is called 127.0.0.1
kdb5_util -r $realm create -s -P throwaway >realm.log 2>&1 || { cat realm.log; die "kdb5_util"; }
new_keytab() { # FILE PRINCIPAL...
	local principal
	for principal in "${@:2}"; do
		printf 'addprinc -randkey %s\nktadd -k %s %s\n' "$principal" "$1" "$principal"
	done | kadmin.local -r $realm >>realm.log 2>&1
}
new_keytab dns.keytab DNS/ns1.$zone
new_keytab ldap.keytab ldap/127.0.0.1
new_keytab clients.keytab 'PC1$' 'PC2$' alice
[ "$user" = "$(id -un)" ] || chown "$user" dns.keytab
start realm.log krb5kdc -n -r $realm
wait_for 10 listening "$kdc_port" || { cat realm.log; die "the KDC does not listen"; }
echo "  PC1\$, PC2\$ and alice; and the DNS server's keytab, which is good:"
show kddns-keytab check --online --user "$user" --spn ns1.$zone "$dir/dns.keytab"

say "3. A directory: examples/directory.ldif in the slapd of examples/slapd.conf"
free_port ldap_port
directory=ldap://127.0.0.1:$ldap_port
mkdir ldap
sed -e "s|/usr/local/share/doc/kddns/schema|$top/ldap|" -e "s|/var/lib/ldap|$dir/ldap|" \
	-e "s|^sasl-host.*|sasl-host 127.0.0.1|" "$top/examples/slapd.conf" >slapd.conf
slapadd -q -f slapd.conf -l "$top/examples/directory.ldif" >slapd.log 2>&1 || { cat slapd.log; die "slapadd"; }
KRB5_KTNAME=$dir/ldap.keytab KRB5RCACHENAME=file2:$dir/ldap.rcache2 start slapd.log slapd -d 0 -f slapd.conf -h "ldap://127.0.0.1:$ldap_port"
wait_for 10 listening "$ldap_port" || { cat slapd.log; die "slapd does not listen"; }
kinit -k -t clients.keytab alice
show ldapsearch -QLLL -Y GSSAPI -H "$directory" -b ou=kddns,dc=ad,dc=example,dc=test '(kddnsZone=*)' kddnsGrant

say "4. kddnsd with examples/kddnsd-ldap.conf, on ports that are free here; Knot as its secondary"
free_port port
free_port knot_port
free_port web_port
cp "$top/examples/kddnsd-ldap.conf" kddnsd.conf
kddnsctl key-gen transfer.$zone >transfer.key
secret=$(sed -n 's/.*secret "\(.*\)";/\1/p' transfer.key)
here=(
	-o "options/directory=\"$dir/state\""
	-o "options/run-directory=\"$dir/run\""
	-o "options/user=\"$user\""
	-o "options/listen-on=port $port { 127.0.0.1; }"
	-o "options/listen-on-v6={ none; }"
	-o "kerberos/keytab=\"FILE:$dir/dns.keytab\""
	-o "ldap/uri=\"$directory\""
	-o "web/listen-on=127.0.0.1 port $web_port"
	-o "zone/$zone/also-notify={ 127.0.0.1 port $knot_port key transfer.$zone; }"
)
sed -n '/^ldap/,/^}/p; /^zone/,/^}/p' kddnsd.conf | indented
start kddnsd.log kddnsd -f -c kddnsd.conf "${here[@]}"
wait_for 30 kddnsctl status || die "kddnsd does not come up"
rules_are_live() { kddnsctl status | grep -q 'live'; }
wait_for 30 rules_are_live || die "kddnsd does not get the directory's rules"
show kddnsctl status

mkdir knot
cat >knot.conf <<END
server:
    listen: 127.0.0.1@$knot_port
    rundir: $dir/knot
database:
    storage: $dir/knot
log:
  - target: $dir/knot.log
    any: info
key:
  - id: transfer.$zone
    algorithm: hmac-sha256
    secret: $secret
remote:
  - id: primary
    address: 127.0.0.1@$port
    key: transfer.$zone
acl:
  - id: primary
    address: 127.0.0.1
    key: transfer.$zone
    action: notify
zone:
  - domain: $zone
    storage: $dir/knot
    master: primary
    acl: primary
END
start knot.out knotd -c "$dir/knot.conf"
serial_at() { dig @127.0.0.1 -p "$1" +short +tries=1 +time=1 $zone SOA | awk '{print $3}'; }
follows() {
	local ours
	ours=$(serial_at "$port")
	[ -n "$ours" ] && [ "$(serial_at "$knot_port")" = "$ours" ]
}
wait_for 30 follows || { cat knot.log; die "the secondary does not get the zone"; }
echo "  Knot has the zone, serial $(serial_at "$knot_port"), by AXFR with TSIG."

register() { # PRINCIPAL NAME ADDRESS: with its ticket
	kinit -k -t clients.keytab "$1"
	echo "  $1 \$ nsupdate -g   (update add $2 1200 A $3)"
	printf 'server 127.0.0.1 %s\nzone %s\nupdate add %s 1200 A %s\nsend\n' "$port" $zone "$2" "$3" |
		nsupdate -g 2>&1 | indented
}
address_of() { dig @127.0.0.1 -p "$port" +short "$1" A; }

say "5. PC1\$ registers the name that the directory holds for it (rule {20})"
register 'PC1$' pc1.$zone 192.0.2.1 || die "the update was refused"
show dig @127.0.0.1 -p "$port" +noall +answer pc1.$zone A
[ "$(address_of pc1.$zone)" = 192.0.2.1 ] || die "no answer"

say "6. PC2\$ wants another name, and is told why not"
if register 'PC2$' app.$zone 192.0.2.2; then die "the update was not refused"; fi
refusal() { kddnsctl updates --denied | grep -q ldap-self; }
wait_for 5 refusal || die "kddnsctl does not say which rule"
show kddnsctl updates --denied -n 1

say "7. alice grants it that name in the directory; nothing is reloaded"
kinit -k -t clients.keytab alice
show cat "$top/examples/grant.ldif"
show ldapmodify -Q -Y GSSAPI -H "$directory" -f "$top/examples/grant.ldif"
rule_is_there() { kddnsctl zonestatus $zone | grep -q "name app.$zone"; }
wait_for 10 rule_is_there || die "the grant does not come"
show kddnsctl zonestatus $zone
register 'PC2$' app.$zone 192.0.2.2 || die "the update was refused"
[ "$(address_of app.$zone)" = 192.0.2.2 ] || die "no answer"
echo "  What would be decided can be asked before, for any principal:"
show kddnsctl explain 'PC1$@'$realm add app.$zone A 192.0.2.66

say "8. The secondary has followed, by IXFR"
wait_for 30 follows || { cat knot.log; die "the secondary does not follow"; }
show dig @127.0.0.1 -p "$knot_port" +noall +answer app.$zone A
grep 'IXFR, incoming' knot.log | tail -n 2 | indented
grep -q 'IXFR, incoming.*finished' knot.log || { cat knot.log; die "it was not an IXFR"; }

say "9. Who changed what, and whether it will go on"
show kddnsctl journal $zone
keytab_is_proven() { kddnsctl keytab | grep -q 'opens tickets of today'; }
wait_for 30 keytab_is_proven || { kddnsctl keytab; die "the daemon does not check its keytab"; }
show kddnsctl keytab
show curl -sS "http://127.0.0.1:$web_port/healthz"

if [ -n "$once" ]; then
	say "That was all; the panel was at http://127.0.0.1:$web_port/"
	exit 0
fi
say "The panel: http://127.0.0.1:$web_port/"
cat <<END
  kddnsd listens on 127.0.0.1 port $port; everything is in $dir.  Try:
    export KRB5_CONFIG=$dir/krb5.conf KRB5CCNAME=$dir/ccache
    dig @127.0.0.1 -p $port -k $dir/transfer.key $zone AXFR
    $build/kddnsctl -s $dir/run/control.sock updates --follow
    kinit -k -t $dir/clients.keytab alice
    LDAPSASL_NOCANON=on ldapmodify -Y GSSAPI -H $directory
  Ctrl-C ends it.
END
wait
