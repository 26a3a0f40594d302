#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Type objects: how many functions of the C library the build has types of, and objects made from
# headers.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/cases.sh"

scripts=$build/share/ptrace_tracer

# Writes the lines of a type object to the file types, and the functions in its debug information to
# the file described.
look() # OBJECT
{
    objcopy --dump-section .ptrace_tracer.types=types "$1" /dev/null || fail "no section in $1"
    [[ $(head -n 1 types) == 'ptrace_tracer types 1' ]] || fail "the section begins with: $(head -n 1 types)"
    readelf --debug-dump=info -W "$1" 2>/dev/null |
        awk '/DW_TAG_/ { function_ = /subprogram/ } function_ && /DW_AT_(linkage_)?name/ { print $NF }' |
        LC_ALL=C sort -u >described
    sed 1d types | cut -f1 | LC_ALL=C sort -u | LC_ALL=C comm -23 - described >missing
    [[ ! -s missing ]] || fail "not in the debug information of $1: $(paste -sd' ' missing)"
}

# The line of a function is there.
line() # FUNCTION SONAME VERSION PARAMETERS
{
    grep -qE "^$1"$'\t'"$2"$'\t'"$3"$'\t'"$4\$" types || fail "no such line: $(grep "^$1"$'\t' types)"
}

c_library_lines()
{
    local n
    look "$1"
    n=$(cut -f2 types | grep -c '^libc\.so\.6$')
    echo "$n functions of libc.so.6"
    ((n >= 1600)) || fail "types of $n functions of libc, not 1600"
    n=$(cut -f2 types | grep -c '^libm\.so\.6$')
    ((n >= 800)) || fail "types of $n functions of libm, not 800"
    line malloc libc.so.6 'GLIBC_[0-9.]+' size
    line pthread_create libc.so.6 'GLIBC_[0-9.]+' newthread,attr,start_routine,arg
    line __isoc99_sscanf libc.so.6 'GLIBC_[0-9.]+' s,format
    line sscanf libc.so.6 'GLIBC_[0-9.]+' s,format
    line __printf_chk libc.so.6 'GLIBC_[0-9.]+' flag,format
    line __xpg_basename libc.so.6 'GLIBC_[0-9.]+' path
    line open64 libc.so.6 'GLIBC_[0-9.]+' file,oflag
    line qsort libc.so.6 'GLIBC_[0-9.]+' base,nmemb,size,compar
    line cosf libm.so.6 'GLIBC_[0-9.]+' x
    ! grep -qP '^(stdin|environ|optarg)\t' types || fail "variables have lines"
}

# What the build makes for the C library that it is built for.
case_c_library()
{
    [[ $(sed -n 's/^ID=//p' /etc/os-release 2>/dev/null) == debian ]] || skip "the numbers are those of Debian"
    c_library_lines "$scripts/types/libc.types"
    ! strings -a "$scripts/types/libc.types" | grep -qE "^(/tmp|$top|$build)" || fail "paths of the build"
}

run_cases "$@"
