#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# --summary: a table of calls at the end, without a trace and without a session daemon.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/cases.sh"

head='  CALLS  TOTAL   SELF   MEAN    P50    P99    MAX  FUNCTION'

# called N FUNCTION: the table's line of the function. $line is its times.
called()
{
    line=$(awk -v name="$2" '$NF == name { $NF = ""; print }' $err)
    [[ ${line%% *} == "$1" ]] || fail "not $1 calls of $2: '$line'"
    line=${line#* }
}

# Durations are three digits and a unit.
timed()
{
    [[ $line =~ ^([0-9]+(\.[0-9]+)?[num]?s\ ){6}$ ]] || fail "no six times: '$line'"
}

case_the_sample()
{
    traced 0 -c -f my_traced_function "$sample" 100
    [[ $(cat $out) == "sample_app: 100 calls" ]] || fail "the program's output is not its own"
    lines 1 "^$head\$" $err
    called 100 mylib:my_traced_function
    timed
    said '1 function armed, 100 calls, 0 lost$'
    [[ -z $(find . -name 'ptrace_tracer-*') ]] || fail "there is a trace"
    traced 0 -q --summary -f my_traced_function "$sample" 3
    lines 2 . $err
}

# Times are net of what tracing cost, unless it is not known.
case_net_times()
{
    traced 0 -c -f 'main|my_traced_function' "$sample" 200
    [[ -n ${TEST_JUMPS:-} ]] || ! grep -q 'times are raw' $err || fail "times are raw"
    traced 0 -c --in-process -f 'main|my_traced_function' "$sample" 200
    said 'times are raw'
}

case_nothing_called()
{
    traced 0 -q -c -f my_traced_function "$sample" 0
    [[ $(cat $err) == "$head" ]] || fail "not only the head: $(cat $err)"
    traced 3 -c bash -c 'exit 3'
    traced 127 -c ./no-such-program
    lines 0 CALLS $err
}

# In all programs: as many calls as the program counts, however they end.
case_ends_of_calls()
{
    local target name n back unreturned
    for target in coroutines exceptions longjmp recursion tailcall threads8 nested rethrows; do
        [[ -x $build/targets/$target ]] || fail "no target $target"
        traced 0 -c "$build/targets/$target"
        unreturned=0
        while read -r name n back; do
            [[ $n =~ ^[0-9]+$ && $back =~ ^[0-9]+$ ]] || continue
            called "$n" "$target:$name"
            ((back == 0)) || timed
            unreturned=$((unreturned + n - back))
        done < <(grep -v '^State' $out)
        ((unreturned == 0)) || said "$unreturned calls have not returned"
    done
}

# A program that ends inside of calls.
case_exit_in_a_call()
{
    traced 7 -c "$build/targets/exit_in_function"
    called 1 exit_in_function:at_end
    timed
    called 1 exit_in_function:outer
    [[ $line == '- - - - - - ' ]] || fail "a call that has not returned has times: $line"
}

case_entries_only()
{
    traced 0 -q -c --entry-only -f my_traced_function "$sample" 20
    called 20 mylib:my_traced_function
    [[ $line == '- - - - - - ' ]] || fail "times without exits: $line"
}

case_children()
{
    traced 0 -c -F "$build/targets/processes" deep 50
    called 100 processes:work
    called 50 processes:in_child
    traced 0 -c "$build/targets/processes" deep 50
    called 100 processes:work
    lines 0 in_child'$' $err
}

# ^C detaches from a process, and there is a table of what it has called.
case_attached()
{
    target_start "$sample" 2000 $((1000 * slowness))
    env --default-signal=INT "$tracer" -c --print=lines -p "$target_pid" -f my_traced_function \
        >$out 2>$err &
    tracer_pid=$!
    wait_for 10 at_least 20 ' = void <' lines || fail "no calls seen after attaching"
    kill -INT "$tracer_pid"
    tracer_ends 0
    called "$(grep -c 'mylib:' lines)" mylib:my_traced_function
    timed
    target_ends 0
}

# What else is asked for is done, too.
case_beside_print()
{
    traced 0 -c --print=lines -f my_traced_function "$sample" 30
    lines 60 . lines
    called 30 mylib:my_traced_function
    said '30 calls, 60 events written, 0 lost to lines'
}

case_beside_a_trace()
{
    with_lttng
    traced 0 -c -o trace -f my_traced_function "$sample" 30
    called 30 mylib:my_traced_function
    said '30 calls, 60 events written, 0 lost'
    [[ $(babeltrace2 trace 2>/dev/null | wc -l) == 60 ]] || fail "not 60 events in the trace"
}

case_widths()
{
    local width name=mylib:my_traced_function
    for width in 60 70 80 200; do
        COLUMNS=$width traced 0 -q -c -f my_traced_function "$sample" 2
        ((width != 60)) || lines 1 '  myl\.\.\.ion$' $err
        (($(wc -L <$err) <= width)) || fail "wider than $width: $(cat $err)"
    done
    lines 1 "  $name\$" $err
    lines 0 $'\033' $err
}

# On a terminal the head is bold, unless NO_COLOR is set.
case_colours()
{
    local bold=$'\033[1m'
    command -v script >/dev/null || skip "no script(1)"
    TERM=xterm script -qec "stty columns 70; '$tracer' -q -c -f my_traced_function '$sample' 2" typescript >$out
    grep -qF "$bold" $out || fail "not bold"
    (($(tr -d '\r' <$out | sed 's/\x1b[^m]*m//g' | wc -L) <= 70)) || fail "wider than the terminal"
    NO_COLOR=1 TERM=xterm script -qec "'$tracer' -q -c -f my_traced_function '$sample' 2" typescript >$out
    ! grep -qF "$bold" $out || fail "bold although NO_COLOR is set"
    lines 1 CALLS $out
}

run_cases "$@"
