#!/usr/bin/env bash
# The rules of the house that a compiler does not enforce: which room may include which, where a
# library may be used, where an architecture may be named, how long a file may be.
# One line for each offence; exit status 1 when there is any.
set -euo pipefail
cd "$(dirname "$0")/.."

# shellcheck disable=SC2016 # the $ are awk's
offences=$(
    find src -name '*.[ch]' | sort | xargs awk '
        function offence(what) { printf "%s:%d: %s\n", FILENAME, FNR, what }
        function room_of(path,   parts) { split(path, parts, "/"); return parts[1] }

        BEGIN {
            allowed["util"] = " util "
            allowed["symbols"] = " symbols util "
            allowed["ptrace"] = " ptrace symbols util "
            allowed["cli"] = " cli ptrace symbols tp util "
            # tp may also see two headers of the seam.
            allowed["tp"] = " tp util "
            seam["model/hit.h"] = seam["model/probe.h"] = 1
        }
        function too_long() {
            if (last != "" && lines > 450) printf "%s: %d lines, 450 is the most\n", last, lines
        }
        FNR == 1 { too_long(); last = FILENAME; room = room_of(substr(FILENAME, 5)) }
        { lines = FNR }

        /^[ \t]*#[ \t]*include/ {
            header = $0
            sub(/^[ \t]*#[ \t]*include[ \t]*[<"]/, "", header)
            sub(/[>"].*/, "", header)
            if ($0 ~ /include[ \t]*"/) {
                if (!index(allowed[room], " " room_of(header) " ") &&
                    !(room == "tp" && header in seam))
                    offence("src/" room " may not include " header)
            }
            if (header ~ /^(sys|asm|linux)\/ptrace\.h$/ && room != "ptrace")
                offence("only src/ptrace may include <" header ">")
            if (header ~ /^(libelf|gelf|libdw|dwarf|elfutils\/)/ && room != "symbols")
                offence("only src/symbols may include <" header ">")
            if (header ~ /^lttng\// && room != "tp")
                offence("only src/tp may include <" header ">")
            if (header ~ /^Zydis\// && room != "ptrace" && FILENAME !~ /^src\/symbols\/.*_x86_64\.c$/)
                offence("only src/ptrace may include <" header ">")
            if (header ~ /^libunwind/ && room != "ptrace")
                offence("only src/ptrace may include <" header ">")
        }
        /^[ \t]*#[ \t]*(el)?if.*__(x86_64|i386|aarch64|arm|amd64)__/ &&
            FILENAME !~ /_(x86_64|aarch64)\.[ch]$/ {
            offence("architectures are told apart by files named *_x86_64.c and *_aarch64.c")
        }
        END { too_long() }
    '
    # The engine is a library of its own: of symbols it takes the seam and the maps parser only.
    grep -HnE '^[[:space:]]*#[[:space:]]*include "symbols/' src/ptrace/*.[ch] |
        grep -vE '"symbols/(probe|maps)\.h"' |
        sed 's/:#.*include \(.*\)/: src\/ptrace may not include \1/' || true
)

if [[ -n $offences ]]; then
    printf '%s\n' "$offences"
    exit 1
fi
