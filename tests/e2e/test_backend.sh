#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The LTTng back end by itself: invented functions and hits (tp_driver.c) through a session daemon,
# read by babeltrace2, compared as text.
# shellcheck disable=SC1091,SC2154
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/cases.sh"
. "$(dirname "$0")/driver.sh"

case_every_kind_of_value()
{
    with_lttng
    driver_start
    expect "own ptrace_tracer-driver-* $dir/trace" choose "output=$dir/trace"
    expect opened open
    expect added add
    expect begun begin
    expect 3 wanted others
    expect emitted emit integers entry 1 cpu=0
    expect emitted emit integers exit 2 cpu=0
    expect emitted emit others entry 4 cpu=0
    expect emitted emit others exit 1 cpu=0
    expect emitted emit nothing entry 1 cpu=0
    expect emitted emit nothing exit 1 cpu=0
    expect "written 10 lost 0" counts
    expect ended end
    expect 0 discarded
    driver_stop
    no_sessions
    trace_events trace own
    same <<'END'
kinds:integers_entry: { cpu_id = 0 }, { i8 = -128, i16 = -32768, i32 = -2147483648, i64 = -9223372036854775808, u8 = 255, u16 = 65535, u32 = 4294967295, u64 = 18446744073709551615 }
kinds:integers_exit: { cpu_id = 0 }, { retval = 0 }
kinds:integers_exit: { cpu_id = 0 }, { retval = 1 }
kinds:others_entry: { cpu_id = 0 }, { n = 0, flag = 0, single = 0.5, wide = 0, widest = -1e+300, pointer = 0x12345678, word = 0xFFFFFFFFFFFFFFFF, text = "hello, \"world\"", colour = ( "RED" : container = 0 ), level = ( "LOW" : container = -5 ), plain = 200, last = "(null)" }
kinds:others_entry: { cpu_id = 0 }, { n = 1, flag = 1, single = 1.5, wide = 3.14159, widest = -1e+300, pointer = 0x12345678, word = 0xFFFFFFFFFFFFFFFF, text = "hello, \"world\"", colour = ( "GREEN" : container = 1 ), level = ( <unknown> : container = -4 ), plain = 200, last = "(null)" }
kinds:others_entry: { cpu_id = 0 }, { n = 2, flag = 0, single = 2.5, wide = 6.28318, widest = -1e+300, pointer = 0x12345678, word = 0xFFFFFFFFFFFFFFFF, text = "hello, \"world\"", colour = ( "BLUE" : container = 2 ), level = ( <unknown> : container = -3 ), plain = 200, last = "(null)" }
kinds:others_entry: { cpu_id = 0 }, { n = 3, flag = 1, single = 3.5, wide = 9.42477, widest = -1e+300, pointer = 0x12345678, word = 0xFFFFFFFFFFFFFFFF, text = "hello, \"world\"", colour = ( "odd _label_" : container = 3 ), level = ( <unknown> : container = -2 ), plain = 200, last = "(null)" }
kinds:others_exit: { cpu_id = 0 }, { retval = "grün" }
kinds:nothing_entry: { cpu_id = 0 }, { }
kinds:nothing_exit: { cpu_id = 0 }, { }
END
}

# An event that cannot be registered is left out with a warning; all others exist.
case_odd_names()
{
    with_lttng
    driver_start
    ask choose "output=$dir/trace"
    expect opened open
    expect added odd
    expect begun begin
    local name longest
    longest=$(printf 'x%.0s' {1..244})
    expect added many 3
    expect extended extend
    for name in 'operator*' 'ns::Class::method(int)' fib.constprop.0 grün function_2 "$longest"; do
        expect 3 wanted "$name"
        expect emitted emit "$name" entry 1 cpu=0
    done
    expect 3 wanted "$longest" # by the first of that name
    for name in 'quo"te' 'back\slash' com,ma f; do
        expect 0 wanted "$name"
        expect emitted emit "$name" entry 1
    done
    # Only the entries have fields.
    for name in twice underscores keyword; do
        expect 2 wanted "$name"
    done
    expect "written 6 lost 0" counts
    expect ended end
    driver_stop
    lines 19 'left out' "$err"
    trace_events trace own
    same <<END
odd:operator*_entry: { cpu_id = 0 }, { n = 0 }
odd:ns::Class::method(int)_entry: { cpu_id = 0 }, { n = 0 }
odd:fib.constprop.0_entry: { cpu_id = 0 }, { n = 0 }
odd:grün_entry: { cpu_id = 0 }, { n = 0 }
many:function_2_entry: { cpu_id = 0 }, { n = 0 }
many:${longest}_entry: { cpu_id = 0 }, { n = 0 }
END
}

case_filters()
{
    with_lttng
    local n=0 filter
    lttng_do create filters --output="$dir/filters"
    # Each filter matches the hits with n = 1; for integers that is one.
    while read -r filter; do
        lttng_do enable-event -u kinds:others_entry --filter="$filter"
        n=$((n + 1))
    done <<'END'
n == 1 && flag == 1
single > 1.4 && single < 1.6
wide > 3.1 && wide < 3.2
n == 1 && pointer == 0x12345678 && plain == 200
n == 1 && word == -1
n == 1 && text == "hello*"
n == 1 && last == "(null)"
colour == 1
level == -4
widest < 0 && n == 1
END
    ((n == 10)) || fail "$n filters"
    lttng_do enable-event -u kinds:integers_entry --filter='i8 == -128 && i16 == -32768 && u8 == 255'
    lttng_do enable-event -u kinds:integers_exit --filter='retval > 7 && $ctx.vtid == 77'
    lttng_do enable-event -u kinds:others_exit --filter='retval == "blau"'
    lttng_do start
    driver_begins session=filters
    expect emitted emit others entry 5 cpu=0
    # One record, even if several rules match.
    expect "written 1 lost 0" counts
    expect emitted emit integers entry 1 cpu=0
    expect emitted emit integers exit 10 cpu=0 tid=76
    expect emitted emit integers exit 10 cpu=0 tid=77
    expect emitted emit others exit 1 cpu=0
    expect "written 4 lost 0" counts
    expect ended end
    driver_stop
    lttng_do destroy filters
    trace_events filters
    lines 1 'others_entry: .* n = 1, flag = 1' events
    lines 4 '^kinds:' events
}

# cpu_id and the contexts show the thread in the hit.
case_contexts()
{
    local driver_pid
    with_lttng
    lttng_do create contexts --output="$dir/contexts"
    lttng_do enable-event -u 'kinds:*'
    lttng_do add-context -u -t vtid -t procname -t vpid -t ip
    lttng_do start
    driver_begins session=contexts
    driver_pid=$DRIVER_PID
    expect emitted emit static entry 1 tid=1 pid=1 name=ab ip=0x401000
    expect emitted emit static entry 1 tid=2 pid=1 name=abcdefghijklmnopqrst ip=0x7fff12345678
    expect emitted emit static entry 2 tid=3 pid=3 name=ab
    expect emitted emit static entry 1 tid=1 pid=1 name=ab
    expect emitted emit static entry 1 tid=1 pid=77777 name=xy
    expect emitted emit static entry 1 tid=4194303 pid=4194303 name=xy cpu=0
    expect emitted emit static entry 1 tid=5 pid=4194302 name=xy cpu=1000000
    # The daemon knows the tracer's own PID, whichever process the hits are of.
    lttng list -u >list
    expect ended end
    driver_stop
    lttng_do destroy contexts
    grep -q "^PID: $driver_pid " list || fail "not registered as $driver_pid: $(grep PID list)"
    trace_events contexts
    sed -i 's/{ cpu_id = [0-9]* }, //' events
    same <<'END'
kinds:static_entry: { vtid = 1, procname = "ab", vpid = 1, ip = 4198400 }, { n = 0 }
kinds:static_entry: { vtid = 2, procname = "abcdefghijklmno", vpid = 1, ip = 140733498807928 }, { n = 0 }
kinds:static_entry: { vtid = 3, procname = "ab", vpid = 3, ip = 0 }, { n = 0 }
kinds:static_entry: { vtid = 3, procname = "ab", vpid = 3, ip = 0 }, { n = 1 }
kinds:static_entry: { vtid = 1, procname = "ab", vpid = 1, ip = 0 }, { n = 0 }
kinds:static_entry: { vtid = 1, procname = "xy", vpid = 77777, ip = 0 }, { n = 0 }
kinds:static_entry: { vtid = 4194303, procname = "xy", vpid = 4194303, ip = 0 }, { n = 0 }
kinds:static_entry: { vtid = 5, procname = "xy", vpid = 4194302, ip = 0 }, { n = 0 }
END
    grep -q 'cpu_id = 0 }, { vtid = 4194303' text || fail "the CPU is not the hit's"
}

# The session is started, and liblttng-ust's own events have already cached the process ID.
# Returns when new processes have IDs of 1000 and more (docs/limits.md).
skip_small_process_ids()
{
    local last=0
    while ((last < 1000)); do
        sh -c : &
        last=$!
        wait "$last"
    done
}

case_contexts_of_a_session_that_records_all()
{
    local driver_pid
    with_lttng
    skip_small_process_ids
    lttng_do create contexts --output="$dir/contexts"
    lttng_do enable-event -u -a
    lttng_do add-context -u -t vpid
    lttng_do start
    driver_begins session=contexts
    driver_pid=$DRIVER_PID
    expect emitted emit static entry 1 pid=11111
    expect emitted emit static entry 1 pid=22222
    expect ended end
    driver_stop
    lttng_do destroy contexts
    trace_events contexts
    grep ^kinds events | sed 's/{ cpu_id = [0-9]* }, //' >kinds
    printf 'kinds:static_entry: { vpid = %s }, { n = 0 }\n' 11111 22222 | cmp - kinds ||
        fail "vpid is $(cat kinds)"
    grep -q "lttng_ust_statedump:start: .*vpid = $driver_pid }" events || fail "liblttng-ust itself is somebody else"
}

# Each CPU number of the machine appears in the trace.
case_cpus()
{
    with_lttng
    local cpu
    driver_begins "output=$dir/trace"
    for ((cpu = 0; cpu < $(nproc); cpu++)); do
        expect emitted emit nothing entry $((cpu + 1)) cpu=$cpu
    done
    expect ended end
    driver_stop
    trace_events trace
    for ((cpu = 0; cpu < $(nproc); cpu++)); do
        lines $((cpu + 1)) "cpu_id = $cpu \}" events
    done
}

case_enable_and_disable_meanwhile()
{
    with_lttng
    session_with now kinds:others_entry
    driver_begins session=now
    expect 1 wanted others
    expect 0 wanted static
    expect emitted emit static entry 1
    lttng_do enable-event -u -s now kinds:static_exit
    expect seen wait static 2
    expect emitted emit static entry 10
    expect emitted emit static exit 3
    lttng_do disable-event -u -s now kinds:static_exit
    expect seen wait static 0
    expect emitted emit static exit 10
    # Existing rules enable an event that is registered later at once.
    lttng_do enable-event -u -s now 'late:*'
    expect added late
    expect 3 wanted comer
    lttng_do stop now
    expect seen wait comer 0
    expect emitted emit comer entry 1
    lttng_do start now
    expect seen wait comer 3
    expect emitted emit comer entry 2
    expect ended end
    expect "written 5 lost 0" counts
    # The user's session is unchanged.
    lttng list now | grep -q '\[active\]' || fail "the session is not active any more"
    lttng_do destroy now
    expect seen wait comer 0
    driver_stop
    trace_events now
    lines 3 'kinds:static_exit' events
    lines 2 'late:comer_entry' events
    lines 5 . events
}

case_two_sessions_at_once()
{
    with_lttng
    session_with one 'kinds:*'
    session_with two kinds:static_entry kinds:others_entry
    driver_begins session=one
    expect emitted emit static entry 5
    expect emitted emit static exit 3
    expect "written 13 lost 0" counts
    lttng_do stop two
    expect emitted emit static entry 5
    expect "written 18 lost 0" counts
    driver_stop
    lttng_do destroy one
    lttng_do destroy two
    trace_events one
    lines 10 'kinds:static_entry' events
    lines 3 'kinds:static_exit' events
    trace_events two
    lines 5 'kinds:static_entry' events
    lines 5 . events
}

case_triggers()
{
    with_lttng
    session_with one kinds:static_entry
    lttng_do add-trigger --name=t1 --condition=event-rule-matches --type=user \
        --name='kinds:others_entry' --filter='n == 1' --capture=wide --capture=text --action=notify
    lttng_do add-trigger --name=t2 --condition=event-rule-matches --type=user \
        --name='kinds:static_exit' --action=stop-session one
    driver_begins session=one
    expect seen wait others 1
    expect seen wait static 3
    expect emitted emit others entry 3
    expect emitted emit static exit 1
    # The trigger stops the session.
    expect seen wait static 2
    driver_stop
    lttng_do destroy one
}

# Sessions are created and destroyed while hits are emitted.
case_sessions_under_fire()
{
    with_lttng
    driver_begins "output=$dir/trace"
    echo "storm static 4" >&"${DRIVER[1]}"
    local end=$((SECONDS + 3)) n=0
    while ((SECONDS < end)); do
        n=$((n + 1))
        lttng_do create "fire$n" --output="$dir/fire$n"
        lttng_do enable-event -u -s "fire$n" 'kinds:*'
        lttng_do add-context -u -s "fire$n" -t vtid -t procname
        lttng_do start "fire$n"
        lttng_do disable-event -u -s "fire$n" 'kinds:*'
        lttng_do enable-event -u -s "fire$n" 'kinds:static_entry' --filter='n > 3'
        lttng_do destroy "fire$n"
    done
    read -r -t $((30 * slowness)) reply <&"${DRIVER[0]}" || fail "no answer after the storm"
    [[ $reply == calm ]] || fail "after the storm: $reply"
    expect ended end
    driver_stop
    for ((; n > 0; n--)); do
        read_trace "fire$n"
    done
}

# 5,000 functions, and the cost of their registration.
case_many_functions()
{
    with_lttng
    driver_start
    ask choose "output=$dir/trace"
    expect opened open
    expect added many 5000
    expect begun begin
    expect 3 wanted function_4999
    expect emitted emit function_4999 entry 1
    expect ended end
    driver_stop
    cat "$err"
    trace_events trace
    lines 1 'many:function_4999_entry' events
    lines 1 . events
}

# Added in several batches to a started session.
case_very_many_functions()
{
    with_lttng
    driver_start
    expect "own *" choose "output=$dir/trace"
    expect opened open
    expect added many 1
    expect begun begin
    expect added many 9000
    expect 3 wanted function_8999
    expect same look
    expect emitted emit function_8999 exit 3
    expect "written 3 lost 0" counts
    expect ended end
    driver_stop
    cat "$err"
    trace_events trace
    lines 3 'many:function_8999_exit' events
}

# Small ring buffers: lost records are counted, here and by the daemon.
case_losses_are_counted()
{
    with_lttng
    lttng_do create small --output="$dir/small"
    lttng_do enable-channel -u -s small --subbuf-size=4096 --num-subbuf=2 --discard tiny
    lttng_do enable-event -u -s small -c tiny 'kinds:*'
    driver_start
    expect "idle small $dir/small" choose session=small
    expect opened open
    expect added add
    expect begun begin
    expect emitted emit integers entry 200000 cpu=0
    ask counts
    local written lost
    read -r _ written _ lost <<<"$reply"
    ((written + lost == 200000 && lost > 0)) || fail "counts: $reply"
    expect ended end
    expect "$lost" discarded
    driver_stop
    lttng_do destroy small
    babeltrace2 small 2>/dev/null >text
    lines "$written" 'integers_entry' text
}

run_cases "$@"
