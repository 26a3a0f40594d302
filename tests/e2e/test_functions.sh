#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Random functions do the same with jumps as without a tracer, and each of their calls is reported.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/cases.sh"

# functions SEED N
functions()
{
    local status
    [[ $(uname -m) == x86_64 ]] || skip "no jumps on this architecture"
    export BUILD=$build
    # shellcheck source=tests/functions/run.sh
    . "$top/tests/functions/run.sh"
    functions_round "$1" "$2" >round 2>&1
    status=$?
    ((status != 77)) || skip "$(sed 's/^SKIP: //' round)"
    cat round
    ((status == 0)) || fail "$(cat round)"
}

case_fixed_seed()
{
    functions 1 500
}

case_random_seed()
{
    functions $((RANDOM << 15 | RANDOM)) 1000
}

run_cases "$@"
