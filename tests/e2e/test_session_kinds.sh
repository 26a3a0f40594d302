#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# All kinds of sessions and channels: records are complete, in order and readable.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/cases.sh"
. "$(dirname "$0")/record_snapshot.sh"
. "$(dirname "$0")/relay.sh"
. "$(dirname "$0")/session_records.sh"

f=(-f take)

# Streaming to disk, through ring buffers much smaller than the trace.
case_streaming()
{
    with_lttng
    session_with --output="$dir/mine" -- --subbuf-size=16K --num-subbuf=8 --blocking-timeout=500000
    take_start
    take_calls 10 3000
    take_end
    said '6000 events written, 0 lost; to read the trace: babeltrace2 .*/mine$'
    read_trace mine
    calls_are 1 3000
    lttng_do destroy mine
    read_trace mine
    calls_are 1 3000
}

case_per_process_buffers()
{
    with_lttng
    session_with --output="$dir/mine" -- --buffers-pid
    take_start
    take_calls 10 500
    take_end
    said '1000 events written, 0 lost; to read the trace: babeltrace2 .*/mine$'
    [[ -n $(find mine/ust/pid -maxdepth 1 -name 'ptrace_tracer-*') ]] || fail "not per process"
    lttng_do destroy mine
    read_trace mine
    calls_are 1 500
}

case_per_user_buffers()
{
    with_lttng
    session_with --output="$dir/mine" -- --buffers-uid
    lttng_do start
    take_start
    take_calls 10 500
    take_end
    rm orders
    take_start
    take_calls 10 400
    take_end
    lttng_do destroy mine
    [[ -d mine/ust/uid ]] || fail "not per user"
    read_trace mine
    in_order
    lines 900 take:take_entry text
    lines 1800 . text
}

# A session with one kind of buffers, in which the tracer creates the channel.
case_channel_beside_per_process_buffers()
{
    with_lttng
    lttng_do create mine --output="$dir/mine"
    lttng_do enable-channel -u --buffers-pid one
    lttng_do enable-channel -u --buffers-pid two
    take_start "${f[@]}"
    take_calls 10 100
    take_end
    lttng_do destroy mine
    read_trace mine
    calls_are 1 100
}

# The flight recorder keeps the last records.
case_snapshot()
{
    with_lttng
    on_one_cpu
    session_with --snapshot --output="$dir/mine" -- "${small[@]}"
    lttng_do start
    take_start
    take_calls 10 2000
    lttng_do snapshot record --name=first
    take_calls 10 7
    lttng_do snapshot record --name=second
    take_end
    said "4014 events written, 0 lost; to read the last of 2 snapshots: babeltrace2 $dir/mine/second-[^/ ]*\$"
    lttng_do snapshot record --name=third
    read_trace mine/first-*
    calls_end_with 2000
    (($(wc -l <text) > 50)) || fail "it holds next to nothing"
    (($(wc -l <text) < 3000)) || fail "it holds more than its rings do"
    read_trace mine/second-*
    calls_end_with 2007
    read_trace mine/third-*
    calls_end_with 2007
    lttng_do destroy mine
}

# No rules, not started: the tracer does everything, and its last line works.
case_snapshot_session_as_it_is_created()
{
    with_lttng
    lttng_do create mine --snapshot --output="$dir/mine"
    take_start "${f[@]}"
    take_calls 10 100
    take_end
    lttng_do list mine
    grep -q 'Event-loss mode:  overwrite' lttng.log || fail "the channel: $(cat lttng.log)"
    eval "$(sed -n 's/.*to take a snapshot: //p' $err)" >lttng.log 2>&1 || fail "$(cat lttng.log)"
    read_trace mine/snapshot-1-*
    calls_are 1 100
    lttng_do destroy mine
}

# A snapshot lacks records that are overwritten before they are copied, and babeltrace2 reports
# missing packets at each such place: elsewhere the calls in `text` are consecutive.
calls_but_overwritten()
{
    local said missing
    said=$(grep -cE 'Tracer discarded [0-9]+ packets? between' text.err)
    [[ $said == "$(wc -l <text.err)" ]] || fail "babeltrace2: $(head -n 3 text.err)"
    missing=$(awk '/ take:take_entry: / { match($0, /block [0-9]+/); n = substr($0, RSTART + 6, RLENGTH - 6)
                                          if (last && n != last + 1) missing++
                                          last = n; kind = "entry" }
                   / take:take_exit: / { if (kind == "exit") { missing++; last = 0 }
                                         kind = "exit" }
                   END { print missing + 0 }' text)
    [[ $said == "$missing" ]] || fail "calls are missing at $missing places, of which $said are known"
    in_order
}

# Calls go on until a snapshot is taken, but fewer than fill half of the ring buffer, which is full
# before: so much can be copied, however late.
case_snapshots_under_load()
{
    local i n snapshot
    with_lttng
    on_one_cpu
    session_with --snapshot --output="$dir/mine" -- --subbuf-size=4K --num-subbuf=16
    lttng_do start
    take_start
    take_calls 10 700
    take_calls 10 700
    for i in 1 2 3; do
        lttng_do snapshot record --name="s$i" &
        snapshot=$!
        for ((n = 0; n < 5; n++)); do
            take_calls 10 100
            ! is_gone "$snapshot" || break
        done
        wait "$snapshot" || fail "no snapshot is taken"
    done
    take_end
    said "$((2 * taken)) events written, 0 lost"
    for i in 1 2 3; do
        babeltrace2 "mine/s$i"-* >text 2>text.err || fail "babeltrace2: $(tail -n 3 text.err)"
        calls_but_overwritten
        (($(wc -l <text) > 500)) || fail "snapshot $i holds $(wc -l <text) events"
    done
    lttng_do destroy mine
}

# Snapshots of buffers that end with the tracer.
case_snapshot_per_process()
{
    with_lttng
    session_with --snapshot --output="$dir/mine" -- --buffers-pid
    take_start
    take_calls 10 1
    take_end
    said 'snapshots of session mine can only be taken while the tracer runs$'
    take_start
    take_calls 10 100
    lttng_do snapshot record
    take_end
    said "to read the snapshot: babeltrace2 $dir/mine/snapshot-1-[^/ ]*\$"
    read_trace mine
    calls_are 1 100
    lttng_do destroy mine
}

case_rotate()
{
    local i
    with_lttng
    session_with --output="$dir/mine" -- --subbuf-size=64K --num-subbuf=8 --blocking-timeout=500000
    lttng_do start
    take_start
    take_calls 10 300
    lttng_do rotate mine
    take_calls 10 100
    echo '10 5000' >&8
    for i in 1 2 3; do
        lttng_do rotate mine
    done
    taken=5400
    wait_for 40 grep -qx "taken $taken" $out || fail "it does not end"
    take_end
    said '10800 events written, 0 lost; to read the trace: babeltrace2 .*/mine$'
    lttng_do destroy mine
    local chunks=(mine/archives/*)
    ((${#chunks[@]} == 5)) || fail "not five chunks: ${chunks[*]}"
    read_trace "${chunks[0]}"
    calls_are 1 300
    for i in "${chunks[@]}"; do
        read_trace "$i"
        in_order
    done
    read_trace mine
    calls_are 1 5400
}

# rotates_by OPTION: automatic rotation, at least twice.
rotates_by()
{
    with_lttng
    session_with --output="$dir/mine" -- --subbuf-size=64K --num-subbuf=8 --blocking-timeout=500000
    lttng_do enable-rotation --session=mine "$1"
    lttng_do start
    take_start
    local end=$((SECONDS + 30 * slowness))
    until (($(find mine/archives -mindepth 1 -maxdepth 1 2>/dev/null | wc -l) > 1)); do
        ((SECONDS < end)) || fail "it never rotates"
        take_calls 10 500
    done
    take_end
    lttng_do destroy mine
    read_trace mine
    calls_are 1 "$taken"
}

case_rotation_by_timer()
{
    rotates_by --timer=500ms
}

case_rotation_by_size()
{
    rotates_by --size=300k
}

# Over the network to a relay daemon's files.
case_network()
{
    with_lttng
    relay_start
    session_with --set-url="$relay_url" -- --subbuf-size=64K --num-subbuf=8 --blocking-timeout=500000
    take_start
    take_calls 10 3000
    take_end
    said "6000 events written, 0 lost; lttng-relayd at 127.0.0.1:$relay_control has the trace"
    lttng_do destroy mine
    relay_stop
    read_trace relay
    calls_are 1 3000
}

# A relay daemon that dies does not block the program, and the records it did not get are counted.
case_relay_dies()
{
    with_lttng
    relay_start
    session_with --set-url="$relay_url" -- "${small[@]}" --blocking-timeout=2000
    take_start
    take_calls 10 300
    kill -KILL "$relay_pid"
    wait "$relay_pid" 2>/dev/null
    take_calls 10 2000
    take_end
    local written lost
    written=$(sed -n 's/.* \([0-9]*\) events written.*/\1/p' $err)
    lost=$(sed -n 's/.* \([0-9]*\) lost.*/\1/p' $err)
    ((lost > 0 && written + lost == 4600)) || fail "$written written and $lost lost are not 4600"
    # LTTng reports that it could not stop the session properly.
    lttng --no-sessiond destroy mine >lttng.log 2>&1
    no_sessions
}

case_network_snapshot()
{
    with_lttng
    relay_start
    session_with --snapshot --set-url="$relay_url" --
    take_start
    take_calls 10 100
    lttng_do snapshot record
    take_end
    said 'to take a snapshot: lttng snapshot record --session=mine$'
    lttng_do destroy mine
    relay_stop
    read_trace relay
    calls_are 1 100
}

# Live viewing.
case_live()
{
    local watch viewer
    with_lttng
    relay_start
    lttng_do create mine --live=100000 --set-url="$relay_url"
    lttng_do enable-event -u 'take:take_*'
    take_start
    take_calls 10 10
    said 'to watch: babeltrace2 -i lttng-live net://127.0.0.1:LIVE-PORT/host/.*/mine$'
    watch=$(sed -n 's/.*to watch: //p' $err)
    ${watch/LIVE-PORT/$relay_live} >text 2>text.err 8>&- &
    viewer=$!
    # A viewer gets only new records: makes calls until it shows one.
    until [[ -s text ]]; do
        ((taken < 500)) || fail "the viewer sees nothing: $(cat text.err)"
        take_calls 10 5
        wait_for 1 test -s text
    done
    take_calls 10 200
    wait_for 20 shows "$taken" || fail "call $taken is not shown: $(tail -n 1 text)"
    is_traced "$(pgrep -P "$tracer_pid" -x take)" || fail "it is over"
    take_calls 10 300
    take_end
    said "0 lost; lttng-relayd at 127.0.0.1:$relay_control has the trace"
    lttng_do destroy mine
    wait_for 30 is_gone "$viewer" || fail "the viewer does not see the end"
    [[ ! -s text.err ]] || fail "babeltrace2: $(cat text.err)"
    calls_end_with "$taken"
    relay_stop
    read_trace relay
    calls_are 1 "$taken"
}

shows()
{
    [[ $(numbers text | tail -n 1) == "$1" ]]
}

run_cases "$@"
