"""Serves the preview on the loopback address: only known names, only to one user, writing nothing.

Pages of other sites must not read the preview. So the Host header is checked (against DNS rebinding), and no
answer may be read across origins. The page's own policy lets it load only from this server.

Other users of this machine can connect to the same address, but must not read the preview, either. So the
first part of each path is a token that only this user can know. It is not a cookie, because browsers send
cookies to every port of a host. The browser is started with another address, valid for one request, because
all users can see the command lines of programs.

A connection without a complete request is closed after some time, or when there are too many.
"""

from __future__ import annotations

import json
import queue
import re
import socket
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from io import BufferedReader, RawIOBase
from pathlib import Path
from secrets import compare_digest, token_urlsafe
from socketserver import TCPServer, ThreadingMixIn
from threading import Lock
from typing import Any, ClassVar
from urllib.parse import unquote, urlsplit

from builder import program
from builder.corpus.images import ImageError, read_named
from builder.diagnostics import BuildError

PAGE = program.FOLDER / "preview" / "page"
_HOST = "127.0.0.1"
_FIRST_PORT = 8765
_ONCE = "/open/"
"""Beginning of a path that opens the preview once."""
_PORTS = 100
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:;"
    " media-src 'self'; font-src 'self'; connect-src 'self'; frame-src 'self'; base-uri 'self';"
    " form-action 'none'; frame-ancestors 'self'"
)
"""Content security policy. Formulas have inline styles, and are `data:` images."""
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
    ".mp3": "audio/mpeg",
    ".m4a": "audio/mp4",
    ".wav": "audio/wav",
    ".flac": "audio/flac",
    ".ogg": "audio/ogg",
    ".oga": "audio/ogg",
    ".opus": "audio/ogg",
}
"""Content types of all served files, because systems know different types."""
_BEAT = 15
"""Seconds between two signs of life on a stream of events."""
READING = 15
"""Maximum seconds to receive a whole request."""
WRITING = 60
"""Maximum seconds to send a part of an answer."""
LOOK_UP = 0.05
"""Seconds between two checks of whether serving should end."""
MOST_READING = 64
"""Maximum connections without a complete request; one more ends the oldest."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to a request."""

    content: bytes
    type: str
    is_fixed: bool = False
    """True if its address depends on its content, so that a browser may cache it."""


def json_answer(value: object) -> Answer:
    """Return a value as JSON."""
    return Answer(json.dumps(value).encode(), "application/json")


def file_answer(path: Path, *, is_fixed: bool = False) -> Answer | None:
    """Return a file's content; None if there is no file."""
    try:
        return Answer(path.read_bytes(), _TYPES[path.suffix.lower()], is_fixed)
    except OSError:
        return None


def media_answer(name: str, path: Path) -> Answer | None:
    """Return an image or a sound by its `media_name`; None if its content has changed."""
    try:
        return Answer(read_named(name, path), _TYPES[path.suffix.lower()], is_fixed=True)
    except ImageError:
        return None


@dataclass
class Events:
    """Queues of events, one for each waiting page."""

    _waiting: list[queue.SimpleQueue[str | None]] = field(default_factory=list)
    _lock: Lock = field(default_factory=Lock)

    def send(self, name: str, value: object) -> None:
        """Send an event to every waiting page."""
        self._put(f"event: {name}\ndata: {json.dumps(value)}\n\n")

    def close(self) -> None:
        """End every wait."""
        self._put(None)

    def _put(self, text: str | None) -> None:
        with self._lock:
            for news in self._waiting:
                news.put(text)

    def join(self) -> queue.SimpleQueue[str | None]:
        """Begin to wait; return the queue of events."""
        news: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        with self._lock:
            self._waiting.append(news)
        return news

    def leave(self, news: queue.SimpleQueue[str | None]) -> None:
        """Stop waiting."""
        with self._lock:
            self._waiting.remove(news)


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """Answers and events of a server, and its secret."""

    answer: Callable[[str], Answer | None]
    """Returns the answer to a path without its token; None if there is none."""
    events: Events
    tell: Callable[[Exception], str]
    """Called with a fault; returns the sentence about it."""
    token: str
    """Secret first part of each path: letters, digits, `-` and `_`."""


class Server(ThreadingMixIn, TCPServer):
    """The preview's HTTP server."""

    daemon_threads = True
    block_on_close = False
    allow_reuse_address = True
    request_queue_size = 64

    def __init__(self, port: int, site: Site) -> None:
        super().__init__((_HOST, port), _Handler)
        self.site = site
        self._codes: set[str] = set()
        self._reading: dict[socket.socket, None] = {}
        self._lock = Lock()

    @property
    def port(self) -> int:
        """Port that it listens on."""
        return int(self.server_address[1])

    @property
    def url(self) -> str:
        """Address to open; anyone who has it can read the preview."""
        return f"http://{_HOST}:{self.port}/{self.site.token}/"

    def url_for_once(self) -> str:
        """Return an address that opens the preview once: for a command line, which all users can see."""
        code = token_urlsafe(16)
        self._codes.add(code)
        return f"http://{_HOST}:{self.port}{_ONCE}{code}"

    def use_up(self, code: str) -> bool:
        """Return whether a code for opening the preview is valid; using it makes it invalid."""
        with self._lock:
            is_good = code in self._codes
            self._codes.discard(code)
        return is_good

    def begin_reading(self, connection: socket.socket) -> None:
        """Count a connection that has sent no request yet; if there are too many, end the oldest."""
        with self._lock:
            self._reading[connection] = None
            oldest = next(iter(self._reading)) if len(self._reading) > MOST_READING else None
            if oldest:
                del self._reading[oldest]
        if oldest:
            with suppress(OSError):  # it has ended by itself
                oldest.shutdown(socket.SHUT_RDWR)

    def end_reading(self, connection: socket.socket) -> None:
        """Stop counting a connection."""
        with self._lock:
            self._reading.pop(connection, None)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Count connections in the order of arrival, because threads may start in another order."""
        self.begin_reading(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """End a connection."""
        self.end_reading(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignore a browser that hangs up; report everything else as a fault."""
        error = sys.exc_info()[1]
        if isinstance(error, Exception) and not isinstance(error, ConnectionError | TimeoutError):
            self.site.tell(error)


def open_server(port: int | None, site: Site) -> Server:
    """Listen on a port, or on the first free one. Raises `BuildError` if the given port is not free."""
    if port is not None:
        try:
            return Server(port, site)
        except OSError as error:
            raise BuildError(
                f"port {port} cannot be used ({error.strerror}): choose another, or leave out --port"
            ) from error
    for candidate in range(_FIRST_PORT, _FIRST_PORT + _PORTS):
        with suppress(OSError):
            return Server(candidate, site)
    return Server(0, site)


class _Request(RawIOBase):
    """Reads the request of a connection, which must be complete by a deadline."""

    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection
        self.end = 0.0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        left = self.end - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self.connection.settimeout(left)
        return self.connection.recv_into(buffer)


_RANGE = re.compile(r"bytes=(\d{1,18})-(\d{0,18})")


def _part(asked: str, size: int) -> range | None:
    """Return the range of bytes in a request; None if it asks for all, or for bytes that do not exist."""
    found = _RANGE.fullmatch(asked.strip())
    if found is None:
        return None
    part = range(int(found[1]), min(int(found[2] or size) + 1, size))
    return part if len(part) else None


class _Handler(BaseHTTPRequestHandler):
    server: Server
    protocol_version = "HTTP/1.1"
    server_version = "cardpress"
    sys_version = ""
    names: ClassVar[Mapping[str, str]] = {"/": "index.html"}

    def setup(self) -> None:
        super().setup()
        self.rfile.close()
        self._request = _Request(self.connection)
        self.rfile = BufferedReader(self._request)

    def handle_one_request(self) -> None:
        self._request.end = time.monotonic() + READING
        self.server.begin_reading(self.connection)
        try:
            super().handle_one_request()
        finally:
            self.server.end_reading(self.connection)

    def do_GET(self) -> None:
        self.server.end_reading(self.connection)
        self.connection.settimeout(WRITING)
        try:
            self._answer()
        except OSError:
            raise  # the page was closed
        except Exception as error:
            self.send_error(HTTPStatus.INTERNAL_SERVER_ERROR, explain=self.server.site.tell(error))

    def _answer(self) -> None:
        if self.headers.get("Host") not in (f"{_HOST}:{self.server.port}", f"localhost:{self.server.port}"):
            self.send_error(HTTPStatus.FORBIDDEN, "not the address of this preview")
            return
        try:
            whole = unquote(urlsplit(self.path).path)
        except ValueError:  # for example half of an IPv6 address
            self.send_error(HTTPStatus.BAD_REQUEST, "not an address")
            return
        if whole.startswith(_ONCE):
            self._open(whole.removeprefix(_ONCE))
            return
        token, slash, rest = whole.removeprefix("/").partition("/")
        if not compare_digest(token.encode("utf-8", "replace"), self.server.site.token.encode()):
            self.send_error(
                HTTPStatus.FORBIDDEN,
                "open the whole address that cardpress watch printed: a part of it is secret",
            )
            return
        if not slash:
            self._lead_to_the_page()
            return
        path = f"/{rest}"
        if path == "/events":
            self._send_events()
            return
        answer = self._page(path) or self.server.site.answer(path)
        if answer is None:
            self.send_error(HTTPStatus.NOT_FOUND)
            return
        content, size = answer.content, len(answer.content)
        # Safari plays only files that it can request in parts.
        is_sound = answer.type.startswith("audio/")
        part = _part(self.headers.get("Range", ""), size) if is_sound else None
        status = HTTPStatus.PARTIAL_CONTENT if part else HTTPStatus.OK
        self._begin(answer.type, "max-age=31536000, immutable" if answer.is_fixed else "no-store", status)
        if is_sound:
            self.send_header("Accept-Ranges", "bytes")
        if part:
            self.send_header("Content-Range", f"bytes {part.start}-{part.stop - 1}/{size}")
            content = content[part.start : part.stop]
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def _open(self, code: str) -> None:
        if self.server.use_up(code):
            self._lead_to_the_page()
            return
        self.send_error(
            HTTPStatus.FORBIDDEN,
            "this address works only once: open the one that cardpress watch printed; if you did not open"
            " it before, another user of this machine may have",
        )

    def _lead_to_the_page(self) -> None:
        self.send_response(HTTPStatus.SEE_OTHER)
        self.send_header("Location", f"/{self.server.site.token}/")
        self.send_header("Cache-Control", "no-store")
        self.send_header("Referrer-Policy", "no-referrer")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _page(self, path: str) -> Answer | None:
        name = self.names.get(path, path.removeprefix("/page/"))
        known = {file.name: file for file in PAGE.iterdir()}
        return file_answer(known[name]) if name in known else None

    def _begin(self, content_type: str, caching: str, status: HTTPStatus = HTTPStatus.OK) -> None:
        self.send_response(status)
        is_text = content_type.startswith("text/") or content_type.endswith("javascript")
        self.send_header("Content-Type", f"{content_type}; charset=utf-8" if is_text else content_type)
        self.send_header("Cache-Control", caching)
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Cross-Origin-Resource-Policy", "same-origin")
        self.send_header("Referrer-Policy", "no-referrer")
        if content_type != "application/pdf":  # the browser's own viewer has another origin
            self.send_header("Content-Security-Policy", _POLICY)

    def _send_events(self) -> None:
        self._begin("text/event-stream", "no-store")
        self.send_header("Connection", "close")
        self.end_headers()
        news = self.server.site.events.join()
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
            self.server.site.events.leave(news)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Log no requests: the terminal shows the author's saves."""
