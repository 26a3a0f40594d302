# SPDX-License-Identifier: MIT
"""Checks OTLP/JSON, by the protocol's rules (github.com/open-telemetry/opentelemetry-proto,
docs/specification.md, "JSON Protobuf Encoding", and the files under opentelemetry/proto), and that
spans are in their parents.

    otlp_check.py FILE [MODULE_DIRECTORY]

FILE has a request a line. With MODULE_DIRECTORY, where otlp_pb2.py is (protoc --python_out), each
line must also be one for protobuf's own parser, without a field that it does not know.

Prints a line for each function: how many calls, and how long those that returned took in
nanoseconds, each moment once for each function; sorted by name.
"""
import json
import re
import sys

REMOTE_IS_KNOWN, IS_REMOTE, SAMPLED = 0x100, 0x200, 1


def members(message, required, optional=()):
    assert isinstance(message, dict), message
    assert set(required) <= set(message) <= set(required) | set(optional), sorted(message)
    return [message[name] for name in required]


def integer(text, low, high):
    """64-bit integers are strings."""
    assert isinstance(text, str) and re.fullmatch(r"-?(0|[1-9][0-9]*)", text), text
    assert low <= int(text) < high, text
    return int(text)


def identifier(text, n_bytes):
    assert isinstance(text, str) and re.fullmatch(r"[0-9a-fA-F]{%d}" % (2 * n_bytes), text), text
    assert int(text, 16), "an ID of zeros"
    return text.lower()


def value_of(value):
    (kind,) = value
    held = value[kind]
    if kind == "intValue":
        return integer(held, -2**63, 2**63)
    if kind == "doubleValue":
        assert held in ("NaN", "Infinity", "-Infinity") or type(held) in (int, float), held
        return float(held.replace("Infinity", "inf") if isinstance(held, str) else held)
    assert type(held) is {"stringValue": str, "boolValue": bool}[kind], value
    return held


def attributes(pairs):
    found = {}
    for pair in pairs:
        key, value = members(pair, ("key", "value"))
        assert isinstance(key, str) and key and key not in found, key
        found[key] = value_of(value)
    return found


class Spans:
    def __init__(self):
        self.by_id = {}
        self.traces = set()

    def add(self, message, resource, scope):
        trace, name, kind, begin, end, flags, pairs = members(
            {**message, "spanId": identifier(message["spanId"], 8)},
            ("traceId", "name", "kind", "startTimeUnixNano", "endTimeUnixNano", "flags", "attributes"),
            ("spanId", "parentSpanId"))
        span = {"name": name, "scope": scope, "resource": resource, "attributes": attributes(pairs),
                "flags": flags, "parent": None, "children": []}
        self.traces.add(identifier(trace, 16))
        assert isinstance(name, str) and name and kind == 1 and type(kind) is int, message
        span["begin"], span["end"] = integer(begin, 1, 2**64), integer(end, 1, 2**64)
        assert span["begin"] <= span["end"], message
        assert type(flags) is int and flags & SAMPLED and flags & REMOTE_IS_KNOWN, flags
        if "parentSpanId" in message:
            span["parent"] = identifier(message["parentSpanId"], 8)
        span_id = message["spanId"].lower()
        assert span_id not in self.by_id, f"{span_id} twice"
        self.by_id[span_id] = span

    def tree(self, remote):
        """Links parents. `remote`: the ID of the span around all."""
        assert len(self.traces) == 1, self.traces
        for span in self.by_id.values():
            is_root = span["parent"] == remote
            assert bool(span["flags"] & IS_REMOTE) == (is_root and remote is not None), span
            span["outer"] = None if is_root else self.by_id[span["parent"]]
            if is_root:
                continue
            outer = span["outer"]
            assert outer["begin"] <= span["begin"] and span["end"] <= outer["end"], (span, outer)
            assert outer["resource"]["process.pid"] == span["resource"]["process.pid"]
            assert outer["attributes"]["thread.id"] == span["attributes"]["thread.id"]
            outer["children"].append(span)
        for span in self.by_id.values():
            inner = sorted(span["children"], key=lambda child: (child["begin"], child["end"]))
            for one, other in zip(inner, inner[1:]):
                assert one["end"] <= other["begin"], (one, other)

    def totals(self):
        totals = {}
        for span in self.by_id.values():
            if "ptrace_tracer.gap" in span["attributes"]:
                continue
            end = span["attributes"].get("ptrace_tracer.end", "returned")
            if end == "no-entry":
                assert span["begin"] == span["end"]
                continue
            key = span["scope"], span["name"]
            outer = span["outer"]
            while outer and (outer["scope"], outer["name"]) != key:
                outer = outer["outer"]
            taken = span["end"] - span["begin"] if end == "returned" and not outer else 0
            calls, total = totals.get(key, (0, 0))
            totals[key] = calls + 1, total + taken
        return totals


def request(message, spans):
    (resources,) = members(message, ("resourceSpans",))
    for one in resources:
        resource, schema, scopes = members(one, ("resource", "schemaUrl", "scopeSpans"))
        described = attributes(*members(resource, ("attributes",)))
        assert described["service.name"] and described["telemetry.sdk.name"] == "ptrace_tracer"
        assert re.fullmatch(r"https://opentelemetry\.io/schemas/1\.\d+\.0", schema), schema
        described.setdefault("process.pid", None)
        seen = set()
        for part in scopes:
            scope, _, inner = members(part, ("scope", "schemaUrl", "spans"))
            members(scope, (), ("name",))
            name = scope.get("name", "")
            assert name not in seen and inner, f"scope {name}"
            seen.add(name)
            for span in inner:
                spans.add(span, described, name)


def distinct(pairs):
    assert len({key for key, _ in pairs}) == len(pairs), pairs
    return dict(pairs)


def never(constant):
    raise ValueError(constant)


def read(path, remote=None):
    spans = Spans()
    with open(path, encoding="utf-8", newline="\n") as file:
        for line in file:
            assert line.endswith("}\n") and "\r" not in line
            request(json.loads(line, object_pairs_hook=distinct, parse_constant=never), spans)
    spans.tree(remote)
    return spans


def parse_as_protobuf(path, directory):
    sys.path.insert(0, directory)
    import otlp_pb2
    from google.protobuf import json_format
    with open(path, encoding="utf-8") as file:
        for line in file:
            json_format.Parse(line, otlp_pb2.ExportTraceServiceRequest(), ignore_unknown_fields=False)


def main():
    for (scope, name), (calls, total) in sorted(read(sys.argv[1]).totals().items()):
        print(calls, total, scope + ":" + name if scope else name)
    if len(sys.argv) > 2:
        parse_as_protobuf(sys.argv[1], sys.argv[2])


if __name__ == "__main__":
    main()
