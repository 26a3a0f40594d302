#!/usr/bin/env bash
# Random values through functions with random signatures: every one is shown as it was passed.
# `make values` does the same a million times.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/cases.sh"
. "$top/tests/values/run.sh"

plain() # LANGUAGE COMPILER SEED
{
    values_build "$1" "$2" O0 "$3" 40
    values_print 120 "$3"
}

# --print shows what a trace does: both are compared for optimised code, where more can go wrong.
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

# Types lie in partial units, which have no language. (dwz knows not all of the DWARF 5 of clang.)
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

run_cases "$@"
