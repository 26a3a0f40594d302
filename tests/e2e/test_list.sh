#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# --list runs only the system's dynamic linker, to list the libraries, and of its code only the
# search. The tracer itself gets preloaded and audit libraries, too; the sanitizers' libraries must
# be first there.
BUILD=${PLAIN_BUILD:-${BUILD:-}}
export BUILD

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/cases.sh"

cc=${TEST_CC:-gcc}

# Code that creates a file wherever it runs, in a program or in a library.
tattletale()
{
    cat >tattletale.c <<END
#include <fcntl.h>
#include <unistd.h>
static void tell(void) { close(open("$dir/run", O_WRONLY | O_CREAT | O_APPEND, 0666)); }
unsigned la_version(unsigned version) { tell(); return version; }
static int none(void) { return 0; }
static int (*resolve(void))(void) { tell(); return none; }
int resolved(void) __attribute__((ifunc("resolve")));
__attribute__((constructor)) static void begin(void) { tell(); }
int main(void) { return 0; }
END
    printf 'int resolved(void);\nint (*pointer)(void) = resolved;\nint main(void) { return pointer(); }\n' >app.c
    "$cc" -shared -fPIC -o libtattletale.so tattletale.c && "$cc" -o tattletale tattletale.c || fail "not built"
}

# app NAME LINKER-ARGUMENT...
app()
{
    local name=$1
    shift
    # shellcheck disable=SC2016 # the $ is the dynamic linker's
    "$cc" -g -o "$name" app.c -L. -ltattletale -Wl,-rpath,'$ORIGIN' "$@" || fail "$name is not built"
}

nothing_has_run()
{
    [[ ! -e run ]] || fail "code was run: $*"
}

case_nothing_is_run()
{
    local tag variable
    tattletale
    app app
    ./app && [[ -e run ]] || fail "nothing is tested"
    rm run
    traced 0 --list -f '.*' ./app
    lines 1 '^app:main  ' $out
    lines 1 '^tattletale:la_version  ' $out
    nothing_has_run
    # Audit libraries that the program's file names.
    for tag in --audit --depaudit; do
        app "app$tag" "-Wl,$tag=$dir/libtattletale.so"
        readelf -d "app$tag" | grep -qi AUDIT || fail "nothing is tested"
        traced 0 --list -f '.*' "./app$tag"
        lines 1 '^tattletale:la_version  ' $out
        [[ ! -s $err ]] || fail "unexpected output: $(cat $err)"
        nothing_has_run "$tag"
    done
    # Relocation runs IFUNC resolvers. The tracer has these variables, too.
    for variable in LD_WARN=1 LD_DEBUG=unused LD_BIND_NOW=1 LD_VERBOSE=1; do
        env "$variable" "$tracer" --list -f '.*' ./app >$out 2>$err || fail "exit status $?"
        lines 1 '^tattletale:la_version  ' $out
        nothing_has_run "$variable"
    done
}

# Preloaded libraries are listed. They and LD_AUDIT's libraries run in the tracer, and nowhere else.
case_not_a_second_time()
{
    local variable
    tattletale
    printf 'int preloaded_function(void) { return 0; }\n' >preloaded.c
    "$cc" -shared -fPIC -g -o libpreloaded.so preloaded.c || fail "not built"
    app app
    LD_PRELOAD=$dir/libpreloaded.so "$tracer" --list ./app >$out 2>$err || fail "exit status $?"
    lines 1 '^preloaded:preloaded_function  ' $out
    sed -i 's/close(open(.*));/write(2, "RUN\\n", 4);/' tattletale.c
    "$cc" -w -shared -fPIC -o libtattletale.so tattletale.c || fail "not built"
    for variable in LD_PRELOAD LD_AUDIT; do
        env "$variable=$dir/libtattletale.so" "$tracer" --help >$out 2>$err
        grep RUN $err >expected || fail "nothing is tested"
        env "$variable=$dir/libtattletale.so" "$tracer" --list ./app >$out 2>$err || fail "exit status $?"
        grep RUN $err >seen
        diff expected seen || fail "$variable: run by --list"
    done
}

# refuses INTERPRETER: a program with it is listed without its libraries.
refuses()
{
    app app "-Wl,-dynamic-linker,$1"
    traced 0 --list -f '.*' ./app
    lines 1 '^app:main  ' $out
    lines 0 '^tattletale:' $out
    one_line "the libraries of ./app are not listed: its dynamic linker $1 is not the system's"
    nothing_has_run "$1"
}

accepts()
{
    app app "-Wl,-dynamic-linker,$1"
    traced 0 --list -f '.*' ./app
    lines 1 '^tattletale:la_version  ' $out
    [[ ! -s $err ]] || fail "unexpected output: $(cat $err)"
}

case_interpreters()
{
    local system
    tattletale
    app app
    system=$(readelf -lW app | sed -n 's/.*interpreter: \(.*\)]/\1/p')
    accepts "$system"
    accepts "/usr/..$system"
    refuses "/proc/..$system"
    # Files that another user could have put there, or can change.
    chmod 755 tattletale
    ln -s "$system" link
    ln -s /proc/self/root "$dir/root"
    refuses "$dir/tattletale"
    refuses ./tattletale
    refuses tattletale
    refuses "$dir/link"
    refuses "/proc/self/cwd/tattletale"
    refuses "/proc/self/exe"
    refuses "/proc/self/fd/0"
    refuses "$dir/root$system"
    refuses "$dir/nosuch"
    refuses /usr
    # Not a dynamic linker, although it belongs to root.
    refuses "$(readlink -f /bin/sh)"
    refuses /etc/passwd
    [[ $(id -u) == 0 ]] || return 0
    # Root's file, in a directory that only root can write; and in one that others can.
    local place
    place=$(mktemp -d /usr/lib/ptrace_tracer-test.XXXXXX) || skip "/usr/lib cannot be written"
    # shellcheck disable=SC2064 # as it is now
    trap "rm -r $place; case_end \$?" EXIT
    chmod 755 "$place"
    cp "$(readlink -f "$system")" "$place/ld.so"
    ln -s ld.so "$place/link"
    ln -s link "$place/link2"
    ln -s loop "$place/loop"
    accepts "$place/ld.so"
    accepts "$place/link2"
    refuses "$place/loop"
    refuses "$place/ld.so/ld.so"
    chmod 757 "$place/ld.so"
    refuses "$place/ld.so"
    chmod 755 "$place/ld.so"
    chown :54321 "$place/ld.so"
    accepts "$place/ld.so"
    chmod 775 "$place/ld.so"
    refuses "$place/ld.so"
    chmod 755 "$place/ld.so"
    chown 54321 "$place"
    refuses "$place/ld.so"
    chown 0 "$place"
    chmod 1777 "$place"
    refuses "$place/ld.so"
    refuses "$place/link2"
    chmod 755 "$place"
    chown 54321 "$place/ld.so"
    refuses "$place/ld.so"
}

# While two files exchange their names, the checked file is the one that runs.
case_swapped_interpreter()
{
    local system i swapper
    tattletale
    app app
    system=$(readelf -lW app | sed -n 's/.*interpreter: \(.*\)]/\1/p')
    cat >swap.c <<'END'
#include <fcntl.h>
#include <stdio.h>
int main(int argc, char **argv)
{
    while (argc == 3 && renameat2(AT_FDCWD, argv[1], AT_FDCWD, argv[2], RENAME_EXCHANGE) == 0)
        continue;
    return 1;
}
END
    "$cc" -D_GNU_SOURCE -o swap swap.c || fail "not built"
    ln -s "$system" one
    ln -s "$dir/tattletale" two
    app app "-Wl,-dynamic-linker,$dir/one"
    ./swap one two &
    swapper=$!
    for ((i = 0; i < 60; i++)); do
        "$tracer" --list -f main ./app >$out 2>$err || fail "exit status $?"
    done
    is_gone $swapper && fail "nothing is tested"
    kill $swapper
    wait $swapper
    nothing_has_run
}

# libraries PROGRAM: writes the providers of the dynamic linker's own list, and of the program, to
# `expected`; those that --list shows to `seen`.
libraries()
{
    { basename "$1"; ldd "$1" | sed -n 's|.*=> /.*/lib\([^/]*\)\.so.*|\1|p'; } | sort -u >expected
    traced 0 --list -f '.*' "$1"
    sed 's/:.*//' $out | sort -u >seen
    diff expected seen || fail "other libraries"
}

case_libraries()
{
    tattletale
    app app
    libraries ./app
    # shellcheck disable=SC2016 # the $ is the dynamic linker's
    "$cc" -g -o rpath app.c -L. -ltattletale -Wl,--disable-new-dtags,-rpath,'/nosuch:${ORIGIN}' -lm -Wl,--no-as-needed -lz ||
        "$cc" -g -o rpath app.c -L. -ltattletale -Wl,--disable-new-dtags,-rpath,'/nosuch:${ORIGIN}' || fail "not built"
    libraries ./rpath
    "$cc" -g -o without app.c -L. -ltattletale || fail "not built"
    LD_LIBRARY_PATH=$dir libraries ./without
    traced 0 --list -f '.*' ./without
    lines 0 '^tattletale:' $out
    mkdir elsewhere
    ln -s ../app elsewhere/app
    # A started program finds its libraries relative to its own path.
    libraries ./app
    traced 0 --list -f '.*' elsewhere/app
    sed 's/:.*//' $out | sort -u | diff seen - || fail "other libraries by a link"
    PATH=$dir:$PATH traced 0 --list -f la_version app
    lines 1 '^tattletale:la_version  ' $out
    "$cc" -g -no-pie -o fixed app.c -L. -ltattletale -Wl,-rpath,"$dir" || fail "not built"
    libraries ./fixed
    # Libraries with paths as names, and never the dynamic linker.
    "$cc" -g -o paths app.c ./libtattletale.so || fail "not built"
    traced 0 --list -f '.*' ./paths
    sed 's/:.*//' $out | sort -u | diff <(printf '%s\n' c paths tattletale) - || fail "other libraries by their paths"
    printf 'int main(void) { return 0; }\n' >alone.c
    if "$cc" -static -g -o static alone.c 2>/dev/null; then
        traced 0 --list -f main ./static
        [[ ! -s $err ]] || fail "unexpected output: $(cat $err)"
    fi
}

# Names of directories and libraries that the dynamic linker, or a parser of its output, could
# misread; and their printed form.
odd_names=(
    plain plain
    'with space' 'with space'
    $'\xe2\x80\xaedir\xe2\x81\xa6' '\xe2\x80\xaedir\xe2\x81\xa6'
    $'new\nline' 'new\x0aline'
    $'tab\t\tin' 'tab\x09\x09in'
    $'\xff\xfe' '\xff\xfe'
    'a => b' 'a => b'
    ' => ' ' => '
    'a (0x1)' 'a (0x1)'
    $'a (0x1)\nb' 'a (0x1)\x0ab'
    'a (0x' 'a (0x'
    'a:b;c' 'a:b;c'
    '$LIB' '$LIB'
    '$ORIGIN' '$ORIGIN'
    '%s' '%s'
    'not found' 'not found'
)

# lists LIBRARY PROGRAM: the program runs, and is listed with the library, whose printed path is
# right.
lists()
{
    (exec "$2") || fail "$2 does not run"
    traced 0 --list -f 'main|in_library' -x '.*@c' "$2"
    [[ ! -s $err ]] || fail "unexpected output: $(cat $err)"
    lines 2 '' $out
    cut -d: -f2- $out >seen
    grep -qxF "in_library  int in_library(void)  [DWARF of $1]" seen || fail "$2, not $1: $(cat $out)"
}

case_odd_names()
{
    local i name shown
    printf 'int in_library(void);\nint in_library(void) { return 0; }\n' >library.c
    printf 'int in_library(void);\nint main(void) { return in_library(); }\n' >user.c
    "$cc" -g -shared -fPIC -Wl,-soname,libx.so -o libx.so library.c || fail "not built"
    # shellcheck disable=SC2016 # the $ is the dynamic linker's
    "$cc" -g -o by_origin user.c libx.so -Wl,-rpath,'$ORIGIN' && "$cc" -g -o by_name user.c libx.so || fail "not built"
    for ((i = 0; i < ${#odd_names[@]}; i += 2)); do
        name=${odd_names[i]} shown=${odd_names[i + 1]}
        mkdir "$name"
        cp libx.so by_origin "$name"
        lists "$dir/$shown/libx.so" "$name/by_origin"
        cd "$name" || fail "$name"
        lists "$dir/$shown/libx.so" ./by_origin
        cd ..
        # A library needed by a relative path, from the directory where the program starts.
        if [[ $name != '$'* ]]; then
            "$cc" -g -shared -fPIC -o "$name/libpath.so" library.c
            "$cc" -g -o by_path user.c "$name/libpath.so" || fail "not built"
            lists "$dir/$shown/libpath.so" ./by_path
        fi
        # A library with that name.
        "$cc" -g -shared -fPIC "-Wl,-soname,lib$name.so" -o "$name/lib$name.so" library.c || fail "not built"
        [[ $name == *'$'* ]] || {
            # shellcheck disable=SC2016 # the $ is the dynamic linker's
            "$cc" -g -o "$name/by_origin" user.c "$name/lib$name.so" -Wl,-rpath,'$ORIGIN' || fail "not built"
            lists "$dir/$shown/lib$shown.so" "$name/by_origin"
        }
    done
    # $ORIGIN in the environment.
    # shellcheck disable=SC2016 # the $ is the dynamic linker's
    export LD_LIBRARY_PATH='/nosuch:$ORIGIN/..:${ORIGIN}'
    mkdir -p a/bin
    cp by_name a/bin
    mv libx.so a
    lists "$dir/a/libx.so" a/bin/by_name
}

# The dynamic linker's messages are printed as lines of the tracer.
case_what_the_linker_says()
{
    local linker
    printf 'int in_library(void);\nint in_library(void) { return 0; }\n' >library.c
    printf 'int in_library(void);\nint main(void) { return in_library(); }\n' >user.c
    mkdir $'\xe2\x80\xaedir'
    "$cc" -shared -fPIC -o $'\xe2\x80\xaedir/libx.so' library.c
    "$cc" -o app user.c $'\xe2\x80\xaedir/libx.so' || fail "not built"
    linker=$(readelf -lW app | sed -n 's/.*interpreter: \(.*\)]/\1/p')
    mkdir elsewhere
    cd elsewhere || fail "no directory"
    traced 0 --list -f main ../app
    one_line "the libraries of ../app are not listed: its dynamic linker $linker does not list them: .*"'\\xe2\\x80\\xaedir/libx\.so: '
    cd ..
    printf 'no library' >libshort.so
    # shellcheck disable=SC2016 # the $ is the dynamic linker's
    "$cc" -shared -fPIC -Wl,-soname,libshort.so -o libgood.so library.c && "$cc" -o short user.c libgood.so -Wl,-rpath,'$ORIGIN' || fail "not built"
    traced 0 --list -f main ./short
    one_line "does not list them: .*: $dir/libshort\.so: "
    # Not every message is an error.
    "$cc" -g -o alone library.c -x c - <<<'int main(void) { return 0; }' || fail "not built"
    LD_PRELOAD=$dir/libnosuch.so "$tracer" --list -f main ./alone >$out 2>all
    lines 1 '^alone:main  ' $out
    grep '^ptrace_tracer: ' all >$err
    one_line "$linker: .*'$dir/libnosuch\.so' from LD_PRELOAD"
}

# A library that is a FIFO does not block a shell that completes a word.
case_library_is_a_fifo()
{
    local begin=$SECONDS
    tattletale
    app app
    rm libtattletale.so
    mkfifo libtattletale.so
    traced 0 --list -f main ./app
    lines 1 '^app:main  ' $out
    ((SECONDS - begin < 30)) || fail "it took $((SECONDS - begin)) seconds"
    said 'the libraries of ./app are not listed: its dynamic linker .* does not list them: no answer in 10 seconds$'
}

run_cases "$@"
