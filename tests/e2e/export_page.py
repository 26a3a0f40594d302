# SPDX-License-Identifier: MIT
"""Looks at pages of export --to=html in a browser: export_page.py DIRECTORY. There are the pages
exceptions, sample and hostile (.html), with what report (.json), graph (.graph) and export
--to=folded (.folded) say of the same traces."""
import json
import re
import sys

from browser import Browser

COLUMNS = "calls total self mean p50 p99 max".split()
TABLE = """return [...document.querySelectorAll('#rows tr')].map((row) => [
    row.querySelector('.name button').title.replace(/: show it.*/, ''),
    ...[...row.querySelectorAll('td:not(.name):not(.place)')].map((cell) => cell.dataset.value)])"""
PATHS = """const { names, name, parent, calls, self, returned } = tracePage.model.paths;
    const path = (i) => (i < 0 ? [] : [...path(parent[i]), names[name[i]]]);
    return [...calls.keys()].map((i) => [path(i), calls[i], returned[i] ? self[i] : 0]);"""


def same(what, got, wanted):
    if got != wanted:
        sys.exit("%s: %s, not %s" % (what, got, wanted))


def load(browser, name, view):
    """A page that has done nothing yet."""
    browser.open("about:blank")
    browser.open("%s.html#%s" % (name, view))
    browser.wait_for("globalThis.tracePage || document.querySelector('.facts.failure, .failure#facts')")
    browser.settle()


def is_quiet(browser, name):
    same(name + ": console", browser.log(), [])
    same(name + ": requests", browser.requests(), [])


def middle(browser, script):
    """The place in the window of an element, or of a box of a chart."""
    return browser.run("""
        const it = %s;
        if (it.getBoundingClientRect) {
            const { left, top, width, height } = it.getBoundingClientRect();
            return [left + width / 2, top + height / 2];
        }
        const { left, top } = it.chart.canvas.getBoundingClientRect();
        return [left + it.box.x + Math.max(it.box.width, 1) / 2, top + it.box.y + it.box.height / 2];
    """ % script)


def texts(browser, selector):
    return browser.run("return [...document.querySelectorAll(arguments[0])].map((e) => e.textContent)", selector)


def hint(browser):
    return browser.run("return document.getElementById('hint').hidden ? '' : document.getElementById('hint').textContent")


def search(browser, words):
    browser.run("document.getElementById('search').value = ''; document.activeElement.blur()")
    browser.key("/", "/")
    same("focus", browser.run("return document.activeElement.id"), "search")
    browser.devtools("Input.insertText", text=words)
    browser.settle()


def check_table(browser, name):
    load(browser, name, "functions")
    report = json.load(open(name + ".json"))
    wanted = {row["name"]: [row["calls"]] + [row[c + "_ns"] for c in COLUMNS[1:]] for row in report["rows"]}
    rows = browser.run(TABLE)
    got = {row[0]: [None if v is None else int(v) for v in row[1:]] for row in rows}
    same(name + ": table", got, wanted)
    selfs = [int(row[3] or 0) for row in rows]
    same(name + ": sorted by self", selfs, sorted(selfs, reverse=True))
    facts = texts(browser, "#facts")[0]
    same(name + ": net", "net of what tracing cost" in facts, report.get("times") == "net")


def check_head(browser):
    load(browser, "exceptions", "functions")
    same("program", [texts(browser, "h1"), browser.run("return document.title")],
         [["exceptions"], "exceptions \u2013 ptrace_tracer"])
    same("command", bool(re.fullmatch(r"\S*ptrace_tracer -q -o exceptions -x .* \S*/exceptions 200",
                                      texts(browser, "#command")[0])), True)
    facts = texts(browser, "#facts span")
    calls = sum(row["calls"] for row in json.load(open("exceptions.json"))["rows"])
    same("calls", format(calls, ",") + " calls" in facts, True)
    same("losses and threads", ["none lost" in facts, "1 thread" in facts], [True, True])
    same("remarks", bool(re.match(r"[0-9]+ calls have no exit: [0-9]+ left by an exception or a jump$",
                                  texts(browser, "#remarks li")[0])), True)


def check_sorting_and_search(browser):
    load(browser, "exceptions", "functions")
    for head, key, reverse in (("Calls", lambda row: int(row[1]), True), ("Function", None, False)):
        browser.click(*middle(browser, "[...document.querySelectorAll('#heads button')]"
                                       ".find((b) => b.textContent === '%s')" % head))
        rows = browser.run(TABLE)
        if key:
            same(head, [key(row) for row in rows], sorted(map(key, rows), reverse=reverse))
        else:
            same(head, [row[0] for row in rows], sorted((row[0] for row in rows), key=lambda n: n.split(":", 1)[1].lower()))
    same("aria-sort", browser.run("return [...document.querySelectorAll('[aria-sort]')].map((e) => e.textContent)"), ["Function"])
    names = [row[0] for row in browser.run(TABLE)]
    search(browser, "CATCH")
    found = [name for name in names if "catch" in name]
    same("search", [row[0] for row in browser.run(TABLE)], found)
    same("number found", texts(browser, "#matches")[0].split()[0], str(len(found)))
    browser.click(*middle(browser, "document.querySelector('#rows button')"))
    browser.settle()
    same("a function leads to", browser.run("return [document.getElementById('flame').hidden, document.getElementById('search').value]"), [False, found[0]])
    same("found paths", "found, with" in texts(browser, "#flame-status")[0], True)


def graph_paths(name):
    """As graph prints them: by path, the calls."""
    paths, above = {}, []
    for line in open(name + ".graph"):
        found = re.match(r" *([0-9]+) +\S+ +\S+ {2}( *)(\S.*)\n", line)
        if found:
            depth = len(found[2]) // 2
            above[depth:] = [found[3]]
            paths[tuple(above)] = int(found[1])
    return paths


def check_flame(browser, name):
    browser.run("tracePage.tabs.show('flame')")
    got = {tuple(path): (calls, own) for path, calls, own in browser.run(PATHS)}
    same(name + ": paths", {path: calls for path, (calls, _) in got.items()}, graph_paths(name))
    own = {}
    for line in open(name + ".folded"):
        path, ns = line.rsplit(" ", 1)
        own[tuple(path.replace("\\x20", " ").split(";"))] = int(ns)
    same(name + ": own times", {path: ns for path, (_, ns) in got.items() if ns > 0}, own)


def check_zoom(browser):
    load(browser, "exceptions", "flame")
    box = """({ chart: tracePage.flame, box: tracePage.flame.boxes.find((b) => b.path >= 0 &&
        tracePage.model.paths.depth[b.path] === 2 && b.width > 50) })"""
    path = browser.run("return %s.box.path" % box)
    browser.move_to(*middle(browser, box))
    shown = browser.run("""const { names, name, calls } = tracePage.model.paths;
        return [names[name[arguments[0]]], calls[arguments[0]].toLocaleString('en') + ' call']""", path)
    said = hint(browser)
    same("hint of " + said, [said.split("\n")[0], said.split("\n")[1][:len(shown[1])]], shown)
    same("times in " + said, bool(re.search(r"total \S+ \S+ \(.* %\), self ", said)), True)
    browser.click(*middle(browser, box))
    browser.settle()
    wide = "return tracePage.flame.boxes.filter((b) => b.path === arguments[0]).map((b) => b.width === tracePage.flame.width)"
    same("zoomed", browser.run(wide, path), [True])
    browser.run("document.getElementById('flame-chart').focus()")
    browser.key("Escape")
    browser.key("Escape")
    browser.settle()
    same("back", browser.run(wide, path), [False])
    browser.key("ArrowDown")
    browser.key("ArrowDown")
    same("by keys", texts(browser, "#flame-details")[0].split("\n")[0],
         browser.run("return tracePage.flame.nameOf(tracePage.flame.selected)"))
    same("selected", browser.run("return tracePage.model.paths.depth[tracePage.flame.selected]"), 2)


def check_timeline(browser):
    load(browser, "sample", "timeline")
    call = """({ chart: tracePage.timeline, box: tracePage.timeline.boxes.find((b) => b.call !== undefined &&
        tracePage.timeline.nameOf(b.call) === 'mylib:my_traced_function') })"""
    browser.run("document.getElementById('timeline-chart').focus()")
    browser.key("ArrowRight", shift=True)
    browser.key("ArrowDown", shift=True)
    browser.key("Enter")
    browser.settle()
    browser.move_to(*middle(browser, call))
    said = hint(browser).split("\n")
    same("hint", [said[0]] + said[2:6], ["mylib:my_traced_function", "  arg1 = 42", "  arg2 = 3735928559",
                                         "  arg3 = 3.14159", '  arg4 = "0x12345678"'])
    same("duration and place", bool(re.fullmatch(r"[0-9.]+ [nµm]?s at .*, sample_app [0-9]+", said[1])), True)
    load(browser, "exceptions", "timeline")
    calls = browser.run("return tracePage.model.facts.n_calls")
    status = texts(browser, "#timeline-status")[0]
    found = re.search(r": ([0-9,]+) calls? alone, ([0-9,]+) in columns of several", status)
    same("status " + status, found and sum(int(n.replace(",", "")) for n in found.groups()), calls)
    same("many", bool(re.search("^[0-9]+ calls: zoom in$", browser.run(
        "const t = tracePage.timeline; return t.describe(t.boxes.find((b) => b.count > 1))"))), True)
    same("unwound", "left by an exception" in browser.run("""const t = tracePage.timeline;
        return t.describeCall(tracePage.model.calls.bits.findIndex((b) => b >> 5 === 2))"""), True)
    check_moves(browser)


def check_moves(browser):
    span = "return [tracePage.timeline.from, tracePage.timeline.to, tracePage.timeline.begin, tracePage.timeline.end]"
    whole = browser.run(span)
    same("whole", whole[:2], whole[2:])
    browser.click(*middle(browser, "document.getElementById('zoom-in')"))
    same("button", (lambda s: s[1] - s[0])(browser.run(span)), (whole[1] - whole[0]) / 2)
    browser.click(*middle(browser, "document.getElementById('zoom-all')"))
    x, y = middle(browser, "document.getElementById('timeline-chart')")
    browser.devtools("Input.dispatchMouseEvent", type="mouseWheel", x=x, y=y, deltaX=0, deltaY=-240, modifiers=2)
    zoomed = browser.run(span)
    same("wheel", zoomed[1] - zoomed[0] < 0.7 * (whole[1] - whole[0]), True)
    browser.run("document.getElementById('timeline-chart').focus()")
    browser.key("ArrowRight")
    same("pan", browser.run(span)[0] > zoomed[0], True)
    browser.key("+")
    same("plus", browser.run(span)[1] - browser.run(span)[0] < 0.6 * (zoomed[1] - zoomed[0]), True)
    browser.key("Home")
    same("home", browser.run(span), whole)
    browser.key("ArrowRight", shift=True)
    browser.key("ArrowDown", shift=True)
    same("selected", browser.run("const t = tracePage.timeline; return t.calls.rows.list[t.calls.row[t.selected]].depth"), 1)


def check_gap(browser):
    load(browser, "sample", "timeline")
    browser.run("""const t = tracePage.timeline, middle = (t.begin + t.end) / 2;
        tracePage.model.facts.gaps.push([middle, middle + 1, 3, 0, 0], [t.begin, t.begin, 0, 0, 1]); t.redraw()""")
    browser.settle()
    gap = "({ chart: tracePage.timeline, box: tracePage.timeline.boxes.find((b) => / lost here/.test(b.text)) })"
    same("gap", bool(browser.run("return %s.box" % gap)), True)
    x, _ = middle(browser, gap)
    y = browser.run("return tracePage.timeline.canvas.getBoundingClientRect().bottom - 3")
    browser.move_to(x, y)
    same("hint of a gap", hint(browser), "3 events lost here")
    same("a pause", browser.run("return tracePage.timeline.boxes[1].text"), "The session may have been stopped here")


def check_groups(browser):
    """One that stands for calls which are not in the page: of a trace with more than a million, so it
    is made here of a call."""
    load(browser, "sample", "timeline")
    calls = browser.run("return tracePage.model.facts.n_calls")
    browser.run("""const t = tracePage.timeline, { calls } = tracePage.model;
        const { from, to } = calls.rows.list.find((row) => row.depth === 1);
        let i = from; // the longest: others may take no time
        for (let k = from; k < to; k++)
            if (calls.end[k] - calls.begin[k] > calls.end[i] - calls.begin[i]) i = k;
        calls.bits[i] = 1; calls.what[i] = 4; t.callsBefore = t.countCalls();
        const room = calls.end[i] - calls.begin[i];
        t.show(calls.begin[i] - room, calls.end[i] + room)""")
    browser.settle()
    browser.move_to(*middle(browser, "({ chart: tracePage.timeline, box: tracePage.timeline.boxes.find("
                                     "(b) => b.call !== undefined && tracePage.timeline.nameOf(b.call) === '4 shorter calls') })"))
    same("a group", [hint(browser).split("\n")[0], hint(browser).split("\n")[2]],
         ["4 shorter calls", "Only longer calls are in this page by themselves."])
    same("said", ", 4 in groups" in texts(browser, "#timeline-status")[0], True)
    same("counted", browser.run("return tracePage.timeline.callsBefore.at(-1)"), calls + 3)


def check_hostile(browser):
    load(browser, "hostile", "functions")
    same("elements", browser.run("return document.querySelectorAll('img, b, i, main script, header script').length"), 0)
    same("names", [row[0] for row in browser.run(TABLE) if "onerror" in row[0]], [browser.run(
        "return tracePage.model.functions.find((f) => f.name.includes('onerror')).full")])
    same("sources", [text[:13] for text in texts(browser, "td.place") if "<" in text], 2 * ["<i>hostile.c:"])
    shown = browser.run("""const t = tracePage.timeline, { bits } = tracePage.model.calls;
        return [...bits.keys()].map((i) => t.describeCall(i)).filter((text) => text.includes('text = '))""")
    same("texts", len(shown), 2)
    same("a tag", 'text = "</script><script>alert(2)</script>"' in shown[0], True)
    same("controls", r'text = "<!--<script>\"};alert(3)//\u2028\u001b[2J\\xff\\u0041\u000a"' in shown[1], True)


def contrast(browser, one, other):
    """WCAG 2.2, 1.4.3."""
    def light(name):
        code = browser.run("return getComputedStyle(document.documentElement).getPropertyValue(arguments[0])", name).strip()
        parts = [int(code[i:i + 2], 16) / 255 for i in (1, 3, 5)]
        parts = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]
    low, high = sorted((light(one), light(other)))
    return (high + 0.05) / (low + 0.05)


def check_looks(browser):
    for width, scheme in ((400, "light"), (1600, "dark")):
        browser.resize(width, 800)
        browser.scheme(scheme)
        for view in "functions", "flame", "timeline":
            browser.run("tracePage.tabs.show(arguments[0])", view)
            browser.settle()
            same("wider than the window", browser.run("return document.documentElement.scrollWidth > innerWidth"), False)
        for name in "--text", "--quiet", "--accent", "--warn":
            for back in "--back", "--raised":
                ratio = contrast(browser, name, back)
                same("%s on %s, %s: %.2f" % (name, back, scheme, ratio), ratio >= 4.5, True)
    pixel = browser.run("""const { context, canvas } = tracePage.timeline;
        return [...context.getImageData(5, canvas.height - 5, 1, 1).data]""")
    same("background", pixel, [0x14, 0x17, 0x1a, 255])


def main():
    with Browser(sys.argv[1]) as browser:
        for name in "exceptions", "sample", "hostile":
            check_table(browser, name)
            if name != "hostile":
                check_flame(browser, name)
            is_quiet(browser, name)
        check_head(browser)
        check_sorting_and_search(browser)
        check_zoom(browser)
        check_timeline(browser)
        check_gap(browser)
        check_groups(browser)
        check_looks(browser)
        check_hostile(browser)
        is_quiet(browser, "all")


main()
