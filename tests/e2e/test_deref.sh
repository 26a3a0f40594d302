#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# --deref, --strings=all and names of functions behind addresses: the values of
# tests/targets/pointers.c, in lines and in LTTng events.
# shellcheck disable=SC2154
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/cases.sh"

target=$build/targets/pointers
functions='configured|assorted|returned'

# The lines of --print without thread, module and time; every valid address is @.
shown()
{
    traced 0 --print=lines -f "$functions" "$@" "$target"
    sed -E 's/^[0-9]+ (pointers:)?//; s/ <[0-9.]+>$//; s/0x[0-9a-f]{5,}/@/g' lines
}

expect()
{
    diff -u - seen >difference || fail "shown otherwise than expected: $(cat difference)"
}

case_not_without_being_asked()
{
    shown >seen
    expect <<'END'
configured(cfg = @, n = @)
= 1
configured(cfg = 0x0, n = 0x0)
= 1
configured(cfg = 0x8, n = 0x10)
= 1
configured(cfg = @, n = @)
= 1
assorted(wide = "grüß", buffer = @, u = @, any = @, opaque = @, compare = @ <by_number>, twice = @, byte = @, three = @)
= 2
assorted(wide = (null), buffer = 0x0, u = 0x0, any = 0x0, opaque = 0x0, compare = 0x0, twice = 0x0, byte = 0x0, three = 0x0)
= 2
returned(cfg = @, cfg_size = 42)
= @
END
}

case_lines()
{
    shown --deref=1 >seen
    expect <<'END'
configured(cfg = @, cfg_name = "one", cfg_size = 1, cfg_unit_ratio = 1.5, cfg_unit_count = @, cfg_next = @, cfg_tag = "t1", cfg_wide = "wide1", cfg_compare = 0x0, cfg_level = LOW, n = @, n_deref = 5)
= 1
configured(cfg = 0x0, n = 0x0)
= 1
configured(cfg = 0x8 (bad address), n = 0x10 (bad address))
= 1
configured(cfg = @ (bad address), n = @, n_deref = 5)
= 1
assorted(wide = "grüß", buffer = @, u = @, u_deref = 0x3, any = @, opaque = @, compare = @ <by_number>, twice = @, twice_deref = @, byte = @, byte_deref = 200, three = @, three_0 = 1, three_1 = 2, three_2 = 3)
= 2
assorted(wide = (null), buffer = 0x0, u = 0x0, any = 0x0, opaque = 0x0, compare = 0x0, twice = 0x0, byte = 0x0, three = 0x0)
= 2
returned(cfg = @, cfg_name = "two", cfg_size_2 = 2, cfg_unit_ratio = 2.5, cfg_unit_count = 0x0, cfg_next = 0x0, cfg_tag = "t2", cfg_wide = "wïde2", cfg_compare = @ <by_number>, cfg_level = HIGH, cfg_size = 42)
= {retval = @, retval_name = "two", retval_size = 2, retval_unit_ratio = 2.5, retval_unit_count = 0x0, retval_next = 0x0, retval_tag = "t2", retval_wide = "wïde2", retval_compare = @ <by_number>, retval_level = HIGH}
END
}

case_deeper_and_all_strings()
{
    shown --deref=2 --strings=all >lines_seen
    sed -n '1p;9p' lines_seen >seen
    expect <<'END'
configured(cfg = @, cfg_name = "one", cfg_size = 1, cfg_unit_ratio = 1.5, cfg_unit_count = @, cfg_unit_count_deref = 7, cfg_next = @, cfg_next_name = "two", cfg_next_size = 2, cfg_next_unit_ratio = 2.5, cfg_next_unit_count = 0x0, cfg_next_next = 0x0, cfg_next_tag = "t2", cfg_next_wide = "wïde2", cfg_next_compare = @ <by_number>, cfg_next_level = HIGH, cfg_tag = "t1", cfg_wide = "wide1", cfg_compare = 0x0, cfg_level = LOW, n = @, n_deref = 5)
assorted(wide = "grüß", buffer = "hey", u = @, u_deref = 0x3, any = @, opaque = @, compare = @ <by_number>, twice = @, twice_deref = @, twice_deref_deref = 5, byte = @, byte_deref = 200, three = @, three_0 = 1, three_1 = 2, three_2 = 3)
END
}

# In an event each field exists; a further field says whether its address was readable.
case_events()
{
    with_lttng
    traced 0 -o trace --deref=1 -f 'configured' "$target"
    read_trace trace
    sed -nE 's/.*configured_entry: .*\}, \{ (.*) \}$/\1/p' text | sed -E 's/0x[0-9A-F]{5,}/@/g' >seen
    expect <<'END'
cfg = @, cfg_name = "one", cfg_size = 1, cfg_unit_ratio = 1.5, cfg_unit_count = @, cfg_next = @, cfg_tag = "t1", cfg_wide = "wide1", cfg_compare = 0x0, cfg_compare_symbol = "(null)", cfg_level = ( "LOW" : container = 0 ), cfg_ptr = ( "ok" : container = 0 ), n = @, n_deref = 5, n_ptr = ( "ok" : container = 0 )
cfg = 0x0, cfg_name = "(null)", cfg_size = 0, cfg_unit_ratio = 0, cfg_unit_count = 0x0, cfg_next = 0x0, cfg_tag = "(null)", cfg_wide = "(null)", cfg_compare = 0x0, cfg_compare_symbol = "(null)", cfg_level = ( "LOW" : container = 0 ), cfg_ptr = ( "null" : container = 1 ), n = 0x0, n_deref = 0, n_ptr = ( "null" : container = 1 )
cfg = 0x8, cfg_name = "(bad address)", cfg_size = 0, cfg_unit_ratio = 0, cfg_unit_count = 0x0, cfg_next = 0x0, cfg_tag = "(bad address)", cfg_wide = "(bad address)", cfg_compare = 0x0, cfg_compare_symbol = "(bad address)", cfg_level = ( "LOW" : container = 0 ), cfg_ptr = ( "bad_address" : container = 2 ), n = 0x10, n_deref = 0, n_ptr = ( "bad_address" : container = 2 )
cfg = @, cfg_name = "cut", cfg_size = 99, cfg_unit_ratio = 0, cfg_unit_count = 0x0, cfg_next = 0x0, cfg_tag = "(bad address)", cfg_wide = "(bad address)", cfg_compare = 0x0, cfg_compare_symbol = "(bad address)", cfg_level = ( "LOW" : container = 0 ), cfg_ptr = ( "bad_address" : container = 2 ), n = @, n_deref = 5, n_ptr = ( "ok" : container = 0 )
END
}

# Filters on values behind addresses.
case_filter()
{
    with_lttng
    lttng_do create deref --output="$dir/trace"
    lttng_do enable-event -u 'pointers:configured_entry' \
        --filter 'cfg_size >= 1 && cfg_ptr == 0 && cfg_name == "o*"'
    lttng_do start
    traced 0 --deref=1 -f 'configured' "$target"
    lttng_do destroy
    read_trace trace
    events 1 pointers:configured_entry
    lines 1 'cfg_name = "one"' text
}

# A function with more fields than an event can have keeps its parameters; --list names what is left
# out.
case_no_room()
{
    cat >many.c <<'END'
struct many { int m[16], n[16]; };
struct more { struct many a, b; struct more *next; };
__attribute__((noinline)) int many(struct more *one, struct more *two, int last)
{
    return one->a.m[0] + two->b.n[15] + last;
}
int main(void)
{
    static struct more one = {{{1}, {2}}, {{3}, {4}}, &one}, two;
    return many(&one, &two, 3) - 4;
}
END
    "${TEST_CC:-cc}" -O0 -g -o many many.c || fail "cannot compile"
    traced 0 --print=lines --deref=2 -f many ./many
    lines 1 'many\(one = 0x[0-9a-f]+, one_a_m_0 = 1, .*, two = 0x[0-9a-f]+(, .*)?, last = 3\)$' lines
    "$tracer" --list --deref=2 -f many ./many >list 2>$err || fail "exit status $?"
    lines 1 'not all is known of: \*one, \*two\]$' list
}

# Without debug information nothing is followed; in C++ classes are, also through `this`.
case_cxx()
{
    command -v g++ >/dev/null || skip "no g++"
    cat >classes.cc <<'END'
#include <memory>
#include <mutex>
#include <string>
struct base { virtual ~base() {} int kept = 3; };
struct derived : base {
    std::mutex lock;
    std::string name{"derived"};
    std::unique_ptr<int> owned{new int(17)};
    __attribute__((noinline)) int method(const std::string *text, int &number);
};
int derived::method(const std::string *text, int &number) { return kept + (int)text->size() + number; }
int main()
{
    derived d;
    std::string text = "some text";
    int number = 4;
    return d.method(&text, number) - 16;
}
END
    g++ -O0 -g -o classes classes.cc || fail "cannot compile"
    traced 0 --print=lines --deref=2 -f 'derived::method' ./classes
    lines 1 'derived::method\(this = 0x[0-9a-f]+, this_kept = 3, .*this_name = "derived", this_owned = 0x[0-9a-f]+, this_owned_deref = 17, text = 0x[0-9a-f]+, text_deref = "some text", number = 0x[0-9a-f]+, number_deref = 4\)$' lines
    strip classes
    traced 0 --print=lines --deref=2 -f '.*' ./classes
}

# Each entry and each exit reads memory once for all that registers point to, and once more for each
# further address.
case_reads()
{
    local depth
    for depth in 0 1; do
        traced 0 --stats --print=lines --deref=$depth -f 'configured' "$target"
        # Four entries and exits. The memory behind the end of a mapping takes a separate read.
        lines 1 'memory reads [0-9]+' $err
        reads=$(sed -n 's/.*memory reads \([0-9]*\).*/\1/p' $err)
        ((reads <= 8 + depth * 10)) || fail "$reads reads of memory for depth $depth"
    done
}

case_wrong_options()
{
    local option
    for option in --deref= --deref=x --deref=-1 --deref=9 --strings= --strings=some; do
        traced 125 $option --print "$target"
        one_line "${option%%=*} takes"
    done
    traced 0 -q --deref=0 --strings=const --print=lines -f configured "$target"
    lines 8 . lines
}

run_cases "$@"
