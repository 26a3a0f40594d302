#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# requests.sh: what each request of a tracer adds to a bare ptrace stop: which ways of asking are the
# cheap ones, and what the distance of a hit to the floor consists of. See measure.sh for ROUNDS= and
# BUILD=.
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
