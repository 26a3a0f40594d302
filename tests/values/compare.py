#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Compares what a program of generate.py says it passed with a trace of it, value by value.

compare.py EXPECTED TRACE LIST: the first two without what stands in front of the events. Values may
only be missing of those parameters and results that LIST, the output of --list, says it of.
The last line tells how many values were compared; exit status 1 when any differs.
"""
import re
import sys

EVENT = re.compile(r'(?:([\w:~<>.\[\]]+?)(?:_(entry|exit): \{ ?(.*?) ?\}|\((.*)\))|= (.*))$')
LISTED = re.compile(r"[^:]+:(\S+)  (.*)  \[[^\[\]]*?(?:; not all is known of: (.*))?\]$")


def fields_of(text):
    """The text between the braces as a list of (name, value)."""
    if not text:
        return []
    parts = re.split(r', (?=\w+ = )', text)
    return [tuple(part.split(" = ", 1)) if " = " in part else ("retval", part) for part in parts]


def parse(line, last):
    match = EVENT.match(line)
    if not match:
        return None, None, []
    name, kind, ctf, args, result = match.groups()
    if kind:
        return name, kind, fields_of(ctf)
    if name:
        return name, "entry", fields_of(args)
    if result in ("void", "?"):
        return last, "exit", []
    return last, "exit", fields_of(result[1:-1] if result[0] == "{" else "retval = " + result)


def clean(name):
    """The compiler's clones are the function."""
    return re.split(r'\.(?:isra|constprop|part|lto_priv)|\[abi:', name)[0] if name else name


def same(expected, shown):
    # A single result has no name in the lines of --print, in whichever of the two it is single.
    return expected[1] == shown[1] and (expected[0] == shown[0] or shown[0] == "retval")


def may_be_missing(name, listed):
    """Whether --list says so, or debug information does not even know the parameter."""
    signature, unknown = listed
    base = name.split("_")[0]
    # "*p_m": not all that p_m points to.
    if any(u[0] == "*" and name.startswith(u[1:] + "_") for u in unknown if u):
        return True
    return base in unknown or (base != "retval" and not base.startswith("arg") and
                               not re.search(rf"\b{base}\b", signature))


def is_right(shown, expected, listed):
    """Whether the expected values are shown, in their order, but for those that may be missing."""
    position = 0
    for value in expected:
        if position < len(shown) and same(value, shown[position]):
            position += 1
        elif not may_be_missing(value[0], listed):
            return False
    return position == len(shown)


def read_list(path):
    listed = {}
    with open(path) as lines:
        for line in lines:
            match = LISTED.match(line.rstrip("\n"))
            if match:
                listed[match.group(1)] = match.group(2), (match.group(3) or "").split(", ")
    return listed


def main():
    wrong = values = total = events = 0
    last_expected = last_shown = None
    with open(sys.argv[1]) as expected_file, open(sys.argv[2]) as trace_file:
        expected_lines = expected_file.read().splitlines()
        trace_lines = trace_file.read().splitlines()
    listed = read_list(sys.argv[3])
    for number, (e, s) in enumerate(zip(expected_lines, trace_lines), 1):
        expected, shown = parse(e, last_expected), parse(s, last_shown)
        last_expected, last_shown = expected[0], shown[0]
        events += 1
        total += len(expected[2])
        values += len(shown[2])
        if e == s:
            continue
        if expected[0] != clean(shown[0]) or expected[1] != shown[1]:
            good = False
        else:
            good = is_right(shown[2], expected[2], listed[shown[0]])
        if not good:
            wrong += 1
            if wrong <= 8:
                print(f"line {number}:\n  passed {e[:600]}\n  traced {s[:600]}")
                for a, b in zip(expected[2], shown[2]):
                    if a != b:
                        print(f"    first difference: {a} {b}")
                        break
    if len(expected_lines) != len(trace_lines):
        print(f"{len(expected_lines)} events expected, {len(trace_lines)} in the trace")
        wrong += 1
    print(f"{events} events, {values} of {total} values, {wrong} differences")
    return 1 if wrong or not events else 0


if __name__ == "__main__":
    sys.exit(main())
