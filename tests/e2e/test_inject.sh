#!/usr/bin/env bash
# Each call by which the tracer may be let down fails once, by every way that leads to it, while a
# program with threads, children and libraries is launched, followed or attached to and let go:
# tests/inject/drive.py has what is checked. The plain build, which the library can be preloaded to.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/cases.sh"

plain=${PLAIN_BUILD:-$build}

# drive WAY KIND...
drive()
{
    local way=$1 kind
    shift
    [[ -x /usr/bin/python3 ]] || skip "/usr/bin/python3 is not installed"
    for kind in "$@"; do
        /usr/bin/python3 "$top/tests/inject/drive.py" "$plain" "$build" "$way" "$kind" ||
            fail "$way, $kind"
    done
}

case_launched_open()
{
    drive launched open mmap
}

case_launched_read()
{
    drive launched read
}

case_launched_interrupted()
{
    drive launched interrupt
}

case_launched_memory()
{
    drive launched memory
}

case_launched_ptrace()
{
    drive launched ptrace kill
}

case_followed_open()
{
    drive followed open mmap
}

case_followed_read()
{
    drive followed read
}

case_followed_interrupted()
{
    drive followed interrupt
}

case_followed_memory()
{
    drive followed memory
}

case_followed_ptrace()
{
    drive followed ptrace kill
}

case_attached_open()
{
    drive attached open mmap
}

case_attached_read()
{
    drive attached read
}

case_attached_interrupted()
{
    drive attached interrupt
}

case_attached_memory()
{
    drive attached memory
}

case_attached_ptrace()
{
    drive attached ptrace kill
}

# Without the symbols of the C library the tracer does not see what a program makes of SIGTRAP, and
# each breakpoint would undo it.
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
        # Where the tracer fails before it is started, it does not run.
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
