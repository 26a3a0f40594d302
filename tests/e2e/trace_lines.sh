#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# trace_lines.sh DIR: writes traces of the sample and of some of the targets as they are on every
# architecture, without what differs between two runs: time stamps, CPU, thread IDs, and addresses.
#
#   DIR/events        the sample's events, as babeltrace2 prints them
#   DIR/sample        its lines of --print, and what it and the tracer say
#   DIR/TARGET        the target's lines of --print; its own output
#
# $TARGETS is where the targets are, by default $BUILD/targets.
out_dir=$(mkdir -p "$1" && cd "$1" && pwd)
. "$(dirname "$0")/lib.sh"
top=$(cd "$(dirname "$0")/../.." && pwd)
build=${BUILD:-$top/build}
targets=${TARGETS:-$build/targets}

# Addresses have at least 5 digits, values in the sample and the targets have fewer, or are named.
without_addresses='/0x12345678/! s/0x[0-9A-Fa-f]{5,}/ADDRESS/g'

# What a compiler adds to a program differs; so does what a C library does in a static one, and when
# each of many threads runs.
programs=("$build/bin/sample_app 100")
for program in recursion tailcall longjmp 'exceptions 50' dlopen one_thread_static one_thread_no_pie \
    nested big_results; do
    programs+=("$targets/$program")
done

private_lttng_start
cd "$private_dir" || exit 1

"$build/bin/ptrace_tracer" -q -o trace "$build/bin/sample_app" 100 >said 2>&1 || fail "$(cat said)"
babeltrace2 trace >text 2>warnings || fail "babeltrace2: $(cat warnings)"
[[ ! -s warnings ]] || fail "babeltrace2: $(cat warnings)"
sed -E "s/^\[[^]]*\] \([^)]*\) [^ ]+ //; s/\{ cpu_id = [0-9]+ \}, \{ vpid = [0-9]+, vtid = [0-9]+, /{ /
    $without_addresses" text >"$out_dir/events"

for program in "${programs[@]}"; do
    read -ra command <<<"$program"
    name=${command[0]##*/}
    select=(-x '_.*|atexit|init_have_lse_atomics')
    [[ $name != *_static ]] || select=(-f 'main|work|state_.*')
    status=0
    "$build/bin/ptrace_tracer" -q --print=printed "${select[@]}" "${command[@]}" >said 2>&1 </dev/null ||
        status=$?
    {
        sed -E "s/^[0-9]+ //; s/<[0-9.]+>$/<TIME>/; $without_addresses" printed
        # The targets say how many CPUs they may use.
        sed -E "s/ cpus [0-9:]+//; $without_addresses" said
        echo "exit status $status"
    } >"$out_dir/$name"
done
