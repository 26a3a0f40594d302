#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# export of profiles, as the programs that read them show them.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/cases.sh"
. "$(dirname "$0")/exported_trace.sh"

# Own times of each function together, and no path but those of calls.
case_folded()
{
    local options
    recorded -x '_.*|atexit' "$build/targets/recursion"
    for options in '' --raw; do
        reported ${options:+"$options"}
        awk '$3 > 0 { print $3, $4 }' reported | sort >wanted
        traced 0 export --to=folded ${options:+"$options"} trace
        awk '{ n = split($1, path, ";"); own[path[n]] += $2 } END { for (f in own) print own[f], f }' $out |
            sort | cmp - wanted || fail "other own times"
        # Net of what tracing cost, calls as short as these may take no time.
        [[ -z $options ]] || at_least 10 '^recursion:main(;recursion:fib)+ [0-9]+$' $out ||
            fail "no paths of fib()"
        lines 0 '^recursion:fib|recursion:descend;recursion:fib|  ' $out
    done
}

# annotated OPTION...: what callgrind_annotate shows of `grind`, as "first-event function" in `shown`.
annotated()
{
    callgrind_annotate --auto=no --threshold=100 "$@" grind >annotated 2>annotate.err || fail "$(cat annotate.err)"
    [[ ! -s annotate.err ]] || fail "it warns: $(cat annotate.err)"
    sed -nE 's/^ *([0-9,]+) +(\([0-9. ]+%\))? .* [^ :]+:([^ :]+:[^ ]+) \[.*/\1 \3/p' annotated | tr -d , | sort >shown
}

case_callgrind()
{
    command -v callgrind_annotate >/dev/null || skip "no callgrind_annotate (valgrind)"
    local options
    recorded -x '_.*|atexit' "$build/targets/recursion"
    for options in '' --raw; do
        reported ${options:+"$options"}
        traced 0 export --to=callgrind ${options:+"$options"} -o grind --force trace
        annotated
        cut -d ' ' -f 3,4 reported | sort | cmp - shown || fail "own times: $(cat annotated)"
        annotated --inclusive=yes
        cut -d ' ' -f 2,4 reported | sort | cmp - shown || fail "total times: $(cat annotated)"
        callgrind_annotate --auto=no --threshold=100 --tree=both grind >tree || fail "$(cat tree)"
        lines 2 '< .*recursion:main \(1x\) \[recursion\]' tree
        lines 1 '< .*recursion:fib \(1,972x\) \[recursion\]' tree
        lines 1 '> .*recursion:descend \(499x\) \[recursion\]' tree
    done
    # With the sources of the sample.
    recorded -f my_traced_function "$sample" 10
    traced 0 export --to=callgrind -o grind --force trace
    callgrind_annotate grind >annotated 2>&1 || fail "$(cat annotated)"
    lines 1 '/mylib\.c:mylib:my_traced_function \[mylib\]$' annotated
}

run_cases "$@"
