# SPDX-License-Identifier: MIT
# Common code of the benchmarks. Each bench/NAME.sh sources this and can be run alone:
#
#   ROUNDS=3 bench/NAME.sh
#
# BUILD= is the build directory, ROUNDS= the number of rounds (5). Rounds are interleaved and the
# medians count, so that other load affects all alike. A benchmark writes its samples to
# $BUILD/bench/NAME.tsv (case, unit, value; or case, "skipped", reason) and its table to stdout. A
# private session daemon records the traces (tests/e2e/lib.sh).
# shellcheck shell=bash

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck source=tests/e2e/lib.sh
. "$top/tests/e2e/lib.sh"
set -o pipefail

build=${BUILD:-$top/build}
[[ $build == /* ]] || build=$top/$build
# shellcheck disable=SC2034 # for those who source this
rounds=${ROUNDS:-5}
name=$(basename "$0" .sh)
samples=$build/bench/$name.tsv
# shellcheck disable=SC2034 # for those who source this
bin=$build/bench tracer=$build/bin/ptrace_tracer

work=$(mktemp -d "${TMPDIR:-/tmp}/ptrace_tracer-bench.XXXXXX") || fail "no temporary directory"
bench_end()
{
    trap - EXIT
    local pid
    for pid in "${started[@]}"; do
        kill "$pid" 2>/dev/null
    done
    if [[ -n ${private_dir:-} ]]; then
        private_lttng_stop
    fi
    rm -rf "$work"
}
started=()
trap bench_end EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

bench_begin()
{
    [[ -x $bin/caller ]] || fail "build first: make bench-programs"
    : >"$samples"
}

# A session daemon for this benchmark. false: not possible here.
bench_lttng()
{
    command -v lttng-sessiond >/dev/null || return 1
    private_lttng_start
    trap bench_end EXIT
}

# A session that records what the wrapper of the sample's library (sample/wrapper.c) writes. Prints
# why there is none, and fails.
wrapper_session()
{
    rm -rf "$work/wrapped"
    {
        lttng --no-sessiond create wrapped --output="$work/wrapped" &&
            lttng --no-sessiond enable-channel -u --subbuf-size=8M --num-subbuf=4 wide &&
            lttng --no-sessiond enable-event -u -c wide 'mylib:*' && lttng --no-sessiond start
    } >"$work/lttng.log" 2>&1 || { tail -n 1 "$work/lttng.log"; return 1; }
}

progress()
{
    printf '%s: %s\n' "$name" "$*" >&2
}

sample() # CASE UNIT VALUE
{
    printf '%s\t%s\t%s\n' "$1" "$2" "$3" >>"$samples"
}

skipped() # CASE REASON
{
    ! grep -qF "$1"$'\t'"skipped" "$samples" || return 0
    printf '%s\tskipped\t%s\n' "$1" "$2" >>"$samples"
}

is_skipped() # CASE
{
    grep -qF "$1"$'\t'"skipped" "$samples"
}

# The median of a case's samples; empty if there are none.
median() # CASE UNIT
{
    awk -F'\t' -v c="$1" -v u="$2" '$1 == c && $2 == u {print $3}' "$samples" | sort -g |
        awk '{a[NR] = $1} END {if (NR) print (NR % 2 ? a[(NR + 1) / 2] : (a[NR / 2] + a[NR / 2 + 1]) / 2)}'
}

ratio() # A B
{
    awk -v a="$1" -v b="$2" 'BEGIN {if (b > 0) printf "%.2f", a / b; else print "-"}'
}

# The rows of a skipped case, at the end of a table.
skipped_rows()
{
    awk -F'\t' '$2 == "skipped" {printf "  %s: not measured: %s\n", $1, $3}' "$samples"
}
