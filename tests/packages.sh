# shellcheck shell=bash
# What Debian packages are needed, and installing those that are missing.
# Sourced by tests/run.sh and examples/demo.sh.

build_packages=(autoconf automake gcc make pkg-config libkrb5-dev libssl-dev
	libknot-dev libjansson-dev libmicrohttpd-dev libldap-dev libsasl2-dev libcunit1-dev)

# A throw-away realm, and the clients and secondaries of the demo.
demo_packages=(krb5-kdc krb5-admin-server krb5-user bind9-dnsutils curl iproute2
	knot knot-dnsutils util-linux)

# A domain controller, and a member of its domain.
samba_packages=(samba samba-ad-provision samba-dsdb-modules samba-vfs-modules winbind)

# A directory that a daemon or a test logs in to.
directory_packages=(slapd ldap-utils libsasl2-modules-gssapi-mit openssl)

# Readers of the panel: a browser, and Prometheus (promtool, its client library).
panel_packages=(chromium chromium-driver openssl prometheus python3-prometheus-client)

test_packages=("${demo_packages[@]}" "${samba_packages[@]}" "${directory_packages[@]}" "${panel_packages[@]}" clang
	libclang-rt-14-dev bind9 bind9-utils nsd python3 python3-dnspython python3-gssapi strace xz-utils)

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
