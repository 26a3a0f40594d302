#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Attach, detach, signals and exit statuses.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/cases.sh"

f=(-f my_traced_function --print=lines)
# Long enough to attach to, short enough to end by itself.
slow=(2000 $((1000 * slowness)))

attach()
{
    target_start "$sample" "${slow[@]}"
    note_before "$target_pid"
    "$@"
    wait_for 10 at_least 20 ' = void <' lines || fail "no calls seen after attaching"
}

# After the detach, the program is unchanged and goes on.
let_go()
{
    nothing_left "$target_pid"
    text_is_original "$target_pid" "$build/lib/libmylib.so" my_traced_function ||
        fail "the function's code is not what it was"
    target_ends 0
    [[ $(cat target.out) == "sample_app: ${slow[0]} calls" ]] || fail "the target: $(cat target.out)"
    # As many exits as entries, except for one call that may be open.
    local entries exits
    entries=$(grep -c 'mylib:' lines) exits=$(grep -c ' = void <' lines)
    ((entries - exits == 0 || entries - exits == 1)) || fail "$entries entries, $exits exits"
}

case_detach_by_sigint()
{
    # The shell starts background jobs with SIGINT ignored; env resets it.
    attach eval 'env --default-signal=INT "$tracer" "${f[@]}" "$target_pid" >$out 2>$err & tracer_pid=$!'
    kill -INT "$tracer_pid"
    tracer_ends 0
    let_go
}

case_detach_by_sigterm()
{
    attach eval 'tracer_start "${f[@]}" --pid="$target_pid"'
    kill -TERM "$tracer_pid"
    tracer_ends 0
    let_go
}

# A signal after which the tracer continues; SIGTERM still ends it.
goes_on_after() # SIGNAL
{
    local seen
    attach eval 'tracer_start "${f[@]}" -p "$target_pid"'
    kill "-$1" "$tracer_pid"
    seen=$(grep -c . lines)
    wait_for 10 at_least $((seen + 100)) . lines || fail "it stopped at a SIG$1"
    kill -TERM "$tracer_pid"
    tracer_ends 0
    let_go
}

# A shell without job control starts background jobs with SIGINT ignored, but not SIGTERM.
case_sigint_ignored_at_start()
{
    goes_on_after INT
}

case_attach_until_the_end()
{
    slow=(500 $((1000 * slowness)))
    attach eval 'tracer_start "${f[@]}" -p "$target_pid"'
    target_ends 0
    tracer_ends 0
    lines "$(grep -c 'mylib:' lines)" ' = void <' lines
}

case_attach_to_two()
{
    target_start "$sample" "${slow[@]}"
    local first=$target_pid
    target_start "$sample" "${slow[@]}"
    note_before "$first" "$target_pid"
    tracer_start "${f[@]}" -p "$first" -p "$target_pid"
    wait_for 10 at_least 20 "^$first mylib:" lines || fail "nothing of the first"
    wait_for 10 at_least 20 "^$target_pid mylib:" lines || fail "nothing of the second"
    kill -TERM "$tracer_pid"
    tracer_ends 0
    nothing_left "$first" "$target_pid"
    target_ends 0
    target_pid=$first
    target_ends 0
}

# A stopped process stays stopped while it is attached, and after the detach.
case_attach_to_a_stopped_process()
{
    target_start "$sample" "${slow[@]}"
    kill -STOP "$target_pid"
    wait_for 5 is_stopped "$target_pid" || fail "it does not stop"
    tracer_start "${f[@]}" -p "$target_pid"
    wait_for 10 is_traced "$target_pid" || fail "not attached"
    kill -CONT "$target_pid"
    wait_for 10 at_least 20 ' = void <' lines || fail "no calls seen"
    kill -STOP "$target_pid"
    wait_for 10 is_stopped "$target_pid" || fail "it does not stop while traced"
    kill -TERM "$tracer_pid"
    tracer_ends 0
    is_stopped "$target_pid" || fail "it runs though it was stopped"
    kill -CONT "$target_pid"
    let_go
}

is_stopped()
{
    [[ $(process_state "$1") == [Tt] ]]
}

case_launched_sigterm()
{
    tracer_start "${f[@]}" "$sample" "${slow[@]}"
    wait_for 10 at_least 20 ' = void <' lines || fail "no calls seen"
    target_pid=$(cut -d' ' -f1 lines | head -n 1)
    kill -TERM "$tracer_pid"
    tracer_ends 0
    is_not_traced "$target_pid" || fail "still traced"
    wait_for 20 is_gone "$target_pid" || fail "the program does not end"
    [[ $(cat $out) == "sample_app: ${slow[0]} calls" ]] || fail "the program did not run on"
}

# script(1) runs the command with $SHELL; bash continues after a command that ^C ended.
export SHELL=/bin/bash

# ^C on a terminal reaches the program, which dies from it as without a tracer.
case_launched_interrupt()
{
    local status
    { wait_for 10 at_least 20 ' = void <' lines && printf '\003'; wait_for 20 test -e status; } |
        script -qec "$tracer -q ${f[*]} $sample 1000000 1000; echo \$? >status.new; mv status.new status" \
            typescript >/dev/null
    status=$(cat status)
    [[ $status == 130 ]] || fail "exit status $status, not 130"
}

# A program that handles ^C continues, and so does the tracer.
case_launched_handles_interrupt()
{
    cat >interrupted <<-EOT
		#!/bin/bash
		trap 'echo caught >caught' INT
		: >ready
		until [[ -e caught ]]; do read -rt 0.01 <>/dev/zero _; done
		$sample 10
		exit 4
	EOT
    chmod +x interrupted
    { wait_for 10 test -e ready && printf '\003'; wait_for 20 test -e status; } |
        script -qec "$tracer -q -F ${f[*]} ./interrupted; echo \$? >status.new; mv status.new status" \
            typescript >/dev/null
    [[ $(cat status) == 4 ]] || fail "exit status $(cat status), not 4"
    lines 10 ' = void <' lines
}

# The FIFO of the lines has no reader yet: a signal ends the tracer, and the program never runs.
case_interrupted_before_anybody_reads()
{
    local signal
    mkfifo lines
    for signal in INT TERM HUP; do
        : >"$err"
        env --default-signal=INT "$tracer" --print=lines "$sample" 5 >"$out" 2>"$err" &
        tracer_pid=$!
        wait_for 20 at_least 1 'waiting for somebody to read lines' "$err" || fail "no message: $(cat "$err")"
        kill "-$signal" "$tracer_pid"
        tracer_ends 125
        said 'interrupted before anything was traced'
        [[ ! -s $out ]] || fail "the program ran: $(cat "$out")"
    done
}

# A program started with SIGINT blocked continues after it, and so does the tracer.
case_launched_with_sigint_blocked()
{
    env --block-signal=INT "$tracer" -q "${f[@]}" "$sample" 500 1000 >$out 2>$err &
    tracer_pid=$!
    wait_for 10 at_least 20 ' = void <' lines || fail "no calls seen"
    kill -INT "$tracer_pid"
    tracer_ends 0
    lines 500 ' = void <' lines
}

case_exit_status()
{
    traced 7 -q --print=lines /bin/sh -c 'exit 7'
    traced 0 -q --print=lines /bin/true
    traced 255 -q --print=lines /bin/sh -c 'exit 255'
    traced 143 -q --print=lines /bin/sh -c 'kill -TERM $$'
    traced 137 -q --print=lines /bin/sh -c 'kill -KILL $$'
    traced 139 -q --print=lines /bin/sh -c 'ulimit -c 0; kill -SEGV $$'
    traced 133 -q --print=lines /bin/sh -c 'ulimit -c 0; kill -TRAP $$'
}

# Options end at the program's name; the rest are the program's.
case_program_options()
{
    traced 0 -q --print=lines /bin/echo -f --print -p 1
    [[ $(cat $out) == "-f --print -p 1" ]] || fail "the program got: $(cat $out)"
    traced 0 -q --print=lines -- /bin/echo --
    [[ $(cat $out) == "--" ]] || fail "the program got: $(cat $out)"
}

case_script_by_its_interpreter()
{
    printf '#!/bin/sh\nexit 9\n' >script
    chmod +x script
    traced 9 -q --print=lines ./script
}

case_path_is_searched()
{
    PATH=$build/bin:$PATH traced 0 -q "${f[@]}" sample_app 12
    lines 12 ' = void <' lines
}

run_cases "$@"
