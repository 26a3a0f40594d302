#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The scripts: comparison with the wrapper, installation, source rules.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/cases.sh"

case_validate_output()
{
    with_lttng
    lttng_do create mine --output="$dir/mine"
    BUILD=$build "$top/scripts/validate_output.sh" >$out 2>$err || fail "exit status $?"
    lines 1 '1000 entries, 1000 exits' $out
    BUILD=$build "$top/scripts/validate_output.sh" 7 >$out 2>$err || fail "exit status $?"
    lines 1 '7 entries, 7 exits' $out
    lttng_do status
    grep -q 'mine: \[inactive' lttng.log || fail "the current session was changed: $(cat lttng.log)"
    lttng_do destroy mine
    no_sessions
}

# A trace that differs from the wrapper's is detected.
case_validate_output_finds_differences()
{
    with_lttng
    mkdir -p build/bin build/lib
    cp "$sample" build/bin/
    cp "$build"/lib/libmylib*.so build/lib/
    # The stand-in traces with the wrapper, one call fewer or more than requested.
    for calls in 9 11; do
        cat >build/bin/ptrace_tracer <<-EOT
			#!/bin/bash
			lttng start "\${1#--session=}"
			LTTNG_UST_REGISTER_TIMEOUT=-1 LD_PRELOAD=$dir/build/lib/libmylib_wrapper.so $sample $calls
			lttng stop "\${1#--session=}"
		EOT
        chmod +x build/bin/ptrace_tracer
        ! BUILD=$dir/build "$top/scripts/validate_output.sh" 10 >$out 2>$err ||
            fail "$calls of 10 calls are fine with it"
        lines 1 "$calls entries and $calls exits of 10 calls" $err
        lines 1 . $err
        [[ ! -s $out ]] || fail "$(cat $out)"
    done
    no_sessions
}

case_install()
{
    with_lttng
    # The installed files equal those of a build by hand.
    make -s -C "$top" BUILD="${PLAIN_BUILD:-$build}" CC="${TEST_CC:-cc}" install \
        DESTDIR="$dir/root" PREFIX=/usr >$out 2>$err || fail "make install"
    [[ -f root/usr/share/man/man1/ptrace_tracer.1 ]] || fail "no manual page"
    [[ -f root/usr/share/bash-completion/completions/ptrace_tracer ]] || fail "no completion"
    [[ -s root/usr/share/ptrace_tracer/types/libc.types ]] || fail "no types of the C library"
    tracer=$dir/root/usr/bin/ptrace_tracer
    traced 0 types -l libc.so.6 -o stdlib.types stdlib.h
    traced 0 -o trace -f my_traced_function "$sample" 10
    read_trace trace
    lines 20 . text
    # From another directory, by another name, and without what the libraries need.
    ln -s "$tracer" linked
    for tracer in "$tracer" "$dir/linked"; do
        (cd root && traced 0 report --format=csv "$dir/trace" && lines 1 '^10,.*,mylib:my_traced_function$' $out) ||
            exit 1
    done
    rm root/out root/err
    : >libbabeltrace2.so.0
    LD_LIBRARY_PATH=$dir traced 125 report trace
    one_line 'cannot load .*libbabeltrace2.so.0: .*: install libbabeltrace2 \(Debian: libbabeltrace2-0\)$'
    : >root/usr/lib/ptrace_tracer/libptrace_tracer_reader.so
    traced 125 report trace
    one_line 'cannot load .*/libptrace_tracer_reader.so: file too short$'
    rm root/usr/lib/ptrace_tracer/libptrace_tracer_reader.so
    traced 125 report trace
    one_line 'cannot find libptrace_tracer_reader.so in .*: is the installation complete\?'
    : >root/usr/lib/another
    make -s -C "$top" BUILD="${PLAIN_BUILD:-$build}" uninstall DESTDIR="$dir/root" PREFIX=/usr >$out 2>$err ||
        fail "make uninstall"
    [[ $(find root ! -type d) == root/usr/lib/another && ! -e root/usr/lib/ptrace_tracer ]] ||
        fail "left or gone: $(find root)"
}

case_structure_rules()
{
    mkdir -p scripts src/{util,model,symbols/abi,ptrace/{os,core,arch/x86_64},tp,cli/commands}
    cp "$top/scripts/check_includes.sh" scripts/
    echo '#include "util/error.h"' >src/ptrace/core/fine.c
    echo '#include "ptrace/os/memory.h"' >>src/ptrace/core/fine.c
    echo '#ifdef __x86_64__' >src/symbols/abi/abi_x86_64.c
    echo '#ifdef __x86_64__' >src/ptrace/arch/x86_64/fine.c
    printf 'static int one(int a,\n               int b)\n{\n    return two(a);\n}\n' >src/util/one.c
    printf 'int two(int a);\n\nint three(void)\n{\n    return one(1, 2);\n}\n' >src/util/two.c
    scripts/check_includes.sh || fail "unexpected error"
    echo '#include "model/hit.h"' >src/util/wrong.c
    printf '#include "model/hit.h"\n#include "ptrace/engine.h"\n' >src/tp/wrong.c
    echo '#include "symbols/catalog.h"' >src/ptrace/core/wrong.c
    echo '#include "ptrace/core/tracee.h"' >src/ptrace/os/wrong.c
    echo '#include <sys/ptrace.h>' >src/cli/ptrace.c
    echo '#include <elfutils/libdwfl.h>' >src/cli/dwfl.c
    echo '#include <lttng/lttng.h>' >src/cli/lttng.c
    echo '#include <curl/curl.h>' >src/cli/curl.c
    echo '#ifdef __x86_64__' >src/symbols/wrong.c
    echo 'static void one(void)' >src/cli/again.c
    echo '{' >>src/cli/again.c
    echo 'struct one {' >>src/util/one.c
    echo 'struct one {' >>src/util/two.c
    seq 450 >src/util/full.c
    seq 451 >src/util/long.c
    ! scripts/check_includes.sh >$out || fail "it finds nothing"
    lines 12 . $out
    lines 9 'wrong.c|cli/(ptrace|dwfl|lttng|curl).c' $out
    lines 1 'long.c: 451 lines' $out
    lines 1 '^src/util/two.c: the tag one names a type of src/util/one.c, too$' $out
    lines 1 '^src/util/one.c: one\(\) is a function of src/cli/again.c, too$' $out
}

case_circles_of_files()
{
    mkdir -p scripts src/util build/obj/src/util
    cp "$top/scripts/check_includes.sh" scripts/
    compile()
    {
        "$TEST_CC" -w -c -o "build/obj/src/util/$1.o" "src/util/$1.c" || fail "cannot compile"
    }
    echo 'int b(void); int a(void) { return b(); }' >src/util/a.c
    echo 'int b(void) { return 1; }' >src/util/b.c
    compile a && compile b
    scripts/check_includes.sh build || fail "unexpected error"
    echo 'int a(void); int b(void) { return a(); }' >src/util/b.c
    compile b
    ! scripts/check_includes.sh build >$out || fail "it finds nothing"
    lines 1 '^a circle of files: util/a$' $out
    lines 1 '^a circle of files: util/b$' $out
    rm src/util/b.c # left over from a file that was moved
    scripts/check_includes.sh build || fail "it looks at objects of no source"
}

case_docs_rules()
{
    mkdir -p scripts docs src/util
    cp "$top/scripts/check_docs.sh" scripts/
    touch src/util/here.c docs/other.md
    printf "needs=(\n    'command gcc gcc'\n    'header  x.h libx++-dev'\n)\n" >scripts/setup.sh
    local hundred
    hundred=$(printf 'x%.0s' {1..99})µ
    {
        echo "$hundred"
        printf '```\ncode %s\n```\n| table %s |\nhttps://a.url/%s\n' "$hundred" "$hundred" "$hundred"
        echo '`src/util/here.c`, `util/here.c`, `here.c`, src/util/*.c, src/NAME/x.c, build/src/gone.c'
        echo '`<sys/ptrace.h>`, `lttng/gone.h`, [other](other.md#there), [url](https://a.url)'
    } >docs/fine.md
    echo 'int there(struct here *a); // HERE_TOO' >src/util/here.c
    mkdir -p tests sample bench
    touch Makefile
    echo '`there()`, `struct here`, `HERE_TOO`, `make`' >docs/internals.md
    printf '| gcc, make | to build |\n| libx++-dev | x |\n' >docs/install.md
    scripts/check_docs.sh || fail "unexpected error"
    printf '%s\n```\n```\n%s\n' "x$hundred" "y$hundred" >docs/wrong.md
    echo 'src/gone.c, `util/gone.c` and `gone.h`: [gone](gone.md). docs/gone.' >>docs/wrong.md
    echo '`gone()`, `enum gone`, `GONE_TOO`' >docs/glossary.md
    echo '| gcc | to build |' >docs/install.md
    ! scripts/check_docs.sh >$out || fail "it finds nothing"
    lines 11 . $out
    lines 3 '^docs/glossary.md: nothing is called (gone|GONE_TOO)$' $out
    lines 2 '^docs/wrong.md:[14]: 101 characters, 100 is the most$' $out
    lines 5 '^docs/wrong.md: there is no (src/gone.c|src/util/gone.c|file gone.h|gone.md|docs/gone)$' $out
    lines 1 '^docs/install.md: no row for the package libx\+\+-dev$' $out
}

case_manual_page()
{
    traced 0 --help
    local option missing=
    for option in $(grep -oE -- '--[a-z-]+' $out | sort -u); do
        sed 's/\\-/-/g' "$top/docs/ptrace_tracer.1" | grep -q -- "$option" || missing+=" $option"
    done
    [[ -z $missing ]] || fail "not in the manual page:$missing"
}

run_cases "$@"
