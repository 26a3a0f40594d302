# SPDX-License-Identifier: MIT
# Sourced, in a directory of one's own: runs random functions with jumps and compares.
# shellcheck shell=bash

functions_programs=${BUILD:?}/tests/functions

# functions_make SEED N [HAZARD]: the program fSEED, and what it does without a tracer.
functions_make()
{
    local program=f$1 pie=-pie
    "$functions_programs/generate" "$@" >"$program.s" || return 1
    [[ $(head -n 1 "$program.s") != '# fixed' ]] || pie=-no-pie
    "${TEST_CC:-gcc}" $pie -o "$program" "$functions_programs"/{driver,driver_x86_64,mappings,throw}.o "$program.s" -pthread ||
        return 1
    setarch -R "./$program" expect "$program.expected"
}

# functions_round SEED N [HAZARD]: prints a line of what was compared. 77: there are no jumps here.
functions_round()
{
    local status program=f$1
    functions_make "$@" || { echo "seed $1: the program cannot be made"; return 1; }
    "$functions_programs/run" "./$program" "$program.expected" "$program.counts" "$1" \
        "${FUNCTIONS_THREADS:-3}" "${FUNCTIONS_ROUNDS:-3}" "${FUNCTIONS_REPEATS:-4}" >"$program.out" 2>"$program.err"
    status=$?
    case $status in
        0) tail -n 1 "$program.out" ;;
        77) grep SKIP "$program.out" ;;
        *)
            tail -n 1 "$program.out"
            grep '^functions: \|^ptrace_tracer: ' "$program.err" | head -n 20
            echo "seed $1 failed: tests/functions/all.sh $2 $1 repeats it${3:+ (with $3)}"
            ;;
    esac
    ((status != 0)) || rm -f "$program" "$program".*
    return $status
}
