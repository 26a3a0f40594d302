#!/usr/bin/env bash
# all.sh [CALLS]: CALLS random calls (a million), by both compilers, optimised and not, of C and C++,
# with addresses followed to no, one and two steps; traced with LTTng, and some with --print too. Prints what was compared; fails on any difference.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/../e2e/lib.sh"
# shellcheck source=tests/e2e/cases.sh
. "$(dirname "$0")/../e2e/cases.sh"
# shellcheck source=tests/values/run.sh
. "$(dirname "$0")/run.sh"

calls=${1:-1000000}
programs=40 # five of each kind
each=$(((calls + programs - 1) / programs))
dir=$(mktemp -d "${TMPDIR:-/tmp}/ptrace_tracer-values.XXXXXX") || fail "no temporary directory"
cd "$dir" || exit 1
private_lttng_start
trap 'private_lttng_stop; rm -rf "$dir"' EXIT
seed=${SEED:-1000} total=0
for round in 1 2 3 4 5; do
    for language in c c++; do
        for compiler in gcc clang; do
            for level in O0 O2; do
                seed=$((seed + 1))
                values_build $language $compiler $level $seed 100 $((round % 3))
                printf '%-4s%-6s%-3s seed %d, deref %d: ' $language $compiler $level $seed "$deref"
                values_ctf "$each" $seed
                total=$((total + $(sed -n '$s/ events.*//p' difference)))
                if ((round == 1)); then
                    printf '%-4s%-6s%-3s seed %d, --print: ' $language $compiler $level $seed
                    values_print 2000 $seed
                fi
            done
        done
    done
done
echo "$((total / 2)) calls, 0 differences"
