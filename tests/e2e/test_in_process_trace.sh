#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The traces of our own that --in-process writes beside those of LTTng's sessions: what babeltrace2
# shows of a session's directory is the same as without the option, but for times.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/cases.sh"
. "$(dirname "$0")/call_on_request.sh"

f=(-f my_traced_function)

# lines_of DIR: the events as babeltrace2 prints them, without what differs between two runs: times,
# CPUs, IDs and addresses.
lines_of()
{
    babeltrace2 "$1" >text 2>text.err || fail "babeltrace2: $(tail -n 3 text.err)"
    [[ ! -s text.err ]] || fail "babeltrace2: $(head -n 3 text.err)"
    sed -E 's/^\[[^]]*\] \([^)]*\) //; s/cpu_id = [0-9]+/CPU/; s/(vtid|vpid|pid|tid) = [0-9]+/\1/g
        s/\bip = [0-9]+/IP/; s/0x[0-9A-Fa-f]{5,}/ADDRESS/g; s/(duration) = [0-9]+/\1/' text
}

# ours DIR: the trace of our own in the session's directory, the only one.
ours()
{
    local list
    list=$(find "$1" -maxdepth 1 -name 'in-process-*')
    [[ $(wc -l <<<"$list") == 1 && -n $list ]] || fail "traces of our own in $1: '$list'"
    echo "$list"
}

# All events are in the trace of our own, none in LTTng's.
all_are_ours() # DIR
{
    local all
    read_trace "$1"
    all=$(wc -l <text)
    read_trace "$(ours "$1")"
    [[ $(wc -l <text) == "$all" && $all != 0 ]] || fail "$(wc -l <text) of $all events are in our trace"
}

# none_is_ours DIR: all are in LTTng's.
none_is_ours()
{
    [[ -z $(find "$1" -name 'in-process-*') ]] || fail "a trace of our own: $(find "$1" -name 'in-process-*')"
}

# same SORT OPTION... -- COMMAND...: traces the command twice, in sessions of the tracer's own. SORT is
# `sort` where the order of events differs from run to run, else `cat`.
same()
{
    local sort=$1 options=() status=0
    shift
    while [[ $1 != -- ]]; do
        options+=("$1")
        shift
    done
    shift
    rm -rf lttngs ours
    "$@" >/dev/null 2>&1 </dev/null || status=$?
    traced $status -o lttngs "${options[@]}" "$@" </dev/null
    lines_of lttngs | $sort >wanted
    traced $status --in-process -o ours "${options[@]}" "$@" </dev/null
    said "$(wc -l <wanted) events written, 0 lost; to read the trace: babeltrace2 .*/ours\$"
    lines_of ours | $sort >got
    cmp wanted got || fail "$*: other events: $(diff wanted got | head -n 10)"
    all_are_ours ours
}

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

# session NAME [OPTION...]: of the user's, with a channel `ch`; rules are added later.
session()
{
    local name=$1
    shift
    lttng_do create "$name" --output="$dir/$name" "$@"
    lttng_do enable-channel -u -s "$name" ch
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

# What was recorded when a stop is seen is in the files, and what is not recorded is not.
case_stop_and_start()
{
    local i
    with_lttng
    session mine
    lttng_do enable-event -u -c ch wait_for_line:work_entry
    lttng_do start
    asked_start
    asked_traced --in-process
    for ((i = 1; i <= 5; i++)); do
        planted "($i)"
        calls 10
        lttng_do stop
        lifted "($i)"
        calls 7
        wait_for 1 has_events $((10 * i)) "$(ours mine)" || fail "not all is in the files after stop $i"
        lttng_do start
    done
    asked_ends
    tracer_ends 0
    lttng_do destroy mine
    all_are_ours mine
    lines 50 . text
}

# A session of the tracer's own that the user has stopped and started is noted as such: nothing says that
# it was started once.
case_own_restarted()
{
    local name
    with_lttng
    asked_start
    asked_traced --in-process -o ours -f work
    planted
    calls 10
    wait_for 5 has_traces ours || fail "no trace"
    name=$(lttng --no-sessiond list | sed -n 's/^ *[0-9]*) \([^ ]*\).*/\1/p')
    lttng_do stop "$name"
    lifted
    lttng_do start "$name"
    planted
    calls 10
    asked_ends
    tracer_ends 0
    all_are_ours ours
    lines 40 . text
    lines 1 '"format": 1,' ours/ptrace_tracer.json
    lines 0 started_once ours/ptrace_tracer.json
}

# A session is stopped in one call of a function and started in the next one: what it has is the entry
# of the one and the exit of the other. Its trace tells of the stop, so that they are not paired. The
# functions are still traced meanwhile, for another session.
case_open_at_a_stop()
{
    with_lttng
    cat >app.c <<'END'
#include <stdlib.h>
static int run(const char *command) { return system(command); }
static void rest(void) {}
int main(int argc, char **argv)
{
    int failed = 0;
    for (int i = 1; i < argc; i++, rest())
        failed |= run(argv[i]);
    return failed;
}
END
    gcc -g -O0 -o app app.c || fail "not built"
    mkfifo first second
    session mine
    lttng_do enable-event -u -s mine -c ch 'app:*'
    lttng_do add-context -u -s mine -c ch -t vpid -t vtid
    lttng_do start mine
    tracer_start --in-process -o other ./app : 'cat first' 'cat second' :
    wait_for 10 has_traces mine || fail "no trace: $(cat "$err")"
    wait_for 5 has_events 6 "$(ours mine)" || fail "not before the stop: $(babeltrace2 mine)"
    lttng_do stop mine
    : >first
    wait_for 5 has_events 10 "$(ours other)" || fail "not in the other session: $(babeltrace2 other)"
    lttng_do start mine
    : >second
    tracer_ends 0
    lttng_do destroy mine
    all_are_ours other
    lines 18 . text
    babeltrace2 mine >text 2>text.err || fail "not read: $(cat text.err)"
    lines 14 . text
    [[ ! -s text.err ]] || fail "$(cat text.err)"
    traced 0 replay mine
    lines 3 'app:run\(' "$out"
    lines 1 '^[0-9]+   = 0 <\?>$' "$out"
    lines 5 '^[0-9]+   = [a-z0-9]+ <[0-9.]+>$' "$out"
    lines 1 '^[0-9]+ } app:main = 0 <\?>$' "$out"
    one_line '2 calls that returned were open when the session was stopped'
    traced 0 report --format=csv mine
    lines 1 '^3,[0-9].*,app:run$' "$out"
    lines 1 '^1,,,,,,,app:main$' "$out"
    traced 0 replay other
    lines 0 '<\?>' "$out"
    lines 1 '"started_once": true' other/ptrace_tracer.json
}

has_events() # N DIR
{
    [[ $(babeltrace2 "$2" 2>/dev/null | wc -l) == "$1" ]]
}

# Sessions that start one after the other, with the same rules, have a trace each.
case_second_session()
{
    local name
    with_lttng
    for name in one two three; do
        session $name
        lttng_do enable-event -u -s $name -c ch wait_for_line:work_entry
        lttng_do add-context -u -s $name -c ch -t vtid
    done
    lttng_do start one
    asked_start
    asked_traced --in-process --session=one
    planted
    calls 10
    wait_for 5 has_traces one || fail "no trace in one"
    lttng_do start two
    wait_for 5 calls_are_in two || fail "no calls in two"
    lttng_do start three
    wait_for 5 calls_are_in three || fail "no calls in three"
    lttng_do stop two
    calls 10
    lttng_do destroy one
    calls 10
    asked_ends
    tracer_ends 0
    for name in two three; do
        lttng_do destroy $name
    done
    for name in one two three; do
        all_are_ours $name
    done
    ! grep -q 'LTTng records' "$err" || fail "some records are LTTng's"
}

has_traces() # NAME
{
    [[ -n $(find "$1" -name 'in-process-*') ]]
}

calls_are_in() # NAME
{
    calls 1
    has_traces "$1"
}

# A session with the name and the directory of one that was destroyed is another one.
case_made_anew()
{
    local round
    with_lttng
    asked_start
    session first
    lttng_do enable-event -u -s first -c ch other:event
    lttng_do start first
    asked_traced --in-process --session=first
    for round in 1 2 3; do
        session mine
        lttng_do enable-event -u -s mine -c ch wait_for_line:work_entry
        lttng_do start mine
        planted "($round)"
        calls $round
        lttng_do destroy mine
        lifted "($round)"
        all_are_ours mine
        lines $round . text
        mv mine "mine$round"
    done
    asked_ends
    tracer_ends 0
    lttng_do destroy first
    none_is_ours first
}

# A session that is destroyed before it is known which one it is: its records are in its trace, or
# counted as lost, and in no other trace.
case_destroyed_at_once()
{
    local i written lost brief=0
    with_lttng
    asked_start
    session steady
    lttng_do enable-event -u -s steady -c ch wait_for_line:work_entry
    lttng_do start steady
    asked_traced --in-process --session=steady
    planted
    for ((i = 1; i <= 5; i++)); do
        session brief
        lttng_do enable-event -u -s brief -c ch wait_for_line:work_entry
        lttng_do start brief
        calls 1
        lttng_do destroy brief
        calls 1
        mv brief "brief$i"
    done
    asked_ends
    tracer_ends 0
    lttng_do destroy steady
    all_are_ours steady
    lines 10 . text
    for ((i = 1; i <= 5; i++)); do
        [[ ! $(find "brief$i" -name metadata) ]] || { read_trace "brief$i"; brief=$((brief + $(wc -l <text))); }
    done
    [[ ! -e brief ]] || { read_trace brief; brief=$((brief + $(wc -l <text))); }
    read -r written lost < <(sed -nE 's/.* ([0-9]+) events? written, ([0-9]+) lost.*/\1 \2/p' "$err")
    ((written == 10 + brief && brief + lost == 5)) || fail "$written written, $lost lost, 10 and $brief in the traces"
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

# Two sessions that start together cannot be told apart: LTTng records in both.
case_two_at_once()
{
    local name
    with_lttng
    for name in one two; do
        session $name
        lttng_do enable-event -u -s $name -c ch 'mylib:*'
        lttng_do start $name
    done
    traced 0 --in-process --session=one "$sample" 50
    for name in one two; do
        lines 1 "session $name: LTTng records the calls, .*: liblttng-ust does not tell" "$err"
        lttng_do destroy $name
        none_is_ours $name
        read_trace $name
        lines 100 . text
    done
    said '200 events written, 0 lost'
}

# A session of the tracer's own is started after those that run already, and so is told apart.
case_own_beside_a_users()
{
    with_lttng
    session mine
    lttng_do enable-event -u -s mine -c ch 'my*'
    lttng_do start mine
    traced 0 --in-process -o ours "${f[@]}" "$sample" 50
    lttng_do destroy mine
    for name in mine ours; do
        all_are_ours $name
        lines 100 my_traced_function text
    done
    said '200 events written, 0 lost'
}

# Also when sessions of the user's cannot be told apart: which one the tracer starts is known.
case_own_beside_two()
{
    local name
    with_lttng
    for name in one two; do
        session $name
        lttng_do enable-event -u -s $name -c ch 'mylib:*'
        lttng_do start $name
    done
    traced 0 --in-process -o ours "${f[@]}" "$sample" 50
    all_are_ours ours
    lines 100 my_traced_function text
    for name in one two; do
        lttng_do destroy $name
        none_is_ours $name
        read_trace $name
        lines 100 . text
    done
    said '300 events written, 0 lost'
}

# A session that does not track the tracer, or wants other events, is none of those.
case_other_sessions()
{
    local name
    with_lttng
    for name in other untracked idle; do
        session $name
        lttng_do enable-event -u -s $name -c ch "$([[ $name == other ]] && echo other || echo mylib):*"
    done
    lttng_do track -s untracked -u --vpid=1
    lttng_do start other
    lttng_do start untracked
    traced 0 --in-process -o ours "${f[@]}" "$sample" 50
    all_are_ours ours
    lines 100 . text
    for name in other untracked idle; do
        lttng_do destroy $name
        none_is_ours $name
    done
}

case_buffers_by_process()
{
    with_lttng
    lttng_do create mine --output="$dir/mine"
    lttng_do enable-channel -u --buffers-pid ch
    lttng_do enable-event -u -c ch 'mylib:*'
    lttng_do start
    traced 0 --in-process "$sample" 50
    lttng_do destroy
    all_are_ours mine
    lines 100 . text
}

case_two_tracers()
{
    with_lttng
    session mine
    lttng_do enable-event -u -c ch 'mylib:*'
    lttng_do start
    "$tracer" --in-process "$sample" 300 >/dev/null 2>err.1 &
    traced 0 --in-process "$sample" 200
    wait $! || fail "the other tracer failed: $(cat err.1)"
    lttng_do destroy
    [[ $(find mine -name 'in-process-*' | wc -l) == 2 ]] || fail "not two traces"
    read_trace mine
    lines 1000 . text
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
