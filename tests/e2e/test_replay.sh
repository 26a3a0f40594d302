#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# replay: the lines of --print, from a trace. And what all commands that read a trace have in common.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/cases.sh"
. "$(dirname "$0")/relay.sh"

targets=$build/targets

# Writes lines of calls to stdout, without what differs between two runs: IDs, times and addresses.
without_differences() # FILE
{
    sed -E 's/^[0-9]+ /TID /; s/<[0-9.]+>/<TIME>/; s/, (duration|cpu|tid|pid) = [0-9]+/, \1/g
        s/\) (tid|pid) = [0-9]+/) \1/; s/0x[0-9a-f]{5,}/ADDRESS/g' "$1"
}

# same OPTION... -- COMMAND...: --print, and replay of a trace, write the same lines.
same()
{
    local options=()
    while [[ $1 != -- ]]; do
        options+=("$1")
        shift
    done
    shift
    rm -rf trace printed replayed
    "$tracer" -q "${options[@]}" --print=printed "$@" >/dev/null 2>print.err </dev/null ||
        fail "--print: $(cat print.err)"
    "$tracer" -q "${options[@]}" -o trace "$@" >/dev/null 2>"$err" </dev/null || fail "not traced"
    "$tracer" replay -o replayed trace >"$out" 2>"$err" || fail "replay ends with $?"
    without_differences printed >expected
    without_differences replayed >got
    [[ $(wc -l <expected) -gt ${at_least:-100} ]] || fail "only $(wc -l <expected) lines"
    cmp -s expected got || fail "replay differs ($*): $(diff expected got | head -n 10)"
    [[ ! -s $out ]] || fail "lines on stdout"
}

build_kinds()
{
    gcc -g -O0 -w -o value_kinds "$top/tests/targets/value_kinds.c" || skip "it cannot be built"
}

case_values()
{
    with_lttng
    build_kinds
    same -- ./value_kinds
    [[ ! -s $err ]] || fail "something is said"
    same --with=depth,duration,cpu,caller,tid,pid,stack --strings=all -- ./value_kinds
    at_least=50 same --entry-only -- ./value_kinds
    said '1?[0-9]+ calls have no exit: [0-9]+ of functions whose exits are not recorded'
    at_least=50 same --entry-only --with=tid -- ./value_kinds
}

case_pointers()
{
    with_lttng
    build_kinds
    same --deref=1 -- ./value_kinds
    same --deref=3 --with=depth -- ./value_kinds
    # References to objects that are not there.
    g++ -g -O0 -w -o absent "$top/tests/targets/absent_references.cc" || skip "it cannot be built"
    same -- ./absent
}

case_in_process()
{
    with_lttng
    build_kinds
    PTRACE_TRACER_JUMP_AFTER=1 same -- ./value_kinds
    PTRACE_TRACER_JUMP_AFTER=1 same --deref=2 --with=depth,duration,caller -- ./value_kinds
    [[ -n $(find trace -maxdepth 1 -name 'in-process-*') ]] || fail "no trace of our own"
}

case_nested()
{
    with_lttng
    same -x '_.*|atexit' -- "$targets/recursion"
    same -x '_.*|atexit' -- "$targets/tailcall"
    [[ ! -s $err ]] || fail "something is said"
}

# Which calls were left, and when, the tracer has noted.
case_jumps()
{
    with_lttng
    same -x '_.*|atexit' -- "$targets/exceptions" 50
    lines 422 'unwound$' replayed
    said '422 calls have no exit: 422 left by an exception or a jump'
    same -x '_.*|atexit' --with=depth -- "$targets/exceptions" 50
    same -x '_.*|atexit' --with=depth,duration -- "$targets/longjmp"
    lines 1 ': 150 left by an exception or a jump' "$err"
    at_least=50 same -f 'top|middle|leaf|in_handler' -- "$targets/frames_left" altstack 5
    at_least=40 same -f 'top|middle|leaf' -- "$targets/frames_left" exit 5
    lines 0 'unwound$' replayed
}

# How deep a call is depends on when the tracer finds that there are several stacks.
case_coroutines()
{
    with_lttng
    "$tracer" -q -x '_.*|atexit' --with=depth,duration -o trace "$targets/coroutines" >/dev/null 2>&1 ||
        fail "not traced"
    traced 0 replay trace
    said 'the program switches between stacks \(coroutines\): [0-9]+ calls returned after calls around them'
    lines 0 'have no (exit|entry)' "$err"
    lines 150 'coroutines:step\(who = [0-2], round = [0-9]+\) depth = [0-9]+$' "$out"
    lines 150 '\} coroutines:step = [0-9]+ <[0-9.]+> depth = ' "$out"
    # The indentation is the depth, and the time the duration.
    awk '{ match($0, / +/); indent = RLENGTH - 1; match($0, /depth = [0-9]+/)
           if (indent != 2 * substr($0, RSTART + 8, RLENGTH - 8)) exit 1 }
         /<[0-9.]*>/ { match($0, /<[0-9.]+>/); time = substr($0, RSTART + 1, RLENGTH - 2)
           match($0, /duration = [0-9]+/)
           if (sprintf("%.6f", int(substr($0, RSTART + 11, RLENGTH - 11) / 1000) / 1e6) != time) exit 1 }
        ' "$out" || fail "another depth or time than was recorded"
}

# Without the notes, as in a session of the user's, no line tells of it, and the depths are others.
case_jumps_without_notes()
{
    with_lttng
    "$tracer" -q -x '_.*|atexit' -o trace "$targets/longjmp" >/dev/null 2>&1 || fail "not traced"
    babeltrace2 trace >text 2>text.err || fail "babeltrace2: $(cat text.err)"
    traced 0 replay trace
    lines 1 ': 150 left by an exception or a jump' "$err"
    lines $(($(wc -l <text) + 150)) . "$out"
    lines 150 'unwound$' "$out"
    # At the time when they were left, and of these functions.
    traced 0 replay -t -f thrower trace
    lines 100 '^[0-9:.]+ [0-9]+ +} unwound$' "$out"
    sort -c "$out" || fail "not in the order of time"
    rm trace/ptrace_tracer.json
    traced 0 replay trace
    lines 1 ': 150 left by an exception or a jump' "$err"
    [[ $(wc -l <"$out") == $(wc -l <text) ]] || fail "not all events"
    lines 0 '<\?>|unwound' "$out"
}

# ---- sessions ----

# Lines of the sample's calls in $out: entries and exits.
calls() # N
{
    lines "$1" 'mylib:my_traced_function\(arg1 = 42, ' "$out"
    lines "$1" '= void <[0-9.]+>$' "$out"
}

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

# ---- options ----

make_trace()
{
    with_lttng
    "$tracer" -q -o trace "$sample" 20 >/dev/null || fail "not traced"
}

case_selected()
{
    make_trace
    traced 0 replay -f 'my_traced_function' -f number trace
    lines 0 'sample_app:main' "$out"
    lines 42 . "$out"
    traced 0 replay -x 'my_.*@mylib' trace
    lines 4 . "$out"
    # By the module's file: as noted beside the trace, or else as such a library is called.
    traced 0 replay -f '.*@libmy*' trace
    lines 40 'my_traced_function|= void' "$out"
    traced 0 replay -x '.*@libmylib.so*' trace
    lines 4 . "$out"
    traced 0 replay -f '.*@sample_*' trace
    lines 4 . "$out"
    traced 0 graph --root='.*@libmylib.so' trace
    lines 2 . "$out"
    mv trace/ptrace_tracer.json .
    traced 0 replay -f '.*@libmylib.so.1' trace
    lines 40 . "$out"
    traced 1 replay -f '.*@libother.so' trace
    mv ptrace_tracer.json trace
    traced 0 replay -f 'm.*' -f nothing -x main trace
    lines 40 . "$out"
    one_line "no function matches 'nothing'"
    traced 1 replay -f nothing trace
    [[ ! -s $out ]] || fail "something is printed"
    local tid
    tid=$(head -n 1 <("$tracer" replay trace) | cut -d' ' -f1)
    traced 0 replay --pid="$tid" --tid="$tid,1" trace
    lines 44 . "$out"
    traced 1 replay --pid=1 trace
    traced 1 replay --tid=1 --tid=2 trace
}

case_times()
{
    make_trace
    local first last
    babeltrace2 --clock-seconds trace | sed -E 's/^\[([0-9.]+)\].*/\1/' >stamps
    first=$(head -n 1 stamps) last=$(tail -n 1 stamps)
    traced 0 replay --begin="$first" --end="$last" trace
    lines 43 . "$out"
    traced 0 replay --begin="$(sed -n 3p stamps)" trace
    lines 42 . "$out"
    traced 0 replay --end="$(sed -n 3p stamps)" trace
    lines 2 . "$out"
    babeltrace2 trace | sed -E 's/^\[([0-9:.]+)\].*/\1/' >stamps
    traced 0 replay --begin="$(sed -n 3p stamps)" trace
    lines 42 . "$out"
    babeltrace2 --clock-date trace | sed -E 's/^\[([0-9:. -]+)\].*/\1/' >stamps
    traced 0 replay --begin="$(sed -n 3p stamps)" trace
    lines 42 . "$out"
    traced 1 replay --begin=+1000 trace
    one_line "no call in the trace matches --begin: the trace is from $(date +%Y)-[0-9 :.-]+ to [0-9 :.-]+$"
    traced 0 replay --begin=+0 -t trace
    lines 44 "^$(head -n 1 stamps | cut -d' ' -f2 | cut -c1-6)[0-9.]+ [0-9]+ " "$out"
    traced 125 replay --begin=noon trace
    one_line "--begin takes .*, not 'noon'"
    traced 125 replay --begin='2026-02-30 12:00:00' trace
    one_line "--begin takes .*, not '2026-02-30 12:00:00'"
}

case_output()
{
    make_trace
    traced 0 replay -o lines trace
    lines 44 . lines
    [[ ! -s $out ]] || fail "something on stdout"
    traced 0 replay -o - trace
    cmp lines "$out" || fail "the lines differ"
    traced 125 replay -o /dev/full trace
    one_line 'cannot write to /dev/full: No space left on device'
    traced 125 replay -o no/such/place trace
    one_line 'cannot write to no/such/place: No such file'
    "$tracer" -q -o many "$sample" 2000 >/dev/null || fail "not traced"
    "$tracer" replay many 2>"$err" | head -n 1 >first
    lines 1 . first
    [[ ! -s $err ]] || fail "something is said"
    (exec >/dev/full; exec "$tracer" replay many 2>"$err")
    [[ $? == 125 ]] || fail "a full stdout is no error"
    one_line 'cannot write to stdout: No space left on device'
}

# ---- what is no trace ----

refused() # TEXT WORD...
{
    local text=$1
    shift
    traced 125 replay "$@"
    one_line "$text"
    [[ ! -s $out ]] || fail "something is printed"
}

case_no_trace()
{
    make_trace
    local stream
    mkdir empty
    refused 'cannot read nowhere: No such file or directory$' nowhere
    refused 'there is no trace in empty' empty
    refused 'is not a directory: a trace is one$' "$sample"
    cp -r trace cut
    truncate -s 100 cut/ust/uid/*/64-bit/metadata
    refused 'cannot read cut/.*/metadata: it is cut or damaged$' cut
    cp /dev/null cut/ust/uid/*/64-bit/metadata
    refused 'cannot read cut/.*/metadata: it is empty; of a session that records, .* `lttng stop` ' cut
    rm -r cut
    cp -r trace cut
    truncate -s -100 cut/ust/uid/*/64-bit/channel0_*
    refused 'cannot read .*/channel0_[0-9]+: it is cut or damaged' cut
    # For a packet with a size of 2^63 and more libbabeltrace2 2.0 calls abort(), and says so itself.
    rm -r cut
    cp -r trace cut
    rm -r cut/ust/uid/*/64-bit/index
    for stream in cut/ust/uid/*/64-bit/channel0_*; do
        printf '\377\377\377\377\377\377\377\377' | dd of="$stream" bs=1 seek=56 conv=notrunc 2>/dev/null
    done
    traced 125 replay cut
    said 'cannot read .*damaged'
    refused 'the name of the trace is empty .*--help; to trace' ''
    refused 'cannot read net://localhost:1/host/x/y: Connection failed' net://localhost:1/host/x/y
}

case_no_permission()
{
    make_trace
    # libbabeltrace2's plugin loses some memory when a stream cannot be opened.
    local as=() file status ASAN_OPTIONS=${ASAN_OPTIONS:-}:detect_leaks=0
    if ((EUID == 0)); then
        as=(setpriv --reuid=65534 --regid=65534 --clear-groups)
        chmod -R a+rX "$dir"
        "${as[@]}" test -x "$tracer" -a -x "$dir" || skip "the build is not for another user to read"
    fi
    for file in trace/ust/uid/*/64-bit/channel0_* trace/ust/uid/*/64-bit/metadata trace/ust trace; do
        chmod 0 "$file"
        "${as[@]}" "$tracer" replay "$dir/trace" >"$out" 2>"$err"
        status=$?
        [[ $status == 125 && ! -s $out ]] || fail "exit status $status"
        one_line "cannot read .*/${file##*/}: Permission denied$"
        chmod 755 "$file"
    done
}

# Only the first word can be a command.
case_words()
{
    make_trace
    local word
    for word in replay report graph; do
        "$tracer" "$word" --help >/dev/full 2>$err
        [[ $? == 125 ]] || fail "exit status of $word --help"
        one_line 'cannot write to stdout: No space left on device$'
    done
    refused "replay reads one trace, and 'x' is one more .*: ptrace_tracer -- replay\)" trace x
    refused "replay has no option '-z' .*: ptrace_tracer -- replay\)" -z trace
    refused "option '-f' needs an argument" trace -f
    cp "$sample" replay
    export LD_LIBRARY_PATH=$build/lib
    PATH=$dir:$PATH traced 0 -q --print=lines -- replay 3
    lines 3 'my_traced_function\(' lines
    PATH=$dir:$PATH traced 0 -q --print=lines replay 3
    lines 3 'my_traced_function\(' lines
    traced 0 -q --print=lines ./replay 3
    lines 3 'my_traced_function\(' lines
    PATH=$dir:$PATH refused "cannot read 3: No such file or directory; to trace the program $dir/replay: ptrace_tracer -- replay" 3
    refused "cannot read 3: No such file or directory; to trace the program ./replay: ptrace_tracer ./replay$" 3
    PATH=$dir:$PATH refused "no trace is named.*; to trace the program $dir/replay: ptrace_tracer -- replay$"
    mkdir empty
    PATH=$dir:$PATH refused "there is no trace in empty.*; to trace the program $dir/replay: ptrace_tracer -- replay$" empty
    # All commands, and as other words than the first.
    for word in report graph export record; do
        cp "$sample" "$word"
        PATH=$dir:$PATH traced 0 -q --print=lines "$word" 3
        lines 3 'my_traced_function\(' lines
        PATH=$dir:$PATH traced 125 "$word" --no-such-option
        one_line "ptrace_tracer -- $word"
        traced 0 record -q --print=lines "./$word" 3
        PATH=$dir:$PATH traced 0 record -q --print=lines "$word" 3
    done
    PATH=$dir:$PATH traced 125 record
    one_line "no program and no process given .*; to trace the program $dir/record: ptrace_tracer -- record"
    traced 0 record -q --print=lines ./replay 3
    lines 3 'my_traced_function\(' lines
    traced 0 replay --help
    lines 1 '^Usage: ptrace_tracer replay ' "$out"
}

run_cases "$@"
