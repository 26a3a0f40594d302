#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Few file descriptors: no traced process is harmed, and the tracer says what it cannot do.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/cases.sh"

# LeakSanitizer needs descriptors of its own.
export ASAN_OPTIONS=$ASAN_OPTIONS:detect_leaks=0

# The tracer raises its own limit; a program that it starts has the caller's.
case_limits_of_the_program()
{
    local hard
    hard=$(ulimit -Hn)
    ulimit -Sn 200
    # shellcheck disable=SC2016
    traced 0 -q -P -f nothing_of_that_name /bin/sh -c 'ulimit -Sn; ulimit -Hn'
    [[ $(cat $out) == "200"$'\n'"$hard" ]] || fail "its limits are $(paste -sd' ' $out)"
    tracer_start --print=lines -f my_traced_function "$sample" 1000 1000
    wait_for 10 at_least 20 ':my_traced_function' lines || fail "no calls seen"
    awk '/^Max open files/ {print $4, $5}' "/proc/$tracer_pid/limits" >limits
    read -r soft raised <limits
    ((soft > 200 && soft < hard && raised == hard)) || fail "the tracer's own limits: $(cat limits)"
    tracer_ends 0
}

# Not instrumented: the sanitizers' descriptors must not count.
few() # DESCRIPTORS COMMAND...
{
    local n=$1
    shift
    # shellcheck disable=SC2016
    bash -c 'ulimit -n "$1"; shift; exec "$@"' few "$n" "$@"
}

plain=${PLAIN_BUILD:-$build}/bin/ptrace_tracer

runs() # STATUS DESCRIPTORS ARGUMENT...
{
    local wanted=$1 n=$2 status=0
    shift 2
    few "$n" "$plain" "$@" >"$out" 2>"$err" || status=$?
    [[ $status == "$wanted" ]] || fail "exit status $status, not $wanted, with $n descriptors"
}

# Plug-ins that are loaded and removed leave no descriptors behind; children that are forked
# afterwards live, followed or not.
case_reloaded_libraries()
{
    runs 0 64 --print=lines "$build/targets/reload" 150 20
    [[ $(grep -c . "$out") -ge 2 ]] || fail "the program did not end as it should"
    lines 150 ':lib_work\(' lines
    lines 0 ':child_work\(' lines
    lines 0 'descriptors|open files' "$err"
    runs 0 64 -F --print=lines "$build/targets/reload" 150 20
    lines 150 ':lib_work\(' lines
    lines 200 ':child_work\(' lines
}

# More processes than descriptors: all are followed, or detached from.
case_more_children_than_descriptors()
{
    runs 0 48 -F --print=lines -f work "$build/targets/crowd" 100
    lines 500 ':work\(' lines
    lines 500 '<[0-9.]+>$' lines
    # Without descriptors some children can have no jumps: that is said once.
    [[ ${TEST_JUMPS:-} == yes ]] || lines 0 'cannot' "$err"
    [[ $(grep -c 'cannot' "$err") -le 1 ]] || fail "more than one line"
    runs 0 48 --print=lines -f work "$build/targets/crowd" 100
    lines 0 ':work\(' lines
    lines 0 'cannot' "$err"
}

# More programs than descriptors, one after the other, as in a build.
case_many_programs()
{
    local i
    mkdir programs
    for ((i = 0; i < 150; i++)); do
        cp "$build/targets/one_thread" "programs/p$i"
        echo "$i" >>"programs/p$i"
        echo "./programs/p$i 1 >/dev/null || exit 9"
    done >all.sh
    runs 0 64 -F --print=lines -f 'work@p*' /bin/sh all.sh
    lines 150 'p[0-9]+:work\(' lines
    lines 0 'cannot' "$err"
}

# With very few descriptors everything is traced, or the tracer says what is not.
case_seven_to_nine()
{
    local n pid
    for n in 6 7 8 9; do
        few $n "$plain" --print=lines -f my_traced_function "$sample" 100 >"$out" 2>"$err"
        if [[ $? == 0 ]]; then
            lines 100 'mylib:my_traced_function\(' lines
            lines 100 '<[0-9.]+>$' lines
        else
            at_least 1 '^ptrace_tracer: .*Too many open files' "$err" || fail "no message with $n"
        fi
    done
    for n in 6 7 8 9; do
        target_start "$sample" 1500 1000
        pid=$target_pid
        note_before "$pid"
        rm -f lines "$err" # the checks below read them, perhaps before they are written again
        # shellcheck disable=SC2016
        bash -c 'ulimit -n "$1"; shift; exec "$@"' few $n "$plain" --print=lines \
            -f my_traced_function -p "$pid" >"$out" 2>"$err" &
        tracer_pid=$!
        wait_for 10 seen_or_ended lines || fail "neither calls nor an end with $n"
        kill -TERM "$tracer_pid" 2>/dev/null
        wait "$tracer_pid" || at_least 1 '^ptrace_tracer: .*cannot' "$err" ||
            fail "no message with $n"
        nothing_left "$pid"
        target_ends 0
    done
}

seen_or_ended()
{
    is_gone "$tracer_pid" || at_least 20 ':my_traced_function' "$1" || [[ -s $err ]]
}

# A process whose memory cannot be opened and in which no system call can be made cannot be cleaned:
# it stays traced, and lives.
case_secluded_children()
{
    runs_as 0 --print=lines -f work "$build/targets/secluded" 3
    lines 5 ':work\(' lines
    lines 3 '^ptrace_tracer: cannot remove the breakpoints from the memory of child [0-9]+' "$err"
}

# As an ordinary user: root may open all memory.
runs_as()
{
    local wanted=$1 status=0
    shift
    if [[ $(id -u) == 0 ]]; then
        setpriv --reuid 54321 --regid 54321 --clear-groups test -x "$plain" ||
            skip "the build is not for another user to read"
        chmod 777 .
        setpriv --reuid 54321 --regid 54321 --clear-groups "$plain" "$@" >"$out" 2>"$err" || status=$?
    else
        "$plain" "$@" >"$out" 2>"$err" || status=$?
    fi
    [[ $status == "$wanted" ]] || fail "exit status $status, not $wanted"
}

run_cases "$@"
