#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Makes the type object of the C library and libm, from the headers and libraries of the compiler CC
# (cc). It goes to stdout.
set -euo pipefail
export LC_ALL=C

here=$(dirname "$(realpath -- "${BASH_SOURCE[0]}")")
IFS=' ' read -ra cc <<<"${CC:-cc}"
compile=("${cc[@]}" -x c -w -D_GNU_SOURCE)

work=$(mktemp -d "${TMPDIR:-/tmp}/ptrace_tracer_libc_types.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

# Those that this C library has.
sed '/^#/d; s/.*/#if __has_include(<&>)\n@ &\n#endif/' "$here/libc_headers.list" >"$work/all.h"
mapfile -t headers < <("${compile[@]}" -E -P "$work/all.h" | sed -n 's/^@ //p' | tr -d ' ')
((${#headers[@]})) || {
    echo "ptrace_tracer: ${cc[0]} finds no headers of the C library" >&2
    exit 1
}
include() { # HEADER...
    printf '#include <%s>\n' "$@"
}

# All of them, or each one that can be compiled behind the ones before.
include "${headers[@]}" >"$work/unit.h"
if ! "${compile[@]}" -fsyntax-only "$work/unit.h" 2>/dev/null; then
    kept=()
    for header in "${headers[@]}"; do
        include ${kept[@]+"${kept[@]}"} "$header" >"$work/unit.h"
        ! "${compile[@]}" -fsyntax-only "$work/unit.h" 2>/dev/null || kept+=("$header")
    done
    headers=("${kept[@]}")
fi

# Functions that check the size of their destination, and that no header declares: compilers call
# them for memcpy and others, and GCC knows their types.
c_library=$("${cc[@]}" -print-file-name=libc.so.6)
{ readelf -W --dyn-syms "$c_library" 2>/dev/null || true; } | sed -n 's/.* \(__[a-z]*_chk\)@@.*/\1/p' | sort -u |
    sed '1i #ifdef BUILTINS
        s/.*/#if __has_builtin(__builtin_&)\nextern __typeof__(__builtin_&) &;\n#endif/
        $a #endif' >"$work/builtins.h"
builtins=()
! "${compile[@]}" -DBUILTINS -fsyntax-only "$work/builtins.h" 2>/dev/null || builtins=("$work/builtins.h")

# Before glibc 2.34, threads and others were in libraries of their own; musl has one file. Other
# flags make the headers declare functions that check sizes, those of older standards, and scanf as
# it was before C99.
libraries=()
for library in c m pthread rt dl util anl resolv; do
    libraries+=(-L "lib$library.so.6" -L "lib$library.so.2" -L "lib$library.so.1" -L "lib$library.so.0")
done
CPPFLAGS="-ffile-prefix-map=$work=." "$BASH" "$here/make_types.sh" "${libraries[@]}" -L libc.so \
    -a '-O2 -D_FORTIFY_SOURCE=2' -a '-U_GNU_SOURCE -D_XOPEN_SOURCE=500 -std=c99' -a -std=gnu89 \
    -a -DBUILTINS "${headers[@]}" ${builtins[@]+"${builtins[@]}"}
