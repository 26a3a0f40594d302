# SPDX-License-Identifier: MIT
# Numbered targets and tracers in one session. For scripts that have sourced cases.sh.
# shellcheck shell=bash disable=SC2154,SC2034

# Several numbered targets and tracers. The trace has entries[N] calls of target N, in all $entries.
declare -A targets=() tracers=() ask=() answer=()
entries=0

# The session `mine`, not started.
session_made()
{
    lttng_do create mine --output="$dir/${1:-mine}"
    lttng_do enable-event -u -s mine 'wait_for_line:work_*'
    lttng_do enable-event -u -s mine 'mylib:my_traced_function_*'
}

# Runs it in place of the subshell, without the pipe ends of other targets.
alone()
{
    local fd
    for fd in "${ask[@]}" "${answer[@]}"; do
        exec {fd}>&-
    done
    exec "$@"
}

target_made() # N
{
    local in out line
    mkfifo "in.$1" "out.$1"
    alone "$asked" <"in.$1" >"out.$1" 2>"target.$1.err" &
    targets[$1]=$!
    exec {in}>"in.$1" {out}<"out.$1"
    ask[$1]=$in answer[$1]=$out
    read -r -t $((20 * slowness)) line <&"$out" || fail "target $1 does not start"
    rm "in.$1" "out.$1"
}

target_gone() # N
{
    local in=${ask[$1]} out=${answer[$1]}
    exec {in}>&- {out}<&-
    wait "${targets[$1]}"
    unset "targets[$1]" "ask[$1]" "answer[$1]"
}

calls_of() # N COUNT: calls of a target that is traced in a recording session
{
    local line
    echo "call $2" >&"${ask[$1]}"
    read -r -t $((50 * slowness)) line <&"${answer[$1]}" || fail "target $1 does not do its calls"
    [[ $line == called\ * ]] || fail "target $1 says: $line"
    ((entries += $2))
}

tracer_made() # N OPTION...: attaches to target N; returns when it is armed
{
    local n=$1
    shift
    alone "$tracer" "$@" -p "${targets[$n]}" >/dev/null 2>"err.$n" &
    tracers[$n]=$!
    target_pid=${targets[$n]}
    err=err.$n planted "by tracer $n"
}

tracer_let_go() # N [STATUS]
{
    local status=0
    kill "${tracers[$1]}"
    wait "${tracers[$1]}" || status=$?
    [[ $status == "${2:-0}" ]] || fail "tracer $1: status $status: $(cat "err.$1")"
    unset "tracers[$1]"
}

mine_is() # active|inactive
{
    lttng_do list
    grep -q " mine \[$1\]" lttng.log || fail "the session is not $1: $(cat lttng.log)"
}

no_lock_is_left()
{
    ! compgen -G "$(private_lttng_rundir)/ptrace_tracer-*" || fail "a lock file is left"
}

last_line() # N ERE
{
    tail -n 1 "err.$1" | grep -qE "^ptrace_tracer: .*$2" || fail "the last line: $(tail -n 1 "err.$1")"
}

# Runs the tracer with a library that interferes when it stops its session. Not with sanitizers,
# whose library must be first.
interfered() # start|stop|destroy STATUS ARGUMENT...
{
    local what=$1
    shift
    tracer=${PLAIN_BUILD:-$build}/bin/ptrace_tracer sample=${PLAIN_BUILD:-$build}/bin/sample_app
    INTERFERENCE=$what LD_PRELOAD=$build/tests/interferes.so traced "$@" "$sample" 100
    kill -0 "$private_pid" || fail "the session daemon has ended: $(tail -n 2 "$private_dir/sessiond.log")"
}
