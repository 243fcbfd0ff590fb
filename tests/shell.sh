# shellcheck shell=bash
# What the flow tests and the demo need of a shell.

# wait_for SECONDS COMMAND...: until the command succeeds; 1 if it never does.
wait_for() {
	local end=$((SECONDS + $1))
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
