#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# arm64.sh [CALLS]: CALLS random calls (20,000) of C and C++ programs for arm64, which both compilers
# make here, traced in the arm64 machine (scripts/arm64_machine.sh) with --print, and compared here.
# CPU= the machine's processor. Prints what was compared. Fails on any difference; skips where there
# can be no such machine.
#
# arm64.sh --trace: in the machine, traces the programs.
set -u
top=$(cd "$(dirname "$0")/../.." && pwd)
programs=build/aarch64/values
kinds=('c gcc O0' 'c gcc O2' 'c gcc Og' 'c++ gcc O0' 'c++ gcc O2' 'c++ gcc Og' 'c clang O0' 'c clang O2'
    'c clang Og' 'c++ clang O0' 'c++ clang O2' 'c gcc O2 -fno-var-tracking'
    'c gcc O2 -mbranch-protection=standard' 'c++ clang O0 -mbranch-protection=standard'
    'c++ gcc O2 -gdwarf-4 -gstrict-dwarf' 'c++ clang O2 -gdwarf-4 -gstrict-dwarf')

if [[ ${1:-} == --trace ]]; then
    cd "$top/$programs" || exit 1
    status=0
    while read -r i seed deref calls pattern; do
        out=/out/$i
        mkdir -p "$out"
        options=("--deref=$deref" -f "$pattern")
        (cd "$i" && "$top/build/aarch64/bin/ptrace_tracer" --quiet --print="$out/lines" "${options[@]}" -- \
            ./values "$calls" "$seed" print >"$out/expected" 2>"$out/err" &&
            "$top/build/aarch64/bin/ptrace_tracer" --list "${options[@]}" -- ./values >"$out/list" 2>>"$out/err") ||
            { echo "program $i: exit status $?: $(head -n 3 "$out/err")"; status=1; }
    done <plan
    exit $status
fi

# shellcheck source=tests/e2e/lib.sh
. "$top/tests/e2e/lib.sh"
# shellcheck source=tests/e2e/cases.sh
. "$top/tests/e2e/cases.sh"
# shellcheck source=tests/values/run.sh
. "$top/tests/values/run.sh"

calls=${1:-20000}
each=$(((calls + ${#kinds[@]} - 1) / ${#kinds[@]}))
seed=${SEED:-5000}
work=$(mktemp -d "${TMPDIR:-/tmp}/ptrace_tracer-values.XXXXXX") || fail "no temporary directory"
trap 'rm -rf "$work" "$top/$programs"' EXIT
rm -rf "${top:?}/$programs"
# shellcheck disable=SC2034
values_cross=aarch64-linux-gnu
for i in "${!kinds[@]}"; do
    read -r language compiler level flags <<<"${kinds[i]}"
    read -ra values_flags <<<"$flags"
    mkdir -p "$top/$programs/$i" && cd "$top/$programs/$i" || exit 1
    values_build "$language" "$compiler" "$level" $((seed + i)) 100 $((i % 3))
    echo "$i $((seed + i)) $deref $each $values_pattern" >>../plan
done
cd "$top" || exit 1
machine=$(scripts/arm64_machine.sh setup) || {
    status=$?
    echo "$machine"
    exit $status
}
make -j"$(nproc)" CROSS_COMPILE=$values_cross- SYSROOT="$machine/sysroot" BUILD=build/aarch64 all >"$work/make.log" 2>&1 ||
    fail "$(tail -n 5 "$work/make.log")"
scripts/arm64_machine.sh run --cpu="${CPU:-max}" --limit=$((300 + calls / 20)) --output="$work" \
    tests/values/arm64.sh --trace || exit $?
events=0 shown=0 passed=0
for i in "${!kinds[@]}"; do
    cd "$work/$i" || fail "nothing was traced of: ${kinds[i]}"
    values_bare_lines <lines >traced
    printf '%s, seed %d, deref %d: ' "${kinds[i]}" $((seed + i)) $((i % 3))
    values_judge "${kinds[i]}:"
    read -r e s p < <(sed -n '$s/^\([0-9]*\) events, \([0-9]*\) of \([0-9]*\) values.*/\1 \2 \3/p' difference)
    events=$((events + e)) shown=$((shown + s)) passed=$((passed + p))
done
echo "arm64: $((events / 2)) calls, $shown of $passed values shown, 0 differences"
