#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Build variants: one program with a library (builds/builds.c, builds/library.c), built by each
# compiler with each option. Both count the calls of their functions. Each build runs untraced,
# traced from its start, and attached to and detached from several times: the output and the status
# are the same, there are as many events as calls, and the text is clean afterwards. The symbol
# table says which functions exist after optimization.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/cases.sh"

sources=$(cd "$(dirname "$0")" && pwd)/builds
functions='bl?_.*'
# BUILDS_FULL=1: all combinations; otherwise each flag at least once.
full=${BUILDS_FULL:-}
visits=${full:+5}
visits=${visits:-2}
parallel=4

# variant NAME COMPILER FLAG...: builds and runs it, in the background, a few at a time. FLAGs
# before "--" are for compiler and linker; the words after it are for finish_build(), which changes
# the files afterwards.
variant()
{
    while (($(jobs -pr | wc -l) >= parallel)); do
        wait -n || failed=1
    done
    (
        mkdir "$1" && cd "$1" && run_variant "$@"
    ) >"$1.log" 2>&1 &
    variants+=("$1")
}

# Only with BUILDS_FULL=1.
more()
{
    [[ -z $full ]] || variant "$@"
}

variants=()
failed=0

# Waits for all, prints the failures.
variants_end()
{
    local name
    wait
    for name in "${variants[@]}"; do
        if ! grep -q '^passed' "$name.log"; then
            printf -- '--- %s\n' "$name" >&2
            tail -n 15 "$name.log" >&2
            failed=1
        fi
    done
    ((failed == 0)) || fail "see above"
    echo "${#variants[@]} variants: ${variants[*]}"
}

run_variant() # NAME COMPILER FLAG... [-- WORD...]
{
    local name=$1 compiler=$2 flags=() finish=()
    shift 2
    while (($#)) && [[ $1 != -- ]]; do
        flags+=("$1")
        shift
    done
    (($# == 0)) || finish=("${@:2}")
    build_variant "$compiler" "${flags[@]}"
    nm -f posix program >symbols-of-program
    [[ ! -e libbuilds.so ]] || nm -f posix libbuilds.so >symbols-of-library
    local word
    for word in "${finish[@]}"; do
        "finish_$word"
    done
    three_ways ./program
    echo "passed $name"
}

build_variant() # COMPILER FLAG...
{
    local compiler=$1
    shift
    local common=(-I"$sources" -g -w "$@")
    if [[ " $* " == *" -static"* ]]; then
        $compiler "${common[@]}" -DLIBRARY_INSIDE -o program "$sources/builds.c" \
            "$sources/library.c" || fail "cannot build it"
    else
        # -pie and the like are for programs only.
        local shared=() flag
        for flag in "${common[@]}"; do
            [[ $flag == -pie || $flag == -no-pie || $flag == -f*pie ]] || shared+=("$flag")
        done
        $compiler "${shared[@]}" -fPIC -shared -Wl,--version-script="$sources/library.map" \
            -o libbuilds.so "$sources/library.c" || fail "cannot build the library"
        $compiler "${common[@]}" -Wl,-rpath,"\$ORIGIN" -o program "$sources/builds.c" ./libbuilds.so ||
            fail "cannot build it"
    fi
}

# Only the dynamic symbols are left.
finish_strip()
{
    strip program libbuilds.so
    nm -D -f posix program >symbols-of-program
    nm -D -f posix libbuilds.so >symbols-of-library
}

# The symbols are in separate files with debug links.
finish_debuglink()
{
    local file
    for file in program libbuilds.so; do
        objcopy --only-keep-debug $file $file.debug
        strip $file
        objcopy --add-gnu-debuglink=$file.debug $file
    done
}

three_ways() # COMMAND...
{
    local status=0
    "$@" 5 >untraced.out 2>untraced.err </dev/null || status=$?
    [[ $status == 7 && ! -s untraced.err ]] || fail "bare, it ends with $status: $(cat untraced.err)"
    traced 7 -q --print=lines -f "$functions" "$@" 5
    cmp untraced.out $out || fail "traced, its output differs"
    [[ ! -s $err ]] || fail "on stderr: $(cat $err)"
    counts_agree
    attached "$@"
}

attached() # COMMAND...
{
    local i status=0
    "$@" until /dev/null >untraced.out </dev/null || status=$?
    [[ $status == 7 ]] || fail "bare, it ends with $status"
    target_start "$@" until "$PWD/stop"
    for ((i = 0; i < visits; i++)); do
        rm -f lines
        tracer_start -q --print=lines -f "$functions" -p "$target_pid"
        wait_for 10 at_least $((20 + RANDOM % 300)) '\(' lines || fail "no calls: $(cat $err)"
        kill -TERM "$tracer_pid"
        tracer_ends 0
        is_not_traced "$target_pid" || fail "it is still traced"
        "$build/tests/text_clean" "$target_pid" || fail "its text is not the file's"
    done
    touch stop
    target_ends 7
    cmp untraced.out target.out || fail "attached to, it said something else"
}

# The calls in `lines` for each function equal the program's own counts. A function can have several
# names and a name several functions: those with a common name or function are counted together.
counts_agree()
{
    awk '
        # NAME.constprop.0 is NAME, NAME.part.0 is not; versions are ignored.
        function plain(name) {
            sub(/@.*/, "", name)
            if (name ~ /\.cold(\.|$)/)
                return name
            if (match(name, /\.part\./))
                return substr(name, 1, RSTART - 1) ".part"
            sub(/\..*/, "", name)
            return name
        }
        function top(x) { while (x in over && over[x] != x) x = over[x]; return x }
        function join_(a, b) {
            a = top(a); b = top(b)
            over[a] = a
            over[b] = a
        }
        FILENAME ~ /^symbols/ {
            if ($2 ~ /^[tTwW]$/ && $1 ~ /^bl?_/ && $1 !~ /\.cold/) {
                present[plain($1)] = 1
                join_(plain($1), FILENAME $3)
            }
            # An IFUNC symbol has the address of its resolver, which is another function.
            if ($2 == "i" && $1 ~ /^bl?_/) {
                present[plain($1)] = 1
                join_(plain($1), plain($1))
            }
            next
        }
        FILENAME == "untraced.out" {
            said[$1] = 1
            if ($1 in present) {
                entries[top($1)] += $2
                exits[top($1)] += $3
                names[top($1)] = names[top($1)] " " $1
            }
            next
        }
        # PID {} PROVIDER:NAME(...), PID = ..., PID } PROVIDER:NAME = ...
        $2 == "=" || $2 == "}" {
            if (depth < 1) { print "a return too many: " $0; bad = 1; next }
            seen_exits[top(stack[depth--])]++
            next
        }
        /\(/ {
            name = $2
            sub(/^[^:]*:/, "", name)
            sub(/\(.*/, "", name)
            name = plain(name)
            if (!(name in present)) { print "no such function: " $0; bad = 1 }
            if (name ~ /\.cold/) { print "no function: " $0; bad = 1 }
            stack[++depth] = name
            seen_entries[top(name)]++
            total++
        }
        END {
            for (name in names) {
                checked++
                if (entries[name] != seen_entries[name] + 0 || exits[name] != seen_exits[name] + 0) {
                    printf "%s: %d calls, %d returns; traced %d, %d\n", names[name], entries[name],
                        exits[name], seen_entries[name], seen_exits[name]
                    bad = 1
                }
            }
            if (checked < 15 || total < 50) { print "only " checked + 0 " functions checked"; bad = 1 }
            exit bad
        }' symbols-of-* untraced.out lines || fail "the calls differ"
}

case_gcc()
{
    variant O0 gcc -O0
    more O1 gcc -O1
    variant O2 gcc -O2
    variant O3 gcc -O3
    variant Os gcc -Os
    more lto gcc -O2 -flto
    variant lto_O3 gcc -O3 -flto
    variants_end
}

case_clang()
{
    variant O0 clang -O0
    more O1 clang -O1
    variant O2 clang -O2
    variant O3 clang -O3
    more Os clang -Os
    more lto clang -O2 -flto -fuse-ld=lld
    variant thin_lto clang -O2 -flto=thin -fuse-ld=lld
    variants_end
}

case_code()
{
    variant cf_protection gcc -O2 -fcf-protection=full -mshstk
    variant clang_cf_protection clang -O1 -fcf-protection=full -mshstk
    more no_cf_protection gcc -O2 -fcf-protection=none
    variant frame_pointer gcc -O2 -fno-omit-frame-pointer
    more no_frame_pointer gcc -O1 -fomit-frame-pointer
    variant no_red_zone gcc -O2 -mno-red-zone
    variant patchable gcc -O2 -fpatchable-function-entry=7,3
    more clang_patchable clang -O2 -fpatchable-function-entry=5
    variant sections gcc -O2 -ffunction-sections -Wl,--gc-sections
    variant partition gcc -O2 -freorder-blocks-and-partition
    variant stack_clash gcc -O2 -fstack-clash-protection
    more stack_protector gcc -O1 -fstack-protector-all -D_FORTIFY_SOURCE=2
    more large_model gcc -O1 -mcmodel=large -DNO_IFUNC
    variant avx clang -O3 -march=native
    variants_end
}

case_instrumented()
{
    variant pg gcc -O2 -pg
    variant pg_fentry gcc -O1 -pg -mfentry
    variant instrument gcc -O1 -finstrument-functions
    more clang_instrument clang -O2 -finstrument-functions -fno-inline
    more coverage gcc -O1 --coverage
    ASAN_OPTIONS=detect_leaks=0 variant asan gcc -O1 -fsanitize=address
    variant ubsan gcc -O1 -fsanitize=undefined
    variants_end
}

case_links()
{
    variant now gcc -O1 -Wl,-z,now
    variant lazy gcc -O1 -Wl,-z,lazy
    more clang_lazy clang -O2 -Wl,-z,lazy
    variant no_pie gcc -O2 -no-pie -fno-pie
    variant static gcc -O2 -static
    variant static_pie gcc -O2 -static-pie -fPIE
    more clang_static clang -O2 -static
    more gold gcc -O2 -fuse-ld=gold
    variant gold_icf gcc -O2 -fuse-ld=gold -ffunction-sections -Wl,--icf=all
    more lld clang -O2 -fuse-ld=lld
    variant lld_icf clang -O2 -fuse-ld=lld -ffunction-sections -Wl,--icf=all
    more noplt gcc -O2 -fno-plt
    more separate_code gcc -O1 -Wl,-z,separate-code
    variant noseparate_code gcc -O1 -Wl,-z,noseparate-code
    variant huge_pages gcc -O1 -Wl,-z,max-page-size=0x200000 -Wl,-z,common-page-size=0x200000
    more sysv_hash gcc -O1 -Wl,--hash-style=sysv
    more symbolic gcc -O2 -Wl,-Bsymbolic
    variants_end
}

case_symbols()
{
    variant strip gcc -O2 -rdynamic -- strip
    more clang_strip clang -O1 -rdynamic -- strip
    variant debuglink gcc -O2 -- debuglink
    more dwarf4 gcc -O2 -gdwarf-4
    variant dwarf5 clang -O2 -gdwarf-5
    variant split_dwarf gcc -O2 -gsplit-dwarf
    more compressed gcc -O2 -gz=zlib
    variant g0 gcc -O2 -g0
    variants_end
}

case_musl()
{
    command -v musl-gcc >/dev/null || skip "no musl-gcc"
    variant dynamic musl-gcc -O2 -DNO_IFUNC -DNO_VERSIONS
    variant static musl-gcc -O2 -DNO_IFUNC -static
    variant static_pie musl-gcc -O1 -DNO_IFUNC -static-pie -fPIE
    more O0 musl-gcc -O0 -DNO_IFUNC -DNO_VERSIONS
    variants_end
}

# All combinations.
case_product()
{
    [[ -n $full ]] || skip "only with BUILDS_FULL=1"
    local compiler level link hardening name
    for compiler in gcc clang; do
        for level in -O0 -O1 -O2 -O3 -Os; do
            for link in "" -static "-static-pie -fPIE" "-no-pie -fno-pie" "-flto -fuse-ld=lld"; do
                for hardening in "" "-fcf-protection=full -fstack-clash-protection -Wl,-z,now" \
                    "-fno-omit-frame-pointer -mno-red-zone -Wl,-z,noseparate-code"; do
                    [[ "$compiler $link" != gcc*lld ]] || link=-flto
                    name=$compiler$level${link// /}${hardening// /}
                    # shellcheck disable=SC2086 # words
                    variant "${name//[^A-Za-z0-9_-]/_}" $compiler $level $link $hardening
                done
            done
        done
    done
    variants_end
}

run_cases "$@"
