#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# armed.sh: the cost of a call when 1, 100 and 10,000 functions are armed, of which one is called.
# See measure.sh for ROUNDS= and BUILD=.
. "$(dirname "$0")/measure.sh"

counts=(1 100 10000)
declare -A patterns=([1]=many_00000 [100]='many_000[0-9]{2}' [10000]='many_.*')

bench_begin
for ((round = 1; round <= rounds; round++)); do
    for n in "${counts[@]}"; do
        progress "round $round of $rounds: $n functions"
        ns=$("$tracer" --print=/dev/null -f "${patterns[$n]}" "$bin/caller_many" 20000 2>"$work/said") ||
            fail "the tracer failed: $(cat "$work/said")"
        grep -q "^ptrace_tracer: $n functions\? armed" "$work/said" || fail "$(cat "$work/said")"
        sample "$n" ns "$ns"
    done
done

one=$(median 1 ns)
printf '%-50s %10s %10s\n' 'one call, by the number of armed functions' 'ns' 'x one'
for n in "${counts[@]}"; do
    ns=$(median "$n" ns)
    printf '%-50s %10.0f %10s\n' "$n" "$ns" "$(ratio "$ns" "$one")"
done
