#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Job control: a program that stops, and the shell that waits for the tracer.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/cases.sh"

# As /proc/PID/exe has it: the build may be reached through a link.
suspends=$(readlink -f "$build/targets/suspends")
tstp=20 stop=19
# A shell without job control leaves these signals to a background job as they are for itself.
trace=("$tracer" -q -f work --print=lines)

# job_start COMMAND...: starts it with a stand-in for a shell with job control; $job is its process.
job_start()
{
    rm -f job.in job.out output lines
    mkfifo job.in job.out
    env --default-signal "$build/targets/job" "$@" <job.in >job.out 2>"$err" &
    shell_pid=$!
    exec 8>job.in 9<job.out
    read -r -t $((20 * slowness)) reply <&9 || fail "the job does not start"
    job=${reply#job }
}

# answers LINE: the next answer to `wait`.
answers()
{
    echo wait >&8
    read -r -t $((20 * slowness)) reply <&9 || fail "the job has neither stopped nor ended, not: $1"
    [[ $reply == "$1" ]] || fail "the job: $reply, not: $1"
}

continue_job()
{
    echo continue >&8
    read -r -t $((20 * slowness)) reply <&9 || fail "no answer"
    [[ $reply == continued ]] || fail "the job is $reply"
}

# The program that the tracer has started, and the process that watches for the tracer's stops.
program()
{
    local pid
    for pid in $(pgrep -P "$job"); do
        [[ $(readlink "/proc/$pid/exe") != "$suspends" ]] || echo "$pid"
    done
}

on_guard()
{
    local pid
    for pid in $(pgrep -P "$job"); do
        [[ $(readlink "/proc/$pid/exe") == "$suspends" ]] || echo "$pid"
    done
}

# job_ends TOTAL: all calls were seen, and the status is the program's.
job_ends()
{
    exec 8>&- 9<&-
    wait "$shell_pid"
    lines "$1" 'suspends:work\(' lines
    lines "$1" ' = [0-9]+ <' lines
}

is_stopped()
{
    [[ $(process_state "$1") == T ]]
}

stops_and_goes_on() # HOW SIGNAL TOTAL
{
    job_start "${trace[@]}" "$suspends" "$1"
    answers "stopped $2"
    continue_job
    answers "exited 7"
    job_ends "$3"
}

case_the_tracer_stops_with_the_program()
{
    stops_and_goes_on all $tstp 200
    stops_and_goes_on self $tstp 200
    stops_and_goes_on stop $stop 200
    stops_and_goes_on threads $tstp 500
}

# Followed children that stop with it.
case_with_children()
{
    trace+=(-F)
    job_start "${trace[@]}" /bin/sh -c "$suspends all; exit \$?"
    answers "stopped $tstp"
    continue_job
    answers "exited 7"
    job_ends 200
}

case_with_lttng()
{
    with_lttng
    job_start "$tracer" -o trace -f work "$suspends" all
    answers "stopped $tstp"
    # Longer than its timeout for an answer of the daemon.
    sleep 4
    continue_job
    answers "exited 7"
    exec 8>&- 9<&-
    said '200 calls, 400 events written, 0 lost'
    read_trace trace
    events 200 suspends:work_entry
    events 200 suspends:work_exit
    ! grep -q 'does not answer' "$err" || fail "it complains of the daemon: $(cat "$err")"
}

# Only the program is continued: at its next breakpoint it needs the tracer.
case_the_program_alone_is_continued()
{
    local how
    for how in self stop threads; do
        job_start "${trace[@]}" "$suspends" "$how"
        answers "stopped $([[ $how == stop ]] && echo $stop || echo $tstp)"
        kill -CONT "$(program)"
        answers "exited 7"
        job_ends "$([[ $how == threads ]] && echo 500 || echo 200)"
    done
}

# A sender that knows only the tracer's PID means the program.
case_the_tracer_alone_is_continued()
{
    job_start "${trace[@]}" "$suspends" self
    answers "stopped $tstp"
    kill -CONT "$job"
    answers "exited 7"
    job_ends 200
}

case_the_stopped_program_is_killed()
{
    job_start "${trace[@]}" "$suspends" self
    answers "stopped $tstp"
    kill -KILL "$(program)"
    answers "exited 137"
    exec 8>&- 9<&-
}

# A followed child that was not stopped runs on; the job stays stopped.
case_others_run_on()
{
    trace+=(-F)
    job_start "${trace[@]}" "$suspends" child
    answers "stopped $tstp"
    wait_for 20 test -e child.done || fail "the child makes no progress"
    wait_for 5 is_stopped "$job" || fail "the job goes on though its program is stopped"
    kill -CONT "$(program)"
    answers_at_last "exited 7"
    job_ends 300
}

# answers_at_last LINE: this answer, after any number of stops.
answers_at_last()
{
    reply=stopped
    while [[ $reply == stopped* ]]; do
        echo wait >&8
        read -r -t $((20 * slowness)) reply <&9 || fail "the job does not end"
    done
    [[ $reply == "$1" ]] || fail "the job: $reply, not: $1"
}

# The watching process keeps nothing open and ends with the tracer.
case_the_guard_holds_nothing()
{
    local guard
    job_start "${trace[@]}" "$suspends" self
    answers "stopped $tstp"
    guard=$(on_guard)
    wait_for 5 holds_nothing "$guard" || fail "it has files: $(ls -l "/proc/$guard/fd")"
    [[ $(ps -o pgid=,sid=,tty=,wchan= -p "$guard") =~ ^\ *$guard\ +$guard\ +\? ]] ||
        fail "it has a terminal or another's group: $(ps -o pgid=,sid=,tty= -p "$guard")"
    kill -KILL "$job"
    answers "killed 9"
    wait_for 5 is_gone "$guard" || fail "it outlives the tracer"
    exec 8>&- 9<&-
}

holds_nothing()
{
    [[ -z $(ls "/proc/$1/fd") ]]
}

# SIGTERM for a stopped job, and then what a shell does.
case_let_go_while_stopped()
{
    local how pid
    for how in continue_job 'kill -CONT "$job"'; do
        job_start "${trace[@]}" "$suspends" self
        answers "stopped $tstp"
        pid=$(program)
        kill -TERM "$job"
        is_stopped "$job" || fail "it goes on at a SIGTERM"
        eval "$how"
        answers "exited 0"
        wait_for 10 is_gone "$pid" || fail "the program does not end"
        grep -q '^work 200 200$' output || fail "the program: $(cat output)"
        exec 8>&- 9<&-
    done
}

# The program stops just when the tracer detaches: nobody would continue it.
case_let_go_of_a_stopped_program()
{
    local pid
    for _ in 1 2 3; do
        job_start "${trace[@]}" "$suspends" wait
        wait_for 10 at_least 100 ' = [0-9]+ <' lines || fail "no calls seen"
        pid=$(program)
        kill -STOP "$pid"
        kill -TERM "$job"
        answers_let_go
        is_gone "$pid" && fail "the program has died"
        [[ $(tracer_of "$pid") == 0 ]] || fail "still traced"
        kill -USR1 "$pid"
        wait_for 10 is_gone "$pid" || fail "the program does not end"
        grep -q '^work 200 200$' output || fail "the program: $(cat output)"
        exec 8>&- 9<&-
    done
}

# It may have stopped before it got the other signal.
answers_let_go()
{
    echo wait >&8
    read -r -t $((20 * slowness)) reply <&9 || fail "the tracer neither stops nor ends"
    if [[ $reply == stopped* ]]; then
        continue_job
        answers "exited 0"
    elif [[ $reply != "exited 0" ]]; then
        fail "the job: $reply"
    fi
}

# Attached only: others' stops do not affect the tracer, nor does its own ^Z affect them.
case_attached()
{
    "$suspends" wait 10 >target.out 2>target.err &
    target_pid=$!
    wait_for 10 sleeps_in "$target_pid" "$suspends" || fail "it does not start"
    job_start "${trace[@]}" "$target_pid"
    wait_for 10 is_traced "$target_pid" || fail "not attached"
    kill -TSTP "$target_pid"
    wait_for 10 is_listened_to "$target_pid" || fail "it does not stop"
    kill -TSTP "-$job"
    kill -TTIN "-$job"
    kill -TTOU "-$job"
    kill -CONT "$target_pid"
    kill -USR1 "$target_pid"
    target_ends 7
    [[ -z $(on_guard) ]] || fail "it has stopped"
    answers "exited 0"
    job_ends 10
}

is_listened_to()
{
    [[ $(process_state "$1") == t ]]
}

# Stopped before the program runs: by the terminal, and the process that will become the program
# alone.
case_stopped_before_it_runs()
{
    local child
    mkfifo pipe
    trace=("$tracer" -q -f work --print=pipe)
    job_start "${trace[@]}" "$suspends" wait 10
    wait_for 10 has_child || fail "no child"
    child=$(pgrep -P "$job")
    kill -TSTP "-$job"
    answers "stopped $tstp"
    continue_job
    kill -TSTP "$child"
    wait_for 5 is_stopped "$child" || fail "the child does not stop"
    cat pipe >lines &
    answers "stopped $tstp"
    continue_job
    wait_for 10 at_least 10 ' = [0-9]+ <' lines || fail "no calls seen"
    kill -USR1 "$child"
    answers "exited 7"
    wait_for 5 at_least 20 ' = [0-9]+ <' lines
    job_ends 20
}

has_child()
{
    [[ -n $(pgrep -P "$job") ]]
}

# ---- a terminal and real shells ----

# script(1) runs the command with $SHELL.
export SHELL=/bin/bash

# shell_does SHELL LINE [UNTIL KEYS]...: types the line to an interactive shell on a terminal, and
# each KEYS when the command UNTIL succeeds. The screen is in the file `typescript`.
shell_does()
{
    local shell=$1
    {
        wait_for 10 at_least 1 '[$#] $' typescript
        printf '%s\n' "$2"
        shift 2
        while (($# > 0)); do
            eval "wait_for 20 $1" || break
            printf '%b' "$2"
            shift 2
        done
        wait_for 20 test -e status
        printf '\nexit\nexit\n'
    } | ENV='' timeout 50 script -qfc "$shell" typescript >/dev/null
}

typed_at() # SHELL
{
    rm -f status typescript lines output
    shell_does "$1" "$tracer -q -f work --print=lines $suspends wait >output; echo \$? >status" \
        'at_least 100 " = [0-9]+ <" lines' '\032' \
        'at_least 1 Stopped typescript' 'fg; echo $? >status\n' \
        'runs_again' '\003'
    [[ $(cat status) == 130 ]] || fail "in $1: exit status $(cat status), not 130"
}

runs_again()
{
    [[ $(process_state "$(head -n 1 lines | cut -d' ' -f1)") == S ]]
}

case_typed_at_a_terminal()
{
    typed_at 'bash --norc --noprofile -i'
    typed_at 'dash -i'
}

run_cases "$@"
