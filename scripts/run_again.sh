# SPDX-License-Identifier: MIT
# For scripts (bash) that have sourced test_runner.sh: runs end-to-end tests a second time, with
# calls that are served by jumps (--in-process) after the first one. tests/e2e/jumps.list names those
# that do not run in scripts/run_tests.sh.
# shellcheck shell=bash

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
