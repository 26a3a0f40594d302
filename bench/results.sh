#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# results.sh NAME...: prints the samples of these benchmarks, from $BUILD/bench/NAME.tsv, as JSON:
# {"machine": {...}, "results": [{"benchmark", "case", "unit", "median", "samples": [...]}],
# "skipped": [{"benchmark", "case", "reason"}]}.
set -euo pipefail
cd "$(dirname "$0")/.."
build=${BUILD:-build}

quoted()
{
    local text=${1//\\/\\\\}
    printf '"%s"' "${text//\"/\\\"}"
}

printf '{"machine": {"processor": %s, "processors": %s, "kernel": %s, "date": %s, "version": %s},\n' \
    "$(quoted "$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)")" "$(nproc)" \
    "$(quoted "$(uname -sr)")" "$(quoted "$(date -u +%Y-%m-%dT%H:%M:%SZ)")" "$(quoted "$(cat VERSION)")"
for b in "$@"; do
    sed "s/^/$b\t/" "$build/bench/$b.tsv"
done | awk -F'\t' '
    function text(s) { gsub(/\\/, "\\\\", s); gsub(/"/, "\\\"", s); gsub(/[\001-\037]/, " ", s); return "\"" s "\"" }
    function median(key,   list, n, i, j, swap) {
        n = split(samples[key], list, ", ")
        for (i = 1; i <= n; i++)
            for (j = i + 1; j <= n; j++)
                if (list[j] + 0 < list[i] + 0) { swap = list[i]; list[i] = list[j]; list[j] = swap }
        return n % 2 ? list[(n + 1) / 2] : (list[n / 2] + list[n / 2 + 1]) / 2
    }
    $3 == "skipped" { left[++n_left] = "{\"benchmark\": " text($1) ", \"case\": " text($2) ", \"reason\": " text($4) "}"; next }
    {
        key = $1 FS $2 FS $3
        if (!(key in samples)) order[++n] = key
        samples[key] = samples[key] (samples[key] == "" ? "" : ", ") $4
    }
    END {
        print "\"results\": ["
        for (i = 1; i <= n; i++) {
            split(order[i], part, FS)
            printf "{\"benchmark\": %s, \"case\": %s, \"unit\": %s, \"median\": %s, \"samples\": [%s]}%s\n", text(part[1]),
                text(part[2]), text(part[3]), median(order[i]), samples[order[i]], i < n ? "," : ""
        }
        print "],\n\"skipped\": ["
        for (i = 1; i <= n_left; i++) print left[i] (i < n_left ? "," : "")
        print "]}"
    }'
