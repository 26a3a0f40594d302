# SPDX-License-Identifier: MIT
# Sourced after tests/e2e/lib.sh and cases.sh, in a directory of one's own, with a session daemon: makes
# programs with hostile names, records them and reads the traces.
# shellcheck shell=bash disable=SC2154

names=$top/tests/names

# names_round COMPILER SEED FUNCTIONS [FACT]: each event of the trace has the names and values that
# generate.py expects, byte by byte; FACT is one of --with's.
names_round()
{
    local compiler=$1 seed=$2 functions=$3 fact=${4:-} tool
    for tool in python3 "$compiler"; do
        command -v "$tool" >/dev/null || skip "no $tool"
    done
    rm -rf trace names.*
    python3 "$names/generate.py" source "$seed" "$functions" || fail "generate.py: seed $seed"
    "$compiler" -std=gnu11 -g -O0 -w -o names names.c >compiler.log 2>&1 || fail "$(tail -n 5 compiler.log)"
    python3 "$names/generate.py" patch names || fail "generate.py: seed $seed"
    python3 "$names/generate.py" expected ${fact:+"$fact"} || fail "generate.py: seed $seed"
    "$tracer" --quiet --output=trace --deref=1 ${fact:+"--with=$fact"} -x main ./names >"$out" 2>"$err" ||
        fail "seed $seed: exit status $?: $(cat "$err")"
    [[ ! -s $err ]] || fail "seed $seed: $(cat "$err")"
    read_trace trace
    # Addresses are of any value.
    LC_ALL=C sed -E 's/^\[[^]]*\] \([^)]*\) [^ ]* (names:.*): \{ cpu_id = [0-9]+ \}, (\{ vpid = [0-9]+, vtid = [0-9]+, procname = "names" \}, )?\{/\1: {/
        s/ = 0x[0-9A-F]+/ = 0x/g' text >events
    cmp -s expected events || fail "seed $seed, $compiler: $(LC_ALL=C diff -a expected events | head -n 6 | cut -c1-600)"
}
