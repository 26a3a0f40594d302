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
# shellcheck source=scripts/test_runner.sh
. scripts/test_runner.sh
# shellcheck source=scripts/run_again.sh
. scripts/run_again.sh
jobs=$(nproc)

format() {
    find . -name '*.[ch]' -not -path './build/*' -not -path './.git/*' -print0 | xargs -0 clang-format --dry-run -Werror
}

shell_scripts() {
    command -v shellcheck >/dev/null || { echo 'SKIP: shellcheck is not installed'; return 77; }
    find bench scripts src tests .ci/run -type f \( -name '*.sh' -o -name '*.bash' -o -name run \) -print0 |
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

# The engine's tests again, with jumps in place of breakpoints: see tests/engine/harness.h. Where the
# machine has no jumps, the first one says why. test_jump*.c always have them. Threads that nothing
# stops compete with the tracer for the processors, and with what else runs: that takes longer.
export JUMP_AFTER=1 CK_DEFAULT_TIMEOUT=150
has_jumps=yes
for source in tests/engine/test_*.c; do
    [[ $source != */test_jump*.c && $has_jumps == yes ]] || continue
    check_program 400 "$build/asan/${source%.c}" ' (jumps)'
    ((status != 77)) || has_jumps=no
done
unset JUMP_AFTER
export CK_DEFAULT_TIMEOUT=60

# These wait more than they work, so they run in parallel, also with the tests of the build for
# arm64. Each has a private session daemon; root's can run in parallel only in mount namespaces: see
# tests/e2e/lib.sh.
[[ $EUID != 0 ]] || unshare --mount true 2>/dev/null || at_once=1
# A user's daemons share the pages in /dev/shm through which they wake applications: none is removed
# while another test may use it.
wait_pages() {
    find /dev/shm -maxdepth 1 -name 'lttng-ust-wait-*' -user "$(id -u)" 2>/dev/null
}
pages_before=$(wait_pages)
export PRIVATE_LTTNG_KEEP_PAGES=yes
suite 1500 arm64 nice scripts/test_arm64.sh --quick
((at_once > 1)) || count
run_scripts tests/e2e/test_*.sh
[[ $has_jumps == no ]] || run_again check
for page in $(wait_pages); do
    [[ " ${pages_before//$'\n'/ } " == *" $page "* ]] ||
        pgrep -u "$(id -u)" -x lttng-sessiond >/dev/null || rm -f "$page"
done

echo
echo "$passed passed, $failed failed, $skipped skipped"
((failed == 0))
