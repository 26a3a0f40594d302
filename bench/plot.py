#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""plot.py RESULTS.json: draws the benchmarks as SVG on stdout. Needs nothing but Python.

Above, what a call costs under each tool, on a logarithmic scale, with the floor of two ptrace stops;
below, how the cost of a call changes with what it should not depend on.
"""
import html
import json
import math
import sys

WIDTH, LEFT, RIGHT, ROW = 860, 330, 90, 24
OURS, OTHERS, FLOOR, INK, GRID = "#2f6db5", "#a9b4c0", "#c0392b", "#222", "#e3e6ea"

TOOLS = [
    ("nothing", "not traced"),
    ("wrapper", "LD_PRELOAD wrapper, LTTng tracepoints"),
    ("uftrace", "uftrace (compiled with -pg)"),
    ("perf", "perf record, probes (root)"),
    ("bpftrace", "bpftrace, uprobe and uretprobe (root)"),
    ("two_bare_stops", "two bare ptrace stops: the floor"),
    ("tracer_entry_only", "ptrace_tracer, entries only"),
    ("tracer_plain_function", "ptrace_tracer, no double argument"),
    ("tracer_lttng", "ptrace_tracer, LTTng"),
    ("tracer_print", "ptrace_tracer, --print"),
    ("tracer_no_pin", "ptrace_tracer, --no-pin"),
    ("naive_one_cpu", "single steps, one CPU"),
    ("naive", "single steps, no CPU chosen"),
    ("ltrace", "ltrace"),
    ("gdb", "gdb, dprintf"),
]
PANELS = [
    ("threads", "calling threads"),
    ("armed", "armed functions"),
    ("call_sites", "places of the call"),
]


def text(x, y, words, size=12, anchor="start", colour=INK, weight="normal"):
    return (f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}" '
            f'fill="{colour}" font-weight="{weight}">{html.escape(words)}</text>')


def rectangle(x, y, width, height, colour):
    return (f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" '
            f'fill="{colour}"/>')


def line(x1, y1, x2, y2, colour, dashes=""):
    dashes = f' stroke-dasharray="{dashes}"' if dashes else ""
    return (f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" '
            f'stroke="{colour}"{dashes}/>')


def in_words(ns):
    if ns < 1000:
        return f"{ns:.0f} ns"
    return f"{ns / 1000:.1f} µs" if ns < 100000 else f"{ns / 1000:.0f} µs"


def draw_tools(medians, top):
    """Bars from 1 ns up. Returns the parts and the y below them."""
    rows = [(case, words) for case, words in TOOLS if case in medians]
    most = math.log10(max(medians[case] for case, _ in rows)) * 1.02
    scale = (WIDTH - LEFT - RIGHT) / most
    bottom = top + len(rows) * ROW
    parts = []
    for power in range(0, int(most) + 1):
        x = LEFT + power * scale
        parts.append(line(x, top, x, bottom, GRID))
        parts.append(text(x, bottom + 15, in_words(10 ** power), 10, "middle"))
    for i, (case, words) in enumerate(rows):
        y = top + i * ROW
        colour = FLOOR if case == "two_bare_stops" else OURS if case.startswith("tracer") else OTHERS
        width = max(math.log10(max(medians[case], 1)) * scale, 1)
        parts.append(text(LEFT - 8, y + 16, words, 12, "end"))
        parts.append(rectangle(LEFT, y + 4, width, ROW - 8, colour))
        parts.append(text(LEFT + width + 6, y + 16, in_words(medians[case]), 11))
    if "two_bare_stops" in medians:
        x = LEFT + math.log10(medians["two_bare_stops"]) * scale
        parts.append(line(x, top, x, bottom, FLOOR, "4 3"))
    return parts, bottom + 30


def draw_panel(cases, words, x, y, width, height):
    """Bars of a call's cost beside the first one's, which is 1."""
    parts = [text(x, y, words, 12, weight="bold")]
    values = [value / cases[0][1] for _, value in cases]
    most = max(values + [1.5])
    base, step = y + height, width / len(cases)
    for i, (name, value) in enumerate(zip((name for name, _ in cases), values)):
        tall = value / most * (height - 34)
        left = x + i * step
        parts.append(rectangle(left, base - tall, step - 10, tall, OURS))
        parts.append(text(left + (step - 10) / 2, base - tall - 4, f"{value:.2f}", 11, "middle"))
        parts.append(text(left + (step - 10) / 2, base + 15, f"{int(name):,}", 11, "middle"))
    parts.append(line(x, base - (height - 34) / most, x + width - 10, base - (height - 34) / most,
                      FLOOR, "4 3"))
    return parts


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        data = json.load(file)
    by_benchmark = {}
    for result in data["results"]:
        if result["unit"] == "ns":
            by_benchmark.setdefault(result["benchmark"], []).append((result["case"], result["median"]))
    machine = data["machine"]
    parts = [text(20, 28, "One call, its entry and its return recorded", 16, weight="bold"),
             text(20, 46, f"{machine['processor']}, {machine['processors']} CPUs, {machine['kernel']}", 11)]
    y = 60
    if "tools" in by_benchmark:
        drawn, y = draw_tools(dict(by_benchmark["tools"]), y)
        parts += drawn
    panels = [(name, words) for name, words in PANELS if name in by_benchmark]
    if panels:
        parts.append(text(20, y + 18, "A call's cost, beside the first bar's", 14, weight="bold"))
        width = (WIDTH - 40) / len(panels)
        for i, (name, words) in enumerate(panels):
            parts += draw_panel(by_benchmark[name], words, 20 + i * width, y + 42, width - 20, 130)
        y += 205
    print(f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{y}" '
          f'viewBox="0 0 {WIDTH} {y}" font-family="sans-serif">')
    print(rectangle(0, 0, WIDTH, y, "white"))
    print("\n".join(parts))
    print("</svg>")


main()
