#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# In the arm64 machine (scripts/arm64_machine.sh), runs tests of the build in build/aarch64:
#
#   scripts/arm64_tests.sh TEST...     TEST is a Check program, tests/e2e/test_NAME.sh, or
#                                      tests/e2e/test_NAME.sh:CASE
#   scripts/arm64_tests.sh --list TEST...    prints their names instead, anywhere
#
# What the tests print goes to /out/logs; scripts/test_arm64.sh judges by /out/logs/results.
set -u
cd "$(dirname "$0")/.." || exit 1

list=
[[ ${1:-} != --list ]] || { list=yes; shift; }
logs=${list:+$(mktemp -d)}
logs=${logs:-/out/logs}
mkdir -p "$logs"
# shellcheck source=scripts/test_runner.sh
. scripts/test_runner.sh
if [[ -n $list ]]; then
    trap 'rm -rf "$logs"' EXIT
    start() { running[${#running[@]}]=$2; }
    reap() { :; }
    at_once=1000
    count() { printf '%s\n' "${running[@]}"; running=(); }
    check_program() { echo "${2##*/tests/}"; }
fi

# Emulated, a program takes up to ten times as long; the limits have a reserve.
slowness=4
export CK_TIMEOUT_MULTIPLIER=$slowness TEST_SLOWNESS=$slowness
export BUILD=$PWD/build/aarch64 PLAIN_BUILD=$PWD/build/aarch64 TEST_CC=gcc
export PRIVATE_LTTNG_KEEP_PAGES=yes

programs=() scripts=()
for test; do
    case $test in
        tests/e2e/*) scripts+=("$test") ;;
        *) programs+=("$test") ;;
    esac
done
for program in "${programs[@]}"; do
    case $program in
        */test_attached_at_random | */test_migration) check_program 400 "$program" ;;
        *) check_program 120 "$program" ;;
    esac
done
# One CPU, but they wait for each other's daemons.
[[ -n $list ]] || at_once=2
beside 120 e2e/trace_lines bash tests/e2e/trace_lines.sh /out/traces
run_scripts "${scripts[@]}"
[[ -z $list ]] || exit 0
echo "$passed $failed $skipped" >"$logs/counts"
((failed == 0))
