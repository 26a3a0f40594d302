# SPDX-License-Identifier: MIT
# What runs with jumps say of them. For scripts that have sourced cases.sh.
# shellcheck shell=bash disable=SC2154

# jumped FUNCTIONS PROGRAM ARGUMENT...: traces it. It must succeed, and there must be jumps.
jumped()
{
    local functions=$1
    shift
    [[ $(uname -m) == x86_64 ]] || skip "no jumps on this architecture"
    traced 0 --in-process --stats --print=lines -f "$functions" -- "$@"
    has_jumps
    grep -qE ', jumps [1-9]' "$err" || fail "no jump was planted"
    said 'stats: [1-9][0-9]* of [0-9]* sites with many hits have a jump'
}

# The tracer has said whether this machine can have any.
has_jumps()
{
    local obstacle
    obstacle=$(sed -n 's/.*no jumps in the program: //p' "$err")
    [[ -z $obstacle ]] || skip "no jumps: $obstacle"
}
