#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The engine is a separate library: one header and libptrace_engine.a are enough, without LTTng and
# without ELF or DWARF libraries.
set -u
cd "$(dirname "$0")/../.." || exit 1

fail() { echo "FAIL: $*" >&2; exit 1; }

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

case_links_alone()
{
    ${CC:-gcc} -std=gnu11 -D_GNU_SOURCE -Isrc -Wall -Wextra -Werror -o "$work/engine_alone" \
        tests/e2e/engine_alone.c "$PLAIN_BUILD/lib/libptrace_engine.a" -lZydis "-lunwind-$(uname -m)" -lpthread ||
        fail "it does not link with the engine alone"
    local target=$BUILD/targets/one_thread_no_pie address
    address=$(nm "$target" | sed -n 's/^\([0-9a-f]*\) [Tt] work$/\1/p')
    [[ -n $address ]] || fail "$target has no work()"
    [[ $("$work/engine_alone" "$address" "$target" 250 | tail -n 1) == '250 250' ]] ||
        fail "not 250 entries and 250 exits"
}

case_needs_no_elf_and_no_lttng()
{
    local needed
    needed=$(nm -u "$PLAIN_BUILD/lib/libptrace_engine.a" | grep -iE ' (dwarf|dwfl|elf_|gelf|lttng)')
    [[ -z $needed ]] || fail "it needs $needed"
}

"case_${1:?}"
