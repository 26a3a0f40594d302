#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Tracer and program in a minimal system: without /proc of others, shared memory, a home, a working
# directory, open files or an environment.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/cases.sh"
. "$(dirname "$0")/namespaces.sh"

# As in a container: some system calls are refused to tracer and program.
case_seccomp()
{
    local in=("$build/targets/under_seccomp")
    "${in[@]}" true || skip "no seccomp here"
    "${in[@]}" "$tracer" -q --print=lines -f my_traced_function "$sample" 100 >$out 2>$err ||
        fail "exit status $?"
    lines 200 . lines
    lines 100 'arg3 = 3.14159' lines
    [[ ! -s $err ]] || fail "unexpected output"
    with_lttng
    "${in[@]}" "$tracer" -o trace -f my_traced_function "$sample" 100 >$out 2>$err ||
        fail "exit status $?"
    read_trace trace
    lines 200 . text
    # Only the program, from outside.
    "${in[@]}" "$sample" 1000000 1000 >target.out 2>&1 &
    target_pid=$!
    wait_for 10 sleeps_in "$target_pid" "$(readlink -f "$sample")" || fail "the target does not start"
    rm lines
    tracer_start --print=lines -f my_traced_function -p "$target_pid"
    wait_for 10 at_least 20 'my_traced_function\(arg1 = 42' lines || fail "no calls"
    kill -TERM "$tracer_pid"
    tracer_ends 0
    text_is_original "$target_pid" "$build/lib/libmylib.so" my_traced_function ||
        fail "its text is not the file's"
    kill -KILL "$target_pid"
    wait "$target_pid" 2>/dev/null
    true
}

# sh_in_mounts SCRIPT: runs it in a mount namespace of its own.
sh_in_mounts()
{
    make_namespaces --mount
    unshare "${namespaces[@]}" bash -c "$1" >$out 2>$err
}

case_hidden_processes()
{
    [[ ${PRIVATE_LTTNG_SPACE:-} == entered ]] || skip "only root can mount /proc to hide processes"
    be_nobody
    mount -t proc -o hidepid=2 proc /proc || skip "no hidepid here"
    "${as_nobody[@]}" test -e /proc/1 && fail "process 1 is not hidden"
    "${as_nobody[@]}" "$tracer" -q --print=lines -f my_traced_function "$sample" 100 >$out 2>$err ||
        fail "exit status $?"
    lines 200 . lines
    refused_pid 'no process 1' 1 "${as_nobody[@]}" "$tracer"
    "${as_nobody[@]}" "$sample" 1000000 1000 >target.out 2>&1 &
    target_pid=$!
    wait_for 10 sleeps_in "$target_pid" "$(readlink -f "$sample")" || fail "the target does not start"
    rm lines
    "${as_nobody[@]}" "$tracer" --print=lines -f my_traced_function -p "$target_pid" 2>$err &
    tracer_pid=$!
    wait_for 10 at_least 20 'my_traced_function\(arg1 = 42' lines || fail "no calls"
    kill -TERM "$tracer_pid"
    tracer_ends 0
    kill -KILL "$target_pid"
    wait
}

# Without memory for its ring buffers, LTTng enables nothing and reports no error.
case_no_room_for_buffers()
{
    [[ ${PRIVATE_LTTNG_SPACE:-} == entered ]] || skip "only root has a /dev/shm of its own"
    # The daemon ends with the PID namespace.
    local namespaces=(--mount --pid --fork --mount-proc)
    may_unshare "${namespaces[@]}"
    cat >script <<END
mount -t tmpfs -o size=64k tmpfs /dev/shm && mount -t tmpfs tmpfs /run || exit
export LTTNG_HOME=$dir/home
"$tracer" -o trace -f my_traced_function "$sample" 100
END
    local status=0
    unshare "${namespaces[@]}" bash script >$out 2>$err || status=$?
    [[ $status == 0 && $(cat $out) == 'sample_app: 100 calls' ]] || fail "exit status $status"
    said 'LTTng has enabled none of the 1 functions: .*/dev/shm'
}

# --print and --list need neither.
case_no_shared_memory()
{
    local options
    for options in mode=0 size=4k noexec,size=64k; do
        sh_in_mounts "mount -t tmpfs -o $options tmpfs /dev/shm &&
            '$tracer' -q --print=lines -f my_traced_function '$sample' 100" ||
            fail "exit status $? with $options"
        lines 200 . lines
    done
}

case_no_home()
{
    env -u HOME -u LTTNG_HOME "$tracer" -q --print=lines -f my_traced_function "$sample" 10 >$out 2>$err ||
        fail "exit status $?"
    lines 20 . lines
    with_lttng
    # The daemon is found by LTTNG_HOME or, root's, in its usual place.
    env -u HOME "$tracer" -o trace -f my_traced_function "$sample" 10 >$out 2>$err ||
        fail "exit status $?"
    read_trace trace
    lines 20 . text
    mkdir sealed
    chmod 555 sealed
    HOME=$dir/sealed "$tracer" -o trace2 -f my_traced_function "$sample" 10 >$out 2>$err ||
        fail "exit status $?"
    read_trace trace2
    lines 20 . text
}

# No home for its files and no daemon: one line, and the program has not run.
case_no_home_for_a_daemon()
{
    [[ $(id -u) != 0 ]] || skip "root's daemon needs no home"
    unset LTTNG_HOME
    mkdir sealed
    chmod 555 sealed
    HOME=$dir/sealed traced 125 -o trace "$sample" 10
    one_line 'session daemon|lttng-sessiond|home'
    [[ ! -s $out ]] || fail "the program has run"
    [[ ! -e trace ]] || fail "the output directory is left"
}

case_no_working_directory()
{
    mkdir gone
    cd gone || fail "no directory"
    rmdir "$dir/gone"
    out=$dir/out err=$dir/err
    "$tracer" -q --print="$dir/lines" -f my_traced_function "$sample" 10 >"$out" 2>"$err" ||
        fail "exit status $?"
    lines 20 . "$dir/lines"
    cd "$dir" || fail
    with_lttng
    mkdir gone
    cd gone || fail "no directory"
    rmdir "$dir/gone"
    "$tracer" -o "$dir/trace" -f my_traced_function "$sample" 10 >"$out" 2>"$err" ||
        fail "exit status $?"
    # Its own directory would be made here.
    local status=0
    "$tracer" "$sample" 10 >"$out" 2>"$err" || status=$?
    [[ $status == 125 ]] || fail "exit status $status, not 125"
    one_line 'director'
    [[ ! -s $out ]] || fail "the program has run"
    cd "$dir" || fail
    no_sessions
    read_trace trace
    lines 20 . text
}

# No file of ours gets the number of a closed standard file: it stays closed in the program, and
# messages and lines go to no other file.
case_closed_files()
{
    local fd status
    # shellcheck disable=SC2016
    local look='for fd in 0 1 2; do [ -e /proc/self/fd/$fd ] && printf "$fd " >>fds; done; : >>fds'
    for fd in 0 1 2 012; do
        rm -f fds lines
        status=0
        case $fd in
            0) "$tracer" -v --print=lines -f 'write@c' /bin/sh -c "$look" <&- >$out 2>$err ;;
            1) "$tracer" -v --print=lines -f 'write@c' /bin/sh -c "$look" </dev/null >&- 2>$err ;;
            2) "$tracer" -v --print=lines -f 'write@c' /bin/sh -c "$look" </dev/null >$out 2>&- ;;
            012) "$tracer" -v --print=lines -f 'write@c' /bin/sh -c "$look" <&- >&- 2>&- ;;
        esac || status=$?
        [[ $status == 0 ]] || fail "exit status $status with $fd closed"
        case $fd in
            0) [[ $(cat fds) == '1 2 ' ]] ;;
            1) [[ $(cat fds) == '0 2 ' ]] ;;
            2) [[ $(cat fds) == '0 1 ' ]] ;;
            012) [[ $(cat fds) == '' ]] ;;
        esac || fail "with $fd closed the program has $(cat fds)"
        [[ -e lines ]] || fail "no lines"
        lines "$(wc -l <lines)" '^[0-9]+ .*(c:write|= [0-9])' lines
    done
    # Lines for a closed stderr.
    status=0
    "$tracer" --print -f my_traced_function "$sample" 10 2>&- >$out || status=$?
    [[ $(cat $out) == 'sample_app: 10 calls' ]] || fail "the program wrote $(cat $out)"
    with_lttng
    "$tracer" -o trace -f my_traced_function "$sample" 10 <&- >&- 2>&- || fail "exit status $?"
    read_trace trace
    lines 20 . text
}

case_no_environment()
{
    env -i "$tracer" -q --print=lines -f my_traced_function "$sample" 10 >$out 2>$err ||
        fail "exit status $?"
    lines 20 . lines
    [[ ! -s $err ]] || fail "unexpected output"
}

run_cases "$@"
