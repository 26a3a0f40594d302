#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# requests.sh: the cost of each request in addition to a bare ptrace stop: which kinds are cheap,
# and what a hit costs above the minimum. See measure.sh for ROUNDS= and BUILD=.
. "$(dirname "$0")/measure.sh"

bench_begin
for ((round = 1; round <= rounds; round++)); do
    progress "round $round of $rounds"
    "$bin/requests" 4000 >"$work/requests" || fail "requests has failed"
    while IFS=$'\t' read -r request ns; do
        sample "$request" ns "$ns"
    done <"$work/requests"
done

bare=$(median 'a bare stop' ns)
printf '%-50s %10s %10s\n' 'one stop, and what is asked in it' 'ns' 'adds'
while IFS=$'\t' read -r request _; do
    ns=$(median "$request" ns)
    printf '%-50s %10.0f %10.0f\n' "$request" "$ns" "$(awk -v a="$ns" -v b="$bare" 'BEGIN {print a - b}')"
done <"$work/requests"
