#!/usr/bin/env bash
# Under sudo the events land in the session of the user who called sudo. For that a user is made up,
# in a mount namespace where /etc/passwd and sudo's rules are the test's: it takes root, be it
# through sudo.
command -v sudo >/dev/null || { echo 'SKIP: no sudo'; exit 77; }
if [[ $(id -u) != 0 ]]; then
    sudo -n true 2>/dev/null || { echo 'SKIP: sudo asks for a password'; exit 77; }
    exec sudo -n env "PATH=$PATH" "BUILD=${BUILD:-}" "PLAIN_BUILD=${PLAIN_BUILD:-}" bash "$0" "$@"
fi
unset SUDO_UID SUDO_GID SUDO_USER SUDO_COMMAND
# How the sanitizers look for leaks needs rights that a process with changed users does not have.
BUILD=${PLAIN_BUILD:-${BUILD:-}}
export BUILD

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/cases.sh"

test_user=ptracetest
test_uid=54321

make_user()
{
    [[ ${PRIVATE_LTTNG_SPACE:-} == entered ]] || skip "no mount namespace may be made"
    mkdir user tmp
    chown $test_uid:$test_uid user
    chmod 1777 tmp
    { cat /etc/passwd; echo "$test_user:*:$test_uid:$test_uid:made up:$dir/user:/bin/bash"; } >passwd
    { cat /etc/group; echo "$test_user:*:$test_uid:"; } >group
    { echo "root ALL=(ALL) NOPASSWD: ALL"; echo "$test_user ALL=(ALL) NOPASSWD: ALL"; } >sudoers
    chmod 440 sudoers
    mount --bind passwd /etc/passwd && mount --bind group /etc/group &&
        mount --bind sudoers /etc/sudoers || fail "cannot mount"
    as_user test -x "$tracer" || skip "the build is not for another user to read"
    trap 'user_daemon_stop; case_end $?' EXIT
    unset CASE_MARK
    as_user lttng-sessiond --daemonize >sessiond.log 2>&1 || fail "no daemon: $(cat sessiond.log)"
    user_daemon=$(cat user/.lttng/lttng-sessiond.pid)
    export CASE_MARK=$dir
}

as_user()
{
    (cd "$dir/user" && setpriv --reuid=$test_uid --regid=$test_uid --clear-groups \
        env -u LTTNG_HOME HOME="$dir/user" USER=$test_user LOGNAME=$test_user "$@")
}

user_daemon_stop()
{
    local status=$?
    [[ -z ${user_daemon:-} ]] || { kill "$user_daemon"; wait_for 20 is_gone "$user_daemon"; }
    return $status
}

user_lttng()
{
    as_user lttng --no-sessiond "$@" >lttng.log 2>&1 || fail "lttng $*: $(cat lttng.log)"
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
    wait_for 10 planted || fail "not planted"
    kill -TERM "$tracer_is"
    wait_for 10 is_gone "$tracer_is" || fail "the tracer does not end"
    is_not_traced "$target_pid" || fail "still traced"
    kill -KILL "$target_pid"
    user_lttng destroy mine
    read_trace user/mine
    at_least 1 'mylib:my_traced_function_entry: ' text || fail "no events in the user's trace"
    # The call that is open when it is let go has no exit.
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

run_cases "$@"
