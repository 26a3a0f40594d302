#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The progress line on a terminal (script(1)), and the counts per function at the end.
# shellcheck disable=SC1091,SC2154
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/cases.sh"

cc=${TEST_CC:-cc}
running='[0-9]+ s: [0-9]+ calls/s, [0-9]+ calls, [0-9]+ events, [0-9]+ lost'

# program SECONDS [TEXT]: writes TEXT without a newline, then calls work() for so long.
program()
{
    cat >program.c <<'END'
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>
static volatile int sink;
__attribute__((noinline, noclone)) int work(int n) { return sink = n; }
int main(int argc, char **argv)
{
    time_t end = time(NULL) + atoi(argv[1]);
    struct timespec pause = {.tv_nsec = 5000000};
    if (argc > 2 && write(1, argv[2], 5) != 5)
        return 1;
    while (time(NULL) < end) {
        sink = work(argc);
        nanosleep(&pause, NULL);
    }
    return 0;
}
END
    "$cc" -O1 -o program program.c || fail "cannot compile"
}

# on_terminal COMMAND: writes its terminal's output to `typed`, with ESC [ K as <K> and CR as <CR>.
on_terminal()
{
    command -v script >/dev/null || skip "no script"
    TERM=xterm SHELL=/bin/sh script -qec "$1" typescript </dev/null >/dev/null || fail "exit status $? of $1"
    sed '1d; s/\x1b\[K/<K>/g; s/\r/<CR>/g' typescript | grep -v '^Script done' >typed
}

# Attached to a process with other output: one line, replaced in place, and erased for other lines.
case_attached()
{
    program
    target_start ./program 8
    on_terminal "$tracer --summary --print=lines -p $target_pid"
    target_ends 0
    [[ $(grep -oE "ptrace_tracer: $running<K><CR>" typed | wc -l) -ge 2 ]] || fail "no progress: $(cat typed)"
    lines 1 "^(ptrace_tracer: $running<K><CR>)+<K>ptrace_tracer: 2 functions armed, .*<CR>\$" typed
    # The messages, and the table.
    lines 1 'ptrace_tracer: .* armed|<K>' typed
    lines 1 'CALLS +TOTAL .*FUNCTION' typed
    lines 1 '^ +[0-9]+ .* program:work<CR>$' typed
    # Its last counts are not above the real ones.
    local calls all
    calls=$(grep -oE '[0-9]+ calls, [0-9]+ events' typed | tail -n 1 | cut -d' ' -f1)
    all=$(sed -n 's/.*armed, \([0-9]*\) calls.*/\1/p' typed)
    ((calls > 0 && calls <= all)) || fail "$calls calls of $all"
}

# The program also has the terminal and has written to it: no output between its lines.
case_program_that_writes_to_the_terminal()
{
    program
    on_terminal "$tracer --print=lines -f work ./program 12 texts"
    lines 0 'calls/s' typed
    lines 1 '^texts<K>ptrace_tracer: 1 function armed, ' typed
}

# ... and has not written: whole lines, from the start of a line.
case_program_that_says_nothing()
{
    program
    on_terminal "$tracer --print=lines -f work ./program 12"
    lines 1 "^<K>ptrace_tracer: $running<CR>\$" typed
    lines 1 '^<K>ptrace_tracer: 1 function armed, ' typed
    lines 2 '[^[:space:]]' typed
}

case_none_without_a_terminal()
{
    program
    traced 0 --print=lines -f work ./program 5
    one_line '1 function armed'
    lines 0 $'\x1b' $err
}

case_none_when_not_wanted()
{
    program
    target_start ./program 8
    on_terminal "$tracer -q --print=lines -p $target_pid"
    target_ends 0
    lines 0 '[^[:space:]]' typed
    target_start ./program 5
    on_terminal "$tracer --print -p $target_pid &
        $tracer --print=/dev/tty -f work sh -c 'exec ./program 5 >/dev/null 2>&1'; wait"
    target_ends 0
    lines 0 'calls/s|<K>' typed
    lines 2 'ptrace_tracer: .* armed, ' typed
}

# ---- reading a trace

# A clock for a tracer on a terminal on which a second passes whenever it is asked.
build_clock()
{
    cat >clock.c <<'END'
#include <time.h>
int clock_gettime(clockid_t id, struct timespec *now)
{
    static long calls;
    (void)id;
    *now = (struct timespec){.tv_sec = 1000 + __atomic_add_fetch(&calls, 1, __ATOMIC_RELAXED)};
    return 0;
}
END
    "$cc" -O1 -fPIC -shared -o libclock.so clock.c || fail "cannot compile"
}

# typed_of COMMAND: what such a tracer's COMMAND has on the terminal, in `typed`.
typed_of()
{
    local preload="LD_PRELOAD=$dir/libclock.so ASAN_OPTIONS=$ASAN_OPTIONS:verify_asan_link_order=0"
    on_terminal "export PAGER=cat; ${1/TRACER/env $preload $tracer}"
    sed -i '${/^$/d}; s/<CR>$//' typed
}

# What is written at the end comes after the line is erased. Lines that are written while a trace is
# read have the terminal for themselves, also by way of a pipe: its reader may write to it.
case_reading()
{
    local command reading='(ptrace_tracer: +[0-9]+ %, [0-9]+ events<K><CR>)+<K>'
    with_lttng
    build_clock
    "$tracer" -q -o trace -f my_traced_function "$sample" 9000 >/dev/null || fail "not traced"
    "$tracer" replay -o lines trace || fail "not read"
    NO_COLOR=1 COLUMNS=80 "$tracer" report trace >table || fail "not read"
    lines 18000 . lines

    typed_of 'NO_COLOR=1 COLUMNS=80 TRACER report trace'
    lines 1 "^$reading" typed
    sed -E "1s/^$reading//" typed | cmp - table || fail "$(cat typed)"
    for command in 'TRACER replay -o again trace' 'TRACER replay trace >again'; do
        rm -f again
        typed_of "$command"
        [[ $(cat typed) =~ ^$reading$ ]] || fail "$command: $(cat typed)"
        cmp lines again || fail "$command: other lines"
    done
    for command in 'TRACER replay trace' 'TRACER replay -o /dev/tty trace' 'TRACER replay trace | cat' \
        'mkfifo fifo; cat fifo & TRACER replay -o fifo trace; wait'; do
        typed_of "$command"
        cmp typed lines || fail "$command: $(grep -v '^[0-9]' typed | head -n 5)"
    done
    for command in 'TRACER report -q trace' 'TERM=dumb TRACER report trace' 'TRACER report trace 2>err' \
        'set -m; TRACER report trace & wait'; do
        typed_of "$command"
        lines 1 'my_traced_function$' typed
        lines 0 'events|<K>' typed
    done
    lines 0 . err

    # An error in the midst of it. A trace without times has no percentage.
    reading='(ptrace_tracer: [0-9]+ events<K><CR>)+<K>'
    python3 "$top/tests/e2e/hostile_traces.py" damaged_end damaged || fail "no trace"
    for command in report graph; do
        typed_of "TRACER $command damaged || [ \$? = 125 ]"
        [[ $(cat typed) =~ ^${reading}ptrace_tracer:\ cannot\ read\ damaged:\ it\ is\ cut\ or\ damaged:\ it\ has\ an\ event\ of\ which ]] || fail "$(cat typed)"
        lines 1 . typed
    done
}

# ---- --verbose: counts for each function

# tally FILE: prints "FUNCTION CALLS WRITTEN LOST" for each line about a function.
tally()
{
    sed -nE 's/^ptrace_tracer: ([^ ]+:[^ ]+): ([0-9]+) calls?, ([0-9]+) written, ([0-9]+) lost$/\1 \2 \3 \4/p' "$1"
}

case_each_function()
{
    with_lttng
    traced 0 -v -o trace "$sample" 100
    read_trace trace
    tally $err >tallied
    printf '%s\n' 'mylib:my_traced_function 100 200 0' 'sample_app:main 1 2 0' 'sample_app:number 1 2 0' | cmp - tallied ||
        fail "it says $(cat tallied)"
    # The summary is still the last line.
    tail -n 1 $err | grep -q '^ptrace_tracer: 3 functions armed, 102 calls, 204 events written, 0 lost; ' || fail "$(tail -n 1 $err)"
    lines 204 . text
}

# At most so many lines.
case_many_functions()
{
    local i
    for ((i = 1; i <= 150; i++)); do
        echo "__attribute__((noinline, noclone)) int f$i(int n) { return sink = n; }"
        calls+="for (int i = 0; i < $i; i++) sink = f$i(i); "
    done >functions
    {
        echo 'static volatile int sink;'
        cat functions
        echo '__attribute__((noinline)) int never(int n) { return sink = n; }'
        echo "int main(int argc, char **argv) { (void)argv; if (argc > 1) never(argc); $calls return 0; }"
    } >program.c
    "$cc" -O1 -o program program.c || fail "cannot compile"
    traced 0 -v --print=lines -f '(f[0-9]+|never)@program' ./program
    tally $err >tallied
    lines 100 . tallied
    [[ $(head -n 1 tallied) == 'program:f150 150 300 0' && $(tail -n 1 tallied) == 'program:f51 51 102 0' ]] ||
        fail "not sorted: $(head -n 1 tallied) ... $(tail -n 1 tallied)"
    sort -k2,2nr -c tallied || fail "not sorted"
    # 1 + 2 + ... + 50
    lines 1 '^ptrace_tracer: 50 more: 1275 calls, 2550 written, 0 lost$' $err
    lines 1 '^ptrace_tracer: not called: 1 of 151 armed$' $err
    said '151 functions armed, 11325 calls, 22650 events written, 0 lost'
}

# Each hit is recorded or lost, and counted: with small ring buffers that are not emptied.
case_recorded_and_lost()
{
    local consumer calls written lost
    with_lttng
    lttng_do create small --output="$dir/small"
    lttng_do enable-channel -u tight --subbuf-size=4096 --num-subbuf=2 --discard
    lttng_do enable-event -u -c tight 'mylib:*'
    lttng_do start
    target_start "$sample" 3000 500
    tracer_start -v -p "$target_pid"
    # The tracer waits no longer for the daemon, which waits for a stopped consumer.
    wait_for 20 is_planted || fail "nothing is armed"
    wait_for 20 has_recorded small || fail "nothing is recorded"
    consumer=$(consumer)
    [[ -n $consumer ]] || fail "no consumer"
    kill -STOP "$consumer"
    target_ends 0
    kill -CONT "$consumer"
    tracer_ends 0
    lttng_do destroy small
    babeltrace2 small >text 2>text.err || fail "babeltrace2: $(tail -n 3 text.err)"
    calls=$(sed -n 's/.* armed, \([0-9]*\) calls, .*/\1/p' $err)
    written=$(sed -n 's/.* \([0-9]*\) events* written, .*/\1/p' $err)
    lost=$(sed -n 's/.* \([0-9]*\) lost; .*/\1/p' $err)
    ((lost > 0)) || fail "nothing was lost"
    ((written + lost == 2 * calls)) || fail "$written written and $lost lost are not all of $calls calls"
    lines "$written" . text
    [[ $(tally $err) == "mylib:my_traced_function $calls $written $lost" ]] || fail "it says $(tally $err)"
    # babeltrace2 reports the same losses.
    [[ $(grep -oE 'discarded [0-9]+ event' text.err | awk '{ sum += $2 } END { print sum }') == "$lost" ]] ||
        fail "babeltrace2 says: $(cat text.err)"
}

# A part of a ring buffer is in the file.
is_planted()
{
    ! text_is_original "$target_pid" "$build/lib/libmylib.so" my_traced_function
}

has_recorded()
{
    [[ -n $(find "$1" -name 'tight_*' -size +0) ]]
}

run_cases "$@"
