#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Makes a type object from C headers: an ELF file with the debug information of the functions that
# they declare, for `ptrace_tracer --types=FILE`. It goes to stdout.
#
#   make_types.sh [-v] [-l LIBRARY]... [-L LIBRARY]... [-a FLAGS]... HEADER...
#
#   HEADER        a file, or a name as in #include <...>
#   -l LIBRARY    only the functions that this library exports: a file, or a name that the compiler
#                 finds (libz.so.1). Without -l: all that the C library does not export.
#   -L LIBRARY    the same, for a library that may be missing
#   -a FLAGS      once more with these flags of the compiler, for symbols that have no types yet
#   -v            tells at the end how many functions have types
#   CC, CPPFLAGS  in the environment: the C compiler (cc), and its flags
#
# The section .ptrace_tracer.types has a line for each function: its symbol, SONAME and version in
# the library, names of parameters. The names are from Universal Ctags, as compilers write none into
# the debug information of a declaration. All else is asked of the compiler, with one line for each
# function: lines with errors are left out.
set -euo pipefail
export LC_ALL=C

say() {
    printf 'ptrace_tracer: %s\n' "$*" >&2
}
# "A exports", "A and B export"
join() { # WORD...
    (($# > 1)) || { printf '%s exports\n' "$1"; return; }
    local first
    first=$(printf '%s, ' "${@:1:$#-1}")
    printf '%s and %s export\n' "${first%, }" "${!#}"
}
fail() {
    say "$*"
    exit 1
}

libraries=() required=() variants=('') verbose=
while getopts l:L:a:v option; do
    case $option in
        l) libraries+=("$OPTARG") required+=(yes) ;;
        L) libraries+=("$OPTARG") required+=('') ;;
        a) variants+=("$OPTARG") ;;
        v) verbose=yes ;;
        *) exit 2 ;;
    esac
done
shift $((OPTIND - 1))
(($#)) || fail 'no header is given'

here=$(dirname "$(realpath -- "${BASH_SOURCE[0]}")")
# Words, as make(1) takes them.
IFS=' ' read -ra cc <<<"${CC:-cc}"
IFS=' ' read -ra cppflags <<<"${CPPFLAGS:-}"
command -v "${cc[0]}" >/dev/null ||
    fail "types of headers need a C compiler, and there is no ${cc[0]} here: apt install gcc"
command -v readelf >/dev/null ||
    fail 'types of headers need readelf, which is not here: apt install binutils'
ctags=
for name in ctags-universal ctags; do
    if [[ $("$name" --version 2>/dev/null) == *'Universal Ctags'* ]]; then
        ctags=$name
        break
    fi
done
[[ $ctags ]] ||
    fail 'types of headers need Universal Ctags, which is not here: apt install universal-ctags'

work=$(mktemp -d "${TMPDIR:-/tmp}/ptrace_tracer_types.XXXXXX" 2>/dev/null) ||
    fail "cannot make a directory in ${TMPDIR:-/tmp} (see TMPDIR)"
# A second signal, which comes when the tracer ends, must not end the removal.
clean()
{
    trap '' HUP INT TERM
    rm -rf "$work"
}
trap clean EXIT
trap 'clean; exit 129' HUP
trap 'clean; exit 130' INT
trap 'clean; exit 143' TERM

# --- the libraries ---

path_of() { # LIBRARY
    if [[ $1 == */* || -f $1 ]]; then
        printf '%s\n' "$1"
    else
        "${cc[@]}" -print-file-name="$1"
    fi
}
# Lines `symbol SONAME VERSION` of the functions that a library exports under a default version,
# which readelf shows with `@@`, or without any version.
exports_of() { # PATH
    local soname
    soname=$(readelf -dW "$1" 2>/dev/null | sed -n 's/.*Library soname: \[\(.*\)\]$/\1/p') || return 0
    readelf -W --dyn-syms "$1" 2>/dev/null | awk -v soname="$soname" '
        ($4 == "FUNC" || $4 == "IFUNC") && $5 != "LOCAL" && $7 != "UND" {
            version = ""
            at = index($8, "@")
            if (at && substr($8, at, 2) != "@@") next
            if (at) version = substr($8, at + 2)
            symbol = at ? substr($8, 1, at - 1) : $8
            if (symbol ~ /^[A-Za-z_][A-Za-z_0-9]*$/) print symbol "\t" soname "\t" version
        }' || true
}

: >"$work/exports"
: >"$work/left_out"
for i in "${!libraries[@]}"; do
    path=$(path_of "${libraries[i]}")
    if [[ ! -f $path ]]; then
        [[ -z ${required[i]} ]] ||
            fail "there is no library ${libraries[i]} here: its name is as in libz.so.1, or its path"
        continue
    fi
    exports_of "$path" >"$work/library"
    [[ -s $work/library || -z ${required[i]} ]] ||
        fail "$path exports no functions: it is no shared library, or one of C++"
    cat "$work/library" >>"$work/exports"
done
if ((!${#libraries[@]})); then
    for library in libc.so.6 libm.so.6; do
        path=$(path_of "$library")
        [[ ! -f $path ]] || exports_of "$path" | cut -f1
    done >"$work/left_out"
fi

# --- the headers ---

for header; do
    [[ $header != *[[:cntrl:]\"\>]* ]] ||
        fail 'the name of a header may not have control characters, quotes or >'
    if [[ -f $header ]]; then
        printf '#include "%s"\n' "$(realpath -- "$header")"
    else
        printf '#include <%s>\n' "$header"
    fi
done >"$work/unit.h"

# The output does not tell where it was made.
cd "$work"
cc+=("-ffile-prefix-map=$work=." "-fdebug-prefix-map=$work=.")
compile=("${cc[@]}" -x c -w -D_GNU_SOURCE ${cppflags[@]+"${cppflags[@]}"})
is_clang=$("${cc[@]}" -x c -dM -E /dev/null | grep -c '#define __clang__ ' || true)
((!is_clang)) || compile+=(-ferror-limit=0)

# Compiles FILE, after emptying the lines that cannot be. Their numbers go to FILE.bad.
compile_lines() { # FILE ARG...
    local file=$1
    shift
    : >"$file.bad"
    until "${compile[@]}" "$@" "$file" 2>messages; do
        sed -n "s/^$file:\([0-9]*\):.*error: .*/\1/p" messages | sort -u >bad
        [[ -s bad ]] || {
            cat messages >&2
            fail "${cc[0]} failed"
        }
        cat bad >>"$file.bad"
        awk 'NR == FNR { bad[$1]; next } { print FNR in bad ? "" : $0 }' bad "$file" >good
        mv good "$file"
    done
}

# Functions can be macros, too.
undefine() { # NAME...
    echo '#include "unit.h"'
    sed 's/^/#undef /' "$1"
}

# Writes to the file symbols the lines `symbol name`, for the names of functions in a file: headers
# can give a function another symbol (__asm__("symbol")), which shows in the compiler's output.
resolve() { # NAMES FLAG...
    local names=$1
    shift
    {
        undefine "$names"
        awk '{ print "const void *const keep_" NR " = (void *)" $1 ";" }' "$names"
    } >keep.c
    compile_lines keep.c "$@" -S -o keep.s
    awk '
        NR == FNR { name[FNR] = $1; next }
        /^keep_[0-9]+:/ { at = substr($1, 6) + 0; next }
        at && /^[ \t]*\.[a-z0-9]+[ \t]+[A-Za-z_][A-Za-z_0-9]*[ \t]*($|[#\/;@])/ &&
            $1 !~ /^\.(type|size|globl|section)$/ {
            print $2 "\t" name[at] "\t" ($2 != name[at])
            at = 0
        }' "$names" keep.s | sort -t $'\t' -k1,1 -k3,3n -k2,2 |
        awk -F '\t' '!seen[$1]++ { print $1 "\t" $2 }' >symbols
}

# Compile the functions of the file wanted, lines `name symbol N NAMES (TEXT)`, and leave there what
# could not be compiled. GCC describes each function that an operand refers to, also where the
# assembly code is empty. Clang describes only what is called, and no builtins or reserved names, so
# there a function gets a second name. As argument, 0 does for most types, and a parameter of the
# same type for the others (structures, va_list).
declare_gcc() { # OBJECT FLAG...
    local object=$1
    shift
    cut -f1 wanted >"$object.names"
    {
        undefine "$object.names"
        echo '__attribute__((used)) static void functions(void) {'
        awk '{ print "__asm__(\"\" : : \"i\"(" $1 "));" }' "$object.names" | tr '\n' ' '
        echo '}'
    } >"$object.c"
    # GCC leaves out the members of transparent unions, which are passed like any of these.
    "${compile[@]}" "$@" -D__transparent_union__= -g -gno-record-gcc-switches -fno-pic -c "$object.c" -o "$object.o" ||
        fail "${cc[0]} failed"
    objects+=("$object.o")
    : >wanted
}
declare_clang() { # OBJECT FLAG...
    local object=$1 form
    shift
    for form in zeros parameters; do
        [[ -s wanted ]] || return 0
        cut -f1 wanted >"$object$form.names"
        {
            undefine "$object$form.names"
            awk -F '\t' -v form=$form -v object="$object" '{
                split($4, names, ",")
                values = ""
                for (i = 1; i <= $3; i++)
                    values = values (i > 1 ? ", " : "") (form == "zeros" ? "0" : names[i])
                printf "extern __typeof__(%s) %s_%s%d __asm__(\"%s\"); ", $1, object, form, NR, $2
                printf "__attribute__((used, noinline, optnone)) static void call%d", NR
                printf "%s { %s_%s%d(%s); }\n", form == "zeros" ? "(void)" : $5, object, form, NR, values
            }' wanted
        } >"$object$form.c"
        compile_lines "$object$form.c" "$@" -g -O1 -D__NO_INLINE__ -fstandalone-debug -fno-builtin -fno-pic \
            -c -o "$object$form.o"
        objects+=("$object$form.o")
        awk -v before=$(($(wc -l <wanted) + 1)) '
            FILENAME == ARGV[1] { bad[$1 - before]; next } FNR in bad' "$object$form.c.bad" wanted >rest
        mv rest wanted
    done
}

: >types.new
: >made
objects=()
for variant in "${!variants[@]}"; do
    IFS=' ' read -ra flags <<<"${variants[variant]}"
    # What the user has to mend shows here.
    if ! "${compile[@]}" ${flags[@]+"${flags[@]}"} -fsyntax-only unit.h 2>messages; then
        ((!variant)) || continue
        cat messages >&2
        # GCC says it in another way than Clang.
        missing=$(sed -nE "s/.* fatal error: '?([^':]*)('? file not found|: No such file).*/\1/p" messages | head -n 1)
        [[ -z $missing ]] || fail "${cc[0]} does not find $missing: install the package that has it \
(its name ends in -dev), or set CPPFLAGS=-IDIRECTORY; headers of C++ are not read"
        fail "${cc[0]} cannot compile this as C (headers of C++ are not read); name headers that it needs \
before it, and -I and -D in CPPFLAGS"
    fi
    # Attributes and the like get in the way of ctags.
    if ! "${compile[@]}" ${flags[@]+"${flags[@]}"} '-D__attribute__(...)=' -D__extension__= \
        -D__restrict= -D_Noreturn= '-D__asm__(...)=' '-D__asm(...)=' -E -P unit.h -o text.i 2>messages ||
        ! "$ctags" --options=NONE --sort=no --language-force=C --kinds-C=pf -x \
            --_xformat=$'%N\t%S' text.i >tags 2>messages; then
        cat messages >&2
        fail 'cannot read the names of parameters'
    fi
    awk -f "$here/parameters.awk" tags | sort >declared
    # Names to try: what ctags has found, and what is exported and occurs in the text.
    {
        cut -f1 declared
        grep -oE '[A-Za-z_][A-Za-z_0-9]*' text.i | sort -u >words || true
        cut -f1 exports | sort -u | comm -12 - words
    } | sort -u >names
    resolve names ${flags[@]+"${flags[@]}"}

    # Lines `name symbol N NAMES (TEXT) SONAME VERSION SHOWN` of the new ones.
    awk -F '\t' -v OFS='\t' -v only="${#libraries[@]}" '
        # What checks the size of its destination (__memcpy_chk) has it behind the other parameters.
        function shown_of(name,    base) {
            if (name in shown || name !~ /^__.*_chk$/) return shown[name]
            base = substr(name, 3, length(name) - 6)
            return base in shown ? shown[base] "," : ""
        }
        FILENAME == "exports" { where[$1] = where[$1] "\n" $2 OFS $3; next }
        FILENAME == "left_out" || FILENAME == "made" { skip[$1]; next }
        FILENAME == "declared" { shown[$1] = $3; rest[$1] = $2 OFS $4 OFS $5; next }
        !($1 in skip) && (only ? $1 in where : $2 in rest) {
            n = split(only ? substr(where[$1], 2) : OFS, places, "\n")
            for (i = 1; i <= n; i++)
                print $2, $1, $2 in rest ? rest[$2] : 0 OFS OFS "()", places[i], shown_of($2)
        }' exports left_out made declared symbols >new
    [[ -s new ]] || continue
    cut -f1-5 new | sort -u >wanted
    if ((is_clang)); then
        declare_clang "types$variant" ${flags[@]+"${flags[@]}"}
    else
        declare_gcc "types$variant" ${flags[@]+"${flags[@]}"}
    fi
    awk -F '\t' -v OFS='\t' 'FILENAME == "wanted" { bad[$2]; next }
        !($2 in bad) { print $2, $6, $7, $8 }' wanted new | tee -a types.new | cut -f1 >>made
done
if [[ ! -s made && -s left_out ]]; then
    fail 'the headers declare no function that is wanted: without -l, those of the C library are left out'
fi
[[ -s made ]] || fail 'the headers declare no function that is wanted'

{
    printf 'ptrace_tracer types 1\n'
    sort -u types.new
} >types.txt
cat >types.s <<'END'
.section .ptrace_tracer.types, "", %progbits
.incbin "types.txt"
.section .note.GNU-stack, "", %progbits
END
"${cc[@]}" -c types.s -o types.o || fail "${cc[0]} cannot assemble"
"${cc[@]}" -shared -nostdlib -Wl,--build-id=none -Wl,-x -Wl,-z,max-page-size=4096 -o object "${objects[@]}" types.o ||
    fail "${cc[0]} cannot link"
cat object
n=$(sort -u made | wc -l)
all=$(cut -f1 exports | sort -u | wc -l)
plural=s
((n != 1)) || plural=
if [[ $verbose && $all == 0 ]]; then
    say "types of $n function$plural"
elif [[ $verbose ]]; then
    say "types of $n of the $all functions that $(join "${libraries[@]}")"
fi
