# SPDX-License-Identifier: MIT
# Sessions of all kinds and the records in them. For scripts that have sourced cases.sh.
# shellcheck shell=bash disable=SC2154

# numbers FILE: prints the program's numbers of the calls whose entries are in the text.
numbers()
{
    sed -n 's/.* take:take_entry: .*name = "block \([0-9]*\)".*/\1/p' "$1"
}

# calls_are FIRST LAST: `text` has the entry and the exit of these calls, in this order, and nothing
# else.
calls_are()
{
    calls_end_with "$2"
    [[ $(tail -n 1 text) == *take:take_exit* ]] || fail "the last event is no exit: $(tail -n 1 text)"
    [[ $(numbers text | head -n 1) == "$1" ]] || fail "the first call is $(numbers text | head -n 1), not $1"
    lines $(($2 - $1 + 1)) ' take:take_exit: ' text
    lines $((2 * ($2 - $1 + 1))) . text
}

# calls_end_with LAST: the calls in `text` are consecutive, up to LAST.
calls_end_with()
{
    awk '/ take:take_entry: / { kind = "entry"; match($0, /block [0-9]+/); n = substr($0, RSTART + 6, RLENGTH - 6)
                                if (last && n != last + 1) { print "after " last " comes " n; exit 1 }
                                last = n }
         / take:take_exit: / { if (kind == "exit") { print "two exits after " last; exit 1 }
                               kind = "exit" }' text >odd || fail "$(cat odd)"
    in_order
    [[ $(numbers text | tail -n 1) == "$1" ]] || fail "the last call is $(numbers text | tail -n 1), not $1"
}

# Time never decreases in `text`.
in_order()
{
    sed 's/^\[\([^]]*\)\].*/\1/' text >stamps
    sort -c stamps || fail "time goes back"
}

# shellcheck disable=SC2034 # for those who source this
small=(--subbuf-size=4K --num-subbuf=4)

# A session and a channel with these options; not started.
session_with() # CREATE-OPTION... -- CHANNEL-OPTION...
{
    local create=()
    while [[ $1 != -- ]]; do create+=("$1"); shift; done
    shift
    lttng_do create mine "${create[@]}"
    lttng_do enable-channel -u wide "$@"
    lttng_do enable-event -u -c wide 'take:take_*'
}
