# SPDX-License-Identifier: MIT
# For scripts (bash) that need a session daemon of the user's and leave none behind. The user is the
# one who runs the script, or who called sudo.
#
#   daemon_user          sets user_uid and user_home
#   as_user COMMAND...   runs a command as that user, with that user's HOME and LTTNG_HOME
#   daemon_start         starts a session daemon for that user, unless one runs
#   daemon_stop          ends the daemon that daemon_start started, or says that it does not end
# shellcheck shell=bash

daemon_user() {
    user_uid=$EUID
    user_as=()
    user_home=${LTTNG_HOME:-$HOME}
    if ((EUID == 0)) && [[ -n ${SUDO_UID:-} && $SUDO_UID != 0 ]]; then
        user_uid=$SUDO_UID
        user_home=$(getent passwd "$SUDO_UID" | cut -d: -f6)
        user_as=(setpriv "--reuid=$SUDO_UID" "--regid=$SUDO_GID" --init-groups)
    fi
    if ((user_uid == 0)); then
        user_rundir=/var/run/lttng
    else
        user_rundir=$user_home/.lttng
    fi
    daemon_pid=
}

as_user() {
    "${user_as[@]}" env HOME="$user_home" LTTNG_HOME="$user_home" "$@"
}

daemon_start() {
    ! as_user lttng --no-sessiond list >/dev/null 2>&1 || return 0
    [[ -d $user_rundir ]] || user_rundir_is_ours=1
    as_user lttng-sessiond --daemonize >/dev/null 2>&1 || return 1
    daemon_pid=$(cat "$user_rundir/lttng-sessiond.pid")
}

daemon_stop() {
    [[ -n $daemon_pid ]] || return 0
    kill "$daemon_pid" 2>/dev/null || true
    # It ends after its consumers. It is not our child: we can only poll, and process 1 may be slow to
    # reap it.
    local end=$((SECONDS + 20))
    while grep -qs '^State:[[:space:]]*[^ZX]' "/proc/$daemon_pid/status"; do
        if ((SECONDS >= end)); then
            echo "${0##*/}: lttng-sessiond (PID $daemon_pid) does not end; it is left running" >&2
            return 0
        fi
        sleep 0.05
    done
    daemon_pid=
    [[ -z ${user_rundir_is_ours:-} ]] || rm -rf "$user_rundir"
}
