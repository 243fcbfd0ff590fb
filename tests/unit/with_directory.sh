#!/usr/bin/env bash
# with_directory.sh: runs a test program that starts directory servers.
#
#   with_realm.sh with_directory.sh PROGRAM [ARGUMENT]...
#
# In the folder DIRECTORY_DIR:
#
#   one.conf two.conf   slapd's configuration, for dc=ad,dc=test; the data of
#                       both are the same and are in one/ and two/
#   ports               four free ports: ldap and ldaps of one, of two
#   ca.pem other-ca.pem certificates of ours, and of somebody else
#   ldap.keytab         ldap/localhost, for slapd
#   login.keytab        DNS/ns1.ad.test and NS1$, which may log in
#   password            of cn=admin,dc=ad,dc=test
#
# Servers that the program leaves behind end with it.  Exit status: the
# program's; 77 when there is no slapd to be had.
set -euo pipefail
PATH=$PATH:/usr/sbin:/sbin

for tool in slapd slapadd openssl; do
	command -v "$tool" >/dev/null && continue
	echo "with_directory.sh: SKIPPED: no $tool: apt-get install slapd openssl" >&2
	exit 77
done
if ! compgen -G '/usr/lib/*/sasl2/libgssapiv2.so*' >/dev/null; then
	echo "with_directory.sh: SKIPPED: apt-get install libsasl2-modules-gssapi-mit" >&2
	exit 77
fi

srcdir=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
# shellcheck source=tests/directory.sh
. "$srcdir/tests/directory.sh"
dir=$(mktemp -d "${TMPDIR:-/tmp}/kddns-directory.XXXXXX")
finish() {
	local pid
	for pid in "$dir"/*.pid; do
		[ -s "$pid" ] && kill -9 "$(cat "$pid")" 2>/dev/null || true
	done
	rm -rf "$dir"
}
trap finish EXIT
trap 'exit 129' HUP INT TERM

quietly() {
	"$@" >"$dir/setup.log" 2>&1 || { cat "$dir/setup.log" >&2; exit 1; }
}

make_ca() { # FILE
	quietly openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 \
		-subj "/CN=CA of $1" -keyout "$dir/$1.key" -out "$dir/$1.pem"
}
# libldap takes "localhost" for the name of this machine.
make_certificate() { # FILE HOST...
	local host names=
	for host in "${@:2}"; do names+=,DNS:$host; done
	quietly openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
		-subj "/CN=$2" -keyout "$dir/$1.key" -out "$dir/$1.csr"
	echo "subjectAltName=${names#,}" >"$dir/$1.ext"
	quietly openssl x509 -req -days 2 -in "$dir/$1.csr" -CA "$dir/ca.pem" -CAkey "$dir/ca.key" \
		-CAcreateserial -extfile "$dir/$1.ext" -out "$dir/$1.pem"
}

make_keytabs() {
	quietly kadmin.local -r AD.TEST <<-END
	addprinc -randkey ldap/localhost
	ktadd -k $dir/ldap.keytab ldap/localhost
	addprinc -randkey NS1\$
	ktadd -norandkey -k $dir/login.keytab DNS/ns1.ad.test
	ktadd -k $dir/login.keytab NS1\$
	END
}

write_conf() { # NAME CERTIFICATE
	mkdir "$dir/$1"
	cat >"$dir/$1.conf" <<-END
	include /etc/ldap/schema/core.schema
	include $srcdir/ldap/kddns.schema
	include $dir/test.schema
	pidfile $dir/$1.pid
	modulepath /usr/lib/ldap
	moduleload back_mdb
	moduleload syncprov
	moduleload memberof
	sizelimit unlimited
	TLSCACertificateFile $dir/ca.pem
	TLSCertificateFile $dir/$2.pem
	TLSCertificateKeyFile $dir/$2.key
	sasl-host localhost
	sasl-realm AD.TEST
	# Rules are for those who have logged in.
	access to dn.subtree="ou=kddns,dc=ad,dc=test" by users read by * none
	access to * by * read
	database mdb
	suffix dc=ad,dc=test
	rootdn cn=admin,dc=ad,dc=test
	rootpw secret
	directory $dir/$1
	maxsize 268435456
	dbnosync
	index objectClass,entryCSN,entryUUID eq
	overlay memberof
	memberof-group-oc groupOfNames
	overlay syncprov
	END
	quietly slapadd -q -f "$dir/$1.conf" -l "$dir/data.ldif"
}

free_ports() {
	local port found=()
	while [ ${#found[@]} -lt 4 ]; do
		port=$((20000 + RANDOM % 12000))
		if ! (: <>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then found+=("$port"); fi
	done
	echo "${found[@]}"
}

export DIRECTORY_DIR=$dir
make_ca ca
make_ca other-ca
make_certificate server localhost "$(hostname)" "$(hostname -f || hostname)"
make_certificate stranger stranger.test
make_keytabs
directory_schema >"$dir/test.schema"
directory_data dc=ad,dc=test >"$dir/data.ldif"
write_conf one server
write_conf two stranger
free_ports >"$dir/ports"
(umask 077 && echo secret >"$dir/password")

status=0
"$@" || status=$?
exit $status
