#!/usr/bin/env bash
# demo.sh: from a clean Debian machine to a secure dynamic update, and what
# follows from it, all on loopback.
#
#   examples/demo.sh [--once]
#
# Installs what is missing (as root), builds, starts a throw-away Kerberos
# realm, kddnsd, and Knot as a secondary; registers a host with its ticket,
# shows the answer, a refused update with its explanation, and the secondary
# following by IXFR.  Then it goes on running until Ctrl-C, or ends (--once).
set -euo pipefail
PATH=$PATH:/usr/sbin:/sbin
top=$(cd "$(dirname "$0")/.." && pwd)
# shellcheck source=tests/packages.sh
. "$top/tests/packages.sh"
# shellcheck source=tests/shell.sh
. "$top/tests/shell.sh"

once=
case ${1-} in
'') ;;
--once) once=yes ;;
-h | --help) sed -n '2,10s/^# \{0,1\}//p' "$0" && exit 0 ;;
*) echo "demo.sh: $1: unknown option" >&2 && exit 2 ;;
esac

realm=AD.EXAMPLE.TEST
zone=ad.example.test
dir=$(mktemp -d "${TMPDIR:-/tmp}/kddns-demo.XXXXXX")
chmod 755 "$dir"
build=${KDDNS_BUILD:-$top/build}/demo
pids=()

say() { printf '\n\033[1m%s\033[0m\n' "$*"; }
show() { # COMMAND...: what is run, and what it says
	printf '  $ %s\n' "$*"
	"$@" 2>&1 | sed 's/^/    /'
}
die() {
	echo "demo.sh: $*" >&2
	[ ! -s "$dir/kddnsd.log" ] || tail -n 20 "$dir/kddnsd.log" >&2
	exit 1
}
finish() {
	local status=$? pid
	trap - EXIT INT TERM
	for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
	for pid in "${pids[@]}"; do wait "$pid" 2>/dev/null || true; done
	rm -rf "$dir"
	exit $status
}
trap finish EXIT
trap 'exit 0' INT TERM

say "1. What is missing is installed, and kddns is built (in $build)"
install_missing "${build_packages[@]}" "${demo_packages[@]}"
{
	"$top/bootstrap"
	mkdir -p "$build"
	cd "$build"
	"$top/configure" -q
	make -j"$(nproc)" all
} >"$dir/build.log" 2>&1 || { tail -n 30 "$dir/build.log" >&2; die "the build failed"; }
cd "$dir"
echo "  $("$build/kddnsd" --version)"

say "2. A throw-away realm, $realm, with two machines: PC1\$ and PC2\$"
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
kdb5_util -r $realm create -s -P throwaway >realm.log 2>&1 || { cat realm.log; die "kdb5_util"; }
kadmin.local -r $realm >>realm.log 2>&1 <<END
addprinc -randkey DNS/ns1.$zone
ktadd -k $dir/dns.keytab DNS/ns1.$zone
addprinc -randkey PC1\$
ktadd -k $dir/clients.keytab PC1\$
addprinc -randkey PC2\$
ktadd -k $dir/clients.keytab PC2\$
END
krb5kdc -n -r $realm >>realm.log 2>&1 &
pids+=($!)
wait_for 10 listening "$kdc_port" || { cat realm.log; die "the KDC does not listen"; }
echo "  The keytab of the DNS server has DNS/ns1.$zone@$realm."

say "3. kddnsd: a zone, a policy, a key for secondaries"
free_port port
free_port knot_port
free_port web_port
secret=$(head -c 32 /dev/urandom | base64)
cat >kddnsd.conf <<END
options {
    directory "$dir/state";
    run-directory "$dir/run";
    user "nobody";
    listen-on port $port { 127.0.0.1; };
    listen-on-v6 { none; };
};
kerberos { keytab "FILE:$dir/dns.keytab"; };
web { listen-on 127.0.0.1 port $web_port; };
key "transfer.$zone" { algorithm hmac-sha256; secret "$secret"; };
zone "$zone" {
    file "$zone.zone";
    soa { mname ns1.$zone; rname hostmaster.$zone; };
    update-policy {
        deny * name www.$zone. ANY;
        grant $realm ms-self . A AAAA;
    };
    allow-transfer { key transfer.$zone; };
    also-notify { 127.0.0.1 port $knot_port key transfer.$zone; };
};
END
sed -n '/^kerberos/,$s/^/    /p' kddnsd.conf | sed "s|$secret|...|"
if [ "$(id -u)" -eq 0 ]; then chown nobody dns.keytab; fi
"$build/kddnsd" -f -c kddnsd.conf >kddnsd.log 2>&1 &
pids+=($!)
kddnsctl() { "$build/kddnsctl" -s "$dir/run/control.sock" "$@"; }
wait_for 30 kddnsctl status || die "kddnsd does not come up"

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
knotd -c "$dir/knot.conf" >knot.out 2>&1 &
pids+=($!)
serial_at() { dig @127.0.0.1 -p "$1" +short +tries=1 +time=1 $zone SOA | awk '{print $3}'; }
follows() {
	local ours
	ours=$(serial_at "$port")
	[ -n "$ours" ] && [ "$(serial_at "$knot_port")" = "$ours" ]
}
wait_for 30 follows || { cat knot.log; die "the secondary does not get the zone"; }
echo "  Knot has the zone, serial $(serial_at "$knot_port"), by AXFR with TSIG."

update() { # ADDRESS NAME
	printf 'server 127.0.0.1 %s\nzone %s\nupdate add %s 1200 A %s\nsend\n' \
		"$port" $zone "$2" "$1" | nsupdate -g
}

say "4. PC1\$ registers its own name with its ticket"
kinit -k -t clients.keytab 'PC1$'
show klist
echo "  \$ nsupdate -g   (update add pc1.$zone 1200 A 192.0.2.1)"
update 192.0.2.1 pc1.$zone || die "the update was refused"
show dig @127.0.0.1 -p "$port" +noall +answer pc1.$zone A
[ "$(dig @127.0.0.1 -p "$port" +short pc1.$zone A)" = 192.0.2.1 ] || die "no answer"

say "5. PC2\$ tries to take that name, and is told why not"
kinit -k -t clients.keytab 'PC2$'
echo "  \$ nsupdate -g   (update add pc1.$zone 1200 A 192.0.2.66)"
if update 192.0.2.66 pc1.$zone 2>&1 | sed 's/^/    /'; then
	die "the update was not refused"
fi
refusal() { kddnsctl updates --denied | grep -q ms-self; }
wait_for 5 refusal || die "kddnsctl does not say which rule"
show kddnsctl updates --denied -n 1
echo "  Before it happens, for any principal:"
show kddnsctl explain 'PC2$@'$realm add www.$zone A 192.0.2.66
wait_for 5 grep -q 'update refused.*ms-self' kddnsd.log || die "the log does not say which rule"
[ "$(dig @127.0.0.1 -p "$port" +short pc1.$zone A)" = 192.0.2.1 ] || die "the name was taken"

say "6. The secondary has followed, by IXFR"
wait_for 30 follows || { cat knot.log; die "the secondary does not follow"; }
show dig @127.0.0.1 -p "$knot_port" +noall +answer pc1.$zone A
grep 'IXFR, incoming' knot.log | tail -n 2 | sed 's/^/    /'
grep -q 'IXFR, incoming.*finished' knot.log || { cat knot.log; die "it was not an IXFR"; }

say "7. What the daemon says of itself"
show kddnsctl status
show kddnsctl zonestatus $zone
show kddnsctl journal $zone
show curl -sS "http://127.0.0.1:$web_port/healthz"
echo "  The panel: http://127.0.0.1:$web_port/"

if [ -n "$once" ]; then
	say "That was all."
	exit 0
fi
say "The panel: http://127.0.0.1:$web_port/ - kddnsd listens on 127.0.0.1 port $port; everything is in $dir.  Ctrl-C ends it."
cat <<END
  Try:  export KRB5_CONFIG=$dir/krb5.conf KRB5CCNAME=$dir/ccache
        dig @127.0.0.1 -p $port $zone SOA
        $build/kddnsctl -s $dir/run/control.sock dump $zone
        tail -f $dir/kddnsd.log
END
wait
