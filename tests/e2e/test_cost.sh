#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The cost of a call, in counts and not in time: stops, ptrace calls by kind, memory reads and
# writes (--stats), for 1000 additional calls in the steady state. These numbers are the design's; a
# hit that costs more fails here.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/cases.sh"

plain=${PLAIN_BUILD:-$build}

# counted NAME FILE: prints the number after the name in the line of --stats.
counted()
{
    local n
    # Without the times: a kind of call and a time have the same name.
    n=$(sed -n "s/[a-z]* [0-9]* us, //g; s/^ptrace_tracer: stats: \(.*[,(] \)\?$1 \([0-9]*\).*/\2/p; s/^ptrace_tracer: stats: .*($1 \([0-9]*\).*/\1/p" "$2")
    [[ $n =~ ^[0-9]+$ ]] || fail "--stats tells no '$1': $(cat "$2")"
    echo "$n"
}

# On arm64 a trap leaves the PC at its instruction, and its siginfo tells that it was hit.
siginfo=0
[[ $(uname -m) != aarch64 ]] || siginfo=1

# per_thousand NAME: the difference between 2000 and 1000 calls.
per_thousand()
{
    echo $(($(counted "$1" many) - $(counted "$1" few)))
}

# costs NAME NUMBER: exactly NUMBER for 1000 calls.
costs()
{
    local n
    n=$(per_thousand "$1")
    [[ $n == "$2" ]] || fail "1000 calls take $n $1, not $2"
}

# run_both COMMAND...: runs it with 1000 and with 2000 as the last argument.
run_both()
{
    "$@" 1000
    mv "$err" few
    "$@" 2000
    mv "$err" many
    # No steps, no writes to code, no uncounted kinds of requests.
    [[ $(counted 'single steps' many) == 0 ]] || fail "$(counted 'single steps' many) single steps"
    for kind in 'text writes' setregs step interrupt seize detach sigmask other; do
        costs "$kind" 0
    done
    costs siginfo $((siginfo * $(per_thousand stops)))
}

# Two stops for each call. At each: get the registers, set the program counter, resume. One memory
# read at the entry (the return address). A stop more for each that is measured, as for times net of
# these costs.
two_stops()
{
    local stops=$((2000 + $(per_thousand 'measured stops')))
    costs calls 1000
    costs stops "$stops"
    costs getregs "$stops"
    costs setpc "$stops"
    costs resume "$stops"
    costs getfpregs "$1"
    costs 'ptrace calls' $(((3 + siginfo) * stops + $1))
    (($(per_thousand 'memory reads') <= 2000)) || fail "more than one read of memory a stop"
}

case_print()
{
    run_both traced 0 -q --stats --print=lines -f my_traced_function "$sample"
    two_stops 1000
    costs 'measured stops' 0
    lines 4000 . lines
}

case_lttng()
{
    with_lttng
    run_both lttng_run
    two_stops 1000
    (($(per_thousand 'measured stops') > 0 && $(per_thousand 'measured stops') < 20)) ||
        fail "$(per_thousand 'measured stops') stops are measured"
    read_trace trace
    events 2000 mylib:my_traced_function_entry
    events 2000 mylib:my_traced_function_exit
}

lttng_run()
{
    rm -rf trace
    traced 0 -q --stats -o trace -f my_traced_function "$sample" "$1"
}

case_no_floating_point_argument()
{
    run_both traced 0 -q --stats --print=lines -f work "$build/targets/one_thread"
    two_stops 0
}

# Without exit events there are no breakpoints at return addresses.
case_entry_only()
{
    run_both traced 0 -q --stats --entry-only --print=lines -f my_traced_function "$sample"
    costs calls 1000
    costs stops 1000
    costs 'ptrace calls' $((4000 + 1000 * siginfo))
    costs getfpregs 1000
}

case_only_entries_enabled()
{
    with_lttng
    run_both entries_run
    costs calls 1000
    costs stops 1000
    costs 'ptrace calls' $((4000 + 1000 * siginfo))
}

entries_run()
{
    lttng_do create entries --output="$dir/entries.$1"
    lttng_do enable-event -u mylib:my_traced_function_entry
    lttng_do start
    traced 0 -q --stats -f my_traced_function "$sample" "$1"
    lttng_do destroy entries
}

# A function that is not enabled does not stop the program.
case_what_is_not_asked_for_is_free()
{
    with_lttng
    run_both nothing_run
    costs calls 0
    costs stops 0
    costs 'ptrace calls' 0
}

nothing_run()
{
    lttng_do create nothing --output="$dir/nothing.$1"
    lttng_do enable-event -u sample_app:main_entry
    lttng_do start
    traced 0 -q --stats "$sample" "$1"
    lttng_do destroy nothing
}

# An untraced function is also free where it is called from the same place as a traced one. One call
# in a hundred is traced, and the return breakpoint is there only for these.
case_others_called_from_the_same_place()
{
    local idle
    traced 0 -q --stats --print=lines -f wanted "$build/targets/dispatch" loop 100000
    lines 1000 ':wanted\(' lines
    lines 1000 ' = [0-9]+ <' lines
    idle=$(counted 'idle stops' "$err")
    ((idle <= 24)) || fail "$idle stops of functions that nobody asked for, not 24 at most"
    [[ $(counted calls "$err") == 1000 ]] || fail "not 1000 calls: $(cat "$err")"
    (($(counted stops "$err") <= 2000 + 100 + idle)) || fail "too many stops: $(cat "$err")"
}

# syscall() is watched for changes of SIGTRAP's disposition, as long as that is cheap.
case_system_calls_that_are_no_business_of_ours()
{
    traced 0 -v --stats --print=lines -f work "$build/targets/sigtrap_syscall" 50 often
    lines 1 "process [0-9]+ calls syscall\\(\\) often: what it asks of the kernel about SIGTRAP by that is not seen any more" "$err"
    (($(counted stops "$err") <= 100 + 1001 + 50)) || fail "too many stops: $(cat "$err")"
    traced 0 -v --print=lines -f work "$build/targets/sigtrap_syscall" 50 both
    lines 0 'calls syscall' "$err"
}

# --stats prints its line also with --quiet.
case_one_line()
{
    traced 0 -q --stats --print=/dev/null -f my_traced_function "$sample" 10
    one_line 'stats: calls 10, stops [0-9]+, idle stops 0, waits [0-9]+, ptrace calls [0-9]+ \(getregs [0-9]+, .*\), memory reads [0-9]+, text writes [0-9]+, single steps 0, measured stops 0, bindings [0-9]+, attach 0 us, detach [0-9]+ us, handed over 0$'
    traced 0 --print=/dev/null -f my_traced_function "$sample" 10
    lines 0 'stats:' "$err"
}

# The kernel's count equals the engine's.
case_the_count_is_true()
{
    local traced_pid
    command -v strace >/dev/null || skip "strace is not installed"
    strace -o /dev/null true 2>/dev/null || skip "strace may not trace here"
    mkfifo in
    "$build/targets/wait_for_line" <in >target.out &
    target_pid=$!
    exec 3>in
    wait_for 10 grep -q '^pid' target.out || fail "the target does not start"
    traced_pid=$target_pid
    # Not the tracer with sanitizers, which trace themselves at the end.
    strace -f -c -e trace=ptrace,waitid,process_vm_readv -o counts \
        "$plain/bin/ptrace_tracer" -q --stats --print=lines -f work -p "$traced_pid" >"$out" 2>"$err" 3>&- &
    tracer_pid=$!
    wait_for 20 is_armed "$traced_pid" || fail "the target is not attached"
    echo 'call 500' >&3
    wait_for 30 grep -q '^called 500' target.out || fail "the target does not do its calls"
    exec 3>&-
    tracer_ends 0
    target_ends 0
    lines 500 ' [a-z_]*:work\(' lines
    local calls
    calls=$(awk '$NF == "ptrace" {print $4}' counts)
    [[ $calls == $(counted 'ptrace calls' "$err") ]] ||
        fail "the kernel has seen $calls ptrace calls, the tracer says $(cat "$err")"
}

# The breakpoint is there, at the start of work().
is_armed()
{
    local vaddr base
    is_traced "$1" || return 1
    vaddr=$(nm "$build/targets/wait_for_line" | sed -n 's/^\([0-9a-f]*\) T work$/0x\1/p')
    base=$(sed -n "s:^\([0-9a-f]*\)-.* 00000000 .*/wait_for_line\$:0x\1:p" "/proc/$1/maps" | head -n 1)
    is_breakpoint "$1" $((base + vaddr))
}

run_cases "$@"
