#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Session daemons that cannot be started, that are started, that end while sessions record, and
# channels that block for ever.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/cases.sh"
. "$(dirname "$0")/driver.sh"

case_no_daemon_to_start()
{
    with_lttng
    private_lttng_kill
    export LTTNG_SESSIOND_PATH=no-such-sessiond
    driver_start
    expect "error: no LTTng session daemon runs and no-such-sessiond cannot be started (*" \
        choose output=trace
    driver_stop
    export LTTNG_SESSIOND_PATH=/bin/false
    driver_start
    expect "error: /bin/false was started and does not answer (status 1)*" choose output=trace
    driver_stop
    [[ ! -e trace ]] || fail "an empty directory is left"
}

# It keeps running, as with lttng-create(1).
case_daemon_is_started()
{
    with_lttng
    private_lttng_kill
    unset CASE_MARK
    driver_start
    expect "own *" choose output=trace
    driver_stop
    export CASE_MARK=$dir
    no_sessions
    private_pid=$(cat "$(private_lttng_rundir)/lttng-sessiond.pid")
    kill -0 "$private_pid" || fail "there is no daemon"
}

# No channel may block the traced program forever; a limit is allowed.
case_endless_blocking()
{
    with_lttng
    export LTTNG_UST_ALLOW_BLOCKING=1
    lttng_do create mine --output="$dir/mine"
    lttng_do enable-channel -u limited --blocking-timeout=1000
    driver_start
    ask choose
    driver_stop
    [[ ! -s $err ]] || lines 0 '^ptrace_tracer:' "$err"
    lttng_do enable-channel -u endless --blocking-timeout=inf --subbuf-size=4096 --num-subbuf=2
    lttng_do enable-event -u -c endless 'kinds:*'
    driver_start
    ask choose
    said 'channel endless of session mine blocks without a limit'
    expect opened open
    expect added add
    expect begun begin
    # The consumer does not empty the ring buffers.
    local consumer
    consumer=$(consumer)
    kill -STOP "$consumer"
    ask emit integers entry 1000
    kill -CONT "$consumer"
    [[ $reply == emitted ]] || fail "$reply"
    ask counts
    [[ $reply =~ lost\ [1-9] ]] || fail "nothing was lost: $reply"
    expect ended end
    driver_stop
}

# The session is destroyed meanwhile.
case_session_vanishes()
{
    with_lttng
    driver_start
    ask choose output=trace
    local name
    read -r _ name _ <<<"$reply"
    expect opened open
    expect added add
    expect begun begin
    expect emitted emit static entry 1
    lttng_do destroy "$name"
    expect seen wait static 0
    expect emitted emit static entry 1
    expect "error: session $name was destroyed, or its daemon has ended: *" end
    driver_stop
    trace_events trace
    lines 1 . events
}

# The daemon ends while hits are emitted.
case_daemon_ends()
{
    with_lttng
    driver_begins output=trace
    expect emitted emit static entry 1
    private_lttng_kill
    expect seen wait static 0
    expect emitted emit static entry 1
    expect "error: cannot stop session *" end
    driver_stop
}

run_cases "$@"
