# shellcheck shell=bash
# What the demo needs of a shell, and the flow tests too: packages, conditions
# to wait for, free ports.

build_packages=(autoconf automake gcc make pkg-config libkrb5-dev libssl-dev
	libknot-dev libjansson-dev libmicrohttpd-dev libldap-dev libsasl2-dev libcunit1-dev)

# A throw-away realm and directory, a client, and a secondary.
demo_packages=(krb5-kdc krb5-admin-server krb5-user slapd ldap-utils libsasl2-modules-gssapi-mit
	bind9-dnsutils curl iproute2 knot knot-dnsutils util-linux)

# install_missing PACKAGE...: quiet when all are there; starts no services.
install_missing() {
	local p missing=() policy=/usr/sbin/policy-rc.d made_policy=
	for p in "$@"; do
		dpkg-query -W -f '${Status}' "$p" 2>/dev/null |
			grep -q '^install ok installed$' || missing+=("$p")
	done
	[ ${#missing[@]} -gt 0 ] || return 0
	if [ "$(id -u)" -ne 0 ]; then
		echo "$0: missing packages: apt-get install ${missing[*]}" >&2
		return 1
	fi
	echo "installing: ${missing[*]}"
	if [ ! -e $policy ]; then
		printf '#!/bin/sh\nexit 101\n' >$policy
		chmod 755 $policy
		made_policy=yes
	fi
	local log status=0
	log=$(mktemp)
	{
		apt-get update -qq &&
			DEBIAN_FRONTEND=noninteractive apt-get install -y -qq \
				--no-install-recommends "${missing[@]}"
	} >"$log" 2>&1 || status=$?
	if [ -n "$made_policy" ]; then rm -f $policy; fi
	[ $status -eq 0 ] || { tail -n 20 "$log" >&2; echo "$0: apt-get failed" >&2; }
	rm -f "$log"
	return $status
}

# wait_for SECONDS COMMAND...: until the command succeeds; 1 if it never does.
# Where $patience is set, so many times longer.
wait_for() {
	local end=$((SECONDS + $1 * ${patience-1}))
	shift
	until "$@" >/dev/null 2>&1; do
		[ $SECONDS -lt $end ] || return 1
		sleep 0.05
	done
}

# free_port VARIABLE: a port that nobody has, for UDP and TCP.
used_ports=" "
free_port() {
	local p
	for _ in $(seq 200); do
		p=$((20000 + RANDOM % 12000))
		case $used_ports in *" $p "*) continue ;; esac
		if ! ss -Hlnut "sport = :$p" | grep -q .; then
			used_ports+="$p "
			printf -v "$1" %s "$p"
			return
		fi
	done
	echo "$0: no free port" >&2
	exit 1
}

# listening PORT: somebody does, by TCP.
listening() { ss -Hlnt "sport = :$1" | grep -q .; }
