# SPDX-License-Identifier: MIT
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
# addresses are to be followed to that depth. The array values_flags has more options of the compiler,
# values_units is 2 where a second unit is to share the types of the first one. values_cross is the
# triplet of another architecture that the program is for.
values_flags=()
values_units=1
values_cross=
values_build()
{
    local language=$1 compiler=$2 level=$3 seed=$4 functions=$5 sources=(values.c) standard=gnu11 cc=("$2")
    local options=(--seed "$seed" --functions "$functions" --language "$language" --compiler "$compiler" --deref "${6:-0}")
    deref=${6:-0}
    if [[ $language == c++ ]]; then
        sources=(values.cc) standard=gnu++17 cc=("${compiler/gcc/g}++")
    fi
    if [[ $values_cross ]]; then
        [[ $values_cross != aarch64-* ]] || options+=(--by-address)
        [[ $compiler != gcc ]] || cc=("$values_cross-${cc[0]}")
        [[ $compiler != clang ]] || cc+=("--target=$values_cross")
    fi
    values_need python3 "${cc[0]}"
    python3 "$values/generate.py" "${options[@]}" >"${sources[0]}" || fail "generate.py failed"
    if ((values_units == 2)); then
        python3 "$values/generate.py" "${options[@]}" --other >"other.${sources[0]}" || fail "generate.py failed"
        sources+=("other.${sources[0]}")
    fi
    "${cc[@]}" -std=$standard -g -"$level" -w "${values_flags[@]}" -I"$values" -o values "${sources[@]}" >compiler.log 2>&1 ||
        fail "$(tail -n 5 compiler.log)"
}

# values_dwz [-m]: has what units share moved into partial units; with -m into a file of its own.
values_dwz()
{
    if [[ ${1:-} == -m ]]; then
        cp values values.copy
        dwz -m values.common -M values.common values values.copy 2>&1 || fail "dwz failed"
        readelf -S values | grep -q gnu_debugaltlink || fail "dwz has moved nothing"
    else
        dwz values 2>&1 || fail "dwz failed"
        readelf --debug-dump=info values 2>&1 | grep -q DW_TAG_partial_unit || fail "dwz has moved nothing"
    fi
}

values_compare()
{
    "$tracer" --list "--deref=$deref" -f "$values_pattern" -- ./values >list || fail "exit status $? of --list"
    values_judge "$@"
}

# Compares `expected` and `traced`, with the output of --list in `list`.
values_judge()
{
    python3 "$values/compare.py" expected traced list >difference 2>&1 ||
        fail "$* $(cut -c1-1000 difference)"
    tail -n 1 difference
}

# The lines of --print without what stands around the events.
values_bare_lines()
{
    sed -E 's/^[0-9]+ +//; s/^values:([^ ]*\()/\1/; s/ <[0-9.]+>$//'
}

# values_print CALLS SEED: with --print.
values_print()
{
    "$tracer" --quiet --print=lines "--deref=$deref" -f "$values_pattern" -- ./values "$1" "$2" print >expected ||
        fail "exit status $?"
    values_bare_lines <lines >traced
    values_compare "--print, $*:"
}

# values_jumps CALLS SEED: with --print, and jumps after the first call. Sets by_jumps to how many calls
# were recorded by them.
values_jumps()
{
    PTRACE_TRACER_JUMP_AFTER=1 "$tracer" --in-process --stats --print=lines "--deref=$deref" -f "$values_pattern" -- \
        ./values "$1" "$2" print >expected 2>"$err" || fail "exit status $?: $(cat "$err")"
    # shellcheck disable=SC2034 # for all.sh
    by_jumps=$(sed -nE 's/.*, calls by jumps ([0-9]+),.*/\1/p' "$err")
    values_bare_lines <lines >traced
    values_compare "in process, $*:"
}

# values_ctf CALLS SEED: through LTTng and babeltrace2; a session daemon runs.
values_ctf()
{
    rm -rf trace
    "$tracer" --output=trace "--deref=$deref" -f "$values_pattern" -- ./values "$1" "$2" ctf >expected 2>"$err" ||
        fail "exit status $?: $(cat "$err")"
    babeltrace2 trace 2>text.err |
        sed -E 's/^\[[^]]*\] \([^)]*\) [^ ]* values:([^ ]*: \{) cpu_id = [0-9]+ \}, \{( vpid = [0-9]+, vtid = [0-9]+, procname = "values" \}, \{)?/\1/' >traced
    [[ ! -s text.err ]] || fail "babeltrace2: $(head -n 3 text.err)"
    values_compare "LTTng, $*:"
}
