"""Pictures: found beside the chapter that shows them, kept inside the corpus, named by their content."""

from __future__ import annotations

import re
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from urllib.parse import unquote, urlsplit

from builder.markdown import Passage, Token, inline_tokens

SUFFIXES = (".png", ".jpg", ".jpeg", ".svg", ".webp", ".gif")


class PictureError(Exception):
    """A picture that cannot be used; `code` is its diagnostic's, the text says what to do."""

    def __init__(self, code: str, message: str, hint: str) -> None:
        super().__init__(message)
        self.code = code
        self.hint = hint


def pictures(passage: Passage) -> Iterator[tuple[Token, Token]]:
    """Yield each picture of a passage: the block's inline token and the picture's own."""
    for token, child in inline_tokens(passage):
        if child.type == "image":
            yield token, child


def picture_path(src: str, chapter: Path, folder: Path) -> Path:
    """Find the file that a chapter means by `src`. Raises `PictureError`."""
    if urlsplit(src).scheme or src.startswith("//"):
        raise PictureError(
            "remote-picture",
            f"the picture {src!r} is not a file of the corpus",
            "save it in the corpus folder, under media/, and name that file",
        )
    path = (chapter.parent / unquote(src)).resolve()
    if not path.is_relative_to(folder.resolve()):
        raise PictureError(
            "picture-outside",
            f"the picture {src!r} lies outside the corpus folder",
            f"copy it into {folder.name}/media/",
        )
    if not path.is_file():
        raise PictureError(
            "missing-picture", f"there is no picture {src!r}", f"it would be the file {path.name!r}"
        )
    if path.suffix.lower() not in SUFFIXES:
        raise PictureError(
            "picture-type",
            f"{src!r} is not a picture that Anki and print can show",
            f"use one of: {' '.join(SUFFIXES)}",
        )
    return path


def media_name(path: Path) -> str:
    """Name a picture for Anki: flat, portable and never the same for another content.

    Anki keeps the old file where a name is taken, and matches names by case on some systems only
    (the facts sheet on importing, section 7).
    """
    stem = re.sub(r"[^a-z0-9]+", "-", path.stem.lower()).strip("-")[:40]
    return f"{stem}-{sha256(path.read_bytes()).hexdigest()[:12]}{path.suffix.lower()}"
