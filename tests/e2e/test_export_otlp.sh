#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# export --to=otlp: spans of OpenTelemetry, as a checker by the protocol's rules and protobuf's own
# parser read them, and as a server gets them.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/cases.sh"

unset TRACEPARENT "${!OTEL_@}"
export no_proxy='*'

# recorded OPTION... PROGRAM [ARG...]: a trace in ./trace.
recorded()
{
    [[ -n ${private_dir:-} ]] || with_lttng
    rm -rf trace
    traced 0 -q -o trace "$@"
}

# The judge that is not ours, where it is installed.
parser=()
if command -v protoc >/dev/null && /usr/bin/python3 -c 'import google.protobuf.json_format' 2>/dev/null; then
    parser=(pb)
fi

# shown OPTION...: exports the trace to `spans`; what is in it, by function, in `shown`.
shown()
{
    if [[ -n ${parser[*]} && ! -d pb ]]; then
        mkdir pb
        protoc -I "$top/tests/e2e" --python_out=pb otlp.proto || fail "protoc"
    fi
    traced 0 export --to=otlp "$@" -o spans --force trace
    /usr/bin/python3 "$top/tests/e2e/otlp_check.py" spans "${parser[@]}" >shown || fail "no valid OTLP/JSON"
    sort shown -o shown
}

# Read by another parser, too, and the same again is the same. tests/e2e/test_export.sh compares the
# times with those of report.
case_same()
{
    recorded -x '_.*|atexit' "$build/targets/recursion"
    shown
    lines 1 '^1973 [0-9]+ recursion:fib$' shown
    mv spans first
    shown
    cmp first spans || fail "it is not the same"
    [[ -n ${parser[*]} ]] || skip "no protoc (protobuf-compiler) or no python3-protobuf"
    # A name that the protocol does not have.
    sed -i 's/"kind"/"Kind"/' spans
    ! PYTHONPATH=$top/tests/e2e /usr/bin/python3 -B -c "import otlp_check; otlp_check.parse_as_protobuf('$dir/spans', '$dir/pb')" 2>$err ||
        fail "protobuf takes any name"
    at_least 1 'no field named "Kind"' $err || fail "another reason"
}

# What a span has: checked by its names in the semantic conventions.
case_attributes()
{
    recorded -f 'main|my_traced_function' "$sample" 3
    shown
    lines 1 '^3 [0-9]+ mylib:my_traced_function$' shown
    cd "$top/tests/e2e" && /usr/bin/python3 -B - "$dir/spans" <<'END' || fail "other attributes"
import sys
from otlp_check import read
spans = read(sys.argv[1])
(main,) = [span for span in spans.by_id.values() if span["name"] == "main"]
calls = [span for span in spans.by_id.values() if span["name"] == "my_traced_function"]
assert main["outer"] is None and all(call["outer"] is main for call in calls)
assert main["scope"] == "sample_app" and {call["scope"] for call in calls} == {"mylib"}
resource = main["resource"]
assert resource["service.name"] == resource["process.executable.name"] == "sample_app", resource
assert resource["telemetry.sdk.version"] and resource["process.pid"] > 1
for call in calls:
    file, line = call["attributes"].pop("code.file.path"), call["attributes"].pop("code.line.number")
    assert file.endswith("/mylib.c") and open(file).readlines()[line - 1].startswith("void my_traced_function"), line
    assert call["attributes"] == {
        "code.function.name": "my_traced_function",
        "thread.id": resource["process.pid"], "thread.name": "sample_app",
        "argument.arg1": 42, "argument.arg2": 3735928559, "argument.arg3": 3.14159,
        "argument.arg4": "0x12345678"}, call
assert main["attributes"]["argument.argc"] == 2 and main["attributes"]["result.retval"] == 0
END
}

case_traceparent()
{
    local value
    recorded -f 'main|my_traced_function' "$sample" 3
    TRACEPARENT=00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01 traced 0 export --to=otlp trace
    [[ ! -s $err ]] || fail "it says something"
    cp $out spans
    cd "$top/tests/e2e" && /usr/bin/python3 -B - "$dir/spans" <<'END' || fail "another parent"
import sys
from otlp_check import read
spans = read(sys.argv[1], remote="b7ad6b7169203331")
assert spans.traces == {"0af7651916cd43dd8448eb211c80319c"} and len(spans.by_id) == 4
assert [span["name"] for span in spans.by_id.values() if span["outer"] is None] == ["main"]
END
    cd "$dir" || fail "no $dir"
    shown
    for value in 00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01 $'\e[31m'; do
        TRACEPARENT=$value traced 0 export --to=otlp trace
        one_line "TRACEPARENT is ignored: '.*' is not of the form 00-TRACE_ID-PARENT_ID-FLAGS"
        cmp spans $out || fail "it is not ignored"
        TRACEPARENT=$value traced 0 export --to=json trace
        [[ ! -s $err ]] || fail "other formats read it"
    done
}

# Many requests: none has more than a thousand spans. Names are those of report.
case_batches()
{
    recorded -f 'main|my_traced_function' "$sample" 2500
    shown
    [[ $(wc -l <spans) == 3 ]] || fail "$(wc -l <spans) requests"
    [[ $(grep -o '"spanId"' spans | wc -l) == 2501 ]] || fail "other spans"
    recorded "$build/targets/cxx_names"
    traced 0 report --format=csv --sort=calls trace
    sed 1d $out | cut -d , -f 8- | sed 's/^"//; s/"$//; s/""/"/g' | sort >wanted
    shown --raw
    cut -d ' ' -f 3- shown | sort | cmp - wanted || fail "other names than report's"
}

# served ANSWER...: a server with these answers; its URL in $url.
served()
{
    local port
    exec {server}< <(exec /usr/bin/python3 "$top/tests/e2e/otlp_server.py" requests "$@" 2>server.err)
    server_pid=$!
    read -r -t 20 -u "$server" port || fail "no server: $(cat server.err)"
    url=http://127.0.0.1:$port
}

served_end()
{
    kill "$server_pid"
    wait_for 10 is_gone "$server_pid" || fail "the server does not end"
}

# answered ANSWER...: what the requests since the last time got.
answered()
{
    sed -E 's/.*"answer": "([^"]*)".*/\1/' requests | paste -s -d ' ' >answers
    [[ $(cat answers) == "$*" ]] || fail "requests were answered: $(cat answers)"
    rm requests
}

# A server gets the same requests as a file.
case_endpoint()
{
    recorded -f 'main|my_traced_function' "$sample" 2500
    shown
    served ok
    OTEL_EXPORTER_OTLP_HEADERS='api-key=a%20b,x-y=z' traced 0 export --to=otlp --endpoint="$url" trace
    [[ ! -s $out ]] || fail "there is output"
    one_line "2501 spans were sent to $url/v1/traces\$"
    cmp spans requests.spans || fail "other spans"
    /usr/bin/python3 - <<'END' || fail "other requests: $(cat requests)"
import json
requests = [json.loads(line) for line in open("requests")]
assert [r["spans"] for r in requests] == [1000, 1000, 501]
assert {r["path"] for r in requests} == {"/v1/traces"} and len({r["port"] for r in requests}) == 1
for r in requests:
    h = r["headers"]
    assert h["content-type"] == "application/json" and h["user-agent"].startswith("ptrace_tracer/"), h
    assert h["api-key"] == "a b" and h["x-y"] == "z" and "expect" not in h, h
END
    # What is not to be sent there.
    traced 125 export --to=json --endpoint="$url" trace
    one_line '--endpoint sends spans: with --to=otlp only$'
    traced 125 export --to=otlp --endpoint="$url" -o file trace
    one_line 'spans go to a file \(--output\) or to a server \(--endpoint\)$'
    traced 125 export --to=otlp --endpoint=ftp://host trace
    one_line "--endpoint takes a URL that begins with http:// or https://, not 'ftp://host'$"
    [[ ! -e file && $(wc -l <requests) == 3 ]] || fail "something was sent"
    traced 0 export --to=otlp --endpoint="$url" -q trace
    [[ ! -s $err ]] || fail "--quiet is not"
    served_end
    # Nothing of libcurl is loaded before.
    ldd "$tracer" "${tracer%/bin/*}/lib/libptrace_tracer_reader.so" >linked || fail "ldd"
    lines 0 'libcurl' linked
    lines 0 curl_ <(nm -D "$tracer")
}

# What a server refuses, and answers that come later, or never.
case_endpoint_answers()
{
    recorded -f 'main|my_traced_function' "$sample" 1500
    served hangup 503:0 partial 429:0 ok ok 400 503:0 503:0 503:0 503:0 503:0 503:5000 moved long silent
    # As the environment has it: the URL for spans is used as it is.
    OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:1 OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=$url/here \
        traced 0 export --to=otlp --endpoint trace
    one_line "3 of 1501 spans were refused by $url/here: no\\\\x1b\\[31mroom$"
    lines 5 '"path": "/here"' requests
    answered hangup 503:0 partial 429:0 ok
    traced 125 export --to=otlp --endpoint="$url" trace
    one_line "$url/v1/traces does not take spans: it answers 400: because \(1000 spans were sent before\)$"
    answered ok 400
    traced 125 export --to=otlp --endpoint="$url" trace
    one_line 'it answers 503, 5 times: because$'
    answered 503:0 503:0 503:0 503:0 503:0
    traced 125 export --to=otlp --endpoint="$url" trace
    one_line 'it answers 503: because$'
    answered 503:5000
    traced 125 export --to=otlp --endpoint="$url" trace
    one_line 'it answers 302$'
    answered moved
    traced 125 export --to=otlp --endpoint="$url" trace
    one_line "cannot send spans to $url/v1/traces: the answer is too long$"
    answered long
    OTEL_EXPORTER_OTLP_TIMEOUT=200 traced 125 export --to=otlp --endpoint="$url" trace
    one_line "cannot send spans to $url/v1/traces: .*(timed out|timeout)"
    answered silent
    served_end
    OTEL_EXPORTER_OTLP_TIMEOUT=200 traced 125 export --to=otlp --endpoint="$url" trace
    one_line "cannot send spans to $url/v1/traces: .*connect"
}

# A server whose certificate nobody vouches for gets nothing.
case_endpoint_tls()
{
    command -v openssl >/dev/null || skip "no openssl"
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=localhost \
        -addext subjectAltName=DNS:localhost -keyout key -out certificate 2>openssl.err || fail "$(cat openssl.err)"
    cat key certificate >both
    recorded -f my_traced_function "$sample" 3
    KEY=both served ok
    url=${url/http:\/\/127.0.0.1/https://localhost}
    traced 125 export --to=otlp --endpoint="$url" trace
    one_line "cannot send spans to $url/v1/traces: SSL certificate problem: [a-z -]*$"
    [[ ! -e requests ]] || fail "it was sent"
    OTEL_EXPORTER_OTLP_CERTIFICATE=certificate traced 0 export --to=otlp --endpoint="$url" trace
    one_line "3 spans were sent to $url/v1/traces$"
    answered ok
    served_end
}

run_cases "$@"
