# SPDX-License-Identifier: MIT
"""Checks a timeline of `ptrace_tracer export`, by the published rules of its format, and prints a
line for each function: how many calls, and how long those that returned took in nanoseconds (in
speedscope, which does not tell, all), each moment once for each function.

    export_timeline.py chrome|speedscope FILE
"""
import json
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


def main():
    totals = {}
    with open(sys.argv[2], encoding="utf-8") as file:
        {"chrome": chrome, "speedscope": speedscope}[sys.argv[1]](json.load(file), totals)
    for name, (calls, total) in sorted(totals.items()):
        print(calls, total, name)


main()
