#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# report and graph: what a trace says of functions, beside what the programs count themselves.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/cases.sh"

# recorded OPTION... PROGRAM [ARG...]: a trace in ./trace.
recorded()
{
    [[ -n ${private_dir:-} ]] || with_lttng
    rm -rf trace
    traced 0 -q -o trace "$@"
    mv $out program.out
}

# Runs a command on a trace. Its output is in $out.
looked() # STATUS COMMAND...
{
    traced "$@"
}

# In CSV, as many calls as the program counts, and times of all that return.
case_calls_of_programs()
{
    local target name n back
    for target in exceptions longjmp recursion tailcall threads8 nested; do
        recorded --with=depth,duration "$build/targets/$target"
        looked 0 report --format=csv trace
        while read -r name n back; do
            [[ $n =~ ^[0-9]+$ && $back =~ ^[0-9]+$ ]] || continue
            lines 1 "^$n,.*,$target:$name\$" $out
            ((back == 0)) || lines 1 "^$n(,[0-9]+){6},$target:$name\$" $out
            ((back != 0)) || lines 1 "^$n,,,,,,,$target:$name\$" $out
        done < <(grep -v '^State' program.out)
    done
}

# Calls of three stacks in one thread look like recursion. The tracer has seen what they are.
case_coroutines()
{
    local f
    recorded -f 'body|step|pause_here|state_print' "$build/targets/coroutines" 20
    looked 0 report --format=csv trace
    for f in '60,,,,,,,coroutines:step' '60,,,,,,,coroutines:pause_here' '3,,,,,,,coroutines:body'; do
        lines 1 "^$f\$" $out
    done
    lines 1 '^1(,[0-9]+){6},coroutines:state_print$' $out
    switching='the program switches between stacks \(coroutines\): 123 calls have no time, as it may be that'
    said "$switching"
    looked 0 graph -f 'body|step|pause_here' trace
    said "$switching"
    looked 0 replay -f 'body|step|pause_here' trace
    said "$switching"
    lines 123 '<\?>' $out
    recorded --in-process -f 'body|step|pause_here' "$build/targets/coroutines" 400
    looked 0 report trace
    said ': 2403 calls have no time'
    # A session of the user's has no notes: who records is told.
    lttng create user >/dev/null && lttng enable-event -u 'coroutines:*' >/dev/null && lttng start >/dev/null ||
        fail "no session"
    traced 0 "$build/targets/coroutines" 20
    said 'thread switched between stacks \(coroutines\)'
    traced 0 --with=duration "$build/targets/coroutines" 20
    lines 0 'between stacks' $err
}

# The same of a trace as --summary said when it was made. Own times differ by what writes records.
case_as_the_summary()
{
    recorded -c "$build/targets/exceptions" 20
    grep -oE '^ +[0-9]+ .*' $err | awk '{ print $1, $NF }' | sort >summary
    looked 0 report trace
    grep -oE '^ +[0-9]+ .*' $out | awk '{ print $1, $NF }' | sort >reported
    [[ -s summary ]] || fail "no summary"
    diff summary reported || fail "report and summary differ"
}

case_formats()
{
    recorded -f my_traced_function "$sample" 50
    looked 0 report trace
    lines 1 '^  CALLS  TOTAL   SELF   MEAN    P50    P99    MAX  FUNCTION$' $out
    lines 1 '^ +50( +[0-9.]+[num]?s){6}  mylib:my_traced_function$' $out
    looked 0 report --format=csv -o table trace
    [[ ! -s $out ]] || fail "-o writes to stdout"
    [[ $(head -n 1 table) == calls,total_ns,self_ns,mean_ns,p50_ns,p99_ns,max_ns,function ]] || fail "$(cat table)"
    lines 1 '^50(,[0-9]+){6},mylib:my_traced_function$' table
    looked 0 report --format=json --fail='retval < 0' trace
    python3 - $out <<'END' || fail "$(cat $out)"
import json, sys
report = json.load(open(sys.argv[1]))
assert report["by"] == "function", report
(row,) = report["rows"]
assert row["name"] == "mylib:my_traced_function" and row["calls"] == 50 and row["failed"] == 0, row
assert row["total_ns"] >= row["self_ns"] > 0 and row["p50_ns"] <= row["p99_ns"] <= row["max_ns"], row
END
}

case_by_values()
{
    recorded -f 'number|main|my_traced_function' "$sample" 20
    looked 0 report --by=arg1 --sort=calls -f my_traced_function trace
    lines 1 '^ +20 .*  42$' $out
    lines 2 . $out
    lines 1 '  ARG1$' $out
    looked 0 report --by=retval --format=csv trace
    lines 1 ',20$' $out
    looked 0 report --by=caller --format=csv trace
    lines 1 '^21,.*,sample_app:main$' $out
    lines 1 '^1,.*,\(none\)$' $out
    looked 0 report --by=module --format=csv trace
    lines 1 '^2,.*,sample_app$' $out
    lines 1 '^20,.*,mylib$' $out
    looked 0 report --by=thread --format=csv trace
    lines 1 '^22,.*,[0-9]+/[0-9]+ sample_app$' $out
    looked 0 report --by=no_such_field trace
    said "no event has a field 'no_such_field'"
}

case_failures()
{
    recorded -f 'number|main|my_traced_function' "$sample" 20
    looked 0 report --fail='retval == 20 || arg1 == 42 && arg2 > 1' trace
    lines 1 '^ +20 .* 20  mylib:my_traced_function$' $out
    lines 1 '^ +1 .* 1  sample_app:number$' $out
    lines 1 '^ +1 .* 0  sample_app:main$' $out
    lines 1 ' FAILED  FUNCTION$' $out
    looked 0 report --fail="text == '20'" trace
    lines 1 '^ +1 .* 1  sample_app:number$' $out
    looked 0 report --fail='no_such' trace
    said "no event has a field 'no_such'"
}

case_wrong_options()
{
    looked 125 report --fail='retval <' .
    said "a name, a number or a text in quotes is expected at 'the end'"
    looked 125 report --sort=name .
    said "--sort takes self, total, calls"
    looked 125 report --format=xml .
    said '--format takes text, csv or json'
    looked 125 report --by= .
    looked 125 graph --depth=0 .
    looked 125 graph --min=5 .
    looked 125 graph --root=a --callers=b .
    said '--root and --callers exclude each other'
    looked 125 report --by=x -qwz .
    one_line "report has no option '-w'"
    looked 125 report --wide=3 .
    one_line "option '--wide' takes no argument"
    looked 125 report --quiet=3 .
    one_line "option '--quiet' takes no argument"
    looked 125 report --no-such=3 .
    one_line "report has no option '--no-such=3'"
    looked 125 report no-such-trace
    looked 0 report --help
    lines 1 '^Usage: ptrace_tracer report' $out
    looked 0 graph --help
}

case_nothing_matches()
{
    recorded -f my_traced_function "$sample" 5
    looked 1 report -f no_such_function trace
    lines 1 . $out
    looked 1 report --pid=1 --tid=1,2 trace
    one_line 'no call in the trace matches --pid, --tid$'
    looked 1 report -f my_traced_function -x '.*' trace
    one_line '--exclude leaves out all functions of the trace$'
    looked 1 report -x '.*' -f no_such_function trace
    one_line "no function matches 'no_such_function'$"
    recorded -f my_traced_function "$sample" 0
    looked 1 report trace
    said 'there are no calls in trace$'
    recorded -f my_traced_function "$sample" 5
    looked 1 graph --pid=1 trace
    one_line 'no call in the trace matches --pid$'
    looked 1 graph --root=no_such_function trace
    said "no function matches 'no_such_function'"
}

case_graph()
{
    recorded "$build/targets/nested" 10
    looked 0 graph trace
    lines 1 '^  CALLS  TOTAL   SELF  FUNCTION$' $out
    lines 1 '^ +1.{14}  nested:main$' $out
    lines 1 '^ +10.{14}    nested:apply$' $out
    lines 1 '^ +10.{14}      nested:add' $out
    lines 1 '^ +10.{14}        nested:work$' $out
    looked 0 graph --fold --callers=work trace
    lines 1 '^ +10.{14}  nested:work$' $out
    lines 1 '^ +10.{14}        nested:main$' $out
    recorded -f 'number|main|my_traced_function' "$sample" 20
    looked 0 graph trace
    lines 1 '^      1 +[^ ]+ +[^ ]+  sample_app:main$' $out
    lines 1 '^     20 +[^ ]+ +[^ ]+    mylib:my_traced_function$' $out
    lines 1 '^      1 +[^ ]+ +[^ ]+    sample_app:number$' $out
    looked 0 graph --depth=1 trace
    lines 2 . $out
    looked 0 graph --callers=my_traced_function trace
    lines 1 '^     20 +[^ ]+ +[^ ]+  mylib:my_traced_function$' $out
    lines 1 '^     20 +[^ ]+ +[^ ]+    sample_app:main$' $out
    looked 0 graph --root=number@sample_app trace
    lines 1 '^      1 +[^ ]+ +[^ ]+  sample_app:number$' $out
    lines 2 . $out
    looked 1 graph --min=1000s trace
    COLUMNS=60 looked 0 graph trace
    (($(wc -L <$out) <= 60)) || fail "wider than 60"
}

# times WHICH OPTION...: the report has such times.
times()
{
    local wanted=$1
    shift
    looked 0 report --format=json "$@" trace
    grep -q "\"times\": \"$wanted\"" $out || fail "not $wanted times: $(head -n 1 $out)"
}

# What tracing cost is noted beside an own session's trace.
case_net_times()
{
    local raw net
    recorded -f 'main|my_traced_function' "$sample" 200
    python3 - trace/ptrace_tracer.json "$sample" <<'END' || fail "$(cat trace/ptrace_tracer.json)"
import json, sys
notes = json.load(open(sys.argv[1]))
assert notes["command"][-2:] == [sys.argv[2], "200"], notes
assert all(0 < notes["costs"][c + "_ns"] < 1000000 for c in
           ("entry_before", "entry_after", "exit_before", "exit_after")), notes
assert {f["event"] for f in notes["functions"]} == \
    {"mylib:my_traced_function_entry", "sample_app:main_entry"}, notes
for f in notes["functions"]:
    lines = open(f["file"]).read().split("\n")
    assert f["function"] + "(" in lines[f["line"] - 1], f
END
    read_trace trace
    times net
    ! grep -q raw $err || fail "it says that times are raw: $(cat $err)"
    net=$(sed -n 's/.*sample_app:main.*"total_ns": \([0-9]*\).*/\1/p' $out)
    times raw --raw
    raw=$(sed -n 's/.*sample_app:main.*"total_ns": \([0-9]*\).*/\1/p' $out)
    ((net < raw)) || fail "net $net, raw $raw"
    sed -i 's/_ns": [0-9]*/_ns": 0/g' trace/ptrace_tracer.json
    times net
    [[ $(sed -n 's/.*sample_app:main.*"total_ns": \([0-9]*\).*/\1/p' $out) == "$raw" ]] || fail "not raw without costs"
    rm trace/ptrace_tracer.json
    times raw
    said 'times are raw: what tracing cost is not known of this trace'
    echo nonsense >trace/ptrace_tracer.json
    times raw
    said 'cannot read .*ptrace_tracer.json: line 1'
}

# A pager, as git has one, on a terminal only.
case_pager()
{
    command -v script >/dev/null || skip "no script(1)"
    recorded -f my_traced_function "$sample" 5
    PAGER="sed s/^/paged:/" looked 0 report trace
    lines 0 paged $out
    PAGER="sed s/^/paged:/" TERM=xterm script -qec "'$tracer' graph trace" typescript >$out </dev/null ||
        fail "with a pager: $(cat $out)"
    lines 2 '^paged:' $out
    NO_COLOR=1 PAGER="head -n 1" TERM=xterm script -qec "'$tracer' report trace" typescript >$out </dev/null ||
        fail "with a pager that ends: $(cat $out)"
    lines 1 '^  CALLS' $out
    lines 0 mylib $out
    PAGER=/no/such/pager TERM=xterm script -qec "'$tracer' report trace" typescript >$out </dev/null &&
        fail "no pager, and no error"
    lines 1 'ptrace_tracer: cannot run the pager' $out
    PAGER=cat TERM=dumb script -qec "'$tracer' report trace" typescript >$out </dev/null || fail "without a pager"
    lines 1 '^ +5 .*my_traced_function' $out
}

# What hits by stops and by jumps cost is known, and of each event the trace tells which it was: with a
# cost of 1 ns for one kind and none for the other, and the other way round, all events are counted once.
case_in_process_net_times()
{
    local raw net way differences=() sum=0
    PTRACE_TRACER_JUMP_AFTER=1 recorded --in-process -f 'main|my_traced_function' "$sample" 10000
    times net
    ! grep -q raw $err || fail "it says that times are raw: $(cat $err)"
    python3 - trace/ptrace_tracer.json <<'END' || fail "$(cat trace/ptrace_tracer.json)"
import json, os, sys
notes = json.load(open(sys.argv[1]))
jumps = os.uname().machine == "x86_64"
assert notes["costs"]["entry_before_ns"] > 500 and ("jump_costs" in notes) == jumps, notes
assert not jumps or all(0 <= notes["jump_costs"][c + "_ns"] < 500 for c in
           ("entry_before", "entry_after", "exit_before", "exit_after")), notes
END
    babeltrace2 trace >all || fail "not read"
    [[ $(grep -c 'my_traced_function' all) == 20000 ]] || fail "the text: $(head -n 2 all)"
    times raw --raw
    raw=$(sed -n 's/.*sample_app:main.*"total_ns": \([0-9]*\).*/\1/p' $out)
    grep -q jump_costs trace/ptrace_tracer.json || skip "no jumps on this architecture"
    for way in costs jump_costs; do
        sed -i -E 's/_ns": [0-9]+/_ns": 0/g' trace/ptrace_tracer.json
        sed -i -E "/\"$way\"/{s/(entry_after_ns|exit_before_ns)\": 0/\1\": 1/g}" trace/ptrace_tracer.json
        times net
        net=$(sed -n 's/.*sample_app:main.*"total_ns": \([0-9]*\).*/\1/p' $out)
        differences+=($((raw - net)))
        sum=$((sum + raw - net))
    done
    ((sum == 20002 && differences[0] > 0 && differences[1] > 0)) || fail "by stops and jumps: ${differences[*]}"
}

# Colours only on a terminal, and a reader that ends early is no error.
case_terminals_and_pipes()
{
    local statuses
    recorded -f my_traced_function "$sample" 5
    looked 0 report trace
    lines 0 $'\033' $out
    "$tracer" report trace 2>$err | head -n 1 >head.out
    statuses=("${PIPESTATUS[@]}")
    ((statuses[0] == 0)) || fail "exit status ${statuses[0]}"
    [[ ! -s $err ]] || fail "it complains: $(cat $err)"
    for command in report graph; do
        looked 125 "$command" -o /dev/full trace
        said 'cannot write to /dev/full: No space left on device'
    done
}

run_cases "$@"
