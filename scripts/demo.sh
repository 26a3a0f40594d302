#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Installs missing packages, builds, traces the sample, shows the result, and leaves only the build
# behind.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/lttng_daemon.sh
. scripts/lttng_daemon.sh

fail() {
    echo "demo.sh: $*" >&2
    exit 1
}

# Prints a command as a user types it, then runs it.
show() {
    printf '\n$ %s\n' "$*"
    "$@"
}

scripts/setup.sh --build || exit 1

dir=
cleanup() {
    daemon_stop
    [[ -z $dir ]] || rm -rf "$dir"
}
daemon_user
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
dir=$(as_user mktemp -d "${TMPDIR:-/tmp}/ptrace_tracer-demo.XXXXXX")

echo 'demo.sh: building'
make -j"$(nproc)" >"$dir/make.log" 2>&1 || { tail -n 20 "$dir/make.log" >&2; fail "the build failed"; }
daemon_start || fail "cannot start a session daemon (lttng-sessiond)"

calls=1000
show build/bin/ptrace_tracer --output="$dir/trace" --function=my_traced_function \
    build/bin/sample_app $calls || fail "the tracer failed"

printf '\n$ babeltrace2 %s | head -n 6\n' "$dir/trace"
babeltrace2 "$dir/trace" >"$dir/text" 2>"$dir/warnings" ||
    fail "babeltrace2 cannot read the trace: $(tail -n 1 "$dir/warnings")"
cat "$dir/warnings" >&2
head -n 6 "$dir/text"

echo
status=0
for event in my_traced_function_entry my_traced_function_exit; do
    n=$(grep -c " mylib:$event: " "$dir/text" || true)
    printf '%6d  mylib:%s\n' "$n" "$event"
    ((n == calls)) || status=1
done
((status == 0)) || fail "there should be $calls of each"
