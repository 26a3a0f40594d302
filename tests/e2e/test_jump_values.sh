#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The values that jumps record (--in-process) are those that stops record.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/cases.sh"
. "$top/tests/values/run.sh"
. "$(dirname "$0")/jump_counts.sh"

targets=$build/targets
export PTRACE_TRACER_JUMP_AFTER=1

case_values()
{
    values_build c gcc O2 7 40
    jumped "$values_pattern" "$PWD/values" 400 7 print
    mv "$out" expected
    values_bare_lines <lines >traced
    values_compare "in process"
    jump_calls 1
}

# values_by_jumps LANGUAGE COMPILER SEED DEREF
values_by_jumps()
{
    values_build "$1" "$2" O2 "$3" 40 "$4"
    [[ $(uname -m) == x86_64 ]] || skip "no jumps on this architecture"
    traced 0 --in-process --stats --print=lines "--deref=$4" -f "$values_pattern" -- "$PWD/values" 2500 "$3" print
    has_jumps
    jump_calls 1
    mv "$out" expected
    values_bare_lines <lines >traced
    values_compare "in process, deref $4"
}

case_values_followed()
{
    values_by_jumps c gcc 17 1
}

case_values_followed_cxx()
{
    values_by_jumps c++ gcc 18 2
}

case_values_clang()
{
    values_by_jumps c clang 19 1
}

case_values_clang_cxx()
{
    values_by_jumps c++ clang 20 1
}

case_values_cxx()
{
    values_build c++ gcc O2 8 40
    jumped "$values_pattern" "$PWD/values" 400 8 print
    mv "$out" expected
    values_bare_lines <lines >traced
    values_compare "in process"
}

# jump_calls N: at least so many calls made no stop at their entry.
jump_calls()
{
    local n
    n=$(sed -nE 's/.*, calls by jumps ([0-9]+),.*/\1/p' "$err")
    ((n >= $1)) || fail "$n calls by jumps, not $1"
}

# The lines of a trace without times, and without the calls before the program was ready.
timeless()
{
    sed -E 's/^[0-9]+ +//; s/ <[0-9.]+>//; s/, duration = [0-9]+//' <lines |
        awk '/\(s = "first"\)/ { skip = 1; next } skip { skip = 0; next } { print }'
}

# texts_match LEAST OPTION FUNCTIONS HOW ROUNDS [FIRST]: the program `pointed`, traced with the option,
# gives the same lines with jumps, by which at least so many calls are recorded, as without.
texts_match()
{
    local least=$1 option=$2 functions=$3
    shift 3
    [[ $(uname -m) == x86_64 ]] || skip "no jumps on this architecture"
    unset PTRACE_TRACER_JUMP_AFTER
    traced 0 --print=lines "$option" -f "$functions" -- "$targets/pointed" "${@:1:2}"
    export PTRACE_TRACER_JUMP_AFTER=1
    timeless >stopped
    traced 0 --in-process --stats --print=lines "$option" -f "$functions" -- "$targets/pointed" "$@"
    has_jumps
    jump_calls "$least"
    timeless | diff stopped - >difference || fail "$option: $(head -n 5 difference)"
    [[ -s stopped ]] || fail "no lines"
}

# Addresses at a page's end, NULL, and what is no address.
case_pointed()
{
    local option
    for option in --deref=0 --deref=1 --deref=2 --string-limit=9 --with=caller,depth; do
        texts_match 10000 "$option" 'text|sized|small|given' edges 100 100000
    done
}

# Where memory cannot be read the jump is lost.
case_unreadable()
{
    local option
    for option in --deref=1 --deref=2; do
        texts_match 0 "$option" 'bad_.*' bad 400 100000
        grep -qE ', lifted [1-9]' "$err" || fail "the jump stays"
    done
}

# Results of different kinds at one return site, which had a jump for the first ones.
case_result_kinds()
{
    texts_match 400 --deref=1 'number|title|given' kinds 400 100000
    lines 400 '^= 10( |$)' stopped
    lines 400 '^= "a string"( |$)' stopped
}

# A page that is unmapped between the calls, and during them.
case_unmapped_meanwhile()
{
    [[ $(uname -m) == x86_64 ]] || skip "no jumps on this architecture"
    traced 0 --in-process --stats --print=lines -f gone_text -- "$targets/pointed" gone 20000
    has_jumps
    lines 20000 ':gone_text\(s = (\(bad address\)|"g*")\)$' lines
}

# fault_signals SIGNAL HOW...: what the kernel does to the signal at a fault is undone.
fault_signals()
{
    local signal=$1 how
    shift
    for how; do
        texts_match 0 --deref=0 "${signal}_text" "$signal $how" 400 100000
        grep -qE ', lifted [1-9]' "$err" || fail "$signal $how: no fault"
    done
}

case_fault_signals()
{
    fault_signals segv default "default blocked" handled "handled blocked" "handled blocked pending" \
        ignored "ignored blocked"
}

case_fault_signals_bus()
{
    fault_signals bus default "default blocked" handled "handled blocked" "handled blocked pending" \
        ignored "ignored blocked"
}

# The program asks for that when there are jumps.
case_fault_signals_late()
{
    fault_signals segv "late handled blocked" "late ignored"
    fault_signals bus "late handled blocked" "late ignored blocked"
}

run_cases "$@"
