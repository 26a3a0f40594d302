#!/usr/bin/env bash
# Few file descriptors: nothing that is traced is harmed, and what cannot be done is said.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/cases.sh"

# A leak sanitizer needs descriptors of its own.
export ASAN_OPTIONS=$ASAN_OPTIONS:detect_leaks=0

# The tracer raises its own limit, and a program that it starts has that of the caller.
case_limits_of_the_program()
{
    local hard
    hard=$(ulimit -Hn)
    ulimit -Sn 200
    # shellcheck disable=SC2016
    traced 0 -q -P -f nothing_of_that_name /bin/sh -c 'ulimit -Sn; ulimit -Hn'
    [[ $(cat $out) == "200"$'\n'"$hard" ]] || fail "its limits are $(paste -sd' ' $out)"
    tracer_start --print=lines -f my_traced_function "$sample" 1000 1000
    wait_for 10 at_least 20 ' = 42 <' lines || fail "no calls seen"
    awk '/^Max open files/ {print $4, $5}' "/proc/$tracer_pid/limits" >limits
    read -r soft raised <limits
    ((soft > 200 && soft < hard && raised == hard)) || fail "the tracer's own limits: $(cat limits)"
    tracer_ends 0
}

run_cases "$@"
