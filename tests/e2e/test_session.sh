#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# With a real session daemon, and read with babeltrace2: the ways to choose a session, and what
# LTTng's own commands do with the tracer's events.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/cases.sh"
. "$(dirname "$0")/call_on_request.sh"
. "$(dirname "$0")/sample_session.sh"

f=(-f my_traced_function)

own_directory()
{
    local found
    found=$(find . -maxdepth 1 -type d -name 'ptrace_tracer-sample_app-[0-9]*-[0-9]*')
    [[ -n $found && $(wc -l <<<"$found") == 1 ]] || fail "not one output directory: $found"
    echo "$found"
}

case_no_session()
{
    with_lttng
    traced 0 "$sample" 100
    [[ $(cat $out) == 'sample_app: 100 calls' ]] || fail "the program's output is not its own"
    said 'babeltrace2 .*ptrace_tracer-sample_app-'
    read_trace "$(own_directory)"
    sample_events 100 own
    events 1 sample_app:main_entry
    events 1 sample_app:main_exit
    no_sessions
    [[ ! -e $HOME/.lttngrc ]] || fail "there is a current session now"
}

case_no_session_twice()
{
    local i
    with_lttng
    for i in 1 2; do
        traced 0 -o "trace$i" "${f[@]}" "$sample" 50
        read_trace "trace$i"
        sample_events 50 own
        lines 100 . text
    done
    no_sessions
}

# Without a session daemon the tracer starts one, which keeps running, as with lttng-create(1).
case_no_daemon()
{
    with_lttng
    private_lttng_kill
    unset CASE_MARK
    local status=0
    "$tracer" "${f[@]}" "$sample" 100 >$out 2>$err || status=$?
    export CASE_MARK=$dir
    # From now on the case must end it.
    private_pid=$(cat "$(private_lttng_rundir)/lttng-sessiond.pid") || fail "no daemon was started"
    [[ $status == 0 ]] || fail "exit status $status"
    read_trace "$(own_directory)"
    sample_events 100 own
    no_sessions
}

case_output_directory_exists()
{
    with_lttng
    mkdir trace
    traced 0 -q -o trace "${f[@]}" "$sample" 10
    [[ ! -s $err ]] || fail "--quiet is not quiet"
    read_trace trace
    lines 20 . text
    no_sessions
}

# -o makes a session of the tracer's own, even if there is a current one.
case_output_beside_a_current_session()
{
    with_lttng
    lttng_do create mine --output="$dir/mine"
    lttng_do enable-event -u -a
    lttng_do start
    traced 0 -o trace "${f[@]}" "$sample" 10
    read_trace trace
    lines 20 . text
    lttng_do status
    grep -q 'mine: \[active' lttng.log || fail "the user's session: $(cat lttng.log)"
    lttng_do destroy mine
}

case_current_session()
{
    with_lttng
    lttng_do create mine --output="$dir/mine"
    traced 0 "${f[@]}" "$sample" 100
    lttng_do list mine
    grep -q 'mine: \[inactive' lttng.log || fail "it is not stopped: $(cat lttng.log)"
    grep -q 'channel0' lttng.log || fail "no channel0: $(cat lttng.log)"
    lttng_do view
    lines 200 'mylib:my_traced_function_' lttng.log
    lttng_do destroy mine
    read_trace mine
    sample_events 100
    lines 200 . text
}

# Only the events that the user enabled are recorded, in the user's channel.
case_current_session_with_rules()
{
    with_lttng
    lttng_do create mine --output="$dir/mine"
    lttng_do enable-channel -u wide
    lttng_do enable-event -u -c wide 'mylib:my_traced_function_entry'
    traced 0 "$sample" 100
    lttng_do list mine
    ! grep -q channel0 lttng.log || fail "there is a channel0: $(cat lttng.log)"
    lttng_do destroy mine
    read_trace mine
    events 100 mylib:my_traced_function_entry
    lines 100 . text
}

case_current_session_with_a_channel()
{
    with_lttng
    lttng_do create mine --output="$dir/mine"
    lttng_do enable-channel -u wide
    traced 0 "${f[@]}" "$sample" 100
    lttng_do list mine
    ! grep -q channel0 lttng.log || fail "there is a channel0: $(cat lttng.log)"
    lttng_do destroy mine
    read_trace mine
    sample_events 100
}

case_started_session()
{
    with_lttng
    lttng_do create mine --output="$dir/mine"
    lttng_do enable-event -u 'mylib:my_traced_function_exit'
    lttng_do start
    lttng_do list mine
    cp lttng.log before
    traced 0 "$sample" 100
    lttng_do list mine
    grep -q 'mine: \[active' lttng.log || fail "it is not started any more: $(cat lttng.log)"
    # All but the lines about discarded events are unchanged.
    diff before lttng.log || fail "the session was changed"
    lttng_do destroy mine
    read_trace mine
    events 100 mylib:my_traced_function_exit
    lines 100 . text
}

case_started_session_without_a_matching_rule()
{
    with_lttng
    lttng_do create mine --output="$dir/mine"
    lttng_do enable-event -u 'other:*'
    lttng_do start
    traced 0 "$sample" 100
    said 'mine.*enable-event|enable-event.*mine'
    lttng_do list mine
    grep -q 'mine: \[active' lttng.log || fail "it is not started any more: $(cat lttng.log)"
    ! grep -q mylib lttng.log || fail "a rule was added: $(cat lttng.log)"
    lttng_do destroy mine
}

case_named_session()
{
    with_lttng
    lttng_do create one --output="$dir/one"
    lttng_do create two --output="$dir/two"
    traced 0 --session=one "${f[@]}" "$sample" 30
    lttng_do list two
    ! grep -q mylib lttng.log || fail "the current session was taken: $(cat lttng.log)"
    lttng_do destroy one
    lttng_do destroy two
    read_trace one
    sample_events 30
}

# A current session that no daemon has counts as none.
case_stale_current_session()
{
    with_lttng
    printf 'session=gone\n' >"$HOME/.lttngrc"
    traced 0 "${f[@]}" "$sample" 30
    read_trace "$(own_directory)"
    sample_events 30 own
    no_sessions
    [[ $(cat "$HOME/.lttngrc") == session=gone ]] || fail "the user's .lttngrc was changed"
}

# A program that ends before its first function: no trace is left or named.
case_nothing_recorded()
{
    with_lttng
    echo 'int f(void); int f(void) { return 0; }' | gcc -shared -fPIC -o libgone.so -x c - || fail "cannot build"
    echo 'int f(void); int main(void) { return f(); }' | gcc -o needs -x c - -L. -lgone || fail "cannot build"
    rm libgone.so
    traced 127 ./needs
    said '0 functions armed, 0 calls, 0 events written, 0 lost; nothing was recorded$'
    lines 0 babeltrace2 "$err"
    [[ -z $(find . -name 'ptrace_tracer-*') ]] || fail "a directory is left: $(echo ptrace_tracer-*)"
    no_sessions
    # Also in the user's session, which is then not started.
    lttng_do create mine --output="$dir/mine"
    traced 127 ./needs
    said '0 functions armed, 0 calls, 0 events written, 0 lost; nothing was recorded$'
    lttng_do enable-event -u other:nothing
    lttng_do start
    traced 127 ./needs
    said "0 functions armed, 0 calls, 0 events written, 0 lost; nothing was recorded in session mine: no event rule asked for a function\$"
    lttng_do destroy
}

# Functions that do not exist: the trace is empty and readable.
case_no_function()
{
    with_lttng
    traced 0 -o trace -f nothing_matches "$sample" 10
    said "0 functions armed, 0 calls, 0 events written, 0 lost; nothing was recorded in $dir/trace: there was nothing to trace\$"
    read_trace trace
    lines 0 . text
}

# A path of any length is printed in full.
case_long_path()
{
    local part path=$dir
    with_lttng
    for part in a b c d e f; do
        path+=/$(printf "%0200d" 0 | tr 0 $part)
    done
    mkdir -p "$path"
    traced 0 -o "$path/trace" "${f[@]}" "$sample" 10
    said "; to read the trace: babeltrace2 $path/trace\$"
    read_trace "$path/trace"
    sample_events 10 own
}

case_summary()
{
    with_lttng
    traced 0 -o trace "${f[@]}" "$sample" 10
    said '1 function.*10 calls.*20 events.*0 lost|20 events'
    said 'trace'
}

# The trace is complete after a signal has killed the program.
case_program_killed()
{
    with_lttng
    traced 137 -o trace "${f[@]}" /bin/sh -c 'kill -KILL $$'
    no_sessions
    tracer_start -o trace2 "${f[@]}" "$sample" 1000000 1000
    wait_for 10 sample_runs || fail "the program does not start"
    kill -KILL "$target_pid"
    tracer_ends 137
    read_trace trace2
    no_sessions
}

sample_runs()
{
    target_pid=$(pgrep -P "$tracer_pid" -x sample_app) && sleeps_in "$target_pid" "$(readlink -f "$sample")"
}

case_detach_ends_the_own_session()
{
    with_lttng
    target_start "$sample" 3000 1000
    tracer_start -o trace "${f[@]}" -p "$target_pid"
    wait_for 10 is_traced "$target_pid" || fail "not attached"
    wait_for 10 planted_in_target || fail "not armed"
    kill -TERM "$tracer_pid"
    tracer_ends 0
    no_sessions
    target_ends 0
    read_trace trace
    local entries exits
    entries=$(grep -c _entry text) exits=$(grep -c _exit text)
    ((entries > 0 && (entries - exits == 0 || entries - exits == 1))) ||
        fail "$entries entries, $exits exits"
}

run_cases "$@"
