#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# With a real session daemon, and read with babeltrace2: the ways to choose a session, and what
# LTTng's own commands do with the tracer's events.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/cases.sh"
. "$(dirname "$0")/call_on_request.sh"

f=(-f my_traced_function)

own_directory()
{
    local found
    found=$(find . -maxdepth 1 -type d -name 'ptrace_tracer-sample_app-[0-9]*-[0-9]*')
    [[ -n $found && $(wc -l <<<"$found") == 1 ]] || fail "not one output directory: $found"
    echo "$found"
}

# sample_events N [own]: in a session of the tracer's own each event has the thread's ID and name.
sample_events()
{
    local contexts=
    [[ ${2:-} != own ]] || contexts='\{ vpid = [0-9]+, vtid = [0-9]+, procname = "sample_app" \}, '
    lines "$1" "mylib:my_traced_function_entry: \{ cpu_id = [0-9]+ \}, $contexts\{ arg1 = 42, arg2 = 3735928559, arg3 = 3\.14159, arg4 = 0x12345678 \}\$" text
    lines "$1" "mylib:my_traced_function_exit: \{ cpu_id = [0-9]+ \}, $contexts\{ \}\$" text
}

case_no_session()
{
    with_lttng
    traced 0 "$sample" 100
    [[ $(cat $out) == 'sample_app: 100 calls' ]] || fail "the program's output is not its own"
    said 'babeltrace2 .*ptrace_tracer-sample_app-'
    read_trace "$(own_directory)"
    sample_events 100 own
    events 1 sample_app:main_entry
    events 1 sample_app:main_exit
    no_sessions
    [[ ! -e $HOME/.lttngrc ]] || fail "there is a current session now"
}

case_no_session_twice()
{
    local i
    with_lttng
    for i in 1 2; do
        traced 0 -o "trace$i" "${f[@]}" "$sample" 50
        read_trace "trace$i"
        sample_events 50 own
        lines 100 . text
    done
    no_sessions
}

# Without a session daemon the tracer starts one, which keeps running, as with lttng-create(1).
case_no_daemon()
{
    with_lttng
    private_lttng_kill
    unset CASE_MARK
    local status=0
    "$tracer" "${f[@]}" "$sample" 100 >$out 2>$err || status=$?
    export CASE_MARK=$dir
    # From now on the case must end it.
    private_pid=$(cat "$(private_lttng_rundir)/lttng-sessiond.pid") || fail "no daemon was started"
    [[ $status == 0 ]] || fail "exit status $status"
    read_trace "$(own_directory)"
    sample_events 100 own
    no_sessions
}

case_output_directory_exists()
{
    with_lttng
    mkdir trace
    traced 0 -q -o trace "${f[@]}" "$sample" 10
    [[ ! -s $err ]] || fail "--quiet is not quiet"
    read_trace trace
    lines 20 . text
    no_sessions
}

# -o makes a session of the tracer's own, even if there is a current one.
case_output_beside_a_current_session()
{
    with_lttng
    lttng_do create mine --output="$dir/mine"
    lttng_do enable-event -u -a
    lttng_do start
    traced 0 -o trace "${f[@]}" "$sample" 10
    read_trace trace
    lines 20 . text
    lttng_do status
    grep -q 'mine: \[active' lttng.log || fail "the user's session: $(cat lttng.log)"
    lttng_do destroy mine
}

case_current_session()
{
    with_lttng
    lttng_do create mine --output="$dir/mine"
    traced 0 "${f[@]}" "$sample" 100
    lttng_do list mine
    grep -q 'mine: \[inactive' lttng.log || fail "it is not stopped: $(cat lttng.log)"
    grep -q 'channel0' lttng.log || fail "no channel0: $(cat lttng.log)"
    lttng_do view
    lines 200 'mylib:my_traced_function_' lttng.log
    lttng_do destroy mine
    read_trace mine
    sample_events 100
    lines 200 . text
}

# Only the events that the user enabled are recorded, in the user's channel.
case_current_session_with_rules()
{
    with_lttng
    lttng_do create mine --output="$dir/mine"
    lttng_do enable-channel -u wide
    lttng_do enable-event -u -c wide 'mylib:my_traced_function_entry'
    traced 0 "$sample" 100
    lttng_do list mine
    ! grep -q channel0 lttng.log || fail "there is a channel0: $(cat lttng.log)"
    lttng_do destroy mine
    read_trace mine
    events 100 mylib:my_traced_function_entry
    lines 100 . text
}

case_current_session_with_a_channel()
{
    with_lttng
    lttng_do create mine --output="$dir/mine"
    lttng_do enable-channel -u wide
    traced 0 "${f[@]}" "$sample" 100
    lttng_do list mine
    ! grep -q channel0 lttng.log || fail "there is a channel0: $(cat lttng.log)"
    lttng_do destroy mine
    read_trace mine
    sample_events 100
}

case_started_session()
{
    with_lttng
    lttng_do create mine --output="$dir/mine"
    lttng_do enable-event -u 'mylib:my_traced_function_exit'
    lttng_do start
    lttng_do list mine
    cp lttng.log before
    traced 0 "$sample" 100
    lttng_do list mine
    grep -q 'mine: \[active' lttng.log || fail "it is not started any more: $(cat lttng.log)"
    # All but the lines about discarded events are unchanged.
    diff before lttng.log || fail "the session was changed"
    lttng_do destroy mine
    read_trace mine
    events 100 mylib:my_traced_function_exit
    lines 100 . text
}

case_started_session_without_a_matching_rule()
{
    with_lttng
    lttng_do create mine --output="$dir/mine"
    lttng_do enable-event -u 'other:*'
    lttng_do start
    traced 0 "$sample" 100
    said 'mine.*enable-event|enable-event.*mine'
    lttng_do list mine
    grep -q 'mine: \[active' lttng.log || fail "it is not started any more: $(cat lttng.log)"
    ! grep -q mylib lttng.log || fail "a rule was added: $(cat lttng.log)"
    lttng_do destroy mine
}

case_named_session()
{
    with_lttng
    lttng_do create one --output="$dir/one"
    lttng_do create two --output="$dir/two"
    traced 0 --session=one "${f[@]}" "$sample" 30
    lttng_do list two
    ! grep -q mylib lttng.log || fail "the current session was taken: $(cat lttng.log)"
    lttng_do destroy one
    lttng_do destroy two
    read_trace one
    sample_events 30
}

# A current session that no daemon has counts as none.
case_stale_current_session()
{
    with_lttng
    printf 'session=gone\n' >"$HOME/.lttngrc"
    traced 0 "${f[@]}" "$sample" 30
    read_trace "$(own_directory)"
    sample_events 30 own
    no_sessions
    [[ $(cat "$HOME/.lttngrc") == session=gone ]] || fail "the user's .lttngrc was changed"
}

case_fields_are_listed()
{
    with_lttng
    lttng_do create mine --output="$dir/mine"
    lttng_do enable-event -u 'other:*'
    lttng_do start
    tracer_start -q "$sample" 20000 1000
    wait_for 10 lists_fields || fail "lttng list -u -f: $(cat list)"
    grep -A4 'mylib:my_traced_function_entry ' list >entry
    grep -q 'field: arg1 (integer)' entry || fail "arg1: $(cat entry)"
    grep -q 'field: arg2 (integer)' entry || fail "arg2: $(cat entry)"
    grep -q 'field: arg3 (float)' entry || fail "arg3: $(cat entry)"
    grep -q 'field: arg4 (integer)' entry || fail "arg4: $(cat entry)"
    ! grep -A1 'mylib:my_traced_function_exit ' list | grep -q 'field:' ||
        fail "the exit of a function that returns nothing has a field: $(cat list)"
    grep -A1 'sample_app:number_exit ' list | grep -q 'field: retval (integer)' ||
        fail "retval: $(cat list)"
    grep -q 'sample_app:main_entry ' list || fail "no main: $(cat list)"
    # The tracer's own processes and libraries are not candidates.
    lines 1 'my_traced_function_entry' list
    lttng_do destroy mine
    target_pid=$(pgrep -P "$tracer_pid" -x sample_app)
    kill -TERM "$target_pid"
    tracer_ends 143
}

lists_fields()
{
    lttng --no-sessiond list -u -f >list 2>&1
    grep -q 'my_traced_function_exit' list
}

case_filter()
{
    with_lttng
    lttng_do create mine --output="$dir/mine"
    lttng_do enable-event -u 'mylib:my_traced_function_entry' --filter 'arg1 > 41 && arg3 < 3.2'
    lttng_do enable-event -u 'sample_app:number_exit' --filter 'retval != 100'
    lttng_do start
    traced 0 "$sample" 100
    lttng_do destroy mine
    read_trace mine
    events 100 mylib:my_traced_function_entry
    lines 100 . text

    lttng_do create other --output="$dir/other"
    lttng_do enable-event -u 'mylib:my_traced_function_entry' --filter 'arg1 > 42 || arg3 > 3.2'
    lttng_do enable-event -u 'sample_app:number_exit' --filter 'retval == 100'
    lttng_do start
    traced 0 "$sample" 100
    lttng_do destroy other
    read_trace other
    events 1 sample_app:number_exit
    lines 1 . text
}

# An event that is enabled while the program runs is armed within 200 ms, and disarmed when it is
# disabled.
case_enable_and_disable_during_the_run()
{
    with_lttng
    target_start "$sample" 30000 1000
    lttng_do create mine --output="$dir/mine"
    lttng_do enable-event -u 'other:*'
    lttng_do start
    tracer_start -p "$target_pid"
    wait_for 10 lists_fields || fail "no events are registered"
    ! planted_in_target || fail "armed though nothing is enabled"

    local enabled disabled first last=0 i
    for i in 1 2 3; do
        lttng_do enable-event -u 'mylib:*'
        enabled=$(date +%s%N)
        wait_for 5 planted_in_target || fail "$i: enabled, but not planted"
        wait_for 5 events_after "$last" || fail "$i: no events"
        first=$(awk -v after="$last" '$1 > after' times | head -n 1)
        ((first - enabled < 200000000)) ||
            fail "$i: the first event came $(((first - enabled) / 1000000)) ms after enable-event"
        lttng_do disable-event -u 'mylib:*'
        disabled=$(date +%s%N)
        wait_for 5 text_is_original "$target_pid" "$build/lib/libmylib.so" my_traced_function ||
            fail "$i: disabled, but still planted"
        events_after "$last"
        last=$(tail -n 1 times)
        ((last - disabled < 200000000)) ||
            fail "$i: the last event came $(((last - disabled) / 1000000)) ms after disable-event"
    done
    kill -TERM "$tracer_pid"
    tracer_ends 0
    is_not_traced "$target_pid" || fail "still traced"
    kill -KILL "$target_pid"
    lttng_do destroy mine
}

# Whether the trace has events after that time; writes their times, in nanoseconds, to `times`.
# Stops the session, which makes it readable.
events_after()
{
    lttng_do stop
    babeltrace2 --clock-seconds mine 2>/dev/null | tr -d '[].' | awk '{ print $1 }' >times.new && mv times.new times
    lttng_do start
    (($(tail -n 1 times) + 0 > $1))
}

planted_in_target()
{
    ! text_is_original "$target_pid" "$build/lib/libmylib.so" my_traced_function
}

# A rule that names another module adds it to the trace; `*` does not.
case_rule_that_names_libc()
{
    with_lttng
    lttng_do create mine --output="$dir/mine"
    lttng_do enable-event -u 'c:nanosleep_entry'
    traced 0 "$sample" 5 1000
    lttng_do destroy mine
    read_trace mine
    events 5 c:nanosleep_entry
    lines 5 . text
}

case_rule_for_all()
{
    with_lttng
    lttng_do create mine --output="$dir/mine"
    lttng_do enable-event -u '*'
    traced 0 "$sample" 5 1000
    lttng_do destroy mine
    read_trace mine
    sample_events 5
    events 1 sample_app:main_entry
    lines 0 " (c:|lttng_ust_lib:|lttng_ust_statedump:bin_info)" text
}

# The contexts are those of the traced thread.
case_contexts()
{
    with_lttng
    lttng_do create mine --output="$dir/mine"
    lttng_do enable-event -u 'mylib:*'
    lttng_do add-context -u -t vtid -t procname
    lttng_do start
    target_start "$sample" 300 1000
    tracer_start -p "$target_pid"
    target_ends 0
    tracer_ends 0
    lttng_do destroy mine
    read_trace mine
    at_least 20 'my_traced_function_entry' text || fail "no events"
    lines "$(wc -l <text)" "vtid = ${target_pid}[ ,].*procname = \"sample_app\"|procname = \"sample_app\".*vtid = ${target_pid}[ ,]" text
}

# ... of many threads of several processes, each of which prints its own values. LTTng ignores the
# rules of a channel with a counter that does not exist: no x86 counts stores to the instruction
# cache.
case_counter_that_there_is_not()
{
    local channel="channel broken of session mine has the context perf_thread_L1_icache_stores, which cannot be counted here \\(.*\\)"
    with_lttng
    lttng_do create mine --output="$dir/mine"
    lttng_do enable-channel -u broken
    lttng_do add-context -u -c broken -t perf:thread:L1-icache-stores
    lttng_do enable-event -u -c broken 'mylib:my_traced_function_*'
    lttng_do start
    traced 0 "$sample" 10
    said "$channel: LTTng may ignore its event rules"
    said "LTTng has enabled none of the [0-9]+ functions: $channel\$"
    lines 2 'cannot be counted' "$err"
    lines 0 '/dev/shm' "$err"
    said ' 0 events written, 0 lost'
    lttng_do destroy
}

# A rule enabled while the program runs takes effect, with a warning that other rules may not.
case_counter_in_a_session_that_is_asked_later()
{
    with_lttng
    lttng_do create mine --output="$dir/mine"
    lttng_do enable-channel -u broken
    lttng_do add-context -u -c broken -t perf:thread:L1-icache-stores
    lttng_do enable-event -u -c broken another:program
    lttng_do start
    asked_start
    asked_traced
    lttng_do enable-event -u -c broken wait_for_line:work_entry
    wait_for 10 at_least 1 'channel broken of session mine has the context ' "$err" ||
        fail "no message: $(cat "$err")"
    planted
    calls 5
    asked_ends
    tracer_ends 0
    said ' 5 events written, 0 lost'
    lines 1 'cannot be counted' "$err"
    lines 0 'has enabled none' "$err"
    lttng_do destroy
}

# A counter of the kernel, of the tracer's thread.
case_counter()
{
    with_lttng
    lttng_do create mine --output="$dir/mine"
    lttng_do enable-channel -u counted
    lttng_do add-context -u -c counted -t perf:thread:page-fault
    lttng_do enable-event -u -c counted mylib:my_traced_function_entry
    lttng_do start
    traced 0 "$sample" 10
    if grep -q 'perf_thread_page_fault, which cannot be counted here .the kernel' "$err"; then
        skip "the kernel allows no counters here"
    fi
    lines 0 'cannot be counted' "$err"
    lttng_do destroy
    read_trace mine
    lines 10 'mylib:my_traced_function_entry: .*\{ perf_thread_page_fault = [0-9]+ \}, ' text
    lines 10 . text
}

case_contexts_of_threads_and_processes()
{
    cat >program.c <<'END'
#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
static volatile int sink;
__attribute__((noinline, noclone)) int work(int pid, int tid, int cpu, const char *name) { return sink = pid + tid + cpu + *name; }
static void *run(void *data)
{
    int cpu = (int)(intptr_t)data % (int)sysconf(_SC_NPROCESSORS_ONLN);
    char name[16];
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET((size_t)cpu, &set);
    pthread_setaffinity_np(pthread_self(), sizeof(set), &set);
    snprintf(name, sizeof(name), "worker %d", (int)(intptr_t)data);
    pthread_setname_np(pthread_self(), name);
    for (int i = 0; i < 25; i++)
        sink = work((int)getpid(), (int)syscall(SYS_gettid), cpu, name);
    return NULL;
}
int main(void)
{
    pthread_t threads[8];
    pid_t child = fork();
    for (intptr_t i = 0; i < 8; i++)
        pthread_create(&threads[i], NULL, run, (void *)i);
    for (int i = 0; i < 8; i++)
        pthread_join(threads[i], NULL);
    if (child > 0)
        waitpid(child, NULL, 0);
    printf("%p\n", (void *)(intptr_t)work);
    return 0;
}
END
    "${TEST_CC:-cc}" -D_GNU_SOURCE -O1 -g -no-pie -fno-pie -o program program.c -pthread || fail "cannot compile"
    with_lttng
    lttng_do create mine --output="$dir/mine"
    lttng_do enable-event -u 'program:work_entry'
    lttng_do add-context -u -t vtid -t procname -t vpid -t ip
    lttng_do start
    traced 0 -F -f work ./program
    lttng_do destroy mine
    read_trace mine
    lines 400 . text
    lines 400 "cpu_id = ([0-9]+) \}, \{ vtid = ([0-9]+), procname = \"([^\"]*)\", vpid = ([0-9]+), ip = $(($(head -n 1 $out))) \}, \{ pid = \4, tid = \2, cpu = \1, name = \"\3\" \}" text
    [[ $(grep -o 'vpid = [0-9]*' text | sort -u | wc -l) == 2 ]] || fail "not two processes"
    [[ $(grep -o 'vtid = [0-9]*' text | sort -u | wc -l) == 16 ]] || fail "not sixteen threads"
}

case_entry_only()
{
    with_lttng
    traced 0 --entry-only -o trace "${f[@]}" "$sample" 10
    read_trace trace
    events 10 mylib:my_traced_function_entry
    lines 10 . text
}

# Then LTTng knows no exits: none is listed, and a rule for one matches nothing.
case_entry_only_knows_no_exits()
{
    with_lttng
    lttng_do create mine --output="$dir/mine"
    lttng_do enable-event -u wait_for_line:work_exit
    lttng_do start
    asked_start
    tracer_start --entry-only -p "$target_pid" 8>&- 9<&-
    wait_for 10 at_least 1 "'wait_for_line:work_exit' of session mine matches no traced function; similar names: wait_for_line:work_entry" "$err" ||
        fail "no message: $(cat "$err")"
    wait_for 10 work_entry_is_listed || fail "no entry is listed: $(cat listed)"
    lines 0 '_exit ' listed
    calls 3
    asked_ends
    tracer_ends 0
    said '0 functions armed, 0 calls, 0 events written, 0 lost'
    lttng_do destroy
}

work_entry_is_listed()
{
    lttng --no-sessiond list -u >listed 2>&1
    grep -q ' wait_for_line:work_entry ' listed
}

# A program that ends before its first function: no trace is left or named.
case_nothing_recorded()
{
    with_lttng
    echo 'int f(void); int f(void) { return 0; }' | gcc -shared -fPIC -o libgone.so -x c - || fail "cannot build"
    echo 'int f(void); int main(void) { return f(); }' | gcc -o needs -x c - -L. -lgone || fail "cannot build"
    rm libgone.so
    traced 127 ./needs
    said '0 functions armed, 0 calls, 0 events written, 0 lost; nothing was recorded$'
    lines 0 babeltrace2 "$err"
    [[ -z $(find . -name 'ptrace_tracer-*') ]] || fail "a directory is left: $(echo ptrace_tracer-*)"
    no_sessions
    # Also in the user's session, which is then not started.
    lttng_do create mine --output="$dir/mine"
    traced 127 ./needs
    said '0 functions armed, 0 calls, 0 events written, 0 lost; nothing was recorded$'
    lttng_do enable-event -u other:nothing
    lttng_do start
    traced 127 ./needs
    said "0 functions armed, 0 calls, 0 events written, 0 lost; nothing was recorded in session mine: no event rule asked for a function\$"
    lttng_do destroy
}

# Functions that do not exist: the trace is empty and readable.
case_no_function()
{
    with_lttng
    traced 0 -o trace -f nothing_matches "$sample" 10
    said "0 functions armed, 0 calls, 0 events written, 0 lost; nothing was recorded in $dir/trace: there was nothing to trace\$"
    read_trace trace
    lines 0 . text
}

# A path of any length is printed in full.
case_long_path()
{
    local part path=$dir
    with_lttng
    for part in a b c d e f; do
        path+=/$(printf "%0200d" 0 | tr 0 $part)
    done
    mkdir -p "$path"
    traced 0 -o "$path/trace" "${f[@]}" "$sample" 10
    said "; to read the trace: babeltrace2 $path/trace\$"
    read_trace "$path/trace"
    sample_events 10 own
}

case_summary()
{
    with_lttng
    traced 0 -o trace "${f[@]}" "$sample" 10
    said '1 function.*10 calls.*20 events.*0 lost|20 events'
    said 'trace'
}

# The trace is complete after a signal has killed the program.
case_program_killed()
{
    with_lttng
    traced 137 -o trace "${f[@]}" /bin/sh -c 'kill -KILL $$'
    no_sessions
    tracer_start -o trace2 "${f[@]}" "$sample" 1000000 1000
    wait_for 10 sample_runs || fail "the program does not start"
    kill -KILL "$target_pid"
    tracer_ends 137
    read_trace trace2
    no_sessions
}

sample_runs()
{
    target_pid=$(pgrep -P "$tracer_pid" -x sample_app) && sleeps_in "$target_pid" "$(readlink -f "$sample")"
}

case_detach_ends_the_own_session()
{
    with_lttng
    target_start "$sample" 3000 1000
    tracer_start -o trace "${f[@]}" -p "$target_pid"
    wait_for 10 is_traced "$target_pid" || fail "not attached"
    wait_for 10 planted_in_target || fail "not armed"
    kill -TERM "$tracer_pid"
    tracer_ends 0
    no_sessions
    target_ends 0
    read_trace trace
    local entries exits
    entries=$(grep -c _entry text) exits=$(grep -c _exit text)
    ((entries > 0 && (entries - exits == 0 || entries - exits == 1))) ||
        fail "$entries entries, $exits exits"
}

run_cases "$@"
