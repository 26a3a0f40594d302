#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Functions of stripped files, which are known from .eh_frame and named by their addresses. What is
# counted in a stripped program is what is counted in the same program with its symbols.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/cases.sh"

whole=$build/symbols/unnamed_gcc
stripped=${whole}_stripped
module=unnamed_gcc_stripped
all=(-f "sub_.*@$module")

# The name without a symbol of a function.
sub_of() # FUNCTION
{
    printf 'sub_%x' "0x$(nm "$whole" | sed -n "s/^\([0-9a-f]*\) [Tt] $1\$/\1/p")"
}

# counts FILE: the number of calls of each function in lines of --print.
counts()
{
    sed -nE 's/^[0-9]+ +(} )?[^:( ]+:([^(]+)\(.*/\2/p' "$1" | sort | uniq -c
}

# A file of what `counts` is for the program with symbols, under the names that stripped ones have.
expected_counts() # COUNT
{
    local count function
    "$tracer" -q --print=whole.lines -f '.*@unnamed_gcc' "$whole" "$1" >whole.out || fail "not traced with symbols"
    counts whole.lines | while read -r count function; do
        echo "$count $(sub_of "$function")"
    done | sort >expected
    [[ $(wc -l <expected) -ge 8 ]] || fail "nothing is tested"
}

counted() # LINES
{
    counts "$1" | sed 's/^ *//' | sort >counted
    diff expected counted >difference || fail "$(cat difference)"
}

case_list()
{
    local function
    traced 0 --list "${all[@]}" "$stripped"
    for function in main leaf with_frame cold_in_loop at_the_end by_address rare; do
        function=$(sub_of "$function")
        lines 1 "^$module:$function  \? $function\(\?\)  \[\.eh_frame only\]\$" $out
    done
    for function in $(nm "$whole" | sed -n 's/.* t \([a-z_]*\.cold\)$/\1/p') _start; do
        lines 0 ":$(sub_of "$function") " $out
    done
    # Only when they are asked for.
    traced 0 --list "$stripped"
    lines 0 'sub_' $out
    traced 0 --list -f '.*' "$stripped"
    lines 0 ":sub_[0-9a-f]* .*eh_frame" $out
    traced 0 --list -f 'sub_[0-9a-f]+' "$stripped"
    lines 0 "eh_frame" $out
    said 'no function matches'
    # One of them.
    traced 0 --list -f "$(sub_of leaf)@$module" "$stripped"
    lines 1 . $out
}

case_address()
{
    local start sub inside
    sub=$(sub_of with_frame)
    start=0x${sub#sub_}
    inside=$(printf '0x%x' $((start + 5)))
    expected_counts 5
    # Whether it has a symbol or not.
    traced 0 -q --print=lines -f "$start@unnamed_gcc" "$whole" 5
    lines 5 'unnamed_gcc:with_frame\(' lines
    lines 10 . lines
    traced 0 -q --print=lines -f "$start@$module" "$stripped" 5
    lines 5 "$module:$sub\(" lines
    lines 10 . lines
    traced 0 -q --print=lines "${all[@]}" -x "$start@$module" "$stripped" 5
    lines 0 "$module:$sub\(" lines
    lines 5 "$module:$(sub_of by_address)\(" lines
    # Other addresses, with what they are of.
    traced 0 --list -f "$inside@unnamed_gcc" "$whole"
    one_line "no function matches '$inside@unnamed_gcc'; it is inside unnamed_gcc:with_frame \(\+0x5\), which starts at $start\$"
    traced 0 --list -f "$inside@$module" "$stripped"
    one_line "it is inside $module:$sub \(\+0x5\), which starts at $start\$"
    traced 0 --list -f "sub_${inside#0x}@$module" "$stripped"
    one_line "it is inside $module:$sub \(\+0x5\), which starts at $start\$"
    traced 0 --list -f "0x7fffffff1234@$module" "$stripped"
    one_line "the file has no code there"
    traced 0 --list -f "$sub@unnamed_gcc" "$whole"
    one_line "it is unnamed_gcc:with_frame\$"
    traced 0 --list -f "main@$module" "$stripped"
    one_line "the functions of $module have no names, as it is stripped; by their addresses: 'sub_\.\*@$module'"
    traced 0 --list -f "$sub" "$stripped"
    one_line "functions without a symbol need a module: '$sub@$module'"
    traced 0 --print -f "$inside@$module" "$stripped" 1
    said "no function matches '$inside@$module' yet; it is inside $module:$sub"
    traced 125 --list -f "$start" "$stripped"
    one_line "is an address without a module: it is one of a file \($start@MODULE\)"
}

case_calls()
{
    expected_counts 50
    traced 0 -q --print=lines "${all[@]}" "$stripped" 50
    diff whole.out $out >/dev/null || fail "the program's output is another"
    counted lines
    [[ $(grep -cE '\) *$' lines) == "$(grep -cE ' = 0x[0-9a-f]+ <' lines)" ]] || fail "calls without a return"
    lines 50 "$module:$(sub_of with_frame)\(arg1 = 0x[0-9a-f]+, arg2 = 0x[0-9a-f]+, .*arg6 = 0x[0-9a-f]+\)\$" lines
}

# Return addresses in functions without a symbol are named like these.
case_callers()
{
    local main
    main=$(sub_of main)
    traced 0 -q --print=lines --with=caller "${all[@]}" "$stripped" 3
    lines 3 ":$(sub_of with_frame)\(.*caller = \"?$main\+0x[0-9a-f]+" lines
    traced 0 -q --print=lines --with=caller -f "$(sub_of with_frame)@$module" -x 'main' "$stripped" 3
    lines 3 ":$(sub_of with_frame)\(.*caller = \"?$main\+0x[0-9a-f]+" lines
}

case_attach()
{
    expected_counts 20
    waiting_start
    tracer_start -q --print=lines "${all[@]}" "$target_pid"
    wait_for 10 has_breakpoint_at "$(sub_of with_frame)" || fail "not armed"
    echo go >&5
    target_ends 0
    tracer_ends 0
    # main was entered before.
    sed -i "/ $(sub_of main)\$/d" expected
    counted lines
    [[ $(tail -n 1 target.out) == "$(cat whole.out)" ]] || fail "the program's output is another"
}

# The stripped program, which waits for a line from descriptor 5.
waiting_start()
{
    mkfifo input
    exec 5<>input
    "$stripped" 20 wait <&5 >target.out 2>target.err 5>&- &
    target_pid=$!
    wait_for 10 at_least 1 ready target.out || fail "the target does not start"
}

# In the stripped program; code has the same offset in the file as in memory.
has_breakpoint_at() # NAME
{
    local base
    base=$(sed -n "s:^\([0-9a-f]*\)-.* 00000000 .* $(readlink -f "$stripped")\$:0x\1:p" "/proc/$target_pid/maps" | head -n 1)
    is_breakpoint "$target_pid" $((base + 0x${1#sub_}))
}

# Event rules: those that name such functions ask for them, and no others.
case_rules()
{
    with_lttng
    expected_counts 20
    local rule
    for rule in "$module:sub_*" "$module:*"; do
        lttng_do create mine --output="$dir/mine"
        lttng_do enable-event -u "$rule"
        lttng_do start
        traced 0 -q "$stripped" 20
        lttng_do destroy mine
        babeltrace2 mine 2>/dev/null | sed -nE "s/.* $module:(sub_[0-9a-f]+)_entry: .*/\1/p" | sort | uniq -c |
            sed 's/^ *//' | sort >counted
        [[ $rule == *sub_* ]] || : >expected
        diff expected counted >difference || fail "$rule: $(cat difference)"
        rm -r mine
    done
}

# A rule that comes while the program is traced.
case_rule_later()
{
    with_lttng
    lttng_do create mine --output="$dir/mine"
    lttng_do enable-event -u other:nothing
    lttng_do start
    waiting_start
    tracer_start -q "$target_pid"
    wait_for 10 is_traced "$target_pid" || fail "not attached"
    lttng_do enable-event -u "$module:$(sub_of with_frame)_*"
    wait_for 10 has_breakpoint_at "$(sub_of with_frame)" || fail "not armed: $(cat $err)"
    echo go >&5
    target_ends 0
    tracer_ends 0
    lttng_do destroy mine
    read_trace mine
    events 20 "$module:$(sub_of with_frame)_entry"
    lines 40 . text
}

# same COMMAND...: a program of the system does the same with all its functions without a symbol
# traced as without a tracer.
same()
{
    local file status=0 other=0
    file=$(readlink -f "$(type -P "$1")") || return 0
    [[ $(head -c 4 "$file") == $'\x7fELF' ]] || return 0
    "$@" >plain.out 2>plain.err </dev/null || status=$?
    "$tracer" -q --print=lines -f "sub_.*@${file##*/}" -- "$@" >traced.out 2>traced.err </dev/null || other=$?
    [[ $status == "$other" ]] || fail "$*: exit status $other, not $status: $(cat traced.err)"
    diff plain.out traced.out >difference || fail "$*: $(head difference)"
    diff plain.err traced.err >difference || fail "$*: $(head difference)"
    n_calls=$((n_calls + $(counts lines | wc -l)))
}

# LeakSanitizer's code may be in a program whose symbols are gone. A breakpoint in it would let the
# program wait for ever at its end.
case_leak_check()
{
    printf '#include <stdio.h>\nint main(void) { puts("done"); return 0; }\n' >leaks.c
    "${TEST_CC:-gcc}" -fsanitize=address -static-libasan -o leaks leaks.c 2>/dev/null ||
        skip "no static library of AddressSanitizer"
    strip leaks
    unset LSAN_OPTIONS
    ASAN_OPTIONS=detect_leaks=0 ./leaks >/dev/null || skip "a program with AddressSanitizer does not run"
    # Its check of leaks fails under any tracer; the tracer's own build may check, too.
    traced 1 --print=lines -f 'sub_.*@leaks' env ASAN_OPTIONS=detect_leaks=1 ./leaks
    said '[0-9]+ functions of .*/leaks without a symbol are not traced'
    lines 0 . lines
    traced 0 -q --print=lines -f 'sub_.*@leaks' env ASAN_OPTIONS=detect_leaks=0 ./leaks
    grep -q 'leaks:sub_' lines || fail "nothing is traced without the check"
}

# Of a static program it is not known what it makes of SIGTRAP: it is left alone.
case_static()
{
    local static=$build/symbols/static_stripped status=0
    [[ -e $static ]] || skip "no static C library"
    "$static" >plain.out || status=$?
    traced "$status" --print=lines -f 'sub_.*@static_stripped' "$static"
    said 'the functions of .*/static_stripped without a symbol are not traced: it is static'
    said '0 functions armed'
    diff plain.out $out >difference || fail "$(cat difference)"
    lines 0 . lines
}

case_programs()
{
    local n_calls=0
    echo 'create table t(a); insert into t values(1),(2),(3); select sum(a), hex(a) from t group by a;' >input
    echo key=value >file
    same sqlite3 :memory: '.read input'
    same git --version
    same git hash-object file
    same perl -e 'print map { "$_\n" } sort { $b <=> $a } 1 .. 20'
    # shellcheck disable=SC2016 # the $ are the traced shell's
    same bash -c 'for i in 1 2 3; do echo "${i//1/one}" "$((i * 3))"; done | sort; exit 3'
    same openssl dgst -sha256 file
    same gcc --version
    same sed -n 's/key/&&/p' file
    ((n_calls > 0)) || skip "no stripped program is here"
}

run_cases "$@"
