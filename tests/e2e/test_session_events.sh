#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# With a real session daemon, and read with babeltrace2: the tracer's events in LTTng's rules, filters,
# contexts and lists.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/cases.sh"
. "$(dirname "$0")/call_on_request.sh"
. "$(dirname "$0")/sample_session.sh"

f=(-f my_traced_function)

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

run_cases "$@"
