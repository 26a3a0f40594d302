#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# LTTng's daemons are killed while --in-process records at a high rate: the program runs on, the
# tracer waits for nothing, says what is lost and counts it, and its own trace can be read.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/cases.sh"
. "$(dirname "$0")/relay.sh"

targets=$build/targets

# calls_of: the calls that each thread has counted.
calls_of()
{
    od -An -v -td8 -w64 calls | awk '{ print $1 }'
}

all_calls()
{
    calls_of | awk '{ n += $1 } END { print n }'
}

have_called_since() # FILE
{
    [[ -z $(paste <(calls_of) "$1" | awk '$1 < $2 + 20000') ]]
}

# The program runs on, with all its threads.
runs_on()
{
    calls_of >before
    wait_for 20 have_called_since before || fail "a thread does not go on"
}

# Whether the entry of counted() has a jump.
has_jump()
{
    "$build/tests/text_clean" "$program" >dirt 2>&1
    grep -q '/killed+.*: e9, not' dirt
}

# Neither has the program's code a breakpoint.
is_lifted()
{
    "$build/tests/text_clean" "$program" >dirt 2>&1
    ! grep -q '/killed+' dirt
}

# records OPTION...: traces a program whose four threads call counted() all the time.
records()
{
    [[ $(uname -m) == x86_64 ]] || skip "no jumps on this architecture"
    tracer_start --in-process --entry-only "$@" -f counted -- "$targets/killed" "$dir/calls" 60000
    wait_for 20 test -s calls || fail "the program does not start"
    program=$(pgrep -P "$tracer_pid" -x killed)
    wait_for 20 has_jump || { no_jumps_here; fail "no jump was planted"; }
    runs_on
}

# The tracer has said whether this machine can have any.
no_jumps_here()
{
    local obstacle
    obstacle=$(sed -n 's/.*no jumps in the program: //p' "$err")
    [[ -z $obstacle ]] || skip "no jumps: $obstacle"
}

users_session() # OPTION...
{
    lttng_do create mine "$@"
    lttng_do enable-channel -u ch
    lttng_do add-context -u -c ch -t vtid
    lttng_do enable-event -u -c ch 'killed:*'
    lttng_do start
}

session_daemon_dies()
{
    local pid=$private_pid left
    left=$(pgrep -P "$pid")
    kill -KILL "$pid"
    wait_for 20 is_gone "$pid" || fail "the daemon does not end"
    private_pid=
    for pid in $left; do
        wait_for 20 is_gone "$pid" || kill -KILL "$pid" 2>/dev/null
    done
    wait_for 20 at_least 1 "$(said_at_end 'the LTTng session daemon')" "$err" || fail "no message"
    # Nothing is recorded any more: the program runs as without a tracer.
    wait_for 20 is_lifted || fail "the jumps stay: $(cat dirt)"
    runs_on
}

consumer_dies()
{
    kill -KILL "$(consumer)"
    wait_for 20 at_least 1 "$(said_at_end lttng-consumerd)" "$err" || fail "no message"
    runs_on
}

said_at_end() # DAEMON
{
    echo "^ptrace_tracer: $1 has ended: LTTng records nothing more.* not written out is lost"
}

# ends STATUS: the program is killed, and the tracer ends with that status. $written, $lost.
ends()
{
    kill -KILL "$program"
    tracer_ends "$1"
    lines 1 'has ended' "$err"
    read -r written lost < <(sed -nE 's/.* ([0-9]+) events written, ([0-9]+) lost.*/\1 \2/p' "$err")
}

# ours DIR: the trace of our own there has as many events as the tracer says, with arguments that
# grow from call to call, by exactly 1 with a second argument.
ours_is_right()
{
    babeltrace2 "$(echo "$1"/in-process-*)" >text 2>text.err || fail "babeltrace2: $(tail -n 3 text.err)"
    # Hits may be dropped, which the trace tells, but for the calls that grow by exactly 1.
    [[ -n ${2:-} ]] || sed -i '/Tracer discarded/d' text.err
    [[ ! -s text.err ]] || fail "babeltrace2: $(head -n 3 text.err)"
    lines "$written" ' killed:counted_entry: ' text
    awk -v by_one="${2:-}" '
        { match($0, /vtid = [0-9]+/); thread = substr($0, RSTART, RLENGTH)
          match($0, /[{ ]i = [0-9]+/); i = substr($0, RSTART + 5, RLENGTH - 5) + 0
          before = thread in last ? last[thread] : -1
          if (i <= before || (by_one && i != before + 1)) wrong++
          last[thread] = i }
        END { exit wrong > 0 }' text || fail "calls are missing, or twice in the trace"
}

# Every call is either written or counted as lost; each thread may be in one more.
all_are_counted()
{
    local all
    all=$(all_calls)
    ((written + lost >= all && written + lost <= all + 4)) ||
        fail "$written written and $lost lost of $all calls"
}

# Up to the end of the daemon no call is missing.
case_session_daemon_of_an_own_session()
{
    export PTRACE_TRACER_JUMP_AFTER=1 # no record is dropped
    with_lttng
    records -o trace
    session_daemon_dies
    ends 125
    ours_is_right trace by_one
    ((lost == 0)) || fail "$lost lost"
}

case_session_daemon_of_a_users_session()
{
    with_lttng
    users_session --output="$dir/mine"
    records
    session_daemon_dies
    ends 137
    ours_is_right mine
}

# The tracer's own trace goes on without LTTng's consumer.
case_consumer_of_an_own_session()
{
    with_lttng
    records -o trace
    consumer_dies
    ends 125
    ours_is_right trace
    all_are_counted
}

case_consumer_of_a_users_session()
{
    export PTRACE_TRACER_JUMP_AFTER=1 # no record is dropped
    with_lttng
    users_session --output="$dir/mine"
    records
    consumer_dies
    ends 137
    ours_is_right mine by_one
    all_are_counted
}

live_session()
{
    relay_start
    users_session --live --set-url="$relay_url"
}

relay_ends()
{
    kill -TERM "$relay_pid"
    wait_for 20 is_gone "$relay_pid" || kill -KILL "$relay_pid"
    wait "$relay_pid" 2>/dev/null
}

# Where LTTng writes the trace.
case_session_daemon_of_a_live_session()
{
    with_lttng
    live_session
    records
    session_daemon_dies
    ends 137
    relay_ends
}

case_consumer_of_a_live_session()
{
    with_lttng
    live_session
    records
    consumer_dies
    ends 137
    all_are_counted
    relay_ends
}

run_cases "$@"
