#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# export: each format, as a program that is not ours reads it.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/cases.sh"

# recorded OPTION... PROGRAM [ARG...]: a trace in ./trace.
recorded()
{
    [[ -n ${private_dir:-} ]] || with_lttng
    rm -rf trace
    traced 0 -q -o trace "$@"
}

# The calls and times that report has, as "calls total self function", by function.
reported() # OPTION...
{
    traced 0 report --format=csv "$@" trace
    awk -F, 'NR > 1 { print $1, $2 + 0, $3 + 0, $8 }' $out | sort >reported
    [[ -s reported ]] || fail "nothing is reported"
}

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
    for key in "id parent pid tid start_ns end_ns duration_ns self_ns depth".split():
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
    several_kinds
    same_rows
    same_rows --raw
}

# timeline FORMAT OPTION...: what it shows of each function, sorted like `reported`.
timeline()
{
    local format=$1
    shift
    traced 0 export --to="$format" "$@" trace
    python3 "$top/tests/e2e/export_timeline.py" "$format" $out >shown || fail "$format: no valid timeline"
    sort shown -o shown
}

# Balanced and in order, also where calls do not return, or on another stack. Recorded times are those
# of report. Net ones are not less, since a timeline does not go back where costs are overestimated.
case_timelines()
{
    local program format
    for program in exceptions recursion coroutines; do
        recorded -x '_.*|atexit' "$build/targets/$program"
        for format in chrome speedscope; do
            reported --raw
            cut -d ' ' -f 1,2,4 reported | grep -v ' 0 ' >wanted
            timeline "$format" --raw
            grep -Ff <(cut -d ' ' -f 3 wanted) shown | cmp - wanted ||
                fail "$program, $format: $(diff shown wanted)"
            cp shown raw
            reported
            cut -d ' ' -f 1,2,4 reported >wanted
            timeline "$format"
            join -j 3 <(sort -k 3 wanted) <(sort -k 3 shown) | join - <(sort -k 3 raw) -2 3 >times
            [[ $(wc -l <times) == $(wc -l <wanted) ]] || fail "other functions: $(cat times)"
            awk '$2 != $4 || $3 > $5 || $5 > $7 { exit 1 }' times || fail "$program, $format: $(cat times)"
        done
    done
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
    traced 125 export --to=csv -o no/such trace
    said 'cannot write to no/such: No such file or directory$'
    traced 125 export --to=xml trace
    said "--to takes one of csv, json[a-z, ]*, not 'xml'"
    # Those of --help are all.
    sed 's/.*one of \(.*\), not.*/\1/' $err >known
    traced 0 export --help
    sed -n 's/^      --to=FORMAT  *//p' $out | cmp - known || fail "--help has other formats"
    TMPDIR=/no/such traced 125 export --to=speedscope trace
    one_line 'cannot write a temporary file in /no/such: No such file or directory'
    traced 125 export trace
    said '--to=FORMAT says what to write: csv, json'
    [[ $(find . -name '*.part') == '' ]] || fail "left: $(find . -name '*.part')"
}

run_cases "$@"
