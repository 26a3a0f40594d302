#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Several processes to attach to: the tracer names those that it cannot attach to, and traces the
# others.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/cases.sh"

target=$build/targets/wait_for_line
# Its path in /proc/PID/maps, if that differs.
mapped=

# target_listens NAME: a process that obeys lines written to NAME.in and answers in NAME.out; its
# PID is in NAME.pid.
target_listens()
{
    mkfifo "$1.in"
    "$target" <>"$1.in" >"$1.out" &
    echo $! >"$1.pid"
    wait_for 10 grep -qs '^pid ' "$1.out" || fail "$1 did not start"
}

pid_of()
{
    cat "$1.pid"
}

# Whether there is a breakpoint on the function that the target calls.
is_armed() # NAME
{
    local vaddr base
    vaddr=$(nm "$target" | sed -n 's/^\([0-9a-f]*\) T work$/0x\1/p')
    base=$(sed -n "s|^\([0-9a-f]*\)-.* 00000000 .* ${mapped:-$(readlink -f "$target")}\$|0x\1|p" \
        "/proc/$(pid_of "$1")/maps" | head -n 1)
    [[ -n $vaddr && -n $base ]] && is_breakpoint "$(pid_of "$1")" $((base + vaddr))
}

# calls NAME COUNT [TOTAL]: makes so many calls, which are answered.
calls()
{
    echo "call $2" >"$1.in"
    wait_for 20 grep -q "^called ${3:-$2}\$" "$1.out" || fail "$1 does not answer"
}

# ends NAME COUNT: it ends, after so many calls in all.
ends()
{
    local status=0
    kill -USR1 "$(pid_of "$1")"
    wait "$(pid_of "$1")" || status=$?
    [[ $status == 0 ]] || fail "exit status $status of $1"
    lines 1 "^work $2 $2\$" "$1.out"
}

# An unused PID.
gone()
{
    /bin/true &
    wait $!
    echo $!
}

# The file `zombie` has the PID of a zombie, which exists as long as $parent.
make_zombie()
{
    mkfifo gate
    bash -c 'bash -c "read <gate" & echo $! >zombie; exec sleep 1000' &
    parent=$!
    wait_for 5 is_sleep $parent || fail "no parent"
    echo >gate
    wait_for 5 is_gone "$(cat zombie)" || fail "no zombie"
}

is_sleep()
{
    [[ $(cat "/proc/$1/comm") == sleep ]]
}

# One bad PID of each kind, with two good ones, at any position.
case_named_and_left_out()
{
    local first second kthread=()
    target_listens one
    target_listens two
    make_zombie
    first=$(gone)
    second=$(gone)
    if [[ $(readlink /proc/2/exe) == '' && $(ps -o ppid= -p 2) -eq 0 && $(id -u) == 0 ]]; then
        kthread=(-p 2)
    fi
    tracer_start --print=lines -f work -p "$first" -p "$(pid_of one)" -p "$(cat zombie)" "${kthread[@]}" \
        -p "$(pid_of two)" -p "$second"
    wait_for 20 is_armed one || fail "the first one is not armed"
    wait_for 20 is_armed two || fail "the second one is not armed"
    calls one 3
    calls two 5
    ends one 3
    ends two 5
    tracer_ends 0
    lines 16 '.' lines
    lines 1 "^ptrace_tracer: no process $first; going on without it\$" $err
    lines 1 "^ptrace_tracer: no process $second; going on without it\$" $err
    lines 1 "^ptrace_tracer: process $(cat zombie) .*zombie; going on without it\$" $err
    lines $((${#kthread[@]} > 0)) '^ptrace_tracer: cannot attach to process 2 .*kernel thread; going on without it$' $err
    lines $((4 + (${#kthread[@]} > 0))) . $err
    kill $parent
    wait $parent 2>/dev/null
    true
}

# Operands and options are one list. A process named twice is attached once; a thread's ID gets a
# message with its process.
case_operands_and_options()
{
    local thread
    target_listens one
    target_listens two
    for thread in /proc/"$(pid_of one)"/task/*; do
        thread=${thread##*/}
        [[ $thread == "$(pid_of one)" ]] || break
    done
    tracer_start --print=lines -f work -p "$(pid_of one)" -p "$thread" -p "$(pid_of one)" "$(pid_of two)" "$(gone)"
    wait_for 20 is_armed one || fail "the first one is not armed"
    wait_for 20 is_armed two || fail "the second one is not armed"
    calls one 2
    calls two 4
    kill -TERM "$tracer_pid"
    tracer_ends 0
    lines 12 . lines
    lines 1 "^ptrace_tracer: $thread is a thread of process $(pid_of one).*; going on without it\$" $err
    lines 1 '^ptrace_tracer: no process [0-9]*; going on without it$' $err
    lines 3 . $err
    ! is_armed one || fail "a breakpoint is left"
    ends one 2
    ends two 4
}

# Each is named, and the tracer fails.
case_none_is_left()
{
    local first second
    first=$(gone)
    second=$(gone)
    traced 125 --print=lines -p "$first" -p "$second"
    lines 1 "^ptrace_tracer: no process $first; going on without it\$" $err
    lines 1 "^ptrace_tracer: no process $second\$" $err
    lines 2 . $err
    [[ ! -s lines ]] || fail "lines of no process"
}

# A user who may not trace one process gets a message and traces the other. As root: as a user
# without rights.
case_not_ours()
{
    local as=()
    if [[ $(id -u) == 0 ]]; then
        as=(setpriv --reuid=65534 --regid=65534 --clear-groups)
        "${as[@]}" "$tracer" --version >/dev/null 2>&1 || skip "the build is not for another user to read"
        as+=(env ASAN_OPTIONS="$ASAN_OPTIONS:detect_leaks=0")
        chmod 777 .
    elif [[ -z $(tracer_of 1) ]]; then
        skip "process 1 is not visible"
    fi
    # Yama always permits to trace one's own child: so the tracer starts it.
    mkfifo one.in
    chmod 666 one.in
    "${as[@]}" bash -c '"$1" <>one.in >one.out & echo $! >one.pid
        exec "$2" --print=lines -f work -p 1 -p $! 2>"$3"' - "$target" "$tracer" $err &
    tracer_pid=$!
    wait_for 20 grep -qs '^pid ' one.out || fail "the target did not start"
    wait_for 20 is_armed one || fail "the one that may be traced is not armed"
    kill -USR1 "$(pid_of one)"
    tracer_ends 0
    lines 1 '^ptrace_tracer: cannot attach to process 1 .*; going on without it$' $err
    lines 1 '^ptrace_tracer: no armed function was called' $err
    lines 3 . $err
}

# A traced process belongs to another tracer.
case_already_traced()
{
    local second=$tracer
    target_listens one
    target_listens two
    tracer_start -q --print=lines -f work -p "$(pid_of one)"
    wait_for 20 is_armed one || fail "not attached"
    "$second" --print=other -f work -p "$(pid_of one)" -p "$(pid_of two)" 2>second.err &
    second=$!
    wait_for 20 is_armed two || fail "the other one is not armed"
    calls one 2
    calls two 3
    ends one 2
    ends two 3
    tracer_ends 0
    wait $second || fail "exit status $? of the second tracer"
    lines 4 . lines
    lines 6 . other
    lines 1 "^ptrace_tracer: process $(pid_of one) .* is already traced by .*$tracer_pid.*; going on without it\$" second.err
    lines 2 . second.err
}

# With LTTng; the directory has the name of the first existing process.
case_recorded()
{
    with_lttng
    target_listens one
    target_listens two
    tracer_start -f work -p "$(gone)" -p "$(pid_of one)" -p "$(gone)" -p "$(pid_of two)"
    wait_for 20 is_armed one || fail "the first one is not armed"
    wait_for 20 is_armed two || fail "the second one is not armed"
    calls one 3
    calls two 4
    ends one 3
    ends two 4
    tracer_ends 0
    lines 2 '; going on without it$' $err
    said '14 events written'
    read_trace ptrace_tracer-wait_for_line-*
    events 7 wait_for_line:work_entry
    events 7 wait_for_line:work_exit
    no_sessions
}

# No process is left: nothing is recorded, and nothing stays.
case_recorded_none()
{
    with_lttng
    traced 125 -o trace -p "$(gone)" -p "$(gone)"
    lines 2 '^ptrace_tracer: no process' $err
    lines 2 . $err
    [[ ! -e trace ]] || fail "the output directory is left"
    no_sessions
}

case_listed()
{
    local first last
    target_listens one
    first=$(gone)
    last=$(gone)
    traced 0 --list -f work -p "$first" -p "$(pid_of one)" -p "$last"
    lines 1 '^wait_for_line:work ' $out
    lines 2 '; going on without it$' $err
    lines 2 . $err
    traced 125 --list -f work -p "$first" -p "$last"
    lines 2 . $err
    [[ ! -s $out ]] || fail "something is listed"
    ends one 0
}

# A deleted program keeps its name: in the list, in patterns, in events and in rules.
case_deleted_program()
{
    local original=$target pattern calls=0
    cp "$original" gone
    target=$PWD/gone
    target_listens one
    rm gone
    target=$original mapped="$PWD/gone (deleted)"
    traced 0 --list -f work@gone "$(pid_of one)"
    lines 1 '^gone:work ' $out
    lines 1 . $out
    [[ ! -s $err ]] || fail "unexpected message"
    for pattern in work@gone 'w[o]rk' 'work@g*e'; do
        tracer_start --print=lines -f "$pattern" -p "$(pid_of one)"
        wait_for 20 is_armed one || fail "not armed by $pattern"
        calls one 2 $((calls += 2))
        kill -TERM "$tracer_pid"
        tracer_ends 0
        lines 2 ' gone:work\(' lines
        lines 4 . lines
        lines 1 . $err
    done
    with_lttng
    lttng_do create gone --output="$PWD/trace"
    lttng_do enable-event -u 'gone:work_*'
    lttng_do start
    tracer_start -p "$(pid_of one)"
    wait_for 20 is_armed one || fail "not armed by a rule"
    calls one 3 $((calls += 3))
    ends one $calls
    tracer_ends 0
    lttng_do destroy gone
    read_trace trace
    events 3 gone:work_entry
    events 3 gone:work_exit
}

# Attaches to the process `one`, sees its calls from the first to the last, and leaves it unchanged.
both_ends() # PROVIDER
{
    tracer_start --print=lines -v -f work -p "$(pid_of one)"
    wait_for 20 is_armed one || fail "not armed"
    calls one 5
    kill -TERM "$tracer_pid"
    tracer_ends 0
    lines 5 " $1:work\\(" lines
    lines 5 '^[0-9]+ +(=|\} ).* <[0-9]+\.[0-9]+>$' lines
    lines 10 . lines
    said '5 calls, .*0 lost'
    lines 0 'no exit event' $err
    ! is_armed one || fail "a breakpoint is left"
    ends one 5
}

# A program in a memfd, in no file system.
case_program_in_memory()
{
    local original=$target
    mkfifo one.in
    "$build/targets/in_memory" "$original" <>one.in >one.out &
    echo $! >one.pid
    wait_for 10 grep -qs '^pid ' one.out || fail "it did not start"
    mapped='/memfd:wait_for_line (deleted)'
    both_ends memfd_wait_for_line
    # Started by the tracer.
    echo call 3 | traced 0 --print=lines -f work "$build/targets/in_memory" "$original"
    lines 3 ' memfd_wait_for_line:work\(' lines
    lines 6 . lines
}

# Text that was moved to anonymous pages before the attach: a part, or all.
case_moved_text()
{
    local what
    # The function comes first, some pages after it.
    printf '.text\n.space 20480, 0x90\n.section .note.GNU-stack\n' >pages.s
    ${TEST_CC:-gcc} -D_GNU_SOURCE -O1 -g -pthread -o one "$top/tests/targets/wait_for_line.c" pages.s ||
        fail "cannot build it"
    target=$PWD/one
    for what in part all; do
        rm -f one.in
        mkfifo one.in
        MOVE_TEXT=$what LD_PRELOAD=$build/targets/libmoves_text.so "$target" <>one.in >one.out &
        echo $! >one.pid
        wait_for 10 grep -qs '^pid ' one.out || fail "it did not start"
        both_ends one
    done
}

# Processes that wait in vfork(2) cannot be stopped. The tracer does not wait for them, and detaches
# from them with clean text.
case_waiting_in_vfork()
{
    local one status=0
    target=$build/targets/vfork_chain
    mkfifo one.in
    exec 8<>one.in
    "$target" 100 <one.in >one.out 8>&- &
    one=$!
    echo $one >one.pid
    wait_for 10 grep -qsx deep one.out || fail "the target did not start"
    tracer_start --print=lines -f work -p $one 8>&-
    wait_for 20 is_armed one || fail "not armed"
    kill -TERM "$tracer_pid"
    tracer_ends 0
    is_not_traced $one || fail "still traced"
    ! is_armed one || fail "a breakpoint is left"
    lines 0 called one.out
    # Only now does a process continue.
    echo >&8
    wait_for 10 grep -qsx called one.out || fail "no answer"
    exec 8>&-
    wait $one || status=$?
    [[ $status == 0 ]] || fail "exit status $status"
    lines 1 '^work 1 1$' one.out
}

run_cases "$@"
