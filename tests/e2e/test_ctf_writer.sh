#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Our own CTF traces beside LTTng's: the same invented hits (tp_driver.c) in both look the same.
# shellcheck disable=SC1091,SC2154
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/cases.sh"
. "$(dirname "$0")/driver.sh"

# Hits of every kind of value and name, of several threads.
emit_all()
{
    expect emitted emit integers entry 3 cpu=0
    expect emitted emit integers exit 2 cpu=1
    expect emitted emit others entry 7 tid=5 name=abcdefghijklmnopqrst ip=0x7fff12345678
    expect emitted emit others exit 1 pid=77
    expect emitted emit nothing entry 1 cpu=1000000
    expect emitted emit nothing exit 1 name=grün
    expect emitted emit static entry 400 cpu=0
    local name
    for name in 'operator*' 'ns::Class::method(int)' fib.constprop.0 grün; do
        expect emitted emit "$name" entry 1 cpu=0
    done
}

# both CONTEXT...: the session "both" with these contexts, and a trace of our own.
both()
{
    local type types=()
    for type; do
        types+=(-t "$type")
    done
    lttng_do create both --output="$dir/lttng"
    lttng_do enable-event -u 'kinds:*,odd:*'
    ((${#types[@]} == 0)) || lttng_do add-context -u "${types[@]}"
    lttng_do start
    driver_begins session=both
    expect added odd
    expect extended extend
    expect mirrored mirror "$dir/own" "$@"
    emit_all
    expect ended end
    driver_stop
    lttng_do destroy both
}

# shown FIELDS TRACE: the events with these fields, without times.
shown()
{
    babeltrace2 --no-delta --fields="$1" "$2" >text 2>text.err || fail "babeltrace2: $(cat text.err)"
    [[ ! -s text.err ]] || fail "babeltrace2: $(cat text.err)"
    # The statedump of liblttng-ust is not ours.
    sed 's/^\[[^]]*\] //' text
}

# described TRACE: the descriptions of events and of contexts, one a line, without the events' IDs.
described()
{
    babeltrace2 --output-format=ctf-metadata "$1" | awk '
        /^event \{|event\.context := struct/ { shown = 1; text = "" }
        shown && !/^\tid =/ { text = text $0 }
        shown && /^};|^\t};$/ && (/^};/ || text ~ /^\tevent\.context/) { print text; shown = 0 }
    ' | sort -u
}

compare()
{
    local fields
    for fields in trace:hostname \
        trace:hostname,trace:domain,trace:procname,trace:vpid,loglevel,emf,callsite; do
        shown "$fields" lttng >expected
        shown "$fields" own >events
        lines 419 ' (kinds|odd):' events
        cmp expected events || fail "the events differ with --fields=$fields"
    done
    # LTTng's has also the events without records.
    described lttng/ust/uid/*/64-bit >expected
    described own >events
    lines "$1" . events
    diff -u <(comm -12 expected events) events || fail "the descriptions differ"
}

case_without_contexts()
{
    with_lttng
    both
    compare 11
}

case_with_contexts()
{
    with_lttng
    both vpid vtid procname ip
    compare 12
}

# Both traces together: the events of both, each twice.
case_merged()
{
    with_lttng
    both procname
    mv own lttng/in-process-1
    read_trace lttng
    lines 838 ' (kinds|odd):' text
    lines 6 'integers_entry' text
}

run_cases "$@"
