# shellcheck shell=bash
# What Debian packages the tests need, beside those of the demo.
# shellcheck source=examples/shell.sh
. "$(dirname "${BASH_SOURCE[0]}")/../examples/shell.sh"

# A domain controller, and a member of its domain.
samba_packages=(samba samba-ad-provision samba-dsdb-modules samba-vfs-modules winbind)

# DHCP servers that enter their clients, and a client.
dhcp_packages=(isc-dhcp-server isc-dhcp-client kea-dhcp4-server kea-dhcp-ddns-server)

# Readers of the panel: a browser, and Prometheus (promtool, its client library).
panel_packages=(chromium chromium-driver openssl prometheus python3-prometheus-client)

test_packages=("${demo_packages[@]}" "${samba_packages[@]}" "${dhcp_packages[@]}" "${panel_packages[@]}" clang
	libclang-rt-14-dev bind9 bind9-utils nsd python3 python3-dnspython python3-gssapi strace xz-utils)
