#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Runs each fuzzer briefly, on its corpus and mutations of it; `make fuzz` runs longer.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/cases.sh"

fuzz() # NAME
{
    local fuzzer=$build/tests/fuzz/fuzz_$1
    "$fuzzer" 3 "$top/tests/fuzz/corpus/$1"/* >"$out" 2>"$err" || fail "fuzz_$1: exit status $?: $(tail -n 20 "$err")"
    # Under load there are fewer, but some.
    grep -qE '^[0-9]{2,} inputs$' "$out" || fail "fuzz_$1: $(cat "$out")"
}

case_conditions() { fuzz condition; }
case_demangled_names() { fuzz demangle; }
case_displaced_copies_of_aarch64() { fuzz displaced_aarch64; }
case_displaced_copies_of_x86_64() { fuzz displaced_x86_64; }
case_elf_and_dwarf() { fuzz elf; }
case_filter_files() { fuzz filter_file; }
case_maps() { fuzz maps; }
case_paired_calls() { fuzz pairing; }
case_patterns() { fuzz patterns; }
case_printed_lines() { fuzz print; }
case_rules() { fuzz rules; }
case_saved_sessions() { fuzz saved; }

# Stubs are executed.
case_stubs_of_x86_64()
{
    [[ $(uname -m) == x86_64 ]] || skip "this is no x86-64 machine"
    fuzz stub_run_x86_64
}

case_type_lines() { fuzz type_lines; }
case_type_objects() { fuzz type_object; }
case_unwind_rules() { fuzz unwind_rules; }
case_unwinding() { fuzz unwind; }

# These inputs reach the unwinder: their call chains follow the unwind tables.
case_unwound()
{
    shows frames 'return 0x101010' 'return 0x101250' 'return 0x101120' 'return 0x101020'
    shows signal 'return 0x101010' 'signal 0x101130' 'signal 0x200100'
    shows linkage 'return 0x10101c' 'return 0x101023' 'return 0x101030'
    shows one_mapping 'return 0x101010' 'return 0x101020' 'return 0x101030'
    shows vdso 'return 0x101010' 'return 0x101020' 'return 0x101030'
    shows no_headers 'return 0x101010'
    shows no_file 'return 0x101010'
}

shows() # INPUT LINE...
{
    local input=$top/tests/fuzz/corpus/unwind/$1
    FUZZ_SHOW=yes "$build/tests/fuzz/fuzz_unwind" 0 "$input" >"$out" 2>"$err" || fail "$1: $(tail -n 20 "$err")"
    printf '%s\n' "${@:2}" '1 inputs' >wanted
    diff -u wanted "$out" >difference || fail "$1: $(cat difference)"
}

# Each fuzzer has a corpus and is listed above.
case_all_of_them()
{
    local fuzzer name
    for fuzzer in "$top"/tests/fuzz/fuzz_*.c; do
        name=${fuzzer##*/fuzz_}
        name=${name%.c}
        [[ -n $(ls "$top/tests/fuzz/corpus/$name") ]] || fail "no corpus of $name"
        grep -qE "fuzz $name(;|\$)" "$top/tests/e2e/test_fuzz.sh" || fail "$name is not run"
    done
}

run_cases "$@"
