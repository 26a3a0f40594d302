#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# servers.sh: what redis, nginx and PostgreSQL do in a second (redis-benchmark, wrk, pgbench) while
# functions of theirs, some hundreds, are recorded in an LTTng session: not traced, by stops, with
# --in-process, and under uftrace, if it can trace them as they are installed. Also how many of all
# calls were served by jumps, and how many hits found no room in a ring. SERVERS= selects. See
# measure.sh for ROUNDS= and BUILD=.
. "$(dirname "$0")/measure.sh"
dir=$work
chmod 755 "$work"

ended()
{
    [[ ! -e /proc/$1 ]] || [[ $(sed -n 's/^State:[[:space:]]*\(.\).*/\1/p' "/proc/$1/status" 2>/dev/null) == Z ]]
}

# shellcheck source=tests/e2e/server_programs.sh
. "$top/tests/e2e/server_programs.sh"

servers_end()
{
    servers_stop
    bench_end
}

# The load: what is done in a second, at full speed or, SLOW, by a server that is stopped often.
redis_rate() # [SLOW]
{
    redis-benchmark -s "$dir/redis/socket" -n "$([[ -n ${1:-} ]] && echo 3000 || echo 100000)" -c 8 -t get --csv |
        tail -n 1 | cut -d'"' -f4
}
nginx_rate() { wrk -t1 -c8 -d3s --timeout 20 "http://127.0.0.1:$nginx_port/file" | sed -n 's/Requests.sec: *//p'; }
postgres_rate() { pgbench -n -S -c 4 -j 1 -T 3 2>/dev/null | sed -n 's/^tps = \([0-9.]*\).*/\1/p'; }

# All processes that the load will reach: PostgreSQL forks one for each connection.
traced_pids() # SERVER
{
    case $1 in
        postgres) echo "$postgres_pid" ;;
        *) "$1_pids" ;;
    esac
}

# The first breakpoint in a page makes a private copy of the page.
has_breakpoints() # PID
{
    awk '/^[0-9a-f]+-/ {code = $2 ~ /x/ && $6 ~ /^\//} code && /^Private_Dirty:/ && $2 > 0 {found = 1} END {exit !found}' \
        "/proc/$1/smaps"
}

# Whether hits were recorded.
has_records()
{
    [[ -n $(find "$work/trace" -name 'channel*' -size +0 -print -quit 2>/dev/null) ]]
}

# under SERVER WAY SLOW OPTION...: the rate while the tracer records, after the same load once.
under()
{
    local server=$1 way=$2 slow=$3 pid i options=() rate calls jumped dropped
    declare -n patterns=$1_patterns
    shift 3
    for pid in $(traced_pids "$server"); do
        options+=(-p "$pid")
    done
    rm -rf "$work/trace"
    "$tracer" --stats -F -o "$work/trace" -f "${patterns[0]}" "$@" "${options[@]}" >"$work/out" 2>"$work/err" &
    tracer_pid=$!
    started+=("$tracer_pid")
    wait_for 20 has_breakpoints "$pid" || fail "the tracer does not attach: $(cat "$work/err")"
    # Breakpoints of the tracer's own are there before the functions are armed.
    for ((i = 0; i < 20; i++)); do
        "${server}_rate" $slow >"$work/out"
        ! has_records || break
    done
    has_records || fail "nothing is recorded: $(cat "$work/err")"
    rate=$("${server}_rate" $slow)
    kill -TERM "$tracer_pid"
    wait "$tracer_pid"
    rm -rf "$work/trace"
    [[ -z ${STATS:-} ]] || sed "s/^/$server, $way: /" "$work/err" >>"$STATS"
    read -r calls jumped dropped < <(sed -nE 's/.*stats: calls ([0-9]+),.* calls by jumps ([0-9]+),.* dropped ([0-9]+)$/\1 \2 \3/p' "$work/err")
    [[ $rate =~ ^[0-9.]+$ && $rate != 0 ]] || { skipped "$server, $way" "the load fails"; return; }
    sample "$server, $way" 'a second' "$rate"
    [[ -z ${dropped:-} ]] || {
        sample "$server, $way" 'calls' "$calls"
        sample "$server, $way" 'by jumps, %' "$(awk -v a="$jumped" -v b="$calls" 'BEGIN {printf "%.1f", b ? 100 * a / b : 0}')"
        sample "$server, $way" 'hits dropped' "$dropped"
    }
}

# What uftrace can do with a program that was not compiled for it.
uftrace_try() # SERVER PROGRAM ARGUMENT
{
    command -v uftrace >/dev/null || { skipped "$1, uftrace" "uftrace is not installed"; return; }
    rm -rf "$work/uftrace"
    uftrace record -d "$work/uftrace" --no-libcall -P . "$2" "$3" >"$work/uftrace.log" 2>&1
    if [[ $(uftrace report -d "$work/uftrace" 2>/dev/null | wc -l) -gt 5 ]]; then
        skipped "$1, uftrace" "no way to measure it is known"
    else
        skipped "$1, uftrace" "it finds no function that it can patch: the program was not compiled for it"
    fi
}

declare -A program=([redis]="redis-server --version" [nginx]="nginx -v" [postgres]="$(postgres_bin)/postgres --version")
read -ra servers <<<"${SERVERS:-redis nginx postgres}"
ways=('not traced' 'by stops' 'in the program')
bench_begin
[[ -x $bin/bursts_x86_64 ]] || { echo "servers: no jumps on this architecture"; exit 0; }
bench_lttng || { echo "servers: no lttng-sessiond, or one of root's runs here"; exit 0; }
trap servers_end EXIT
PATH=$PATH:/usr/sbin
for server in "${servers[@]}"; do
    lacking=$("${server}_missing")
    [[ -z $lacking ]] || { skipped "$server" "not installed: $lacking"; continue; }
    "${server}_start"
    for ((round = 1; round <= rounds; round++)); do
        progress "round $round of $rounds: $server"
        sample "$server, not traced" 'a second' "$("${server}_rate")"
        under "$server" 'by stops' slow
        under "$server" 'in the program' '' --in-process
    done
    # shellcheck disable=SC2086 # words
    uftrace_try "$server" ${program[$server]}
done

printf '%-24s %12s %12s %8s %14s %8s %10s %12s\n' 'done in a second' "${ways[@]::2}" x "${ways[2]}" x 'by jumps' 'hits dropped'
for server in "${servers[@]}"; do
    none=$(median "$server, ${ways[0]}" 'a second') stops=$(median "$server, ${ways[1]}" 'a second')
    jumps=$(median "$server, ${ways[2]}" 'a second')
    [[ -n $none && -n $stops && -n $jumps ]] || continue
    printf '%-24s %12.0f %12.0f %8s %14.0f %8s %9s%% %12.0f\n' "$server" "$none" "$stops" "$(ratio "$stops" "$none")" "$jumps" \
        "$(ratio "$jumps" "$none")" "$(median "$server, ${ways[2]}" 'by jumps, %')" "$(median "$server, ${ways[2]}" 'hits dropped')"
done
skipped_rows
