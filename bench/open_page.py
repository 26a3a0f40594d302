# SPDX-License-Identifier: MIT
"""open_page.py DIRECTORY: opens DIRECTORY/page.html in a browser and prints, as NAME VALUE: how long
that takes, and how long a change of what the timeline shows takes until it is painted, the longest
of some (ms); and the memory of the page's script (MB)."""
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../tests/e2e"))
from browser import Browser  # noqa: E402

SHOW = """const t = tracePage.timeline, done = arguments[arguments.length - 1];
    const from = t.begin + (t.end - t.begin) * %f, began = performance.now();
    t.show(from, from + (t.end - t.begin) * %f);
    requestAnimationFrame(() => setTimeout(() => done(performance.now() - began)));"""

with Browser(sys.argv[1], 1400, 900) as browser:
    browser.open("about:blank")
    began = time.monotonic()
    browser.open(os.path.join(sys.argv[1], "page.html") + "#timeline")
    browser.wait_for("globalThis.tracePage")
    browser.settle()
    print("open_ms %.0f" % (1000 * (time.monotonic() - began)))
    longest = 0
    for step in range(20):
        span = 0.6 ** step
        longest = max(longest, browser.ask("POST", browser.session + "/execute/async",
                                           {"script": SHOW % (0.37 * (1 - span), span), "args": []}))
    print("zoom_ms %.0f" % longest)
    print("memory_mb %.0f" % browser.run("return performance.memory.usedJSHeapSize / 1e6"))
