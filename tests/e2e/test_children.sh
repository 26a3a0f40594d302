#!/usr/bin/env bash
# Children: those that live in their parent's memory, and those that begin a PID namespace.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/cases.sh"

target=$build/targets/shared_memory

# Traced, the program says what it says untraced, and each call is reported: OWN ones, and of a
# child that is followed CHILD ones.
check_way() # STATUS WAY OWN CHILD
{
    local follow n
    # A child may be the last to end.
    "$target" "$2" 7 2>/dev/null | cat >untraced.out
    for follow in '' -F; do
        # shellcheck disable=SC2086 # nothing is no argument
        "$tracer" -q $follow --print=lines -f lib_work "$target" "$2" 7 2>$err | cat >$out
        n=${PIPESTATUS[0]}
        [[ $n == "$1" ]] || fail "$2 $follow: exit status $n, not $1"
        cmp untraced.out $out || fail "$2 $follow: the program said something else"
        n=$(($3 + (${#follow} ? $4 : 0)))
        lines $n ':lib_work\(i = ' lines
        lines $n '^[0-9]+ = [0-9]+ <' lines
    done
}

case_vfork_then_libraries()
{
    check_way 0 exits 14 0
    check_way 0 executes 14 0
    check_way 0 refused 14 0
    check_way 0 killed 14 0
}

case_commands_then_libraries()
{
    check_way 0 spawn 28 0
}

case_vforks_at_once()
{
    check_way 0 chain 14 0
    check_way 0 threads 14 0
}

# Who watches for libraries may be gone while others live in the memory.
case_libraries_of_children_in_shared_memory()
{
    check_way 0 beside 14 7
    check_way 137 outlives 7 7
    check_way 0 left 7 7
}

run_cases "$@"
