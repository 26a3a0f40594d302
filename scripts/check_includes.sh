#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Checks rules of the sources that a compiler does not enforce: which layer may include which, where
# a library may be used, where an architecture may be named, the length of files, unique function
# names and type tags. With a build directory as argument: also that no files use each other in a circle. Prints a
# line for each violation; then the exit status is 1.
set -euo pipefail
cd "$(dirname "$0")/.."

# Each layer may include itself and the layers after its colon. The order is bottom-up.
layers='
util:
model: util
ptrace/os: model util
ptrace/arch: ptrace/os model util
ptrace: model util
ptrace/core: ptrace/arch ptrace/os ptrace model util
ptrace/capture: ptrace/core ptrace/arch ptrace/os ptrace model util
ptrace/breakpoints: ptrace/capture ptrace/core ptrace/arch ptrace/os ptrace model util
ptrace/threads: ptrace/breakpoints ptrace/capture ptrace/core ptrace/arch ptrace/os ptrace model util
ptrace/jumps: ptrace/threads ptrace/breakpoints ptrace/capture ptrace/core ptrace/arch ptrace/os ptrace model util
ptrace/control: ptrace/jumps ptrace/threads ptrace/breakpoints ptrace/capture ptrace/core ptrace/arch ptrace/os ptrace model util
symbols/abi: model util
symbols/elf: symbols/abi model util
symbols/dwarf: symbols/elf symbols/abi model util
symbols/types: symbols/dwarf symbols/elf symbols/abi model util
symbols: symbols/types symbols/dwarf symbols/elf symbols/abi model util
symbols/code: symbols symbols/elf symbols/abi model util
tp: model util
tp/ctf: tp model util
tp/lttng: tp model util
tp/session: tp model util
analysis: model util
analysis/babeltrace: analysis model util
analysis/http: analysis model util
analysis/export: analysis model util
analysis/export/html: analysis/export analysis model util
cli: cli/commands analysis analysis/export ptrace ptrace/os symbols symbols/code symbols/types symbols/elf tp tp/ctf tp/lttng tp/session model util
cli/commands: cli analysis analysis/export ptrace ptrace/os symbols symbols/code symbols/types symbols/elf tp tp/ctf tp/lttng tp/session model util
'

# shellcheck disable=SC2016 # the $ are awk's
check_sources()
{
    find src -name '*.[ch]' | sort | LAYERS=$layers xargs awk '
        function offence(what) { printf "%s:%d: %s\n", FILENAME, FNR, what }
        # The folder of a path below src; that of an architecture is no layer of its own.
        function layer_of(path) {
            sub(/\/[^\/]*$/, "", path)
            sub(/^ptrace\/arch\/.*/, "ptrace/arch", path)
            return path
        }
        function too_long() {
            if (last != "" && lines > 450) printf "%s: %d lines, 450 is the most\n", last, lines
        }
        BEGIN {
            n = split(ENVIRON["LAYERS"], rows, "\n")
            for (i = 1; i <= n; i++)
                if (split(rows[i], row, ":") == 2) allowed[row[1]] = " " row[1] " " row[2] " "
        }
        FNR == 1 {
            too_long()
            last = FILENAME
            layer = layer_of(substr(FILENAME, 5))
            if (!(layer in allowed)) offence("src/" layer " is no layer that " "scripts/check_includes.sh knows")
        }
        { lines = FNR }

        /^[ \t]*#[ \t]*include/ {
            header = $0
            sub(/^[ \t]*#[ \t]*include[ \t]*[<"]/, "", header)
            sub(/[>"].*/, "", header)
            if ($0 ~ /include[ \t]*"/ && !index(allowed[layer], " " layer_of(header) " "))
                offence("src/" layer " may not include " header)
            folder = layer
            sub(/\/.*/, "", folder)
            if (header ~ /^(sys|asm|linux)\/ptrace\.h$/ && folder != "ptrace")
                offence("only src/ptrace may include <" header ">")
            if (header ~ /^(libelf|gelf|libdw|dwarf|elfutils\/)/ && folder != "symbols")
                offence("only src/symbols may include <" header ">")
            if (header ~ /^lttng\// && folder != "tp")
                offence("only src/tp may include <" header ">")
            if (header ~ /^babeltrace2\// && layer != "analysis/babeltrace")
                offence("only src/analysis/babeltrace may include <" header ">")
            if (header ~ /^curl\// && layer != "analysis/http")
                offence("only src/analysis/http may include <" header ">")
            if (header ~ /^Zydis\// && FILENAME !~ /(_|arch\/)x86_64(\.[ch]|\/)/)
                offence("only the files of x86-64 may include <" header ">")
            if (header ~ /^jansson/ && folder != "analysis")
                offence("only src/analysis may include <" header ">")
            if (header ~ /^(protobuf-c\/|sqlite3\.h)/ && layer != "analysis/export")
                offence("only src/analysis/export may include <" header ">")
            if (header ~ /^libunwind/ && folder != "ptrace")
                offence("only src/ptrace may include <" header ">")
        }
        /^[ \t]*#[ \t]*(el)?if.*__(x86_64|i386|aarch64|arm|amd64)__/ &&
            FILENAME !~ /(_|arch\/)(x86_64|aarch64)(\.[ch]|\/)/ {
            offence("architectures are told apart by files named for them")
        }
        END { too_long() }
    '
}

# Definitions start in the first column, and so does the brace of their bodies. A program has the
# files of one architecture: those of two may use the same names.
# shellcheck disable=SC2016 # the $ are awk's
check_names()
{
    find src -name '*.[ch]' | sort | xargs awk '
        function arch_of(path) {
            if (!match(path, /(_|arch\/)(x86_64|aarch64)(\.[ch]|\/)/)) return ""
            return substr(path, RSTART, RLENGTH) ~ /x86_64/ ? "x86_64" : "aarch64"
        }
        # Prints where the name was seen before, for an architecture that this file is for, too.
        function claim(kind, what, message,    i, n, others) {
            n = split("x86_64 aarch64", others, " ")
            others[++n] = "any"
            for (i = 1; i <= n; i++)
                if (((kind, what, others[i]) in seen) && (arch == "" || others[i] == arch || others[i] == "any"))
                    printf message, FILENAME, what, seen[kind, what, others[i]]
            seen[kind, what, arch == "" ? "any" : arch] = FILENAME
        }
        FNR == 1 { name = ""; arch = arch_of(FILENAME) }
        /^[A-Za-z_].*[ *][a-z_][a-z0-9_]*\(/ && !/;[ \t]*$/ && !/^(typedef|struct [a-z_0-9]+ \{)/ {
            name = $0
            sub(/\(.*/, "", name)
            sub(/.*[ *]/, "", name)
        }
        /;[ \t]*$/ && !/^[ \t]/ { name = "" }
        /^(struct|union|enum) [a-z_0-9]+ \{/ {
            claim("tag", $2, "%s: the tag %s names a type of %s, too\n")
        }
        /^\{/ && name != "" {
            claim("function", name, "%s: %s() is a function of %s, too\n")
            name = ""
        }
    '
}

# Prints the circles of a graph; an edge on each line (tsort(1)).
circles()
{
    sort -u | tsort 2>&1 >/dev/null | sed 's/^tsort: \(-: \)\{0,1\}/a circle of files: /' || true
}

# Which header includes which other one.
check_headers()
{
    { find src -name '*.h' -exec grep -HE '^[[:space:]]*#[[:space:]]*include "' {} + || true; } |
        sed 's/^src\///; s/:[^"]*"/ /; s/".*//' | circles
}

# Which object uses a symbol of which other one.
check_circles()
{
    local objects=$1/obj/src
    # shellcheck disable=SC2016 # the $ are awk's
    find "$objects" -name '*.o' | while read -r object; do
        source=${object#"$1"/obj/}
        [[ ! -e ${source%.o}.c ]] || nm -A "$object"
    done | sed "s|^$objects/||" | awk '
        function arch_of(object) {
            if (!match(object, /(_|arch\/)(x86_64|aarch64)(\/|$)/)) return "any"
            return substr(object, RSTART, RLENGTH) ~ /x86_64/ ? "x86_64" : "aarch64"
        }
        {
            object = $1
            sub(/\.o:.*/, "", object)
            kind = $(NF - 1)
            symbol = $NF
        }
        kind == "U" { used[object " " symbol] = 1; next }
        kind ~ /^[TDBRVW]$/ { owner[arch_of(object), symbol] = object }
        END {
            n = split("any x86_64 aarch64", arches, " ")
            for (use in used) {
                split(use, pair, " ")
                user = arch_of(pair[1])
                for (i = 1; i <= n; i++)
                    if ((user == "any" || arches[i] == "any" || arches[i] == user) &&
                        ((arches[i], pair[2]) in owner) && owner[arches[i], pair[2]] != pair[1])
                        print pair[1], owner[arches[i], pair[2]]
            }
        }
    ' | circles
}

offences=$(
    check_sources
    check_names
    check_headers
    [[ -z ${1:-} ]] || check_circles "$1"
)
if [[ -n $offences ]]; then
    printf '%s\n' "$offences"
    exit 1
fi
