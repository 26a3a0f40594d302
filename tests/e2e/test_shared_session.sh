#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Several tracers in one session, and a user who stops, starts, destroys and creates it again. Read
# with babeltrace2: each call is there, or a tracer says that it is not.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/cases.sh"
. "$(dirname "$0")/call_on_request.sh"
. "$(dirname "$0")/driver.sh"
. "$(dirname "$0")/sharing_tracers.sh"

# What a tracer with --in-process has not written yet is lost when it is killed.
all_written()
{
    [[ ${TEST_JUMPS:-} != yes ]] || wait_for 20 has_all || fail "calls are not written"
}

has_all()
{
    babeltrace2 mine/in-process-* 2>/dev/null >text && at_least $entries wait_for_line:work_exit text
}

# The tracer that started the session ends first, and the other one's calls are still recorded.
case_first_ends_first()
{
    with_lttng
    session_made
    target_made 1
    target_made 2
    tracer_made 1
    tracer_made 2
    calls_of 1 10
    calls_of 2 60
    tracer_let_go 1
    lines 1 'session mine is left started for another tracer' err.1
    mine_is active
    calls_of 2 60
    tracer_let_go 2
    lines 1 '' err.2
    mine_is inactive
    # Without lttng stop or destroy: the trace that the tracer names is readable.
    read_trace mine
    events $entries wait_for_line:work_entry
    events $entries wait_for_line:work_exit
    no_lock_is_left
    target_gone 1
    target_gone 2
    lttng_do destroy mine
}

# A tracer ends before the other one starts to record, but after it has chosen the session: both
# start programs.
case_programs_one_beside_the_other()
{
    local i
    with_lttng
    lttng_do create mine --output="$dir/mine"
    lttng_do enable-event -u 'mylib:my_traced_function_*'
    side()
    {
        for ((i = 0; i < 12; i++)); do
            "$tracer" "$sample" 20 >/dev/null 2>>"err.$1" || fail "status $? of a tracer"
        done
    }
    side 1 &
    local one=$!
    side 2 &
    wait $one || fail "one side failed"
    wait $! || fail "the other side failed"
    lines 12 ' 20 calls, 40 events written, 0 lost;' err.1
    lines 12 ' 20 calls, 40 events written, 0 lost;' err.2
    lttng_do list
    mine_is inactive
    read_trace mine
    events 480 mylib:my_traced_function_entry
    events 480 mylib:my_traced_function_exit
    no_lock_is_left
    lttng_do destroy mine
}

# Three tracers; one after the other ends, or is killed, and another one starts.
case_ends_in_any_order()
{
    local round n how
    with_lttng
    session_made
    for n in 1 2 3; do
        target_made $n
        tracer_made $n
        calls_of $n 5
    done
    for round in 1 2 3 4 5 6; do
        n=$((RANDOM % 3 + 1)) how=$((RANDOM % 3))
        echo "round $round: tracer $n $how"
        if ((how == 0)); then
            all_written
            # Its target ends with it.
            kill -KILL "${targets[$n]}" "${tracers[$n]}"
            wait "${tracers[$n]}" "${targets[$n]}" 2>/dev/null
            target_gone $n 2>/dev/null
            target_made $n
        else
            tracer_let_go $n
            lines 1 'session mine is left started for another tracer' err.$n
        fi
        for n in 1 2 3; do
            [[ ! -v tracers[$n] ]] || is_gone "${tracers[$n]}" || calls_of $n 7
        done
        mine_is active
        for n in 1 2 3; do
            [[ -v tracers[$n] ]] && ! is_gone "${tracers[$n]}" || tracer_made $n
            calls_of $n 3
        done
    done
    for n in 2 3 1; do
        tracer_let_go $n
        target_gone $n
    done
    mine_is inactive
    read_trace mine
    events $entries wait_for_line:work_entry
    events $entries wait_for_line:work_exit
    no_lock_is_left
    lttng_do destroy mine
}

# The tracer that started the session is killed; the other one stops it.
case_starter_is_killed()
{
    with_lttng
    session_made
    target_made 1
    target_made 2
    tracer_made 1
    tracer_made 2
    calls_of 2 10
    kill -KILL "${targets[1]}" "${tracers[1]}"
    wait "${tracers[1]}" "${targets[1]}" 2>/dev/null
    calls_of 2 10
    tracer_let_go 2
    mine_is inactive
    read_trace mine
    events 20 wait_for_line:work_entry
    target_gone 2
    no_lock_is_left
    lttng_do destroy mine
}

# A killed tracer was the last: the session stays started, as it may be the user's by now.
case_left_started_by_a_killed_one()
{
    with_lttng
    session_made
    target_made 1
    target_made 2
    tracer_made 1
    kill -KILL "${targets[1]}" "${tracers[1]}"
    wait "${tracers[1]}" "${targets[1]}" 2>/dev/null
    compgen -G "$(private_lttng_rundir)/ptrace_tracer-*" >/dev/null || fail "no lock file"
    tracer_made 2
    calls_of 2 10
    tracer_let_go 2
    mine_is active
    target_gone 2
    no_lock_is_left
    lttng_do destroy mine
    read_trace mine
    events 10 wait_for_line:work_entry
}

# A new one with the same name is another session: it is not stopped, and its path is not printed.
case_destroyed_and_made_anew()
{
    with_lttng
    session_made
    target_made 1
    tracer_made 1 --session=mine
    calls_of 1 10
    lttng_do destroy mine
    session_made other
    lttng_do start mine
    wait_for 5 at_least 1 'session mine was destroyed' err.1 || fail "no message"
    target_pid=${targets[1]} err=err.1 planted again
    calls_of 1 20
    tracer_let_go 1 125
    lines 1 'session mine was destroyed' err.1
    lines 0 'cannot|not found|left started' err.1
    last_line 1 '; session mine has ended meanwhile: calls were not recorded in it from then on; to read the trace: babeltrace2 .*/mine$'
    mine_is active
    lttng_do destroy mine
    read_trace mine
    events 10 wait_for_line:work_entry
    read_trace other
    events 20 wait_for_line:work_entry
    target_gone 1
    no_lock_is_left
}

# Destroyed just when the tracer ends: no error that LTTng does not know it.
case_destroyed_at_the_end()
{
    local i
    with_lttng
    target_made 1
    for i in 1 2 3 4 5 6; do
        session_made "mine$i"
        tracer_made 1 --session=mine
        calls_of 1 10
        lttng --no-sessiond destroy --no-wait mine >lttng.log 2>&1 &
        kill "${tracers[1]}"
        wait "${tracers[1]}"
        wait $! || fail "$(cat lttng.log)"
        lines 0 'not found|cannot' err.1
    done
    target_gone 1
}

# The session daemon of LTTng 2.13.9 aborts when it is asked for the pending data of a started
# session.
case_started_again_at_the_end()
{
    with_lttng
    lttng_do create mine --output="$dir/mine"
    interfered start 0 -f my_traced_function
    mine_is active
    # All records until the tracer's end are in the trace.
    read_trace mine
    events 100 mylib:my_traced_function_exit
    lttng_do destroy mine
}

# The same for a session of the tracer's own, which others may start by its name.
case_own_started_again_at_the_end()
{
    with_lttng
    interfered start 0 -o trace -f my_traced_function
    read_trace trace
    events 100 mylib:my_traced_function_exit
    no_sessions
}

# The last packets ended before the tracer looked: it does not wait for new ones.
case_stopped_just_before()
{
    with_lttng
    lttng_do create mine --output="$dir/mine"
    SECONDS=0
    interfered stop 0 -f my_traced_function
    ((SECONDS < 5)) || fail "it takes $SECONDS s to end"
    one_line '100 calls, 200 events written, 0 lost; session mine was stopped meanwhile: calls were not recorded in it from then on; to read'
    mine_is inactive
    lttng_do destroy mine
    read_trace mine
    events 100 mylib:my_traced_function_exit
}

# No error that LTTng does not know the session, but a message that it was destroyed.
case_destroyed_just_before()
{
    with_lttng
    lttng_do create mine --output="$dir/mine"
    interfered destroy 125 -f my_traced_function
    lines 2 '' $err
    said '0 lost; session mine has ended meanwhile: calls were not recorded in it from then on; to read'
    said 'session mine was destroyed'
    no_lock_is_left
    no_sessions
    interfered destroy 125 -o trace -f my_traced_function
    lines 2 '' $err
    said 'session .* was destroyed'
    no_sessions
}

# The user stops and starts the session while tracers start and end. A tracer's calls are in the
# trace, or it says that they are not, and the daemon lives.
case_stopped_and_started_at_random()
{
    local i n side user file whole=0 told=0
    with_lttng
    lttng_do create mine --output="$dir/mine"
    lttng_do enable-channel -u --subbuf-size=65536 --num-subbuf=16 wide
    lttng_do enable-event -u -c wide 'mylib:*'
    lttng_do add-context -u -t procname
    side() # NAME
    {
        for ((i = 0; i < 20; i++)); do
            n=$((RANDOM % 150 + 1))
            ln -s "$sample" "$1$i"
            "$tracer" "./$1$i" $n $((RANDOM % 300)) >/dev/null 2>"err.$1$i" || fail "status $? of $1$i: $(cat "err.$1$i")"
            echo $n >"calls.$1$i"
        done
    }
    side a &
    local one=$!
    side b &
    local other=$!
    while [[ ! -e ended ]]; do
        lttng --no-sessiond stop --no-wait
        # Longer than the tracer needs to see it, also on a busy machine.
        sleep 0.3
        lttng --no-sessiond start
        sleep 0.$((RANDOM % 8))
    done >user.log 2>&1 &
    user=$!
    wait $one || fail "one side failed"
    wait $other || fail "the other side failed"
    touch ended
    wait $user
    kill -0 "$private_pid" || fail "the session daemon has ended: $(tail -n 2 "$private_dir/sessiond.log")"
    lttng --no-sessiond stop --no-wait >/dev/null 2>&1
    lttng_do destroy mine
    read_trace mine
    for file in calls.*; do
        side=${file#calls.}
        if grep -q 'session mine was stopped .*calls were not recorded in it' "err.$side"; then
            ((++told))
        else
            n=$(grep -c "my_traced_function_entry: .* procname = \"$side\" " text)
            [[ $n == "$(cat "$file")" ]] || fail "$n calls of $side are in the trace, of $(cat "$file"): $(cat "err.$side")"
            ((++whole))
        fi
    done
    echo "$whole whole, $told told"
    ((whole > 0)) || fail "no tracer recorded all of its calls"
}

# The trace is in the files when the tracer says so: for streams in several files, per process,
# rotated.
case_written_at_the_end()
{
    local kind
    with_lttng
    for kind in --tracefile-size=16384 --buffers-pid --output=mmap; do
        lttng_do create mine --output="$dir/mine$kind"
        lttng_do enable-channel -u --subbuf-size=16384 --num-subbuf=16 "$kind" wide
        lttng_do enable-event -u -c wide 'mylib:my_traced_function_*'
        traced 0 "$sample" 1000
        read_trace "mine$kind"
        events 1000 mylib:my_traced_function_exit
        lttng_do destroy mine
    done
    session_made '[a*b?]'
    traced 0 "$sample" 50
    lttng_do rotate mine
    traced 0 "$sample" 60
    read_trace '[a*b?]'
    events 110 mylib:my_traced_function_exit
    lttng_do destroy mine
}

run_cases "$@"
