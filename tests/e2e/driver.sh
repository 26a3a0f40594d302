# SPDX-License-Identifier: MIT
# Controls tests/e2e/tp_driver.c, for scripts that have sourced cases.sh.
# shellcheck shell=bash disable=SC2154

driver=$build/tests/tp_driver

# driver_start: $reply is the answer to the last ask().
driver_start()
{
    coproc DRIVER { exec "$driver" 2>"$err"; }
}

# ask COMMAND...: sends one command, reads one line.
ask()
{
    echo "$*" >&"${DRIVER[1]}"
    read -r -t $((30 * slowness)) reply <&"${DRIVER[0]}" || fail "no answer to '$*'"
}

# expect ANSWER COMMAND...: the answer must match the pattern.
expect()
{
    local wanted=$1
    shift
    ask "$@"
    # shellcheck disable=SC2053 # a pattern
    [[ $reply == $wanted ]] || fail "'$reply', not '$wanted', to '$*'"
}

# driver_begins CHOICE...: starts the driver with the session chosen by CHOICE and the functions of
# "kinds".
driver_begins()
{
    driver_start
    ask choose "$@"
    expect opened open
    expect added add
    expect begun begin
}

# The driver exits at the end of its input.
driver_stop()
{
    local pid=$DRIVER_PID status=0
    eval "exec ${DRIVER[1]}>&-"
    wait "$pid" || status=$?
    ((status == 0)) || fail "the driver ended with status $status"
}

# Writes the trace's events, without time and host, to the file `events`. With a second argument,
# also without the contexts of an own session.
trace_events()
{
    read_trace "$1"
    sed 's/^\[[^]]*\] ([^)]*) [^ ]* //' text >events
    [[ -z ${2:-} ]] || sed -i 's/{ vpid = 4242, vtid = 4242, procname = "traced" }, //' events
}

# same: `events` must equal stdin.
same()
{
    diff -u - events || fail "the events are not those expected"
}

# session_with NAME PATTERN...: creates a session with these rules, and starts it.
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
