#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Several names of one address: the one in the debug information is shown; all of them select the
# function.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/cases.sh"

calls='marker(val = 1)
marker(val = 2)
real_fn(val = 3)
real_fn(val = 4)
real_fn(val = 5)
of_this_file(val = 6)'

# printed ARGUMENT...: prints the names of the calls.
printed()
{
    traced 0 --quiet --print=lines --entry-only "$@"
    sed -E 's/^[0-9]+ +[^ ]*:([a-z_0-9:A-Z]+\()/\1/' lines
}

is() # WANTED GOT
{
    [[ $1 == "$2" ]] || fail "not '$1' but '$2'"
}

case_shown_as_the_source_has_it()
{
    local program=$build/targets/aliases
    is "$calls" "$(printed -x main "$program")"
    is "$(head -n 2 <<<"$calls")" "$(printed -f other "$program")"
    is "$(head -n 2 <<<"$calls")" "$(printed -f marker "$program")"
    is "$(sed -n 3,5p <<<"$calls")" "$(printed -f weak_one "$program")"
    is "$(sed -n 3,5p <<<"$calls")" "$(printed -f 'zz.*' "$program")"
    is "$(sed -n 6p <<<"$calls")" "$(printed -f exported "$program")"
    is "$(sed 1,2d <<<"$calls")" "$(printed -x main -x other "$program")"
    is "$(head -n 2 <<<"$calls")" "$(printed -x 'main|weak_one' -x exported "$program")"
    traced 0 --list -f 'other|weak_one|exported' "$program"
    is 'aliases:marker  int marker(int val)
aliases:real_fn  int real_fn(int val)
aliases:of_this_file  int of_this_file(int val)' "$(sed 's/  \[.*//' "$out")"
}

# --list shows all names.
case_other_names_are_listed()
{
    local program=$build/targets/aliases
    traced 0 --list --verbose -f 'other|weak_one|exported' "$program"
    is 'aliases:marker  int marker(int val)
aliases:other  is marker
aliases:real_fn  int real_fn(int val)
aliases:weak_one  is real_fn
aliases:zz_longer_alias  is real_fn
aliases:of_this_file  int of_this_file(int val)
aliases:exported  is of_this_file' "$(sed 's/  \[.*//; /  jump: /d' "$out")"
    # Two symbols with one name count once.
    printf '%s\n' 'struct A { int a; A(int n); A(double n); };' '__attribute__((noinline)) A::A(int n) : a(n) {}' \
        '__attribute__((noinline)) A::A(double n) : a((int)n) {}' 'int main() { return A(1).a + A(2.0).a - 3; }' >two.cc
    g++ -g -O0 -o two two.cc || skip "no g++"
    (($(nm -C two | grep -c ' A::A(int)$') == 2)) || fail "nothing is tested"
    traced 0 --list --verbose -f '.*A::A' ./two
    sed -i '/  jump: /d' "$out"
    lines 2 '^two:A::A\(' "$out"
    lines 2 '' "$out"
}

# Without debug information, the requested name is shown, or else the best one.
case_shown_as_asked_for_without_debug_information()
{
    cp "$build/targets/aliases" stripped
    objcopy --strip-debug stripped
    is 'real_fn real_fn real_fn' "$(printed -f 'real.*' ./stripped | sed 's/(.*//' | paste -sd' ')"
    is 'weak_one weak_one weak_one' "$(printed -f 'weak.*' ./stripped | sed 's/(.*//' | paste -sd' ')"
    is 'other other' "$(printed -f 'other|marker' ./stripped | sed 's/(.*//' | paste -sd' ')"
}

# After identical code folding, both functions' names work.
case_folded_functions()
{
    cat >folded.c <<'END'
__attribute__((noinline)) int first(int a) { return a + 1; }
__attribute__((noinline)) int second(int b) { return b + 1; }
int second_too(int b) __attribute__((alias("second")));
int main(void) { return first(1) + second(2) + second_too(3) - 9; }
END
    local linker linkers=0
    for linker in gold lld; do
        ${TEST_CC:-gcc} -g -O1 -ffunction-sections -fuse-ld=$linker -Wl,--icf=all -o folded folded.c 2>compiler.log ||
            continue
        linkers=$((linkers + 1))
        [[ $(nm folded | grep -cE ' (first|second|second_too)$') == 3 ]] || fail "$(nm folded)"
        [[ $(nm folded | grep -E ' (first|second|second_too)$' | cut -d' ' -f1 | sort -u | wc -l) == 1 ]] ||
            fail "nothing is folded by $linker"
        is 'first(a = 1) first(a = 2) first(a = 3)' "$(printed -f first ./folded | paste -sd' ')"
        # lld leaves no address in the description of the other function.
        if [[ $linker == lld ]]; then
            is 'first(a = 1) first(a = 2) first(a = 3)' "$(printed -f second ./folded | paste -sd' ')"
        else
            is 'second(b = 1) second(b = 2) second(b = 3)' "$(printed -f second ./folded | paste -sd' ')"
        fi
    done
    ((linkers)) || skip "no linker that folds"
}

# A name of an older symbol version, and the function's own name.
case_symbol_versions()
{
    cat >versions.c <<'END'
__attribute__((noinline)) int call_1(int a) { return a; }
__attribute__((noinline)) int call_2(int a, int b) { return a + b; }
__asm__(".symver call_1, call@ONE");
__asm__(".symver call_2, call@@TWO");
END
    printf 'ONE { global: call; };\nTWO { global: call_2; } ONE;\n' >versions.map
    echo 'int call(int a, int b); int main(void) { return call(1, 2) - 3; }' >user.c
    ${TEST_CC:-gcc} -g -O0 -shared -fPIC -Wl,--version-script=versions.map -o libversions.so versions.c &&
        ${TEST_CC:-gcc} -g -O0 -o user user.c ./libversions.so || fail "$(cat compiler.log)"
    is 'call_2(a = 1, b = 2)' "$(printed -f 'call@versions' ./user)"
    is 'call_2(a = 1, b = 2)' "$(printed -f 'call_.*@versions' ./user)"
}

# Events have this name, whichever rule selected it.
case_events()
{
    with_lttng
    traced 0 --output=trace -f 'other|weak_one' "$build/targets/aliases"
    read_trace trace
    events 2 aliases:marker_entry
    events 3 aliases:real_fn_entry
    lines 10 . text
}

# Constructors and destructors of a class have two or three symbols at one address.
case_constructors()
{
    cat >made.cc <<'END'
struct A { int a; __attribute__((noinline)) A(int n) : a(n) {} __attribute__((noinline)) ~A() { a = 0; } };
struct B : A { __attribute__((noinline)) B(int n) : A(n) {} };
int main() { A a(1); B b(2); return a.a + b.a - 3; }
END
    command -v g++ >/dev/null || skip "no g++"
    g++ -g -O0 -o made made.cc
    printed -f '.*[AB]::.*' ./made >shown
    is 'A::A A::A A::~A A::~A B::B B::~B' "$(sed -E 's/^[0-9]+ +made:([^(]*).*/\1/' lines | sort | paste -sd' ')"
}

run_cases "$@"
