#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# stress_jumps.sh [BUILD [CYCLES]]: plants and lifts jumps in a program of eight threads, which gets
# a signal a thousand times a second, CYCLES times (default 10,000, some minutes), and prints the
# numbers. Exits with status 1 when the program, or a call that it counts, comes to harm.
set -u
cd "$(dirname "$0")/.." || exit 1
test=${1:-build}/asan/tests/engine/test_jumps_cycles

out=$(CYCLES=${2:-10000} CK_TIMEOUT_MULTIPLIER=60 "$test")
status=$?
case $status in
    0) sed -n 's/^\([0-9]* cycles: \)/jumps: \1/p' <<<"$out" ;;
    77) echo "$out" ;;
    *)
        echo "$out" >&2
        exit 1
        ;;
esac
