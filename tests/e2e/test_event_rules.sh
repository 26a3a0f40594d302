#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Event rules that change while a program is traced: several sessions, in any order, at any time.
# Events that are not enabled cost nothing. The program calls on request, so all counts are exact.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/cases.sh"
. "$(dirname "$0")/call_on_request.sh"

work=wait_for_line:work_entry

# session NAME [RULE...]: creates and starts it; each RULE has the arguments of lttng enable-event.
session()
{
    local name=$1 rules=("${@:2}") words line
    lttng_do create "$name" --output="$dir/$name"
    for line in "${rules[@]}"; do
        read -ra words <<<"$line"
        lttng_do enable-event -u -s "$name" "${words[@]}"
    done
    lttng_do start "$name"
}

# recorded N NAME: the trace of the session has exactly N events. Destroys the session.
recorded()
{
    lttng_do destroy "$2"
    if [[ $1 == 0 && -z $(find "$2" -name 'channel*' -size +0 2>/dev/null) ]]; then
        return
    fi
    read_trace "$2"
    lines "$1" " $work: " text
    lines "$1" . text
}

case_enable_and_disable()
{
    local i
    with_lttng
    session mine other:nothing
    asked_start
    asked_traced
    for ((i = 1; i <= 20; i++)); do
        calls 7
        lttng_do enable-event -u $work
        planted "($i)"
        calls 10
        lttng_do disable-event -u $work
        lifted "($i)"
    done
    asked_ends
    tracer_ends 0
    recorded 200 mine
    said '200 events? written, 0 lost'
}

case_stop_and_start()
{
    local i
    with_lttng
    session mine $work
    asked_start
    asked_traced
    for ((i = 1; i <= 10; i++)); do
        planted "($i)"
        calls 10
        lttng_do stop
        lifted "($i)"
        calls 7
        lttng_do start
    done
    planted
    asked_ends
    tracer_ends 0
    recorded 100 mine
}

# A disabled channel records nothing, whatever its rules are.
case_channels()
{
    with_lttng
    lttng_do create mine --output="$dir/mine"
    local channel
    for channel in one two; do
        lttng_do enable-channel -u $channel
        lttng_do enable-event -u -c $channel $work
    done
    lttng_do start
    asked_start
    asked_traced
    planted
    calls 10
    lttng_do disable-channel -u one
    calls 10
    lttng_do disable-channel -u two
    lifted
    calls 10
    lttng_do enable-channel -u one
    planted
    calls 5
    asked_ends
    tracer_ends 0
    recorded 35 mine
}

# Sessions are created and destroyed; each records what it enabled while it existed.
case_sessions()
{
    with_lttng
    session first $work
    asked_start
    asked_traced --session=first
    planted
    calls 10
    # Destroyed during the run, then created again with the same name.
    session second $work "*:work_ex* --filter=retval<1"
    wait_for 5 enabled_for second || fail "the second session gets no events"
    calls 20
    recorded 30 first
    calls 5
    mv first first.1
    session first "wait_for_line:w*y"
    wait_for 5 enabled_for first || fail "the new session gets no events"
    calls 3
    recorded 28 second
    calls 2
    lttng_do disable-event -u -s first 'wait_for_line:w*y'
    lifted
    calls 100
    asked_ends
    tracer_ends 0
    recorded 5 first
}

# The session has recorded a call: the tracer's setup is complete.
enabled_for()
{
    [[ -n $(find "$1" -name 'channel*') ]] && is_planted
}

# Wildcards, exclusions, filters and log levels, in one session, each in its own channel.
case_wildcards_exclusions_filters()
{
    with_lttng
    lttng_do create mine --output="$dir/mine"
    local rules=(
        "$work"
        "wait_for_line:wor*_entry"
        "*:work_entry"
        "*ork_en*"
        "w*:w*k_*y --exclude=other:*"
        "wait_for_line:w*_entry --exclude=wait_for_line:wo*"
        "*k_entry --exclude=other:nothing,*:work_entry"
        "$work --filter=i>=40"
        "$work --filter=i>=40&&i<45||i==2"
        "$work --filter=nosuch==1"
        "$work --loglevel=TRACE_DEBUG_LINE"
        "$work --loglevel=TRACE_DEBUG"
        "$work --loglevel-only=TRACE_DEBUG_LINE"
        "$work --loglevel-only=TRACE_WARNING"
        "$work --loglevel=TRACE_WARNING"
    )
    local wanted=(50 50 50 50 50 0 0 10 6 0 50 50 50 0 0)
    local i sum=0
    for i in "${!rules[@]}"; do
        lttng_do enable-channel -u "channel_${i}_"
        # shellcheck disable=SC2086 # arguments
        lttng_do enable-event -u -c "channel_${i}_" ${rules[i]}
        sum=$((sum + wanted[i]))
    done
    lttng_do start
    asked_start
    asked_traced
    planted
    calls 50
    asked_ends
    tracer_ends 0
    lttng_do destroy
    read_trace mine
    lines $sum . text
    # A trace of our own has the records of all channels in one.
    [[ ${TEST_JUMPS:-} != yes ]] || return 0
    for i in "${!rules[@]}"; do
        mkdir "one$i"
        cp "$(find mine -name metadata | head -n 1)" "one$i/"
        find mine -name "channel_${i}_*" ! -name '*.idx' -exec cp '{}' "one$i/" ';'
        rm -f text
        read_trace "one$i"
        [[ $(wc -l <text) == "${wanted[i]}" ]] ||
            fail "$(wc -l <text) events, not ${wanted[i]}, for ${rules[i]}"
    done
}

# A rule that names a new module adds it to the trace while the program runs.
case_module_named_later()
{
    with_lttng
    session mine other:nothing
    asked_start
    asked_traced
    local libc
    libc=$(sed -n 's:^.* \(/.*/libc\.so\.6\)$:\1:p' "/proc/$target_pid/maps" | head -n 1)
    calls 3
    lttng_do enable-event -u 'c:printf_entry'
    wait_for 10 printf_is_planted || fail "printf() is not armed: $(cat "$err")"
    calls 3
    calls 3
    lttng_do disable-event -u 'c:printf_entry'
    wait_for 5 printf_is_lifted || fail "printf() is not disarmed"
    calls 3
    asked_ends
    tracer_ends 0
    lttng_do destroy mine
    read_trace mine
    lines 2 ' c:printf_entry: ' text
    lines 2 . text
}

printf_is_planted()
{
    has_breakpoint "$libc" printf
}

printf_is_lifted()
{
    ! printf_is_planted
}

# How often the calling thread has slept: each stop adds one.
sleeps()
{
    sed -n 's/^voluntary_ctxt_switches:[[:space:]]*//p' "/proc/$target_pid/task/$asked_thread/status"
}

# No stop in 100,000 calls: the thread sleeps only a few times, waiting for input.
costs_nothing()
{
    local before after
    before=$(sleeps)
    calls 100000
    after=$(sleeps)
    ((after - before < 20)) || fail "$*: the thread slept $((after - before)) times in 100,000 calls"
}

case_nothing_asked_costs_nothing()
{
    local stops
    with_lttng
    session mine other:nothing
    asked_start
    costs_nothing "not traced"
    asked_traced --stats
    costs_nothing "not asked for"
    lttng_do enable-event -u $work
    planted
    calls 10
    lttng_do disable-event -u $work
    lifted
    costs_nothing "disabled"
    lttng_do enable-event -u $work
    planted
    lttng_do stop
    lifted
    costs_nothing "stopped"
    lttng_do start
    planted
    calls 10
    lttng_do destroy
    lifted
    costs_nothing "destroyed"
    kill -TERM "$tracer_pid"
    tracer_ends 0
    costs_nothing "let go"
    asked_ends
    # The cost of 20 calls and the attach, not of 500,000 calls.
    stops=$(sed -n 's/.*stats: .*, stops \([0-9]*\),.*/\1/p' "$err")
    ((stops >= 20 && stops < 200)) || fail "$stops stops"
    said 'calls 20,'
}

# `lttng track` compares the emitting process: the tracer.
case_tracking()
{
    with_lttng
    asked_start
    session mine $work
    lttng_do track -u --vpid="$target_pid"
    asked_traced
    is_lifted || fail "armed, though only the traced program is tracked"
    calls 10
    lttng_do track -u --vpid="$tracer_pid"
    planted "(vpid of the tracer)"
    calls 5
    lttng_do untrack -u --vpid="$tracer_pid"
    lifted "(vpid of the tracer is not tracked any more)"
    lttng_do track -u --vpid --all
    planted "(all)"
    lttng_do untrack -u --vuid --all
    lifted "(no user)"
    calls 10
    lttng_do track -u --vuid="$(id -u)"
    planted "(the user)"
    calls 5
    lttng_do untrack -u --vgid --all
    lifted "(no group)"
    lttng_do track -u --vgid="$(id -g)"
    planted "(the group)"
    calls 5
    asked_ends
    tracer_ends 0
    recorded 15 mine
}

# warned RULE NEAREST: one line warns of the rule, with the similar names.
warned()
{
    lines 1 "^ptrace_tracer: .*'$1' .*matches no traced function; similar names: $2" "$err"
}

# A rule for a function that does not exist gets one warning with similar names; a rule for another
# program does not.
case_misspelt()
{
    with_lttng
    session mine mylib:my_trased_function_entry mylib:my_traced_function \
        'mylib:my_traced_funktion*' mylb:my_traced_function_exit \
        'mylib:my_traced_function_*' another:program_entry 'another:*' 'my*' '*' sample_app:numer_entry
    traced 0 "$sample" 200 1000
    warned 'mylib:my_trased_function_entry' 'mylib:my_traced_function_entry'
    warned 'mylib:my_traced_function' 'mylib:my_traced_function_e[nx]'
    warned 'mylib:my_traced_funktion\*' 'mylib:my_traced_function_e[nx]'
    warned 'mylb:my_traced_function_exit' 'mylib:my_traced_function_exit$'
    warned 'sample_app:numer_entry' 'sample_app:number_entry'
    lines 5 'matches no traced function' "$err"
    lttng_do destroy mine
}

# The same while the program runs; without similar names if there are none.
case_misspelt_later()
{
    with_lttng
    session mine $work
    asked_start
    asked_traced
    lttng_do enable-event -u wait_for_line:wrok_exit
    wait_for 10 at_least 1 "'wait_for_line:wrok_exit'.*similar names: wait_for_line:work_exit" "$err" ||
        fail "no message: $(cat "$err")"
    lttng_do enable-event -u wait_for_line:nothing_of_the_kind_at_all_exit
    wait_for 10 at_least 1 "'wait_for_line:nothing_of_the_kind_at_all_exit' of session mine matches no traced function$" "$err" ||
        fail "no message: $(cat "$err")"
    asked_ends
    tracer_ends 0
    lines 2 'matches no traced function' "$err"
}

# The traced program has its own tracepoint with a name like that of a function.
case_own_tracepoint_is_not_misspelt()
{
    build_own_tracepoints
    with_lttng
    session mine 'own_tracepoints:*_entry' own_tracepoints:inside
    mkfifo gate
    exec 8<>gate
    "$tracer" -f 'outside|insides' ./own_tracepoints 5 <gate >"$out" 2>"$err" 8>&- &
    tracer_pid=$!
    wait_for 10 inside_is_listed || fail "the program does not start"
    lttng_do enable-event -u -s mine own_tracepoints:inside2
    wait_for 10 at_least 1 "'own_tracepoints:inside2'" "$err" || fail "no message: $(cat "$err")"
    echo >&8
    tracer_ends 0
    lines 1 'matches no traced function' "$err"
    lttng_do destroy mine
    read_trace mine
    lines 5 ' own_tracepoints:inside: ' text
}

inside_is_listed()
{
    lttng --no-sessiond list -u 2>/dev/null | grep -q 'own_tracepoints:inside '
}

# Our events and the program's own tracepoints in one session: one clock, one order.
case_beside_own_tracepoints()
{
    build_own_tracepoints
    with_lttng
    session mine 'own_tracepoints:*'
    mkfifo gate
    exec 8<>gate
    "$tracer" -f 'outside|insides' ./own_tracepoints 1000 <gate >"$out" 2>"$err" 8>&- &
    tracer_pid=$!
    wait_for 10 inside_is_listed || fail "the program does not start"
    echo >&8
    tracer_ends 0
    said ' 2000 calls, 4000 events written, 0 lost'
    lttng_do destroy mine
    read_trace mine
    lines 5000 . text
    # 1000 times: entry, entry of the callee, tracepoint, exit of the callee, exit, in that order
    # and with the number that the program passed.
    awk '{
        expected = sprintf("%s", NR % 5 == 1 ? "outside_entry" : NR % 5 == 2 ? "insides_entry" : \
                           NR % 5 == 3 ? "inside" : NR % 5 == 4 ? "insides_exit" : "outside_exit")
        number = int((NR - 1) / 5)
        match($0, / own_tracepoints:[a-z_]*: /)
        name = substr($0, RSTART + 17, RLENGTH - 19)
        if (name != expected || $0 !~ ("[= ]" number " }$")) { print NR ": " $0; exit 1 }
    }' text || fail "not in the order of the calls"
}

# A program that calls a function on request, which calls one with a tracepoint.
build_own_tracepoints()
{
    gcc -O0 -g -I"$top/tests/e2e" -o own_tracepoints "$top/tests/e2e/own_tracepoints.c" -llttng-ust -ldl ||
        fail "cannot build"
}

run_cases "$@"
