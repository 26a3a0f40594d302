#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# replay: the lines of --print, from a trace. And what all commands that read a trace have in common.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/cases.sh"
. "$(dirname "$0")/same_lines.sh"

targets=$build/targets

build_kinds()
{
    gcc -g -O0 -w -o value_kinds "$top/tests/targets/value_kinds.c" || skip "it cannot be built"
}

case_values()
{
    with_lttng
    build_kinds
    same -- ./value_kinds
    [[ ! -s $err ]] || fail "something is said"
    same --with=depth,duration,cpu,caller,tid,pid,stack --strings=all -- ./value_kinds
    at_least=50 same --entry-only -- ./value_kinds
    said '1?[0-9]+ calls have no exit: [0-9]+ of functions whose exits are not recorded'
    at_least=50 same --entry-only --with=tid -- ./value_kinds
}

case_pointers()
{
    with_lttng
    build_kinds
    same --deref=1 -- ./value_kinds
    same --deref=3 --with=depth -- ./value_kinds
    # References to objects that are not there.
    g++ -g -O0 -w -o absent "$top/tests/targets/absent_references.cc" || skip "it cannot be built"
    same -- ./absent
}

case_in_process()
{
    with_lttng
    build_kinds
    PTRACE_TRACER_JUMP_AFTER=1 same -- ./value_kinds
    PTRACE_TRACER_JUMP_AFTER=1 same --deref=2 --with=depth,duration,caller -- ./value_kinds
    [[ -n $(find trace -maxdepth 1 -name 'in-process-*') ]] || fail "no trace of our own"
}

case_nested()
{
    with_lttng
    same -x '_.*|atexit' -- "$targets/recursion"
    same -x '_.*|atexit' -- "$targets/tailcall"
    [[ ! -s $err ]] || fail "something is said"
}

# Which calls were left, and when, the tracer has noted.
case_jumps()
{
    with_lttng
    same -x '_.*|atexit' -- "$targets/exceptions" 50
    lines 422 'unwound$' replayed
    said '422 calls have no exit: 422 left by an exception or a jump'
    same -x '_.*|atexit' --with=depth -- "$targets/exceptions" 50
    same -x '_.*|atexit' --with=depth,duration -- "$targets/longjmp"
    lines 1 ': 150 left by an exception or a jump' "$err"
    at_least=50 same -f 'top|middle|leaf|in_handler' -- "$targets/frames_left" altstack 5
    at_least=40 same -f 'top|middle|leaf' -- "$targets/frames_left" exit 5
    lines 0 'unwound$' replayed
}

# How deep a call is depends on when the tracer finds that there are several stacks.
case_coroutines()
{
    with_lttng
    "$tracer" -q -x '_.*|atexit' --with=depth,duration -o trace "$targets/coroutines" >/dev/null 2>&1 ||
        fail "not traced"
    traced 0 replay trace
    said 'the program switches between stacks \(coroutines\): [0-9]+ calls returned after calls around them'
    lines 0 'have no (exit|entry)' "$err"
    lines 150 'coroutines:step\(who = [0-2], round = [0-9]+\) depth = [0-9]+$' "$out"
    lines 150 '\} coroutines:step = [0-9]+ <[0-9.]+> depth = ' "$out"
    # The indentation is the depth, and the time the duration.
    awk '{ match($0, / +/); indent = RLENGTH - 1; match($0, /depth = [0-9]+/)
           if (indent != 2 * substr($0, RSTART + 8, RLENGTH - 8)) exit 1 }
         /<[0-9.]*>/ { match($0, /<[0-9.]+>/); time = substr($0, RSTART + 1, RLENGTH - 2)
           match($0, /duration = [0-9]+/)
           if (sprintf("%.6f", int(substr($0, RSTART + 11, RLENGTH - 11) / 1000) / 1e6) != time) exit 1 }
        ' "$out" || fail "another depth or time than was recorded"
}

# Without the notes, as in a session of the user's, no line tells of it, and the depths are others.
case_jumps_without_notes()
{
    with_lttng
    "$tracer" -q -x '_.*|atexit' -o trace "$targets/longjmp" >/dev/null 2>&1 || fail "not traced"
    babeltrace2 trace >text 2>text.err || fail "babeltrace2: $(cat text.err)"
    traced 0 replay trace
    lines 1 ': 150 left by an exception or a jump' "$err"
    lines $(($(wc -l <text) + 150)) . "$out"
    lines 150 'unwound$' "$out"
    # At the time when they were left, and of these functions.
    traced 0 replay -t -f thrower trace
    lines 100 '^[0-9:.]+ [0-9]+ +} unwound$' "$out"
    sort -c "$out" || fail "not in the order of time"
    rm trace/ptrace_tracer.json
    traced 0 replay trace
    lines 1 ': 150 left by an exception or a jump' "$err"
    [[ $(wc -l <"$out") == $(wc -l <text) ]] || fail "not all events"
    lines 0 '<\?>|unwound' "$out"
}

make_trace()
{
    with_lttng
    "$tracer" -q -o trace "$sample" 20 >/dev/null || fail "not traced"
}

case_selected()
{
    make_trace
    traced 0 replay -f 'my_traced_function' -f number trace
    lines 0 'sample_app:main' "$out"
    lines 42 . "$out"
    traced 0 replay -x 'my_.*@mylib' trace
    lines 4 . "$out"
    # By the module's file: as noted beside the trace, or else as such a library is called.
    traced 0 replay -f '.*@libmy*' trace
    lines 40 'my_traced_function|= void' "$out"
    traced 0 replay -x '.*@libmylib.so*' trace
    lines 4 . "$out"
    traced 0 replay -f '.*@sample_*' trace
    lines 4 . "$out"
    traced 0 graph --root='.*@libmylib.so' trace
    lines 2 . "$out"
    mv trace/ptrace_tracer.json .
    traced 0 replay -f '.*@libmylib.so.1' trace
    lines 40 . "$out"
    traced 1 replay -f '.*@libother.so' trace
    mv ptrace_tracer.json trace
    traced 0 replay -f 'm.*' -f nothing -x main trace
    lines 40 . "$out"
    one_line "no function matches 'nothing'"
    traced 1 replay -f nothing trace
    [[ ! -s $out ]] || fail "something is printed"
    local tid
    tid=$(head -n 1 <("$tracer" replay trace) | cut -d' ' -f1)
    traced 0 replay --pid="$tid" --tid="$tid,1" trace
    lines 44 . "$out"
    traced 1 replay --pid=1 trace
    traced 1 replay --tid=1 --tid=2 trace
}

case_times()
{
    make_trace
    local first last
    babeltrace2 --clock-seconds trace | sed -E 's/^\[([0-9.]+)\].*/\1/' >stamps
    first=$(head -n 1 stamps) last=$(tail -n 1 stamps)
    traced 0 replay --begin="$first" --end="$last" trace
    lines 43 . "$out"
    traced 0 replay --begin="$(sed -n 3p stamps)" trace
    lines 42 . "$out"
    traced 0 replay --end="$(sed -n 3p stamps)" trace
    lines 2 . "$out"
    babeltrace2 trace | sed -E 's/^\[([0-9:.]+)\].*/\1/' >stamps
    traced 0 replay --begin="$(sed -n 3p stamps)" trace
    lines 42 . "$out"
    babeltrace2 --clock-date trace | sed -E 's/^\[([0-9:. -]+)\].*/\1/' >stamps
    traced 0 replay --begin="$(sed -n 3p stamps)" trace
    lines 42 . "$out"
    traced 1 replay --begin=+1000 trace
    one_line "no call in the trace matches --begin: the trace is from $(date +%Y)-[0-9 :.-]+ to [0-9 :.-]+$"
    traced 0 replay --begin=+0 -t trace
    lines 44 "^$(head -n 1 stamps | cut -d' ' -f2 | cut -c1-6)[0-9.]+ [0-9]+ " "$out"
    traced 125 replay --begin=noon trace
    one_line "--begin takes .*, not 'noon'"
    traced 125 replay --begin='2026-02-30 12:00:00' trace
    one_line "--begin takes .*, not '2026-02-30 12:00:00'"
}

case_output()
{
    make_trace
    traced 0 replay -o lines trace
    lines 44 . lines
    [[ ! -s $out ]] || fail "something on stdout"
    traced 0 replay -o - trace
    cmp lines "$out" || fail "the lines differ"
    traced 125 replay -o /dev/full trace
    one_line 'cannot write to /dev/full: No space left on device'
    traced 125 replay -o no/such/place trace
    one_line 'cannot write to no/such/place: No such file'
    "$tracer" -q -o many "$sample" 2000 >/dev/null || fail "not traced"
    "$tracer" replay many 2>"$err" | head -n 1 >first
    lines 1 . first
    [[ ! -s $err ]] || fail "something is said"
    (exec >/dev/full; exec "$tracer" replay many 2>"$err")
    [[ $? == 125 ]] || fail "a full stdout is no error"
    one_line 'cannot write to stdout: No space left on device'
}

refused() # TEXT WORD...
{
    local text=$1
    shift
    traced 125 replay "$@"
    one_line "$text"
    [[ ! -s $out ]] || fail "something is printed"
}

case_no_trace()
{
    make_trace
    local stream
    mkdir empty
    refused 'cannot read nowhere: No such file or directory$' nowhere
    refused 'there is no trace in empty' empty
    refused 'is not a directory: a trace is one$' "$sample"
    cp -r trace cut
    truncate -s 100 cut/ust/uid/*/64-bit/metadata
    refused 'cannot read cut/.*/metadata: it is cut or damaged$' cut
    cp /dev/null cut/ust/uid/*/64-bit/metadata
    refused 'cannot read cut/.*/metadata: it is empty; of a session that records, .* `lttng stop` ' cut
    rm -r cut
    cp -r trace cut
    truncate -s -100 cut/ust/uid/*/64-bit/channel0_*
    refused 'cannot read .*/channel0_[0-9]+: it is cut or damaged' cut
    # For a packet with a size of 2^63 and more libbabeltrace2 2.0 calls abort(), and says so itself.
    rm -r cut
    cp -r trace cut
    rm -r cut/ust/uid/*/64-bit/index
    for stream in cut/ust/uid/*/64-bit/channel0_*; do
        printf '\377\377\377\377\377\377\377\377' | dd of="$stream" bs=1 seek=56 conv=notrunc 2>/dev/null
    done
    traced 125 replay cut
    said 'cannot read .*damaged'
    refused 'the name of the trace is empty .*--help; to trace' ''
    refused 'cannot read net://localhost:1/host/x/y: Connection failed' net://localhost:1/host/x/y
}

case_no_permission()
{
    make_trace
    # libbabeltrace2's plugin loses some memory when a stream cannot be opened.
    local as=() file status ASAN_OPTIONS=${ASAN_OPTIONS:-}:detect_leaks=0
    if ((EUID == 0)); then
        as=(setpriv --reuid=65534 --regid=65534 --clear-groups)
        chmod -R a+rX "$dir"
        "${as[@]}" test -x "$tracer" -a -x "$dir" || skip "the build is not for another user to read"
    fi
    for file in trace/ust/uid/*/64-bit/channel0_* trace/ust/uid/*/64-bit/metadata trace/ust trace; do
        chmod 0 "$file"
        "${as[@]}" "$tracer" replay "$dir/trace" >"$out" 2>"$err"
        status=$?
        [[ $status == 125 && ! -s $out ]] || fail "exit status $status"
        one_line "cannot read .*/${file##*/}: Permission denied$"
        chmod 755 "$file"
    done
}

# Only the first word can be a command.
case_words()
{
    make_trace
    local word
    for word in replay report graph; do
        "$tracer" "$word" --help >/dev/full 2>$err
        [[ $? == 125 ]] || fail "exit status of $word --help"
        one_line 'cannot write to stdout: No space left on device$'
    done
    refused "replay reads one trace, and 'x' is one more .*: ptrace_tracer -- replay\)" trace x
    refused "replay has no option '-z' .*: ptrace_tracer -- replay\)" -z trace
    refused "option '-f' needs an argument" trace -f
    cp "$sample" replay
    export LD_LIBRARY_PATH=$build/lib
    PATH=$dir:$PATH traced 0 -q --print=lines -- replay 3
    lines 3 'my_traced_function\(' lines
    PATH=$dir:$PATH traced 0 -q --print=lines replay 3
    lines 3 'my_traced_function\(' lines
    traced 0 -q --print=lines ./replay 3
    lines 3 'my_traced_function\(' lines
    PATH=$dir:$PATH refused "cannot read 3: No such file or directory; to trace the program $dir/replay: ptrace_tracer -- replay" 3
    refused "cannot read 3: No such file or directory; to trace the program ./replay: ptrace_tracer ./replay$" 3
    PATH=$dir:$PATH refused "no trace is named.*; to trace the program $dir/replay: ptrace_tracer -- replay$"
    mkdir empty
    PATH=$dir:$PATH refused "there is no trace in empty.*; to trace the program $dir/replay: ptrace_tracer -- replay$" empty
    # All commands, and as other words than the first.
    for word in report graph export record; do
        cp "$sample" "$word"
        PATH=$dir:$PATH traced 0 -q --print=lines "$word" 3
        lines 3 'my_traced_function\(' lines
        PATH=$dir:$PATH traced 125 "$word" --no-such-option
        one_line "ptrace_tracer -- $word"
        traced 0 record -q --print=lines "./$word" 3
        PATH=$dir:$PATH traced 0 record -q --print=lines "$word" 3
    done
    PATH=$dir:$PATH traced 125 record
    one_line "no program and no process given .*; to trace the program $dir/record: ptrace_tracer -- record"
    traced 0 record -q --print=lines ./replay 3
    lines 3 'my_traced_function\(' lines
    traced 0 replay --help
    lines 1 '^Usage: ptrace_tracer replay ' "$out"
}

run_cases "$@"
