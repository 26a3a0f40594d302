#!/usr/bin/env bash
# Runs every test: scripts/run_tests.sh [BUILD]. `make check` is this; scripts/test.sh is this after
# the set-up. The whole output of each test stays in BUILD/test-logs; of one that fails, the end is
# shown. The last line is the summary, and the exit status is 0 only when nothing failed.
set -u
cd "$(dirname "$0")/.." || exit 1
mkdir -p "${1:-build}" || exit 1
build=$(cd "${1:-build}" && pwd)
logs=$build/test-logs
rm -rf "$logs"
mkdir -p "$logs"

# Sub-makes get their variables from here, not from the make that may have called.
unset MAKEFLAGS MAKEOVERRIDES MFLAGS MAKELEVEL SANITIZE
compiler=${CC:-gcc}
unset CC
jobs=$(nproc)
passed=0 failed=0 skipped=0

child=
stop() {
    trap - INT TERM
    [[ -z $child ]] || kill -TERM "$child" 2>/dev/null
    wait
    exit 130
}
trap stop INT TERM

# The test's own words on one line: why it was skipped.
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

# Runs a command for at most LIMIT seconds, with its output in the log; sets status and took.
# timeout(1) makes the command's process group its own, and ends all of it.
run() { # LIMIT LOG COMMAND...
    local limit=$1 log=$2 start=$SECONDS
    shift 2
    timeout -k 10 "$limit" "$@" >"$log" 2>&1 </dev/null &
    child=$!
    wait "$child"
    status=$?
    child=
    took=$((SECONDS - start))
}

# One command that is one test.
single() { # LIMIT NAME COMMAND...
    local limit=$1 name=$2
    shift 2
    local log=$logs/${name//[^A-Za-z0-9_.-]/_}.log
    run "$limit" "$log" "$@"
    case $status in
        0) passed=$((passed + 1)) ;;
        77) skipped=$((skipped + 1)) ;;
        *) failed=$((failed + 1)) ;;
    esac
    report "$status" "$took" "$name" "$log"
    return "$status"
}

# A program of Check tests: each of its checks counts.
check_program() { # LIMIT PROGRAM
    local name=${2#"$build/asan/tests/"} log line n failures errors
    log=$logs/${name//\//_}.log
    run "$1" "$log" "$2"
    line=$(grep -E '^[0-9]+%: Checks: [0-9]+, Failures: [0-9]+, Errors: [0-9]+' "$log" | tail -n 1)
    if [[ $line =~ Checks:\ ([0-9]+),\ Failures:\ ([0-9]+),\ Errors:\ ([0-9]+) ]]; then
        n=${BASH_REMATCH[1]} failures=${BASH_REMATCH[2]} errors=${BASH_REMATCH[3]}
    else
        n=0 failures=0 errors=0
    fi
    passed=$((passed + n - failures - errors))
    failed=$((failed + failures + errors))
    # A program that ran nothing, or ended badly though every check passed, is a failure too.
    if ((n == 0 || (status != 0 && failures + errors == 0))); then
        failed=$((failed + 1))
        ((status)) || status=1
    fi
    report "$status" "$took" "$name" "$log"
    [[ -z $line ]] || printf '      %s\n' "$line"
}

# The cases of an end-to-end script, each in a process of its own.
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
single 60 clang-format bash -c format
single 180 shellcheck bash -c shell_scripts
single 600 "build ($compiler)" make -j"$jobs" CC="$compiler" BUILD="$build" all
single 600 'build (clang)' make -j"$jobs" CC=clang BUILD="$build/clang" all
single 600 'build (sanitizers)' make -j"$jobs" CC="$compiler" SANITIZE=1 BUILD="$build/asan" \
    all test-programs

# A leak or an error found by a sanitizer must not pass for an exit status of the tracer's own.
export ASAN_OPTIONS=exitcode=99:detect_stack_use_after_return=0
export UBSAN_OPTIONS=print_stacktrace=1
export CK_DEFAULT_TIMEOUT=60
export BUILD=$build/asan PLAIN_BUILD=$build TEST_CC=$compiler

for source in tests/unit/test_*.c tests/engine/test_*.c; do
    [[ -e $source ]] || { single 1 "$source" false; continue; }
    check_program 240 "$build/asan/${source%.c}"
done
for script in tests/e2e/test_*.sh; do
    name=${script#tests/}
    cases=$(script_cases "$script")
    if [[ -z $cases ]]; then
        single 120 "${name%.sh}" bash "$script"
    fi
    for c in $cases; do
        single 60 "${name%.sh} $c" bash "$script" "$c"
    done
done

echo
echo "$passed passed, $failed failed, $skipped skipped"
((failed == 0))
