#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# in_process.sh: the cost, in the program, of a call of one function (int, uint64_t, double,
# pointer), entry and return recorded: by jumps (--in-process), beside two readings of the
# processor's time counter in the same process, and beside what else records in the program. Calls
# come in bursts, with pauses in which records are taken: bench/bursts_x86_64.c. Also the cost of
# a call one second after its rule is gone. See measure.sh for ROUNDS= and BUILD=.
. "$(dirname "$0")/measure.sh"

f=my_traced_function
bursts=$bin/bursts_x86_64
# Calls in a burst, bursts, the pause after each in us, and ms to become hot.
many='2000 50 20000 400'
few='100 20 1000 50'

# Each way prints the two medians of bursts_x86_64; or prints why it cannot be measured, and fails.

way_nothing() { "$bursts" <<<"$many"; }
way_int3() { "$tracer" -q --print=/dev/null -f $f "$bursts" <<<"$few"; }

# jumped OPTION... -- COMMAND...: nearly all calls must be served by jumps, and few may find no room:
# the median is that of bursts that did.
jumped()
{
    "$tracer" -q --stats --in-process "$@" <<<"$many" 2>"$work/stats" || { echo "the tracer failed"; return 1; }
    local calls=0 by_jumps=0 dropped=0
    read -r calls by_jumps dropped < <(sed -n 's/.*stats: calls \([0-9]*\),.* calls by jumps \([0-9]*\),.* dropped \([0-9]*\)$/\1 \2 \3/p' "$work/stats")
    ((by_jumps > calls / 100 * 98)) || { echo "$by_jumps of $calls calls were served by jumps"; return 1; }
    ((dropped * 20 <= calls)) || { echo "$dropped hits of $calls calls found no room"; return 1; }
}

way_jumps() { jumped --print=/dev/null -f $f -- "$bursts"; }
way_jumps_entry_only() { jumped --print=/dev/null --entry-only -f $f -- "$bursts"; }
way_jumps_lttng()
{
    [[ -n ${lttng:-} ]] || { echo "no lttng-sessiond, or one of root's runs here"; return 1; }
    rm -rf "$work/trace"
    jumped -o "$work/trace" -f $f -- "$bursts"
}

way_uftrace()
{
    command -v uftrace >/dev/null || { echo "uftrace is not installed"; return 1; }
    rm -rf "$work/uftrace"
    uftrace record -d "$work/uftrace" --no-libcall -b 64m -A "$f@arg1/i32,arg2/u64,fparg1/64,arg3/x64" -R "$f" \
        "$bin/bursts_pg" <<<"$many" || return
    uftrace replay -d "$work/uftrace" -F $f -f none 2>/dev/null | head -n 5 >"$work/replay"
    grep -q "$f(42, 0xdeadbeef, 3.14159" "$work/replay" || { echo "it has recorded nothing"; return 1; }
}

way_wrapper()
{
    [[ -n ${lttng:-} ]] || { echo "no lttng-sessiond, or one of root's runs here"; return 1; }
    wrapper_session || return
    LTTNG_UST_REGISTER_TIMEOUT=-1 LD_PRELOAD=$build/lib/libmylib_wrapper.so "$bursts" <<<"$many"
    lttng --no-sessiond destroy wrapped >"$work/lttng.log" 2>&1
}

# One second after its rule is gone, in a program that was recorded until then; and before that.
way_disabled()
{
    local target pid answer before
    [[ -n ${lttng:-} ]] || { echo "no lttng-sessiond, or one of root's runs here"; return 1; }
    {
        lttng --no-sessiond create rules --output="$work/rules" &&
            lttng --no-sessiond enable-event -u 'mylib:*' && lttng --no-sessiond start
    } >"$work/lttng.log" 2>&1 || { tail -n 1 "$work/lttng.log"; return 1; }
    rm -f "$work/in" "$work/out"
    mkfifo "$work/in" "$work/out"
    "$bursts" <"$work/in" >"$work/out" &
    target=$!
    exec 7>"$work/in" 8<"$work/out"
    "$tracer" -q --in-process -p "$target" 7>&- 8<&- 2>"$work/stats" &
    pid=$!
    # Before it has attached, calls are as fast as they will be without a rule.
    for ((i = 0; i < 20; i++)); do
        echo '100 3 1000 50' >&7
        read -r before _ <&8 && awk -v ns="$before" 'BEGIN {exit !(ns > 8)}' && break
    done
    if ((i < 20)); then
        echo "$many" >&7
        read -r before _ <&8
        lttng --no-sessiond disable-event -u 'mylib:*' >"$work/lttng.log" 2>&1
        sleep 1
        echo "${many% *} 0" >&7
        read -r answer <&8
    fi
    kill -TERM "$pid"
    wait "$pid"
    exec 7>&- 8<&-
    wait "$target"
    lttng --no-sessiond destroy rules >"$work/lttng.log" 2>&1
    [[ -n ${answer:-} ]] || { echo "the tracer does not trace"; return 1; }
    echo "$answer"
}

ways=(nothing jumps jumps_lttng jumps_entry_only disabled wrapper uftrace int3)
# shellcheck disable=SC2034 # by name
declare -A words=(
    [nothing]='not traced'
    [jumps]='ptrace_tracer --in-process, --print'
    [jumps_lttng]='ptrace_tracer --in-process, LTTng'
    [jumps_entry_only]='ptrace_tracer --in-process, --entry-only'
    [disabled]='ptrace_tracer --in-process, a second after its rule'
    [wrapper]='LD_PRELOAD wrapper, LTTng tracepoints'
    [uftrace]='uftrace (compiled with -pg)'
    [int3]='ptrace_tracer, --print: two stops'
)
[[ -z ${WAYS:-} ]] || read -ra ways <<<"$WAYS"

bench_begin
[[ -x $bursts ]] || { echo "in_process: no jumps on this architecture"; exit 0; }
! bench_lttng || lttng=yes
for ((round = 1; round <= rounds; round++)); do
    for way in "${ways[@]}"; do
        progress "round $round of $rounds: ${words[$way]}"
        if answer=$("way_$way" 2>"$work/err" | tail -n 1) && [[ $answer =~ ^([0-9.]+)\ ([0-9.]+)$ ]]; then
            sample "$way" ns "${BASH_REMATCH[1]}"
            [[ $way == uftrace || $way == int3 ]] || sample 'two readings of the clock' ns "${BASH_REMATCH[2]}"
        elif ((round == rounds)) && [[ -z $(median "$way" ns) ]]; then
            skipped "$way" "${answer:-it failed}"
        fi
    done
done

jumps=$(median jumps ns) clock=$(median 'two readings of the clock' ns)
printf '%-50s %10s %10s\n' 'one call in the program, entry and return recorded' 'ns' 'x jumps'
printf '%-50s %10.1f %10s\n' 'two readings of the clock' "$clock" "$(ratio "$clock" "$jumps")"
for way in "${ways[@]}"; do
    ns=$(median "$way" ns)
    [[ -z $ns ]] || printf '%-50s %10.1f %10s\n' "${words[$way]}" "$ns" "$(ratio "$ns" "$jumps")"
done
skipped_rows
over() # WAY WAY
{
    local a b
    a=$(median "$1" ns) b=$(median "$2" ns)
    [[ -n $a && -n $b ]] && ratio "$a" "$b" || echo -
}
bar() # TEXT VALUE BOUND
{
    printf '  %-55s %8s, the bar is %s\n' "$1" "$2" "$3"
}
[[ -z $jumps ]] || {
    bar 'by jumps, ns above two readings of the clock' "$(awk -v a="$jumps" -v b="$clock" 'BEGIN {printf "%.1f", a - b}')" '<= 28'
    bar 'by jumps / wrapper' "$(over jumps wrapper)" '<= 0.30'
    bar 'by jumps / uftrace' "$(over jumps uftrace)" '<= 0.25'
    bar 'by stops / by jumps' "$(over int3 jumps)" '>= 150'
    bar 'without its rule / not traced' "$(over disabled nothing)" '1.00'
}
