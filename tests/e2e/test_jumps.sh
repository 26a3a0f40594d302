#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Programs whose functions are served by jumps (--in-process): they are not harmed, and no call is
# missed.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/cases.sh"
. "$(dirname "$0")/server_programs.sh"
. "$top/tests/values/run.sh"

targets=$build/targets
# Jumps after the first call, and no hit is dropped.
export PTRACE_TRACER_JUMP_AFTER=1

# jumped FUNCTIONS PROGRAM ARGUMENT...: traces it. It must succeed, and there must be jumps.
jumped()
{
    local functions=$1
    shift
    [[ $(uname -m) == x86_64 ]] || skip "no jumps on this architecture"
    traced 0 --in-process --stats --print=lines -f "$functions" -- "$@"
    has_jumps
    grep -qE ', jumps [1-9]' "$err" || fail "no jump was planted"
    said 'stats: [1-9][0-9]* of [0-9]* sites with many hits have a jump'
}

# The tracer has said whether this machine can have any.
has_jumps()
{
    local obstacle
    obstacle=$(sed -n 's/.*no jumps in the program: //p' "$err")
    [[ -z $obstacle ]] || skip "no jumps: $obstacle"
}

# calls_match NAME...: each function has as many entries and exits as the program says.
calls_match()
{
    local name entries exits
    for name; do
        read -r entries exits < <(sed -n "s/^$name \([0-9]*\) \([0-9]*\)$/\1 \2/p" "$out")
        lines "$entries" ":$name\(" lines
        [[ $(grep -cE '^[0-9]+ +(= |:|[^(]*$)' lines) -ge $exits ]] || fail "too few exits of $name"
    done
}

# The trap after the jump is none of the program's: it must not see it, nor the stub.
case_steps_itself()
{
    jumped stepped "$targets/steps_itself"
    calls_match stepped
    grep -qE ', lifted [1-9]' "$err" || fail "the jump stays"
}

# A handler on the alternate stack has interrupted one that returns to the middle of a region.
case_handler_on_handler()
{
    # The jump waits until the second handler has returned.
    jumped interrupted "$targets/handler_on_handler"
    calls_match interrupted
}

# With the settings of every day, where the thread is only ever seen at breakpoints: it gets jumps.
case_busy()
{
    local stops
    [[ $(uname -m) == x86_64 ]] || skip "no jumps on this architecture"
    unset PTRACE_TRACER_JUMP_AFTER
    traced 0 --in-process --stats --print=lines -f my_traced_function "$sample" 300000
    has_jumps
    stops=$(sed -nE 's/.*stats: calls 300000, stops ([0-9]+),.*/\1/p' "$err")
    ((stops < 60000)) || fail "the program stopped $stops times"
}

# All records that were committed arrive: of each thread, at most the call that it was in was not
# counted yet.
case_killed()
{
    local calls entries
    [[ $(uname -m) == x86_64 ]] || skip "no jumps on this architecture"
    traced 137 --in-process --stats --print=lines -f counted -- "$targets/killed" "$dir/calls"
    has_jumps
    grep -qE ', jumps [1-9]' "$err" || fail "no jump was planted"
    calls=$(od -An -v -td8 -w64 calls | awk '{ n += $1 } END { print n }')
    entries=$(grep -c ':counted(' lines)
    ((entries >= calls && entries <= calls + 4)) || fail "$entries entries, $calls calls"
}

# dumps WAY STATUS [OPTION...]: the core file reads as without a tracer, and each
# call before is recorded.
dumps()
{
    local way=$1 status=$2 calls entries
    shift 2
    rm -f core*
    traced "$status" "$@" --stats --print=lines -f 'counted|reads' -- "$targets/core_dumped" "$dir/calls" "$way"
    has_jumps
    # shellcheck disable=SC2144 # one file
    [[ -e $(echo core*) ]] || fail "no core file"
    python3 "$top/tests/e2e/core_clean.py" core* >clean || fail "$way: the core differs: $(head -n 5 clean)"
    grep -qE '^threads 4, bytes of code [1-9]' clean || fail "$way: $(cat clean)"
    calls=$(od -An -v -td8 -w64 calls | awk '{ n += $1 } END { print n }')
    entries=$(grep -c ':counted(' lines)
    ((entries >= calls && entries <= calls + 3)) || fail "$way: $entries entries, $calls calls"
    lines "$([[ $way == fault ]] && echo 1 || echo 0)" ':reads\(' lines
}

# A signal that dumps core: what the tracer has put into the program is removed before.
case_core_dumps()
{
    local i
    [[ $(cat /proc/sys/kernel/core_pattern) == [!\|/]* ]] || skip "core files go elsewhere: core_pattern"
    command -v python3 >/dev/null || skip "no python3"
    for i in 1 2 3; do
        dumps abort 134 --in-process
        grep -qE ', jumps [1-9]' "$err" || fail "no jump was planted"
        dumps fault 139 --in-process
        dumps trap 132 --in-process
        dumps quit 131 --in-process
    done
    dumps abort 134
    dumps fault 139
}

# Its trace suffers, and nothing else.
case_overwrites_rings()
{
    jumped counted "$targets/overwrites_rings"
    grep -qE '^counted [0-9]+ [0-9]+$' "$out" || fail "the program was harmed"
    said 'has overwritten the records of thread'
    (($(sed -nE 's/.* armed, ([0-9]+) calls.*/\1/p' "$err" | cut -c1-15) < 100000000)) ||
        fail "counts that cannot be"
}

# --stats tells of the sites that have no jump, and --list -v of all.
case_reasons()
{
    [[ $(uname -m) == x86_64 ]] || skip "no jumps on this architecture"
    traced 0 --list -v -f 'work|main' "$targets/jumping"
    lines 1 '^jumping:work  jump: yes$' "$out"
    lines 1 '^jumping  jumps: at [1-9][0-9]* of [1-9][0-9]* return addresses in these functions$' "$out"
    traced 0 --list -v -f 'read|_dl_.*' "$targets/jumping"
    grep -qE '^c:[a-z_]+  jump: no \([a-z ,]+\)$' "$out" || fail "all entries of the C library may have jumps"
    traced 0 --list -f 'work|main' "$targets/jumping"
    ! grep -q jump: "$out" || fail "jumps are listed without -v"
    jumped '.*' "$targets/jumping" phases 50 4
    (($(grep -c 'stats: .* jump[ :]' "$err") <= 10)) || fail "too many lines: $(grep stats "$err")"
    grep -qE 'stats: without a jump: [1-9][0-9]*, [a-z]' "$err" || fail "no reason is given"
}

case_signals_and_faults()
{
    jumped 'plain|pushes|flags|loads|jumps|calls|in_handler' "$targets/signal_pc" 800 4
    calls_match plain pushes flags loads jumps calls in_handler
    jumped 'reads|skips|jumps|undefined|callee' "$targets/segv_fixup" 1000
    calls_match reads skips jumps undefined callee
}

case_values()
{
    values_build c gcc O2 7 40
    jumped "$values_pattern" "$PWD/values" 400 7 print
    mv "$out" expected
    values_bare_lines <lines >traced
    values_compare "in process"
}

case_values_cxx()
{
    values_build c++ gcc O2 8 40
    jumped "$values_pattern" "$PWD/values" 400 8 print
    mv "$out" expected
    values_bare_lines <lines >traced
    values_compare "in process"
}

# server NAME N [ARGUMENT]: visits it under load.
server()
{
    local lacking
    [[ $(uname -m) == x86_64 ]] || skip "no jumps on this architecture"
    lacking=$("$1_missing")
    [[ -z $lacking ]] || skip "not installed: $lacking"
    trap 'status=$?; servers_stop; case_end $status' EXIT
    # shellcheck disable=SC2034 # for visit()
    visit_options=(--in-process)
    "$1_start" "${@:3}"
    visits "$1" "$2"
    servers_stop || fail "the server does not end"
}

case_redis()
{
    server redis 4
}

case_nginx()
{
    server nginx 4 2
}

case_python()
{
    server python 3
}

run_cases "$@"
