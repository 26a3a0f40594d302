#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# idle.sh: the cost of tracing for a program that computes and calls none of the 1000 armed
# functions: CPU time of the same work untraced, traced, and after the detach. All three should be
# equal. See measure.sh for ROUNDS= and BUILD=.
. "$(dirname "$0")/measure.sh"

mkfifo "$work/in" "$work/out"
"$bin/spin" "$bin/libmany.so" <"$work/in" >"$work/out" &
target=$!
started+=("$target")
exec 7>"$work/in" 8<"$work/out"

work_once() # CASE
{
    local ns
    echo go >&7
    read -r ns <&8 || fail "the program has ended"
    sample "$1" ns "$ns"
}

# The first breakpoint in a page makes a private copy of the page. The process is stopped until the
# last one is there.
has_breakpoints()
{
    awk '/libmany/ {ours = $2 ~ /x/} ours && /^Private_Dirty:/ && $2 > 0 {found = 1} END {exit !found}' \
        "/proc/$target/smaps"
}

bench_begin
work_once warm-up
for ((round = 1; round <= rounds; round++)); do
    progress "round $round of $rounds"
    work_once 'not traced'
    "$tracer" -q --print=/dev/null -f 'many_00.*' "$target" 7>&- 8<&- &
    pid=$!
    started+=("$pid")
    wait_for 10 has_breakpoints || fail "the tracer does not attach"
    work_once 'traced, 1000 functions armed'
    kill -TERM "$pid"
    wait "$pid"
    work_once 'after it was let go'
done
exec 7>&-
wait "$target"

one=$(median 'not traced' ns)
printf '%-50s %10s %10s\n' 'a program that calls none of what is armed' 'ms' 'x'
for c in 'not traced' 'traced, 1000 functions armed' 'after it was let go'; do
    ns=$(median "$c" ns)
    printf '%-50s %10.1f %10s\n' "$c" "$(ratio "$ns" 1000000)" "$(awk -v a="$ns" -v b="$one" 'BEGIN {printf "%.3f", a / b}')"
done
