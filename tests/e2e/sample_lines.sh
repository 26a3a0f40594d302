#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# sample_lines.sh DIR: traces the sample by LTTng and with --print, and writes DIR/events, what
# babeltrace2 prints, and DIR/lines, without what differs between two runs: time stamps, CPU, thread
# IDs and the address of argv.
out_dir=$(mkdir -p "$1" && cd "$1" && pwd)
. "$(dirname "$0")/lib.sh"
top=$(cd "$(dirname "$0")/../.." && pwd)
build=${BUILD:-$top/build}

private_lttng_start
cd "$private_dir" || exit 1
"$build/bin/ptrace_tracer" -q -o trace "$build/bin/sample_app" 100 >recorded 2>&1 || fail "$(cat recorded)"
"$build/bin/ptrace_tracer" -q --print=printed "$build/bin/sample_app" 100 >said 2>&1 || fail "$(cat said)"
babeltrace2 trace >text 2>warnings || fail "babeltrace2: $(cat warnings)"
[[ ! -s warnings ]] || fail "babeltrace2: $(cat warnings)"
sed -E 's/^\[[^]]*\] \([^)]*\) [^ ]+ /    /; s/\{ cpu_id = [0-9]+ \}, \{ vtid = [0-9]+, /{ /
    s/(argv = )0x[0-9A-Fa-f]+/\1ADDRESS/' text >"$out_dir/events"
sed -E 's/^[0-9]+ //; s/(argv = )0x[0-9a-f]+/\1ADDRESS/; s/<[0-9.]+>$/<TIME>/' printed >"$out_dir/lines"
cat said >>"$out_dir/lines"
