#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Programs whose functions are served by jumps (--in-process): they are not harmed, and no call is
# missed.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/cases.sh"
. "$(dirname "$0")/server_programs.sh"
. "$(dirname "$0")/jump_counts.sh"

targets=$build/targets
# Jumps after the first call, and no hit is dropped.
export PTRACE_TRACER_JUMP_AFTER=1

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

# It returns to where a jump was made when only the other function had returned there.
case_late_float()
{
    jumped 'thrice|half' "$targets/late_float"
    calls_match half
    awk '/:half\(/ { match($0, /\((i|arg1) = [0-9a-fx]+/); split(substr($0, RSTART, RLENGTH), a, "= "); i = a[2]; next }
        / = / && i != "" { split($0, b, " = "); n++; if (b[2] + 0 != i / 2) wrong++; i = "" }
        END { exit n != 2000 || wrong > 0 }' lines || fail "wrong results: $(grep -A 1 ':half(' lines | tail -n 4)"
}

# A handler on the alternate stack has interrupted one that returns to the middle of a region.
case_handler_on_handler()
{
    # The jump waits until the second handler has returned.
    jumped interrupted "$targets/handler_on_handler"
    calls_match interrupted
}

# With the settings of every day, where the thread is only ever seen at breakpoints: it gets jumps,
# and each hit is either written or counted as lost.
case_busy()
{
    local written lost stops
    [[ $(uname -m) == x86_64 ]] || skip "no jumps on this architecture"
    unset PTRACE_TRACER_JUMP_AFTER
    traced 0 --in-process --stats --print=lines -f my_traced_function "$sample" 300000
    has_jumps
    read -r written lost < <(
        sed -nE 's/.* 300000 calls, ([0-9]+) events written, ([0-9]+) lost.*/\1 \2/p' "$err")
    ((written + lost == 600000)) || fail "written and lost are not all"
    stops=$(sed -nE 's/.*stats: calls 300000, stops ([0-9]+),.*/\1/p' "$err")
    ((stops < 60000)) || fail "the program stopped $stops times"
}

many_lines()
{
    [[ -s lines && $(wc -l <lines) -ge 5000 ]]
}

# The tracer lifts all jumps when it lets the program go. They still count.
case_counts_when_let_go()
{
    [[ $(uname -m) == x86_64 ]] || skip "no jumps on this architecture"
    "$sample" 1000000000 50 >/dev/null &
    target_pid=$!
    tracer_start --in-process --stats --print=lines -f my_traced_function -p "$target_pid"
    wait_for 20 many_lines || fail "nothing is traced"
    kill -TERM "$tracer_pid"
    tracer_ends 0
    kill -KILL "$target_pid"
    wait "$target_pid" 2>/dev/null
    has_jumps
    said 'stats: 2 of [23] sites with many hits have a jump'
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

# executes WAY N: traces a program that executes itself twice, from its first thread or another, while
# three threads call all the time, N times at least. $calls: that it has counted.
executes()
{
    [[ $(uname -m) == x86_64 ]] || skip "no jumps on this architecture"
    rm -f calls
    traced 0 --in-process --stats --print=lines -f counted -- "$targets/executes_busy" "$dir/calls" "$1" 3 "$2"
    has_jumps
    grep -qE ', jumps ([6-9]|[1-9][0-9])' "$err" || fail "$1: a round has no jumps"
    calls=$(od -An -v -td8 -w64 calls | awk '{ n += $1 } END { print n }')
}

# What a program had recorded before it executed another one arrives, in its order, and before what
# the other one records. Of each of nine threads, at most the call that it was in was not counted.
case_executes()
{
    local way calls entries
    for way in main thread; do
        executes $way 20000
        entries=$(grep -c ':counted(' lines)
        ((entries >= calls && entries <= calls + 9)) || fail "$way: $entries entries, $calls calls"
        awk '/:counted\(/ { n = $0; sub(/.*i = /, "", n); sub(/\).*/, "", n)
                            thread = int(n / 1000000000); round = int(thread / 3)
                            if (n % 1000000000 != 0 + next_call[thread]++ || round < round_before) wrong++
                            round_before = round }
             END { exit wrong > 0 || round_before != 2 }' lines || fail "$way: calls are missing, or too late"
    done
}

# all_counted CALLS THREADS: each record is written or counted as lost, at least one was lost, and each
# thread may have been in a call that was not counted yet.
all_counted()
{
    local written lost
    read -r written lost < <(sed -nE 's/.* ([0-9]+) events written, ([0-9]+) lost.*/\1 \2/p' "$err")
    ((lost > 0)) || fail "nothing was dropped"
    ((written + lost >= 2 * $1 && written + lost <= 2 * ($1 + $2))) ||
        fail "$written written and $lost lost of $1 calls"
    lines "$written" '^[0-9]' lines
}

have_called() # N
{
    [[ -s calls && -z $(calls_of | awk -v n="$1" '$1 < n') ]]
}

case_killed_and_drops()
{
    [[ $(uname -m) == x86_64 ]] || skip "no jumps on this architecture"
    unset PTRACE_TRACER_JUMP_AFTER
    tracer_start --in-process --stats --print=lines -f counted -- "$targets/killed" "$dir/calls" 60000
    wait_for 40 have_called 1000000 || { has_jumps; fail "the calls are slow"; }
    kill -KILL "$(pgrep -P "$tracer_pid" -x killed)"
    tracer_ends 137
    all_counted "$(calls_of | awk '{ n += $1 } END { print n }')" 4
}

# With records that are dropped, all are counted.
executes_and_drops() # WAY
{
    local calls
    unset PTRACE_TRACER_JUMP_AFTER
    executes "$1" 1000000
    all_counted "$calls" 9
}

case_executes_and_drops()
{
    executes_and_drops main
}

case_executes_in_a_thread_and_drops()
{
    executes_and_drops thread
}

# Whether entry and return of counted() have jumps.
has_both_jumps()
{
    "$build/tests/text_clean" "$1" >dirt 2>&1
    [[ $(grep -c '/killed+.*: e9, not' dirt) -ge 2 ]]
}

# calls_of: the calls that each thread has counted.
calls_of()
{
    od -An -v -td8 -w64 calls | awk '{ print $1 }'
}

have_called_since()
{
    [[ -z $(paste <(calls_of) "$1" | awk '$1 < $2 + 100000') ]]
}

# Of a tracer that is killed the jumps stay. The program goes on: its records find no room.
case_tracer_killed()
{
    local pid status=0
    [[ $(uname -m) == x86_64 ]] || skip "no jumps on this architecture"
    unset PTRACE_TRACER_JUMP_AFTER # a full ring drops records
    "$targets/killed" "$dir/calls" 60000 &
    pid=$!
    wait_for 5 test -s calls || fail "the program does not start"
    "$tracer" --in-process --print=lines -f counted -p "$pid" 2>"$err" &
    wait_for 40 has_both_jumps "$pid" || { has_jumps; fail "no jumps were planted"; }
    # Each thread has a ring once it has called by the jumps.
    calls_of >before
    wait_for 10 have_called_since before || fail "a thread does not call"
    kill -KILL $!
    wait $! 2>/dev/null
    calls_of >before
    wait_for 10 have_called_since before || fail "a thread does not go on"
    kill -TERM "$pid"
    wait "$pid" || status=$?
    [[ $status == 143 ]] || fail "the program ended with status $status"
}

# Every call is recorded up to the detach, and nothing but mappings is left.
case_let_go()
{
    local pid i
    [[ $(uname -m) == x86_64 ]] || skip "no jumps on this architecture"
    "$targets/killed" "$dir/calls" 60000 &
    pid=$!
    wait_for 5 test -s calls || fail "the program does not start"
    for i in 1 2; do
        "$tracer" --in-process --print=lines -f counted -p "$pid" 2>"$err" &
        wait_for 40 has_both_jumps "$pid" || { has_jumps; fail "no jumps were planted"; }
        kill -TERM $!
        wait $! || fail "round $i: the tracer ends with status $?"
        "$build/tests/text_clean" "$pid" >dirt || fail "round $i: the code has changed: $(head -n 5 dirt)"
        # The argument is the number of the call: none is missing between the first and the last.
        awk '/:counted\(/ { n = $0; sub(/.*i = /, "", n); sub(/\).*/, "", n);
                            if (($1 in last) && n != last[$1] + 1) wrong++; last[$1] = n + 0 }
             END { exit wrong > 0 }' lines || fail "round $i: calls are missing"
        calls_of >before
        wait_for 10 have_called_since before || fail "round $i: a thread does not go on"
    done
    kill -TERM "$pid"
    wait "$pid" 2>/dev/null
}

# Where nothing can be mapped near the code, all calls are recorded by stops.
case_no_memory_near()
{
    [[ $(uname -m) == x86_64 ]] || skip "no jumps on this architecture"
    local pid
    mkfifo in
    "$targets/crowded" 2000 <in >answers &
    pid=$!
    exec 7>in
    wait_for 5 grep -q '^pid' answers || fail "the program does not start"
    "$tracer" --in-process --print=lines -f work -p "$pid" 2>"$err" &
    wait_for 10 is_planted "$pid" || fail "no breakpoint was planted: $(cat "$err")"
    echo >&7
    wait_for 20 grep -q '^called 2000' answers || fail "the program does not go on"
    kill -TERM $!
    wait $! || fail "the tracer ends with status $?"
    exec 7>&-
    wait "$pid" || fail "the program ends with status $?"
    has_jumps
    lines 2000 ':work\(' lines
    grep -q 'traced by stops alone' "$err" || fail "no line says so"
}

is_planted()
{
    "$build/tests/text_clean" "$1" >dirt 2>&1
    grep -q '/crowded+' dirt
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
    traced 0 --list -v -f 'calls_early|loops' "$targets/jump_rules"
    lines 1 '^jump_rules:calls_early  jump: no \(a call comes too early\)$' "$out"
    lines 1 '^jump_rules:loops  jump: no \(a branch or pointer leads into it\)$' "$out"
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

# server NAME N [ARGUMENT]: visits it under load.
server()
{
    local lacking
    [[ $(uname -m) == x86_64 ]] || skip "no jumps on this architecture"
    lacking=$("$1_missing")
    [[ -z $lacking ]] || skip "not installed: $lacking"
    traced 0 --in-process --print=lines true
    has_jumps
    trap 'status=$?; servers_stop; case_end $status' EXIT
    # shellcheck disable=SC2034 # for visit()
    visit_options=(--in-process --stats)
    "$1_start" "${@:3}"
    visits "$1" "$2"
    had_jumps || fail "no jumps: $(cat "$dir/visit.err")"
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
