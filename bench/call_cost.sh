#!/usr/bin/env bash
# call_cost.sh [BUILD] [CALLS] [ROUNDS]: what one traced call of the sample (entry and exit, four
# arguments, events written) costs, beside two bare ptrace stops: the floor of every tracer that stops
# its target. Medians of interleaved rounds; the ratios are what counts, the machine is in the
# nanoseconds. "one CPU": tracer and target bound to one by taskset, as in the floor.
set -euo pipefail
cd "$(dirname "$0")/.."
build=${1:-build} calls=${2:-20000} rounds=${3:-5}
tracer=$build/bin/ptrace_tracer sample=$build/bin/sample_app
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

now_ns() { date +%s%N; }

# Nanoseconds a call, the start of the programs taken off.
per_call() { # COMMAND...
    local start middle end
    start=$(now_ns)
    "$@" 1 >/dev/null
    middle=$(now_ns)
    "$@" $((calls + 1)) >/dev/null
    end=$(now_ns)
    echo $(((end - middle - (middle - start)) / calls))
}

traced() { # OPTION... -- CALLS
    "$tracer" -q -f my_traced_function "$@"
}

lttng_run() {
    rm -rf "$work/trace"
    traced -o "$work/trace" "$sample" "$@"
}

print_run() {
    traced --print=/dev/null "$sample" "$@"
}

# shellcheck disable=SC2317 # called by name
one_cpu() {
    local function=$1
    shift
    (taskset -pc 0 $BASHPID >/dev/null && "$function" "$@")
}

median() {
    sort -n | awk '{a[NR] = $1} END {print a[int((NR + 1) / 2)]}'
}

for ((i = 0; i < rounds; i++)); do
    "$build/bench/bare_stop" | awk '{print 2 * $2}' >>"$work/floor"
    per_call "$sample" >>"$work/nothing"
    per_call one_cpu print_run >>"$work/print_one_cpu"
    per_call print_run >>"$work/print_free"
    if command -v lttng-sessiond >/dev/null; then
        per_call one_cpu lttng_run >>"$work/lttng_one_cpu"
        per_call lttng_run >>"$work/lttng_free"
    fi
done

floor=$(median <"$work/floor")
printf '%-42s %10s %8s\n' 'one call of the sample' 'ns' 'ratio'
row() { # NAME FILE
    [[ -e $work/$2 ]] || return 0
    local ns
    ns=$(median <"$work/$2")
    printf '%-42s %10s %8s\n' "$1" "$ns" "$(awk -v a="$ns" -v b="$floor" 'BEGIN {printf "%.2f", a / b}')"
}
row 'untraced' nothing
row 'two bare ptrace stops, one CPU (the floor)' floor
row 'ptrace_tracer, LTTng, one CPU' lttng_one_cpu
row 'ptrace_tracer, --print, one CPU' print_one_cpu
row 'ptrace_tracer, LTTng' lttng_free
row 'ptrace_tracer, --print' print_free
