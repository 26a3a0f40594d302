# SPDX-License-Identifier: MIT
# Controls tests/targets/take.c under the tracer, for scripts that have sourced cases.sh.
# shellcheck shell=bash disable=SC2154,SC2034

take=$build/targets/take

# take_start TRACER-ARGUMENT...: $tracer_pid. Prefixed with the command in on_cpu, if any.
on_cpu=()
take_start()
{
    mkfifo orders
    : >$out
    "${on_cpu[@]}" "$tracer" "$@" "$take" <orders >$out 2>$err &
    tracer_pid=$!
    exec 8>orders
    taken=0
}

# take_calls SIZE [COUNT]: returns after the calls.
take_calls()
{
    echo "$@" >&8
    taken=$((taken + ${2:-1}))
    wait_for 20 grep -qx "taken $taken" $out || fail "no answer to '$*'"
}

# The program and the tracer end with status 0.
take_end()
{
    exec 8>&-
    tracer_ends 0
    grep -qx "take $taken $taken" $out || fail "the program: $(tail -n 3 $out)"
}

# Each CPU has a ring buffer. Where the order of the last calls counts, all must be in one.
on_one_cpu()
{
    local cpus
    cpus=$(taskset -cp $$) || skip "no taskset"
    cpus=${cpus##* }
    on_cpu=(taskset -c "${cpus%%[,-]*}")
}
