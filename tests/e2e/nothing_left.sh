# SPDX-License-Identifier: MIT
# Checks that a program is unchanged after a detach, for scripts that have sourced cases.sh:
#
#   note_before PID...    before the tracer attaches
#   nothing_left PID...   afterwards: fails if a change is left in one of them
#
# A change is: a tracer, a thread stopped by one, a breakpoint (or any code byte that differs from
# the file), another affinity, signal mask or disposition than noted. Threads that have ended or
# started since are not compared. Without a note, the affinity must be the shell's, and masks are
# not compared. run_cases() finds processes that are left.
# shellcheck shell=bash disable=SC2154

# A line for each thread: ID, affinity, blocked, ignored and handled signals.
state_of_threads() # PID
{
    awk '/^Pid:/ {tid = $2} /^(Cpus_allowed|SigBlk|SigIgn|SigCgt):/ {state[tid] = state[tid] " " $1 $2}
         END {for (t in state) print t state[t]}' "/proc/$1/task/"[0-9]*/status 2>/dev/null | sort
}

note_before() # PID...
{
    local pid
    for pid; do
        state_of_threads "$pid" >"$dir/before.$pid"
        [[ -s $dir/before.$pid ]] || fail "process $pid is not there"
    done
}

nothing_left() # PID...
{
    local pid now before
    for pid; do
        kill -0 "$pid" 2>/dev/null || fail "process $pid is gone"
        now=$(awk '/^Pid:/ {tid = $2} /^TracerPid:/ && $2 {print "thread " tid " is traced by " $2}
                   /^State:[ \t]*t/ {print "a thread is stopped by a tracer"}' \
            "/proc/$pid/task/"[0-9]*/status 2>/dev/null)
        [[ -z $now ]] || fail "process $pid: $now"
        if [[ -e $dir/before.$pid ]]; then
            # Only the threads in both.
            now=$(join <(cut -d' ' -f1 "$dir/before.$pid") <(state_of_threads "$pid"))
            before=$(join <(cut -d' ' -f1 <<<"$now") "$dir/before.$pid")
            [[ $now == "$before" ]] ||
                fail "process $pid has changed: $(diff <(echo "$before") <(echo "$now"))"
        else
            now=$(sed -n 's/^Cpus_allowed:[[:space:]]*//p' "/proc/$pid/task/"[0-9]*/status | sort -u)
            before=$(sed -n 's/^Cpus_allowed:[[:space:]]*//p' "/proc/$$/status")
            [[ $now == "$before" ]] || fail "threads of process $pid are bound: $now, not $before"
        fi
        "$build/tests/text_clean" "$pid" >"$dir/dirt" ||
            fail "the code of process $pid has changed: $(head -n 5 "$dir/dirt")"
    done
}
