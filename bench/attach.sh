#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# attach.sh: the time to attach to a process and to detach from it, and the tracer's memory, by the
# numbers of threads and armed functions. Times are the engine's (--stats); they include reading
# symbols. See measure.sh for ROUNDS= and BUILD=.
. "$(dirname "$0")/measure.sh"

threads=(1 100 1000)
functions=(1 1000 10000)
declare -A patterns=([1]=many_00000 [1000]='many_00.*' [10000]='many_.*')

# The first breakpoint in a page makes a private copy of the page.
has_breakpoints()
{
    awk '/libmany/ {ours = $2 ~ /x/} ours && /^Private_Dirty:/ && $2 > 0 {found = 1} END {exit !found}' \
        "/proc/$target/smaps"
}

visit() # THREADS FUNCTIONS
{
    local pid kib what="$1 threads, $2 functions"
    mkfifo "$work/in"
    "$bin/threads" "$1" "$bin/libmany.so" <"$work/in" >"$work/pid" &
    target=$!
    started+=("$target")
    exec 7>"$work/in"
    rm "$work/in"
    wait_for 10 test -s "$work/pid" || fail "no process with $1 threads"
    "$tracer" --stats --print=/dev/null -f "${patterns[$2]}" "$target" 2>"$work/said" 7>&- &
    pid=$!
    started+=("$pid")
    wait_for 30 has_breakpoints || fail "the tracer does not attach: $(cat "$work/said")"
    # It answers when all functions are armed.
    kill -TERM "$pid"
    kib=$(sed -n 's/^VmHWM:[^0-9]*\([0-9]*\).*/\1/p' "/proc/$pid/status")
    wait "$pid" || fail "the tracer failed: $(cat "$work/said")"
    grep -q "^ptrace_tracer: $2 functions\? armed" "$work/said" || fail "$(cat "$work/said")"
    sample "$what" 'attach us' "$(sed -n 's/.*attach \([0-9]*\) us.*/\1/p' "$work/said")"
    sample "$what" 'detach us' "$(sed -n 's/.*detach \([0-9]*\) us.*/\1/p' "$work/said")"
    [[ -z $kib ]] || sample "$what" KiB "$kib"
    exec 7>&-
    wait "$target" || fail "the process has come to harm"
}

bench_begin
for ((round = 1; round <= rounds; round++)); do
    for t in "${threads[@]}"; do
        for f in "${functions[@]}"; do
            progress "round $round of $rounds: $t threads, $f functions"
            visit "$t" "$f"
        done
    done
done

printf '%-50s %10s %10s %10s\n' 'a running process' 'attach ms' 'detach ms' 'MiB'
for t in "${threads[@]}"; do
    for f in "${functions[@]}"; do
        what="$t threads, $f functions"
        printf '%-50s %10s %10s %10s\n' "$what" "$(ratio "$(median "$what" 'attach us')" 1000)" \
            "$(ratio "$(median "$what" 'detach us')" 1000)" "$(ratio "$(median "$what" KiB)" 1024)"
    done
done
