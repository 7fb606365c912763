# SPDX-License-Identifier: Apache-2.0
"""Headless Chromium over its debugging pipe: the standard library is enough."""

import base64
import json
import os
import select
import shutil
import subprocess
import tempfile
import time

FLAGS = (
    "--headless --disable-gpu --disable-quic --no-first-run "
    "--disable-background-networking --disable-component-update "
    "--disable-sync --disable-default-apps --remote-debugging-pipe "
    "--window-size=1400,900 --hide-scrollbars=false"
).split()


def find_chromium():
    for name in ("chromium", "chromium-browser", "google-chrome"):
        path = os.environ.get("CHROMIUM") or shutil.which(name)
        if path:
            return path
    return None


class Browser:
    """One browser with one page; `requests` holds every URL it asked for."""

    def __init__(self):
        self.home = tempfile.mkdtemp(prefix="hog-page-")
        self.requests, self.console, self.loaded = [], [], False
        self.number, self.rest, self.session = 0, b"", None
        to_read, self.to = os.pipe()
        self.back, back_write = os.pipe()
        argv = [find_chromium(), *FLAGS, "--user-data-dir=" + self.home]
        if os.geteuid() == 0:
            argv.append("--no-sandbox")
        argv.append("about:blank")
        # The pipe's ends are fixed: 3 to read commands, 4 for answers.  Both
        # are moved up first: either may be in the other's place.
        def place():
            high_in, high_out = os.dup(to_read), os.dup(back_write)
            high_in, high_out = (os.dup2(high_in, 100), os.dup2(high_out, 101))
            os.dup2(high_in, 3)
            os.dup2(high_out, 4)

        self.child = subprocess.Popen(
            argv,
            preexec_fn=place,
            close_fds=False,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(to_read)
        os.close(back_write)
        self._attach()

    def _attach(self):
        targets = self.call("Target.getTargets")["targetInfos"]
        page = next(t for t in targets if t["type"] == "page")
        self.session = self.call(
            "Target.attachToTarget", targetId=page["targetId"], flatten=True
        )["sessionId"]
        for domain in ("Page", "Network", "Runtime", "Log"):
            self.call(domain + ".enable")
        # CPU time instead of wall time: what others do at the same time does
        # not count.
        self.call("Performance.enable", timeDomain="threadTicks")

    def _message(self, deadline):
        while b"\0" not in self.rest:
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([self.back], [], [], left)[0]:
                raise TimeoutError("no answer from the browser")
            piece = os.read(self.back, 1 << 20)
            if not piece:
                raise EOFError("the browser has gone")
            self.rest += piece
        text, self.rest = self.rest.split(b"\0", 1)
        message = json.loads(text)
        self._notice(message.get("method"), message.get("params", {}))
        return message

    def _notice(self, method, params):
        if method == "Network.requestWillBeSent":
            self.requests.append(params["request"]["url"])
        elif method == "Page.loadEventFired":
            self.loaded = True
        elif method == "Runtime.exceptionThrown":
            details = params["exceptionDetails"]
            self.console.append(
                details.get("exception", {}).get("description", details["text"])
            )
        elif method == "Log.entryAdded":
            self.console.append(params["entry"]["text"])
        elif method == "Page.javascriptDialogOpening":
            self.console.append("dialog: " + params["message"])

    def call(self, method, timeout=60, **params):
        self.number += 1
        command = {"id": self.number, "method": method, "params": params}
        if self.session:
            command["sessionId"] = self.session
        os.write(self.to, json.dumps(command).encode() + b"\0")
        deadline = time.monotonic() + timeout
        while True:
            message = self._message(deadline)
            if message.get("id") == self.number:
                if "error" in message:
                    raise RuntimeError(f"{method}: {message['error']}")
                return message["result"]

    def open(self, path):
        """Load a file; seconds from the start to its load event."""
        self.requests, self.console, self.loaded = [], [], False
        start = time.monotonic()
        self.call("Page.navigate", url="file://" + os.path.abspath(path))
        while not self.loaded:
            self._message(time.monotonic() + 60)
        return time.monotonic() - start

    def js(self, expression):
        """The value of an expression in the page; promises are awaited."""
        result = self.call(
            "Runtime.evaluate",
            expression=expression,
            returnByValue=True,
            awaitPromise=True,
        )
        if "exceptionDetails" in result:
            raise AssertionError(result["exceptionDetails"])
        return result["result"].get("value")

    def busy(self):
        """Seconds of CPU time of the page's main thread so far."""
        metrics = self.call("Performance.getMetrics")["metrics"]
        return next(m["value"] for m in metrics if m["name"] == "TaskDuration")

    def key(self, key):
        text = key if len(key) == 1 else ""
        for kind in ("keyDown", "keyUp"):
            self.call(
                "Input.dispatchKeyEvent",
                type=kind,
                key=key,
                text=text if kind == "keyDown" else "",
            )

    def type(self, text):
        for key in text:
            self.key(key)

    def mouse(self, x, y, kind="click"):
        self.call("Input.dispatchMouseEvent", type="mouseMoved", x=x, y=y)
        for what in ("mousePressed", "mouseReleased") if kind == "click" else ():
            self.call(
                "Input.dispatchMouseEvent",
                type=what,
                x=x,
                y=y,
                button="left",
                clickCount=1,
            )

    def media(self, scheme):
        self.call(
            "Emulation.setEmulatedMedia",
            features=[{"name": "prefers-color-scheme", "value": scheme}],
        )

    def screenshot(self, path):
        shot = self.call("Page.captureScreenshot", format="png")
        with open(path, "wb") as file:
            file.write(base64.b64decode(shot["data"]))

    def close(self):
        self.session = None
        try:
            self.call("Browser.close", timeout=10)
        except (OSError, EOFError, TimeoutError):
            self.child.kill()
        self.child.wait()
        os.close(self.to)
        os.close(self.back)
        shutil.rmtree(self.home, ignore_errors=True)
