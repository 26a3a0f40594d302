#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# all.sh: runs every benchmark (`make bench`). The tables go to stdout at the end; the samples to
# $BUILD/bench/results.json, the picture to $BUILD/bench/results.svg. ROUNDS= as for each of them
# (measure.sh): 5 take some minutes.
set -euo pipefail
cd "$(dirname "$0")/.."
export BUILD=${BUILD:-build}
benchmarks=(tools in_process in_process_rates in_process_stops jump_sites servers requests threads armed call_sites dispatch idle attach startup summary net_times against_uftrace)
out=$BUILD/bench

for b in "${benchmarks[@]}"; do
    bash "bench/$b.sh" >"$out/$b.txt"
done

bash bench/results.sh "${benchmarks[@]}" >"$out/results.json"
for b in "${benchmarks[@]}"; do
    cat "$out/$b.txt"
    echo
done
echo "samples: $out/results.json"
if command -v python3 >/dev/null; then
    python3 bench/plot.py "$out/results.json" >"$out/results.svg"
    echo "picture: $out/results.svg"
else
    echo "no picture: python3 is not installed"
fi
