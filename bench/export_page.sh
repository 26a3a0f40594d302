#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# export --to=html: how long it takes, the memory of the exporter and the size of the page; how long
# a browser takes to open it and to show another part of the timeline. CALLS= in the trace (1000000).
. "$(dirname "$0")/measure.sh"

calls=${CALLS:-1000000}
page=$work/page.html

measure_page()
{
    local seconds peak
    read -r seconds peak < <({ command time -f '%e %M' "$tracer" export -q --to=html -o "$page" --force "$work/trace"; } 2>&1)
    sample export ms "$(awk -v s="$seconds" 'BEGIN { print s * 1000 }')"
    sample export kb "$peak"
    sample page kb "$(($(stat -c %s "$page") / 1000))"
    python3 "$top/bench/open_page.py" "$work" >"$work/opened" || fail "the page does not open"
    sample open ms "$(awk '$1 == "open_ms" { print $2 }' "$work/opened")"
    sample zoom ms "$(awk '$1 == "zoom_ms" { print $2 }' "$work/opened")"
}

bench_begin
command -v chromedriver >/dev/null || skip "no chromedriver (chromium-driver)"
"$bin/made_calls" "$work/trace" "$calls" || fail "no trace"
for ((round = 1; round <= rounds; round++)); do
    progress "round $round of $rounds"
    measure_page
done

printf '%s calls\n' "$calls"
printf '%-34s %8.1f\n' \
    'export, s' "$(awk -v x="$(median export ms)" 'BEGIN { print x / 1000 }')" \
    'memory of the exporter, MB' "$(awk -v x="$(median export kb)" 'BEGIN { print x / 1000 }')" \
    'page, MB' "$(awk -v x="$(median page kb)" 'BEGIN { print x / 1000 }')" \
    'until the browser shows it, s' "$(awk -v x="$(median open ms)" 'BEGIN { print x / 1000 }')"
printf '%-34s %8.0f\n' 'another part of the timeline, ms' "$(median zoom ms)"
