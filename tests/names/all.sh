#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# all.sh [PROGRAMS]: as many programs with hostile names (100), by both compilers, with and without a
# field of --with's. Prints what was compared; fails on any difference.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/../e2e/lib.sh"
# shellcheck source=tests/e2e/cases.sh
. "$(dirname "$0")/../e2e/cases.sh"
# shellcheck source=tests/names/run.sh
. "$(dirname "$0")/run.sh"

programs=${1:-100}
dir=$(mktemp -d "${TMPDIR:-/tmp}/ptrace_tracer-names.XXXXXX") || fail "no temporary directory"
cd "$dir" || exit 1
private_lttng_start
trap 'private_lttng_stop; rm -rf "$dir"' EXIT
seed=${SEED:-1000} total=0
compilers=(gcc clang) facts=('' '' '' depth)
for ((i = 0; i < programs; i++)); do
    seed=$((seed + 1))
    names_round "${compilers[i % 2]}" $seed 100 "${facts[i / 2 % 4]}"
    total=$((total + $(wc -l <events)))
done
echo "$programs programs, $total events, 0 differences"
