#!/usr/bin/env bash
# stress.sh [MINUTES] [BUILD]: attaches to and lets go of running programs again and again, for so many
# minutes (default 5), under load, and prints what was survived. Real servers take part where they are
# installed: redis-server with redis-benchmark, nginx with wrk. Ends with status 1 at the first harm.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1
minutes=${1:-5} build=${2:-build}
tracer=$build/bin/ptrace_tracer
work=$(mktemp -d)
pids=()
visits=0 rounds=0

# shellcheck disable=SC2317 # called by the trap
clean_up() {
    ((${#pids[@]})) && kill "${pids[@]}" 2>/dev/null
    wait 2>/dev/null
    rm -rf "$work"
}
trap clean_up EXIT

harm() {
    echo "HARM: $*" >&2
    exit 1
}

wait_for() { # SECONDS COMMAND...
    local end=$((SECONDS + $1))
    shift
    until "$@" >/dev/null 2>&1; do
        ((SECONDS < end)) || return 1
        sleep 0.05
    done
}

# Attaches for a moment, ends by SIGINT, and looks whether all is as it was.
visit() { # PATTERN PID...
    local pattern=$1 pid status
    shift
    timeout -s INT "0.$((RANDOM % 9 + 1))" "$tracer" -q --print="$work/lines" -f "$pattern" "$@" \
        2>"$work/err"
    status=$?
    [[ $status == 124 || $status == 0 ]] || harm "the tracer ended with $status: $(cat "$work/err")"
    for pid in "$@"; do
        kill -0 "$pid" 2>/dev/null || harm "process $pid is gone"
        grep -q '^TracerPid:[[:space:]]*0$' "/proc/$pid/status" || harm "process $pid is still traced"
    done
    visits=$((visits + 1))
}

engine_round() {
    local t
    for t in launched attached midway; do
        "$build/asan/tests/engine/test_$t" >"$work/log" 2>&1 || { cat "$work/log"; harm "test_$t"; }
    done
    rounds=$((rounds + 1))
}

redis_port=17779
start_redis() {
    command -v redis-server redis-benchmark >/dev/null || return 1
    redis-server --port $redis_port --save '' --dir "$work" >"$work/redis.log" 2>&1 &
    redis=$!
    pids+=("$redis")
    wait_for 10 redis-cli -p $redis_port ping || harm "redis-server does not start"
}

redis_round() {
    redis-benchmark -p $redis_port -n 100000 -c 20 -t get,set,lpush -q >"$work/bench" 2>&1 &
    local bench=$!
    while kill -0 $bench 2>/dev/null; do
        visit 'process.*|lookup.*|call|.*Command' "$redis"
    done
    wait $bench || harm "redis-benchmark failed: $(tail -n 1 "$work/bench")"
}

nginx_port=17780
start_nginx() {
    command -v nginx wrk >/dev/null || return 1
    cat >"$work/nginx.conf" <<EOF
worker_processes 2; daemon off; pid $work/nginx.pid; error_log $work/nginx.err;
events { worker_connections 256; }
http { access_log off; server { listen 127.0.0.1:$nginx_port;
       location / { return 200 "hello\n"; } } }
EOF
    nginx -c "$work/nginx.conf" &
    nginx=$!
    pids+=("$nginx")
    wait_for 10 bash -c "exec 3<>/dev/tcp/127.0.0.1/$nginx_port" || harm "nginx does not start"
}

nginx_round() {
    local workers
    mapfile -t workers < <(pgrep -P "$nginx")
    wrk -t1 -c8 -d5s "http://127.0.0.1:$nginx_port/" >"$work/wrk" 2>&1 &
    local load=$!
    while kill -0 $load 2>/dev/null; do
        visit 'ngx_http_.*' "${workers[@]}"
    done
    wait $load || harm "wrk failed"
    ! grep -E 'Non-2xx|Socket errors' "$work/wrk" || harm "requests failed"
    [[ $(pgrep -P "$nginx" | paste -sd' ') == "${workers[*]}" ]] || harm "a worker of nginx was replaced"
}

servers=()
start_redis && servers+=(redis) || echo "redis-server is not installed: left out"
start_nginx && servers+=(nginx) || echo "nginx or wrk is not installed: left out"
end=$((SECONDS + minutes * 60))
while ((SECONDS < end)); do
    engine_round
    for server in "${servers[@]}"; do
        "${server}_round"
    done
done
echo "survived: $rounds rounds of the engine's tests, $visits visits to ${servers[*]:-no servers} under load"
