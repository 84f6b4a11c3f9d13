"""Images on the web are downloaded on demand: only images, only from the public web, each once."""

from __future__ import annotations

import re
from io import BytesIO
from pathlib import Path
from typing import IO
from urllib.error import URLError

import pytest

from builder.importing.web_images import Downloads, _check_address
from tests.importing.decks import PIXEL


def _answering(content: bytes, asked: list[str]) -> object:
    def open_(address: str) -> IO[bytes]:
        asked.append(address)
        return BytesIO(content)

    return open_


@pytest.mark.parametrize(
    ("content", "suffix"),
    [
        (PIXEL, ".png"),
        (b"\xff\xd8\xff\xe0x", ".jpg"),
        (b"GIF89ax", ".gif"),
        (b"RIFF1234WEBPx", ".webp"),
        (b'<?xml version="1.0"?><svg/>', ".svg"),
    ],
)
def test_an_image_gets_the_suffix_of_what_it_is(content: bytes, suffix: str, tmp_path: Path) -> None:
    asked: list[str] = []
    downloads = Downloads(tmp_path, _answering(content, asked))  # type: ignore[arg-type]
    path = downloads("https://example.org/image?id=1")
    assert path is not None
    assert (path.suffix, path.read_bytes()) == (suffix, content)
    assert downloads("https://example.org/image?id=1") == path
    assert asked == ["https://example.org/image?id=1"]


@pytest.mark.parametrize("content", [b"", b"<html>not found</html>", b"MZ"])
def test_what_is_no_image_is_not_kept(content: bytes, tmp_path: Path) -> None:
    downloads = Downloads(tmp_path, _answering(content, []))  # type: ignore[arg-type]
    assert downloads("https://example.org/a.png") is None
    assert list(tmp_path.iterdir()) == []


def test_a_server_that_does_not_answer_is_no_error(tmp_path: Path) -> None:
    def open_(address: str) -> IO[bytes]:
        raise URLError("no route")

    assert Downloads(tmp_path, open_)("https://example.org/a.png") is None


@pytest.mark.parametrize(
    "address",
    [
        "http://127.0.0.1/a.png",
        "http://[::1]/a.png",
        "http://10.0.0.1/",
        "file:///etc/passwd",
        "http:///a.png",
    ],
)
def test_nothing_within_the_authors_network_is_asked(address: str, tmp_path: Path) -> None:
    assert Downloads(tmp_path)(address) is None
    with pytest.raises(ValueError, match=re.escape(address)):
        _check_address(address)
