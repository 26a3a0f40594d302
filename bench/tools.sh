#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# tools.sh: the cost of one call of one function (int, uint64_t, double, pointer), entry and return
# recorded, with this tracer and with others, and that of two bare ptrace stops, the minimum for
# tracers that stop their target. See measure.sh for ROUNDS= and BUILD=. Tools that are not
# installed or not permitted are left out, with the reason. WAYS= selects, by the names of the
# functions below: WAYS='two_bare_stops tracer_lttng' bench/tools.sh
# OTHER_BUILD= names the build directory of another version of the tracer, to be measured in the
# same run.
. "$(dirname "$0")/measure.sh"

f=my_traced_function
caller=$bin/caller

# Each way prints the nanoseconds of a call, as the workload measures them; or prints why it cannot
# be measured, and fails. The number of calls is such that a round takes a fraction of a second.

way_nothing() { "$caller" 20000000; }
way_two_bare_stops() { "$bin/bare_stop" 20000 | awk '{print 2 * $2}'; }
way_two_bare_stops_anywhere() { "$bin/bare_stop" 20000 | awk '{print 2 * $4}'; }
way_naive() { "$bin/naive" $f "$caller" 3000; }
way_naive_one_cpu() { (taskset -pc 0 $BASHPID >/dev/null && "$bin/naive" $f "$caller" 3000); }

lttng_run() { # OPTION... -- COMMAND...
    [[ -n ${lttng:-} ]] || { echo "no lttng-sessiond, or one of root's runs here"; return 1; }
    rm -rf "$work/trace"
    "$tracer" -q -o "$work/trace" "$@"
}

print_run() { "$tracer" -q --print=/dev/null "$@"; }

way_tracer_lttng() { lttng_run -f $f "$caller" 20000; }
way_tracer_print() { print_run -f $f "$caller" 20000; }
way_tracer_entry_only() { lttng_run -f $f --entry-only "$caller" 20000; }
way_tracer_plain_function() { lttng_run -f plain_function "$bin/caller_plain" 20000; }
way_tracer_no_pin() { lttng_run -f $f --no-pin "$caller" 20000; }
way_tracer_one_cpu() {
    (taskset -pc 0 $BASHPID >/dev/null && lttng_run -f $f "$caller" 20000)
}

# The same with the tracer of OTHER_BUILD=.
other() { # FUNCTION OPTION...
    [[ -x ${OTHER_BUILD:-}/bin/ptrace_tracer ]] || { echo "OTHER_BUILD= names no build"; return 1; }
    local tracer=$OTHER_BUILD/bin/ptrace_tracer
    "$@"
}
way_other_lttng() { other lttng_run -f $f "$caller" 20000; }
way_other_print() { other print_run -f $f "$caller" 20000; }

needs() { # COMMAND
    command -v "$1" >/dev/null || { echo "$1 is not installed"; return 1; }
}

# Runs a tool; its output is the reason if it fails.
tool() { # COMMAND...
    "$@" 2>"$work/err" || { tail -n 1 "$work/err" >"$work/why"; head -c 200 "$work/why"; return 1; }
}

way_ltrace() {
    needs ltrace || return
    echo "void $f(int, ulong, double, addr);" >"$work/ltrace.conf"
    tool ltrace -F "$work/ltrace.conf" -e $f@MAIN -o "$work/ltrace.out" "$caller" 2000 || return
    grep -q "$f(" "$work/ltrace.out" || { echo "it has recorded nothing"; return 1; }
}

# At the entry, and at each return instruction of the function.
way_gdb() {
    needs gdb || return
    {
        echo 'set confirm off'
        echo 'start >program.out'
        echo "dprintf *$f,\"($f %d %lu %g %p)\\n\",\$edi,\$rsi,\$xmm0.v2_double[0],\$rdx"
        gdb -nx -batch -ex "disassemble $f" "$build/lib/libmylib.so" 2>/dev/null |
            sed -n "s/^ *0x[0-9a-f]* <+\([0-9]*\)>:.*\<ret.*/dprintf *($f+\1),\"= void\\\\n\"/p"
        echo 'continue'
    } >"$work/gdb.commands"
    rm -f "$work/program.out"
    (cd "$work" && gdb -nx -batch -x gdb.commands --args "$caller" 1000 >gdb.out 2>&1)
    if ! grep -q "^($f 42 " "$work/gdb.out" || ! grep -q '^= void' "$work/gdb.out"; then
        echo "it has recorded nothing"
        return 1
    fi
    cat "$work/program.out"
}

# A program and a library that are compiled for it.
way_uftrace() {
    needs uftrace || return
    rm -rf "$work/uftrace"
    tool uftrace record -d "$work/uftrace" --no-libcall -b 64m -A "$f@arg1/i32,arg2/u64,fparg1/64,arg3/x64" \
        -R "$f" "$bin/caller_pg" 200000 >"$work/program.out" || return
    if ! uftrace replay -d "$work/uftrace" -F $f -f none 2>/dev/null | head -n 5 | grep -q "$f(42, 0xdeadbeef, 3.14159"; then
        echo "it has recorded nothing"
        return 1
    fi
    cat "$work/program.out"
}

# Prints both, as a user would; it cannot read a double.
way_bpftrace() {
    needs bpftrace || return
    local library=$build/lib/libmylib.so
    BPFTRACE_PERF_RB_PAGES=4096 tool bpftrace -q -o "$work/bpftrace.out" -c "$caller 50000" -e "
        uprobe:$library:$f { printf(\"($f %d %lu 0x%lx)\\n\", arg0, arg1, arg2); }
        uretprobe:$library:$f { printf(\"= void\\n\"); }" >"$work/program.out" || return
    grep -q "($f 42 " "$work/bpftrace.out" || { echo "it has recorded nothing"; return 1; }
    grep -E '^[0-9]+$' "$work/program.out" || grep -E '^[0-9]+$' "$work/bpftrace.out"
}

# It can read only general registers.
way_perf() {
    needs perf || return
    local library=$build/lib/libmylib.so group=ptrace_tracer_bench_$$ status=0
    tool perf probe -q -x "$library" "$group:entry=$f a=%di:s32 b=%si:u64 d=%dx:x64" >/dev/null || return
    tool perf probe -q -x "$library" "$group:back=$f%return r=%ax:s32" >/dev/null &&
        tool perf record -q -e "$group:*" -o "$work/perf.data" "$caller" 50000 || status=1
    perf probe -q -d "$group:*" 2>/dev/null
    return $status
}

way_wrapper() {
    [[ -n ${lttng:-} ]] || { echo "no lttng-sessiond, or one of root's runs here"; return 1; }
    wrapper_session || return
    LTTNG_UST_REGISTER_TIMEOUT=-1 LD_PRELOAD=$build/lib/libmylib_wrapper.so "$caller" 500000
    lttng --no-sessiond destroy wrapped >"$work/lttng.log" 2>&1
}

# The order of the table.
ways=(nothing two_bare_stops two_bare_stops_anywhere tracer_lttng tracer_print tracer_entry_only
    tracer_plain_function tracer_no_pin tracer_one_cpu naive_one_cpu naive ltrace gdb bpftrace perf uftrace wrapper)
# shellcheck disable=SC2034 # by name
declare -A words=(
    [nothing]='not traced'
    [two_bare_stops]='two bare ptrace stops, one CPU (the floor)'
    [two_bare_stops_anywhere]='two bare ptrace stops, any CPU'
    [tracer_lttng]='ptrace_tracer, LTTng'
    [tracer_print]='ptrace_tracer, --print'
    [other_lttng]='ptrace_tracer of OTHER_BUILD, LTTng'
    [other_print]='ptrace_tracer of OTHER_BUILD, --print'
    [tracer_entry_only]='ptrace_tracer, LTTng, --entry-only (one stop)'
    [tracer_plain_function]='ptrace_tracer, LTTng, no double argument'
    [tracer_no_pin]='ptrace_tracer, LTTng, --no-pin'
    [tracer_one_cpu]='ptrace_tracer, LTTng, all on one CPU'
    [naive_one_cpu]='single steps, all on one CPU (bench/naive.c)'
    [naive]='single steps and no CPU chosen (bench/naive.c)'
    [ltrace]='ltrace'
    [gdb]='gdb, dprintf'
    [bpftrace]='bpftrace, uprobe and uretprobe, printf'
    [perf]='perf record, probes'
    [uftrace]='uftrace (compiled with -pg)'
    [wrapper]='LD_PRELOAD wrapper, LTTng tracepoints'
)

[[ -z ${OTHER_BUILD:-} ]] || ways+=(other_lttng other_print)
[[ -z ${WAYS:-} ]] || read -ra ways <<<"$WAYS"

bench_begin
! bench_lttng || lttng=yes
for ((round = 1; round <= rounds; round++)); do
    for way in "${ways[@]}"; do
        ! is_skipped "$way" || continue
        progress "round $round of $rounds: ${words[$way]}"
        if answer=$("way_$way" 2>/dev/null | tail -n 1) && [[ $answer =~ ^[0-9.]+$ ]]; then
            sample "$way" ns "$answer"
        else
            skipped "$way" "${answer:-it failed}"
        fi
    done
done

floor=$(median two_bare_stops ns)
printf '%-50s %10s %10s\n' 'one call, entry and return recorded' 'ns' 'x floor'
for way in "${ways[@]}"; do
    ns=$(median "$way" ns)
    [[ -z $ns ]] || printf '%-50s %10.0f %10s\n' "${words[$way]}" "$ns" "$(ratio "$ns" "$floor")"
done
skipped_rows
