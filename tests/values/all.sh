#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# all.sh [CALLS]: CALLS random calls (a million), of C and C++ by both compilers: optimised and not, in
# strict DWARF 4, treated by dwz, and without -fvar-tracking, with addresses followed to no, one and two
# steps; traced with LTTng, and some with --print too. With IN_PROCESS=1: all of them with --in-process
# and --print. Prints what was compared, and how many values of each kind were shown: the others are
# those that --list names. Fails on any difference.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/../e2e/lib.sh"
# shellcheck source=tests/e2e/cases.sh
. "$(dirname "$0")/../e2e/cases.sh"
# shellcheck source=tests/values/run.sh
. "$(dirname "$0")/run.sh"

calls=${1:-1000000}
programs=110 # five of each kind
each=$(((calls + programs - 1) / programs))
dir=$(mktemp -d "${TMPDIR:-/tmp}/ptrace_tracer-values.XXXXXX") || fail "no temporary directory"
cd "$dir" || exit 1
trap 'rm -rf "$dir"' EXIT
if [[ ! ${IN_PROCESS:-} ]]; then
    private_lttng_start
    trap 'private_lttng_stop; rm -rf "$dir"' EXIT
fi
seed=${SEED:-1000} total=0 all_by_jumps=0
declare -A shown=() passed=()
# compare ROUND LANGUAGE COMPILER LEVEL [dwz [-m]] [FLAG...]
compare()
{
    local round=$1 language=$2 compiler=$3 level=$4 kind="${*:2}" dwz=()
    values_units=1
    values_flags=()
    shift 4
    if [[ ${1:-} == dwz ]]; then
        shift
        values_units=2
        [[ $compiler != clang ]] || values_flags=(-gdwarf-4)
        [[ ${1:-} != -m ]] || { dwz=(-m); shift; }
    fi
    values_flags+=("$@")
    seed=$((seed + 1))
    values_build "$language" "$compiler" "$level" $seed 100 $((round % 3))
    ((values_units == 1)) || values_dwz "${dwz[@]}"
    printf '%s, seed %d, deref %d: ' "$kind" $seed "$deref"
    if [[ ${IN_PROCESS:-} ]]; then
        values_jumps "$each" $seed
        [[ $by_jumps ]] || skip "$(sed -n 's/.*no jumps in the program: //p' "$err")"
        all_by_jumps=$((all_by_jumps + by_jumps))
    else
        values_ctf "$each" $seed
    fi
    total=$((total + $(sed -n '$s/ events.*//p' difference)))
    shown[$kind]=$((${shown[$kind]:-0} + $(sed -n '$s/.* events, \([0-9]*\) of.*/\1/p' difference)))
    passed[$kind]=$((${passed[$kind]:-0} + $(sed -n '$s/.* of \([0-9]*\) values.*/\1/p' difference)))
    if ((round == 1)) && [[ ! ${IN_PROCESS:-} ]]; then
        printf '%s, seed %d, --print: ' "$kind" $seed
        values_print 2000 $seed
    fi
}

for round in 1 2 3 4 5; do
    for compiler in gcc clang; do
        for level in O0 O2 Og; do
            compare $round c $compiler $level
            compare $round c++ $compiler $level
        done
        compare $round c++ $compiler O0 -gdwarf-4 -gstrict-dwarf
        compare $round c++ $compiler O2 -gdwarf-4 -gstrict-dwarf
        compare $round c++ $compiler O0 dwz
        compare $round c++ $compiler O2 dwz -m
    done
    # Of GCC alone: clang has no such option.
    compare $round c gcc O2 -fno-var-tracking
    compare $round c++ gcc O2 -fno-var-tracking
done
echo "Values shown, of those passed; --list names the others:"
for kind in "${!passed[@]}"; do
    echo "  $kind: ${shown[$kind]} of ${passed[$kind]}"
done | sort
[[ ! ${IN_PROCESS:-} ]] || echo "$all_by_jumps calls were recorded by jumps"
[[ ! ${IN_PROCESS:-} ]] || ((all_by_jumps > 0)) || fail "no call was recorded by a jump"
echo "$((total / 2)) calls, 0 differences"
