#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# What the memory that --in-process shares with a program costs the program.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/cases.sh"

targets=$build/targets

# The tracer has said whether this machine can have any.
has_jumps()
{
    local obstacle
    obstacle=$(sed -n 's/.*no jumps in the program: //p' "$err")
    [[ -z $obstacle ]] || skip "no jumps: $obstacle"
}

# The calls of work() are all in the trace.
all_calls()
{
    lines "$(sed -n 's/^work \([0-9]*\) .*/\1/p' "$out")" ':work\(' lines
}

# Whether entry and return of my_traced_function() have jumps.
has_both_jumps()
{
    "$build/tests/text_clean" "$target_pid" >dirt 2>&1
    [[ $(grep -c ': e9, not' dirt) -ge 2 ]]
}

# The rings' memory is nothing that a program must keep in memory, or that it lacks then.
case_scarce_memory()
{
    [[ $(uname -m) == x86_64 ]] || skip "no jumps on this architecture"
    (($(id -u) == 0)) || skip "needs root, which may lock any memory"
    traced 0 --in-process --stats --print=lines -f work -- "$targets/scarce_memory" locked 20000
    has_jumps
    grep -qE ', jumps [1-9]' "$err" || fail "no jump was planted"
    all_calls
    (($(sed -n 's/^locked //p' "$out") < 16384)) || fail "the rings are locked: $(cat "$out")"
    traced 0 --in-process --print=lines -f work -- "$targets/scarce_memory" limited 20000
    has_jumps
    said 'traced by stops alone: .*Cannot allocate memory'
    all_calls
}

# kib NAME: of the process's status.
kib()
{
    sed -nE "s/^$1:[^0-9]*([0-9]+) kB$/\1/p" "/proc/$target_pid/status"
}

# Each tracer takes the memory that the last one has left.
case_attached_again()
{
    local i first
    [[ $(uname -m) == x86_64 ]] || skip "no jumps on this architecture"
    "$sample" 1000000000 50 >/dev/null &
    target_pid=$!
    for i in 1 2 3; do
        tracer_start --in-process --stats --print=lines -f my_traced_function -p "$target_pid"
        wait_for 40 has_both_jumps || { has_jumps; fail "round $i: no jumps: $(cat dirt)"; }
        kill -TERM "$tracer_pid"
        tracer_ends 0
        has_jumps
        said 'stats: 2 of [23] sites with many hits have a jump'
        first=${first:-$(kib VmSize)}
        (($(kib RssShmem) == 0)) || fail "round $i: $(kib RssShmem) KiB of shared memory are left"
        rm lines
    done
    (($(kib VmSize) < first + 16384)) || fail "mappings have grown from $first to $(kib VmSize) KiB"
    kill -KILL "$target_pid"
    wait "$target_pid" 2>/dev/null
}

# Root's tracer asks about the process of another user with no more than that user's rights.
case_other_users_process()
{
    [[ $(uname -m) == x86_64 ]] || skip "no jumps on this architecture"
    (($(id -u) == 0)) || skip "needs root, to trace another user's process"
    setpriv --reuid=65534 --regid=65534 --clear-groups test -x "$sample" || skip "the build is not for another user to read"
    setpriv --reuid=65534 --regid=65534 --clear-groups "$sample" 1000000000 50 >/dev/null &
    target_pid=$!
    tracer_start --in-process --stats --print=lines -f my_traced_function -p "$target_pid"
    wait_for 40 has_both_jumps || { has_jumps; fail "no jumps: $(cat dirt "$err")"; }
    kill -TERM "$tracer_pid"
    tracer_ends 0
    said 'stats: 2 of [23] sites with many hits have a jump'
    kill -KILL "$target_pid"
    wait "$target_pid" 2>/dev/null
}

run_cases "$@"
