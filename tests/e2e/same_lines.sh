# SPDX-License-Identifier: MIT
# Lines of --print and of replay, compared. For scripts that have sourced cases.sh.
# shellcheck shell=bash disable=SC2154

# Writes lines of calls to stdout, without what differs between two runs: IDs, times and addresses.
without_differences() # FILE
{
    sed -E 's/^[0-9]+ /TID /; s/<[0-9.]+>/<TIME>/; s/, (duration|cpu|tid|pid) = [0-9]+/, \1/g
        s/\) (tid|pid) = [0-9]+/) \1/; s/0x[0-9a-f]{5,}/ADDRESS/g' "$1"
}

# same OPTION... -- COMMAND...: --print, and replay of a trace, write the same lines.
same()
{
    local options=()
    while [[ $1 != -- ]]; do
        options+=("$1")
        shift
    done
    shift
    rm -rf trace printed replayed
    "$tracer" -q "${options[@]}" --print=printed "$@" >/dev/null 2>print.err </dev/null ||
        fail "--print: $(cat print.err)"
    "$tracer" -q "${options[@]}" -o trace "$@" >/dev/null 2>"$err" </dev/null || fail "not traced"
    "$tracer" replay -o replayed trace >"$out" 2>"$err" || fail "replay ends with $?"
    without_differences printed >expected
    without_differences replayed >got
    [[ $(wc -l <expected) -gt ${at_least:-100} ]] || fail "only $(wc -l <expected) lines"
    cmp -s expected got || fail "replay differs ($*): $(diff expected got | head -n 10)"
    [[ ! -s $out ]] || fail "lines on stdout"
}

# Lines of the sample's calls in $out: entries and exits.
calls() # N
{
    lines "$1" 'mylib:my_traced_function\(arg1 = 42, ' "$out"
    lines "$1" '= void <[0-9.]+>$' "$out"
}
