#!/usr/bin/env bash
# large_directory.sh: what a directory with many rules and computers costs.
#
#   tests/bench/large_directory.sh                   the table, three sizes
#   tests/bench/large_directory.sh RULES COMPUTERS   its line for one
#
# A slapd with that many entries, filled by slapadd -q; kddnsd with the rules of
# the directory and ldap-self for computers.  KDDNS_BUILDDIR is the build to
# measure (default build/gcc), an optimised one; ROUNDS (5) is how many starts
# are looked at, and PRINCIPALS (5,000) how many computers are asked for.
set -euo pipefail
if [ $# -eq 0 ]; then
	echo "| rules | computers | slapadd s | rules live, ms | memory, MB | a rule takes effect, ms | facts of a principal, ms p50 / p99 | memory each, octets |"
	echo "|---|---|---|---|---|---|---|---|"
	for size in "100 1000" "1000 10000" "10000 100000"; do
		# shellcheck disable=SC2086
		"$0" $size
	done
	exit
fi
# shellcheck source=tests/flow/lib.sh
. "$(dirname "$0")/../flow/lib.sh"
# shellcheck source=tests/directory.sh
. "$srcdir/tests/directory.sh"
directory_many "$suffix" $realm $zone "$1" "$2" >"$dir/many.ldif"
ldif_more=$dir/many.ldif start_directory
write_conf "user \"$(id -un)\"; log-level notice;" <<END
ldap { $ldap };
zone "$zone" {
    file "$zone.zone";
    soa { mname $ns; rname hostmaster.$zone; };
    policy-source { file; ldap; };
    update-policy { grant $realm ldap-self . TXT; };
};
END
begin=()
for _ in $(seq "${ROUNDS:-5}"); do
	[ ${#begin[@]} -eq 0 ] || stop_kddnsd
	start_kddnsd
	tell "$srcdir/tests/flow/a_large_directory_is_followed.py" live "$1" >"$dir/live"
	begin+=("$(cat "$dir/live")")
done
FLOW_EDIT="ldapmodify -x -H ldap://127.0.0.1:$ldap_port -D cn=admin,$suffix -w secret" \
	tell "$srcdir/tests/flow/a_large_directory_is_followed.py" figures "$1" "$2" "$suffix" \
	"${PRINCIPALS:-5000}" "$slapadd_ms" "${begin[@]}"
stop_kddnsd
