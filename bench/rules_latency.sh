#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# How soon a change of event rules takes effect in the traced process: bench/rules_latency.sh [BUILD
# [ROUNDS]]. Prints, for each kind of change, minimum, median and maximum milliseconds between the
# return of lttng(1) and the change of the breakpoint, in a program that calls all the time and in
# one that sleeps.
. "$(dirname "$0")/../tests/e2e/lib.sh"
build=$(cd "${1:-build}" && pwd)
rounds=${2:-20}
private_lttng_start

quiet="lttng --no-sessiond"
lttng_quiet()
{
    $quiet "$@" >/dev/null || fail "lttng $*"
}

# The address of a function of the process's libmylib or libc.
address_of() # PID FILE NAME
{
    local vaddr base
    vaddr=$(nm -D "$2" | sed -n "s/^\([0-9a-f]*\) [TW] $3\(@@.*\)\?\$/0x\1/p" | head -n 1)
    base=$(sed -n "s:^\([0-9a-f]*\)-.* 00000000 .* $(readlink -f "$2")\$:0x\1:p" "/proc/$1/maps" | head -n 1)
    [[ -n $vaddr && -n $base ]] || fail "no $3 in $2 of process $1"
    printf '%x\n' $((base + vaddr))
}

is_registered()
{
    $quiet list -u 2>/dev/null | grep -q my_traced_function_exit
}

# measure TITLE FILE FUNCTION ENABLE DISABLE
measure()
{
    echo "$1"
    "$build/bench/rules_latency" "$target" "$(address_of "$target" "$2" "$3")" "$rounds" "$4 >/dev/null" "$5 >/dev/null" ||
        fail "$1"
}

for pause in 1000 0; do
    calls=$((pause ? 1000000 : 2000000000))
    "$build/bin/sample_app" $calls $pause >/dev/null &
    target=$!
    lttng_quiet create rules --output="$private_dir/trace$pause"
    lttng_quiet enable-channel -u -s rules channel0 --discard
    lttng_quiet enable-channel -u -s rules second --discard
    lttng_quiet enable-event -u -s rules -c channel0 'other:*'
    lttng_quiet start rules
    "$build/bin/ptrace_tracer" -q -p $target &
    tracer=$!
    wait_for 10 is_registered || fail "the tracer does not start"
    echo "--- a program that $([[ $pause == 0 ]] && echo calls all the time || echo 'sleeps between calls'); ms: least, median, most"
    library=$build/lib/libmylib.so
    measure 'enable-event, disable-event' "$library" my_traced_function \
        "$quiet enable-event -u -s rules -c channel0 mylib:*" "$quiet disable-event -u -s rules -c channel0 mylib:*"
    lttng_quiet enable-event -u -s rules -c channel0 'mylib:*'
    lttng_quiet stop rules
    measure 'start, stop' "$library" my_traced_function "$quiet start rules" "$quiet stop rules"
    lttng_quiet start rules
    lttng_quiet disable-event -u -s rules -c channel0 'mylib:*'
    lttng_quiet enable-event -u -s rules -c second 'mylib:*'
    lttng_quiet disable-channel -u -s rules second
    measure 'enable-channel, disable-channel' "$library" my_traced_function \
        "$quiet enable-channel -u -s rules second" "$quiet disable-channel -u -s rules second"
    # shellcheck disable=SC2016
    measure 'create ... start, destroy' "$library" my_traced_function \
        "$quiet create other -o $private_dir/other; $quiet enable-event -u -s other 'mylib:*'; $quiet start other" \
        "$quiet destroy other"
    if [[ $pause != 0 ]]; then
        libc=$(sed -n 's:.* \(/.*/libc\.so\.6\)$:\1:p' "/proc/$target/maps" | head -n 1)
        echo 'a rule that names libc, for the first time'
        rounds=1 measure '(once)' "$libc" clock_nanosleep \
            "$quiet enable-event -u -s rules -c channel0 c:clock_nanosleep_entry" "$quiet disable-event -u -s rules -c channel0 c:clock_nanosleep_entry"
    fi
    kill -TERM $tracer
    wait $tracer
    kill -KILL $target
    wait $target 2>/dev/null
    lttng_quiet destroy rules
done
