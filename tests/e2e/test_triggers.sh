#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# LTTng triggers that wait for function calls.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/cases.sh"
. "$(dirname "$0")/record_snapshot.sh"

with_triggers()
{
    with_lttng
    lttng --no-sessiond list-triggers >lttng.log 2>&1 || skip "this LTTng has no triggers"
}

# trigger NAME EVENT FILTER ACTION...
trigger()
{
    local name=$1 event=$2 filter=$3
    shift 3
    lttng_do add-trigger --name="$name" --condition=event-rule-matches --type=user --name="$event" \
        ${filter:+--filter="$filter"} "$@"
}

is_not()
{
    ! "$@"
}

# The text of the only snapshot.
read_snapshot() # DIRECTORY
{
    local snapshots=("$1"/*)
    ((${#snapshots[@]} == 1)) || fail "not one snapshot: ${snapshots[*]}"
    read_trace "$1"
}

has_snapshot()
{
    [[ -n $(find "$1" -name metadata -size +0 2>/dev/null) ]]
}

# A session that records nothing: without a channel it could not be started.
started_session()
{
    lttng_do create mine --output="$dir/mine"
    lttng_do enable-channel -u none
    lttng_do start
}

# The condition for a malloc() of that size, with or without libc's debug information.
malloc_of()
{
    local name
    name=$("$tracer" --list -f malloc@c "$take" 2>/dev/null | sed -n "s/.*malloc(\(.* \)\?\([a-z0-9_]*\)[,)].*/\2/p")
    echo "${name:-arg1} == $1"
}

# The flight recorder: a call with a large argument takes a snapshot, which has that call and all
# before it.
case_snapshot_at_a_condition()
{
    with_triggers
    lttng_do create flight --snapshot --output="$dir/flight"
    trigger large take:take_entry 'size > 1048576' --action=snapshot-session flight --rate-policy=once-after:1
    take_start -f take
    take_calls 1048576 30
    take_calls 5 20
    ! has_snapshot flight || fail "a snapshot before there is a reason"
    take_calls 1048577
    # The daemon takes it some time later; the program waits meanwhile.
    wait_for 20 snapshot_is_whole || fail "no snapshot"
    take_calls 7 10
    take_calls 4000000
    take_end
    read_snapshot flight
    events 51 take:take_entry
    lines 1 'take_entry: .* size = 1048577, name = "block 51", share = 25.5 \}' text
    # The call that matched the condition returns while the daemon takes the snapshot.
    local exits
    exits=$(grep -c ' take:take_exit: ' text)
    ((exits == 50 || exits == 51)) || fail "$exits exits, of 50 calls before"
    lines $((51 + exits)) . text
    said '2 events met the condition of a trigger'
    said '124 events written'
    reads_snapshot flight ''
    lttng_do destroy flight
}

# The last line says where the only snapshot is.
reads_snapshot() # DIRECTORY WHOSE
{
    local snapshots=("$1"/*)
    tail -n 1 "$err" | grep -qE "; to read the snapshot$2: babeltrace2 $dir/${snapshots[0]}\$" ||
        fail "the snapshot is not named: $(tail -n 1 "$err")"
}

# A snapshot of another session than that in which the tracer records; and those that a user takes.
# Older ones are not of this run.
case_snapshots_are_named()
{
    with_triggers
    lttng_do create flight --snapshot --output="$dir/flight"
    lttng_do enable-event -u 'take:*'
    lttng_do start flight
    trigger large take:take_entry 'size > 1048576' --action=snapshot-session flight
    take_start -o "$dir/own" -f take
    take_calls 1048577
    wait_for 20 has_snapshot flight || fail "no snapshot"
    take_end
    said "to read the trace: babeltrace2 $dir/own; "
    reads_snapshot flight ' of session flight'
    lttng_do remove-trigger large
    # With nothing new.
    take_start --session=flight -f take
    take_calls 5
    take_end
    said '; to take a snapshot: lttng snapshot record --session=flight$'
    take_start --session=flight -f take
    take_calls 5
    lttng_do snapshot record --session=flight --name=one
    lttng_do snapshot record --session=flight --name=two
    take_end
    said "; to read the last of 2 snapshots: babeltrace2 $dir/flight/two-[^/ ]*\$"
    lttng_do destroy flight
}

# A trigger's snapshot that cannot be written.
case_snapshot_is_not_there()
{
    with_triggers
    lttng_do create flight --snapshot --output="$dir/flight"
    lttng_do enable-event -u 'take:*'
    lttng_do start flight
    trigger large take:take_entry 'size > 1048576' --action=snapshot-session flight
    echo in the way >flight
    take_start --session=flight -f take
    take_calls 1048577
    take_end
    said '; a trigger has written no snapshot to .*/flight yet$'
    lttng_do destroy flight
}

# The consumer writes it while we look.
snapshot_is_whole()
{
    has_snapshot flight && babeltrace2 flight 2>/dev/null | grep -q 'size = 1048577.*'
}

# Only the trigger enables the function: nothing is recorded, and nothing else is armed.
case_notify_and_captures()
{
    with_triggers
    trigger middling take:take_entry 'size >= 100 && size < 200' --action=notify
    lttng_do remove-trigger middling
    lttng_do add-trigger --name=middling --condition=event-rule-matches --capture=size --capture=name \
        --capture=share --capture=none --type=user --name=take:take_entry --filter='size >= 100 && size < 200' \
        --action=notify
    "$build/tests/notified" middling 3 >notified 2>notified.err &
    local listener=$!
    wait_for 10 grep -q ready notified || fail "$(cat notified.err)"
    started_session
    take_start -v
    take_calls 99 10
    take_calls 199
    take_calls 200 10
    take_calls 100 2
    wait_for 10 is_gone "$listener" || fail "not notified: $(cat notified)"
    take_end
    diff - notified <<-'EOT' || fail "not what was passed"
		ready
		notified 199 block 11 5.5 -
		notified 100 block 22 11 -
		notified 100 block 23 11.5 -
	EOT
    said '3 events met the condition of a trigger'
    said '1 function armed, 23 calls, 0 events written'
    ! grep -q 'no rule of session' $err || fail "a rule is missed though a trigger waits"
    lttng_do destroy mine
}

# An event that matches several triggers is counted once; entry and exit are two. The summary is the
# last line.
case_several_triggers()
{
    with_triggers
    started_session
    trigger both 'take:take_*' '' --action=notify
    trigger entry take:take_entry '' --action=notify
    trigger again '*:take_entry' '' --action=notify
    take_start
    take_calls 10 7
    take_end
    lines 1 '^ptrace_tracer: 14 events met the condition of a trigger$' "$err"
    tail -n 1 "$err" | grep -q '^ptrace_tracer: 1 function armed, 7 calls, 0 events written, 0 lost' ||
        fail "not the summary: $(tail -n 1 "$err")"
    lttng_do destroy mine
}

# Added and removed while the program runs.
case_added_and_removed()
{
    with_triggers
    started_session
    take_start
    take_calls 1000 5
    ! armed || fail "armed though nobody waits for it"
    trigger each take:take_entry '' --action=notify
    wait_for 5 armed || fail "added, but not armed"
    take_calls 1000 5
    lttng_do remove-trigger each
    wait_for 5 is_not armed || fail "removed, but still armed"
    take_calls 1000 5
    take_end
    said '5 events met the condition of a trigger'
    lttng_do destroy mine
}

armed()
{
    local pid vaddr base
    pid=$(pgrep -P "$tracer_pid" -x take) || return 1
    vaddr=$(nm "$take" | sed -n 's/^\([0-9a-f]*\) T take$/0x\1/p')
    base=$(sed -n "s:^\([0-9a-f]*\)-.* 00000000 .*/take\$:0x\1:p" "/proc/$pid/maps" | head -n 1)
    is_breakpoint "$pid" $((base + vaddr))
}

# A daemon that does not read blocks nothing.
case_flood()
{
    with_triggers
    started_session
    trigger each take:take_entry '' --action=notify
    take_start
    take_calls 10 10
    kill -STOP "$private_pid"
    take_calls 10 4990
    kill -CONT "$private_pid"
    take_end
    said '5000 events met the condition of a trigger'
    lttng_do list-triggers
    grep -qE 'discarded tracer messages: [1-9]' lttng.log || fail "no losses are told of: $(cat lttng.log)"
    lttng_do destroy mine
}

# A module that only a trigger names is added, and not recorded by sessions that do not enable it.
case_names_a_module()
{
    with_triggers
    trigger large c:malloc_entry "$(malloc_of 1234567)" --action=notify
    take_start -o "$dir/trace"
    take_calls 10 10
    take_calls 1234567 2
    take_end
    said '2 events met the condition of a trigger'
    read_trace trace
    events 12 take:take_entry
    lines 0 ' c:' text
    no_sessions
}

# ... also when the trigger is added later.
case_names_a_module_later()
{
    with_triggers
    started_session
    take_start
    take_calls 1234567 2
    trigger large c:malloc_entry "$(malloc_of 1234567)" --action=notify
    wait_for 10 lists_malloc || fail "libc is not there"
    wait_for 5 malloc_armed || fail "not armed"
    take_calls 1234567 3
    take_end
    said '3 events met the condition of a trigger'
    lttng_do destroy mine
}

lists_malloc()
{
    lttng --no-sessiond list -u 2>/dev/null | grep -q 'c:malloc_entry'
}

malloc_armed()
{
    local pid libc vaddr base
    pid=$(pgrep -P "$tracer_pid" -x take) || return 1
    libc=$(sed -n 's:.* \(/.*/libc.so.6\)$:\1:p' "/proc/$pid/maps" | head -n 1)
    vaddr=$(nm -D "$libc" | sed -n 's/^\([0-9a-f]*\) T malloc@@.*/0x\1/p')
    base=$(sed -n "s:^\([0-9a-f]*\)-.* 00000000 .* $libc\$:0x\1:p" "/proc/$pid/maps" | head -n 1)
    is_breakpoint "$pid" $((base + vaddr))
}

# Sessions that triggers start and stop: the calls between are recorded. The tracer leaves both to
# the triggers.
case_start_and_stop()
{
    with_triggers
    lttng_do create mine --output="$dir/mine"
    lttng_do enable-event -u 'take:*'
    trigger go take:take_entry 'size == 1000' --action=start-session mine
    trigger halt take:take_exit 'retval == 2001' --action=stop-session mine
    take_start
    take_calls 5 10
    said 'session mine is not started: trigger go starts it'
    lttng_do list mine
    grep -q 'mine: \[inactive' lttng.log || fail "started: $(cat lttng.log)"
    take_calls 1000
    wait_for 10 is_active mine || fail "not started"
    # The daemon knows of its start before the tracer.
    wait_for 10 records || fail "nothing is recorded"
    take_calls 6 10
    take_calls 2000
    wait_for 10 is_not is_active mine || fail "not stopped"
    take_calls 7 10
    take_end
    lttng_do destroy mine
    read_trace mine
    lines 10 'take_entry: .* size = 6,' text
    lines 1 'take_entry: .* size = 2000,' text
    lines 1 'take_exit: .* retval = 2001 ' text
    lines 0 'size = (5|7),' text
}

is_active()
{
    lttng --no-sessiond list "$1" 2>/dev/null | grep -q "$1: \[active"
}

# Makes calls until one is in the files, by the channel's switch timer or a rotation.
records()
{
    take_calls 3
    lttng_do rotate mine
    babeltrace2 mine/archives 2>/dev/null | grep -q 'size = 3,'
}

case_rotate()
{
    with_triggers
    lttng_do create mine --output="$dir/mine"
    lttng_do enable-event -u 'take:take_*'
    lttng_do start
    trigger large take:take_exit 'retval > 1048576' --action=rotate-session mine
    take_start
    take_calls 5 10
    take_calls 1048576
    wait_for 20 archived 1 || fail "not rotated"
    take_calls 6 10
    take_calls 1048577
    wait_for 20 archived 2 || fail "not rotated again"
    take_calls 7 10
    take_end
    lttng_do destroy mine
    local chunks=(mine/archives/*)
    ((${#chunks[@]} == 3)) || fail "not three chunks: ${chunks[*]}"
    read_trace "${chunks[0]}"
    lines 22 . text
    read_trace "${chunks[1]}"
    lines 22 . text
    read_trace mine
    lines 64 . text
}

archived()
{
    [[ $(find mine/archives -mindepth 1 -maxdepth 1 -type d 2>/dev/null | wc -l) == "$1" ]]
}

run_cases "$@"
