#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# replay of traces from sessions of all kinds: the lines of --print.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/cases.sh"
. "$(dirname "$0")/relay.sh"
. "$(dirname "$0")/same_lines.sh"

case_own_session()
{
    with_lttng
    "$tracer" -q "$sample" 20 >/dev/null || fail "not traced"
    mkdir ptrace_tracer-empty
    touch -d yesterday ptrace_tracer-empty
    traced 0 replay
    calls 20
    said 'reading ptrace_tracer-sample_app-'
    rm -r ptrace_tracer-*
    traced 125 replay
    one_line 'no trace is named, there is no \./ptrace_tracer-\*, and there is no current LTTng session'
}

# In a session of the user's, without and with contexts.
case_users_session()
{
    with_lttng
    lttng_do create mine --output="$dir/mine"
    "$tracer" -q "$sample" 20 >/dev/null || fail "not traced"
    traced 0 replay
    lines 20 'my_traced_function\(' "$out"
    lines 0 '<[0-9]' "$out"
    said "reading $dir/mine"
    said 'the events do not tell their threads.*: lttng add-context -u -t vpid -t vtid$'
    lttng_do destroy
    lttng_do create more --output="$dir/more"
    lttng_do enable-event -u 'mylib:*'
    lttng_do add-context -u -t vtid
    "$tracer" -q "$sample" 30 >/dev/null || fail "not traced"
    lttng_do destroy
    traced 0 replay more
    calls 30
    said 'the events do not tell their processes; to record it: lttng add-context -u -t vpid$'
}

case_rotated()
{
    with_lttng
    local i
    lttng_do create long --output="$dir/long"
    lttng_do enable-event -u 'mylib:*'
    lttng_do add-context -u -t vpid -t vtid
    lttng_do start
    for i in 1 2 3; do
        "$tracer" -q "$sample" $((i * 10)) >/dev/null || fail "not traced"
        lttng_do rotate
    done
    lttng_do destroy
    traced 0 replay long
    calls 60
    [[ ! -s $err ]] || fail "something is said"
}

case_snapshots()
{
    with_lttng
    lttng_do create flight --snapshot --output="$dir/flight"
    lttng_do enable-event -u 'mylib:*'
    lttng_do add-context -u -t vpid -t vtid
    lttng_do start
    "$tracer" -q "$sample" 20 >/dev/null || fail "not traced"
    lttng_do snapshot record --name=one
    "$tracer" -q "$sample" 10 >/dev/null || fail "not traced"
    lttng_do snapshot record --name=two
    lttng_do destroy
    traced 0 replay flight/one-*
    calls 20
    # What is in both is there once.
    traced 0 replay flight
    calls 30
}

case_buffers_per_process()
{
    with_lttng
    lttng_do create apart --output="$dir/apart"
    lttng_do enable-channel -u --buffers-pid each
    lttng_do enable-event -u -c each 'mylib:*'
    lttng_do add-context -u -t vpid -t vtid
    lttng_do start
    "$tracer" -q "$sample" 10 >/dev/null || fail "not traced"
    "$tracer" -q "$sample" 20 >/dev/null || fail "not traced"
    lttng_do destroy
    traced 0 replay apart
    calls 30
}

# How many viewers the relay daemon's live session has.
has_viewers() # N
{
    babeltrace2 -i lttng-live "net://127.0.0.1:$relay_live" 2>/dev/null | grep -qE "/live \(.*[ (]$1 client"
}

# A viewer gets what is recorded from when it has attached, which the relay daemon tells. It reads
# until ^C or the end of the session. (A shell has its background processes ignore SIGINT.)
case_live()
{
    local url
    with_lttng
    relay_start
    url="net://127.0.0.1:$relay_live/host/$(uname -n)/live"
    lttng_do create live --live=200000 --set-url="$relay_url"
    lttng_do enable-event -u 'mylib:*'
    lttng_do add-context -u -t vpid -t vtid
    lttng_do start
    env --default-signal=INT "$tracer" replay "$url" >"$out" 2>"$err" &
    tracer_pid=$!
    wait_for 20 has_viewers 1 || fail "not attached"
    "$tracer" -q "$sample" 20 >/dev/null || fail "not traced"
    wait_for 20 at_least 20 '= void <' "$out" || fail "nothing is read"
    kill -INT "$tracer_pid"
    tracer_ends 0
    calls 20
    wait_for 20 has_viewers 0 || fail "still attached"
    tracer_start replay "$url"
    wait_for 20 has_viewers 1 || fail "not attached again"
    "$tracer" -q "$sample" 30 >/dev/null || fail "not traced"
    wait_for 20 at_least 30 '= void <' "$out" || fail "nothing is read"
    lttng_do destroy
    tracer_ends 0
    calls 30
    relay_stop
}

# Programs that LTTng's own function tracing is compiled into: events have addresses, not names.
case_cyg_profile()
{
    with_lttng
    local preload kind
    preload=$(find /usr/lib /lib -name 'liblttng-ust-cyg-profile.so.1' 2>/dev/null | head -n 1)
    [[ $preload ]] || skip "no liblttng-ust-cyg-profile"
    cat >lib.c <<'END'
int twice(int n) { return 2 * n; }
END
    cat >app.c <<'END'
int twice(int n);
static int sum(int n) { return n ? twice(n) + sum(n - 1) : 0; }
int main(void) { return sum(3) != 12; }
END
    gcc -g -O0 -finstrument-functions -fPIC -shared -o libtwo.so lib.c || skip "cannot be built"
    gcc -g -O0 -finstrument-functions -o app app.c -L. -ltwo -Wl,-rpath,"$dir"
    gcc -g -O0 -finstrument-functions -no-pie -o fixed app.c -L. -ltwo -Wl,-rpath,"$dir"
    for kind in cyg-profile cyg-profile-fast; do
        lttng_do create "$kind" --output="$dir/$kind"
        lttng_do enable-event -u 'lttng_ust_cyg_profile*'
        lttng_do enable-event -u 'lttng_ust_statedump:*'
        lttng_do enable-event -u 'lttng_ust_lib:*'
        lttng_do add-context -u -t vpid -t vtid -t procname
        lttng_do start
        LD_PRELOAD=${preload/cyg-profile/$kind} ./app || fail "the program fails"
        LD_PRELOAD=${preload/cyg-profile/$kind} ./fixed || fail "the program fails"
        lttng_do destroy
        traced 0 replay "$kind"
        lines 1 '^[0-9]+ app:main\(' "$out"
        lines 1 '^[0-9]+ fixed:main\(' "$out"
        lines 1 '^[0-9]+     app:sum\(' "$out"
        lines 6 ' two:twice\(' "$out"
        lines 16 '<[0-9.]+>$' "$out"
        [[ ! -s $err ]] || fail "something is said"
        traced 0 replay -f 'sum@app' "$kind"
        lines 8 . "$out"
    done
}

# The exit of one call and the entry of the next one of the same function are not recorded while the
# session is stopped.
case_stopped_session()
{
    with_lttng
    local preload command
    preload=$(find /usr/lib /lib -name 'liblttng-ust-cyg-profile-fast.so.1' 2>/dev/null | head -n 1)
    [[ $preload ]] || skip "no liblttng-ust-cyg-profile-fast"
    cat >app.c <<'END'
#include <stdlib.h>
static int run(const char *command) { return system(command); }
static void rest(void) {}
int main(int argc, char **argv)
{
    int failed = 0;
    for (int i = 1; i < argc; i++, rest())
        failed |= run(argv[i]);
    return failed;
}
END
    gcc -g -O0 -finstrument-functions -o app app.c || skip "cannot be built"
    lttng_do create stopped --output="$dir/stopped"
    lttng_do enable-event -u 'lttng_ust_*'
    lttng_do add-context -u -t vpid -t vtid
    lttng_do start
    command='unset LD_PRELOAD; lttng --no-sessiond -q'
    LD_PRELOAD=$preload ./app : "$command stop" "$command start" : >"$out" 2>"$err" ||
        fail "the program fails: $(cat "$err")"
    lttng_do destroy
    traced 0 replay stopped
    lines 3 'app:run\(' "$out"
    lines 1 '^[0-9]+   = void <\?>$' "$out"
    lines 5 '^[0-9]+   = void <[0-9.]+>$' "$out"
    lines 1 '^[0-9]+ } app:main = void <\?>$' "$out"
    one_line '2 calls that returned were open when the session was stopped'
    traced 0 report --format=csv stopped
    lines 1 '^3,[0-9].*,app:run$' "$out"
    lines 1 '^1,,,,,,,app:main$' "$out"
}

# A timer of the channel flushes its ring buffers, which looks like a stop. Of a session of the tracer's
# own it is noted that it was not stopped, if so: then calls have their times.
case_flushed_by_a_timer()
{
    with_lttng
    cat >app.c <<'END'
#include <unistd.h>
void rest(void) { usleep(300000); }
int main(void)
{
    rest();
    return 0;
}
END
    gcc -g -O0 -o app app.c || fail "not built"
    lttng_do create flushed --output="$dir/flushed"
    lttng_do enable-channel -u --switch-timer=20000 ch
    lttng_do add-context -u -c ch -t vpid -t vtid
    lttng_do enable-event -u -c ch 'app:*'
    lttng_do start
    traced 0 ./app
    lttng_do destroy
    traced 0 replay flushed
    lines 1 ' = void <\?>$' "$out"
    one_line '2 calls that returned were open when .* its ring buffers were flushed'
    # Beside an own session.
    traced 0 -o trace ./app
    lines 1 '"started_once": true' trace/ptrace_tracer.json
    cp trace/ptrace_tracer.json flushed
    traced 0 replay flushed
    lines 1 ' = void <[0-9]+[.][0-9]+>$' "$out"
    [[ ! -s $err ]] || fail "something is said"
}

# Calls of a program that executes another one, or itself, are not open in that one.
case_replaced_program()
{
    with_lttng
    local preload
    preload=$(find /usr/lib /lib -name 'liblttng-ust-cyg-profile-fast.so.1' 2>/dev/null | head -n 1)
    [[ $preload ]] || skip "no liblttng-ust-cyg-profile-fast"
    cat >app.c <<'END'
#include <pthread.h>
#include <unistd.h>
static void *work(void *data) { return data; }
static void again(char **argv) { execv(argv[1], argv + 1); }
int main(int argc, char **argv)
{
    pthread_t thread;
    pthread_create(&thread, NULL, work, NULL);
    pthread_join(thread, NULL);
    if (argc > 1)
        again(argv);
    return argc > 1;
}
END
    gcc -g -O0 -finstrument-functions -o app app.c -pthread || skip "cannot be built"
    gcc -g -O0 -finstrument-functions -no-pie -o fixed app.c -pthread
    lttng_do create replaced --output="$dir/replaced"
    lttng_do enable-event -u 'lttng_ust_*'
    lttng_do add-context -u -t vpid -t vtid
    lttng_do start
    LD_PRELOAD=$preload ./app ./app ./fixed ./fixed ./app || fail "the program fails"
    lttng_do destroy
    traced 0 replay replaced
    one_line '8 calls have no exit: 8 in a program that another one replaced'
    lines 5 '^[0-9]+ (app|fixed):main\(' "$out"
    lines 4 '^[0-9]+   (app|fixed):again\(' "$out"
    lines 5 '^[0-9]+ (app|fixed):work\(' "$out"
    lines 6 '= void <[0-9.]+>$' "$out"
}

run_cases "$@"
