# SPDX-License-Identifier: MIT
# Controls tests/targets/wait_for_line.c, whose function work() is called when a test requests it.
# For scripts that have sourced cases.sh.
# shellcheck shell=bash disable=SC2154,SC2034

asked=$build/targets/wait_for_line

# $target_pid; $asked_thread is the thread that calls work().
asked_start()
{
    local task
    mkfifo asked.in asked.out
    "$asked" <asked.in >asked.out 2>target.err &
    target_pid=$!
    exec 8>asked.in 9<asked.out
    read -r -t $((20 * slowness)) reply <&9 || fail "the target does not start"
    [[ $reply == "pid $target_pid" ]] || fail "the target says: $reply"
    for task in "/proc/$target_pid/task/"*; do
        [[ ${task##*/} == "$target_pid" ]] || asked_thread=${task##*/}
    done
}

# calls N: returns after the calls.
calls()
{
    echo "call $1" >&8
    read -r -t $((50 * slowness)) reply <&9 || fail "the target does not do $1 calls"
    [[ $reply == called\ * ]] || fail "the target says: $reply"
}

# Ends by itself, with status 0.
asked_ends()
{
    exec 8>&-
    target_ends 0
    exec 9<&-
}

# Attaches to it with these options. The tracer does not share the target's input.
asked_traced()
{
    tracer_start "$@" -p "$target_pid" 8>&- 9<&-
    wait_for 10 asked_is_listed || fail "the tracer does not attach: $(cat "$err")"
}

# tiny_session CHANNEL-OPTION...: the session `mine` records work(), in small ring buffers.
tiny_session()
{
    lttng_do create mine --output="$dir/mine"
    lttng_do enable-channel -u "$@" --subbuf-size=4096 --num-subbuf=2 tiny
    lttng_do enable-event -u -c tiny 'wait_for_line:work_*'
    lttng_do start
}

asked_is_listed()
{
    lttng --no-sessiond list -u 2>/dev/null | grep -q 'wait_for_line:work_exit'
}

# A breakpoint is at the start of a function of the target: of a mapped file in which addresses are
# file offsets.
has_breakpoint() # FILE NAME
{
    local vaddr base
    vaddr=$( (nm "$1" 2>/dev/null; nm -D "$1") | sed -n "s/^\([0-9a-f]*\) [TW] $2\(@@.*\)\?\$/0x\1/p" | head -n 1)
    base=$(sed -n "s:^\([0-9a-f]*\)-.* 00000000 .* $(readlink -f "$1")\$:0x\1:p" "/proc/$target_pid/maps" | head -n 1)
    [[ -n $vaddr && -n $base ]] || fail "no function $2 of $1 in the target"
    is_breakpoint "$target_pid" $((base + vaddr))
}

is_planted()
{
    has_breakpoint "$asked" work
}

is_lifted()
{
    ! is_planted
}

planted()
{
    wait_for 5 is_planted || fail "not armed ${*}: $(cat "$err")"
}

lifted()
{
    wait_for 5 is_lifted || fail "not disarmed ${*}"
}
