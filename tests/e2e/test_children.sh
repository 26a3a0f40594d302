#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Children that share their parent's memory, and children that start a PID namespace.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/cases.sh"

target=$build/targets/shared_memory

# The traced program has the same output as the untraced one. Each call is reported: OWN of the
# program, and CHILD of a followed child.
check_way() # STATUS WAY OWN CHILD
{
    local follow n
    # A child may end last.
    "$target" "$2" 7 2>/dev/null | cat >untraced.out
    for follow in '' -F; do
        # shellcheck disable=SC2086 # nothing is no argument
        "$tracer" -q $follow --print=lines -f lib_work "$target" "$2" 7 2>$err | cat >$out
        n=${PIPESTATUS[0]}
        [[ $n == "$1" ]] || fail "$2 $follow: exit status $n, not $1"
        cmp untraced.out $out || fail "$2 $follow: the program said something else"
        n=$(($3 + (${#follow} ? $4 : 0)))
        lines $n ':lib_work\(i = ' lines
        lines $n '^[0-9]+ = [0-9]+ <' lines
    done
}

case_vfork_then_libraries()
{
    check_way 0 exits 14 0
    check_way 0 executes 14 0
    check_way 0 refused 14 0
    check_way 0 killed 14 0
}

case_commands_then_libraries()
{
    check_way 0 spawn 28 0
}

case_vforks_at_once()
{
    check_way 0 chain 14 0
    check_way 0 threads 14 0
}

# The process that loaded the libraries may end while others use the memory.
case_libraries_of_children_in_shared_memory()
{
    check_way 0 beside 14 7
    check_way 137 outlives 7 7
    check_way 0 left 7 7
}

# The init process of a PID namespace ends as it does untraced; all calls before are reported.
check_init() # WAY CALLS SIGNAL
{
    local init=$build/targets/namespace_init
    "$init" "$1" 7 >untraced.out 2>/dev/null || [[ $? != 77 ]] || skip "no user namespaces here"
    lines 1 "^${3:+signal }${3:-exit}" untraced.out
    traced 0 -F --print=lines -f '(work|first)' timeout 20 "$init" "$1" 7
    cmp untraced.out $out || fail "$1: the program said something else"
    lines "$2" ':work\(' lines
    lines "$2" '= [0-9]+ <' lines
    lines $((${#3} > 0)) "dies of signal $3 " $err
}

case_init_that_faults()
{
    check_init segv 7 11
    check_init bus 7 7
    # On arm64, division by zero is 0, and abort(3) ends in a breakpoint instruction.
    local aborts=5
    [[ $(uname -m) == aarch64 ]] || { aborts=11; check_init fpe 7 8; }
    check_init ill 7 4
    check_init first 7 11
    lines 1 ':first\(' lines
    check_init blocked 7 11
    check_init abort 7 $aborts
    check_init frame 7 11
}

# The instruction that raised these is already executed, and the kernel drops the signal.
case_init_that_traps()
{
    check_init trap 7 5
    check_init trap2 7 5
    check_init trap3 7 5
    check_init sys 7 31
}

case_init_with_others()
{
    check_init thread 28 11
    check_init members 14 11
}

case_init_that_lives_on()
{
    check_init handled 28 ''
    check_init raised 14 ''
}

says_pid_or_ends()
{
    at_least 1 '^pid' target.out || is_gone "$target_pid"
}

case_init_attached_to()
{
    local init
    mkfifo fifo
    "$build/targets/namespace_init" attended 7 <fifo >target.out 2>target.err &
    target_pid=$!
    exec 3>fifo
    wait_for 10 says_pid_or_ends || fail "the target says nothing"
    at_least 1 '^pid' target.out || skip "no user namespaces here"
    init=$(sed -n 's/^pid //p' target.out)
    tracer_start --print=lines -f work -p "$init"
    wait_for 10 is_traced "$init" || fail "not attached to"
    echo >&3
    tracer_ends 0
    target_ends 0
    lines 1 '^signal 11$' target.out
    lines 7 ':work\(' lines
    lines 7 '= [0-9]+ <' lines
    said "process $init dies of signal 11 "
}

run_cases "$@"
