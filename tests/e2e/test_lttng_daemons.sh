#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# LTTng's daemons start, end and die while a program is traced: the tracer says so, the program runs
# on, and the events that a new daemon's sessions enable are armed again.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/cases.sh"
. "$(dirname "$0")/call_on_request.sh"

# Ends the session daemon with that signal, and then its consumers.
daemon_dies() # SIGNAL
{
    local pid=$private_pid left
    left=$(pgrep -P "$pid")
    kill "-$1" "$pid"
    wait_for 20 is_gone "$pid" || fail "the daemon does not end"
    for pid in $left; do
        wait_for 5 is_gone "$pid" || kill -KILL "$pid" 2>/dev/null
    done
    private_pid=
}

# Starts a new daemon, which may stay when the case ends.
daemon_starts()
{
    unset CASE_MARK
    private_lttng_daemon
    export CASE_MARK=$dir
}

session_records_work() # NAME
{
    lttng_do create "$1" --output="$dir/$1"
    lttng_do enable-event -u wait_for_line:work_entry
    lttng_do start
}

# liblttng-ust tries to reach a killed daemon every five seconds.
met_again()
{
    wait_for 20 asked_is_listed || fail "the new daemon is not connected: $(cat "$err")"
}

said_once()
{
    lines 1 "^ptrace_tracer: .*($1)" "$err"
}

case_restarted()
{
    with_lttng
    session_records_work mine
    asked_start
    asked_traced
    planted
    calls 10
    daemon_dies TERM
    lifted "without a daemon"
    calls 10
    wait_for 20 at_least 1 'session daemon has ended: .* session mine' "$err" || fail "not told: $(cat "$err")"
    daemon_starts
    met_again
    calls 10
    session_records_work other
    planted "in the new daemon's session"
    calls 20
    lttng_do destroy
    lifted
    asked_ends
    tracer_ends 0
    said_once 'session daemon has ended: .* session mine'
    read_trace other
    lines 20 . text
}

# A killed daemon takes its sessions with it: the tracer reports the loss of its own session at
# once, and by its exit status. The program is not affected, and other sessions still record.
case_killed()
{
    with_lttng
    asked_start
    asked_traced -o trace -f work
    planted
    calls 10
    daemon_dies KILL
    lifted "without a daemon"
    wait_for 10 at_least 1 'session daemon has ended' "$err" || fail "no message: $(cat "$err")"
    daemon_starts
    met_again
    session_records_work other
    planted "in the new daemon's session"
    calls 20
    lttng_do destroy
    asked_ends
    tracer_ends 125
    lines 1 'session daemon|cannot|destroyed' "$err"
    read_trace other
    lines 20 . text
}

# A session of the user's that ends with its daemon is no failure of the tracer.
case_killed_under_a_launched_program()
{
    with_lttng
    lttng_do create mine --output="$dir/mine"
    lttng_do enable-event -u 'mylib:*'
    lttng_do start
    tracer_start "$sample" 3000 1000
    wait_for 10 sample_is_listed || fail "the tracer does not start"
    daemon_dies KILL
    tracer_ends 0
    [[ $(cat $out) == 'sample_app: 3000 calls' ]] || fail "the program: $(cat $out)"
    said_once 'session daemon has ended: .* session mine'
}

sample_is_listed()
{
    lttng --no-sessiond list -u 2>/dev/null | grep -q 'mylib:my_traced_function_exit'
}

# The system's daemon starts long after a user's tracer.
case_comes_later()
{
    [[ ${PRIVATE_LTTNG_SPACE:-} == entered ]] || skip "only root can be two users, with a /run of their own"
    local nobody=(setpriv --reuid=65534 --regid=65534 --clear-groups)
    "${nobody[@]}" "$tracer" --version >/dev/null 2>&1 || skip "the build is not for another user to read"
    with_lttng
    private_lttng_kill
    mkdir "$dir/nobody"
    chown -R 65534:65534 "$dir/nobody"
    export LTTNG_HOME=$dir/nobody
    "${nobody[@]}" env HOME="$dir/nobody" ASAN_OPTIONS="$ASAN_OPTIONS:detect_leaks=0" \
        "$tracer" -o "$dir/nobody/trace" -f my_traced_function "$sample" 20000 1000 >$out 2>$err &
    tracer_pid=$!
    wait_for 20 nobody_traces || fail "the tracer does not start: $(cat $err)"
    export LTTNG_HOME=$private_dir/home
    daemon_starts
    wait_for 20 sample_is_listed || fail "root's daemon does not hear of the tracer"
    lttng_do create late --output="$dir/late"
    lttng_do enable-event -u mylib:my_traced_function_entry
    lttng_do start
    wait_for 10 late_events || fail "nothing is recorded"
    lttng_do destroy late
    target_pid=$(pgrep -P "$tracer_pid" -x sample_app)
    kill -TERM "$tracer_pid"
    tracer_ends 0
    kill -KILL "$target_pid"
    # The user's daemon, started by the tracer.
    kill "$(cat "$dir/nobody/.lttng/lttng-sessiond.pid")"
}

nobody_traces()
{
    [[ -n $(find "$dir/nobody/trace" -name 'channel0_*' 2>/dev/null) ]]
}

late_events()
{
    lttng_do stop late
    lttng_do start late
    babeltrace2 late 2>/dev/null | grep -q my_traced_function_entry
}

# The consumer is gone. The program goes on, at its own speed once the tracer has noticed, and ends
# with its own status.
case_consumer_killed()
{
    with_lttng
    tiny_session --blocking-timeout=30000000
    asked_start
    asked_traced
    planted
    calls 10
    kill -KILL "$(consumer)"
    # More records than the ring buffers hold, which are no longer emptied. The program goes on.
    echo 'call 500' >&8
    read -r -t 2 reply <&9 || fail "the program is held up for more than two seconds"
    calls 2000
    wait_for 10 at_least 1 'lttng-consumerd has ended' "$err" || fail "no message: $(cat "$err")"
    asked_ends
    tracer_ends 0
    said_once 'lttng-consumerd has ended'
}

# The session daemon waits for a stopped consumer. A tracer that waits for the daemon must not hold
# the program meanwhile.
case_consumer_stopped_before()
{
    local stopped
    with_lttng
    lttng_do create mine --output="$dir/mine"
    lttng_do enable-event -u "wait_for_line:work_*"
    lttng_do start
    asked_start
    # A consumer exists once an application has been traced.
    asked_traced
    planted
    kill -TERM "$tracer_pid"
    tracer_ends 0
    stopped=$(consumer)
    kill -STOP "$stopped"
    tracer_start -p "$target_pid" 8>&- 9<&-
    calls 20
    asked_ends
    kill -CONT "$stopped"
    tracer_ends 125
    said "no process $target_pid"
}

# A signal ends a tracer that still waits for the daemon, and the program never runs.
case_interrupted_while_it_waits()
{
    local stopped
    with_lttng
    session_records_work mine
    asked_start
    asked_traced
    planted
    kill -TERM "$tracer_pid"
    tracer_ends 0
    stopped=$(consumer)
    kill -STOP "$stopped"
    tracer_start "$sample" 5
    wait_for 20 at_least 1 'session daemon does not answer; waiting' "$err" ||
        fail "no message: $(cat "$err")"
    kill -TERM "$tracer_pid"
    tracer_ends 125
    said 'interrupted before anything was traced'
    [[ ! -s $out ]] || fail "the program ran: $(cat "$out")"
    kill -CONT "$stopped"
    asked_ends
}

# A signal also ends the wait at the end: the session stays as it is, after a message that says what
# the tracer waits for.
case_interrupted_at_its_end()
{
    local stopped
    with_lttng
    asked_start
    asked_traced -o trace -f work
    planted
    calls 10
    stopped=$(consumer)
    kill -STOP "$stopped"
    wait_for 20 daemon_is_mute || fail "the daemon still answers"
    kill -TERM "$tracer_pid"
    wait_for 10 is_not_traced "$target_pid" || fail "not detached"
    wait_for 20 at_least 1 'waiting for LTTng to write out session' "$err" || fail "no message: $(cat "$err")"
    kill -TERM "$tracer_pid"
    tracer_ends 125
    said 'interrupted: session .* is left as it is'
    calls 10
    kill -CONT "$stopped"
    asked_ends
}

# A library that is loaded while the daemon does not answer: the program is held briefly, once, and
# the library's events are recorded when the daemon answers again.
case_consumer_stopped_and_a_library_loaded()
{
    local stopped
    with_lttng
    loader_start
    tracer_start -o trace -f my_traced_function -p "$target_pid" 8>&- 9<&-
    wait_for 10 has_begun || fail "the tracer does not attach: $(cat "$err")"
    stopped=$(consumer)
    kill -STOP "$stopped"
    wait_for 20 daemon_is_mute || fail "the daemon still answers"
    loader_does load
    loader_does call
    said_once 'session daemon does not answer: what is loaded'
    loader_does call
    kill -CONT "$stopped"
    wait_for 20 library_is_planted || fail "not armed: $(cat "$err")"
    loader_does call
    exec 8>&-
    target_ends 0
    exec 9<&-
    tracer_ends 0
    [[ $(babeltrace2 trace | grep -c my_traced_function_entry) == 1 ]] || fail "$(babeltrace2 trace)"
}

has_begun()
{
    lttng --no-sessiond list 2>/dev/null | grep -q '\[active\]' && [[ -n $(consumer) ]]
}

# A program that loads the sample's library on request: `load` and `call` on fd 8, answers on 9.
loader_start()
{
    mkfifo asked.in asked.out
    python3 -c '
import ctypes, sys
library = None
print("ready", flush=True)
for line in iter(sys.stdin.readline, ""):
    if line == "load\n":
        library = ctypes.CDLL(sys.argv[1])
    else:
        library.my_traced_function(1, 2, ctypes.c_double(3), 4)
    print("done", flush=True)
' "$build/lib/libmylib.so" <asked.in >asked.out 2>target.err &
    target_pid=$!
    exec 8>asked.in 9<asked.out
    read -r -t $((20 * slowness)) reply <&9 || fail "the target does not start"
}

loader_does() # WHAT
{
    echo "$1" >&8
    read -r -t $((10 * slowness)) reply <&9 || fail "the program does not run on: $1"
}

library_is_planted()
{
    has_breakpoint "$build/lib/libmylib.so" my_traced_function
}

# The death of the consumer of an own session is a failure; the program is unchanged.
case_consumer_killed_in_an_own_session()
{
    with_lttng
    tracer_start -o trace -f my_traced_function "$sample" 3000 1000
    wait_for 10 has_begun || fail "the tracer does not start"
    target_pid=$(pgrep -P "$tracer_pid" -x sample_app)
    # The session daemon may end, too, if its consumer ends while it makes channels.
    wait_for 10 library_is_planted || fail "nothing is recorded: $(cat "$err")"
    kill -KILL "$(consumer)"
    tracer_ends 125
    [[ $(cat $out) == 'sample_app: 3000 calls' ]] || fail "the program: $(cat $out)"
    said_once 'lttng-consumerd has ended'
}

# A session cannot be started without a consumer: the reason is said.
case_consumer_killed_before_the_start()
{
    local pid
    with_lttng
    lttng_do create mine --output="$dir/mine"
    lttng_do enable-event -u 'mylib:*'
    pid=$(consumer)
    kill -KILL "$pid"
    wait_for 10 is_gone "$pid" || fail "the consumer does not end"
    traced 125 --session=mine -f my_traced_function "$sample" 10
    said_once 'lttng-consumerd has ended'
}

# A daemon that does not answer delays neither the program nor the detach.
case_consumer_stopped()
{
    local pid
    with_lttng
    session_records_work mine
    asked_start
    asked_traced
    planted
    pid=$(consumer)
    kill -STOP "$pid"
    # The daemon now waits for the consumer.
    wait_for 20 daemon_is_mute || fail "the daemon still answers"
    calls 100
    kill -TERM "$tracer_pid"
    wait_for 10 is_not_traced "$target_pid" || fail "not detached"
    is_lifted || fail "still armed"
    calls 10
    kill -CONT "$pid"
    tracer_ends 0
    asked_ends
}

daemon_is_mute()
{
    ! timeout 0.5 lttng --no-sessiond list >/dev/null 2>&1
}

# The disk becomes full while the trace is written: a message says so, and the program is not
# affected.
case_disk_full()
{
    [[ ${PRIVATE_LTTNG_SPACE:-} == entered ]] || skip "only root may mount, in a mount namespace of its own"
    mkdir disk
    mount -t tmpfs -o size=1m tmpfs disk || skip "nothing may be mounted"
    with_lttng
    asked_start
    asked_traced -o disk/trace -f work
    planted
    calls 40000
    wait_for 10 at_least 1 'the disk of .*/disk/trace is full' "$err" ||
        fail "no message: $(cat "$err"; df disk)"
    calls 10
    asked_ends
    lines 1 'disk of .* is full' "$err"
    # LTTng's daemons may now wait for each other forever; the tracer does not wait for them.
    tracer_ends 125
    # shellcheck disable=SC2046 # PIDs
    kill -KILL $(pgrep -P "$private_pid") "$private_pid"
    private_pid=
    umount -l disk
}

# Rules exist, but there is no space for the ring buffers: the tracer says that, too.
case_no_room_for_a_users_session()
{
    [[ ${PRIVATE_LTTNG_SPACE:-} == entered ]] || skip "only root has a /dev/shm of its own"
    with_lttng
    mount -t tmpfs -o size=64k tmpfs /dev/shm || skip "nothing may be mounted"
    lttng_do create mine --output="$dir/mine"
    lttng_do enable-event -u 'mylib:*'
    lttng_do start
    traced 0 "$sample" 100
    [[ $(cat $out) == 'sample_app: 100 calls' ]] || fail "the program: $(cat $out)"
    said 'LTTng has enabled none of the 3 functions: .*/dev/shm'
    lttng --no-sessiond destroy mine >/dev/null 2>&1
    umount -l /dev/shm
}

run_cases "$@"
