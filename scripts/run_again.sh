#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# run_again.sh BUILD check|stress: runs end-to-end tests a second time, with calls that are served by
# jumps (--in-process) after the first one. tests/e2e/jumps.list names those that do not run in
# scripts/run_tests.sh. That sources this file after test_runner.sh, and calls run_again().

# run_again check|stress: the cases of scripts/run_tests.sh, or those of `make stress`.
run_again() {
    local -A when=()
    local script name c what cases=()
    while read -r name c what _; do
        [[ -z $name || $name == '#'* ]] || when[$name $c]=$what
    done <tests/e2e/jumps.list
    for script in tests/e2e/test_*.sh; do
        name=${script##*/test_}
        name=${name%.sh}
        for c in $(script_cases "$script"); do
            what=${when[$name $c]:-${when[$name '*']:-check}}
            [[ $what != "$1" ]] || cases+=("$script:$c")
        done
    done
    export TEST_JUMPS=yes
    # shellcheck disable=SC2034 # for run_scripts()
    suffix=' (jumps)'
    run_scripts "${cases[@]}"
    unset TEST_JUMPS suffix
}

if [[ ${BASH_SOURCE[0]} == "$0" ]]; then
    cd "$(dirname "$0")/.." || exit 1
    build=$(cd "${1:-build}" && pwd) || exit 1
    logs=$build/test-logs-again
    rm -rf "$logs"
    mkdir -p "$logs"
    export BUILD=$build/asan PLAIN_BUILD=$build TEST_CC=${CC:-gcc}
    export ASAN_OPTIONS=exitcode=99:detect_stack_use_after_return=0
    # The caller's session daemons are not the cases'.
    unset PRIVATE_LTTNG_SPACE CASE_MARK
    # shellcheck source=scripts/test_runner.sh
    . scripts/test_runner.sh
    [[ $EUID != 0 ]] || unshare --mount true 2>/dev/null || at_once=1
    run_again "${2:-check}"
    echo "$passed passed, $failed failed, $skipped skipped"
    ((failed == 0))
fi
