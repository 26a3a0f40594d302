#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Traces that no tracer has written: one line, soon, and not all of the computer's memory.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/cases.sh"

# A sanitizer would tell of the memory that is refused, and of the crash.
tracer=${PLAIN_BUILD:-$build}/bin/ptrace_tracer

# gives KIND STATUS TEXT: what `report` says of such a trace.
gives()
{
    python3 "$top/tests/e2e/hostile_traces.py" "$1" "$1" || fail "no trace"
    traced "$2" report --raw "$1"
    one_line "cannot read $1: it is damaged$3"
    [[ ! -s $out ]] || fail "$1: something is printed"
}

case_given_up()
{
    python3 "$top/tests/e2e/hostile_traces.py" good good || fail "no trace"
    traced 0 report --raw good
    lines 1 ' app:f$' $out
    gives long_array 125 ', and libbabeltrace2 has given up$'
    gives long_sequence 125 ', and libbabeltrace2 has given up$'
    gives longer_sequence 125 ', and reading it has crashed \(signal 11\)$'
    gives events_without_size 125 ': its events take no room$'
}

# 256 MiB are filled with the same packet, until no more are given.
case_memory()
{
    gives packet_without_size 125 ', and libbabeltrace2 has given up$'
}

# Ten seconds without progress: as many as another clock tells.
case_no_progress()
{
    cat >timer.c <<'END'
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>
int setitimer(__itimer_which_t which, const struct itimerval *new, struct itimerval *old)
{
    struct itimerval soon = {.it_value.tv_usec = 20000 * new->it_value.tv_sec};
    return (int)syscall(SYS_setitimer, which, &soon, old);
}
END
    gcc -O1 -fPIC -shared -o libtimer.so timer.c || skip "it cannot be compiled"
    export LD_PRELOAD=$dir/libtimer.so
    gives endless_header 125 ', and libbabeltrace2 gets no further$'
}

run_cases "$@"
