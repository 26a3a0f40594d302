#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# How far the times of `report` are from those of the untraced program, raw and net of what tracing
# cost: functions that count to a number, called from one that does the same (bench/busy.c).
# Likewise where jumps serve nearly all calls (--in-process), with shorter functions. Then the times on
# a CPU: these functions do not wait.
. "$(dirname "$0")/measure.sh"

counts=(25000 100000 400000 1000000)
jump_counts=(2500 10000 25000 100000)
jump_rounds=5000

# As `name total self` in nanoseconds, medians of calls: what takes longer than others, because
# other programs ran meanwhile, does not matter. pass() calls 20 times leaf().
reported()
{
    "$tracer" report -q --format=csv "$@" "$work/trace" | awk -F, '
        sub(/^busy:/, "", $NF) { p50[$NF] = $5 }
        END {
            print "leaf", p50["leaf"], p50["leaf"]
            print "long_leaf", p50["long_leaf"], p50["long_leaf"]
            print "pass", p50["pass"], p50["pass"] - 20 * p50["leaf"]
        }'
}

# How long calls were on a CPU, in the mean: as `name total total`.
on_cpu()
{
    "$tracer" report -q --format=csv "$@" "$work/trace" | awk -F, '
        sub(/^busy:/, "", $NF) && $1 { print $NF, $8 / $1, $8 / $1 }'
}

# parts CASE: a sample for each function from lines `name total self`.
parts()
{
    local name total self
    while read -r name total self; do
        sample "$1 $name total" ns "$total"
        sample "$1 $name self" ns "$self"
    done
}

bench_begin
bench_lttng || { skipped net 'no session daemon'; skipped_rows; exit 0; }
for ((round = 1; round <= rounds; round++)); do
    for count in "${counts[@]}"; do
        progress "round $round of $rounds: $count"
        "$bin/busy" 500 "$count" | parts "$count true"
        rm -rf "$work/trace"
        "$tracer" -q -o "$work/trace" -f 'pass|leaf|long_leaf' "$bin/busy" 500 "$count" >/dev/null ||
            fail "the tracer failed"
        reported --raw | parts "$count raw"
        reported | parts "$count net"
        rm -rf "$work/trace"
        "$tracer" -q -o "$work/trace" --with=cpu -f 'pass|leaf|long_leaf' "$bin/busy" 500 "$count" >/dev/null ||
            fail "the tracer failed"
        on_cpu --raw | parts "$count cpu raw"
        on_cpu | parts "$count cpu net"
    done
    for count in "${jump_counts[@]}"; do
        progress "round $round of $rounds: $count, by jumps"
        "$bin/busy" $jump_rounds "$count" | parts "$count by_jump true"
        rm -rf "$work/trace"
        "$tracer" -q --in-process -o "$work/trace" -f 'pass|leaf|long_leaf' "$bin/busy" $jump_rounds "$count" >/dev/null ||
            fail "the tracer failed"
        reported --raw | parts "$count by_jump raw"
        reported | parts "$count by_jump net"
    done
done

# times_of COUNT WAY: rows of the table.
times_of()
{
    local what true
    for what in 'leaf self' 'pass self' 'pass total' 'long_leaf self'; do
        true=$(median "$1$2 true $what" ns)
        printf '%-34s %12.0f %8s %8s\n' "counting to $1: $what" "$true" \
            "$(ratio "$(median "$1$2 raw $what" ns)" "$true")" \
            "$(ratio "$(median "$1$2 net $what" ns)" "$true")"
    done
}

printf '%-34s %12s %8s %8s\n' 'time of a call' 'true, ns' 'raw' 'net'
for count in "${counts[@]}"; do
    times_of "$count" ''
done
printf '\n%-34s %12s %8s %8s\n' 'by jumps' 'true, ns' 'raw' 'net'
for count in "${jump_counts[@]}"; do
    times_of "$count" ' by_jump'
done

printf '\n%-34s %12s %8s %8s\n' 'of it on a CPU' 'true, ns' 'raw' 'net'
for count in "${counts[@]}"; do
    for what in 'leaf total' 'pass total' 'long_leaf total'; do
        true=$(median "$count true $what" ns)
        printf '%-34s %12.0f %8s %8s\n' "counting to $count: ${what% *}" "$true" \
            "$(ratio "$(median "$count cpu raw $what" ns)" "$true")" \
            "$(ratio "$(median "$count cpu net $what" ns)" "$true")"
    done
done
