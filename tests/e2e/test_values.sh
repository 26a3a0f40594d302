#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Random values through functions with random signatures: each is shown as it was passed. `make
# values` runs a million of them.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/cases.sh"
. "$top/tests/values/run.sh"

plain() # LANGUAGE COMPILER SEED
{
    values_build "$1" "$2" O0 "$3" 40
    values_print 120 "$3"
}

# --print shows the same as a trace: both are compared for optimised code, where more can go wrong.
optimised() # LANGUAGE COMPILER SEED
{
    values_build "$1" "$2" O2 "$3" 40
    values_print 120 "$3"
    with_lttng
    values_ctf 120 "$3"
}

case_c_gcc()
{
    plain c gcc 1
}

case_c_gcc_optimised()
{
    optimised c gcc 1
}

case_c_clang()
{
    plain c clang 2
}

case_c_clang_optimised()
{
    optimised c clang 2
}

case_cxx_gcc()
{
    plain c++ gcc 3
}

case_cxx_gcc_optimised()
{
    optimised c++ gcc 3
}

case_cxx_clang()
{
    plain c++ clang 4
}

case_cxx_clang_optimised()
{
    optimised c++ clang 4
}

followed() # LANGUAGE COMPILER LEVEL SEED DEREF
{
    values_build "$1" "$2" "$3" "$4" 40 "$5"
    values_print 120 "$4"
    with_lttng
    values_ctf 120 "$4"
}

case_c_gcc_followed()
{
    followed c gcc O2 5 2
}

case_cxx_clang_followed()
{
    followed c++ clang O0 6 1
}

# Types are in partial units, which have no language. (dwz does not support all of clang's DWARF 5.)
moved() # LANGUAGE COMPILER LEVEL SEED [-m]
{
    values_need dwz readelf
    local values_units=2 values_flags=()
    [[ $2 != clang ]] || values_flags=(-gdwarf-4)
    values_build "$1" "$2" "$3" "$4" 40 1
    values_dwz "${@:5}"
    values_print 120 "$4"
}

case_cxx_gcc_dwz()
{
    moved c++ gcc O0 3
}

case_cxx_gcc_optimised_dwz()
{
    moved c++ gcc O2 7
}

case_cxx_gcc_dwz_common_file()
{
    moved c++ gcc O0 8 -m
}

case_cxx_clang_dwz()
{
    moved c++ clang O0 4
}

case_c_gcc_dwz()
{
    moved c gcc O2 5
}

# not_followed LANGUAGE LEVEL SEED: GCC describes the places of parameters for the whole function.
not_followed()
{
    local values_flags=(-fno-var-tracking)
    values_build "$1" gcc "$2" "$3" 40
    values_print 120 "$3"
}

case_c_gcc_not_followed()
{
    not_followed c O2 9
}

case_cxx_gcc_not_followed()
{
    not_followed c++ O2 10
}

case_c_gcc_not_followed_for_debugging()
{
    not_followed c Og 2
}

case_cxx_gcc_for_debugging()
{
    values_build c++ gcc Og 11 40
    values_print 120 11
}

# shown PATTERN: prints what --print shows of the calls in ./program, and what --list says is
# missing.
shown()
{
    "$tracer" --quiet --print=lines -f "$1" -- ./program >output || fail "exit status $?"
    sed -nE 's/^[0-9]+ +(} )?program:(.*[^ ].*)/\2/p' lines
    "$tracer" --list -f "$1" -- ./program | sed -nE 's/^program:([^ ]*)  .*; not all is known of: (.*)\]$/\1 not: \2/p'
}

case_parameters_in_other_registers()
{
    values_need gcc
    local level
    for level in "-O0" "-O2 -fno-var-tracking" "-Og -fno-var-tracking" "-Og" "-O2"; do
        # shellcheck disable=SC2086 # options
        gcc -std=gnu11 -g $level -o program "$top/tests/targets/moved_parameters.c" || fail "cannot be built"
        shown 'swapped|kept_.*' >got
        printf '%s\n' 'swapped(a = 3, b = 4)' 'kept_integers(u = -1, v = -2)' 'kept_doubles(u = -1, v = -2)' >wanted
        diff wanted got >difference || fail "$level: $(cat difference)"
    done
}

# AddressSanitizer keeps parameters in its own frame, below the address in a register.
case_frames_of_a_sanitizer()
{
    values_need gcc
    printf '%s\n' 'struct pair { int a; char b; };' \
        'int sum(int n, struct pair p, int k) { return n + p.a + p.b + k; }' \
        '__attribute__((ms_abi)) int of_windows(int n, struct pair p) { return n + p.a; }' \
        'int main(void) { return sum(1, (struct pair){2, 3}, 4) + of_windows(5, (struct pair){6, 7}) - 21; }' \
        >frames.c
    gcc -g -O0 -fsanitize=address -o program frames.c 2>/dev/null || skip "gcc has no AddressSanitizer"
    export ASAN_OPTIONS=$ASAN_OPTIONS:detect_leaks=0
    shown 'sum|of_windows' >got
    printf '%s\n' 'sum(n = 1, p_a = 2, p_b = 3, k = 4)' 'of_windows()' 'of_windows not: n, p, retval' >wanted
    diff wanted got >difference || fail "$(cat difference)"
}

case_windows_convention()
{
    values_need gcc
    local level wanted
    for level in "-O0" "-O0 -gdwarf-2 -gstrict-dwarf" "-O2"; do
        # shellcheck disable=SC2086 # options
        gcc -std=gnu11 -g $level -o program "$top/tests/targets/moved_parameters.c" || fail "cannot be built"
        # Optimised code describes the places of most parameters.
        wanted='of_windows()
of_windows_too()
of_windows_one()
of_windows not: a, b, c, d, e, f, s, retval
of_windows_too not: a, retval
of_windows_one not: a, retval'
        [[ $level == -O0* ]] || wanted='of_windows(a = 1, b = 2.5, c = 3, d = 4.5)
of_windows_too(a = 2)
of_windows_one(a = 3)
of_windows not: e, f, s, retval
of_windows_too not: retval
of_windows_one not: retval'
        shown 'of_windows.*' >got
        diff <(echo "$wanted") got >difference || fail "$level: $(cat difference)"
    done
}

case_unnamed_parameters()
{
    values_need g++
    local level
    for level in "-O0" "-Og" "-O1 -fno-inline"; do
        # shellcheck disable=SC2086 # options
        g++ -std=gnu++17 -g $level -o program "$top/tests/targets/unnamed_parameters.cc" || fail "cannot be built"
        shown '.*Derived::Base|.*_FUN' | sed 's/this = 0x[0-9a-f]*/this/' >got
        printf '%s\n' 'Derived::Base(this, arg3 = 1, arg4 = 2.5, arg5 = "inherited", arg6 = 4)' \
            'main::{lambda(int;double)#1}::_FUN(arg1 = 9, arg2 = 8.5)' >wanted
        diff wanted got >difference || fail "$level: $(cat difference)"
    done
}

# clang does not describe unused parameters, nor the places of a constructor's.
case_unnamed_parameters_clang()
{
    values_need clang++
    local level wanted
    for level in "-O0" "-O1 -fno-inline"; do
        # shellcheck disable=SC2086 # options
        clang++ -std=gnu++17 -g $level -o program "$top/tests/targets/unnamed_parameters.cc" || fail "cannot be built"
        shown '.*Derived::Base|.*::__invoke' | sed 's/this = 0x[0-9a-f]*/this/' >got
        wanted='Derived::Base(this, arg3 = 1, arg4 = 2.5, arg5 = "inherited", arg6 = 4)'
        [[ $level != -O0 ]] || wanted='Derived::Base()'
        printf '%s\n' "$wanted" 'main::$_0::__invoke(a = 9, b = 8.5)' >wanted
        grep -v ' not: ' got | diff wanted - >difference || fail "$level: $(cat difference)"
    done
}

case_addresses_on_the_stack()
{
    local compiler level
    for compiler in clang++ g++; do
        values_need $compiler
        for level in "-O0" "-O0 -fomit-frame-pointer" "-O0 -gdwarf-4"; do
            # shellcheck disable=SC2086 # options
            $compiler -g $level -o program "$top/tests/targets/addresses_on_stack.cc" || fail "cannot be built"
            shown 'summed|Owner::owned' | sed 's/this = 0x[0-9a-f]*/this/' >got
            printf '%s\n' 'summed(a = 1, b = 2, c = 3, d = 4, e = 5, f = 6, x_value = 77, y_value = 88, z_value = 99)' \
                'Owner::owned(this, a = 1, b = 2, c = 3, d = 4, e = 5, x_value = 6, g = 7, y_value = 8)' >wanted
            diff wanted got >difference || fail "$compiler $level: $(cat difference)"
        done
    done
}

case_options_of_the_compiler()
{
    values_need gcc
    local level
    for level in -O0 -O2; do
        gcc -g $level -fpcc-struct-return -mlong-double-128 -o program "$top/tests/targets/other_options.c" ||
            fail "cannot be built"
        "$tracer" --quiet --print=lines -f 'pair_of|extended' -- ./program || fail "exit status $?"
        sed -E 's/^[0-9]+ +//; s/ <[0-9.]+>$//' lines >got
        printf '%s\n' 'program:pair_of(a = 3, b = 4)' '= {retval_x = 3, retval_y = 4}' \
            'program:extended(a = 1, b = 0x40004000000000000000000000000000, c = 3.5)' '= 6' >wanted
        diff wanted got >difference || fail "$level: $(cat difference)"
    done
}

case_absent_references()
{
    values_need g++
    g++ -g -O0 -w -o program "$top/tests/targets/absent_references.cc" || fail "cannot be built"
    "$tracer" --quiet --print=lines -f 'referred|holding|chosen' -- ./program || fail "exit status $?"
    sed -nE 's/^[0-9]+ +//; s/from = 0x[0-9a-f]*/from/; s/program:|= void.*| <[0-9.]+>$//; /./p' lines >got
    printf '%s\n' 'referred(v_size = 3, s = "text", last = 0)' 'holding(holder_held_size = 3, holder_number = 0)' \
        'chosen(from)' '= 3' \
        'referred(v_size = (null), s = (null), last = 1)' \
        'holding(holder_held_size = (null), holder_number = 1)' 'chosen(from)' '= (null)' \
        'referred(v_size = (bad address), s = (bad address), last = 2)' \
        'holding(holder_held_size = (bad address), holder_number = 2)' 'chosen(from)' '= (bad address)' >wanted
    diff wanted got >difference || fail "$(cat difference)"
}

case_absent_references_in_events()
{
    values_need g++
    g++ -g -O0 -w -o program "$top/tests/targets/absent_references.cc" || fail "cannot be built"
    with_lttng
    "$tracer" --output=trace -f 'referred|holding' -- ./program 2>"$err" || fail "exit status $?"
    read_trace trace
    sed -nE 's/.*program:(referred|holding)_entry: .*procname = "[^"]*" \}, \{ (.*) \}$/\2/p' text >got
    cat >wanted <<'END'
v_size = 3, v_ptr = ( "ok" : container = 0 ), s = "text", last = 0
holder_held_size = 3, holder_held_ptr = ( "ok" : container = 0 ), holder_number = 0
v_size = 0, v_ptr = ( "null" : container = 1 ), s = "(null)", last = 1
holder_held_size = 0, holder_held_ptr = ( "null" : container = 1 ), holder_number = 1
v_size = 0, v_ptr = ( "bad_address" : container = 2 ), s = "(bad address)", last = 2
holder_held_size = 0, holder_held_ptr = ( "bad_address" : container = 2 ), holder_number = 2
END
    diff wanted got >difference || fail "$(cat difference)"
}

# Strict DWARF 4 cannot express defaulted copy constructors and alignment.
strict() # LANGUAGE COMPILER LEVEL SEED
{
    # shellcheck disable=SC2034 # for values_build
    local values_flags=(-gdwarf-4 -gstrict-dwarf)
    values_build "$1" "$2" "$3" "$4" 40
    values_print 120 "$4"
}

case_cxx_gcc_strict_dwarf4()
{
    strict c++ gcc O0 9
}

case_cxx_clang_strict_dwarf4()
{
    strict c++ clang Og 10
}

run_cases "$@"
