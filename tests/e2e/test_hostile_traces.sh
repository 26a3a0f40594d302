#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Traces that no tracer has written: one line, soon, and not all of the computer's memory.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/cases.sh"

# A sanitizer would tell of the memory that is refused, and of the crash.
tracer=${PLAIN_BUILD:-$build}/bin/ptrace_tracer

# refused KIND: such a trace is damaged, in one line. Other versions of libbabeltrace2 than 2.0.4 may say
# how.
refused()
{
    python3 "$top/tests/e2e/hostile_traces.py" "$1" "$1" || fail "no trace"
    traced 125 report --raw "$1"
    one_line "cannot read $1[^ ]*: it is (cut or )?damaged"
    [[ ! -s $out ]] || fail "$1: something is printed"
}

case_given_up()
{
    python3 "$top/tests/e2e/hostile_traces.py" good good || fail "no trace"
    traced 0 report --raw good
    lines 1 ' app:f$' $out
    refused long_array
    refused long_sequence
    refused longer_sequence
    refused events_without_size
    said ': its events take no room$'
}

# 256 MiB are filled with the same packet, until no more are given.
case_memory()
{
    refused packet_without_size
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
    refused endless_header
}

run_cases "$@"
