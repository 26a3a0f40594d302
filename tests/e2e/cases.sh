# SPDX-License-Identifier: MIT
# Common code of the end-to-end tests. A test script sources lib.sh, then this file, defines its
# cases as functions case_NAME, and ends with run_cases "$@", which runs the named cases, or all of
# them. Each case has a process and a directory of its own ($dir, also the working directory). A
# case fails by fail(), or if it leaves something behind: a process, a file in its home, a recording
# session.
# shellcheck shell=bash

. "$(dirname "${BASH_SOURCE[0]}")/nothing_left.sh"

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
build=${BUILD:-$top/build}
[[ $build == /* ]] || build=$top/$build
tracer=$build/bin/ptrace_tracer
# shellcheck disable=SC2034 # for those who source this
sample=$build/bin/sample_app
# The output of the case's own run of the tracer; see traced().
out=out err=err
# The exit status of AddressSanitizer's errors.
sanitizer_status=99
export ASAN_OPTIONS=${ASAN_OPTIONS:-exitcode=$sanitizer_status}

run_cases()
{
    local name failed=0
    if (($# == 0)); then
        for name in $(compgen -A function case_); do
            echo "${name#case_}"
            bash "$0" "${name#case_}" || { [[ $? == 77 ]] || failed=1; }
        done
        exit $failed
    fi
    declare -F "case_$1" >/dev/null || fail "no case $1"
    dir=$(mktemp -d "${TMPDIR:-/tmp}/ptrace_tracer-test.XXXXXX") || fail "no temporary directory"
    # Other users' processes may search here.
    chmod 755 "$dir"
    export HOME=$dir/home CASE_MARK=$dir
    mkdir "$HOME"
    cd "$dir" || fail "no temporary directory"
    trap 'case_end $?' EXIT
    trap 'exit 129' HUP
    trap 'exit 130' INT
    trap 'exit 143' TERM
    "case_$1"
    no_processes
}

# Everything that belongs to the case ends with it.
case_end()
{
    local pid file
    trap - EXIT
    # The reader may be gone.
    trap '' PIPE
    if (($1 != 0 && $1 != 77)); then
        for file in "$dir/$out" "$dir/$err"; do
            [[ ! -s $file ]] || { echo "--- ${file##*/}:" >&2; head -n 30 "$file" >&2; }
        done
    fi
    for pid in $(case_processes); do
        kill -KILL "$pid" 2>/dev/null
    done
    if [[ -n ${private_dir:-} ]]; then
        private_lttng_stop
    fi
    cd /
    rm -rf "$dir"
    exit "$1"
}

# With a session daemon of the case's own, which is not an error to leave running.
with_lttng()
{
    unset CASE_MARK
    private_lttng_start
    trap 'case_end $?' EXIT
    export CASE_MARK=$dir
}

# The consumer daemon. It exists once an application has been traced.
consumer()
{
    # shellcheck disable=SC2154 # lib.sh sets it
    pgrep -P "$private_pid" -x lttng-consumerd
}

# PIDs of the programs that the case has started and that still run.
case_processes()
{
    local environ pid
    for environ in $(grep -lzsx "CASE_MARK=$dir" /proc/[0-9]*/environ 2>/dev/null); do
        pid=${environ#/proc/}
        echo "${pid%/environ}"
    done
}

has_no_processes()
{
    [[ -z $(case_processes) ]]
}

no_processes()
{
    local left
    # A killed process may take a moment to end.
    wait_for 5 has_no_processes && return
    left=$(case_processes)
    [[ -z $left ]] || fail "left running: $(ps -o pid=,args= -p "$(echo "$left" | paste -sd,)")"
}

# traced STATUS ARGUMENT...: runs the tracer until it exits with STATUS; stdout in $out, stderr in
# $err.
traced()
{
    local wanted=$1 status=0
    shift
    "$tracer" "$@" >"$out" 2>"$err" || status=$?
    [[ $status == "$wanted" ]] || fail "exit status $status, not $wanted, of: ptrace_tracer $*"
}

# tracer_start ARGUMENT...: runs it in the background; $tracer_pid.
tracer_start()
{
    "$tracer" "$@" >"$out" 2>"$err" &
    tracer_pid=$!
}

# tracer_ends STATUS: waits until it exits with STATUS.
tracer_ends()
{
    local status=0
    wait_for 20 is_gone "$tracer_pid" || fail "the tracer does not end"
    wait "$tracer_pid" || status=$?
    [[ $status == "$1" ]] || fail "exit status $status, not $1"
}

tracer_of()
{
    sed -n 's/^TracerPid:[[:space:]]*//p' "/proc/$1/status" 2>/dev/null
}

is_traced()
{
    [[ $(tracer_of "$1") -gt 0 ]]
}

is_not_traced()
{
    [[ $(tracer_of "$1") == 0 ]]
}

# target_start COMMAND...: starts a program in the background, stdout in target.out. Returns when it
# sleeps in its own code. $target_pid.
target_start()
{
    "$@" >target.out 2>target.err &
    target_pid=$!
    wait_for 10 sleeps_in "$target_pid" "$(readlink -f "$1")" || fail "$1 did not start"
}

sleeps_in()
{
    [[ $(readlink "/proc/$1/exe") == "$2" && $(process_state "$1") == S ]]
}

# target_ends STATUS: waits until it exits with STATUS, by itself.
target_ends()
{
    local status=0
    wait_for 30 is_gone "$target_pid" || fail "the target does not end"
    wait "$target_pid" || status=$?
    [[ $status == "$1" ]] || fail "the target's exit status is $status, not $1: $(cat target.err)"
}

# said ERE: a line of the tracer's stderr matches.
said()
{
    grep -qiE "^ptrace_tracer: .*($1)" "$err" || fail "nothing on stderr matches '$1'"
}

# Prints the only line of the tracer's stderr, which matches.
one_line()
{
    local n
    n=$(wc -l <"$err")
    [[ $n == 1 ]] || fail "$n lines on stderr, not one"
    said "$1"
}

# lines N ERE FILE: exactly N lines of the file match.
lines()
{
    local n
    n=$(grep -cE "$2" "$3")
    [[ $n == "$1" ]] || fail "$n lines, not $1, match '$2'"
}

at_least()
{
    [[ $(grep -cE "$2" "$3" 2>/dev/null) -ge $1 ]]
}

# Writes a trace as text to the file `text`. babeltrace2 must report no error.
read_trace()
{
    babeltrace2 "$1" >text 2>text.err || fail "babeltrace2: $(tail -n 3 text.err)"
    [[ ! -s text.err ]] || fail "babeltrace2: $(head -n 3 text.err)"
}

# events N NAME: `text` has exactly N events of that name.
events()
{
    lines "$1" " $2: \{" text
}

no_sessions()
{
    local list
    list=$(lttng --no-sessiond list 2>/dev/null)
    ! grep -qE '^[[:space:]]*[0-9]+\)|Recording session' <<<"$list" || fail "a session is left: $list"
}

# Runs lttng, which must succeed.
lttng_do()
{
    lttng --no-sessiond "$@" >lttng.log 2>&1 || fail "lttng $*: $(cat lttng.log)"
}

# The first bytes of a function in a file, and in a process that has the file mapped.
function_vaddr() # FILE NAME
{
    nm -D "$1" | sed -n "s/^\([0-9a-f]*\) T $2\$/0x\1/p"
}

bytes_at() # FILE OFFSET COUNT
{
    dd if="$1" bs=1 skip="$2" count="$3" 2>/dev/null | od -An -tx1
}

# The bytes at an address of a process are those of a breakpoint, or of a jump, which may be behind
# an endbr64.
is_breakpoint() # PID ADDRESS
{
    [[ ${TEST_JUMPS:-} != yes ]] ||
        [[ $(bytes_at "/proc/$1/mem" "$2" 5) != ' e9'* ]] || return 0
    [[ ${TEST_JUMPS:-} != yes ]] ||
        [[ $(bytes_at "/proc/$1/mem" "$2" 5) != ' f3 0f 1e fa e9' ]] || return 0
    case $(uname -m) in
        aarch64) [[ $(bytes_at "/proc/$1/mem" "$2" 4) == ' 00 00 20 d4' ]] ;;
        *) [[ $(bytes_at "/proc/$1/mem" "$2" 1) == ' cc' ]] ;;
    esac
}

text_is_original() # PID FILE NAME
{
    local vaddr base
    vaddr=$(function_vaddr "$2" "$3")
    base=$(sed -n "s:^\([0-9a-f]*\)-.* 00000000 .* $(readlink -f "$2")\$:0x\1:p" "/proc/$1/maps" |
        head -n 1)
    [[ -n $vaddr && -n $base ]] || return 1
    # In the sample's libraries, file offsets and addresses are equal.
    [[ $(bytes_at "/proc/$1/mem" $((base + vaddr)) 16) == "$(bytes_at "$2" $((vaddr)) 16)" ]]
}
