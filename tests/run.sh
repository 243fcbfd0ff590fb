#!/usr/bin/env bash
# run.sh: builds kddns in every flavour and runs all its tests.
#
#   tests/run.sh [--long] [--only FLAVOUR[,FLAVOUR]] [--flow NAME]...
#
#   --long        the long soaks too
#   --only        gcc, clang, asan, tsan, dist (default: all)
#   --flow NAME   of the flow tests only these; no unit tests
#
# Run as root it installs what is missing, and runs the tests as nobody, but for
# flow tests with the line "# needs: root", which anybody else skips.
# Screenshots of the panel are kept in build/screenshots.
# The last line is "N passed, M failed, K skipped"; exit status 0 only if
# something passed and nothing failed.
set -euo pipefail

top=$(cd "$(dirname "$0")/.." && pwd)
# shellcheck source=tests/packages.sh
. "$top/tests/packages.sh"
build=${KDDNS_BUILD:-$top/build}
jobs=$(nproc)
only=gcc,clang,asan,tsan,dist
flows=()
flow_limit=1800 # seconds for one flow test
export KDDNS_LONG=
while [ $# -gt 0 ]; do
	case $1 in
	--long) KDDNS_LONG=yes flow_limit=3600 ;;
	--only) only=$2 && shift ;;
	--flow) flows+=("$2") && shift ;;
	-h | --help) sed -n '2,14s/^# \{0,1\}//p' "$0" && exit 0 ;;
	*) echo "run.sh: $1: unknown option" >&2 && exit 2 ;;
	esac
	shift
done

passed=0 failed=0 skipped=0
work=$(mktemp -d "${TMPDIR:-/tmp}/kddns-tests.XXXXXX")
chmod 755 "$work"
trap 'rm -rf "$work"' EXIT

# as_user COMMAND...: as nobody if we are root.
as_user() {
	if [ "$(id -u)" -eq 0 ]; then
		setpriv --reuid=nobody --regid=nogroup --clear-groups \
			--inh-caps=-all env HOME="$work/home" \
			TMPDIR="$work/tmp" "$@"
	else
		TMPDIR="$work/tmp" "$@"
	fi
}

result() { # pass|fail|skip NAME [LOG]
	case $1 in
	pass) passed=$((passed + 1)) ;;
	fail) failed=$((failed + 1)) && [ -z "${3-}" ] || tail -n 60 "$3" | sed 's/^/    /' ;;
	skip) skipped=$((skipped + 1)) && [ -z "${3-}" ] || tail -n 3 "$3" | sed 's/^/    /' ;;
	esac
	printf '%-4s  %s\n' "$1" "$2"
}

configure() { # FLAVOUR OPTION...
	local flavour=$1 log=$work/$1.build.log
	shift
	mkdir -p "$build/$flavour"
	if (cd "$build/$flavour" && "$top/configure" -q --enable-werror "$@") >"$log" 2>&1 &&
		make -C "$build/$flavour" -j"$jobs" all >>"$log" 2>&1 &&
		make -C "$build/$flavour" -j"$jobs" tests/bench/bench_tkey >>"$log" 2>&1; then
		result pass "$flavour: builds without warnings"
	else
		result fail "$flavour: builds without warnings" "$log"
		return 1
	fi
}

# Unit tests and fuzz corpora: each program says how many cases it ran.
units() { # FLAVOUR
	local flavour=$1 log=$work/$1.check.log program base line
	if ! make -C "$build/$flavour" -j"$jobs" check TESTS= >"$log" 2>&1; then
		result fail "$flavour: tests build" "$log"
		return
	fi
	for program in $(make -s -C "$build/$flavour" print-tests); do
		base=$(basename "$program")
		log=$work/$flavour.$base.log
		local status=0
		(cd "$build/$flavour" && KDDNS_SRCDIR=$top as_user timeout 1800 \
			"$(runner "$program")" "./$program") >"$log" 2>&1 </dev/null || status=$?
		line=$(grep -Eo '[0-9]+ passed, [0-9]+ failed' "$log" | tail -n 1) || true
		if [ $status -eq 77 ]; then
			result skip "$flavour: $base" "$log"
		elif [ $status -eq 0 ] && [ -n "$line" ] && [ "${line%% *}" -gt 0 ]; then
			passed=$((passed + ${line%% *} - 1))
			result pass "$flavour: $base ($line)"
		else
			result fail "$flavour: $base (status $status)" "$log"
		fi
	done
}

# Tests that need a realm of their own run inside one.
runner() {
	case $1 in
	*test_gss* | *test_tsig*) echo "$top/tests/unit/with_realm.sh" ;;
	*) echo env ;;
	esac
}

# as_root COMMAND...: 77, and why, if we are not root.
as_root() {
	if [ "$(id -u)" -ne 0 ]; then
		echo "needs root"
		return 77
	fi
	HOME="$work/home" TMPDIR="$work/tmp" "$@"
}

needs_root() { grep -q '^# needs: root$' "$top/tests/flow/$1"; }

flow_tests() { # FLAVOUR [NAME...]
	local flavour=$1 name log status who
	shift
	for name in "$@"; do
		log=$work/$flavour.flow.$name.log
		status=0
		if needs_root "$name"; then who=as_root; else who=as_user; fi
		KDDNS_BUILDDIR=$build/$flavour KDDNS_SRCDIR=$top KDDNS_ARTEFACTS=$build/screenshots \
			$who timeout "$flow_limit" "$top/tests/flow/$name" >"$log" 2>&1 </dev/null || status=$?
		case $status in
		0) result pass "$flavour: $name" ;;
		77) result skip "$flavour: $name" "$log" ;;
		*) result fail "$flavour: $name (status $status)" "$log" ;;
		esac
	done
}

all_flows() {
	(cd "$top/tests/flow" && find . -maxdepth 1 -type f -perm -u+x -printf '%f\n' | sort)
}

wants() { case ,$only, in *,$1,*) return 0 ;; *) return 1 ;; esac; }

install_missing "${build_packages[@]}" "${test_packages[@]}"
mkdir -p "$work/home" "$work/tmp" "$build/screenshots"
if [ "$(id -u)" -eq 0 ]; then chown nobody:nogroup "$work/home" "$work/tmp" "$build/screenshots"; fi
"$top/bootstrap" >"$work/bootstrap.log" 2>&1 ||
	{ cat "$work/bootstrap.log" >&2; exit 1; }

if [ ${#flows[@]} -gt 0 ]; then
	for flavour in ${only//,/ }; do
		case $flavour in
		gcc) configure gcc CC=gcc && flow_tests gcc "${flows[@]}" ;;
		asan) configure asan CC=gcc CFLAGS='-O1 -g' --enable-sanitizers && flow_tests asan "${flows[@]}" ;;
		tsan) configure tsan CC=gcc CFLAGS='-O1 -g' --enable-sanitizers=thread && flow_tests tsan "${flows[@]}" ;;
		esac
	done
else
	if wants gcc && configure gcc CC=gcc; then
		units gcc
		# shellcheck disable=SC2046
		flow_tests gcc $(all_flows)
	fi
	if wants clang && configure clang CC=clang; then units clang; fi
	if wants asan && configure asan CC=gcc CFLAGS='-O1 -g' --enable-sanitizers; then
		units asan
		# shellcheck disable=SC2046
		KDDNS_SLOW_BUILD=yes flow_tests asan $(all_flows)
	fi
	if wants tsan && configure tsan CC=gcc CFLAGS='-O1 -g' --enable-sanitizers=thread; then
		units tsan
		KDDNS_SLOW_BUILD=yes flow_tests tsan a_storm_of_clients_is_served reload_keeps_serving
	fi
	if wants dist; then
		log=$work/dist.log
		mkdir -p "$build/dist"
		if (cd "$build/dist" && "$top/configure" -q && make -j"$jobs" distcheck \
			DISTCHECK_CONFIGURE_FLAGS=-q TESTS=) >"$log" 2>&1 </dev/null; then
			result pass "dist: the tarball builds, installs and uninstalls"
		else
			result fail "dist: the tarball builds, installs and uninstalls" "$log"
		fi
	fi
fi

echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
