#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# export: each format, as a program that is not ours reads it.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/cases.sh"
. "$(dirname "$0")/exported_trace.sh"

# Calls of every kind: returned, left by exceptions, recursive, not over.
several_kinds()
{
    recorded -x '_.*|atexit' "$build/targets/exceptions" 20
}

same_rows() # OPTION...
{
    reported "$@"
    traced 0 export --to=csv "$@" trace
    mv $out rows
    traced 0 export --to=json "$@" -o objects --force trace
    [[ ! -s $out ]] || fail "-o writes to stdout"
    python3 - <<'END' || fail "other calls than report's"
import csv, json
rows = list(csv.DictReader(open("rows", newline="")))
objects = [json.loads(line) for line in open("objects")]
assert len(rows) == len(objects) > 20
sums = {}
for row, o in zip(rows, objects):
    assert None not in row and None not in row.values(), row
    for key in "id parent pid tid start_ns end_ns duration_ns self_ns cpu_ns depth".split():
        assert row[key] == ("" if o[key] is None else str(o[key])), (key, row, o)
    for key in "module function thread end".split():
        assert row[key] == o[key]
    for key in "arguments results".split():
        assert json.loads(row[key] or "{}") == o[key], (key, row, o)
    assert (o["end"] == "returned") == (o["duration_ns"] is not None)
    calls = sums.setdefault(o["module"] + ":" + o["function"], [0, 0])
    calls[0] += 1
    calls[1] += o["self_ns"] or 0
ids = {o["id"]: o for o in objects}
assert sorted(ids) == list(range(1, len(objects) + 1))
assert len({o["end"] for o in objects}) > 1
for o in objects:
    if o["parent"]:
        assert o["parent"] < o["id"] and ids[o["parent"]]["start_ns"] <= o["start_ns"]
for line in open("reported"):
    calls, total, own, name = line.rstrip("\n").split(" ", 3)
    assert sums.pop(name) == [int(calls), int(own)], line
assert not sums, sums
END
}

case_rows()
{
    local options
    several_kinds
    same_rows
    same_rows --raw
    recorded --with=cpu -f 'work|rest|leave' "$build/targets/cpu_times"
    for options in '' --raw; do
        traced 0 report --format=json ${options:+"$options"} trace
        sed -n 's/.*"name": "cpu_times:\(.*\)", .*"cpu_ns": \([0-9]*\),.*/\1 \2/p' $out | sort >wanted
        traced 0 export --to=csv ${options:+"$options"} trace
        tail -n +2 $out | tr -d '\r' | awk -F , '$NF { sum[$4] += $NF } END { for (f in sum) print f, sum[f] }' |
            sort | cmp - wanted || fail "other times on a CPU than report's: $(cat $out)"
    done
}

timelines='chrome speedscope otlp'
command -v protoc >/dev/null && timelines+=' perfetto'

# timeline FORMAT OPTION...: what it shows of each function, sorted like `reported`.
timeline()
{
    local format=$1
    shift
    traced 0 export --to="$format" "$@" trace
    if [[ $format == perfetto ]]; then
        protoc -I "$top/tests/e2e" --decode=perfetto.protos.Trace perfetto.proto <$out >decoded 2>protoc.err ||
            fail "protoc: $(cat protoc.err)"
        mv decoded $out
    fi
    local judge=("$top/tests/e2e/export_timeline.py" "$format" "$out")
    [[ $format != otlp ]] || judge=("$top/tests/e2e/otlp_check.py" "$out")
    python3 "${judge[@]}" >shown || fail "$format: no valid timeline"
    sort shown -o shown
}

# Balanced and in order, also where calls do not return, or on another stack. Recorded times are those
# of report. Net ones are not less, since a timeline does not go back where costs are overestimated.
case_timelines()
{
    local program format
    for program in exceptions coroutines; do
        recorded -x '_.*|atexit' "$build/targets/$program"
        for format in $timelines; do
            reported --raw
            cut -d ' ' -f 1,2,4 reported | grep -v ' 0 ' >wanted
            timeline "$format" --raw
            grep -Ff <(cut -d ' ' -f 3 wanted) shown | cmp - wanted ||
                fail "$program, $format: $(diff shown wanted)"
            cp shown raw
            reported
            cut -d ' ' -f 1,2,4 reported >wanted
            timeline "$format"
            join -j 3 <(sort -k 3 wanted) <(sort -k 3 shown) | join - <(sort -k 3 raw) -2 3 >all
            [[ $(wc -l <all) == $(wc -l <wanted) ]] || fail "other functions: $(cat all)"
            awk '$2 != $4 || $3 > $5 || $5 > $7 { exit 1 }' all || fail "$program, $format: $(cat all)"
        done
    done
}

# valid_timelines: of ./trace, whatever it has not recorded.
valid_timelines()
{
    local format
    for format in $timelines; do
        timeline "$format" "$@"
        timeline "$format" --raw "$@"
    done
}

# Without exits, without threads, from the middle on, and with events that were lost.
case_incomplete()
{
    recorded --entry-only -f 'main|my_traced_function' "$sample" 20
    traced 0 export --to=csv trace
    lines 21 ',no-exits,' $out
    valid_timelines
    lines 1 '^20 (0|20) mylib:my_traced_function$' shown
    recorded -f 'main|my_traced_function' "$sample" 20
    traced 0 export --to=csv trace
    local begin
    begin=$(sed -n 6p $out | cut -d , -f 8 | sed 's/.........$/.&/')
    traced 0 export --to=csv --begin="$begin" trace
    lines 0 ',main,' $out
    lines 16 ',my_traced_function,.*,returned,' $out
    valid_timelines --begin="$begin"
    lines 1 . shown
    lines 1 '^16 [0-9]+ mylib:my_traced_function$' shown
    lttng_do create bare --output="$dir/bare"
    "$tracer" -q -f my_traced_function "$sample" 20 >/dev/null || fail "not traced"
    lttng_do destroy
    rm -rf trace && mv bare trace
    traced 0 export --to=csv trace
    lines 20 '^[0-9]+,,mylib,my_traced_function,,,,[0-9]+,,,,0,no-thread,' $out
    lines 20 '^[0-9]+,,mylib,my_traced_function,,,,,[0-9]+,,,0,no-entry,' $out
    valid_timelines
    lines 1 '^20 (0|20) mylib:my_traced_function$' shown
    traced 0 export --to=callgrind trace
    lines 1 '^calls=20 ' $out
}

# A ring buffer that was overwritten: entries are missing. What is there is balanced.
case_overwritten()
{
    with_lttng
    lttng_do create flight --snapshot --output="$dir/flight"
    lttng_do enable-channel -u --subbuf-size=4096 --num-subbuf=2 tiny
    lttng_do enable-event -u -c tiny 'recursion:*'
    lttng_do add-context -u -t vpid -t vtid -t procname
    lttng_do start
    "$tracer" -q "$build/targets/recursion" >/dev/null 2>"$err" || fail "not traced"
    lttng_do snapshot record
    lttng_do destroy
    mv flight trace
    valid_timelines
    traced 0 export --to=chrome trace
    at_least 1 '"ph": "i".*"name": "recursion:fib".*"end": "no-entry"' $out || fail "no exit alone"
    traced 0 export --to=csv trace
    at_least 1 ',fib,.*,no-entry,' $out || fail "no exit alone"
    traced 0 export --to=callgrind trace
    traced 0 export --to=folded trace
}

# Where events are missing is marked, in the formats that have something for it.
case_gaps()
{
    local run
    with_lttng
    lttng_do create paused --output="$dir/trace"
    lttng_do enable-event -u 'mylib:*'
    lttng_do add-context -u -t vpid -t vtid -t procname
    for run in 1 2; do
        lttng_do start
        "$tracer" -q "$sample" 5 >/dev/null 2>"$err" || fail "run $run is not traced"
        lttng_do stop
    done
    lttng_do destroy
    timeline chrome
    lines 1 '"ph": "i".*"name": "the session may have been stopped"' $out
    if [[ $timelines == *perfetto* ]]; then
        timeline perfetto
        lines 1 '^ +name: "the session may have been stopped"$' $out
    fi
    command -v sqlite3 >/dev/null || return 0
    traced 0 export --to=sqlite -o calls.db trace
    [[ $(sqlite3 calls.db 'SELECT count(*), sum(is_pause), sum(begin_ns < end_ns) FROM gaps') == '1|1|1' ]] ||
        fail "$(sqlite3 calls.db 'SELECT * FROM gaps')"
}

# Arguments have their types.
case_perfetto()
{
    command -v protoc >/dev/null || skip "no protoc (protobuf-compiler)"
    recorded -f 'main|my_traced_function' "$sample" 5
    timeline perfetto
    lines 1 '^5 [0-9]+ mylib:my_traced_function$' shown
    timeline perfetto -f my_traced_function
    lines 5 'type: TYPE_SLICE_BEGIN$' $out
    lines 5 'type: TYPE_SLICE_END$' $out
    lines 5 '^ +int_value: 42$' $out
    lines 5 '^ +uint_value: 3735928559$' $out
    lines 5 '^ +double_value: 3.14159$' $out
    lines 5 '^ +pointer_value: 305419896$' $out
}

# The calls and times of report; and the recipe of the manual, beside the same from csv.
case_sqlite()
{
    command -v sqlite3 >/dev/null || skip "no sqlite3"
    local options table recipe n=0
    several_kinds
    for options in '' --raw; do
        reported ${options:+"$options"}
        awk '{ print $1, $3, $4 }' reported | sort >wanted
        traced 0 export --to=sqlite -o calls.db --force ${options:+"$options"} trace
        [[ $(sqlite3 calls.db 'PRAGMA integrity_check') == ok ]] || fail "it is damaged"
        sqlite3 -separator ' ' calls.db "SELECT count(*), ifnull(sum(self_ns), 0), module || ':' || function
            FROM calls GROUP BY module, function" | sort | cmp - wanted || fail "other times than report's"
    done
    while read -r table; do
        n=$((n + $(sqlite3 calls.db "SELECT count(*) FROM \"${table//\"/\"\"}\" JOIN calls ON id = call_id")))
    done < <(sqlite3 calls.db 'SELECT table_name FROM functions')
    [[ $n == "$(sqlite3 calls.db 'SELECT count(*) FROM calls')" ]] || fail "$n rows in the tables of functions"
    recorded -f my_traced_function "$sample" 230
    traced 0 export --to=sqlite -o calls.db --force trace
    [[ $(sqlite3 calls.db 'SELECT DISTINCT arg1, typeof(arg1), arg2, arg3, typeof(arg3), arg4
        FROM "mylib:my_traced_function"') == '42|integer|3735928559|3.14159|real|0x12345678' ]] || fail "other values"
    recipe=$(sed -n '/^sqlite3 calls.db /,/^\.EE/p' "$top/docs/ptrace_tracer.1" | sed "s/\\\\(aq/'/g; /^\.EE/d")
    bash -c "$recipe" >p99 2>p99.err || fail "$(cat p99.err)"
    # Of 230 times the 228th.
    traced 0 export --to=csv trace
    tail -n +2 $out | cut -d , -f 10 | sort -n | sed -n '228s/^/42|/p' | cmp - p99 || fail "p99: $(cat p99)"
}

# A database is in a regular file, and there when it is complete.
case_sqlite_files()
{
    local options status=0
    recorded -f my_traced_function "$sample" 200
    for options in '' '-o -'; do
        # shellcheck disable=SC2086 # two words
        traced 125 export --to=sqlite $options trace
        one_line '--to=sqlite needs a file to write to: -o FILE$'
    done
    traced 125 export --to=sqlite -o /dev/full trace
    one_line 'cannot write to /dev/full: --to=sqlite needs a regular file$'
    traced 125 export --to=sqlite -o no/such trace
    one_line 'cannot write to no/such: No such file or directory$'
    (
        ulimit -f 4
        trap '' XFSZ
        exec "$tracer" export --to=sqlite -o large trace
    ) >$out 2>$err || status=$?
    [[ $status == 125 ]] || fail "exit status $status"
    one_line 'cannot write to large: File too large$'
    [[ -z $(find . -name 'large*') ]] || fail "left: $(find . -name 'large*')"
    traced 0 export --to=sqlite -o :memory: trace
    traced 125 export --to=sqlite -o :memory: trace
    one_line ':memory: exists \(--force replaces it\)$'
    [[ -s :memory: && -z $(find . -name '*.part*') ]] || fail "left: $(find . -name '*.part*')"
}

# Names with spaces, commas, colons and brackets are those of report, in each format.
case_names()
{
    recorded "$build/targets/cxx_names"
    traced 0 report --raw --format=json trace
    mv $out report.json
    local format
    for format in csv json folded callgrind speedscope chrome; do
        traced 0 export --to=$format --raw -o "names.$format" trace
    done
    if [[ $timelines == *perfetto* ]]; then
        traced 0 export --to=perfetto --raw trace
        protoc -I "$top/tests/e2e" --decode=perfetto.protos.Trace perfetto.proto <$out >names.perfetto
    fi
    if command -v sqlite3 >/dev/null; then
        traced 0 export --to=sqlite --raw -o names.db trace
        sqlite3 names.db "SELECT module || ':' || function FROM calls" >names.sqlite
        sqlite3 names.db 'SELECT table_name FROM functions' | cmp - <(sqlite3 names.db "SELECT module || ':' || function FROM functions") ||
            fail "other names of tables"
    fi
    python3 - <<'END' || fail "other names than report's"
import csv, json, os, re
rows = json.load(open("report.json"))["rows"]
names = {row["name"] for row in rows}
assert any(" " in name for name in names) and any(":" in name for name in names), names
timed = {row["name"] for row in rows if row["self_ns"]}

def same(what, got, wanted=names):
    got = set(got)
    assert got == wanted, (what, got ^ wanted)

same("csv", (row["module"] + ":" + row["function"] for row in csv.DictReader(open("names.csv", newline=""))))
same("json", (o["module"] + ":" + o["function"] for o in map(json.loads, open("names.json"))))
same("speedscope", (frame["name"] for frame in json.load(open("names.speedscope"))["shared"]["frames"]))
same("chrome", (e["name"] for e in json.load(open("names.chrome"))["traceEvents"] if e["ph"] == "B"))
if os.path.exists("names.perfetto"):
    names_found = re.findall(r'event_names \{\s+iid: \d+\s+name: "(.*)"', open("names.perfetto").read())
    same("perfetto", (n.encode().decode("unicode_escape").encode("latin-1").decode() for n in names_found))
if os.path.exists("names.sqlite"):
    same("sqlite", open("names.sqlite").read().split("\n")[:-1])
lines = open("names.callgrind").read().split("\n")
same("callgrind", {m[1] for m in (re.match(r"c?fn=\(\d+\) (.*)", line) for line in lines) if m} - {"(none)"})
last = (line.rsplit(" ", 1)[0].rsplit(";", 1)[-1] for line in open("names.folded").read().split("\n")[:-1])
same("folded", (re.sub(r"\\x(..)", lambda m: chr(int(m[1], 16)), name) for name in last), timed)
END
}

# A file is there when it is complete, and never replaced unless that is asked for.
case_files()
{
    recorded -f my_traced_function "$sample" 10
    traced 0 export --to=csv -o new trace
    [[ $(wc -l <new) == 11 ]] || fail "$(cat new)"
    traced 125 export --to=json -o new trace
    said 'new exists \(--force replaces it\)$'
    [[ $(head -c 3 new) == id, ]] || fail "it was replaced"
    ln -s new link
    traced 0 export --to=json -o link --force trace
    [[ -L link && $(head -c 2 new) == '{"' ]] || fail "it was not replaced"
    traced 1 export --to=csv -f nothing -o none trace
    said "no function matches 'nothing'"
    [[ $(wc -l <none) == 1 ]] || fail "$(cat none)"
    local to status
    for to in /dev/full -; do
        status=0
        "$tracer" export --to=csv -o "$to" trace >/dev/full 2>"$err" || status=$?
        [[ $status == 125 && $(wc -l <"$err") == 1 ]] || fail "$to: $status, $(cat "$err")"
        said 'cannot write to (stdout|/dev/full): No space left on device$'
    done
    # Each format says so, and nothing else (sqlite: see above).
    for to in $(sed 's/.*\(csv\)/\1/; s/,//g' <(traced 125 export trace; cat $err)); do
        [[ $to == sqlite ]] && continue
        traced 125 export --to="$to" -o /dev/full trace
        one_line 'cannot write to /dev/full: No space left on device$'
    done
    traced 125 export --to=csv -o "$dir" trace
    one_line 'cannot write to [^ ]*: Is a directory$'
    # No room for the rest, at the end of it.
    status=0
    (
        ulimit -f 1
        trap '' XFSZ
        exec "$tracer" export --to=json -o large trace
    ) >$out 2>$err || status=$?
    [[ $status == 125 && ! -e large ]] || fail "exit status $status"
    one_line 'cannot write to large: File too large$'
    traced 125 export --to=csv -o no/such trace
    said 'cannot write to no/such: No such file or directory$'
    traced 125 export --to=xml trace
    said "--to takes one of csv, json[a-z, ]*, not 'xml'"
    # Those of --help are all.
    sed 's/.*one of \(.*\), not.*/\1/' $err >known
    traced 0 export --help
    sed -n '/^      --to=FORMAT/,/^      --[^t]/{ s/^ *--to=FORMAT/ /; /^ *--/d; s/^  *//p; }' $out |
        paste -s -d ' ' | cmp - known || fail "--help has other formats"
    TMPDIR=/no/such traced 125 export --to=speedscope trace
    one_line 'cannot write a temporary file in /no/such: No such file or directory'
    traced 125 export trace
    one_line '--to=FORMAT says what to write: csv, json[a-z, ]*$'
    cp "$sample" export
    PATH=$dir:$PATH traced 125 export 3
    one_line "--to=FORMAT .*; to trace the program $dir/export: ptrace_tracer -- export$"
    "$tracer" export --to=json trace 2>"$err" | head -n 1 >/dev/null
    [[ ${PIPESTATUS[0]} == 0 && ! -s $err ]] || fail "a reader that has gone: $(cat "$err")"
    [[ $(find . -name '*.part') == '' ]] || fail "left: $(find . -name '*.part')"
}

# A signal in the middle leaves no file, under whichever name.
case_interrupted()
{
    local signal status format
    recorded --in-process -f my_traced_function "$sample" 50000
    for signal in INT TERM; do
        [[ $signal == INT ]] && format=json || format=sqlite
        env --default-signal="$signal" "$tracer" export --to=$format -o cut trace >$out 2>$err &
        tracer_pid=$!
        until compgen -G 'cut*' >/dev/null || ! kill -0 "$tracer_pid" 2>/dev/null; do
            sleep 0.005
        done
        kill -"$signal" "$tracer_pid" || fail "it had ended: $(cat $err)"
        status=0
        wait "$tracer_pid" || status=$?
        [[ $status == $((128 + $(kill -l "$signal"))) ]] || fail "exit status $status"
        ! compgen -G 'cut*' || fail "left: $(echo cut*)"
    done
}

run_cases "$@"
