#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Compares the tracer's trace with that of a hand-written LD_PRELOAD wrapper with static
# tracepoints.
#
#   scripts/validate_output.sh [CALLS]
#
# Traces CALLS (1000) calls of the sample with the tracer in a new session, counts the events, does
# the same with the wrapper, and compares the output of babeltrace2 without time stamps and CPU.
# Under sudo it uses the invoking user's sessions. Exit status 0: the lines are equal.
set -euo pipefail
top=$(cd "$(dirname "$0")/.." && pwd)
build=${BUILD:-$top/build}
# shellcheck source=scripts/lttng_daemon.sh
. "$top/scripts/lttng_daemon.sh"

fail() {
    echo "validate_output.sh: $*" >&2
    exit 1
}

calls=${1:-1000}
[[ $# -le 1 && $calls =~ ^[1-9][0-9]{0,8}$ ]] || fail "usage: validate_output.sh [CALLS]"
for tool in lttng lttng-sessiond babeltrace2; do
    command -v "$tool" >/dev/null || fail "$tool is missing: run scripts/setup.sh"
done
for file in bin/ptrace_tracer bin/sample_app lib/libmylib_wrapper.so; do
    [[ -e $build/$file ]] || fail "$build/$file is missing: run make"
done

sessions=()
dir=
cleanup() {
    for session in "${sessions[@]}"; do
        as_user lttng --no-sessiond destroy "$session" >/dev/null 2>&1 || true
    done
    daemon_stop
    [[ -z $dir ]] || rm -rf "$dir"
}
daemon_user
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
dir=$(as_user mktemp -d "${TMPDIR:-/tmp}/validate_output.XXXXXX")
daemon_start || fail "cannot start a session daemon (lttng-sessiond)"
# With a separate home, whose daemon is still the user's, `lttng create` does not change the user's
# current session (.lttngrc).
as_user mkdir "$dir/home"
((user_uid == 0)) || as_user ln -s "$user_rundir" "$dir/home/.lttng"

lttng_quiet() {
    as_user env LTTNG_HOME="$dir/home" lttng --no-sessiond "$@" >"$dir/lttng.log" 2>&1 ||
        fail "lttng $1: $(tail -n 1 "$dir/lttng.log")"
}

# A session in which the writer waits for space, so that no event is lost.
session_create() { # WHICH
    session=validate_output-$$-$1
    lttng_quiet create "$session" --output="$dir/$1"
    sessions+=("$session")
    lttng_quiet enable-channel -u -s "$session" --subbuf-size=1M --num-subbuf=8 \
        --blocking-timeout=2000000 lines
    lttng_quiet enable-event -u -s "$session" -c lines 'mylib:my_traced_function_*'
}

# The output of babeltrace2 without time stamps and CPU.
lines_of() { # WHICH
    babeltrace2 "$dir/$1" 2>"$dir/$1.warnings" |
        sed -E 's/^\[[^]]*\] \([^)]*\) //; s/\{ cpu_id = [0-9]+ \}, //' >"$dir/$1.txt" ||
        fail "babeltrace2 cannot read the trace of the $1: $(tail -n 1 "$dir/$1.warnings")"
    [[ ! -s $dir/$1.warnings ]] ||
        fail "trace of the $1: $(grep -m 1 . "$dir/$1.warnings")"
}

count() { # WHICH EVENT
    grep -c " mylib:my_traced_function_$2: " "$dir/$1.txt" || true
}

export LTTNG_UST_ALLOW_BLOCKING=1

session_create tracer
"$build/bin/ptrace_tracer" --session="$session" -f my_traced_function \
    "$build/bin/sample_app" "$calls" >"$dir/tracer.log" 2>&1 ||
    fail "the tracer failed: $(tail -n 1 "$dir/tracer.log")"
lttng_quiet destroy "$session"
lines_of tracer
entries=$(count tracer entry)
exits=$(count tracer exit)
[[ $entries == "$calls" && $exits == "$calls" ]] ||
    fail "the tracer's trace has $entries entries and $exits exits of $calls calls"

session_create wrapper
lttng_quiet start "$session"
as_user env LTTNG_UST_ALLOW_BLOCKING=1 LTTNG_UST_REGISTER_TIMEOUT=-1 \
    LD_PRELOAD="$build/lib/libmylib_wrapper.so" \
    "$build/bin/sample_app" "$calls" >"$dir/wrapper.log" 2>&1 ||
    fail "the wrapper failed: $(tail -n 1 "$dir/wrapper.log")"
lttng_quiet destroy "$session"
lines_of wrapper
lines=$(wc -l <"$dir/wrapper.txt")
((lines == 2 * calls)) || fail "the wrapper's trace has $lines lines, not $((2 * calls))"

if ! cmp -s "$dir/tracer.txt" "$dir/wrapper.txt"; then
    n=$(cmp "$dir/tracer.txt" "$dir/wrapper.txt" 2>&1 | sed -n 's/.*line \([0-9]*\).*/\1/p')
    fail "line ${n:=1} differs: the tracer's is '$(sed -n "${n}p" "$dir/tracer.txt")'," \
        "the wrapper's '$(sed -n "${n}p" "$dir/wrapper.txt")'"
fi
echo "validate_output.sh: $calls entries, $calls exits; all $lines lines are the wrapper's"
