#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The cost of many functions: bench/scale.sh [BUILD]. A generated library of 5,000 to 50,000
# functions, with debug information, and libLLVM if it is installed: the time until the program runs
# and ends, processor time and memory of the tracer and of LTTng's daemons, and the time to arm and
# disarm 5,000 more functions. The cost per function should not grow: nothing may be quadratic.
. "$(dirname "$0")/../tests/e2e/lib.sh"
build=$(cd "${1:-build}" && pwd)
tracer=$build/bin/ptrace_tracer
private_lttng_start
work=$private_dir/work
mkdir "$work"
cd "$work" || exit 1

lttng_quiet()
{
    lttng --no-sessiond "$@" >/dev/null || fail "lttng $*"
}

now_ms()
{
    local now
    now=$(date +%s%N)
    echo $((now / 1000000))
}

# Processor time of the session daemon and its consumers so far, in ms.
daemons_ms()
{
    local pid sum=0
    for pid in "$private_pid" $(pgrep -P "$private_pid"); do
        sum=$((sum + $(awk '{ print $14 + $15 }' "/proc/$pid/stat" 2>/dev/null || echo 0)))
    done
    echo $((sum * 1000 / $(getconf CLK_TCK)))
}

# libbigN.so with N functions, and a program that calls one of them for each line it reads.
make_program() # N
{
    local n=$1 part
    mkdir "$n"
    for ((part = 0; part < n; part += 5000)); do
        awk -v first=$part -v last=$((part + 5000 < n ? part + 5000 : n)) 'BEGIN {
            print "struct shape { int kind; const char *name; double size; };"
            for (i = first; i < last; i++)
                printf "long function_%05d(int count, const char *text, struct shape *shape, double factor)\n" \
                       "{ return count + (text != 0) + shape->kind + (long)factor; }\n", i }' >"$n/part$part.c"
    done
    printf '%s\0' "$n"/part*.c | xargs -0 -P 2 -I{} gcc -O1 -g -fPIC -c {} -o {}.o
    gcc -shared -o "$n/libbig.so" "$n"/part*.o
    rm "$n"/part*
    cat >"$n/main.c" <<END
#include <stdio.h>
struct shape { int kind; const char *name; double size; };
long function_00007(int, const char *, struct shape *, double);
int main(void)
{
    struct shape shape = {1, "round", 2};
    char line[16];
    do
        function_00007(1, "text", &shape, 3);
    while (fgets(line, sizeof(line), stdin));
    return 0;
}
END
    # shellcheck disable=SC2016
    gcc -O1 -o "$n/main" "$n/main.c" -L"$n" -lbig -Wl,-rpath,'$ORIGIN'
}

# measured TITLE FUNCTIONS OPTION...: prints one line of the table of starts. FUNCTIONS 0: the armed
# ones.
measured()
{
    local title=$1 functions=$2 before after times
    shift 2
    before=$(daemons_ms)
    /usr/bin/time -f '%e %U %S %M' -o times "$tracer" "$@" </dev/null >/dev/null 2>log || fail "$(cat log times)"
    after=$(daemons_ms)
    times=$(tail -n 1 times)
    ((functions > 0)) || functions=$(sed -n 's/^ptrace_tracer: \([0-9]*\) functions\? armed.*/\1/p' log)
    awk -v title="$title" -v daemons=$((after - before)) -v armed="$functions" '
        { printf "%-24s %9d %9.2f %9.2f %9.0f %9.2f %12.1f\n", title, armed, $1, $2 + $3, $4 / 1024, daemons / 1000,
                 armed ? ($2 + $3) * 1e6 / armed : 0 }' <<<"$times"
}

started() # TITLE OPTION...
{
    local title=$1
    shift
    measured "$title" 0 -o trace "$@"
    rm -rf trace
}

last_is_planted() # ADDRESS
{
    [[ $(dd if="/proc/$target/mem" bs=1 skip="$1" count=1 2>/dev/null | od -An -tx1) == ' cc' ]]
}

last_is_lifted()
{
    ! last_is_planted "$1"
}

address_of_last() # LIBRARY FUNCTION
{
    local vaddr base
    vaddr=$(nm -D "$1" | sed -n "s/^\([0-9a-f]*\) T $2\$/0x\1/p")
    base=$(sed -n "s:^\([0-9a-f]*\)-.* 00000000 .* $(readlink -f "$1")\$:0x\1:p" "/proc/$target/maps" | head -n 1)
    echo $((base + vaddr))
}

is_registered()
{
    lttng --no-sessiond list -u 2>/dev/null | grep -q "big:function_00007_exit"
}

tracer_ms()
{
    awk -v tick="$(getconf CLK_TCK)" '{ print int(($14 + $15) * 1000 / tick) }' "/proc/$tracer_pid/stat"
}

# toggled N: 5,000 of N functions, entry and exit, at once, in a session that enables nothing else.
toggled()
{
    local n=$1 start returned planted lifted address before after
    lttng_quiet create rules --output="$work/rules"
    lttng_quiet enable-event -u -s rules 'other:*'
    lttng_quiet start rules
    mkfifo gate
    "$n/main" <>gate >/dev/null &
    target=$!
    "$tracer" -q -f '.*@big' -p $target 2>log &
    tracer_pid=$!
    wait_for 60 is_registered || fail "the tracer does not start: $(cat log)"
    # 00000 to 04999.
    address=$(address_of_last "$n/libbig.so" function_04999)
    before=$(tracer_ms)
    start=$(now_ms)
    lttng_quiet enable-event -u -s rules 'big:function_00*,big:function_01*,big:function_02*,big:function_03*,big:function_04*'
    returned=$(now_ms)
    wait_for 60 last_is_planted "$address" || fail "not planted"
    planted=$(now_ms)
    after=$(tracer_ms)
    lttng_quiet stop rules
    wait_for 60 last_is_lifted "$address" || fail "not lifted"
    lifted=$(now_ms)
    awk -v n="$n" -v a=$((planted - start)) -v b=$((returned - start)) -v c=$((after - before)) -v d=$((lifted - planted)) \
        'BEGIN { printf "%-24s %9.2f %9.2f %9.2f %9.2f\n", n " functions", a / 1000, b / 1000, c / 1000, d / 1000 }'
    kill $tracer_pid
    wait $tracer_pid
    kill $target
    wait $target 2>/dev/null
    lttng_quiet destroy rules
    rm -rf rules gate
}

sizes=${SIZES:-5000 10000 20000 40000 50000}
for n in $sizes; do
    make_program "$n"
done
# A session that enables one function: the cost of candidates that are not enabled.
started_idle() # N
{
    lttng_quiet create idle --output="$work/idle"
    lttng_quiet enable-event -u -s idle 'big:function_00007_*'
    lttng_quiet start idle
    printf 'session=idle\n' >"$HOME/.lttngrc"
    measured "$1" "$1" -f '.*@big' "$1/main"
    rm -f "$HOME/.lttngrc"
    lttng_quiet destroy idle
    rm -rf idle
}

echo 'Started, one function recorded'
printf '%-24s %9s %9s %9s %9s %9s %12s\n' '' functions seconds 'CPU s' MiB 'daemons s' 'us/function'
for n in $sizes; do
    started_idle "$n"
done
echo
echo "Started, all functions recorded, in a session of the tracer's own"
printf '%-24s %9s %9s %9s %9s %9s %12s\n' '' functions seconds 'CPU s' MiB 'daemons s' 'us/function'
for n in $sizes; do
    started "generated" -f '.*@big' "$n/main"
done
llvm=$(ls /usr/lib/*/libLLVM-14.so.1 2>/dev/null | head -n 1)
if [[ -n $llvm ]]; then
    echo 'unsigned LLVMGetMDKindID(const char *, unsigned); int main(void) { return LLVMGetMDKindID("x", 1) == 0; }' >llvm.c
    gcc -o with_llvm llvm.c "$llvm" && started libLLVM-14 -f '.*@*LLVM*' ./with_llvm
fi
echo
echo "5,000 functions more, enabled at once while the program runs, and stopped"
printf '%-24s %9s %9s %9s %9s\n' '' 'planted s' 'lttng s' 'CPU s' 'lifted s'
for n in $sizes; do
    toggled "$n"
done
