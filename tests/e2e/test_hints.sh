#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# What is said where a trace would stay empty without a word.
# shellcheck disable=SC1091,SC2154
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/cases.sh"

cc=${TEST_CC:-cc}

# build NAME OPTION...: a program that calls libelf three times, and then reads a byte if it has an
# argument.
build()
{
    local name=$1
    shift
    cat >program.c <<'END'
#include <libelf.h>
#include <unistd.h>
int idle(void);
int idle(void) { return 1; }
int main(int argc, char **argv)
{
    char byte;
    (void)argv;
    elf_version(EV_CURRENT);
    return elf_errno() + elf_errno() + (argc > 1 ? read(0, &byte, 1) < 0 : 0);
}
END
    "$cc" -O1 -Wl,--build-id -o "$name" program.c "$@" || fail "cannot compile"
}

# says_nothing_of NAME: the three lines, once.
says_nothing_of()
{
    lines 1 "^ptrace_tracer: nothing of $1 is traced: it is stripped, so that its functions have no names\$" $err
    lines 1 "^ptrace_tracer: its libraries can be traced: -f 'elf_\.\*@elf[-0-9.]*'\$" $err
    lines 1 '^ptrace_tracer: its own functions can be traced by address: -f '\''sub_\.\*@[^'\'']+'\''; by name with debug information: /usr/lib/debug/\.build-id/[0-9a-f]{2}/[0-9a-f]+\.debug, in a package named' $err
    lines 2 ' can be traced' $err
}

case_stripped()
{
    local example
    build stripped -s -lelf
    traced 0 --print=lines ./stripped
    says_nothing_of stripped
    lines 1 '^ptrace_tracer: 0 functions armed, 0 calls' $err
    # What it says works.
    example=$(sed -n "s/.*: -f '\(.*\)'\$/\1/p" $err)
    traced 0 --print=lines -f "$example" ./stripped
    lines 0 'can be traced|nothing of' $err
    said ' armed, 3 calls, 6 events written'
    traced 0 --summary ./stripped
    says_nothing_of stripped
    traced 0 --list ./stripped
    says_nothing_of stripped
    [[ ! -s $out ]] || fail "--list lists something"
    traced 0 -q --print=lines ./stripped
    [[ ! -s $err ]] || fail "--quiet is not quiet"
}

case_lttng()
{
    with_lttng
    build stripped -s -lelf
    traced 0 ./stripped
    says_nothing_of stripped
    lines 1 ' 0 lost; nothing was recorded: there was nothing to trace$' $err
    no_sessions
}

no_directory()
{
    [[ -z $(compgen -G 'ptrace_tracer-*') ]] || fail "a directory is left: $(echo ptrace_tracer-*)"
}

# A trace without events is not offered for reading, and leaves no directory that nobody has named.
case_nothing_recorded()
{
    with_lttng
    build named -lelf
    traced 0 -f idle ./named
    lines 1 '^ptrace_tracer: 1 function armed, 0 calls, 0 events written, 0 lost; nothing was recorded: no armed function was called$' $err
    no_directory
    traced 0 -f missing ./named
    lines 1 ' 0 lost; nothing was recorded: there was nothing to trace$' $err
    no_directory
    traced 0 -o mine -f idle ./named
    lines 1 " 0 lost; nothing was recorded in $dir/mine: no armed function was called\$" $err
    read_trace mine
    lines 0 . text
    no_sessions
    # Sessions of the user's.
    lttng_do create theirs --output="$dir/theirs"
    traced 0 -f idle ./named
    lines 1 ' 0 lost; nothing was recorded in session theirs: no armed function was called$' $err
    lttng_do enable-event -u -c channel0 named:main_entry --filter 'argc > 5'
    lttng_do disable-event -u -c channel0 'named:idle_entry,named:idle_exit'
    lttng_do start
    traced 0 ./named
    lines 1 ' 0 lost; nothing was recorded in session theirs: no event rule took the calls$' $err
    lttng_do disable-event -u -c channel0 --all-events
    lttng_do enable-event -u -c channel0 other:event
    traced 0 ./named
    lines 1 ' 0 lost; nothing was recorded in session theirs: no event rule asked for a function$' $err
    lttng_do destroy theirs
    lines 0 babeltrace2 $err
}

# Filters that name what no event of theirs has: LTTng only records nothing.
case_filters()
{
    local event=mylib:my_traced_function_entry
    with_lttng
    lttng_do create theirs --output="$dir/theirs"
    lttng_do enable-event -u $event --filter "argx > 1 && \$ctx.vpid != 3 && arg1 == 42 && \"no\" != 'x'"
    lttng_do enable-event -u 'mylib:*_exit' --filter 'arg1 > 2'
    lttng_do enable-event -u 'mylib:my_*' --filter 'arg2 > 2'
    lttng_do enable-event -u 'other:*' --filter 'missing > 2'
    lttng_do start
    lttng_do add-trigger --condition=event-rule-matches --type=user --name=$event --filter='arg40 == 5' --action=notify
    traced 0 "$sample" 10
    lines 1 "^ptrace_tracer: the filter of the rule '$event' of session theirs names 'argx', which is no field of its events: it lets none pass; fields: arg1, arg2, arg3, arg4; similar: arg1\$" $err
    lines 1 "^ptrace_tracer: the filter of the rule 'mylib:\*_exit' of session theirs names 'arg1', which is no field of its events: it lets none pass; they have no fields\$" $err
    lines 1 "^ptrace_tracer: the filter of the trigger's condition '$event' names 'arg40', which is no field" $err
    lines 3 'the filter of' $err
    said '10 calls, 10 events written, 0 lost'
    lttng_do destroy theirs
    read_trace theirs
    events 10 $event
}

# At once, not at the end.
case_attached()
{
    build stripped -s -lelf
    mkfifo input
    exec 8<>input
    ./stripped wait <input &
    target_pid=$!
    wait_for 10 sleeps_in $target_pid "$dir/stripped" || fail "the program does not read"
    tracer_start --print=lines -p $target_pid
    wait_for 10 at_least 1 'with debug information' $err || fail "no hint"
    says_nothing_of stripped
    is_traced $target_pid || fail "the hint comes late"
    echo >input
    tracer_ends 0
    says_nothing_of stripped
    wait $target_pid
}

# Two processes of one program, which is named once.
case_attached_to_two()
{
    build stripped -s -lelf
    mkfifo input second
    exec 8<>input 9<>second
    ./stripped wait <input &
    target_pid=$!
    ./stripped wait <second &
    local second=$!
    wait_for 10 sleeps_in $target_pid "$dir/stripped" || fail "the program does not read"
    wait_for 10 sleeps_in $second "$dir/stripped" || fail "the second does not read"
    tracer_start --print=lines -p "$target_pid,$second"
    wait_for 10 is_traced $target_pid && wait_for 10 is_traced $second || fail "not attached"
    echo >input
    echo >second
    tracer_ends 0
    says_nothing_of stripped
    wait $target_pid $second
}

case_static()
{
    printf 'int main(void) { return 0; }\n' >static.c
    "$cc" -static -s -Wl,--build-id -o alone static.c 2>/dev/null || skip "no static C library"
    traced 0 --print=lines ./alone
    lines 1 '^ptrace_tracer: nothing of alone is traced: it is static and stripped,' $err
    lines 1 ' can be traced' $err
}

# Programs that only execute another one: of that one it is told.
case_executed()
{
    build stripped -s -lelf
    traced 0 --print=lines env ./stripped
    says_nothing_of stripped
    build named -lelf
    traced 0 --print=lines env ./named
    lines 0 'can be traced|nothing of' $err
    said '2 functions armed, 1 call, 2 events'
    traced 127 --print=lines env ./missing
    lines 1 'nothing of env is traced: it is stripped' $err
}

case_left_out()
{
    build named -lelf
    traced 0 --print=lines -x '.*' ./named
    lines 1 '^ptrace_tracer: nothing of named is traced: no -f is given, and none of its 2 functions is left$' $err
    lines 0 'can be traced' $err
}

case_scripts()
{
    build python3.99 -lelf
    build perl5 -s -lelf
    printf '#!%s\n' "$dir/python3.99" >with
    printf '#!%s -w\n' "$dir/perl5" >without
    printf '#!/usr/bin/env -S A=1 %s\n' "$dir/python3.99" >by_env
    chmod +x with without by_env
    traced 0 --print=lines ./with
    lines 1 '^ptrace_tracer: \./with is a script: this traces the functions of the interpreter python3\.99, written in C; functions of the script are not traced$' $err
    lines 2 . $err
    traced 0 --print=lines ./by_env
    lines 1 'by_env is a script: this traces the functions of the interpreter python3\.99,' $err
    lines 2 . $err
    traced 0 --print=lines ./without </dev/null
    lines 1 'nothing of perl5 is traced' $err
    lines 1 "its libraries can be traced: -f 'elf_" $err
    lines 1 '^ptrace_tracer: perl5 is an interpreter: functions of its scripts cannot be traced$' $err
    lines 4 . $err
    # Who selects functions knows.
    traced 0 --print=lines -f main ./with
    lines 1 . $err
}

case_not_called()
{
    build named -lelf
    traced 0 --print=lines -f idle ./named
    lines 1 '^ptrace_tracer: no armed function was called: calls that the compiler inlined are not seen, nor those of child processes without --follow-forks$' $err
    lines 2 . $err
    traced 0 --print=lines -F -f idle ./named
    lines 1 'no armed function was called: calls that the compiler inlined are not seen$' $err
    printf '{ idle; };\n' >list
    build exporting -s -lelf -Wl,--dynamic-list=list
    traced 0 --print=lines ./exporting
    lines 1 'no armed function was called' $err
    lines 1 "its libraries can be traced: -f 'elf_\.\*@elf[-0-9.]*'" $err
    traced 0 --print=lines -f main ./named
    lines 0 'was called' $err
}

# spinning: a program that calls a() twice as often as b(), b() twice as often as c(), c() twice as
# often as d(), until there is a file `enough`.
spinning()
{
    cat >spinning.c <<'END'
#include <unistd.h>
static volatile int sink;
__attribute__((noinline, noclone)) int a(int n) { return sink = n; }
__attribute__((noinline, noclone)) int b(int n) { return sink = n + 1; }
__attribute__((noinline, noclone)) int c(int n) { return sink = n + 2; }
__attribute__((noinline, noclone)) int d(int n) { return sink = n + 3; }
int main(void)
{
    while (access("enough", F_OK) != 0)
        for (int i = 0; i < 200; i++) {
            a(i);
            if (i % 2 == 0) b(i);
            if (i % 4 == 0) c(i);
            if (i % 8 == 0) d(i);
        }
    return 0;
}
END
    "$cc" -O1 -o spinning spinning.c || fail "cannot compile"
}

# A run that spends most of its time in stops says so once, while it runs.
case_time_in_stops()
{
    local others
    build named -lelf
    spinning
    # Where it works, there is another way.
    traced 0 --in-process --summary ./named
    others=$(grep -q 'no jumps' $err || echo ', --in-process serves calls without stops')
    export PTRACE_TRACER_STOP_SHARE_AFTER_MS=100
    tracer_start --print=/dev/null ./spinning
    wait_for 60 at_least 1 '^ptrace_tracer: to make it faster' $err || fail "no word of it"
    lines 1 '^ptrace_tracer: most of the time is spent in stops: ([5-9][0-9]|100)% of the CPU time is the tracer.s; most calls are of spinning:a, spinning:b, spinning:c$' $err
    lines 1 "^ptrace_tracer: to make it faster: -x 'a\|b\|c' leaves them out$others\$" $err
    : >enough
    tracer_ends 0
    lines 2 'stops|faster' $err
    rm enough
    # What it says helps: d() is left.
    tracer_start --print=/dev/null -x 'a|b|c' --quiet ./spinning
    : >enough
    tracer_ends 0
    [[ ! -s $err ]] || fail "--quiet is not quiet"
}

# A program that mostly does something else.
case_time_elsewhere()
{
    cat >working.c <<'END'
#include <time.h>
static volatile int sink;
__attribute__((noinline, noclone)) void work(void)
{
    struct timespec now, start;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &start);
    do {
        for (int i = 0; i < 1000; i++)
            sink = i;
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    } while ((now.tv_sec - start.tv_sec) * 1000000000 + now.tv_nsec - start.tv_nsec < 4000000);
}
int main(void)
{
    for (int i = 0; i < 200; i++)
        work();
    return 0;
}
END
    "$cc" -O1 -o working working.c || fail "cannot compile"
    PTRACE_TRACER_STOP_SHARE_AFTER_MS=1 traced 0 --print=/dev/null ./working
    one_line '2 functions armed, 201 calls'
}

run_cases "$@"
