#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# --print, --list, selection, and everything else without a session daemon.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/cases.sh"

entry='my_traced_function\(arg1 = 42, arg2 = 3735928559, arg3 = 3\.14159, arg4 = 0x12345678\)'

case_lines()
{
    traced 0 --quiet --print=lines -f my_traced_function "$sample" 100
    [[ $(cat $out) == "sample_app: 100 calls" ]] || fail "the program's output is not its own"
    [[ ! -s $err ]] || fail "--quiet is not quiet"
    lines 100 "^[0-9]+ mylib:$entry\$" lines
    lines 100 '^[0-9]+ = void <[0-9]+\.[0-9]+>$' lines
    lines 200 . lines
    [[ $(cut -d' ' -f1 lines | sort -u | wc -l) == 1 ]] || fail "more than one thread ID"
}

case_stderr_is_the_default()
{
    traced 0 -q -P -f my_traced_function "$sample" 3
    lines 3 "^[0-9]+ mylib:$entry\$" $err
    lines 3 '^[0-9]+ = void <' $err
    lines 6 . $err
}

# The calls of the program and its library, nested.
case_without_patterns()
{
    traced 0 -q --print=lines "$sample" 5
    lines 5 "mylib:$entry\$" lines
    lines 5 '= void <' lines
    lines 1 '^[0-9]+ sample_app:main\(argc = 2, argv = 0x[0-9a-f]+\)$' lines
    # One level below main.
    lines 5 "^[0-9]+  +mylib:" lines
    lines 0 ' (c|ld-linux[^:]*):' lines
}

case_timestamp()
{
    traced 0 -q -t --print=lines -f my_traced_function "$sample" 3
    lines 3 "^[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]+ [0-9]+ mylib:$entry\$" lines
    lines 3 '^[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]+ [0-9]+ = void <' lines
}

# Structures that are returned in memory, at an address that the function need not keep.
case_results_in_memory()
{
    traced 0 -q --print=lines -f 'made|added|passed_on|mixed' "$build/targets/big_results"
    sed -E 's/^[0-9]+ +(} )?//; s/^big_results:(.* = \{)/\1/; s/^[a-z_]+ (= \{)/\1/; s/^big_results://; s/ <[0-9.]+>$//' lines >got
    diff $out got >difference || fail "$(cat difference)"
    lines 12 . got
}

# A call that an exception leaves has no result, although the handler continues at its return
# address. It is not open any more, whatever ran during the unwinding.
case_exceptions()
{
    traced 0 --print=text -q -f 'odd|handle|main' "$BUILD/targets/exceptions" 50
    lines 50 ':odd\(value = [0-9]+\)$' text
    lines 25 '^[0-9]+     = void ' text
    lines 50 '^[0-9]+   } exceptions:handle = void ' text
    traced 0 --print=text -q --with=depth "$BUILD/targets/exceptions" 50
    lines 100 ':plain\(value = [0-9]+\) depth = 1$' text
}

# What has no result: all calls that an exception or a jump leaves, when it does so.
case_unwound()
{
    traced 0 --print=text -f 'outer|middle|thrower|after|retry' "$build/targets/longjmp" 1
    sed -E 's/^[0-9]+ //; s/<[0-9.]+>/<TIME>/' text >got
    cat >expected <<'END'
longjmp:outer(value = 1)
  longjmp:middle(value = 1)
    longjmp:thrower(value = 1)
    } unwound
  } longjmp:middle unwound
  longjmp:after(value = 1)
  = 2 <TIME>
} longjmp:outer = 2 <TIME>
longjmp:retry(times = 1)
  longjmp:thrower(value = 1)
  } unwound
} longjmp:retry = 1 <TIME>
END
    cmp -s expected got || fail "$(diff expected got)"
    one_line '5 functions armed, 6 calls, 3 unwound, 9 events written, 0 lost to text$'
}

# unwinds N FUNCTIONS PROGRAM WORD...: N of these have no exit, and are so marked; ALL: those that
# the program tells of.
unwinds()
{
    local n=$1 functions=$2
    shift 2
    traced 0 --print=text -f "$functions" "$build/targets/$1" "${@:2}"
    [[ $n != ALL ]] || n=$(awk 'NF == 3 && $2 ~ /^[0-9]+$/ { n += $2 - $3 } END { print n }' "$out")
    lines "$n" '^[0-9]+ +\} ([a-z_]+:[a-z_]+ )?unwound$' text
    if ((n == 0)); then
        lines 0 'unwound' "$err"
    else
        said "calls, $n unwound, [0-9]+ events"
    fi
}

case_unwound_everywhere()
{
    unwinds 422 'thrower|catcher|rethrower|outer|plain|destroy|odd' exceptions 50
    unwinds ALL 'rethrow|pass|destroyed|plain' rethrows 3 20
    unwinds 15 'top|middle|leaf|in_handler' frames_left handler 5
    unwinds 15 'top|middle|leaf|in_handler' frames_left altstack 5
    unwinds 15 'top|middle|leaf' frames_left context 5
    unwinds ALL 'top|middle|leaf|dig' frames_left overflow 2
    # Threads and programs that end inside calls, and calls on other stacks.
    unwinds 0 'top|middle|leaf' frames_left exit 5
    unwinds 0 'top|middle|leaf' frames_left cancel 5
    unwinds 0 'body|step|pause_here' coroutines
    traced 7 --print=text -f 'main|leave|outer' "$build/targets/exit_in_function"
    lines 0 unwound text "$err"
}

# A function that is not traced catches, and the thread makes no traced call any more.
case_unwound_at_last()
{
    cat >app.cc <<'END'
extern "C" __attribute__((noinline)) void inner(int n) { if (n) throw n; asm volatile(""); }
extern "C" __attribute__((noinline)) void outer(int n) { inner(n); asm volatile(""); }
int main(int argc, char **)
{
    try {
        outer(argc);
        asm volatile("nop");
    } catch (int) {
    }
    return 0;
}
END
    g++ -g -O0 -o app app.cc || skip "no C++ compiler"
    traced 0 --print=text -f 'inner|outer' ./app
    lines 1 '^[0-9]+ } app:outer unwound$' text
    said '2 calls, 2 unwound,'
    traced 0 --print=text -f 'inner|outer' -f '__cxa_begin_catch@libstdc*' ./app
    said '3 calls, 2 unwound,'
    lines 1 '^[0-9]+ = 0x[0-9a-f]+ <' text
}

case_entry_only()
{
    traced 0 -q --entry-only --print=lines -f my_traced_function "$sample" 20
    lines 20 "mylib:$entry\$" lines
    lines 20 . lines
}

case_exclude()
{
    traced 0 -q --print=lines -f '.*@sample_app' -f 'my_.*@mylib' -x 'main|number|_.*|.*tm_clones|frame_dummy' "$sample" 7
    lines 7 "mylib:$entry\$" lines
    lines 14 . lines
}

case_filter_file()
{
    printf '# the whole library\n\n.*@libmylib.so\n!_.*\n!(frame|reg|dereg).*\n' >patterns
    traced 0 -q --filter-file=patterns --print=lines "$sample" 7
    lines 7 "mylib:$entry\$" lines
    lines 14 . lines
}

case_module_by_file_name()
{
    traced 0 -q -f 'my_traced_function@libmylib*' --print=lines "$sample" 4
    lines 8 . lines
    traced 0 -q -f 'my_traced_function@other' --print=lines "$sample" 4
    lines 0 . lines
}

# The ERE must match the whole name.
case_whole_name()
{
    traced 0 -q -f 'my_traced' --print=lines "$sample" 4
    lines 0 . lines
    traced 0 -q -f 'my_traced.*' --print=lines "$sample" 4
    lines 8 . lines
}

case_list()
{
    traced 0 --list "$sample" 5
    lines 1 'void my_traced_function\(int arg1, uint64_t arg2, double arg3, void \*arg4\)' $out
    lines 0 'sample_app: 5 calls' $out
    lines 1 'int main\(int argc, char \*\*argv\)' $out
    traced 0 --list -f my_traced_function "$sample"
    lines 1 . $out
}

# Nothing of LTTng is loaded or used.
case_no_lttng()
{
    traced 0 --list "$sample"
    traced 0 --help
    tracer_start -q --print=lines -f my_traced_function "$sample" 3000 1000
    wait_for 10 at_least 10 "mylib:" lines || fail "no lines"
    ! grep -q lttng "/proc/$tracer_pid/maps" || fail "--print has loaded LTTng"
    [[ ! -e $HOME/.lttng ]] || fail "$HOME/.lttng is there"
    kill -TERM "$tracer_pid"
    tracer_ends 0
    kill -KILL "$(pgrep -f -x "$sample 3000 1000")"
}

case_help_and_version()
{
    traced 0 --help
    lines 1 '^  -P, --print' $out
    traced 0 --version
    [[ $(cat $out) == "ptrace_tracer $(cat "$top/VERSION")" ]] || fail "version: $(cat $out)"
}

case_follow_forks()
{
    traced 3 -q -F --print=lines -f my_traced_function \
        /bin/sh -c "$sample 10; $sample 20 & wait; exit 3"
    lines 30 "mylib:$entry\$" lines
    lines 30 '= void <' lines
    [[ $(cut -d' ' -f1 lines | sort -u | wc -l) == 2 ]] || fail "not two processes"
    traced 3 -q --print=lines -f my_traced_function /bin/sh -c "$sample 10; exit 3"
    lines 0 . lines
}

# The program has stdin and stdout for itself, also if they are pipes.
case_pipes()
{
    local result
    result=$(seq 1000 | "$tracer" -q --print=lines -f 'main' /bin/cat | wc -l)
    [[ $result == 1000 ]] || fail "$result of 1000 lines came through"
    # A reader that ends concerns the program: SIGPIPE kills it, as without the tracer.
    result=$("$tracer" -q --print=lines -f main /bin/sh -c 'while echo x; do :; done' | head -n 1)
    [[ $result == x ]] || fail "head got '$result'"
}

case_twice_in_a_row()
{
    case_lines
    rm lines
    case_lines
}

run_cases "$@"
