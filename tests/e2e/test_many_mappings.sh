#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Processes with very many mappings.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/cases.sh"

# maps_start COPIES [full]: $target_pid; it obeys lines written to descriptor 8.
maps_start()
{
    mkfifo in
    exec 8<>in
    "$build/targets/many_mappings" "$@" <in >target.out 2>target.err 8>&- &
    target_pid=$!
    wait_for 30 grep -qsx ready target.out || fail "the target did not start: $(cat target.err)"
    n_called=0
}

# One call of each of three functions, with an answer.
call()
{
    echo >&8
    n_called=$((n_called + 1))
    wait_for 40 at_least $n_called '^called$' target.out || fail "the target does not answer"
}

# Calls the first functions of the first and the last copy, and the second one of the middle copy,
# until they are seen; from then on each call, entry and exit, is seen.
calls_are_seen()
{
    local unseen
    until [[ -s lines ]]; do
        unseen=$n_called
        call
    done
    call
    call
    kill -TERM "$tracer_pid"
    tracer_ends 0
    lines $(((n_called - unseen) * 6)) . lines
    lines $(((n_called - unseen) * 2)) ' mapped_lib:mapped_one\(i = 1\)| = 4 <' lines
    lines $(((n_called - unseen) * 2)) ' mapped_lib:mapped_two\(i = 3\)| = 17 <' lines
}

# It goes on, with nothing of ours in its code.
goes_on()
{
    call
    "$build/tests/text_clean" "$target_pid" >clean.out 2>&1 || fail "its code differs: $(head -n 3 clean.out)"
    exec 8>&-
    target_ends 0
}

# Quadratic time would take minutes.
case_many()
{
    maps_start 10000
    tracer_start --print=lines -f 'mapped_.*' -p "$target_pid" 8>&-
    calls_are_seen
    lines 1 '^ptrace_tracer: 20002 functions armed,' $err
    lines 1 . $err
    goes_on
}

# Nothing more can be mapped: the tracer says so, and still sees the calls.
case_no_room()
{
    maps_start 100 full
    tracer_start --print=lines -f 'mapped_.*' -p "$target_pid" 8>&-
    calls_are_seen
    lines 1 '^ptrace_tracer: 202 functions armed,' $err
    lines 1 "^ptrace_tracer: process $target_pid has [0-9]* mappings, and vm.max_map_count allows [0-9]*: " $err
    lines 2 . $err
    goes_on
}

run_cases "$@"
