#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# What -f takes, and what is said when nothing matches.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/cases.sh"

# Every name that --list prints, with its module, selects what it is printed for.
case_names_as_printed()
{
    local program=$build/targets/cxx_names n name
    traced 0 --list "$program"
    sed 's/  .*//' $out >printed
    grep -q '~[0-9a-f]\{8\}$' printed || fail "no name is cut"
    n=$(wc -l <printed)
    ((n > 200)) || fail "only $n functions are listed"
    traced 0 --list --filter-file=printed "$program"
    [[ ! -s $err ]] || fail "not all are selected: $(cat $err)"
    sed 's/  .*//' $out | grep -vxF -f printed >others || :
    [[ ! -s others ]] || fail "others are selected, too: $(cat others)"
    [[ $(wc -l <$out) == "$n" ]] || fail "$(wc -l <$out) functions, not $n"
}

# An overload, an operator, an event's name: in each place that takes a pattern.
case_each_reading()
{
    local program=$build/targets/cxx_names pattern wanted
    while read -r wanted pattern; do
        traced 0 --list -f "$pattern" "$program"
        [[ ! -s $err ]] || fail "$pattern: $(cat $err)"
        [[ $(grep -c '^cxx_names:' $out) == "$wanted" ]] ||
            fail "'$pattern' selects $(wc -l <$out) functions, not $wanted: $(cat $out)"
    done <<'END'
1 over(int)
1 over(char*, int)
1 cxx_names:over(char *;int)_entry
11 cxx_names:over
11 over_exit
1 over(int (*)(char*, int))
1 Ref::method() const &
3 Vec::operator*
1 Vec::operator[]
2 Vec::operator()@cxx_names
1 with_local(int)::{lambda(int)#1}::operator()
END
    traced 0 --print -f 'cxx_names:over(long)' -f 'over(char*)' -x 'over(char*)' "$program"
    lines 1 '^[^:]*cxx_names:over\(long\)\(' $err
    lines 0 'over\(char' $err
}

# Functions of one name: as events tell them apart.
case_one_of_several()
{
    local pattern
    printf 'static __attribute__((noinline)) int init(int a) { return a; }\nint of_a(void) { return init(1); }\n' >a.c
    printf 'static __attribute__((noinline)) int init(long b) { return (int)b; }\nint of_b(void) { return init(2); }\n' >b.c
    printf 'int of_a(void), of_b(void); int main(void) { return of_a() + of_b(); }\n' >main.c
    "${TEST_CC:-gcc}" -g -O1 -fno-ipa-cp -fno-ipa-pure-const -o app a.c b.c main.c || fail "not built"
    traced 0 --list -f init@app ./app
    lines 1 '^app:init  int init\(int a\)' $out
    lines 1 '^app:init@b.c  int init\(long int b\)' $out
    for pattern in init@b.c app:init@b.c init@b.c_exit app:init@b.c_entry init@b.c@app; do
        traced 0 --list -f "$pattern" ./app
        [[ ! -s $err && $(sed 's/  .*//' $out) == app:init@b.c ]] || fail "$pattern selects $(cat $out $err)"
    done
    traced 0 --list -f init@app -x init@b.c ./app
    [[ $(sed 's/  .*//' $out) == app:init ]] || fail "not excluded: $(cat $out)"
    traced 3 --print=lines -f init@b.c ./app
    lines 1 'app:init@b\.c\(b = 2\)' lines
    lines 1 ' armed, 1 call,' $err
    traced 0 --list -f init@c.c ./app
    lines 1 "^ptrace_tracer: no function matches 'init@c.c'" $err
}

case_modules()
{
    local pattern
    for pattern in malloc@libc malloc@c c:malloc libc.so.6:malloc c:malloc_entry malloc@libc.so; do
        traced 0 --list -f "$pattern" "$sample"
        lines 1 . $out
        lines 1 '^c:malloc  ' $out
    done
    traced 125 --print -f 'c:malloc|c:free' "$sample"
    said "the pattern 'c:malloc|c:free' has a module in an alternative"
}

# says MESSAGE PATTERN ARGUMENT...: the line on the pattern, which matches nothing, ends in MESSAGE.
says()
{
    local message=$1 pattern=$2
    shift 2
    traced 0 --list -f "$pattern" "$@"
    [[ $(cat $err) == "ptrace_tracer: no function matches '$pattern'$message" ]] ||
        fail "not '$message' but '$(cat $err)'"
    [[ ! -s $out ]] || fail "$pattern selects $(cat $out)"
}

case_what_was_meant()
{
    local cxx=$build/targets/cxx_names
    says '; similar names: mylib:my_traced_function' my_traced_functoin "$sample"
    says '; similar names: mylib:my_traced_function' My_Traced_Function "$sample"
    says '; similar names: c:qsort' qsotr@c "$sample"
    says '; similar names: c:qsort' qsotr_entry "$sample"
    says "; 1 name contains it: '.*y_trace.*'" y_trace@mylib "$sample"
    says "; the shell pattern (glob) is 'my_.*' as a regular expression" 'my_*' "$sample"
    says "; the shell pattern (glob) is 'my_.*@mylib' as a regular expression" 'my_*@mylib' "$sample"
    says "; the operator's name is '.*::operator\\(\\)@cxx_names' as a regular expression" \
        '.*::operator()@cxx_names' "$cxx"
    says "; it is in c: 'malloc@c'" malloc@mylib "$sample"
    says "; sample_app:my_traced_function is a function of another module; it is in mylib: 'my_traced_function@mylib'" \
        my_traced_function@sample_app "$sample"
    says '; similar names: mylib:my_traced_function' 'my_traced_function(int)' "$sample"
    says '; similar names: c:qsort' 'qsort(char*)' "$sample"
    says "; c:environ is data" environ "$sample"
    says "; sample_app:_start is start-up code, which is not traced" _start@sample_app "$sample"
    says ": no module is called 'mylub', similar: mylib (--modules lists all); it is in mylib: 'my_traced_function@mylib'" \
        my_traced_function@mylub "$sample"
    says ": no module is called 'nothing' (--modules lists them)" '.*@nothing' "$sample"
    says ": no module is called 'my.*', similar: mylib (--modules lists all); behind the '@' is a shell pattern (glob): '*' by itself stands for any text" \
        'xyzzyxyzzy@my.*' "$sample"
    says '' xyzzyxyzzy "$sample"
    says "; the operator's name is '.*::operator\\(\\)' as a regular expression" '.*::operator()' "$cxx"
    says '; similar names: cxx_names:over(int), cxx_names:over(long), cxx_names:over(char*)' 'over(wrong)@cxx_names' "$cxx"
    says '; similar names: cxx_names:(anonymous namespace)::hidden::inner' inner@cxx_names "$cxx"
    traced 125 --list -f '*foo' "$sample"
    said "regular expression; a shell pattern \(glob\) '\*foo' would be '\.\*foo'"
    traced 125 --list -f '.*operator[]' "$sample"
    said "as the name of an operator write '\.\*operator\\\\\[\\\\\]'"
}

# What compilers make of a function, and what assembly language has.
case_no_functions()
{
    cat >parts.c <<'END'
__asm__(".text\n.type work.cold, %function\nwork.cold: nop\n.size work.cold, .-work.cold\nlabel: nop\n");
int counter = 1;
int main(void) { return 0; }
END
    "${TEST_CC:-gcc}" -o parts parts.c || fail "not built"
    says '; parts:work.cold is a part of a function, not one that is called' work.cold ./parts
    says '; parts:label is a label without a type, and may be no function' label@parts ./parts
    says '; parts:counter is data' counter ./parts
}

# With the file and the line of the pattern.
case_files_of_patterns()
{
    printf '# comment\nqsotr@c\nmalloc\n' >patterns
    traced 0 --list --patterns=patterns "$sample"
    [[ $(cat $err) == "ptrace_tracer: patterns:2: no function matches 'qsotr@c'; similar names: c:qsort" ]] ||
        fail "not the line of the file: $(cat $err)"
    printf 'no_such_function%d\n' 1 2 3 4 5 6 7 >patterns
    traced 0 --list --patterns=patterns "$sample"
    lines 5 'no function matches' $err
    lines 1 '^ptrace_tracer: 2 more patterns match no function$' $err
}

# --modules: the same numbers as --list, nothing is run, and each name selects the module.
case_list_of_modules()
{
    local module n file others name
    "${TEST_CC:-gcc}" -shared -fPIC -Wl,-soname,libodd.so.3 -o libodd.so.3.1 -x c - <<<'int odd_one(void) { return 1; } int odd_two(void) { return 2; }' &&
        ln -s libodd.so.3.1 libodd.so.3 && "${TEST_CC:-gcc}" -o uses -Wl,-rpath,"$dir" -x c - -x none libodd.so.3.1 \
            <<<'#include <stdio.h>
int odd_one(void); int main(void) { fclose(fopen("has_run", "w")); return odd_one(); }' || fail "not built"
    ln -s uses linked
    traced 0 --modules ./linked
    [[ ! -s $err && ! -e has_run ]] || fail "it says something, or runs the program: $(cat $err)"
    [[ $(head -n 1 $out) == "MODULE                FUNCTIONS  FILE  OTHER NAMES" ]] || fail "no heads: $(cat $out)"
    lines 1 "^uses +1  $(readlink -f uses)  linked$" $out
    lines 1 "^odd +2  $(readlink -f .)/libodd.so.3.1  libodd.so.3$" $out
    sed 1d $out >modules
    while read -r module n file others; do
        for name in "$module" "${file##*/}" ${others//,/ }; do
            traced 0 --list -f ".*@$name" ./linked
            [[ $(grep -c "^$module:" $out) == "$n" ]] ||
                fail "$name selects $(grep -c "^$module:" $out) functions of $module, not $n"
        done
    done <modules
    target_start "$(type -P sleep)" 100
    traced 0 --modules -p "$target_pid"
    lines 1 '^sleep ' $out
    lines 1 '^c +[0-9]+  .*/libc.so.6' $out
    traced 0 --modules "$target_pid"
    lines 1 '^sleep ' $out
    kill "$target_pid"
    traced 127 --modules ./none
    [[ ! -s $out ]] || fail "$(cat $out)"
    traced 125 --modules
    traced 125 --modules -p 2147483647
}

# At once: before the program has ended. Once, and not again at the end.
case_at_once()
{
    local how
    for how in --print --summary --print=lines; do
        rm -f $err
        mkfifo to
        "$tracer" "$how" -f qsotr@c cat <to >$out 2>$err &
        tracer_pid=$!
        exec 7>to
        wait_for 10 grep -qs "no function matches 'qsotr@c' yet; similar names: c:qsort" $err ||
            fail "$how: nothing is said of the pattern"
        is_gone "$tracer_pid" && fail "the program has ended"
        exec 7>&-
        tracer_ends 0
        lines 1 'no function matches' $err
        rm to
    done
    rm -f $err
    target_start "$(type -P sleep)" 100
    tracer_start --print -f qsotr@c -p "$target_pid"
    wait_for 10 grep -qs "no function matches 'qsotr@c' yet; similar names: c:qsort" $err ||
        fail "attached: nothing is said of the pattern"
    is_gone "$tracer_pid" && fail "the tracer has ended"
    kill -TERM "$tracer_pid"
    tracer_ends 0
    lines 1 'no function matches' $err
    kill "$target_pid"
}

# Of the functions in a trace. It is made by a pattern that has a module in front.
case_in_a_trace()
{
    with_lttng
    traced 0 --quiet -o trace -f mylib:my_traced_function -f main@sample_app "$sample"
    traced 0 report -f mylib:my_traced_function_exit -f my_traced_functoin trace
    lines 1 'mylib:my_traced_function$' $out
    lines 1 "^ptrace_tracer: no function matches 'my_traced_functoin'; similar names: mylib:my_traced_function$" $err
    traced 1 replay -f 'my_*' trace
    lines 1 "no function matches 'my_\*'; the shell pattern \(glob\) is 'my_\.\*' as a regular expression$" $err
    traced 1 replay -f 'my_*@mylib' trace
    lines 1 "; the shell pattern \(glob\) is 'my_\.\*@mylib' as a regular expression$" $err
    traced 1 graph --root=mian trace
    lines 1 "^ptrace_tracer: --root: no function matches 'mian'; similar names: sample_app:main$" $err
}

# A pattern may be meant for another program: a child, or the one that env(1) executes.
case_other_programs()
{
    traced 0 --print=lines -F -f my_traced_function -f qsotr@c /bin/sh -c "\"$sample\" >/dev/null; :"
    lines 1 "^ptrace_tracer: no function matches 'qsotr@c'; similar names: c:qsort$" $err
    lines 1 'no function matches' $err
    traced 0 --print=lines -f my_traced_function -f qsotr@c env "$sample"
    lines 1 "^ptrace_tracer: no function matches 'qsotr@c' yet; similar names: c:qsort$" $err
    lines 1 'no function matches' $err
}

# A library that is loaded later has it.
case_later()
{
    printf 'int later_work(int n) { return n + 1; }\n' >later.c
    cat >loads.c <<'END'
#include <dlfcn.h>
int main(void)
{
    void *library = dlopen("./liblater.so", RTLD_NOW);
    int (*work)(int) = (int (*)(int))dlsym(library, "later_work");
    return work(6);
}
END
    "${TEST_CC:-gcc}" -shared -fPIC -g -o liblater.so later.c && "${TEST_CC:-gcc}" -g -o loads loads.c ||
        fail "not built"
    traced 7 --print=lines -f later_work ./loads
    lines 1 "^ptrace_tracer: no function matches 'later_work' yet: a library that is loaded later may have it$" $err
    lines 1 'later:later_work\(n = 6\)' lines
    lines 1 'no function matches' $err
}

# Names in a file can be anything.
case_hostile_names()
{
    printf 'int bell_evil_name(void) { return 1; }\nint main(void) { return 0; }\n' >odd.c
    "${TEST_CC:-gcc}" -o odd odd.c || fail "not built"
    sed -i 's/bell_evil/be\x1b[31m\x07l/' odd
    traced 0 --list -f 'be.[[]31m.l_names' -f 'be.*l_nume' -f $'ma\e31in' ./odd
    ! grep -q $'[\e\a]' $err || fail "control characters are printed"
    lines 3 'no function matches' $err
    lines 1 '; similar names: odd:be.x1b\[31m.x07l_name$' $err
}

run_cases "$@"
