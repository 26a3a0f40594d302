# SPDX-License-Identifier: MIT
"""A headless Chromium of one's own, driven by chromedriver (W3C WebDriver, and the DevTools protocol
through it), with nothing but Python's own library.

    with Browser(directory) as browser:
        browser.open("page.html")
        browser.run("return document.title")
"""
import base64
import http.client
import json
import os
import pathlib
import re
import shutil
import subprocess

FLAGS = ("--headless --disable-gpu --no-first-run --disable-background-networking "
         "--disable-component-update --disable-sync --disable-default-apps --disable-extensions "
         "--disable-dev-shm-usage --force-device-scale-factor=1 --allow-file-access-from-files "
         "--no-proxy-server").split()
# It finds no host.
FLAGS.append("--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1")
# Root has no sandbox, nor has a user in many containers. All pages are the tests' own.
FLAGS.append("--no-sandbox")


def programs():
    """The paths of chromium and chromedriver; None if one is not there."""
    found = [shutil.which("chromium"), shutil.which("chromedriver")]
    return found if all(found) else None


class Browser:
    def __init__(self, directory, width=1200, height=900, flags=()):
        self.profile = os.path.join(directory, "browser-profile")
        self.size = width, height
        self.flags = list(flags)
        self.driver = self.session = None

    def __enter__(self):
        chromium, chromedriver = programs()
        # The browser is in the driver's process group: that is ended whatever happens.
        self.driver = subprocess.Popen([chromedriver, "--port=0"], stdout=subprocess.PIPE,
                                       stderr=subprocess.STDOUT, start_new_session=True, text=True)
        try:
            self.start(chromium)
        except BaseException:
            self.__exit__()
            raise
        return self

    def start(self, chromium):
        for line in self.driver.stdout:
            port = re.search(r"started successfully on port (\d+)", line)
            if port:
                break
        else:
            raise RuntimeError("chromedriver has not started")
        self.connection = http.client.HTTPConnection("127.0.0.1", int(port[1]), timeout=60)
        flags = FLAGS + self.flags + ["--user-data-dir=" + self.profile, "--window-size=%d,%d" % self.size]
        answer = self.ask("POST", "/session", {"capabilities": {"alwaysMatch": {
            "goog:chromeOptions": {"binary": chromium, "args": flags},
            "goog:loggingPrefs": {"browser": "ALL"},
            "timeouts": {"script": 30000}}}})
        self.session = "/session/" + answer["sessionId"]

    def __exit__(self, *_):
        try:
            if self.session and self.connection.sock:
                self.connection.sock.settimeout(5)
                self.ask("DELETE", self.session)
        except (OSError, RuntimeError, http.client.HTTPException):
            pass
        try:
            os.killpg(self.driver.pid, 9)
        except ProcessLookupError:
            pass
        self.driver.wait()
        self.driver.stdout.close()
        shutil.rmtree(self.profile, ignore_errors=True)

    def ask(self, method, path, body=None):
        data = None if body is None else json.dumps(body)
        self.connection.request(method, path, data, {"Content-Type": "application/json"})
        value = json.loads(self.connection.getresponse().read())["value"]
        if isinstance(value, dict) and "error" in value:
            raise RuntimeError("%s: %s" % (value["error"], value["message"].split("\n")[0]))
        return value

    def open(self, path):
        """A file, or a URL with its scheme."""
        url = path if ":" in path else pathlib.Path(path.split("#")[0]).resolve().as_uri()
        if ":" not in path and "#" in path:
            url += "#" + path.split("#")[1]
        self.ask("POST", self.session + "/url", {"url": url})

    def run(self, script, *arguments):
        return self.ask("POST", self.session + "/execute/sync",
                        {"script": script, "args": list(arguments)})

    def wait_for(self, condition):
        """Until a JavaScript expression is true."""
        self.ask("POST", self.session + "/execute/async", {"args": [], "script": """
            const done = arguments[arguments.length - 1];
            const look = () => { const value = (%s); value ? done() : setTimeout(look, 5); };
            look();""" % condition})

    def settle(self):
        """Until what was asked for has been painted; the charts of an exported page in their final size."""
        self.ask("POST", self.session + "/execute/async", {"args": [], "script": """
            const done = arguments[0];
            const isPainted = (chart) => chart.element.offsetParent === null || (!chart.frame &&
                chart.width === chart.element.clientWidth && chart.height === chart.element.clientHeight);
            const charts = () => globalThis.tracePage ? [tracePage.flame, tracePage.timeline] : [];
            const step = (frames) => requestAnimationFrame(
                () => frames > 0 && charts().every(isPainted) ? done() : step(frames + 1));
            step(0);"""})

    def devtools(self, command, **parameters):
        return self.ask("POST", self.session + "/goog/cdp/execute",
                        {"cmd": command, "params": parameters})

    def resize(self, width, height):
        self.devtools("Emulation.setDeviceMetricsOverride", width=width, height=height,
                      deviceScaleFactor=1, mobile=False)

    def scheme(self, name):
        self.devtools("Emulation.setEmulatedMedia",
                      features=[{"name": "prefers-color-scheme", "value": name}])

    def move_to(self, x, y):
        self.devtools("Input.dispatchMouseEvent", type="mouseMoved", x=x, y=y)

    def click(self, x, y):
        self.move_to(x, y)
        for kind in "mousePressed", "mouseReleased":
            self.devtools("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    def key(self, name, text="", shift=False):
        for kind in ("keyDown", "keyUp"):
            self.devtools("Input.dispatchKeyEvent", type=kind, key=name, modifiers=8 * shift,
                          **({"text": text} if text and kind == "keyDown" else {}))

    def picture(self, path):
        with open(path, "wb") as file:
            file.write(base64.b64decode(self.ask("GET", self.session + "/screenshot")))

    def log(self):
        """What the browser has said since the last time."""
        return [entry["message"] for entry in
                self.ask("POST", self.session + "/se/log", {"type": "browser"})]

    def requests(self):
        """What the page has loaded."""
        return self.run("return performance.getEntriesByType('resource').map((entry) => entry.name)")
