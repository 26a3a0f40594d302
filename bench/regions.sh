#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# regions.sh: at how many entries and return addresses of installed programs and libraries a jump
# may be planted, and why not at the others. Files as arguments: these instead.
set -euo pipefail
cd "$(dirname "$0")/.."

[[ $# -gt 0 ]] || {
    # The paths that the dynamic linker finds, and those of programs.
    mapfile -t libraries < <(ldconfig -p | awk '/x86-64/ && /(libc|libcrypto|libsqlite3|libstdc[+][+])[.]so/ { print $NF }')
    mapfile -t programs < <(PATH=/usr/bin:/usr/sbin:/bin command -v redis-server nginx python3 bash || true)
    set -- "${libraries[@]}" "${programs[@]}"
}
for file in "$@"; do
    readlink -f "$file"
done | sort -u | xargs "${BUILD:-build}/bench/regions"
