#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Functions without debug information that have types from elsewhere: --types=FILE, and the type
# objects beside the tracer. The unit test test_type_objects.c has the rules.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/cases.sh"

typed=$build/symbols/typed
export LD_LIBRARY_PATH=$typed

# The lines of --print without thread IDs, indentation and times.
plain_lines()
{
    sed -E 's/^[0-9]+ +(} )?//; s/ <[0-9.]+>$//' "$1"
}

case_values()
{
    traced 0 -q --print=lines --types="$typed/lines.types" -f 'typed_(le|op|al|g|m|e|un|pi).*@typed' "$typed/program"
    plain_lines lines >got
    cat >wanted <<'END'
typed:typed_length(text = "twelve bytes")
= 12
typed:typed_open(path = "a file", mode = TYPED_WRITE)
= 7
typed:typed_open(path = "/etc/motd", mode = TYPED_READ)
= 7
typed:typed_grow(value_a = 7, value_b = 8, value_c = 9, factor = 2.5, times = 2)
= {retval_a = 35, retval_b = 8, retval_c = 9}
typed:typed_move(point_x = 3, point_y = 4, by = 2, scale = 1.5)
= {retval_x = 7, retval_y = 4}
typed:typed_end()
= void
typed:typed_unnamed(arg1 = 11, arg2 = "unnamed")
= 11
typed:typed_picked(arg1 = "picked")
= 2
END
    diff wanted got >difference || fail "$(cat difference)"
}

# A line of another number of names, another library or version, none at all: hex words as ever.
case_not_the_same_function()
{
    traced 0 -q --print=lines --types="$typed/lines.types" -f 'typed_(o|n).*@typed' "$typed/program"
    lines 1 'typed:typed_other_soname\(arg1 = 0x' lines
    lines 1 'typed:typed_other_version\(arg1 = 0x' lines
    lines 1 'typed:typed_no_line\(arg1 = 0x' lines
    traced 0 -q --print=lines --types="$typed/plain.o" -f 'typed_(ot|n).*@typed' "$typed/program"
    lines 1 'typed:typed_other_soname\(arg1 = "other"\)$' lines
    lines 1 'typed:typed_other_version\(arg1 = "other"\)$' lines
    lines 1 'typed:typed_no_line\(arg1 = "none"\)$' lines
}

case_list()
{
    traced 0 --list --types="$typed/lines.types" --types="$typed/plain.o" -f 'typed_.*@typed' "$typed/program"
    lines 1 "^typed:typed_open  int typed_open\(const char \*path, enum typed_mode mode, \.\.\.\)  \[types of $typed/lines\.types\]$" $out
    lines 1 "^typed:typed_no_line  int typed_no_line\(const char \*\)  \[types of $typed/plain\.o\]$" $out
    lines 1 '^typed:typed_length_2  \? typed_length\(\?\)  \[symbols only\]$' $out
    lines 1 '^typed:typed_not_known  .*symbols only\]$' $out
    # The first file that has the function.
    traced 0 --list --types="$typed/plain.o" --types="$typed/lines.types" -f 'typed_.*@typed' "$typed/program"
    lines 0 'lines\.types' $out
    LD_LIBRARY_PATH=$typed/debug traced 0 --list --types="$typed/lines.types" -f 'typed_open@typed' "$typed/program"
    lines 1 '^typed:typed_open  int typed_open\(.* \[DWARF of .*/debug/libtyped\.so\.1\]$' $out
}

# The options that change what is shown of a type.
case_options()
{
    traced 0 -q --print=lines --types="$typed/lines.types" --string-limit=3 -f 'typed_length@typed' "$typed/program"
    lines 1 'typed_length\(text = "twe"\)$' lines
    traced 0 -q --print=lines --types="$typed/lines.types" --entry-only -f 'typed_move@typed' "$typed/program"
    lines 1 'typed_move\(point_x = 3, point_y = 4, by = 2, scale = 1\.5\)$' lines
    lines 1 . lines
}

# The tracer's own, beside its executable.
case_own_directory()
{
    mkdir -p tree/bin tree/share/ptrace_tracer/types
    cp "$tracer" tree/bin/
    tracer=$dir/tree/bin/ptrace_tracer
    traced 0 --list -f 'typed_open@typed' "$typed/program"
    lines 1 'symbols only' $out
    cp "$typed/lines.types" tree/share/ptrace_tracer/types/a.types
    cp "$typed/plain.o" tree/share/ptrace_tracer/types/plain.o
    traced 0 --list -f 'typed_(open|no_line)@typed' "$typed/program"
    lines 1 "^typed:typed_open .* \[types of $dir/tree/share/ptrace_tracer/types/a\.types\]$" $out
    lines 1 '^typed:typed_no_line .* \[symbols only\]$' $out
    [[ ! -s $err ]] || fail "messages"
    # --types goes before it.
    traced 0 --list --types="$typed/plain.o" -f 'typed_open@typed' "$typed/program"
    lines 1 "\[types of $typed/plain\.o\]" $out
    # One that is damaged costs its types.
    head -c 3000 "$typed/lines.types" >tree/share/ptrace_tracer/types/a.types
    traced 0 --print=lines -f 'typed_open@typed' "$typed/program"
    lines 2 'typed:typed_open\(arg1 = 0x' lines
    lines 1 'the debug information in .*/a\.types is damaged \(it is truncated or corrupted\)' $err
    lines 2 '^ptrace_tracer: ' $err
    printf 'not ELF' >tree/share/ptrace_tracer/types/a.types
    traced 0 --print=lines -f 'typed_open@typed' "$typed/program"
    lines 1 'a\.types is not an ELF file: no types are taken from it$' $err
    lines 2 '^ptrace_tracer: ' $err
}

# The C library as it comes, whatever is installed: its copy has another build ID.
bare_c_library()
{
    local library at
    library=$(ldd "$sample" | sed -n 's/.*libc\.so\.6 => \([^ ]*\) .*/\1/p')
    mkdir bare
    cp "$library" bare/
    at=$(readelf -SW bare/libc.so.6 | sed -nE 's/.*\.note\.gnu\.build-id +NOTE +[0-9a-f]+ +([0-9a-f]+).*/\1/p')
    [[ $at ]] || fail "no build ID in $library"
    printf 'another' | dd of=bare/libc.so.6 bs=1 seek=$((0x$at + 16)) conv=notrunc status=none
    export LD_LIBRARY_PATH=$dir/bare
    unset DEBUGINFOD_URLS
}

case_c_library()
{
    local n
    bare_c_library
    traced 0 --list -f '.*@c' "$sample"
    n=$(grep -c '^c:.* \[types of /.*/share/ptrace_tracer/types/libc\.types' $out)
    echo "$n functions of libc"
    ((n >= 1600)) || fail "types of $n functions of libc, not 1600"
    lines 0 '^c:.*libc\.types; not all is known' $out
    # Old versions are not those of the header.
    lines 1 '^c:memcpy  void \*memcpy\(void \*(restrict )?dest, const void \*(restrict )?src, size_t n\) ' $out
    lines 1 '^c:memcpy_2  \? memcpy\(\?\)  \[symbols only\]$' $out
}

case_c_library_values()
{
    bare_c_library
    cat >app.c <<'END'
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
int main(void)
{
    char *volatile text = malloc(12345);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(1)};
    div_t parts = div(17, 5);
    strcpy(text, "seven..");
    FILE *file = fopen("/dev/null", "re");
    fprintf(file, "%zu %d\n", strlen(text), parts.rem);
    connect(-1, (struct sockaddr *)&address, sizeof(address));
    free(text);
    unsetenv("NONE");
    return getenv("NONE") || strtold("2.5", NULL) != 2.5L || lseek(fileno(file), -3, SEEK_SET) == 5;
}
END
    "${TEST_CC:-gcc}" -fno-builtin -o app app.c || fail "not built"
    traced 0 -q --print=lines -f '(getenv|fopen|malloc|div|strlen|fprintf|connect|strtold|lseek(64)?)@c' ./app
    plain_lines lines >got
    lines 1 '^c:malloc\(size = 12345\)$' got
    lines 1 '^c:div\(numer = 17, denom = 5\)$' got
    lines 1 '^= \{retval_quot = 3, retval_rem = 2\}$' got
    lines 1 '^c:fopen\(filename = "/dev/null", modes = "re"\)$' got
    lines 1 '^c:strlen\(s = "seven\.\."\)$' got
    lines 1 '^c:fprintf\(stream = 0x[0-9a-f]+, format = "%zu %d\\n"\)$' got
    lines 1 '^c:connect\(fd = -1, addr = 0x[0-9a-f]+, len = 16\)$' got
    lines 1 '^c:getenv\(name = "NONE"\)$' got
    lines 1 '^c:strtold\(nptr = "2\.5", endptr = 0x0\)$' got
    lines 1 '^(c:strtold )?= 2\.5$' got
    lines 1 '^c:lseek(64)?\(fd = [0-9]+, offset = -3, whence = 0\)$' got
}

case_refused()
{
    printf 'not ELF\0' >text
    traced 125 --types=text "$typed/program"
    lines 1 '^ptrace_tracer: --types=text: it is neither an ELF file with debug information nor a C header$' $err
    traced 125 --types="$typed/libtyped.so.1" --list "$typed/program"
    lines 1 '^ptrace_tracer: --types=.*/libtyped\.so\.1: it has no debug information; compile it with -g$' $err
    traced 125 --types=none "$typed/program"
    lines 1 '^ptrace_tracer: --types=none: cannot read it: No such file or directory$' $err
    traced 125 --types=. "$typed/program"
    lines 1 '^ptrace_tracer: --types=\.: it is not a regular file$' $err
    # Of RISC-V.
    cp "$typed/plain.o" riscv.o
    printf '\363' | dd of=riscv.o bs=1 seek=18 conv=notrunc status=none
    traced 125 --types=riscv.o "$typed/program"
    lines 1 "^ptrace_tracer: --types: riscv\.o has types for riscv64, and this is the tracer for $(uname -m)$" $err
    # Damaged: one line, and the program is traced.
    traced 0 --print=lines --types="$typed/other.types" -f 'typed_open@typed' "$typed/program"
    lines 2 'typed:typed_open\(arg1 = 0x' lines
    lines 1 "^ptrace_tracer: the types in .*/other\.types are not used: .* make it again with 'ptrace_tracer types'$" $err
    lines 2 '^ptrace_tracer: ' $err
}

run_cases "$@"
