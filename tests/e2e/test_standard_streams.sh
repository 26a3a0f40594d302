#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Lines of --print on stdout and stderr, also when nobody reads them any more.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/cases.sh"

# Starts the tracer with its stdout to a pipe, reads up to the first line of a call from it, and
# closes it. $reader_saw: the process that made the call.
read_a_line_and_leave() # COMMAND...
{
    local line='' reading
    mkfifo pipe
    "$@" >pipe &
    tracer_pid=$!
    exec {reading}<pipe
    rm pipe
    while [[ $line != *my_traced_function* ]]; do
        read -r -t 20 -u "$reading" line || fail "no line of a call"
    done
    exec {reading}<&-
    reader_saw=${line%% *}
}

case_lines_on_stdout()
{
    traced 0 --print=- -f my_traced_function "$sample" 5
    lines 5 'mylib:my_traced_function\(' $out
    lines 5 ' = void <' $out
    one_line '1 function armed, 5 calls, 10 events written, 0 lost to stdout$'
    [[ ! -e - ]] || fail "a file has the name -"
    traced 0 -q --print=./- -f my_traced_function "$sample" 5
    lines 10 . ./-
    "$tracer" --print=- "$sample" 3 >&- 2>$err
    [[ $? == 125 ]] || fail "stdout is closed, and that is no error"
    said 'cannot write to stdout: the trace ends here'
}

# As with head(1): the program runs on to its end, without breakpoints.
case_nobody_reads_the_lines()
{
    local shell='exec 2>/dev/null; "$0" 1000000 1000 >sample.out; exit 7'
    read_a_line_and_leave "$tracer" --print=- -F -f my_traced_function /bin/sh -c "$shell" "$sample" 2>$err
    wait_for 20 text_is_original "$reader_saw" "$build/lib/libmylib.so" my_traced_function ||
        fail "breakpoints are left"
    is_traced "$reader_saw" || fail "the program is not waited for"
    kill -KILL "$reader_saw"
    tracer_ends 7
    one_line ' calls?, .* 0 lost to stdout$'

    # The same with the lines on standard error.
    # shellcheck disable=SC2016 # it is for that shell
    read_a_line_and_leave /bin/sh -c 'exec "$@" 2>&1' sh "$tracer" --print -F -f my_traced_function \
        /bin/sh -c "$shell" "$sample"
    wait_for 20 text_is_original "$reader_saw" "$build/lib/libmylib.so" my_traced_function ||
        fail "breakpoints are left"
    kill -KILL "$reader_saw"
    tracer_ends 7

    # A process that runs: nothing is left to do.
    target_start "$sample" 1000000 1000
    read_a_line_and_leave "$tracer" --print=- -f my_traced_function "$target_pid" 2>$err
    tracer_ends 0
    one_line ' calls?, .* 0 lost to stdout$'
    is_not_traced "$target_pid" || fail "it is traced"
    text_is_original "$target_pid" "$build/lib/libmylib.so" my_traced_function || fail "breakpoints are left"
    kill -KILL "$target_pid"
}

# Calls are counted to the end.
case_nobody_reads_but_calls_are_counted()
{
    # shellcheck disable=SC2016 # it is for that shell
    read_a_line_and_leave "$tracer" --print=- -c -F -f my_traced_function \
        /bin/sh -c '"$0" 500 1000 >sample.out' "$sample" 2>$err
    tracer_ends 0
    lines 1 '^ +500 .* mylib:my_traced_function$' $err
}

run_cases "$@"
