#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Programs and libraries of the distribution: stripped and optimized.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/cases.sh"

# Runs the program with and without the tracer: same stdout and status. Its output is in $out, the
# tracer's lines in `lines`, with as many exits as entries.
same_as_untraced() # PATTERN COMMAND...
{
    local pattern=$1 status=0
    shift
    "$@" >untraced.out || status=$?
    traced "$status" -q --print=lines -f "$pattern" "$@"
    cmp untraced.out $out || fail "the program has other output"
    lines "$(entries lines)" '^[0-9]+ +(=|\} ).* <[0-9]+\.[0-9]+>$' lines
}

entries() # FILE
{
    grep -cE '^[0-9]+ +[^ =}][^ ]*\(' "$1"
}

case_sqlite3()
{
    command -v sqlite3 >/dev/null || skip "no sqlite3"
    same_as_untraced 'sqlite3_(prepare|step|finalize).*' sqlite3 :memory: 'select 1;'
    # One step for the row, one that finds no more rows.
    lines 1 ':sqlite3_prepare_v2\(' lines
    lines 2 ':sqlite3_step\(' lines
    lines 1 ':sqlite3_finalize\(' lines
    same_as_untraced 'sqlite3_(prepare|step|finalize).*' sqlite3 :memory: \
        'create table t(x); insert into t values (1),(2),(3); select * from t; select count(*) from t;'
    at_least 4 ':sqlite3_prepare' lines || fail "too few statements prepared"
    # One step for each of the first two, four and two for the others; the library calls it itself,
    # too.
    at_least 8 ':sqlite3_step\(' lines || fail "too few steps"
    at_least 4 ':sqlite3_finalize\(' lines || fail "too few statements finalized"
}

case_bash()
{
    local loop
    # Twenty more iterations of a loop are exactly twenty more commands of its body.
    for loop in 5 25; do
        same_as_untraced 'execute_command_internal' \
            /bin/bash --norc -c "for ((i = 0; i < $loop; i++)); do :; done; echo \$i"
        mv lines "lines$loop"
    done
    (($(entries lines25) == $(entries lines5) + 20)) || fail "$(entries lines5) and $(entries lines25)"
}

case_python3()
{
    [[ -x /usr/bin/python3 ]] || skip "no /usr/bin/python3"
    local n
    for n in 3 103; do
        same_as_untraced 'PyNumber_Long@python3*' \
            /usr/bin/python3 -S -c "
for i in range($n):
    int('5')
print('done')"
        mv lines "lines$n"
    done
    (($(entries lines103) >= $(entries lines3))) || fail "fewer calls in more rounds"
}

# A pipeline of processes, traced one after the other.
case_shell_with_children()
{
    same_as_untraced 'nothing_of_that_name' /bin/sh -c 'seq 100 | sort -rn | head -n 3; exit 6'
    traced 6 -q -F --print=lines -f 'nothing_of_that_name' /bin/sh -c \
        'seq 100 | sort -rn | head -n 3; exit 6'
    cmp untraced.out $out || fail "the output of the children differs"
}

# libc's own functions, by name.
case_libc()
{
    traced 0 -q --print=lines -f 'nanosleep@c' "$sample" 10 1000
    lines 10 ' c:nanosleep\(' lines
    lines 20 . lines
}

# LeakSanitizer fails under any tracer: a warning says so before.
case_leak_sanitizer()
{
    printf '%s\n' '#include <stdio.h>' 'int work(int x) { return x; }' \
        'int main(void) { puts("finished"); return work(0); }' >leaks.c
    gcc -g -O0 -fsanitize=address -o leaks leaks.c 2>/dev/null || skip "gcc has no AddressSanitizer"
    ASAN_OPTIONS=exitcode=77 traced 77 --print=lines -f work ./leaks
    lines 1 'process [0-9]+ checks for leaks when it ends .*ASAN_OPTIONS=detect_leaks=0' "$err"
    ASAN_OPTIONS=detect_leaks=0:exitcode=77 traced 0 --print=lines -f work ./leaks
    lines 0 'checks for leaks' "$err"
    lines 1 '^finished$' "$out"
    # clang links the runtime into the program: its functions are selected, too.
    clang -g -O0 -fsanitize=address -o leaks leaks.c 2>/dev/null || return 0
    ASAN_OPTIONS=exitcode=77 traced 77 --print=lines ./leaks
    lines 1 ':work\(' lines
    lines 0 ':__sanitizer::' lines
}

run_cases "$@"
