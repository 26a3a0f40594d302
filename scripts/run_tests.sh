#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Runs every test: scripts/run_tests.sh [BUILD]. `make check` runs this, scripts/test.sh after the
# installation. The whole output of each test is in BUILD/test-logs; the end of it is printed if the
# test fails. The last line is the summary. The exit status is 0 only if nothing failed.
set -u
cd "$(dirname "$0")/.." || exit 1
mkdir -p "${1:-build}" || exit 1
build=$(cd "${1:-build}" && pwd)
logs=$build/test-logs
rm -rf "$logs"
mkdir -p "$logs"

# Sub-makes get their variables from here, not from a calling make.
unset MAKEFLAGS MAKEOVERRIDES MFLAGS MAKELEVEL SANITIZE
compiler=${CC:-gcc}
unset CC
jobs=$(nproc)
passed=0 failed=0 skipped=0

# The running tests, by the PID of their timeout(1): "SECONDS-AT-START NAME".
declare -A running=()
stop() {
    trap - INT TERM
    for pid in "${!running[@]}"; do
        kill -TERM "$pid" 2>/dev/null
    done
    wait
    exit 130
}
trap stop INT TERM

# The test's message in one line: why it was skipped.
reason() {
    sed -n 's/^SKIP: //p' "$1" | tail -n 1
}

report() { # STATUS SECONDS NAME LOG
    case $1 in
        0) printf 'ok    %4ss  %s\n' "$2" "$3" ;;
        77) printf 'skip  %4ss  %s: %s\n' "$2" "$3" "$(reason "$4")" ;;
        *)
            local why="exit status $1"
            [[ $1 == 124 || $1 == 137 ]] && why="timed out"
            printf 'FAIL  %4ss  %s (%s)\n' "$2" "$3" "$why"
            tail -n 40 "$4" | sed 's/^/      | /'
            ;;
    esac
}

log_of() { # NAME
    echo "$logs/${1//[^A-Za-z0-9_.-]/_}.log"
}

# Starts a command with a limit of LIMIT seconds, output in the log. timeout(1) gives the command
# its own process group, and ends all of it.
start() { # LIMIT NAME COMMAND...
    local limit=$1 name=$2
    shift 2
    timeout -k 10 "$limit" "$@" >"$(log_of "$name")" 2>&1 </dev/null &
    running[$!]="$SECONDS $name"
}

# Waits until a running test has ended: sets status, took, log and test.
reap() {
    local pid began
    wait -n -p pid "${!running[@]}"
    status=$?
    read -r began test <<<"${running[$pid]}"
    log=$(log_of "$test")
    unset "running[$pid]"
    took=$((SECONDS - began))
}

# Counts a command that is one test.
count() {
    reap
    case $status in
        0) passed=$((passed + 1)) ;;
        77) skipped=$((skipped + 1)) ;;
        *) failed=$((failed + 1)) ;;
    esac
    report "$status" "$took" "$test" "$log"
}

# One command that is one test, alone.
single() { # LIMIT NAME COMMAND...
    start "$@"
    count
}

# Likewise, with other tests in parallel.
beside() { # LIMIT NAME COMMAND...
    ((${#running[@]} < at_once)) || count
    start "$@"
}

# A program of Check tests: each of its checks counts.
check_program() { # LIMIT PROGRAM
    local line n failures errors
    start "$1" "${2#"$build/asan/tests/"}" "$2"
    reap
    line=$(grep -E '^[0-9]+%: Checks: [0-9]+, Failures: [0-9]+, Errors: [0-9]+' "$log" | tail -n 1)
    if [[ $line =~ Checks:\ ([0-9]+),\ Failures:\ ([0-9]+),\ Errors:\ ([0-9]+) ]]; then
        n=${BASH_REMATCH[1]} failures=${BASH_REMATCH[2]} errors=${BASH_REMATCH[3]}
    else
        n=0 failures=0 errors=0
    fi
    passed=$((passed + n - failures - errors))
    failed=$((failed + failures + errors))
    # A program that ran no check, or that failed although every check passed, is a failure, too.
    if ((n == 0 || (status != 0 && failures + errors == 0))); then
        failed=$((failed + 1))
        ((status)) || status=1
    fi
    report "$status" "$took" "$test" "$log"
    [[ -z $line ]] || printf '      %s\n' "$line"
}

# The cases of an end-to-end script, each in its own process.
script_cases() { # SCRIPT
    sed -n 's/^case_\([A-Za-z0-9_]*\)()$/\1/p' "$1"
}

format() {
    find . -name '*.[ch]' -not -path './build/*' -not -path './.git/*' -print0 | xargs -0 clang-format --dry-run -Werror
}

shell_scripts() {
    command -v shellcheck >/dev/null || { echo 'SKIP: shellcheck is not installed'; return 77; }
    find bench scripts tests .ci/run -type f \( -name '*.sh' -o -name '*.bash' -o -name run \) -print0 |
        xargs -0 -n 12 -P "$(nproc)" shellcheck -x -P SCRIPTDIR -S warning
}
export -f format shell_scripts

single 60 include-directions scripts/check_includes.sh
single 60 docs scripts/check_docs.sh
single 60 clang-format bash -c format
single 180 shellcheck bash -c shell_scripts
single 600 "build ($compiler)" make -j"$jobs" CC="$compiler" BUILD="$build" all
single 60 circles-of-files scripts/check_includes.sh "$build"
single 600 'build (clang)' make -j"$jobs" CC=clang BUILD="$build/clang" all
single 600 'build (sanitizers)' make -j"$jobs" CC="$compiler" SANITIZE=1 BUILD="$build/asan" \
    all test-programs

# An error of a sanitizer must not look like an exit status of the tracer's.
export ASAN_OPTIONS=exitcode=99:detect_stack_use_after_return=0
export UBSAN_OPTIONS=print_stacktrace=1
export CK_DEFAULT_TIMEOUT=60
export BUILD=$build/asan PLAIN_BUILD=$build TEST_CC=$compiler

# What executes another architecture's instructions is not built here: tests/tests.mk.
arch=$($compiler -dumpmachine) arch=${arch%%-*}
for source in tests/unit/test_*.c tests/engine/test_*.c; do
    [[ $source != *_run_*.c || $source == *_run_"$arch".c ]] || continue
    [[ -e $source ]] || { single 1 "$source" false; continue; }
    check_program 240 "$build/asan/${source%.c}"
done

# These wait more than they work, so they run in parallel. Each has a private session daemon; root's
# can run in parallel only in mount namespaces: see tests/e2e/lib.sh.
at_once=$jobs
[[ $EUID != 0 ]] || unshare --mount true 2>/dev/null || at_once=1
# A user's daemons share the pages in /dev/shm through which they wake applications: none is removed
# while another test may use it.
wait_pages() {
    find /dev/shm -maxdepth 1 -name 'lttng-ust-wait-*' -user "$(id -u)" 2>/dev/null
}
pages_before=$(wait_pages)
export PRIVATE_LTTNG_KEEP_PAGES=yes
for script in tests/e2e/test_*.sh; do
    name=${script#tests/}
    cases=$(script_cases "$script")
    if [[ -z $cases ]]; then
        beside 120 "${name%.sh}" bash "$script"
    fi
    for c in $cases; do
        beside 60 "${name%.sh} $c" bash "$script" "$c"
    done
done
while ((${#running[@]})); do
    count
done
for page in $(wait_pages); do
    [[ " ${pages_before//$'\n'/ } " == *" $page "* ]] ||
        pgrep -u "$(id -u)" -x lttng-sessiond >/dev/null || rm -f "$page"
done

echo
echo "$passed passed, $failed failed, $skipped skipped"
((failed == 0))
