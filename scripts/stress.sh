#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# stress.sh [MINUTES] [BUILD] [SERVER...]: attaches to and detaches from running programs again and
# again, for MINUTES (default 5), under load, and prints the numbers: the targets of the engine's
# tests, and real servers if they are installed (scripts/setup.sh --tests). Before that, each call
# of the tracer that can fail does so once, without a time limit, and each server is visited 100
# times (or $JUMP_VISITS) with --in-process and hundreds of functions. Exits with status 1 at the first
# error. The throughput of a server before the first and after the last attach is printed, and never
# an error.
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../tests/e2e/lib.sh"
. "$here/../tests/e2e/cases.sh"
. "$here/../tests/e2e/server_programs.sh"
cd "$here/.." || exit 1
minutes=${1:-5}
build=$(cd "${2:-build}" && pwd) || exit 1
tracer=$build/bin/ptrace_tracer
text_clean=$build/asan/tests/text_clean
shift $(($# < 2 ? $# : 2))
dir=$(mktemp -d) || exit 1
chmod 755 "$dir"
declare -A n_visits n_calls rate_before growth

# shellcheck disable=SC2317 # called by the trap
clean_up()
{
    touch "$dir/enough"
    servers_stop
    rm -rf "$dir"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

engine_round()
{
    local t
    for t in launched attached attached_at_random; do
        "$build/asan/tests/engine/test_$t" >"$dir/log" 2>&1 || { cat "$dir/log"; fail "test_$t"; }
    done
}

# Requests, or the like, in three seconds without a tracer.
rate()
{
    case $1 in
        redis) redis-benchmark -s "$dir/redis/socket" -n 100000 -c 8 -t get --csv | tail -n 1 | cut -d'"' -f4 ;;
        nginx) wrk -t1 -c8 -d3s "http://127.0.0.1:$nginx_port/file" | sed -n 's/Requests.sec: *//p' ;;
        postgres) pgbench -n -S -c 4 -j 1 -T 3 2>/dev/null | sed -n 's/^tps = \([0-9.]*\).*/\1/p' ;;
        python)
            local before
            before=$(cat "$dir/python/rounds")
            # The work in this time is measured.
            sleep 3
            echo $((($(cat "$dir/python/rounds") - before) / 3))
            ;;
    esac
}

# resident PID: prints kilobytes and open files.
resident()
{
    echo "$(sed -n 's/^VmRSS:[[:space:]]*\([0-9]*\) kB/\1/p' "/proc/$1/status") $(find "/proc/$1/fd" | wc -l)"
}

# runs_on PID SECONDS: the tracer must run for so long. The only event would be its end.
runs_on()
{
    local end=$((SECONDS + $2))
    while ((SECONDS < end)); do
        ! is_gone "$1" || fail "the tracer has ended: $(cat "$dir/visit.err")"
        sleep 1
    done
}

# One long attach: after a start-up phase, the tracer's memory and open files do not grow.
long_visit() # NAME SECONDS
{
    local name=$1 pids pid options=() first last load
    declare -n patterns=$1_patterns
    rm -f "$dir/enough"
    "${name}_load" >"$dir/load.log" 2>&1 &
    load=$!
    mapfile -t pids < <("${name}_pids")
    for pid in "${pids[@]}"; do
        options+=(-p "$pid")
    done
    "$tracer" -q --print=/dev/null -f "${patterns[0]}" "${options[@]}" 2>"$dir/visit.err" &
    pid=$!
    runs_on $pid 5
    first=$(resident $pid)
    runs_on $pid $(($2 - 5))
    last=$(resident $pid)
    touch "$dir/enough"
    wait $load || fail "the load fails: $(tail -n 5 "$dir/load.log")"
    kill -TERM $pid
    wait_for 20 ended $pid || fail "the tracer does not end"
    growth[$name]="$first -> $last"
    ((${last% *} - ${first% *} <= 512 && ${last#* } == ${first#* })) ||
        fail "the tracer of $name grows: $first kB and files, later $last"
}

servers=()
# Programs of every build. Their results never vary: once is enough.
builds_round()
{
    local name
    for name in gcc clang code instrumented links symbols musl product; do
        BUILDS_FULL=1 BUILD=$build tests/e2e/test_builds.sh "$name" >"$dir/log" 2>&1 ||
            [[ $? == 77 ]] || { tail -n 20 "$dir/log"; fail "programs built in some way: $name"; }
    done
}

# Each call of the tracer that can fail does so once: some thousand runs.
n_failed_calls=0
inject_round()
{
    local way kind
    [[ -x /usr/bin/python3 ]] || return 0
    for way in launched followed attached; do
        for kind in open mmap read interrupt memory ptrace kill; do
            tests/inject/drive.py "$build" "$build/asan" $way $kind --nth >"$dir/log" 2>&1 ||
                { tail -n 40 "$dir/log"; fail "calls that fail: $way, $kind"; }
            n_failed_calls=$((n_failed_calls + $(sed -n 's/^\([0-9]*\) runs, .*/\1/p' "$dir/log")))
        done
    done
}

# Functions that jumps serve: after the first hit, and no hit is dropped. The arrays' names are
# arguments.
# shellcheck disable=SC2034
redis_jump_patterns=('.*Command|dict.*|sds.*|lookupKey.*|add.*|create.*|call')
# shellcheck disable=SC2034
nginx_jump_patterns=('ngx_.*')
# shellcheck disable=SC2034
postgres_jump_patterns=('Exec.*|LWLock.*|heap_.*|_bt_.*|hash_.*|palloc.*|pfree' 'exec_.*|pq_.*|Portal.*|Memory.*|list_.*')
# shellcheck disable=SC2034
python_jump_patterns=('Py(Object|Long|Dict|List|Tuple|Unicode|Number)_.*@python3*')
jump_visits() # SERVER N
{
    visit_options=(--in-process --stats)
    by_jumps=0
    export PTRACE_TRACER_JUMP_AFTER=1
    visits "$1" "$2" "$1_jump_patterns"
    unset PTRACE_TRACER_JUMP_AFTER
    visit_options=()
    echo "$1: $2 visits with --in-process, $traced calls, $by_jumps of them by jumps"
    had_jumps || "$tracer" --in-process --print=/dev/null true 2>&1 | grep 'no jumps in the program' ||
        fail "no jumps: $(cat "$dir/visit.err")"
}

(($#)) || set -- redis nginx postgres python
for server; do
    lacking=$("${server}_missing")
    [[ -z $lacking ]] || { echo "$server is left out, not installed: $lacking"; continue; }
    "${server}_start"
    servers+=("$server")
    n_visits[$server]=0 n_calls[$server]=0
    rate_before[$server]=$(rate "$server")
done
for server in "${servers[@]}"; do
    jump_visits "$server" "${JUMP_VISITS:-100}"
done
scripts/run_again.sh "$build" stress >"$dir/log" 2>&1 ||
    { grep -A 20 '^FAIL' "$dir/log"; fail "end-to-end tests with jumps"; }
inject_round
scripts/stress_jumps.sh "$build" || fail "jumps that are planted and lifted"
end=$((SECONDS + minutes * 60)) rounds=0
builds_round
while ((SECONDS < end)); do
    engine_round
    rounds=$((rounds + 1))
    for server in "${servers[@]}"; do
        visits "$server" 10
        n_visits[$server]=$((n_visits[$server] + 10)) n_calls[$server]=$((n_calls[$server] + traced))
        # After the first round, and only once: it takes a minute.
        [[ -n ${growth[$server]:-} ]] || long_visit "$server" $((minutes * 60 / 10 < 60 ? minutes * 6 : 60))
    done
done
echo "survived: $rounds rounds of the engine's tests, $n_failed_calls failed calls of the tracer"
for server in "${servers[@]}"; do
    printf '%-10s %5d visits, %9d calls traced; %s done a second before, %s after; tracer: kB, files %s\n' "$server" \
        "${n_visits[$server]}" "${n_calls[$server]}" "${rate_before[$server]}" "$(rate "$server")" "${growth[$server]}"
done
