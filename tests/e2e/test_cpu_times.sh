#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# --with=cpu: the time of calls on a CPU. That it is true: tests/engine/test_cpu_times.c.
# shellcheck disable=SC1091,SC2154
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/cases.sh"

targets=$build/targets

# Each exit has it, no entry has it, and it is part of the duration.
case_lines()
{
    traced 0 -q --print=lines --with=duration,cpu -f 'work|rest|leave' "$targets/cpu_times"
    lines 0 '\) .*cpu = ' lines
    lines 14 ' duration = [0-9]+, cpu = [1-9][0-9]*$' lines
    lines 4 ':leave\(\)$' lines
    sed -n 's/.* duration = \([0-9]*\), cpu = \([0-9]*\)$/\1 \2/p' lines >two
    awk '$2 > $1 { exit 1 }' two || fail "more than the duration: $(cat two)"
}

# A kernel without /proc/PID/task/TID/schedstat, or that counts nothing: said once.
case_not_told()
{
    local content
    unshare --mount true 2>/dev/null || skip "unshare --mount is forbidden here"
    target_start "$sample" 1000000 1000
    for content in '' '0 0 0'; do
        printf '%s' "$content" >schedstat
        # shellcheck disable=SC2016
        unshare --mount sh -c 'mount --bind schedstat "$1" && shift && exec "$@"' in_namespace \
            "/proc/$target_pid/task/$target_pid/schedstat" "$tracer" --print=lines --with=cpu \
            -f my_traced_function -p "$target_pid" >"$out" 2>"$err" &
        tracer_pid=$!
        wait_for 10 at_least 5 ' cpu = 0$' lines || fail "no such field: $(cat "$err")"
        kill "$tracer_pid"
        tracer_ends 0
        lines 0 ' cpu = [1-9]' lines
        lines 1 'the kernel does not tell how long .*schedstat: .*the field cpu is 0' "$err"
        rm lines
    done
    kill "$target_pid"
}

# Without a descriptor for each thread the times are there all the same.
case_few_descriptors()
{
    # Not instrumented: the sanitizers' descriptors must not count.
    bash -c 'ulimit -n 48; exec "$@"' few "${PLAIN_BUILD:-$build}/bin/ptrace_tracer" -q -F \
        --print=lines --with=cpu -f work "$targets/crowd" 60 >"$out" 2>"$err" || fail "exit status $?"
    lines 300 ' cpu = [1-9][0-9]*$' lines
}

# Such functions are traced by stops.
case_no_jumps()
{
    [[ $(uname -m) == x86_64 ]] || skip "no jumps on this architecture"
    traced 0 --list -v --with=cpu -f 'work' "$targets/jumping"
    lines 1 '^jumping:work  jump: no \(the time on a CPU is wanted, which only the kernel knows\)$' "$out"
    PTRACE_TRACER_JUMP_AFTER=1 traced 0 --stats --print=lines --with=cpu -f 'work|rest' "$targets/cpu_times"
    lines 14 ' cpu = [1-9][0-9]*$' lines
    said 'stats: without a jump: .*the time on a CPU is wanted'
}

run_cases "$@"
