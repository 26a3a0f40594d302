#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Servers of the distribution under load: no request fails, no call is missed.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/cases.sh"
. "$(dirname "$0")/server_programs.sh"

# The server's children also end with the case, in whatever way it ends.
server_case() # NAME
{
    local lacking
    lacking=$("$1_missing")
    [[ -z $lacking ]] || skip "not installed: $lacking"
    trap 'status=$?; servers_stop; case_end $status' EXIT
}

stop_servers()
{
    servers_stop || fail "the server does not end"
}

case_redis_visited()
{
    server_case redis
    redis_start
    visits redis 4
    stop_servers
}

# attached FUNCTION FILE OPTION... -- PID...: attaches before the first request, until after the
# last: each call of the function in that file must be seen. Returns when it is armed.
attached()
{
    local function=$1 file options=() pid
    file=$(readlink -f "$(PATH=$(postgres_bin):$PATH:/usr/sbin command -v "$2")")
    shift
    shift
    while [[ $1 != -- ]]; do
        options+=("$1")
        shift
    done
    shift
    for pid; do
        options+=(-p "$pid")
    done
    tracer_start -f "$function" "${options[@]}"
    for pid; do
        wait_for 20 is_armed "$pid" "$file" "$function" || fail "$function is not armed in $pid"
    done
}

# In these programs, file offsets and addresses of code are equal.
is_armed() # PID FILE FUNCTION
{
    "$text_clean" "$1" >armed.log 2>&1
    grep -qx "$2+$(printf '0x%x' "$(function_vaddr "$2" "$3")"): .*" armed.log
}

detached() # PID...
{
    kill -TERM "$tracer_pid"
    tracer_ends 0
    said '[^0-9]0 lost'
    unharmed "$@"
}

case_redis_counted()
{
    server_case redis
    redis_start
    redis_do config resetstat >counts.log
    attached call redis-server --print=lines -- "$redis_pid"
    redis_benchmark_counted
    detached "$redis_pid"
    paired lines
    # Its count includes resetstat, which was before, and not yet this request.
    ((entries == calls)) || fail "$entries calls seen, $calls made"
    stop_servers
}

# 6000 requests; $calls by the server's count.
redis_benchmark_counted()
{
    redis-benchmark -s "$dir/redis/socket" -n 3000 -c 4 -t get,set -q >load.log 2>&1 || fail "$(cat load.log)"
    calls=$(redis_calls)
    ((calls > 6000)) || fail "$calls calls"
}

case_redis_counted_by_lttng()
{
    server_case redis
    with_lttng
    trap 'status=$?; servers_stop; case_end $status' EXIT
    redis_start
    redis_do config resetstat >counts.log
    attached call redis-server --output="$dir/trace" -- "$redis_pid"
    redis_benchmark_counted
    detached "$redis_pid"
    read_trace trace
    lines "$calls" ':call_entry: ' text
    lines "$calls" ':call_exit: ' text
    stop_servers
}

case_nginx_counted()
{
    local before after
    server_case nginx
    nginx_start 2
    attached ngx_http_create_request nginx --print=lines -- "${nginx_workers[@]}"
    before=$(nginx_requests)
    wrk -t1 -c8 -d1s --timeout 20 "http://127.0.0.1:$nginx_port/" >load.log || fail "$(cat load.log)"
    # Requests that wrk had sent when it ended are still served.
    wait_for 20 nginx_is_quiet || fail "nginx does not come to rest"
    after=$(nginx_requests)
    detached "${nginx_workers[@]}"
    paired lines
    ((after - before > 100 && entries == after - before + 1)) ||
        fail "$entries requests seen, $((after - before + 1)) served"
    stop_servers
}

nginx_is_quiet()
{
    nginx_get /status | grep -qx 'Active connections: 1 *'
}

# PostgreSQL's processes for its clients are followed from their first instruction.
case_postgres_counted()
{
    local before after
    server_case postgres
    postgres_start all
    before=$(statements)
    attached pg_parse_query postgres --print=lines -F -- "$postgres_pid"
    pgbench -n -S -c 3 -j 1 -t 100 >load.log 2>&1 || fail "$(cat load.log)"
    wait_for 20 postgres_is_quiet || fail "clients are left"
    after=$(statements)
    detached "$postgres_pid"
    paired lines
    ((after - before >= 300 && entries == after - before)) ||
        fail "$entries statements seen, $((after - before)) logged"
    stop_servers
}

statements()
{
    grep -c 'LOG:  statement:' "$dir/postgres.log"
}

postgres_is_quiet()
{
    ! pgrep -P "$postgres_pid" -f 'test postgres \[local\]' >/dev/null
}

# Four threads that release the interpreter's lock while they work, and count how often.
case_python_counted()
{
    [[ -z $(python_missing) ]] || skip "not installed: $(python_missing)"
    cat >hash.py <<'END'
import hashlib
from concurrent.futures import ThreadPoolExecutor
data = bytes(100000)
def work(n):
    h = hashlib.sha256()
    for i in range(n):
        h.update(data)
with ThreadPoolExecutor(4) as pool:
    list(pool.map(work, [250] * 8))
END
    traced 0 --print=lines -f 'EVP_DigestUpdate@libcrypto*' /usr/bin/python3 -S hash.py
    paired lines
    ((entries == 2000 && still == 0)) || fail "$entries calls seen, not 2000; $still open"
}

# The tracer of a process that always has new children does not need more and more memory.
case_tracer_stays_small()
{
    local first last
    # AddressSanitizer keeps freed memory.
    [[ -z ${PLAIN_BUILD:-} ]] || tracer=$PLAIN_BUILD/bin/ptrace_tracer
    # shellcheck disable=SC2016
    tracer_start -F --print=lines -f 'setlocale@c' /bin/bash -c \
        'for ((i = 0; i < 300; i++)); do /bin/echo; (:); done >/dev/null'
    wait_for 30 at_least 100 'setlocale\(' lines || fail "no children are traced"
    first=$(sed -n 's/^VmRSS:[[:space:]]*\([0-9]*\) kB/\1/p' "/proc/$tracer_pid/status")
    wait_for 30 at_least 290 'setlocale\(' lines || fail "no more children are traced"
    last=$(sed -n 's/^VmRSS:[[:space:]]*\([0-9]*\) kB/\1/p' "/proc/$tracer_pid/status")
    tracer_ends 0
    ((first > 0 && last <= first + 256)) || fail "from $first kB to $last kB"
}

case_nginx_visited()
{
    server_case nginx
    nginx_start 2
    visits nginx 3
    stop_servers
}

case_postgres_visited()
{
    server_case postgres
    postgres_start
    visits postgres 3
    stop_servers
}

case_python_visited()
{
    server_case python
    python_start
    visits python 4
    stop_servers
    [[ $(tail -n 1 "$dir/python.log") == finished ]] || fail "python3 failed"
}

run_cases "$@"
