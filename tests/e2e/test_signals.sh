#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Signals that end the tracer: it detaches from the program first.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/cases.sh"

f=(-f my_traced_function --print=lines)
# A shell starts background jobs with SIGINT and SIGQUIT ignored.
default=(env --default-signal)
# Disables the sanitizers' handlers of fault signals, for the default actions.
export ASAN_OPTIONS=$ASAN_OPTIONS:handle_segv=0:handle_sigbus=0:handle_sigfpe=0:handle_sigill=0

# Numbers of the signals whose default action ends a process (signal(7)), except SIGKILL.
standard=(1 2 3 4 5 6 7 8 10 11 12 13 14 15 16 24 25 26 27 29 30 31)
mapfile -t realtime < <(seq 34 64)

# lets_go SIGNAL TRACER...: attaches, ends by the signal, and the target is unchanged.
lets_go()
{
    local signal=$1
    shift
    : >lines
    "${default[@]}" "$@" "$target_pid" >"$out" 2>"$err" &
    tracer_pid=$!
    wait_for 20 at_least 3 ' = void <' lines || fail "no calls seen before signal $signal"
    kill "-$signal" "$tracer_pid"
    tracer_ends 0
    [[ $(tracer_of "$target_pid") == 0 ]] || fail "after signal $signal: still traced"
    text_is_original "$target_pid" "$build/lib/libmylib.so" my_traced_function ||
        fail "after signal $signal: the function's code is not what it was"
}

each_lets_go() # SIGNAL...
{
    local signal
    target_start "$sample" 1000000 1000
    for signal; do
        lets_go "$signal" "$tracer" -q "${f[@]}"
    done
    [[ ! -s $err ]] || fail "it said: $(cat "$err")"
    kill "$target_pid"
    target_ends 143
}

case_standard_signals()
{
    each_lets_go "${standard[@]}"
}

case_realtime_signals()
{
    each_lets_go "${realtime[@]}"
}

# lets_go_of_launched SIGNAL: the program runs on and ends as without a tracer.
lets_go_of_launched()
{
    rm -f lines
    "${default[@]}" "$tracer" -q "${f[@]}" "$sample" 300 1000 >"$out" 2>"$err" &
    tracer_pid=$!
    wait_for 20 at_least 3 ' = void <' lines || fail "no calls seen before signal $1"
    target_pid=$(cut -d' ' -f1 lines | head -n 1)
    kill "-$1" "$tracer_pid"
    tracer_ends 0
    wait_for 20 is_gone "$target_pid" || fail "after signal $1: the program does not end"
    [[ $(cat "$out") == "sample_app: 300 calls" ]] || fail "after signal $1: the program did not run on"
    [[ ! -s $err ]] || fail "it said: $(cat "$err")"
}

# Signals that are sent by other processes: not those of the terminal, which the program gets, too.
case_launched()
{
    local signal
    for signal in INT QUIT ABRT SEGV USR1 USR2 PIPE ALRM XCPU XFSZ SYS RTMIN RTMAX; do
        lets_go_of_launched $signal
    done
}

# No thread of LTTng's libraries handles these.
case_with_lttng()
{
    local signal
    with_lttng
    target_start "$sample" 1000000 1000
    for signal in USR1 USR2 PIPE ALRM IO ABRT RTMIN RTMIN+1 RTMIN+2 RTMIN+3 RTMAX; do
        rm -rf trace
        "${default[@]}" "$tracer" -f my_traced_function -o trace "$target_pid" >"$out" 2>"$err" &
        tracer_pid=$!
        wait_for 20 is_recording || fail "no calls recorded before SIG$signal"
        kill "-$signal" "$tracer_pid"
        tracer_ends 0
        said '[0-9]+ calls?, .* 0 lost'
        [[ $(tracer_of "$target_pid") == 0 ]] || fail "after SIG$signal: still traced"
        read_trace trace
        (($(grep -c my_traced_function_entry text) > 0)) || fail "nothing in the trace"
    done
    kill "$target_pid"
    target_ends 143
}

# A breakpoint stands where main() calls the function: the entry of one call was recorded.
is_recording()
{
    local vaddr size base
    read -r vaddr size < <(nm -S "$sample" | awk '$4 == "main" {print "0x" $1, "0x" $2}')
    base=$(sed -n "s:^\([0-9a-f]*\)-.* 00000000 .* $(readlink -f "$sample")\$:0x\1:p" \
        "/proc/$target_pid/maps" | head -n 1)
    [[ -n $size && -n $base ]] && is_traced "$target_pid" &&
        [[ $(bytes_at "/proc/$target_pid/mem" $((base + vaddr)) $((size))) != \
            "$(bytes_at "$sample" $((vaddr)) $((size)))" ]]
}

# goes_on_after SIGNAL...: ignored or blocked when the tracer starts, they do not end it. SIGTERM
# does.
goes_on_after()
{
    local signal seen
    wait_for 20 at_least 3 ' = void <' lines || fail "no calls seen"
    for signal; do
        kill "-$signal" "$tracer_pid"
    done
    seen=$(grep -c . lines)
    wait_for 10 at_least $((seen + 100)) . lines || fail "it does not go on"
    kill -TERM "$tracer_pid"
    tracer_ends 0
    [[ $(tracer_of "$target_pid") == 0 ]] || fail "still traced"
}

case_ignored_or_blocked_before()
{
    local how signals=(HUP INT QUIT USR1 USR2 PIPE ALRM XFSZ XCPU ABRT SYS RTMIN RTMAX)
    target_start "$sample" 1000000 1000
    for how in ignore block; do
        rm -f lines
        env --default-signal "--$how-signal=$(IFS=, && echo "${signals[*]}"),TERM" \
            "$tracer" -q "${f[@]}" "$target_pid" >"$out" 2>"$err" &
        tracer_pid=$!
        goes_on_after "${signals[@]}"
    done
    kill "$target_pid"
    target_ends 143
}

# The disposition, the mask and the pending state of every signal in the program are the same as
# without a tracer.
case_launched_with_the_callers_signals()
{
    local how target=$build/targets/one_thread
    for how in --default-signal --ignore-signal --block-signal \
        '--ignore-signal=PIPE,XFSZ,TSTP,USR2 --block-signal=USR1,USR2,CHLD,CONT,TERM,TTOU,RTMIN'; do
        # shellcheck disable=SC2086 # several options
        env $how "$target" >bare
        # shellcheck disable=SC2086
        env $how "$tracer" -q --print=lines -f work "$target" >"$out" 2>"$err" || fail "exit status $?"
        diff <(grep ^State: bare) <(grep ^State: "$out") || fail "its signals are not as with $how"
    done
}

# At a file size limit, writing fails, and the program is detached.
case_file_size_limit()
{
    (
        ulimit -f 20
        exec "${default[@]}" "$tracer" "${f[@]}" "$sample" 5000 >"$out" 2>"$err"
    ) &
    tracer_pid=$!
    tracer_ends 125
    said 'cannot write to lines: the trace ends here'
    wait_for 20 at_least 1 '^sample_app: 5000 calls$' "$out" || fail "the program did not run on"
    [[ $(stat -c %s lines) == $((20 * 1024)) ]] || fail "$(stat -c %s lines) bytes written"

    target_start "$sample" 2000 1000
    (
        ulimit -f 1
        exec "${default[@]}" "$tracer" "${f[@]}" "$target_pid" >"$out" 2>"$err"
    ) &
    tracer_pid=$!
    tracer_ends 125
    said 'cannot write to lines: the trace ends here'
    target_ends 0
    [[ $(cat target.out) == "sample_app: 2000 calls" ]] || fail "the target: $(cat target.out)"
}

# The reader of the tracer's stderr may be gone: the trace goes on.
case_nobody_reads_what_it_says()
{
    mkfifo said
    exec {both}<>said {broken}>said {both}<&-
    "${default[@]}" "$tracer" -v "${f[@]}" "$sample" 300 >"$out" 2>&"$broken" || fail "exit status $?"
    lines 300 ' = void <' lines
}

# The tracer's own processor time: SIGXCPU at the soft limit.
case_cpu_limit()
{
    "$sample" 100000000 >target.out 2>target.err &
    target_pid=$!
    (
        ulimit -St 1
        exec "${default[@]}" "$tracer" -q -f my_traced_function --print=/dev/null "$target_pid" >"$out" 2>"$err"
    ) &
    tracer_pid=$!
    tracer_ends 0
    [[ $(tracer_of "$target_pid") == 0 ]] || fail "still traced"
    kill "$target_pid"
    target_ends 143
}

run_cases "$@"
