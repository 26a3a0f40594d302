# SPDX-License-Identifier: MIT
# Namespaces and other users. For scripts that have sourced cases.sh.
# shellcheck shell=bash disable=SC2154

may_unshare()
{
    unshare "$@" true 2>/dev/null || skip "unshare $* is forbidden here"
}

# namespaces NAMESPACE-OPTION...: the arguments of unshare(1) that make them. An ordinary user needs
# a user namespace.
make_namespaces()
{
    namespaces=("$@")
    [[ $(id -u) == 0 ]] || namespaces+=(--user --map-root-user)
    may_unshare "${namespaces[@]}"
}

# refused_pid ERE PID [TRACER-COMMAND...]: fails with one line, and the process is not harmed.
refused_pid()
{
    local line=$1 pid=$2 status=0
    shift 2
    [[ $# -gt 0 ]] || set -- "$tracer"
    "$@" --print=lines -p "$pid" >$out 2>$err || status=$?
    [[ $status == 125 ]] || fail "exit status $status, not 125"
    one_line "$line"
}

as_nobody=()
# "${as_nobody[@]}" COMMAND runs it as an ordinary user.
be_nobody()
{
    [[ $(id -u) == 0 ]] || return 0
    as_nobody=(setpriv --reuid=65534 --regid=65534 --clear-groups env HOME="$HOME"
        "ASAN_OPTIONS=$ASAN_OPTIONS:detect_leaks=0")
    "${as_nobody[@]}" test -x "$tracer" || skip "the build is not for another user to read"
    chmod 777 .
}
