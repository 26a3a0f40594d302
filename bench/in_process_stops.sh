#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# in_process_stops.sh: how long a program is stopped while jumps are planted in it, in programs of 1,
# 8 and 1,000 threads of which one calls a new function every 10 ms (bench/gaps.c): the longest of
# these changes and their mean, as the tracer measures them; the longest time for which the calling
# thread was stopped, and the most in a second, as the program sees it: its stops at breakpoints and
# the tracer's reading of files are in these, too, and the tracer's waiting for a CPU. See
# measure.sh for ROUNDS= and BUILD=.
. "$(dirname "$0")/measure.sh"

counts=(1 8 1000)
rows=('longest change, ms' 'mean change, ms' 'changes' 'jumps' 'longest stop, ms' 'stopped in a second, ms')

# run CASE THREADS OPTION...
run()
{
    local case=$1 threads=$2 longest second jumps changes total most
    shift 2
    "$tracer" -q --stats --print=/dev/null -f 'many_00.*' "$@" -- "$bin/gaps" "$bin/libmany.so" "$threads" 5 \
        >"$work/out" 2>"$work/err" || fail "it failed: $(cat "$work/err")"
    read -r _ longest _ second _ <"$work/out"
    sample "$case" 'longest stop, ms' "$(ratio "$longest" 1000)"
    sample "$case" 'stopped in a second, ms' "$(ratio "$second" 1000)"
    read -r jumps changes total most < <(sed -nE 's/.* jumps ([0-9]+), .* changes ([0-9]+) in ([0-9]+) us, the longest ([0-9]+) us.*/\1 \2 \3 \4/p' "$work/err")
    [[ -n ${most:-} ]] || return 0
    sample "$case" 'longest change, ms' "$(ratio "$most" 1000)"
    sample "$case" 'mean change, ms' "$(ratio "$total" $((changes * 1000)))"
    sample "$case" 'changes' "$changes"
    sample "$case" 'jumps' "$jumps"
}

bench_begin
[[ -x $bin/bursts_x86_64 ]] || { echo "in_process_stops: no jumps on this architecture"; exit 0; }
for ((round = 1; round <= rounds; round++)); do
    for n in "${counts[@]}"; do
        progress "round $round of $rounds: $n threads"
        run "$n" "$n" --in-process
        run "$n, no jumps" "$n"
    done
done

printf '%-30s' 'changes of jumps, by threads'
for n in "${counts[@]}"; do
    printf ' %10s %10s' "$n" 'no jumps'
done
echo
for row in "${rows[@]}"; do
    printf '%-30s' "$row"
    for n in "${counts[@]}"; do
        with=$(median "$n" "$row") without=$(median "$n, no jumps" "$row")
        printf ' %10s %10s' "${with:--}" "${without:--}"
    done
    echo
done
echo '  the bars: a change < 2 ms, of 1,000 threads < 60 ms; 20 ms in a second'
