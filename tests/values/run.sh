# Sourced after tests/e2e/lib.sh and cases.sh, in a directory of one's own: makes programs with
# generate.py, traces them and compares.
# shellcheck shell=bash disable=SC2154

values=$top/tests/values
values_pattern='(.*::)?(f|free)[0-9]+([.[].*)?'

values_need()
{
    local tool
    for tool; do
        command -v "$tool" >/dev/null || skip "no $tool"
    done
}

# values_build LANGUAGE COMPILER LEVEL SEED FUNCTIONS [DEREF]: makes the program ./values, whose
# addresses are to be followed to that depth.
values_build()
{
    local language=$1 compiler=$2 level=$3 seed=$4 functions=$5 source=values.c standard=gnu11 cc=$2
    deref=${6:-0}
    if [[ $language == c++ ]]; then
        source=values.cc standard=gnu++17 cc=${compiler/gcc/g}++
    fi
    values_need python3 "$cc"
    python3 "$values/generate.py" --seed "$seed" --functions "$functions" --language "$language" \
        --compiler "$compiler" --deref "$deref" >"$source" || fail "generate.py failed"
    "$cc" -std=$standard -g -"$level" -w -I"$values" -o values "$source" >compiler.log 2>&1 ||
        fail "$(tail -n 5 compiler.log)"
}

values_compare()
{
    "$tracer" --list "--deref=$deref" -f "$values_pattern" -- ./values >list || fail "exit status $? of --list"
    python3 "$values/compare.py" expected traced list >difference 2>&1 ||
        fail "$* $(cut -c1-1000 difference)"
    tail -n 1 difference
}

# values_print CALLS SEED: with --print.
values_print()
{
    "$tracer" --quiet --print=lines "--deref=$deref" -f "$values_pattern" -- ./values "$1" "$2" print >expected ||
        fail "exit status $?"
    sed -E 's/^[0-9]+ +//; s/^values:([^ ]*\()/\1/; s/ <[0-9.]+>$//' lines >traced
    values_compare "--print, $*:"
}

# values_ctf CALLS SEED: through LTTng and babeltrace2; a session daemon runs.
values_ctf()
{
    rm -rf trace
    "$tracer" --output=trace "--deref=$deref" -f "$values_pattern" -- ./values "$1" "$2" ctf >expected 2>"$err" ||
        fail "exit status $?: $(cat "$err")"
    babeltrace2 trace 2>text.err |
        sed -E 's/^\[[^]]*\] \([^)]*\) [^ ]* values:([^ ]*: \{) cpu_id = [0-9]+ \}, \{( vtid = [0-9]+, procname = "values" \}, \{)?/\1/' >traced
    [[ ! -s text.err ]] || fail "babeltrace2: $(head -n 3 text.err)"
    values_compare "LTTng, $*:"
}
