#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The directory of -o: one that is empty, or, with --force, one with a trace of ours.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/cases.sh"

f=(-f my_traced_function)

# refused ERE ARGUMENT...: one line, nothing runs.
refused()
{
    local line=$1
    shift
    traced 125 "$@" "${f[@]}" "$sample" 3
    one_line "$line"
    [[ ! -s $out ]] || fail "the program has run"
}

# The files below a directory, and their times.
list_files()
{
    find "$1" -printf '%p %s %T@\n' | LC_ALL=C sort
}

case_replaced()
{
    with_lttng
    # Nothing is there: like -o alone.
    mkdir trace
    traced 0 "${f[@]}" --force -o trace "$sample" 4
    read_trace trace
    events 4 mylib:my_traced_function_entry
    list_files trace >before
    refused 'output directory trace is not empty: --force removes the trace in it$' -o trace
    # What cannot run does not cost the trace.
    traced 127 --force -o trace ./nosuch
    traced 127 --force -o trace nosuch
    list_files trace | diff before - || fail "something has changed"
    traced 0 "${f[@]}" --force -o trace "$sample" 7
    one_line 'to read the trace: .*/trace$'
    read_trace trace
    events 7 mylib:my_traced_function_entry
    # The command can be pasted whatever the directory is called.
    local odd=$'a \'b\\\e[c'
    traced 0 "${f[@]}" -o "$odd" "$sample" 3
    bash -c "$(sed -n 's/.*to read the trace: //p' $err)" >odd.text || fail "the command fails: $(cat $err)"
    lines 3 my_traced_function_entry odd.text
    # Also from one with jumps, and to one.
    traced 0 "${f[@]}" --force --in-process --output=trace "$sample" 2000
    traced 0 "${f[@]}" --force --output=trace/ "$sample" 5
    read_trace trace
    events 5 mylib:my_traced_function_entry
    no_sessions
}

case_nothing_else_is_removed()
{
    with_lttng
    traced 125 --force "$sample" 3
    one_line '--force goes with --output$'
    traced 125 --force --print "$sample" 3
    one_line '--force goes with --output$'
    mkdir full
    echo x >full/x
    refused 'output directory full is not empty; --force removes only a trace of ptrace_tracer' -o full
    refused '--force leaves full as it is: x in it is not of a trace of ptrace_tracer$' --force -o full
    echo '{"name": "x"}' >full/ptrace_tracer.json
    rm full/x
    refused '--force leaves full as it is: ptrace_tracer.json in it is not' --force -o full
    # Of lttng itself.
    lttng_do create theirs --output="$dir/theirs"
    lttng_do enable-event -u 'mylib:*'
    traced 0 "$sample" 3
    lttng_do destroy theirs
    refused '--force leaves theirs as it is: it holds no finished trace of ptrace_tracer' --force -o theirs
    # Ours, and something that the user has put there.
    traced 0 "${f[@]}" -o trace "$sample" 4
    echo x >trace/ust/remember
    ln -s ../full trace/in-process-1
    list_files . >before
    refused '--force leaves trace as it is: (ust/remember|in-process-1) in it is not' --force -o trace
    rm trace/ust/remember
    refused '--force leaves trace as it is: in-process-1 in it is not' --force -o trace
    rm trace/in-process-1
    [[ -e full/ptrace_tracer.json ]] || fail "a link was followed"
    traced 0 "${f[@]}" --force -o trace "$sample" 5
    read_trace trace
    events 5 mylib:my_traced_function_entry
}

case_in_use()
{
    with_lttng
    tracer_start "${f[@]}" -o trace "$sample" 1000000 1000
    wait_for 20 test -e trace/ust || fail "nothing is recorded"
    "$tracer" --force -o trace "${f[@]}" "$sample" 3 >other.out 2>other.err
    [[ $? == 125 && ! -s other.out ]] || fail "two tracers record into one directory"
    lines 1 '^ptrace_tracer: output directory trace is in use by another tracer$' other.err
    "$tracer" -o trace "${f[@]}" "$sample" 3 >other.out 2>other.err
    lines 1 '^ptrace_tracer: output directory trace is in use by another tracer$' other.err
    kill -TERM "$tracer_pid"
    tracer_ends 0
    read_trace trace
    kill -KILL "$(pgrep -f -x "$sample 1000000 1000")"

    # The session of a tracer that was killed is still there.
    tracer_start "${f[@]}" -o killed "$sample" 1000000 1000
    wait_for 20 test -e killed/ust || fail "nothing is recorded"
    kill -KILL "$tracer_pid"
    wait "$tracer_pid" 2>/dev/null
    wait_for 20 is_gone "$tracer_pid" || fail "the tracer does not end"
    refused '--force leaves killed as it is: session ptrace_tracer-[^ ]* records there' --force -o killed
    lttng_do destroy "$(sed -n 's/.*(lttng destroy \([^ ]*\) .*/\1/p' $err)"
    refused '--force leaves killed as it is: it holds no finished trace' --force -o killed
    pkill -KILL -f -x "$sample 1000000 1000"
    true
}

case_of_another_user()
{
    ((EUID == 0)) || skip "not root"
    with_lttng
    traced 0 "${f[@]}" -o trace "$sample" 4
    chown 65534 trace
    list_files trace >before
    refused '--force leaves trace as it is: it belongs to another user$' --force -o trace
    chown 0 trace
    chown 65534 trace/ptrace_tracer.json
    refused '--force leaves trace as it is: ptrace_tracer.json in it is not' --force -o trace
    list_files trace | diff before - || fail "something has changed"
}

run_cases "$@"
