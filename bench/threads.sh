#!/usr/bin/env bash
# threads.sh: what a call costs when 1, 2, 4 and 8 threads do nothing but call, all at once: the time
# of all, divided by the calls of all. Below 1.00 of one thread's more is done in the same time.
# See measure.sh for ROUNDS= and BUILD=.
. "$(dirname "$0")/measure.sh"

counts=(1 2 4 8)

bench_begin
for ((round = 1; round <= rounds; round++)); do
    for n in "${counts[@]}"; do
        progress "round $round of $rounds: $n threads"
        ns=$("$tracer" -q --print=/dev/null -f my_traced_function "$bin/caller" $((20000 / n)) "$n") ||
            fail "the tracer failed"
        sample "$n" ns "$ns"
    done
done

one=$(median 1 ns)
printf '%-50s %10s %10s\n' 'one call, by the number of calling threads' 'ns' 'x one'
for n in "${counts[@]}"; do
    ns=$(median "$n" ns)
    printf '%-50s %10.0f %10s\n' "$n" "$ns" "$(ratio "$ns" "$one")"
done
