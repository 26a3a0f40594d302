# SPDX-License-Identifier: MIT
# An ordinary user with a private session daemon, for scripts that have sourced cases.sh and run as
# root. Where a mount namespace is permitted, the user is an invented one in it, with its own
# /etc/passwd and sudo rules; else it is the user who runs the tests ($TEST_CALLER), if LTTng has no
# files in that home.
#
#   make_user            $test_user, $test_uid, $test_gid, $user_home; a directory user/ of theirs
#   as_user COMMAND...   runs it as that user, in user/
# shellcheck shell=bash disable=SC2154

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
    user_daemon_start
}

user_daemon_start()
{
    unset CASE_MARK
    as_user lttng-sessiond --daemonize >sessiond.log 2>&1 || fail "no daemon: $(cat sessiond.log)"
    user_daemon=$(cat "$user_home/.lttng/lttng-sessiond.pid")
    export CASE_MARK=$dir
}

user_daemon_stop()
{
    kill "$user_daemon"
    wait_for 20 is_gone "$user_daemon" || fail "the user's daemon does not end"
    user_daemon=
}

make_up_user()
{
    test_user=ptracetest test_uid=54321 test_gid=54321 user_home=$dir/home
    chown $test_uid:$test_gid home
    { cat /etc/passwd; echo "$test_user:*:$test_uid:$test_gid:made up:$user_home:/bin/bash"; } >passwd
    { cat /etc/group; echo "$test_user:*:$test_gid:"; } >group
    # The path is Debian's.
    {
        echo 'Defaults secure_path="/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"'
        echo "root ALL=(ALL) NOPASSWD: ALL"
        echo "$test_user ALL=(ALL) NOPASSWD: ALL"
    } >sudoers
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
    # One test at a time; the lock ends with this one and its processes.
    exec {home_lock}<"$user_home" && flock "$home_lock" || fail "cannot lock $user_home"
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
    # The case's other processes first: the daemon does not wait for them.
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

