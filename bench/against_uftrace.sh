#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The calls of ten programs that others wrote, beside what uftrace counts: the same binary (compiled
# with room for uftrace at the entries of functions), the same work. The number of calls of each
# function must be the same, by stops and with --in-process, where dropped hits count, too. Times are
# compared by medians, as other load hardly changes them: the median duration of a function's calls,
# as a ratio to that by uftrace, for functions that are called 20 times and more and take 1 us and
# more; of these ratios the median.
#
# The sources come from Debian, by apt-get source with lists of its own: SOURCES= is a directory
# that has them already, or in which they are kept.
. "$(dirname "$0")/measure.sh"

sources=${SOURCES:-$build/bench/sources}
programs=(bzip2 lua tree mujs figlet xxhsum minigzip ed lz4 byacc)
packages=(bzip2 lua5.4 tree mujs figlet xxhash zlib ed lz4 byacc)
built=$build/bench/programs

fetch_sources()
{
    local apt=$work/apt file package
    mkdir -p "$sources" "$apt/lists/partial" "$apt/cache/archives/partial"
    for package in "${packages[@]}"; do
        [[ -d $sources/$package ]] || break
    done
    [[ ! -d $sources/$package ]] || return 0
    # shellcheck source=/dev/null
    echo "deb-src http://deb.debian.org/debian $(. /etc/os-release && echo "$VERSION_CODENAME") main" >"$apt/sources.list"
    local options=(-qq -o "Dir::Etc::SourceList=$apt/sources.list" -o Dir::Etc::SourceParts=/dev/null
        -o "Dir::State::Lists=$apt/lists" -o "Dir::Cache=$apt/cache" -o APT::Sandbox::User=)
    apt-get "${options[@]}" update && (cd "$sources" && apt-get "${options[@]}" source --download-only "${packages[@]}") || return 1
    for file in "$sources"/*.dsc; do
        package=$(basename "$file")
        package=${package%%_*}
        [[ -d $sources/$package ]] || dpkg-source --no-check -x "$file" "$sources/$package" || return 1
    done
} >"$work/fetch.log" 2>&1

# compile PROGRAM ARGUMENT...
compile()
{
    local program=$1
    shift
    [[ -x $built/$program ]] ||
        gcc -g -O1 -w -fpatchable-function-entry=5 -o "$built/$program" "$@" -lm >"$work/compile.log" 2>&1
}

build_program()
{
    local s=$sources
    case $1 in
    bzip2) compile "$1" -D_FILE_OFFSET_BITS=64 "$s"/bzip2/{blocksort,huffman,crctable,randtable,compress,decompress,bzlib,bzip2}.c ;;
    lua)
        echo '#define DEB_HOST_MULTIARCH "."' >"$built/lua5.4-deb-multiarch.h"
        compile "$1" -DLUA_USE_POSIX '-Dluai_makeseed(state)=42' -I"$built" "$s"/lua5.4/src/{l[!u]*,lu[!a]*,lua}.c
        ;;
    tree) compile "$1" -DLINUX -D_LARGEFILE64_SOURCE "$s"/tree/{tree,list,hash,color,file,filter,info,unix,xml,json,html,strverscmp}.c ;;
    mujs) compile "$1" "$s"/mujs/{one,main}.c ;;
    figlet) compile "$1" -DTLF_FONTS "-DDEFAULTFONTDIR=\"$s/figlet/fonts\"" '-DDEFAULTFONTFILE="standard"' "$s"/figlet/{figlet,zipio,crc,inflate,utf8}.c ;;
    xxhsum) compile "$1" "$s"/xxhash/xxhash.c "$s"/xxhash/cli/*.c ;;
    minigzip) compile "$1" -DHAVE_UNISTD_H -I"$s/zlib" "$s"/zlib/*.c "$s/zlib/test/minigzip.c" ;;
    ed) compile "$1" '-DPROGVERSION="1"' "$s"/ed/*.c ;;
    lz4) compile "$1" -DXXH_NAMESPACE=LZ4_ -I"$s/lz4/lib" "$s"/lz4/lib/*.c "$s"/lz4/programs/*.c ;;
    byacc)
        [[ -f $s/byacc/config.h ]] || (cd "$s/byacc" && ./configure -q >/dev/null 2>&1) || return 1
        compile "$1" -I"$s/byacc" -DHAVE_CONFIG_H -DYYPATCH=1 "$s"/byacc/{closure,error,graph,lalr,lr0,main,mkpar,mstring,output,reader,symtab,verbose,warshall,yaccpar}.c
        ;;
    esac
}

make_input()
{
    head -c 20000 "$top/docs/internals.md" >"$work/text"
    cat >"$work/script.lua" <<'END'
local function fib(n) if n < 2 then return n end return fib(n - 1) + fib(n - 2) end
local t = {}
for i = 1, 100 do t[i] = tostring(fib(6)) .. string.rep("x", i % 7) end
table.sort(t)
print(#table.concat(t, ","), string.find(table.concat(t), "xxx"))
END
    cat >"$work/script.js" <<'END'
function fib(n) { return n < 2 ? n : fib(n - 1) + fib(n - 2); }
var a = [];
for (var i = 0; i < 20; i++) a.push(String(fib(4)) + i);
a.sort();
print(a.join(",").length, JSON.stringify({a: a}).length);
END
    printf '%s\n' '1,$s/the/THE/g' 'g/stop/m0' '2,40d' 'w out.txt' Q >"$work/script.ed"
}

# run PROGRAM PREFIX...: the program's work, started by the prefix.
run()
{
    local program=$1 input=/dev/null
    local arguments=()
    shift
    case $program in
    bzip2) arguments=(-k -c text) ;;
    lua) arguments=(script.lua) ;;
    tree) arguments=("$sources/byacc") ;;
    mujs) arguments=(script.js) ;;
    figlet) arguments=(hello world) ;;
    xxhsum) arguments=(text) ;;
    minigzip) arguments=(-c text) ;;
    ed) arguments=(-s text) input=$work/script.ed ;;
    lz4) arguments=(-c -9 text) ;;
    byacc) arguments=(-o "$work/y.c" "$sources/byacc/test/calc.y") ;;
    esac
    (cd "$work" && setarch -R "$@" "$built/$program" "${arguments[@]}" <"$input" >/dev/null 2>"$work/stderr")
}

# As `name calls median_ns`, of uftrace's record: calls of its report, medians of its replay.
of_uftrace()
{
    local data=$work/uftrace
    {
        uftrace report -d "$data" --no-pager -f call | awk 'NR > 2 && !/linux:/ { print "calls", $1, $2 }'
        uftrace replay -d "$data" --no-pager --no-event -f duration 2>/dev/null |
            sed -nE 's/^ *([0-9.]+) +([mnu]?s) \| .*(\} \/\* |[^}] )([A-Za-z_0-9.]+)( \*\/|\(\);)$/time \1 \2 \4/p'
    } | awk '
        $1 == "calls" { calls[$3] = $2; next }
        { unit = $3 == "us" ? 1000 : $3 == "ms" ? 1000000 : $3 == "s" ? 1000000000 : 1
          print $4, $2 * unit | "sort -k1,1 -k2,2g >'"$work"'/durations" }
        END { close("sort -k1,1 -k2,2g >'"$work"'/durations"); for (f in calls) print f, calls[f] }' |
        sort >"$work/calls"
    awk '$1 != f { if (n) print f, t[int((n + 1) / 2)]; f = $1; n = 0 } { t[++n] = $2 } END { if (n) print f, t[int((n + 1) / 2)] }' \
        "$work/durations" | sort | join -a 1 "$work/calls" -
}

# reported PROGRAM OPTION...: the same of our trace.
reported()
{
    local program=$1
    shift
    "$tracer" report -q --format=csv "$@" "$work/trace" |
        awk -F, -v p="^$program:" 'NR > 1 { sub(p, "", $NF); print $NF, $1, $5 }' | sort
}

# compare CASE FILE OF_UFTRACE: a sample for each figure. Functions that count differently are
# named.
compare()
{
    join -a 1 -a 2 -e 0 -o 0,1.2,2.2,1.3,2.3 "$3" "$2" | awk -v c="$1" -v OFS='\t' '
        c !~ /(raw|in-process)$/ && $2 != $3 { differ++; print c ": " $1 ": " $2 " calls by uftrace, " $3 " here" >"/dev/stderr" }
        { functions++; calls += $3 }
        $2 >= 20 && $4 >= 1000 { print c, "x", $5 / $4 }
        END { print c, "functions", functions; print c, "calls", calls; print c, "differ", differ + 0 }' >>"$samples"
}

# count_all PROGRAM CALLS: rings may be full, and then hits are dropped: the line at the end of the
# run tells how many. Two for each call that returns are written or lost.
count_all()
{
    sed -nE 's/.* ([0-9]+) calls?, ([0-9]+) events? written(, ([0-9]+) lost)?.*/\1 \2 0\4/p' "$work/stderr" |
        awk -v program="$1" -v theirs="$2" -v OFS='\t' '
            $1 != theirs || $2 + $3 > 2 * theirs {
                print program ": " theirs " calls by uftrace; in-process: " $0 >"/dev/stderr"; differ = 1 }
            END { print program, "in-process differ", NR == 1 ? differ + 0 : 1; print program, "lost", $3 / 2 / theirs }' >>"$samples"
}

measured()
{
    local program=$1
    rm -rf "$work/uftrace" "$work/trace"
    run "$program" uftrace record -P . -d "$work/uftrace" --no-libcall --no-event -b 16m ||
        fail "$program: uftrace has failed"
    of_uftrace >"$work/theirs"
    run "$program" "$tracer" -q -o "$work/trace" -f ".*@$program" -x atexit || fail "$program: the tracer has failed"
    reported "$program" --raw >"$work/ours"
    compare "$program raw" "$work/ours" "$work/theirs"
    reported "$program" >"$work/ours"
    compare "$program" "$work/ours" "$work/theirs"
    rm -rf "$work/trace"
    run "$program" "$tracer" --in-process -o "$work/trace" -f ".*@$program" -x atexit || fail "$program: the tracer has failed"
    count_all "$program" "$(awk '{ n += $2 } END { print n }' "$work/theirs")"
}

bench_begin
if ! command -v uftrace >/dev/null; then
    skipped uftrace 'uftrace is not installed'
elif ! bench_lttng; then
    skipped uftrace 'no session daemon'
elif ! fetch_sources; then
    skipped uftrace "no sources: $(tail -n 1 "$work/fetch.log")"
fi
if is_skipped uftrace; then
    skipped_rows
    exit 0
fi
mkdir -p "$built"
make_input
for program in "${programs[@]}"; do
    build_program "$program" || skipped "$program" "$(grep -m 1 error "$work/compile.log")"
done
for ((round = 1; round <= rounds; round++)); do
    progress "round $round of $rounds"
    for program in "${programs[@]}"; do
        is_skipped "$program" || measured "$program"
    done
done

printf '%-10s %9s %8s %14s %14s %8s %8s\n' program functions calls differ 'in-process lost' 'raw, x' 'net, x'
for program in "${programs[@]}"; do
    is_skipped "$program" && continue
    printf '%-10s %9s %8s %14s %14.0f%% %8s %8s\n' "$program" "$(median "$program" functions)" \
        "$(median "$program" calls)" "$(median "$program" differ) / $(median "$program" 'in-process differ')" \
        "$(median "$program" lost | awk '{ print 100 * $1 }')" "$(ratio "$(median "$program raw" x)" 1)" "$(ratio "$(median "$program" x)" 1)"
done
skipped_rows
