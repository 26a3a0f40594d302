# SPDX-License-Identifier: MIT
# The traces of our own that --in-process writes. For scripts that have sourced cases.sh.
# shellcheck shell=bash disable=SC2154

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

# session NAME [OPTION...]: of the user's, with a channel `ch`; rules are added later.
session()
{
    local name=$1
    shift
    lttng_do create "$name" --output="$dir/$name" "$@"
    lttng_do enable-channel -u -s "$name" ch
}

has_events() # N DIR
{
    [[ $(babeltrace2 "$2" 2>/dev/null | wc -l) == "$1" ]]
}

has_traces() # NAME
{
    [[ -n $(find "$1" -name 'in-process-*') ]]
}
