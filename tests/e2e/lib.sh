# SPDX-License-Identifier: MIT
# Helpers for tests that need LTTng: a private session daemon. A script sources this (bash) before
# it does anything else:
#
#   . "$(dirname "$0")/lib.sh"
#   private_lttng_start
#   lttng create ...          # $HOME, $LTTNG_HOME and $private_dir are the test's own
#
# private_lttng_stop runs when the script ends, in whatever way, and removes everything.
#
# For an ordinary user, another $LTTNG_HOME is enough. Root's LTTng is always in /run/lttng and
# /dev/shm: as root, sourcing this file restarts the script in a mount namespace with private copies
# of both. Where that is not permitted (a container, a chroot), the test uses the shared directories
# if no other daemon does.
# shellcheck shell=bash

set -u

# Leaks in LTTng's libraries are not our errors.
lsan_supp=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)/lsan.supp
export LSAN_OPTIONS=${LSAN_OPTIONS:-suppressions=$lsan_supp:print_suppressions=0}

# The tracer serves calls by jumps (--in-process) after the first one, and drops no hit.
[[ ${TEST_JUMPS:-} != yes ]] || export PTRACE_TRACER_JUMP_AFTER=1

# A run on a slow machine says nothing of its share of stops, but where a case asks for it.
export PTRACE_TRACER_STOP_SHARE_AFTER_MS=86400000

fail()
{
    echo "FAIL: $*" >&2
    exit 1
}

# Skips the test, with a reason.
skip()
{
    echo "SKIP: ${0##*/}: $*"
    exit 77
}

# How many times as slow as a computer an emulated one is.
slowness=${TEST_SLOWNESS:-1}

# wait_for SECONDS COMMAND...: polls until the command succeeds; false after SECONDS. There is no
# event to wait for: it looks at files, /proc and LTTng's lists.
wait_for()
{
    local end=$((SECONDS + $1 * slowness))
    shift
    until "$@"; do
        ((SECONDS < end)) || return 1
        sleep 0.02
    done
}

# Whether a process has ended. One that is nobody's child any more may stay a zombie for seconds: in a
# container, process 1 can be slow to reap.
is_gone()
{
    [[ ! -e /proc/$1 || $(process_state "$1") == [ZX] ]]
}

process_state()
{
    sed -n 's/^State:[[:space:]]*\(.\).*/\1/p' "/proc/$1/status" 2>/dev/null
}

if [[ $(id -u) == 0 && -z ${PRIVATE_LTTNG_SPACE:-} ]]; then
    export PRIVATE_LTTNG_SPACE=common
    if unshare --mount true 2>/dev/null; then
        PRIVATE_LTTNG_SPACE=own exec unshare --mount -- bash "$0" "$@"
    fi
elif [[ ${PRIVATE_LTTNG_SPACE:-} == own ]]; then
    mount -t tmpfs -o mode=755 tmpfs /run || fail "cannot mount in a new mount namespace"
    mount -t tmpfs -o mode=1777 tmpfs /dev/shm || fail "cannot mount in a new mount namespace"
    if [[ ! -L /var/run ]]; then
        mount --bind /run /var/run || fail "cannot mount in a new mount namespace"
    fi
    # Children inherit it.
    export PRIVATE_LTTNG_SPACE=entered
fi

# Prints the directory of the daemon's sockets and PID file.
private_lttng_rundir()
{
    if [[ $(id -u) == 0 ]]; then
        echo /var/run/lttng
    else
        echo "$LTTNG_HOME/.lttng"
    fi
}

# Starts a private daemon in $private_dir/home, which becomes $HOME and $LTTNG_HOME.
private_lttng_start()
{
    command -v lttng-sessiond >/dev/null || skip "no lttng-sessiond"
    private_dir=$(mktemp -d "${TMPDIR:-/tmp}/private-lttng.XXXXXX") || fail "no temporary directory"
    private_pid=
    trap private_lttng_stop EXIT
    trap 'exit 129' HUP
    trap 'exit 130' INT
    trap 'exit 143' TERM
    mkdir "$private_dir/home"
    export HOME=$private_dir/home LTTNG_HOME=$private_dir/home
    unset LTTNG_UST_APP_PATH LTTNG_SESSIOND_PATH
    private_shm_before=$(private_lttng_shm)
    private_lttng_daemon
}

# Starts the daemon; called directly only after private_lttng_kill.
private_lttng_daemon()
{
    local rundir
    rundir=$(private_lttng_rundir)
    if [[ $(id -u) == 0 ]]; then
        private_rundir_existed=$([[ -d $rundir ]] && echo yes)
        if [[ -S $rundir/client-lttng-sessiond ]] && lttng --no-sessiond list >/dev/null 2>&1; then
            private_lttng_forget
            skip "root's session daemon runs, and no mount namespace may be made beside it"
        fi
    fi
    lttng-sessiond --no-kernel --daemonize >"$private_dir/sessiond.log" 2>&1 || {
        cat "$private_dir/sessiond.log" >&2
        fail "lttng-sessiond did not start"
    }
    private_pid=$(cat "$rundir/lttng-sessiond.pid") || fail "lttng-sessiond left no PID"
}

# Ends the daemon and its consumers.
private_lttng_kill()
{
    local pid consumers
    [[ -n $private_pid ]] || return 0
    pid=$private_pid
    private_pid=
    consumers=$(pgrep -P "$pid")
    kill "$pid" 2>/dev/null
    wait_for 20 is_gone "$pid" || kill -KILL "$pid" 2>/dev/null
    for pid in $consumers; do
        wait_for 10 is_gone "$pid" || kill -KILL "$pid" 2>/dev/null
    done
}

private_lttng_stop()
{
    trap - EXIT
    if [[ -n $private_pid ]] && is_gone "$private_pid"; then
        echo "the private session daemon has ended; the end of its log:" >&2
        tail -n 5 "$private_dir/sessiond.log" >&2
    fi
    private_lttng_kill
    if [[ ${PRIVATE_LTTNG_SPACE:-} == common && -z ${private_rundir_existed:-} ]]; then
        rm -rf /var/run/lttng
    fi
    # Daemons leave a page in /dev/shm, through which they wake waiting applications. Removes it if
    # it was not there before, unless the user has started another daemon since, or the test runner
    # keeps it for other tests.
    local page
    [[ -z ${PRIVATE_LTTNG_KEEP_PAGES:-} ]] || private_shm_before=$(private_lttng_shm)
    for page in $(private_lttng_shm); do
        [[ " ${private_shm_before//$'\n'/ } " == *" $page "* ]] ||
            pgrep -u "$(id -u)" -x lttng-sessiond >/dev/null || rm -f "$page"
    done
    private_lttng_forget
}

private_lttng_forget()
{
    trap - EXIT
    rm -rf "$private_dir"
}

private_lttng_shm()
{
    find /dev/shm -maxdepth 1 -name 'lttng-ust-wait-*' -user "$(id -u)" 2>/dev/null
}
