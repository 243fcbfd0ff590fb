# shellcheck shell=bash
# lab.sh: a flow test goes on in namespaces of its own (mounts, network,
# processes, host name), and all that it started ends with it.  Sourced before
# anything else, by root.

if [ -z "${KDDNS_IN_LAB-}" ]; then
	if [ "$(id -u)" -ne 0 ]; then
		echo "SKIP: namespaces need root" >&2
		exit 77
	fi
	lab=(unshare --mount --net --uts --pid --fork --kill-child --mount-proc)
	if ! "${lab[@]}" true; then
		echo "SKIP: this machine lets nobody have namespaces" >&2
		exit 77
	fi
	exec env KDDNS_IN_LAB=yes PATH="/usr/sbin:/usr/bin:/sbin:/bin:$PATH" "${lab[@]}" "$0" "$@"
fi
unset KDDNS_IN_LAB
# shellcheck source=tests/flow/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

as_daemon=(setpriv --reuid=nobody --regid=nogroup --clear-groups)
chmod 755 "$dir"

# other_machine UNSHARE-OPTION...: a network of its own, and what else the
# options say; $other_pid lives there.
other_machine() {
	unshare --net "$@" sleep infinity &
	other_pid=$!
	pids+=("$other_pid")
	wait_for 20 other_has_network || fail "the other machine has no namespaces"
}
other_has_network() {
	[ "$(readlink /proc/self/ns/net)" != "$(readlink "/proc/$other_pid/ns/net")" ]
}

# Everybody may listen to port 53.
open_port_53() {
	port=53
	echo 0 >/proc/sys/net/ipv4/ip_unprivileged_port_start
}
