#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Tracers in a session that its user stops, starts, clears and makes anew. Read with babeltrace2: each
# call is there, or a tracer says that it is not.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/cases.sh"
. "$(dirname "$0")/call_on_request.sh"
. "$(dirname "$0")/driver.sh"
. "$(dirname "$0")/sharing_tracers.sh"

case_user_stops_it()
{
    with_lttng
    session_made
    target_made 1
    tracer_made 1
    calls_of 1 10
    lttng_do stop mine
    wait_for 5 at_least 1 'session mine was stopped by somebody else' err.1 || fail "no message"
    calls_of 1 20
    tracer_let_go 1
    lines 2 '' err.1
    last_line 1 ', 0 lost; session mine was stopped meanwhile: calls were not recorded in it from then on; to read the trace: babeltrace2 .*/mine$'
    mine_is inactive
    read_trace mine
    events 10 wait_for_line:work_entry
    target_gone 1
    lttng_do destroy mine
}

case_user_starts_it_anew()
{
    with_lttng
    session_made
    target_made 1
    target_made 2
    tracer_made 1
    tracer_made 2
    calls_of 1 10
    lttng_do stop mine
    wait_for 5 at_least 1 'session mine was stopped by somebody else' err.1 || fail "no message"
    calls_of 1 20
    lttng_do start mine
    wait_for 5 at_least 1 'session mine was started again' err.1 || fail "no message"
    target_pid=${targets[1]} err=err.1 planted again
    calls_of 1 30
    tracer_let_go 1
    lines 1 'session mine is left started: somebody else started it last' err.1
    last_line 1 '; session mine was stopped for a while: calls were not recorded in it then; to read'
    tracer_let_go 2
    mine_is active
    lttng_do destroy mine
    read_trace mine
    events 40 wait_for_line:work_entry
    target_gone 1
    target_gone 2
}

# At once, as a script does.
case_user_stops_and_starts_at_once()
{
    with_lttng
    session_made
    target_made 1
    tracer_made 1
    lttng_do stop mine
    lttng_do start mine
    tracer_let_go 1
    mine_is active
    lines 1 'session mine is left started: somebody else started it last' err.1
    last_line 1 '; session mine was stopped for a while: calls were not recorded in it then; nothing was recorded in session mine: no armed function was called'
    target_gone 1
    lttng_do destroy mine
}

# The driver has started the session `mine`, of which nothing was recorded, and looks at it on
# demand.
driver_has_started_mine()
{
    lttng_do create mine --output="$dir/mine"
    driver_begins home="$HOME"
    mine_is active
}

driver_ends() # active|inactive
{
    expect ended end
    mine_is "$1"
    driver_stop
    lttng_do destroy mine
}

# So soon that no tracer sees it stopped.
case_user_starts_it_unseen()
{
    local what
    with_lttng
    for what in watch nothing; do
        driver_has_started_mine
        lttng_do stop mine
        lttng_do start mine
        if [[ $what == watch ]]; then
            expect watched watch
            expect watched watch
            lines 1 ptrace_tracer $err
            lttng_do stop mine
            lttng_do start mine
            expect watched watch
            lines 2 '^ptrace_tracer: session mine was stopped by somebody else and started again: calls between were not recorded in it$' $err
        fi
        expect ended end
        lines 1 'session mine is left started: somebody else started it last' $err
        expect 'session mine was stopped for a while: calls were not recorded in it then; to read the trace: babeltrace2 */mine' describe
        driver_ends active
    done
}

# The tracer has looked, and stops the session.
case_user_starts_it_just_before()
{
    with_lttng
    lttng_do create mine --output="$dir/mine"
    interfered restart 0 -f my_traced_function
    mine_is active
    lines 1 'session mine was stopped for a moment: somebody else had just started it$' $err
    read_trace mine
    events 100 mylib:my_traced_function_exit
    lttng_do destroy mine
}

# Another session that is stopped and started, even with the same rules, is told apart.
case_user_starts_another_one()
{
    with_lttng
    lttng_do create other --output="$dir/other"
    lttng_do enable-event -u '*'
    lttng_do start other
    lttng_do create later --output="$dir/later"
    lttng_do enable-event -u '*'
    driver_has_started_mine
    lttng_do stop other
    lttng_do start other
    lttng_do start later
    lttng_do stop later
    lttng_do start later
    expect watched watch
    lines 0 ptrace_tracer $err
    driver_ends inactive
}

# A tracer that uses what another one has started does not know which session was started: it leaves
# its own as it is, if it may be that one.
case_user_starts_what_another_tracer_started()
{
    local what
    with_lttng
    lttng_do create other --output="$dir/other"
    lttng_do enable-event -u '*'
    lttng_do start other
    lttng_do create later --output="$dir/later"
    lttng_do enable-event -u '*'
    target_made 1
    for what in nothing mine other later; do
        session_made "$what"
        tracer_made 1
        driver_begins home="$HOME"
        tracer_let_go 1
        lines 1 'session mine is left started for another tracer' err.1
        if [[ $what == later ]]; then
            # It was not started before.
            lttng_do start later
        elif [[ $what != nothing ]]; then
            lttng_do stop "$what"
            lttng_do start "$what"
        fi
        case $what in
        mine | other)
            expect ended end
            lines 1 'session mine is left started: somebody else has started it, or another session, meanwhile$' $err
            driver_ends active
            ;;
        *) driver_ends inactive ;;
        esac
    done
    target_gone 1
    no_lock_is_left
}

# LTTng stops and starts it for that (lttng-tools 2.13, cmd_clear_session()).
case_user_clears_it()
{
    with_lttng
    driver_has_started_mine
    lttng_do clear mine
    expect watched watch
    lines 1 '^ptrace_tracer: session mine was stopped by somebody else and started again: calls between were not recorded in it$' $err
    driver_ends active
}

# A tracer starts it again, and stops it, although another one used it before and after the user's
# stop.
case_a_tracer_starts_what_the_user_stopped()
{
    with_lttng
    session_made
    target_made 1
    target_made 2
    tracer_made 1
    lttng_do stop mine
    wait_for 5 at_least 1 'session mine was stopped by somebody else' err.1 || fail "no message"
    tracer_made 2
    calls_of 2 10
    target_pid=${targets[1]} err=err.1 planted again
    calls_of 1 10
    tracer_let_go 2
    mine_is active
    calls_of 1 10
    tracer_let_go 1
    mine_is inactive
    read_trace mine
    events 30 wait_for_line:work_entry
    target_gone 1
    target_gone 2
    lttng_do destroy mine
}

# So soon that the other tracer does not see the stop: it sees another start.
case_a_tracer_starts_it_unseen()
{
    with_lttng
    lttng_do create mine --output="$dir/mine"
    driver_begins home="$HOME"
    expect watched watch
    expect emitted emit static entry 1
    lttng_do stop
    "$tracer" "$sample" 10 >/dev/null 2>err.1 || fail "status $? of the tracer"
    lines 1 'session mine is left started for another tracer' err.1
    expect watched watch
    expect watched watch
    lines 1 '^ptrace_tracer: session mine was stopped by somebody else and started again: calls between were not recorded in it$' $err
    expect emitted emit static entry 2
    expect ended end
    expect 'session mine was stopped for a while: calls were not recorded in it then; to read the trace: babeltrace2 */mine' describe
    mine_is inactive
    driver_stop
    read_trace mine
    events 3 kinds:static_entry
    lttng_do destroy
}

# Started by the user before: no tracer stops it; they report the user's stop.
case_user_had_started_it()
{
    with_lttng
    session_made
    lttng_do start mine
    target_made 1
    target_made 2
    tracer_made 1
    tracer_made 2
    calls_of 1 10
    tracer_let_go 1
    lines 1 '' err.1
    mine_is active
    lttng_do stop mine
    wait_for 5 at_least 1 'session mine was stopped by somebody else' err.2 || fail "no message"
    tracer_let_go 2
    last_line 2 '; session mine was stopped meanwhile'
    read_trace mine
    events 10 wait_for_line:work_entry
    target_gone 1
    target_gone 2
    lttng_do destroy mine
}

run_cases "$@"
