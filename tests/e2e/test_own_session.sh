#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Sessions of the tracer's own (-o): nothing is lost while the ring buffers are emptied, losses are
# counted exactly, and the trace is readable whichever process is killed.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/cases.sh"
. "$(dirname "$0")/call_on_request.sh"

f=(-f my_traced_function)

# counted WORD: prints the number before it in the summary.
counted()
{
    sed -n "s/^ptrace_tracer: .* \([0-9]*\) $1.*/\1/p" "$err" | head -n 1
}

# The tracer's count of written events is that of the trace of the session `mine`, its count of lost
# events is LTTng's count of discarded ones; $written, $lost.
lttng_says_lost()
{
    lttng_do list mine
    grep -q "Discarded events: $lost\$" lttng.log
}

all_count_the_same()
{
    written=$(counted 'events written') lost=$(counted lost)
    # The consumer daemon counts when it takes a full sub-buffer.
    wait_for 10 lttng_says_lost || fail "$lost lost, and lttng says: $(cat lttng.log)"
    lttng_do destroy mine
    babeltrace2 mine 2>text.err >text
    lines "$written" ' wait_for_line:work_' text
}

# Each event has the thread's ID and name, and no other context.
case_contexts()
{
    with_lttng
    traced 0 -o trace "${f[@]}" "$sample" 3
    read_trace trace
    lines 3 ' mylib:my_traced_function_entry: \{ cpu_id = [0-9]+ \}, \{ vpid = [0-9]+, vtid = [0-9]+, procname = "sample_app" \}, \{ arg1 = 42, arg2 = 3735928559, arg3 = 3\.14159, arg4 = 0x12345678 \}$' text
    lines 6 . text
    # A session of the user's gets none.
    lttng_do create mine --output="$dir/mine"
    traced 0 "${f[@]}" "$sample" 3
    lttng_do destroy
    read_trace mine
    lines 3 ' mylib:my_traced_function_entry: \{ cpu_id = [0-9]+ \}, \{ arg1 = 42,' text
}

# The consumer is stopped for a while during a burst: the ring buffers fill, and then the program
# waits.
case_nothing_is_lost_while_the_consumer_lives()
{
    with_lttng
    traced 0 -q -o first "${f[@]}" "$sample" 1
    local pid
    pid=$(consumer) || fail "no consumer"
    asked_start
    asked_traced -o trace -f work
    planted
    calls 1000
    kill -STOP "$pid"
    calls 30000
    kill -CONT "$pid"
    calls 1000
    asked_ends
    tracer_ends 0
    said ' 32000 calls, 64000 events written, 0 lost'
    read_trace trace
    lines 64000 . text
}

# Small ring buffers that are not emptied: the tracer's counts of lost and written events, LTTng's
# count of discarded ones, and the trace agree.
case_losses_are_exact()
{
    local pid written lost
    with_lttng
    tiny_session --discard
    asked_start
    asked_traced
    planted
    calls 100
    pid=$(consumer) || fail "no consumer"
    kill -STOP "$pid"
    calls 5000
    kill -CONT "$pid"
    calls 100
    lttng_do stop
    lttng_do list mine
    asked_ends
    tracer_ends 0
    all_count_the_same
    ((lost > 5000 && written >= 200)) || fail "$written written, $lost lost"
    sum_is $((written + lost))
}

# The calls show what was armed at which time: 2 events each, when both are.
sum_is()
{
    local calls
    calls=$(counted 'calls')
    ((calls == 5200 && $1 == 2 * calls)) || fail "$calls calls and $1 events"
}

# A blocking channel of the user's, with a stopped consumer: the program runs on, and losses are
# counted. When the consumer continues, nothing is lost any more.
case_blocking_gives_up()
{
    local pid written lost start
    with_lttng
    tiny_session --blocking-timeout=30000000
    asked_start
    asked_traced
    planted
    calls 100
    pid=$(consumer) || fail "no consumer"
    kill -STOP "$pid"
    start=$SECONDS
    calls 5000
    ((SECONDS - start < 20)) || fail "5000 calls took $((SECONDS - start)) s"
    kill -CONT "$pid"
    # There is space again: the next records may wait again.
    calls 1000
    asked_ends
    tracer_ends 0
    all_count_the_same
    ((written + lost == 2 * 6100)) || fail "$written written, $lost lost"
}

# At any time the trace is complete up to a second ago, and completely once the session has ended.
case_tracer_killed()
{
    local session
    with_lttng
    asked_start
    asked_traced -o trace -f work
    planted
    calls 500
    wait_for 10 has_events 1000 || fail "what was recorded is not in the files: $(tail -n 3 text.err)"
    calls 20
    kill -KILL "$tracer_pid"
    wait "$tracer_pid" 2>/dev/null
    [[ ! -s text.err ]] || fail "babeltrace2: $(head -n 3 text.err)"
    # As the manual says.
    session=$(lttng --no-sessiond list | sed -n 's/^ *[0-9]*) \(ptrace_tracer-wait_for_line-[^ ]*\) .*/\1/p')
    [[ -n $session ]] || fail "no session is left"
    lttng_do destroy "$session"
    read_trace trace
    lines 1040 . text
    no_sessions
    kill -KILL "$target_pid"
    wait "$target_pid" 2>/dev/null
    true
}

has_events() # N
{
    babeltrace2 trace >text 2>text.err && [[ $(wc -l <text) == "$1" && ! -s text.err ]]
}

# With thousands of functions the metadata is long, and still complete.
case_tracer_killed_with_many_functions()
{
    local i
    for ((i = 0; i < 3000; i++)); do
        printf 'int function_%d(int a, const char *b);\nint function_%d(int a, const char *b) { return a + (b != 0); }\n' $i $i
    done >many.c
    echo 'int main(void) { for (int i = 0; i < 1000; i++) function_7(i, "text"); char c; return (int)__builtin_printf("done\n") + (read(0, &c, 1) < 0); }' >>many.c
    sed -i '1i #include <unistd.h>' many.c
    gcc -O0 -g -o many many.c || fail "cannot build"
    with_lttng
    mkfifo gate
    exec 8<>gate
    "$tracer" -o trace -f 'function_.*' ./many <gate >"$out" 2>"$err" 8>&- &
    tracer_pid=$!
    wait_for 30 has_events 2000 || fail "$(tail -n 3 text.err)"
    target_pid=$(pgrep -P "$tracer_pid" -x many)
    kill -KILL "$tracer_pid"
    wait "$tracer_pid" 2>/dev/null
    babeltrace2 trace >text 2>text.err || fail "$(tail -n 3 text.err)"
    lines 2000 ' many:function_7_' text
    kill -KILL "$target_pid"
    lttng_do destroy --all
}

case_program_killed()
{
    with_lttng
    asked_start
    asked_traced -o trace -f work
    planted
    calls 500
    kill -KILL "$target_pid"
    tracer_ends 0
    read_trace trace
    lines 1000 . text
    no_sessions
    wait "$target_pid" 2>/dev/null
    true
}

run_cases "$@"
