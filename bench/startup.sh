#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# startup.sh: the cost of tracing one function of a library, by the size of the library: CPU time
# from the start to the end of a program that loads it, minus that of the program alone, and the
# tracer's memory. See measure.sh for ROUNDS= and BUILD=.
. "$(dirname "$0")/measure.sh"

# A library, and one of its functions.
libraries=(
    "$build/lib/libmylib.so my_traced_function"
    "libc.so.6 malloc"
    "libstdc++.so.6 operator new.*"
    "libpython3.11.so.1.0 PyObject_Repr"
    "libicuuc.so.72 u_init.*"
    "libLLVM-14.so.1 LLVMShutdown"
)

# The path the dynamic linker finds.
path_of()
{
    local path=$1
    [[ $1 == /* ]] || path=$(PATH=$PATH:/sbin:/usr/sbin ldconfig -p 2>/dev/null |
        sed -n "s|^[[:space:]]*${1//+/[+]} (.*x86-64.*) => ||p" | head -n 1)
    [[ -n $path ]] && readlink -f "$path"
}

figure() # NAME FILE
{
    sed -n "s/^run: .*$1 \([0-9]*\).*/\1/p" "$2"
}

bench_begin
for ((round = 1; round <= rounds; round++)); do
    for line in "${libraries[@]}"; do
        read -r library function <<<"$line"
        what=$(basename "$library")
        ! is_skipped "$what" || continue
        progress "round $round of $rounds: $what"
        path=$(path_of "$library") || { skipped "$what" "it is not installed"; continue; }
        "$bin/run" "$bin/loads" "$path" 2>"$work/bare" || fail "$(cat "$work/bare")"
        "$bin/run" "$tracer" --print=/dev/null -f "$function@$(basename "$path")" "$bin/loads" "$path" \
            2>"$work/said" || fail "$(cat "$work/said")"
        ! grep -q '^ptrace_tracer: 0 functions' "$work/said" || { skipped "$what" "no $function in it"; continue; }
        sample "$what" 'cpu us' $(($(figure cpu "$work/said") - $(figure cpu "$work/bare")))
        sample "$what" KiB "$(figure kib "$work/said")"
        sample "$what" 'file KiB' $(($(stat -c %s "$path") / 1024))
    done
done

printf '%-50s %10s %10s %10s\n' 'to trace one function of' 'file MiB' 'CPU ms' 'MiB'
for line in "${libraries[@]}"; do
    what=$(basename "${line%% *}")
    [[ -n $(median "$what" KiB) ]] || continue
    printf '%-50s %10s %10s %10s\n' "$what" "$(ratio "$(median "$what" 'file KiB')" 1024)" \
        "$(ratio "$(median "$what" 'cpu us')" 1000)" "$(ratio "$(median "$what" KiB)" 1024)"
done
skipped_rows
