#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The traces of our own that --in-process writes, in sessions that are stopped, started, destroyed or
# made anew, and in several sessions at once.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/cases.sh"
. "$(dirname "$0")/call_on_request.sh"
. "$(dirname "$0")/traces_of_ours.sh"

f=(-f my_traced_function)

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

run_cases "$@"
