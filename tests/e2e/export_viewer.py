# SPDX-License-Identifier: MIT
"""Opens exports in speedscope: export_viewer.py DIRECTORY INDEX, the latter its page. In the directory
are recursion.speedscope, .chrome and .folded, and recursion.json, what report says of the same calls;
threads.speedscope and .chrome, and threads.csv with the calls. All with recorded times."""
import base64
import csv
import json
import os
import re
import sys

from browser import Browser

UNITS = {"ns": 1, "µs": 1e3, "ms": 1e6, "s": 1e9}


def same(what, got, wanted):
    if got != wanted:
        sys.exit("%s: %s, not %s" % (what, got, wanted))


def nanoseconds(text):
    """A time, and by how much it may be rounded; or a number, which is not."""
    number, unit = re.match(r"([0-9.,]+)(\S*)", text).groups()
    value = float(number.replace(",", ""))
    return (value * UNITS[unit], UNITS[unit] * 0.005 + 0.001) if unit else (value, 0)


def is_near(what, text, wanted):
    value, rounding = nanoseconds(text)
    if abs(value - wanted) > rounding:
        sys.exit("%s: %s, not %s ns" % (what, text, wanted))


def load(browser, index, name):
    """The tables of the page: of profiles, if there are several, and of functions."""
    with open(name, "rb") as file, open("load.js", "w") as script:
        script.write("speedscope.loadFileFromBase64(%s, %s)" % (
            json.dumps(name), json.dumps(base64.b64encode(file.read()).decode())))
    browser.open("about:blank")
    browser.open("file://%s#localProfilePath=%s&view=sandwich" % (index, os.path.abspath("load.js")))
    browser.wait_for("document.querySelector('td') || /[Ee]rror|wrong/.test(document.body.innerText)")
    browser.settle()
    rows = browser.run("""return [...document.querySelectorAll('tr')].map(
        (row) => [...row.querySelectorAll('td')].map((cell) => cell.textContent))""")
    return ([row[1:] for row in rows if row and row[0].isdigit()],
            {row[2].strip(): row[:2] for row in rows if row and not row[0].isdigit()})


def check_functions(browser, index):
    rows = json.load(open("recursion.json"))["rows"]
    for name in "recursion.speedscope", "recursion.folded":
        _, functions = load(browser, index, name)
        wanted = {row["name"]: row for row in rows if name.endswith("speedscope") or row["self_ns"]}
        same(name + ": names", sorted(functions), sorted(wanted))
        for function, (total, own) in functions.items():
            is_near("%s: total of %s" % (name, function), total, wanted[function]["total_ns"])
            is_near("%s: self of %s" % (name, function), own, wanted[function]["self_ns"])
    # There calls are told apart by their arguments, too.
    _, functions = load(browser, index, "recursion.chrome")
    own = {}
    for function, (_, shown) in functions.items():
        value, rounding = nanoseconds(shown)
        sums = own.setdefault(function.split(" ")[0], [0, 0])
        sums[0] += value
        sums[1] += rounding
    same("chrome: names", sorted(own), sorted(row["name"] for row in rows))
    for row in rows:
        value, rounding = own[row["name"]]
        if abs(value - row["self_ns"]) > rounding:
            sys.exit("chrome: self of %s: %s, not %s" % (row["name"], value, row["self_ns"]))


def check_profiles(browser, index):
    threads = {(row["pid"], row["tid"]) for row in csv.DictReader(open("threads.csv", newline=""))}
    same("threads", len(threads), 9)
    for name, form in (("threads.speedscope", "%s/%s threads8"), ("threads.chrome", "threads8 (pid %s), threads8 (tid %s)")):
        profiles, _ = load(browser, index, name)
        same(name, sorted(row[0] for row in profiles), sorted(form % key for key in threads))


def main():
    directory, index = sys.argv[1:]
    # It draws by WebGL.
    with Browser(directory, 1200, 1200, ["--enable-unsafe-swiftshader"]) as browser:
        browser.resize(1200, 1200)
        check_functions(browser, index)
        check_profiles(browser, index)


main()
