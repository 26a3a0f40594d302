# SPDX-License-Identifier: MIT
"""Checks a timeline of `ptrace_tracer export`, by the published rules of its format, and prints a
line for each function: how many calls, and how long those that returned took in nanoseconds (in
speedscope, which does not tell, all), each moment once for each function.

    export_timeline.py chrome|speedscope|perfetto FILE

FILE of perfetto is what `protoc --decode=perfetto.protos.Trace perfetto.proto` writes.
"""
import json
import re
import sys


class Thread:
    """The calls that are open, and what has ended."""

    def __init__(self, totals):
        self.open = []
        self.totals = totals
        self.last = None

    def at(self, now):
        assert self.last is None or now >= self.last, f"{now} after {self.last}"
        self.last = now

    def enter(self, name, now):
        self.at(now)
        self.open.append((name, now))

    def leave(self, name, now, returned=True, least=0):
        self.at(now)
        assert self.open, f"{name} is left and was not entered"
        inner, begin = self.open.pop()
        assert now >= begin + least, f"{name} took {now - begin}"
        assert inner == name, f"{name} is left inside {inner}"
        calls, total = self.totals.get(inner, (0, 0))
        nested = any(outer == inner for outer, _ in self.open)
        self.totals[inner] = (calls + 1, total + (now - begin if returned and not nested else 0))


def speedscope(trace, totals):
    assert trace["$schema"] == "https://www.speedscope.app/file-format-schema.json"
    frames = [frame["name"] for frame in trace["shared"]["frames"]]
    assert len(set(frames)) == len(frames), "a frame twice"
    names = set()
    for profile in trace["profiles"]:
        assert profile["type"] == "evented" and profile["unit"] == "nanoseconds"
        assert profile["name"] not in names, "a thread twice"
        names.add(profile["name"])
        thread = Thread(totals)
        for event in profile["events"]:
            assert profile["startValue"] <= event["at"] <= profile["endValue"]
            step = {"O": thread.enter, "C": thread.leave}[event["type"]]
            step(frames[event["frame"]], event["at"])
        assert not thread.open, f"open: {thread.open}"


def chrome(trace, totals):
    threads, named = {}, {}
    for event in trace["traceEvents"]:
        key = event.get("pid"), event.get("tid")
        if event["ph"] == "M":
            assert event["name"] in ("process_name", "thread_name")
            named[event["name"], key] = event["args"]["name"]
            continue
        # Exact: times begin with the trace.
        now = round(event["ts"] * 1000)
        if event["ph"] == "i":
            assert event["s"] in "gt" and event["name"]
            continue
        thread = threads.setdefault(key, Thread(totals))
        if event["ph"] == "B":
            assert event["cat"] and isinstance(event["args"], dict)
            thread.enter(event["name"], now)
        else:
            assert event["ph"] == "E"
            thread.leave(event["name"], now, event["args"]["end"] == "returned", least=1)
    for key, thread in threads.items():
        assert not thread.open, f"open: {thread.open}"
        assert key == (0, 0) or ("thread_name", key) in named, f"no name of {key}"
    assert {pid for pid, _ in threads} - {0} <= {pid for what, (pid, _) in named if what == "process_name"}


def decoded(lines):
    """A message as protoc shows it: a list of the values of each field."""
    message = {}
    for line in lines:
        line = line.strip()
        if line == "}":
            break
        match = re.fullmatch(r"([a-z_]+)(?:: (.*)| \{)", line)
        assert match, f"no field that is known: {line}"
        value = decoded(lines) if match[2] is None else match[2]
        message.setdefault(match[1], []).append(value)
    return message


def text(quoted):
    """A string as protoc shows it: bytes that are not ASCII in octal."""
    return quoted[1:-1].encode().decode("unicode_escape").encode("latin-1").decode()


def interned(packet, kind, names):
    for entry in packet.get("interned_data", [{}])[0].get(kind, []):
        (iid,), (name,) = entry["iid"], entry["name"]
        assert iid not in names, f"{kind} {iid} twice"
        names[iid] = text(name)


def annotated(event, names):
    values = {}
    for annotation in event.get("debug_annotations", []):
        name = names[annotation["name_iid"][0]] if "name_iid" in annotation else text(annotation["name"][0])
        assert name not in values and len(annotation) == 2, annotation
        values[name] = annotation
    return values


def perfetto(file, totals):
    packets = decoded(file)["packet"]
    processes, threads, tracks = set(), {}, set()
    categories, event_names, annotation_names = {}, {}, {}
    (clock,) = packets[0]["clock_snapshot"][0]["clocks"]
    assert clock["clock_id"] == ["1"] and packets[0]["sequence_flags"] == ["1"], packets[0]
    assert packets[0]["clock_snapshot"][0]["primary_trace_clock"] == ["BUILTIN_CLOCK_REALTIME"]
    for packet in packets[1:]:
        assert packet["trusted_packet_sequence_id"] == ["1"], packet
        interned(packet, "event_categories", categories)
        interned(packet, "event_names", event_names)
        interned(packet, "debug_annotation_names", annotation_names)
        if "track_descriptor" in packet:
            (track,) = packet["track_descriptor"]
            if "process" in track:
                processes.add(track["uuid"][0])
            else:
                assert track["parent_uuid"][0] in processes and track["thread"][0]["tid"], track
                tracks.add(track["uuid"][0])
            continue
        (event,) = packet["track_event"]
        assert packet["sequence_flags"] == ["2"] and packet["timestamp_clock_id"] == ["1"], packet
        now, (kind,) = int(packet["timestamp"][0]), event["type"]
        if "track_uuid" not in event:
            assert kind == "TYPE_INSTANT" and event["name"], event
            assert event["categories"] == ['"(none)"'] and set(annotated(event, {})) == {"events", "packets"}, event
            continue
        uuid = event["track_uuid"][0]
        assert uuid in tracks, f"no track {uuid}"
        thread = threads.setdefault(uuid, Thread(totals))
        values = annotated(event, annotation_names)
        if kind == "TYPE_SLICE_END":
            name = thread.open[-1][0]
            thread.leave(name, now, values["end"]["string_value"] == ['"returned"'])
            continue
        assert categories[event["category_iids"][0]]
        name = event_names[event["name_iid"][0]]
        if kind == "TYPE_SLICE_BEGIN":
            thread.enter(name, now)
        else:
            assert kind == "TYPE_INSTANT", kind
            thread.at(now)
    for thread in threads.values():
        assert not thread.open, f"open: {thread.open}"


def main():
    totals = {}
    with open(sys.argv[2], encoding="utf-8") as file:
        if sys.argv[1] == "perfetto":
            perfetto(file, totals)
        else:
            {"chrome": chrome, "speedscope": speedscope}[sys.argv[1]](json.load(file), totals)
    for name, (calls, total) in sorted(totals.items()):
        print(calls, total, name)


main()
