#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# jump_sites.sh: at how many entries and return addresses of installed programs and libraries a jump
# may be planted. For the reasons: bench/regions.sh. See measure.sh for BUILD=.
. "$(dirname "$0")/measure.sh"

bench_begin
[[ -x $bin/bursts_x86_64 ]] || { echo "jump_sites: no jumps on this architecture"; exit 0; }
progress "all files"
"$(dirname "$0")/regions.sh" >"$work/out" 2>"$work/err" || fail "$(cat "$work/err")"
printf '%-50s %10s %10s\n' 'sites where there may be a jump, %' entries returns
while read -r file entries returns; do
    sample "$file" 'entries, %' "$entries"
    sample "$file" 'returns, %' "$returns"
    printf '%-50s %10s %10s\n' "$file" "$entries" "$returns"
done < <(sed -nE 's/^([^ ].*): read in .*/\1/p; s/^  (entries|returns): .*, ([0-9.]+) % .*/\2/p' "$work/out" | paste - - -)
echo '  the bars: 95 % of entries, 75 % of returns'
