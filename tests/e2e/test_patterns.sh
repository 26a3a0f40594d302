#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# What -f takes, and what is said when nothing matches.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/cases.sh"

# Every name that --list prints, with its module, selects what it is printed for.
case_names_as_printed()
{
    local program=$build/targets/cxx_names n name
    traced 0 --list "$program"
    # Names that were cut are told by no pattern.
    sed 's/  .*//' $out | grep -v '~[0-9a-f]\{8\}$' >printed
    n=$(wc -l <printed)
    ((n > 200)) || fail "only $n functions are listed"
    traced 0 --list --filter-file=printed "$program"
    [[ ! -s $err ]] || fail "not all are selected: $(cat $err)"
    sed 's/  .*//' $out | grep -vxF -f printed >others || :
    [[ ! -s others ]] || fail "others are selected, too: $(cat others)"
    [[ $(wc -l <$out) == "$n" ]] || fail "$(wc -l <$out) functions, not $n"
}

# An overload, an operator, an event's name: in each place that takes a pattern.
case_each_reading()
{
    local program=$build/targets/cxx_names pattern wanted
    while read -r wanted pattern; do
        traced 0 --list -f "$pattern" "$program"
        [[ ! -s $err ]] || fail "$pattern: $(cat $err)"
        [[ $(grep -c '^cxx_names:' $out) == "$wanted" ]] ||
            fail "'$pattern' selects $(wc -l <$out) functions, not $wanted: $(cat $out)"
    done <<'END'
1 over(int)
1 over(char*, int)
1 cxx_names:over(char *;int)_entry
11 cxx_names:over
11 over_exit
1 over(int (*)(char*, int))
1 Ref::method() const &
3 Vec::operator*
1 Vec::operator[]
2 Vec::operator()@cxx_names
1 with_local(int)::{lambda(int)#1}::operator()
END
    traced 0 --print -f 'cxx_names:over(long)' -f 'over(char*)' -x 'over(char*)' "$program"
    lines 1 '^[^:]*cxx_names:over\(long\)\(' $err
    lines 0 'over\(char' $err
}

case_modules()
{
    local pattern
    for pattern in malloc@libc malloc@c c:malloc libc.so.6:malloc c:malloc_entry malloc@libc.so; do
        traced 0 --list -f "$pattern" "$sample"
        lines 1 . $out
        lines 1 '^c:malloc  ' $out
    done
    traced 125 --print -f 'c:malloc|c:free' "$sample"
    said "the pattern 'c:malloc|c:free' has a module in an alternative"
}

run_cases "$@"
