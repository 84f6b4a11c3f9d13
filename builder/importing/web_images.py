"""Downloads images that notes show from the web: only if the author asked for it, and only images."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from builder import __version__
from builder.runtime.regular_files import IMAGE_LIMIT

_PATIENCE = 20
"""Seconds to wait for an answer."""
_MOST = 2_000
"""Maximum images of one import."""
_TOTAL = 1 << 30
"""Maximum bytes of all images of one import."""
_BEGINNINGS = (
    (b"\x89PNG\r\n\x1a\n", ".png"),
    (b"\xff\xd8\xff", ".jpg"),
    (b"GIF87a", ".gif"),
    (b"GIF89a", ".gif"),
)

Open = Callable[[str], IO[bytes]]


class Downloads:
    """Downloads images into a folder, each once."""

    def __init__(self, folder: Path, open_: Open | None = None) -> None:
        self._folder = folder
        self._open = open_ or _opened
        self._known: dict[str, Path | None] = {}
        self._left = _TOTAL

    def __call__(self, address: str) -> Path | None:
        """Return the file of an image; None if it cannot be downloaded."""
        if address not in self._known and len(self._known) < _MOST:
            self._known[address] = self._download(address)
        return self._known.get(address)

    def _download(self, address: str) -> Path | None:
        try:
            with self._open(address) as answer:
                data = answer.read(min(IMAGE_LIMIT, self._left) + 1)
        except (OSError, ValueError):  # no answer, another status than 200, no address
            return None
        suffix = _suffix(data)
        if not suffix or len(data) > min(IMAGE_LIMIT, self._left):
            return None
        self._left -= len(data)
        path = self._folder / f"download-{len(self._known)}{suffix}"
        path.write_bytes(data)
        return path


def _suffix(data: bytes) -> str:
    """Return the suffix for an image, by its first bytes; empty if it is not an image."""
    for beginning, suffix in _BEGINNINGS:
        if data.startswith(beginning):
            return suffix
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return ".webp"
    return ".svg" if b"<svg" in data[:2000] else ""


class _OnTheWeb(HTTPRedirectHandler):
    """Follows redirects only to public places on the web."""

    def redirect_request(self, req, fp, code, msg, headers, newurl):  # type: ignore[no-untyped-def]
        _check_address(newurl)
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _opened(address: str) -> IO[bytes]:
    _check_address(address)
    request = Request(address, headers={"User-Agent": f"cardpress/{__version__}"})
    answer: IO[bytes] = build_opener(_OnTheWeb()).open(request, timeout=_PATIENCE)
    return answer


def _check_address(address: str) -> None:
    """Refuse an address that is not on the public web. Raises `ValueError`.

    Otherwise, somebody else's deck could send requests within the author's network.
    """
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(address)
    try:
        found = socket.getaddrinfo(parts.hostname, None)
    except OSError:
        return  # a proxy may know it
    if any(not ipaddress.ip_address(str(each[4][0]).partition("%")[0]).is_global for each in found):
        raise ValueError(address)
