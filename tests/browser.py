"""A headless Chromium that a test looks into and types at, by its DevTools protocol over a pipe."""

from __future__ import annotations

import json
import os
import subprocess
import time
from base64 import b64decode
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from fcntl import F_DUPFD, fcntl
from pathlib import Path
from typing import Any

from tests.chromium import FLAGS
from tests.programs import program
from tests.running import PATIENCE

_CODES = {" ": "Space", "/": "Slash", "?": "Slash"}


class PageLeftError(AssertionError):
    """The page was asked something while it was being left for another."""


class ExpressionError(AssertionError):
    """An expression raised an exception in the page."""


class Browser:
    """One page in a browser."""

    def __init__(self, requests: int, answers: int) -> None:
        self._requests = requests
        self._answers = answers
        self._unread = b""
        self._number = 0
        self._session = self._target = ""
        self.problems: list[str] = []
        """What the page complained about."""

    def open(self, url: str, *, width: int = 1280, height: int = 900, is_dark: bool = False) -> None:
        """Open a page in a window of a size, instead of the one before."""
        session, self._session = self._session, ""
        if session:
            self._call("Target.closeTarget", targetId=self._target)
        self._target = self._call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self._call("Target.attachToTarget", targetId=self._target, flatten=True)["sessionId"]
        self.resize(width, height)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if is_dark else "light"}
        self._call("Emulation.setEmulatedMedia", features=[scheme])
        for domain in ("Page", "Runtime", "Log"):
            self._call(f"{domain}.enable")
        self._call("Page.navigate", url=url)
        self.wait("document.readyState === 'complete' && location.href !== 'about:blank'")

    def reload(self) -> None:
        """Load the page again. It is the new one that is asked from now on."""
        self.ask("window.isLeft = true")
        self._call("Page.reload")
        self.wait("document.readyState === 'complete' && !window.isLeft")

    def resize(self, width: int, height: int) -> None:
        """Give the window another size."""
        self._call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=False,
        )

    def ask(self, expression: str) -> Any:
        """Return what a JavaScript expression is worth; promises are awaited."""
        answer = self._call(
            "Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True, userGesture=True
        )
        if "exceptionDetails" in answer:
            raise ExpressionError(answer["exceptionDetails"]["exception"]["description"])
        return answer["result"].get("value")

    def wait(self, expression: str, is_right: Callable[[Any], bool] = bool) -> Any:
        """Return the value of an expression once it is right; before, parts of the page may be missing."""
        end = time.monotonic() + PATIENCE
        value = None
        while True:
            # A page that is just being left answers nothing: its successor will.
            with suppress(PageLeftError):
                try:
                    if is_right(value := self.ask(expression)):
                        return value
                except ExpressionError as error:
                    value = error
            assert time.monotonic() < end, f"{expression} is still {value!r}; {self.problems}"
            time.sleep(0.02)

    def press(self, *keys: str) -> None:
        """Press keys, one after the other."""
        for key in keys:
            event = {"key": key, "code": _CODES.get(key, key)}
            text = {"text": key} if len(key) == 1 else {}
            self._call("Input.dispatchKeyEvent", type="keyDown", **event, **text)
            self._call("Input.dispatchKeyEvent", type="keyUp", **event)

    def click(self, selector: str) -> None:
        """Click an element."""
        self.ask(f"document.querySelector({json.dumps(selector)}).click()")

    def tap(self, x: float, y: float) -> None:
        """Press and release the pointer at a place of the window: whatever lies there gets it."""
        for event in ("mousePressed", "mouseReleased"):
            self._call("Input.dispatchMouseEvent", type=event, x=x, y=y, button="left", clickCount=1)

    def drag(self, *places: tuple[float, float], shift: bool = False) -> None:
        """Press the pointer at the first place of the window, move it to all others, and release it."""
        for event, (x, y) in (
            ("mousePressed", places[0]),
            *(("mouseMoved", place) for place in places[1:]),
            ("mouseReleased", places[-1]),
        ):
            self._call(
                "Input.dispatchMouseEvent",
                type=event,
                x=x,
                y=y,
                button="left",
                buttons=1,
                clickCount=1,
                modifiers=8 if shift else 0,
            )

    def grant(self, *permissions: str) -> None:
        """Let pages do what a user would have to allow."""
        self._call("Browser.grantPermissions", permissions=[*permissions])

    def photograph(self, path: Path) -> None:
        """Take an image of the window."""
        path.write_bytes(b64decode(self._call("Page.captureScreenshot")["data"]))

    def _call(self, method: str, **parameters: Any) -> dict[str, Any]:
        self._number += 1
        request = {"id": self._number, "method": method, "params": parameters}
        if self._session:
            request["sessionId"] = self._session
        os.write(self._requests, json.dumps(request).encode() + b"\0")
        for message in self._messages():
            if message.get("id") == self._number:
                if "navigated" in message.get("error", {}).get("message", ""):
                    raise PageLeftError(f"{method}: {message['error']}")
                if "error" in message:
                    raise AssertionError(f"{method}: {message['error']}")
                return dict(message["result"])
            self._note(message)
        raise AssertionError("the browser has ended")

    def _messages(self) -> Iterator[dict[str, Any]]:
        while True:
            message, mark, rest = self._unread.partition(b"\0")
            if mark:
                self._unread = rest
                yield json.loads(message)
                continue
            more = os.read(self._answers, 1 << 20)
            if not more:
                return
            self._unread += more

    def _note(self, event: dict[str, Any]) -> None:
        match event.get("method"):
            case "Runtime.exceptionThrown":
                self.problems.append(str(event["params"]["exceptionDetails"]))
            case "Log.entryAdded" if event["params"]["entry"]["level"] == "error":
                self.problems.append(str(event["params"]["entry"]))


@contextmanager
def browsing(folder: Path) -> Iterator[Browser]:
    """Run a browser that keeps its files in a folder."""
    for_browser, requests = os.pipe()
    answers, from_browser = os.pipe()

    def connect() -> None:
        # The browser reads from 3 and writes to 4, which may be numbers of ours: copies are out of the way.
        ends = [fcntl(end, F_DUPFD, 10) for end in (for_browser, from_browser)]
        for number, end in zip((3, 4), ends, strict=True):
            os.dup2(end, number)

    profile = f"--user-data-dir={folder / 'browser'}"
    command = [program("chromium"), *FLAGS, "--remote-debugging-pipe", profile]
    process = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, close_fds=False, preexec_fn=connect
    )
    os.close(for_browser)
    os.close(from_browser)
    try:
        yield Browser(requests, answers)
    finally:
        os.close(requests)
        os.close(answers)
        process.terminate()
        process.wait(PATIENCE)
