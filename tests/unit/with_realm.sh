#!/usr/bin/env bash
# with_realm.sh: runs a test program inside a throw-away Kerberos realm.
#
#   with_realm.sh PROGRAM [ARGUMENT]...
#
# The realm AD.TEST lives in a folder of its own (REALM_DIR), its KDC on a free
# port of 127.0.0.1; both go when the program has ended.  In the folder:
#
#   dns.keytab    DNS/ns1.ad.test kvno 3, DNS/rc4.ad.test (RC4 sessions)
#   old.keytab    DNS/ns1.ad.test kvno 2
#   next.keytab   DNS/ns1.ad.test kvno 4, which the KDC does not have
#   wrong.keytab  DNS/ns1.ad.test kvno 3, another key
#   other.keytab  the same, yet another key
#   rc4.keytab    DNS/ns1.ad.test kvno 3, no AES key
#   host.keytab   host/ns1.ad.test: no key for DNS
#   weak.keytab   DNS/weak.ad.test (RC4 only, its sessions AES)
#   aes.keytab    DNS/aes.ad.test (sessions of all four AES enctypes)
#   two.keytab    DNS/aes.ad.test, then DNS/ns1.ad.test kvno 3
#   cc/PC1 cc/PC2 cc/alice   ccaches with TGTs
#
# DNS/ns2.ad.test exists in the realm and in no keytab.  Exit status: the
# program's; 77 when there is no KDC to be had.
set -euo pipefail
PATH=$PATH:/usr/sbin:/sbin

for tool in krb5kdc kdb5_util kadmin.local kinit ktutil; do
	command -v "$tool" >/dev/null && continue
	echo "with_realm.sh: SKIPPED: no $tool: apt-get install krb5-kdc krb5-admin-server krb5-user" >&2
	exit 77
done

dir=$(mktemp -d "${TMPDIR:-/tmp}/kddns-realm.XXXXXX")
kdc=
finish() {
	if [ -n "$kdc" ]; then
		kill "$kdc" 2>/dev/null || true
		wait "$kdc" 2>/dev/null || true
	fi
	rm -rf "$dir"
}
trap finish EXIT
trap 'exit 129' HUP INT TERM

die() {
	echo "with_realm.sh: $*" >&2
	tail -n 20 "$dir"/*.log >&2 || true
	exit 1
}

write_conf() { # PORT
	cat >"$dir/krb5.conf" <<-END
	[libdefaults]
	  default_realm = AD.TEST
	  dns_lookup_kdc = false
	  dns_lookup_realm = false
	  dns_canonicalize_hostname = false
	  rdns = false
	  allow_weak_crypto = false
	  allow_rc4 = true
	  permitted_enctypes = aes256-sha1 aes128-sha1 aes256-sha2 aes128-sha2 rc4
	  udp_preference_limit = 1
	[realms]
	  AD.TEST = {
	    kdc = 127.0.0.1:$1
	  }
	[domain_realm]
	  .ad.test = AD.TEST
	END
	cat >"$dir/kdc.conf" <<-END
	[kdcdefaults]
	  kdc_listen = 127.0.0.1:$1
	  kdc_tcp_listen = 127.0.0.1:$1
	[realms]
	  AD.TEST = {
	    database_name = $dir/principal
	    key_stash_file = $dir/stash
	    supported_enctypes = aes256-sha1:normal aes128-sha1:normal rc4:normal
	  }
	[logging]
	  kdc = FILE:$dir/kdc.log
	END
}

make_principals() {
	kdb5_util -r AD.TEST create -s -P throwaway >"$dir/setup.log" 2>&1
	kadmin.local -r AD.TEST >>"$dir/setup.log" 2>&1 <<-END
	addprinc -randkey DNS/ns1.ad.test
	addprinc -randkey DNS/ns2.ad.test
	addprinc -randkey DNS/rc4.ad.test
	setstr DNS/rc4.ad.test session_enctypes rc4
	addprinc -randkey -e rc4:normal DNS/weak.ad.test
	setstr DNS/weak.ad.test session_enctypes aes256-sha1
	xst -norandkey -k $dir/weak.keytab DNS/weak.ad.test
	addprinc -randkey DNS/aes.ad.test
	setstr DNS/aes.ad.test session_enctypes "aes256-sha2 aes128-sha2 aes256-sha1 aes128-sha1"
	ktadd -k $dir/aes.keytab DNS/aes.ad.test
	addprinc -randkey host/ns1.ad.test
	ktadd -k $dir/old.keytab DNS/ns1.ad.test
	ktadd -k $dir/dns.keytab DNS/ns1.ad.test DNS/rc4.ad.test
	xst -norandkey -k $dir/two.keytab DNS/aes.ad.test DNS/ns1.ad.test
	ktadd -k $dir/host.keytab host/ns1.ad.test
	addprinc -randkey PC1\$
	addprinc -randkey PC2\$
	addprinc -randkey alice
	ktadd -k $dir/clients.keytab PC1\$ PC2\$ alice
	END
	ktutil >>"$dir/setup.log" 2>&1 <<-END
	addent -password -p DNS/ns1.ad.test@AD.TEST -k 3 -e aes256-cts
	wrong
	wkt $dir/wrong.keytab
	clear_list
	addent -password -p DNS/ns1.ad.test@AD.TEST -k 3 -e aes256-cts
	other
	wkt $dir/other.keytab
	clear_list
	addent -password -p DNS/ns1.ad.test@AD.TEST -k 4 -e aes256-cts
	next
	addent -password -p DNS/ns1.ad.test@AD.TEST -k 4 -e aes128-cts
	next
	wkt $dir/next.keytab
	clear_list
	addent -password -p DNS/ns1.ad.test@AD.TEST -k 3 -e rc4-hmac
	wrong
	wkt $dir/rc4.keytab
	END
	[ -s "$dir/dns.keytab" ] && [ -s "$dir/wrong.keytab" ] &&
		[ -s "$dir/clients.keytab" ] || die "no keytabs"
}

# True once the KDC that we started answers; false when it has ended.
kdc_answers() {
	local i
	for ((i = 0; i < 100; i++)); do
		kill -0 "$kdc" 2>/dev/null || return 1
		kinit -k -t "$dir/clients.keytab" -c "FILE:$dir/cc/PC1" 'PC1$' \
			>>"$dir/setup.log" 2>&1 && return 0
		read -r -t 0.1 <> <(:) || true # the port is not open yet
	done
	return 1
}

start_kdc() {
	local try port
	for ((try = 0; try < 20; try++)); do
		port=$((20000 + RANDOM % 12000))
		write_conf "$port"
		krb5kdc -n -r AD.TEST >>"$dir/kdc.out.log" 2>&1 &
		kdc=$!
		if kdc_answers; then return; fi
		kill "$kdc" 2>/dev/null || true
		wait "$kdc" 2>/dev/null || true
	done
	die "krb5kdc did not start"
}

export REALM_DIR=$dir KRB5_CONFIG=$dir/krb5.conf KRB5_KDC_PROFILE=$dir/kdc.conf
export KRB5_KTNAME=FILE:/nonexistent KRB5CCNAME=FILE:/nonexistent
mkdir "$dir/cc"
write_conf 1
make_principals
start_kdc
for who in 'PC2$' alice; do
	kinit -k -t "$dir/clients.keytab" -c "FILE:$dir/cc/${who%\$}" "$who" \
		>>"$dir/setup.log" 2>&1 || die "no ticket for $who"
done

status=0
"$@" || status=$?
exit $status
