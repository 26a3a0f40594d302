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

# In report, graph and the summary: raw times are between those that the target measures inside of the
# calls and around them; CPU and WAIT are the parts of TOTAL; net times are shorter.
case_reports()
{
    local name inside outside total cpu wait net columns=2,8-10 # total, CPU, WAIT, function
    with_lttng
    traced 0 -q -c -o trace --with=cpu -f 'work|rest|leave' "$targets/cpu_times"
    cp "$err" summary
    cp "$out" said
    traced 0 report --format=csv --raw trace
    cut -d, -f$columns "$out" >raw
    [[ $(head -n 1 raw) == total_ns,cpu_ns,wait_ns,function ]] || fail "the head: $(head -n 1 "$out")"
    traced 0 report --format=csv trace
    cut -d, -f$columns "$out" >nets
    for name in work rest; do
        read -r inside outside < <(awk -v name=$name '$1 == "cpu" && $3 == name { i += $4; o += $5 } END { print i, o }' said)
        IFS=, read -r total cpu wait _ < <(grep ":$name\$" raw)
        ((inside < cpu && cpu < outside)) || fail "$name: $cpu, and it should be $inside to $outside"
        ((cpu + wait == total)) || fail "$name: $cpu and $wait are not $total"
        IFS=, read -r _ net _ < <(grep ":$name\$" nets)
        ((net < cpu)) || fail "$name: $net net, $cpu raw"
    done
    # Four times 50 ms, of which as much as the target says was on a CPU.
    ((wait > 4 * 50000000 - cpu)) || fail "$wait ns have been waited"
    # A call without a return has none.
    lines 1 '^,,,cpu_times:leave$' raw
    traced 0 report trace
    lines 1 ' MAX    CPU   WAIT  FUNCTION$' "$out"
    lines 1 '^ +4( +[0-9.]+[num]?s){8}  cpu_times:rest$' "$out"
    lines 1 '^ +4( +-){8}  cpu_times:leave$' "$out"
    traced 0 report --format=json --sort=wait trace
    lines 1 '^  \{"name": "cpu_times:rest", .*"max_ns": [0-9]+, "cpu_ns": [0-9]+, "wait_ns": [0-9]+\}' "$out"
    sed -n 's/.*"wait_ns": \([0-9]*\)}.*/\1/p' "$out" | sort -c -rn || fail "not sorted by WAIT: $(cat "$out")"
    traced 0 graph trace
    lines 1 '^  CALLS  TOTAL   SELF    CPU   WAIT  FUNCTION$' "$out"
    lines 1 '^ +4( +[0-9.]+[num]?s){4}  cpu_times:rest$' "$out"
    lines 1 ' MAX    CPU   WAIT  FUNCTION$' summary
    lines 1 '^ +4( +[0-9.]+[num]?s){8}  cpu_times:rest$' summary
}

# Without the field there are no such columns.
case_reports_without()
{
    with_lttng
    traced 0 -q -c -o trace -f my_traced_function "$sample" 5
    lines 0 CPU "$err"
    traced 0 report --sort=wait trace
    lines 0 CPU "$out"
    one_line "--sort: no event has a field 'cpu'"
    traced 0 graph trace
    lines 0 CPU "$out"
}

run_cases "$@"
