#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# --with and --stack: extra fields of calls in LTTng's events, in filters, and in lines.
# shellcheck disable=SC1091,SC2154
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/cases.sh"

cc=${TEST_CC:-cc}
all=depth,duration,cpu,caller,tid,pid,stack

# program: three nested functions, called from two places; one has parameters with the names of
# extra fields.
program()
{
    cat >program.c <<'END'
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
static volatile int sink;
#define NOINLINE __attribute__((noinline, noclone))
NOINLINE int inner(int n) { return sink + n; }
NOINLINE int middle(int n) { return inner(n) + 1; }
NOINLINE int outer(int n) { return middle(n) + 1; }
NOINLINE int other(int n) { return inner(n) - 1; }
NOINLINE int taken(int depth, int caller, long pid) { return sink = depth + caller + (int)pid; }
int main(int argc, char **argv)
{
    int n = argc > 1 ? atoi(argv[1]) : 1;
    for (int i = 0; i < n; i++)
        sink = outer(i) + other(i);
    sink = taken(1, 2, 3);
    printf("pid %d\n", (int)getpid());
    return 0;
}
END
    "$cc" -O1 -g -o program program.c || fail "cannot compile"
}

# The fields of the events NAME, one event on a line, without braces.
fields()
{
    sed -n "s/.* $1: { cpu_id = [0-9]* }, \({ vpid = [0-9]*, vtid = [0-9]*, procname = \"[^\"]*\" }, \)\?{ \(.*\) }\$/\2/p" text
}

below='caller = "main\+0x[0-9a-f]+"'
chain='(;[A-Za-z_.0-9-]+(\+0x[0-9a-f]+)?)*'

case_all_of_them()
{
    local pid
    with_lttng
    program
    traced 0 -o trace --with=$all -f 'outer|middle|inner|other' ./program 20
    pid=$(sed -n 's/^pid //p' $out)
    read_trace trace
    local ids="tid = $pid, pid = $pid" in_main='main\+0x[0-9a-f]+'
    fields program:outer_entry >f
    lines 20 . f
    lines 20 "^n = [0-9]+, depth = 0, $below, $ids, stack = \"$in_main$chain\"\$" f
    fields program:inner_entry >f
    lines 40 . f
    lines 20 "^n = [0-9]+, depth = 2, caller = \"middle\+0x[0-9a-f]+\", $ids, stack = \"middle\+0x[0-9a-f]+;outer\+0x[0-9a-f]+;$in_main$chain\"\$" f
    lines 20 "^n = [0-9]+, depth = 1, caller = \"other\+0x[0-9a-f]+\", $ids, stack = \"other\+0x[0-9a-f]+;$in_main$chain\"\$" f
    fields program:inner_exit >f
    lines 20 "^retval = [0-9]+, depth = 2, duration = [0-9]+, cpu = [1-9][0-9]*, caller = \"middle\+0x[0-9a-f]+\", $ids, stack = \"middle\+0x[0-9a-f]+;outer\+0x[0-9a-f]+;$in_main$chain\"\$" f
    fields program:outer_exit >f
    lines 20 "^retval = [0-9]+, depth = 0, duration = [0-9]+, cpu = [1-9][0-9]*, $below, $ids, stack = \"$in_main$chain\"\$" f
    # The caller is the return address, the same in the entry and the exit of a call.
    [[ $(grep -o 'program:inner.* caller = "[^"]*"' text | sed 's/.*caller//' | uniq -c |
        awk '{ print $1 }' | sort -u) == 2 ]] || fail "callers change within calls"
    no_sessions
}

# The duration equals the difference of the two events in babeltrace2, up to the cost between; that
# of an outer call is longer.
case_durations()
{
    with_lttng
    program
    traced 0 -o trace --with=duration -f 'outer|middle|inner' ./program 10
    read_trace trace
    grep -o ' program:[a-z_]*exit: .*duration = [0-9]*' text | sed 's/ program:\([a-z]*\)_exit.* /\1 /' >f
    awk '
        $1 == "middle" { middle = $2 }
        $1 == "outer" { n++; if ($2 <= middle) exit 1 }
        $2 == 0 { exit 1 }
        END { if (n != 10) exit 1 }
    ' f || fail "durations do not grow outwards: $(cat f)"
    lines 0 'entry: .*duration' text
}

# Filters: a second session records what they select of the first session's events.
case_filters()
{
    with_lttng
    program
    local limit
    mkdir all few
    lttng create all --output="$dir/all" >/dev/null
    lttng enable-event -u -s all 'program:*' >/dev/null || fail "enable-event"
    lttng create few --output="$dir/few" >/dev/null
    # A duration between those of the calls.
    limit=60000
    lttng enable-event -u -s few 'program:outer_exit' --filter "duration > $limit" >/dev/null || fail "duration"
    lttng enable-event -u -s few 'program:inner_entry' \
        --filter 'depth == 2 && caller == "middle+0x*" && stack == "middle*outer*main*" && tid == pid' \
        >/dev/null || fail "depth and caller"
    lttng enable-event -u -s few 'program:middle_*' --filter 'pid == 1' >/dev/null || fail "pid"
    lttng start all >/dev/null
    lttng start few >/dev/null
    traced 0 -q --session=all --with=$all -f 'outer|middle|inner|other' ./program 30
    lttng destroy all >/dev/null
    lttng destroy few >/dev/null
    read_trace all
    fields program:outer_exit | sed 's/.*duration = \([0-9]*\),.*/\1/' >durations
    lines 30 . durations
    local above
    above=$(awk -v limit=$limit '$1 > limit' durations | wc -l)
    read_trace few
    events "$above" program:outer_exit
    events 30 program:inner_entry
    lines $((30 + above)) . text
}

# Only entries are enabled: the depth counts all open calls.
case_depth_without_exits()
{
    with_lttng
    program
    lttng create one --output="$dir/trace" >/dev/null
    lttng enable-event -u 'program:*_entry' >/dev/null
    lttng start >/dev/null
    traced 0 -q --with=depth -f 'outer|middle|inner' ./program 10
    lttng destroy >/dev/null
    read_trace trace
    lines 10 'program:outer_entry: .* depth = 0 ' text
    lines 10 'program:middle_entry: .* depth = 1 ' text
    lines 10 'program:inner_entry: .* depth = 2 ' text
    lines 10 'program:inner_entry: .* depth = 0 ' text
    lines 40 . text
}

# A parameter keeps its name.
case_names_that_are_taken()
{
    with_lttng
    program
    traced 0 -q -o trace --with=depth,caller,pid,tid -f taken ./program 1
    read_trace trace
    fields program:taken_entry >f
    lines 1 '^depth = 1, caller = 2, pid = 3, depth_2 = 0, caller_2 = "main\+0x[0-9a-f]+", tid = [0-9]+, pid_2 = [0-9]+$' f
    fields program:taken_exit >f
    lines 1 '^retval = 6, depth = 0, caller = "main\+0x[0-9a-f]+", tid = [0-9]+, pid = [0-9]+$' f
}

# There is no field that was not requested.
case_nothing_without()
{
    with_lttng
    program
    traced 0 -q -o trace -f 'outer|taken' ./program 1
    read_trace trace
    fields program:outer_entry >f
    lines 1 '^n = 0$' f
    fields program:taken_exit >f
    lines 1 '^retval = 6$' f
}

case_lines()
{
    program
    traced 0 -q --print=lines --with=caller,duration --stack=2 -f 'inner|outer' ./program 5
    lines 5 "^[0-9]+ program:outer\(n = [0-9]+\) $below, stack = \"main\+0x[0-9a-f]+;[^;]*\"\$" lines
    lines 5 '^[0-9]+   program:inner\(n = [0-9]+\) caller = "middle\+0x[0-9a-f]+", stack = "middle\+0x[0-9a-f]+;outer\+0x[0-9a-f]+"$' lines
    lines 10 '= -?[0-9]+ <[0-9.]+> duration = [0-9]+, caller = "(middle|other)\+0x[0-9a-f]+", stack = "[^;]*;[^;]*"$' lines
    lines 5 'program:outer = [0-9]+ <[0-9.]+> duration = [0-9]+, caller = "main' lines
    lines 30 . lines
    # Several --with options add up; one frame is the caller.
    traced 0 -q --print=lines --with=tid --with=pid --stack=1 -f outer ./program 1
    lines 1 '^([0-9]+) program:outer\(n = 0\) tid = \1, pid = \1, stack = "main\+0x[0-9a-f]+"$' lines
}

# Entries only: the fields that entries have.
case_entry_only()
{
    program
    traced 0 -q --print=lines --entry-only --with=caller,tid,pid,stack -f inner ./program 5
    lines 5 'inner\(n = [0-9]+\) caller = "middle\+0x[0-9a-f]+", tid = [0-9]+, pid = [0-9]+, stack = "middle\+0x[0-9a-f]+;outer\+' lines
    lines 10 . lines
}

case_threads_and_children()
{
    cat >program.c <<'END'
#define _GNU_SOURCE
#include <pthread.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
static volatile int sink;
__attribute__((noinline, noclone)) int work(int pid, int tid) { return sink = pid + tid; }
static void *run(void *data)
{
    (void)data;
    for (int i = 0; i < 20; i++)
        sink = work((int)getpid(), (int)syscall(SYS_gettid));
    return NULL;
}
int main(void)
{
    pthread_t threads[4];
    pid_t child = fork();
    for (int i = 0; i < 4; i++)
        pthread_create(&threads[i], NULL, run, NULL);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    if (child > 0)
        waitpid(child, NULL, 0);
    return 0;
}
END
    "$cc" -O1 -g -o program program.c -pthread || fail "cannot compile"
    with_lttng
    traced 0 -q -F -o trace --with=tid,pid,caller,stack -f work ./program
    read_trace trace
    fields program:work_entry >f
    lines 160 . f
    lines 160 '^pid = ([0-9]+), tid = ([0-9]+), caller = "run\+0x[0-9a-f]+", tid_2 = \2, pid_2 = \1, stack = "run\+0x[0-9a-f]+;' f
    [[ $(sed 's/.*tid_2 = \([0-9]*\).*/\1/' f | sort -u | wc -l) == 8 ]] || fail "not eight threads"
    [[ $(sed 's/.*pid_2 = \([0-9]*\).*/\1/' f | sort -u | wc -l) == 2 ]] || fail "not two processes"
}

# C++ names are those of events; in a stack, ';' separates only frames.
case_cxx()
{
    command -v g++ >/dev/null || skip "no g++"
    cat >program.cc <<'END'
#include <utility>
static volatile int sink;
extern "C" __attribute__((noinline, noclone)) int leaf(int n) { return sink + n; }
namespace space {
template <class A, class B> struct Box {
    __attribute__((noinline)) static int call(A a, B b) { return leaf((int)a + (int)b) + 1; }
};
__attribute__((noinline)) int over(int n) { return Box<int, char>::call(n, 'x') + 1; }
__attribute__((noinline)) int over(long n) { return Box<long, char>::call(n, 'x') + 1; }
}
int main()
{
    sink = space::over(1) + space::over(2L);
    return 0;
}
END
    g++ -O1 -g -o program program.cc || fail "cannot compile"
    traced 0 -q --print=lines --with=caller,stack -f leaf -f 'space::.*' ./program
    lines 2 'program:leaf\(n = [0-9]+\) caller = "space::Box<(int|long);char>::call\+0x[0-9a-f]+", stack = "space::Box<(int|long),char>::call\+0x[0-9a-f]+;space::over\((int|long)\)\+0x[0-9a-f]+;main\+0x' lines
}

# A library that is loaded and unloaded while the program runs, and another program in its place.
case_what_is_where_changes()
{
    cat >lib.c <<'END'
int leaf(int);
__attribute__((noinline)) int NAME(int n) { return leaf(n) + 1; }
END
    cat >program.c <<'END'
#include <dlfcn.h>
#include <stdlib.h>
#include <unistd.h>
static volatile int sink;
__attribute__((noinline)) int leaf(int n) { return sink = n; }
int main(int argc, char **argv)
{
    for (int i = 0; argc < 2 && i < 6; i++) {
        void *lib = dlopen(i % 2 ? "./libtwo.so" : "./libone.so", RTLD_NOW);
        sink = ((int (*)(int))dlsym(lib, i % 2 ? "from_two" : "from_one"))(i);
        dlclose(lib);
    }
    sink = leaf(argc) + 1;
    if (argc < 2)
        execl(argv[0], argv[0], "again", NULL);
    return 0;
}
END
    "$cc" -O1 -g -fPIC -shared -DNAME=from_one -o libone.so lib.c && "$cc" -O1 -g -fPIC -shared -DNAME=from_two -o libtwo.so lib.c &&
        "$cc" -O1 -g -rdynamic -o program program.c -ldl || fail "cannot compile"
    traced 0 -q --print=lines --with=caller,stack -f leaf ./program
    grep 'program:leaf(' lines | sed 's/.*caller = "\([^+]*\)+.*stack = "[^;]*;\([^+]*\)+.*/\1 \2/' >f
    printf '%s main\n' from_one from_two from_one from_two from_one from_two >wanted
    head -n 6 f | cmp - wanted || fail "callers are $(paste -sd' ' f)"
    # libc's function that calls main() has a name if its debug information is installed.
    lines 2 '^main (__libc_start_call_main|libc\.so\.6)$' f
}

# A stripped library, as distributions have it: names from the dynamic symbol table.
case_sqlite3()
{
    command -v sqlite3 >/dev/null || skip "no sqlite3"
    local n
    traced 0 -q --print=lines --with=depth,caller --stack=64 -f 'sqlite3_(step|exec)@libsqlite3*' \
        sqlite3 :memory: 'create table t(a); insert into t values(1),(2),(3); select sum(a) from t;'
    [[ $(cat $out) == 6 ]] || fail "the program's output is not its own"
    n=$(grep -c . lines)
    ((n >= 8)) || fail "$n lines are not all"
    # Creating a table reads it back: sqlite3_exec() inside of sqlite3_step().
    grep -qE ':sqlite3_step\(.*\) depth = [2-9], caller = "sqlite3_exec\+0x[0-9a-f]+", stack = "sqlite3_exec\+0x[0-9a-f]+;.*;sqlite3_step\+0x[0-9a-f]+;' lines ||
        fail "sqlite3_step does not show below itself"
    lines "$n" ' depth = [0-9]+, caller = "[^"+]+\+0x[0-9a-f]+", stack = ".*__libc_start.*"$' lines
}

case_python3()
{
    local python=/usr/bin/python3
    [[ -x $python ]] || skip "no $python"
    with_lttng
    traced 0 -o trace --with=caller --stack=40 -f PyLong_FromUnicodeObject $python -S -c 'print(int("42"))'
    [[ $(cat $out) == 42 ]] || fail "the program's output is not its own"
    read_trace trace
    fields 'python3[0-9.]*:PyLong_FromUnicodeObject_entry' >f
    grep -qE 'stack = "[^"]*;_PyEval_EvalFrameDefault\+0x[^"]*;Py_RunMain\+0x[0-9a-f]+;Py_BytesMain\+0x[0-9a-f]+;[^"]*__libc_start_main' f ||
        fail "no whole stack: $(head -n 3 f)"
}

case_wrong_lists()
{
    local list
    for list in foo '' 'depth,' ',depth' depth,foo Depth 'depth duration'; do
        traced 125 -P --with="$list" "$sample" 1
        one_line "with takes a list of depth, duration, cpu, caller, tid, pid, stack"
    done
    for list in 0 65 x '' -1 1.5; do
        traced 125 -P --stack="$list" "$sample" 1
        one_line 'stack takes a number from 1 to 64'
    done
    for list in depth duration cpu caller,duration; do
        traced 125 -P --entry-only --with="$list" "$sample" 1
        one_line 'leave out --entry-only'
    done
    traced 125 -P --with
    one_line "needs an argument"
}

run_cases "$@"
