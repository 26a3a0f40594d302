# SPDX-License-Identifier: MIT
# Traces to export. For scripts that have sourced cases.sh.
# shellcheck shell=bash disable=SC2154

# recorded OPTION... PROGRAM [ARG...]: a trace in ./trace.
recorded()
{
    [[ -n ${private_dir:-} ]] || with_lttng
    rm -rf trace
    traced 0 -q -o trace "$@"
}

# The calls and times that report has, as "calls total self function", by function.
reported() # OPTION...
{
    traced 0 report --format=csv "$@" trace
    awk -F, 'NR > 1 { print $1, $2 + 0, $3 + 0, $8 }' $out | sort >reported
    [[ -s reported ]] || fail "nothing is reported"
}
