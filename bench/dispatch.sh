#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# dispatch.sh: the cost of a call when untraced functions are called from the same place: the loop
# of an interpreter, virtual functions. See measure.sh for ROUNDS= and BUILD=.
. "$(dirname "$0")/measure.sh"

one_in=(1 2 10 100 1000)

bench_begin
for ((round = 1; round <= rounds; round++)); do
    for n in "${one_in[@]}"; do
        progress "round $round of $rounds: one call in $n is traced"
        ns=$("$tracer" -q --print=/dev/null -f my_traced_function "$bin/dispatch" 5000 "$n") ||
            fail "the tracer failed"
        sample "$n" ns "$ns"
    done
done

one=$(median 1 ns)
printf '%-50s %10s %10s\n' 'one call, when it is one in N from its place' 'ns' 'x one'
for n in "${one_in[@]}"; do
    ns=$(median "$n" ns)
    printf '%-50s %10.0f %10s\n' "$n" "$ns" "$(ratio "$ns" "$one")"
done
