#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# call_sites.sh: the cost of a call when a function is called from 1, 10 and 100 places in turn. See
# measure.sh for ROUNDS= and BUILD=.
. "$(dirname "$0")/measure.sh"

counts=(1 10 100)

bench_begin
for ((round = 1; round <= rounds; round++)); do
    for n in "${counts[@]}"; do
        progress "round $round of $rounds: $n call sites"
        ns=$("$tracer" -q --print=/dev/null -f my_traced_function "$bin/caller" 20000 1 "$n") ||
            fail "the tracer failed"
        sample "$n" ns "$ns"
    done
done

one=$(median 1 ns)
printf '%-50s %10s %10s\n' 'one call, by the number of places it comes from' 'ns' 'x one'
for n in "${counts[@]}"; do
    ns=$(median "$n" ns)
    printf '%-50s %10.0f %10s\n' "$n" "$ns" "$(ratio "$ns" "$one")"
done
