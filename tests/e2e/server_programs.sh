# SPDX-License-Identifier: MIT
# Private instances of real servers under load, and how tests attach to them. For scripts that have
# fail(), wait_for() and is_gone() (lib.sh), $tracer, $build, and $dir to work in. Each
# server NAME has
#
#   NAME_missing   prints what is not installed
#   NAME_start
#   NAME_pids      prints the processes to attach to
#   NAME_load      loads the server until the file `enough` exists; fails if a request does
#   NAME_harm      prints the server's error messages
#   NAME_patterns  the functions to trace
#
# Servers run as an ordinary user, with their own sockets and ports, and are ended by PID.
# shellcheck shell=bash disable=SC2154

# PostgreSQL refuses to run as root, and the others do not need it.
as_server=()
[[ $(id -u) != 0 ]] || as_server=(setpriv --reuid=nobody --regid=nogroup --clear-groups)
servers_started=()
text_clean=$build/tests/text_clean
pairs=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)/pairs.awk

missing() # COMMAND...
{
    local command
    for command; do
        command -v "$command" >/dev/null || printf '%s ' "$command"
    done
}

# server_run NAME COMMAND...: starts it in the background, its output in NAME.log; $server_pid.
server_run()
{
    local name=$1
    shift
    "${as_server[@]}" "$@" >"$dir/$name.log" 2>&1 </dev/null &
    server_pid=$!
    servers_started+=("$server_pid")
}

server_dir() # NAME
{
    mkdir "$dir/$1" || fail "no directory"
    ((${#as_server[@]} == 0)) || chown nobody:nogroup "$dir/$1"
}

children_of()
{
    pgrep -P "$1" | sort -n
}

# Ends the server and all its descendants.
servers_stop()
{
    local pid all=() status
    for pid in "${servers_started[@]}"; do
        mapfile -t -O "${#all[@]}" all < <(echo "$pid"; children_of "$pid")
        kill -INT "$pid" 2>/dev/null
    done
    for pid in "${servers_started[@]}"; do
        wait_for 10 is_gone "$pid" || status=late
    done
    # The children of a killed server do not end by themselves.
    ((${#all[@]})) && kill -KILL "${all[@]}" 2>/dev/null
    servers_started=()
    wait 2>/dev/null
    [[ -z ${status:-} ]]
}

# until_enough SIGNAL COMMAND...: runs it until the file `enough` exists, then sends SIGNAL.
until_enough()
{
    local signal=$1 pid
    shift
    "$@" &
    pid=$!
    until [[ -e $dir/enough ]] || is_gone "$pid"; do
        sleep 0.1
    done
    kill -"$signal" "$pid" 2>/dev/null
    wait "$pid"
}

free_port()
{
    local port
    while port=$((20000 + RANDOM % 12000)); do
        (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || break
    done
    echo "$port"
}

# ---- redis

# shellcheck disable=SC2034 # by visits(), by name
redis_patterns=('call|processCommand|lookupKey.*|dictFind|.*Command' 'malloc|free|calloc@libjemalloc*')

redis_missing() { missing redis-server redis-cli redis-benchmark; }

redis_start()
{
    server_dir redis
    server_run redis redis-server --port 0 --unixsocket "$dir/redis/socket" --unixsocketperm 777 \
        --save '' --dir "$dir/redis"
    redis_pid=$server_pid
    wait_for 10 redis_ready || fail "redis-server does not start: $(cat "$dir/redis.log")"
}

redis_pids() { echo "$redis_pid"; }
redis_do() { redis-cli -s "$dir/redis/socket" "$@"; }
redis_ready() { [[ $(redis_do ping 2>/dev/null) == PONG ]]; }

redis_load()
{
    until [[ -e $dir/enough ]]; do
        redis-benchmark -s "$dir/redis/socket" -n 5000 -c 8 -t get,set,lpush,hset,zadd -q || return
    done
}

# The number of all commands, as redis counts them.
redis_calls()
{
    redis_do info commandstats | sed -n 's/.*:calls=\([0-9]*\),.*/\1/p' |
        awk "{ n += \$1 } END { print n }"
}

redis_harm()
{
    grep -iE 'crash|assert|fatal|signal|bug' "$dir/redis.log"
    redis_do info errorstats | grep -a '^errorstat'
}

# ---- nginx

# shellcheck disable=SC2034
nginx_patterns=('ngx_http_.*' 'ngx_(palloc|pcalloc|pnalloc|event_.*|add_timer)' 'writev|recv|epoll_wait|malloc|free@c')

nginx_missing() { PATH=$PATH:/usr/sbin missing nginx wrk; }

nginx_start() # [WORKERS]
{
    local attempt
    server_dir nginx
    for ((attempt = 0; attempt < 5; attempt++)); do
        nginx_port=$(free_port)
        nginx_configure "${1:-2}" >"$dir/nginx/conf"
        PATH=$PATH:/usr/sbin server_run nginx nginx -p "$dir/nginx" -e "$dir/nginx/error.log" \
            -c "$dir/nginx/conf"
        # It ends if the port is in use.
        wait_for 10 nginx_settled "${1:-2}" || fail "nginx does not start: $(cat "$dir/nginx.log")"
        is_gone "$server_pid" || break
    done
    ! is_gone "$server_pid" || fail "nginx finds no port: $(cat "$dir/nginx.log")"
    nginx_pid=$server_pid
    mapfile -t nginx_workers < <(children_of "$nginx_pid")
}

nginx_pids() { printf '%s\n' "${nginx_workers[@]}"; }

nginx_configure()
{
    cat <<END
worker_processes $1; daemon off; pid $dir/nginx/pid;
events { worker_connections 256; }
http {
    access_log off;
    client_body_temp_path $dir/nginx/t1; proxy_temp_path $dir/nginx/t2; fastcgi_temp_path $dir/nginx/t3;
    uwsgi_temp_path $dir/nginx/t4; scgi_temp_path $dir/nginx/t5;
    keepalive_requests 100000000;
    server {
        listen 127.0.0.1:$nginx_port;
        location / { return 200 "hello\n"; }
        location /file { alias $dir/nginx/conf; }
        location /status { stub_status; }
    }
}
END
}

nginx_settled() # WORKERS
{
    is_gone "$server_pid" ||
        { (exec 3<>"/dev/tcp/127.0.0.1/$nginx_port") 2>/dev/null &&
            [[ $(children_of "$server_pid" | wc -l) == "$1" ]]; }
}

nginx_get() # PATH
{
    local line
    exec 3<>"/dev/tcp/127.0.0.1/$nginx_port" || return
    printf 'GET %s HTTP/1.0\r\n\r\n' "$1" >&3
    while IFS= read -r line <&3; do
        echo "${line%$'\r'}"
    done
    exec 3>&-
}

# The number of all requests, this one included, as nginx counts them.
nginx_requests()
{
    nginx_get /status | sed -n 's/^ *[0-9]* [0-9]* \([0-9]*\) *$/\1/p'
}

nginx_load()
{
    until_enough INT wrk -t1 -c8 -d600s --timeout 20 "http://127.0.0.1:$nginx_port/file"
}

nginx_harm()
{
    cat "$dir/nginx/error.log"
    [[ $(children_of "$nginx_pid" | paste -sd' ') == "${nginx_workers[*]}" ]] ||
        echo "a worker was replaced"
}

# ---- PostgreSQL

# shellcheck disable=SC2034
postgres_patterns=('exec_simple_query|Executor.*|LWLock.*' 'palloc.*|pfree|heap_.*|_bt_.*' 'malloc|free|epoll_wait|recv|send@c')

# Debian has one directory of programs for each version.
postgres_bin()
{
    local dirs
    dirs=$(compgen -G '/usr/lib/postgresql/*/bin' | sort -V | tail -n 1)
    echo "${dirs:-/usr/bin}"
}

postgres_missing() { PATH=$(postgres_bin):$PATH missing initdb postgres psql pgbench; }

postgres_start()
{
    local bin
    bin=$(postgres_bin)
    PATH=$bin:$PATH
    server_dir postgres
    "${as_server[@]}" env HOME="$dir/postgres" initdb --pgdata="$dir/postgres/data" --auth=trust \
        --username=test --no-sync --no-locale --encoding=UTF8 >"$dir/initdb.log" 2>&1 ||
        fail "initdb: $(tail -n 3 "$dir/initdb.log")"
    server_run postgres postgres -D "$dir/postgres/data" -k "$dir/postgres" -c listen_addresses= \
        -c fsync=off -c log_statement="${1:-none}" -c log_checkpoints=off -c autovacuum=off
    postgres_pid=$server_pid
    export PGHOST=$dir/postgres PGUSER=test PGDATABASE=postgres
    wait_for 20 psql -qc 'select 1' >"$dir/psql.log" 2>&1 ||
        fail "postgres does not start: $(tail -n 3 "$dir/postgres.log")"
    pgbench -i -s 1 -n -q >"$dir/pgbench.init" 2>&1 || fail "pgbench: $(cat "$dir/pgbench.init")"
}

postgres_backends() { pgrep -P "$postgres_pid" -f 'test postgres \[local\]'; }
postgres_has_backends() { [[ $(postgres_backends | wc -l) -ge 4 ]]; }

# The whole table; it works only while the load's backends exist.
postgres_pids()
{
    wait_for 10 postgres_has_backends
    echo "$postgres_pid"
    children_of "$postgres_pid"
}

# Its own alarm would end it.
postgres_load() { until_enough ALRM pgbench -n -c 4 -j 1 -T 600; }

postgres_harm()
{
    grep -E 'PANIC|FATAL|ERROR|terminated|crash' "$dir/postgres.log" |
        grep -v 'the database system is starting up'
}

# ---- python3 with threads

# shellcheck disable=SC2034
python_patterns=('PyObject_(Call|GetAttr|GetItem|Str|Repr).*@python3*' 'PyLong_.*|PyDict_.*@python3*' 'malloc|free|pthread_mutex_lock|pthread_cond_.*@c')

python_missing() { missing /usr/bin/python3; }

python_start()
{
    cat >"$dir/worker.py" <<'END'
import hashlib, json, os, signal, sqlite3, sys
from concurrent.futures import ThreadPoolExecutor

# One unit of work with a known result.
def work(n):
    data = {str(i): list(range(n % 7)) for i in range(20)}
    if json.loads(json.dumps(data)) != data:
        return "json"
    h = hashlib.sha256()
    for i in range(10):
        h.update(bytes(1000))
    if h.hexdigest() != SUM:
        return "hash"
    db = sqlite3.connect(":memory:")
    db.execute("create table t(x)")
    db.executemany("insert into t values (?)", [(i,) for i in range(10)])
    if db.execute("select sum(x) from t").fetchone() != (45,):
        return "sqlite"
    db.close()
    try:
        raise ValueError(n)
    except ValueError as e:
        if e.args != (n,):
            return "exception"
    return None

h = hashlib.sha256()
h.update(bytes(10000))
SUM = h.hexdigest()
going = True
def stop(*_):
    global going
    going = False
signal.signal(signal.SIGINT, stop)
rounds = 0
with ThreadPoolExecutor(4) as pool:
    while going:
        for harm in pool.map(work, range(16)):
            if harm:
                print("harm:", harm, flush=True)
        rounds += 1
        with open(sys.argv[1] + ".new", "w") as f:
            print(rounds, file=f)
        os.rename(sys.argv[1] + ".new", sys.argv[1])
print("finished", flush=True)
END
    server_dir python
    server_run python /usr/bin/python3 -S "$dir/worker.py" "$dir/python/rounds"
    python_pid=$server_pid
    wait_for 10 test -s "$dir/python/rounds" || fail "python3 does not start: $(cat "$dir/python.log")"
}

python_pids() { echo "$python_pid"; }

# It is its own load.
python_load()
{
    wait_for 600 test -e "$dir/enough"
    local before
    before=$(cat "$dir/python/rounds")
    wait_for 20 python_gets_on "$before"
}

python_gets_on() { [[ $(cat "$dir/python/rounds") != "$1" ]]; }

python_harm() { cat "$dir/python.log"; }

# ---- Visits

cpus_of() # FILE...
{
    sed -n 's/^Cpus_allowed:[[:space:]]*//p' "$@" 2>/dev/null | sort -u
}

# The processes exist and are not traced, their threads have our affinity (they never change it),
# and their code is unchanged.
unharmed() # PID...
{
    local pid
    for pid; do
        kill -0 "$pid" 2>/dev/null || fail "process $pid is gone"
        is_not_traced "$pid" || fail "process $pid is traced by $(tracer_of "$pid")"
        [[ $(cpus_of "/proc/$pid/task/"*/status) == "$(cpus_of /proc/$$/status)" ]] ||
            fail "threads of process $pid are bound: $(cpus_of "/proc/$pid/task/"*/status)"
    done
    "$text_clean" "$@" >"$dir/dirt" || fail "the code has changed: $(head -n 5 "$dir/dirt")"
}

# Checks that the lines of one --print run match: sets $entries, $exits and $still (open calls).
paired() # FILE
{
    local left wrong
    read -r entries exits still left wrong < <(awk -f "$pairs" "$1" 2>"$dir/wrong")
    [[ $wrong == 0 ]] || fail "$wrong lines are wrong: $(cat "$dir/wrong")"
    ((left == 0)) || fail "$left calls are left without a return"
    ((exits + still == entries)) || fail "$entries entries, $exits exits, $still open"
}

# visit WHEN MILLISECONDS PATTERN PID...: attaches, and sends the signal to detach so long after its
# start (`early`) or after the first call (`busy`). Sets $entries. If visit_options has --stats, adds
# the calls that jumps have recorded to $by_jumps, and to the file no_jumps why sites had none.
visit()
{
    local when=$1 ms=$2 pattern=$3 pid pids=() status=0 line
    shift 3
    for pid; do
        pids+=(-p "$pid")
    done
    rm -f "$dir/lines"
    "$tracer" -q --print="$dir/lines" -f "$pattern" "${visit_options[@]}" "${pids[@]}" 2>"$dir/visit.err" &
    pid=$!
    [[ $when == early ]] || wait_for 20 test -s "$dir/lines" || fail "no call is traced"
    sleep "$((ms / 1000)).$(printf %03d $((ms % 1000)))"
    kill -TERM "$pid"
    wait_for 20 is_gone "$pid" || fail "the tracer does not end"
    wait "$pid" || status=$?
    # A process of the list may have ended before it could be attached to: the load's first connection.
    grep -v '^ptrace_tracer: stats: ' "$dir/visit.err" | while IFS= read -r line; do
        [[ $line =~ process\ ([0-9]+)\ .*has\ ended && ! -e /proc/${BASH_REMATCH[1]} ]] || printf '%s\n' "$line"
    done >"$dir/said"
    # A signal before its handler is installed just ends it. After that, until it has attached, the
    # tracer says so.
    if [[ $status == 125 && $when == early && ! -s $dir/lines ]]; then
        [[ $(<"$dir/said") == 'ptrace_tracer: interrupted before anything was traced' ]] ||
            fail "the tracer ended with $status: $(cat "$dir/visit.err")"
    else
        [[ $status == 0 || ($status == 143 && ! -s $dir/lines) ]] ||
            fail "the tracer ended with $status: $(cat "$dir/visit.err")"
        [[ ! -s $dir/said ]] || fail "the tracer says: $(cat "$dir/said")"
    fi
    sed -n 's/^ptrace_tracer: stats: without a jump: [0-9]*, //p' "$dir/visit.err" >>"$dir/no_jumps"
    by_jumps=$(sed -n 's/.* calls by jumps \([0-9]*\),.*/\1/p' "$dir/visit.err" | awk -v n="$by_jumps" '{ n += $1 } END { print n }')
    entries=0
    [[ ! -s $dir/lines ]] || paired "$dir/lines"
    unharmed "$@"
}
visit_options=()
by_jumps=0

# Whether a visit had jumps. Without any, the visits may have been too short.
had_jumps()
{
    ((by_jumps > 0)) || ! grep -v '^threads were in its code, or it was hot too late$' "$dir/no_jumps"
}

# visits NAME N [ARRAY]: N visits of random kind and length, at random times, under load, with the
# patterns in the array (default NAME_patterns). All must succeed. The last one is sure to see calls.
# Sets $traced, the number of all calls seen.
visits()
{
    local name=$1 n=$2 i load pids harm when=(busy early)
    declare -n patterns=${3:-$1_patterns}
    rm -f "$dir/enough"
    "${name}_load" >"$dir/load.log" 2>&1 &
    load=$!
    traced=0
    for ((i = 1; i < n; i++)); do
        mapfile -t pids < <("${name}_pids")
        visit "${when[RANDOM % 2]}" $((RANDOM % 800)) "${patterns[i % ${#patterns[@]}]}" "${pids[@]}"
        traced=$((traced + entries))
    done
    mapfile -t pids < <("${name}_pids")
    visit busy 100 "${patterns[0]}" "${pids[@]}"
    traced=$((traced + entries))
    touch "$dir/enough"
    wait "$load" || fail "the load fails: $(tail -n 5 "$dir/load.log")"
    ! grep -E 'Non-2xx|Socket errors|Error|failed transactions: [1-9]|aborted' "$dir/load.log" ||
        fail "requests failed"
    harm=$("${name}_harm")
    [[ -z $harm ]] || fail "the server complains: $harm"
}
