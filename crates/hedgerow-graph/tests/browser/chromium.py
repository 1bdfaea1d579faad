"""A headless Chromium, driven over its DevTools pipe with Python's standard library alone.

With --remote-debugging-pipe the browser reads commands from file descriptor 3 and writes answers to 4, each a JSON text
that ends in NUL: no port, no WebSocket, no package to download.
"""

import base64
import json
import os
import select
import shutil
import subprocess
import tempfile
import time

FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--hide-scrollbars", "--remote-debugging-pipe",
]
# How Chromium says that a navigation took the document away while it was asked (content/, third_party/blink inspector).
GONE = ("Inspected target navigated or closed", "Execution context was destroyed", "Cannot find context with specified id",
        "Cannot find default execution context")


class Gone(RuntimeError):
    """The document that was asked has made way for another one."""


class Chromium:
    """One browser with one page."""

    def __init__(self, program, width=1500, height=950):
        self.profile = tempfile.mkdtemp(prefix="hedgerow-browser-")
        commands, self.to_browser = os.pipe()
        self.from_browser, answers = os.pipe()
        # The shell puts the pipes where the browser expects them; they may be any number here.
        self.process = subprocess.Popen(
            ["sh", "-c", f'exec "$0" "$@" 3<&{commands} 4>&{answers}', program, *FLAGS,
             f"--user-data-dir={self.profile}", f"--window-size={width},{height}", "about:blank"],
            pass_fds=(commands, answers), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(commands)
        os.close(answers)
        self.rest = b""
        self.count = 0
        self.session = None
        self.messages = []
        self.requests = []
        target = next(t for t in self.call("Target.getTargets")["targetInfos"] if t["type"] == "page")
        self.session = self.call("Target.attachToTarget", targetId=target["targetId"], flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
        shutil.rmtree(self.profile, ignore_errors=True)

    def read(self, timeout):
        """The next message of the browser, or None."""
        end = time.monotonic() + timeout
        while b"\0" not in self.rest:
            ready, _, _ = select.select([self.from_browser], [], [], max(0, end - time.monotonic()))
            if not ready:
                return None
            piece = os.read(self.from_browser, 1 << 20)
            if not piece:
                raise RuntimeError("the browser has gone")
            self.rest += piece
        message, self.rest = self.rest.split(b"\0", 1)
        message = json.loads(message)
        self.note(message)
        return message

    def note(self, message):
        """Keeps what must not be missed: errors, log lines and requests."""
        method, params = message.get("method"), message.get("params", {})
        if method == "Runtime.exceptionThrown":
            details = params["exceptionDetails"]
            self.messages.append(details.get("exception", {}).get("description", details["text"]))
        elif method == "Runtime.consoleAPICalled":
            self.messages.append(" ".join(str(a.get("value", a.get("description"))) for a in params["args"]))
        elif method == "Log.entryAdded":
            self.messages.append(params["entry"]["text"])
        elif method == "Network.requestWillBeSent":
            self.requests.append(params["request"]["url"][:200])

    def call(self, method, **params):
        """Sends a command and waits for its result."""
        self.count += 1
        number = self.count
        command = {"id": number, "method": method, "params": params}
        if self.session:
            command["sessionId"] = self.session
        os.write(self.to_browser, json.dumps(command).encode() + b"\0")
        end = time.monotonic() + 60
        while time.monotonic() < end:
            message = self.read(end - time.monotonic())
            if message and message.get("id") == number:
                if "error" in message:
                    text = message["error"].get("message", "")
                    kind = Gone if any(sign in text for sign in GONE) else RuntimeError
                    raise kind(f"{method}: {message['error']}")
                return message["result"]
        raise RuntimeError(f"{method}: no answer")

    def run(self, script):
        """The value of a JavaScript expression; promises are waited for."""
        result = self.call("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in result:
            raise RuntimeError(result["exceptionDetails"].get("exception", {}).get("description", "script failed"))
        return result["result"].get("value")

    def wait_for(self, script, what):
        """Waits until an expression is true. A page that makes way for the next one is not there yet."""
        end = time.monotonic() + 30
        while time.monotonic() < end:
            try:
                if self.run(script):
                    return
            except Gone:
                pass
            time.sleep(0.02)
        raise AssertionError(f"never: {what}")

    def open(self, url):
        """Loads a page and waits for its first complete drawing."""
        self.call("Page.navigate", url=url)
        self.wait_for("performance.getEntriesByName('all-drawn').length > 0", "the drawing")

    def key(self, key, code=None, text=None):
        """Presses and releases a key."""
        text = text if text is not None else (key if len(key) == 1 else "\r" if key == "Enter" else None)
        codes = {"Enter": 13, "Escape": 27, "Tab": 9, "ArrowUp": 38, "ArrowDown": 40, "ArrowLeft": 37, "ArrowRight": 39}
        common = {"key": key, "code": code or key, "windowsVirtualKeyCode": codes.get(key, 0)}
        self.call("Input.dispatchKeyEvent", type="keyDown", **common, **({"text": text} if text else {}))
        self.call("Input.dispatchKeyEvent", type="keyUp", **common)

    def type(self, text):
        """Types a text."""
        for letter in text:
            self.key(letter)

    def mouse(self, kind, x, y, **more):
        """A mouse event."""
        self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, **more)

    def click(self, x, y):
        """A click with the left button."""
        self.mouse("mouseMoved", x, y)
        self.mouse("mousePressed", x, y, button="left", clickCount=1)
        self.mouse("mouseReleased", x, y, button="left", clickCount=1)

    def dark(self, dark, media=""):
        """What the machine prefers, and for what it is drawn: the screen, or `print`."""
        self.call("Emulation.setEmulatedMedia", media=media, features=[{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}])

    def pdf(self, path):
        """What a printer would get."""
        answer = self.call("Page.printToPDF", preferCSSPageSize=True, printBackground=False)
        data = base64.b64decode(answer["data"])
        if path:
            with open(path, "wb") as file:
                file.write(data)
        return data

    def whole(self, path):
        """All of the page as PNG, however long it is."""
        size = self.call("Page.getLayoutMetrics")["cssContentSize"]
        clip = {"x": 0, "y": 0, "width": size["width"], "height": min(size["height"], 12000), "scale": 1}
        with open(path, "wb") as file:
            file.write(base64.b64decode(self.call("Page.captureScreenshot", format="png", clip=clip, captureBeyondViewport=True)["data"]))

    def screenshot(self, path):
        """The window as PNG."""
        with open(path, "wb") as file:
            file.write(base64.b64decode(self.call("Page.captureScreenshot", format="png")["data"]))
