#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# all.sh [FUNCTIONS [SEED [HAZARD]]]: so many random functions (1000000), FUNCTIONS_EACH (2000) in a
# program, from the seed on; else from a random one. Each program runs without a tracer, and with
# jumps, which a part of the functions get and lose all the time. Prints what was compared; fails on
# any difference, and keeps the program of it then.
set -u
cd "$(dirname "$0")/../.." || exit 1
: "${BUILD:=$PWD/build}"
# shellcheck source=tests/functions/run.sh
. tests/functions/run.sh

functions=${1:-1000000} seed=${2:-$((RANDOM << 15 | RANDOM))} hazard=${3:-}
each=${FUNCTIONS_EACH:-2000}
((each <= functions)) || each=$functions
programs=$(((functions + each - 1) / each))
dir=$(mktemp -d "${TMPDIR:-/tmp}/ptrace_tracer-functions.XXXXXX") || exit 1
cd "$dir" || exit 1
echo "$functions functions from seed $seed on"

# Every JOBSth of the programs.
job()
{
    local i
    for ((i = $1; i < programs; i += jobs)); do
        functions_round $((seed + i)) "$each" ${hazard:+"$hazard"} >>"log.$1" || { echo $? >"status.$1"; return; }
    done
    echo 0 >"status.$1"
}

jobs=${JOBS:-$(nproc)}
for ((j = 0; j < jobs; j++)); do
    job $j &
done
wait
if grep -qsx 77 status.*; then
    grep -h SKIP log.* | head -n 1
    rm -rf "$dir"
    exit 77
fi
if grep -qsxv 0 status.*; then
    grep -hv ' batches$' log.*
    echo "the programs are in $dir"
    exit 1
fi
# shellcheck disable=SC2016 # awk's
awk '{ n += $3; hits += $5; records += $7; jumps += $11; lifted += $13 }
    END { printf "%d functions, %d hits, %d of them by %d jumps, %d lifted again, 0 differences\n", n, hits, records, jumps, lifted }' log.*
rm -rf "$dir"
