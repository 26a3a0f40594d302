#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Each call of the tracer that can fail fails once, with each call stack, while a program with
# threads, children and libraries is launched, followed or attached to and detached from.
# tests/inject/drive.py makes the checks. Uses the plain build, into which the library can be
# preloaded.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/cases.sh"

plain=${PLAIN_BUILD:-$build}

# drive WAY KIND...: each kind whole or, as KIND:I/N, one part of N.
drive()
{
    local way=$1 kind
    shift
    [[ -x /usr/bin/python3 ]] || skip "/usr/bin/python3 is not installed"
    for kind in "$@"; do
        local part=()
        [[ $kind != *:* ]] || part=("--part=${kind#*:}")
        /usr/bin/python3 "$top/tests/inject/drive.py" "$plain" "$build" "$way" "${kind%:*}" "${part[@]}" ||
            fail "$way, $kind"
    done
}

case_launched_open_1()
{
    drive launched open:0/2
}

case_launched_open_2()
{
    drive launched open:1/2
}

case_launched_read_1()
{
    drive launched read:0/2
}

case_launched_read_2()
{
    drive launched read:1/2
}

case_launched_interrupted_1()
{
    drive launched interrupt:0/2
}

case_launched_interrupted_2()
{
    drive launched interrupt:1/2
}

case_launched_memory()
{
    drive launched memory
}

case_launched_mmap()
{
    drive launched mmap
}

case_launched_ptrace()
{
    drive launched ptrace
}

case_launched_killed()
{
    drive launched kill
}

# With children, some of the call stacks of these kinds: there are many, and most are those of launched
# programs. scripts/stress.sh tries all calls.
case_followed_open()
{
    drive followed open:0/3
}

case_followed_read()
{
    drive followed read:0/4
}

case_followed_interrupted()
{
    drive followed interrupt:0/4
}

case_followed_memory()
{
    drive followed memory:0/2
}

case_followed_mmap()
{
    drive followed mmap
}

case_followed_ptrace()
{
    drive followed ptrace
}

case_followed_killed()
{
    drive followed kill
}

case_attached_open_1()
{
    drive attached open:0/2
}

case_attached_open_2()
{
    drive attached open:1/2
}

case_attached_read_1()
{
    drive attached read:0/3
}

case_attached_read_2()
{
    drive attached read:1/3
}

case_attached_read_3()
{
    drive attached read:2/3
}

case_attached_interrupted_1()
{
    drive attached interrupt:0/3
}

case_attached_interrupted_2()
{
    drive attached interrupt:1/3
}

case_attached_interrupted_3()
{
    drive attached interrupt:2/3
}

case_attached_memory()
{
    drive attached memory
}

case_attached_mmap()
{
    drive attached mmap
}

case_attached_ptrace()
{
    drive attached ptrace
}

case_attached_killed()
{
    drive attached kill
}

# A failure while it is measured what a stop costs: all is recorded, and times are raw.
case_measuring()
{
    local nth net raw
    with_lttng
    for nth in 1 2 3; do
        fails_measuring $nth -c
        lines 1 '^ +20 .* mylib:my_traced_function$' "$err"
        said 'times are raw'
    done
    fails_measuring 2 -o trace
    said '20 calls, 40 events written, 0 lost'
    traced 0 report --format=csv trace
    lines 1 '^20,.*,mylib:my_traced_function$' "$out"
    said 'times are raw'
    # With both, it is measured again, and the summary's times are net, too.
    fails_measuring 2 -c -o trace --with=duration
    lines 0 'times are raw' "$err"
    read -r _ net _ < <(grep ':my_traced_function$' "$err")
    traced 0 report --raw trace
    read -r _ raw _ < <(grep ':my_traced_function$' "$out")
    [[ $net != "$raw" ]] || fail "the summary's times are raw: $net"
}

fails_measuring() # NTH OPTION...
{
    local nth=$1
    shift
    rm -rf log trace
    LD_PRELOAD=$build/tests/libinject.so INJECT=kill INJECT_NTH=$nth INJECT_LOG=log \
        "$plain/bin/ptrace_tracer" "$@" -f my_traced_function "$sample" 20 >"$out" 2>"$err" ||
        fail "request $nth: exit status $?"
    [[ -s log && $(cat "$out") == 'sample_app: 20 calls' ]] || fail "request $nth: nothing failed, or the program"
}

# Without libc's symbols the tracer does not see changes of SIGTRAP's disposition, and each
# breakpoint would reset it.
keeps_sigtrap() # KIND
{
    local status n=0
    while :; do
        rm -f log
        status=0
        timeout 30 env LD_PRELOAD="$build/tests/libinject.so" INJECT="$1" INJECT_SEEN=seen \
            INJECT_LOG=log "$plain/bin/ptrace_tracer" --print=/dev/null -f work \
            "$build/targets/sigtrap_blocked" 2 >"$out" 2>"$err" || status=$?
        [[ -s log ]] || break
        n=$((n + 1))
        # If the tracer fails before the program starts, it never runs.
        [[ $status == 125 && ! -s $out ]] && continue
        [[ $status == 0 ]] || fail "$1, run $n: exit status $status: $(cat "$err" log)"
        lines 1 '^work 6 6' "$out"
    done
    ((n > 10)) || fail "only $n calls failed"
}

case_sigtrap_open()
{
    keeps_sigtrap open
}

case_sigtrap_read()
{
    keeps_sigtrap read
}

run_cases "$@"
