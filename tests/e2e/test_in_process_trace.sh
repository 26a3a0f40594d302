#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The traces of our own that --in-process writes beside those of LTTng's sessions: what babeltrace2
# shows of a session's directory is the same as without the option, but for times.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/cases.sh"
. "$(dirname "$0")/call_on_request.sh"
. "$(dirname "$0")/traces_of_ours.sh"

f=(-f my_traced_function)

case_sample()
{
    with_lttng
    same cat -- "$sample" 100
    lines 204 'procname = "sample_app" \}' text
    same cat --entry-only "${f[@]}" -- "$sample" 5
    same cat --with=depth,caller,tid,pid -- "$sample" 5
    same cat --strings=all --string-limit=3 --deref=2 -- "$sample" 5
}

case_programs()
{
    local program
    with_lttng
    for program in recursion tailcall longjmp 'exceptions 50' nested big_results one_thread_no_pie \
        'dispatch loop 1000' 'dispatch virtual 1000' pointers; do
        # shellcheck disable=SC2086 # arguments
        same cat -x '_.*' -- "$build/targets/"$program
    done
}

case_cxx()
{
    with_lttng
    same cat -x '_.*' -- "$build/targets/cxx_names"
}

case_threads()
{
    with_lttng
    same sort -f work -- "$build/targets/threads8" 500
    lines 8000 ' threads8:work_' text
}

case_children()
{
    with_lttng
    same sort -F -f 'parent|child|work|step' -- "$build/targets/fork_child"
}

# Each value is as it was passed, whatever its type.
case_values()
{
    . "$top/tests/values/run.sh"
    printf '#!/bin/sh\nexec "%s" --in-process "$@"\n' "$build/bin/ptrace_tracer" >tracer
    chmod +x tracer
    with_lttng
    tracer=$dir/tracer
    values_build c gcc O2 7 40
    values_ctf 120 7
    values_build c++ gcc O0 8 40
    values_ctf 120 8
}

# The contexts of a channel, in their order.
case_contexts()
{
    local contexts
    with_lttng
    for contexts in "" "vpid vtid procname ip" "ip procname" vtid; do
        for name in lttngs ours; do
            rm -rf $name
            session $name
            # shellcheck disable=SC2046,SC2086 # arguments
            [[ -z $contexts ]] || lttng_do add-context -u -s $name -c ch $(printf -- '-t %s ' $contexts)
            lttng_do enable-event -u -s $name -c ch 'mylib:*'
            lttng_do start
            # shellcheck disable=SC2046 # an option or none
            traced 0 $([[ $name == lttngs ]] || echo --in-process) "$sample" 20
            lttng_do destroy $name
        done
        lines_of lttngs >wanted
        lines_of ours >got
        cmp wanted got || fail "with contexts '$contexts': $(head -n 1 got)"
        all_are_ours ours
    done
}

# Of several rules, filters and exclusions, LTTng's verdict counts; one call may be recorded in two
# channels.
case_filters_and_exclusions()
{
    local name
    with_lttng
    for name in lttngs ours; do
        session $name
        lttng_do enable-channel -u -s $name second
        lttng_do enable-event -u -s $name -c ch 'wait_for_line:*' --filter 'i >= 40 && i < 45'
        lttng_do enable-event -u -s $name -c second 'wait_for_line:*' --exclude 'wait_for_line:*_exit,*:main*'
        lttng_do start
        asked_start
        # shellcheck disable=SC2046 # an option or none
        asked_traced $([[ $name == lttngs ]] || echo --in-process)
        planted
        calls 50
        asked_ends
        tracer_ends 0
        lttng_do destroy $name
        rm asked.in asked.out
    done
    lines_of lttngs >wanted
    lines_of ours >got
    cmp wanted got || fail "other events: $(diff wanted got | head -n 10)"
    lines 55 'work_entry' text
    all_are_ours ours
}

# A session that is not started: the tracer enables its events, starts it and stops it.
case_idle_session()
{
    with_lttng
    lttng_do create mine --output="$dir/mine"
    traced 0 --in-process "${f[@]}" "$sample" 20
    said '40 events written, 0 lost; to read the trace: babeltrace2 .*/mine$'
    all_are_ours mine
    # And again.
    traced 0 --in-process --session=mine "${f[@]}" "$sample" 20
    [[ $(find mine -name 'in-process-*' | wc -l) == 2 ]] || fail "no second trace"
    read_trace mine
    events 40 mylib:my_traced_function_exit
    lttng_do destroy mine
}

# Sessions without a directory of ours to write to, and channels whose records we cannot write, get
# them through LTTng; a line says so, once.
case_through_lttng()
{
    with_lttng
    session mine
    lttng_do add-context -u -s mine -c ch -t pthread_id
    lttng_do enable-event -u -s mine -c ch 'mylib:*'
    lttng_do start mine
    traced 0 --in-process "$sample" 50
    lines 1 'session mine: LTTng records the calls, .*: it has contexts other than' "$err"
    said '100 events written, 0 lost'
    lttng_do destroy mine
    none_is_ours mine
    read_trace mine
    lines 100 . text

    lttng_do create snap --snapshot --output="$dir/snap"
    lttng_do enable-event -u 'mylib:*'
    lttng_do start
    traced 0 --in-process "$sample" 50
    lines 1 'session snap: LTTng records the calls, .*: it is in snapshot mode' "$err"
    lttng_do destroy
}

# A channel whose files are limited in size keeps to it.
case_limited_files()
{
    with_lttng
    lttng_do create mine --output="$dir/mine"
    lttng_do enable-channel -u --subbuf-size=4096 --tracefile-size=8192 --tracefile-count=2 ch
    lttng_do enable-event -u -c ch 'mylib:*'
    lttng_do start
    traced 0 --in-process "$sample" 50
    lines 1 'session mine: LTTng records the calls, .*: a channel limits the size' "$err"
    lttng_do destroy
    none_is_ours mine
    session rotated
    lttng_do enable-event -u -s rotated -c ch 'mylib:*'
    lttng_do enable-rotation -s rotated --timer=10s
    lttng_do start rotated
    traced 0 --in-process "$sample" 50
    lines 1 'session rotated: LTTng records the calls, .*: it is rotated by a schedule' "$err"
    lttng_do destroy rotated
    none_is_ours rotated
}

# Records have the times of the hits: a call lasts as long as its duration says, to the nanosecond.
case_times()
{
    with_lttng
    traced 0 --in-process --with=duration -o ours "${f[@]}" "$sample" 200
    babeltrace2 --clock-seconds --clock-gmt ours >text || fail "babeltrace2"
    awk '
        function ns(stamp) { split(stamp, part, /[].[]/); return part[2] % 100000 * 1000000000 + part[3] }
        /_entry:/ { began = ns($1) }
        /_exit:/ {
            match($0, /duration = [0-9]+/)
            lasted = substr($0, RSTART + 11, RLENGTH - 11)
            if (ns($1) - began != lasted) { print "from " began " to " ns($1) ", not " lasted; bad++ }
            n++
        }
        END { exit bad > 0 || n != 200 }' text >wrong || fail "durations: $(head -n 3 wrong)"
}

# LTTng's trace and ours have the same clock.
case_clock()
{
    with_lttng
    traced 0 --in-process -o ours "${f[@]}" "$sample" 5
    grep -ah 'offset = ' "$(find ours/ust -name metadata)" | head -n 1 >lttngs.offset
    grep -h 'offset = ' "$(ours ours)/metadata" >ours.offset
    [[ -s ours.offset ]] && cmp lttngs.offset ours.offset || fail "$(cat lttngs.offset ours.offset)"
}

# What is recorded is in the files a moment later, and stays readable when the tracer is killed.
case_killed()
{
    with_lttng
    asked_start
    asked_traced --in-process -o ours -f work
    planted
    calls 1000
    wait_for 5 has_traces ours || fail "no trace"
    wait_for 5 has_events 2000 "$(ours ours)" || fail "not written: $(babeltrace2 "$(ours ours)" | wc -l)"
    echo "call 100000" >&8
    wait_for 5 has_more_events 3000 "$(ours ours)" || fail "nothing more is written"
    kill -KILL "$tracer_pid"
    wait "$tracer_pid" 2>/dev/null
    read_trace "$(ours ours)"
    (($(wc -l <text) >= 3000)) || fail "$(wc -l <text) events"
    lttng_do destroy --all
    read_trace ours
    kill -KILL "$target_pid"
    wait "$target_pid" 2>/dev/null
    exec 8>&- 9<&-
}

has_more_events() # N DIR
{
    (($(babeltrace2 "$2" 2>/dev/null | wc -l) > $1))
}

# The disk becomes full: what could not be written is said, and what is there is readable.
case_disk_full()
{
    [[ ${PRIVATE_LTTNG_SPACE:-} == entered ]] || skip "only root may mount, in a mount namespace of its own"
    mkdir disk
    mount -t tmpfs -o size=1m tmpfs disk || skip "nothing may be mounted"
    with_lttng
    asked_start
    asked_traced --in-process -o disk/ours -f work
    planted
    calls 40000
    wait_for 10 at_least 1 'cannot write to .*/disk/ours/in-process-.*: No space left on device' "$err" ||
        fail "no message: $(cat "$err"; df disk)"
    asked_ends
    tracer_ends 125
    lines 1 'No space left on device' "$err"
    babeltrace2 "$(ours disk/ours)" >text 2>text.err || fail "babeltrace2: $(tail -n 3 text.err)"
    local written lost
    written=$(sed -n 's/.* \([0-9]*\) events written.*/\1/p' "$err")
    lost=$(sed -n 's/.* \([0-9]*\) lost.*/\1/p' "$err")
    lines "$written" . text
    ((written + lost == 80000 && lost > 0)) || fail "$written written and $lost lost"
    # shellcheck disable=SC2046 # PIDs
    kill -KILL $(pgrep -P "$private_pid") "$private_pid"
    private_pid=
    umount -l disk
}

# Hits for which a ring had no room: the trace tells readers of each of them.
case_dropped()
{
    with_lttng
    [[ $(uname -m) == x86_64 ]] || skip "no jumps on this architecture"
    unset PTRACE_TRACER_JUMP_AFTER # a full ring drops records
    local lost told
    "$tracer" --in-process -o trace "$sample" 1000000 >"$out" 2>"$err" || fail "not traced"
    lost=$(sed -n 's/.* \([0-9]*\) lost; .*/\1/p' "$err")
    ((lost > 0)) || skip "the tracer was fast enough"
    babeltrace2 trace >lines 2>told || fail "not read: $(cat told)"
    told=$(grep -aoE 'discarded [0-9]+ event' told | awk '{ n += $2 } END { print n + 0 }')
    [[ $told == "$lost" ]] || fail "$lost are lost, and the trace tells of $told"
    traced 0 replay -o lines trace
    [[ $(sed -n 's/^ptrace_tracer: \([0-9]*\) events* w.* not recorded; .*/\1/p' "$err") == "$lost" ]] ||
        fail "not $lost lost in replay"
    lines 0 'left by an exception' "$err"
    lines 1 'sample_app:main = 0 <\?>' lines
}

# Without LTTng, the option changes nothing yet.
case_print()
{
    traced 0 --print=without "${f[@]}" "$sample" 5
    traced 0 --in-process --print=with "${f[@]}" "$sample" 5
    cmp <(sed 's/^[0-9]*//; s/<[0-9.]*>//' without) <(sed 's/^[0-9]*//; s/<[0-9.]*>//' with) || fail "other lines"
}

run_cases "$@"
