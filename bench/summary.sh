#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# What a hit costs the tracer with --summary, beside --print to /dev/null: CPU time of tracer and
# program, and time of a call, with stops; and CPU time with jumps in the program, at a rate at which
# no hit is dropped.
. "$(dirname "$0")/measure.sh"

calls=${CALLS:-50000}

# measured NAME OPTION...
measured()
{
    local case=$1 cpu
    shift
    # Of the tracer and the program, whose own is the same in all cases.
    TIMEFORMAT='%U %S'
    cpu=$({ time "$tracer" -q "$@" -f my_traced_function "$bin/caller" "$calls" \
        >"$work/call_ns" 2>/dev/null; } 2>&1) || fail "$case: the tracer has failed"
    sample "$case" ns "$(cat "$work/call_ns")"
    sample "$case" cpu "$(awk -v n="$calls" '{ printf "%.0f", ($1 + $2) * 1e9 / n }' <<<"$cpu")"
}

# The same of calls at a given rate, of which the program does as much in both cases.
rated()
{
    local case=$1 cpu rate=${RATE:-300000} ran
    shift
    TIMEFORMAT='%U %S'
    cpu=$({ time "$tracer" -q "$@" --in-process -f my_traced_function "$bin/rate" "$rate" 1 </dev/null \
        >"$work/end" 2>/dev/null; } 2>&1) || fail "$case: the tracer has failed"
    ran=$(awk '/^end/ { print $2 }' "$work/end")
    sample "$case" cpu "$(awk -v n="$ran" '{ printf "%.0f", ($1 + $2) * 1e9 / n }' <<<"$cpu")"
}

bench_begin
for ((round = 1; round <= rounds; round++)); do
    progress "round $round of $rounds"
    measured 'summary' --summary
    measured 'print' --print=/dev/null
    rated 'summary, in-process' --summary
    rated 'print, in-process' --print=/dev/null
done

printf '%-24s %12s %12s\n' 'one call, entry and return' 'ns' 'CPU ns'
for case in summary print; do
    printf '%-24s %12.0f %12.0f\n' "$case" "$(median "$case" ns)" "$(median "$case" cpu)"
done
for case in 'summary, in-process' 'print, in-process'; do
    printf '%-24s %12s %12.0f\n' "$case" - "$(median "$case" cpu)"
done
