#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# threads.sh: the cost of a call when 1, 2, 4 and 8 threads only call, all at once: the time divided
# by the calls of all. Below 1.00 of one thread's, more is done in the same time. Also prints the
# cost of two bare ptrace stops, with one tracer thread for each thread of a program. See measure.sh
# for ROUNDS= and BUILD=.
. "$(dirname "$0")/measure.sh"

counts=(1 2 4 8)

bench_begin
for ((round = 1; round <= rounds; round++)); do
    for n in "${counts[@]}"; do
        progress "round $round of $rounds: $n threads"
        ns=$("$tracer" -q --print=/dev/null -f my_traced_function "$bin/caller" $((60000 / n)) "$n") ||
            fail "the tracer failed"
        sample "$n" ns "$ns"
        ns=$("$bin/bare_threads" "$n" $((60000 / n))) || fail "bare_threads has failed"
        sample "$n" 'bare ns' $((2 * ns))
    done
done

one=$(median 1 ns) bare_one=$(median 1 'bare ns')
printf '%-50s %10s %10s %14s %10s\n' 'one call, by the number of calling threads' 'ns' 'x one' 'two bare stops' 'x one'
for n in "${counts[@]}"; do
    ns=$(median "$n" ns) bare=$(median "$n" 'bare ns')
    printf '%-50s %10.0f %10s %14.0f %10s\n' "$n" "$ns" "$(ratio "$ns" "$one")" "$bare" "$(ratio "$bare" "$bare_one")"
done
