# SPDX-License-Identifier: MIT
# The conversation with tests/e2e/tp_driver.c, for scripts that have sourced cases.sh.
# shellcheck shell=bash disable=SC2154

driver=$build/tests/tp_driver

# driver_start: $reply is what the last ask() was answered.
driver_start()
{
    coproc DRIVER { exec "$driver" 2>"$err"; }
}

# ask COMMAND...: one command, one line of answer.
ask()
{
    echo "$*" >&"${DRIVER[1]}"
    read -r -t 30 reply <&"${DRIVER[0]}" || fail "no answer to '$*'"
}

# expect ANSWER COMMAND...: the answer matches that pattern.
expect()
{
    local wanted=$1
    shift
    ask "$@"
    # shellcheck disable=SC2053 # a pattern
    [[ $reply == $wanted ]] || fail "'$reply', not '$wanted', to '$*'"
}

# driver_begins CHOICE...: it has begun with the session so chosen and the functions of "kinds".
driver_begins()
{
    driver_start
    ask choose "$@"
    expect opened open
    expect added add
    expect begun begin
}

# The driver ends by itself when there is nothing more to read.
driver_stop()
{
    local pid=$DRIVER_PID status=0
    eval "exec ${DRIVER[1]}>&-"
    wait "$pid" || status=$?
    ((status == 0)) || fail "the driver ended with status $status"
}

# The trace's events without time and host, in the file `events`; with a second argument also without
# the contexts of a session of the tracer's own, which say whom the driver speaks for.
trace_events()
{
    read_trace "$1"
    sed 's/^\[[^]]*\] ([^)]*) [^ ]* //' text >events
    [[ -z ${2:-} ]] || sed -i 's/{ vtid = 4242, procname = "traced" }, //' events
}

# same: `events` is what stdin says.
same()
{
    diff -u - events || fail "the events are not those expected"
}

# session_with NAME PATTERN...: made, with rules, and started.
session_with()
{
    local name=$1 pattern
    shift
    lttng_do create "$name" --output="$dir/$name"
    for pattern; do
        lttng_do enable-event -u -s "$name" "$pattern"
    done
    lttng_do start "$name"
}
