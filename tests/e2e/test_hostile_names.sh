#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Names that are invalid in C, CTF or LTTng, or that trace readers confuse: every trace is readable,
# with the expected names. `make names` runs longer.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/cases.sh"
. "$top/tests/names/run.sh"

case_by_gcc()
{
    with_lttng
    names_round gcc 1 60
    names_round gcc 2 60 depth
}

case_by_clang()
{
    with_lttng
    names_round clang 3 60
}

# No invisible character reaches the terminal, whatever the text is in.
case_unseen_characters()
{
    # U+202E and U+2066 as bytes: bash converts code points by the locale.
    local unseen=$'\xe2\x80\xae' where=$'dir\xe2\x81\xa6ectory' name
    export LC_ALL=C.UTF-8
    mkdir "$where"
    cat >unseen.c <<END
#include <stdio.h>
enum e { zero, one };
__attribute__((noinline)) int f(const char *text, enum e e) asm("f${unseen}g");
__attribute__((noinline)) int f(const char *text, enum e e)
{
    return text[0] + e;
}
int main(void)
{
    return f("a${unseen}b\u200bc\ufeff", one) ? 0 : 1;
}
END
    ${TEST_CC:-gcc} -g -O0 -w -o "$where/$unseen" unseen.c 2>compiler.log || fail "$(cat compiler.log)"
    traced 0 --print "$where/$unseen"
    lines 1 '___:f___g\(text = "a\\xe2\\x80\\xaeb\\xe2\\x80\\x8bc\\xef\\xbb\\xbf", e = one\)$' "$err"
    cp "$err" all
    traced 0 --list "$where/$unseen"
    lines 1 '^___:f___g  int f\\xe2\\x80\\xaeg\(.*DWARF of .*dir\\xe2\\x81\\xa6ectory/\\xe2\\x80\\xae\]$' "$out"
    cat "$out" "$err" >>all
    traced 127 --print "$where/not$unseen"
    lines 1 'dir\\xe2\\x81\\xa6ectory/not\\xe2\\x80\\xae: no such file' "$err"
    cat "$err" >>all
    traced 0 --print -f "none$unseen" "$where/$unseen"
    lines 1 'none\\xe2\\x80\\xae' "$err"
    cat "$err" >>all
    for name in $'\xe2\x80\xae' $'\xe2\x81\xa6' $'\xe2\x80\x8b' $'\xef\xbb\xbf'; do
        ! LC_ALL=C grep -aqF "$name" all || fail "a character that cannot be seen is shown"
    done
}

run_cases "$@"
