#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Under sudo the events go to the session of the user who called sudo. Needs root, also through
# sudo.
command -v sudo >/dev/null || { echo 'SKIP: no sudo'; exit 77; }
if [[ $(id -u) != 0 ]]; then
    sudo -n true 2>/dev/null || { echo 'SKIP: sudo asks for a password'; exit 77; }
    exec sudo -n env "PATH=$PATH" "BUILD=${BUILD:-}" "PLAIN_BUILD=${PLAIN_BUILD:-}" \
        "TEST_CALLER=$(id -un)" bash "$0" "$@"
fi
unset SUDO_UID SUDO_GID SUDO_USER SUDO_COMMAND
# LeakSanitizer needs rights that a process with changed users does not have.
BUILD=${PLAIN_BUILD:-${BUILD:-}}
export BUILD

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/cases.sh"
. "$(dirname "$0")/user.sh"

# A message for a session of another user says how to get at it.
case_where_the_sessions_of_others_are()
{
    local alive='there is no session nosuch: `lttng list` shows the sessions'
    [[ $PRIVATE_LTTNG_SPACE == entered ]] || skip "no mount namespace may be made"
    make_user
    traced 125 --session=nosuch "$sample"
    one_line 'there is no session nosuch: no LTTng session daemon runs; to use a session of another user, have that user call sudo$'
    refused_for_user "$alive\$"
    mkdir /run/lttng
    refused_for_user "$alive; root's sessions are for root and the group tracing\$"
    rmdir /run/lttng
}

refused_for_user()
{
    local status=0
    as_user "$tracer" --session=nosuch "$sample" >$out 2>$err || status=$?
    [[ $status == 125 ]] || fail "exit status $status"
    one_line "$1"
}

case_attach()
{
    make_user
    as_user "$sample" 5000 1000 >target.out 2>&1 &
    wait_for 10 user_sample || fail "the sample does not start"
    user_lttng create mine --output="$dir/user/mine"
    as_user sudo -n "$tracer" -f my_traced_function -p "$target_pid" >$out 2>$err &
    wait_for 10 is_traced "$target_pid" || fail "not attached"
    local tracer_is
    tracer_is=$(tracer_of "$target_pid")
    wait_for 10 planted || fail "not armed"
    kill -TERM "$tracer_is"
    wait_for 10 is_gone "$tracer_is" || fail "the tracer does not end"
    is_not_traced "$target_pid" || fail "still traced"
    kill -KILL "$target_pid"
    user_lttng destroy mine
    read_trace user/mine
    at_least 1 'mylib:my_traced_function_entry: ' text || fail "no events in the user's trace"
    # The call that is open at the detach has no exit.
    local entries exits
    entries=$(grep -c _entry text) exits=$(grep -c _exit text)
    ((entries - exits == 0 || entries - exits == 1)) || fail "$entries entries, $exits exits"
    [[ -z $(find user -uid 0) ]] || fail "root's in the user's home: $(find user -uid 0)"
}

user_sample()
{
    target_pid=$(pgrep -u $test_uid -x sample_app) && sleeps_in "$target_pid" "$(readlink -f "$sample")"
}

planted()
{
    ! text_is_original "$target_pid" "$build/lib/libmylib.so" my_traced_function
}

case_launch()
{
    make_user
    user_lttng create mine --output="$dir/user/mine"
    as_user sudo -n "$tracer" -f my_traced_function "$sample" 100 >$out 2>$err ||
        fail "exit status $?"
    user_lttng destroy mine
    read_trace user/mine
    lines 100 'mylib:my_traced_function_entry: ' text
    lines 200 . text
}

case_own_output()
{
    make_user
    as_user sudo -n "$tracer" -o "$dir/user/trace" -f my_traced_function "$sample" 100 >$out 2>$err ||
        fail "exit status $?"
    read_trace user/trace
    lines 200 . text
    as_user rm -r "$dir/user/trace" || fail "the trace is not the user's"
}

case_validate_output()
{
    make_user
    as_user sudo -n BUILD="$build" "$top/scripts/validate_output.sh" 1000 >$out 2>$err ||
        fail "exit status $?"
    user_lttng list
    grep -q 'no .*session' lttng.log || fail "a session is left: $(cat lttng.log)"
}

# capabilities PID SET: prints them in hexadecimal, of the first thread.
capabilities()
{
    sed -n "s/^Cap$2:[[:space:]]*//p" "/proc/$1/status"
}

# The mask of these numbers (linux/capability.h).
mask()
{
    local bit sum=0
    for bit; do
        sum=$((sum | 1 << bit))
    done
    printf '%016x\n' $sum
}

# The tracer keeps only the capabilities it needs, and the processes it starts keep none: the user's
# daemon and its consumer.
case_capabilities()
{
    make_user
    user_daemon_stop
    $sample 20000 1000 >target.out &
    target_pid=$!
    wait_for 10 sleeps_in "$target_pid" "$(readlink -f "$sample")" || fail "the sample does not start"
    unset CASE_MARK
    as_user sudo -n "$tracer" -o "$dir/user/trace" -f my_traced_function -p "$target_pid" >$out 2>$err &
    export CASE_MARK=$dir
    wait_for 10 planted || fail "not armed: $(cat $err)"
    user_daemon=$(cat "$user_home/.lttng/lttng-sessiond.pid") || fail "no daemon was started"
    local tracer_is kept set id
    tracer_is=$(tracer_of "$target_pid")
    # SYS_PTRACE, KILL, SYS_NICE, and for the targets' files DAC_OVERRIDE and CHECKPOINT_RESTORE.
    kept=$(mask 1 5 19 23 40)
    [[ $(capabilities "$tracer_is" Prm) == "$kept" ]] || fail "permitted: $(capabilities "$tracer_is" Prm), not $kept"
    for set in Inh Amb; do
        [[ $(capabilities "$tracer_is" "$set") == "$(mask)" ]] || fail "$set: $(capabilities "$tracer_is" "$set")"
    done
    for id in Uid Gid; do
        [[ $(sed -n "s/^$id:[[:space:]]*//p" "/proc/$tracer_is/status" | tr '\t' '\n' | sort -u) == "$test_uid" ]] ||
            fail "it is not the user: $(grep "$id:" "/proc/$tracer_is/status")"
    done
    for id in "$user_daemon" $(pgrep -P "$user_daemon"); do
        for set in Prm Eff Inh Amb; do
            [[ $(capabilities "$id" "$set") == "$(mask)" ]] || fail "the daemon's process $id has $set: $(capabilities "$id" "$set")"
        done
    done
    kill -TERM "$tracer_is"
    wait_for 10 is_not_traced "$target_pid" || fail "still traced"
    kill -KILL "$target_pid"
    [[ -z $(find user ! -user "$test_uid") ]] || fail "not the user's: $(find user ! -user "$test_uid")"
}

# Files that the user names are opened with the user's rights.
case_files_are_the_users()
{
    make_user
    mkdir -m 755 roots
    as_user sudo -n "$tracer" --print="$dir/roots/lines" -f my_traced_function "$sample" 1 >$out 2>$err &&
        fail "written where only root may"
    one_line 'cannot write to .*/roots/lines: Permission denied'
    as_user sudo -n "$tracer" -o "$dir/roots/trace" -f my_traced_function "$sample" 1 >$out 2>$err &&
        fail "recorded where only root may"
    said 'cannot make output directory .*/roots/trace: Permission denied'
    as_user sudo -n "$tracer" --print="$dir/user/lines" -f my_traced_function "$sample" 1 >$out 2>$err ||
        fail "exit status $?"
    [[ $(stat -c %u user/lines) == "$test_uid" ]] || fail "not the user's"
    echo '(roots_secret' >roots/secret
    chmod 600 roots/secret
    local what
    for what in --list --print --output=trace; do
        as_user sudo -n "$tracer" $what --patterns="$dir/roots/secret" "$sample" 1 >$out 2>$err && fail "read what only root may"
        one_line 'cannot read the pattern file .*/roots/secret: Permission denied$'
    done
    [[ ! -e user/trace ]] || fail "begun before the pattern file was read"
    # --list of a program reads what the user may read; of other users' processes, all.
    chmod 700 roots
    cp "$sample" roots/app && chmod 755 roots/app
    as_user sudo -n "$tracer" --list "$dir/roots/app" >$out 2>$err && fail "read what only root may"
    one_line 'cannot run .*/roots/app: Permission denied$'
    LD_LIBRARY_PATH=$build/lib roots/app 20000 1000 >target.out &
    target_pid=$!
    wait_for 10 sleeps_in "$target_pid" "$dir/roots/app" || fail "the sample does not start"
    as_user sudo -n "$tracer" --list -p "$target_pid" >$out 2>$err || fail "exit status $?: $(cat $err)"
    lines 1 '^app:main  ' $out
    lines 1 '^mylib:my_traced_function  ' $out
    kill -KILL "$target_pid"
}

# A started program is root's and has root's state, as under sudo without a tracer.
case_program_as_without_tracer()
{
    make_user
    as_user sudo -n bash "$top/tests/e2e/sudo_view.sh" >expected 2>&1
    as_user sudo -n "$tracer" -q --print=/dev/null -f my_traced_function /bin/bash "$top/tests/e2e/sudo_view.sh" \
        >seen 2>$err || fail "exit status $?: $(cat $err)"
    grep -q '^Uid:.*0' seen || fail "it is not root: $(cat seen)"
    diff expected seen || fail "the program has another state"
}

mine_is() # active|inactive
{
    user_lttng list
    grep -q " mine \[$1\]" lttng.log
}

# The user's tracer and one under sudo share the session: the last one stops it, whichever started
# it.
case_tracers_of_user_and_root()
{
    local first second tracer_is
    make_user
    as_user "$sample" 60000 1000 >target.out 2>&1 &
    wait_for 10 user_sample || fail "the sample does not start"
    user_lttng create mine --output="$dir/user/mine"
    user_lttng enable-event -u 'mylib:*'
    for first in '' 'sudo -n'; do
        second='sudo -n'
        [[ -z $first ]] || second=
        # shellcheck disable=SC2086 # a command, or none
        as_user $first "$tracer" -f main -p "$target_pid" >$out 2>err.first &
        wait_for 10 mine_is active || fail "not started: $(cat err.first)"
        tracer_is=$(tracer_of "$target_pid")
        # shellcheck disable=SC2086 # likewise
        as_user $second "$tracer" -f my_traced_function "$sample" 100 >$out 2>$err || fail "exit status $?"
        said 'session mine is left started for another tracer'
        mine_is active || fail "stopped under the other tracer"
        kill -TERM "$tracer_is"
        wait_for 10 is_gone "$tracer_is" || fail "the tracer does not end"
        wait_for 10 mine_is inactive || fail "left started: $(cat err.first)"
    done
    kill -KILL "$target_pid"
    read_trace user/mine
    lines 200 'mylib:my_traced_function_entry: ' text
    lines 200 'mylib:my_traced_function_exit: ' text
    ! compgen -G "$user_home/.lttng/ptrace_tracer-*" || fail "a lock file is left"
    user_lttng destroy mine
}

# The user's daemon starts after the tracer, ends, and starts again.
case_daemon_comes_later()
{
    local round
    make_user
    as_user "$sample" 60000 1000 >target.out 2>&1 &
    wait_for 10 user_sample || fail "the sample does not start"
    user_lttng create first --output="$dir/user/first"
    as_user sudo -n "$tracer" -f my_traced_function -p "$target_pid" >$out 2>$err &
    wait_for 10 planted || fail "not armed"
    local tracer_is
    tracer_is=$(tracer_of "$target_pid")
    for round in second third; do
        user_daemon_stop
        wait_for 10 is_not planted || fail "the daemon is gone, and still armed"
        user_daemon_start
        user_lttng create $round --output="$dir/user/$round"
        user_lttng enable-event -u 'mylib:*'
        user_lttng start
        wait_for 20 planted || fail "$round: not planted"
        wait_for 20 recorded user/$round || fail "$round: nothing is recorded"
        user_lttng destroy $round
        read_trace user/$round
        at_least 5 'mylib:my_traced_function_entry: ' text || fail "$round: no events"
        [[ -z $(find user/$round ! -user "$test_uid") ]] || fail "not the user's"
    done
    kill -TERM "$tracer_is"
    wait_for 10 is_gone "$tracer_is" || fail "the tracer does not end"
    is_not_traced "$target_pid" || fail "still traced"
    kill -KILL "$target_pid"
}

is_not()
{
    ! "$@"
}

# The records are readable once the session is stopped.
recorded()
{
    user_lttng stop
    babeltrace2 "$1" 2>/dev/null | grep -c _entry >count
    user_lttng start
    (($(cat count) > 5))
}

# A library that was replaced, and that only root can still read.
case_deleted_library()
{
    make_user
    mkdir app
    cp "$sample" "$build/lib/libmylib.so" app/
    LD_LIBRARY_PATH=$dir/app app/sample_app 20000 1000 >target.out &
    target_pid=$!
    wait_for 10 sleeps_in "$target_pid" "$dir/app/sample_app" || fail "the sample does not start"
    rm app/libmylib.so
    as_user sudo -n "$tracer" --print -f my_traced_function "$target_pid" >$out 2>$err &
    wait_for 10 at_least 20 ' = void <' $err || fail "no calls seen: $(cat $err)"
    kill -TERM "$(tracer_of "$target_pid")"
    wait_for 10 is_not_traced "$target_pid" || fail "still traced"
    kill -KILL "$target_pid"
}

run_cases "$@"
