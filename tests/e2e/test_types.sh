#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Type objects: how many functions of the C library the build has types of, and objects made from
# headers.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/cases.sh"

scripts=$build/share/ptrace_tracer

# Writes the lines of a type object to the file types, and the functions in its debug information to
# the file described.
look() # OBJECT
{
    objcopy --dump-section .ptrace_tracer.types=types "$1" /dev/null || fail "no section in $1"
    [[ $(head -n 1 types) == 'ptrace_tracer types 1' ]] || fail "the section begins with: $(head -n 1 types)"
    readelf --debug-dump=info -W "$1" 2>/dev/null |
        awk '/DW_TAG_/ { function_ = /subprogram/ } function_ && /DW_AT_(linkage_)?name/ { print $NF }' |
        LC_ALL=C sort -u >described
    sed 1d types | cut -f1 | LC_ALL=C sort -u | LC_ALL=C comm -23 - described >missing
    [[ ! -s missing ]] || fail "not in the debug information of $1: $(paste -sd' ' missing)"
}

# The line of a function is there.
line() # FUNCTION SONAME VERSION PARAMETERS
{
    grep -qE "^$1"$'\t'"$2"$'\t'"$3"$'\t'"$4\$" types || fail "no such line: $(grep "^$1"$'\t' types)"
}

c_library_lines()
{
    local n
    look "$1"
    n=$(cut -f2 types | grep -c '^libc\.so\.6$')
    echo "$n functions of libc.so.6"
    ((n >= 1600)) || fail "types of $n functions of libc, not 1600"
    n=$(cut -f2 types | grep -c '^libm\.so\.6$')
    ((n >= 800)) || fail "types of $n functions of libm, not 800"
    line malloc libc.so.6 'GLIBC_[0-9.]+' size
    line pthread_create libc.so.6 'GLIBC_[0-9.]+' newthread,attr,start_routine,arg
    line __isoc99_sscanf libc.so.6 'GLIBC_[0-9.]+' s,format
    line sscanf libc.so.6 'GLIBC_[0-9.]+' s,format
    line __printf_chk libc.so.6 'GLIBC_[0-9.]+' flag,format
    # Known to GCC only.
    ! readelf -p .comment "$1" | grep -q 'GCC:' || line __memcpy_chk libc.so.6 'GLIBC_[0-9.]+' dest,src,n,
    line __xpg_basename libc.so.6 'GLIBC_[0-9.]+' path
    line open64 libc.so.6 'GLIBC_[0-9.]+' file,oflag
    line qsort libc.so.6 'GLIBC_[0-9.]+' base,nmemb,size,compar
    line cosf libm.so.6 'GLIBC_[0-9.]+' x
    ! grep -qP '^(stdin|environ|optarg)\t' types || fail "variables have lines"
}

# What the build makes for the C library that it is built for.
case_c_library()
{
    [[ $(sed -n 's/^ID=//p' /etc/os-release 2>/dev/null) == debian ]] || skip "the numbers are those of Debian"
    c_library_lines "$scripts/types/libc.types"
    ! strings -a "$scripts/types/libc.types" | grep -qE "^(/tmp|$top|$build)" || fail "paths of the build"
}

# A library of two versions, and a header with what headers have.
make_library()
{
    cat >wide.h <<'EOT'
#include <stdarg.h>
#include <stddef.h>
struct pair { double x; const char *name; };
typedef int (*chooser)(const void *, const void *);
#define KEPT __attribute__((nonnull, warn_unused_result))
int plain(int __count, const char *restrict text) KEPT;
#define plain(count, text) plain((count) + 1, text)
struct pair by_value(struct pair pair, enum { RED, BLUE } colour);
int named(void (*on_end)(int status, void *data), char buffer[static 8], char *const argv[], int (*)(void));
extern unsigned unnamed(unsigned long, struct pair *, ...);
int keyword(int __int, int _Complex_part, int __count, int count);
void renamed(int value) __asm__("renamed_v2");
void with_list(int level, va_list list);
void several(int);
void several(int level);
int nothing(void), versioned(int first);
void *choose(const void *base, size_t n, chooser less);
static inline int inside(int x) { return x; }
int not_exported(int x);
extern int variable;
EOT
    cat >wide.c <<'EOT'
#define f(name) void name(void) {}
f(plain) f(by_value) f(named) f(unnamed) f(keyword) f(renamed_v2) f(with_list) f(several) f(nothing)
f(versioned) f(old_versioned) f(choose) f(inside) f(undeclared) int variable;
__asm__(".symver old_versioned, versioned@WIDE_1");
EOT
    echo 'WIDE_1 { }; WIDE_2 { global: plain; versioned; };' >wide.map
    "${TEST_CC:-gcc}" -shared -fPIC -w -Wl,--version-script=wide.map -Wl,-soname=libwide.so.2 -o libwide.so wide.c || fail "no library"
}

# All its declarations, by both compilers.
case_each_declaration()
{
    local compiler
    make_library
    {
        echo 'ptrace_tracer types 1'
        LC_ALL=C sort <<'EOT'
by_value|libwide.so.2|WIDE_0|pair,colour
choose|libwide.so.2|WIDE_0|base,n,less
inside|libwide.so.2|WIDE_0|x
keyword|libwide.so.2|WIDE_0|__int,Complex_part,count,
named|libwide.so.2|WIDE_0|on_end,buffer,argv,
nothing|libwide.so.2|WIDE_0|
plain|libwide.so.2|WIDE_2|count,text
renamed_v2|libwide.so.2|WIDE_0|value
several|libwide.so.2|WIDE_0|level
unnamed|libwide.so.2|WIDE_0|,
versioned|libwide.so.2|WIDE_2|first
with_list|libwide.so.2|WIDE_0|level,list
EOT
    } | sed 's/WIDE_0//' | tr '|' '\t' >wanted
    for compiler in "${TEST_CC:-gcc}" clang "clang -O2"; do
        command -v "${compiler%% *}" >/dev/null || continue
        CC=$compiler traced 0 types -l ./libwide.so --force -o wide.types wide.h
        one_line 'wide.types: types of 12 of the 14 functions that ./libwide.so exports$'
        look wide.types
        diff types wanted >&2 || fail "other lines with $compiler"
    done
    # With a path, from elsewhere, with options of the user's, and the same bytes.
    mkdir elsewhere
    (cd elsewhere && CC=${TEST_CC:-gcc} CPPFLAGS="-DX=1 -I$dir" "$tracer" types -q --library=../libwide.so --output=- wide.h) >again ||
        fail "not from elsewhere"
    CC=${TEST_CC:-gcc} traced 0 types -l ./libwide.so --force -o wide.types -q wide.h
    [[ ! -s $err ]] || fail "lines of a quiet run"
    objcopy --dump-section .ptrace_tracer.types=types again /dev/null
    diff types wanted >&2 || fail "other lines from elsewhere"
    CC=${TEST_CC:-gcc} traced 0 types -l ./libwide.so -o again.types wide.h
    cmp wide.types again.types || fail "another object"
    # Without a library: what the C library does not export.
    CC=${TEST_CC:-gcc} traced 0 types -o all.types wide.h string.h
    one_line 'all.types: types of 13 functions$'
    look all.types
    line plain '' '' count,text
    line not_exported '' '' x
}

nothing_made()
{
    [[ ! -e new.types && -z $(compgen -G '*.part') && -z $(ls -A "$dir/tmp") ]] || fail "left: $(ls -d *.part new.types "$dir"/tmp/*)"
}

case_errors()
{
    local tool
    mkdir tmp
    export TMPDIR=$dir/tmp
    make_library
    # The compiler's lines, then one of ours.
    traced 125 types -o new.types nosuch.h
    lines 1 'fatal error: nosuch\.h' $err
    lines 1 '^ptrace_tracer: cc does not find nosuch\.h: install the package that has it' $err
    [[ $(tail -n 1 $err) == ptrace_tracer:* ]] || fail "not the last line"
    if command -v clang >/dev/null; then
        CC=clang traced 125 types -o new.types nosuch.h
        said 'clang does not find nosuch\.h: '
    fi
    nothing_made
    TMPDIR=/nosuch traced 125 types -o new.types wide.h
    one_line 'cannot make a directory in /nosuch'
    printf 'int f(int \033[31mx);\n// \033]0;title\a\nint \302\233g(\n' >hostile.h
    traced 125 types -o new.types hostile.h
    lines 1 '^ptrace_tracer: cc cannot compile this as C' $err
    [[ $(LC_ALL=C tr -d '\n -~' <$err | wc -c) == 0 ]] || fail "controls in: $(cat -v $err)"
    nothing_made
    touch $'con\033[31mtrol.h'
    traced 125 types -o new.types $'con\033[31mtrol.h'
    one_line 'control characters'
    echo '#include <vector>' >cxx.h
    traced 125 types -o new.types cxx.h
    said 'headers of C\+\+ are not read'
    traced 125 types -o new.types -l nosuch.so.1 wide.h
    one_line 'there is no library nosuch.so.1'
    traced 125 types -o new.types -l ./wide.h wide.h
    one_line 'wide.h exports no functions'
    : >empty.h
    traced 125 types -o new.types empty.h
    one_line 'declare no function that is wanted'
    traced 125 types -o new.types stdio.h
    one_line 'declare no function that is wanted: without -l, those of the C library are left out'
    traced 125 types -o new.types -l libc.so.6 empty.h
    one_line 'declare no function that is wanted$'
    nothing_made
    echo mine >kept
    traced 125 types -o kept wide.h
    one_line 'kept exists \(--force replaces it\)'
    traced 125 types -o kept --force nosuch.h
    [[ $(cat kept) == mine ]] || fail "an object that was not made replaced a file"
    traced 125 types -o nosuch/new.types wide.h
    one_line 'cannot write to nosuch/new.types'
    traced 125 types -o new.types
    one_line 'needs a header'
    traced 125 types wide.h
    one_line 'needs a file to write to'
    traced 125 types --librari=x wide.h
    one_line "no option '--librari=x'; did you mean --library"
    CC=nosuch_cc traced 125 types -o new.types wide.h
    one_line 'need a C compiler, and there is no nosuch_cc here: apt install gcc'
    # Without the tool, in a PATH that has all others.
    mkdir bin
    for tool in bash dirname realpath mktemp rm cc gcc as ld readelf sed awk grep sort cut comm cat tr wc mv tee; do
        ln -s "$(command -v $tool)" bin/
    done
    PATH=$dir/bin traced 125 types -o new.types wide.h
    one_line 'need Universal Ctags, which is not here: apt install universal-ctags'
    ln -s "$(command -v ctags)" bin/
    rm bin/readelf
    PATH=$dir/bin traced 125 types -o new.types wide.h
    one_line 'need readelf, which is not here: apt install binutils'
    ln -s "$(command -v readelf)" bin/
    PATH=$dir/bin traced 0 types -o new.types wide.h
    rm new.types
    nothing_made
}

# The compiler has run before, to tell which one it is.
reads_pipe()
{
    [[ -n $(pgrep -f 'cc1 .*unit\.h' -s "$tracer_pid") ]]
}

# While the compiler waits for a header.
case_interrupted()
{
    mkdir tmp
    export TMPDIR=$dir/tmp
    mkfifo pipe.h
    echo '#include "pipe.h"' >slow.h
    CC=gcc setsid "$tracer" types -o new.types slow.h >$out 2>$err &
    tracer_pid=$!
    wait_for 20 reads_pipe || fail "the compiler does not run"
    [[ -n $(compgen -G 'new.types.*.part') ]] || fail "no file is written to"
    kill -TERM -- "-$tracer_pid"
    tracer_ends 143
    no_processes
    nothing_made
}

# A header is compiled for the run. What it cannot be, the program does not run for.
case_header_at_once()
{
    mkdir tmp
    export TMPDIR=$dir/tmp
    cat >shop.h <<'EOT'
enum fruit { APPLE, PEAR };
struct offer { enum fruit fruit; double price; };
int order(const char *customer, struct offer __offer, int count);
EOT
    cat >shop.c <<'EOT'
#include "shop.h"
__attribute__((noinline)) int order(const char *customer, struct offer offer, int count) { return count; }
EOT
    echo 'int puts(const char *); int main(void) { puts("ran"); return order("Ann", (struct offer){PEAR, 1.5}, 3) - 3; }' |
        cat shop.h - >client.c
    "${TEST_CC:-gcc}" -O1 -shared -fPIC -o libshop.so shop.c &&
        "${TEST_CC:-gcc}" -o client client.c ./libshop.so || fail "no programs"
    traced 0 --types=shop.h --print=calls -f order@shop ./client
    lines 1 'shop:order\(customer = "Ann", offer_fruit = PEAR, offer_price = 1\.5, count = 3\)$' calls
    traced 0 --types=./shop.h --list -f order@shop ./client
    lines 1 'int order\(const char \*customer, struct offer offer, int count\) .*\[types of \./shop\.h\]' $out
    # As in #include <...>, with flags.
    mkdir include
    mv shop.h include/store.h
    CPPFLAGS=-I$dir/include traced 0 --types=store.h --print=calls -f order@shop ./client
    lines 1 'customer = "Ann"' calls
    printf 'int f(int \033[31mx);\n' >wrong.h
    traced 125 --types=wrong.h --print=calls -f order@shop ./client
    lines 1 '^ptrace_tracer: --types=wrong\.h: cc cannot compile this as C' $err
    at_least 1 'wrong\.h:1:.*error' $err || fail "no error of the compiler"
    [[ $(LC_ALL=C tr -d '\n -~' <$err | wc -c) == 0 ]] || fail "controls in: $(cat -v $err)"
    [[ ! -s $out ]] || fail "the program has run"
    traced 125 --types=nosuch.h --list ./client
    lines 1 'fatal error: nosuch\.h' $err
    head -c 100 /dev/zero >zeros.h
    traced 125 --types=zeros.h --list ./client
    one_line 'zeros.h: it is neither an ELF file with debug information nor a C header'
    nothing_made
}

run_cases "$@"
