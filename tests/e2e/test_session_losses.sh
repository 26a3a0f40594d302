#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Channels that discard, block or overwrite, sessions that are cleared or write nothing: what is lost is
# counted, the rest is complete and in order.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/cases.sh"
. "$(dirname "$0")/record_snapshot.sh"
. "$(dirname "$0")/session_records.sh"

f=(-f take)

# losses_add_up CALLS: written and lost add up to all, and LTTng has the same numbers.
losses_add_up()
{
    local written lost
    written=$(sed -n 's/.* \([0-9]*\) events written.*/\1/p' $err)
    lost=$(sed -n 's/.* \([0-9]*\) lost.*/\1/p' $err)
    ((lost > 0)) || fail "nothing was lost"
    ((written + lost == 2 * $1)) || fail "$written written and $lost lost are not $((2 * $1))"
    babeltrace2 mine >text 2>text.err || fail "babeltrace2: $(tail -n 3 text.err)"
    lines "$written" . text
    in_order
    [[ $(sed -n 's/.*Tracer discarded \([0-9]*\) event.*/\1/p' text.err | awk '{ n += $1 } END { print n + 0 }') == "$lost" ]] ||
        fail "babeltrace2 tells of other losses: $(cat text.err)"
    grep -q "Discarded events: $lost$" lttng.log || fail "lttng tells of other losses: $(cat lttng.log)"
}

# Ring buffers that are not emptied: records without space are lost and counted. The program goes
# on.
case_discard()
{
    with_lttng
    session_with --output="$dir/mine" -- "${small[@]}"
    lttng_do start
    take_start
    take_calls 10 20
    kill -STOP "$(consumer)"
    take_calls 10 2000
    kill -CONT "$(consumer)"
    take_end
    lttng_do stop mine
    lttng_do list mine
    losses_add_up 2020
    lttng_do destroy mine
}

# The same with a channel that blocks for a time.
case_blocking_with_a_limit()
{
    with_lttng
    session_with --output="$dir/mine" -- --subbuf-size=4K --num-subbuf=2 --blocking-timeout=2000
    lttng_do start
    take_start
    take_calls 10 20
    kill -STOP "$(consumer)"
    take_calls 10 300
    kill -CONT "$(consumer)"
    take_end
    lttng_do stop mine
    lttng_do list mine
    losses_add_up 320
    lttng_do destroy mine
}

# In overwrite mode nothing is lost, old records are overwritten.
case_overwrite()
{
    with_lttng
    on_one_cpu
    session_with --output="$dir/mine" -- "${small[@]}" --overwrite
    lttng_do start
    take_start
    take_calls 10 20
    kill -STOP "$(consumer)"
    take_calls 10 2000
    kill -CONT "$(consumer)"
    take_end
    said '4040 events written, 0 lost'
    lttng_do stop mine
    babeltrace2 mine >text 2>text.err || fail "babeltrace2: $(tail -n 3 text.err)"
    in_order
    [[ $(numbers text | tail -n 1) == 2020 ]] || fail "the last call is not there"
    (($(wc -l <text) < 3000)) || fail "nothing was overwritten"
    lttng_do destroy mine
}

# Rotating trace files.
case_ring_of_files()
{
    with_lttng
    on_one_cpu
    session_with --output="$dir/mine" -- --subbuf-size=4K --num-subbuf=8 --blocking-timeout=500000 \
        --tracefile-size=16384 --tracefile-count=3
    take_start
    take_calls 10 3000
    take_end
    said '6000 events written, 0 lost'
    read_trace mine
    calls_end_with 3000
    (($(wc -l <text) < 3000)) || fail "the files do not rotate"
    lttng_do destroy mine
}

# A session that is cleared, and whose metadata is regenerated, while it records.
case_clear_and_regenerate()
{
    with_lttng
    session_with --output="$dir/mine" --
    lttng_do start
    take_start
    take_calls 10 300
    lttng_do clear mine
    take_calls 10 200
    lttng_do regenerate metadata --session=mine
    take_calls 10 100
    take_end
    lttng_do destroy mine
    read_trace mine
    calls_are 301 600
}

case_no_output()
{
    with_lttng
    lttng_do create mine --no-output
    take_start "${f[@]}"
    take_calls 10 100
    take_end
    said '200 events written, 0 lost; session mine has no output$'
    lttng_do destroy mine
}

run_cases "$@"
