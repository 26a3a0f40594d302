#!/usr/bin/env bash
# Under sudo the events land in the session of the user who called sudo. It takes root, be it through
# sudo. Where a mount namespace may be made, a user is made up in one, with /etc/passwd and sudo's
# rules of the test's own; else it is the user who runs the tests, if LTTng is new to that one's home.
command -v sudo >/dev/null || { echo 'SKIP: no sudo'; exit 77; }
if [[ $(id -u) != 0 ]]; then
    sudo -n true 2>/dev/null || { echo 'SKIP: sudo asks for a password'; exit 77; }
    exec sudo -n env "PATH=$PATH" "BUILD=${BUILD:-}" "PLAIN_BUILD=${PLAIN_BUILD:-}" \
        "TEST_CALLER=$(id -un)" bash "$0" "$@"
fi
unset SUDO_UID SUDO_GID SUDO_USER SUDO_COMMAND
# How the sanitizers look for leaks needs rights that a process with changed users does not have.
BUILD=${PLAIN_BUILD:-${BUILD:-}}
export BUILD

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/cases.sh"

make_user()
{
    if [[ ${PRIVATE_LTTNG_SPACE:-} == entered ]]; then
        make_up_user
    else
        take_caller
    fi
    mkdir user
    chown "$test_uid:$test_gid" user
    as_user test -x "$tracer" || skip "the build is not for another user to read"
    trap 'user_end $?' EXIT
    unset CASE_MARK
    as_user lttng-sessiond --daemonize >sessiond.log 2>&1 || fail "no daemon: $(cat sessiond.log)"
    user_daemon=$(cat "$user_home/.lttng/lttng-sessiond.pid")
    export CASE_MARK=$dir
}

make_up_user()
{
    test_user=ptracetest test_uid=54321 test_gid=54321 user_home=$dir/home
    chown $test_uid:$test_gid home
    { cat /etc/passwd; echo "$test_user:*:$test_uid:$test_gid:made up:$user_home:/bin/bash"; } >passwd
    { cat /etc/group; echo "$test_user:*:$test_gid:"; } >group
    { echo "root ALL=(ALL) NOPASSWD: ALL"; echo "$test_user ALL=(ALL) NOPASSWD: ALL"; } >sudoers
    chmod 440 sudoers
    mount --bind passwd /etc/passwd && mount --bind group /etc/group &&
        mount --bind sudoers /etc/sudoers || fail "cannot mount"
}

take_caller()
{
    test_user=${TEST_CALLER:-root}
    [[ $test_user != root ]] || skip "no mount namespace may be made, and there is no user but root"
    test_uid=$(id -u "$test_user") test_gid=$(id -g "$test_user")
    user_home=$(getent passwd "$test_user" | cut -d: -f6)
    if [[ -e $user_home/.lttng || -e $user_home/.lttngrc ]]; then
        user_home=
        skip "no mount namespace may be made, and $test_user has an LTTng of their own"
    fi
}

as_user()
{
    (cd "$dir/user" && setpriv --reuid="$test_uid" --regid="$test_gid" --clear-groups \
        env -u LTTNG_HOME HOME="$user_home" USER="$test_user" LOGNAME="$test_user" "$@")
}

user_end()
{
    local pid
    # What the case left running first: the daemon waits for nobody.
    for pid in $(case_processes); do
        kill -KILL "$pid" 2>/dev/null
    done
    if [[ -n ${user_daemon:-} ]]; then
        kill "$user_daemon"
        wait_for 20 is_gone "$user_daemon"
        rm -rf "$user_home/.lttng" "$user_home/.lttngrc"
    fi
    case_end "$1"
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
