"""Serves the preview on the loopback address: known names only, to this machine only, and nothing is written.

A page of another site must not read what is served here: the Host header is checked (DNS rebinding), and no
answer may be read across origins. The page's own policy lets it load from here alone.
"""

from __future__ import annotations

import json
import queue
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from socketserver import TCPServer, ThreadingMixIn
from threading import Lock
from typing import Any, ClassVar
from urllib.parse import unquote, urlsplit

from builder.diagnostics import BuildError
from builder.media import PictureError, read_named

PAGE = Path(__file__).parent / "page"
_HOST = "127.0.0.1"
_FIRST_PORT = 8765
_PORTS = 100
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:;"
    " font-src 'self'; connect-src 'self'; frame-src 'self'; base-uri 'self'; form-action 'none';"
    " frame-ancestors 'self'"
)
"""Formulas have styles of their own, and are data."""
_TYPES: Mapping[str, str] = {
    ".html": "text/html",
    ".css": "text/css",
    ".js": "text/javascript",
    ".pdf": "application/pdf",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".webp": "image/webp",
    ".gif": "image/gif",
}
"""Of every file that is served: what a system believes of them differs."""
_BEAT = 15
"""Seconds between two signs of life on a connection that waits for events."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a request gets."""

    content: bytes
    type: str
    is_fixed: bool = False
    """Whether its name stands for its content, so that a browser may keep it."""


def json_answer(value: object) -> Answer:
    """Return a value as JSON."""
    return Answer(json.dumps(value).encode(), "application/json")


def file_answer(path: Path, *, is_fixed: bool = False) -> Answer | None:
    """Return what is in a file, if it is there."""
    try:
        return Answer(path.read_bytes(), _TYPES[path.suffix.lower()], is_fixed)
    except OSError:
        return None


def picture_answer(name: str, path: Path) -> Answer | None:
    """Return a picture, if it still is the one that its name was made of."""
    try:
        return Answer(read_named(name, path), _TYPES[path.suffix.lower()], is_fixed=True)
    except PictureError:
        return None


@dataclass
class Events:
    """Those who wait for news, and how they get it."""

    _waiting: list[queue.SimpleQueue[str | None]] = field(default_factory=list)
    _lock: Lock = field(default_factory=Lock)

    def send(self, name: str, value: object) -> None:
        """Tell everybody who waits."""
        self._put(f"event: {name}\ndata: {json.dumps(value)}\n\n")

    def close(self) -> None:
        """Let everybody who waits go."""
        self._put(None)

    def _put(self, text: str | None) -> None:
        with self._lock:
            for news in self._waiting:
                news.put(text)

    def join(self) -> queue.SimpleQueue[str | None]:
        """Begin to wait."""
        news: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        with self._lock:
            self._waiting.append(news)
        return news

    def leave(self, news: queue.SimpleQueue[str | None]) -> None:
        """Stop waiting."""
        with self._lock:
            self._waiting.remove(news)


class Server(ThreadingMixIn, TCPServer):
    """The preview's server; `answer` is asked for what a path means, and knows nothing of HTTP."""

    daemon_threads = True
    block_on_close = False
    allow_reuse_address = True
    request_queue_size = 64

    def __init__(self, port: int, answer: Callable[[str], Answer | None], events: Events) -> None:
        super().__init__((_HOST, port), _Handler)
        self.answer = answer
        self.events = events

    @property
    def port(self) -> int:
        """The port that it listens on."""
        return int(self.server_address[1])

    @property
    def url(self) -> str:
        """The address to open."""
        return f"http://{_HOST}:{self.port}/"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Let a browser hang up when it likes; everything else is a bug, and shown as one."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


def open_server(port: int | None, answer: Callable[[str], Answer | None], events: Events) -> Server:
    """Listen on a port, or on the first that is free. Raises `BuildError` where the one asked for is not."""
    if port is not None:
        try:
            return Server(port, answer, events)
        except OSError as error:
            raise BuildError(
                f"port {port} cannot be used ({error.strerror}): name another, or leave --port out"
            ) from error
    for candidate in range(_FIRST_PORT, _FIRST_PORT + _PORTS):
        with suppress(OSError):
            return Server(candidate, answer, events)
    return Server(0, answer, events)


class _Handler(BaseHTTPRequestHandler):
    server: Server
    protocol_version = "HTTP/1.1"
    server_version = "cardpress"
    sys_version = ""
    names: ClassVar[Mapping[str, str]] = {"/": "index.html"}

    def do_GET(self) -> None:
        if self.headers.get("Host") not in (f"{_HOST}:{self.server.port}", f"localhost:{self.server.port}"):
            self.send_error(HTTPStatus.FORBIDDEN, "not the address of this preview")
            return
        path = unquote(urlsplit(self.path).path)
        if path == "/events":
            self._send_events()
            return
        answer = self._page(path) or self.server.answer(path)
        if answer is None:
            self.send_error(HTTPStatus.NOT_FOUND)
            return
        self._begin(answer.type, "max-age=31536000, immutable" if answer.is_fixed else "no-store")
        self.send_header("Content-Length", str(len(answer.content)))
        self.end_headers()
        self.wfile.write(answer.content)

    def _page(self, path: str) -> Answer | None:
        name = self.names.get(path, path.removeprefix("/page/"))
        known = {file.name: file for file in PAGE.iterdir()}
        return file_answer(known[name]) if name in known else None

    def _begin(self, content_type: str, caching: str) -> None:
        self.send_response(HTTPStatus.OK)
        is_text = content_type.startswith("text/") or content_type.endswith("javascript")
        self.send_header("Content-Type", f"{content_type}; charset=utf-8" if is_text else content_type)
        self.send_header("Cache-Control", caching)
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Cross-Origin-Resource-Policy", "same-origin")
        self.send_header("Referrer-Policy", "no-referrer")
        if content_type != "application/pdf":  # the browser's own viewer is not of this origin
            self.send_header("Content-Security-Policy", _POLICY)

    def _send_events(self) -> None:
        self._begin("text/event-stream", "no-store")
        self.send_header("Connection", "close")
        self.end_headers()
        news = self.server.events.join()
        try:
            text: str | None = "event: hello\ndata: {}\n\n"
            while text is not None:
                self.wfile.write(text.encode())
                self.wfile.flush()
                try:
                    text = news.get(timeout=_BEAT)
                except queue.Empty:
                    text = ": still here\n\n"
        except OSError:
            pass  # the page was closed
        finally:
            self.close_connection = True
            self.server.events.leave(news)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """The terminal is for what the author saves."""
