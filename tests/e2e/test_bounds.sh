#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Small hostile files and patterns need little memory and time.
command -v python3 >/dev/null || { echo 'SKIP: no python3'; exit 77; }
# The sanitizers' own memory and time do not count.
BUILD=${PLAIN_BUILD:-${BUILD:-}}
export BUILD

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/cases.sh"

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

# costs_little STATUS ARGUMENT...: the tracer exits with STATUS and, with its children, takes less
# than 2 seconds of processor time and at most 200 MB.
costs_little()
{
    python3 - "$tracer" "$@" >$out 2>$err <<'END' || fail "$(head -c 300 $err): ${*:2}"
import os, resource, subprocess, sys
resource.setrlimit(resource.RLIMIT_CPU, (20, 20))
status = subprocess.call([sys.argv[1]] + sys.argv[3:])
used = resource.getrusage(resource.RUSAGE_CHILDREN)
seconds, megabytes = used.ru_utime + used.ru_stime, used.ru_maxrss / 1024
if status != int(sys.argv[2]) or seconds > 2 or megabytes > 200:
    sys.exit("status %d, %.1f seconds, %d MB" % (status, seconds, megabytes))
END
}

hostile() # KIND STATUS
{
    python3 "$here/hostile_files.py" "$1" hostile.so || fail "not made"
    chmod +x hostile.so
    local kilobytes
    kilobytes=$(du -k hostile.so | cut -f1)
    ((kilobytes < 5000)) || fail "it takes $kilobytes KB: nothing is tested"
    costs_little "$2" --list -f '.*' ./hostile.so
    costs_little "$2" --list --deref=8 -f '.*' ./hostile.so
}

case_tables_of_names()
{
    hostile shared_strings 0
    lines 7 '^hostile:fn  ' $out
    hostile many_tables 0
    lines 4000 '^hostile:f  ' $out
}

case_names_that_share_their_ends()
{
    hostile suffix_names 0
    said '4000 symbols of .*/hostile.so are left out: '
    hostile short_suffixes 0
    at_least 1 '^hostile:a' $out || fail "nothing is listed"
    said '[0-9]+ symbols of .*/hostile.so are left out: '
}

case_names_that_become_long()
{
    hostile long_when_demangled 0
    lines 4096 '^hostile:' $out
}

case_debug_information()
{
    local kind
    for kind in compressed_units compressed_strings compressed_claim sparse_units; do
        hostile $kind 0
        lines 1 '^hostile:f  ' $out
    done
}

# Large debug information of small sources.
case_types()
{
    python3 - >types.c <<'END'
print("enum big {%s};" % ",".join("L%d" % i for i in range(100000)))
print("enum big big(enum big e) { return e; }")
for i in range(400):
    print("struct s%d;" % i)
for i in range(400):
    print("struct s%d { %s };" % (i, " ".join("struct s%d *p%d; const char *t%d;" % ((i * k + 1) % 400, k, k) for k in range(1, 40))))
for i in range(400):
    print("int f%d(struct s%d *a, struct s%d *b, struct s%d *c) { return a == 0; }" % (i, i, (i + 7) % 400, (i + 9) % 400))
print("struct n0 { int a[1 << 20][1 << 20]; };")
for i in range(1, 24):
    print("struct n%d { struct n%d x, y; };" % (i, 0 if i == 1 else i - 1))
print("struct small0 { char c; };")
for i in range(1, 21):
    print("struct small%d { struct small%d x, y; };" % (i, i - 1))
print("int deep(struct small20 s, struct small20 *p) { return s.x.x.x.x.x.x.x.x.x.x.x.x.x.x.x.x.x.x.x.x.c; }")
END
    sed -i '/struct n[0-9]* /d' types.c
    ${TEST_CC:-gcc} -g -O0 -shared -fPIC -o libtypes.so types.c || fail "not built"
    chmod +x libtypes.so
    for what in '' --deref=8 --strings=all; do
        # shellcheck disable=SC2086 # one option or none
        costs_little 0 --list $what -f '.*' ./libtypes.so
        lines 402 '^types:(f[0-9]*|big|deep)  ' $out
    done
}

# Thousands of functions with one name, each with a field of another type.
case_one_name()
{
    python3 - >many.c <<'END'
for i in range(4000):
    print("enum e%05d { A%05d }; int q%05d(enum e%05d e) { return e; }" % (i, i, i, i))
END
    ${TEST_CC:-gcc} -g -O0 -shared -fPIC -o libmany.so many.c || fail "not built"
    python3 - <<'END'
import re
with open("libmany.so", "r+b") as file:
    content = re.sub(rb"\0q\d{5}(?=\0)", b"\0q00000", file.read())
    file.seek(0)
    file.write(content)
END
    costs_little 0 --list -f '.*' ./libmany.so
    lines 4000 '^many:q00000' $out
    [[ $(grep '^many:q00000' $out | cut -d' ' -f1 | sort -u | wc -l) == 4000 ]] || fail "names that are not unique"
}

case_patterns()
{
    local pattern
    for pattern in '((((a{1,100}){1,100}){1,100}){1,100})' 'a{1,30000}' '(a?){1,1000}a{1000}' '((a*)*){1,100}' \
        "$(printf '(%.0s' {1..50000})a$(printf ')%.0s' {1..50000})" \
        "a$(printf '+%.0s' {1..48})" '.*++++++++++' "a$(printf '*%.0s' {1..93})" "$(printf '(%.0s' {1..30})a$(printf '+)%.0s' {1..30})"; do
        costs_little 125 --list -f "$pattern" "$sample"
        [[ $(wc -l <$err) == 1 ]] || fail "$(wc -l <$err) lines"
        said "the pattern '.{1,103}' takes too much memory or time"
    done
    # In a file of patterns, the message has the line number.
    printf 'main\n(((a{1,100}){1,100}){1,100})\n' >patterns
    costs_little 125 --list --patterns=patterns "$sample"
    one_line 'patterns:2: the pattern .* takes too much memory or time'
    # Typical patterns.
    for pattern in 'my_[a-z]{1,20}_function' '(my|main).{0,60}' '([a-z]{1,30}_?){1,20}' \
        '(m+y+_+(t+r+a+c+e+d+|u+n+)_+)+f+.+' 'my_traced_function++++++++'; do
        costs_little 0 --list -f "$pattern" "$sample"
        at_least 1 '^mylib:my_traced_function  ' $out || fail "'$pattern' does not match"
    done
    costs_little 125 --list -f 'x{3' "$sample"
    one_line "the pattern 'x{3' is not a regular expression"
}

run_cases "$@"
